"""What escalation accepts: one body for each of its routes."""

from typing import Any
from uuid import uuid4

from tests.accepted.places import CARD, LIMIT_OF_A_WEEK
from tests.notices import NOTICE_2027

BODIES: dict[str, dict[str, Any]] = {
    "POST /escalation/appeals/{appeal_id}/cards/served": {"card_id": CARD},
    "POST /escalation/appeals/{appeal_id}/cards/acknowledged": {"card_id": CARD},
    "POST /escalation/appeals/{appeal_id}/cards/appealed": {"card_id": CARD, "reason": "已按时回复"},
    "POST /escalation/appeals/{appeal_id}/cards/upheld": {"card_id": CARD, "reason": "证据不足"},
    "POST /escalation/appeals/{appeal_id}/cards/withdrawn": {"card_id": CARD, "reason": "误发"},
    "POST /escalation/appeals/{appeal_id}/publication-answers": {
        "publication_id": str(uuid4()),
        "text": "款项正在拨付",
    },
    "POST /escalation/appeals/{appeal_id}/publication-decisions": {
        "publication_id": str(uuid4()),
        "published": True,
        "expires_on": "2027-05-20",
        "heard": True,
        "reason": "已当面听取意见",
    },
    "PUT /escalation/calendar/{year}": NOTICE_2027,
    "POST /escalation/appeals/{appeal_id}/instructions": {
        "instruction": "限期解决",
        "task_force": ["roads"],
        "limit": LIMIT_OF_A_WEEK,
        "confirmed": True,
    },
    "POST /escalation/appeals/{appeal_id}/gatherings": {"summary": "两次交办均未办结，须自然资源局配合。"},
    "POST /escalation/appeals/{appeal_id}/leaders": {"leader": "mayor", "reason": "原牵头领导出差"},
    "POST /escalation/appeals/{appeal_id}/sign-off": {},
    "PUT /escalation/leaders/{code}": {
        "name": "陈市长",
        "title": "市长",
        "post": "mayor",
        "holds_from": "2026-01-12",
        "holds_until": "2031-01-11",
        "deputy": "vice_mayor",
        "above": "province",
    },
}
