"""The parts of a paper (公文) about one leg, and the words that the assignment and the letter share. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from services.dispatch.document import AppealDocument, JudgedDeadline
from services.dispatch.domain.ends import NEVER
from services.dispatch.leg import LegDocument
from shared.events import Role, Verdict
from shared.rules.wording import moments, words

ROLES = {Role.LEAD: "主办", Role.ASSIST: "协办", Role.SUPERVISE: "督办", Role.FIRST_ASKED: "首问"}
OFFICE = "营商环境办（盖章）"


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper from top to bottom. `limits`: name, moment and state of each deadline.

    `day` is that of `dated`, as in 2026-11-09: the date of the document, so that a paper is the same bytes.
    """

    title: str
    number: str
    to: str
    opening: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    limits: tuple[tuple[str, str, str], ...]
    demands: tuple[str, ...]
    office: str
    dated: str
    day: str
    blanks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PaperContext:
    """What a paper is about: the appeal, one of its legs, the deadlines of all legs as judged, the zone.

    `remarks` are those that the office wrote with the dispatch of the leg.
    """

    appeal: AppealDocument
    leg: LegDocument
    deadlines: tuple[JudgedDeadline, ...]
    zone: ZoneInfo
    remarks: str | None = None

    def number(self, letter: str) -> str:
        """The paper's number: the case's, a letter, and the place of the leg among the case's legs."""
        return f"{self.appeal.registration_number}/{letter}{self.appeal.legs.index(self.leg) + 1}"

    def when(self, moment: datetime) -> str:
        """A moment in the jurisdiction's zone."""
        return moments.due(moment, self.zone).zh

    def on(self, moment: datetime) -> str:
        """The day of a moment."""
        return moments.due_on(moment, self.zone).zh

    def day(self, moment: datetime) -> str:
        """The local day of a moment, as in 2026-11-09."""
        return f"{moment.astimezone(self.zone):%Y-%m-%d}"

    def judged(self, *verdicts: Verdict) -> Iterator[JudgedDeadline]:
        """The deadlines of the leg with one of these verdicts that are not met, the earliest first."""
        own = [
            deadline
            for deadline in self.deadlines
            if deadline.leg_id == self.leg.leg_id and deadline.verdict in verdicts and deadline.met_at is None
        ]
        yield from sorted(own, key=lambda deadline: deadline.due_at or NEVER)


def limits(deadlines: Iterable[JudgedDeadline], context: PaperContext) -> tuple[tuple[str, str, str], ...]:
    """The rows of the table of deadlines."""
    return tuple(
        (
            _name(deadline),
            context.when(deadline.due_at) if deadline.due_at else "暂停中",
            "已超期" if deadline.verdict is Verdict.OVERDUE else "计时中" if deadline.due_at else "暂停",
        )
        for deadline in deadlines
    )


def facts(context: PaperContext) -> Iterator[tuple[str, str]]:
    """What both papers say of the appeal. Persons and phones are not printed: the system shows them."""
    appeal, leg = context.appeal, context.leg
    yield "诉求标题", appeal.title
    yield "挂号编号", appeal.registration_number
    yield "诉求企业", appeal.enterprise or ("名称保密" if appeal.is_withheld else "未署名")
    yield "诉求类型", words.KINDS[appeal.kind].zh if appeal.kind in words.KINDS else appeal.kind
    yield "登记时间", context.when(appeal.received_at)
    if leg.assigned_at:
        yield "交办时间", f"{context.when(leg.assigned_at)}（第 {leg.round} 次交办）"
    yield "承办单位", _part(leg)
    others = [_part(other) for other in appeal.live_legs() if other is not leg]
    if others:
        yield "其他单位", "、".join(others)
    if appeal.marks:
        yield "标注", "、".join(words.MARKS[mark].zh for mark in sorted(appeal.marks))


def _part(leg: LegDocument) -> str:
    return f"{leg.unit_name or leg.unit}（{ROLES[leg.role]}）"


def _name(deadline: JudgedDeadline) -> str:
    known = words.DEADLINES.get(deadline.deadline)
    return deadline.title.get("zh") or (known.zh if known else deadline.deadline)
