"""Which acts a person is offered on a case: those of the role that fit how the case stands. Pure."""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Any

from services.desks.pages.acts.act import About, Act, Need, Situation
from services.desks.pages.acts.table import ACTS
from services.desks.rows.states import WaitingKind
from shared.roles import UNIT, AccountRole
from shared.rules.judging.state import CaseState
from shared.rules.pack.pack import Pack
from shared.rules.terms import Verdict

Case = Mapping[str, Any]
"""A case as desks answers it."""
OF_READERS = frozenset({"note", "answer-study", "close-study", "read-contact"})
"""What a unit does that reads a case and has no leg of it."""


@dataclass(frozen=True, slots=True)
class Doer:
    """Who would do an act: the role, and the code of the unit or leader."""

    role: AccountRole | None
    code: str | None

    @property
    def unit(self) -> str | None:
        """The unit for which the person acts; None for who acts for none."""
        return self.code if self.role is not None and self.role.acts_as is UNIT else None


def offered(doer: Doer, about: About, case: Case, pack: Pack | None, subject: Mapping[str, Any]) -> list[Act]:
    """The acts on a leg, a card or a publication of the case, or on the case itself (`subject` is the case).

    A unit that reads a case of the units below it is offered nothing on their legs.
    """
    if doer.unit is not None and about is not About.CASE and subject["unit"] != doer.unit:
        return []
    own = doer.unit is None or doer.unit in {leg["unit"] for leg in case["legs"]}
    if about is not About.CASE and not own:
        return []
    needs = _needs(case, pack, doer, subject, about)
    return [
        act
        for act in ACTS
        if act.about is about
        and doer.role in act.roles
        and case["state"] in act.cases
        and (about not in (About.LEG, About.CARD) or subject["state"] in act.states)
        and (act.needs is None or act.needs in needs)
        and (own or act.key in OF_READERS)
    ]


def offered_in_lists(doer: Doer, leg: Mapping[str, Any]) -> list[Act]:
    """The acts on a leg in a list, where nothing is known of what waits: those that need nothing."""
    if doer.unit is not None and leg["unit"] != doer.unit:
        return []
    return [
        act
        for act in ACTS
        if act.about is About.LEG
        and doer.role in act.roles
        and act.needs is None
        and leg["case_state"] in act.cases
        and leg["state"] in act.states
    ]


def _needs(case: Case, pack: Pack | None, doer: Doer, subject: Mapping[str, Any], about: About) -> Set[Need]:
    """What waits for a word of this subject, and what is so in its case."""
    subject_id = case["appeal_id"] if about is About.CASE else str(subject[f"{about}_id"])
    waiting = {
        WaitingKind(row["kind"]) for row in open_words(case) if row["subject"].split()[0] == subject_id
    }
    return waiting | {situation for situation, is_so in _situations(case, pack, doer).items() if is_so}


def open_words(case: Case) -> list[Mapping[str, Any]]:
    """What waits for a word."""
    return [row for row in case["waiting"] if row["is_open"]]


def _situations(case: Case, pack: Pack | None, doer: Doer) -> dict[Situation, bool]:
    gathering = any(
        each["deadline"] == "gathering" and not each["met_at"] and each["verdict"] != Verdict.VOID
        for each in case["deadlines"]
    )
    return {
        Situation.REOPENING: _last(case, "reopening.asked.v1", "reopening.declined.v1", "appeal.reopened.v1"),
        Situation.GATHERING: gathering or any(row["kind"] == WaitingKind.LIFT for row in open_words(case)),
        Situation.LIFTED: _last(case, "appeal.lifted.v1", "appeal.signed_off.v1", "appeal.closed.v1"),
        Situation.STUDY: bool(studies_of(case, doer.unit)),
        Situation.TRANSFER: bool(transfers_of(case)),
        Situation.STAGES: bool(pack and pack.stages),
        Situation.PROMISES: bool(pack and pack.promises),
        Situation.REFERRAL: bool(pack and pack.referral),
    }


def _last(case: Case, began: str, *ended_by: str) -> bool:
    """Whether of these events the last one is what began it."""
    types = [line["type"] for line in case["lines"] if line["type"] in (began, *ended_by)]
    return bool(types) and types[-1] == began


def studies_of(case: Case, unit: str | None) -> list[int]:
    """The numbers of the open joint studies: all for the office, for a unit those that concern it."""
    ended = {line["data"]["number"] for line in case["lines"] if line["type"] == "study.closed.v1"}
    asked = [line["data"] for line in case["lines"] if line["type"] == "study.asked.v1"]
    return [
        study["number"]
        for study in asked
        if study["number"] not in ended
        and (
            unit is None
            or study.get("asked_by") == unit
            or unit in {each["unit"] for each in study["invited"]}
        )
    ]


def transfers_of(case: Case) -> list[tuple[int, str]]:
    """Number and hotline of the transfers without a receipt."""
    received = {line["data"]["number"] for line in case["lines"] if line["type"] == "transfer.received.v1"}
    sent = [line["data"] for line in case["lines"] if line["type"] == "appeal.transferred.v1"]
    return [
        (transfer["number"], transfer["to"])
        for transfer in sent
        if not transfer.get("received") and transfer["number"] not in received
    ]


def is_ended(case: Case) -> bool:
    """Whether nobody works on the case any more."""
    return case["state"] in (CaseState.CLOSED, CaseState.WITHDRAWN, CaseState.APPROVED)
