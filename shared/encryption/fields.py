"""Marks the fields of documents that hold personal data: encrypted where a document is stored, and erasable.

    contact_name: Annotated[str | None, PERSONAL]

`Cell.dump` encrypts them, `erased` takes their values out; everywhere else a document is written as if they
were not marked. Only the innermost field is marked: what is marked within a marked field would be encrypted
twice.
"""

from typing import Any, TypeVar, cast

from pydantic import BaseModel, GetCoreSchemaHandler, SerializationInfo, SerializerFunctionWrapHandler
from pydantic_core import CoreSchema, core_schema

from shared.encryption.cells import Cell

ERASED = "（已删除）"
"""What stands in place of a text that was erased, where there must be one."""
Document = TypeVar("Document", bound=BaseModel)


class Eraser:
    """Takes personal values out of a document that is written, and counts them."""

    def __init__(self) -> None:
        self.count = 0

    def without(self, plain: Any, *, may_be_none: bool) -> Any:
        """What stands in place of a value."""
        if plain == ERASED:
            return plain
        self.count += 1
        if isinstance(plain, list):
            return []
        return None if may_be_none else ERASED


class _Personal:
    """A mark for fields. No return type is declared, so that the JSON schema of a field stays its own."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        schema: Any = handler(source)
        may_be_none = schema["type"] in ("nullable", "any")

        def written(value: Any, inner: SerializerFunctionWrapHandler, info: SerializationInfo) -> Any:
            plain = inner(value)
            if plain in (None, "", [], {}):
                return plain
            if isinstance(info.context, Cell):
                return info.context.encrypt_json(plain)
            if isinstance(info.context, Eraser):
                return info.context.without(plain, may_be_none=may_be_none)
            return plain

        serialization = core_schema.wrap_serializer_function_ser_schema(
            written, info_arg=True, when_used="json"
        )
        return cast(CoreSchema, {**schema, "serialization": serialization})


PERSONAL = _Personal()


def erased(document: Document) -> tuple[Document, int]:
    """The document without its personal values, and how many it had."""
    eraser = Eraser()
    return type(document).model_validate_json(document.model_dump_json(context=eraser)), eraser.count
