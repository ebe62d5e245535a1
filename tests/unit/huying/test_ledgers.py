"""Ledgers are read as offices keep them, within bounds, and what is no ledger is refused with a reason."""

import csv
import io
import tracemalloc
import zipfile
from collections.abc import Callable, Sequence
from datetime import datetime, time
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from huying.ledger import workbooks
from huying.ledger.profile import LedgerProfile, load
from huying.ledger.rows import LedgerRow, LedgerRows
from huying.ledger.tables import Table
from huying.simulate.cells import BadRow
from huying.simulate.moments import CellMoments
from huying.simulate.table_profile import ProfileError
from shared.appeals.channels import ALL, PUBLISHED, Channels
from shared.files.bounded import FileRefused
from tests.ledgers import COLUMNS, ledger_row, workbook

UNITS = {"市政局": "roads", "roads": "roads"}
PROFILE = load("ledger-zh")


def read(path: Path, profile: LedgerProfile = PROFILE) -> list[LedgerRow | str]:
    """The rows of a ledger, or the reason in Chinese why one is none."""
    table = Table(path, profile)
    reader = LedgerRows(profile, table.columns, UNITS, table.formats)
    rows: list[LedgerRow | str] = []
    for number, cells in table:
        try:
            rows.append(reader.row(number, cells))
        except BadRow as error:
            rows.append(error.zh)
    return rows


def registration(path: Path, profile: LedgerProfile = PROFILE) -> dict[str, Any]:
    (row,) = read(path, profile)
    assert isinstance(row, LedgerRow), row
    return row.registration


def test_the_shipped_profile_names_channels_that_every_table_of_channels_has() -> None:
    mapped = PROFILE.fields["channel"]
    for table in (PUBLISHED, ALL):
        known = {row.code for row in Channels.load(table).all}
        assert {*mapped.values.values(), mapped.words} <= known


def test_a_row_becomes_a_registration_with_its_dispatch_and_what_the_unit_did(tmp_path: Path) -> None:
    days = {
        "交办时间": "2026/3/2 10:00",
        "联系时间": "2026/3/2",
        "回复时间": "2026/3/4",
        "办结时间": "2026年3月5日",
    }
    path = workbook(tmp_path / "a.xlsx", [ledger_row("1", 承办单位="市政局", 回复内容="已修复", **days)])
    (row,) = read(path)
    assert isinstance(row, LedgerRow)
    assert row.registration == {
        "act": "register",
        "source_id": "1",
        "occurred_at": "2026-03-02T09:30:00+08:00",
        "channel": "hotline",
        "kind": "求助",
        "title": "厂区门口道路破损",
        "text": "货车无法进出，请尽快修复。",
        "enterprise": {"name": "示例制造有限公司", "contact_name": "王工", "phone": "13800000000"},
    }
    assert [(act["act"]["act"], act["occurred_at"]) for act in row.acts] == [
        ("assign", "2026-03-02T10:00:00+08:00"),
        ("contact", "2026-03-03T00:00:00+08:00"),  # a day alone ends at 24:00
        ("reply", "2026-03-05T00:00:00+08:00"),
        ("complete", "2026-03-06T00:00:00+08:00"),
    ]
    assert row.acts[2]["act"]["text"] == "已修复"


