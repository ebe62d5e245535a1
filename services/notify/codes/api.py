"""Codes for enterprises: sent at once to the contact that a service names, and stored nowhere.

A code is a secret of the enterprise. Messages are read by the office, so a code is no message.
"""

import asyncio
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Response
from pydantic import Field

from services.notify.answers import SentCode
from services.notify.channels.base import DeliveryChannel, Letter, Retryable, Undelivered
from services.notify.channels.settings import load
from services.notify.channels.table import open_channels
from services.notify.codes.words import Purpose, code_message
from services.notify.contacts.clients import EnterpriseContact
from services.notify.contacts.inquiries import addresses
from services.notify.deliveries.domain import ChannelKind, DeliveryOutcome
from services.notify.gauges import NOTICES
from services.notify.messages.words import Language
from services.notify.settings import settings_of
from shared.addresses.mail import MailAddress
from shared.addresses.phones import Phone
from shared.service.errors import Conflict, Unavailable
from shared.service.service import ServiceContext
from shared.web.bodies import Body
from shared.web.request import Requested, json

router = APIRouter(tags=["notify"])
WAITS_S = (1.0, 4.0)
"""Between the tries of one code. Whoever waits for it asks for another one after that."""


class CodeOrder(Body):
    """A code for the enterprise of a case, by e-mail where it gave an address, else by SMS."""

    purpose: Purpose
    code: Annotated[str, Field(pattern=r"^[0-9A-Z-]{4,40}$")]
    appeal_id: UUID
    registration_number: Annotated[str, Field(pattern=r"^[A-Z]{2,6}-[0-9]{8}-[0-9]{5,9}$")]
    phone: Phone | None = None
    email: MailAddress | None = None
    language: Language | None = None


@router.post(
    "/codes",
    summary="向企业发送验证码 / Send a code to an enterprise",
    response_model=SentCode,
    responses={409: {}},
)
async def send_code(body: CodeOrder, request: Requested) -> Response:
    """Send a code to the contact that its enterprise registered, for the service that registered the case."""
    settings = settings_of(request.context)
    configured = load(settings.channels)
    targets = addresses(EnterpriseContact(phone=body.phone, email=body.email), configured.channels())
    if not targets:
        raise Conflict(
            "没有可用于已开通渠道的邮箱或手机号",
            "no e-mail address or mobile phone for a channel that is set up",
        )
    kind, address = targets[0]
    channels = open_channels(
        configured, allow_private=settings.allow_private_webhooks, ports=settings.webhook_ports
    )
    try:
        await _send(request.context, channels[kind], kind, _letter(request.context, body, address))
    finally:
        for channel in channels.values():
            await channel.close()
    return json({"channel": kind})


def _letter(context: ServiceContext, order: CodeOrder, address: str) -> Letter:
    language = order.language or Language.ZH
    subject, body = code_message(order.purpose, order.code, order.registration_number, language)
    numbers = (order.registration_number,)
    return Letter(str(uuid4()), address, None, subject, body, numbers, context.clock.now(), language)


async def _send(context: ServiceContext, channel: DeliveryChannel, kind: ChannelKind, letter: Letter) -> None:
    """Hand the letter over, again where that may help. Raises `Unavailable` where it cannot be sent."""
    for wait_s in (*WAITS_S, None):
        try:
            await channel.send(letter)
        except Undelivered as error:
            context.telemetry.metrics.count(NOTICES, kind, error.outcome)
            if wait_s is None or not isinstance(error, Retryable):
                raise Unavailable(
                    "验证码未能发出，请稍后再试", "the code could not be sent: try again later"
                ) from error
            await asyncio.sleep(wait_s)
        else:
            context.telemetry.metrics.count(NOTICES, kind, DeliveryOutcome.SENT)
            return
