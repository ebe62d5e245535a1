"""Repeats of one problem: what may be merged with what, and what each keeps."""

from dataclasses import dataclass, field
from uuid import UUID

import pytest

from services.intake.document import AppealDocument
from services.intake.domain import merging
from services.intake.status import public_status
from shared import events
from shared.events import Event
from shared.rules.pack import pack_files
from shared.rules.pack.desks import Merging
from shared.rules.pack.pack import Pack
from shared.service.errors import Conflict
from tests.unit.intake.case import (
    APPROVED,
    BARE,
    CLOSED,
    REFERRED,
    SATISFIED,
    WITHDRAW,
    ZONE,
    assigned,
    completed,
    done,
    heard,
    hours,
    received,
    under,
)

MERGES = under(merging=Merging(shares=["reply"], choice="x"))
OTHER_PACK = pack_files.load("bozhou-2024@2")


@dataclass
class Book:
    """Some appeals by name, and the events of them."""

    appeals: dict[str, AppealDocument] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    rules: Pack = MERGES

    def __post_init__(self) -> None:
        for number, name in enumerate(("one", "two", "three", "four"), 1):
            self.appeals[name] = received().model_copy(
                update={"appeal_id": UUID(int=number), "registration_number": f"BZ-20260213-0000{number}"}
            )

    def pack_of(self, ref: str) -> Pack:
        return OTHER_PACK if ref == OTHER_PACK.ref else self.rules

    def merge(self, name: str, lead: str, at: float = 1, *, past: bool = False) -> "Book":
        appeal = self.appeals[name]
        former_lead = self.by_id(appeal.merged.lead) if appeal.merged else None
        self._keep(
            merging.merge(
                appeal, self.appeals[lead], former_lead, "同一问题", hours(at), self.pack_of, past=past
            )
        )
        return self

    def unmerge(self, name: str, at: float = 2) -> "Book":
        appeal = self.appeals[name]
        self._keep(
            merging.unmerge(appeal, self.by_id(merging.require_merged(appeal).lead), "问题不同", hours(at))
        )
        return self

    def hear(self, name: str, *history: Event) -> None:
        own = {"appeal_id": self.appeals[name].appeal_id}
        self.appeals[name] = heard(
            *(event.model_copy(update=own) for event in history), appeal=self.appeals[name]
        )

    def by_id(self, appeal_id: UUID) -> AppealDocument:
        return next(appeal for appeal in self.appeals.values() if appeal.appeal_id == appeal_id)

    def _keep(self, changed: merging.Changes) -> None:
        appeals, emitted = changed
        self.events += emitted
        for appeal in appeals:
            name = next(name for name, known in self.appeals.items() if known.appeal_id == appeal.appeal_id)
            assert appeal.version > self.appeals[name].version
            self.appeals[name] = appeal

    def reason(self, name: str, lead: str, *, past: bool = False) -> str | None:
        """Why a merging is refused; None where it is not."""
        try:
            self.merge(name, lead, past=past)
        except Conflict as refusal:
            return f"{refusal.zh} / {refusal.en}"
        return None


def test_who_is_merged_names_its_lead_and_the_lead_counts_it() -> None:
    book = Book().merge("one", "two").merge("three", "two")
    appeal, lead = book.appeals["one"], book.appeals["two"]
    assert appeal.merged is not None
    assert (appeal.merged.lead, appeal.merged.lead_number) == (lead.appeal_id, lead.registration_number)
    assert (appeal.leads, lead.leads, lead.merged) == (0, 2, None)
    (event, _) = book.events
    assert isinstance(event, events.AppealMerged)
    assert (event.appeal_id, event.lead, event.lead_number) == (
        appeal.appeal_id,
        lead.appeal_id,
        lead.registration_number,
    )


