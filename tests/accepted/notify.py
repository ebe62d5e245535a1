"""What notify accepts: one body for each of its routes."""

from typing import Any
from uuid import uuid4

BODIES: dict[str, dict[str, Any]] = {
    "PUT /notify/contacts/{recipient}": {
        "contacts": [{"channel": "sms", "address": "13800000000", "urgent_only": True}],
    },
    "POST /notify/codes": {
        "purpose": "proof",
        "code": "123456",
        "appeal_id": str(uuid4()),
        "registration_number": "BZ-20261109-00001",
        "phone": "13800000000",
        "email": "boss@firm.example",
        "language": "en",
    },
}
