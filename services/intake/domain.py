"""What may be done to an appeal at intake, and when.

Pure: no I/O, no clock. A transition checks first and changes after; it refuses with `Conflict`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid5

from services.intake import acts, telling
from services.intake.file import File, FollowedUp, Rated
from services.intake.reopening import check_reopening
from shared import events
from shared.events import Channel, Event
from shared.rules.judging.state import CaseState
from shared.rules.pack.pack import Pack
from shared.rules.time.calendar import Calendar
from shared.service.errors import Conflict, Invalid

IMPORTED = UUID("0b7c1f54-9a43-5d0f-8c59-6f2f1c0ad2e3")  # namespace of the ids of imported appeals
WITHOUT_NAME = (Channel.ANONYMOUS_LETTER, Channel.SUPERVISION_CODE)
"""The channels on which an enterprise need not say who it is."""
HANDLED = (CaseState.COMPLETED, CaseState.REFERRED, CaseState.CLOSED, CaseState.APPROVED)
BEYOND_RECALL = (CaseState.WITHDRAWN, CaseState.CLOSED, CaseState.APPROVED)


@dataclass(frozen=True, slots=True)
class Doing:
    """When an act is done, by whom, and what the case is under.

    A `past` act is told before what the units did is heard of: that the appeal was completed is believed.
    """

    at: datetime
    by: str
    pack: Pack
    calendar: Calendar
    past: bool = False


def imported_id(source: str, source_id: str) -> UUID:
    """The id of an appeal that `source` (a code, without blanks) knows as `source_id`."""
    return uuid5(IMPORTED, f"{source} {source_id}")


def registration_number(prefix: str, day: date, n: int) -> str:
    """The public number of the n-th appeal of a local day, e.g. BZ-20260213-00042."""
    return f"{prefix}-{day.year}{day.month:02}{day.day:02}-{n:05d}"


def receive(
    wish: acts.Register,
    appeal_id: UUID,
    number: str,
    pack: str,
    at: datetime,
    receipt_hash: str | None = None,
    source_id: str | None = None,
) -> tuple[File, events.AppealReceived]:
    """Register an appeal under the pack with the ref `pack`.

    Raises `Invalid` where the channel and what is said of the enterprise do not go together.
    """
    _check_enterprise(wish)
    event = events.AppealReceived(
        occurred_at=at,
        appeal_id=appeal_id,
        registration_number=number,
        channel=wish.channel,
        kind=wish.kind,
        title=wish.title,
        enterprise=wish.enterprise.name if wish.enterprise else None,
        locality=wish.locality,
        pack=pack,
        source_id=source_id,
        receipt_hash=receipt_hash,
        language=wish.enterprise.language if wish.enterprise else None,
    )
    file = File(
        appeal_id=appeal_id,
        registration_number=number,
        channel=wish.channel,
        kind=wish.kind,
        title=wish.title,
        text=wish.text,
        enterprise=wish.enterprise,
        locality=wish.locality,
        pack=pack,
        received_at=at,
        source_id=source_id,
        receipt_hash=receipt_hash,
    )
    file.add(telling.entry(event))
    return file, event


def _check_enterprise(wish: acts.Register) -> None:
    if wish.channel == Channel.ANONYMOUS_LETTER and wish.enterprise is not None:
        raise Invalid(
            "无署名意见书不得填写企业信息",
            "an anonymous letter names no enterprise: leave it out, or choose another channel",
            "enterprise",
        )
    if wish.channel not in WITHOUT_NAME and wish.enterprise is None:
        raise Invalid("请填写企业名称", "say which enterprise asks, by its name", "enterprise.name")


def withdraw(file: File, act: acts.Withdraw, doing: Doing) -> Iterator[Event]:
    """The enterprise takes its appeal back."""
    file.require(*(state for state in CaseState if state not in BEYOND_RECALL))
    file.withdrawn_at = doing.at
    yield file.say(events.AppealWithdrawn, doing.at, reason=act.reason)


def rate(file: File, act: acts.Rate, doing: Doing) -> Iterator[Event]:
    """The enterprise rates what was handled; once, until it is reopened."""
    if not doing.past:
        file.require(*HANDLED)
    if file.rating is not None:
        raise Conflict("本次办理已评价", "this handling was rated already", "rating")
    file.rating = Rated(rating=act.rating, comment=act.comment, rated_at=doing.at)
    file.heard_at = doing.at
    yield file.say(events.AppealRated, doing.at, rating=act.rating)


def follow_up(file: File, act: acts.FollowUp, doing: Doing) -> Iterator[Event]:
    """Somebody independent called the enterprise, which may rate on this occasion (回访)."""
    if not doing.past:
        file.require(*HANDLED)
    _check_call(file, act, doing.at)
    call = FollowedUp(
        reached=act.reached, by=doing.by, made_at=doing.at, called_at=act.called_at, comment=act.comment
    )
    file.follow_ups = [*file.follow_ups, call]
    if act.reached:
        file.heard_at = doing.at
    yield file.say(events.FollowUpMade, doing.at, reached=act.reached)
    if act.rating is not None:
        yield from rate(file, acts.Rate(rating=act.rating, comment=act.comment), doing)


def _check_call(file: File, act: acts.FollowUp, at: datetime) -> None:
    if act.called_at is not None and not file.received_at <= act.called_at <= at:
        raise Invalid(
            "回访时间应在登记之后、当前时间之前",
            "the call lies before the registration or in the future",
            "called_at",
        )
    if not act.reached and act.rating is not None:
        raise Invalid("未接通时不能填写评价", "who was not reached gave no rating: leave it out", "rating")


def reopen(file: File, act: acts.Reopen, doing: Doing) -> Iterator[Event]:
    """The completed legs start their next round, where the pack allows it."""
    if not doing.past:
        file.require(CaseState.COMPLETED)
    check_reopening(file, doing.pack, doing.calendar, doing.at)
    assert file.rating is not None
    file.earlier_ratings = [*file.earlier_ratings, file.rating]
    file.rating, file.heard_at, file.reopened_at = None, None, doing.at
    yield file.say(events.AppealReopened, doing.at, reason=act.reason)


TRANSITIONS: dict[type[acts.Act], Callable[[File, Any, Doing], Iterator[Event]]] = {
    acts.Withdraw: withdraw,
    acts.Rate: rate,
    acts.FollowUp: follow_up,
    acts.Reopen: reopen,
}


def perform(file: File, act: acts.Act, doing: Doing) -> tuple[File, list[Event]]:
    """Let `act` happen: a changed copy of the file, and the events it made.

    Raises `Conflict` where the case does not allow it.
    """
    file = file.model_copy()
    transition = next(done for kind, done in TRANSITIONS.items() if isinstance(act, kind))
    said = list(transition(file, act, doing))
    for event in said:
        file.add(telling.entry(event))
    file.settle()
    return file, said
