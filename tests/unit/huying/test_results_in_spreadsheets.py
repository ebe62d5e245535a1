"""CSV files as people open them: no cell is a formula, and Chinese opens right. All rows are invented."""

import csv
from pathlib import Path

import pytest

from huying.simulate import profiles
from huying.simulate.recorded_case import RejectedRow
from huying.simulate.results import write_rejected
from huying.simulate.simulate import simulate
from shared.files.spreadsheets import harmless
from shared.rules.pack import pack_files

HEADER = "source_id,author,title,received_at,body,reply,replied_at\n"
ROW = "{},甲公司,路灯,2024-03-04T09:00:00,不亮,已修,2024-03-05T10:00:00\n"


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+cmd|' /C calc'!A0",
        "-2+3",
        "@SUM(1)",
        "\t=1",
        "\r=1",
        "-",
        "+86-1",
        "-1e5",
        "＝1",
        "＋1",
        "－1",
        "＠S(1)",
        "-1\n",
        "\n=1",
    ],
)
def test_a_text_that_would_run_is_neutralised(text: str) -> None:
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "-2", "+2", "-0.5", "1=1", "a@b", "路-2", "2024-03-04T09:00:00+08:00"])
def test_numbers_and_other_texts_stay(text: str) -> None:
    assert harmless(text) == text


def test_no_cell_of_any_file_is_a_formula(tmp_path: Path) -> None:
    file = tmp_path / "appeals.csv"
    file.write_text(HEADER + "".join(map(ROW.format, ["=A1", "=A1", '"@S(1,2)"', "-7", "b"])), "utf-8")
    simulate(file, "appeals-zh", ["bozhou-2024", "bowu-2022"], tmp_path / "out", explain=True, at_once=1)
    written = list((tmp_path / "out").rglob("*.csv"))
    ids = set()
    for path in written:
        with path.open(encoding="utf-8", newline="") as lines:
            header, *rows = csv.reader(lines)
        assert not [cell for row in rows for cell in row if harmless(cell) != cell]
        ids |= {row[0] for row in rows if header[0] == "source_id"}
    assert len(written) == 9
    assert ids == {"'=A1", "'@S(1,2)", "-7", "b"}
    write_rejected(tmp_path, [RejectedRow(2, "=1+1: is bad")])
    assert (tmp_path / "rejected.csv").read_text("utf-8") == "line,reason\n2,'=1+1: is bad\n"


def test_excel_is_told_that_a_file_is_utf_8(tmp_path: Path) -> None:
    file = tmp_path / "appeals.csv"
    file.write_text(HEADER + ROW.format("甲-1"), "utf-8")
    for name, excel in (("plain", False), ("excel", True)):
        simulate(file, "appeals-zh", ["bozhou-2024"], tmp_path / name, explain=True, at_once=1, excel=excel)
    for path in (tmp_path / "plain").glob("*.csv"):
        assert (tmp_path / "excel" / path.name).read_bytes() == b"\xef\xbb\xbf" + path.read_bytes()


@pytest.mark.parametrize(
    ("profile", "pack_id", "reason"),
    [
        ("loans-2012", "bozhou-2024", "'bozhou-2024' judges appeals, and these cases are loan requests"),
        ("loans-2012", "case-limits", "'case-limits' judges appeals, and these cases are loan requests"),
        ("appeals-zh", "bozhou-2024-financing", "judges loan requests, and these cases are appeals"),
    ],
)
def test_a_pack_for_other_cases_is_refused(tmp_path: Path, profile: str, pack_id: str, reason: str) -> None:
    file = tmp_path / "cases.csv"
    file.write_text(HEADER, "utf-8")
    with pytest.raises(ValueError, match=reason):
        simulate(file, profile, [pack_id], tmp_path / "out")


@pytest.mark.parametrize("pack_id", sorted(path.stem for path in pack_files.PACKS.glob("*.yaml")))
def test_every_shipped_pack_judges_one_kind_of_case(pack_id: str) -> None:
    case = "loan" if pack_id.partition("@")[0].endswith("-financing") else "appeal"
    profiles.check_pack(
        case, pack_files.load(pack_id, profiles.PROFILES.parents[1] / "local/samples/settings.yaml")
    )
