from services.intake.tables import metadata
from shared.database.migrations import run

run(metadata)
