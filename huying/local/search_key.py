"""The key of the hashes by which intake finds appeals: made once, and kept in the state folder."""

import os
import secrets
from pathlib import Path

SEARCH_KEY = "search.key"
_BYTES = 32


def search_key(state: Path) -> str:
    """The key of a state folder; a new one is readable by its owner alone."""
    file = state / SEARCH_KEY
    if not file.exists():
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
            opened.write(secrets.token_hex(_BYTES))
    return file.read_text("utf-8").strip()
