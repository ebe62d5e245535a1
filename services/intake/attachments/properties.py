"""Writes an Office file anew without its properties: who wrote it, when, for which firm.

It is copied part by part, so that memory holds a block of it; how much it unpacks to was checked before.
"""

import zipfile
from pathlib import Path

from services.intake.attachments.kinds import broken

BLOCK_BYTES = 256 * 1024
_NAMESPACES = {
    "core": "http://schemas.openxmlformats.org/package/2006/metadata/core-properties",
    "app": "http://schemas.openxmlformats.org/officeDocument/2006/extended-properties",
    "custom": "http://schemas.openxmlformats.org/officeDocument/2006/custom-properties",
}
_CORE = f'<coreProperties xmlns="{_NAMESPACES["core"]}"/>'
_EMPTY = {
    "docprops/core.xml": _CORE,
    "docprops/app.xml": f'<Properties xmlns="{_NAMESPACES["app"]}"/>',
    "docprops/custom.xml": f'<Properties xmlns="{_NAMESPACES["custom"]}"/>',
}
"""What stands in place of each part with properties, so that what refers to it stays whole."""
_OTHER_CORE = ".psmdcp"
"""Ends the name of the part with the core properties in files of the .NET packages."""
_LONG_AGO = (1980, 1, 1, 0, 0, 0)


def without_properties(source: Path, target: Path) -> bool:
    """Write the file into `target`; False, and nothing is written, where it has no properties.

    Invalid for a file with two parts of one name. Blocking.
    """
    with zipfile.ZipFile(source) as archive:
        parts = archive.infolist()
        if len({part.filename for part in parts}) < len(parts):
            raise broken("内部条目重名", "two of its parts have the same name")
        if all(_empty(part.filename) is None for part in parts):
            return False
        target.touch(0o600, exist_ok=False)
        with zipfile.ZipFile(target, "w") as written:
            for part in parts:
                _copy(archive, part, written)
    return True


def _empty(name: str) -> str | None:
    """What stands in place of a part; None for one without properties."""
    lowered = name.lower()
    return _CORE if lowered.endswith(_OTHER_CORE) else _EMPTY.get(lowered)


def _copy(archive: zipfile.ZipFile, part: zipfile.ZipInfo, written: zipfile.ZipFile) -> None:
    copied = zipfile.ZipInfo(part.filename, _LONG_AGO)
    copied.compress_type = part.compress_type
    if (empty := _empty(part.filename)) is not None:
        written.writestr(copied, f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n{empty}')
        return
    with archive.open(part) as content, written.open(copied, "w") as out:
        while block := content.read(BLOCK_BYTES):
            out.write(block)
