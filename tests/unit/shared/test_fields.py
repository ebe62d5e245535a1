"""A table of fields empties what is not read, wherever in a document it stands, and touches nothing else."""

from typing import Any

from shared.named import Named
from shared.roles import LEADER, OFFICE, OPS, UNIT
from shared.web.fields import EVERY, OWN, FieldTable, Place


class Kind(Named):
    """Kinds of these tests."""

    WHO = "who", "何人"
    SUM = "sum", "金额"
    OTHERS = "others", "他人部分"


TABLE = FieldTable(
    {
        Kind.WHO: {OFFICE: (EVERY,), UNIT: ("near",)},
        Kind.SUM: {OFFICE: (EVERY,), UNIT: (OWN,), LEADER: (EVERY,)},
        Kind.OTHERS: {OFFICE: (EVERY,), UNIT: ("near",), OPS: (EVERY,)},
    },
    {
        "firm.phone": Place(Kind.WHO),
        "firm.word": Place(Kind.WHO, empty=""),
        "calls": Place(Kind.WHO),
        "parts[unit]": Place(Kind.OTHERS),
        "parts[unit].steps.paid": Place(Kind.SUM),
        "parts[unit].steps.dues": Place(Kind.SUM),
    },
)
DOCUMENT: dict[str, Any] = {
    "title": "路灯",
    "firm": {"name": "厂", "phone": "138", "word": "说", "also": None},
    "calls": ["138", "139"],
    "parts": [
        {"unit": "roads", "steps": [{"paid": "5", "dues": ["1", "2"]}]},
        {"unit": "water", "steps": [{"paid": "7", "dues": ["3"]}]},
        {"unit": None, "steps": []},
    ],
}


def test_who_reads_all_reads_the_document_as_it_is() -> None:
    assert TABLE.shown(DOCUMENT, OFFICE) == DOCUMENT


def test_who_is_not_named_reads_what_has_no_kind() -> None:
    for role in (None, OPS, LEADER):
        shown = TABLE.shown(DOCUMENT, role)
        assert shown["title"] == "路灯"
        assert shown["firm"] == {"name": "厂", "phone": None, "word": "", "also": None}
        assert shown["calls"] == []
    parts = TABLE.shown(DOCUMENT, LEADER)["parts"]
    assert [part["unit"] for part in parts] == [None]
    assert [part["steps"] for part in TABLE.shown(DOCUMENT, OPS)["parts"]] == [
        [{"paid": None, "dues": []}],
        [{"paid": None, "dues": []}],
        [],
    ]


def test_a_relation_opens_what_the_table_names_for_it() -> None:
    near = TABLE.shown(DOCUMENT, UNIT, ["roads"], {"near"})
    assert near["firm"] == DOCUMENT["firm"]
    assert [part["unit"] for part in near["parts"]] == ["roads", "water", None]
    assert near["parts"][0] == DOCUMENT["parts"][0]
    assert near["parts"][1]["steps"] == [{"paid": None, "dues": []}]


def test_ones_own_part_stays_where_others_parts_do_not() -> None:
    far = TABLE.shown(DOCUMENT, UNIT, ["roads"], {"far"})
    assert [part["unit"] for part in far["parts"]] == ["roads", None]
    assert far["parts"][0] == DOCUMENT["parts"][0]
    assert far["firm"]["phone"] is None


def test_a_document_without_a_field_stays_without_it() -> None:
    assert TABLE.shown({"title": "路灯", "firm": None}, OPS) == {"title": "路灯", "firm": None}


def test_the_document_itself_is_not_changed() -> None:
    before = str(DOCUMENT)
    TABLE.shown(DOCUMENT, OPS)
    assert str(DOCUMENT) == before
