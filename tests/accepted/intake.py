"""What intake accepts: one body for each of its routes."""

from typing import Any

REGISTER = {
    "channel": "hotline",
    "kind": "help",
    "title": "厂区门口道路破损",
    "text": "货车无法进出。",
    "locality": "east",
    "enterprise": {
        "name": "示例制造有限公司",
        "credit_code": "91340600MA0000001D",
        "contact_name": "王工",
        "phone": "13800000000",
    },
}

SAID = {
    "comment": "好",
    "solved": True,
    "reasons": ["prompt"],
    "units": [{"unit": "roads", "rating": "very_satisfied", "solved": True, "reasons": ["helpful"]}],
}

BODIES: dict[str, dict[str, Any]] = {
    "POST /intake/appeals": REGISTER | {"procedure": "xuancheng-2024-approval", "again": True},
    "POST /intake/status/{registration_number}/withdrawals": {"reason": "已解决"},
    "POST /intake/status/{registration_number}/ratings": {"rating": "satisfied", **SAID},
    "POST /intake/status/{registration_number}/complaints": {"about": "reply", "text": "答非所问"},
    "POST /intake/status/{registration_number}/referral-objections": {"reason": "不是劳动争议"},
    "POST /intake/status/{registration_number}/additions": {"text": "昨晚又停电一次"},
    "POST /intake/status/{registration_number}/urgings": {},
    "PUT /intake/status/{registration_number}/contact": {
        "contact_name": "王工",
        "phone": "13800000001",
        "email": "boss@firm.example",
        "language": "en",
    },
    "POST /intake/status/{registration_number}/reopening-requests": {"reason": "问题又出现了"},
    "POST /intake/status/{registration_number}/receipt-codes": {},
    "POST /intake/proofs": {"phone": "13800000000"},
    "POST /intake/appeals/{appeal_id}/additions": {"text": "企业来电补充"},
    "POST /intake/appeals/{appeal_id}/reopening-decisions": {"granted": False, "reason": "已解决"},
    "POST /intake/appeals/{appeal_id}/reopenings": {"reason": "未解决"},
    "POST /intake/appeals/{appeal_id}/merges": {"lead": "BZ-20261109-99999", "reason": "同一问题"},
    "POST /intake/appeals/{appeal_id}/unmerges": {"reason": "问题不同"},
    "POST /intake/appeals/{appeal_id}/erasures": {},
    "POST /intake/appeals/{appeal_id}/corrections": {
        "reason": "类型填错",
        "kind": "complaint",
        "category": "roads.damage",
        "urgency": "urgent",
        "urgency_reason": "今晚发货",
        "place": {"division": "341602", "address": "三路", "longitude": "115.77", "latitude": "33.84"},
        "complained_of": "roads",
        "wished_on": "2026-12-20",
        "answer_wanted": True,
        "confidentiality": "withheld",
        "locality": "east",
        "enterprise": {"name": "示例", "phone": "13800000000", "email": "a@example.org", "language": "en"},
        "contacts": [{"name": "李", "phones": ["13800000000"], "email": "b@example.org", "remark": "下午"}],
        "remarks": "来电两次",
        "cleared": [],
    },
    "POST /intake/appeals/{appeal_id}/follow-ups": {
        "reached": True,
        "rating": "satisfied",
        **SAID,
        "called_at": "2026-11-09T08:50:00+08:00",
    },
    "POST /intake/status/{registration_number}/attachments/{attachment_id}/removals": {"reason": "误传"},
    "POST /intake/appeals/{appeal_id}/attachments/{attachment_id}/removals": {"reason": "误传"},
    "POST /intake/appeals/{appeal_id}/attachments/{attachment_id}/releases": {"to": "units"},
    "POST /intake/appeals/{appeal_id}/contact-readings": {"purpose": "other", "reason": "企业来电"},
    "POST /intake/import": {
        "source": "test",
        "items": [
            {"act": "register", "source_id": "1", "occurred_at": "2026-11-20T09:00:00+08:00", **REGISTER}
        ],
    },
}
