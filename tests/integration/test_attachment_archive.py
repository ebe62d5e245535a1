"""Files of appeals beside an export: copied, put back into an empty folder, each checked by its hash."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from huying.archive.attachments import Inventory, check, has_any, put_back, save, storage_beside
from services.intake.attachments.folder import Folder
from services.intake.resources import desk_of
from tests.attachments import attach, kept, pdf, photo, wav
from tests.city import City


@pytest.fixture
async def appeal(city: City) -> dict[str, Any]:
    """An appeal with three files, one of them removed again."""
    appeal = await city.register()
    for content in (photo(), wav()):
        assert (await attach(city, None, appeal, content)).is_success
    removed = (await attach(city, "operator", appeal, pdf())).json()["attachment_id"]
    path = f"/intake/appeals/{appeal['appeal_id']}/attachments/{removed}/removals"
    await city.ok("operator", "POST", path, {})
    return appeal


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*") if path.is_file()}


async def test_files_are_copied_put_back_and_checked(
    city: City, appeal: dict[str, Any], tmp_path: Path
) -> None:
    url, storage = city.postgres.dsn("intake", "intake"), desk_of(city.services["intake"]).storage
    assert await has_any(url)
    backup, other = tmp_path / "backup", tmp_path / "other"
    assert await save(url, storage, backup) == Inventory(intact=2)
    assert names(backup) == {path.name for path in kept(city)}

    first, second = sorted(path for path in backup.rglob("*") if path.is_file())
    first.write_bytes(b"damaged")
    assert await save(url, storage, backup) == Inventory(intact=2)  # copied anew
    assert first.read_bytes() != b"damaged"

    other.mkdir()
    assert (await check(url, Folder(other))).intact == 0
    assert await put_back(url, Folder(other), backup) == Inventory(intact=2)
    assert await check(url, Folder(other)) == Inventory(intact=2)
    assert names(other) == names(backup)

    altered = other / second.relative_to(backup)
    altered.write_bytes(altered.read_bytes() + b"x")
    inventory = await check(url, Folder(other))
    assert (inventory.intact, len(inventory.wrong)) == (1, 1)
    assert altered.name in inventory.sentence()
    shutil.rmtree(backup)
    assert (await put_back(url, Folder(other), backup)).intact == 1


def test_where_no_place_is_named_the_command_says_so(city: City) -> None:
    with pytest.raises(ValueError, match="HUYING_ATTACHMENTS"):
        storage_beside(city.postgres.dsn("intake", "intake"), None)
