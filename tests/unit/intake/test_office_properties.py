"""Properties of Office files, which name author and firm, are gone when they are stored; the rest stays."""

import zipfile
from pathlib import Path

import openpyxl
import pytest

from services.intake.attachments.properties import without_properties
from services.intake.attachments.recognising import recognise
from shared.service.errors import Invalid
from tests.attachments import PROPERTIES, office, workbook, zipped

SECRETS = PROPERTIES.values()


def unpacked(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {part.filename: archive.read(part) for part in archive.infolist()}


def test_a_workbook_keeps_its_cells_and_none_of_its_properties(tmp_path: Path) -> None:
    source, target = tmp_path / "a.part", tmp_path / "a.xlsx"
    source.write_bytes(workbook("厂区门口道路破损"))
    before = unpacked(source)
    assert all(secret.encode() in b"".join(before.values()) for secret in SECRETS)
    assert without_properties(source, target)
    after = unpacked(target)
    assert not [secret for secret in SECRETS if secret.encode() in b"".join(after.values())]
    assert list(after) == list(before)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"docProps/core.xml", "docProps/app.xml", "docProps/custom.xml"}
    assert recognise(target) == recognise(source)
    assert openpyxl.load_workbook(target).active["A1"].value == "厂区门口道路破损"
    assert openpyxl.load_workbook(target).properties.creator != PROPERTIES["author"]
    assert target.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("name", ["DocProps/Core.xml", "package/services/metadata/core-properties/1.psmdcp"])
def test_properties_are_told_however_their_part_is_called(tmp_path: Path, name: str) -> None:
    source, target = tmp_path / "a.part", tmp_path / "a.anew"
    source.write_bytes(zipped({"[Content_Types].xml": b"<x/>", name: "王大山".encode()}))
    assert without_properties(source, target)
    assert "王大山".encode() not in unpacked(target)[name]


def test_a_file_without_properties_stays_as_it_came(tmp_path: Path) -> None:
    source, target = tmp_path / "a.part", tmp_path / "a.anew"
    source.write_bytes(office("docx"))
    assert not without_properties(source, target)
    assert not target.exists()


def test_two_parts_of_one_name_are_refused(tmp_path: Path) -> None:
    source = tmp_path / "a.part"
    with zipfile.ZipFile(source, "w") as archive:
        archive.writestr("docProps/core.xml", "a")
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("docProps/core.xml", "b")
    with pytest.raises(Invalid) as refusal:
        without_properties(source, tmp_path / "a.anew")
    assert "内部条目重名" in refusal.value.zh
    assert not (tmp_path / "a.anew").exists()
