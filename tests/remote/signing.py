"""Certificates for servers that the tests start, and a CA of their own."""

from __future__ import annotations

import datetime
import ipaddress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Made = tuple[x509.Certificate, ec.EllipticCurvePrivateKey]


def certificate(name: str, signer: Made | None, names: list[x509.GeneralName]) -> Made:
    """One of a CA where nobody signs it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(signer[0].subject if signer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=signer is None, path_length=None), critical=True)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(signer[1] if signer else key, hashes.SHA256()), key


def pem(made: Made) -> bytes:
    return made[0].public_bytes(serialization.Encoding.PEM)


def key_of(made: Made) -> bytes:
    return made[1].private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def write_all(folder: Path) -> None:
    """``here.pem`` and ``here.key`` for 127.0.0.1 alone, signed by ``ours.pem``; ``other.pem``."""
    ours, other = certificate("ours", None, []), certificate("other", None, [])
    here = certificate("here", ours, [x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    (folder / "ours.pem").write_bytes(pem(ours))
    (folder / "other.pem").write_bytes(pem(other))
    (folder / "here.pem").write_bytes(pem(here))
    (folder / "here.key").write_bytes(key_of(here))
