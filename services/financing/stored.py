"""What encrypted values of financing are bound to: the document of a case, a message to a bank, secrets."""

from collections.abc import Sequence
from typing import Any

from services.financing.document import JudgedDocument
from shared.database.connection import Connection

FILE, MESSAGE = "cases.file", "bank_messages.body"
ENDPOINT_SECRET, REPORT_SECRET = "bank_endpoints.secret", "bank_report_secrets.secret"
"""A secret and the one before it are bound alike: one becomes the other."""
RAW, HEADERS = "unrecorded_reports.raw", "unrecorded_reports.headers"


def stored_file(conn: Connection, case: JudgedDocument) -> str:
    """The document of a case as it is stored."""
    return conn.cell(FILE, case.case_id).dump(case)


def file_of(conn: Connection, row: Any) -> str:
    """The document of a row with `case_id` and `file`, as JSON."""
    return conn.cell(FILE, row.case_id).decrypt_json(row.file)


def message_of(conn: Connection, leg: str, body: str) -> str:
    """The stored body of a message about a leg, decrypted."""
    return conn.cell(MESSAGE, leg).decrypt(body)


def secrets_of(conn: Connection, kind: str, bank: str, secrets: Sequence[str] | None) -> list[str]:
    """A bank's stored secrets, decrypted."""
    return [conn.cell(kind, bank).decrypt(secret) for secret in secrets or ()]
