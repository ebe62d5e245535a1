"""Whatever a called system answers: the call ends in time, and costs its own delivery alone."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from huying.local.embedded import EmbeddedPostgres
from services.notify.channels.base import LONGEST_WORD, Undelivered
from services.notify.channels.robots import DINGTALK, WECOM, Robot
from services.notify.channels.settings import HttpSettings, SmsSettings, load
from services.notify.channels.sms import MOST_READ, Sms
from services.notify.channels.webhook import Webhook
from services.notify.receipts.polling import ReceiptPoller
from shared.web import webhooks
from shared.web.webhooks import Caller, new_secret
from tests.gateway import Gateway
from tests.hostile.answers import KINDS, SLOW, TIMEOUT_S, HostileServer
from tests.hostile.drawing import LONG, SEED, Drawn
from tests.office import MINUTE, card, opened, overdue
from tests.unit.notify.test_channels import a_letter

Note = Callable[[str, object], None]
SETUP = """
sms: {{url: '{url}', status_url: '{url}', key_id: huying, secret: s, sign: 呼应, poll_after: PT1M}}
"""


@pytest.fixture
async def server() -> AsyncIterator[HostileServer]:
    async with HostileServer(Drawn(SEED)).serving() as server:
        yield server


def times(kind: str, count: int) -> int:
    """How often a kind is tried: those that end by a timeout seldom."""
    return max(1, count // 40) if kind in SLOW else count


@pytest.mark.parametrize("count", [10, pytest.param(100, marks=LONG)], ids=["quick", "long"])
async def test_answers(server: HostileServer, record_property: Note, count: int) -> None:
    url = f"http://127.0.0.1:{server.port}/x"
    caller = Caller(allow_private=True, timeout_s=TIMEOUT_S)
    http = HttpSettings(hosts=(f"127.0.0.1:{server.port}",))
    sms = Sms(SmsSettings.model_validate(
        {"url": url, "status_url": url, "key_id": "k", "secret": "s", "sign": "呼应"}
    ), timeout_s=TIMEOUT_S)  # fmt: skip
    letter = a_letter(address=url, secret=new_secret())
    calls = {
        "bank": lambda: caller.post(url, b"{}", {}),
        "webhook": lambda: Webhook(http, caller).send(letter),
        "wecom": lambda: Robot(http, WECOM, caller).send(letter),
        "dingtalk": lambda: Robot(http, DINGTALK, caller).send(letter),
        "sms": lambda: sms.send(letter),
        "receipts": lambda: sms.ask(["sms-1"]),
    }
    tried: Counter[str] = Counter()
    loop = asyncio.get_running_loop()

    async def checked(name: str) -> None:
        began = loop.time()
        try:
            answer = await calls[name]()
        except Undelivered as error:
            answer = f"{error.code}{error.reason}"
            assert answer.isprintable(), f"seed {SEED}: {server.kind} to {name}"
            assert len(answer) <= 2 * LONGEST_WORD
        tried[server.kind] += 1
        assert loop.time() - began < TIMEOUT_S + 10, f"{server.kind} to {name}"
        if name == "bank":
            assert len(answer.body) <= webhooks.MOST_READ < MOST_READ

    for server.kind in KINDS:
        for _ in range(times(server.kind, count)):
            await asyncio.gather(*map(checked, calls))
    await caller.close()
    await sms.close()
    record_property("hostile", {"answers": dict(tried)})
    assert server.followed == 0


@pytest.mark.parametrize("count", [40, pytest.param(1_000, marks=LONG)], ids=["quick", "long"])
async def test_answers_of_the_gateway_are_kept(
    postgres: EmbeddedPostgres, tmp_path: Path, server: HostileServer, record_property: Note, count: int
) -> None:
    setup = SETUP.format(url=f"http://127.0.0.1:{server.port}/x")
    async with opened(postgres, Gateway(), tmp_path, setup) as office:
        await office.reach("unit:roads", "13800000000")
        settings = load(office.context.settings.channels).sms
        assert settings is not None
        poller = ReceiptPoller(office.context, settings)
        for number in range(count):
            server.kind = ("json", "bytes")[number % 2]
            await office.tell(overdue(2 * number), card(2 * number + 1))
            office.move(timedelta(hours=1))
            await office.worker.turn()
            office.move(MINUTE)
            await poller.turn()
        await poller.close()
        kept = await office.rows("select count(*) from attempts")
    record_property("hostile", {"answers": {"kept by notify": 2 * count}})
    assert kept[0] >= count / 2


HOSTILE_WORDS = ["\x00", "a\x00b", "\x1b[31m", "x" * 5_000, "\u202e", ["id"], {"id": 1}, None]


@pytest.mark.parametrize("word", HOSTILE_WORDS, ids=[repr(word)[:20] for word in HOSTILE_WORDS])
async def test_a_word_of_the_gateway_ends_neither_worker_nor_poller(
    postgres: EmbeddedPostgres, tmp_path: Path, server: HostileServer, word: Any
) -> None:
    setup = SETUP.format(url=f"http://127.0.0.1:{server.port}/x")
    async with opened(postgres, Gateway(), tmp_path, setup) as office:
        await office.reach("unit:roads", "13800000000")
        await office.tell(overdue(1))
        server.kind, server.body = "exact", {"code": "OK", "id": word}
        await office.deliver(MINUTE)
        await office.tell(overdue(2))
        server.body = {"code": word}
        await office.deliver(MINUTE)
        settings = load(office.context.settings.channels).sms
        assert settings is not None
        poller = ReceiptPoller(office.context, settings)
        for asked in await office.rows("select provider_id from deliveries where provider_id is not null"):
            server.body = {"items": [{"id": word, "status": word}, {"id": asked, "status": word}]}
            office.move(timedelta(hours=1))
            assert await poller.turn() == 1
        await poller.close()
        words = await office.rows("select concat(code, reason, provider_id) from attempts")
    assert len(words) >= 2
    assert all(word.isprintable() for word in words)
