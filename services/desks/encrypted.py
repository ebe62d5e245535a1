"""The columns of desks with encrypted values. The read model has no personal data, accounts have secrets."""

from shared.encryption.renewal import EncryptedColumn, whole

COLUMNS = (
    EncryptedColumn("accounts", "totp_secret", "account_id", "uuid", whole),
    EncryptedColumn("sessions", "id_token", "session_id", "uuid", whole),
)
