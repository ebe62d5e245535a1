"""The files of an appeal, as its document has them. Pure.

The document has no file: it says by its hash which file was stored.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal, NamedTuple
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.encryption.fields import PERSONAL
from shared.rules.judging.state import CaseState
from shared.rules.wording.words import Bilingual


class Kind(StrEnum):
    """What kind of file an attachment is."""

    PHOTO = "photo"
    PDF = "pdf"
    TEXT = "text"  # docx, doc, wps, ofd
    SPREADSHEET = "spreadsheet"  # xlsx, xls
    PRESENTATION = "presentation"  # pptx, ppt
    RECORDING = "recording"  # mp3, m4a, wav, amr


KIND_NAMES: dict[Kind, Bilingual] = {
    Kind.PHOTO: Bilingual("图片", "photo"),
    Kind.PDF: Bilingual("PDF 文件", "PDF"),
    Kind.TEXT: Bilingual("文档", "text document"),
    Kind.SPREADSHEET: Bilingual("表格", "spreadsheet"),
    Kind.PRESENTATION: Bilingual("演示文稿", "presentation"),
    Kind.RECORDING: Bilingual("录音", "recording"),
}


class Adder(NamedTuple):
    """Who adds, releases or removes a file: a role, the unit's code, and the name of the account."""

    role: str
    code: str | None = None
    account: str | None = None


class NewFile(BaseModel):
    """A stored file. `name` is what whoever added it called it; `sha256` and `size` are as stored.

    `for_enterprise`: staff added it, and the enterprise may read it.
    """

    model_config = ConfigDict(frozen=True)

    attachment_id: UUID
    kind: Kind
    media_type: str
    name: Annotated[str, PERSONAL]
    size: int
    sha256: str
    for_enterprise: bool = False


class Attachment(NewFile):
    """A file of an appeal, and who added it.

    `state`: the appeal's when the file was added. `for_units`: a unit may read it even where the name of the
    enterprise is kept from the unit.
    """

    added_at: datetime
    by: str
    by_code: str | None = None
    account: str | None = None
    state: CaseState
    for_units: bool = False


class RemovedAttachment(BaseModel):
    """What stays of a file that was taken away: its hash, by whom and why. Neither its name nor the file."""

    model_config = ConfigDict(frozen=True)

    attachment_id: UUID
    kind: Kind
    sha256: str
    removed_at: datetime
    by: str
    by_code: str | None = None
    reason: Annotated[str | None, PERSONAL] = None


Readers = Literal["enterprise", "units"]
"""To whom a file can be released."""


class StoredFile(NamedTuple):
    """Names a stored file: of which appeal and attachment it is, and the hash of its content."""

    appeal_id: UUID
    attachment_id: UUID
    sha256: str
