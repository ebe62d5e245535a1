from services.escalation.store import metadata
from shared.database.migrations import run

run(metadata)
