"""The services' figures: scraped every few seconds into a ring that holds an hour."""

import asyncio
import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

import httpx

INTERVAL_S = 5.0
KEPT = 720
"""Samples in the ring: an hour."""
LINE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? ([^ ]+)(?: \d+)?")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"')

Labels = Mapping[str, str]
How = Literal["highest", "sum", "rate", "growth"]


@dataclass(frozen=True, slots=True)
class Figure:
    """One chart: a metric, told apart by a label, and how samples become a line.

    `rate` is of one second, `growth` what was added since the first sample shown.
    """

    name: str
    metric: str
    by: str
    how: How
    zh: str
    en: str
    unit: Literal["", "/s", "s"] = ""
    only: tuple[str, str] | None = None

    def fits(self, labels: Labels) -> bool:
        """Whether a series belongs to it."""
        return self.only is None or labels.get(self.only[0]) == self.only[1]


REQUESTS = "huying_http_request_duration_seconds_count"
FIGURES = (
    Figure("requests", REQUESTS, "service", "rate", "请求", "Requests", "/s"),
    Figure(
        "errors", REQUESTS, "service", "rate", "请求出错 5xx", "Requests failed, 5xx", "/s", ("status", "5xx")
    ),
    Figure(
        "consumed", "huying_events_consumed_total", "service", "rate", "处理的事件", "Events handled", "/s"
    ),
    Figure("relayed", "huying_events_relayed_total", "service", "rate", "发出的事件", "Events sent", "/s"),
    Figure("lag", "huying_consumer_lag_messages", "service", "sum", "积压条数", "Lag, messages"),
    Figure("lag_age", "huying_consumer_lag_seconds", "service", "highest", "积压时长", "Lag, oldest", "s"),
    Figure(
        "delay", "huying_judgement_delay_seconds", "service", "highest", "判定延迟", "Judgement delay", "s"
    ),
    Figure(
        "waiting",
        "huying_judgement_waiting_seconds",
        "service",
        "highest",
        "等待判定",
        "Judgement waiting",
        "s",
    ),
    Figure("outbox", "huying_outbox_age_seconds", "service", "highest", "发件箱最久", "Outbox, oldest", "s"),
    Figure("parked", "huying_parked_messages", "service", "sum", "搁置消息", "Parked messages"),
    Figure("open", "huying_open_cases", "age", "sum", "在办诉求（按登记时长）", "Open cases by age"),
    Figure("due", "huying_deadlines_due", "within", "sum", "即将到期", "Deadlines due within"),
    Figure("cards", "huying_cards_total", "service", "growth", "黄牌提醒", "Yellow cards"),
    Figure("lifts", "huying_lifts_total", "service", "growth", "提级办理", "Lifts"),
    Figure("notices", "huying_notices_total", "outcome", "growth", "消息（按结果）", "Notices by outcome"),
    Figure("legs", "huying_bank_legs", "state", "sum", "银行办理（按状态）", "Bank legs by state"),
    Figure("silence", "huying_bank_silence_seconds", "bank", "highest", "银行未回应", "Bank silent", "s"),
    Figure(
        "spans",
        "huying_telemetry_spans_total",
        "service",
        "growth",
        "丢弃的追踪跨度",
        "Spans dropped",
        only=("outcome", "dropped"),
    ),
)
PICTURES = ("huying_consumer_lag_messages", "huying_consumer_lag_seconds", "huying_watermark_age_seconds")
DELAY = "huying_judgement_delay_seconds"
ALERTING = (
    "huying_stuck_cases",
    "huying_notices_failed",
    "huying_notices_waiting_age_seconds",
    "huying_figures_age_seconds",
)
WANTED = frozenset({figure.metric for figure in FIGURES} | {*PICTURES, *ALERTING, DELAY})


@dataclass(frozen=True, slots=True)
class Series:
    """One line of a scrape."""

    metric: str
    labels: Labels
    value: float


@dataclass(frozen=True, slots=True)
class Sample:
    """One round of scrapes: the lines of every chart by chart and label, and who did not answer and why."""

    at: datetime
    values: Mapping[tuple[str, str], float]
    silent: Mapping[str, str]


