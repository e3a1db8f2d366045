"""A small private certificate authority for the broker's mutual TLS (RFC 5280, P-256).

It serves one organisation: one authority, whose key lies with the owner and not on the broker, one
certificate for the broker and one for each client. A terminal's common name is its machine name,
which the broker takes for the user name, so access rules follow the certificate.

TLS keys protect the pipe only. What a terminal asserts is sealed with another key.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from gateway.crypto.key_file import read_key, write_key
from gateway.errors import CryptoError, KeyStoreError

AUTHORITY_DAYS: Final = 3650
CERTIFICATE_DAYS: Final = 825

#: The other end's clock may run behind ours.
_BACKDATED: Final = timedelta(days=1)
_COMMON_NAME_MAX: Final = 64  # RFC 5280, ub-common-name


class CertificateRole(StrEnum):
    """What a certificate may be used for; TLS libraries check it."""

    SERVER = "server"
    CLIENT = "client"


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsIdentity:
    """A certificate and the key that belongs to it.

    Attributes:
        certificate: the X.509 certificate.
        key: its P-256 private key.
    """

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @classmethod
    def load(cls, certificate_file: Path, key_file: Path) -> TlsIdentity:
        """Read both files.

        Raises:
            KeyStoreError: if one cannot be read or they do not belong together.
        """
        key = read_key(key_file, None)
        try:
            certificate = x509.load_pem_x509_certificate(certificate_file.read_bytes())
        except (OSError, ValueError) as error:
            raise KeyStoreError(f"no certificate can be read from {certificate_file}") from error
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise KeyStoreError(f"{key_file} holds no elliptic-curve key")
        if certificate.public_key() != key.public_key():
            raise KeyStoreError(f"{certificate_file} and {key_file} do not belong together")
        return cls(certificate=certificate, key=key)

    @property
    def certificate_pem(self) -> bytes:
        """The certificate in PEM."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def save(self, certificate_file: Path, key_file: Path) -> None:
        """Write both files; the key with mode 0600. Neither may exist.

        Raises:
            KeyStoreError: if one exists or cannot be written.
        """
        write_key(key_file, self.key, None)
        try:
            with certificate_file.open("xb") as file:
                file.write(self.certificate_pem)
        except OSError as error:
            raise KeyStoreError(f"the certificate cannot be written: {error}") from error


def make_authority(common_name: str, *, at_ms: int, days: int = AUTHORITY_DAYS) -> TlsIdentity:
    """Make a self-signed authority that may issue certificates for ends, but no authorities.

    Args:
        common_name: what people see, such as the organisation's name.
        at_ms: now, Unix time in milliseconds.
        days: how long it is valid.

    Raises:
        CryptoError: if the name or the number of days cannot be used.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(common_name)
    start, end = _validity(at_ms, days)
    builder = _builder(name, key.public_key()).issuer_name(name)
    builder = builder.not_valid_before(start).not_valid_after(end)
    builder = builder.add_extension(_issued_by(key.public_key()), critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_usage(authority=True), critical=True)
    return TlsIdentity(certificate=builder.sign(key, hashes.SHA256()), key=key)


def issue_certificate(
    authority: TlsIdentity,
    common_name: str,
    role: CertificateRole,
    *,
    hosts: tuple[str, ...] = (),
    at_ms: int,
    days: int = CERTIFICATE_DAYS,
) -> TlsIdentity:
    """Make a key and a certificate for one end of the pipe.

    Args:
        authority: who signs.
        common_name: a client's user name at the broker; a server's first host name.
        role: what it may be used for.
        hosts: names and IP addresses that clients reach a server by.
        at_ms: now, Unix time in milliseconds.
        days: how long it is valid, cut to the authority's own end.

    Raises:
        CryptoError: if a server has no host, or the name or the number of days cannot be used.
    """
    if role is CertificateRole.SERVER and not hosts:
        raise CryptoError("a server's certificate needs the names that clients reach it by")
    key = ec.generate_private_key(ec.SECP256R1())
    start, end = _validity(at_ms, days)
    builder = _builder(_name(common_name), key.public_key())
    builder = builder.issuer_name(authority.certificate.subject).not_valid_before(start)
    builder = builder.not_valid_after(min(end, authority.certificate.not_valid_after_utc))
    builder = builder.add_extension(_issued_by(authority.key.public_key()), critical=False)
    purpose = (
        ExtendedKeyUsageOID.SERVER_AUTH
        if role is CertificateRole.SERVER
        else ExtendedKeyUsageOID.CLIENT_AUTH
    )
    builder = builder.add_extension(
        x509.BasicConstraints(ca=False, path_length=None), critical=True
    )
    builder = builder.add_extension(_usage(authority=False), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
    if hosts:
        names = x509.SubjectAlternativeName([_general_name(host) for host in hosts])
        builder = builder.add_extension(names, critical=False)
    return TlsIdentity(certificate=builder.sign(authority.key, hashes.SHA256()), key=key)


def _validity(at_ms: int, days: int) -> tuple[datetime, datetime]:
    if days < 1:
        raise CryptoError("a certificate must be valid for at least one day")
    now = datetime.fromtimestamp(at_ms // 1000, tz=UTC)
    return now - _BACKDATED, now + timedelta(days=days)


def _builder(subject: x509.Name, public: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _issued_by(public: ec.EllipticCurvePublicKey) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(public)


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _name(common_name: str) -> x509.Name:
    if not 1 <= len(common_name) <= _COMMON_NAME_MAX:
        raise CryptoError(f"a common name must be 1 to {_COMMON_NAME_MAX} characters")
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        pass
    try:
        return x509.DNSName(host)
    except ValueError as error:
        raise CryptoError(f"{host!r} is neither an address nor an ASCII host name") from error
