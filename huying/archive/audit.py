"""`huying audit verify`: whether a file of a city's history is what the city said. Needs no database.

Reads the file once; keeps the last link of every case of one service in memory (about 300 bytes a case).
"""

import base64
import binascii
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from huying.archive import files as archive
from huying.archive.files import Broken
from shared.audit import chain
from shared.audit.chain import Said
from shared.audit.seals import holds

FORMAT = 1


@dataclass
class Verdict:
    """What was found in a file that is whole. `keys` are those that signed, in base64."""

    header: dict[str, Any] = field(default_factory=dict)
    state: dict[str, Any] = field(default_factory=dict)
    events: int = 0
    records: int = 0
    seals: int = 0
    keys: set[str] = field(default_factory=set)
    signed: bool = False


def verified(path: Path, keys: Collection[bytes] = ()) -> Verdict:
    """Read the whole file. `Broken` with the first thing that is not as it was written.

    `keys` are the public keys that may have signed; without them the key of the end is believed.
    """
    return checked(archive.lines(path), keys)


def checked(lines: Iterable[bytes], keys: Collection[bytes] = ()) -> Verdict:
    """The same of lines."""
    reading = _Reading(keys)
    for line in lines:
        reading.take(line)
    return reading.end()


class _Reading:
    """The file up to here."""

    def __init__(self, keys: Collection[bytes]) -> None:
        self.verdict = Verdict()
        self._keys = keys
        self._lines = 0
        self._sum = sha256()
        self._before = b""
        self._services: list[str] = []
        self._expected: dict[str, int] = {}
        self._cases: dict[str, tuple[int, bytes]] = {}
        self._last: Said | None = None
        self._number = 0
        self._sealed: tuple[int, str] = (0, "")
        self._head = chain.Running()
        self._record = chain.START
        self._over = False

    def take(self, line: bytes) -> None:
        """The next line."""
        if self._over:
            raise self._broken("stands after the end of the file", "在文件结尾之后")
        self._before = self._sum.digest()
        self._sum.update(line + b"\n")
        self._lines += 1
        if line.startswith(b'{"sequence"'):
            self._event(line)
        elif line.startswith(b'{"recordlink"'):
            self._take_record(line)
        else:
            self._about(line)

    def end(self) -> Verdict:
        """After the last line."""
        if not self._over:
            last = f"; the last event is {_named(self._last)}" if self._last else ""
            raise Broken(
                f"the file was cut after line {self._lines}: its end is missing{last}"
                f" / 文件在第 {self._lines} 行之后被截断"
            )
        return self.verdict

    def _broken(self, en: str, zh: str) -> Broken:
        return Broken(f"line {self._lines} {en} / 第 {self._lines} 行：{zh}")

    @property
    def _service(self) -> str:
        return self._services[0] if self._services else ""

    def _event(self, line: bytes) -> None:
        one = chain.said(line)
        if one is None or (one.event and not one.event.startswith(self._start(one))):
            raise self._broken(
                f"is no event of {self._service or 'a service'} as it was written; expected is number "
                f"{self._number + 1}",
                f"不是原样的事件；应为第 {self._number + 1} 号事件",
            )
        self._check_place(one)
        position, before = self._cases.get(one.key, (0, chain.START))
        self._check_link(one, position, before)
        self._cases[one.key] = (one.position, one.link)
        self._head.add(one.link)
        self._number, self._last = one.number, one
        self.verdict.events += 1

    def _start(self, one: Said) -> bytes:
        return f'{{"specversion":"1.0","id":"{one.id}","source":"/huying/{self._service}",'.encode()

    def _check_place(self, one: Said) -> None:
        expected = self._number + 1
        if one.number > expected:
            raise self._broken(
                f"has event number {one.number} of {self._service} ({_named(one)}); expected is {expected}: "
                f"{one.number - expected} missing after {_named(self._last)}",
                f"{self._service} 缺少第 {expected} 号事件",
            )
        if one.number < expected:
            raise self._broken(
                f"has event number {one.number} of {self._service} ({_named(one)}); expected is {expected}: "
                "it was inserted, or moved",
                f"{self._service} 第 {one.number} 号事件被插入或移动",
            )

    def _check_link(self, one: Said, position: int, before: bytes) -> None:
        if one.event is None:
            raise self._broken(
                f"tells that event {one.id} of {self._service} was gone from the database: {_named(one)}",
                f"{self._service} 的事件 {one.id} 已从数据库中删除",
            )
        if one.link == bytes(32):
            raise self._broken(
                f"has an event that was put into the outbox of {self._service} and never said: {_named(one)}",
                f"{self._service} 的事件 {one.id} 系擅自插入",
            )
        if one.position != position + 1:
            raise self._broken(
                f"has the wrong place in its case: {_named(one)}, expected is position {position + 1}",
                f"事件 {one.id} 在案件中的次序应为 {position + 1}",
            )
        if (expected := chain.link(before, one.event)) != one.link:
            raise self._broken(
                f"was altered, or an event of its case before it: {self._service} number {one.number}, "
                f"{_named(one)}; its bytes give the link {expected.hex()}, and {one.link.hex()} was recorded",
                f"{self._service} 案件 {one.case} 第 {one.position} 个事件 {one.id} 被改动",
            )

    def _take_record(self, line: bytes) -> None:
        row = archive.read_record(line)
        if row is None or self._services or row.number != self.verdict.records + 1:
            raise self._broken(
                f"is no record as it was written; expected is record {self.verdict.records + 1}",
                f"不是原样的记录；应为第 {self.verdict.records + 1} 条记录",
            )
        if chain.link(self._record, row.said) != row.link:
            raise self._broken(
                f"was altered, or the record before it: record {row.number}, of {row.service}.{row.table}",
                f"第 {row.number} 条记录（{row.service}.{row.table}）被改动",
            )
        self._record = row.link
        self.verdict.records += 1

    def _about(self, line: bytes) -> None:
        found = archive.read_told(line)
        if found is None:
            raise self._broken("is not as it was written", "被改动")
        type_, source, data = found
        take = {
            archive.HEADER: self._header,
            archive.SEAL: self._seal,
            archive.HEAD: self._seal,
            archive.STATE: self._state,
            archive.END: self._end,
        }.get(type_)
        if take is None or (self._lines == 1) != (type_ == archive.HEADER):
            raise self._broken(f"is a {type_}, which does not belong here", "不应在此处")
        try:
            take(type_, source, data)
        except Broken:
            raise
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise self._broken(f"lacks what a {type_} has: {error!r}", "内容不全") from error

    def _header(self, _type: str, _source: str, data: dict[str, Any]) -> None:
        if data["format"] != FORMAT:
            raise self._broken(
                f"says format {data['format']}, and this release reads {FORMAT}", "本版本无法读取该格式"
            )
        self.verdict.header = data
        self._services = [one["name"] for one in data["services"]]
        self._expected = {one["name"]: one["events"] for one in data["services"]}

    def _seal(self, type_: str, source: str, data: dict[str, Any]) -> None:
        head = data["head"]
        what = f"day {head['day']}" if type_ == archive.SEAL else "the export"
        if source != self._service or head["service"] != source:
            raise self._broken(
                f"is a head of {source}, expected is {self._service or 'none'}", "日封条不属于该服务"
            )
        if head["upto"] != self._number:
            raise self._broken(
                f"seals {source} for {what} up to event number {head['upto']}, and the last one here is "
                f"{self._number} ({_named(self._last)}): events are missing or were inserted",
                f"{source} 的封条覆盖至第 {head['upto']} 号事件，而此处为第 {self._number} 号",
            )
        if head["head"] != self._head.head().hex():
            first, before = self._sealed[0] + 1, self._sealed[1]
            raise self._broken(
                f"does not fit: the head of {source} for {what} was {head['head']}, and the events here, "
                f"number {first} to {self._number}{before}, give {self._head.head().hex()}: one of them was "
                "altered, removed or inserted, and the links after it made anew; an earlier file tells which",
                f"{source} 的封条与第 {first} 至 {self._number} 号事件不符",
            )
        self._check_signature(type_, data)
        self._sealed = (self._number, f" (after the seal of {head['day']})")
        self._head = chain.Running(self._head.head())
        if type_ == archive.SEAL:
            self.verdict.seals += 1
        else:
            self._head_of_export(source)

    def _head_of_export(self, source: str) -> None:
        expected = self._expected[source]
        if self._number != expected:
            raise self._broken(
                f"ends {source} at event {self._number}, and the header says {expected}", "事件数与文件头不符"
            )
        self._services = self._services[1:]
        self._cases, self._last, self._number, self._sealed = {}, None, 0, (0, "")
        self._head = chain.Running()

    def _check_signature(self, type_: str, data: dict[str, Any]) -> None:
        head = data["head"]
        if data["key"] is None and data["signature"] is None and type_ == archive.HEAD:
            return
        key = _bytes(data["key"])
        self._check_key(key, f"the head of {head['service']} ({head['day'] or 'export'})")
        if not holds(key, _bytes(data["signature"]), head):
            raise self._broken(
                f"has a signature that does not fit: head of {head['service']}, {head['day'] or 'export'}",
                f"{head['service']} 的签名无效",
            )

    def _check_key(self, key: bytes, what: str) -> None:
        own = self.verdict.header["key"]
        known = self._keys or [key if own is None else _bytes(own)]
        if key not in known:
            raise self._broken(
                f"was signed with another key: {what} with {_shown(key)}, expected is "
                f"{' or '.join(map(_shown, known))}; give --key for each key that was the city's",
                "签名所用密钥不符",
            )
        self.verdict.keys.add(_shown(key))

    def _state(self, _type: str, _source: str, data: dict[str, Any]) -> None:
        if self._services:
            raise self._broken(f"comes before the events of {self._service} ended", "事件尚未结束")
        self.verdict.state = data

    def _end(self, _type: str, _source: str, data: dict[str, Any]) -> None:
        found = {"lines": self._lines - 1, "sum": self._before.hex()}
        if self._services or data["file"] != found:
            raise self._broken(
                f"does not fit: the file ended after {data['file']['lines']} lines with the sum "
                f"{data['file']['sum']}, and here are {found['lines']} with {found['sum']}: its header, its "
                "state or its records were altered",
                "文件总和不符：文件头、状态或记录被改动",
            )
        self._over = True
        if data["key"] is None and data["signature"] is None:
            if self._keys:
                raise self._broken("is not signed, and a key was given", "文件未签名")
            return
        key = _bytes(data["key"])
        self._check_key(key, "the end of the file")
        if not holds(key, _bytes(data["signature"]), data["file"]):
            raise self._broken("has a signature that does not fit", "文件签名无效")
        self.verdict.signed = True


