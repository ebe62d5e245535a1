"""What the office writes about a bank of the directory."""

from typing import Annotated

from pydantic import Field

from shared.named import Named
from shared.web.bodies import Body


class Integration(Named):
    """How a bank is connected to the window."""

    KAFKA = "kafka", "消息队列"
    WEBHOOK = "webhook", "网络回调"
    DESK = "desk", "窗口页面"


class BankBody(Body):
    """A bank of the directory and its integrations, `ways`. A bank that is not `open` gets no requests."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    ways: Annotated[frozenset[Integration], Field(min_length=1)]
    open: bool = True
