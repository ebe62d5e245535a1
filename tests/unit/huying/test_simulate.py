"""Recorded cases judged in memory, and the files that say so."""

import csv
import gzip
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pytest
from rich.console import Console

from huying.replay.driver import ReplayFailed
from huying.replay.replay import DrivenServices, replayed
from huying.replay.steps import steps
from huying.simulate import profiles
from huying.simulate.judging import LEG, CaseJudge, history
from huying.simulate.profiles import Profile
from huying.simulate.recorded import read_all
from huying.simulate.recorded_case import RecordedCases
from huying.simulate.results import progress, write
from huying.simulate.simulate import RUN_ON
from huying.simulate.simulate import simulate as run
from services import SERVICES
from services.dispatch.acts.past import Import
from services.dispatch.document import AppealDocument
from services.dispatch.domain.context import ActContext
from services.dispatch.domain.transitions import perform
from services.escalation.engine import ACTS
from services.intake import past_acts
from services.intake.domain.registration import imported_id, receive
from shared.events import Event
from shared.roles import AccountRole
from shared.rules.judging.acts import Act, Assigned, LegAct
from shared.rules.pack import pack_files
from shared.rules.time.calendar import Calendar
from shared.service.accounts import Caller

DATA = Path(__file__).parents[4] / "shared" / "data"
BOSTON, APPEALS = DATA / "requests_boston_2011q3.csv.gz", DATA / "appeals_zh_2017_2018.csv"
needs_data = pytest.mark.skipif(
    not DATA.is_dir(), reason=f"NOT CHECKED AGAINST REAL CASES: there is no folder {DATA}"
)
COLUMNS = "case_enquiry_id,open_dt,target_dt,closed_dt,case_title,type,department,neighborhood,closure_reason"
IGNORED = "ontime,case_status,subject,reason,queue,location_street_name,source"
ROWS = """\
b,2011-07-01 10:00:00,2011-07-05 10:00:00,2011-07-05 10:00:00,Lamp,Lights,PWDx,Mattapan,done,,,,,,,
a,2011-07-01 09:00:00,2011-07-02 10:00:00,2011-07-02 10:00:01,Hole,Roads,Parks & more,,done,,,,,,,
d,2011-07-02 09:00:00,2011-07-01 09:00:00,,Tree,Trees,PARK,,,,,,,,,
c,2011-07-02 09:00:00,,2011-07-01 09:00:00,Tree,Trees,PARK,,,,,,,,,
e,2011-07-03 09:00:00,2011-10-09 09:00:00,,Tree,Trees,PARK,,,,,,,,,
"""
SUMMER = "-04:00"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "requests.csv"
    path.write_text(f"{COLUMNS},{IGNORED}\n{ROWS}", "utf-8")
    return path


def simulate(file: Path, profile: str, pack_id: str, folder: Path) -> int:
    """In this process; the number of cases."""
    return run(file, profile, [pack_id], folder, at_once=1).cases


def rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.reader(lines))


@pytest.mark.parametrize(
    ("pack_id", "a_second_late"),
    [
        ("case-limits@2", "met"),
        ("case-limits@1", "overdue"),
    ],  # since version 2 the whole due minute is in time
)
def test_results_are_ordered_and_in_local_time(
    file: Path, tmp_path: Path, pack_id: str, a_second_late: str
) -> None:
    simulate(file, "boston-311", pack_id, tmp_path)
    assert rows(tmp_path / "cases.csv") == [
        ["source_id", "registration_number", "state", "rounds", "cards", "lifted_at"],
        ["a", "CL-20110701-00001", "completed", "1", "0", ""],
        ["b", "CL-20110701-00002", "completed", "1", "0", ""],
        ["d", "CL-20110702-00001", "dispatched", "1", "0", ""],
        ["e", "CL-20110703-00001", "dispatched", "1", "0", ""],
    ]
    header, *deadlines = rows(tmp_path / "deadlines.csv")
    assert header == ["source_id", "leg", "round", "deadline", "started_at", "due_at", "met_at", "verdict"]
    assert [(row[0], row[7]) for row in deadlines] == [
        ("a", a_second_late),
        ("b", "met"),  # at the due moment
        ("d", "overdue"),  # its limit lies before its start
        ("e", "open"),  # due after the end, which is 60 days after 5 July
    ]
    assert deadlines[1][2:7] == [
        "1",
        "completion",
        f"2011-07-01T10:00:00{SUMMER}",
        f"2011-07-05T10:00:00{SUMMER}",
        f"2011-07-05T10:00:00{SUMMER}",
    ]
    assert rows(tmp_path / "rejected.csv") == [
        ["line", "reason"],
        ["5", "closed_dt：早于 open_dt / closed_dt: lies before open_dt"],
    ]


