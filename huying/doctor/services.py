"""What running services say of themselves: whether they answer, how fast, and which alerts would hold."""

import asyncio
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import httpx

from huying.console.alerts import DOWN, Alerts
from huying.console.scraping import MetricsScraper
from huying.doctor.finding import Finding, note, well, wrong
from shared.service.clock import WallClock

SLOW_S = 1.0
"""A healthy service says in milliseconds that it is ready."""
SKEW = timedelta(seconds=5)
TIMEOUT_S = 10.0
BEHIND_S = 60.0
"""A service this far behind the topics is slow; the alert LagAge takes longer."""
_LAG = "huying_consumer_lag_seconds"
_DO = {
    DOWN: ("查看该服务日志；未启动时运行 huying up", "read the service's log; where nothing runs: huying up"),
    "MessagesParked": (
        "huying parked list 查看原因，排除后 huying parked redrive 服务 编号",
        "huying parked list has the reasons; once mended: huying parked redrive SERVICE ID",
    ),
}


async def examine(
    urls: Mapping[str, str], key: str, transport: httpx.AsyncBaseTransport | None = None
) -> list[Finding]:
    """Ask every service; `key` is of an ops account."""
    headers = {"authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(
        headers=headers, timeout=TIMEOUT_S, transport=transport, trust_env=False
    ) as http:
        answers = await asyncio.gather(*(_about(http, name, url) for name, url in urls.items()))
    findings = [finding for answer in answers for finding in answer]
    scraper = MetricsScraper(urls, key, WallClock().now, transport)
    findings += await _conditions(scraper, {finding.about for finding in findings})
    if not findings:
        names = ", ".join(urls)
        findings = [well("services", f"{len(urls)} 个服务均正常应答", f"all answer and keep up: {names}")]
    return findings


async def _about(http: httpx.AsyncClient, name: str, url: str) -> list[Finding]:
    """What is wrong with one service, by what it answers; nothing where it is well."""
    began = time.perf_counter()
    try:
        health = await http.get(f"{url}/health")
    except httpx.HTTPError as error:
        reason = f"{type(error).__name__} {url}"
        return [wrong(name, f"不应答（{reason}）", f"does not answer ({reason})", *_DO[DOWN])]
    took_s = time.perf_counter() - began
    if health.status_code != 200:
        return [_ill(name, health)]
    flow = await http.get(f"{url}/flow")
    if flow.status_code in (401, 403):
        do = ("用 --key 给出 ops 账号的密钥", "give the key of an ops account by --key")
        return [
            wrong(name, f"不接受密钥（{flow.status_code}）", f"refuses the key ({flow.status_code})", *do)
        ]
    return [*_slow(name, took_s), *_skewed(name, flow)]


def _ill(name: str, answer: httpx.Response) -> Finding:
    try:
        detail = str(answer.json()["detail"])
    except (ValueError, KeyError, TypeError):
        detail = answer.headers.get("content-type", "")
    do = ("见 docs/runbooks/Standing.md", "docs/runbooks/Standing.md")
    return wrong(name, f"自检 {answer.status_code}：{detail}", f"health answers {answer.status_code}", *do)


def _slow(name: str, took_s: float) -> Iterator[Finding]:
    if took_s > SLOW_S:
        do = ("检查 CPU、磁盘和数据库负载", "look at CPU, disk and the load of the database")
        yield note(name, f"应答慢，{took_s:.1f} 秒", f"answers slowly, in {took_s:.1f} s", *do)


def _skewed(name: str, flow: httpx.Response) -> Iterator[Finding]:
    now = WallClock().now()
    skew = abs(datetime.fromisoformat(flow.json()["now"]) - now)
    if skew > SKEW:
        seconds = f"{skew.total_seconds():,.0f}"
        do = ("校准各机器时钟（NTP）；沙箱除外", "set the clocks by NTP; a sandbox has a clock of its own")
        yield wrong(name, f"时钟与本机相差 {seconds} 秒", f"its clock is {seconds} s off this machine's", *do)


async def _conditions(scraper: MetricsScraper, known: Collection[str]) -> Sequence[Finding]:
    """The conditions of the console's alerts that hold now, however long, and lag before it is an alert.

    Of the services `known` is said already that they do not answer, or why not well.
    """
    alerts = Alerts()
    alerts.judge(await scraper.scrape(), scraper)
    return [*_holding(alerts, known), *_behind(scraper, set(alerts.current))]


def _holding(alerts: Alerts, known: Collection[str]) -> Iterator[Finding]:
    for alert in alerts.current.values():
        condition = alert.condition
        if condition.name == DOWN and alert.service in known:
            continue
        page = f"docs/runbooks/{condition.name}.md"
        do = _DO.get(condition.name, (f"见 {page}", page))
        value = "" if condition.name == DOWN else f": {alert.value}"
        zh, en = f"{condition.zh}{value.replace(': ', '：')}", f"{condition.en}{value}"
        yield (wrong if condition.severity == "critical" else note)(alert.service, zh, en, *do)


def _behind(scraper: MetricsScraper, said: set[tuple[str, str]]) -> Iterator[Finding]:
    lag_s: dict[str, float] = {}
    for series in scraper.series(_LAG):
        service = series.labels.get("service", "")
        lag_s[service] = max(series.value, lag_s.get(service, 0.0))
    for service, seconds in lag_s.items():
        if seconds > BEHIND_S and ("LagAge", service) not in said:
            do = ("见 docs/runbooks/LagAge.md", "docs/runbooks/LagAge.md")
            yield note(service, f"消费落后 {seconds:.0f} 秒", f"reads {seconds:.0f} s behind", *do)
