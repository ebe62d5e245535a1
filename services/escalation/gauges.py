"""Queries of escalation's database for its gauges."""

from sqlalchemy import text

from shared.database.gauges import SLOWLY_S
from shared.judging import telemetry
from shared.telemetry.metrics import Gauge, GaugeQuery

_DUE = text(
    """
    select within, count(*) filter (where due_at <= cast(:now as timestamptz) + length) as value
    from (values ('hour', interval '1 hour'), ('day', interval '1 day')) as w (within, length)
    left join (
      select cast(d->>'due_at' as timestamptz) as due_at
      from cases c, jsonb_array_elements(c.file->'deadlines') as d
      where c.next_due_at <= cast(:now as timestamptz) + interval '1 day' and d->>'verdict' = 'open'
    ) as open on due_at > cast(:now as timestamptz)
    group by within
    """
)
"""A case is looked at again when its next deadline ends, or sooner: so the index finds all of them."""

GAUGES = (
    *telemetry.GAUGES,
    GaugeQuery(Gauge("huying_deadlines_due", "Open deadlines that end within", ("within",)), _DUE, SLOWLY_S),
)