def test_results_are_written_in_order_whatever_order_they_come_in(file: Path, tmp_path: Path) -> None:
    how = profiles.load("boston-311")
    content = read_all(file, how)
    judge = CaseJudge(how, pack_files.load("bozhou-2024@2"), content.ends_at() + RUN_ON)
    results = [judge.judged(case)[0] for case in content.cases]
    backwards = [result._replace(deadlines=result.deadlines[::-1]) for result in results[::-1]]
    for name, in_order in (("one", results), ("other", backwards)):
        write(tmp_path / name, how.tz, in_order)
    for name in ("cases.csv", "deadlines.csv"):
        written = rows(tmp_path / "one" / name)[1:]
        assert written == rows(tmp_path / "other" / name)[1:]
        assert [row[0] for row in written] == sorted(row[0] for row in written)
    order = [(row[0], int(row[2]), row[3]) for row in rows(tmp_path / "one" / "deadlines.csv")[1:]]
    assert order == sorted(order)


def test_the_run_ends_sixty_days_after_the_last_act(file: Path, tmp_path: Path) -> None:
    late = "f,2011-08-10 09:00:00,,2011-08-10 09:01:00,Tree,Trees,PARK,,,,,,,,,\n"
    file.write_text(
        file.read_text("utf-8") + late, "utf-8"
    )  # + 60 days: the minute 09:00 of 9 October is over
    simulate(file, "boston-311", "case-limits@2", tmp_path)
    verdicts = {row[0]: row[7] for row in rows(tmp_path / "deadlines.csv")}
    assert verdicts["e"] == "overdue"


def test_a_file_without_cases_gives_files_with_headers(file: Path, tmp_path: Path) -> None:
    file.write_text(f"{COLUMNS},{IGNORED}\n", "utf-8")
    assert simulate(file, "boston-311", "bozhou-2024@2", tmp_path) == 0
    assert len(rows(tmp_path / "cases.csv")) == 1


def said_by_the_services(content: RecordedCases, how: Profile, size: int) -> dict[UUID, list[Event]]:
    """What the domains of intake and dispatch make of the bodies that a replay sends."""
    rules = pack_files.load("case-limits@2")
    units = {case.unit.code: case.unit for case in content.cases}
    importer = Caller("importer", AccountRole.IMPORTER)
    calendar = Calendar.load(how.tz)
    events_of: dict[UUID, list[Event]] = {}
    appeals: dict[UUID, AppealDocument] = {}
    for step in steps(content, how, rules, size):
        bodies = [orjson.loads(body) for body in step.registrations]
        for past in (
            past_acts.Import.model_validate({"source": how.id, "items": bodies}).items if bodies else ()
        ):
            assert isinstance(past, past_acts.PastAppeal)
            appeal_id = imported_id(how.id, past.source_id)
            _, event = receive(past, appeal_id, "N", rules.ref, past.occurred_at)
            events_of[appeal_id] = [event]
            appeals[appeal_id] = AppealDocument(received_at=event.occurred_at, **fields(event))
        for act in Import(acts=[orjson.loads(body) for body in step.acts]).acts:
            assert act.occurred_at <= step.end
            context = ActContext(act.occurred_at, importer, rules, calendar, units, past=True)
            events_of[act.appeal_id] += perform(appeals[act.appeal_id], act.act, context)
    return events_of


def comparable(act: Act) -> Act:
    """The act without its ids: nobody judges by them."""
    same: dict[str, Any] = {"id": LEG}
    if isinstance(act, LegAct):
        same["leg_id"] = LEG
    if isinstance(act, Assigned):
        same["legs"] = tuple(replace(leg, leg_id=LEG) for leg in act.legs)
    return replace(act, **same)


def fields(event: Event) -> dict[str, Any]:
    return event.model_dump(exclude={"occurred_at", "id", "source_id", "receipt_hash"})


