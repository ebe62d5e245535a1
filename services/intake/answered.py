"""The public status with the texts of the answers, for which dispatch is asked at view time."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from services.intake.timeline import public_sentence
from shared.appeals.answers import PublicAnswer
from shared.appeals.asking import AnswersUnavailable, answers_client
from shared.events import AppealComplaintDecided
from shared.service.service import ServiceContext


async def with_answers(shown: dict[str, Any], appeal_id: UUID, context: ServiceContext) -> dict[str, Any]:
    """The status with every text that its enterprise may read.

    Where dispatch cannot be asked the texts are missing, and `answers_complete` says so.
    """
    client = answers_client(context)
    try:
        answers = await client.answers_of(appeal_id) if client else None
    except AnswersUnavailable as error:
        context.log.warning("dispatch does not tell the answers", reason=str(error))
        answers = None
    return answered(shown, answers, context.zone)


def answered(shown: dict[str, Any], answers: Sequence[PublicAnswer] | None, zone: ZoneInfo) -> dict[str, Any]:
    """The status with these answers, also in its timeline; None where they could not be had. Pure."""
    return {
        **shown,
        "complaints": [_complaint(complaint, answers or ()) for complaint in shown["complaints"]],
        "timeline": _timeline(shown["timeline"], answers or (), zone),
        "answers": [_answer(answer, zone) for answer in answers or ()],
        "answers_complete": answers is not None,
    }


def _complaint(complaint: dict[str, Any], answers: Sequence[PublicAnswer]) -> dict[str, Any]:
    """The complaint with what the office answered, which events of earlier versions had themselves."""
    decided = (AppealComplaintDecided.type, complaint["answered_at"])
    text = next((answer.text for answer in answers if (answer.type, answer.occurred_at) == decided), None)
    return {**complaint, "answer": text or complaint["answer"] or None}


def _answer(answer: PublicAnswer, zone: ZoneInfo) -> dict[str, Any]:
    return {**answer.model_dump(), "occurred_at": answer.occurred_at.astimezone(zone)}


def _timeline(
    lines: list[dict[str, Any]], answers: Sequence[PublicAnswer], zone: ZoneInfo
) -> list[dict[str, Any]]:
    """The lines with their texts, and a line for each answer whose event has none, in the order of time."""
    texts: dict[Any, list[PublicAnswer]] = defaultdict(list)
    for answer in answers:
        texts[answer.occurred_at, answer.type, answer.unit].append(answer)
    timeline = []
    for line in lines:
        own = texts.pop((line["occurred_at"], line["type"], line["unit"]), ())
        timeline.append({**line, "text": "\n".join(answer.text for answer in own) or None})
    timeline += [_line(answer, zone) for rest in texts.values() for answer in rest]
    return sorted(timeline, key=lambda line: line["occurred_at"])


def _line(answer: PublicAnswer, zone: ZoneInfo) -> dict[str, Any]:
    zh, en = public_sentence(answer.type)
    return {
        "occurred_at": answer.occurred_at.astimezone(zone),
        "type": answer.type,
        "unit": answer.unit,
        "unit_name": answer.unit_name,
        "zh": zh,
        "en": en,
        "text": answer.text,
    }
