"""Everything that is installed is pinned by version and hash, and nothing else is installed."""

import re
from importlib.metadata import distributions, version
from sysconfig import get_path

import pytest
from packaging.utils import canonicalize_name

from tests import notice
from tests.requirements import FOLDER, LOCKS, ROOT, for_here, locked, named


def test_every_file_of_requirements_is_known() -> None:
    assert {file.stem for file in FOLDER.glob("*.txt")} == LOCKS.keys()
    assert {file.stem for file in FOLDER.glob("*.in")} == {
        source for lock in LOCKS.values() for source in lock
    }


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_has_a_version_and_the_hashes_of_its_files(name: str) -> None:
    for pin in locked(name):
        assert pin.version, pin.requirement
        assert pin.requirement.url is None, pin.requirement
        assert pin.hashes, pin.requirement
        assert all(re.fullmatch("sha256:[0-9a-f]{64}", value) for value in pin.hashes), pin.requirement


@pytest.mark.parametrize("name", LOCKS)
def test_what_we_name_is_locked_in_the_version_that_we_name(name: str) -> None:
    versions = {pin.name: pin.version for pin in locked(name)}
    for source in LOCKS[name]:
        for requirement in named(source):
            pinned = versions[canonicalize_name(requirement.name)]
            assert str(requirement.specifier) == f"=={pinned}", requirement


def test_a_package_has_one_version_in_whatever_is_installed_together() -> None:
    tested = {pin.name: pin for pin in locked("test")}
    assert all(tested[pin.name] == pin for name in ("run", "services") for pin in locked(name))
    assert not tested.keys() & {pin.name for pin in locked("build")}


def test_no_file_names_an_address() -> None:
    for file in (*FOLDER.glob("*.in"), *FOLDER.glob("*.txt")):
        for line in file.read_text("utf-8").splitlines():
            assert not re.search(r"://|index|find-links|trusted|^\s*-[a-z]|\bgit\+|^[^ ]+ @ ", line), (
                file.name,
                line,
            )


def test_what_is_installed_is_what_is_pinned_and_nothing_else() -> None:
    pins = for_here([*locked("test"), *locked("build")])
    assert {pin.name: version(pin.name) for pin in pins} == {pin.name: pin.version for pin in pins}
    installed = {canonicalize_name(package.name) for package in distributions(path=[get_path("purelib")])}
    assert installed - {pin.name for pin in pins} <= {"huying", "pip"}


@pytest.mark.parametrize("file", ["Makefile", "deploy/Dockerfile"])
def test_every_installation_checks_hashes_or_installs_the_project_alone(file: str) -> None:
    text = (ROOT / file).read_text("utf-8").replace("\\\n", " ")
    commands = re.findall(r"(?:\$\(INSTALL\)|pip\b[^\n&]*? install) [^\n&]*(?:-r|--editable)[^\n&]*", text)
    assert len(commands) >= 2
    for command in commands:
        assert "--require-hashes" in command or "--no-deps --no-build-isolation --editable ." in command, (
            command
        )


def test_the_notice_names_every_package_with_its_licence() -> None:
    assert notice.FILE.read_text("utf-8") == notice.notice(), "run `make notice`"
    assert "see the package" not in notice.notice()
