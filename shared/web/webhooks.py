"""Webhooks by Standard Webhooks 1.0: secrets, signatures, and calls to public addresses only.

A host name is looked up once, all its addresses are checked, and the call goes to one that was checked.
Redirects are not followed, and no more than 4 KiB of an answer are read.
"""

import asyncio
import base64
import hashlib
import hmac
import ipaddress
import re
import secrets
import socket
from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

import httpcore
import httpx

from shared.named import WrongValue
from shared.service.clock import epoch_s
from shared.service.errors import Invalid
from shared.telemetry.spans import call_span
from shared.web.client import Transport

SECRET_PREFIX = "whsec_"
TIMEOUT_S = 15.0
MOST_READ = 4_096
LONGEST_NAME = 253
"""Characters of a host name (RFC 1035, 2.3.4, without its length bytes)."""
_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
"""What IANA assigns for public use. Sites (fec0::/10) and single networks (RFC 8215) lie beside it."""
_NOT_PUBLIC = (
    ipaddress.ip_network("3fff::/20"),  # documentation (RFC 9637)
    ipaddress.ip_network("2001:db8::/32"),  # documentation (RFC 3849)
    ipaddress.ip_network("192.88.99.0/24"),  # relays of 6to4, which are gone (RFC 7526)
)
"""Python's `is_global` does not know them all."""
_ISATAP = frozenset({0x0000_5EFE, 0x0200_5EFE})
"""The upper half of an interface identifier whose lower half is an IPv4 address (RFC 5214, 6.1)."""
PORTS = frozenset({443, 8443})
"""Where webhooks are called, unless a setting names other ports."""
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def new_secret() -> str:
    """A new secret of 32 random bytes, as whsec_ and base64."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def key(secret: str) -> bytes:
    """The key in a secret. ValueError where it is not whsec_ and 24 to 64 bytes in base64."""
    try:
        decoded = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except ValueError:
        decoded = b""
    if not secret.startswith(SECRET_PREFIX) or not 24 <= len(decoded) <= 64:
        raise WrongValue(
            "a webhook needs a secret: whsec_ and 24 to 64 random bytes in base64",
            "网络回调须有密钥：whsec_ 加上 24 至 64 个随机字节的 Base64",
        )
    return decoded


def signature(secret: str, id_: str, at: str, body: bytes) -> str:
    """The `webhook-signature` of a request by one secret."""
    signed = f"{id_}.{at}.".encode() + body
    return f"v1,{base64.b64encode(hmac.new(key(secret), signed, hashlib.sha256).digest()).decode()}"


def headers(valid: Sequence[str], id_: str, body: bytes) -> dict[str, str]:
    """The headers of a call that is made now: one signature for each secret still valid."""
    at = str(epoch_s())
    return {
        "content-type": "application/json",
        "webhook-id": id_,
        "webhook-timestamp": at,
        "webhook-signature": " ".join(signature(secret, id_, at, body) for secret in valid),
    }


def check_url(url: str, *, allow_private: bool, ports: Collection[int] = PORTS) -> None:
    """Refuse (`Invalid`) a URL that is not https, has a password, cannot be dialled, or is not public.

    `ports`: where webhooks may be called; with `allow_private` every port is allowed.
    """
    try:
        parsed = httpx.URL(url)
        host, port = parsed.raw_host.decode("ascii"), parsed.port
    except (httpx.InvalidURL, ValueError) as error:  # UnicodeError for the zone of an IPv6 address
        raise Invalid(f"网址无法识别：{error}", f"no address that can be called: {error}", "url") from error
    if parsed.scheme not in (("https", "http") if allow_private else ("https",)) or parsed.userinfo:
        raise Invalid(
            "回调地址须为 https 且不含账号密码", "write https://host/path, without a password", "url"
        )
    if port is not None and not 1 <= port <= 65_535:
        raise Invalid("端口须在 1 至 65535 之间", "the port lies between 1 and 65535", "url")
    if not allow_private and (port or 443) not in ports:
        listed = sorted(ports)
        raise Invalid(
            f"回调端口须为 {'、'.join(map(str, listed))} 之一",
            f"webhooks are called at these ports alone: {', '.join(map(str, listed))}",
            "url",
        )
    literal = _literal(host)
    if not (literal or _is_name(host)):
        raise Invalid(
            f"主机名无效：每段须为 1 至 63 个字母、数字或连字符，首尾不为连字符，总长不超过 {LONGEST_NAME}",
            "this is no host name: each label has 1 to 63 letters, digits or hyphens, with no hyphen at"
            f" either end, and the name at most {LONGEST_NAME} characters",
            "url",
        )
    if not (literal is None or allow_private or is_public(literal)):
        raise Invalid("回调地址不是公网地址", "this address is not a public one: give one that is", "url")


def _is_name(host: str) -> bool:
    """Whether a host name can be looked up: the resolver raises UnicodeError for one that cannot."""
    return len(host) <= LONGEST_NAME and all(
        _LABEL.fullmatch(label) and _is_decodable(label) for label in host.split(".")
    )


def _is_decodable(label: str) -> bool:
    """Whether a label that says that it is encoded (xn--) can be decoded (RFC 5891)."""
    try:
        return bool(httpx.URL(scheme="https", host=label).host)
    except (httpx.InvalidURL, ValueError):
        return False


def _literal(host: str) -> Address | None:
    """The address that a host is, if it is one. An address with a zone is known to one machine alone."""
    if "%" in host:
        return None
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def is_public(address: Address) -> bool:
    """Whether the address is public. An IPv6 address that wraps an IPv4 address counts as that one."""
    if isinstance(address, ipaddress.IPv4Address):
        return _is_global(address)
    if address.ipv4_mapped is not None:
        return is_public(address.ipv4_mapped)
    if address in _NAT64:
        return is_public(ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF))
    if address not in _GLOBAL_UNICAST or address.teredo is not None:
        return False
    if address.sixtofour is not None and not is_public(address.sixtofour):
        return False
    if int(address) >> 32 & 0xFFFF_FFFF in _ISATAP:
        return is_public(ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF))
    return address.sixtofour is not None or _is_global(address)


def _is_global(address: Address) -> bool:
    return (
        address.is_global
        and not address.is_multicast
        and not any(address in network for network in _NOT_PUBLIC if network.version == address.version)
    )


class _Checked(httpcore.AsyncNetworkBackend):
    """Connects to addresses that were looked up here and checked, never to a host name."""

    def __init__(self, *, allow_private: bool, ports: Collection[int]) -> None:
        self._allow_private = allow_private
        self._ports = ports
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's own signature
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        if not self._allow_private and port not in self._ports:
            raise httpcore.ConnectError("this port is none where webhooks are called")
        failure: Exception | None = None
        for address in await self._addresses(host, port):
            try:
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure or httpcore.ConnectError("the name has no address")

    async def _addresses(self, host: str, port: int) -> list[str]:
        try:
            loop = asyncio.get_running_loop()
            answers = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, ValueError, OverflowError) as error:  # UnicodeError for a label, the port's overflow
            raise httpcore.ConnectError("the name has no address") from error
        addresses = list(dict.fromkeys(str(answer[4][0]) for answer in answers))
        if not self._allow_private and not all(is_public(_address(address)) for address in addresses):
            raise httpcore.ConnectError("the name has an address that is not public")
        return addresses


def _address(text: str) -> Address:
    return ipaddress.ip_address(text.partition("%")[0])


def _server(url: str) -> dict[str, str | int]:
    """The host and port of a URL, for a span. The rest of the URL may hold keys."""
    parsed = httpx.URL(url)
    return {"server.address": parsed.raw_host.decode("ascii"), "server.port": parsed.port or 443}


class Answered(NamedTuple):
    """The result of a call. `status` is None where no answer came; `reason` holds no personal data."""

    status: int | None
    reason: str
    body: bytes = b""
    retry_after: str | None = None

    @property
    def taken(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


class Caller:
    """Calls webhooks. A call takes 15 seconds at most."""

    def __init__(
        self, *, allow_private: bool = False, ports: Collection[int] = PORTS, timeout_s: float = TIMEOUT_S
    ) -> None:
        self._timeout_s = timeout_s
        transport = Transport(_Checked(allow_private=allow_private, ports=ports), trust_env=False)
        self._client = httpx.AsyncClient(
            transport=transport, timeout=timeout_s, follow_redirects=False, trust_env=False
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def post(self, url: str, body: bytes, headers: dict[str, str]) -> Answered:
        """Call a webhook. Neither its address nor anything that the other side does raises an error."""
        with call_span("POST", {"http.request.method": "POST"}) as span:
            answered = await self._called(url, body, headers)
            if answered.status is not None:
                span.attributes |= _server(url) | {"http.response.status_code": answered.status}
            if not answered.taken:
                span.error = str(answered.status or "unreachable")
        return answered

    async def _called(self, url: str, body: bytes, headers: dict[str, str]) -> Answered:
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._post(url, body, headers)
        except TimeoutError:
            return Answered(None, f"no answer within {self._timeout_s:g} seconds")
        except Exception as error:  # an address or an answer that nobody foresaw costs this call alone
            reason = f"{type(error).__name__}: {error}"[:200]
            return Answered(None, "".join(char for char in reason if char.isprintable()))

    async def _post(self, url: str, body: bytes, headers: dict[str, str]) -> Answered:
        async with self._client.stream("POST", url, content=body, headers=headers) as answer:
            body = b""
            async for chunk in answer.aiter_raw():
                body += chunk
                if len(body) > MOST_READ:
                    break
            wait = answer.headers.get("retry-after")
            return Answered(answer.status_code, answer.reason_phrase, body[:MOST_READ], wait)
