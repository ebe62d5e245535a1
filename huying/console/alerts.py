"""Alerts: a table of conditions on the newest metrics, and which of them hold.

Names, thresholds and waiting times are those of the Prometheus rules in deploy/prometheus/rules.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from huying.console.scraping import MetricsScraper, Sample

DOWN = "ServiceDown"


@dataclass(frozen=True, slots=True)
class Condition:
    """`metric` is above `above` for the time `held`. Without a metric: the service does not answer."""

    name: str
    metric: str
    above: float
    held: timedelta
    severity: Literal["critical", "warning"]
    zh: str
    en: str


def _condition(
    name: str,
    metric: str,
    above: float,
    held_min: int,
    severity: Literal["critical", "warning"],
    zh: str,
    en: str,
) -> Condition:
    return Condition(name, metric, above, timedelta(minutes=held_min), severity, zh, en)


CONDITIONS = (
    _condition(DOWN, "", 0, 1, "critical", "不应答", "does not answer"),
    _condition(
        "JudgementWaiting",
        "huying_judgement_waiting_seconds",
        120,
        1,
        "critical",
        "有诉求到期未判定（秒）",
        "a case is due and not judged (seconds)",
    ),
    _condition(
        "OutboxAge",
        "huying_outbox_age_seconds",
        120,
        1,
        "critical",
        "事件未发往 Kafka（秒）",
        "events are not sent to Kafka (seconds)",
    ),
    _condition(
        "Standing",
        "huying_standing_seconds",
        300,
        1,
        "critical",
        "停在同一条消息上（秒）",
        "stands at one record or row (seconds)",
    ),
    _condition(
        "NoticesWaiting",
        "huying_notices_waiting_age_seconds",
        900,
        2,
        "critical",
        "消息逾时未发（秒）",
        "notices wait too long (seconds)",
    ),
    _condition(
        "LagAge",
        "huying_consumer_lag_seconds",
        300,
        2,
        "warning",
        "处理落后（秒）",
        "lags behind (seconds)",
    ),
    _condition(
        "MessagesParked", "huying_parked_messages", 0, 0, "warning", "有搁置消息", "messages are parked"
    ),
    _condition(
        "CasesStuck", "huying_stuck_cases", 0, 2, "warning", "有诉求无法判定", "cases cannot be judged"
    ),
    _condition(
        "NoticesFailing",
        "huying_notices_failed",
        0,
        5,
        "warning",
        "近 24 小时有消息发送失败",
        "notices failed for good in the last 24 hours",
    ),
    _condition(
        "FiguresStale",
        "huying_figures_age_seconds",
        300,
        1,
        "warning",
        "指标未能更新（秒）",
        "its figures are old (seconds)",
    ),
    _condition(
        "ManyReadings",
        "huying_reads_by_one_account",
        60,
        1,
        "warning",
        "有账号一小时内频繁查看个人信息（次）",
        "one account reads personal data again and again (times an hour)",
    ),
    _condition(
        "CasesRefused",
        "huying_refusals_of_one_account",
        20,
        1,
        "warning",
        "有账号一小时内多次越权访问（次）",
        "one account is refused many cases (times an hour)",
    ),
    _condition(
        "KeyInTwoPlaces",
        "huying_accounts_in_two_places",
        0,
        1,
        "warning",
        "有账号从两个网络访问",
        "accounts call from two networks",
    ),
)


@dataclass(frozen=True, slots=True)
class Alert:
    """A condition that holds for one service; it fires when it has held long enough."""

    condition: Condition
    service: str
    value: str
    since: datetime
    firing: bool
    ended: datetime | None = None


@dataclass(slots=True)
class Alerts:
    """The conditions that hold, and the last hundred that ended; of outages also those too short to fire."""

    current: dict[tuple[str, str], Alert] = field(default_factory=dict)
    past: deque[Alert] = field(default_factory=lambda: deque(maxlen=100))

    def judge(self, sample: Sample, scraper: MetricsScraper) -> None:
        """Check every condition against the newest sample."""
        holding = {
            (condition.name, service): (condition, value)
            for condition, service, value in _holding(sample, scraper)
        }
        for key in [key for key in self.current if key not in holding]:
            ended = self.current.pop(key)
            if ended.firing or ended.condition.name == DOWN:
                self.past.appendleft(replace(ended, ended=sample.at))
        for key, (condition, value) in holding.items():
            since = self.current[key].since if key in self.current else sample.at
            firing = sample.at - since >= condition.held
            self.current[key] = Alert(condition, key[1], value, since, firing)

    def firing(self, service: str | None = None) -> list[Alert]:
        """The alerts that fire, the longest first."""
        firing = [
            alert for alert in self.current.values() if alert.firing and service in (None, alert.service)
        ]
        return sorted(firing, key=lambda alert: alert.since)


def _holding(sample: Sample, scraper: MetricsScraper) -> Iterator[tuple[Condition, str, str]]:
    for condition in CONDITIONS:
        if not condition.metric:
            yield from ((condition, service, reason) for service, reason in sample.silent.items())
            continue
        highest: dict[str, float] = {}
        for series in scraper.series(condition.metric):
            if series.value > condition.above:
                service = series.labels.get("service", "")
                highest[service] = max(series.value, highest.get(service, series.value))
        yield from ((condition, service, f"{value:g}") for service, value in highest.items())
