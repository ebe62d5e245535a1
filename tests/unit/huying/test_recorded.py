"""Files of recorded cases: rows read, rows rejected, files and profiles refused. All rows are invented."""

import gzip
from datetime import UTC, datetime
from pathlib import Path

import pytest

from huying.simulate import profiles
from huying.simulate.cells import safe_code
from huying.simulate.profiles import PROFILES
from huying.simulate.recorded import read, read_all
from huying.simulate.recorded_case import RecordedCase, RejectedRow
from huying.simulate.table_profile import ProfileError
from shared.files.bounded import FileRefused

HEADER = "source_id,author,title,received_at,body,reply,replied_at\n"
GOOD = "7,甲公司,A7县道路,2017-03-01T09:00:00,货车无法进出,已修,2017-03-03T10:00:00\n"
BOSTON = PROFILES / "boston-311.yaml"


def appeals(tmp_path: Path, *rows: str | bytes, header: str = HEADER) -> list[RecordedCase | RejectedRow]:
    file = tmp_path / "appeals.csv"
    file.write_bytes(b"".join(row if isinstance(row, bytes) else row.encode() for row in (header, *rows)))
    return list(read(file, profiles.load("appeals-zh")))


def requests(tmp_path: Path, *rows: dict[str, str]) -> list[RecordedCase | RejectedRow]:
    profile = profiles.load("boston-311")
    columns = sorted(profile.mapped | profile.ignored)
    file = tmp_path / "requests.csv"
    lines = [
        ",".join(row.get(column, "x" if "dt" not in column else "") for column in columns) for row in rows
    ]
    file.write_text("\n".join([",".join(columns), *lines]), "utf-8")
    return list(read(file, profile))


def test_one_answer_is_contact_reply_and_completion(tmp_path: Path) -> None:
    (case,) = appeals(tmp_path, GOOD)
    assert isinstance(case, RecordedCase)
    assert case.received_at == datetime(2017, 3, 1, 1, tzinfo=UTC)  # 09:00 at UTC+8
    assert [(act.definition.act, act.occurred_at) for act in case.acts] == [
        (act, datetime(2017, 3, 3, 2, tzinfo=UTC)) for act in ("contact", "reply", "complete")
    ]
    assert (case.enterprise, case.locality, case.unit.code) == ("甲公司", safe_code("A7县"), "departments")


def test_a_time_that_occurs_twice_is_the_earlier_one(tmp_path: Path) -> None:
    (case,) = requests(tmp_path, {"open_dt": "2011-11-06 01:30:00"})
    assert isinstance(case, RecordedCase)
    assert case.received_at == datetime(2011, 11, 6, 5, 30, tzinfo=UTC)  # still EDT, UTC-4


def test_a_time_with_an_offset_is_taken_as_it_is(tmp_path: Path) -> None:
    (case,) = requests(tmp_path, {"open_dt": "2011-07-01T10:00:00+02:00"})
    assert isinstance(case, RecordedCase)
    assert case.received_at == datetime(2011, 7, 1, 8, tzinfo=UTC)


def test_a_target_is_the_case_s_own_limit_and_may_lie_before_its_start(tmp_path: Path) -> None:
    with_target, without = requests(
        tmp_path,
        {"case_enquiry_id": "1", "open_dt": "2011-07-02 10:00:00", "target_dt": "2011-07-01 10:00:00"},
        {"case_enquiry_id": "2", "open_dt": "2011-07-02 10:00:00"},
    )
    assert isinstance(with_target, RecordedCase)
    assert isinstance(without, RecordedCase)
    assert with_target.due_at == datetime(2011, 7, 1, 14, tzinfo=UTC)
    assert (without.due_at, without.acts) == (None, ())


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (GOOD.replace("2017-03-01T09:00:00", "1 March"), "received_at: '1 March' is no time"),
        (GOOD.replace("2017-03-01T09:00:00", ""), "received_at: is blank"),
        (GOOD.replace("2017-03-03", "2017-02-03"), "replied_at: lies before received_at"),
        (
            GOOD.replace("2017-03-01", "1987-03-01"),
            "received_at: 1987-03-01T09:00:00 lies outside 2000-01-02",
        ),
        (GOOD.replace("2017-03-01T09:00:00", "9999-12-31T23:59:59-10:00"), "lies outside"),
        (GOOD.replace("已修", "已修,再修"), "8 fields where the header has 7"),
        ("7,甲公司\n", "2 fields where the header has 7"),
        (GOOD.replace("A7县道路", " "), "title: "),
        (GOOD.replace("A7县道路", "路" * 201), "title: "),
        (GOOD.replace("已修", "已\x07修"), "reply: control characters are not allowed"),
        (GOOD.replace("7,甲", ",甲", 1), "source_id: "),
        (GOOD.encode("gbk"), "lone surrogates"),
    ],
)
def test_a_bad_row_is_rejected_with_its_reason_and_the_rest_goes_on(
    tmp_path: Path, row: str | bytes, reason: str
) -> None:
    bad, good = appeals(tmp_path, row, GOOD)
    assert isinstance(bad, RejectedRow)
    zh, en = bad.reason.split(" / ")
    assert reason in en
    assert not zh.isascii()
    assert zh.partition("：")[0] in (en.partition(": ")[0], zh)
    assert isinstance(good, RecordedCase)
    assert (bad.line, good.line) == (2, 3)


