"""The queries of intake's gauges."""

from sqlalchemy import text

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

GAUGES = (GaugeQuery(Gauge("huying_open_cases", "Open appeals by age since registration", ("age",)), _OPEN),)