def _named(one: Said | None) -> str:
    return f"case {one.case}, position {one.position}, event {one.id}" if one else "the start"


def _bytes(word: str) -> bytes:
    """From hexadecimal digits. ValueError where they are written in another way than here."""
    found = bytes.fromhex(word)
    if found.hex() != word:
        raise ValueError(f"{word} is not written in small hexadecimal digits")
    return found


def _shown(key: bytes) -> str:
    return base64.b64encode(key).decode()


def read_keys(given: Sequence[str]) -> list[bytes]:
    """Public keys in base64, or files that hold one. ValueError with what is wrong."""
    found = []
    for one in given:
        file = Path(one)
        word = file.read_text("utf-8").strip() if file.is_file() else one
        try:
            key = base64.b64decode(word, validate=True)
        except binascii.Error:
            key = b""
        if len(key) != 32:
            raise ValueError(
                f"--key {one} is no public key: give what `huying audit key` prints, or a file of it"
                " / 公钥应为 huying audit key 所输出的内容"
            )
        found.append(key)
    return found


def told(verdict: Verdict, *, with_key: bool) -> str:
    """What was found, in two lines."""
    header = verdict.header
    counts = (
        f"{verdict.events:,} events in {len(header['services'])} services, {verdict.seals:,} daily heads, "
        f"{verdict.records:,} records, exported {header['made_at']}: as written / 与原样一致"
    )
    if not verdict.signed:
        return f"{counts}\nNot signed: this finds damage, not a forger / 未签名：只能发现损坏，不能防伪造"
    keys = ", ".join(sorted(verdict.keys))
    if with_key:
        return f"{counts}\nSigned with {keys} / 签名有效"
    return (
        f"{counts}\nSigned with {keys}; that this is the city's key is the file's own word: give --key"
        " / 签名有效，但密钥为文件自述，请用 --key 核对"
    )
