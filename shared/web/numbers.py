"""The number of a case where a route takes its id: people know numbers, programs keep ids.

A path that names a case takes both, and no route has to think of it. A body or a query that names one says so
by `CaseName`, and asks for the ids.
"""

import re
from collections.abc import Collection
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import Request

from shared.service.errors import NotFound
from shared.web.bodies import Shape

if TYPE_CHECKING:
    from shared.service.service import ServiceContext

OF_EVERY_SERVICE = "case_id"
"""The parameter that names a case in the paths of the routes that every service has."""
NO_CASE = UUID(int=0)
_FORM = "[A-Z]{2,6}-[0-9]{8}-[0-9]{5,9}"
_ID = "[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
_NUMBER = re.compile(_FORM)
CaseName = Annotated[
    str,
    Shape(
        f"^({_FORM}|{_ID})$",
        "请填写挂号编号（形如 BZ-20260213-00042）或其标识",
        "give a registration number like BZ-20260213-00042, or the id of the case",
    ),
]
"""A case by its registration number or its id."""


def is_number(name: str) -> bool:
    """Whether this is the number of a case."""
    return _NUMBER.fullmatch(name) is not None


async def resolve_numbers(request: Request, context: "ServiceContext") -> None:
    """Put the id of a case where the path has its number. Refuses a number that no case here has."""
    for name in (*context.service.case_parameters, OF_EVERY_SERVICE):
        number = request.path_params.get(name)
        if number is None or not is_number(number):
            continue
        ids = await ids_of_cases(context, [number])
        if number not in ids:
            hiding = context.service.hiding
            raise hiding.refusal() if hiding else _no_such_case(name)
        request.path_params[name] = str(ids[number])


async def ids_of_cases(context: "ServiceContext", names: Collection[str]) -> dict[str, UUID]:
    """The ids of the cases that are named by number or id. A number that no case here has is left out."""
    numbers = [name for name in names if is_number(name)]
    ids = {name: UUID(name) for name in names if not is_number(name)}
    if numbers:
        query = context.service.cases_of_numbers
        rows = await context.reader.reading().execute(query, {"numbers": numbers})
        ids |= {row.number: row.id for row in rows}
    return ids


async def id_to_filter_by(context: "ServiceContext", name: str | None) -> UUID | None:
    """The id of the case that a list is narrowed to; one that no case has, where nobody has the number.

    So a list of a number that is not there is empty, as that of a case which the reader may not see.
    """
    return None if name is None else (await ids_of_cases(context, [name])).get(name, NO_CASE)


def _no_such_case(parameter: str) -> NotFound:
    return NotFound("没有这个编号", "nothing has this number here", parameter)
