from services.financing.store import metadata
from shared.migrations import run

run(metadata)
