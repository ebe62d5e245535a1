"""The tables that are data of the city: categories, channels, officers."""

from pathlib import Path

import pytest

from services.intake.city.officers import Officers
from shared.appeals.categories import SAMPLE, Categories
from shared.appeals.channels import ALL, PUBLISHED, Channels
from shared.events import Channel
from shared.files.yaml_mistakes import Mistakes
from shared.service.errors import Invalid

CATEGORIES = Categories.load(None)


def written(folder: Path, text: str) -> Path:
    file = folder / "table.yaml"
    file.write_text(text, "utf-8")
    return file


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("roads.damage", "roads.damage"),
        ("道路破损", "roads.damage"),
        ("道路交通/道路破损", "roads.damage"),
        ("道路交通／道路破损", "roads.damage"),
        ("水电气网/供电/停电", "utilities.power.outage"),
        (" land ", "land"),
    ],
)
def test_a_category_is_taken_by_code_name_or_path(typed: str, code: str) -> None:
    assert CATEGORIES.named(typed).code == code


@pytest.mark.parametrize(
    ("typed", "nearest"),
    [("道路损坏", "roads.damage"), ("roads.damge", "roads.damage"), ("土地与厂方", "land")],
)
def test_an_unknown_category_is_refused_with_the_nearest(typed: str, nearest: str) -> None:
    with pytest.raises(Invalid) as refusal:
        CATEGORIES.named(typed)
    assert refusal.value.field == "category"
    assert f"（{nearest}）" in refusal.value.zh
    assert nearest in refusal.value.en


def test_a_name_that_stands_twice_asks_for_its_path(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        "categories:\n"
        "  - {code: a, zh: 甲, en: A, under: [{code: x, zh: 其他, en: other}]}\n"
        "  - {code: b, zh: 乙, en: B, under: [{code: x, zh: 其他, en: other}]}\n",
    )
    categories = Categories.load(file)
    with pytest.raises(Invalid, match=r"a\.x, b\.x"):
        categories.named("其他")
    assert categories.named("乙/其他").code == "b.x"


def test_the_sample_names_each_category_once_in_both_languages() -> None:
    codes = [category.code for category in CATEGORIES.all]
    assert len(codes) == len(set(codes))
    assert {category.level for category in CATEGORIES.all} == {1, 2, 3}
    assert len({category.path for category in CATEGORIES.all}) == len(codes)
    assert all(category.en[-1].isascii() for category in CATEGORIES.all)
    assert SAMPLE.exists()


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("categories:\n  - {code: a, zh: 甲, en: A}\n  - {code: a, zh: 乙, en: B}\n", "line 3.*重复"),
        ("categories:\n  - {code: a.b, zh: 甲, en: A}\n", "line 2"),
        (
            "categories: [{code: a, zh: 一, en: A, under: [{code: b, zh: 二, en: B, under: "
            "[{code: c, zh: 三, en: C, under: "
            "[{code: d, zh: 四, en: D, under: [{code: e, zh: 五, en: E}]}]}]}]}]\n",
            "最多 4 级",
        ),
    ],
)
def test_a_mistake_in_a_table_of_categories_is_told_with_its_line(
    tmp_path: Path, text: str, rule: str
) -> None:
    with pytest.raises(Mistakes, match=rule):
        Categories.load(written(tmp_path, text))


@pytest.mark.parametrize("table", [PUBLISHED, ALL])
def test_a_table_of_channels_has_what_was_published(table: Path) -> None:
    channels = Channels.load(table)
    assert {channel.value for channel in Channel} <= {row.code for row in channels.all}
    for field in ("code", "zh", "en"):
        words = [getattr(row, field) for row in channels.all]
        assert len(set(words)) == len(words)


def test_what_was_published_is_the_same_in_both_tables() -> None:
    rows = {row.code: row for row in Channels.load(ALL).all}
    assert all(rows[row.code] == row for row in Channels.load(PUBLISHED).all)


def test_a_table_without_a_published_channel_is_refused(tmp_path: Path) -> None:
    text = PUBLISHED.read_text("utf-8").replace("code: visit,", "code: visits,")
    with pytest.raises(Mistakes, match="缺少 visit"):
        Channels.load(written(tmp_path, text))


def test_a_channel_is_taken_by_code_or_name_and_another_is_refused() -> None:
    channels = Channels.load(ALL)
    assert channels.named("信访").code == channels.named("petition").code == "petition"
    with pytest.raises(Invalid, match="hotline") as refusal:
        channels.named("电话")
    assert refusal.value.field == "channel"


def test_officers_stand_by_their_enterprises(tmp_path: Path) -> None:
    file = written(
        tmp_path, "officers:\n  - {name: 李工, phone: 0558-5123456, enterprises: [91350100m000100y43]}\n"
    )
    officers = Officers.load(file)
    assert [officer.name for officer in officers.of("91350100M000100Y43")] == ["李工"]
    assert officers.of("91340000MA2000000X") == []
    assert Officers.load(None).of("91350100M000100Y43") == []
