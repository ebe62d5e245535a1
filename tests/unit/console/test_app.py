"""The console over HTTP: who may see it, what it takes, and pages that hostile spans cannot break."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest

from huying.console import otlp
from huying.console.app import Console
from huying.console.words import LABELS, SERVICES, WORDS
from shared.roles import AccountRole
from shared.service.accounts import Account, Accounts, hash_key
from shared.service.clock import DrivenClock
from tests.city import refused
from tests.unit.console import invented
from tests.unit.console.test_store import until

PAGES = ("", "traces", "figures", "progress", "parked")
TEMPLATES = Path(__file__).parents[3] / "huying" / "console" / "pages"
PARKED = {
    "id": 7,
    "topic": "intake.events",
    "partition": 1,
    "offset": 42,
    "key": "k",
    "headers": [["traceparent", f"00-{'ab' * 16}-{'12' * 8}-01"]],
    "body": "secret body",
    "reason": "<script>alert(1)</script>",
    "parked_at": "2026-11-09T01:00:00+00:00",
}


class Desk:
    """A console, the services behind it, and browsers and exporters in front of it."""

    def __init__(self, folder: Path) -> None:
        self.asked: list[httpx.Request] = []
        self.answers = {"parked": httpx.Response(200, json={"items": [], "next": None})}
        accounts = Accounts(
            [
                Account(name=role.value, role=role, key_sha256=hash_key(role.value))
                for role in (AccountRole.OPS, AccountRole.OFFICE, AccountRole.OPERATOR, AccountRole.IMPORTER)
            ]
        )
        clock = DrivenClock(datetime.fromtimestamp(invented.START_NS / 1e9, UTC))
        self.console = Console(folder, {"intake": "http://intake/intake"}, "ops", accounts, clock=clock)
        self.console.scraper.transport = httpx.MockTransport(self._answer)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return self.answers.get(request.url.path.rpartition("/")[2], httpx.Response(200, text=""))

    def client(self, key: str | None = "ops", address: str = "127.0.0.1") -> httpx.AsyncClient:
        transport = httpx.ASGITransport(self.console.app, client=(address, 5000), root_path="/ops")
        auth = httpx.BasicAuth("anybody", key) if key else None
        return httpx.AsyncClient(transport=transport, base_url="http://here", auth=auth)

    async def page(self, path: str = "", **query: Any) -> str:
        async with self.client() as http:
            answer = await http.get(f"/ops/{path}", params=query)
        assert answer.status_code == 200, answer.text
        return answer.text

    async def send(self, body: bytes, kind: str = otlp.PROTOBUF, **headers: str) -> httpx.Response:
        async with self.client(None) as http:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            return await http.post("/ops/v1/traces", content=body, headers={"content-type": kind, **named})

    async def tell(self, **spans: Any) -> None:
        answer = await self.send(
            invented.zipped(invented.request(**spans)), otlp.PROTOBUF, content_encoding="gzip"
        )
        assert (answer.status_code, answer.content) == (200, b"")
        until(lambda: self.console.store.waiting == 0)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    the_desk = Desk(tmp_path)
    async with the_desk.console:
        yield the_desk


class Tags(HTMLParser):
    """The tags and attributes of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))


@pytest.mark.parametrize("path", [*PAGES, "traces/" + "ab" * 16])
async def test_pages_open_to_ops_accounts_alone(desk: Desk, path: str) -> None:
    for key, status in ((None, 401), ("guess", 401), ("office", 403), ("operator", 403), ("importer", 403)):
        async with desk.client(key) as http:
            answer = await http.get(f"/ops/{path}")
        refused(answer, status)
        if status == 401:
            assert answer.headers["www-authenticate"].startswith("Basic ")


