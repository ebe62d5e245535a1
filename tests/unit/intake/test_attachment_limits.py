"""How many files an appeal takes, which of several at once is told, and what the refusals say."""

from pathlib import Path
from uuid import UUID, uuid4

import pytest

from services.intake.attachments.acts import AddAttachment
from services.intake.attachments.containers import ALWAYS_UNPACKED, look_into_zip
from services.intake.attachments.document import Adder, Kind, NewFile, RemovedAttachment
from services.intake.attachments.domain.adding import MOST_REMOVED, check_may_add, perform
from services.intake.attachments.kinds import XLSX
from services.intake.document import AppealDocument
from shared.events import ENTERPRISE, AttachmentStored
from shared.service.errors import Conflict
from tests.attachments import office
from tests.unit.intake.case import act_context, hours, received

FIRM, OFFICE = Adder(ENTERPRISE), Adder("office", None, "office")


def new_file(*, for_enterprise: bool = False) -> NewFile:
    return NewFile(
        attachment_id=uuid4(),
        kind=Kind.PDF,
        media_type="application/pdf",
        name="a.pdf",
        size=9,
        sha256="0" * 64,
        for_enterprise=for_enterprise,
    )


def added(
    appeal: AppealDocument, who: Adder, at: float, *, for_enterprise: bool = False
) -> tuple[AppealDocument, AttachmentStored]:
    act = AddAttachment(new_file(for_enterprise=for_enterprise), who, 20)
    appeal, (event,) = perform(appeal, act, act_context(at))
    assert isinstance(event, AttachmentStored)
    return appeal, event


def test_where_too_many_files_were_removed_the_refusal_says_so() -> None:
    removed = [
        RemovedAttachment(
            attachment_id=UUID(int=n), kind=Kind.PDF, sha256="0" * 64, removed_at=hours(1), by=ENTERPRISE
        )
        for n in range(MOST_REMOVED)
    ]
    appeal = received().model_copy(update={"removed_attachments": removed[1:]})
    check_may_add(appeal, FIRM, 5)
    full = appeal.model_copy(update={"removed_attachments": removed})
    with pytest.raises(Conflict) as refusal:
        check_may_add(full, FIRM, 5)
    assert f"已删除过 {MOST_REMOVED} 个附件" in refusal.value.zh
    assert f"{MOST_REMOVED} attachments of this appeal were taken away" in refusal.value.en
    assert "请先删除" not in refusal.value.zh  # removing more would not help


def test_of_files_that_come_at_once_the_first_is_told_and_each_is_counted() -> None:
    appeal, told = received(), []
    for minute in (0, 0, 4, 9, 12, 15, 23, 60):
        appeal, event = added(appeal, FIRM, 1 + minute / 60)
        told.append((event.count, not event.more_at_once))
    assert told == [
        (1, True),
        (2, False),
        (3, False),
        (4, False),
        (5, True),  # twelve minutes after the first
        (6, False),
        (7, True),  # eleven minutes after the last that was told
        (8, True),
    ]


def test_each_side_is_told_and_counted_apart() -> None:
    appeal, first = added(received(), FIRM, 1)
    appeal, internal = added(appeal, OFFICE, 1)
    appeal, given = added(appeal, OFFICE, 1, for_enterprise=True)
    assert [event.more_at_once for event in (first, internal, given)] == [False] * 3
    assert [event.count for event in (first, internal, given)] == [1, 1, 1]
    assert [event.for_enterprise for event in (first, internal, given)] == [False, False, True]
    assert [event.for_units for event in (first, internal, given)] == [True, False, False]
    types = [entry.zh for entry in appeal.timeline if entry.type == AttachmentStored.type]
    assert types == ["企业上传了附件（第 1 个）", "工作人员提供了附件（第 1 个）"]


def test_a_table_of_equal_rows_is_taken_however_well_it_packs(tmp_path: Path) -> None:
    table = tmp_path / "table"
    table.write_bytes(office("xlsx", b"<row/>" * (ALWAYS_UNPACKED // 7)))
    assert look_into_zip(table) is XLSX
