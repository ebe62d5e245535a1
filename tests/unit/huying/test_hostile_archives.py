"""Files that no city exported cost one sentence, seconds, and little memory."""

import gzip
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from huying.archive import files
from huying.archive.audit import read_keys, verified
from huying.archive.files import FORMAT, LONGEST_LINE, LONGEST_METADATA, Broken, Writer
from shared.files.bounded import FileRefused

EVENT = b'{"sequence":"1","caseposition":"1","caselink":"' + b"0" * 64 + b'","specversion":"1.0","id":"'
RECORD = b'{"recordlink":"' + b"0" * 64 + b'","specversion":"1.0","id":"'
REST_OF_RECORD = (
    b'","source":"/huying/intake","type":"huying.record.v1","subject":"appeals",'
    b'"datacontenttype":"application/json","data":{}}\n'
)
HEADER = {
    "format": FORMAT,
    "made_at": "2026-11-09T01:00:00+00:00",
    "records": True,
    "services": [{"name": "intake", "events": 0}],
    "judged_upto": {},
    "packs": [],
    "key": None,
}


def header(**changed: object) -> bytes:
    return files.metadata_line(files.HEADER, "huying", HEADER | changed) + b"\n"


def sparse(start: bytes, size: int) -> Callable[[Path], object]:
    """A file that begins with `start`, then zeros up to `size`, which take no space."""

    def write(path: Path) -> None:
        path.write_bytes(start)
        os.truncate(path, size)

    return write


def packed(member: bytes, times: int) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(gzip.compress(member, 9) * times)


def content(*lines: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(b"".join(lines))


def zipped(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../etc/passwd", b"0" * 10_000_000)


GIB = 1024**3
DEEP = b'{"data":' + b"[" * 100_000 + b"]" * 100_000 + b"}\n"
HOSTILE: dict[str, tuple[Callable[[Path], object], str]] = {
    "4 GiB on one line": (sparse(b"", 4 * GIB), "line 1 is longer than 16,777,216 bytes"),
    "an event of 1 GiB": (sparse(header() + EVENT, GIB), "line 2 is longer than"),
    "4 GiB on one packed line": (packed(bytes(16_000_000), 260), "line 1 is longer than"),
    "a packed header without end": (packed(header() * 60_000, 60), "line 2 is a huying.header|line 2 is a"),
    "cut gzip": (
        lambda path: path.write_bytes(gzip.compress(header() * 99)[:-9]),
        "cannot be unpacked|line 2",
    ),
    "gzip cut in its first line": (
        lambda path: path.write_bytes(gzip.compress(header())[:40]),
        "cannot be unpacked",
    ),
    "zip with a path that leads out": (zipped, "line 1"),
    "nothing": (content(b""), "its end is missing"),
    "deep JSON": (content(DEEP), "line 1 is not as it was written"),
    "deep JSON in a header": (content(header(x=1).replace(b'"x":1', b'"x":' + DEEP[8:-2])), "line 1 is not"),
    "a number of a million digits": (
        content(header(format=7).replace(b"7", b"7" * 1_000_000)),
        "line 1 is not",
    ),
    "a sequence of a million digits": (
        content(header(), EVENT.replace(b'"1"', b'"' + b"1" * 1_000_000 + b'"', 1), b'x"}\n'),
        "line 2 is no event",
    ),
    "a record of a million digits": (
        content(header(), RECORD, b"1" * 1_000_000, REST_OF_RECORD),
        "line 2 is no record",
    ),
    "NaN": (content(header(format=0.5).replace(b"0.5", b"NaN")), "line 1 is not as it was written"),
    "a name twice": (content(header().replace(b'{"data":', b'{"data":1,"data":')), "line 1 is not"),
    "names in another order": (
        content(orjson.dumps(dict(reversed(orjson.loads(header()).items()))) + b"\n"),
        "line 1 is not as it was written",
    ),
    "a long header": (content(header(x="x" * LONGEST_METADATA)), "line 1 is not as it was written"),
    "a pack that is a path": (content(header(packs=["../../etc/passwd@1"])), r"line 1 lacks .*packs\.0"),
    "a pack that is a file": (content(header(packs=["/tmp/x.yaml"])), r"line 1 lacks .*packs\.0"),
    "a service that is a path": (
        content(header(services=[{"name": "../x", "events": 0}])),
        r"services\.0\.name",
    ),
    "a date that is none": (content(header(made_at="\x1b[2J")), "line 1 lacks .*made_at"),
    "a partition of a million digits": (
        content(header(judged_upto={"1" * 9: "x"})),
        "line 1 lacks .*judged_upto",
    ),
    "a key that is none": (content(header(key="\x1b[31m")), "line 1 lacks .*key"),
    "another format": (content(header(format="\x1b" * 100_000)), "line 1 says format"),
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "city.ndjson"


@pytest.mark.parametrize(("write", "reason"), HOSTILE.values(), ids=HOSTILE)
def test_a_file_that_no_city_wrote_is_refused(
    file: Path, write: Callable[[Path], object], reason: str
) -> None:
    write(file)
    with pytest.raises((Broken, FileRefused), match=reason) as refused:
        verified(file)
    assert not re.search("[\x00-\x1f]", str(refused.value).replace("\n", ""))
    assert len(str(refused.value)) < 2_000


def test_a_packed_file_that_unpacks_further_than_text_does_is_refused(file: Path) -> None:
    """Its last member says that it is small, and each line of it would be as it was written."""
    blank = b" " * 1_000_000 + b"\n"
    file.write_bytes(gzip.compress(blank, 9) * 70 + gzip.compress(b"\n"))
    with pytest.raises(FileRefused, match="holds more than 64 MiB unpacked"):
        list(files.lines(file))


def test_what_is_no_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (Path("/dev/zero"), tmp_path / "pipe", tmp_path):
        (link := tmp_path / "city.ndjson").symlink_to(path)
        with pytest.raises(FileRefused, match="is a folder, a device or a pipe"):
            verified(link)
        link.unlink()


def test_a_key_in_no_file_of_a_key_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    sparse(b"", 4 * GIB)(tmp_path / "large")
    for word in (
        "/dev/zero",
        str(tmp_path / "pipe"),
        str(tmp_path / "large"),
        str(tmp_path),
        "x" * 100_000,
        "公钥",
    ):
        with pytest.raises(ValueError, match="is no public key") as refused:
            read_keys([word])
        assert len(str(refused.value)) < 400


def test_no_line_is_written_that_none_would_read(file: Path) -> None:
    with Writer(file) as writer, pytest.raises(ValueError, match="line 1 would be longer"):
        writer.write(b"x" * LONGEST_LINE)
    with Writer(file) as writer:
        writer.write(b"x" * (LONGEST_LINE - 1))
    assert [len(line) for line in files.lines(file)] == [LONGEST_LINE - 1]


MEASURED = """
import resource, sys
from pathlib import Path
from huying.archive.audit import verified

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

before = peak()
for path in sorted(Path(sys.argv[1]).iterdir()):
    try:
        verified(path)
    except ValueError:
        continue
    raise SystemExit(path)
print(peak() - before)
"""


def test_all_of_them_together_take_little_memory(tmp_path: Path) -> None:
    for number, (write, _) in enumerate(HOSTILE.values()):
        write(tmp_path / f"{number}.ndjson")
    command = [sys.executable, "-c", MEASURED, str(tmp_path)]
    completed_process = subprocess.run(command, capture_output=True, text=True, timeout=240, check=True)
    assert int(completed_process.stdout) < 200, "MiB more than at the start"
