"""Reads `requirements/`: what the project names (`*.in`) and what is installed for it (`*.txt`)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "requirements"
LOCKS = {
    "services": ("services",),
    "run": ("services", "embedded"),
    "test": ("services", "embedded", "test"),
    "build": ("build",),
    "tools": ("tools",),
}
"""Which files each locked file is made of."""


@dataclass(frozen=True)
class Pin:
    """A package in one version, with the hashes of its files."""

    requirement: Requirement
    hashes: tuple[str, ...]

    @property
    def name(self) -> str:
        return canonicalize_name(self.requirement.name)

    @property
    def version(self) -> str:
        """The version; empty unless there is exactly one."""
        pinned = re.fullmatch(r"==([^=*,]+)", str(self.requirement.specifier))
        return pinned[1] if pinned else ""


def locked(name: str) -> list[Pin]:
    """The packages of a locked file, those for other platforms too."""
    text = (FOLDER / f"{name}.txt").read_text("utf-8").replace("\\\n", " ")
    return [_pin(line) for line in text.splitlines() if line.strip()]


def _pin(line: str) -> Pin:
    requirement, *hashes = re.split(r"\s+--hash=", line)
    return Pin(Requirement(requirement), tuple(value.strip() for value in hashes))


def named(name: str) -> list[Requirement]:
    """The packages that a file of ours names."""
    lines = (
        line.partition("#")[0].strip() for line in (FOLDER / f"{name}.in").read_text("utf-8").splitlines()
    )
    return [Requirement(line) for line in lines if line]


def for_here(pins: Iterable[Pin]) -> list[Pin]:
    """The packages that this platform and this version of Python install."""
    return [pin for pin in pins if pin.requirement.marker is None or pin.requirement.marker.evaluate()]
