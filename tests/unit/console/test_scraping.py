"""Figures: read from Prometheus's text, made to lines, and judged by the conditions of the alerts."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import yaml

from huying.console import drawing
from huying.console.alerts import CONDITIONS, DOWN, Alerts
from huying.console.board import service_boxes
from huying.console.scraping import CHARTS, REQUESTS, MetricsScraper, read_metrics
from tests.city import ALL

pytestmark = pytest.mark.services(*ALL)

RULES = Path(__file__).parents[3] / "deploy" / "prometheus" / "rules"
BY_NAME = {figure.name: figure for figure in CHARTS}


class City:
    """Services that answer what the test lets them say, and a clock of five seconds a look."""

    def __init__(self) -> None:
        self.answers: dict[str, str | None] = {"intake": "", "dispatch": ""}
        self.at = datetime(2026, 11, 9, tzinfo=UTC)
        self.scraper = MetricsScraper(
            {name: f"http://{name}" for name in self.answers},
            "key",
            lambda: self.at,
            httpx.MockTransport(self._answer),
        )
        self.alerts = Alerts()

    def _answer(self, request: httpx.Request) -> httpx.Response:
        text = self.answers[request.url.host]
        if text is None:
            raise httpx.ConnectError("refused")
        assert request.headers["authorization"] == "Bearer key"
        return httpx.Response(200, text=text)

    async def look(self, times: int = 1) -> None:
        for _ in range(times):
            self.at += timedelta(seconds=5)
            self.alerts.judge(await self.scraper.scrape(), self.scraper)

    def line(self, figure: str, label: str) -> list[float | None]:
        return self.scraper.lines(BY_NAME[figure])[label]

    def state(self, service: str, **spans: int) -> str:
        counts = {service: {"failed": 0, "slowest_ns": 0, **spans}} if spans else {}
        boxes = service_boxes(self.scraper, self.alerts, counts, str)
        return next(box.state for box in boxes if box.code == service)


@pytest.fixture
def city() -> City:
    return City()


def requests(number: float, status: str = "2xx", service: str = "intake") -> str:
    return f'{REQUESTS}{{service="{service}",route="/x",status="{status}"}} {number}\n'


def test_labels_are_read_as_they_were_meant_and_other_lines_are_passed_over() -> None:
    text = (
        "# HELP huying_cards_total cards\n"
        'huying_cards_total{service="a\\"b\\\\c\\nd",x="}{,="} 3 1395066363000\n'
        "huying_cards_total 4\nhuying_cards_total nonsense\n\nnot a line\nprocess_open_fds 9\n"
    )
    first, second = read_metrics(text)
    assert first.labels == {"service": 'a"b\\c\nd', "x": "}{,="}
    assert (first.value, second.value) == (3, 4)


async def test_a_counter_becomes_a_rate_and_one_that_began_anew_does_not_fall_below_nothing(
    city: City,
) -> None:
    for number in (100, 150, 10):
        city.answers["intake"] = requests(number)
        await city.look()
    assert city.line("requests", "intake") == [None, 10.0, 2.0]


async def test_series_of_one_label_are_added_or_the_highest_is_taken(city: City) -> None:
    lag = 'huying_consumer_lag_{}{{service="intake",topic="t",partition="{}"}} {}\n'
    city.answers["intake"] = "".join(
        lag.format(measure, p, p) for measure in ("messages", "seconds") for p in (2, 5)
    )
    await city.look()
    assert city.line("lag", "intake") == [7]
    assert city.line("lag_age", "intake") == [5]


async def test_what_grew_is_counted_from_the_first_look_over_gaps(city: City) -> None:
    for number in (5, 6, None, 9):
        city.answers["intake"] = (
            None if number is None else f'huying_cards_total{{service="intake"}} {number}\n'
        )
        await city.look()
    assert city.line("cards", "intake") == [0, 1, None, 4]


async def test_the_ring_is_bounded(city: City) -> None:
    await city.look(800)
    assert len(city.scraper.ring) == 720


async def test_a_service_that_does_not_answer_is_down_at_once_and_the_alert_fires_after_a_minute(
    city: City,
) -> None:
    await city.look()
    assert city.state("dispatch") == "ok"
    city.answers["dispatch"] = None
    await city.look()
    assert city.state("dispatch") == "down"
    assert city.alerts.firing() == []
    await city.look(12)
    assert [(alert.condition.name, alert.service) for alert in city.alerts.firing()] == [(DOWN, "dispatch")]
    city.answers["dispatch"] = ""
    await city.look()
    assert city.state("dispatch") == "ok"
    assert city.alerts.firing() == []
    assert [(alert.condition.name, alert.firing) for alert in city.alerts.past] == [(DOWN, True)]


async def test_an_outage_too_short_for_an_alert_is_remembered(city: City) -> None:
    city.answers["dispatch"] = None
    await city.look()
    city.answers["dispatch"] = ""
    await city.look()
    assert [(alert.service, alert.firing) for alert in city.alerts.past] == [("dispatch", False)]


async def test_a_service_is_red_when_many_of_its_requests_or_spans_fail(city: City) -> None:
    for number in (100, 200):
        city.answers["intake"] = requests(number) + requests(number / 10, "5xx")
        await city.look()
    assert city.state("intake") == "failing"
    assert city.state("dispatch", spans=100, failed=5) == "failing"
    assert city.state("dispatch", spans=100, failed=4) == "warning"
    assert city.state("dispatch", spans=100) == "ok"


@pytest.mark.parametrize(
    "condition",
    [condition for condition in CONDITIONS if condition.metric],
    ids=lambda condition: condition.name,
)
async def test_every_condition_fires_above_its_limit_when_it_held_long_enough(
    city: City, condition: object
) -> None:
    for value, fires in ((condition.above, False), (condition.above + 1, True)):  # type: ignore[attr-defined]
        city.answers["intake"] = f'{condition.metric}{{service="intake",topic="t"}} {value}\n'  # type: ignore[attr-defined]
        await city.look(condition.held // timedelta(seconds=5) + 1)  # type: ignore[attr-defined]
        assert [alert.condition for alert in city.alerts.firing("intake")] == [condition] * fires
    assert city.state("intake") == {"critical": "failing"}.get(condition.severity, "warning")  # type: ignore[attr-defined]


def test_the_conditions_are_the_simple_rules_of_prometheus() -> None:
    simple = re.compile(r"max by \([a-z, ]+\) \((huying_\w+)\) > (\d+)")
    rules = {}
    for file in RULES.glob("*.yaml"):
        for rule in (rule for group in yaml.safe_load(file.read_text())["groups"] for rule in group["rules"]):
            held = timedelta(minutes=int(rule.get("for", "0m").removesuffix("m")))
            if match := simple.fullmatch(rule["expr"].strip()):
                rules[rule["alert"]] = (match[1], float(match[2]), held, rule["labels"]["severity"])
            elif rule["alert"] == DOWN:
                rules[DOWN] = ("", 0, held, rule["labels"]["severity"])
    assert rules == {
        condition.name: (condition.metric, condition.above, condition.held, condition.severity)
        for condition in CONDITIONS
    }


def test_a_chart_has_a_gap_where_nothing_was_said_and_room_for_the_highest() -> None:
    times = [datetime(2026, 11, 9, 8, minute, tzinfo=UTC) for minute in range(5)]
    chart = drawing.chart({"a": [1, 2, None, 3, 7]}, times)
    (line,) = chart.lines
    assert [len(piece.split()) for piece in line.pieces] == [2, 2]
    assert [value for _, value in chart.marks] == [0, 5, 10]
    assert line.newest == 7


def test_a_chart_of_many_lines_shows_the_highest_and_says_how_many_are_left() -> None:
    times = [datetime(2026, 11, 9, tzinfo=UTC)]
    chart = drawing.chart({f"{n}d": [float(n)] for n in range(30)}, times)
    assert [line.label for line in chart.lines] == [f"{n}d" for n in range(22, 30)]
    assert chart.more == 22


def test_charts_of_nothing_and_of_the_infinite_can_be_drawn() -> None:
    assert drawing.chart({}, []).lines == []
    times = [datetime(2026, 11, 9, tzinfo=UTC)] * 2
    assert drawing.chart({"a": [float("nan"), float("inf")]}, times).lines[0].pieces == []


@pytest.mark.parametrize("narrow", [True, False])
def test_boxes_of_the_map_do_not_overlap_and_lie_within_it(narrow: bool) -> None:
    services = ["intake", "dispatch", "escalation", "financing", "notify", "stranger"]
    drawn = drawing.service_map(services, ["bank-a", "bank-b"], [("intake", "bank-a", 3, 1)], narrow=narrow)
    places = list(drawn.places.values())
    assert len(places) == 8
    for index, place in enumerate(places):
        assert drawing.BOX_WIDTH / 2 <= place.x <= drawn.width - drawing.BOX_WIDTH / 2
        assert drawing.BOX_HEIGHT / 2 <= place.y <= drawn.height - drawing.BOX_HEIGHT / 2
        for other in places[:index]:
            apart = (
                abs(place.x - other.x) >= drawing.BOX_WIDTH or abs(place.y - other.y) >= drawing.BOX_HEIGHT
            )
            assert apart, (place, other)
