"""The recorded cases in steps of event time, as the bodies of imports."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter
from typing import Any, NamedTuple

import orjson

from huying.simulate.profiles import Profile
from huying.simulate.recorded_case import RecordedAct, RecordedCase, RecordedCases
from services.dispatch.leg import leg_id
from services.intake.domain.registration import imported_id
from shared.events import DeadlineKind
from shared.rules.pack.pack import Pack

BODY_BYTES = 8 * 1024 * 1024


class ReplayEntry(NamedTuple):
    """A registration with its dispatch (`recorded_act` is None), or an act; `order` breaks ties."""

    at: datetime
    order: tuple[int, int]
    case: RecordedCase
    recorded_act: RecordedAct | None


@dataclass(slots=True)
class ReplayStep:
    """What happened after the step before and up to `end`, as import items."""

    end: datetime
    cases: int = 0
    registrations: list[bytes] = field(default_factory=list)
    acts: list[bytes] = field(default_factory=list)


def steps(file: RecordedCases, profile: Profile, rules: Pack, size: int) -> Iterator[ReplayStep]:
    """The file in order of time, in steps of about `size` entries; simultaneous entries stay together."""
    entries = [
        ReplayEntry(at, (index, number), case, act)
        for index, case in enumerate(file.cases)
        for number, (at, act) in enumerate(
            [(case.received_at, None), *((act.occurred_at, act) for act in case.acts)]
        )
    ]
    entries.sort(key=itemgetter(0, 1))
    step = None
    count = 0
    for entry in entries:
        if step is None or (count >= size and entry.at != step.end):
            if step:
                yield step
            step, count = ReplayStep(entry.at), 0
        step.end = entry.at
        count += 1
        _add(step, entry, profile, rules)
    if step:
        yield step


def _add(step: ReplayStep, entry: ReplayEntry, profile: Profile, rules: Pack) -> None:
    case, recorded_act = entry.case, entry.recorded_act
    appeal_id = imported_id(profile.id, case.source_id)
    if recorded_act is None:
        step.cases += 1
        step.registrations.append(orjson.dumps(_registration(case, profile, rules)))
        taken = case.due_at and DeadlineKind.COMPLETION in rules.own_deadlines
        limits = {DeadlineKind.COMPLETION.value: {"due_at": case.due_at}} if taken else {}
        act: dict[str, Any] = {"act": "assign", "legs": [{"unit": case.unit.code, "limits": limits}]}
    else:
        definition, _, text = recorded_act
        act = {
            "act": definition.act,
            "leg_id": leg_id(appeal_id, 0),
            "how" if definition.act == "contact" else "text": text,
        }
        if definition.outcome:
            act["outcome"] = definition.outcome
    step.acts.append(orjson.dumps({"appeal_id": appeal_id, "occurred_at": entry.at, "act": act}))


def _registration(case: RecordedCase, profile: Profile, rules: Pack) -> dict[str, Any]:
    return {
        "act": "register",
        "source_id": case.source_id,
        "occurred_at": case.received_at,
        "channel": profile.channel,
        "kind": profile.kind,
        "title": case.title,
        "text": case.text,
        "enterprise": case.enterprise and {"name": case.enterprise},
        "locality": case.locality,
        "pack": rules.ref,
    }


def bodies(before: bytes, items: Sequence[bytes]) -> Iterator[bytes]:
    """Import bodies of at most `BODY_BYTES`; each begins with `before`, up to the list's bracket."""
    part: list[bytes] = []
    size = 0
    for item in items:
        if part and size + len(item) > BODY_BYTES:
            yield before + b",".join(part) + b"]}"
            part, size = [], 0
        part.append(item)
        size += len(item) + 1
    if part:
        yield before + b",".join(part) + b"]}"
