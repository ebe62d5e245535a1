"""A sample of every event, and a case they may belong to."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, get_type_hints
from uuid import UUID
from zoneinfo import ZoneInfo

from services.notify.document import CaseDocument
from services.notify.messages.message import Message
from services.notify.messages.routing import table
from services.notify.messages.words import Language, PackNames
from shared import events
from shared.events import CATALOGUE, Event
from shared.rules.time.limits import Limit, LimitUnit
from shared.rules.wording.words import Bilingual

APPEAL = UUID(int=1)
NUMBER = "BZ-20260213-00042"
LEGS = (
    events.Leg(leg_id=UUID(int=11), unit="GXJ", unit_name="市工信局", role=events.Role.LEAD, leader="L1"),
    events.Leg(leg_id=UUID(int=12), unit="QCQ", unit_name="谯城区", role=events.Role.ASSIST),
)
BANKS = (
    events.BankLeg(leg_id=UUID(int=61), leg=f"{NUMBER}/1", bank="ncb", bank_name="农商银行"),
    events.BankLeg(leg_id=UUID(int=62), leg=f"{NUMBER}/2", bank="hzb", bank_name="徽州银行"),
)
FIELDS: dict[str, Any] = {
    "appeal_id": APPEAL,
    "registration_number": NUMBER,
    "channel": events.Channel.WEB,
    "kind": events.Kind.HELP,
    "title": "厂区门口道路积水",
    "pack": "bozhou-2024@1",
    "receipt_hash": "ab",
    "legs": LEGS,
    "leg_id": LEGS[0].leg_id,
    "unit": "GXJ",
    "how": "电话",
    "reason": "需要补充材料。",
    "upheld": True,
    "marks": frozenset({events.Mark.INHERITED}),
    "deadline": events.DeadlineKind.REPLY,
    "limit": Limit(number=3, unit=LimitUnit.WORKING_DAYS),
    "approver": "市领导",
    "outcome": events.Outcome.SOLVED,
    "to": "市仲裁委员会",
    "state": "open",
    "deadlines": (),
    "round": 1,
    "due_at": datetime(2026, 2, 25, 9, 30, tzinfo=UTC),
    "clause": "亳政办〔2024〕8号 §3",
    "card_id": UUID(int=21),
    "card": "yellow",
    "leader": "L1",
    "instruction": "限期解决。",
    "task_force": ("SWJ",),
    "rating": events.Rating.NOT_SATISFIED,
    "message_id": UUID(int=31),
    "recipient": "office",
    "template": "received",
    "stage": "paid",
    "dates": (datetime(2026, 3, 1, 4, tzinfo=UTC), datetime(2026, 6, 1, 4, tzinfo=UTC)),
    "ground": "papers",
    "level": "county",
    "rank": events.Rank.LEADER,
    "reasonable": True,
    "by": "营商环境办",
    "was_due_at": datetime(2026, 2, 24, 9, 30, tzinfo=UTC),
    "calendar": "2",
    "publication_id": UUID(int=41),
    "published": True,
    "approved": True,
    "justified": True,
    "planned_on": date(2026, 3, 20),
    "summary": "两次交办未果，涉及两个部门。",
    "paused_at": datetime(2026, 2, 20, 1, tzinfo=UTC),
    "declined_by": "creditor",
    "receiver": "王工",
    "sums": (Decimal("600000.00"), Decimal("400000.00")),
    "expires_on": date(2026, 12, 31),
    "reached": False,
    "lead": UUID(int=51),
    "lead_number": "BZ-20260201-00007",
    "product": "working_capital",
    "amount_band": events.AmountBand.BELOW_5M,
    "first_loan": True,
    "wave": 1,
    "leg": BANKS[0].leg,
    "bank": BANKS[0].bank,
    "complaint": f"{NUMBER}/C1",
    "complaint_id": UUID(int=71),
    "founded": True,
    "number": 1,
    "unit_name": "市工信局",
    "asked_by": "GXJ",
    "invited": (
        events.InvitedUnit(unit="GXJ", unit_name="市工信局", due_at=datetime(2026, 2, 25, 9, 30, tzinfo=UTC)),
        events.InvitedUnit(unit="QCQ", unit_name="谯城区", due_at=datetime(2026, 2, 26, 9, 30, tzinfo=UTC)),
    ),
    "missing": 1,
    "answered": 2,
    "late": 1,
    "count": 2,
    "attachment_id": UUID(int=81),
    "sha256": "0" * 64,
    "size": 20_000,
    "media_type": "application/pdf",
}
OWN: dict[str, dict[str, Any]] = {
    "appeal.added_to.v1": {"by": "enterprise"},
    "appeal.urged.v1": {"by": "enterprise"},
    "appeal.redispatched.v1": {"reason": "overdue"},
    "appeal.lifted.v1": {"reason": "count"},
    "appeal.raised.v1": {
        "to": "head",
        "office": "YSB",
        "unit": None,
        "leg_id": None,
        "deadline": "dispatch_again",
    },
    "appeal.transferred.v1": {"to": "119"},
    "transfer.received.v1": {"to": "119"},
    "attachment.stored.v1": {"by": "enterprise", "for_units": True},
    "attachment.released.v1": {"to": "enterprise"},
    "study.answered.v1": {"late": True},
    "appeal.handed_over.v1": {"to": "discipline_inspection"},
    "notice.not_acknowledged.v1": {"recipient": "unit:GXJ", "to": "head:GXJ", "template": "card_issued_unit"},
    "loan.pushed.v1": {"legs": BANKS},
    "loan.reported.v1": {"state": "approved"},
    "loan.reported_again.v1": {"state": "approved"},
    "loan.raised.v1": {"to": "head"},
    "loan.withdrawal_answered.v1": {"confirmed": False, "by": "enterprise"},
    "loan.office_took_over.v1": {"reason": "declined_by_all"},
}
ZONE = ZoneInfo("Asia/Shanghai")
NAMES = PackNames(
    deadlines={"payout": Bilingual("兑付期限", "payout")},
    stages={"paid": Bilingual("款项到账", "money received")},
    levels={"county": Bilingual("县（区）", "county")},
    grounds={"papers": Bilingual("等待企业补充材料", "waiting for the enterprise's papers")},
    destinations={"court": Bilingual("人民法院", "the people's court")},
)
"""What the pack of the case calls its words."""


def at(*parts: int) -> datetime:
    """A moment, in UTC."""
    return datetime(*parts, tzinfo=UTC)


def sample(type_: type[Event], **fields: Any) -> Any:
    """An event of this type, occurred on 2026-02-16 unless `fields` say otherwise."""
    known = {"occurred_at": at(2026, 2, 16)} | FIELDS | OWN.get(type_.type, {}) | fields
    if get_type_hints(type_).get("title", str) not in (str, str | None):
        known["title"] = fields.get("title", {})
    return type_.model_validate({name: known[name] for name in type_.model_fields if name in known})


def case() -> CaseDocument:
    """A case with two legs, a leader and, as a loan request has them, two banks."""
    file = CaseDocument(appeal_id=APPEAL, registration_number=NUMBER, title="厂区门口道路积水", leader="L1")
    file.assign(sample(events.AppealAssigned, occurred_at=at(2026, 2, 13)))
    file.push(sample(events.LoanPushed, occurred_at=at(2026, 2, 13)))
    return file


def messages_of(
    event: Event, language: Language = Language.ZH, of_case: CaseDocument | None = None
) -> dict[str, Message]:
    """The messages about `event`, by recipient, each in `language`."""
    of_case = of_case or case()
    everybody = {message.recipient: language for message in table().messages(of_case, event, ZONE, NAMES)}
    return {
        message.recipient: message for message in table().messages(of_case, event, ZONE, NAMES, everybody)
    }


ALL = [sample(CATALOGUE[type_]) for type_ in table().routes]
"""Every event that somebody is told of."""
