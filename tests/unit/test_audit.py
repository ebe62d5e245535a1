"""A file of a city's history: whatever is changed in it is found, and the first such thing is named."""

import base64
import gzip
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from huying.archive import files as archive
from huying.archive.audit import checked, read_keys, summary, verified
from huying.archive.files import FORMAT, Broken, Writer
from shared.audit import chain, seals
from shared.audit.chain import ChainedEvent
from shared.audit.seals import Head
from shared.files.bounded import FileRefused

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
PUBLIC = seals.public_bytes(KEY)
AT = datetime(2026, 11, 9, 1, tzinfo=UTC)
CASES = [UUID(int=n) for n in (1, 2, 3)]


class Forge:
    """Writes a small file, as an honest city does or as a forger would."""

    def __init__(self, key: Ed25519PrivateKey | None = KEY) -> None:
        self.key = key
        self.lines: list[bytes] = []
        self.running = chain.RunningDigest()
        self.heads: dict[str, tuple[int, bytes]] = {}
        self.number = 0

    def signed(self, content: dict[str, Any], key: Ed25519PrivateKey | None = None) -> dict[str, Any]:
        if (key := key or self.key) is None:
            return {"key": None, "signature": None}
        return {
            "key": seals.public_bytes(key).hex(),
            "signature": key.sign(seals.signed_bytes(content)).hex(),
        }

    def header(self, *services: tuple[str, int]) -> None:
        data = {
            "format": FORMAT,
            "made_at": AT.isoformat(),
            "records": True,
            "services": [{"name": name, "events": events} for name, events in services],
            "judged_upto": {},
            "packs": [],
            "key": PUBLIC.hex() if self.key else None,
        }
        self.lines.append(archive.metadata_line(archive.HEADER, "huying", data))

    def event(self, service: str, case: int, title: str) -> None:
        key = str(CASES[case])
        id_ = uuid5(CASES[case], f"{service} {self.number}")
        body = f'{{"appeal_id":"{key}","registration_number":"BZ-20261109-0000{case}","title":"{title}"}}'
        canonical = chain.canonical(service, key, id_, "appeal.received.v1", AT, body)
        position, before = self.heads.get(key, (0, chain.START))
        link = chain.link(before, canonical)
        self.number += 1
        self.heads[key] = (position + 1, link)
        self.running.add(link)
        self.lines.append(ChainedEvent(self.number, position + 1, link, str(id_), key, canonical).line())

    def seal(self, service: str, day: date, key: Ed25519PrivateKey | None = None) -> None:
        head = Head(service, day, self.number, self.running.head(), AT).content()
        data = {"head": head, **self.signed(head, key)}
        self.lines.append(archive.metadata_line(archive.SEAL, service, data))
        self.running = chain.RunningDigest(self.running.head())

    def head(self, service: str) -> None:
        head = Head(service, None, self.number, self.running.head(), AT).content()
        self.lines.append(archive.metadata_line(archive.HEAD, service, {"head": head, **self.signed(head)}))
        self.running, self.heads, self.number = chain.RunningDigest(), {}, 0

    def records(self, *rows: str) -> None:
        link = chain.START
        for number, row in enumerate(rows, 1):
            line, link = archive.record_line(link, number, "intake", "appeals", row)
            self.lines.append(line)

    def write(self, path: Path) -> Path:
        with Writer(path) as writer:
            for line in self.lines:
                writer.write(line)
            writer.write(
                archive.metadata_line(archive.STATE, "huying", {"intake.appeals": {"rows": 2, "digest": "7"}})
            )
            file = {"lines": writer.lines, "sum": writer.sum().hex()}
            writer.write(archive.metadata_line(archive.END, "huying", {"file": file, **self.signed(file)}))
        return path


Days = Sequence[Sequence[tuple[int, str]]]
DAYS: Days = (((0, "a"), (1, "b")), ((0, "c"), (2, "d")), ((1, "e"),))
"""What intake said on three days: case and title. The last day is not sealed yet."""


def forged(
    days: Days = DAYS, key: Ed25519PrivateKey | None = KEY, seal: Ed25519PrivateKey | None = None
) -> Forge:
    forge = Forge(key)
    forge.header(("intake", sum(map(len, days))), ("dispatch", 1))
    for n, day in enumerate(days):
        for case, title in day:
            forge.event("intake", case, title)
        if n < len(days) - 1:
            forge.seal("intake", date(2026, 11, 9) + timedelta(days=n), seal)
    forge.head("intake")
    forge.event("dispatch", 1, "f")
    forge.head("dispatch")
    forge.records('{"appeal_id": "1", "file": {"text": "道路破损"}}', '{"appeal_id": "2"}')
    return forge


