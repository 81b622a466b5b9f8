"""An authority of the platform's own, which signs the certificates of its processes.

The authority is renewed long before it ends. Then both authorities are trusted, and certificates
come with the new authority signed by the old one, so that clients which know only the old one go
on.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from plumbing.certificates import CA, CA_KEY
from plumbing.clock import Clock
from plumbing.private_files import write_private

AUTHORITY_LIFE, AUTHORITY_RENEWED = timedelta(days=3653), timedelta(days=731)
LIFE, DUE_BEFORE = timedelta(days=366), timedelta(days=30)
EARLIER = timedelta(hours=1)  # should another machine's clock be behind
BRIDGE = "bridge.pem"
_LOOPBACK = (
    x509.DNSName("localhost"),
    *(x509.IPAddress(ip_address(address)) for address in ("127.0.0.1", "::1")),
)


@dataclass(frozen=True)
class _Authority:
    """The certificates in `ca.pem`, the newest first, and the key of the newest.

    `bridge` is the newest, signed by the one before it; empty for the first authority.
    """

    certificates: tuple[x509.Certificate, ...]
    key: ec.EllipticCurvePrivateKey
    bridge: tuple[x509.Certificate, ...] = ()

    @property
    def newest(self) -> x509.Certificate:
        return self.certificates[0]


def certify(directory: Path, holders: Iterable[str], now: datetime) -> None:
    """Writes a new certificate for each holder, after those of the authority that signs them.

    An authority that ends soon is succeeded by a new one; then both are trusted.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    authority = _authority(directory, now)
    for holder in holders:
        _certify(directory, holder, authority, now)


def overdue_seconds(certificate: Path, clock: Clock) -> float:
    """Returns for how long a certificate has been due for renewal; 0 if it is not.

    It is due 30 days before it ends, and at once if the file is missing.
    """
    now = clock.now()
    ends = read(certificate)[0].not_valid_after_utc if certificate.exists() else now
    return max((now - (ends - DUE_BEFORE)).total_seconds(), 0.0)


def _authority(directory: Path, now: datetime) -> _Authority:
    """The authority in a directory; made anew if there is none, renewed if it ends soon."""
    ca, key_file, bridge = (directory / name for name in (CA, CA_KEY, BRIDGE))
    if not ca.exists():
        return _kept(directory, _new_authority(now))
    known = read(ca)
    valid = tuple(one for one in known if one.not_valid_after_utc > now)
    bridges = read(bridge) if bridge.exists() and len(valid) > 1 else ()
    authority = _Authority(valid or known, _key(key_file), bridges)
    if authority.newest.not_valid_after_utc - now > AUTHORITY_RENEWED:
        return _kept(directory, authority)
    return _kept(directory, _succeeded(authority, now))


def _kept(directory: Path, authority: _Authority) -> _Authority:
    write_private(directory / CA_KEY, _key_pem(authority.key))
    write_private(directory / BRIDGE, _pem(authority.bridge))
    write_private(directory / CA, _pem(authority.certificates))
    return authority


def _new_authority(now: datetime) -> _Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(f"Quanheng {secrets.token_hex(4)}")
    certificate = _authority_form(name, name, key.public_key(), now).sign(key, hashes.SHA256())
    return _Authority((certificate,), key)


def _succeeded(before: _Authority, now: datetime) -> _Authority:
    """A new authority that the one before it vouches for; both are trusted."""
    after, old = _new_authority(now), before.newest
    form = _authority_form(after.newest.subject, old.subject, after.key.public_key(), now)
    bridge = form.sign(before.key, hashes.SHA256())
    return _Authority((after.newest, old), after.key, (bridge,))


def _authority_form(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime
) -> x509.CertificateBuilder:
    usage = x509.KeyUsage(
        digital_signature=False, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, key_cert_sign=True, crl_sign=False,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip
    return (
        _form(subject, issuer, key, now, AUTHORITY_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=1), critical=True)
        .add_extension(usage, critical=True)
    )


def _certify(directory: Path, holder: str, authority: _Authority, now: datetime) -> None:
    """Writes a holder's certificate for the key it has, so that the two files belong together."""
    key_file = directory / f"{holder}.key"
    if not key_file.exists():
        write_private(key_file, _key_pem(ec.generate_private_key(ec.SECP256R1())))
    names = x509.SubjectAlternativeName([x509.DNSName(holder), *_LOOPBACK])
    purposes = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    form = _form(_name(holder), authority.newest.subject, _key(key_file).public_key(), now, LIFE)
    certificate = (
        form.add_extension(names, critical=False)
        .add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(authority.key, hashes.SHA256())
    )
    write_private(directory / f"{holder}.pem", _pem([certificate, *authority.bridge]))


def _form(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    now: datetime,
    life: timedelta,
) -> x509.CertificateBuilder:
    return x509.CertificateBuilder(
        issuer_name=issuer,
        subject_name=subject,
        public_key=key,
        serial_number=x509.random_serial_number(),
        not_valid_before=now - EARLIER,
        not_valid_after=now + life,
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _pem(certificates: Iterable[x509.Certificate]) -> str:
    encoding = serialization.Encoding.PEM
    return "".join(one.public_bytes(encoding).decode() for one in certificates)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> str:
    unencrypted = serialization.NoEncryption()
    kind = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, kind, unencrypted).decode()


def _key(file: Path) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(file.read_bytes(), password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)  # noqa: S101 - as it was made here
    return key


def read(file: Path) -> tuple[x509.Certificate, ...]:
    """Returns the certificates in a PEM file, in their order; none if the file is empty."""
    text = file.read_bytes()
    return tuple(x509.load_pem_x509_certificates(text)) if text.strip() else ()
