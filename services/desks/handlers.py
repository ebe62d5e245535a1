"""What desks does about the events it hears: it keeps their facts, and a line of the timeline for each."""

from services.desks.facts.keeping import keep
from services.desks.work import Work
from shared import events
from shared.events import CATALOGUE
from shared.messaging.consumer import Handlers


def keep_facts(work: Work, event: events.Event) -> None:
    case = work.case_of(event)
    keep(case, event)
    case.touch(event)
    work.save(case)
    work.add_line(event)


def keep_deadlines(
    work: Work, event: events.AppealJudged | events.LoanJudged | events.ComplaintJudged
) -> None:
    """A judgement is nothing that happened in the case: it has no line, and the case no news."""
    case = work.case_of(event)
    keep(case, event)
    work.save(case)
    work.keep_explanations(event)


def add_line(work: Work, event: events.Event) -> None:
    work.add_line(event)


def keep_unit(work: Work, event: events.UnitChanged) -> None:
    work.keep_unit(event)


HANDLERS: Handlers = {
    **{
        type_: add_line if type_.source == "notify" else keep_facts
        for type_ in CATALOGUE.values()
        if not issubclass(type_, events.DirectoryEvent)
    },
    events.AppealJudged: keep_deadlines,
    events.LoanJudged: keep_deadlines,
    events.ComplaintJudged: keep_deadlines,
    events.UnitChanged: keep_unit,
}
"""Of every event of the catalogue but those about leaders, whom no list of the desks names."""
