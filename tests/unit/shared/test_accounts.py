"""Accounts follow their file while a service runs."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from shared.files.yaml_mistakes import Mistakes
from shared.roles import AccountRole
from shared.service.accounts import Accounts, hash_key, read
from shared.service.errors import Unauthorized


def write(file: Path, *names: str) -> None:
    listed = [{"name": name, "role": "office", "key_sha256": hash_key(name)} for name in names]
    file.write_text(yaml.safe_dump(listed), "utf-8")


def write_keys(file: Path, *keys: dict[str, Any]) -> None:
    """One account with these keys."""
    file.write_text(yaml.safe_dump([{"name": "hotline", "role": "operator", "keys": list(keys)}]), "utf-8")


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


def test_an_account_has_two_keys_while_one_takes_the_place_of_the_other(tmp_path: Path) -> None:
    file = tmp_path / "accounts.yaml"
    write_keys(file, {"sha256": hash_key("old")})
    known = Accounts(read(file), file, look_s=0)
    write_keys(file, {"sha256": hash_key("old")}, {"sha256": hash_key("new"), "made_on": "2026-11-01"})
    assert {known.caller(key).name for key in ("old", "new")} == {"hotline"}
    write_keys(file, {"sha256": hash_key("new")})
    with pytest.raises(Unauthorized):
        known.caller("old")
    assert known.caller("new").role is AccountRole.OPERATOR


def test_a_key_holds_until_it_expires_and_is_refused_like_an_unknown_one_after_that(tmp_path: Path) -> None:
    file = tmp_path / "accounts.yaml"
    write_keys(file, {"sha256": hash_key("k"), "expires": "2026-11-30T18:00:00+08:00"})  # 10:00 UTC
    end = 1_796_032_800  # 2026-11-30 10:00:00 UTC
    assert Accounts(read(file), file, now_s=lambda: end - 1).caller("k").name == "hotline"
    with pytest.raises(Unauthorized) as expired:
        Accounts(read(file), file, now_s=lambda: end).caller("k")
    with pytest.raises(Unauthorized) as unknown:
        Accounts(read(file), file, now_s=lambda: end).caller("other")
    assert (expired.value.zh, expired.value.en) == (unknown.value.zh, unknown.value.en)


def test_a_key_brings_its_own_scopes(tmp_path: Path) -> None:
    file = tmp_path / "accounts.yaml"
    narrow = ["read", "POST /intake/appeals"]
    write_keys(file, {"sha256": hash_key("narrow"), "scopes": narrow}, {"sha256": hash_key("wide")})
    known = Accounts(read(file), file)
    assert known.caller("narrow").scopes == set(narrow)
    assert known.caller("wide").scopes is None


@pytest.mark.parametrize(
    ("account", "words"),
    [
        ({"keys": []}, "an account has a `key_sha256`, or `keys`"),
        ({"keys": [{"sha256": "secret"}]}, "sha256"),
        ({"keys": [{"sha256": "0" * 64, "expires": "2026-11-30T18:00:00"}]}, "expires"),
        ({"keys": [{"sha256": "0" * 64, "scopes": ["write"]}]}, "scopes"),
        ({"keys": [{"sha256": "0" * 64, "scopes": ["POST appeals"]}]}, "scopes"),
        ({"keys": [{"sha256": hash_key("first")}]}, "account x has a key of account first"),
    ],
)
def test_a_mistake_in_the_keys_names_its_line(tmp_path: Path, account: dict[str, Any], words: str) -> None:
    file = tmp_path / "accounts.yaml"
    first = {"name": "first", "role": "office", "key_sha256": hash_key("first")}
    file.write_text(yaml.safe_dump([first, {"name": "x", "role": "office", **account}]), "utf-8")
    with pytest.raises(Mistakes) as mistakes:
        read(file)
    assert words in str(mistakes.value)
    assert "line " in str(mistakes.value)
