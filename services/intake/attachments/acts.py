"""What may be done with the files of an appeal: the bodies of the routes, and the acts that they become."""

from dataclasses import dataclass
from uuid import UUID

from services.intake.attachments.document import Adder, NewFile, Readers
from shared.web.bodies import Body, Line


class Removal(Body):
    """A file is taken away. The office says why."""

    reason: Line | None = None


class Release(Body):
    """The enterprise, or the units, may read a file from now on."""

    to: Readers


@dataclass(frozen=True, slots=True)
class AddAttachment:
    """`who` adds a file that is stored already. `most`: the files of enterprises, or of staff, in a case."""

    file: NewFile
    who: Adder
    most: int


@dataclass(frozen=True, slots=True)
class ReleaseAttachment:
    """`who` lets the enterprise, or the units, read a file."""

    attachment_id: UUID
    who: Adder
    to: Readers


@dataclass(frozen=True, slots=True)
class RemoveAttachment:
    """`who` takes a file away."""

    attachment_id: UUID
    who: Adder
    reason: str | None


AttachmentAct = AddAttachment | ReleaseAttachment | RemoveAttachment
