"""Many appeals in one request: what is sent, and what is answered for each."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from services.dispatch.acts.assignment import Assign
from services.dispatch.acts.office import Close
from shared.web.bodies import Body
from shared.web.numbers import CaseName

MOST_APPEALS = 500


class DecidedAppeal(Body):
    """An appeal by its number or id, and the version that was decided on: its ETag, as If-Match names it."""

    appeal_id: CaseName
    version: Annotated[int, Field(ge=1, lt=10**18)]


class ManyAppeals(Body):
    """Up to 500 appeals. `dry_run`: do all, tell what would come of it, and undo it."""

    appeals: Annotated[tuple[DecidedAppeal, ...], Field(min_length=1, max_length=MOST_APPEALS)]
    dry_run: bool = False


class AssignMany(ManyAppeals):
    """Dispatch all to the same units."""

    assignment: Assign


class CloseMany(ManyAppeals):
    """Close all, for the same reason and by the same word where one is needed."""

    closure: Close = Close()


class RowProblem(BaseModel):
    """Why an appeal was refused: what the same act on it alone would have been answered."""

    status: int
    code: str
    zh: str
    en: str
    field: str | None


class RowResult(BaseModel):
    """What came of one appeal: its new version, or why it was refused. No id: no appeal has this number."""

    appeal_id: UUID | None
    accepted: bool
    registration_number: str | None = None
    version: int | None = None
    problem: RowProblem | None = None


class ManyResults(BaseModel):
    """What came of each appeal, in the order of the request. A refused one changes nothing for the others."""

    dry_run: bool
    accepted: int
    refused: int
    results: list[RowResult]
