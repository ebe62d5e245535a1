"""The queries of intake's gauges."""

from sqlalchemy import text

from services.intake.city.queries import (
    DISPATCHED,
    RATED,
    RESPONDED,
    SAID_WHETHER_SOLVED,
    SATISFIED,
    SOLVED,
)
from shared.database.gauges import SLOWLY_S
from shared.telemetry.metrics import Gauge, GaugeQuery

_OPEN = text(
    """
    select age, count(received_at) as value
    from (
      values ('1d', interval '0', interval '1 day'), ('3d', interval '1 day', interval '3 days'),
        ('7d', interval '3 days', interval '7 days'), ('30d', interval '7 days', interval '30 days'),
        ('older', interval '30 days', interval '1000 years')
    ) as a (age, least, most)
    left join appeals on state not in ('closed', 'withdrawn', 'referred', 'approved')
      and received_at <= cast(:now as timestamptz) - least
      and received_at > cast(:now as timestamptz) - most
    group by age
    """
)
_VERDICTS = text(
    f"""
    with recent as materialized (
      select file from appeals where received_at > cast(:now as timestamptz) - interval '30 days'
    ), seen (measure, outcome) as (
      select 'responded', case when {RESPONDED} then 'yes' else 'no' end from recent where {DISPATCHED}
      union all
      select 'solved', case when {SOLVED} then 'yes' else 'no' end from recent where {SAID_WHETHER_SOLVED}
      union all
      select 'satisfied', case when {SATISFIED} then 'yes' else 'no' end from recent where {RATED}
    )
    select measure, outcome, count(seen.measure) as value
    from (values ('responded'), ('solved'), ('satisfied')) as m (measure)
    cross join (values ('yes'), ('no')) as o (outcome)
    left join seen using (measure, outcome) group by measure, outcome
    """
)

GAUGES = (
    GaugeQuery(Gauge("huying_open_cases", "Open appeals by age since registration", ("age",)), _OPEN),
    GaugeQuery(
        Gauge(
            "huying_verdicts",
            "Appeals of the last 30 days: answered by their units, solved and satisfied by the rating",
            ("measure", "outcome"),
        ),
        _VERDICTS,
        SLOWLY_S,
    ),
)
