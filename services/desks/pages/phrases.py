"""Due moments and lengths of time as people say them: sign, word and colour always come together. Pure."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from services.desks.pages.language import Language, say

WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
SOON_DAYS = 3
"""What falls due within so many days of the calendar is said to be soon."""
WORKING_DAY_MIN = 450
"""A working day of seven and a half hours: 8:30 to 12:00 and 13:30 to 17:30."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How something stands: a class of the style sheet, a sign and a word."""

    kind: str
    sign: str
    word: str


@dataclass(frozen=True, slots=True)
class Due:
    """A due moment. `lead` says when, `rest` how long is left or has passed, `full` the whole moment."""

    standing: Standing
    lead: str
    rest: str
    full: str
    at: str


@dataclass(frozen=True, slots=True)
class Phrases:
    """Says moments in one language, in the city's zone, seen from `now`."""

    language: Language
    zone: ZoneInfo
    now: datetime

    def t(self, zh: str, en: str) -> str:
        return say(self.language, zh, en)

    def day(self, on: date) -> str:
        """A day: 今天, 明天, 周三, 12月3日 周四, 2027年1月6日 周三."""
        away = (on - self._today).days
        if away in (0, 1):
            return (self.t("今天", "today"), self.t("明天", "tomorrow"))[away]
        weekday = self.t(WEEKDAYS[on.weekday()], DAYS[on.weekday()])
        if 0 < away <= 6 - self._today.weekday():
            return weekday
        year = "" if on.year == self._today.year else self.t(f"{on.year}年", f" {on.year}")
        return self.t(f"{year}{on.month}月{on.day}日 {weekday}", f"{weekday} {on.day} {on:%b}{year}")

    def by(self, due_at: datetime) -> str:
        """By when: 今天 17:30 前. Midnight is 24:00 of the day before."""
        at, on = self._ended(due_at)
        return self.t(f"{self.day(on)} {at} 前", f"by {at} {self.day(on)}")

    def when(self, moment: datetime | None) -> str:
        """A past moment: 11月26日 10:20."""
        if moment is None:
            return ""
        local = moment.astimezone(self.zone)
        year = "" if local.year == self._today.year else f"{local.year}年"
        other = "" if local.year == self._today.year else f" {local.year}"
        return self.t(
            f"{year}{local.month}月{local.day}日 {local:%H:%M}",
            f"{local.day} {local:%b}{other} {local:%H:%M}",
        )

    def ends(self, due_at: datetime) -> str:
        """A due moment that may have passed: 11月12日 周四 24:00."""
        return self._moment(due_at)

    def happened(self, moment: datetime) -> str:
        """When something happened; what follows at midnight happened at 24:00 of the day before."""
        at, on = self._ended(moment)
        if at != "24:00":
            return self.when(moment)
        year = "" if on.year == self._today.year else f"{on.year}年"
        other = "" if on.year == self._today.year else f" {on.year}"
        return self.t(f"{year}{on.month}月{on.day}日 24:00", f"{on.day} {on:%b}{other} 24:00")

    def full(self, moment: datetime) -> str:
        """The whole moment, as a title has it."""
        at, on = self._ended(moment)
        return self.t(
            f"{on.year}年{on.month}月{on.day}日 {WEEKDAYS[on.weekday()]} {at}",
            f"{DAYS[on.weekday()]} {on.day} {on:%B} {on.year} {at}",
        )

    def due(self, due_at: datetime, remaining_min: int | None = None, *, provisional: bool = False) -> Due:
        """A due moment that still runs. `remaining_min` is working time, natural time without it."""
        late = due_at <= self.now
        minutes = int((due_at - self.now).total_seconds() // 60) if remaining_min is None else remaining_min
        length = self.length(abs(minutes), working=remaining_min is not None)
        at = due_at.astimezone(self.zone).isoformat(timespec="seconds")
        if late:
            rest = self.t(f"应于 {self._moment(due_at)}", f"was due {self._moment(due_at)}")
            lead = self.t(f"已超期 {length}", f"{length} overdue")
        else:
            lead, rest = self.by(due_at), self.t(f"还剩 {length}", f"{length} left")
        if provisional:
            rest += self.t("（暂定：放假通知未公布）", " (provisional: holidays not announced)")
        return Due(self.standing(due_at), lead, rest, self.full(due_at), at)

    def standing(self, due_at: datetime) -> Standing:
        """How near a due moment is."""
        if due_at <= self.now:
            return Standing("over", "■", self.t("已超期", "overdue"))
        days = (self._ended(due_at)[1] - self._today).days
        if days <= 0:
            return Standing("today", "◆", self.t("今日到期", "due today"))
        if days <= SOON_DAYS:
            return Standing("soon", "◔", self.t("即将到期", "due soon"))
        return Standing("ok", "●", self.t("办理中", "under way"))

    def length(self, minutes: int, *, working: bool) -> str:
        """A length: 3 小时 20 分, 2 个工作日, 13 小时."""
        day = WORKING_DAY_MIN if working else 1440
        if minutes >= day:
            days = minutes // day
            unit = ("个工作日", "working day") if working else ("天", "day")
            return self.t(f"{days} {unit[0]}", f"{days} {unit[1]}{'' if days == 1 else 's'}")
        hours, rest = divmod(minutes, 60)
        zh = " ".join(
            part
            for part in (f"{hours} 小时" if hours else "", f"{rest} 分" if rest or not hours else "")
            if part
        )
        en = " ".join(
            part
            for part in (f"{hours} h" if hours else "", f"{rest} min" if rest or not hours else "")
            if part
        )
        return self.t(zh, en)

    @property
    def _today(self) -> date:
        return self.now.astimezone(self.zone).date()

    def _moment(self, moment: datetime) -> str:
        at, on = self._ended(moment)
        return f"{self.day(on)} {at}"

    def _ended(self, moment: datetime) -> tuple[str, date]:
        """The time and the day that a moment ends: midnight is 24:00 of the day before."""
        local = moment.astimezone(self.zone)
        if local.hour == local.minute == 0:
            return "24:00", local.date() - timedelta(days=1)
        return f"{local:%H:%M}", local.date()
