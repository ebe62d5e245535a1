"""The check of a request's signature, for the routes that a bank signs."""

from typing import Annotated

from fastapi import Header, Request

from services.financing.banks.signing import queries
from services.financing.banks.signing.domain import SignatureHeaders, check_signature
from shared.roles import AccountRole
from shared.service.accounts import Caller
from shared.service.clock import epoch_s
from shared.web.request import service


async def signed(
    request: Request,
    webhook_id: Annotated[str, Header(description="An id of this request, any text in ASCII.")] = "",
    webhook_timestamp: Annotated[
        str, Header(description="When it was signed, in seconds since 1970; within five minutes.")
    ] = "",
    webhook_signature: Annotated[
        str, Header(description="`v1,` and the signature in base64; several with spaces between.")
    ] = "",
) -> None:
    """Refuse (`Unsigned`) a bank's request that it did not sign, once the bank has a secret for its reports.

    The time is this machine's, which the bank compares its own with: a service's clock may stand elsewhere.
    """
    called: Caller = request.state.caller
    if called.role is not AccountRole.BANK or called.code is None:
        return
    context = service(request)
    secrets = await queries.valid_secrets(context.reader.reading(), called.code, context.clock.now())
    if secrets:
        headers = SignatureHeaders(webhook_id, webhook_timestamp, webhook_signature)
        check_signature(secrets, headers, await request.body(), epoch_s())
