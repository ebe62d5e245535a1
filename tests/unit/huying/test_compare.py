"""Two packs on the same cases: which differ, and the units within their tiers. All cases are invented."""

import csv
import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest

from huying.simulate import compare
from huying.simulate.compare import CaseDifference, Rate, differences, tiers
from huying.simulate.output import SimulationOutput
from huying.simulate.results import CaseResult, DeadlineRow, Totals
from huying.simulate.simulate import simulate

AT = datetime(2026, 3, 2, 1, tzinfo=UTC)
HEADER = "source_id,author,title,received_at,body,reply,replied_at\n"


def deadline(kind: str, verdict: str, number: int = 1, leg: str = "roads") -> DeadlineRow:
    return DeadlineRow(leg, number, kind, AT, AT, None, verdict)


def result(
    *deadlines: DeadlineRow, state: str = "dispatched", cards: int = 0, lifted: bool = False
) -> CaseResult:
    return CaseResult("7", "BZ-1", state, 1, cards, AT if lifted else None, deadlines)


def test_cases_differ_in_state_cards_lift_and_verdicts() -> None:
    first = result(deadline("reply", "met"), deadline("contact", "met"), state="completed")
    second = result(deadline("contact", "met"), deadline("reply", "overdue"), cards=1, lifted=True)
    assert differences(first, second) == [
        CaseDifference("", "", "state", "completed", "dispatched"),
        CaseDifference("", "", "cards", "0", "1"),
        CaseDifference("", "", "lifted", "no", "yes"),
        CaseDifference("roads", "1", "reply", "met", "overdue"),
    ]


def test_a_deadline_that_one_pack_alone_has_counts_once_it_is_overdue() -> None:
    bare = result()
    assert differences(bare, result(deadline("dispatch", "met", leg=""))) == []
    assert differences(result(deadline("contact", "void")), bare) == []
    late = differences(result(deadline("contact", "overdue", 2)), bare)
    assert late == [CaseDifference("roads", "2", "contact", "overdue", "")]


def test_several_deadlines_of_one_name_stand_in_the_order_of_their_start() -> None:
    later = deadline("instalment", "open")._replace(started_at=AT.replace(hour=2))
    case_differences = differences(result(later, deadline("instalment", "overdue")), result(later))
    assert case_differences == [CaseDifference("roads", "1", "instalment", "overdue open", "open")]


def counted(units: dict[str, int], met: dict[str, int]) -> Totals:
    figures = Totals()
    for unit, cases in units.items():
        for number in range(cases):
            verdict = "met" if number < met[unit] else "overdue"
            figures.add(
                result(deadline("reply", verdict, leg=unit), deadline("lifted", "open", leg="")),
                (unit,),
                (),
                "",
            )
    return figures


def test_units_stand_in_tiers_of_like_units_in_the_order_of_their_codes() -> None:
    cases = {"b": 100, "a": 999, "c": 99, "z": 1000, "y": 3}
    before, after = counted(cases, dict.fromkeys(cases, 0)), counted(cases, {**cases, "a": 333})
    unit_tiers = tiers([before, after], {"a": "甲局"})
    assert [(tier.least, tier.most, [unit.code for unit in tier.units]) for tier in unit_tiers] == [
        (1000, None, ["z"]),
        (100, 999, ["a", "b"]),
        (20, 99, ["c"]),
        (1, 19, ["y"]),
    ]
    first = unit_tiers[1].units[0]
    assert first.name == "甲局"
    assert [summary.rates for summary in first.summaries] == [
        {"reply": Rate(0, 999)},
        {"reply": Rate(333, 999)},
    ]
    assert list(compare.rows(unit_tiers, ["p@1", "q@1"]))[3] == [
        "100-999",
        "a",
        "甲局",
        "q@1",
        999,
        0,
        0,
        333,
        999,
        "33.3",
    ]


