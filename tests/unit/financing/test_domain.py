"""Credit codes, sums, routing, what a bank may report, and what follows of it: as tables."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from services.financing import engine
from services.financing.banks.acts import BankBody
from services.financing.banks.domain import STATE_ZH, TRANSITIONS, accept
from services.financing.banks.messages import messages
from services.financing.banks.receipts import receipt
from services.financing.complaints.acts import Complain, DecideComplaint
from services.financing.complaints.domain import complain, decide
from services.financing.contract import BankReport, LegState, ReceiptCode, Yuan, fen
from services.financing.engine import FACTS
from services.financing.enterprises.credit_code import CreditCode
from services.financing.loans import domain
from services.financing.loans.acts import NewLoanRequest
from services.financing.loans.document import LoanDocument, LoanState
from services.financing.loans.routing import Routing, RoutingError, load
from shared import events
from shared.events import CATALOGUE, AmountBand
from shared.rules.judging.acts import Completed
from shared.rules.judging.fold import FOLDS
from shared.rules.pack import pack
from tests.lending import credit_code, said, wish

PACK = pack.load("bozhou-2024-financing")
AT = datetime(2026, 11, 9, 1, tzinfo=UTC)
BANKS = {code: BankBody(name=code, ways=frozenset({"desk"})) for code in ("bank-a", "bank-b", "bank-c")}
CODE: TypeAdapter[str] = TypeAdapter(CreditCode)
YUAN: TypeAdapter[str] = TypeAdapter(Yuan)


@pytest.mark.parametrize("code", ["91350100M000100Y43", "91110000600037341L", "91440300708461136T"])
def test_a_credit_code_with_its_check_character_is_one(code: str) -> None:
    assert CODE.validate_python(code.lower()) == code


@given(st.integers(0, 9_999_999), st.integers(0, 16), st.integers(1, 30))
def test_no_credit_code_with_one_wrong_character_is_one(n: int, place: int, by: int) -> None:
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    right = credit_code(n)
    wrong = alphabet[(alphabet.index(right[place]) + by) % 31]
    with pytest.raises(ValidationError):
        CODE.validate_python(right[:place] + wrong + right[place + 1 :])


@pytest.mark.parametrize(
    ("text", "kept"), [("1", "1.00"), ("0.01", "0.01"), ("007.5", "7.50"), ("10000000000", "10000000000.00")]
)
def test_a_sum_is_kept_in_yuan_with_two_decimals(text: str, kept: str) -> None:
    assert YUAN.validate_python(text) == kept
    assert fen(kept) * 1 == round(float(kept) * 100)


@pytest.mark.parametrize(
    "value", ["0", "-1", "0.001", "1e3", "10000000000.01", "１００", "", 5, 5.0, None, "NaN"]
)
def test_no_sum_is_taken_that_is_none(value: Any) -> None:
    with pytest.raises(ValidationError):
        YUAN.validate_python(value)


@pytest.mark.parametrize(
    ("amount", "band"),
    [
        ("499999.99", AmountBand.BELOW_500K),
        ("500000.00", AmountBand.BELOW_1M),
        ("9999999.99", AmountBand.BELOW_10M),
        ("10000000.00", AmountBand.FROM_10M),
    ],
)
def test_a_band_starts_with_its_sum(amount: str, band: AmountBand) -> None:
    assert domain.band(amount) is band


def routed(**more: Any) -> Routing:
    rules = [
        {"when": {"first_loan": True, "below": "1000000"}, "waves": [["bank-b"], ["bank-a", "bank-b"]]},
        {"when": {}, "waves": [["bank-c"]]},
    ]
    return Routing.model_validate({"silent": ["bank_contact"], "rules": rules, **more})


@pytest.mark.parametrize(
    ("change", "plan"),
    [
        ({"banks": ["bank-c"]}, [["bank-c"]]),
        (
            {"banks": ["bank-c"], "others_too": True, "first_loan": True, "amount": "1"},
            [["bank-c"], ["bank-b"], ["bank-a"]],
        ),
        ({"banks": [], "first_loan": True, "amount": "999999.99"}, [["bank-b"], ["bank-a"]]),
        ({"banks": [], "first_loan": True, "amount": "1000000"}, [["bank-c"]]),
        ({"banks": []}, [["bank-c"]]),
    ],
)
def test_the_choice_comes_first_and_else_the_first_rule_that_fits(
    change: dict[str, Any], plan: list[list[str]]
) -> None:
    assert routed().plan(NewLoanRequest.model_validate(wish(**change)), BANKS) == plan


@pytest.mark.parametrize(
    ("text", "said_"),
    [
        ("rules: [{when: {}, waves: [[a-1]]}, {when: {}, waves: [[b-1]]}]", "never reached"),
        ("rules: [{when: {}, waves: [[a-1, a-1]]}]", "twice"),
        ('rules: [{when: {from: "5", below: "5"}, waves: [[a-1]]}]', "no amount fits"),
        ("rules: [{when: {}, waves: []}]", "waves"),
    ],
)
def test_routing_rules_that_cannot_be_meant_are_refused_by_line(
    tmp_path: Path, text: str, said_: str
) -> None:
    file = tmp_path / "routing.yaml"
    file.write_text(text, "utf-8")
    with pytest.raises(RoutingError, match=f"line 1.*{said_}|{said_}"):
        load(file)


def test_the_shipped_routing_rules_can_be_read() -> None:
    assert load(None).rules


def asked(**more: Any) -> LoanDocument:
    loan, _ = domain.register(
        NewLoanRequest.model_validate(wish(**more)),
        UUID(int=1),
        "RZ-20261109-00001",
        PACK,
        AT,
        "",
        routed(),
        BANKS,
    )
    return loan


def take(loan: LoanDocument, state: LegState, bank: str = "bank-a") -> str:
    body = BankReport.model_validate(said(loan.legs[0].leg, state))
    return accept(loan, bank, body, AT + timedelta(hours=1))[0].code


@pytest.mark.parametrize("before", LegState)
@pytest.mark.parametrize("after", [state for state in LegState if state is not LegState.PUSHED])
def test_a_report_is_taken_if_and_only_if_the_table_allows_it(before: LegState, after: LegState) -> None:
    loan = asked()
    loan.legs[0].state = before
    allowed = after in TRANSITIONS[before]
    assert take(loan, after) == ("accepted" if allowed else "out_of_order")
    assert loan.legs[0].state is (after if allowed else before)


def test_every_state_has_its_row_its_name_and_a_way_to_a_decision() -> None:
    assert set(TRANSITIONS) == set(STATE_ZH) == set(LegState)
    assert not any(state in TRANSITIONS[state] for state in LegState)


@pytest.mark.parametrize(
    ("state", "change"),
    [
        ("approved", {"amount": None}),
        ("approved", {"rate_percent": None}),
        ("approved", {"reason": "other"}),
        ("declined", {"reason": None}),
        ("declined", {"reason": "other"}),
        ("declined", {"amount": "5"}),
        ("contacted", {"reason": "other"}),
        ("contacted", {"term_months": 5}),
        ("pushed", {}),
    ],
)
def test_a_report_whose_facts_do_not_fit_its_state_is_malformed(state: str, change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        BankReport.model_validate(said("RZ-20261109-00001/1", state, **change))


def test_a_leg_of_another_bank_is_answered_like_one_that_is_not_there() -> None:
    loan = asked()
    there = take(loan, LegState.CONTACTED, bank="bank-b")
    gone = BankReport.model_validate(said("RZ-20261109-00009/1", "contacted"))
    assert there == accept(None, "bank-b", gone, AT)[0].code == "unknown_leg"


def test_after_the_end_nothing_is_taken() -> None:
    loan = asked()
    domain.end(loan, LoanState.WITHDRAWN, AT)
    assert take(loan, LegState.CONTACTED) == "request_ended"


def test_every_fact_becomes_acts_the_engine_folds_under_ids_of_their_own() -> None:
    loan = asked()
    legs = (events.BankLeg(leg_id=uuid4(), leg=loan.legs[0].leg, bank="bank-a"),)
    its = {"leg_id": legs[0].leg_id, "leg": legs[0].leg, "bank": "bank-a"}
    of_complaint = {"complaint_id": uuid4(), "complaint": "RZ-20261109-00001/C1", "bank": "bank-a"}
    more: dict[type, dict[str, Any]] = {
        events.LoanRequested: {
            "product": "other",
            "amount_band": "from_10m",
            "first_loan": False,
            "pack": PACK.ref,
        },
        events.LoanPushed: {"wave": 1, "legs": legs},
        events.LoanReported: {**its, "state": "declined"},
        events.LoanComplained: {**of_complaint, "pack": PACK.ref},
        events.ComplaintDecided: {**of_complaint, "founded": True},
    }
    for what in FACTS:
        fact = what(occurred_at=AT, appeal_id=UUID(int=1), registration_number="", **more.get(what, {}))
        acts = engine.acts(fact)
        assert acts
        assert {type(act) for act in acts} <= FOLDS.keys()
        assert {act.occurred_at for act in acts} == {AT}
        assert len({act.id for act in acts}) == len(acts)
        assert [act.id for act in engine.acts(fact)] == [act.id for act in acts]


def test_the_ids_of_acts_are_those_of_the_first_release() -> None:
    """Acts of one moment take effect in the order of their ids: other ids, another judgement of old cases."""
    its = {"leg_id": uuid4(), "leg": "RZ-20261109-00001/1", "bank": "bank-a", "state": "declined"}
    fact = events.LoanReported(occurred_at=AT, appeal_id=UUID(int=1), registration_number="", **its)
    names = ("stage.reached.v1", "appeal.completed.v1")
    assert [act.id for act in engine.acts(fact)] == [uuid5(fact.id, name) for name in names]


def test_every_stage_that_a_report_reaches_is_one_of_the_pack() -> None:
    assert set(engine.STAGES.values()) == {stage.stage for stage in PACK.stages}


def test_every_event_of_financing_comes_from_financing() -> None:
    mine = {cls for cls in CATALOGUE.values() if issubclass(cls, events.LoanEvent)}
    assert {cls.source for cls in mine} == {"financing"}
    assert mine >= set(FACTS)


def test_a_wave_that_was_silent_before_the_end_is_followed_by_none() -> None:
    loan = asked(banks=["bank-a"], others_too=True)
    late = {
        "leg_id": loan.legs[0].leg_id,
        "unit": "bank-a",
        "round": 1,
        "deadline": "bank_contact",
        "started_at": AT,
        "due_at": AT,
        "verdict": "overdue",
    }
    loan.legs[0].deadlines = [events.Deadline.model_validate(late)]
    ended = loan.model_copy(deep=True)
    domain.end(ended, LoanState.CONSENT_WITHDRAWN, AT)
    assert list(domain.go_on(ended, AT, BANKS)) == []
    assert [type(event) for event in domain.go_on(loan, AT, BANKS)] == [events.LoanPushed]


@pytest.mark.parametrize("state", LegState)
def test_a_leg_is_done_where_its_bank_can_say_nothing_more(state: LegState) -> None:
    its = {"leg_id": uuid4(), "leg": "RZ-20261109-00001/1", "bank": "bank-a", "state": state.value}
    fact = events.LoanReported(occurred_at=AT, appeal_id=UUID(int=1), registration_number="", **its)
    done = Completed in {type(act) for act in engine.acts(fact)}
    assert done == (TRANSITIONS[state] == ())


@pytest.mark.parametrize(("shown", "count"), [(None, 0), ("请立即整改", 1)])
def test_a_bank_sees_of_a_complaint_what_the_regulator_shows(shown: str | None, count: int) -> None:
    about = Complain(bank="bank-a", text="搭售")
    complaint, _ = complain(asked(), about, UUID(int=2), AT, "enterprise", PACK.ref)
    event = decide(complaint, DecideComplaint(founded=True, finding="属实", result="已整改", shown=shown), AT)
    assert len(list(messages(complaint, event))) == count


def test_every_receipt_says_in_two_languages_what_to_do() -> None:
    body = BankReport.model_validate(said("RZ-20261109-00001/1", "contacted"))
    for code in ReceiptCode:
        found = receipt(body, AT, code)
        assert found.zh
        assert found.en
