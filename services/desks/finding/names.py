"""The Chinese names of codes: those that people type in a filter, and those that answers show."""

import re
from dataclasses import replace

from services.desks.finding.parameters import Wanted
from services.desks.resources import Resources
from services.desks.rows.cases import Row
from shared.rules.wording.words import DEADLINES

_CHANNEL = re.compile(r"[a-z][a-z0-9_]{0,39}")
_CATEGORY = re.compile(r"[A-Za-z0-9_.-]{1,83}")


def with_codes(wanted: Wanted, resources: Resources) -> Wanted:
    """A search with the codes of the channel and the category that somebody wrote.

    `Invalid` for a name that the city's tables lack. A code may be none of theirs any more.
    """
    tags = list(wanted.tags)
    if (channel := wanted.channel) is not None:
        is_code = _CHANNEL.fullmatch(channel)
        tags.append(f"channel={channel if is_code else resources.channels.named(channel).code}")
    if (category := wanted.category) is not None:
        is_code = _CATEGORY.fullmatch(category)
        tags.append(f"category={category if is_code else resources.categories.named(category).code}")
    return replace(wanted, tags=tuple(tags))


def with_names(row: Row, resources: Resources) -> Row:
    """A row of a list with the Chinese names of its channel, category and deadline; a code without a name."""
    named = dict(row)
    if (channel := row.get("channel")) is not None:
        known = resources.channels.get(channel)
        named["channel_name"] = known.zh if known else channel
    if "category" in row:
        category = resources.categories.get(row["category"])
        named["category_name"] = category.path if category else row["category"]
    if "deadline" in row and row.get("deadline_name") is None:
        named["deadline_name"] = deadline_name(row["deadline"])
    return named


def deadline_name(kind: str | None) -> str | None:
    """The Chinese name of a deadline that every pack may have; else its code."""
    known = DEADLINES.get(kind or "")
    return known.zh if known else kind