@pytest.mark.parametrize(
    ("cells", "field", "value"),
    [
        ({"受理时间": datetime(2026, 3, 2, 9, 30)}, "occurred_at", "2026-03-02T09:30:00+08:00"),  # noqa: DTZ001
        ({"受理时间": 46083.395833333}, "occurred_at", "2026-03-02T09:30:00+08:00"),
        ({"受理时间": 46083}, "occurred_at", "2026-03-02T00:00:00+08:00"),
        ({"受理时间": "２０２６／３／２　９：３０"}, "occurred_at", "2026-03-02T09:30:00+08:00"),
        ({"受理时间": "2026-03-02T01:30:00Z"}, "occurred_at", "2026-03-02T09:30:00+08:00"),
        ({"联系电话": 13800000000.0}, "enterprise.phone", "13800000000"),
        ({"联系电话": "05581234567"}, "enterprise.phone", "05581234567"),
        ({"编号": "0042"}, "source_id", "0042"),
        ({"编号": 42}, "source_id", "42"),
        ({"受理时间": "2026/3/12 9:30"}, "occurred_at", "2026-03-12T09:30:00+08:00"),
        ({"来源渠道": None}, "channel", "hotline"),
        ({"来源渠道": "走访"}, "channel", "visit"),
        ({"来源渠道": "网站"}, "channel", "web"),
        ({"来源渠道": "网上"}, "channel", "网上"),
        ({"诉求类型": "complaint"}, "kind", "complaint"),
        ({"标题": " 厂区\u200b "}, "title", "厂区\u200b"),
    ],
)
def test_cells_are_read_as_spreadsheets_keep_them(
    tmp_path: Path, cells: dict[str, Any], field: str, value: str
) -> None:
    sent: Any = registration(workbook(tmp_path / "a.xlsx", [ledger_row("1", **cells)]))
    for part in field.split("."):
        sent = sent[part]
    assert sent == value


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"受理时间": "昨天"}, "受理时间：昨天 不是时间"),
        ({"受理时间": None}, "受理时间：缺少该字段"),
        ({"联系电话": "12"}, "联系电话：电话号码有误"),
        ({"统一社会信用代码": 9.13416e17}, "统一社会信用代码：数字超过 15 位"),
        ({"标题": "#N/A"}, "标题：单元格是错误值 #N/A"),
        ({"诉求类型": "求救"}, "诉求类型：不在允许的取值之内，应为：咨询（consultation）、求助（help）"),
        ({"承办单位": "水务局"}, "承办单位：没有承办单位“水务局”"),
        ({"联系时间": "2026/3/3"}, "联系时间：有办理时间，而没有承办单位"),
        ({"承办单位": "市政局", "回复时间": "2026/3/1"}, "回复时间：早于受理时间"),
        (
            {"承办单位": "市政局", "交办时间": "2026/3/4 9:00", "回复时间": "2026/3/3 9:00"},
            "回复时间：早于交办时间",
        ),
        ({"承办单位": "市政局", "交办时间": "2026/3/1 9:00"}, "交办时间：早于受理时间"),
        ({"受理时间": "3/2/2026 9:30"}, "受理时间：3/2/2026 9:30 不是时间"),
        ({"受理时间": "2026"}, "受理时间：应在 1990 年至 2090 年之间"),
        ({"标题": None, "编号": "x" * 300}, "编号：内容太长，最多 200 字；标题：缺少该字段"),
    ],
)
def test_a_row_that_cannot_be_says_column_and_reason_in_chinese(
    tmp_path: Path, cells: dict[str, Any], reason: str
) -> None:
    (said,) = read(workbook(tmp_path / "a.xlsx", [ledger_row("1", **cells)]))
    assert isinstance(said, str)
    for part in reason.split("；"):
        assert part in said


FORMATS = (
    "%Y/%m/%d %H:%M",
    "%Y年%m月%d日",
    "%y.%m.%d %I:%M %p",
    "%d %b %Y, %H:%M:%S.%f",
    "%A %d %B %Y",
    "%Y%m%d%H%M%S",
    "%Y-%j %%",
    "%Y-%m-%dT%H:%M:%S%z",
    "(%m|%d).*%Y",
)


def test_a_time_is_read_by_every_format_in_which_it_may_be_written() -> None:
    at = datetime(2026, 3, 2, 9, 30, tzinfo=PROFILE.tz)
    for format_ in FORMATS:
        profile = PROFILE.model_copy(update={"format": (format_, *PROFILE.format), "date_alone": "begins"})
        for written in (at.strftime(format_), at.strftime(format_).replace("/0", "/").replace("月0", "月")):
            read_at = CellMoments(profile).read(written, "受理时间").astimezone(PROFILE.tz)
            assert (read_at.date(), read_at.time() in (at.time(), time())) == (at.date(), True), (
                written,
                format_,
            )


def test_blank_rows_are_no_rows_and_the_header_may_stand_below_a_title(tmp_path: Path) -> None:
    blank: list[Any] = [None] * len(COLUMNS)
    rows = [ledger_row("1"), blank, ledger_row("2"), *[blank] * 5]
    path = workbook(tmp_path / "a.xlsx", rows, header=(["某市诉求台账"], COLUMNS))
    assert [row.number for row in read(path) if isinstance(row, LedgerRow)] == [3, 5]


