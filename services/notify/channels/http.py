"""What webhooks and group robots have in common: a POST to a URL, and what its status means."""

from services.notify.channels.base import AddressGone, Letter, Refused, Retryable, retry_wait
from services.notify.channels.settings import HttpSettings
from shared.addresses.hosts import host_of
from shared.web.webhooks import Answered, Caller

GONE = 410
_BUSY = frozenset({408, 425, 429})


class HttpChannel:
    """Posts to the URLs of recipients: only to hosts in the settings, and only at public addresses."""

    unreachable: type[Retryable] = Retryable
    """What an address that is away means; unless a channel says otherwise, it concerns that address alone."""

    def __init__(self, settings: HttpSettings, caller: Caller) -> None:
        self._hosts = frozenset(host_of(f"https://{host}") for host in settings.hosts)
        self._caller = caller

    async def close(self) -> None:
        await self._caller.close()

    async def post(self, letter: Letter, url: str, body: bytes, headers: dict[str, str]) -> Answered:
        """The answer of a URL that accepted the request. Raises `Undelivered`, also for an unlisted host."""
        if (host := host_of(url)) is None or host not in self._hosts:
            raise Refused("host", "this host is not among those that may be called")
        answer = await self._caller.post(url, body, headers)
        if answer.status is None:
            raise self.unreachable("no answer", answer.reason)
        code, wait = str(answer.status), retry_wait(answer.retry_after, letter.at)
        if answer.status in _BUSY:
            raise Retryable(code, "the address is too busy", wait)
        if answer.status >= 500:
            raise self.unreachable(code, "the address is out of order", wait)
        if answer.status == GONE:
            raise AddressGone(code, "the address says that it is no more")
        if not answer.taken:
            raise Refused(code, "the address does not take it")
        return answer
