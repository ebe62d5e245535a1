"""What notify accepts: one body for each of its routes."""

from typing import Any

BODIES: dict[str, dict[str, Any]] = {
    "PUT /notify/contacts/{recipient}": {
        "contacts": [{"channel": "sms", "address": "13800000000", "urgent_only": True}],
    },
}
