"""The number of a case where a route takes its id: people know numbers, programs keep ids.

Whatever route names a case in its path takes both; no route has to think of it.
"""

import re
from typing import TYPE_CHECKING

from fastapi import Request

from shared.service.errors import NotFound

if TYPE_CHECKING:
    from shared.service.service import ServiceContext

_NUMBER = re.compile(r"[A-Z]{2,6}-[0-9]{8}-[0-9]{5,9}")


async def resolve_numbers(request: Request, context: "ServiceContext") -> None:
    """Put the id of a case where the path has its number. Refuses a number that no case here has."""
    for name in context.service.case_parameters:
        number = request.path_params.get(name)
        if number is None or not _NUMBER.fullmatch(number):
            continue
        query = context.service.case_of_number
        case_id = (await context.reader.reading().execute(query, {"number": number})).scalar()
        if case_id is None:
            hiding = context.service.hiding
            raise hiding.refusal() if hiding else _no_such_case(name)
        request.path_params[name] = str(case_id)


def _no_such_case(parameter: str) -> NotFound:
    return NotFound("没有这个编号", "nothing has this number here", parameter)
