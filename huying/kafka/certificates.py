"""Certificates of a local cluster: an authority of its own, the brokers' certificate, and one for each bank.

They are for this machine: keys lie in the state folder, readable by its owner alone, and end after ten years.
"""

import ipaddress
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from huying.local.embedded import write_secret
from shared.service.clock import WallClock

VALID = timedelta(days=3_650)
EARLIER = timedelta(days=1)
"""A certificate is valid a day before it is made: clocks of machines differ."""
HOSTS = (x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1")))


class Authority:
    """The authority below `folder`, made at the first use."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.certificate = folder / "ca.pem"
        """What others check the brokers' certificate against."""

    def issue(self, name: str) -> Path:
        """A PEM file with the key of `name`, its certificate and the authority's; one that was made stays."""
        file = self._folder / f"{name}.pem"
        if not file.exists():
            authority, signing = self._load()
            key = ec.generate_private_key(ec.SECP256R1())
            usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
            issued = (
                _builder(name, authority.subject, key.public_key())
                .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
                .add_extension(x509.SubjectAlternativeName(HOSTS), critical=False)
                .add_extension(usage, critical=False)
                .sign(signing, hashes.SHA256())
            )
            chain = [issued.public_bytes(Encoding.PEM), authority.public_bytes(Encoding.PEM)]
            write_secret(file, b"".join([_pem(key), *chain]).decode())
        return file

    def _load(self) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
        secret = self._folder / "ca.key"
        if not self.certificate.exists():
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            key = ec.generate_private_key(ec.SECP256R1())
            name = _name("huying kafka")
            made = (
                _builder("huying kafka", name, key.public_key())
                .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
                .sign(key, hashes.SHA256())
            )
            write_secret(secret, _pem(key).decode())
            self.certificate.write_bytes(made.public_bytes(Encoding.PEM))
        key_of_authority = load_pem_private_key(secret.read_bytes(), None)
        assert isinstance(key_of_authority, ec.EllipticCurvePrivateKey)
        return x509.load_pem_x509_certificate(self.certificate.read_bytes()), key_of_authority


def _builder(subject: str, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = WallClock().now()
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - EARLIER)
        .not_valid_after(now + VALID)
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
