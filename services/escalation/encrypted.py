"""The columns of escalation with encrypted values."""

from shared.encryption.renewal import EncryptedColumn, whole

COLUMNS = (EncryptedColumn("reasons", "reason", "event_id", "uuid", whole),)
