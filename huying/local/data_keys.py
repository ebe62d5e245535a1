"""The key rings of an embedded city, one a service: made at the first start and kept in its state folder."""

from pathlib import Path

from shared.encryption import keyring
from shared.service.clock import WallClock

DATA_KEYS = "data-keys"


def ring_file(state: Path, service: str) -> Path:
    """Where the key ring of a service is, below the state folder."""
    return state.absolute() / DATA_KEYS / f"{service}.yaml"


def made_ring(state: Path, service: str) -> Path:
    """The key ring of a service; it is made where there is none, readable by its owner alone."""
    file = ring_file(state, service)
    keyring.make(file, keyring.new_id(today()))
    return file


def today() -> str:
    """The day on which a key is made, as ids of keys begin."""
    return str(WallClock().now().date())
