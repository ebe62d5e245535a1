"""YAML that people write is read as it looks, within bounds, and every refusal names file and line."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from time import process_time

import pytest
import yaml
from pydantic import BaseModel
from typer.testing import CliRunner

from huying.archive import databases
from huying.commands.main import app
from huying.kafka import access
from huying.local.accounts import accounts
from huying.simulate import profiles
from services.financing.loans import routing as bank_routing
from services.notify.channels import settings as channels
from services.notify.messages import routing
from shared.files import strict_yaml
from shared.files.yaml_mistakes import LONGEST_NAME, LONGEST_RULE, MOST_MISTAKES, Mistakes
from shared.files.yaml_nodes import DEEPEST, MOST_BYTES, MOST_NODES
from shared.roles import AccountRole
from shared.rules.pack import pack_files, settings
from shared.rules.time.notices import read_notices
from shared.service.accounts import Accounts, hash_key

ROOT = Path(__file__).parents[3]
NINES = ", ".join(["*a"] * 9)
BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{NINES.replace('*a', f'*a{n - 1}')}]\n" for n in range(1, 20)
)
REFUSED: dict[str, tuple[bytes, str]] = {
    "alias bomb": (BOMB.encode(), "line 6: .*more than 100,000 names and values"),
    "alias of itself": (b"a: &a [*a]", r"line 1: .*nothing before it has the name of the alias \*a"),
    "alias of nothing": (b"a: 1\nb: *c", r"line 2: .*nothing before it has the name of the alias \*c"),
    "deep by aliases": (
        "".join(f"a{n}: &a{n} [{f'*a{n - 1}' if n else ''}]\n" for n in range(30)).encode(),
        "line 20: .*nested deeper than 20 levels",
    ),
    "deep lists": (b"[" * 100_000, "line 1: .*nested deeper than 20 levels"),
    "deep mappings": (b"a: " + b"{a: " * 100_000, "line 1: .*nested deeper than 20 levels"),
    "deep lines": (b"".join(b" " * n + b"a:\n" for n in range(1000)), "line 20: .*nested deeper"),
    "many names": (b"".join(b"a%d:\n" % n for n in range(MOST_NODES)), "line 50000: .*more than 100,000"),
    "many entries": (b"a: [" + b"1," * 2_000_000, "line 1: .*more than 100,000"),
    "a tag": (b"a: 1\nb: !!python/object/apply:os.system ['true']", "line 2: .*has the tag .*os.system"),
    "a tag of its own": (b"a: !include /etc/passwd", "line 1: .*has the tag !include"),
    "a merge key": (b"a: &a {b: c}\nd:\n  <<: *a\n", "line 3: .*merge key"),
    "a name twice": (b"a: 1\nb: 2\nc: {d: 1, d: 2}\n", "line 3: c, d: is given twice"),
    "a list as a name": (b"a: 1\n? [b]\n: 2", "line 2: .*a key is no word"),
    "a NUL": (b"a: 1\nb: \x00", r"line 2: .*control character U\+0000"),
    "an escape": (b"a: 1\r\nb: \x1b[2J\r\n", r"line 2: .*control character U\+001B"),
    "a delete": (b"a: 1\nb: \x7f", r"line 2: .*control character U\+007F"),
    "an eight-bit escape": ("a: 1\nb: \x9b2J".encode(), r"line 2: .*control character U\+009B"),
    "no character": ("a: 1\nb: \ufffe".encode(), r"line 2: .*control character U\+FFFE"),
    "UTF-16": ("a: 1\n".encode("utf-16"), "is written in utf-16, not in UTF-8"),
    "UTF-16 without a mark": ("a: 1\n".encode("utf-16-be"), "is written in utf-16-be"),
    "GBK": ("名称: 亳州市\n".encode("gbk"), "is written in gb18030"),
    "one wrong byte": ("名称: 亳州\nb: ".encode() + b"\xff", "line 2: .*is not UTF-8"),
    "two documents": (b"a: 1\n---\nb: 1\n", "line 2: .*a second document"),
    "no YAML": (b"a: 1\nb: [\n", "line 2: .*no YAML"),
    "a tab": (b"a:\n\tb: 1", "line 2: .*no YAML"),
    "nothing": (b"", "line 1: .*expected a mapping"),
    "a text": (b"abc", "line 1: .*expected a mapping"),
    "large": (b"a: " + b"x" * MOST_BYTES, "is larger than 4,194,304 bytes"),
}


@pytest.mark.parametrize(("content", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_no_person_means_is_refused_with_file_and_line(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    file = tmp_path / "people.yaml"
    file.write_bytes(content)
    started = process_time()
    with pytest.raises(Mistakes, match=reason) as refused:
        strict_yaml.values(file)
    assert str(refused.value).startswith(str(file))
    assert len(str(refused.value)) < 400
    assert process_time() - started < 10


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("no", "no"),
        ("on", "on"),
        ("12:30", "12:30"),
        ("0551", "0551"),
        ("1_000", "1_000"),
        ("2026-10-01", "2026-10-01"),
        ("2026-10-01 09:00:00", "2026-10-01 09:00:00"),
        ("1e3", "1e3"),
        (".inf", ".inf"),
        ("null", "null"),
        ("~", "~"),
        ("0x1F", "0x1F"),
        ("'12:30'", "12:30"),
        ("\ufeff1", "\ufeff1"),
    ],
)
def test_a_value_and_a_name_are_the_text_that_they_look_like(
    tmp_path: Path, written: str, meant: str
) -> None:
    file = tmp_path / "people.yaml"
    file.write_text(f"{written}: {written}\n", "utf-8")
    assert strict_yaml.values(file) == {meant: meant} if "\ufeff" not in meant else {"1": meant}


@pytest.mark.parametrize(
    "content",
    [
        b"a: 1\nb: [x, y]\n",
        b"a: 1\r\nb: [x, y]\r\n",
        b"a: 1\rb: [x, y]\r",
        b"\xef\xbb\xbf" * 2 + b"a: 1\nb: [x, y]",
    ],
    ids=["Unix", "Windows", "old Mac", "two byte order marks"],
)
def test_line_ends_and_byte_order_marks_make_no_difference(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "people.yaml"
    file.write_bytes(content)
    assert strict_yaml.values(file) == {"a": "1", "b": ["x", "y"]}


def test_an_alias_stands_for_what_it_names(tmp_path: Path) -> None:
    file = tmp_path / "people.yaml"
    file.write_text("hours: &h {from: 9:00, to: 17:00}\nother: *h\ntwice: [*h, *h]\n", "utf-8")
    hours = {"from": "9:00", "to": "17:00"}
    assert strict_yaml.values(file) == {"hours": hours, "other": hours, "twice": [hours, hours]}


def test_a_file_at_the_bounds_is_read(tmp_path: Path) -> None:
    file = tmp_path / "people.yaml"
    file.write_text("[" * DEEPEST + "]" * DEEPEST, "utf-8")
    assert strict_yaml.values(file)
    file.write_text("".join(f"- {n}\n" for n in range(MOST_NODES - 1)), "utf-8")
    assert len(strict_yaml.values(file)) == MOST_NODES - 1


class Numbers(BaseModel):
    """What a file holds."""

    of: dict[str, int]


def test_of_many_mistakes_with_long_names_the_first_are_told_and_the_names_cut(tmp_path: Path) -> None:
    file = tmp_path / "people.yaml"
    names = [f"{number:03}{'n' * 500}" for number in range(MOST_MISTAKES + 1)]
    file.write_text("of:\n" + "".join(f"  {name}: x\n" for name in names), "utf-8")
    with pytest.raises(Mistakes) as refused:
        strict_yaml.read(file, Numbers, lambda numbers: ())
    *first, last = str(refused.value).splitlines()
    assert len(first) == MOST_MISTAKES
    assert last.endswith("has more mistakes: mend these first")
    for name, line in zip(names, first, strict=False):
        assert f": of, {name[:LONGEST_NAME]}…: input should be a valid integer" in line


def test_a_rule_that_quotes_a_long_value_is_cut(tmp_path: Path) -> None:
    file = tmp_path / "people.yaml"
    file.write_text("of: {a: 1}", "utf-8")
    with pytest.raises(Mistakes) as refused:
        strict_yaml.read(file, Numbers, lambda numbers: [(("of", "a"), "x" * 5_000)])
    assert str(refused.value) == f"{file}, line 1: of, a: {'x' * LONGEST_RULE}…"


READERS: dict[str, Callable[[Path], object]] = {
    "pack": pack_files.load,
    "settings of packs": lambda file: settings.of(file, "x-1", set()),
    "profile": profiles.load,
    "notices": read_notices,
    "accounts": Accounts.load,
    "channels": channels.load,
    "banks": bank_routing.load,
    "messages": lambda file: routing.load(file.parent),
    "databases": databases.named_in,
    "access list": lambda file: access.entries([], file),
}


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    os.mkfifo(tmp_path / "pipe.yaml")
    return tmp_path / "pipe.yaml"


@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
def test_every_reader_of_what_people_write_is_this_one(
    tmp_path: Path, pipe: Path, read: Callable[[Path], object]
) -> None:
    file = tmp_path / "people.yaml"
    for name in ("templates.zh-CN.yaml", "templates.en.yaml", "routing.yaml"):
        (tmp_path / name).symlink_to(file)
    for kind in ("alias bomb", "deep lists", "a tag", "a NUL", "UTF-16", "large"):
        content, reason = REFUSED[kind]
        file.write_bytes(content)
        with pytest.raises(ValueError, match=reason):
            read(file)
    file.unlink()
    for path in (Path("/dev/zero"), pipe, tmp_path):
        file.unlink(missing_ok=True)
        file.symlink_to(path)
        with pytest.raises(ValueError, match="is a folder, a device or a pipe"):
            read(file)


def test_no_other_module_reads_yaml() -> None:
    reads = re.compile(r"yaml\.(safe_|full_|unsafe_)?(load|compose|parse|scan)")
    sources = [path for folder in ("services", "shared", "huying") for path in (ROOT / folder).rglob("*.py")]
    paths = [path.relative_to(ROOT).as_posix() for path in sources if reads.search(path.read_text("utf-8"))]
    assert paths == ["shared/files/yaml_nodes.py"]


def test_accounts_are_read_as_they_were_written_before(tmp_path: Path) -> None:
    """Older files say `code: null` of an account that speaks for nobody; a code of digits stays a text."""
    file = tmp_path / "accounts.yaml"
    listed = [
        {"name": "office", "role": "office", "code": None, "key_sha256": hash_key("a")},
        {"name": "unit", "role": "unit", "code": "0551", "key_sha256": hash_key("b")},
    ]
    file.write_text(yaml.safe_dump(listed).replace("'0551'", "0551"), "utf-8")
    assert [Accounts.load(file).caller(key).code for key in ("a", "b")] == [None, "0551"]
    again, keys = accounts(tmp_path, [("office", AccountRole.OFFICE, None)])
    assert Accounts.load(again).caller(keys["office"]).code is None
    assert accounts(tmp_path, [("office", AccountRole.OFFICE, None)])[1] == keys


def test_the_command_says_so_in_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "bomb.yaml"
    file.write_text(BOMB, "utf-8")
    result = CliRunner().invoke(app, ["pack", "check", str(file)])
    assert result.exit_code == 1
    assert "more than 100,000 names and values" in f"{result.output} {result.exception}"
