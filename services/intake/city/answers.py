"""What the routes of the city's tables answer, for the OpenAPI document."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.appeals.channels import ChannelClass


class CategoryShown(BaseModel):
    """A category. `path` has the Chinese names from the top level down."""

    code: str
    level: int
    parent: str | None
    zh: str
    en: str
    path: str


class ChannelShown(BaseModel):
    """A channel. `names`: whether whoever uses it says who asks. `open_to_all`: no clerk is needed."""

    model_config = ConfigDict(validate_by_name=True, serialize_by_alias=True)

    code: str
    zh: str
    en: str
    channel_class: ChannelClass = Field(alias="class")
    names: Literal["required", "optional", "never"]
    open_to_all: bool


class ChannelCounted(BaseModel):
    """What came in by a channel. `class` is null for one that the table has no more.

    Three shares come apart: `responded` of the `dispatched` (every unit has answered), `solved` of those of
    which the enterprise `said_whether_solved`, `satisfied` of the `rated`.
    """

    model_config = ConfigDict(validate_by_name=True, serialize_by_alias=True)

    code: str
    zh: str
    en: str
    channel_class: ChannelClass | None = Field(alias="class")
    registered: int
    open: int
    completed: int
    dispatched: int
    responded: int
    said_whether_solved: int
    solved: int
    rated: int
    satisfied: int
