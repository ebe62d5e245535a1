"""Webhooks: signatures by our own code, beside signatures by the library `standardwebhooks`."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from standardwebhooks import Webhook

from shared.web.webhooks import new_secret, signature
from tests.bench.measure import Figure, in_turns

TARGET = "≥ 110 %"
SECRETS = (new_secret(), new_secret())
AT = 1_762_650_000
BODIES = {"1 KB": b'{"text": "' + b"x" * 1_000 + b'"}', "32 KB": b'{"text": "' + b"x" * 32_000 + b'"}'}


def ours(body: bytes) -> str:
    return " ".join(signature(secret, "msg_1", str(AT), body) for secret in SECRETS)


def library(body: bytes) -> str:
    at, text = datetime.fromtimestamp(AT, UTC), body.decode()
    return " ".join(Webhook(secret).sign("msg_1", at, text) for secret in SECRETS)


async def webhooks(*, quick: bool) -> list[Figure]:
    """Signed calls for each second of processor time, each with two valid secrets."""
    rounds, number = (1, 500) if quick else (7, 5_000)
    figures = []
    for size, body in BODIES.items():
        assert ours(body) == library(body)
        rates = await in_turns(
            rounds, ours=partial(_rate, ours, body, number), library=partial(_rate, library, body, number)
        )
        work = f"sign a webhook of {size}"
        figures.append(Figure(work, "calls/s", rates["ours"], "standardwebhooks", rates["library"], TARGET))
    return figures


async def _rate(sign: Callable[[bytes], str], body: bytes, number: int) -> float:
    began = time.process_time()
    for _ in range(number):
        sign(body)
    return number / (time.process_time() - began)
