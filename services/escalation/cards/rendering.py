"""A card's page as HTML, and as a PDF; both fit on one sheet of A4."""

from dataclasses import asdict
from functools import cache
from math import ceil
from pathlib import Path
from uuid import UUID

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.escalation.cards.page import CardPage, width
from shared.printing.typesetting import typeset

PAGES = Path(__file__).parent / "pages"
SIZES = (11.5, 11.0, 10.5, 10.0, 9.5, 9.0, 8.5, 8.0, 7.5, 7.0)
SHEET_PT = (459.0, 738.0)
"""What the margins in card.html leave of A4."""
LINE_EM, AROUND_EM = 1.45, 22.0


def html(card: CardPage, card_id: UUID) -> str:
    """The page; in print its letters are as large as one sheet allows."""
    return _environment().get_template("card.html").render(card=card, card_id=card_id, size=_print_size(card))


def _print_size(card: CardPage) -> float:
    """In points: the largest at which all lines, reckoned by their width, fit on the sheet."""
    return next((size for size in SIZES if _height(card, size) <= SHEET_PT[1]), SIZES[-1])


def _height(card: CardPage, size: float) -> float:
    """About how high the page is, in points, set in this size; see the paddings in card.html."""
    across = SHEET_PT[0] / size
    cells = [_lines(value, across - 9) for _, value in card.facts]
    paragraphs = [_lines(line, across - 2) for _, lines in card.sections for line in lines]
    lines = sum(cells) + sum(paragraphs) + _lines(card.opening, across - 2) + _lines(card.to, across)
    return size * (
        LINE_EM * (lines + len(card.sections)) + 0.65 * len(cells) + len(card.sections) + AROUND_EM
    )


def _lines(text: str, across: float) -> int:
    """How many lines a text takes, `across` ems wide."""
    return max(1, ceil(width(text) / 2 / across))


def pdf(card: CardPage) -> bytes:
    """The PDF (PDF/A-2b), with the letters it uses in it; set as large as one page allows."""
    return typeset(PAGES / "card.typ", "card", asdict(card))


@cache
def _environment() -> Environment:
    return Environment(loader=FileSystemLoader(PAGES), autoescape=True, undefined=StrictUndefined)
