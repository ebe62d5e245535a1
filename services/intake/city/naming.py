"""The units that bodies name: read from the directory, and not again for codes that it had before."""

from typing import Protocol
from weakref import WeakKeyDictionary

from services.intake.city.queries import known_units
from services.intake.city.units import NOBODY_KNOWN, Units
from shared.service.service import ServiceContext
from shared.web.request import RequestContext


class NamesUnits(Protocol):
    """A body that names units by code or name."""

    @property
    def complained_of(self) -> str | None: ...
    @property
    def locality(self) -> str | None: ...


_READ: WeakKeyDictionary[ServiceContext, Units] = WeakKeyDictionary()
"""What was read last. A unit keeps its code, so that a code of these is one still."""


async def units_for(request: RequestContext, *bodies: NamesUnits) -> Units:
    """The units of the city; nobody known where no body names one."""
    words = {word for body in bodies for word in (body.complained_of, body.locality) if word}
    if not words:
        return NOBODY_KNOWN
    read = _READ.get(request.context)
    if read is None or not words <= read.names.keys():
        async with request.context.reader.connect() as conn:
            read = _READ[request.context] = await known_units(conn)
    return read
