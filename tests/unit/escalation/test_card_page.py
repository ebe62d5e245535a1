"""The card as a document: numbered, explained, in two languages, and on one sheet whatever it says."""

import io
import shutil
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from services.escalation.cards.page import CardContext, CardPage, Language, card_page, number
from services.escalation.cards.rendering import html, pdf
from services.escalation.document import Card, CardStatus, CaseDocument
from shared.events import Deadline
from shared.printing.glyphs import MISSING, RAISED_AND_LOWERED, known, printable
from shared.rules.pack import pack_files
from shared.rules.time.limits import Limit, LimitUnit
from shared.rules.time.pauses import Pause
from shared.rules.wording.explain import explain
from tests.packs.histories import CALENDAR, loaded

ZONE = ZoneInfo("Asia/Shanghai")
POLICY = "亳州市进一步优化营商环境十条举措"
CLAUSE = "亳政办〔2024〕8号 §3"
LANGUAGES = pytest.mark.parametrize("language", ["zh-CN", "en"])
LEG, CARD = UUID(int=2), UUID(int=3)
STARTED, DUE = datetime(2026, 2, 13, 2, 11, tzinfo=UTC), datetime(2026, 2, 25, 9, 30, tzinfo=UTC)


def explained(limit: Limit, started_at: datetime = STARTED, pauses: tuple[Pause, ...] = ()) -> dict[str, str]:
    return explain(limit, started_at, CALENDAR, pauses=pauses, clause=CLAUSE)


THREE_DAYS = explained(Limit(number=3, unit=LimitUnit.WORKING_DAYS))


def case(
    *,
    explanation: dict[str, str] = THREE_DAYS,
    due_at: datetime = DUE,
    unit: str = "市交通运输局",
    **of_card: Any,
) -> CaseDocument:
    place = {"leg_id": LEG, "unit": "roads", "round": 1, "deadline": "reply"}
    card = {**place, "due_at": DUE, "card_id": CARD, "card": "yellow", "clause": CLAUSE, "issued_at": DUE}
    judged = Deadline.model_validate(
        {**place, "started_at": STARTED, "due_at": due_at, "explanation": explanation}
    )
    return CaseDocument(
        appeal_id=UUID(int=1),
        registration_number="BZ-20260213-00042",
        pack="bozhou-2024@1",
        units={"roads": unit},
        deadlines=[judged],
        cards=[Card.model_validate({**card, **of_card})],
    )


def printed(
    document: CaseDocument, language: Language = "zh-CN", subject: str = "厂区门口道路积水"
) -> CardPage:
    setting = CardContext(language, ZONE, subject, POLICY, datetime(2026, 3, 1, 2, tzinfo=UTC))
    return card_page(document, document.cards[-1], setting)


def text_of(content: bytes) -> str:
    """The text of a PDF, without spaces and line ends."""
    return "".join("".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages).split())


def squeezed(text: str) -> str:
    return "".join(text.split())


def pages(content: bytes) -> int:
    return len(PdfReader(io.BytesIO(content)).pages)


@LANGUAGES
def test_the_pdf_is_one_page_with_number_facts_and_explanation_to_be_read_out(language: Language) -> None:
    card = printed(case(), language)
    content = pdf(card)
    assert pages(content) == 1
    text = text_of(content)
    assert "BZ-20260213-00042/P1" in text
    for line in THREE_DAYS["zh" if language == "zh-CN" else "en"].splitlines():
        assert squeezed(line) in text
    for part in (card.title, card.to, card.opening, card.office, card.issued_on, card.receipt, *card.blanks):
        assert squeezed(part) in text
    for label, value in card.facts:
        assert squeezed(label) in text
        assert squeezed(value) in text


