from services.dispatch.store import metadata
from shared.migrations import run

run(metadata)
