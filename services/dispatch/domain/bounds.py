"""How much one case may hold, so that its judgement, which states all its deadlines, fits into one event."""

from services.dispatch.document import AppealDocument
from services.dispatch.leg import LegDocument
from shared.service.errors import Conflict

MOST_LEGS = 20
MOST_REFERRALS = 20
MOST_STAGES, MOST_STAGE_DATES = 120, 240
MOST_PAUSES = MOST_OBJECTIONS = MOST_EXTENSIONS = MOST_PROMISES = 20
"""Of one leg."""
MOST_STUDIES = MOST_TRANSFERS = 20
MOST_NOTES, MOST_URGINGS = 200, 100
"""Notes of one case, urgings of one leg: what may be written without end is read by nobody."""


def check_legs(appeal: AppealDocument, new: int) -> None:
    """Raise `Conflict` where the case would have too many legs."""
    _check(len(appeal.legs) + new, MOST_LEGS, ("承办件", "legs"), "legs")


def check_stages(appeal: AppealDocument, new_dates: int) -> None:
    """Raise `Conflict` where the case would have too many stages or dates of stages."""
    stages = [stage for leg in appeal.legs for stage in leg.stages]
    proposals = sum(leg.proposals for leg in appeal.legs)
    _check(
        sum(stage.number is None for stage in stages) + proposals + 1,
        MOST_STAGES,
        ("环节填报", "reports of stages"),
        "stage",
    )
    dates = sum(len(stage.dates) for stage in stages) + new_dates
    _check(dates, MOST_STAGE_DATES, ("环节日期", "dates of stages"), "dates")


def check_pauses(leg: LegDocument) -> None:
    """Raise `Conflict` where the leg would be paused too often."""
    _check(leg.pauses + 1, MOST_PAUSES, ("暂停", "pauses"))


def check_referrals(appeal: AppealDocument) -> None:
    """Raise `Conflict` where the case would be referred too often."""
    _check(len(appeal.referrals) + 1, MOST_REFERRALS, ("引导", "referrals"))


def check_objections(leg: LegDocument) -> None:
    """Raise `Conflict` where the unit would object too often."""
    _check(leg.objections + 1, MOST_OBJECTIONS, ("派单异议", "objections"))


def check_extensions(leg: LegDocument) -> None:
    """Raise `Conflict` where the leg's limits would be extended too often."""
    _check(len(leg.extended) + 1, MOST_EXTENSIONS, ("延期", "extensions"))


def check_promises(leg: LegDocument) -> None:
    """Raise `Conflict` where the unit would promise another day too often."""
    _check(len(leg.promises) + 1, MOST_PROMISES, ("承诺", "promises"), "planned_on")


def check_notes(appeal: AppealDocument) -> None:
    """Raise `Conflict` where the case would have too many notes."""
    _check(appeal.notes + 1, MOST_NOTES, ("内部备注", "notes"), "text")


def check_studies(appeal: AppealDocument) -> None:
    """Raise `Conflict` where the case would have too many joint studies."""
    _check(len(appeal.studies) + 1, MOST_STUDIES, ("会商", "joint studies"))


def check_transfers(appeal: AppealDocument) -> None:
    """Raise `Conflict` where the case would be transferred too often."""
    _check(len(appeal.transfers) + 1, MOST_TRANSFERS, ("转接", "transfers"))


def check_urgings(leg: LegDocument) -> None:
    """Raise `Conflict` where the unit would be urged too often."""
    _check(leg.urged + 1, MOST_URGINGS, ("催办", "urgings"))


def _check(number: int, most: int, names: tuple[str, str], field: str | None = None) -> None:
    if number > most:
        zh, en = names
        raise Conflict(
            f"{zh}已达上限：最多 {most} 个（次）", f"too many {en}: this would be {number}, {most} fit", field
        )
