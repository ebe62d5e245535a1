"""Webhooks, signed by Standard Webhooks 1.0."""

import orjson

from services.notify.channels.base import Accepted, Letter, Refused
from services.notify.channels.http import HttpChannel
from shared.web.webhooks import headers


class Webhook(HttpChannel):
    """Posts letters to URLs, each signed with the secret of its URL."""

    async def send(self, letter: Letter) -> Accepted:
        if letter.secret is None:
            raise Refused("secret", "the address has no secret any more to sign with")
        body = orjson.dumps(
            {
                "type": "notice.sent",
                "timestamp": letter.at.isoformat(),
                "data": {"subject": letter.subject, "body": letter.body, "numbers": letter.numbers},
            }
        )
        signed = headers([letter.secret], letter.id, body)
        await self.post(letter, letter.address, body, signed)
        return Accepted(letter.id)