def test_a_day_alone_covers_the_time_that_it_follows(tmp_path: Path) -> None:
    days = {"承办单位": "市政局", "交办时间": "2026/3/2", "联系时间": "2026/3/2 9:30"}
    (row,) = read(workbook(tmp_path / "a.xlsx", [ledger_row("1", **days)]))
    assert isinstance(row, LedgerRow), row
    assert [act["occurred_at"] for act in row.acts] == ["2026-03-02T09:30:00+08:00"] * 2
    assert row.act_columns == ("承办单位", "联系时间")


def blank_row(**cells: Any) -> list[Any]:
    return [cells.get(column) for column in COLUMNS]


def formatted(path: Path, *rows: list[Any], **book_options: Any) -> tuple[xlsxwriter.Workbook, Any]:
    """A workbook with these rows below the header, and its sheet, for more to be done to it."""
    book = xlsxwriter.Workbook(str(path), {"default_date_format": "yyyy/m/d h:mm", **book_options})
    sheet = book.add_worksheet("台账")
    for number, cells in enumerate((COLUMNS, *rows)):
        sheet.write_row(number, 0, cells)
    return book, sheet


def test_a_merged_cell_counts_for_every_row_that_it_spans(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    firms = ("甲", None, None, "丁")
    book, sheet = formatted(path, *(ledger_row(str(n), 企业名称=firm) for n, firm in enumerate(firms)))
    name, contact = COLUMNS.index("企业名称"), COLUMNS.index("联系人")
    sheet.merge_range(2, name, 3, name, "合并企业")
    for number in range(2, 5):
        sheet.write_blank(number, contact, None)
    sheet.merge_range(1, contact, 4, contact, "王工")
    sheet.merge_range(5, 0, 5, 3, "合计")
    book.close()
    *rows, total = read(path)
    enterprises = [row.registration["enterprise"] for row in rows if isinstance(row, LedgerRow)]
    assert [enterprise["name"] for enterprise in enterprises] == ["甲", "合并企业", "合并企业", "丁"]
    assert {enterprise["contact_name"] for enterprise in enterprises} == {"王工"}
    assert isinstance(total, str), "a total is no appeal"


def test_a_header_merged_over_two_rows_is_no_row_of_data(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    book, sheet = formatted(path, blank_row(), ledger_row("1"))
    for column, title in enumerate(COLUMNS):
        sheet.merge_range(0, column, 1, column, title)
    book.close()
    assert [row.number for row in read(path) if isinstance(row, LedgerRow)] == [3]


def test_hidden_rows_are_read_and_a_hidden_sheet_in_front_is_not(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    book = xlsxwriter.Workbook(str(path))
    book.add_worksheet("字典").hide()
    sheet = book.add_worksheet("台账")
    for number, cells in enumerate((COLUMNS, ledger_row("1"), ledger_row("2"))):
        sheet.write_row(number, 0, cells)
    sheet.set_row(1, None, None, {"hidden": True})
    sheet.activate()
    book.close()
    assert [row.source_id for row in read(path) if isinstance(row, LedgerRow)] == ["1", "2"]


def test_days_that_count_from_1904_are_dates_and_their_bare_numbers_are_not(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    at = datetime(2026, 3, 2, 9, 30)  # noqa: DTZ001 - as spreadsheets have it
    rows = (ledger_row("1", 受理时间=at), ledger_row("2", 受理时间=44621.395833333))
    formatted(path, *rows, date_1904=True)[0].close()
    row, reason = read(path)
    assert isinstance(row, LedgerRow)
    assert row.registration["occurred_at"] == "2026-03-02T09:30:00+08:00"
    assert isinstance(reason, str)
    assert "44621.395833333 不是时间" in reason


@pytest.mark.parametrize("formats", [(), ("%Y.%m.%d",)])
def test_a_number_of_a_workbook_is_a_date_whatever_the_formats(
    tmp_path: Path, formats: tuple[str, ...]
) -> None:
    profile = load("ledger-zh").model_copy(update={"format": formats})
    path = workbook(tmp_path / "a.xlsx", [ledger_row("1", 受理时间=46083.395833333)])
    assert registration(path, profile)["occurred_at"] == "2026-03-02T09:30:00+08:00"


def test_a_merged_header_of_two_rows_is_read_by_its_lowest_cells(tmp_path: Path) -> None:
    above = ["编号", "受理时间", "来源渠道", "诉求类型", "标题", "诉求内容", "属地", "企业信息", *[None] * 10]
    below = [*[None] * 7, *COLUMNS[7:]]
    path = workbook(tmp_path / "a.xlsx", [ledger_row("1")], header=(above, below))
    profile = PROFILE.model_copy(update={"header": (1, 2)})
    assert registration(path, profile)["enterprise"]["name"] == "示例制造有限公司"


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ([*COLUMNS, "密级"], "有配置中没有的列 密级"),
        (COLUMNS[1:], "缺少列 编号"),
        ([*COLUMNS, "标题"], "列名重复 标题"),
    ],
)
def test_columns_that_do_not_fit_the_profile_are_named(
    tmp_path: Path, header: list[str], reason: str
) -> None:
    with pytest.raises(FileRefused, match=reason):
        Table(workbook(tmp_path / "a.xlsx", [], header=(header,)), PROFILE)


@pytest.mark.parametrize(("encoding", "delimiter"), [("utf-8", ","), ("utf-8-sig", ";"), ("gb18030", "\t")])
def test_a_csv_file_is_read_as_a_workbook_is(tmp_path: Path, encoding: str, delimiter: str) -> None:
    path = tmp_path / "a.csv"
    lines = [COLUMNS, ["" if cell is None else cell for cell in ledger_row("1", 标题="多行\n标题")]]
    path.write_text(
        "".join(delimiter.join(f'"{cell}"' for cell in line) + "\r\n" for line in lines), encoding, newline=""
    )
    profile = PROFILE.model_copy(update={"encoding": "gb18030"}) if encoding == "gb18030" else PROFILE
    assert registration(path, profile)["title"] == "多行\n标题"


def as_csv(path: Path, *rows: Sequence[Any], encoding: str = "utf-8") -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def test_the_rows_of_a_csv_file_have_the_numbers_of_their_lines(tmp_path: Path) -> None:
    rows = [ledger_row("1", 标题="两行\n标题"), [], [""] * len(COLUMNS), ledger_row("2")]
    path = as_csv(tmp_path / "a.csv", COLUMNS, *rows)
    numbers = [(row.number, row.source_id) for row in read(path) if isinstance(row, LedgerRow)]
    assert numbers == [(2, "1"), (6, "2")]


def test_a_phone_in_a_csv_file_keeps_its_leading_zero(tmp_path: Path) -> None:
    path = as_csv(tmp_path / "a.csv", COLUMNS, ledger_row("0042", 联系电话="05581234567"))
    sent = registration(path)
    assert (sent["source_id"], sent["enterprise"]["phone"]) == ("0042", "05581234567")


def test_a_csv_file_in_another_encoding_is_refused_by_its_name(tmp_path: Path) -> None:
    path = as_csv(tmp_path / "a.csv", COLUMNS, ledger_row("1"), encoding="gb18030")
    with pytest.raises(FileRefused, match="gb18030"):
        read(path)


def test_bytes_outside_the_encoding_cost_their_row_alone(tmp_path: Path) -> None:
    path = as_csv(tmp_path / "a.csv", COLUMNS, *(ledger_row(str(n)) for n in range(600)), ledger_row("x"))
    content = path.read_bytes()
    place = content.rindex("厂区门口".encode())
    path.write_bytes(content[:place] + "厂区门口".encode("gb18030") + content[place:])
    *rows, last = read(path)
    assert all(isinstance(row, LedgerRow) for row in rows)
    assert isinstance(last, str)
    assert "标题" in last


@pytest.mark.parametrize("closed", ["", '"'])
def test_a_quote_that_swallows_rows_is_refused(tmp_path: Path, closed: str) -> None:
    rows = [",".join("" if cell is None else cell for cell in ledger_row(str(n))) for n in range(3)]
    rows[0] = rows[0].replace("厂区门口道路破损", '"厂区')
    rows[2] = rows[2].replace("厂区门口道路破损", f"厂区{closed}")
    path = tmp_path / "a.csv"
    path.write_text("\n".join([",".join(COLUMNS), *rows]), "utf-8")
    with pytest.raises(FileRefused, match="引号"):
        read(path)


def rezipped(path: Path, change: Callable[[str, bytes], bytes], **added: bytes) -> Path:
    """The workbook with its parts changed."""
    content = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            new.writestr(part.filename, change(part.filename, old.read(part)))
        for name, part_content in added.items():
            new.writestr(name.replace("__", "/"), part_content)
    path.write_bytes(content.getvalue())
    return path


def in_sheet(old: bytes, new: bytes) -> Callable[[str, bytes], bytes]:
    def change(name: str, content: bytes) -> bytes:
        return content.replace(old, new) if name.endswith("sheet1.xml") else content

    return change


def unchanged(_name: str, content: bytes) -> bytes:
    return content


ENTITY = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
LAUGHS = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
HOSTILE: dict[str, tuple[Callable[[Path], Path], str]] = {
    "an old workbook": (
        lambda path: path.write_bytes(b"\xd0\xcf\x11\xe0" + bytes(99)) and path,
        "旧版 .xls 或加密",
    ),
    "no workbook": (lambda path: path.write_bytes(b"hello") and path, "不是完好的 .xlsx"),
    "a cut one": (lambda path: path.write_bytes(path.read_bytes()[:900]) and path, "不是完好的 .xlsx"),
    "macros": (lambda path: rezipped(path, unchanged, xl__vbaProject_bin=b"x"), "含有宏"),
    "an external entity": (
        lambda path: rezipped(path, in_sheet(b"<worksheet", ENTITY + b"<worksheet")),
        "不是完好的 .xlsx",
    ),
    "entities of entities": (
        lambda path: rezipped(path, in_sheet(b"<worksheet", LAUGHS + b"<worksheet")),
        "不是完好的 .xlsx",
    ),
    "a row far below": (
        lambda path: rezipped(path, in_sheet(b'<row r="2"', b'<row r="99999999999"')),
        "超过 1,048,576 行",
    ),
    "a cell far right": (lambda path: rezipped(path, in_sheet(b'r="R1"', b'r="XFD1"')), "超过 1,000 列"),
    "no sheet": (lambda path: rezipped(path, in_sheet(b"<sheetData", b"<nothing")), "缺少列|不是完好"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_workbook_is_refused_with_a_reason(tmp_path: Path, name: str) -> None:
    spoil, reason = HOSTILE[name]
    path = workbook(tmp_path / "a.xlsx", [ledger_row("1", 办理结果="已修复")])
    spoil(path)
    if name == "macros":
        rezipped(path, unchanged)
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr("xl/vbaProject.bin", b"x")
    with pytest.raises(FileRefused, match=reason):
        read(path)


@pytest.mark.slow
def test_a_workbook_that_unpacks_without_end_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [ledger_row("1")])
    with (
        zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive,
        archive.open("xl/media/a.bin", "w") as part,
    ):
        for _ in range(workbooks.MOST_UNPACKED // 2**24 + 1):
            part.write(bytes(2**24))
    tracemalloc.start()
    with pytest.raises(FileRefused, match="解压后过大"):
        read(path)
    assert tracemalloc.get_traced_memory()[1] < 10 * 2**20
    tracemalloc.stop()


@pytest.mark.slow
def test_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    def peak(rows: int) -> int:
        path = workbook(tmp_path / f"{rows}.xlsx", (ledger_row(str(n)) for n in range(rows)))
        tracemalloc.start()
        table = Table(path, PROFILE)
        reader = LedgerRows(PROFILE, table.columns, UNITS, table.formats)
        count = sum(1 for number, cells in table if reader.row(number, cells))
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert count == rows
        return used

    grown = (peak(1_200) - peak(200)) / 1_000
    assert grown < 300, "bytes a row: 100,000 rows would take more than 30 MB"


@pytest.mark.parametrize(
    ("lines", "mistake"),
    [
        ("fields: {source_id: 编号}", "'occurred_at' is needed"),
        ("fields: {colour: 颜色}", "no field of that name"),
        ("fields: {title: {words: ''}}", "give a `column`, or `words`"),
        (
            "fields: {title: 标题}\ndispatch: {unit: 单位, acts: [{act: dance, at: 时间}]}",
            "no act of that name",
        ),
        (
            "fields: {title: 标题}\ndispatch: {unit: 单位, acts: [{act: reply, at: 时间, fields: {how: x}}]}",
            "choose from text",
        ),
        ("fields: {title: 标题}\nignored: [标题]", "is mapped too"),
    ],
)
def test_a_profile_that_cannot_be_used_names_each_mistake(tmp_path: Path, lines: str, mistake: str) -> None:
    path = tmp_path / "p.yaml"
    path.write_text(f"id: old\nzone: Asia/Shanghai\n{lines}\n", "utf-8")
    with pytest.raises(ProfileError, match=mistake):
        load(str(path))
