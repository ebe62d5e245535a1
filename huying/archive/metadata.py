"""The forms of a file's header and state: what a stranger's file says is checked before it is used."""

from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

Name = Annotated[str, Field(pattern=r"^[a-z]{1,40}$")]
PackRef = Annotated[str, Field(pattern=r"^[\w-]{1,80}@[0-9]{1,9}(\.[0-9]{1,9})?$")]
"""How a case names its pack. It is never a path."""


class _Form(BaseModel):
    model_config = ConfigDict(extra="allow", strict=True)


class _Service(_Form):
    name: Name
    events: Annotated[int, Field(ge=0)]


class _Header(_Form):
    made_at: Annotated[AwareDatetime, Field(strict=False)]
    records: bool
    services: Annotated[list[_Service], Field(max_length=100)]
    judged_upto: Annotated[
        dict[Annotated[str, Field(pattern="^[0-9]{1,4}$")], Annotated[AwareDatetime, Field(strict=False)]],
        Field(max_length=10_000),
    ]
    packs: Annotated[list[PackRef], Field(max_length=10_000)]
    key: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None


class _Table(_Form):
    rows: int
    digest: str


_STATE = TypeAdapter(dict[str, _Table])


def check_header(data: Any) -> None:
    """ValueError, with the field, where this is no header of this format."""
    _check(_Header.model_validate, data)


def check_state(data: Any) -> None:
    """ValueError, with the field, where this is not the state of tables."""
    _check(_STATE.validate_python, data)


def _check(validate: Any, data: Any) -> None:
    try:
        validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise ValueError(f"{'.'.join(map(str, first['loc'])) or 'data'}: {first['msg']}") from None
