"""What dispatch accepts: one body for each of its routes."""

from typing import Any
from uuid import uuid4

from tests.accepted.places import LEG, LIMIT_OF_A_WEEK

BODIES: dict[str, dict[str, Any]] = {
    "POST /dispatch/appeals/{appeal_id}/assignments": {
        "legs": [{"unit": "water", "role": "assist", "limits": {"completion": {"limit": LIMIT_OF_A_WEEK}}}],
        "marks": ["inherited"],
        "remarks": "请与属地一并到场",
        "confirmed": True,
    },
    "POST /dispatch/appeals/{appeal_id}/reassignments": {
        "leg_id": LEG,
        "unit": "water",
        "role": "lead",
        "limits": {"completion": {"limit": LIMIT_OF_A_WEEK}},
        "reason": "职责在水务局",
        "remarks": "前一单位已到过现场",
        "confirmed": True,
    },
    "POST /dispatch/appeals/{appeal_id}/marks": {"marks": ["inherited"], "reason": "改制前遗留"},
    "POST /dispatch/appeals/{appeal_id}/contacts": {
        "leg_id": LEG,
        "how": "电话",
        "who": "李工",
        "text": "约定周三到现场",
        "visibility": "internal",
        "contacted_at": "2026-11-09T08:50:00+08:00",
    },
    "POST /dispatch/appeals/{appeal_id}/replies": {"leg_id": LEG, "text": "已现场勘查"},
    "POST /dispatch/appeals/{appeal_id}/completions": {
        "leg_id": LEG,
        "outcome": "planned",
        "text": "已列入计划",
        "planned_on": "2027-05-01",
        "confirmed": True,
    },
    "POST /dispatch/appeals/{appeal_id}/promises": {
        "leg_id": LEG,
        "planned_on": "2027-05-01",
        "reason": "须待汛期过后施工",
        "visibility": "public",
        "approver": "张市长",
        "rank": "leader",
    },
    "POST /dispatch/appeals/{appeal_id}/stages": {
        "leg_id": LEG,
        "stage": "plan_agreed",
        "dates": ["2026-12-01T00:00:00+08:00"],
        "text": "双方签订还款计划",
        "visibility": "public",
        "amount": "120000.00",
        "amounts": ["120000.00"],
    },
    "POST /dispatch/appeals/{appeal_id}/refusals": {
        "leg_id": LEG,
        "reason": "不予办理",
        "visibility": "internal",
    },
    "POST /dispatch/appeals/{appeal_id}/objections": {"leg_id": LEG, "reason": "不属于本单位"},
    "POST /dispatch/appeals/{appeal_id}/stage-decisions": {
        "leg_id": LEG,
        "number": 1,
        "confirmed": True,
        "by": "creditor",
        "who": "王会计",
    },
    "POST /dispatch/appeals/{appeal_id}/objection-decisions": {
        "leg_id": LEG,
        "upheld": False,
        "reason": "属",
        "by": "周主任",
    },
    "POST /dispatch/appeals/{appeal_id}/extension-requests": {
        "leg_id": LEG,
        "deadline": "completion",
        "limit": LIMIT_OF_A_WEEK,
        "reason": "等待材料",
    },
    "POST /dispatch/appeals/{appeal_id}/extensions": {
        "leg_id": LEG,
        "deadline": "completion",
        "limit": LIMIT_OF_A_WEEK,
        "ground": "major",
        "reason": "事项复杂",
        "signed_by": "赵局长",
    },
    "POST /dispatch/appeals/{appeal_id}/extension-decisions": {
        "leg_id": LEG,
        "approved": True,
        "approver": "张主任",
        "rank": "leader",
        "reason": "同意",
    },
    "POST /dispatch/appeals/{appeal_id}/pause-requests": {
        "leg_id": LEG,
        "reason": "等待材料",
        "ground": "enterprise_papers",
    },
    "POST /dispatch/appeals/{appeal_id}/pause-decisions": {
        "leg_id": LEG,
        "approved": True,
        "approver": "张主任",
        "rank": "office",
        "reason": "同意",
        "runs_on": ["completion"],
    },
    "POST /dispatch/appeals/{appeal_id}/pauses": {
        "leg_id": LEG,
        "reason": "等待材料",
        "ground": "enterprise_papers",
        "approver": "张主任",
        "rank": "office",
    },
    "POST /dispatch/appeals/{appeal_id}/resumptions": {"leg_id": LEG},
    "POST /dispatch/appeals/{appeal_id}/lift-requests": {"leg_id": LEG, "reason": "难", "signed_by": "张"},
    "POST /dispatch/appeals/{appeal_id}/findings": {
        "reasonable": False,
        "by": "周主任",
        "reason": "诉求与政策不符",
        "understanding": True,
    },
    "POST /dispatch/appeals/{appeal_id}/referrals": {"to": "劳动仲裁", "reason": "属于仲裁"},
    "POST /dispatch/appeals/{appeal_id}/referral-receipts": {
        "receiver": "仲裁委立案庭",
        "text": "已立案",
        "reference": "〔2026〕81",
        "visibility": "public",
    },
    "POST /dispatch/appeals/{appeal_id}/referral-returns": {"objected": True, "reason": "不属于仲裁"},
    "POST /dispatch/appeals/{appeal_id}/complaint-decisions": {"justified": True, "reason": "回复避实就虚"},
    "POST /dispatch/appeals/{appeal_id}/closures": {"text": "感谢反映"},
    "POST /dispatch/appeals/{appeal_id}/notes": {"text": "企业来电两次，语气着急"},
    "POST /dispatch/appeals/{appeal_id}/urgings": {"leg_id": LEG, "text": "请于今日联系企业"},
    "POST /dispatch/appeals/{appeal_id}/studies": {
        "units": ["water", "east"],
        "limit": LIMIT_OF_A_WEEK,
        "question": "能否由两家共同施工？",
    },
    "POST /dispatch/appeals/{appeal_id}/study-answers": {"number": 1, "text": "同意", "unit": "water"},
    "POST /dispatch/appeals/{appeal_id}/study-closures": {"number": 1, "conclusion": "由交通局牵头"},
    "POST /dispatch/appeals/{appeal_id}/transfers": {
        "to": "119",
        "reason": "厂房起火",
        "receipt": {
            "receiver": "119 指挥中心 3 号席",
            "reference": "20261109-0815",
            "received_at": "2026-11-09T08:50:00+08:00",
        },
    },
    "POST /dispatch/appeals/{appeal_id}/transfer-receipts": {
        "number": 1,
        "receipt": {"receiver": "119 指挥中心 3 号席", "reference": "20261109-0815"},
    },
    "POST /dispatch/bulk/assignments": {
        "appeals": [{"appeal_id": str(uuid4()), "version": 1}],
        "assignment": {"legs": [{"unit": "water"}], "confirmed": True},
        "dry_run": True,
    },
    "POST /dispatch/bulk/closures": {
        "appeals": [{"appeal_id": str(uuid4()), "version": 1}],
        "closure": {
            "remarks": "三次回访无人接听",
            "reason": "企业失联",
            "approver": "李副市长",
            "rank": "leader",
        },
        "dry_run": True,
    },
    "PUT /dispatch/answer-templates/{code}": {
        "title": "已勘查",
        "act": "reply",
        "text": "{enterprise}：{today}已现场勘查。",
    },
    "POST /dispatch/import": {
        "acts": [
            {
                "appeal_id": str(uuid4()),
                "occurred_at": "2026-11-20T09:00:00+08:00",
                "act": {"act": "refer", "to": "仲裁", "reason": "属于仲裁"},
            }
        ]
    },
    "PUT /dispatch/units/{code}": {
        "name": "市水务局",
        "kind": "department",
        "parent": "east",
        "head": "赵局长",
        "leader": "mayor",
        "office_hours": [["08:30", "12:00"]],
    },
}
