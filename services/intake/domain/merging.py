"""Merging of repeats (并单): one appeal is handled, each keeps its number, clocks, answers and rating. Pure.

There are two levels: an appeal that leads others is merged into none, and a merged appeal leads none.
"""

from collections.abc import Callable
from datetime import datetime

from services.intake import timeline
from services.intake.document import ENDED, AppealDocument, EndedMerge, MergeRecord
from shared import events
from shared.events import Event
from shared.rules.judging.state import CaseState
from shared.rules.pack.pack import Pack
from shared.service.errors import Conflict

OPEN = tuple(state for state in CaseState if state not in ENDED)
Changes = tuple[list[AppealDocument], list[Event]]
"""Changed copies of the appeals, the merged one first, and the events of the change."""


def merge(
    appeal: AppealDocument,
    lead: AppealDocument,
    former_lead: AppealDocument | None,
    reason: str,
    at: datetime,
    pack_of: Callable[[str], Pack],
    *,
    past: bool,
) -> Changes:
    """Handle the appeal with `lead` from now on, and no longer with `former_lead`.

    Raises `Conflict` where the appeals or their packs do not allow it.
    """
    if appeal.appeal_id == lead.appeal_id:
        raise Conflict(
            "诉求不能并入自身，请另选", "an appeal cannot be merged with itself: name another", "lead"
        )
    if not past:
        appeal.require(*OPEN)
        _require_open(lead)
    _check_levels(appeal, lead)
    _check_packs(pack_of(appeal.pack), pack_of(lead.pack))
    appeals: list[AppealDocument] = []
    separations: list[Event] = []
    if former_lead is None:
        appeal = appeal.model_copy()
    else:
        (appeal, *appeals), separations = _separate(appeal, former_lead, reason, at)
    lead = lead.model_copy()
    lead.leads += 1
    lead.update_state()
    appeal.merged = MergeRecord(
        lead=lead.appeal_id, lead_number=lead.registration_number, reason=reason, merged_at=at
    )
    event = _merge_event(appeal, events.AppealMerged, at)
    appeal.add_entry(timeline.entry_of(event))
    appeal.update_state()
    return [appeal, lead, *appeals], [*separations, event]


def unmerge(appeal: AppealDocument, lead: AppealDocument, reason: str, at: datetime) -> Changes:
    """Handle the appeal by itself again. Raises `Conflict` where it is merged with none."""
    (appeal, lead), (event,) = _separate(appeal, lead, reason, at)
    appeal.add_entry(timeline.entry_of(event))
    appeal.update_state()
    return [appeal, lead], [event]


def require_merged(appeal: AppealDocument) -> MergeRecord:
    """The merge that holds. Raises `Conflict` where the appeal is merged with none."""
    if appeal.merged is None:
        raise Conflict("该诉求未与其他诉求并单", "this appeal is not merged with another")
    return appeal.merged


def _separate(appeal: AppealDocument, lead: AppealDocument, reason: str, at: datetime) -> Changes:
    """End the merge; the caller completes the appeal's timeline and state."""
    appeal, lead = appeal.model_copy(), lead.model_copy()
    event = _merge_event(appeal, events.AppealUnmerged, at)
    ended = EndedMerge(**require_merged(appeal).model_dump(), parted_at=at, parted_for=reason)
    appeal.earlier_mergings, appeal.merged = [*appeal.earlier_mergings, ended], None
    lead.leads -= 1
    lead.update_state()
    return [appeal, lead], [event]


def _merge_event(appeal: AppealDocument, type_: type[events.MergeEvent], at: datetime) -> Event:
    merge = require_merged(appeal)
    return appeal.event(type_, at, lead=merge.lead, lead_number=merge.lead_number)


def _require_open(lead: AppealDocument) -> None:
    if lead.state in ENDED:
        raise Conflict(
            f"拟并入的诉求 {lead.registration_number} 现为“{lead.state.zh}”，请另选尚在办理的",
            f"{lead.registration_number} is {lead.state}: name one that is still handled",
            "lead",
        )


def _check_levels(appeal: AppealDocument, lead: AppealDocument) -> None:
    if appeal.merged is not None and appeal.merged.lead == lead.appeal_id:
        raise Conflict("已并入该诉求", "it is merged with this one already", "lead")
    if lead.merged is not None:
        handled = lead.merged.lead_number
        raise Conflict(
            f"该诉求已并入 {handled}，请改填 {handled}",
            f"{lead.registration_number} is itself merged with {handled}: name {handled}",
            "lead",
        )
    if count := appeal.leads:
        raise Conflict(
            f"有 {count} 件诉求并入本诉求，请先将其改并或取消并单",
            f"{count} appeals are merged with this one: merge them with the other or unmerge them first",
        )


def _check_packs(own: Pack, lead: Pack) -> None:
    if own.id != lead.id:
        raise Conflict(
            f"两件诉求适用的规则包不同（{own.id} 与 {lead.id}），不能并单",
            f"one is under {own.id}, the other under {lead.id}: only appeals of one pack can be merged",
            "lead",
        )
    if own.merging is None or lead.merging is None:
        raise Conflict(
            f"适用规则 {own.ref} 与 {lead.ref} 不都允许并单",
            f"{own.ref} and {lead.ref} do not both let appeals be merged",
        )
