"""Authenticator codes by the standard's own vectors, taken once; recovery codes, used up."""

from __future__ import annotations

import base64
from pathlib import Path

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.office.account import Account
from gateway.office.accounts import Profile
from gateway.office.passwords import HashCost
from gateway.office.roles import Role
from gateway.office.second_factor import RECOVERY_CODES, accepted_step
from gateway.office.store import OfficeStore
from simulators.clock import VirtualClock

#: RFC 6238, appendix B: the secret of the SHA-1 rows, and (time, 8 digits). Six digits are the
#: last six of eight: both are the same number modulo a power of ten (RFC 4226, section 5.3).
RFC_SECRET = base64.b32encode(b"12345678901234567890").decode()
RFC_VECTORS = [
    (59, "94287082"),
    (1_111_111_109, "07081804"),
    (1_111_111_111, "14050471"),
    (1_234_567_890, "89005924"),
    (2_000_000_000, "69279037"),
    (20_000_000_000, "65353130"),
]


@pytest.fixture
def clock() -> VirtualClock:
    """A clock to move."""
    return VirtualClock(unix_ms=1_795_420_000_000)


@pytest.fixture
def office(tmp_path: Path, clock: VirtualClock) -> OfficeStore:
    """A store with one account, number 1."""
    cost = HashCost(memory_kib=8, passes=1)
    store = OfficeStore(tmp_path / "office.db", clock, cost=cost)
    profile = Profile(display_name="Owner", role=Role.OWNER)
    made = store.accounts.add(
        "owner", profile, "correct horse battery", language="fa", must_change_password=False
    )
    assert isinstance(made, Account)
    assert made.account_id == 1
    return store


def _code(secret: str, clock: VirtualClock) -> str:
    return pyotp.TOTP(secret).at(clock.unix_ms() // 1_000)


@pytest.mark.parametrize(("now_s", "digits"), RFC_VECTORS)
def test_the_standards_vectors(now_s: int, digits: str) -> None:
    """Every vector is accepted at its time, a step off on both sides, and no further."""
    code, step = digits[2:], now_s // 30
    for offset, found in ((0, step), (30, step), (-30, step), (60, None), (-60, None)):
        if now_s + offset >= 0:
            assert accepted_step(RFC_SECRET, code, now_s + offset, -1) == found


@pytest.mark.parametrize(("now_s", "digits"), RFC_VECTORS)
def test_a_code_is_taken_once(now_s: int, digits: str) -> None:
    """A code is refused once its step, or a later one, was used."""
    step = now_s // 30
    assert accepted_step(RFC_SECRET, digits[2:], now_s, step - 1) == step
    assert accepted_step(RFC_SECRET, digits[2:], now_s, step) is None
    assert accepted_step(RFC_SECRET, digits[2:], now_s, step + 1) is None


@given(st.text(max_size=30), st.integers(min_value=0, max_value=10**10))
def test_nothing_else_is_a_code(typed: str, now_s: int) -> None:
    """Whatever is typed, an answer is the step of a right code or nothing at all."""
    step = accepted_step(RFC_SECRET, typed, now_s, -1)
    assert step is None or abs(step - now_s // 30) <= 1


def test_persian_digits_and_spaces_are_read() -> None:
    """A code may be typed on any keyboard, in two groups."""
    assert accepted_step(RFC_SECRET, "۲۸۷ ۰۸۲", 59, -1) == 1
    assert accepted_step(RFC_SECRET, "٢٨٧٠٨٢", 59, -1) == 1


def test_an_authenticator_counts_after_its_first_code(
    office: OfficeStore, clock: VirtualClock
) -> None:
    """A proposed secret asks for nothing; its first code makes it count and is used up."""
    factors, accounts = office.second_factors, office.accounts
    secret = factors.propose(1)
    assert factors.proposed(1) == secret
    account = accounts.get(1)
    assert account is not None
    assert not account.has_code
    assert factors.confirm(1, "000000") is None
    code = _code(secret, clock)
    assert not factors.take_code(1, code)
    codes = factors.confirm(1, code)
    assert codes is not None
    assert len(set(codes)) == RECOVERY_CODES
    account = accounts.get(1)
    assert account is not None
    assert account.has_code
    assert not factors.take_code(1, code)
    clock.advance(30_000)
    assert factors.take_code(1, _code(secret, clock))
    assert not factors.take_code(1, _code(secret, clock))


def test_a_clock_set_back_brings_no_code_back(office: OfficeStore, clock: VirtualClock) -> None:
    """A used code stays used when the machine's clock is set back."""
    secret = office.second_factors.propose(1)
    code = _code(secret, clock)
    assert office.second_factors.confirm(1, code) is not None
    clock.advance(3_600_000)
    assert office.second_factors.take_code(1, _code(secret, clock))
    clock.jump(-3_600_000)
    assert not office.second_factors.take_code(1, code)


def test_secrets_are_hidden_at_rest(office: OfficeStore, tmp_path: Path) -> None:
    """The file holds neither the secret nor a recovery code."""
    secret = office.second_factors.propose(1)
    codes = office.second_factors.renew_recovery(1)
    content = (tmp_path / "office.db").read_bytes()
    assert secret.encode() not in content
    assert not any(code.replace("-", "").encode() in content for code in codes)


def test_recovery_codes_are_used_up(office: OfficeStore) -> None:
    """Each works once, in any spelling; new ones end the old."""
    factors = office.second_factors
    codes = factors.renew_recovery(1)
    assert factors.recovery_left(1) == RECOVERY_CODES
    assert factors.take_recovery(1, f" {codes[0].upper()} ")
    assert not factors.take_recovery(1, codes[0])
    assert not factors.take_recovery(2, codes[1])
    assert not factors.take_recovery(1, "")
    assert factors.recovery_left(1) == RECOVERY_CODES - 1
    factors.renew_recovery(1)
    assert not factors.take_recovery(1, codes[1])


def test_an_authenticator_is_removed(office: OfficeStore, clock: VirtualClock) -> None:
    """After removal no code is asked for, and no recovery code is left."""
    secret = office.second_factors.propose(1)
    office.second_factors.confirm(1, _code(secret, clock))
    office.second_factors.remove(1)
    account = office.accounts.get(1)
    assert account is not None
    assert not account.has_code
    assert office.second_factors.recovery_left(1) == 0
    assert office.second_factors.proposed(1) is None
