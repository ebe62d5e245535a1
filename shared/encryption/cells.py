"""Encrypting and decrypting what one column of one row holds: a text, bytes, or parts of a JSON document."""

import re
from typing import Any, NamedTuple

import orjson
from pydantic import BaseModel

from shared.encryption.keyring import MARK, KeyRing

_IN_JSON = re.compile(r'"\\u001eenc:[^"]+"')
_BYTES = MARK.encode()


class Cell(NamedTuple):
    """A column of one row, to which its encrypted values are bound.

    What is not encrypted, as an earlier version wrote it, is read as it is. While the ring encrypts nothing
    yet, it is written so.
    """

    ring: KeyRing
    column: str
    row: str

    def encrypt(self, text: str) -> str:
        """A text, encrypted."""
        return self.ring.encrypt(text.encode(), self.column, self.row) if self._encrypts else text

    def decrypt(self, text: str) -> str:
        """The text that was encrypted."""
        return self._plain(text).decode() if text.startswith(MARK) else text

    def encrypt_bytes(self, content: bytes) -> bytes:
        """Bytes, encrypted; none stay none."""
        if not (content and self._encrypts):
            return content
        return self.ring.encrypt(content, self.column, self.row).encode()

    def decrypt_bytes(self, content: bytes) -> bytes:
        """The bytes that were encrypted."""
        return self._plain(content.decode()) if content.startswith(_BYTES) else content

    def encrypt_json(self, value: Any) -> Any:
        """A value of a JSON document, encrypted: a text that stands in its place."""
        return self.ring.encrypt(orjson.dumps(value), self.column, self.row) if self._encrypts else value

    def decrypt_json(self, document: str) -> str:
        """A JSON document, as text, with its encrypted values decrypted."""
        return _IN_JSON.sub(lambda match: self._plain(orjson.loads(match[0])).decode(), document)

    def decrypted(self, value: Any) -> Any:
        """A value that was read from JSON, or a part of one, with what is encrypted in it decrypted."""
        if isinstance(value, str):
            return orjson.loads(self._plain(value)) if value.startswith(MARK) else value
        if isinstance(value, dict):
            return {name: self.decrypted(part) for name, part in value.items()}
        return [self.decrypted(part) for part in value] if isinstance(value, list) else value

    def dump(self, document: BaseModel) -> str:
        """A document as JSON, its personal fields encrypted."""
        return document.model_dump_json(context=self)

    @property
    def _encrypts(self) -> bool:
        return self.ring.current is not None

    def _plain(self, token: str) -> bytes:
        return self.ring.decrypt(token, self.column, self.row)
