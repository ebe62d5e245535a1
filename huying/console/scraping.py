"""Metrics scraping: every service's /metrics, every few seconds, into a ring that holds an hour."""

import asyncio
import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

import httpx

INTERVAL_S = 5.0
RING_SIZE = 720
"""Samples in the ring: an hour."""
LINE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? ([^ ]+)(?: \d+)?")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"')

Labels = Mapping[str, str]
Aggregation = Literal["highest", "sum", "rate", "growth"]


@dataclass(frozen=True, slots=True)
class ChartMetric:
    """A metric as a chart: one line for each value of the label `by`.

    `how` combines series and samples: `rate` is per second, `growth` since the first sample shown.
    """

    name: str
    metric: str
    by: str
    how: Aggregation
    zh: str
    en: str
    unit: Literal["", "/s", "s"] = ""
    only: tuple[str, str] | None = None

    def fits(self, labels: Labels) -> bool:
        """Whether a series with these labels belongs to the chart."""
        return self.only is None or labels.get(self.only[0]) == self.only[1]


REQUESTS = "huying_http_request_duration_seconds_count"
CHARTS = (
    ChartMetric("requests", REQUESTS, "service", "rate", "请求", "Requests", "/s"),
    ChartMetric(
        "errors", REQUESTS, "service", "rate", "请求出错 5xx", "Requests failed, 5xx", "/s", ("status", "5xx")
    ),
    ChartMetric(
        "consumed", "huying_events_consumed_total", "service", "rate", "处理的事件", "Events handled", "/s"
    ),
    ChartMetric(
        "relayed", "huying_events_relayed_total", "service", "rate", "发出的事件", "Events sent", "/s"
    ),
    ChartMetric("lag", "huying_consumer_lag_messages", "service", "sum", "积压条数", "Lag, messages"),
    ChartMetric(
        "lag_age", "huying_consumer_lag_seconds", "service", "highest", "积压时长", "Lag, oldest", "s"
    ),
    ChartMetric(
        "delay", "huying_judgement_delay_seconds", "service", "highest", "判定延迟", "Judgement delay", "s"
    ),
    ChartMetric(
        "waiting",
        "huying_judgement_waiting_seconds",
        "service",
        "highest",
        "等待判定",
        "Judgement waiting",
        "s",
    ),
    ChartMetric(
        "outbox", "huying_outbox_age_seconds", "service", "highest", "发件箱最久", "Outbox, oldest", "s"
    ),
    ChartMetric("parked", "huying_parked_messages", "service", "sum", "搁置消息", "Parked messages"),
    ChartMetric("open", "huying_open_cases", "age", "sum", "在办诉求（按登记时长）", "Open cases by age"),
    ChartMetric("due", "huying_deadlines_due", "within", "sum", "即将到期", "Deadlines due within"),
    ChartMetric("cards", "huying_cards_total", "service", "growth", "黄牌提醒", "Yellow cards"),
    ChartMetric("lifts", "huying_lifts_total", "service", "growth", "提级办理", "Lifts"),
    ChartMetric(
        "notices", "huying_notices_total", "outcome", "growth", "消息（按结果）", "Notices by outcome"
    ),
    ChartMetric("legs", "huying_bank_legs", "state", "sum", "银行办理（按状态）", "Bank legs by state"),
    ChartMetric(
        "silence", "huying_bank_silence_seconds", "bank", "highest", "银行未回应", "Bank silent", "s"
    ),
    ChartMetric(
        "spans",
        "huying_telemetry_spans_total",
        "service",
        "growth",
        "丢弃的追踪跨度",
        "Spans dropped",
        only=("outcome", "dropped"),
    ),
)
PARTITION_METRICS = (
    "huying_consumer_lag_messages",
    "huying_consumer_lag_seconds",
    "huying_watermark_age_seconds",
)
DELAY = "huying_judgement_delay_seconds"
ALERT_METRICS = (
    "huying_stuck_cases",
    "huying_notices_failed",
    "huying_notices_waiting_age_seconds",
    "huying_figures_age_seconds",
    "huying_reads_by_one_account",
    "huying_refusals_of_one_account",
    "huying_accounts_in_two_places",
    "huying_standing_seconds",
)
WANTED = frozenset({chart.metric for chart in CHARTS} | {*PARTITION_METRICS, *ALERT_METRICS, DELAY})


@dataclass(frozen=True, slots=True)
class Series:
    """One sample line of Prometheus's text format."""

    metric: str
    labels: Labels
    value: float


@dataclass(frozen=True, slots=True)
class Sample:
    """One scrape of all services: values by chart and label, and why `silent` services did not answer."""

    at: datetime
    values: Mapping[tuple[str, str], float]
    silent: Mapping[str, str]