def test_a_rate_is_of_what_is_met_or_overdue() -> None:
    figures = Totals()
    for verdict in ("met", "met", "overdue", "open", "void"):
        figures.add(result(deadline("reply", verdict)), ("roads",), (), "")
    rate = compare.overall(figures, ["reply", "contact"]).rates
    assert (rate["reply"], rate["contact"].percent) == (Rate(2, 3), None)


@pytest.fixture
def compared(tmp_path: Path) -> SimulationOutput:
    """Monday 09:00 each: answered in time, after 5 days, and never."""
    file = tmp_path / "appeals.csv"
    rows = [
        "good,甲,路,2026-03-02T09:00:00,正文,已修,2026-03-02T15:00:00\n",
        "late,乙,<b>灯</b>,2026-03-02T09:00:00,正文,已修,2026-03-07T15:00:00\n",
        "<never>,丙,灯,2026-03-02T09:00:00,正文,,\n",
    ]
    file.write_text(HEADER + "".join(rows), "utf-8")
    return simulate(file, "appeals-zh", ["bozhou-2024@2", "case-limits@2"], tmp_path, at_once=1)


def rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.reader(lines))


def test_a_comparison_of_two_packs_says_what_changes(compared: SimulationOutput, tmp_path: Path) -> None:
    header, *lines = rows(tmp_path / "compare.csv")
    assert header == ["source_id", "leg", "round", "what", "bozhou-2024@2", "case-limits@2"]
    assert [line[0] for line in lines] == ["<never>"] * 7 + ["late"] * 3
    assert ["late", "departments", "1", "reply", "overdue", ""] in lines
    assert compared.differing == 2
    assert rows(tmp_path / "units.csv")[1][:7] == [
        "1-19",
        "departments",
        "政府部门",
        "bozhou-2024@2",
        "3",
        "2",
        "1",
    ]
    assert (tmp_path / "case-limits@2" / "cases.csv").is_file()


class Page(HTMLParser):
    """What stands in a page: its tags with attributes, and the text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.said: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.said.append(data)


@pytest.mark.usefixtures("compared")
def test_the_report_needs_nothing_else_and_its_tables_can_be_read_aloud(tmp_path: Path) -> None:
    html = (tmp_path / "report.html").read_text("utf-8")
    page = Page(html)
    names = [tag for tag, _ in page.tags]
    assert not {"script", "link", "img", "iframe"} & set(names)
    assert not re.search(r"https?://|url\(|@import", html)
    assert names.count("table") == names.count("caption") == 3
    assert all(attributes.get("scope") for tag, attributes in page.tags if tag == "th")
    assert "<never>" in page.said  # said, not obeyed
    assert "{{" not in html
    assert {"prefers-color-scheme: dark", "@media print", 'name="viewport"'} <= {
        word for word in ("prefers-color-scheme: dark", "@media print", 'name="viewport"') if word in html
    }


@pytest.mark.usefixtures("compared")
def test_the_report_states_the_number_beside_every_rate(tmp_path: Path) -> None:
    html = (tmp_path / "report.html").read_text("utf-8")
    assert html.count("%</small>") == 0
    rates = re.findall(r"[\d.]+% <small>(\d+)/(\d+)</small>", html)
    assert rates
    assert len(rates) == len(re.findall(r"\d%(?! of)", re.sub(r"<style>.*?</style>", "", html, flags=re.S)))
    assert ("1", "3") in rates


def test_a_report_of_one_pack_compares_nothing(tmp_path: Path) -> None:
    file = tmp_path / "appeals.csv"
    file.write_text(HEADER, "utf-8")
    simulate(file, "appeals-zh", ["bozhou-2024@2"], tmp_path, at_once=1)
    html = (tmp_path / "report.html").read_text("utf-8")
    assert "结果不同的案件" not in html
    assert "bozhou-2024@2" in html
    assert not (tmp_path / "compare.csv").exists()
