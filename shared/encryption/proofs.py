"""Whether a key ring has the keys that a database needs: looked at before a service does anything else."""

from sqlalchemy import text

from shared.database.connection import Connection
from shared.encryption.keyring import INDEX, KeyRing, NotDecrypted

_COLUMN, _PROVES = "data_keys.proof", b"this key"
_KEYS = text("select key_id, proof from data_keys order by key_id")
_ADD = text("insert into data_keys (key_id, proof) values (:key, :proof) on conflict do nothing")


async def check(conn: Connection, ring: KeyRing, service: str) -> None:
    """Note the key that encrypts. ValueError where the ring lacks a key of the data, or has another one."""
    proofs = {row.key_id: row.proof for row in await conn.execute(_KEYS)}
    if missing := sorted(proofs.keys() - ring.ids - {INDEX}):
        raise ValueError(
            f"the key ring {ring.file} lacks {', '.join(missing)}, by which data of {service} are encrypted:"
            f" put back the ring of this database / 密钥环缺少 {service} 数据所用的密钥，请恢复原密钥环"
        )
    if ring.current is None and proofs.keys() - {INDEX}:
        raise ValueError(
            f"the key ring {ring.file} encrypts nothing yet, and data of {service} are encrypted already:"
            " give it the ring of the other replicas (`huying keys begin`)"
            f" / {service} 的数据已开始加密，请换用已启用的密钥环"
        )
    index = ring.index(_COLUMN, INDEX)
    if proofs.get(INDEX, index) != index:
        raise ValueError(
            f"the key ring {ring.file} has another index than the one that {service} was indexed by: put back"
            " the ring of this database / 密钥环中的索引密钥与数据库不符，请恢复原密钥环"
        )
    for key in proofs.keys() - {INDEX}:
        try:
            ring.decrypt(proofs[key], _COLUMN, key)
        except NotDecrypted:
            raise ValueError(
                f"the key {key} of the ring {ring.file} is not the key by which data of {service} are"
                " encrypted: put back the ring of this database / 密钥环中同名密钥与数据库所用不同"
            ) from None
    await conn.execute(_ADD, {"key": INDEX, "proof": index})
    await note(conn, ring)


async def note(conn: Connection, ring: KeyRing) -> None:
    """Keep that data may be encrypted by the current key from now on, where there is one."""
    if (key := ring.current) is None:
        return
    await conn.execute(_ADD, {"key": key, "proof": ring.encrypt(_PROVES, _COLUMN, key)})
