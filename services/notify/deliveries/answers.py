"""Asks dispatch for the text that a parcel carries, when it leaves."""

from datetime import datetime, timedelta

from services.notify.deliveries.parcels import Parcel
from services.notify.messages.answering import carries_answer, text_of
from shared.appeals.asking import AnswersUnavailable, answers_client
from shared.judging.rulebook import rulebook
from shared.service.service import ServiceContext

ANSWER_WAIT = timedelta(seconds=30)
"""How long a parcel waits until dispatch is asked again for the text that it carries."""
ANSWER_PATIENCE = timedelta(minutes=30)
"""How long after it was written a parcel waits for its text; after that it leaves without."""


class ParcelAnswers:
    """Gives parcels their texts. What a pack keeps confidential leaves without."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context
        self._client = answers_client(context)

    async def text_of(self, parcel: Parcel, at: datetime) -> str | None:
        """The text that the parcel carries; None where it carries none, or waited long enough for it.

        A digest carries none: it lists what there is to read. Raises `AnswersUnavailable` to be asked again.
        """
        first = parcel.parts[0]
        if self._client is None or len(parcel.parts) > 1:
            return None
        if not carries_answer(first.recipient, first.template):
            return None
        if rulebook(self._context).is_confidential(first.pack):
            return None
        try:
            answers = await self._client.answers_of(first.appeal_id)
        except AnswersUnavailable as error:
            if at < first.written_at + ANSWER_PATIENCE:
                raise
            self._context.log.warning("a message leaves without its text", reason=str(error))
            return None
        return text_of(answers, first.template, first.occurred_at)