@pytest.fixture
def good(tmp_path: Path) -> Path:
    return forged().write(tmp_path / "good.ndjson")


def change(good: Path, how: Callable[[list[bytes]], object]) -> Path:
    """Another file, with its lines changed."""
    lines = good.read_bytes().splitlines(keepends=True)
    how(lines)
    changed = good.with_name("changed.ndjson")
    changed.write_bytes(b"".join(lines))
    return changed


def problem_of(path: Path, *keys: bytes) -> str:
    """What is said of a file that is not as it was written."""
    with pytest.raises(Broken) as broken:
        verified(path, keys)
    return str(broken.value)


def test_a_file_as_it_was_written_is_told_so(good: Path) -> None:
    verdict = verified(good, [PUBLIC])
    assert (verdict.events, verdict.seals, verdict.records, verdict.signed) == (6, 2, 2, True)
    assert "Signed with" in summary(verdict, with_key=True)
    assert "own word" in summary(verified(good), with_key=False)


def is_found(file: Path, content: bytes) -> bool:
    """Whether `content`, written into `file`, is refused."""
    file.write_bytes(content)
    try:
        checked(archive.lines(file))
    except (Broken, FileRefused):
        return True
    return False


@pytest.mark.parametrize(
    "flip", [pytest.param(0x01, marks=pytest.mark.slow), 0x20, pytest.param(0x80, marks=pytest.mark.slow)]
)
def test_every_byte_counts(good: Path, flip: int) -> None:
    """Every byte of the file, one after the other; 0x20 makes small letters capital ones."""
    whole = bytearray(good.read_bytes())
    missed = []
    for place in range(len(whole)):
        whole[place] ^= flip
        if not is_found(good, bytes(whole)):
            missed.append(place)
        whole[place] ^= flip
    assert missed == []


def test_every_byte_of_a_packed_file_counts_or_means_nothing(tmp_path: Path) -> None:
    file = forged().write(tmp_path / "good.ndjson.gz")
    whole = bytearray(file.read_bytes())
    plain, meaningless = gzip.decompress(whole), 0
    for place in range(len(whole)):
        whole[place] ^= 0x55
        if not is_found(file, bytes(whole)):
            assert gzip.decompress(whole) == plain
            meaningless += 1
        whole[place] ^= 0x55
    assert 0 < meaningless <= 10  # the date, the system and the strength in gzip's header


@pytest.mark.parametrize("length", [0, 1, 500, 1500, -300, -2, -1])
def test_a_file_that_was_cut_is_found(good: Path, length: int) -> None:
    whole = good.read_bytes()
    cut = good.with_name("cut.ndjson")
    cut.write_bytes(whole[:length])
    assert "cut" in problem_of(cut)


def test_an_altered_event_is_named(good: Path) -> None:
    def alter(lines: list[bytes]) -> None:
        lines[4] = lines[4].replace(b'"title":"c"', b'"title":"x"')

    words = problem_of(change(good, alter))
    assert "line 5 was altered" in words
    assert "intake number 3" in words
    assert "case BZ-20261109-00000, position 2" in words
    assert str(uuid5(CASES[0], "intake 2")) in words
    assert verified(good).events == 6


def test_a_missing_event_is_named(good: Path) -> None:
    words = problem_of(change(good, lambda lines: lines.pop(2)))
    assert "expected is 2: 1 missing after" not in words  # a seal stands there first
    assert "up to event number 2, and the last one here is 1" in words
    words = problem_of(change(good, lambda lines: lines.pop(1)))
    assert "expected is 1: 1 missing after the start" in words


def test_an_event_inserted_twice_is_named(good: Path) -> None:
    words = problem_of(change(good, lambda lines: lines.insert(5, lines[4])))
    assert "line 6 has event number 3" in words
    assert "inserted, or moved" in words


def test_two_events_that_changed_places_are_named(good: Path) -> None:
    def swap(lines: list[bytes]) -> None:
        lines[4], lines[5] = lines[5], lines[4]

    assert "line 5 has event number 4 of intake" in problem_of(change(good, swap))


def test_a_case_that_is_gone_is_noticed_where_its_first_event_stood(good: Path) -> None:
    key = str(CASES[1]).encode()
    words = problem_of(
        change(good, lambda lines: lines.__setitem__(slice(None), [li for li in lines if key not in li]))
    )
    assert "up to event number 2" in words


