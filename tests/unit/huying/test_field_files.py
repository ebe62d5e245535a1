"""Files as people have them: encodings, delimiters, headers, times and sums as written. All invented."""

import gzip
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from huying.simulate import profiles
from huying.simulate.cells import yuan
from huying.simulate.profiles import PROFILES, Profile
from huying.simulate.recorded import read_all
from huying.simulate.recorded_case import RecordedCases
from huying.simulate.simulate import simulate
from huying.simulate.table_profile import ProfileError
from shared.files.bounded import FileRefused

ROWS = [
    ["source_id", "author", "title", "received_at", "body", "reply", "replied_at"],
    ["1", "甲公司", "路灯不亮", "2024-03-04T09:00:00", "两周了", "已修", "2024-03-05T10:00:00"],
    ["2", "乙公司", "井盖松动", "2024-03-04T09:30:00", "响声大", "已换", "2024-03-06T10:00:00"],
]
RECEIVED_AT, REPLIED_AT = 3, 6


def profile(tmp_path: Path, more: str = "", name: str = "appeals-zh") -> Profile:
    file = tmp_path / "profile.yaml"
    file.write_text((PROFILES / f"{name}.yaml").read_text("utf-8") + more + "\n", "utf-8")
    return profiles.load(file)


def text(delimiter: str = ",", rows: list[list[str]] = ROWS) -> str:
    return "".join(delimiter.join(row) + "\r\n" for row in rows)


def read_in_every_way(tmp_path: Path, content: bytes | str, more: str = "") -> RecordedCases:
    """What the reader finds; the partitioned reader must find as much."""
    file = tmp_path / "appeals.csv"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    recorded = read_all(file, profile(tmp_path, more))
    for processes in (1, 2):
        output = simulate(
            file, str(tmp_path / "profile.yaml"), ["bozhou-2024@2"], tmp_path / "out", at_once=processes
        )
        assert (output.cases, output.rejected) == (len(recorded.cases), len(recorded.rejected))
    return recorded


def with_times(tmp_path: Path, received: str, replied: str, more: str = "") -> RecordedCases:
    row = [*ROWS[1]]
    row[RECEIVED_AT], row[REPLIED_AT] = f'"{received}"', f'"{replied}"'
    return read_in_every_way(tmp_path, text(rows=[ROWS[0], row]), more)


@pytest.mark.parametrize(
    "content",
    [
        text(";"),
        text("\t"),
        "sep=,\r\n" + text(),
        '"sep=;"\r\n' + text(";"),
        "SEP=|\r\n" + text("|"),
        "\ufeff" + text(),
        "\ufeff\ufeff" + text(),
        "\ufeffsep=;\n" + text(";"),
        "\ufeff\ufeffsep=;\n" + text(";"),
        "\r\n,,\r\n" + text(),
        text()
        .replace("title", " title\u00a0")
        .replace("body", "\u3000body")
        .replace("author", "\u200bauthor"),
        text() + ",,,,,,\r\n , ,\u3000,,,,\r\n,\r\n\r\n",
        text().replace("\r\n", ",,\r\n"),
        text().replace("replied_at\r\n", "replied_at,,\r\n"),
    ],
)
def test_a_file_is_read_however_it_is_laid_out(tmp_path: Path, content: str) -> None:
    recorded = read_in_every_way(tmp_path, content)
    assert not recorded.rejected
    assert [case.title for case in recorded.cases] == ["路灯不亮", "井盖松动"]


@pytest.mark.parametrize(
    ("written", "named"),
    [
        ("gbk", "gb18030"),
        ("gb18030", "gb18030"),
        *[(f"utf-16{end}", f"utf-16{end}") for end in ("", "-le", "-be")],
    ],
)
def test_another_encoding_is_named_and_read_where_the_profile_names_it(
    tmp_path: Path, written: str, named: str
) -> None:
    content = text().replace("甲公司", "甲公司" if written == "gbk" else "㐂公司𠮷").encode(written)
    with pytest.raises(FileRefused, match=rf"is written in {named}, not in UTF-8.*`encoding: {named}`"):
        read_in_every_way(tmp_path, content)
    recorded = read_in_every_way(tmp_path, content, f"encoding: {written}")
    assert not recorded.rejected
    assert [case.title for case in recorded.cases] == ["路灯不亮", "井盖松动"]


def test_a_wrong_encoding_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="is not written in utf-16"):
        read_in_every_way(tmp_path, b"\xff\xfea\x00\x00\xd8b\x00", "encoding: utf-16")
    with pytest.raises(ProfileError, match="'utf-99' is no encoding"):
        profile(tmp_path, "encoding: utf-99")


def test_content_below_a_header_without_a_name_is_not_lost(tmp_path: Path) -> None:
    recorded = read_in_every_way(
        tmp_path,
        text().replace("replied_at\r\n", "replied_at,\r\n").replace("10:00:00\r\n", "10:00:00,x\r\n"),
    )
    assert [row.reason for row in recorded.rejected] == [
        "第 8 个字段没有列名，却有内容 'x' / field 8 holds 'x' in a column without a name"
    ] * 2


