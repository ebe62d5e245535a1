"""Repeats of one problem (并单): one appeal is handled, each keeps its number, clocks, answers and rating.

Two levels and no more: an appeal that leads others is merged into none, and one that is merged leads none.
"""

from collections.abc import Callable
from datetime import datetime

from services.intake import telling
from services.intake.file import ENDED, File, Merged, Parted
from shared import events
from shared.events import Event
from shared.rules.judging.state import CaseState
from shared.rules.pack.pack import Pack
from shared.service.errors import Conflict

OPEN = tuple(state for state in CaseState if state not in ENDED)
Changed = tuple[list[File], list[Event]]
"""Changed copies of the files, that of the merged appeal first, and what was said."""


def merge(
    file: File,
    lead: File,
    left: File | None,
    reason: str,
    at: datetime,
    pack_of: Callable[[str], Pack],
    *,
    past: bool,
) -> Changed:
    """Handle the appeal with `lead` from now on, and no more with `left`, its lead so far.

    Raises `Conflict` with the reason where the cases or their packs do not allow it.
    """
    if file.appeal_id == lead.appeal_id:
        raise Conflict("诉求不能并入自身", "an appeal cannot be merged with itself: name another", "lead")
    if not past:
        file.require(*OPEN)
        _require_open(lead)
    _check_levels(file, lead)
    _check_packs(pack_of(file.pack), pack_of(lead.pack))
    files, said = ([], []) if left is None else _part(file, left, reason, at)
    file = files.pop(0) if files else file.model_copy()
    lead = lead.model_copy()
    lead.leads += 1
    lead.settle()
    file.merged = Merged(
        lead=lead.appeal_id, lead_number=lead.registration_number, reason=reason, merged_at=at
    )
    event = _said(file, events.AppealMerged, at)
    file.add(telling.entry(event))
    file.settle()
    return [file, lead, *files], [*said, event]


def unmerge(file: File, lead: File, reason: str, at: datetime) -> Changed:
    """Handle the appeal by itself again."""
    files, said = _part(file, lead, reason, at)
    files[0].add(telling.entry(said[0]))
    files[0].settle()
    return files, said


def require_merged(file: File) -> Merged:
    """What the appeal is merged into. `Conflict` where it is merged into none."""
    if file.merged is None:
        raise Conflict("该诉求未并单", "this appeal is not merged with another")
    return file.merged


def _part(file: File, lead: File, reason: str, at: datetime) -> Changed:
    file, lead = file.model_copy(), lead.model_copy()
    said = _said(file, events.AppealUnmerged, at)
    parted = Parted(**require_merged(file).model_dump(), parted_at=at, parted_for=reason)
    file.earlier_mergings, file.merged = [*file.earlier_mergings, parted], None
    lead.leads -= 1
    lead.settle()
    return [file, lead], [said]


def _said(file: File, type_: type[events.MergeEvent], at: datetime) -> Event:
    merged = require_merged(file)
    return file.say(type_, at, lead=merged.lead, lead_number=merged.lead_number)


def _require_open(lead: File) -> None:
    if lead.state in ENDED:
        raise Conflict(
            f"拟并入的诉求 {lead.registration_number} 已终结，请另选",
            f"{lead.registration_number} is {lead.state}: name one that is still handled",
            "lead",
        )


def _check_levels(file: File, lead: File) -> None:
    if file.merged is not None and file.merged.lead == lead.appeal_id:
        raise Conflict("已并入该诉求", "it is merged with this one already", "lead")
    if lead.merged is not None:
        handled = lead.merged.lead_number
        raise Conflict(
            f"该诉求已并入 {handled}，请改填 {handled}",
            f"{lead.registration_number} is itself merged with {handled}: name {handled}",
            "lead",
        )
    if file.leads:
        raise Conflict(
            f"有 {file.leads} 件诉求并入本诉求，请先将其改并或取消并单",
            f"{file.leads} appeals are merged with this one: merge them with the other or unmerge them first",
        )


def _check_packs(own: Pack, lead: Pack) -> None:
    if own.id != lead.id:
        raise Conflict(
            "两件诉求适用的规则包不同，不能并单",
            f"one is under {own.id}, the other under {lead.id}: only appeals of one pack can be merged",
            "lead",
        )
    if own.merging is None or lead.merging is None:
        raise Conflict("适用规则不允许并单", f"{own.ref} and {lead.ref} do not both let appeals be merged")
