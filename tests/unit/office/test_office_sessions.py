"""Sessions: secrets that the database does not know, idleness, age, and clocks that jump."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.office.accounts import Profile
from gateway.office.passwords import HashCost
from gateway.office.roles import Role
from gateway.office.sessions import PENDING_MS, SessionLimits, Stage, Visitor
from gateway.office.store import OfficeStore
from simulators.clock import VirtualClock

LIMITS = SessionLimits(idle_ms=30 * 60_000, age_ms=12 * 3_600_000)
VISITOR = Visitor(device="Firefox", address="192.0.2.7")


@pytest.fixture
def clock() -> VirtualClock:
    """A clock to move."""
    return VirtualClock(unix_ms=1_795_420_000_000)


@pytest.fixture
def office(tmp_path: Path, clock: VirtualClock) -> OfficeStore:
    """A store with the accounts 1 and 2."""
    cost = HashCost(memory_kib=8, passes=1)
    store = OfficeStore(tmp_path / "office.db", clock, cost=cost)
    for login in ("first", "second"):
        profile = Profile(display_name=login, role=Role.OWNER)
        store.accounts.add(
            login, profile, "correct horse battery", language="fa", must_change_password=False
        )
    return store


def test_a_session_is_found_by_its_secret(office: OfficeStore, tmp_path: Path) -> None:
    """The secret finds the session, nothing else does, and the file does not hold it."""
    secret = office.sessions.open(1, Stage.FULL, VISITOR)
    found = office.sessions.find(secret, LIMITS)
    assert found is not None
    assert (found.account_id, found.stage, found.device) == (1, Stage.FULL, "Firefox")
    assert office.sessions.find(f"{secret}x", LIMITS) is None
    assert office.sessions.find("", LIMITS) is None
    assert office.sessions.find("\ud800", LIMITS) is None
    assert secret.encode() not in (tmp_path / "office.db").read_bytes()
    assert len(secret) >= 43


def test_an_idle_session_ends(office: OfficeStore, clock: VirtualClock) -> None:
    """Use keeps a session alive; half an hour without any ends it for good."""
    secret = office.sessions.open(1, Stage.FULL, VISITOR)
    for _ in range(5):
        clock.advance(LIMITS.idle_ms - 1_000)
        assert office.sessions.find(secret, LIMITS) is not None
    clock.advance(LIMITS.idle_ms)
    assert office.sessions.find(secret, LIMITS) is None
    clock.jump(-LIMITS.idle_ms)
    assert office.sessions.find(secret, LIMITS) is None


def test_an_old_session_ends_however_busy(office: OfficeStore, clock: VirtualClock) -> None:
    """Twelve hours after the login the session is over."""
    secret = office.sessions.open(1, Stage.FULL, VISITOR)
    step_ms = LIMITS.idle_ms // 2
    for _ in range(LIMITS.age_ms // step_ms - 1):
        clock.advance(step_ms)
        assert office.sessions.find(secret, LIMITS) is not None
    clock.advance(step_ms)
    assert office.sessions.find(secret, LIMITS) is None


def test_a_login_without_its_code_is_short(office: OfficeStore, clock: VirtualClock) -> None:
    """Between password and code there are five minutes."""
    secret = office.sessions.open(1, Stage.CODE, VISITOR)
    clock.advance(PENDING_MS - 1)
    assert office.sessions.find(secret, LIMITS) is not None
    clock.advance(1)
    assert office.sessions.find(secret, LIMITS) is None


def test_a_clock_that_went_back_ends_sessions(office: OfficeStore, clock: VirtualClock) -> None:
    """A session from the future ends: its age cannot be told. A small correction does no harm."""
    secret = office.sessions.open(1, Stage.FULL, VISITOR)
    clock.jump(-60_000)
    assert office.sessions.find(secret, LIMITS) is not None
    clock.jump(-3_600_000)
    assert office.sessions.find(secret, LIMITS) is None


def test_using_a_session_is_seldom_a_write(office: OfficeStore, clock: VirtualClock) -> None:
    """The time of the last use is kept to the minute."""
    secret = office.sessions.open(1, Stage.FULL, VISITOR)

    def seen_ms() -> int:
        return office.sessions.of_account(1, LIMITS)[0].seen_at_ms

    before = seen_ms()
    clock.advance(59_000)
    office.sessions.find(secret, LIMITS)
    assert seen_ms() == before
    clock.advance(1_000)
    office.sessions.find(secret, LIMITS)
    assert seen_ms() == before + 60_000


def test_a_session_is_replaced(office: OfficeStore) -> None:
    """Opening one in place of another ends the other in the same moment."""
    old = office.sessions.open(1, Stage.CODE, VISITOR)
    new = office.sessions.open(1, Stage.FULL, VISITOR, instead_of=old)
    assert old != new
    assert office.sessions.find(old, LIMITS) is None
    assert office.sessions.find(new, LIMITS) is not None


def test_sessions_are_listed_and_ended(office: OfficeStore) -> None:
    """An account sees and ends its own sessions only; a login without its code is not listed."""
    kept = office.sessions.open(1, Stage.FULL, VISITOR)
    other = office.sessions.open(1, Stage.FULL, VISITOR)
    foreign = office.sessions.open(2, Stage.FULL, VISITOR)
    office.sessions.open(1, Stage.CODE, VISITOR)
    own = office.sessions.find(kept, LIMITS)
    strange = office.sessions.find(foreign, LIMITS)
    assert own is not None
    assert strange is not None
    assert len(office.sessions.of_account(1, LIMITS)) == 2
    assert not office.sessions.close_one(1, strange.session_id)
    assert office.sessions.close_all(1, but=own.session_id) == 2
    assert office.sessions.find(other, LIMITS) is None
    assert office.sessions.close_one(1, own.session_id)
    assert office.sessions.find(kept, LIMITS) is None
    assert office.sessions.find(foreign, LIMITS) is not None


def test_what_a_browser_says_is_bounded(office: OfficeStore) -> None:
    """A giant name of a browser is cut."""
    giant = Visitor(device="x" * 10_000, address="y" * 10_000)
    office.sessions.open(1, Stage.FULL, giant)
    found = office.sessions.of_account(1, LIMITS)[0]
    assert (len(found.device), len(found.address)) == (80, 45)


def test_old_sessions_are_swept(office: OfficeStore, clock: VirtualClock) -> None:
    """What is over is forgotten; what lives stays."""
    office.sessions.open(1, Stage.FULL, VISITOR)
    clock.advance(LIMITS.idle_ms + 1)
    living = office.sessions.open(2, Stage.FULL, VISITOR)
    assert office.sessions.sweep(LIMITS) == 1
    assert office.sessions.find(living, LIMITS) is not None


def test_a_page_that_asks_by_itself_does_not_keep_a_session_alive(
    office: OfficeStore, clock: VirtualClock
) -> None:
    """A session that only its open page still uses falls idle like any other."""
    secret = office.sessions.open(1, Stage.FULL, VISITOR)
    for _ in range(4):
        clock.advance(LIMITS.idle_ms // 4)
        if office.sessions.find(secret, LIMITS, in_use=False) is None:
            break
    clock.advance(LIMITS.idle_ms // 4)
    assert office.sessions.find(secret, LIMITS) is None
