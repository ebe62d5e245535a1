"""What a row of a ledger becomes: a registration and acts at dispatch, checked as the desk checks them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from huying.ledger.cells import moment, value, written
from huying.ledger.fields import FieldKind
from huying.ledger.profile import (
    APPEAL_FIELDS,
    LEG,
    LedgerAct,
    LedgerField,
    LedgerProfile,
)
from huying.simulate.cells import BadRow
from huying.simulate.moments import CellMoments, normal
from services.dispatch.acts.past import PastAct
from services.dispatch.leg import leg_id
from services.intake.domain.registration import imported_id
from services.intake.past_acts import PastAppeal
from shared.web.mistakes import mistakes

_APPEAL: TypeAdapter[PastAppeal] = TypeAdapter(PastAppeal)
_ACT: TypeAdapter[PastAct] = TypeAdapter(PastAct)


class LedgerRow(NamedTuple):
    """A row: its number in the file, the registration, and the acts at dispatch in their order.

    `act_columns`: for each act the column that says that it happened.
    """

    number: int
    source_id: str
    appeal_id: UUID
    registration: dict[str, Any]
    acts: tuple[dict[str, Any], ...]
    act_columns: tuple[str, ...]


class LedgerRows:
    """Makes rows of cells. `units` are the codes of the city's units by code and by name.

    `formats` are those of times in this file.
    """

    def __init__(
        self,
        profile: LedgerProfile,
        columns: Mapping[str, int],
        units: Mapping[str, str],
        formats: Sequence[str],
    ) -> None:
        self._profile = profile
        self._columns = columns
        self._units = units
        self._moments = CellMoments(profile.model_copy(update={"format": tuple(formats)}))

    def row(self, number: int, cells: Sequence[Any]) -> LedgerRow:
        """The row. BadRow, with the column and the reason, where the city would not take it."""
        sent: dict[str, Any] = {"act": "register"}
        for path, field in self._profile.fields.items():
            _put(sent, path, self._value(cells, field, APPEAL_FIELDS[path]))
        if "enterprise" in sent and not sent["enterprise"]:
            del sent["enterprise"]
        _checked(_APPEAL, sent, self._profile.fields)
        appeal_id = imported_id(self._profile.id, sent["source_id"])
        acts = self._acts(cells, appeal_id, sent["occurred_at"])
        columns = tuple(column for column, _ in acts)
        return LedgerRow(number, sent["source_id"], appeal_id, sent, tuple(act for _, act in acts), columns)

    def source_id(self, cells: Sequence[Any]) -> str:
        """The number of the row in its ledger, for the report on a row that is none; empty without one."""
        try:
            return str(self._value(cells, self._profile.fields["source_id"], FieldKind.TEXT) or "")
        except BadRow:
            return ""

    def _text(self, cells: Sequence[Any], column: str) -> str:
        i = self._columns[column]
        return written(cells[i], column) if i < len(cells) else ""

    def _value(self, cells: Sequence[Any], field: LedgerField, kind: FieldKind) -> Any:
        """The value of a field; None where its cell is blank and the profile has no words for it."""
        text = self._text(cells, field.column) if field.column else ""
        if text in field.values or normal(text) in field.values:
            text = field.values.get(text, field.values.get(normal(text), ""))
        text = text or field.words
        return value(text, kind, field.column or "", self._moments) if text else None

    def _acts(
        self, cells: Sequence[Any], appeal_id: UUID, received_at: str
    ) -> list[tuple[str, dict[str, Any]]]:
        """The acts, each with the column that says that it happened."""
        dispatch = self._profile.dispatch
        if dispatch is None:
            return []
        happened = [act for act in dispatch.acts if self._text(cells, act.at)]
        name = self._value(cells, dispatch.unit, FieldKind.TEXT)
        if name is None:
            if happened:
                column = happened[0].at
                raise BadRow(
                    f"{column}：有办理时间，而没有承办单位",
                    f"{column}: has a time, and the row names no unit",
                )
            return []
        received = self._profile.fields["occurred_at"].column or "occurred_at"
        begun = self._not_before(cells, dispatch.at, received, received_at) if dispatch.at else None
        assigned = {"act": "assign", "legs": [{"unit": self._unit(name, dispatch.unit)}]}
        first = self._past(appeal_id, begun or received_at, assigned, {"legs.0.unit": dispatch.unit})
        acts = [(dispatch.unit.column or dispatch.at or "", first)]
        before = (dispatch.at, begun) if begun and dispatch.at else (received, received_at)
        for act in happened:
            at = self._not_before(cells, act.at, *before)
            acts.append((act.at, self._act(cells, appeal_id, act, str(at))))
        return acts

    def _not_before(self, cells: Sequence[Any], column: str, earlier_column: str, earlier: str) -> str | None:
        """The time in `column`, None where it is blank. BadRow where it lies before that in `earlier_column`.

        A day alone covers the times of that day: dispatched on the day of receipt is dispatched on receipt.
        """
        if not (text := self._text(cells, column)):
            return None
        moment(text, column, self._moments)
        at = self._moments.not_before(text, column, datetime.fromisoformat(earlier))
        if at is None:
            raise BadRow(f"{column}：早于{earlier_column}", f"{column}: lies before {earlier_column}")
        return at.astimezone(self._profile.tz).isoformat()

    def _act(self, cells: Sequence[Any], appeal_id: UUID, definition: LedgerAct, at: str) -> dict[str, Any]:
        act: dict[str, Any] = {"act": definition.act}
        if definition.of_leg:
            act[LEG] = str(leg_id(appeal_id, 0))
        for path, field in definition.fields.items():
            _put(act, path, self._value(cells, field, definition.kinds[path]))
        return self._past(appeal_id, at, act, definition.fields)

    def _past(
        self, appeal_id: UUID, at: str, act: dict[str, Any], fields: Mapping[str, LedgerField]
    ) -> dict[str, Any]:
        past = {"appeal_id": str(appeal_id), "occurred_at": at, "act": act}
        _checked(_ACT, past, {f"act.{act['act']}.{path}": field for path, field in fields.items()})
        return past

    def _unit(self, name: str, field: LedgerField) -> str:
        code = self._units.get(name) or self._units.get(normal(name))
        if code is None:
            raise BadRow(
                f"{field.column}：没有承办单位“{name}”，请先登记单位，或在配置的 values 中对应",
                f"{field.column}: no unit '{name}': add it to the directory, or map it by `values`",
            )
        return code


def _put(sent: dict[str, Any], path: str, value: Any) -> None:
    """Put a value at a path like `enterprise.name`; None is left out."""
    *above, name = path.split(".")
    for part in above:
        sent = sent.setdefault(part, {})
    if value is not None:
        sent[name] = value


def _checked(model: TypeAdapter[Any], sent: dict[str, Any], fields: Mapping[str, LedgerField]) -> None:
    """BadRow, with the columns and the reasons, where the route of the desk would refuse what is sent."""
    try:
        model.validate_python(sent)
    except ValidationError as error:
        named = mistakes(list(error.errors(include_url=False, include_input=False)))
        columns = [column_of(mistake["field"], fields) for mistake in named]
        raise BadRow(
            "；".join(f"{column}：{mistake['zh']}" for column, mistake in zip(columns, named, strict=True)),
            "; ".join(f"{column}: {mistake['en']}" for column, mistake in zip(columns, named, strict=True)),
        ) from error


def column_of(path: str, fields: Mapping[str, LedgerField]) -> str:
    """The column that a field is read from; the field itself where there is none."""
    field = fields.get(path)
    return field.column if field and field.column else path
