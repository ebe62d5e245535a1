"""Marks the fields of documents that hold personal data: they are encrypted where a document is stored.

    contact_name: Annotated[str | None, PERSONAL]

`Cell.dump` encrypts them; everywhere else a document is written as if they were not marked. Only the innermost
field is marked: what is marked within a marked field would be encrypted twice.
"""

from typing import Any, cast

from pydantic import GetCoreSchemaHandler, SerializationInfo, SerializerFunctionWrapHandler
from pydantic_core import CoreSchema, core_schema

from shared.encryption.cells import Cell


def _stored(value: Any, handler: SerializerFunctionWrapHandler, info: SerializationInfo) -> Any:
    plain = handler(value)
    if isinstance(info.context, Cell) and plain not in (None, "", [], {}):
        return info.context.encrypt_json(plain)
    return plain


class _Personal:
    """A mark for fields. No return type is declared, so that the JSON schema of a field stays its own."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        serialization = core_schema.wrap_serializer_function_ser_schema(
            _stored, info_arg=True, when_used="json"
        )
        schema: Any = {**handler(source), "serialization": serialization}
        return cast(CoreSchema, schema)


PERSONAL = _Personal()
