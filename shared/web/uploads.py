"""What a route is given that takes a file as its body: an idempotency key, and the file's name."""

from typing import Annotated, Any

from fastapi import Depends, Header, Request

from shared.service.accounts import Caller
from shared.web.request import WriteContext, idempotency_key, once_of, service
from shared.web.writer import Once

FileNameHeader = Annotated[
    str | None,
    Header(alias="File-Name", max_length=4_000, description="The file's name in UTF-8, percent-encoded."),
]
"""A header, not a part of the address: addresses stand in the logs of proxies, and names name people."""
RAW_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        "description": "The file itself. Its type is found by its content, whatever Content-Type says.",
    }
}
"""What such a route says of its body in the OpenAPI document (`openapi_extra`)."""


async def uploading(request: Request) -> WriteContext:
    """The context of a request that brings a file: `once` comes with the file's hash (`once_of_file`)."""
    idempotency_key(request)
    called: Caller = request.state.caller
    return WriteContext(service(request), called, None, False, None)


Uploading = Annotated[WriteContext, Depends(uploading)]


def once_of_file(request: Request, sha256: str) -> Once | None:
    """The idempotency key of a request whose file has this hash."""
    name = request.headers.get("file-name", "")
    return once_of(request, f"{name}\n{request.url.query}\n{sha256}".encode())
