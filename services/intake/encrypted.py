"""The columns of intake with encrypted values."""

from services.intake.document import AppealDocument
from shared.encryption.renewal import EncryptedColumn, document

COLUMNS = (
    EncryptedColumn("appeals", "file", "appeal_id", "uuid", document(AppealDocument), stored_as="jsonb"),
)
