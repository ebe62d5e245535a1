"""What starts and meets the office's own clocks: what units ask for and give back, complaints, closure."""

from datetime import datetime
from typing import TYPE_CHECKING

from shared.rules.judging import acts, starting
from shared.rules.judging.state import Leg, void
from shared.rules.pack.triggers import Meeting, Start
from shared.rules.terms import Verdict

if TYPE_CHECKING:
    from shared.rules.judging.case import Case


def ask_extension(case: "Case", act: acts.ExtensionAsked, at: datetime) -> None:
    if leg := case.live(act):
        starting.begin(case, Start.EXTENSION_ASKED, leg, at)


def deny_extension(case: "Case", act: acts.ExtensionDenied, at: datetime) -> None:
    meet_of(case, act, Meeting.EXTENSION_DECIDED, at)


def ask_pause(case: "Case", act: acts.PauseRequested, at: datetime) -> None:
    if leg := case.live(act):
        starting.begin(case, Start.PAUSE_ASKED, leg, at)


def deny_pause(case: "Case", act: acts.PauseDenied, at: datetime) -> None:
    meet_of(case, act, Meeting.PAUSE_DECIDED, at)


def meet_of(case: "Case", act: acts.LegAct, meeting: Meeting, at: datetime) -> None:
    """Meet what `meeting` meets of the act's leg, also of one that has ended."""
    if leg := case.legs.get(act.leg_id):
        case.meet(meeting, leg.deadlines, at)


def propose_stage(case: "Case", act: acts.StageProposed, at: datetime) -> None:
    """Whoever confirms it has a clock for each report of the unit."""
    if leg := case.live(act):
        begun = len(leg.deadlines)
        starting.begin(case, Start.PROPOSED, leg, at)
        leg.proposed |= {act.number: leg.deadlines[begun:]}


def decline_stage(case: "Case", act: acts.StageDeclined, at: datetime) -> None:
    if leg := case.legs.get(act.leg_id):
        decide_stage(case, leg, act.number, at)


def decide_stage(case: "Case", leg: Leg, number: int | None, at: datetime) -> None:
    """What the unit said of a stage under this number was confirmed or declined."""
    case.meet(Meeting.STAGE_DECIDED, leg.proposed.pop(number, ()), at)


def complain(case: "Case", act: acts.Complained, at: datetime) -> None:
    """The complaint has its clock also after the end of the case."""
    if case.end:
        case.catch_up(at)
    starting.begin(case, Start.COMPLAINED, None, at)


def decide_complaint(case: "Case", act: acts.ComplaintDecided, at: datetime) -> None:
    case.meet(Meeting.COMPLAINT_DECIDED, case.own, at)


def end_leg(case: "Case", leg: Leg, at: datetime, *, vacant: bool) -> None:
    """The leg is the unit's no more. `vacant`: nobody has this part until it is dispatched again."""
    leg.ended = True
    void(leg.deadlines)
    case.resume(leg, at)
    if vacant:
        starting.begin(case, Start.UPHELD, None, at)


def hear(case: "Case", at: datetime) -> None:
    """Start the clock of closure once all is completed and the enterprise was heard, where that is needed."""
    if case.all_completed() and (case.heard or not case.table.closes_heard):
        starting.begin(case, Start.HEARD, None, at)


def go_on(case: "Case", at: datetime) -> None:
    """The case is reopened or handed to another unit as well: nothing is to be closed for now.

    A closure that was late is answered by this, also late.
    """
    closures = [deadline for deadline in case.own if deadline.start == Start.HEARD]
    void(closures)
    for deadline in closures:
        if deadline.verdict is Verdict.OVERDUE and not deadline.met_at:
            deadline.met_at = at
