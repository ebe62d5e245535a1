"""The options of fields that differ from case to case: units, leaders, and what the pack names. Pure."""

from collections.abc import Mapping
from typing import Any

from services.desks.pages.acts.act import Act, Option, Source
from services.desks.pages.acts.offering import Doer, open_words, studies_of, transfers_of
from services.desks.rows.states import WaitingKind
from shared.rules.pack.pack import Pack
from shared.rules.pack.parts import Title

FROM_SERVICES = {Source.UNITS: ("dispatch", "/units"), Source.LEADERS: ("escalation", "/leaders")}
"""The service and the path of lists that services own."""


def choices(
    act: Act, case: Mapping[str, Any], pack: Pack | None, doer: Doer, lists: Mapping[Source, Any]
) -> dict[str, list[Option]]:
    """The options of each field that has a source, by the name of the field."""
    found = {
        **_of_pack(pack),
        Source.REPORTED_STAGES: _reported(case, pack),
        Source.OPEN_STUDIES: [
            (str(number), f"第 {number} 次会商", f"study {number}") for number in studies_of(case, doer.unit)
        ],
        Source.OPEN_TRANSFERS: [
            (str(number), f"第 {number} 次，转 {to}", f"transfer {number}, to {to}")
            for number, to in transfers_of(case)
        ],
        **{source: _listed(answer) for source, answer in lists.items()},
    }
    return {field.name: found.get(field.source, []) for field in act.fields if field.source is not None}


def _listed(answer: Any) -> list[Option]:
    items = [] if answer is None else answer["items"]
    return [(item["code"], item["name"], item["name"]) for item in items]


def _of_pack(pack: Pack | None) -> dict[Source, list[Option]]:
    if pack is None:
        return {}
    pauses, extension, referral = pack.pauses, pack.extension, pack.referral
    return {
        Source.PAUSE_GROUNDS: [_named(each.ground, each.title) for each in pauses.grounds] if pauses else [],
        Source.EXTENSION_GROUNDS: (
            [_named(each.ground, each.title) for each in extension.grounds] if extension else []
        ),
        Source.STAGES: [_named(each.stage, each.title) for each in pack.stages],
        Source.DESTINATIONS: [_named(each.to, each.title) for each in referral.destinations]
        if referral
        else [],
    }


def _named(code: str, title: Title) -> Option:
    return code, title.zh, title.en


def _reported(case: Mapping[str, Any], pack: Pack | None) -> list[Option]:
    """What units reported of stages and waits to be confirmed; a subject is leg, stage and number."""
    names = {stage.stage: stage.title for stage in pack.stages} if pack else {}
    options = []
    for row in open_words(case):
        if row["kind"] != WaitingKind.STAGE:
            continue
        _, stage, number = row["subject"].split()
        title = names.get(stage)
        zh, en = (title.zh, title.en) if title else (stage, stage)
        options.append((number, f"{zh}（第 {number} 项）", f"{en} (report {number})"))
    return options
