"""What the enterprise reads of the acts on its appeal: the texts of units and of the office. Pure.

An act of an earlier version says nothing of who reads it. Of those the enterprise reads what was for it then
as well: replies, completions, and what the office decided for it.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from services.dispatch.acts.base import Visibility
from services.dispatch.document import AppealDocument
from services.dispatch.leg import LegDocument
from shared import events
from shared.appeals.answers import PublicAnswer
from shared.events import Event, Outcome


class _Answering(NamedTuple):
    """An act that answers the enterprise: its event, the fields with its text, whether it is marked.

    The field `always` is for the enterprise whatever the mark says.
    """

    event: type[Event]
    fields: tuple[str, ...]
    marked: bool = False
    always: str | None = None

    def text(self, act: Mapping[str, Any]) -> str | None:
        """What the enterprise reads of the act; None where that is nothing."""
        texts = [act.get(self.always)] if self.always else []
        if not self.marked or act.get("visibility") == Visibility.PUBLIC:
            texts.append(next((act[field] for field in self.fields if act.get(field)), None))
        return "\n".join(text for text in texts if text) or None


_ANSWERING: Mapping[str, _Answering] = {
    "contact": _Answering(events.AppealContacted, ("text", "how"), marked=True),
    "reply": _Answering(events.AppealResponded, ("text",)),
    "complete": _Answering(events.AppealCompleted, ("text",)),
    "promise": _Answering(events.AppealPromised, ("reason",), marked=True),
    "reach": _Answering(events.StageReached, ("text",), marked=True),
    "pause": _Answering(events.AppealPaused, ("reason",)),
    "decide_pause": _Answering(events.AppealPaused, ("reason",)),
    "refuse": _Answering(events.AppealRefused, ("reason",), marked=True),
    "find": _Answering(events.FindingMade, ("reason",)),
    "refer": _Answering(events.AppealReferred, ("reason",)),
    "receive_elsewhere": _Answering(events.ReferralReceived, ("text",), marked=True, always="receiver"),
    "take_back": _Answering(events.ReferralReturned, ("reason",)),
    "decide_complaint": _Answering(events.AppealComplaintDecided, ("reason",)),
    "close": _Answering(events.AppealClosed, ("text",)),
}
_REQUEST = "request_pause"
ANSWERING = (*_ANSWERING, _REQUEST)
"""The kinds of acts that answer the enterprise, and that with the reason of a pause that is granted later."""


class StoredAct(NamedTuple):
    """An act as it was stored: when it occurred, and its body."""

    occurred_at: datetime
    act: dict[str, Any]


def public_answers(appeal: AppealDocument, acts: Iterable[StoredAct]) -> list[PublicAnswer]:
    """The texts that the enterprise may read, in the order of the acts."""
    legs = {leg.leg_id: leg for leg in appeal.legs}
    read = (_answer(legs, stored) for stored in _with_requests(acts))
    return [answer for answer in read if answer is not None]


def _with_requests(acts: Iterable[StoredAct]) -> Iterator[StoredAct]:
    """The acts; what grants a pause has the reason for which the unit asked for it."""
    reasons: dict[str, str | None] = {}
    for stored in acts:
        act = stored.act
        if act["act"] == _REQUEST:
            reasons[act["leg_id"]] = act.get("reason")
        elif act["act"] != "decide_pause":
            yield stored
        elif act["approved"]:
            yield stored._replace(act=act | {"reason": reasons.get(act["leg_id"])})


def _answer(legs: Mapping[UUID, LegDocument], stored: StoredAct) -> PublicAnswer | None:
    act, kind = stored.act, _ANSWERING[stored.act["act"]]
    text = kind.text(act)
    if text is None:
        return None
    leg = legs.get(UUID(act["leg_id"])) if act.get("leg_id") else None
    return PublicAnswer(
        occurred_at=stored.occurred_at,
        type=_event(kind, leg, stored.occurred_at).type,
        unit=leg and leg.unit,
        unit_name=leg and leg.unit_name,
        text=text,
        outcome=Outcome(act["outcome"]) if act.get("outcome") else None,
        planned_on=act.get("planned_on"),
    )


def _event(kind: _Answering, leg: LegDocument | None, at: datetime) -> type[Event]:
    """The event of the act: a planned day may be a promise, a stage may wait to be confirmed."""
    if leg is None:
        return kind.event
    if kind.event is events.AppealCompleted and any(promise.promised_at == at for promise in leg.promises):
        return events.AppealPromised
    if kind.event is events.StageReached and all(stage.reached_at != at for stage in leg.stages):
        return events.StageProposed
    return kind.event
