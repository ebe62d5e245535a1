"""What a leg owes (欠款): its account, made of the stages that count, and what is checked by it. Pure."""

from decimal import Decimal

from services.dispatch.acts.stages import Reach
from services.dispatch.leg import LegDocument
from shared.rules.arrears import NOTHING, Account
from shared.rules.pack.desks import Stage
from shared.rules.pack.pack import Pack
from shared.rules.pack.triggers import Meeting, Start
from shared.service.errors import Conflict, Invalid


def account(leg: LegDocument, pack: Pack) -> Account:
    """What the leg owes, by the stages that count. It is judged by the same arithmetic."""
    stages = {stage.stage: stage for stage in pack.stages}
    leg_account, round_at = Account(), leg.round_at
    for reached in leg.stages:
        if round_at is not None and reached.reached_at >= round_at:
            leg_account.reopen()
            round_at = None
        stage = stages.get(reached.stage)
        if stage and stage.pays:
            leg_account.pay(reached.paid, in_full=reached.in_full)
        elif stage and stage.sums and reached.dates:
            leg_account.agree(dict(zip(reached.dates, reached.sums, strict=False)))
        elif stage and stage.sums and reached.sums:
            leg_account.owed = sum(reached.sums, NOTHING)
    if round_at is not None:
        leg_account.reopen()
    return leg_account


def sums_of(act: Reach, stage: Stage) -> tuple[Decimal, ...]:
    """The sums that the stage brings: one for each date, or the one that is owed."""
    if not stage.sums:
        return ()
    return act.amounts if stage.dates else (act.amount,) if act.amount is not None else ()


def check_sums(leg: LegDocument, act: Reach, stage: Stage, pack: Pack) -> None:
    """Raise `Invalid` for sums that are missing, or for a plan of less than what is still owed."""
    title = stage.title.zh
    if act.amounts and len(act.amounts) != len(act.dates):
        raise Invalid("金额须与日期一一对应", "give one amount for each date", "amounts")
    if stage.sums and stage.dates and not act.amounts:
        raise Invalid(
            f"“{title}”须逐期填写金额", f"{stage.stage}: give the amount due at each date", "amounts"
        )
    if act.amount is None and stage.sums and not stage.dates:
        raise Invalid(f"“{title}”须填写金额", f"{stage.stage}: give the amount that is owed", "amount")
    if act.amount is None and stage.pays and not act.in_full:
        raise Invalid(f"“{title}”须填写实付金额", f"{stage.stage}: give the amount that was paid", "amount")
    if act.in_full and not stage.pays:
        raise Invalid(
            f"“{title}”不是付款环节", f"nothing is paid by {stage.stage}: leave this out", "in_full"
        )
    still = account(leg, pack).open() if stage.sums and stage.dates else None
    if still is not None and sum(act.amounts, NOTHING) < still:
        raise Invalid(
            f"计划合计少于尚欠金额 {still} 元，不得留有余欠",
            f"the plan is of less than the {still} yuan that are still owed: no part may be left over",
            "amounts",
        )


def check_completion(leg: LegDocument, pack: Pack) -> None:
    """Raise `Conflict` for a unit that says it is done while it owes money or a decision."""
    if decides := pack.approval.decides if pack.approval else {}:
        titles = {stage.stage: stage.title for stage in pack.stages}
        zh = "或".join(f"“{titles[stage].zh}”" for stage in decides)
        en = " or ".join(decides)
        raise Conflict(f"审批件以作出决定为办结：请填报{zh}", f"a decision completes it: say {en}", "outcome")
    pays = {stage.stage for stage in pack.stages if stage.pays}
    if not pays or (owes := account(leg, pack)).settled():
        return
    if owes.open() is not None or _only_money_meets(leg, pack, pays):
        zh, en = ("", "") if owes.open() is None else (f"（尚欠 {owes.open()} 元）", f" ({owes.open()} yuan)")
        raise Conflict(
            f"尚有欠款未还{zh}：由债权企业或者营商环境办确认已全部付清后方可办结",
            f"something is still owed{en}: the creditor or the office first confirms that all is paid",
            "outcome",
        )


def _only_money_meets(leg: LegDocument, pack: Pack, pays: set[str]) -> bool:
    """Whether a limit of the leg began that a payment meets and the unit's own word does not."""
    begun = {Start.ROUND, *(reached.stage for reached in leg.stages)}
    return any(
        rule.start in begun and pays & set(meets) and Meeting.COMPLETED not in meets
        for rule in pack.limits
        if (meets := pack.met_by.get(rule.deadline, ()))
    )