@pytest.mark.parametrize(
    ("received", "replied", "more"),
    [
        ("２０２４-０３-０４T０９：００：００", "2024-03-05 10：00：00", ""),
        ("2024-03-04\u00a009:00:00", "2024-03-05\u300010:00:00\u200b", ""),
        ("2024/3/4 9:00", "2024/3/5 10:00", "format: '%Y/%m/%d %H:%M'"),
        ("2024年3月4日 09:00", "2024年3月5日 10：00", "format: '%Y年%m月%d日 %H:%M'"),
        ("45355.375", "45356.41667", "format: excel"),
        ("45355.375", "05/03/2024 10:00", "format: [excel, '%d/%m/%Y %H:%M']"),
        ("2024-03-04T09:00:00", "2024/3/5 10:00", "format: '%Y/%m/%d %H:%M'"),
    ],
)
def test_times_are_read_as_people_write_them(tmp_path: Path, received: str, replied: str, more: str) -> None:
    (case,) = with_times(tmp_path, received, replied, more).cases
    assert case.received_at == datetime(2024, 3, 4, 1, tzinfo=UTC)  # 09:00 at UTC+8
    assert case.ends_at == datetime(2024, 3, 5, 2, tzinfo=UTC)


@pytest.mark.parametrize("written", ["03/04/2024 09:00", "45355.375", "2024/3/4 9:00", "2024年3月4日 09:00"])
def test_a_time_that_can_be_read_in_two_ways_needs_a_format(tmp_path: Path, written: str) -> None:
    (row,) = with_times(tmp_path, written, "").rejected
    assert row.reason.startswith(f"received_at：'{written}' 不是时间，")
    assert f" / received_at: '{written}' is no time;" in row.reason
    assert "`format`" in row.reason


@pytest.mark.parametrize("day", ["2024-03-07", "20240307", "2024-W10-4", "２０２４-０３-０７"])
def test_a_day_alone_is_no_time_unless_the_profile_says_what_it_means(tmp_path: Path, day: str) -> None:
    (row,) = with_times(tmp_path, "2024-03-04T09:00:00", day).rejected
    assert row.reason.startswith(f"replied_at：'{day}' 没有具体时间，")
    assert f" / replied_at: '{day}' has no time of day" in row.reason
    for more, at in (
        ("date_alone: begins", datetime(2024, 3, 6, 16, tzinfo=UTC)),
        ("date_alone: {replied_at: ends}", datetime(2024, 3, 7, 16, tzinfo=UTC)),
    ):
        (case,) = with_times(tmp_path, "2024-03-04T09:00:00", day, more).cases
        assert case.ends_at == at
    assert with_times(tmp_path, day, "", "date_alone: {replied_at: ends}").rejected


def test_a_format_without_a_time_of_day_gives_a_day_alone(tmp_path: Path) -> None:
    times = ("2024-03-04T09:00:00", "2024/3/7")
    assert "no time of day" in with_times(tmp_path, *times, "format: '%Y/%m/%d'").rejected[0].reason
    (case,) = with_times(tmp_path, *times, "format: '%Y/%m/%d'\ndate_alone: ends").cases
    assert case.ends_at == datetime(2024, 3, 7, 16, tzinfo=UTC)
    assert "no time of day" in with_times(tmp_path, "45355", "", "format: excel").rejected[0].reason


@pytest.mark.parametrize(
    ("more", "mistake"),
    [
        ("format: '%H:%M'", "gives no day"),
        ("format: '%Y-%m-%d %Q'", "gives no day"),
        ("date_alone: {reply_on: ends}", "is no column of times"),
        ("date_alone: noon", "date_alone"),
    ],
)
def test_a_profile_with_a_format_that_cannot_be_is_refused(tmp_path: Path, more: str, mistake: str) -> None:
    with pytest.raises(ProfileError, match=mistake):
        profile(tmp_path, more)


@pytest.mark.parametrize(
    ("written", "more"),
    [
        ("2024-03-07T24:00:00", ""),
        ("2024-03-07 24:00", ""),
        ("20240307T2400", ""),
        ("2024-03-07T24:00:00+08:00", ""),
        ("2024/3/7 24:00", "format: '%Y/%m/%d %H:%M'"),
        ("2024年3月7日24时00分", "format: '%Y年%m月%d日%H时%M分'"),
    ],
)
def test_24_00_is_the_end_of_its_day(tmp_path: Path, written: str, more: str) -> None:
    (case,) = with_times(tmp_path, "2024-03-04T09:00:00", written, more).cases
    assert case.ends_at == datetime(2024, 3, 7, 16, tzinfo=UTC)  # 03-08 00:00 at UTC+8


@pytest.mark.parametrize("written", ["2024-03-07T24:00:01", "2024-03-07T24:30", "2024-03-07T25:00"])
def test_no_other_time_has_24_hours(tmp_path: Path, written: str) -> None:
    assert with_times(tmp_path, "2024-03-04T09:00:00", written).rejected


