"""An example of each message between a bank and the window, for the documents."""

from typing import Final

from shared.events.schemas import Schema

LEG: Final = "RZ-20260213-00042/1"
AT: Final = "2026-02-13T08:30:00Z"
EXAMPLES: Final[dict[str, Schema]] = {
    "bank.request.v1": {
        "leg": LEG,
        "pushed_at": AT,
        "enterprise": {
            "name": "示例制造有限公司",
            "credit_code": "91000000MA0000001R",
            "contact": "王经理",
            "phone": "0558-5550000",
        },
        "amount": "500000.00",
        "term_months": 12,
        "product": "working_capital",
        "purpose": "采购原材料",
        "first_loan": True,
        "collateral": "无",
        "locality": "qiaocheng",
        "attachments": [],
        "consent_text_version": "2026-01",
    },
    "bank.request_withdrawn.v1": {"leg": LEG, "withdrawn_at": AT, "consent": True},
    "bank.withdrawal_denied.v1": {"leg": LEG, "reported_at": AT, "answered_at": AT},
    "bank.reminder.v1": {
        "leg": LEG,
        "deadline": "bank_contact",
        "due_at": "2026-02-14T16:00:00Z",
        "overdue": False,
    },
    "bank.complaint_shown.v1": {
        "leg": LEG,
        "complaint": "RZ-20260213-00042/C1",
        "text": "请说明搭售保险的情况。",
        "decided": False,
    },
    "bank.report.v1": {
        "report_id": "core-7781",
        "leg": LEG,
        "state": "approved",
        "evidence": {"by": "客户经理李某", "how": "电话"},
        "amount": "500000.00",
        "rate_percent": "3.85",
        "term_months": 12,
    },
    "bank.receipt.v1": {
        "report_id": "core-7780",
        "leg": LEG,
        "outcome": "accepted",
        "code": "accepted",
        "at": AT,
        "state": "contacted",
        "zh": "已记录",
        "en": "recorded",
        "field": None,
        "leg_state": "contacted",
        "next_deadline": {
            "deadline": "bank_status",
            "zh": "银行反馈办理情况",
            "en": "bank status",
            "due_at": "2026-02-25T00:00:00+08:00",
        },
        "reply": {"id": "8d0f5c1e-9d55-4f0c-8f54-0d8a6f2f0f11", "partition": 0, "offset": 17},
    },
}
