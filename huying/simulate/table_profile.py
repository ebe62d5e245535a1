"""What every profile says of its tables: zone, encoding, how times are written, columns left out."""

import codecs
from datetime import UTC, datetime
from functools import cached_property
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field

from shared.rules.pack.parts import Strict

EXCEL = "excel"
"""The `format` of Excel's own numbers: days since 1899-12-30, like 45355.375."""
DateAlone = Literal["begins", "ends"]


class ProfileError(ValueError):
    """A profile cannot be used. The message names file, line and rule, one mistake a line."""


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"'{name}' is no time zone; write it like Asia/Shanghai") from error
    return name


def _known_encoding(name: str) -> str:
    try:
        codecs.getincrementaldecoder(name)
        "".encode(name)
    except (LookupError, ValueError) as error:
        raise ValueError(f"'{name}' is no encoding; write it like gb18030") from error
    canonical = codecs.lookup(name).name
    return "gb18030" if canonical in ("gbk", "gb2312") else canonical


def _readable_format(format_: str) -> str:
    at = datetime(2024, 2, 14, 9, 30, tzinfo=UTC)
    try:
        if format_ != EXCEL and datetime.strptime(at.strftime(format_), format_).date() != at.date():  # noqa: DTZ007
            raise ValueError(format_)
    except ValueError as error:
        raise ValueError(f"'{format_}' gives no day; write it like %Y/%m/%d %H:%M, or excel") from error
    return format_


_Format = Annotated[str, AfterValidator(_readable_format)]


class TableProfile(Strict):
    """The base of profiles. `id` is the source that imported cases carry.

    A time without offset is local in `zone`, and where the local time occurs twice, the earlier one, unless
    it lies before what it follows. Times are in ISO 8601, or as `format` says: a format of `strptime`,
    `excel`, or several. A day alone is refused unless `date_alone` says, for all columns or for some, that
    it means when the day begins or ends (24:00). `encoding` is UTF-8 where it is not given. Columns that are
    neither read nor `ignored` are refused.
    """

    id: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    zone: Annotated[str, AfterValidator(_known_zone)]
    encoding: Annotated[str, AfterValidator(_known_encoding)] | None = None
    format: _Format | tuple[_Format, ...] = ()
    date_alone: DateAlone | dict[str, DateAlone] | None = None
    ignored: frozenset[str] = frozenset()

    @cached_property
    def tz(self) -> ZoneInfo:
        """The zone of local times, and of the results."""
        return ZoneInfo(self.zone)

    @property  # not cached: a copy with another `format` would keep what was cached
    def formats(self) -> tuple[str, ...]:
        """The formats of moments beside ISO 8601."""
        return (self.format,) if isinstance(self.format, str) else self.format

    def date_alone_of(self, column: str) -> DateAlone | None:
        """What a day alone means in `column`; None if it is refused."""
        return self.date_alone.get(column) if isinstance(self.date_alone, dict) else self.date_alone

    @cached_property
    def mapped(self) -> frozenset[str]:
        """The columns that are read."""
        raise NotImplementedError
