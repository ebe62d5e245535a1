from services.intake.store import metadata
from shared.migrations import run

run(metadata)
