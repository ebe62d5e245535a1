"""What the services that judge measure, and which of their events keep the trace they are part of."""

from sqlalchemy import text

from shared.database.gauges import SLOWLY_S
from shared.events import AppealLifted, CardIssued
from shared.telemetry.metrics import Counter, Gauge, GaugeQuery

JUDGEMENTS = Counter("huying_judgements", "Cases judged")
CARDS = Counter("huying_cards", "Cards issued")
LIFTS = Counter("huying_lifts", "Lifts")
COUNTERS = (JUDGEMENTS, CARDS, LIFTS)
COUNTED_EVENTS = {CardIssued.type: CARDS, AppealLifted.type: LIFTS}
KEPT_EVENTS = {CardIssued.type: "card", AppealLifted.type: "lift"}
"""Events whose traces are always kept, and the reason that the span then names."""
GAUGES = (
    GaugeQuery(
        Gauge("huying_stuck_cases", "Cases that cannot be judged"),
        text("select count(*) as value from cases where stuck is not null"),
    ),
    GaugeQuery(
        Gauge("huying_calendar_provisional", "1 where a year, this or the next, has no notice", ("year",)),
        text(
            """
            select year, cast(not exists (
              select from calendars c, jsonb_array_elements(c.data) as n
              where cast(n->>'year' as int) = year
            ) as int) as value
            from generate_series(
              cast(extract(year from cast(:now as timestamptz)) as int),
              cast(extract(year from cast(:now as timestamptz)) as int) + 1
            ) as year
            """
        ),
        SLOWLY_S,
    ),
)
