"""The ledger of arrears (清欠台账) over HTTP: who owes what, what was paid, what is due next."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from services.dispatch import queries
from services.dispatch.answers import Claim, Debtor, Instalment
from services.dispatch.document import AppealDocument, AppealState
from services.dispatch.domain.arrears import account
from services.dispatch.leg import LegDocument
from shared.judging.rulebook import rulebook
from shared.roles import AccountRole
from shared.rules.pack.pack import Pack
from shared.states import LegState
from shared.web.answers import PageOf
from shared.web.bodies import Code
from shared.web.paging import Paged
from shared.web.request import Called, Reading, Requested

router = APIRouter(tags=["dispatch"])


@router.get("/arrears", summary="清欠台账 / The ledger of arrears", response_model=PageOf[Claim])
async def arrears(
    conn: Reading,
    called: Called,
    page: Paged,
    request: Requested,
    state: AppealState | None = None,
    unit: Annotated[Code | None, Query()] = None,
) -> Response:
    """The claims, oldest number first, each with what its debtors owe; a debtor sees its own alone."""
    own = called.code if called.role == AccountRole.UNIT else None
    codes = [code] if (code := own or unit) else None
    rules = rulebook(request.context)
    sight = rules.sight(called.role)
    rows = await queries.arrears(
        conn, sight, after=page.after_text, limit=page.limit + 1, state=state, units=codes
    )
    claims = [_claim(appeal, kinds, rules.pack_of(appeal.pack), own) for appeal, kinds in rows]
    return page.answer([claim.model_dump(mode="json") for claim in claims], "registration_number")


def _claim(appeal: AppealDocument, kinds: dict[str, str], pack: Pack, own: str | None) -> Claim:
    legs = [leg for leg in appeal.legs if leg.state != LegState.ENDED and own in (None, leg.unit)]
    debtors = [_debtor(leg, kinds.get(leg.unit), pack) for leg in legs]
    return Claim(**appeal.model_dump(include=set(Claim.model_fields) - {"debtors"}), debtors=debtors)


def _debtor(leg: LegDocument, kind: str | None, pack: Pack) -> Debtor:
    owes = account(leg, pack)
    due_at, missing = owes.next_due() or (None, None)
    planned = sum(due for _, due in owes.plan)
    return Debtor(
        leg_id=leg.leg_id,
        unit=leg.unit,
        unit_name=leg.unit_name,
        kind=kind,
        state=leg.state,
        sum=owes.owed if owes.owed is not None or not owes.plan else owes.paid_before + planned,
        paid=owes.paid,
        open=owes.open(),
        settled=owes.settled(),
        next_due_at=due_at,
        next_sum=missing,
        plan=[
            Instalment(due_at=date, sum=due, paid=number < owes.met())
            for number, (date, due) in enumerate(owes.plan)
        ],
        to_be_confirmed=len(leg.proposed),
    )
