"""Events as hypothesis builds them from their classes: any value that a field can hold."""

from datetime import datetime, timedelta, timezone
from decimal import Decimal
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from hypothesis import strategies as st
from pydantic import AwareDatetime, BaseModel, StringConstraints
from pydantic.fields import FieldInfo

from shared.events import CATALOGUE, Deadline, Event, Leg, OwnLimit
from shared.rules.time.limits import Limit

_ZONES = st.integers(-12 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
_MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2099, 1, 1), timezones=_ZONES)  # noqa: DTZ001


def _model(cls: type[BaseModel]) -> st.SearchStrategy[BaseModel]:
    fields = {
        name: _values(Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation)
        for name, field in cls.model_fields.items()
    }
    return st.builds(cls, **fields)


def _values(annotation: Any) -> st.SearchStrategy[Any]:
    """As hypothesis would, but with words that keep to their pattern."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated and any(isinstance(part, FieldInfo) for part in parts):
        bounds = [bound for part in parts[1:] for bound in getattr(part, "metadata", [part])]
        return _values(Annotated[parts[0], *bounds] if bounds else parts[0])
    patterns = [part.pattern for part in parts if isinstance(part, StringConstraints) and part.pattern]
    if patterns:
        return st.from_regex(patterns[0], fullmatch=True, alphabet=st.characters(codec="ascii"))
    if origin in (Union, UnionType):
        return st.one_of(map(_values, parts))
    if origin is Annotated and parts[0] is Decimal:
        return st.decimals(0, 10**9, places=2)
    if origin is dict:
        return st.dictionaries(_values(parts[0]), _values(parts[1]), max_size=3)
    if origin is tuple and parts[1:] == (...,):
        return st.lists(_values(parts[0]), max_size=3).map(tuple)
    if Decimal in parts:
        return st.none() | st.decimals(0, 10**9, places=2)
    return st.from_type(annotation)


st.register_type_strategy(AwareDatetime, _MOMENTS)
for _cls in (Limit, OwnLimit, Leg, Deadline):
    st.register_type_strategy(_cls, _model)


def events(cls: type[Event]) -> st.SearchStrategy[Event]:
    """Events of one class."""
    return _model(cls)


EVENTS = st.sampled_from(list(CATALOGUE.values())).flatmap(events)