@pytest.mark.parametrize("size", [1, 4, 1000])
def test_a_simulated_history_is_what_the_services_say_of_what_a_replay_sends(file: Path, size: int) -> None:
    how = profiles.load("boston-311")
    content = read_all(file, how)
    events_of = said_by_the_services(content, how, size)
    assert len(events_of) == len(content.cases) == 4
    for case in content.cases:
        events = events_of[imported_id(how.id, case.source_id)]
        theirs = [ACTS[type(event)](event) for event in events if type(event) in ACTS]
        assert len(theirs) == len(events)
        assert list(map(comparable, history(case, how))) == list(map(comparable, theirs))


def test_steps_never_part_what_happened_at_once(tmp_path: Path) -> None:
    how = profiles.load("appeals-zh")
    file = tmp_path / "appeals.csv"
    file.write_text(
        "source_id,author,title,received_at,body,reply,replied_at\n"
        "1,甲,路,2017-03-01T09:00:00,路坏,已修,2017-03-03T10:00:00\n"
        "2,乙,灯,2017-03-01T09:00:00,灯坏,已修,2017-03-03T11:00:00\n",
        "utf-8",
    )
    replay_steps = list(steps(read_all(file, how), how, pack_files.load("bozhou-2024@2"), 1))
    assert [(step.cases, len(step.acts)) for step in replay_steps] == [(2, 2), (0, 3), (0, 3)]


@pytest.mark.parametrize(
    ("pack_id", "sent"), [("bozhou-2024@2", True), ("case-limits@2", True), ("bowu-2022@2", False)]
)
def test_a_replay_sends_only_limits_that_the_pack_takes(file: Path, pack_id: str, sent: bool) -> None:
    how = profiles.load("boston-311")
    content = read_all(file, how)
    assert any(case.due_at for case in content.cases)
    bodies = [
        orjson.loads(act) for step in steps(content, how, pack_files.load(pack_id), 10) for act in step.acts
    ]
    limits = [leg["limits"] for body in bodies for leg in body["act"].get("legs", ())]
    assert any(limits) is sent


async def test_a_replay_that_meets_no_services_says_so(file: Path, tmp_path: Path) -> None:
    nowhere = DrivenServices({service: f"http://127.0.0.1:9/{service}" for service in SERVICES}, "key")
    with (
        progress(Console(quiet=True)) as bar,
        pytest.raises(ReplayFailed, match=r"nothing moved for 0 s: intake does not answer"),
    ):
        await replayed(
            file,
            profiles.load("boston-311"),
            pack_files.load("case-limits@2"),
            tmp_path,
            nowhere,
            bar,
            patience_s=0.3,
        )


@needs_data
def test_overdue_is_what_the_city_says_and_nothing_else() -> None:
    """The flag `ontime` is blank in some rows: their times decide."""
    how = profiles.load("boston-311")
    content = read_all(BOSTON, how)
    assert (len(content.cases), content.rejected) == (31_828, [])
    judge = CaseJudge(how, pack_files.load("case-limits@2"), content.ends_at() + RUN_ON)
    late = {
        case.source_id
        for case in content.cases
        if any(deadline.verdict == "overdue" for deadline in judge.judged(case)[0].deadlines)
    }
    with gzip.open(BOSTON, "rt", encoding="utf-8", newline="") as lines:
        expected = {row["case_enquiry_id"] for row in csv.DictReader(lines) if _late(row)}
    assert late == expected


def _late(row: dict[str, str]) -> bool:
    if row["ontime"]:
        return row["ontime"] == "OVERDUE"
    return bool(row["target_dt"]) and (not row["closed_dt"] or row["closed_dt"] > row["target_dt"])


@needs_data
def test_answered_appeals_are_judged_by_the_rules_of_bozhou() -> None:
    how = profiles.load("appeals-zh")
    content = read_all(APPEALS, how)
    judge = CaseJudge(how, pack_files.load("bozhou-2024@2"), content.ends_at() + RUN_ON)
    results = [judge.judged(case)[0] for case in content.cases]
    verdicts = Counter((d.deadline, d.round, d.verdict) for result in results for d in result.deadlines)
    assert (len(results), content.rejected) == (1_300, [])
    assert {result.state for result in results} == {"completed"}
    overdue = verdicts["reply", 1, "overdue"]
    assert sum(result.cards for result in results) == overdue
    assert sum(result.lifted_at is not None for result in results) == verdicts["reply", 2, "overdue"]
    assert 650 < overdue < 1_300  # the median delay is 11 days, the limit 3
