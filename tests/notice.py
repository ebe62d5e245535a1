"""Writes NOTICE: the packages of others that are installed, with their licences (python -m tests.notice)."""

from importlib.metadata import Distribution, distribution

from tests.requirements import ROOT, for_here, locked

FILE = ROOT / "NOTICE"
_HEAD = """\
Huying (呼应)

The product installs the packages of others that are listed here. Each has its own licence, whose text comes
with the package. `make notice` writes this file.

"""
_LONGEST = 60
"""Characters of a licence's name; some packages put the licence's whole text there."""


def licence(package: Distribution) -> str:
    """The licence as the package states it: by expression, by classifiers, or by a short name."""
    metadata = package.metadata
    if expression := metadata.get("License-Expression"):
        return str(expression)
    classifiers = [line for line in metadata.get_all("Classifier") or () if line.startswith("License ::")]
    names = [line.rpartition(" :: ")[2] for line in classifiers if line != "License :: OSI Approved"]
    if names:
        return ", ".join(sorted(names))
    short = str(metadata.get("License") or "").strip().partition("\n")[0]
    return short if 0 < len(short) <= _LONGEST else "see the package"


def notice() -> str:
    """The content of NOTICE."""
    packages = [distribution(pin.name) for pin in for_here(locked("run"))]
    rows = (f"{package.name} {package.version}: {licence(package)}\n" for package in packages)
    return _HEAD + "".join(sorted(rows, key=str.lower))


if __name__ == "__main__":
    FILE.write_text(notice(), "utf-8")
