"""What routes answer, as the OpenAPI documents describe it. Routes answer without these models.

An answer is made from stored JSON or a document as it is: validating or serialising it by a model once more
would cost as much as the request. Tests hold every answer of a city against its model instead.
"""

from typing import Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

Item = TypeVar("Item")


class PageOf(BaseModel, Generic[Item]):
    """A part of a list; `next` is the `cursor` of the part after it, null at the end."""

    items: list[Item]
    next: str | None


class Items(BaseModel, Generic[Item]):
    """A whole list."""

    items: list[Item]


def is_list(model: object) -> bool:
    """Whether a route with this model of its answer answers a list."""
    return isinstance(model, type) and issubclass(model, PageOf | Items)


class Shown(BaseModel):
    """The base of a document as it is shown: without the fields `hidden`."""

    hidden: ClassVar[frozenset[str]] = frozenset()

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        schema = handler(core_schema)
        described: dict[str, Any] = handler.resolve_ref_schema(schema)
        for name in cls.hidden & described.get("properties", {}).keys():
            del described["properties"][name]
        described["required"] = [name for name in described.get("required", ()) if name not in cls.hidden]
        return schema
