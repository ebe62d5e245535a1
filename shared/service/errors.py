"""Errors for people: each says in Chinese and English what is wrong and what to do.

HuyingError
├── Unreadable     400  this is no HTTP
├── Invalid        422  the request cannot be understood; `field` says where
├── Unauthorized   401  no key, or an unknown one
│   └── Unsigned        the key is right, but the request is not signed as it must be
├── Forbidden      403  this account may not do this
├── NotFound       404
├── TooSlow        408  the body did not arrive in time
├── Conflict       409  the state of the case does not allow it now
├── Stale          412  somebody else wrote meanwhile: read again
├── NeedsVersion   428  a decision names the version it was made on
├── TooLarge       413
├── LongTarget     414  the address is too long
├── LargeHead      431  the headers are too large, or too many
├── TooMany        429  this caller asked too often
├── Unsupported    415  not JSON in UTF-8
└── Unavailable    503  try again later
"""

import math
import traceback
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError


class HuyingError(Exception):
    """A refusal with its HTTP status, a code for machines and a sentence in each language."""

    status = 500
    code = "error"

    def __init__(self, zh: str, en: str, field: str | None = None) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en
        self.field = field


class Unreadable(HuyingError):
    status = 400
    code = "unreadable"


class Invalid(HuyingError):
    status = 422
    code = "invalid"


class Unauthorized(HuyingError):
    """`challenge` says how to show a key (RFC 9110, 11.6.1)."""

    status = 401
    code = "unauthorized"
    challenge = "Bearer"


class Unsigned(Unauthorized):
    code = "unsigned"


class Forbidden(HuyingError):
    status = 403
    code = "forbidden"


class NotFound(HuyingError):
    status = 404
    code = "not_found"


class TooSlow(HuyingError):
    status = 408
    code = "too_slow"


class Conflict(HuyingError):
    status = 409
    code = "conflict"


class Stale(HuyingError):
    status = 412
    code = "stale"


class NeedsVersion(HuyingError):
    status = 428
    code = "needs_version"


class TooLarge(HuyingError):
    status = 413
    code = "too_large"


class LongTarget(HuyingError):
    status = 414
    code = "long_target"


class LargeHead(HuyingError):
    status = 431
    code = "large_head"


class TooMany(HuyingError):
    """`retry_after_s` says when asking again may help (RFC 9110, 10.2.3)."""

    status = 429
    code = "too_many"

    def __init__(self, zh: str, en: str, field: str | None = None, *, retry_after_s: int) -> None:
        super().__init__(zh, en, field)
        self.retry_after_s = retry_after_s

    @classmethod
    def until(cls, again_at: datetime, at: datetime) -> "TooMany":
        """The refusal at `at` of what may be done again at `again_at`."""
        wait_s = max(1, math.ceil((again_at - at).total_seconds()))
        minutes = math.ceil(wait_s / 60)
        return cls(
            f"操作过于频繁，请 {minutes} 分钟后再试",
            f"this was asked for too often: try again in {minutes} minute{'s' if minutes > 1 else ''}",
            retry_after_s=wait_s,
        )


class Unsupported(HuyingError):
    status = 415
    code = "unsupported"


class Unavailable(HuyingError):
    """`retry_after_s`: the seconds after which another try is welcome."""

    status = 503
    retry_after_s = 5
    code = "unavailable"


def redacted(error: Exception) -> str:
    """What failed and where, for logs and for the reason why a message is parked.

    The message of an error that is not ours is left out: it may hold personal data.
    """
    if isinstance(error, HuyingError):
        return f"{type(error).__name__}: {error}"
    if isinstance(error, ValidationError):
        mistakes = error.errors(include_url=False, include_context=False, include_input=False)
        return "; ".join(
            f"{'.'.join(map(str, mistake['loc'])) or 'body'}: {mistake['type']}" for mistake in mistakes
        )
    frames = list(traceback.walk_tb(error.__traceback__))  # reads no source, unlike `extract_tb`
    place = f" at {Path(frames[-1][0].f_code.co_filename).name}:{frames[-1][1]}" if frames else ""
    return f"{type(error).__name__}{place}"
