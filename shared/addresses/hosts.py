"""Hosts as they compare: case, the usual port and the spelling of international names make no difference."""

import re
from typing import Annotated, NamedTuple

import httpx
from pydantic import AfterValidator

from shared.web.letters import visible

_LABELS = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!-)[a-z0-9_-]{1,63}(?<!-))*")
_LITERAL = re.compile(r"[0-9a-f:]*:[0-9a-f:.]*")
_NO_HOST = re.compile(r"[\s/?#@\\]")


class Host(NamedTuple):
    """A host in lower-case ASCII, and its port unless that is the usual one."""

    name: str
    port: int | None


def host_of(url: str) -> Host | None:
    """The host that a URL goes to; None for what is no URL with a host."""
    try:
        parsed = httpx.URL(url)
        name = parsed.raw_host.decode("ascii").lower().removesuffix(".")
        readable = parsed.host  # ValueError where a label that says it is encoded (xn--) is not
    except (httpx.InvalidURL, ValueError):
        return None
    if not readable or len(name) > 253 or not (_LABELS.fullmatch(name) or _LITERAL.fullmatch(name)):
        return None
    if parsed.port is not None and not 0 < parsed.port < 65536:
        return None
    return Host(name, parsed.port)


def host(text: str) -> str:
    """`text` as it compares: `例子.中国:443` is `xn--fsqu00a.xn--fiqs8s`. ValueError where it is no host."""
    text = visible(text)
    address = None if _NO_HOST.search(text) else host_of(f"https://{text}")
    if address is None:
        raise ValueError("is no host: write its name alone, like oapi.dingtalk.com or 10.0.0.7:8443")
    name = f"[{address.name}]" if ":" in address.name else address.name
    return name if address.port is None else f"{name}:{address.port}"


HostName = Annotated[str, AfterValidator(host)]
"""A host, with its port unless that is the usual one."""
