"""Personal data of a case were erased: what each service took out of its own records, in numbers alone."""

from typing import Annotated

from pydantic import Field

from shared.events.base import Event

Number = Annotated[int, Field(ge=0)]


class ErasureEvent(Event):
    """`values`: so many personal values were erased in the records of the service."""

    values: Number


class AppealPersonsErased(ErasureEvent):
    """Who asked, and what people wrote, was erased at intake, with `files` attachments: others follow."""

    type = "appeal.persons_erased.v1"
    source = "intake"

    files: Number


class UnitPersonsErased(ErasureEvent):
    """The texts of units and of the office about the appeal were erased at dispatch."""

    type = "unit.persons_erased.v1"
    source = "dispatch"


class CasePersonsErased(ErasureEvent):
    """The reasons, instructions and summaries of the appeal were erased at escalation."""

    type = "case.persons_erased.v1"
    source = "escalation"


class LoanPersonsErased(ErasureEvent):
    """The contact, and what people wrote, was erased of a loan request and of its complaints."""

    type = "loan.persons_erased.v1"
    source = "financing"


class NoticePersonsErased(ErasureEvent):
    """The addresses of the enterprise, and the texts of messages to it, were erased at notify."""

    type = "notice.persons_erased.v1"
    source = "notify"
