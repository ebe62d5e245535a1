"""What the services that judge count, and which of their events keep the trace they are part of."""

from shared.events import AppealLifted, CardIssued
from shared.telemetry.metrics import Counter

JUDGEMENTS = Counter("huying_judgements", "Cases judged")
CARDS = Counter("huying_cards", "Cards issued")
LIFTS = Counter("huying_lifts", "Lifts")
COUNTERS = (JUDGEMENTS, CARDS, LIFTS)
COUNTED_EVENTS = {CardIssued.type: CARDS, AppealLifted.type: LIFTS}
KEPT_EVENTS = {CardIssued.type: "card", AppealLifted.type: "lift"}
"""Events whose traces are always kept, and the reason that the span then names."""
