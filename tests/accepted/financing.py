"""What financing accepts: one body for each of its routes."""

from typing import Any

from tests.lending import CREDIT_CODE, report_body, wish
from tests.notices import NOTICE_2027

COMPLAINT = {"bank": "bank-a", "text": "要求搭售保险"}


BODIES: dict[str, dict[str, Any]] = {
    "POST /financing/requests": wish(
        banks=["bank-a"],
        locality="east",
        attachments=[{"name": "报表", "reference": "file:7", "sha256": "0" * 64}],
    ),
    "POST /financing/requests/{loan_id}/pushes": {"banks": ["bank-b"]},
    "POST /financing/requests/{loan_id}/withdrawals": {"reason": "已解决"},
    "POST /financing/requests/{loan_id}/consent-withdrawals": {},
    "POST /financing/requests/{loan_id}/closures": {"outcome": "financed", "remark": "已放款"},
    "POST /financing/requests/{loan_id}/complaints": COMPLAINT,
    "POST /financing/requests/{loan_id}/erasures": {},
    "POST /financing/status/{registration_number}/withdrawals": {"reason": "已解决"},
    "POST /financing/status/{registration_number}/consent-withdrawals": {},
    "POST /financing/status/{registration_number}/complaints": COMPLAINT,
    "POST /financing/requests/{loan_id}/legs/{leg}/withdrawals": {"confirmed": True, "words": "王工电话确认"},
    "POST /financing/requests/{loan_id}/follow-ups": {
        "reached": True,
        "rating": "satisfied",
        "comment": "办得快",
    },
    "POST /financing/status/{registration_number}/legs/{leg}/withdrawals": {
        "confirmed": False,
        "words": "没有撤回",
    },
    "POST /financing/status/{registration_number}/ratings": {"rating": "satisfied", "comment": "办得快"},
    "POST /financing/complaints": {
        "institution": "示例小额贷款公司",
        "text": "要求搭售保险",
        "enterprise": {"name": "示例制造有限公司", "credit_code": CREDIT_CODE},
        "contact": {"name": "王工", "phone": "13800000000"},
    },
    "POST /financing/complaints/{complaint_id}/decisions": {
        "founded": True,
        "finding": "情况属实",
        "measures": "约谈",
        "result": "已责令整改",
        "shown": "请立即整改",
    },
    "POST /financing/requests/{loan_id}/contact-readings": {"purpose": "contact", "reason": "企业来电"},
    "POST /financing/complaints/{complaint_id}/contact-readings": {"purpose": "verify", "reason": "核实"},
    "PUT /financing/enterprises/{credit_code}": {
        "name": "示例制造有限公司",
        "size_class": "small",
        "industry": "C17",
        "locality": "east",
    },
    "PUT /financing/calendar/{year}": NOTICE_2027,
    "PUT /financing/banks/{code}": {"name": "示例银行", "ways": ["desk"], "open": True},
    "POST /financing/import": {
        "source": "test",
        "items": [
            {
                "act": "request",
                "source_id": "1",
                "occurred_at": "2026-11-20T09:00:00+08:00",
                "amount": "5000.00",
                "bank": "bank-a",
                "product": "other",
            }
        ],
    },
    "POST /financing/bank/reports": report_body(
        "RZ-20261109-00001/1", "approved", done_at="2026-11-09T08:50:00+08:00"
    ),
    "PUT /financing/banks/{code}/endpoint": {"url": "https://bank.example/webhooks"},
    "POST /financing/banks/{code}/deliveries/replay": {
        "since": "2026-11-09T08:00:00+08:00",
        "before": "2026-11-09T09:00:00+08:00",
        "all": True,
    },
}
