"""Makes codes and has them sent, apart from requests: the time of an answer tells nobody what is sent."""

import asyncio
import hashlib
import secrets
from dataclasses import dataclass
from uuid import UUID

from services.intake import acts, queries
from services.intake.codes import work
from services.intake.codes.bodies import PROOF_SPAN, AskProof
from services.intake.codes.client import CodeClient, CodeNotSent
from services.intake.document import AppealDocument
from services.intake.domain.context import ActContext
from services.intake.domain.receipt_codes import may_renew
from services.intake.resources import code_desk, hashes_of
from services.intake.work import Work
from shared.database.errors import DATABASE_ERRORS
from shared.judging.rulebook import rulebook
from shared.service.accounts import ANYONE
from shared.service.errors import HuyingError
from shared.service.receipts import CHANCE_BYTES, receipt_code, receipt_hash
from shared.service.service import ServiceContext
from shared.telemetry.context import use_span
from shared.web.writer import Answer

PROOF_DIGITS = 6
TOGETHER = 4
"""How many codes are sent at once."""


def proof_hash(proof_id: UUID, code: str) -> str:
    """How the code of a proof is stored."""
    return hashlib.sha256(f"{proof_id} {code.strip()}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class NewReceiptCode:
    """Somebody asked for a new receipt code of the appeal with this number."""

    number: str

    async def send(self, context: ServiceContext, client: CodeClient) -> None:
        """Send one to the contact of the appeal, where it has a contact and was not sent too many."""
        async with context.reader.connect() as conn:
            row = await queries.appeal_by_number(conn, self.number)
        if row is None or row.appeal.enterprise is None or not may_renew(row.appeal, context.clock.now()):
            return
        code = receipt_code(secrets.token_bytes(CHANCE_BYTES))
        await self._keep(context, row.appeal, receipt_hash(code))
        to = row.appeal.enterprise
        contact = {"phone": to.phone, "email": to.email, "language": to.language}
        await client.send("receipt_code", code, row.appeal.appeal_id, self.number, **contact)

    async def _keep(self, context: ServiceContext, appeal: AppealDocument, code_hash: str) -> None:
        rules = rulebook(context)

        def do(unit_of_work: Work) -> Answer:
            own = ActContext(unit_of_work.at, ANYONE.name, rules.pack_of(appeal.pack), rules.calendar)
            unit_of_work.perform(appeal.appeal_id, acts.RenewCode(hash=code_hash), own)
            return Answer("")

        await context.writer.write([appeal.appeal_id], do, None, ANYONE)


@dataclass(frozen=True, slots=True)
class NewProof:
    """Somebody wants to prove that a contact is theirs."""

    proof_id: UUID
    contact: AskProof

    async def send(self, context: ServiceContext, client: CodeClient) -> None:
        """Send a code to the contact, if an appeal was registered with it. The proof is always stored."""
        code = f"{secrets.randbelow(10**PROOF_DIGITS):0{PROOF_DIGITS}}"
        async with context.engine.begin() as conn:
            at = await context.clock.stamp(conn)
            rows = await work.appeals_of_contact(conn, hashes_of(context), *self.contact.part)
            ids = [row.appeal_id for row in rows]
            code_hash = proof_hash(self.proof_id, code)
            await work.add_proof(conn, at, self.proof_id, code_hash, ids, PROOF_SPAN)
        if rows:
            newest = rows[0]
            contact = {"phone": self.contact.phone, "email": self.contact.email, "language": newest.language}
            await client.send("proof", code, newest.appeal_id, newest.registration_number, **contact)


async def send_codes(context: ServiceContext) -> None:
    """Send the codes that were asked for, until cancelled."""
    desk = code_desk(context)
    if desk is None:
        return
    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(TOGETHER):
                group.create_task(_send_each(context, desk.client, desk.orders))
    finally:
        await desk.client.close()


async def _send_each(
    context: ServiceContext, client: CodeClient, orders: "asyncio.Queue[NewReceiptCode | NewProof]"
) -> None:
    while True:
        order = await orders.get()
        use_span(None)
        try:
            await order.send(context, client)
        except (CodeNotSent, HuyingError, *DATABASE_ERRORS) as error:
            context.log.warning(
                "a code was not sent", reason=f"{type(order).__name__} {type(error).__name__}"
            )
        finally:
            orders.task_done()
