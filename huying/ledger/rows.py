"""What a row of a ledger becomes: a registration and acts at dispatch, checked as the desk checks them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from huying.ledger.cells import value, written
from huying.ledger.fields import FieldKind
from huying.ledger.profile import APPEAL_FIELDS, LEG, LedgerAct, LedgerField, LedgerProfile
from huying.simulate.cells import BadRow
from huying.simulate.moments import CellMoments, normal
from services.dispatch.acts.past import PastAct
from services.dispatch.leg import leg_id
from services.intake.acts import PastAppeal
from services.intake.domain.registration import imported_id
from shared.web.mistakes import mistakes

_APPEAL: TypeAdapter[PastAppeal] = TypeAdapter(PastAppeal)
_ACT: TypeAdapter[PastAct] = TypeAdapter(PastAct)


class LedgerRow(NamedTuple):
    """A row: its number in the file, the registration, and the acts at dispatch in their order."""

    number: int
    source_id: str
    appeal_id: UUID
    registration: dict[str, Any]
    acts: tuple[dict[str, Any], ...]


class LedgerRows:
    """Makes rows of cells. `units` are the codes of the city's units by code and by name."""

    def __init__(
        self,
        profile: LedgerProfile,
        columns: Mapping[str, int],
        units: Mapping[str, str],
        *,
        spreadsheet: bool,
    ) -> None:
        self._profile = profile
        self._columns = columns
        self._units = units
        formats = {"format": (*profile.formats, "excel")} if spreadsheet else {}
        self._moments = CellMoments(profile.model_copy(update=formats))

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
        return LedgerRow(number, sent["source_id"], appeal_id, sent, acts)

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

    def _acts(self, cells: Sequence[Any], appeal_id: UUID, received_at: str) -> tuple[dict[str, Any], ...]:
        dispatch = self._profile.dispatch
        if dispatch is None:
            return ()
        happened = [
            (act, at)
            for act in dispatch.acts
            if (at := self._value(cells, LedgerField(column=act.at), FieldKind.MOMENT))
        ]
        name = self._value(cells, dispatch.unit, FieldKind.TEXT)
        if name is None:
            if happened:
                column = happened[0][0].at
                raise BadRow(
                    f"{column}：有办理时间，而没有承办单位",
                    f"{column}: has a time, and the row names no unit",
                )
            return ()
        at = self._value(cells, LedgerField(column=dispatch.at), FieldKind.MOMENT) if dispatch.at else None
        assigned = {"act": "assign", "legs": [{"unit": self._unit(name, dispatch.unit)}]}
        first = self._past(appeal_id, at or received_at, assigned, {"legs.0.unit": dispatch.unit})
        return (first, *(self._act(cells, appeal_id, act, at, received_at) for act, at in happened))

    def _act(
        self, cells: Sequence[Any], appeal_id: UUID, definition: LedgerAct, at: str, received_at: str
    ) -> dict[str, Any]:
        if datetime.fromisoformat(at) < datetime.fromisoformat(received_at):
            raise BadRow(f"{definition.at}：早于受理时间", f"{definition.at}: lies before the receipt")
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
        columns = [_column(mistake["field"], fields) for mistake in named]
        raise BadRow(
            "；".join(f"{column}：{mistake['zh']}" for column, mistake in zip(columns, named, strict=True)),
            "; ".join(f"{column}: {mistake['en']}" for column, mistake in zip(columns, named, strict=True)),
        ) from error


def _column(path: str, fields: Mapping[str, LedgerField]) -> str:
    """The column that a field is read from; the field itself where there is none."""
    field = fields.get(path)
    return field.column if field and field.column else path
