"""The sample city: complete, invented, and telling the same story whatever day it is brought in."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest

from huying.local import samples
from huying.local.sample_data import SampleDataError, load_samples, people
from huying.local.samples import PROCEDURES, SETTINGS, Appeal, LiveStep, appeals, leaders, load_appeals, units
from services import SERVICES
from services.dispatch.acts.office import Close
from services.dispatch.acts.past import PastAct
from services.dispatch.document import AppealDocument, Unit
from services.dispatch.domain import context as dispatch_context
from services.dispatch.domain import transitions as dispatch
from services.escalation import acts as escalation_acts
from services.escalation.engine import judge
from services.intake.domain import context as intake_context
from services.intake.domain import transitions as intake
from services.intake.domain.registration import receive
from shared.events import Channel, Event, Kind, LiftReason, Verdict
from shared.files.yaml_mistakes import Mistakes
from shared.roles import AccountRole
from shared.rules.judging.decide import Judgement
from shared.rules.judging.rulings import Lifted
from shared.rules.pack import pack_files
from shared.rules.time.calendar import Calendar
from shared.service.accounts import Caller
from shared.web.bodies import Body

ZONE = ZoneInfo("Asia/Shanghai")
CALENDAR = Calendar.load(ZONE)
URLS = {service: f"http://city/{service}" for service in SERVICES}
KEYS = {name: f"key of {name}" for name, _, _ in people()}
FIRST = datetime(2025, 11, 20, tzinfo=ZONE)
MORNING, NOON, NIGHT = timedelta(minutes=2), timedelta(hours=12), timedelta(hours=23, minutes=58)
DAYS = [FIRST + timedelta(days=i) + (MORNING, NOON, NIGHT)[i % 3] for i in range(0, 365, 16)]

STORY = {
    "lamp": ("registered", 0, None),
    "food-permit": ("registered", 0, None),
    "letter-fees": ("registered", 0, None),
    "internet-lease": ("dispatched", 0, None),
    "sat-green-belt": ("dispatched", 0, None),
    "sun-transformer": ("dispatched", 0, None),
    "dust": ("dispatched", 0, None),
    "family-nursery": ("dispatched", 0, None),
    "social-insurance": ("completed", 0, None),
    "code-inspections": ("completed", 0, None),
    "water-pressure": ("closed", 0, None),
    "loan-renewal": ("dispatched", 0, None),
    "equipment-award": ("closed", 0, None),
    "not-satisfied": ("completed", 0, None),
    "reopened": ("dispatched", 0, None),
    "carded": ("dispatched", 1, None),
    "never-answered": ("lifted", 1, LiftReason.COUNT),
    "lifted-by-count": ("lifted", 1, LiftReason.COUNT),
    "card-cleared": ("completed", 1, None),
    "card-contested": ("dispatched", 1, None),
    "refused": ("lifted", 0, LiftReason.REFUSAL),
    "inherited": ("lifted", 0, LiftReason.KIND),
    "lift-requested": ("completed", 0, LiftReason.REQUEST),
    "litigation": ("dispatched", 0, None),
    "paused": ("dispatched", 0, None),
    "extended": ("dispatched", 0, None),
    "objection-pending": ("dispatched", 0, None),
    "objection-upheld": ("dispatched", 0, None),
    "referred": ("referred", 0, None),
    "withdrawn": ("withdrawn", 0, None),
    "arrears-plan": ("dispatched", 0, None),
    "silent-approval": ("approved", 0, None),
}
"""What the judge says before anybody acts on it: state, cards, why it was lifted."""
LATE = {"silent-approval", "carded", "never-answered", "lifted-by-count", "card-cleared", "card-contested"}


def events_of(appeal: Appeal, now: datetime) -> Iterator[Event]:
    """What intake and dispatch say of the appeal."""
    wish, rules = appeal.registration(now), pack_files.load(appeal.pack, SETTINGS)
    appeal_at_intake, received = receive(
        wish, appeal.appeal_id, "BZ-20260101-00001", rules.ref, wish.occurred_at, None, appeal.id
    )
    appeal_at_dispatch = AppealDocument(
        **received.model_dump(include=set(AppealDocument.model_fields)), received_at=wish.occurred_at
    )
    directory = {unit.code: Unit(**unit.model_dump()) for unit in units()}
    importer = Caller("importer", AccountRole.IMPORTER)
    yield received
    for past in appeal.followed(now):
        if isinstance(past, PastAct):
            at_dispatch = dispatch_context.ActContext(
                past.occurred_at, importer, rules, CALENDAR, directory, past=True
            )
            yield from dispatch.perform(appeal_at_dispatch, past.act, at_dispatch)
        else:
            at_intake = intake_context.ActContext(past.occurred_at, "importer", rules, CALENDAR, past=True)
            appeal_at_intake, emitted = intake.perform(appeal_at_intake, past, at_intake)
            yield from emitted


def judged(appeal: Appeal, now: datetime) -> Judgement:
    return judge(
        appeal.appeal_id, events_of(appeal, now), pack_files.load(appeal.pack, SETTINGS), CALENDAR, now
    )


def lift_reason(judgement: Judgement) -> LiftReason | None:
    return next((ruling.reason for ruling in judgement.rulings if isinstance(ruling, Lifted)), None)


@pytest.mark.parametrize("now", DAYS, ids=lambda now: f"{now:%m-%d %H:%M}")
def test_the_story_is_the_same_on_whatever_day_it_is_told(now: datetime) -> None:
    judgements = {appeal.id: judged(appeal, now) for appeal in appeals()}
    outcomes = {id_: (j.state.value, j.cards, lift_reason(j)) for id_, j in judgements.items()}
    assert outcomes == STORY
    late = {
        id_
        for id_, judgement in judgements.items()
        if any(d.verdict is Verdict.OVERDUE and d.unit and d.kind != "contact" for d in judgement.deadlines)
    }
    assert late == LATE


@pytest.mark.parametrize("now", [FIRST + MORNING, FIRST + NOON, FIRST + NIGHT])
def test_everything_lies_in_the_past_and_in_order(now: datetime) -> None:
    for appeal in appeals():
        times = [appeal.registration(now).occurred_at, *(past.occurred_at for past in appeal.followed(now))]
        assert times == sorted(set(times)), appeal.id
        assert times[-1] < now, appeal.id


def test_a_session_takes_place_on_its_weekday() -> None:
    for appeal in appeals():
        weekday = {Channel.SATURDAY_SESSION: 5, Channel.SUNDAY_CONSULTATION: 6}.get(appeal.channel)
        assert weekday in (None, appeal.day(FIRST).weekday()), appeal.id


def test_appeals_come_in_over_every_channel_and_are_of_every_kind() -> None:
    assert len({appeal.id for appeal in appeals()}) == len(appeals()) == 32
    assert {appeal.channel for appeal in appeals()} == set(Channel)
    assert {appeal.kind for appeal in appeals()} == set(Kind)


def test_enterprises_cannot_be_anybodys() -> None:
    named = [appeal.enterprise for appeal in appeals() if appeal.enterprise]
    assert all(
        enterprise.phone and enterprise.phone.startswith("0558-1") for enterprise in named
    )  # no landline begins with 1
    assert all(
        enterprise.credit_code and enterprise.credit_code.startswith("91000000MA00000")
        for enterprise in named
    )
    assert (
        len({enterprise.credit_code for enterprise in named})
        == len({enterprise.name for enterprise in named})
        == len(named)
    )


def test_units_have_known_parents_and_leaders() -> None:
    known: set[str] = set()
    for unit in units():
        assert unit.parent is None or unit.parent in known, unit.code
        assert unit.leader in {leader.code for leader in leaders()}, unit.code
        known.add(unit.code)
    assert {appeal.locality for appeal in appeals() if appeal.locality} <= known
    assert any(unit.office_hours for unit in units())


def test_every_unit_and_leader_has_an_account_of_its_own() -> None:
    names = [name for name, _, _ in people()]
    assert len(names) == len(set(names))
    assert {code for _, _, code in people() if code} == {
        *(unit.code for unit in units()),
        *(leader.code for leader in leaders()),
    }


def test_what_people_do_live_is_what_escalation_takes() -> None:
    card = {"card_id": uuid4()}
    bodies: dict[str, tuple[type[Body], dict[str, UUID]]] = {
        "serve": (escalation_acts.Serve, card),
        "acknowledge": (escalation_acts.Acknowledge, card),
        "contest": (escalation_acts.Contest, card),
        "instruct": (escalation_acts.Instruct, {}),
        "sign_off": (escalation_acts.SignOff, {}),
        "close": (Close, {}),
    }
    tried: set[str] = set()
    for step in (step for appeal in appeals() for step in appeal.live):
        model, fields = bodies[step.act]
        model.model_validate({**fields, **(step.model_extra or {})})
        tried.add(step.act)
    assert tried == set(bodies)
    assert set(LiveStep.model_json_schema()["properties"]["act"]["enum"]) == set(bodies)


APPEAL = """\
appeals:
  - id: one
    days_ago: 3
    at: "09:00"
    channel: web
    kind: help
    title: t
    text: t
    enterprise: {name: e}
    then:
      - {days_ago: 2, at: "09:00", act: assign, legs: [{unit: u}]}
