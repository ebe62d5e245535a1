"""Accounts follow their file while a service runs."""

from pathlib import Path

import pytest
import yaml

from shared.roles import AccountRole
from shared.service.accounts import Accounts, hash_key, read
from shared.service.errors import Unauthorized


def write(file: Path, *names: str) -> None:
    listed = [{"name": name, "role": "office", "key_sha256": hash_key(name)} for name in names]
    file.write_text(yaml.safe_dump(listed), "utf-8")


def test_an_account_that_is_added_can_call_and_one_that_is_taken_away_cannot(tmp_path: Path) -> None:
    file = tmp_path / "accounts.yaml"
    write(file, "first")
    known = Accounts(read(file), file, look_s=0)
    write(file, "second", "third")
    assert known.caller("second").role is AccountRole.OFFICE
    with pytest.raises(Unauthorized):
        known.caller("first")


@pytest.mark.parametrize("content", ["- {name: x}", "]", None])
def test_a_file_with_a_mistake_or_without_its_file_changes_nothing(
    tmp_path: Path, content: str | None
) -> None:
    file = tmp_path / "accounts.yaml"
    write(file, "first")
    known = Accounts(read(file), file, look_s=0)
    file.unlink() if content is None else file.write_text(content, "utf-8")
    assert known.caller("first").name == "first"
    write(file, "first", "second")
    assert known.caller("second").name == "second"
