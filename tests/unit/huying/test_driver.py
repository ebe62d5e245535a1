"""The driver of clocks waits for services that are a transport here, and names who keeps it waiting."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from huying.replay.driver import Driver, ReplayFailed

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
EARLIER, LATER = "2026-03-02T11:00:00+00:00", "2026-03-02T13:00:00+00:00"
URLS = {"intake": "http://intake", "dispatch": "http://dispatch"}


class Flows:
    """Services that answer `/flow`; dispatch hears of intake's appeals by and by."""

    def __init__(self, *heard: str) -> None:
        self._heard = list(heard)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        heard = self._heard.pop(0) if len(self._heard) > 1 else self._heard[0]
        flow: dict[str, Any] = {"now": LATER, "watermark": EARLIER, "unsent": 0, "heard": {}}
        if request.url.host == "dispatch":
            flow["heard"] = {"intake.appeals": heard}
        return httpx.Response(200, json=flow)


def driver(flows: Flows, patience_s: float) -> Driver:
    http = httpx.AsyncClient(transport=httpx.MockTransport(flows))
    return Driver(http, URLS, patience_s)


async def test_it_waits_for_a_topic_of_a_service_that_it_has_not_asked_yet() -> None:
    await driver(Flows(EARLIER, LATER), 60).heard("dispatch", None, NOON)


async def test_it_names_the_service_that_keeps_another_one_waiting() -> None:
    waiting = driver(Flows(EARLIER), 0.1)
    await waiting.flow("intake")
    with pytest.raises(ReplayFailed, match="intake does not advance to 2026-03-02T12:00:00"):
        await waiting.heard("dispatch", None, NOON)
