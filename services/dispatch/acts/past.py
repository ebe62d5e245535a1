"""Past acts, each with its own time: the body of an import."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.dispatch.acts.assignment import AddMarks, Assign, Reassign
from services.dispatch.acts.extensions import DecideExtension, Extend, RequestExtension
from services.dispatch.acts.notes import Note, Urge
from services.dispatch.acts.office import Close, DecideComplaint, DecideObjection, Find
from services.dispatch.acts.pauses import DecidePause, Pause, RequestPause, Resume
from services.dispatch.acts.referral import ReceiveElsewhere, Refer, TakeBack
from services.dispatch.acts.stages import DecideStage, Reach
from services.dispatch.acts.studies import AnswerStudy, AskStudy, CloseStudy
from services.dispatch.acts.transfers import ReceiveTransfer, Transfer
from services.dispatch.acts.units import Complete, Contact, Object, Promise, Refuse, Reply, RequestLift
from shared.appeals.bodies import PackRef
from shared.events import Kind
from shared.web.bodies import Body, PastTime

MOST_ACTS = 20_000

AnyAct = Annotated[
    Assign
    | Reassign
    | AddMarks
    | Contact
    | Reply
    | Complete
    | Promise
    | Reach
    | DecideStage
    | Refuse
    | Object
    | DecideObjection
    | RequestExtension
    | Extend
    | DecideExtension
    | RequestPause
    | DecidePause
    | Pause
    | Resume
    | RequestLift
    | Find
    | Refer
    | DecideComplaint
    | ReceiveElsewhere
    | TakeBack
    | Close
    | Note
    | Urge
    | AskStudy
    | AnswerStudy
    | CloseStudy
    | Transfer
    | ReceiveTransfer,
    Field(discriminator="act"),
]


class PastAct(Body):
    """A past act with its own time. Leg n of an appeal, from 0, has the id that `leg.leg_id` gives."""

    appeal_id: UUID
    occurred_at: PastTime
    act: AnyAct


class PastRegistration(Body):
    """What dispatch would know of an appeal that intake has not registered yet, for a dry run."""

    appeal_id: UUID
    kind: Kind
    pack: PackRef
    received_at: PastTime
    is_withheld: bool = False


class Import(Body):
    """Past acts, in the order in which they happened.

    All come in or none, but with `each` those of every appeal by themselves, and their own answer. `dry_run`:
    answer what would come of it and change nothing; `registered` are appeals that would be there by then.
    """

    acts: Annotated[list[PastAct], Field(min_length=1, max_length=MOST_ACTS)]
    each: bool = False
    dry_run: bool = False
    registered: Annotated[tuple[PastRegistration, ...], Field(max_length=MOST_ACTS)] = ()