async def test_a_bearer_token_opens_pages_too(desk: Desk) -> None:
    async with desk.client(None) as http:
        assert (await http.get("/ops/", headers={"authorization": "Bearer ops"})).status_code == 200


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("path", PAGES)
async def test_every_page_is_there_in_both_languages_before_anything_is_known(
    desk: Desk, path: str, lang: str
) -> None:
    text = await desk.page(path, lang=lang)
    visible = re.sub(r"<[^>]*>", "", text.partition("<main")[2])
    assert bool(re.search("[\u4e00-\u9fff]", visible)) == (lang == "zh")
    for tag, attributes in Tags(text).elements:
        link = attributes.get("href") or ""
        if tag == "a" and link.startswith("/ops/") and "hreflang" not in attributes:
            assert ("lang=en" in link) == (lang == "en"), link


async def test_pages_load_nothing_from_elsewhere_and_forbid_it(desk: Desk) -> None:
    async with desk.client() as http:
        answer = await http.get("/ops/")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "unsafe-inline" not in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    for _, attributes in Tags(answer.text).elements:
        for name in ("src", "href"):
            assert (attributes.get(name) or "/").startswith(("/ops/", "#", "data:,", "/"))


async def test_an_appeal_s_number_leads_to_its_trace_and_to_what_it_caused_and_back(desk: Desk) -> None:
    story = invented.story()
    await desk.tell(**story)
    first, later = story["intake"][0].trace_id.hex(), story["escalation"][1].trace_id.hex()
    traces = re.findall(r'data-trace="([0-9a-f]+)"', await desk.page("traces", number=" bz-20261109-00001 "))
    assert traces == [later, first]
    page = await desk.page(f"traces/{first}")
    assert re.findall(r'data-service="(\w+)"', page).count("dispatch") == 1
    assert {"受理", "交办", "判定与督办", "消息"} <= set(
        re.findall(r'class="chip c\d">([^<]+?)(?: \d+)?<', page)
    )
    assert f'/ops/traces/{later}"' in page.partition('id="effects"')[2]
    assert f'/ops/traces/{first}"' in (await desk.page(f"traces/{later}")).partition('id="causes"')[2]


async def test_hostile_spans_are_shown_as_the_text_they_are(desk: Desk) -> None:
    evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{7*7}}"
    trace = invented.trace_id()
    root = invented.span(trace, evil, failed=True, **{"huying__registration_number": evil, evil: evil})
    root.status.message = evil
    root.events.add(name=evil, attributes=[invented.attribute(evil, evil)])
    later = invented.span(invented.trace_id(), evil, links=(root,))
    await desk.tell(**{evil: [root, later]})
    desk.console.scraper.latest = {}
    for path in ("", "traces", f"traces/{trace.hex()}", f"traces/{later.trace_id.hex()}"):
        text = await desk.page(path)
        assert "&lt;script&gt;" in text
        tags = Tags(text).elements
        assert [tag for tag, _ in tags].count("script") == 1
        assert not [1 for tag, _ in tags if tag == "img"]
        assert not [1 for _, attributes in tags for name in attributes if name.startswith("on")]
        assert "49" not in re.findall(r"&gt;(\d+)", text)
    for name in ("number", "name", "service"):
        tags = Tags(await desk.page("traces", **{name: evil[:100]})).elements
        assert [tag for tag, _ in tags].count("script") == 1


async def test_a_trace_of_ten_thousand_spans_is_shown_page_by_page(desk: Desk) -> None:
    trace = invented.trace_id()
    root = invented.span(trace, "root", took_ms=99_999)
    many = [root, *(invented.span(trace, f"step {n}", root, n + 1) for n in range(9_999))]
    await desk.tell(intake=many)
    text = await desk.page(f"traces/{trace.hex()}")
    assert len(text) < 1_000_000
    assert "step 298<" in text
    assert "step 299<" not in text
    assert "step 299<" in await desk.page(f"traces/{trace.hex()}", start=300)
    assert "step 9998<" in await desk.page(f"traces/{trace.hex()}", start=9_900)
    await desk.page(f"traces/{trace.hex()}", start=10_001)


