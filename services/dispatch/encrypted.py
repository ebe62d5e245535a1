"""The columns of dispatch with encrypted values."""

from services.dispatch import stored_acts
from services.dispatch.document import AppealDocument
from shared.encryption.renewal import EncryptedColumn, document

COLUMNS = (
    EncryptedColumn("appeals", "file", "appeal_id", "uuid", document(AppealDocument), stored_as="jsonb"),
    EncryptedColumn("acts", "act", "id", "bigint", stored_acts.renew, row="appeal_id", stored_as="jsonb"),
)
