"""The body of the request that the form of an act comes to. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.desks.pages.acts.act import About, Act, Field, Kind, Option, Source, options
from services.desks.pages.forms import Form
from shared.rules.terms import Role
from shared.rules.time.limits import LimitUnit

LIMIT_UNITS: Sequence[Option] = options(LimitUnit)
NUMBERED = (Source.REPORTED_STAGES, Source.OPEN_STUDIES, Source.OPEN_TRANSFERS)
"""Sources whose options are numbers."""
ANSWERS = {"true": True, "false": False}


def body_of(act: Act, form: Form, subject: str | None) -> dict[str, Any]:
    """The body of the request; `subject` is the id of the leg, the card or the publication."""
    body: dict[str, Any] = {f"{act.about}_id": subject} if act.about is not About.CASE else {}
    if act.key == "assign":
        meant = {"confirmed": True} if form["confirmed"] else {}
        remarks = {"remarks": form["remarks"]} if form["remarks"] else {}
        return {**body, "legs": _legs(form), "marks": list(form.all("marks")), **remarks, **meant}
    for field in act.fields:
        value = _value(field, form)
        if value is not None and not (field.optional and value in ("", [])):
            _put(body, field.name, value)
    return body


def _put(body: dict[str, Any], name: str, value: Any) -> None:
    """Put a value where its name says, `receipt.receiver` into the part `receipt`."""
    part, _, rest = name.rpartition(".")
    (body.setdefault(part, {}) if part else body)[rest] = value


def _legs(form: Form) -> list[dict[str, str]]:
    """The legs of a dispatch: the lead unit's, then those that assist."""
    lead = form["lead"]
    units = ([lead] if lead else []) + [unit for unit in form.all("units") if unit != lead]
    first = lead or next(iter(units), "")
    return [{"unit": unit, "role": Role.LEAD if unit == first else Role.ASSIST} for unit in units]


def _value(field: Field, form: Form) -> Any:
    typed = form[field.input]
    match field.kind:
        case Kind.LIMIT:
            return _limit(field, form)
        case Kind.BOXES:
            return list(form.all(field.input))
        case Kind.YES_NO:
            return ANSWERS.get(typed)
        case Kind.MEANT:
            return True if typed else None
        case _ if field.source in NUMBERED:
            return _number(typed)
        case _:
            return typed


def _number(typed: str) -> Any:
    """The number that was typed; anything else as it is, which the service then names as wrong."""
    return int(typed) if typed.isdecimal() and len(typed) < 10 else (typed or None)


def _limit(field: Field, form: Form) -> dict[str, Any] | None:
    typed = form[f"{field.input}_number"]
    if not typed and field.optional:
        return None
    return {"number": _number(typed), "unit": form[f"{field.input}_unit"] or LimitUnit.WORKING_DAYS}


def field_names(act: Act) -> Mapping[str, str]:
    """The field of the form by the one that a service names in a refusal."""
    names = {field.name: field.input for field in act.fields}
    for field in act.fields:
        if field.kind is Kind.LIMIT:
            first = f"{field.input}_number"
            names |= {field.name: first, f"{field.name}.number": first, f"{field.name}.unit": first}
    return {**names, "legs": "units"} if act.key == "assign" else names