@pytest.mark.parametrize(
    ("received", "replied", "more", "after_s"),
    [
        ("2024-03-04T09:00:42", "2024-03-04T09:00", "", 0),
        ("2024-03-04T09:00:42.5", "2024-03-04T09:00:42", "", 0),
        ("2024-03-04T09:10:42", "2024-03-04T09", "", 0),
        ("2024-03-04T09:00:42", "2024/3/4 9:00", "format: '%Y/%m/%d %H:%M'", 0),
        ("2024-03-04T09:00:42", "2024-03-04", "date_alone: begins", 0),
        ("2024-03-04T09:00:42", "2024-03-04T09:01", "", 18),
    ],
)
def test_a_time_in_a_coarser_unit_is_not_before_what_it_follows(
    tmp_path: Path, received: str, replied: str, more: str, after_s: int
) -> None:
    (case,) = with_times(tmp_path, received, replied, more).cases
    assert case.ends_at - case.received_at == timedelta(seconds=after_s)


@pytest.mark.parametrize("replied", ["2024-03-04T08:59", "2024-03-04T09:00:00", "2024-03-04T09:00:41.999"])
def test_a_time_before_what_it_follows_is_rejected(tmp_path: Path, replied: str) -> None:
    (row,) = with_times(tmp_path, "2024-03-04T09:00:42", replied).rejected
    assert row.reason == "replied_at：早于 received_at / replied_at: lies before received_at"


@pytest.mark.parametrize(
    ("opened", "closed", "target", "closed_at", "due_at"),
    [
        ("01:50:00", "01:10:00", "01:20:00", (6, 10), (6, 20)),  # only the later reading follows 01:50 EDT
        ("01:10:00", "01:50:00", "01:30:00", (5, 50), (5, 30)),
        ("00:50:00", "01:45:00", "01:30:00", (5, 45), (5, 30)),
    ],
)
def test_an_hour_that_occurs_twice_is_the_later_where_the_earlier_is_impossible(
    tmp_path: Path, opened: str, closed: str, target: str, closed_at: tuple[int, ...], due_at: tuple[int, ...]
) -> None:
    how = profiles.load("boston-311")
    columns = sorted(how.mapped | how.ignored)
    cells = {"case_enquiry_id": "1", "open_dt": opened, "closed_dt": closed, "target_dt": target}
    row = [f"2011-11-06 {cells[name]}" if name.endswith("_dt") else cells.get(name, "x") for name in columns]
    file = tmp_path / "requests.csv"
    file.write_text(text(rows=[columns, row]), "utf-8")
    (case,) = read_all(file, how).cases
    assert case.ends_at == datetime(2011, 11, 6, *closed_at, tzinfo=UTC)
    assert case.due_at == datetime(2011, 11, 6, *due_at, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("20,000.00", "20000.00"),
        ("1,234,567.5", "1234567.50"),
        ("￥20000", "20000.00"),
        ("¥ 20,000元", "20000.00"),
        ("２００００", "20000.00"),
        ("2万", "20000.00"),
        ("1.5万元", "15000.00"),
        ("0.3亿", "30000000.00"),
        ("20000.000", "20000.00"),
    ],
)
def test_a_sum_is_read_as_people_write_it(written: str, plain: str) -> None:
    assert yuan(written) == plain


@pytest.mark.parametrize(
    "written", ["2E4", "20.000", "20.000,00", "2,00,000", "1,5", "-5", "二万", "10.005", ""]
)
def test_an_unclear_sum_stays_as_it_is_and_is_refused_later(written: str) -> None:
    assert yuan(written) == written


def test_a_reason_shows_chinese_as_chinese(tmp_path: Path) -> None:
    (row,) = with_times(tmp_path, "二〇二四年三月", "").rejected
    assert row.reason.startswith("received_at：'二〇二四年三月' 不是时间")


@pytest.mark.parametrize(
    ("line", "reason"),
    [(text() * 500_000, "holds more than 64 MiB unpacked"), ("1" * 30_000_000, r"line 1: is longer than")],
)
def test_a_file_that_unpacks_without_end_is_refused(tmp_path: Path, line: str, reason: str) -> None:
    file = tmp_path / "bomb.csv.gz"
    packed = gzip.compress(line.encode(), 9)
    file.write_bytes(packed)
    with pytest.raises(FileRefused, match=reason):
        read_all(file, profile(tmp_path))


def test_a_bomb_that_hides_its_size_is_refused(tmp_path: Path) -> None:
    """The last of several members says that it is small."""
    file = tmp_path / "bomb.csv.gz"
    member = gzip.compress(("," * 6 + "\r\n").encode() * 1_000_000, 9)
    file.write_bytes(gzip.compress(text().encode()) + member * 9 + gzip.compress(b"\r\n"))
    for processes in (1, 2):
        with pytest.raises(FileRefused, match="holds more than 64 MiB unpacked"):
            simulate(file, "appeals-zh", ["bozhou-2024@2"], tmp_path / "out", at_once=processes)
