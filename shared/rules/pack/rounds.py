"""Rounds: how often a case was dispatched, as a pack writes it."""

import re
from math import inf
from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema

ROUNDS = r"^[1-9][0-9]?\+?$"


def _rounds(text: str) -> str:
    if not re.fullmatch(ROUNDS, text):
        raise ValueError(f"'{text}' are no rounds: write 2 for the second, 2+ for it and all later ones")
    return text


Rounds = Annotated[
    str,
    AfterValidator(_rounds),
    WithJsonSchema(
        {"anyOf": [{"type": "string", "pattern": ROUNDS}, {"type": "integer", "minimum": 1, "maximum": 99}]}
    ),
]
EVERY_ROUND = "1+"


def first_and_last(rounds: str) -> tuple[int, float]:
    """Of `2`: 2 and 2. Of `2+`: 2 and infinity."""
    first = int(rounds.rstrip("+"))
    return first, inf if rounds.endswith("+") else first


def within(number: int, rounds: str) -> bool:
    """Whether round `number` is one of `rounds`."""
    first, last = first_and_last(rounds)
    return first <= number <= last


def overlap(rounds: str, other: str) -> bool:
    """Whether a round is in both."""
    return within(first_and_last(rounds)[0], other) or within(first_and_last(other)[0], rounds)
