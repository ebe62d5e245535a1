"""Repeats of one problem: what may be merged with what, and what each keeps."""

from dataclasses import dataclass, field
from uuid import UUID

import pytest

from services.intake import merging
from services.intake.file import File
from services.intake.status import public
from shared import events
from shared.events import Event
from shared.rules.pack import pack
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
OTHER_PACK = pack.load("bozhou-2024")


@dataclass
class Book:
    """Some appeals by name, and what was said of them."""

    files: dict[str, File] = field(default_factory=dict)
    said: list[Event] = field(default_factory=list)
    rules: Pack = MERGES

    def __post_init__(self) -> None:
        for number, name in enumerate(("one", "two", "three", "four"), 1):
            self.files[name] = received().model_copy(
                update={"appeal_id": UUID(int=number), "registration_number": f"BZ-20260213-0000{number}"}
            )

    def pack_of(self, ref: str) -> Pack:
        return OTHER_PACK if ref == OTHER_PACK.ref else self.rules

    def merge(self, name: str, lead: str, at: float = 1, *, past: bool = False) -> "Book":
        file = self.files[name]
        left = self.by_id(file.merged.lead) if file.merged else None
        self._keep(
            merging.merge(file, self.files[lead], left, "同一问题", hours(at), self.pack_of, past=past)
        )
        return self

    def unmerge(self, name: str, at: float = 2) -> "Book":
        file = self.files[name]
        self._keep(
            merging.unmerge(file, self.by_id(merging.require_merged(file).lead), "问题不同", hours(at))
        )
        return self

    def hear(self, name: str, *told: Event) -> None:
        own = {"appeal_id": self.files[name].appeal_id}
        self.files[name] = heard(*(event.model_copy(update=own) for event in told), file=self.files[name])

    def by_id(self, appeal_id: UUID) -> File:
        return next(file for file in self.files.values() if file.appeal_id == appeal_id)

    def _keep(self, changed: merging.Changed) -> None:
        files, said = changed
        self.said += said
        for file in files:
            name = next(name for name, one in self.files.items() if one.appeal_id == file.appeal_id)
            assert file.version > self.files[name].version
            self.files[name] = file

    def reason(self, name: str, lead: str, *, past: bool = False) -> str | None:
        """Why a merging is refused; None where it is not."""
        try:
            self.merge(name, lead, past=past)
        except Conflict as refusal:
            return f"{refusal.zh} / {refusal.en}"
        return None


def test_who_is_merged_names_its_lead_and_the_lead_counts_it() -> None:
    book = Book().merge("one", "two").merge("three", "two")
    one, two = book.files["one"], book.files["two"]
    assert one.merged is not None
    assert (one.merged.lead, one.merged.lead_number) == (two.appeal_id, two.registration_number)
    assert (one.leads, two.leads, two.merged) == (0, 2, None)
    (event, _) = book.said
    assert isinstance(event, events.AppealMerged)
    assert (event.appeal_id, event.lead, event.lead_number) == (
        one.appeal_id,
        two.appeal_id,
        two.registration_number,
    )


def test_who_is_unmerged_is_free_again_and_both_mergings_are_kept() -> None:
    book = Book().merge("one", "two").unmerge("one").merge("one", "three", 3).unmerge("one", 4)
    one = book.files["one"]
    assert one.merged is None
    assert [parted.lead_number[-1] for parted in one.earlier_mergings] == ["2", "3"]
    assert one.earlier_mergings[0].parted_for == "问题不同"
    assert [book.files[name].leads for name in ("two", "three")] == [0, 0]
    assert [type(event) for event in book.said] == [events.AppealMerged, events.AppealUnmerged] * 2
    assert [entry.zh for entry in one.timeline[1:]] == ["与同类诉求一并办理", "恢复单独办理"] * 2


def test_a_new_lead_takes_the_place_of_the_old_one() -> None:
    book = Book().merge("one", "two").merge("one", "three", 3)
    assert [book.files[name].leads for name in ("two", "three")] == [0, 1]
    assert [type(event) for event in book.said[1:]] == [events.AppealUnmerged, events.AppealMerged]
    assert {event.appeal_id for event in book.said} == {UUID(int=1)}


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
    ("told", "withdrawn", "refused"),
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
    side: str, told: tuple[Event, ...], withdrawn: bool, refused: bool
) -> None:
    book = Book()
    book.hear(side, *told)
    if withdrawn:
        book.files[side] = done(book.files[side], (WITHDRAW, 5))
    assert (book.reason("one", "two") is not None) is refused


def test_a_past_merging_is_believed_whatever_was_heard_of_the_end() -> None:
    book = Book()
    book.hear("two", assigned(), completed(4), CLOSED)
    assert book.reason("one", "two", past=True) is None


def test_appeals_under_different_packs_are_not_merged() -> None:
    book = Book()
    book.files["two"] = book.files["two"].model_copy(update={"pack": OTHER_PACK.ref})
    assert "规则包不同" in (book.reason("one", "two") or "")


def test_a_pack_that_does_not_speak_of_merging_merges_nothing() -> None:
    book = Book()
    book.rules = BARE
    assert "不允许并单" in (book.reason("one", "two") or "")


def test_the_lead_of_one_that_is_not_merged_cannot_be_left() -> None:
    with pytest.raises(Conflict):
        Book().unmerge("one")


def test_a_refused_merging_changes_nothing() -> None:
    book = Book().merge("one", "two")
    before = {name: file.model_dump_json() for name, file in book.files.items()}
    assert book.reason("two", "three")
    assert {name: file.model_dump_json() for name, file in book.files.items()} == before


def test_each_keeps_its_own_rating() -> None:
    book = Book()
    book.hear("one", assigned(), completed(4))
    book.merge("one", "two")
    rated = done(book.files["one"], (SATISFIED, 5))
    assert rated.rating is not None
    assert book.files["two"].rating is None


def test_the_enterprise_learns_that_it_is_handled_with_others_but_not_with_whom() -> None:
    book = Book().merge("one", "two")
    shown = public(book.files["one"], MERGES, ZONE, together=True)
    assert shown["handled_together"]
    assert book.files["two"].registration_number not in str(shown)
