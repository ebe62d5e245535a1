from services.dispatch.store import metadata
from shared.database.migrations import run

run(metadata)
