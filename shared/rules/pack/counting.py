"""How time is counted: in whole minutes, for reminders, and where a limit was given as a moment.

Each word is new in version 2 of the shipped packs. A pack without it counts as version 1 did.
"""

from datetime import UTC, datetime, timedelta

from shared.rules.pack.parts import Rule

DUE_MINUTE = timedelta(minutes=1, microseconds=-1)
"""How long after the start of its due minute a deadline passes, where whole minutes count."""
LATEST = datetime.max.replace(tzinfo=UTC) - DUE_MINUTE


class Counting(Rule):
    """What is shown is what is judged, and only time that counts is counted.

    `whole_minutes`: limits count from the minute of their start and end on a minute; an act within the due
    minute is in time. `reminders_by_counted_time`: a reminder's share is of the time that counts, which is
    office hours for limits in working time, and never a pause. `pauses_move_given_moments`: a limit given as
    a moment moves by what was paused, unless the pause lets it run on. `pauses_in_due_minute`: a pause that
    begins in the due minute is in time and stops the clock.
    """

    whole_minutes: bool = False
    reminders_by_counted_time: bool = False
    pauses_move_given_moments: bool = False
    pauses_in_due_minute: bool = False

    def last_in_time(self, due_at: datetime) -> datetime:
        """The last moment at which an act meets what is due at `due_at`."""
        return min(due_at, LATEST) + DUE_MINUTE if self.whole_minutes else due_at


AS_IN_VERSION_1 = Counting(clause="-")