@pytest.mark.parametrize("kind", [otlp.PROTOBUF, otlp.JSON])
async def test_garbage_is_refused_and_what_comes_next_is_taken(desk: Desk, kind: str) -> None:
    for body in (b"garbage!!", b"\xff" * 5000, b"{" * 5000):
        refused(await desk.send(body, kind), 400, "body")
    refused(await desk.send(b"{}", "text/plain"), 415, "Content-Type")
    refused(await desk.send(b"{}", kind, content_encoding="br"), 415, "Content-Encoding")
    sent = invented.request(**invented.story())
    body = sent.SerializeToString() if kind == otlp.PROTOBUF else invented.as_json(sent)
    answer = await desk.send(body, kind)
    assert (answer.status_code, answer.headers["content-type"]) == (200, kind)
    until(lambda: desk.console.store.counts.stored == 8)


async def test_a_body_that_is_too_large_is_refused_whether_or_not_it_says_so(desk: Desk) -> None:
    refused(await desk.send(bytes(otlp.LIMIT + 1)), 413, "body")

    async def parts() -> AsyncIterator[bytes]:
        for _ in range(otlp.LIMIT // 2**20 + 1):
            yield bytes(2**20)

    refused(await desk.send(parts()), 413, "body")  # type: ignore[arg-type]


async def test_spans_that_are_none_are_told_to_who_sent_them(desk: Desk) -> None:
    wrong = invented.span(bytes(16))
    answer = await desk.send(invented.as_json(invented.request(intake=[wrong])), otlp.JSON)
    assert answer.json() == {"partialSuccess": {"rejectedSpans": "1"}}
    assert desk.console.store.counts.refused == 1


async def test_spans_come_from_this_machine_alone_and_never_from_a_page(desk: Desk) -> None:
    body = invented.request(**invented.story()).SerializeToString()
    refused(await desk.send(body, origin="http://evil.example"), 403)
    async with desk.client(None, "192.0.2.7") as http:
        refused(await http.post("/ops/v1/traces", content=body, headers={"content-type": otlp.PROTOBUF}), 403)
    assert desk.console.store.counts.stored == 0


async def test_a_parked_message_is_tried_again_as_the_caller_and_only_by_the_page_s_own_form(
    desk: Desk,
) -> None:
    desk.answers["parked"] = httpx.Response(200, json={"items": [PARKED], "next": None})
    page = await desk.page("parked", lang="en")
    assert "secret body" not in page
    assert f"/ops/traces/{'ab' * 16}?lang=en" in page
    ((_, form),) = [element for element in Tags(page).elements if element[0] == "form"]
    action = str(form["action"])
    async with desk.client() as http:
        for wrong in (re.sub(r"proof=\w+", "proof=guess", action), action.replace("/7/", "/8/")):
            refused(await http.post(wrong), 422, "proof")
        assert desk.asked[-1].url.path.endswith("/parked")
        answer_to_form = await http.post(action)
        assert answer_to_form.status_code == 303
        assert "It was handled" in (await http.get(urljoin(action, answer_to_form.headers["location"]))).text
    redriven = [request for request in desk.asked if request.method == "POST"]
    assert [request.url.path for request in redriven] == ["/intake/parked/7/redrive"]
    assert redriven[0].headers["authorization"] == "Bearer ops"


async def test_why_a_message_still_fails_is_shown(desk: Desk) -> None:
    desk.answers["parked"] = httpx.Response(200, json={"items": [PARKED], "next": None})
    desk.answers["redrive"] = httpx.Response(409, json={"detail": "仍然失败 / <b>still</b>"})
    action = str(next(a for tag, a in Tags(await desk.page("parked")).elements if tag == "form")["action"])
    async with desk.client() as http:
        answer = await http.get(urljoin(action, (await http.post(action)).headers["location"]))
    assert "仍然失败 / &lt;b&gt;still" in answer.text


async def test_a_service_that_is_away_does_not_hide_the_others_messages(desk: Desk) -> None:
    desk.answers["parked"] = httpx.Response(503)
    assert "受理 不应答" in await desk.page("parked")


@pytest.mark.parametrize(
    ("path", "status", "field"),
    [
        ("traces?longer=abc", 422, "longer"),
        ("traces?longer=nan", 422, "longer"),
        ("traces?since=yesterday", 422, "since"),
        ("traces?until=2026-13-01", 422, "until"),
        ("traces?before=1", 422, "before"),
        ("traces?number=" + "x" * 101, 422, None),
        ("traces/none", 404, None),
        ("traces/" + "ab" * 16 + "?start=-1", 422, None),
        ("secrets.css", 404, None),
        ("base.html", 404, None),
        ("?lang=fr", 422, None),
    ],
)
async def test_what_makes_no_sense_is_refused_with_words(
    desk: Desk, path: str, status: int, field: str | None
) -> None:
    async with desk.client() as http:
        refused(await http.get(f"/ops/{path}"), status, field)


@pytest.mark.parametrize("path", [*PAGES, f"traces/{'ab' * 16}", "console.css", "console.js"])
async def test_a_parameter_that_a_page_does_not_know_is_refused_and_its_own_are_named(
    desk: Desk, path: str
) -> None:
    async with desk.client() as http:
        problem = refused(await http.get(f"/ops/{path}?lang=zh&seit=gestern"), 422, "query.seit")
        assert "没有查询参数 seit" in problem["errors"][-1]["zh"]
        if "." not in path:
            assert "lang" in problem["errors"][0]["en"]
            refused(await http.get(f"/ops/{path}?lang=zh&lang=en"), 422, "query.lang")


async def test_buttons_and_spans_with_a_parameter_that_nobody_knows_are_refused(desk: Desk) -> None:
    async with desk.client() as http:
        refused(await http.post("/ops/parked/intake/7/redrive?all=1"), 422, "query.all")
        refused(await http.post("/ops/v1/traces?all=1"), 422, "query.all")
    assert not [request for request in desk.asked if request.method == "POST"]


async def test_who_may_not_see_a_page_learns_of_no_parameter(desk: Desk) -> None:
    async with desk.client("office") as http:
        refused(await http.get("/ops/traces?seit=gestern"), 403)


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({"since": "2026-11-17T24:00"}, True),
        ({"since": "2026-11-17 24:00:00+08:00"}, True),
        ({"since": "2026-11-18T24:00"}, False),
        ({"until": "2026-11-18T24:00"}, True),
        ({"until": "2026-11-17T24:00"}, False),
        ({"until": "2026-11-17T24:00Z"}, False),
        ({"until": "2026-11-18T24:00Z"}, True),
    ],
)
async def test_a_search_takes_24_00_as_the_end_of_a_day(
    desk: Desk, query: dict[str, str], shown: bool
) -> None:
    await desk.tell(**invented.story())  # 18 November, 19:06 in the city
    assert ("POST /intake/appeals" in await desk.page("traces", **query)) is shown
    async with desk.client() as http:
        refused(await http.get("/ops/traces", params={"since": "2026-11-17T24:30"}), 422, "since")


async def test_a_search_keeps_what_was_asked_when_the_language_changes(desk: Desk) -> None:
    page = await desk.page("traces", number="BZ-1", failed="1", lang="en")
    (other,) = [str(a["href"]) for _, a in Tags(page).elements if "hreflang" in a]
    assert other == "/ops/traces?number=BZ-1&failed=1"


def test_every_word_is_there_in_both_languages_and_the_templates_use_no_other() -> None:
    for zh, en in (*WORDS.values(), *SERVICES.values(), *LABELS.values()):
        assert re.search("[\u4e00-\u9fff]", zh)
        assert not re.search("[\u4e00-\u9fff]", en)
    used = {
        word
        for file in TEMPLATES.glob("*.html")
        for word in re.findall(r"\bt\('(\w+)'", file.read_text("utf-8"))
    }
    assert used <= set(WORDS)


async def test_times_are_shown_in_the_city_s_zone(desk: Desk) -> None:
    desk.answers["parked"] = httpx.Response(200, json={"items": [PARKED], "next": None})
    assert "2026-11-09 09:00:00" in await desk.page("parked")
