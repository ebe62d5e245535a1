"""Loan requests with their banks: what is taken, what is refused, what follows from silence and no's."""

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any, cast

import pytest
from sqlalchemy import TextClause

from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from services.financing.loans.api_status import opened
from services.financing.stored import message_of
from shared.database.connection import Connection
from shared.service.errors import NotFound
from tests.city import City, refused
from tests.lending import ask, banks, judged, move_to, report, report_body, status


@pytest.fixture
async def city(postgres: EmbeddedPostgres, broker: EmbeddedBroker) -> AsyncIterator[City]:
    """Financing alone, on Monday 2026-11-09 at 09:00, with three banks that read at their desks."""
    from services.financing.app import SERVICE

    async with City(postgres, broker, services=(SERVICE,)) as city:
        await move_to(city, "2026-11-09 09:00")
        await banks(city)
        yield city


async def told(city: City, type_: str) -> list[dict[str, Any]]:
    """The messages of a type to banks."""
    import sqlalchemy as sa

    query = sa.text("select leg, body from bank_messages where type = :type order by seq")
    async with city.services["financing"].engine.connect() as conn:
        messages = await conn.execute(query, {"type": type_})
        return [json.loads(message_of(conn, leg, body)) for leg, body in messages]


async def rows(city: City, query: str, **values: Any) -> list[Any]:
    import sqlalchemy as sa

    async with city.services["financing"].engine.connect() as conn:
        return list((await conn.execute(sa.text(query), values)).all())


async def test_a_request_is_pushed_to_the_banks_it_names_and_the_office_sees_it_at_once(city: City) -> None:
    asked = await ask(city)
    assert asked["registration_number"] == "RZ-20261109-00001"
    assert [leg["leg"] for leg in asked["legs"]] == ["RZ-20261109-00001/1", "RZ-20261109-00001/2"]
    listed = await city.ok("office", "GET", "/financing/requests")
    assert [item["registration_number"] for item in listed["items"]] == ["RZ-20261109-00001"]
    messages = await rows(city, "select bank, type, leg from bank_messages order by seq")
    assert [tuple(row) for row in messages] == [
        ("bank-a", "bank.request.v1", "RZ-20261109-00001/1"),
        ("bank-b", "bank.request.v1", "RZ-20261109-00001/2"),
    ]


async def test_the_enterprise_sees_every_bank_with_its_deadlines_explained(city: City) -> None:
    asked = await ask(city)
    await judged(city)
    first, second = (await status(city, asked))["legs"]
    assert (first["bank"], second["bank"]) == ("bank-a", "bank-b")
    # Pushed on Monday the 9th: day 1 ends on the 10th at 24:00, day 3 on the 12th, the month on 12-09.
    assert [(d["deadline"], d["due_at"]) for d in first["deadlines"]] == [
        ("bank_contact", "2026-11-11T00:00:00+08:00"),
        ("bank_status", "2026-11-13T00:00:00+08:00"),
        ("bank_decision", "2026-12-10T00:00:00+08:00"),
    ]
    assert all(d["explanation"]["zh"] and d["explanation"]["en"] for d in first["deadlines"])


class Noting:
    """A connection that notes what it is asked."""

    def __init__(self, connection: Connection) -> None:
        self.statements: list[str] = []
        self._connection = connection

    async def execute(self, statement: TextClause, values: Mapping[str, Any] | None = None) -> Any:
        self.statements.append(statement.text)
        return await self._connection.execute(statement, values)


async def test_a_wrong_number_and_a_wrong_code_are_refused_by_the_same_work(city: City) -> None:
    asked = await ask(city)
    right, reader = asked["registration_number"], city.services["financing"].reader
    work = []
    for number, code in ((right, "0000-0000-0000-0000"), ("RZ-20261109-99999", asked["receipt_code"])):
        noting = Noting(reader.reading())
        with pytest.raises(NotFound):
            await opened(cast(Connection, noting), number, code)
        work.append(noting.statements)
    assert work[0] == work[1]
    assert len(work[0]) == 1
    assert (await opened(reader.reading(), right, asked["receipt_code"])).number == right


async def test_a_wrong_receipt_code_opens_nothing(city: City) -> None:
    asked = await ask(city)
    path = f"/financing/status/{asked['registration_number']}"
    refused(await city.call(None, "GET", path, receipt_code="0000"), 404, "registration_number")


