"""Gauges that financing reads from its database: legs, silence and waiting webhook calls of each bank."""

from sqlalchemy import text

from shared.database.gauges import SLOWLY_S
from shared.judging import telemetry
from shared.telemetry.metrics import Gauge, GaugeQuery

_LEGS = text("select bank, state, count(*) as value from legs group by bank, state")
_SILENCE = text(
    """
    select code, extract(epoch from :now - coalesce(
      (select max(reported_at) from reports r where r.bank = b.code),
      (select min(pushed_at) from legs l where l.bank = b.code))) as value
    from banks b
    """
)
_WAITING = text(
    """
    select bank, count(*) as value from bank_deliveries where state in ('waiting', 'sending') group by bank
    """
)

GAUGES = (
    *telemetry.GAUGES,
    GaugeQuery(Gauge("huying_bank_legs", "Bank legs by state", ("bank", "state")), _LEGS, SLOWLY_S),
    GaugeQuery(Gauge("huying_bank_silence_seconds", "Since a bank said something", ("bank",)), _SILENCE),
    GaugeQuery(
        Gauge("huying_bank_deliveries_waiting", "Webhook calls to a bank that wait", ("bank",)), _WAITING
    ),
)
