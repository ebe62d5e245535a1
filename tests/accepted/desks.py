"""What desks accepts: one body for each of its routes."""

from typing import Any

_ROLE = {
    "role": "unit",
    "code": "roads",
    "starts_on": "2026-11-09",
    "ends_on": "2027-11-08",
}

BODIES: dict[str, dict[str, Any]] = {
    "POST /desks/people/session": {"login": "li.gong", "password": "ochre-lantern-52-willow"},
    "POST /desks/people/session/password": {
        "old": "ochre-lantern-52-willow",
        "new": "pewter-meadow-81-quill",
    },
    "POST /desks/people/session/second-factor": {"code": "123456"},
    "POST /desks/people/token": {
        "service": "dispatch",
        "purpose": "act",
        "role": "unit",
        "code": "roads",
    },
    "POST /desks/people/accounts": {
        "login": "li.gong",
        "name": "李工",
        "post": "市交通局信访科",
        "roles": [_ROLE],
    },
    "POST /desks/people/accounts/{account_id}/handing-over": {"to": "zhao.min"},
    "POST /desks/people/accounts/{account_id}/changes": {
        "name": "李工",
        "post": "市交通局信访科",
        "roles": [_ROLE],
    },
}
