"""The key ring, and what is encrypted by it: bound to its row, read by older keys, refused where altered."""

from pathlib import Path
from typing import Annotated

import orjson
import pytest
from pydantic import BaseModel

from shared.encryption import keyring
from shared.encryption.cells import Cell
from shared.encryption.fields import PERSONAL
from shared.encryption.keyring import KeyRing, NotDecrypted

NAME, PHONE = '暗记"联系人\\', "13977771234"


class Person(BaseModel):
    name: Annotated[str | None, PERSONAL] = None
    phones: Annotated[tuple[str, ...], PERSONAL] = ()


class Case(BaseModel):
    title: str
    person: Person
    others: list[Person] = []


CASE = Case(title="标题", person=Person(name=NAME, phones=(PHONE,)), others=[Person(), Person(name="x")])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    keyring.make(tmp_path / "ring.yaml", "first")
    return tmp_path / "ring.yaml"


@pytest.fixture
def cell(file: Path) -> Cell:
    return Cell(KeyRing("intake", file), "appeals.file", "1")


def test_a_ring_that_is_made_is_readable_by_its_owner_alone_and_stays(file: Path) -> None:
    before = file.read_text("utf-8")
    keyring.make(file, "second")
    assert (file.stat().st_mode & 0o777, file.read_text("utf-8")) == (0o600, before)


def test_a_stored_document_has_no_personal_value_in_plain_and_is_read_as_it_was(cell: Cell) -> None:
    stored = cell.dump(CASE)
    assert NAME not in orjson.loads(stored)["person"]["name"]
    assert PHONE not in stored
    assert "标题" in stored
    assert Case.model_validate_json(cell.decrypt_json(stored)) == CASE
    assert Case.model_validate(cell.decrypted(orjson.loads(stored))) == CASE


def test_elsewhere_a_document_is_written_as_if_nothing_were_marked(cell: Cell) -> None:
    assert orjson.loads(CASE.model_dump_json())["person"] == {"name": NAME, "phones": [PHONE]}
    assert Person.model_json_schema(mode="serialization")["properties"]["phones"]["type"] == "array"


def test_what_an_earlier_version_wrote_in_plain_is_read_as_it_is(cell: Cell) -> None:
    assert cell.decrypt("13977771234") == "13977771234"
    assert cell.decrypt_bytes(b"\xff\x00") == b"\xff\x00"
    assert cell.decrypt_json(CASE.model_dump_json()) == CASE.model_dump_json()


@pytest.mark.parametrize("text", ["", "x", NAME, "\x1eenc:first:AAAA"])
def test_texts_and_bytes_come_back(cell: Cell, text: str) -> None:
    assert cell.decrypt(cell.encrypt(text)) == text
    assert cell.decrypt_bytes(cell.encrypt_bytes(text.encode())) == text.encode()


def test_a_value_of_another_service_column_or_row_is_refused(file: Path, cell: Cell) -> None:
    token = cell.encrypt(PHONE)
    for moved in (
        Cell(KeyRing("notify", file), "appeals.file", "1"),
        cell._replace(column="appeals.other"),
        cell._replace(row="2"),
    ):
        with pytest.raises(NotDecrypted, match="moved"):
            moved.decrypt(token)


def test_an_altered_value_is_refused(cell: Cell) -> None:
    token = cell.encrypt(PHONE)
    altered = token[:-6] + ("AAAAAA" if token[-6:] != "AAAAAA" else "BBBBBB")
    for wrong in (altered, token[:30], token + "!"):
        with pytest.raises(NotDecrypted):
            cell.decrypt(wrong)


def test_equal_values_are_not_equal_when_encrypted_but_in_the_index(cell: Cell) -> None:
    assert cell.encrypt(PHONE) != cell.encrypt(PHONE)
    assert cell.ring.index("sms", PHONE) == cell.ring.index("sms", PHONE)
    assert (
        len({cell.ring.index("sms", PHONE), cell.ring.index("mail", PHONE), cell.ring.index("sms", "1")}) == 3
    )


def test_after_a_rotation_the_new_key_encrypts_and_the_old_one_still_decrypts(file: Path, cell: Cell) -> None:
    before = cell.encrypt(PHONE)
    ring = keyring.read(file)
    rotated = ring.model_copy(
        update={"encrypts": "second", "keys": {**ring.keys, "second": keyring.new_secret()}}
    )
    keyring.write(file, rotated)
    renewed = cell._replace(ring=KeyRing("intake", file))
    assert renewed.decrypt(before) == PHONE
    assert keyring.key_of(renewed.encrypt(PHONE)) == "second"
    keyring.write(file, rotated.model_copy(update={"keys": {"second": rotated.keys["second"]}}))
    with pytest.raises(NotDecrypted, match=r"first, which .* lacks"):
        cell._replace(ring=KeyRing("intake", file)).decrypt(before)


SECRET, OTHER = "0" * 64, "1" * 64


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (f'encrypts: b\nindex: "{OTHER}"\nkeys: {{a: "{SECRET}"}}\n', "not among the keys"),
        (f'encrypts: a\nindex: "{SECRET}"\nkeys: {{a: "{SECRET}"}}\n', "twice"),
        (f'encrypts: index\nindex: "{OTHER}"\nkeys: {{index: "{SECRET}"}}\n', "blind index"),
        (f'encrypts: a\nindex: "{OTHER}"\nkeys: {{a: "abc"}}\n', "line 3"),
        (f'encrypts: a\nindex: "{OTHER}"\nkeys: {{a: "{SECRET}"}}\nmore: 1\n', "more"),
        ("", "line 1"),
    ],
)
def test_a_ring_with_a_mistake_is_refused_with_its_place(tmp_path: Path, content: str, words: str) -> None:
    (tmp_path / "ring.yaml").write_text(content)
    with pytest.raises(ValueError, match=words) as refused:
        KeyRing("intake", tmp_path / "ring.yaml")
    assert SECRET not in str(refused.value)


def test_a_ring_that_is_missing_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot be read: put back the ring"):
        KeyRing("intake", tmp_path / "none.yaml")