def read_metrics(text: str) -> Iterator[Series]:
    """The wanted series in Prometheus's text format; invalid lines are skipped."""
    for line in text.splitlines():
        if line.startswith("#") or (match := LINE.match(line)) is None or match[1] not in WANTED:
            continue
        try:
            value = float(match[3])
        except ValueError:
            continue
        labels = {name: unescaped(text) for name, text in LABEL.findall(match[2] or "")}
        yield Series(match[1], labels, value)


def unescaped(text: str) -> str:
    """A label's value without its escapes."""
    return re.sub(r"\\(.)", lambda match: "\n" if match[1] == "n" else match[1], text)


def chart_values(series: list[Series]) -> dict[tuple[str, str], float]:
    """The values of one scrape by chart and label."""
    values: dict[tuple[str, str], float] = {}
    for chart in CHARTS:
        for item in series:
            if item.metric != chart.metric or not chart.fits(item.labels):
                continue
            key = (chart.name, item.labels.get(chart.by, ""))
            before = values.get(key)
            if before is None:
                values[key] = item.value
            else:
                values[key] = max(before, item.value) if chart.how == "highest" else before + item.value
    return values


@dataclass(slots=True)
class MetricsScraper:
    """Scrapes the services and holds the last samples. `key` is the API key of an ops account."""

    urls: Mapping[str, str]
    key: str
    now: Callable[[], datetime]
    transport: httpx.AsyncBaseTransport | None = None
    ring: deque[Sample] = field(default_factory=lambda: deque(maxlen=RING_SIZE))
    latest: dict[str, list[Series]] = field(default_factory=dict)

    async def scrape(self) -> Sample:
        """Scrape every service once. A service that does not answer within four seconds is silent."""
        headers = {"authorization": f"Bearer {self.key}"}
        async with httpx.AsyncClient(
            headers=headers, timeout=INTERVAL_S - 1, transport=self.transport, trust_env=False
        ) as http:
            answers = await asyncio.gather(*(_metrics(http, url) for url in self.urls.values()))
        by_service = dict(zip(self.urls, answers, strict=True))
        self.latest = {
            name: list(read_metrics(answer.text))
            for name, answer in by_service.items()
            if answer.reason is None
        }
        silent = {name: answer.reason for name, answer in by_service.items() if answer.reason is not None}
        values = chart_values([item for series in self.latest.values() for item in series])
        sample = Sample(self.now(), values, silent)
        self.ring.append(sample)
        return sample

    def lines(self, chart: ChartMetric, samples: list[Sample] | None = None) -> dict[str, list[float | None]]:
        """The values of a chart by label, one for each sample; None where a sample has none."""
        ring = list(self.ring) if samples is None else samples
        labels = sorted({label for sample in ring for name, label in sample.values if name == chart.name})
        return {label: _line(chart, label, ring) for label in labels}

    def series(self, metric: str) -> list[Series]:
        """The series of a metric in the last scrape."""
        return [item for series in self.latest.values() for item in series if item.metric == metric]


@dataclass(frozen=True, slots=True)
class _ScrapeAnswer:
    text: str
    reason: str | None = None


async def _metrics(http: httpx.AsyncClient, url: str) -> _ScrapeAnswer:
    try:
        answer = await http.get(f"{url}/metrics")
    except httpx.HTTPError as error:
        return _ScrapeAnswer("", type(error).__name__)
    return (
        _ScrapeAnswer(answer.text) if answer.is_success else _ScrapeAnswer("", f"HTTP {answer.status_code}")
    )


def _line(chart: ChartMetric, label: str, ring: list[Sample]) -> list[float | None]:
    raw = [sample.values.get((chart.name, label)) for sample in ring]
    if chart.how in ("highest", "sum"):
        return raw
    steps = _steps(raw)
    if chart.how == "rate":
        times = [sample.at.timestamp() for sample in ring]
        return [
            None if step is None or index == 0 else step / max(times[index] - times[index - 1], 0.001)
            for index, step in enumerate(steps)
        ]
    sums: list[float | None] = []
    total = 0.0
    for step, value in zip(steps, raw, strict=True):
        total += step or 0.0
        sums.append(None if value is None else total)
    return sums


def _steps(raw: list[float | None]) -> list[float | None]:
    """The increases of a counter. A smaller value is a restart; one that appears later began at zero."""
    steps: list[float | None] = []
    last: float | None = None
    for index, value in enumerate(raw):
        if value is None:
            steps.append(None)
            continue
        if last is None:
            steps.append(value if index else 0.0)
        else:
            steps.append(value - last if value >= last else value)
        last = value
    return steps
