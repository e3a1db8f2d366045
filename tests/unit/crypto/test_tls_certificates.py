"""The private authority: certificates that verify strictly, for what they were issued for only."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from gateway.crypto.tls_certificates import (
    CertificateRole,
    TlsIdentity,
    issue_certificate,
    make_authority,
)
from gateway.errors import CryptoError, KeyStoreError

AT_MS = 1_800_000_000_000
NOW = datetime.fromtimestamp(AT_MS // 1000, tz=UTC)


@pytest.fixture(scope="module")
def authority() -> TlsIdentity:
    """One authority for all tests: keys are slow to make."""
    return make_authority("A shop", at_ms=AT_MS)


def client_names(authority: TlsIdentity, leaf: TlsIdentity, at: datetime) -> list[str]:
    """Verify a client's chain as a server does, and return its alternative names."""
    policy = PolicyBuilder().store(Store([authority.certificate])).time(at)
    verified = policy.build_client_verifier().verify(leaf.certificate, [])
    return [str(name.value) for name in verified.subjects or []]


def test_server_certificate_verifies_for_its_hosts_alone(authority: TlsIdentity) -> None:
    """A strict verifier takes the host names and addresses asked for, and no other."""
    leaf = issue_certificate(
        authority, "broker", CertificateRole.SERVER, hosts=("broker.shop", "10.0.0.7"), at_ms=AT_MS
    )
    policy = PolicyBuilder().store(Store([authority.certificate])).time(NOW)
    policy.build_server_verifier(x509.DNSName("broker.shop")).verify(leaf.certificate, [])
    with pytest.raises(VerificationError):
        policy.build_server_verifier(x509.DNSName("other.shop")).verify(leaf.certificate, [])


def test_client_certificate_carries_the_terminals_name(authority: TlsIdentity) -> None:
    """The common name is the terminal's, and the certificate is not good for a server."""
    leaf = issue_certificate(
        authority, "till-1", CertificateRole.CLIENT, hosts=("till-1",), at_ms=AT_MS
    )
    common = leaf.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    assert [name.value for name in common] == ["till-1"]
    assert client_names(authority, leaf, NOW) == ["till-1"]
    policy = PolicyBuilder().store(Store([authority.certificate])).time(NOW)
    with pytest.raises(VerificationError):
        policy.build_server_verifier(x509.DNSName("till-1")).verify(leaf.certificate, [])


def test_certificates_end_with_their_time(authority: TlsIdentity) -> None:
    """Valid from a day before until the last day asked for, and never beyond the authority."""
    leaf = issue_certificate(
        authority, "till-1", CertificateRole.CLIENT, hosts=("till-1",), at_ms=AT_MS, days=30
    )
    assert client_names(authority, leaf, NOW - timedelta(hours=23))
    assert client_names(authority, leaf, NOW + timedelta(days=30))
    with pytest.raises(VerificationError):
        client_names(authority, leaf, NOW + timedelta(days=30, seconds=1))
    long = issue_certificate(authority, "till-1", CertificateRole.CLIENT, at_ms=AT_MS, days=100_000)
    end = authority.certificate.not_valid_after_utc
    assert long.certificate.not_valid_after_utc == end


def test_another_authority_does_not_verify(authority: TlsIdentity) -> None:
    """The same names from somebody else's authority are worth nothing."""
    stranger = make_authority("A shop", at_ms=AT_MS)
    leaf = issue_certificate(
        stranger, "till-1", CertificateRole.CLIENT, hosts=("till-1",), at_ms=AT_MS
    )
    with pytest.raises(VerificationError):
        client_names(authority, leaf, NOW)


def test_a_terminals_certificate_cannot_issue_others(authority: TlsIdentity) -> None:
    """A terminal that signs a certificate of its own making convinces nobody."""
    till = issue_certificate(authority, "till-1", CertificateRole.CLIENT, at_ms=AT_MS)
    forged = issue_certificate(
        till, "till-2", CertificateRole.CLIENT, hosts=("till-2",), at_ms=AT_MS
    )
    policy = PolicyBuilder().store(Store([authority.certificate])).time(NOW)
    with pytest.raises(VerificationError):
        policy.build_client_verifier().verify(forged.certificate, [till.certificate])


def test_files_are_private_and_never_replaced(authority: TlsIdentity, tmp_path: Path) -> None:
    """The key is readable by its owner alone, both files load again, and neither is overwritten."""
    certificate_file, key_file = tmp_path / "ca.crt", tmp_path / "ca.key"
    authority.save(certificate_file, key_file)
    assert key_file.stat().st_mode & 0o077 == 0
    assert TlsIdentity.load(certificate_file, key_file).certificate == authority.certificate
    with pytest.raises(KeyStoreError, match="already exists"):
        authority.save(certificate_file, key_file)


def test_files_that_do_not_belong_together_are_refused(
    authority: TlsIdentity, tmp_path: Path
) -> None:
    """A key of another certificate, or no certificate at all, is a KeyStoreError."""
    authority.save(tmp_path / "a.crt", tmp_path / "a.key")
    make_authority("B", at_ms=AT_MS).save(tmp_path / "b.crt", tmp_path / "b.key")
    with pytest.raises(KeyStoreError, match="do not belong together"):
        TlsIdentity.load(tmp_path / "a.crt", tmp_path / "b.key")
    (tmp_path / "c.crt").write_text("no certificate", encoding="utf-8")
    with pytest.raises(KeyStoreError, match="no certificate"):
        TlsIdentity.load(tmp_path / "c.crt", tmp_path / "a.key")


def test_what_cannot_be_issued_is_refused(authority: TlsIdentity) -> None:
    """A server without hosts, an odd host, a bad name or no days at all raise."""
    with pytest.raises(CryptoError, match="names that clients reach"):
        issue_certificate(authority, "broker", CertificateRole.SERVER, at_ms=AT_MS)
    with pytest.raises(CryptoError, match="neither an address"):
        issue_certificate(authority, "broker", CertificateRole.SERVER, hosts=("مهر",), at_ms=AT_MS)
    for name in ("", "x" * 65):
        with pytest.raises(CryptoError, match="common name"):
            issue_certificate(authority, name, CertificateRole.CLIENT, at_ms=AT_MS)
    with pytest.raises(CryptoError, match="at least one day"):
        issue_certificate(authority, "till-1", CertificateRole.CLIENT, at_ms=AT_MS, days=0)