async def test_a_report_moves_its_leg_and_a_repeated_one_changes_nothing(city: City) -> None:
    asked = await ask(city)
    leg = asked["legs"][0]["leg"]
    first = await report(city, "bank-a", leg, "contacted")
    assert (first.outcome, first.code, first.state) == ("accepted", "accepted", "contacted")
    await judged(city)
    before = await city.stored()
    again = await report(city, "bank-a", leg, "contacted")
    assert (again.outcome, again.code, again.at) == ("repeated", "repeated", first.at)
    assert await city.stored() == before


async def test_a_bank_within_the_due_minute_is_in_time_and_a_minute_later_is_late(city: City) -> None:
    asked = await ask(city)
    first, second = (leg["leg"] for leg in asked["legs"])
    await judged(city)
    city.set_clocks("2026-11-11 00:00:59")
    assert (await report(city, "bank-a", first, "contacted")).code == "accepted"
    await move_to(city, "2026-11-11 00:01:00")
    assert (await report(city, "bank-b", second, "contacted")).code == "too_late_but_recorded"
    await judged(city)
    verdicts = {leg["bank"]: leg["deadlines"][0]["verdict"] for leg in (await status(city, asked))["legs"]}
    assert verdicts == {"bank-a": "met", "bank-b": "overdue"}


async def test_a_silent_bank_is_reminded_listed_and_counted(city: City) -> None:
    asked = await ask(city, banks=["bank-a"])
    leg = asked["legs"][0]["leg"]
    await judged(city)
    await move_to(city, "2026-11-13 09:00")
    emitted = [row.type for row in await rows(city, "select type from outbox order by seq")]
    assert emitted.count("loan.overdue.v1") == 2
    assert "loan.reminded.v1" in emitted
    assert "loan.supervised.v1" in emitted
    reminders = await told(city, "bank.reminder.v1")
    assert [body["overdue"] for body in reminders].count(True) == 2
    (listed,) = (await city.ok("office", "GET", "/financing/overdue"))["items"]
    assert listed["leg"] == leg
    assert [deadline["deadline"] for deadline in listed["overdue"]] == ["bank_contact", "bank_status"]
    record = await city.ok("office", "GET", "/financing/banks/bank-a/record")
    assert record["deadlines"]["bank_contact"]["overdue"] == 1
    assert record["deadlines"]["bank_decision"]["open"] == 1


async def test_when_all_of_a_wave_declined_the_next_is_asked_and_then_the_office(city: City) -> None:
    asked = await ask(city, banks=["bank-a"])
    loan = f"/financing/requests/{asked['loan_id']}"
    await report(city, "bank-a", asked["legs"][0]["leg"], "declined")
    assert (await city.ok("office", "GET", loan))["state"] == "with_office"
    version = (await city.ok("office", "GET", loan))["version"]
    await city.ok("office", "POST", f"{loan}/pushes", {"banks": ["bank-c"]}, if_match=f'"{version}"')
    pushed = await city.ok("office", "GET", loan)
    assert [(leg["bank"], leg["wave"]) for leg in pushed["legs"]] == [("bank-a", 1), ("bank-c", 2)]
    assert pushed["state"] == "pushed"


async def test_rules_choose_the_banks_where_the_enterprise_wishes_none(city: City) -> None:
    await banks(city, "wanze-rural", "huai-commercial", "state-one")
    asked = await ask(city, banks=[], first_loan=True, amount="500000")
    assert {leg["bank"] for leg in asked["legs"]} == {"wanze-rural", "huai-commercial"}
    await report(city, "wanze-rural", asked["legs"][0]["leg"], "declined")
    await judged(city)
    await move_to(city, "2026-11-11 00:01:00")  # the other one let its contact pass
    loan = await city.ok("office", "GET", f"/financing/requests/{asked['loan_id']}")
    assert [leg["bank"] for leg in loan["legs"]][2:] == ["state-one"]


