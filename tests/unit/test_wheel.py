"""The wheel holds the product with its data files, and nothing of the tests."""

import tomllib
from fnmatch import fnmatch
from pathlib import Path

import setuptools

ROOT = Path(__file__).parents[2]
SETUPTOOLS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]
PACKAGES = setuptools.find_namespace_packages(str(ROOT), include=SETUPTOOLS["packages"]["find"]["include"])


def test_no_test_and_no_fault_run_is_in_the_wheel() -> None:
    assert {name.partition(".")[0] for name in PACKAGES} == {"huying", "services", "shared"}
    assert not [name for name in PACKAGES if {"tests", "faults", "torture"} & set(name.split("."))]


def test_every_data_file_of_a_package_is_in_the_wheel() -> None:
    patterns = SETUPTOOLS["package-data"]["*"]
    missing = [
        file
        for package in ("huying", "services", "shared")
        for file in (ROOT / package).rglob("*")
        if file.is_file() and file.suffix not in (".py", ".pyc", ".pyi")
        if not any(fnmatch(file.name, pattern) for pattern in patterns)
    ]
    assert missing == []
