"""An appeal as its reader sees it: units do not learn who asks where that is withheld. Pure."""

from typing import Any

import orjson

from services.dispatch.document import AppealDocument
from shared.roles import AccountRole
from shared.service.accounts import Caller


def as_read_by(reader: Caller, document: dict[str, Any]) -> dict[str, Any]:
    """The document as the reader sees it, with its acts where it has them.

    What staff wrote of a contact, a note or a transfer may name the person who asks.
    """
    if not _hides(reader, document.get("is_withheld", False)):
        return document
    transfers = [{**transfer, "reason": ""} for transfer in document.get("transfers", ())]
    shown = {**document, "transfers": transfers}
    if "acts" in document:
        shown["acts"] = [_without_person(done, reader.name) for done in document["acts"]]
    return shown


def json_for(reader: Caller, appeal: AppealDocument) -> str:
    """The appeal as JSON, as an act on it answers it to the reader."""
    if not _hides(reader, appeal.is_withheld):
        return appeal.model_dump_json()
    return orjson.dumps(as_read_by(reader, appeal.model_dump(mode="json"))).decode()


def _hides(reader: Caller, is_withheld: bool) -> bool:
    return is_withheld and reader.role == AccountRole.UNIT


def _without_person(done: dict[str, Any], reader: str) -> dict[str, Any]:
    """An act on record without the office's contact, others' notes, and why it was transferred."""
    act = done["act"]
    match act["act"]:
        case "contact":
            return {**done, "act": {**act, "how": "", "text": None, "who": None}}
        case "note" if done["by"] != reader:
            return {**done, "act": {**act, "text": ""}}
        case "transfer":
            return {**done, "act": {**act, "reason": ""}}
    return done
