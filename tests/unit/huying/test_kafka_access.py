"""The access list says what the services and the banks' contract need, and no more."""

from collections import defaultdict
from pathlib import Path

import pytest
from typer.testing import CliRunner

from huying.commands.main import app
from huying.kafka.access import ALLOW, GROUP, LITERAL, OPERATIONS, PREFIXED, TOPIC, Entry, entries, principals
from huying.kafka.setup import properties
from services import SERVICES
from services.financing import bank_documents
from tests.city import ALL

BANKS = ["abc", "xyz"]


def allowed(operation: str, resource: int = TOPIC) -> dict[str, set[str]]:
    """By principal, the names on which it may do so."""
    resources = defaultdict(set)
    for entry in entries(BANKS):
        if (entry.resource, entry.operation) == (resource, OPERATIONS[operation]):
            resources[entry.principal.removeprefix("User:")].add(entry.name)
    return dict(resources)


def test_every_service_and_bank_is_a_principal_and_nobody_else() -> None:
    assert principals(BANKS) == sorted([*SERVICES, "bank-abc", "bank-xyz"])


@pytest.mark.parametrize("service", ALL, ids=lambda service: service.name)
def test_a_service_hears_what_its_wiring_says_in_the_group_of_its_name(service) -> None:
    banks = {f"banks.{bank}.replies" for bank in BANKS if service.name == "financing"}
    assert allowed("read").get(service.name, set()) == {*service.topics, *banks}
    groups = allowed("read", GROUP).get(service.name, set())
    assert groups == ({service.name} if service.hears else set())


def test_no_topic_has_two_writers() -> None:
    writers = allowed("write")
    assert sum(map(len, writers.values())) == len(set().union(*writers.values()))


def test_nothing_is_denied_and_nothing_is_for_everybody() -> None:
    for entry in entries(BANKS):
        assert (entry.permission, entry.host) == (ALLOW, "*")
        assert entry.principal != "User:*"
        assert entry.name != "*"


def test_a_name_taken_as_a_beginning_belongs_to_one_bank_alone() -> None:
    beginnings = {entry.name for entry in entries(["ab", "abc"]) if entry.pattern == PREFIXED}
    assert beginnings == {"bank-ab.", "bank-abc."}


def test_the_list_is_what_the_banks_document_says() -> None:
    addresses = {channel["address"] for channel in bank_documents.asyncapi()["channels"].values()}
    topics = {e.name for e in entries(["abc"]) if e.principal == "User:bank-abc" and e.resource == TOPIC}
    assert topics == {address.replace("{code}", "abc") for address in addresses}


@pytest.mark.parametrize("code", ["", "a", "A b", "abc.xyz", "*", "a" * 21])
def test_what_is_no_banks_code_is_refused(code: str) -> None:
    with pytest.raises(ValueError, match="银行代码"):
        entries([code])


def test_a_word_the_list_does_not_know_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "acls.yaml"
    file.write_text("- { principal: intake, operations: [all], topics: [x] }\n")
    with pytest.raises(ValueError, match="operations"):
        entries([], file)


def test_an_entry_is_in_the_numbers_of_kafkas_protocol() -> None:
    assert Entry(2, "intake.events", 3, "User:intake", "*", 4, 3) in entries([])
    assert LITERAL == 3


def test_three_brokers_keep_three_copies_and_need_two() -> None:
    ports = [(1, 2), (3, 4), (5, 6)]
    lines = properties(2, ports, Path("/data"), "x")
    for line in ("node.id=2", "min.insync.replicas=2", "default.replication.factor=3"):
        assert line in lines
    assert "controller.quorum.voters=1@127.0.0.1:2,2@127.0.0.1:4,3@127.0.0.1:6" in lines
    assert "allow.everyone.if.no.acl.found=false" in lines


def test_without_java_the_command_says_so_and_ends_with_2(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["kafka", "up", "--state", str(tmp_path)], env={"PATH": str(tmp_path)})
    assert result.exit_code == 2
    assert "JDK 17" in result.output
    assert not (tmp_path / "kafka").exists()
