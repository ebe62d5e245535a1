"""One service with a planted bug: `python -m tests.faults.launch BUG SERVICE PORT`."""

import sys

from huying.commands.local import serve
from tests.faults.planted import PLANTS


def main() -> None:
    """Plant the bug, then serve until killed."""
    plant, service, port = sys.argv[1:]
    PLANTS[plant]()
    serve(service, int(port))


if __name__ == "__main__":
    main()
