"""Keys that sign tokens of people, and tokens as an attacker would forge them."""

import base64
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any
from uuid import uuid4

from cryptography.hazmat.primitives import serialization as form
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc.jwk import OKPKey

from shared.roles import AccountRole
from shared.service.clock import epoch_s
from shared.web.tokens import ISSUER, TYPE, Person, Purpose, sign

CLERK = Person(uuid4(), "李工 (li.gong)", AccountRole.UNIT, "roads")


def new_key() -> OKPKey:
    """A key that nobody knows."""
    return OKPKey.generate_key("Ed25519")


def write_public(file: Path, *keys: OKPKey) -> None:
    """Write a file of public keys, as services read it."""
    file.write_bytes(b"".join(key.as_pem(private=False) for key in keys))


def write_private(file: Path, key: OKPKey) -> None:
    """Write the key that desks signs with."""
    file.write_bytes(key.as_pem(private=True))


def token(key: OKPKey, service: str, person: Person = CLERK, purpose: Purpose = Purpose.ACT) -> str:
    """A good token."""
    return sign(key, person, service, purpose, epoch_s())


def forged(key: OKPKey, header: dict[str, Any] | None = None, **claims: Any) -> str:
    """A token that `key` signs with Ed25519, whatever its header says. `claims` change a good one's."""
    signer = form.load_pem_private_key(key.as_pem(private=True), password=None)
    assert isinstance(signer, Ed25519PrivateKey)
    content = _content({"kid": key.thumbprint(), **(header or {})}, claims)
    return f"{content}.{_encoded(signer.sign(content.encode()))}"


def unsigned(key: OKPKey) -> str:
    """A token with the algorithm `none`."""
    return f"{_content({'alg': 'none', 'kid': key.thumbprint()}, {})}."


def signed_with_public_key(key: OKPKey) -> str:
    """A token that HMAC signs, with the public key as its secret."""
    content = _content({"alg": "HS256", "kid": key.thumbprint()}, {})
    secret = key.as_pem(private=False)
    return f"{content}.{_encoded(hmac.new(secret, content.encode(), hashlib.sha256).digest())}"


def _content(header: dict[str, Any], claims: dict[str, Any]) -> str:
    now = epoch_s()
    good = {
        "iss": ISSUER,
        "aud": "dispatch",
        "sub": str(CLERK.id),
        "name": CLERK.name,
        "role": "unit",
        "code": "roads",
        "purpose": "act",
        "iat": now,
        "exp": now + 60,
        "jti": "1",
    }
    changed = {name: value for name, value in {**good, **claims}.items() if value is not ...}
    parts = ({"alg": "Ed25519", "typ": TYPE, **header}, changed)
    return ".".join(_encoded(json.dumps(part).encode()) for part in parts)


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