@LANGUAGES
def test_every_letter_of_the_pdf_is_in_it_and_no_more_than_those(language: Language) -> None:
    content = pdf(printed(case(), language))
    page = PdfReader(io.BytesIO(content)).pages[0]
    fonts = [font.get_object() for font in page["/Resources"]["/Font"].values()]
    assert fonts
    for font in fonts:
        descriptor = font["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
        assert "/FontFile3" in descriptor
        assert descriptor["/FontName"][7] == "+"
        assert "/ToUnicode" in font
    assert len(content) < 150_000


def test_the_page_says_the_same_as_the_pdf_and_escapes_what_people_wrote() -> None:
    card = printed(case(unit="市<b>交通</b>局"), subject="<script>alert(1)</script>")
    page = html(card, CARD)
    assert "<script>" not in page
    assert "<b>" not in page
    assert "市&lt;b&gt;交通&lt;/b&gt;局：" in page
    assert all(line in page for _, lines in card.sections for line in lines)
    assert f'href="{CARD}.pdf?language=zh-CN"' in page
    assert squeezed("<script>alert(1)</script>") in text_of(pdf(card))


def test_what_people_wrote_is_no_markup_of_the_pdf() -> None:
    subject = '#eval(read("/etc/passwd")) $x^2$ *bold* @ref <label> \\ // [a] \' "'
    assert squeezed(subject) in text_of(pdf(printed(case(), subject=subject)))


def test_a_card_is_numbered_by_its_place_in_the_case() -> None:
    document = case()
    second = document.cards[0].model_copy(update={"card_id": UUID(int=4), "round": 2})
    document.cards.append(second)
    assert number(document, document.cards[0]) == "BZ-20260213-00042/P1"
    assert number(document, second) == "BZ-20260213-00042/P2"


def test_a_card_at_midnight_is_of_the_day_that_ends() -> None:
    midnight = datetime(2026, 2, 25, 16, tzinfo=UTC)
    card = printed(case(issued_at=midnight))
    assert card.issued_on == "2026年2月25日"
    assert ("签发时间", "2026年2月25日 24:00") in card.facts


@pytest.mark.parametrize(
    ("status", "zh", "en"),
    [
        (CardStatus.ISSUED, "已签发", "issued"),
        (CardStatus.WITHDRAWN, "已撤回，不计入", "withdrawn, does not count"),
        (CardStatus.CLEARED, "已销除", "cleared"),
    ],
)
def test_a_card_says_how_it_stands(status: CardStatus, zh: str, en: str) -> None:
    assert ("状态", zh) in printed(case(status=status)).facts
    assert ("Status", en) in printed(case(status=status), "en").facts


@LANGUAGES
def test_a_card_whose_deadline_ends_at_another_time_now_explains_nothing_wrong(language: Language) -> None:
    card = printed(case(due_at=DUE + timedelta(days=7)), language)
    (explanation,) = card.sections[0][1]
    assert "系统" in explanation or "system" in explanation
    assert not any("2026-02" in line for line in card.sections[0][1])
    assert "起算时间" not in dict(card.facts)


def test_the_deadline_is_called_what_its_pack_calls_it() -> None:
    title = {"zh": "兑付期限", "en": "payout"}
    assert "兑付期限已于" in printed(case(deadline="payout", title=title)).opening
    assert "The payout deadline of appeal" in printed(case(deadline="payout", title=title), "en").opening


@LANGUAGES
def test_a_card_of_a_policy_that_is_not_here_names_its_clause_alone(language: Language) -> None:
    document = case()
    setting = CardContext(language, ZONE, "", "", DUE)
    assert dict(card_page(document, document.cards[0], setting).facts)[setting.say("basis")] == CLAUSE


@cache
def longest() -> dict[str, str]:
    """The longest explanation, for each language, of any limit of a shipped pack, through 2026."""
    texts = {"zh": "", "en": ""}
    for pack_id in pack_files.known():
        rules = loaded(pack_id)
        hours = rules.office_hours.hours()
        for rule in rules.limits:
            if rule.limit is None:
                continue
            for day in range(0, 365, 11):
                start = datetime(2026, 1, 1, 3, 20, tzinfo=UTC) + timedelta(days=day)
                for pauses in ((), (Pause(start + timedelta(days=1), start + timedelta(days=9)),)):
                    explanation = explain(
                        rules.limit(rule.limit), start, CALENDAR, hours, pauses, rule.clause or ""
                    )
                    texts = {
                        language: max(text, explanation[language], key=len)
                        for language, text in texts.items()
                    }
    return texts


PAUSES = tuple(Pause(STARTED + timedelta(days=2 * n), STARTED + timedelta(days=2 * n + 1)) for n in range(40))
MANY_PAUSES = explained(Limit(number=60, unit=LimitUnit.HALF_WORKING_DAYS), pauses=PAUSES)
EXTREMES = pytest.mark.parametrize(
    ("explanation", "subject", "unit"),
    [
        pytest.param(longest, "厂区门口道路积水", "市交通运输局", marks=pytest.mark.slow),
        (longest, "厂" * 200, "局" * 60),
        (lambda: MANY_PAUSES, "厂" * 200, "局" * 200),
        (lambda: {"zh": "长" * 5_000, "en": "long " * 2_000}, "w" * 200, "局" * 500),
        pytest.param(lambda: {"zh": "行\n" * 300, "en": "line\n" * 300}, "", "", marks=pytest.mark.slow),
    ],
    ids=["longest_of_packs", "long_title", "many_pauses", "one_endless_line", "many_lines"],
)


@EXTREMES
@LANGUAGES
def test_whatever_it_says_the_pdf_is_one_page(
    explanation: Callable[[], dict[str, str]], subject: str, unit: str, language: Language
) -> None:
    card = printed(case(explanation=explanation(), unit=unit), language, subject)
    content = pdf(card)
    assert pages(content) == 1
    assert all(squeezed(blank) in text_of(content) for blank in card.blanks)


@LANGUAGES
def test_the_longest_explanation_of_the_packs_is_not_cut(language: Language) -> None:
    lines = printed(case(explanation=longest()), language).sections[0][1]
    assert "\n".join(lines) == longest()["zh" if language == "zh-CN" else "en"]


@LANGUAGES
def test_a_longer_one_is_cut_with_a_word_on_where_the_rest_is(language: Language) -> None:
    lines = printed(case(explanation=MANY_PAUSES), language).sections[0][1]
    whole = MANY_PAUSES["zh" if language == "zh-CN" else "en"].splitlines()
    assert 1 < len(lines) < len(whole)
    assert list(lines[:-1]) == whole[: len(lines) - 1]
    assert lines[-1].startswith(("以上为节选", "This is an extract"))


@EXTREMES
@LANGUAGES
def test_whatever_it_says_the_page_prints_on_one_sheet(
    explanation: Callable[[], dict[str, str]], subject: str, unit: str, language: Language, tmp_path: Path
) -> None:
    if (browser := shutil.which("chromium")) is None:
        pytest.skip("NOT RUN: there is no chromium to print with")
    page, print_file = tmp_path / "card.html", tmp_path / "card.pdf"
    page.write_text(
        html(printed(case(explanation=explanation(), unit=unit), language, subject), CARD), "utf-8"
    )
    options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}/profile"]
    subprocess.run(
        [browser, *options, "--no-pdf-header-footer", f"--print-to-pdf={print_file}", page.as_uri()],
        check=True,
        capture_output=True,
        timeout=60,
    )
    assert pages(print_file.read_bytes()) == 1