"""


@pytest.mark.parametrize(
    ("step", "sentence"),
    [
        ('{days_ago: 1, at: "09:00", act: contact, leg: 0}', "line 12: .*how: Field required"),
        ('{days_ago: 1, at: "09:00", act: shrug, leg: 0}', "line 12: .*'shrug'"),
        ('{days_ago: 1, at: "09:00", act: rate, rating: superb}', "line 12: .*rating"),
        ('{days_ago: 4, at: "09:00", act: close}', "line 10: .*not in order of time"),
        ('{at: "09:00", act: close}', "line 12: .*days_ago: is missing"),
        ("{days_ago: 1, act: close}", "line 12: .*at: is missing"),
    ],
)
def test_a_wrong_step_is_told_by_file_and_line(tmp_path: Path, step: str, sentence: str) -> None:
    path = tmp_path / "appeals.yaml"
    path.write_text(APPEAL, "utf-8")
    assert len(load_appeals(path)) == 1
    path.write_text(f"{APPEAL}      - {step}\n", "utf-8")
    with pytest.raises(Mistakes, match=f"appeals.yaml, {sentence}"):
        load_appeals(path)


def test_every_sample_file_is_read() -> None:
    assert {path.name for path in Path(samples.__file__).parent.glob("*.yaml")} == {
        "appeals.yaml",
        "leaders.yaml",
        "loans.yaml",
        "notices.yaml",
        "settings.yaml",
        "units.yaml",
    }


class City(httpx.MockTransport):
    """Notes what it is asked. `refuses` is answered 422; intake lists `items`, the others all."""

    def __init__(self, items: list[dict[str, str]], refuses: str = "") -> None:
        super().__init__(self._answer)
        self.asked: list[str] = []
        self.versions: set[str | None] = set()
        self._items = items
        self._refuses = refuses

    def _answer(self, request: httpx.Request) -> httpx.Response:
        asked = f"{request.method} {request.url.path}"
        self.asked.append(asked)
        if asked == self._refuses:
            return httpx.Response(422, json={"detail": "时间在将来 / this time lies in the future"})
        if request.url.path.startswith("/escalation/appeals/") and request.method == "POST":
            self.versions.add(request.headers.get("if-match"))
        everything = [{"appeal_id": str(appeal.appeal_id), "code": ""} for appeal in appeals()]
        items = self._items if request.url.path == "/intake/appeals" else everything
        card, lift = {"card_id": str(uuid4()), "unit": "kaifaqu"}, {"leader": "mayor", "acts": "mayor"}
        return httpx.Response(
            200, headers={"etag": '"7"'}, json={"items": items, "cards": [card], "lift": lift}
        )


async def test_the_past_comes_in_before_people_act_and_withdrawals_after_what_they_would_end() -> None:
    city = City([])
    assert await load_samples(URLS, KEYS, city) == 32
    at = {asked: i for i, asked in enumerate(city.asked)}
    imports = [asked for asked in city.asked if asked.endswith("/import")]
    assert imports == ["POST /intake/import", "POST /dispatch/import", "POST /intake/import"]
    assert at["PUT /dispatch/hold"] < city.asked.index(imports[0]) < at["GET /dispatch/appeals"]
    assert at["POST /intake/import"] < at["DELETE /intake/hold"]
    acted = [asked for asked in city.asked if asked.startswith("POST") and asked not in imports]
    assert len(acted) == sum(len(appeal.live) for appeal in appeals())
    assert min(at[asked] for asked in acted) > at["DELETE /dispatch/hold"]
    assert city.versions == {'"7"'}


def test_every_pack_beside_the_appeal_that_is_shipped_is_offered() -> None:
    beside = {
        name for name in pack_files.known() if name.endswith(("-arrears", "-award", "-approval", "-clues"))
    }
    assert set(PROCEDURES) == beside


async def test_a_city_that_has_appeals_is_left_alone() -> None:
    city = City([{"appeal_id": "one"}])
    assert await load_samples(URLS, KEYS, city) == 0
    assert city.asked == ["GET /intake/appeals"]


async def test_a_refusal_is_told_and_ends_the_holds() -> None:
    city = City([], refuses="POST /intake/import")
    with pytest.raises(SampleDataError, match=r"POST http://city/intake/import .*422.*lies in the future"):
        await load_samples(URLS, KEYS, city)
    assert city.asked[-5:] == [
        "PUT /intake/hold",
        "PUT /dispatch/hold",
        "POST /intake/import",
        "DELETE /intake/hold",
        "DELETE /dispatch/hold",
    ]


async def test_a_service_that_does_not_answer_is_named() -> None:
    def silent(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    with pytest.raises(SampleDataError, match=r"http://city/intake/appeals.* look at the log of intake"):
        await load_samples(URLS, KEYS, httpx.MockTransport(silent))


async def test_a_missing_key_is_named() -> None:
    with pytest.raises(SampleDataError, match="no key of the account office"):
        await load_samples(URLS, {}, City([]))
