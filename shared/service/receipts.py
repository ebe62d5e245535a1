"""Receipt codes (回执码). Whoever holds the code of a case may read it and act on it as the enterprise."""

import base64
import hashlib
import hmac

CHANCE_BYTES = 10
_BASE32 = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "0123456789ABCDEFGHJKMNPQRSTVWXYZ")
_MISREAD = str.maketrans("OIL", "011", "- \t\n")


def receipt_code(chance: bytes) -> str:
    """Ten random bytes as 16 characters of Crockford's base32, in groups of four to be read aloud."""
    code = base64.b32encode(chance).decode().translate(_BASE32)
    return "-".join(code[i : i + 4] for i in range(0, len(code), 4))


def receipt_hash(code: str) -> str:
    """The SHA-256 of a receipt code. Case, dashes and blanks do not matter; O counts as 0, I and L as 1."""
    return hashlib.sha256(code.upper().translate(_MISREAD).encode()).hexdigest()


_OF_NOTHING = "0" * 64
"""Compared where there is no case: no code has this hash, and the comparison takes as long."""


def opens(code: str, kept_hash: str | None) -> bool:
    """Whether `code` has this hash, compared in constant time. A code has 80 random bits."""
    return hmac.compare_digest(receipt_hash(code), kept_hash or _OF_NOTHING)
