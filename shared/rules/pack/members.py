"""The parts that a pack is made of, found by their type."""

from collections.abc import Iterator
from typing import TypeVar

from pydantic import BaseModel

P = TypeVar("P", bound=BaseModel)


def parts(part: object, of: type[P]) -> Iterator[P]:
    """Every part of type `of` in a pack or a part of one, in the order of the file's fields."""
    if isinstance(part, of):
        yield part
    if isinstance(part, BaseModel):
        for name in type(part).model_fields:
            yield from parts(getattr(part, name), of)
    elif isinstance(part, tuple):
        for member in part:
            yield from parts(member, of)
