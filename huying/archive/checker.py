"""Checks the lines of a city's history one after the other, without any database.

Keeps the last link of every case of one service in memory (about 300 bytes a case).
"""

import base64
from collections.abc import Collection
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from huying.archive import files, metadata
from huying.archive.files import READ_FORMATS, Broken
from shared.audit import chain
from shared.audit.chain import ChainedEvent
from shared.audit.seals import is_signed


@dataclass
class Verdict:
    """What an intact file holds. `keys` are the public keys that signed it, in base64."""

    header: dict[str, Any] = field(default_factory=dict)
    state: dict[str, Any] = field(default_factory=dict)
    events: int = 0
    closed: int = 0
    """Events of a public file of which only the link is there, from before there were open forms."""
    records: int = 0
    seals: int = 0
    keys: set[str] = field(default_factory=set)
    signed: bool = False
    sum: bytes = b""
    """The SHA-256 of all lines."""


class FileChecker:
    """Takes line after line. `Broken` at the first that is not as it was written."""

    def __init__(self, keys: Collection[bytes]) -> None:
        self.verdict = Verdict()
        self._keys = keys
        self._lines = 0
        self._sum = sha256()
        self._before = b""
        self._services: list[str] = []
        self._expected: dict[str, int] = {}
        self._cases: dict[str, tuple[int, bytes]] = {}
        self._last: ChainedEvent | None = None
        self._number = 0
        self._sealed: tuple[int, str] = (0, "")
        self._head = chain.RunningDigest()
        self._record = chain.START
        self._over = False

    def take(self, line: bytes) -> None:
        """Check the next line."""
        if self._over:
            raise self._broken("stands after the end of the file", "在文件结尾之后")
        self._before = self._sum.digest()
        self._sum.update(line + b"\n")
        self._lines += 1
        if line.startswith(b'{"sequence"'):
            self._check_event(line)
        elif line.startswith(b'{"recordlink"'):
            self._check_record(line)
        else:
            self._check_metadata(line)

    def end(self) -> Verdict:
        """Check that the file is complete; returns what it holds."""
        if not self._over:
            last = f"; the last event is {_where(self._last)}" if self._last else ""
            raise Broken(
                f"the file was cut after line {self._lines}: its end is missing{last}"
                f" / 文件在第 {self._lines} 行之后被截断"
            )
        self.verdict.sum = self._sum.digest()
        return self.verdict

    def _broken(self, en: str, zh: str) -> Broken:
        return Broken(f"line {self._lines} {en} / 第 {self._lines} 行：{zh}")

    @property
    def _service(self) -> str:
        return self._services[0] if self._services else ""

    def _check_event(self, line: bytes) -> None:
        event = chain.parse_line(line)
        if event is None or (event.event and not event.event.startswith(self._start(event))):
            raise self._broken(
                f"is no event of {self._service or 'a service'} as it was written; expected is number "
                f"{self._number + 1}",
                f"不是原样的事件；应为第 {self._number + 1} 号事件",
            )
        self._check_number(event)
        position, before = self._cases.get(event.key, (0, chain.START))
        self._check_link(event, position, before)
        self._cases[event.key] = (event.position, event.link)
        self._head.add(event.link)
        self._number, self._last = event.number, event
        self.verdict.events += 1

    def _start(self, event: ChainedEvent) -> bytes:
        return f'{{"specversion":"1.0","id":"{event.id}","source":"/huying/{self._service}",'.encode()

    def _check_number(self, event: ChainedEvent) -> None:
        expected = self._number + 1
        if event.number > expected:
            raise self._broken(
                f"has event number {event.number} of {self._service} ({_where(event)}); expected is "
                f"{expected}: {event.number - expected} missing after {_where(self._last)}",
                f"{self._service} 缺少第 {expected} 号事件",
            )
        if event.number < expected:
            raise self._broken(
                f"has event number {event.number} of {self._service} ({_where(event)}); expected is "
                f"{expected}: it was inserted, or moved",
                f"{self._service} 第 {event.number} 号事件被插入或移动",
            )

    def _check_link(self, event: ChainedEvent, position: int, before: bytes) -> None:
        if event.event is None and not event.closed:
            raise self._broken(
                f"tells that event {event.id} of {self._service} was gone from the database: {_where(event)}",
                f"{self._service} 的事件 {event.id} 已从数据库中删除",
            )
        if event.link == bytes(32):
            raise self._broken(
                f"has an event that was put into the outbox of {self._service} and never said: "
                f"{_where(event)}",
                f"{self._service} 的事件 {event.id} 系擅自插入",
            )
        if event.position != position + 1:
            raise self._broken(
                f"has the wrong place in its case: {_where(event)}, expected is position {position + 1}",
                f"事件 {event.id} 在案件中的次序应为 {position + 1}",
            )
        if (expected := self._expected_link(before, event)) != event.link:
            raise self._broken(
                f"was altered, or an event of its case before it: {self._service} number {event.number}, "
                f"{_where(event)}; its bytes give the link {expected.hex()}, and "
                f"{event.link.hex()} was recorded",
                f"{self._service} 案件 {event.case} 第 {event.position} 个事件 {event.id} 被改动",
            )

    def _expected_link(self, before: bytes, event: ChainedEvent) -> bytes:
        """The link that the bytes of an event give. For that of a closed one the head alone vouches."""
        if event.closed:
            if self.verdict.header["records"]:
                raise self._broken(
                    "is closed, and the file is not for the public", "完整文件中不应有未公开事件"
                )
            self.verdict.closed += 1
            return event.link
        try:
            return chain.link(before, event.linked)
        except ValueError:
            return b""

    def _check_record(self, line: bytes) -> None:
        record = files.read_record(line)
        if record is None or self._services or record.number != self.verdict.records + 1:
            raise self._broken(
                f"is no record as it was written; expected is record {self.verdict.records + 1}",
                f"不是原样的记录；应为第 {self.verdict.records + 1} 条记录",
            )
        if chain.link(self._record, record.content) != record.link:
            raise self._broken(
                f"was altered, or the record before it: record {record.number}, of "
                f"{record.service}.{record.table}",
                f"第 {record.number} 条记录（{record.service}.{record.table}）被改动",
            )
        self._record = record.link
        self.verdict.records += 1

    def _check_metadata(self, line: bytes) -> None:
        described = files.read_metadata_line(line)
        if described is None:
            raise self._broken("is not as it was written", "被改动")
        type_, source, data = described
        check = {
            files.HEADER: self._header,
            files.SEAL: self._seal,
            files.HEAD: self._seal,
            files.STATE: self._state,
            files.END: self._end,
        }.get(type_)
        if check is None or (self._lines == 1) != (type_ == files.HEADER):
            raise self._broken(f"is a {type_}, which does not belong here", "不应在此处")
        try:
            check(type_, source, data)
        except Broken:
            raise
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise self._broken(f"lacks what a {type_} has: {error!r:.300}", "内容不全") from error

    def _header(self, _type: str, _source: str, data: dict[str, Any]) -> None:
        if data["format"] not in READ_FORMATS:
            raise self._broken(
                f"says format {data['format']!r:.80}, and this release reads {READ_FORMATS}",
                "本版本无法读取该格式",
            )
        metadata.check_header(data)
        self.verdict.header = data
        self._services = [service["name"] for service in data["services"]]
        self._expected = {service["name"]: service["events"] for service in data["services"]}

    def _seal(self, type_: str, source: str, data: dict[str, Any]) -> None:
        head = data["head"]
        sealed = f"day {head['day']}" if type_ == files.SEAL else "the export"
        if source != self._service or head["service"] != source:
            raise self._broken(
                f"is a head of {source}, expected is {self._service or 'none'}", "日封条不属于该服务"
            )
        if head["upto"] != self._number:
            raise self._broken(
                f"seals {source} for {sealed} up to event number {head['upto']}, and the last one here is "
                f"{self._number} ({_where(self._last)}): events are missing or were inserted",
                f"{source} 的封条覆盖至第 {head['upto']} 号事件，而此处为第 {self._number} 号",
            )
        if head["head"] != self._head.head().hex():
            first, before = self._sealed[0] + 1, self._sealed[1]
            raise self._broken(
                f"does not fit: the head of {source} for {sealed} was {head['head']}, and the events here, "
                f"number {first} to {self._number}{before}, give {self._head.head().hex()}: one of them was "
                "altered, removed or inserted, and the links after it made anew; an earlier file tells which",
                f"{source} 的封条与第 {first} 至 {self._number} 号事件不符",
            )
        self._check_signature(type_, data)
        self._sealed = (self._number, f" (after the seal of {head['day']})")
        self._head = chain.RunningDigest(self._head.head())
        if type_ == files.SEAL:
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
        self._head = chain.RunningDigest()

    def _check_signature(self, type_: str, data: dict[str, Any]) -> None:
        head = data["head"]
        if data["key"] is None and data["signature"] is None and type_ == files.HEAD:
            return
        key = _bytes(data["key"])
        self._check_key(key, f"the head of {head['service']} ({head['day'] or 'export'})")
        if not is_signed(key, _bytes(data["signature"]), head):
            raise self._broken(
                f"has a signature that does not fit: head of {head['service']}, {head['day'] or 'export'}",
                f"{head['service']} 的签名无效",
            )

    def _check_key(self, key: bytes, signed: str) -> None:
        own = self.verdict.header["key"]
        known = self._keys or [key if own is None else _bytes(own)]
        if key not in known:
            raise self._broken(
                f"was signed with another key: {signed} with {_base64(key)}, expected is "
                f"{' or '.join(map(_base64, known))}; give --key for each key that was the city's",
                "签名所用密钥不符",
            )
        self.verdict.keys.add(_base64(key))

    def _state(self, _type: str, _source: str, data: dict[str, Any]) -> None:
        if self._services:
            raise self._broken(f"comes before the events of {self._service} ended", "事件尚未结束")
        metadata.check_state(data)
        self.verdict.state = data

    def _end(self, _type: str, _source: str, data: dict[str, Any]) -> None:
        counted = {"lines": self._lines - 1, "sum": self._before.hex()}
        if self._services or data["file"] != counted:
            raise self._broken(
                f"does not fit: the file ended after {data['file']['lines']} lines with the sum "
                f"{data['file']['sum']}, and here are {counted['lines']} with {counted['sum']}: its "
                "header, its state or its records were altered",
                "文件总和不符：文件头、状态或记录被改动",
            )
        self._over = True
        if data["key"] is None and data["signature"] is None:
            if self._keys:
                raise self._broken("is not signed, and a key was given", "文件未签名")
            return
        key = _bytes(data["key"])
        self._check_key(key, "the end of the file")
        if not is_signed(key, _bytes(data["signature"]), data["file"]):
            raise self._broken("has a signature that does not fit", "文件签名无效")
        self.verdict.signed = True


def _where(event: ChainedEvent | None) -> str:
    return f"case {event.case}, position {event.position}, event {event.id}" if event else "the start"


def _bytes(word: str) -> bytes:
    """The bytes of hexadecimal digits. ValueError for capital digits or spaces."""
    value = bytes.fromhex(word)
    if value.hex() != word:
        raise ValueError(f"{word:.100} is not written in small hexadecimal digits")
    return value


def _base64(key: bytes) -> str:
    return base64.b64encode(key).decode()
