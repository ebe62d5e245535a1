"""`huying keys`: rings that are made once, and keys that are added."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from huying.commands.keys import app
from shared.encryption import keyring
from shared.encryption.cells import Cell


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


def test_a_ring_is_made_once_and_a_key_is_added(tmp_path: Path) -> None:
    file = tmp_path / "intake.yaml"
    assert "apart from the backups" in run("make", str(file))
    first = keyring.read(file)
    with pytest.raises(ValueError, match="is there already"):
        run("make", str(file))
    assert "encrypts from now on" in run("rotate", str(file))
    second = keyring.read(file)
    assert second.keys.items() > first.keys.items()
    assert second.encrypts not in first.keys
    assert second.index == first.index
    assert file.stat().st_mode & 0o777 == 0o600


def test_the_rings_of_the_state_folder_are_rotated_together(tmp_path: Path) -> None:
    for service in ("intake", "notify"):
        run("make", str(tmp_path / "data-keys" / f"{service}.yaml"))
    assert run("rotate", "--state", str(tmp_path)).count("encrypts from now on") == 2
    with pytest.raises(ValueError, match="no key ring below"):
        run("rotate", "--state", str(tmp_path / "elsewhere"))


def test_a_ring_that_begins_later_encrypts_nothing_until_it_is_told(tmp_path: Path) -> None:
    file = tmp_path / "intake.yaml"
    run("make", "--later", str(file))
    ring = keyring.KeyRing("intake", file)
    cell = Cell(ring, "appeals.file", "1")
    assert (cell.encrypt("王工"), cell.encrypt_bytes(b"x"), cell.encrypt_json(["王工"])) == (
        "王工",
        b"x",
        ["王工"],
    )
    with pytest.raises(ValueError, match="encrypts nothing yet"):
        run("rotate", str(file))
    assert "encrypts from now on" in run("begin", str(file))
    begun = Cell(keyring.KeyRing("intake", file), "appeals.file", "1")
    assert begun.decrypt(begun.encrypt("王工")) == "王工" != begun.encrypt("王工")
    with pytest.raises(ValueError, match="encrypts already"):
        run("begin", str(file))