def test_a_day_that_is_gone_is_noticed(good: Path) -> None:
    words = problem_of(change(good, lambda lines: lines.__delitem__(slice(4, 7))))
    assert "expected is 3: 2 missing after case BZ-20261109-00001" in words


def test_an_event_that_the_database_had_lost_is_named(tmp_path: Path) -> None:
    forge = forged()
    lost = chain.parse_line(forge.lines[4])
    assert lost is not None
    forge.lines[4] = lost._replace(event=None).line()
    words = problem_of(forge.write(tmp_path / "lost.ndjson"))
    assert f"event {lost.id} of intake was gone from the database" in words
    assert f"case {CASES[0]}, position 2" in words


def test_an_event_that_was_never_said_is_named(tmp_path: Path) -> None:
    forge = forged()
    put_in = chain.parse_line(forge.lines[7])
    assert put_in is not None
    forge.lines[7] = put_in._replace(link=bytes(32)).line()
    assert "put into the outbox of intake and never said" in problem_of(forge.write(tmp_path / "in.ndjson"))


def test_links_made_anew_do_not_fit_the_head_of_the_day(good: Path, tmp_path: Path) -> None:
    """An insider who has the databases and not the key alters an event and all links after it."""
    other = forged((((0, "a"), (1, "b")), ((0, "x"), (2, "d")), ((1, "e"),)))
    true = good.read_bytes().splitlines()
    other.lines[6] = true[6]
    words = problem_of(other.write(tmp_path / "other.ndjson"), PUBLIC)
    assert "the head of intake for day 2026-11-10" in words
    assert "number 3 to 4 (after the seal of 2026-11-09)" in words


def test_a_day_taken_out_with_all_made_anew_does_not_fit(good: Path, tmp_path: Path) -> None:
    other = forged((DAYS[0], DAYS[2], ()))
    other.lines[5] = good.read_bytes().splitlines()[6]  # the true seal of the second day
    assert "events are missing or were inserted" in problem_of(other.write(tmp_path / "other.ndjson"), PUBLIC)


def test_a_head_signed_with_another_key_is_found(tmp_path: Path) -> None:
    path = forged(seal=OTHER).write(tmp_path / "other.ndjson")
    assert "was signed with another key: the head of intake (2026-11-09)" in problem_of(path)
    assert "was signed with another key" in problem_of(path, PUBLIC)
    assert verified(
        path, [PUBLIC, seals.public_bytes(OTHER)]
    ).signed  # both were the city's, one after the other


def test_a_file_forged_as_a_whole_is_found_by_who_knows_the_key(tmp_path: Path) -> None:
    path = forged(key=OTHER).write(tmp_path / "other.ndjson")
    assert "another key" in problem_of(path, PUBLIC)


def test_a_file_stripped_of_its_signatures_is_found_by_who_knows_the_key(tmp_path: Path) -> None:
    path = forged(days=(DAYS[0],), key=None).write(tmp_path / "bare.ndjson")
    assert "is not signed" in problem_of(path, PUBLIC)
    assert "Not signed" in summary(verified(path), with_key=False)


def test_an_altered_record_is_named(good: Path) -> None:
    def alter(lines: list[bytes]) -> None:
        lines[11] = lines[11].replace("破".encode(), "修".encode())

    assert "record 1, of intake.appeals" in problem_of(change(good, alter))


def test_what_stands_after_the_end_is_found(good: Path) -> None:
    assert "after the end" in problem_of(change(good, lambda lines: lines.append(lines[0])))


@pytest.mark.parametrize("word", ["", "abc", "AAAA", "not base64!"])
def test_a_key_that_is_none_is_refused(word: str) -> None:
    with pytest.raises(ValueError, match="is no public key"):
        read_keys([word or "-"])


def test_a_key_is_taken_as_printed_or_from_a_file(tmp_path: Path) -> None:
    word = base64.b64encode(PUBLIC).decode()
    file = tmp_path / "key.txt"
    file.write_text(word + "\n")
    assert read_keys([word, str(file)]) == [PUBLIC, PUBLIC]


def test_a_name_that_says_another_compression_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"\.ndjson\.gz"):
        Writer(tmp_path / "city.ndjson.zst")


def test_lines_are_cloudevents(good: Path) -> None:
    for line in good.read_bytes().splitlines():
        event = orjson.loads(line)
        assert event["specversion"] == "1.0"
        assert {"id", "source", "type", "data"} <= event.keys()
        assert all(name.isalnum() and name.islower() for name in event), (
            "names of attributes, CloudEvents 3.1"
        )
