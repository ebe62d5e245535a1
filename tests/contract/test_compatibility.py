"""A published event stays readable: what `breaks` refuses, and that nothing published is broken."""

import json
import subprocess
from copy import deepcopy
from typing import Any

import pytest

from shared.events import CATALOGUE, AppealAssigned, schemas
from tests.contract.compatibility import Schema, breaks

OLD = schemas.payload(AppealAssigned)
PLACE = str | int


def changed(*path: PLACE, to: Any = None) -> Schema:
    """`OLD` with what stands at `path` replaced by `to`, or taken out for None."""
    new = deepcopy(OLD)
    inner: Any = new
    for step in path[:-1]:
        inner = inner[step]
    if to is None:
        del inner[path[-1]]
    else:
        inner[path[-1]] = to
    return new


LEG, ROLE = ("$defs", "Leg", "properties"), ("$defs", "Role", "enum")
ROLES = OLD["$defs"]["Role"]["enum"]
TEXT, NUMBER = {"type": "string"}, {"type": "integer"}


@pytest.mark.parametrize(
    ("new", "sentence"),
    [
        (changed("properties", "marks"), "body.marks: removed"),
        (
            changed("properties", "registration_number", to=NUMBER),
            "registration_number: was string, is integer",
        ),
        (changed("properties", "legs", to=TEXT), "body.legs: was array, is string"),
        (changed("required", to=[*OLD["required"], "marks"]), "body.marks: newly required"),
        (changed("properties", "appeal_id", "format"), "body.appeal_id: format was uuid, is None"),
        (changed(*LEG, "leader"), "body.legs.items.leader: removed"),
        (changed(*LEG, "leader", to=TEXT), "leader: was null or string, is string"),
        (
            changed(*LEG, "unit", to={"anyOf": [TEXT, {"type": "null"}]}),
            "unit: was string, is null or string",
        ),
        (
            changed("$defs", "Leg", "required", to=["leg_id", "unit", "role", "leader"]),
            "leader: newly required",
        ),
        (changed(*ROLE, to=["lead"]), "body.legs.items.role: no longer assist"),
        (changed("$defs", "Role", "enum"), "body.legs.items.role: no longer an enum"),
        (changed("$defs", "Mark", "enum", to=["petition"]), "marks.items: no longer cross_department"),
        (changed(*LEG, "unit", to={"type": "string", "enum": ["a"]}), "body.legs.items.unit: only a now"),
        (
            changed(*LEG, "limits", "patternProperties", to={"^x": {"$ref": "#/$defs/OwnLimit"}}),
            "limits.propertyNames: pattern was ^[a-z]",
        ),
        (changed("$defs", "Role", to=TEXT | {"pattern": "^l"}), "body.legs.items.role: no longer an enum"),
        (
            changed("$defs", "Limit", "properties", "number", "maximum", to=10),
            "number: maximum was 3660, is 10",
        ),
        (changed("$defs", "Limit", "properties", "note", to=TEXT), "note: added where readers refuse"),
        (
            changed(*LEG, "office_hours", "anyOf", 0, "items", "prefixItems", 1, to=NUMBER),
            "office_hours.items[1]: was string, is integer",
        ),
        (changed("additionalProperties", to=False) | {}, "body.additionalProperties: was None, is False"),
    ],
)
def test_a_change_that_parts_writer_and_reader_is_named_with_its_place(new: Schema, sentence: str) -> None:
    assert any(sentence in breach for breach in breaks(OLD, new)), breaks(OLD, new)


@pytest.mark.parametrize(
    "new",
    [
        OLD,
        changed("properties", "note", to=TEXT),
        changed(*LEG, "note", to=TEXT),
        changed("required", to=["appeal_id"]),
        changed(*ROLE, to=[*ROLES, "advise"]),
        changed("description", to="other words"),
        changed("$defs", "Role", to=TEXT | {"pattern": "^[a-z_]+$"}),
        changed(*LEG, "role", to={"enum": ROLES, "type": "string"}),
    ],
)
def test_a_change_that_nobody_needs_to_know_is_none(new: Schema) -> None:
    assert breaks(OLD, new) == []


def test_two_models_side_by_side_are_told_apart() -> None:
    def either(*second: str) -> Schema:
        models = [{"type": "object", "title": title, "properties": {title: TEXT}} for title in ("A", *second)]
        return {"properties": {"x": {"anyOf": models}}, "type": "object"}

    assert breaks(either("B"), either("B")) == []
    assert breaks(either("B"), either("C")) == ["body.x: was object A or object B, is object A or object C"]


def _git(*arguments: str) -> str | None:
    """What git says in this repository; None where it refuses or is missing."""
    try:
        completed_process = subprocess.run(
            ["git", *arguments], cwd=schemas.FOLDER, capture_output=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return completed_process.stdout.decode()


@pytest.mark.parametrize("where", ["the last commit", "the last tagged release"])
def test_nothing_that_was_published_is_broken(where: str) -> None:
    revision = (
        "HEAD" if where == "the last commit" else (_git("describe", "--tags", "--abbrev=0") or "").strip()
    )
    listed = _git("ls-tree", "--name-only", revision, "./") if revision else None
    published = [name for name in (listed or "").split() if name != schemas.ASYNCAPI]
    if not published:
        pytest.skip(f"NOTHING TO COMPARE WITH: git has no docs/events at {where}")
    broken = {}
    for name in published:
        if (type_ := name.removesuffix(".json")) not in CATALOGUE:
            broken[name] = ["the event was removed"]
            continue
        old = json.loads(_git("show", f"{revision}:./{name}") or "")
        broken[name] = breaks(old, schemas.payload(CATALOGUE[type_]))
    assert not {name: breaches for name, breaches in broken.items() if breaches}, (
        "make it a new class with a new version"
    )
