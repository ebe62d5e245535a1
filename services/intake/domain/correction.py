"""Staff put right what was registered (更正): before and after are on record. Pure.

A transition checks first and changes after; it refuses with `Conflict` or `Invalid`.
"""

from collections.abc import Iterator
from typing import Any, get_args

from services.intake import acts
from services.intake.document import AppealDocument, EnterpriseRecord
from services.intake.domain.context import ActContext
from services.intake.domain.registration import OF_EVENT, check_confidentiality, check_fields, told_who
from services.intake.registered import NEVER_NAMED, Change, Correction, withholds
from shared import events
from shared.events import Confidentiality, Event
from shared.service.errors import Conflict, Invalid

CORRECTED = ("kind", *get_args(acts.Clearable), "confidentiality", "enterprise")
SAID = (*OF_EVENT, "kind", "locality")
"""What the event says of a correction, beside the administrative code of the place."""
MOST_CORRECTIONS = 100


def correct(appeal: AppealDocument, act: acts.Correct, context: ActContext) -> Iterator[Event]:
    """Put right what was registered. Limits that run already and what has passed stay as they are."""
    if len(appeal.corrections) >= MOST_CORRECTIONS:
        raise Conflict(
            f"更正已达上限：最多 {MOST_CORRECTIONS} 次", f"no more than {MOST_CORRECTIONS} corrections fit"
        )
    before = appeal.model_copy()
    values = _values(appeal, act)
    _check(appeal, act, values, context)
    changed = {name: value for name, value in values.items() if value != getattr(appeal, name)}
    if not changed:
        raise Invalid("没有需要更正的内容", "nothing would be changed: say what is to be put right", "reason")
    changes = [_change(before, name, value) for name, value in changed.items()]
    if changed.keys() & {"enterprise", "contacts"}:
        appeal.keep_persons()
    for name, value in changed.items():
        setattr(appeal, name, value)
    correction = Correction(corrected_at=context.at, by=context.by, reason=act.reason, changes=changes)
    appeal.corrections = [*appeal.corrections, correction]
    yield appeal.event(events.AppealCorrected, context.at, **_published(before, appeal))


def _values(appeal: AppealDocument, act: acts.Correct) -> dict[str, Any]:
    """By field, the value that the appeal has after the act."""
    corrected = {name: value for name in CORRECTED if (value := getattr(act, name, None)) not in (None, ())}
    if act.enterprise is not None:
        corrected["enterprise"] = _enterprise(appeal, act.enterprise)
    emptied = {name: () if name == "contacts" else None for name in act.cleared}
    both = sorted(corrected.keys() & emptied.keys())
    if both:
        raise Invalid(
            f"{'、'.join(both)} 不能同时更正和清空", f"{', '.join(both)}: correct it or clear it", "cleared"
        )
    parsed = AppealDocument.model_validate(
        {**appeal.model_dump(), **{name: _plain(value) for name, value in (corrected | emptied).items()}}
    )
    values = {name: getattr(parsed, name) for name in (*corrected, *emptied)}
    return values | _confidentiality(appeal, values)


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return value.model_dump() if hasattr(value, "model_dump") else value


def _enterprise(appeal: AppealDocument, correction: acts.CorrectedEnterprise) -> EnterpriseRecord:
    known = appeal.enterprise.model_dump() if appeal.enterprise else {}
    known |= correction.model_dump(exclude_none=True)
    if "name" not in known:
        raise Invalid("请填写企业名称", "say which enterprise asks, by its name", "enterprise.name")
    return EnterpriseRecord(**known)


def _confidentiality(appeal: AppealDocument, values: dict[str, Any]) -> dict[str, Any]:
    """The confidentiality that follows from a corrected kind or unit, where the act says none."""
    if "confidentiality" in values or values.get("enterprise", appeal.enterprise) is None:
        return {}
    becomes_about_unit = values.get("complained_of") is not None and appeal.confidentiality is None
    withheld = values.get("kind") in NEVER_NAMED or becomes_about_unit
    return {"confidentiality": Confidentiality.WITHHELD} if withheld else {}


def _check(appeal: AppealDocument, act: acts.Correct, values: dict[str, Any], context: ActContext) -> None:
    check_fields(act, context.at.astimezone(context.calendar.zone).date())
    kind = values.get("kind", appeal.kind)
    is_named = values.get("enterprise", appeal.enterprise) is not None
    confidentiality = values.get("confidentiality", appeal.confidentiality)
    check_confidentiality(kind, confidentiality, is_named=is_named)


def _change(before: AppealDocument, name: str, value: Any) -> Change:
    dumped = before.model_dump(mode="json", include={name})
    return Change(field=name, before=dumped[name], after=_as_json(value))


def _as_json(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [_as_json(part) for part in value]
    return value.model_dump(mode="json") if hasattr(value, "model_dump") else value


def _published(before: AppealDocument, after: AppealDocument) -> dict[str, Any]:
    """What other services learn: codes, and title and name where they are to be shown otherwise."""
    was, now = _codes(before), _codes(after)
    changed = {name: value for name, value in now.items() if value != was[name] and value is not None}
    cleared = tuple(name for name, value in now.items() if value is None and was[name] is not None)
    if withholds(after.kind, after.confidentiality) and not withholds(before.kind, before.confidentiality):
        changed["confidentiality"] = after.confidentiality or Confidentiality.WITHHELD
    who_before, who_after = told_who(before), told_who(after)
    who = {
        name: value for name, value in who_after.items() if value is not None and value != who_before[name]
    }
    return {**changed, **who, "cleared": cleared}


def _codes(appeal: AppealDocument) -> dict[str, Any]:
    codes = {name: getattr(appeal, name) for name in SAID}
    return {**codes, "division": appeal.place and appeal.place.division}
