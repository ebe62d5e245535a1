from services.escalation.store import metadata
from shared.migrations import run

run(metadata)