async def test_without_consent_no_further_bank_is_told_and_what_waits_is_dropped(city: City) -> None:
    asked = await ask(city, banks=["bank-a"], others_too=True)
    path = f"/financing/status/{asked['registration_number']}/consent-withdrawals"
    code = {"receipt_code": asked["receipt_code"]}
    await city.ok(None, "POST", path, {}, **code)
    (row,) = await rows(city, "select type, dropped_at from bank_messages")
    assert (row.type, row.dropped_at is not None) == ("bank.request.v1", True)
    receipt = await report(city, "bank-a", asked["legs"][0]["leg"], "declined")
    assert receipt.code == "request_ended"
    refused(await city.call(None, "POST", path, {}, **code), 409)
    await judged(city)
    await move_to(city, "2026-11-20 09:00")
    ended = await status(city, asked)
    assert ended["state"] == "consent_withdrawn"
    assert [leg["bank"] for leg in ended["legs"]] == ["bank-a"]
    assert ended["legs"][0]["deadlines"] == []


async def test_a_bank_that_knows_is_told_that_the_consent_is_gone(city: City) -> None:
    asked = await ask(city, banks=["bank-a"])
    await rows(city, "update bank_messages set sent_at = now() returning 1")
    path = f"/financing/requests/{asked['loan_id']}/consent-withdrawals"
    await city.ok("operator", "POST", path, {})
    messages = await rows(city, "select type, dropped_at from bank_messages order by seq")
    assert [(row.type, row.dropped_at) for row in messages] == [
        ("bank.request.v1", None),
        ("bank.request_withdrawn.v1", None),
    ]


async def test_a_complaint_goes_to_the_regulator_and_its_result_to_the_enterprise(city: City) -> None:
    asked = await ask(city, banks=["bank-a"])
    path = f"/financing/status/{asked['registration_number']}/complaints"
    code = {"receipt_code": asked["receipt_code"]}
    refused(await city.call(None, "POST", path, {"bank": "bank-x", "text": "搭售"}, **code), 422, "bank")
    complained = await city.ok(None, "POST", path, {"bank": "bank-a", "text": "要求搭售保险"}, **code)
    assert complained["complaint"] == "RZ-20261109-00001/C1"
    await judged(city)
    (listed,) = (await city.ok("regulator", "GET", "/financing/complaints"))["items"]
    # 15 working days after Monday 11-09: 11-10 to 11-13, 11-16 to 20, 11-23 to 27, 11-30; the window: 20.
    assert {d["deadline"]: d["due_at"] for d in listed["deadlines"]} == {
        "regulator_result": "2026-11-30T17:30:00+08:00",
        "complaint_tracking": "2026-12-07T17:30:00+08:00",
    }
    decision = {"founded": True, "finding": "情况属实", "result": "已责令整改", "shown": "请立即整改"}
    complaint = f"/financing/complaints/{complained['complaint_id']}"
    version = (await city.ok("regulator", "GET", complaint))["version"]
    await city.ok("regulator", "POST", f"{complaint}/decisions", decision, if_match=f'"{version}"')
    await judged(city)
    (shown,) = (await status(city, asked))["complaints"]
    assert (shown["founded"], shown["result"]) == (True, "已责令整改")
    assert [d["verdict"] for d in shown["deadlines"]] == ["met", "met"]
    (message,) = await told(city, "bank.complaint_shown.v1")
    assert (message["text"], "情况属实" in str(message)) == ("请立即整改", False)


async def test_an_approved_offer_is_shown_to_the_enterprise_and_disbursement_follows(city: City) -> None:
    asked = await ask(city, banks=["bank-a"])
    leg = asked["legs"][0]["leg"]
    for state in ("received", "contacted", "documents_needed", "under_review", "approved", "disbursed"):
        assert (await report(city, "bank-a", leg, state)).outcome == "accepted"
    await judged(city)
    loan = await status(city, asked)
    assert loan["state"] == "disbursed"
    assert loan["legs"][0]["offer"] == {"amount": "2000000.00", "rate_percent": "3.45", "term_months": 12}
    assert {d["verdict"] for d in loan["legs"][0]["deadlines"]} == {"met"}
    assert report_body(leg, "approved")["amount"] == "2000000.00"


async def test_events_carry_no_name_phone_credit_code_or_amount(city: City) -> None:
    await ask(city)
    bodies = "".join(row.body for row in await rows(city, "select body from outbox"))
    assert "below_5m" in bodies
    for secret in ("示例制造", "13800000000", "91350100M000100Y43", "3000000", "采购"):
        assert secret not in bodies