def read(text: str) -> Iterator[Series]:
    """The wanted series of Prometheus's text format; what is no line of it is passed over."""
    for line in text.splitlines():
        if line.startswith("#") or (found := LINE.match(line)) is None or found[1] not in WANTED:
            continue
        try:
            value = float(found[3])
        except ValueError:
            continue
        yield Series(found[1], {name: unescaped(text) for name, text in LABEL.findall(found[2] or "")}, value)


def unescaped(text: str) -> str:
    """A label's value as it was meant."""
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] == "n" else found[1], text)


def summed(series: list[Series]) -> dict[tuple[str, str], float]:
    """One value for each line of each chart."""
    found: dict[tuple[str, str], float] = {}
    for figure in FIGURES:
        for one in series:
            if one.metric != figure.metric or not figure.fits(one.labels):
                continue
            key = (figure.name, one.labels.get(figure.by, ""))
            before = found.get(key)
            if before is None:
                found[key] = one.value
            else:
                found[key] = max(before, one.value) if figure.how == "highest" else before + one.value
    return found


@dataclass(slots=True)
class Figures:
    """What the services said of themselves, lately. `key` is that of an account of the role ops."""

    urls: Mapping[str, str]
    key: str
    now: Callable[[], datetime]
    transport: httpx.AsyncBaseTransport | None = None
    ring: deque[Sample] = field(default_factory=lambda: deque(maxlen=KEPT))
    latest: dict[str, list[Series]] = field(default_factory=dict)

    async def scrape(self) -> Sample:
        """Ask every service once. One that does not answer in four seconds is silent."""
        headers = {"authorization": f"Bearer {self.key}"}
        async with httpx.AsyncClient(
            headers=headers, timeout=INTERVAL_S - 1, transport=self.transport, trust_env=False
        ) as http:
            told = await asyncio.gather(*(_metrics(http, url) for url in self.urls.values()))
        by_service = dict(zip(self.urls, told, strict=True))
        self.latest = {
            name: list(read(answer.text)) for name, answer in by_service.items() if answer.reason is None
        }
        silent = {name: answer.reason for name, answer in by_service.items() if answer.reason is not None}
        values = summed([one for series in self.latest.values() for one in series])
        sample = Sample(self.now(), values, silent)
        self.ring.append(sample)
        return sample

    def lines(self, figure: Figure, samples: list[Sample] | None = None) -> dict[str, list[float | None]]:
        """A value for each sample, by label; None where there was none."""
        ring = list(self.ring) if samples is None else samples
        labels = sorted({label for one in ring for name, label in one.values if name == figure.name})
        return {label: _line(figure, label, ring) for label in labels}

    def series(self, metric: str) -> list[Series]:
        """The newest series of a metric."""
        return [one for told in self.latest.values() for one in told if one.metric == metric]


@dataclass(frozen=True, slots=True)
class _Told:
    text: str
    reason: str | None = None


async def _metrics(http: httpx.AsyncClient, url: str) -> _Told:
    try:
        answer = await http.get(f"{url}/metrics")
    except httpx.HTTPError as error:
        return _Told("", type(error).__name__)
    return _Told(answer.text) if answer.is_success else _Told("", f"HTTP {answer.status_code}")


def _line(figure: Figure, label: str, ring: list[Sample]) -> list[float | None]:
    raw = [one.values.get((figure.name, label)) for one in ring]
    if figure.how in ("highest", "sum"):
        return raw
    steps = _steps(raw)
    if figure.how == "rate":
        times = [one.at.timestamp() for one in ring]
        return [
            None if step is None or index == 0 else step / max(times[index] - times[index - 1], 0.001)
            for index, step in enumerate(steps)
        ]
    found: list[float | None] = []
    total = 0.0
    for step, value in zip(steps, raw, strict=True):
        total += step or 0.0
        found.append(None if value is None else total)
    return found


def _steps(raw: list[float | None]) -> list[float | None]:
    """What a counter grew by. Smaller than before: it began anew. One that appears began at nothing."""
    found: list[float | None] = []
    last: float | None = None
    for index, value in enumerate(raw):
        if value is None:
            found.append(None)
            continue
        if last is None:
            found.append(value if index else 0.0)
        else:
            found.append(value - last if value >= last else value)
        last = value
    return found
