from services.financing.store import metadata
from shared.database.migrations import run

run(metadata)
