"""Events as hypothesis builds them from their classes: any value that a field can hold."""

from datetime import datetime, timedelta, timezone
from typing import Annotated

from hypothesis import strategies as st
from pydantic import AwareDatetime, BaseModel

from shared.events import CATALOGUE, Deadline, Event, Leg, OwnLimit
from shared.rules.limits import Limit

_ZONES = st.integers(-12 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
_MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2099, 1, 1), timezones=_ZONES)  # noqa: DTZ001


def _model(cls: type[BaseModel]) -> st.SearchStrategy[BaseModel]:
    fields = {
        name: st.from_type(
            Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation
        )
        for name, field in cls.model_fields.items()
    }
    return st.builds(cls, **fields)


st.register_type_strategy(AwareDatetime, _MOMENTS)
for _cls in (Limit, OwnLimit, Leg, Deadline):
    st.register_type_strategy(_cls, _model)


def events(cls: type[Event]) -> st.SearchStrategy[Event]:
    """Events of one class."""
    return _model(cls)


EVENTS = st.sampled_from(list(CATALOGUE.values())).flatmap(events)
