"""Creates principals and access lists on Apache Kafka from `deploy/kafka/acls.yaml`, without Java.

aiokafka's admin client supports neither, so the requests are built here from its protocol classes.
"""

import asyncio
import hashlib
import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError, for_code
from aiokafka.protocol.admin import CreateAclsRequest_v1, DeleteAclsRequest, DescribeAclsRequest
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import CompactArray, CompactBytes, CompactString, Int8, Int16, Int32, Schema
from aiokafka.protocol.types import TaggedFields as Tags
from pydantic import BaseModel, ConfigDict, RootModel

from shared.files import strict_yaml
from shared.messaging.clients import connected
from shared.service.settings import KafkaSettings

LIST = Path(__file__).parents[2] / "deploy" / "kafka" / "acls.yaml"
BANK = re.compile(r"[a-z0-9-]{2,20}")
ITERATIONS = 4096
ANY, TOPIC, GROUP, LITERAL, PREFIXED, ALLOW = 1, 2, 3, 3, 4, 3
OPERATIONS = {"read": 3, "write": 4, "create": 5}
SCRAM_SHA_512 = 2
KNOWN_S = 10


class Line(BaseModel):
    """One line of the list: what a principal may do on some topics and groups."""

    model_config = ConfigDict(extra="forbid")

    principal: str
    operations: tuple[Literal["create", "read", "write"], ...]
    topics: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    prefix: bool = False


class _List(RootModel[list[Line]]):
    """The list."""


class Entry(NamedTuple):
    """One access list entry, in the numbers of Kafka's protocol."""

    resource: int
    name: str
    pattern: int
    principal: str
    host: str
    operation: int
    permission: int


def entries(banks: Iterable[str], file: Path = LIST) -> set[Entry]:
    """All entries of the list for these banks. ValueError for an invalid bank code."""
    lines = strict_yaml.read(file, _List, lambda _: ()).root
    codes = [checked(code) for code in banks]
    all_entries: set[Entry] = set()
    for line in lines:
        of_each = "{bank}" in str(line)
        for code in codes if of_each else [""]:
            all_entries |= set(_entries(line, code))
    return all_entries


def checked(code: str) -> str:
    """A bank code that may be part of a topic name. ValueError for any other."""
    if not BANK.fullmatch(code):
        raise ValueError(
            f"{code!r} is no bank's code: 2 to 20 small letters, digits and hyphens / 银行代码不合规则"
        )
    return code


def _entries(line: Line, code: str) -> Iterable[Entry]:
    pattern = PREFIXED if line.prefix else LITERAL
    principal = "User:" + line.principal.replace("{bank}", code)
    for resource, names in ((TOPIC, line.topics), (GROUP, line.groups)):
        for name in names:
            for operation in line.operations:
                number = OPERATIONS[operation]
                yield Entry(resource, name.replace("{bank}", code), pattern, principal, "*", number, ALLOW)


def principals(banks: Iterable[str], file: Path = LIST) -> list[str]:
    """All principals of the list, sorted."""
    return sorted({entry.principal.removeprefix("User:") for entry in entries(banks, file)})


class Refused(KafkaError):  # type: ignore[misc]
    """The broker did not take a change of principals or access."""


async def apply(admin: KafkaSettings, passwords: Mapping[str, str], wanted: set[Entry]) -> None:
    """Create the principals with their passwords, and give them exactly the entries `wanted`.

    Entries of other principals stay. Raises `Refused`, another KafkaError, or TimeoutError.
    """
    async with connected(AIOKafkaAdminClient(**admin.client(), request_timeout_ms=10_000)) as client:
        await _send(client, _AlterScram([_upsertion(*login) for login in sorted(passwords.items())]))
        await _send(client, _CreateAcls(sorted(wanted)))
        async with asyncio.timeout(KNOWN_S):
            while not wanted <= await held(client):  # noqa: ASYNC110 - the controller has them, the broker soon
                await asyncio.sleep(0.05)
        mine = {entry.principal for entry in wanted}
        for entry in await held(client):
            if entry.principal in mine and entry not in wanted:
                await _send(client, DeleteAclsRequest(*entry))


async def held(client: AIOKafkaAdminClient) -> set[Entry]:
    """All entries of the broker."""
    answer = await _send(client, DescribeAclsRequest(ANY, None, ANY, None, None, ANY, ANY))
    return {
        Entry(resource, name, pattern, *rest)
        for resource, name, pattern, acls in answer.resources
        for rest in acls
    }


async def _send(client: AIOKafkaAdminClient, request: Any) -> Any:
    answer = await client._send_request(request)
    content = answer.to_object()
    results = content.get("results") or content.get("creation_responses")
    results = results or content.get("filter_responses") or [content]
    for result in results:
        if result["error_code"]:
            reason = result["error_message"] or for_code(result["error_code"]).__name__
            raise Refused(f"the broker refuses {type(request).__name__.lstrip('_')}: {reason}")
    return answer


class _CreateAcls(Request[CreateAclsRequest_v1]):  # type: ignore[misc]
    API_KEY = CreateAclsRequest_v1.API_KEY

    def __init__(self, wanted: Sequence[Entry]) -> None:
        self._wanted = wanted

    def build(self, request_struct_class: type[CreateAclsRequest_v1]) -> CreateAclsRequest_v1:
        return request_struct_class(list(self._wanted))


class _ScramAltered(Response):  # type: ignore[misc]
    API_KEY = 51
    API_VERSION = 0
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "results",
            CompactArray(
                ("user", CompactString("utf-8")),
                ("error_code", Int16),
                ("error_message", CompactString("utf-8")),
                ("tags", Tags),
            ),
        ),
        ("tags", Tags),
    )


class _AlterScramStruct(RequestStruct):  # type: ignore[misc]
    API_KEY = 51
    API_VERSION = 0
    FLEXIBLE_VERSION = True
    RESPONSE_TYPE = _ScramAltered
    SCHEMA = Schema(
        ("deletions", CompactArray(("name", CompactString("utf-8")), ("mechanism", Int8), ("tags", Tags))),
        (
            "upsertions",
            CompactArray(
                ("name", CompactString("utf-8")),
                ("mechanism", Int8),
                ("iterations", Int32),
                ("salt", CompactBytes),
                ("salted_password", CompactBytes),
                ("tags", Tags),
            ),
        ),
        ("tags", Tags),
    )


class _AlterScram(Request[_AlterScramStruct]):  # type: ignore[misc]
    API_KEY = 51

    def __init__(self, upsertions: list[tuple[Any, ...]]) -> None:
        self._upsertions = upsertions

    def build(self, request_struct_class: type[_AlterScramStruct]) -> _AlterScramStruct:
        return request_struct_class([], self._upsertions, {})


def _upsertion(principal: str, password: str) -> tuple[Any, ...]:
    """A user with the salted password that SCRAM stores (RFC 5802)."""
    salt = secrets.token_bytes(24)
    salted = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, ITERATIONS)
    return principal, SCRAM_SHA_512, ITERATIONS, salt, salted, {}
