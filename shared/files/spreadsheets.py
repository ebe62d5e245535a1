"""Cells of files that people open in a spreadsheet. Pure."""

import re

_FORMULA = re.compile("[=+\\-@\t\r\n＝＋－＠](?!(?<=[+-])[0-9]+([.][0-9]+)?\\Z)")
"""The start of a text that a spreadsheet would run as a formula; a signed number is none."""


def harmless(text: str) -> str:
    """`text`, with an apostrophe before it if a spreadsheet would run it as a formula."""
    return f"'{text}" if _FORMULA.match(text) else text
