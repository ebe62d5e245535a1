"""The assignment (交办单) and the letter (督办函) as PDF: complete, escaped, the same each time."""

import io
from dataclasses import asdict
from datetime import timedelta

import pytest
from pypdf import PdfReader

from services.dispatch.acts.notes import Urge
from services.dispatch.papers.api import TEMPLATE
from services.dispatch.papers.assignment import assignment
from services.dispatch.papers.paper import Paper, PaperContext
from services.dispatch.papers.supervision import supervision
from shared.events import Verdict
from shared.printing.typesetting import typeset
from shared.service.errors import Conflict
from tests.unit.dispatch.case import OFFICE, ZONE, CaseAtDispatch, at

HOSTILE = '#import "/etc/passwd": * #eval("1+1") $x^2$ *粗* _斜_ `码` <标> @引用 [框] // 注 \\ " 结束'


def context(case: CaseAtDispatch, leg: int = 0) -> PaperContext:
    return PaperContext(case.appeal, case.appeal.legs[leg], case.deadlines, ZONE)


def printed(paper: Paper) -> str:
    reader = PdfReader(io.BytesIO(typeset(TEMPLATE, "paper", asdict(paper))))
    return "".join("".join(page.extract_text().split()) for page in reader.pages)


def test_an_assignment_says_to_whom_what_until_when() -> None:
    case = CaseAtDispatch().assigned("roads", "water", marks=["inherited"])
    case.runs("completion", at("11-19 17:30")).runs("contact", at("11-10 17:30"))
    text = printed(assignment(context(case)))
    for part in (
        "诉求交办单",
        "LD-20261109-00001/J1",
        "市交通局：",
        "路灯不亮",
        "市交通局（主办）",
        "市水务局（协办）",
        "历史遗留",
        "第1次交办",
        "办结2026年11月19日17:30计时中",
        "营商环境办（盖章）2026年11月9日",
        "签收人：",
    ):
        assert part in text, part
    assert text.index("联系企业2026年11月10日17:30") < text.index("办结2026年11月19日17:30")
    assert "LD-20261109-00001/J2" in printed(assignment(context(case, 1)))


def test_a_letter_says_what_passed_and_how_often_the_unit_was_urged() -> None:
    case = CaseAtDispatch().assigned()
    with pytest.raises(Conflict, match="urge it"):
        supervision(context(case), case.now)
    case.do(OFFICE, Urge, text="请今日办理")
    urged = printed(supervision(context(case), case.now))
    assert "经1次催办（最近一次为2026年11月9日09:02）仍未办结" in urged
    assert "超期" not in urged
    case.runs("reply", at("11-12 17:30"), Verdict.OVERDUE).runs("completion", at("11-19 17:30"))
    late = printed(supervision(context(case), at("11-13 09:00")))
    for part in (
        "督办函",
        "/D1",
        "有1项时限已超期",
        "回复办理情况2026年11月12日17:30已超期",
        "2026年11月13日",
    ):
        assert part in late, part
    assert "11月19日" not in late
    assert "今日办理" not in late


def test_what_people_wrote_is_printed_as_they_wrote_it() -> None:
    case = CaseAtDispatch().assigned()
    case.appeal.title = case.appeal.enterprise = HOSTILE
    text = printed(assignment(context(case)))
    assert text.count("".join(HOSTILE.split())) == 2


def test_letters_that_no_font_has_are_marked_and_long_texts_break_over_pages() -> None:
    case = CaseAtDispatch().assigned()
    case.appeal.title = "字\U0001f525" + "很长的标题" * 400
    paper = assignment(context(case))
    pdf = typeset(TEMPLATE, "paper", asdict(paper))
    assert len(PdfReader(io.BytesIO(pdf)).pages) > 1
    assert "字〓很长的标题" in printed(paper)


def test_the_same_paper_is_the_same_bytes() -> None:
    case = CaseAtDispatch().assigned()
    case.do(OFFICE, Urge, text="请今日办理")
    paper = supervision(context(case), case.now)
    first = typeset(TEMPLATE, "paper", asdict(paper))
    assert typeset(TEMPLATE, "paper", asdict(paper)) == first
    tomorrow = supervision(context(case), case.now + timedelta(days=1))
    assert typeset(TEMPLATE, "paper", asdict(tomorrow)) != first
