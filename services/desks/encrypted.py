"""The columns of desks with encrypted values: the read model has no personal data, the accounts have secrets."""

from shared.encryption.renewal import EncryptedColumn, whole

COLUMNS = (EncryptedColumn("accounts", "totp_secret", "account_id", "uuid", whole),)