def test_who_is_unmerged_is_free_again_and_both_mergings_are_kept() -> None:
    book = Book().merge("one", "two").unmerge("one").merge("one", "three", 3).unmerge("one", 4)
    appeal = book.appeals["one"]
    assert appeal.merged is None
    assert [parted.lead_number[-1] for parted in appeal.earlier_mergings] == ["2", "3"]
    assert appeal.earlier_mergings[0].parted_for == "问题不同"
    assert [book.appeals[name].leads for name in ("two", "three")] == [0, 0]
    assert [type(event) for event in book.events] == [events.AppealMerged, events.AppealUnmerged] * 2
    assert [entry.zh for entry in appeal.timeline[1:]] == ["与同类诉求一并办理", "恢复单独办理"] * 2


def test_a_new_lead_takes_the_place_of_the_old_one() -> None:
    book = Book().merge("one", "two").merge("one", "three", 3)
    assert [book.appeals[name].leads for name in ("two", "three")] == [0, 1]
    assert [type(event) for event in book.events[1:]] == [events.AppealUnmerged, events.AppealMerged]
    assert {event.appeal_id for event in book.events} == {UUID(int=1)}


def test_an_appeal_is_merged_with_neither_itself_nor_its_lead_again() -> None:
    assert "自身" in (Book().reason("one", "one") or "")
    assert "已并入该诉求" in (Book().merge("one", "two").reason("one", "two") or "")


def test_a_lead_that_is_merged_itself_is_refused_and_its_lead_named() -> None:
    why = Book().merge("one", "two").reason("three", "one")
    assert "BZ-20260213-00002" in (why or "")


def test_who_leads_others_is_merged_only_when_it_leads_none() -> None:
    book = Book().merge("one", "two")
    assert "有 1 件诉求并入" in (book.reason("two", "three") or "")
    assert book.unmerge("one").reason("two", "three") is None


@pytest.mark.parametrize(
    ("history", "withdrawn", "refused"),
    [
        ((), False, False),
        ((assigned(),), False, False),
        ((assigned(), completed(4)), False, False),
        ((assigned(), completed(4), CLOSED), False, True),
        ((REFERRED,), False, True),
        ((assigned(), APPROVED), False, True),
        ((), True, True),
    ],
)
@pytest.mark.parametrize("side", ["one", "two"])
def test_what_has_ended_is_neither_merged_nor_led_with(
    side: str, history: tuple[Event, ...], withdrawn: bool, refused: bool
) -> None:
    book = Book()
    book.hear(side, *history)
    if withdrawn:
        book.appeals[side] = done(book.appeals[side], (WITHDRAW, 5))
    assert (book.reason("one", "two") is not None) is refused


def test_a_past_merging_is_believed_whatever_was_heard_of_the_end() -> None:
    book = Book()
    book.hear("two", assigned(), completed(4), CLOSED)
    assert book.reason("one", "two", past=True) is None


def test_appeals_under_different_packs_are_not_merged() -> None:
    book = Book()
    book.appeals["two"] = book.appeals["two"].model_copy(update={"pack": OTHER_PACK.ref})
    assert "规则包不同" in (book.reason("one", "two") or "")


def test_a_pack_that_does_not_speak_of_merging_merges_nothing() -> None:
    book = Book()
    book.rules = BARE
    assert "不都允许并单" in (book.reason("one", "two") or "")


def test_the_lead_of_one_that_is_not_merged_cannot_be_left() -> None:
    with pytest.raises(Conflict):
        Book().unmerge("one")


def test_a_refused_merging_changes_nothing() -> None:
    book = Book().merge("one", "two")
    before = {name: appeal.model_dump_json() for name, appeal in book.appeals.items()}
    assert book.reason("two", "three")
    assert {name: appeal.model_dump_json() for name, appeal in book.appeals.items()} == before


def test_each_keeps_its_own_rating() -> None:
    book = Book()
    book.hear("one", assigned(), completed(4))
    book.merge("one", "two")
    rated = done(book.appeals["one"], (SATISFIED, 5))
    assert rated.rating is not None
    assert book.appeals["two"].rating is None


def test_the_enterprise_learns_that_it_is_handled_with_others_but_not_with_whom() -> None:
    book = Book().merge("one", "two")
    shown = public_status(book.appeals["one"], MERGES, ZONE, together=True)
    assert shown["handled_together"]
    assert book.appeals["two"].registration_number not in str(shown)
