"""Joint study (会商): invited units give their opinion within a limit. Staff of the case read all texts."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from services.dispatch.acts.base import AppealAct
from shared.rules.time.limits import Limit
from shared.web.bodies import Code, Text, wrong

MOST_INVITED = 20
StudyNumber = Annotated[int, Field(ge=1, le=1_000)]
"""Which study of the appeal, counted from 1."""


def _different(units: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(units)) < len(units):
        raise wrong("同一单位只能邀请一次", "names a unit twice: invite each once")
    return units


class AskStudy(AppealAct):
    """Ask `units` for their opinion on `question`, each within `limit` by its own office hours."""

    act: Literal["ask_study"] = "ask_study"
    units: Annotated[
        tuple[Code, ...], Field(min_length=1, max_length=MOST_INVITED), AfterValidator(_different)
    ]
    limit: Limit
    question: Text


class AnswerStudy(AppealAct):
    """An invited unit's opinion. `unit`: whose it is, where the office records one given on paper."""

    act: Literal["answer_study"] = "answer_study"
    number: StudyNumber
    text: Text
    unit: Code | None = None


class CloseStudy(AppealAct):
    """End a study with what came of it (会商结论); opinions that are missing are not waited for any more."""

    act: Literal["close_study"] = "close_study"
    number: StudyNumber
    conclusion: Text