def test_several_pdfs_can_be_made_at_once() -> None:
    cards = [printed(case(), subject=f"第{n}件") for n in range(6)]
    with ThreadPoolExecutor(3) as threads:
        contents = list(threads.map(pdf, cards))
    assert all(f"第{n}件" in text_of(content) for n, content in enumerate(contents))


@settings(deadline=None)
@given(st.text(st.characters()))
def test_every_text_becomes_one_that_the_fonts_have(text: str) -> None:
    cleaned = printable(text)
    assert known().issuperset(cleaned)
    assert printable(cleaned) == cleaned
    assert len(cleaned) <= len(text)


@pytest.mark.parametrize(
    ("subject", "read"),
    [
        ("SO₂与NOₓ排放", "SO₂与NO〓排放"),
        ("5×10⁻² mg", "5×10⁻² mg"),
        ("☑ 已修👍🏽", "〓 已修〓〓"),
        ("𠮷祥饭店", "〓祥饭店"),
        ("주식회사", "〓〓〓〓"),
        ("قەشقەر", "〓〓〓〓〓〓"),
        ("བོད་", "〓〓〓"),
        ("ᠮᠣᠩᠭᠣᠯ", "〓〓〓〓〓〓"),
        ("\ue000\U000f0000\ufffd\ufffe\U0010ffff", "〓〓〓〓〓"),
        ("一\u202e二\u2067三\u200b四\ufe0f", "一二三四"),
        ("一\u2028二\x00三", "一 二 三"),
        (RAISED_AND_LOWERED, RAISED_AND_LOWERED),
    ],
)
def test_a_title_in_any_letters_is_printed(subject: str, read: str) -> None:
    assert printable(subject) == read
    assert squeezed(read.replace(MISSING, "")[:4]) in squeezed(text_of(pdf(printed(case(), subject=subject))))