@pytest.mark.parametrize("title", ["\u200b", "\u2060\ufeff", "\u202e\u202c", " \u3000"])
def test_a_title_that_nobody_sees_is_empty(tmp_path: Path, title: str) -> None:
    (row,) = appeals(tmp_path, GOOD.replace("A7县道路", title))
    assert isinstance(row, RejectedRow)
    assert "title" in row.reason


def test_a_line_number_is_where_the_row_starts(tmp_path: Path) -> None:
    long = GOOD.replace("货车无法进出", '"货车\r\n无法\n进出"')
    cases = appeals(tmp_path, long, "\n", GOOD.replace("7,", "8,", 1).replace("2017-03-01", "?"))
    assert [case.line for case in cases] == [2, 6]


def test_a_source_id_is_registered_once(tmp_path: Path) -> None:
    _, again = appeals(tmp_path, GOOD, GOOD.replace("7,甲", " 7 ,乙", 1))
    reason = "source_id：'7' 已见于第 2 行 / source_id: '7' stands in line 2 already"
    assert again == RejectedRow(3, reason)


def test_a_gzipped_file_with_a_byte_order_mark_reads_like_a_plain_one(tmp_path: Path) -> None:
    file = tmp_path / "appeals.csv.gz"
    file.write_bytes(gzip.compress((HEADER + GOOD).encode("utf-8-sig")))
    assert list(read(file, profiles.load("appeals-zh"))) == appeals(tmp_path, GOOD)


def test_cases_come_in_the_order_of_registration_then_of_the_file(tmp_path: Path) -> None:
    rows = [
        GOOD.replace("7,甲", f"{name},甲", 1).replace("03-01", day)
        for name, day in (("c", "03-02"), ("b", "03-01"), ("a", "03-02"))
    ]
    appeals(tmp_path, *rows)
    content = read_all(tmp_path / "appeals.csv", profiles.load("appeals-zh"))
    assert [case.source_id for case in content.cases] == ["b", "c", "a"]


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (HEADER.replace("reply,", ""), "line 1: has no column 'reply'"),
        (HEADER.replace("author", "author,phone"), "line 1: has an unknown column 'phone'"),
        (HEADER.replace("author", "author,title"), "line 1: has two columns 'title'"),
        ("", "line 1: has no column 'author'"),
    ],
)
def test_a_file_whose_columns_do_not_fit_is_refused(tmp_path: Path, header: str, reason: str) -> None:
    with pytest.raises(FileRefused, match=reason):
        appeals(tmp_path, header=header)


@pytest.mark.parametrize("content", [b"no gzip", gzip.compress(b"a,b\n" * 99, mtime=0)[:-9]])
def test_a_broken_gzip_file_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "broken.csv.gz"
    file.write_bytes(content)
    with pytest.raises(FileRefused, match=r"broken\.csv\.gz"):
        list(read(file, profiles.load("appeals-zh")))


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("zone: America/New_York", "zone: Boston", "line 3: zone: 'Boston' is no time zone"),
        ("kind: help", "kind: helpp", "line 5: kind: "),
        ("title:", "titel:", "line 9: titel: is not known here"),
        ("ignored: [ontime", "ignored: [open_dt, ontime", "ignored: 'open_dt' is mapped too"),
        ("outcome: solved", "outcome: planned", "`outcome` is solved or explained"),
        ("unit: {column: department,", "unit: {", "give a `column`, or `code` and `name`"),
        ("channel: hotline", "channel: supervision_code", "line 4: channel: an enterprise is named"),
    ],
)
def test_a_profile_s_mistake_is_told_with_its_line(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    file = tmp_path / "mine.yaml"
    content = BOSTON.read_text("utf-8")
    assert old in content
    file.write_text(content.replace(old, new, 1), "utf-8")
    with pytest.raises(ProfileError) as caught:
        profiles.load(file)
    assert sentence in str(caught.value)
    assert str(file) in str(caught.value)


def test_an_unknown_profile_is_answered_with_those_there_are() -> None:
    with pytest.raises(ProfileError, match="no profile is called 'paris': there are appeals-zh, boston-311"):
        profiles.load("paris")


@pytest.mark.parametrize("name", [path.stem for path in PROFILES.glob("*.yaml")])
def test_a_shipped_profile_is_named_as_its_file(name: str) -> None:
    assert profiles.load(name).id == name


def test_units_with_other_names_have_other_codes() -> None:
    names = ["PWDx", "Parks & Recreation", "Parks / Recreation", "住建局", "城管局", "x" * 60, "x" * 61, "-"]
    codes = {safe_code(name) for name in names}
    assert len(codes) == len(names)
    assert safe_code("PWDx") == "PWDx"
    assert all(len(code) <= 40 for code in codes)
