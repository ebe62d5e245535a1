from services.notify.store import metadata
from shared.migrations import run

run(metadata)
