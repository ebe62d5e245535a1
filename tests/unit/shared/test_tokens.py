"""The files by which tokens are signed and checked."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization as form
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

from shared.audit.seals import make_key
from shared.service.clock import epoch_s
from shared.service.errors import Unauthorized
from shared.web.tokens import Tokens, is_token, public_pem, read_public_keys, read_signing_key
from tests.signing import forged, new_key, token


def test_a_service_without_public_keys_takes_no_token() -> None:
    with pytest.raises(Unauthorized):
        Tokens.load("dispatch", None).caller(token(new_key(), "dispatch"))


def test_a_token_is_told_from_an_api_key_by_its_form() -> None:
    assert is_token(token(new_key(), "dispatch"))
    others = (None, "", "key", "a.b.c", "Bearer x", "eyJ", "eyJ.x", f"{forged(new_key())}.x")
    assert not any(map(is_token, others))


def test_the_public_half_of_a_made_key_checks_what_the_key_signs(tmp_path: Path) -> None:
    signer, public = tmp_path / "token.key", tmp_path / "keys.pem"
    make_key(signer)
    public.write_bytes(public_pem(signer))
    key = read_signing_key(signer)
    assert b"PRIVATE" not in public.read_bytes()
    assert list(read_public_keys(public)) == [key.thumbprint()]
    assert Tokens.load("dispatch", public).caller(token(key, "dispatch")).code == "roads"


def test_a_token_ends_a_minute_after_it_was_made(tmp_path: Path) -> None:
    key, public, now = new_key(), tmp_path / "keys.pem", epoch_s()
    public.write_bytes(key.as_pem(private=False))
    from_file = Tokens.load("dispatch", public)
    assert from_file.caller(forged(key, iat=now - 60, exp=now)).name
    with pytest.raises(Unauthorized):
        from_file.caller(forged(key, iat=now - 66, exp=now - 6))


EC = generate_private_key(SECP256R1())
EC_PRIVATE = EC.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption())
EC_PUBLIC = EC.public_key().public_bytes(form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo)
CUT = b"-----BEGIN PUBLIC KEY-----\nMCow\n-----END PUBLIC KEY-----\n"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "holds no public key"),
        (b"text", "holds no public key"),
        (new_key().as_pem(private=True), "holds more than public keys"),
        (new_key().as_pem(private=False) + new_key().as_pem(private=True), "holds more than public keys"),
        (EC_PUBLIC, "is not an Ed25519 key"),
        (CUT, "cannot be read"),
    ],
)
def test_a_file_of_public_keys_holds_ed25519_keys_alone(tmp_path: Path, content: bytes, words: str) -> None:
    file = tmp_path / "keys.pem"
    file.write_bytes(content)
    with pytest.raises(ValueError, match=words):
        read_public_keys(file)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "cannot be read"),
        (new_key().as_pem(private=False), "cannot be read"),
        (EC_PRIVATE, "is not an Ed25519 key"),
    ],
)
def test_a_key_that_signs_is_an_ed25519_key(tmp_path: Path, content: bytes, words: str) -> None:
    file = tmp_path / "key.pem"
    file.write_bytes(content)
    with pytest.raises(ValueError, match=words):
        read_signing_key(file)
