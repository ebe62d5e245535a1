"""One service of a fault run: `python -m tests.faults.launch SERVICE PORT`.

Its driven clock starts where the run left it, so that nothing it takes after a restart counts as long past.
"""

import os
import sys
from datetime import datetime
from pathlib import Path

from huying.commands.main import serve
from shared.service import runtime
from shared.service.clock import DrivenClock
from tests.faults.planted import PLANTS

CLOCK = "TORTURE_CLOCK"
PLANT = "TORTURE_PLANT"


def main() -> None:
    """Plant what is to be planted, and serve until killed."""
    clock = Path(os.environ[CLOCK])

    def resumed(start: datetime) -> DrivenClock:
        return DrivenClock(datetime.fromisoformat(clock.read_text()) if clock.exists() else start)

    vars(runtime)["DrivenClock"] = resumed
    if plant := os.environ.get(PLANT):
        PLANTS[plant]()
    serve(sys.argv[1], int(sys.argv[2]))


if __name__ == "__main__":
    main()
