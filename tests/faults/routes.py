"""The acts that the load does: where each is sent, by whom, and what it means for the checker."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from tests.faults.cases import LoadCase
from tests.faults.plan import PlannedAct

Entry = dict[str, Any]


class Route(NamedTuple):
    """Where an act is sent and by whom, the type of its event, and what it means in the words of `judgement`.

    `words` are those a pack's `met_by` knows it by. `path` is its path, where that is not the act's name.
    """

    by: str
    event: str
    words: tuple[str, ...] = ()
    effects: Mapping[str, Any] = {}
    service: str = "dispatch"
    path: str = ""


ROUTES = {
    "assignments": Route("office", "appeal.assigned"),
    "contacts": Route("unit", "appeal.contacted", ("contacted",)),
    "replies": Route("unit", "appeal.responded", ("responded",)),
    "completions": Route("unit", "appeal.completed", ("completed",), {"completes": True}),
    "stages": Route("unit", "stage.reached"),
    "agreements": Route("office", "stage.reached", path="stages"),
    "proposals": Route("unit", "stage.proposed", path="stages"),
    "stage-decisions": Route("office", "stage.declined"),
    "refusals": Route("unit", "appeal.refused", (), {"lifts": "refused"}),
    "objections": Route("unit", "appeal.objected", (), {"starts": "objected"}),
    "objection-decisions": Route("office", "objection.decided", ("objection_decided",)),
    "lift-requests": Route("unit", "lift.requested", (), {"lifts": "requested"}),
    "pauses": Route("office", "appeal.paused", (), {"pauses": True}),
    "resumptions": Route("office", "appeal.resumed", (), {"resumes": True}),
    "extension-requests": Route("unit", "extension.requested", (), {"starts": "extension_asked"}),
    "extension-decisions": Route("office", "appeal.extended", ("extension_decided",)),
    "withdrawals": Route("enterprise", "appeal.withdrawn", (), {"ends": "withdrawn"}, "intake"),
    "answers": Route(
        "enterprise",
        "loan.withdrawal_answered",
        ("objection_decided",),
        {},
        "financing",
        "legs/{leg}/withdrawals",
    ),
    "loan-withdrawals": Route(
        "enterprise", "loan.withdrawn", (), {"ends": "withdrawn"}, "financing", "withdrawals"
    ),
    "ratings": Route("enterprise", "appeal.rated", ("rated",), {"hears": True}, "intake"),
    "reopenings": Route("office", "appeal.reopened", (), {"reopens": True}, "intake"),
    "merges": Route("office", "appeal.merged", (), {}, "intake"),
    "unmerges": Route("office", "appeal.unmerged", (), {}, "intake"),
    "gatherings": Route("office", "appeal.gathered", ("gathered",), {"gathers": True}, "escalation"),
    "sign-off": Route("leader", "appeal.signed_off", ("signed_off",), {}, "escalation"),
}
OF_THE_CASE = ("assignments", "withdrawals", "ratings", "reopenings", "merges", "unmerges")
OF_THE_CASE += ("gatherings", "sign-off", "loan-withdrawals")
SHARED = ("replies", "completions")
"""What is done for a merged appeal too when it is done for its lead."""
REFUSED_AS_PLANNED = (
    ("extension-requests", 422),
    ("completions", 403),
    ("completions", 422),
    ("sign-off", 404),
    ("gatherings", 404),
)
"""What may be refused beside conflicts: a limit or a day that cannot be, or that takes a higher word than the
unit's, and a case that was not judged yet."""


def entry_of(case: LoadCase, act: PlannedAct, content: Mapping[str, Any], at: datetime) -> Entry:
    """The journal's entry of an act that was accepted at `at` with the answer `content`."""
    route = ROUTES[act.route]
    entry = {"type": route.event, "at": at, "what": list(route.words), **route.effects}
    if act.route not in OF_THE_CASE:
        entry["leg"] = case.legs[act.leg]["leg"]
    more = _MORE.get(act.route)
    return entry | (more(case, act, content) if more else {})


def leg_of(leg: Mapping[str, Any]) -> Entry:
    """A leg of dispatch's answer, for the journal."""
    return {"leg": leg["leg_id"], **{name: leg[name] for name in ("unit", "role", "leader")}}


def _assigned(case: LoadCase, act: PlannedAct, content: Mapping[str, Any]) -> Entry:
    return {"legs": [leg_of(leg) for leg in content["legs"][len(case.legs) :]], "marks": act.body["marks"]}


def _completed(_case: LoadCase, act: PlannedAct, _content: Mapping[str, Any]) -> Entry:
    if "planned_on" not in act.body:
        return {}
    plans = act.body["planned_on"], None
    return {"type": "appeal.promised", "what": [], "completes": False, "plans": plans}


def _reached(_case: LoadCase, act: PlannedAct, _content: Mapping[str, Any]) -> Entry:
    return {"reaches": act.body}


def _proposed(_case: LoadCase, act: PlannedAct, content: Mapping[str, Any]) -> Entry:
    return {"proposes": content["legs"][act.leg]["proposals"]}


def _confirmed(case: LoadCase, act: PlannedAct, _content: Mapping[str, Any]) -> Entry:
    number = act.body["number"]
    reached = {"type": "stage.reached", "reaches": case.proposals[act.leg, number]}
    return {"decides": number, **(reached if act.body["confirmed"] else {})}


def _upheld(_case: LoadCase, act: PlannedAct, _content: Mapping[str, Any]) -> Entry:
    return {"ends_leg": act.body["upheld"]}


def _answered(_case: LoadCase, act: PlannedAct, _content: Mapping[str, Any]) -> Entry:
    return {"ends_leg": act.body["confirmed"]}


def _extended(_case: LoadCase, act: PlannedAct, content: Mapping[str, Any]) -> Entry:
    if not act.body["approved"]:
        return {"type": "extension.denied"}
    extension = content["legs"][act.leg]["extended"][-1]
    return {"extends": (extension["deadline"], extension["limit"])}


def _signed_off(_case: LoadCase, _act: PlannedAct, content: Mapping[str, Any]) -> Entry:
    return {"at": datetime.fromisoformat(content["lift"]["signed_off_at"])}


def _gathered(_case: LoadCase, _act: PlannedAct, content: Mapping[str, Any]) -> Entry:
    return {"at": datetime.fromisoformat(content["gathered"][-1]["gathered_at"])}


_MORE: dict[str, Callable[[LoadCase, PlannedAct, Mapping[str, Any]], Entry]] = {
    "assignments": _assigned,
    "completions": _completed,
    "stages": _reached,
    "agreements": _reached,
    "proposals": _proposed,
    "stage-decisions": _confirmed,
    "objection-decisions": _upheld,
    "extension-decisions": _extended,
    "answers": _answered,
    "sign-off": _signed_off,
    "gatherings": _gathered,
}
"""What an act means beside what its route says. Nobody waits for the clock of escalation: it answers when."""
