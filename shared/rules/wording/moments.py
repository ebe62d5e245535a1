"""Days and due moments in words: Chinese and English."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from shared.rules.wording.words import Bilingual


def day(local: date) -> Bilingual:
    """A day: 2026年2月25日, 25 February 2026."""
    return Bilingual(f"{local.year}年{local.month}月{local.day}日", f"{local.day} {local:%B} {local.year}")


def due(moment: datetime, zone: ZoneInfo) -> Bilingual:
    """A moment: 2026年2月25日 17:30. Midnight is 24:00 of the day before (domain.md, Time)."""
    at, on = _ended(moment, zone)
    return Bilingual(f"{day(on).zh} {at}", f"{at} on {day(on).en}")


def due_on(moment: datetime, zone: ZoneInfo) -> Bilingual:
    """The day a moment belongs to: at midnight the one that ends."""
    return day(_ended(moment, zone)[1])


def _ended(moment: datetime, zone: ZoneInfo) -> tuple[str, date]:
    local = moment.astimezone(zone)
    if local.hour == local.minute == 0:
        return "24:00", local - timedelta(days=1)
    return f"{local:%H:%M}", local
