"""What a search asks for: the query parameters of `GET /cases`, read and checked."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

from fastapi import Depends, Query
from pydantic import AfterValidator

from shared.events import Kind, Mark, Rating, Urgency
from shared.finding.words import SHORTEST, folded, searched_words
from shared.rules.judging.state import CaseState
from shared.service.errors import Invalid
from shared.web.bodies import EARLIEST, LATEST, Moment, clean

MOST_WORDS = 8
_NUMBER = re.compile(r"([a-z]{2,6})([0-9]{8})([0-9]{5,9})")


class Sort(StrEnum):
    """What a list of cases is sorted by: the due moment, the nearest first, or the newest first."""

    DUE = "due"
    RECEIVED = "received"
    UPDATED = "updated"


Words = Annotated[str | None, AfterValidator(clean), Query(min_length=1, max_length=100)]
Name = Words
Tail = Annotated[str | None, Query(pattern=r"^[0-9]{4,20}$")]
Day = Annotated[date | None, Query(ge=EARLIEST.date(), lt=LATEST.date())]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What cases are searched for. None and empty do not filter.

    `exact_number`: a search for one whole number, which asks for nothing else. `words`, `number`,
    `enterprise` and `credit_code` are folded. `localities` are the codes that `locality` means;
    `channel` and `category` are as somebody wrote them.
    """

    exact_number: str | None = None
    query: str | None = None
    words: tuple[str, ...] = ()
    number: str | None = None
    enterprise: str | None = None
    credit_code: str | None = None
    text: str | None = None
    phone_tail: str | None = None
    unit: str | None = None
    locality: str | None = None
    localities: tuple[str, ...] = ()
    channel: str | None = None
    category: str | None = None
    tags: tuple[str, ...] = ()
    received_from: date | None = None
    received_to: date | None = None
    due_before: datetime | None = None
    overdue: bool | None = None
    sort: Sort = Sort.DUE
    count: bool = False


async def wanted(
    q: Words = None,
    number: Words = None,
    enterprise: Words = None,
    credit_code: Words = None,
    text: Words = None,
    phone_tail: Tail = None,
    unit: Name = None,
    locality: Name = None,
    state: CaseState | None = None,
    kind: Kind | None = None,
    category: Name = None,
    channel: Name = None,
    mark: Mark | None = None,
    rating: Rating | None = None,
    urgency: Urgency | None = None,
    pack: Name = None,
    received_from: Day = None,
    received_to: Day = None,
    due_before: Moment | None = None,
    overdue: bool | None = None,
    sort: Sort = Sort.DUE,
    count: bool = False,
) -> Wanted:
    """What the query asks for. `Invalid` for words that cannot be searched, and days in the wrong order."""
    if received_from and received_to and received_to < received_from:
        zh, en = "截止日早于起始日", "the last day lies before the first"
        raise Invalid(zh, en, "received_to")
    exact = {
        "state": state,
        "kind": kind,
        "mark": mark,
        "rating": rating,
        "urgency": urgency,
        "pack": pack,
    }
    if text is not None:
        _words("text", text)
    words, exact_number = _words("q", q), _whole_number(q)
    return Wanted(
        exact_number=exact_number,
        query=None if exact_number else q,
        words=() if exact_number else words,
        number=_field("number", number),
        enterprise=_field("enterprise", enterprise),
        credit_code=_field("credit_code", credit_code),
        text=text,
        phone_tail=phone_tail,
        unit=unit,
        locality=locality,
        channel=channel,
        category=category,
        tags=tuple(f"{name}={value}" for name, value in exact.items() if value is not None),
        received_from=received_from,
        received_to=received_to,
        due_before=due_before,
        overdue=overdue,
        sort=sort,
        count=count,
    )


Wanting = Annotated[Wanted, Depends(wanted)]


def _whole_number(query: str | None) -> str | None:
    """The registration number that a search is, whatever stands between its parts; None where it is none."""
    parts = _NUMBER.fullmatch(folded(query or ""))
    return "-".join(parts.groups()).upper() if parts else None


def _words(parameter: str, query: str | None) -> tuple[str, ...]:
    """The folded words of a search, each of two letters at least."""
    words = searched_words(query or "")
    if query is not None and (not words or len(words) > MOST_WORDS or min(map(len, words)) < SHORTEST):
        raise Invalid(
            f"检索词应为 1 至 {MOST_WORDS} 个，以空格分隔，每个至少两个字",
            f"search for 1 to {MOST_WORDS} words, parted by blanks, each of two letters or digits at least",
            parameter,
        )
    return tuple(dict.fromkeys(words))


def _field(parameter: str, query: str | None) -> str | None:
    """What is searched in one field, folded."""
    text = folded(query or "")
    if query is not None and len(text) < SHORTEST:
        raise Invalid("检索内容至少两个字或数字", "search for two letters or digits at least", parameter)
    return text or None
