"""Past acts as they are brought in: those of each appeal by themselves, for good or on trial."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from services.dispatch.acts.past import PastAct, PastRegistration
from services.dispatch.api import key_for, units_for
from services.dispatch.bulk.running import Outcome, Row, done
from services.dispatch.document import AppealDocument, Unit
from services.dispatch.domain.context import ActContext
from services.dispatch.work import GroupKey, Work
from shared.judging.rulebook import rulebook
from shared.service.errors import HuyingError, Invalid, Unavailable
from shared.web.bodies import in_item
from shared.web.request import RequestContext, WriteContext
from shared.web.writer import Answer

AT_ONCE = 500
"""Appeals whose acts wait for the writer together."""
Units = Mapping[str, Unit]
DONE = Answer("")


class PastActs(NamedTuple):
    """The acts of one appeal in their order, each with its place in the request."""

    appeal_id: UUID
    acts: tuple[tuple[int, PastAct], ...]

    @property
    def key(self) -> UUID | GroupKey:
        """What the unit of work must load for the acts: the followers too, where one is repeated on them."""
        keys = [key_for(self.appeal_id, past.act) for _, past in self.acts]
        return next((key for key in keys if isinstance(key, GroupKey)), self.appeal_id)


def by_appeal(acts: Sequence[PastAct]) -> list[PastActs]:
    """The acts of each appeal, in the order in which the appeals are first named."""
    numbered: dict[UUID, list[tuple[int, PastAct]]] = {}
    for i, past in enumerate(acts):
        numbered.setdefault(past.appeal_id, []).append((i, past))
    return [PastActs(appeal_id, tuple(own)) for appeal_id, own in numbered.items()]


def perform_past(work: Work, request: RequestContext, past_acts: PastActs, units: Units) -> None:
    """Do the acts at their own times. Raises what one is refused for, with its place in the request."""
    rules, clock = rulebook(request.context), request.context.clock
    for i, past in past_acts.acts:
        with in_item("acts", i):
            clock.check_import(past.occurred_at)
            pack = rules.pack_of(work.appeal(past.appeal_id).pack)
            context = ActContext(past.occurred_at, request.caller, pack, rules.calendar, units, past=True)
            work.perform(past.appeal_id, past.act, context)


async def each_done(request: WriteContext, all_acts: Sequence[PastActs]) -> list[Outcome]:
    """What came of the acts of each appeal, for good. Raises `Unavailable` where the database is away."""
    units = await _units_of_each(request, all_acts)
    outcomes: list[Outcome] = []
    for start in range(0, len(all_acts), AT_ONCE):
        rows = [_row(request, past_acts, units) for past_acts in all_acts[start : start + AT_ONCE]]
        outcomes += await done(request, rows)
    if away := next((outcome for outcome in outcomes if type(outcome) is Unavailable), None):
        raise away  # sent again, the acts that were done are found done
    return outcomes


def _row(request: WriteContext, past_acts: PastActs, units: Mapping[UUID, Units | HuyingError]) -> Row:
    def do(work: Work) -> Answer:
        with work.all_or_none(past_acts.appeal_id):
            perform_past(work, request, past_acts, _or_refused(units[past_acts.appeal_id]))
        return DONE

    return Row(past_acts.appeal_id, past_acts.key, do)


async def each_tried(
    request: WriteContext, all_acts: Sequence[PastActs], registered: Iterable[PastRegistration]
) -> list[Outcome]:
    """What would come of the acts of each appeal, were those of `registered` here that are not."""
    units = await _units_of_each(request, all_acts)
    outcomes: list[Outcome] = []

    def do(work: Work) -> Answer:
        open_files(work, registered)
        for past_acts in all_acts:
            try:
                perform_past(work, request, past_acts, _or_refused(units[past_acts.appeal_id]))
                outcomes.append(DONE)
            except HuyingError as refusal:
                outcomes.append(refusal)
        return DONE

    await request.rehearse({past_acts.key for past_acts in all_acts}, do)
    return outcomes


def open_files(work: Work, registered: Iterable[PastRegistration]) -> None:
    """Let `work` have the appeals that dispatch does not know yet, as far as an act asks for them."""
    for registration in registered:
        if registration.appeal_id not in work.appeals:
            unasked = dict.fromkeys(("registration_number", "title", "channel"), "")
            work.appeals[registration.appeal_id] = AppealDocument(
                **registration.model_dump(), **unasked, enterprise=None, locality=None
            )


async def _units_of_each(
    request: RequestContext, all_acts: Sequence[PastActs]
) -> dict[UUID, Units | HuyingError]:
    """By appeal, the units that its acts name, or the refusal of one that nobody knows."""
    pairs = [(own.appeal_id, past.act) for own in all_acts for _, past in own.acts]
    try:
        return dict.fromkeys((own.appeal_id for own in all_acts), await units_for(request, pairs))
    except Invalid:
        return {own.appeal_id: await _units_of(request, own) for own in all_acts}


async def _units_of(request: RequestContext, past_acts: PastActs) -> Units | HuyingError:
    units: dict[str, Unit] = {}
    try:
        for i, past in past_acts.acts:
            with in_item("acts", i):
                units |= await units_for(request, [(past_acts.appeal_id, past.act)])
    except Invalid as refusal:
        return refusal
    return units


def _or_refused(units: Units | HuyingError) -> Units:
    if isinstance(units, HuyingError):
        raise units
    return units
