"""The columns of financing with encrypted values."""

from services.financing.complaints.document import ComplaintDocument
from services.financing.loans.document import LoanDocument
from services.financing.stored import ENDPOINT_SECRET, REPORT_SECRET
from shared.encryption.renewal import EncryptedColumn, document, whole, whole_bytes, whole_json


def _cases(table: str, model: type[LoanDocument | ComplaintDocument], kind: str) -> EncryptedColumn:
    where = f"what = '{kind}'"
    return EncryptedColumn(
        table, "file", "case_id", "uuid", document(model), where=where, stored_as="jsonb", part=kind
    )


COLUMNS = (
    _cases("cases", LoanDocument, "loan"),
    _cases("cases", ComplaintDocument, "complaint"),
    EncryptedColumn("bank_messages", "body", "seq", "bigint", whole, row="leg"),
    EncryptedColumn(
        "unrecorded_reports", "headers", "seq", "bigint", whole_json, row="source_id", stored_as="jsonb"
    ),
    EncryptedColumn(
        "unrecorded_reports", "raw", "seq", "bigint", whole_bytes, row="source_id", stored_as="bytea"
    ),
    EncryptedColumn("bank_endpoints", "secret", "bank", "text", whole, bound=ENDPOINT_SECRET),
    EncryptedColumn("bank_endpoints", "old_secret", "bank", "text", whole, bound=ENDPOINT_SECRET),
    EncryptedColumn("bank_report_secrets", "secret", "bank", "text", whole, bound=REPORT_SECRET),
    EncryptedColumn("bank_report_secrets", "old_secret", "bank", "text", whole, bound=REPORT_SECRET),
)
