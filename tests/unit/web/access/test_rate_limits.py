"""Guessing is slow, by address and by account, and nobody is locked out for ever."""

from __future__ import annotations

from typing import Any, TypeAlias

from hypothesis import given
from hypothesis import strategies as st

from gateway.office.roles import Role
from web_admin.access.back_off import FREE_FAILURES, LONGEST_WAIT_MS, BackOff, wait_after_ms
from web_admin.access.limits import note_failure, wait_s

#: What conftest.py makes: it cannot be imported, and has the types.
Fixture: TypeAlias = Any


def test_an_account_that_is_guessed_at_makes_wait(desk: Fixture) -> None:
    """After five wrong passwords even the right one waits, and Retry-After says how long."""
    browser = desk.browser()
    for _ in range(FREE_FAILURES):
        assert browser.log_in("owner", "wrong password").status_code == 422
    answer = browser.log_in("owner")
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "1"
    assert "Too many attempts" in answer.text
    desk.clock.advance(1_000)
    assert browser.log_in("owner").status_code == 303


def test_names_that_nobody_has_wait_the_same(desk: Fixture) -> None:
    """Waiting tells nobody which accounts exist."""
    statuses: dict[str, list[int]] = {}
    for login in ("owner", "nobody"):
        browser = desk.browser(environ_base={"REMOTE_ADDR": f"192.0.2.{len(statuses)}"})
        statuses[login] = [
            browser.log_in(login, "wrong password").status_code for _ in range(FREE_FAILURES + 2)
        ]
    assert statuses["owner"] == statuses["nobody"]
    assert statuses["owner"][-1] == 429


def test_an_owners_own_browser_does_not_wait(desk: Fixture) -> None:
    """Strangers who guess do not keep a browser out that was inside before."""
    own = desk.inside(Role.OWNER)
    own.send("/logout", form="/account")
    stranger = desk.browser(environ_base={"REMOTE_ADDR": "192.0.2.9"})
    for _ in range(FREE_FAILURES):
        stranger.log_in("owner", "wrong password")
    assert stranger.log_in("owner").status_code == 429
    assert own.log_in("owner").status_code == 303


def test_waiting_ends_however_long_somebody_guesses(desk: Fixture) -> None:
    """Hundreds of wrong tries later, a minute of patience is enough."""
    browser = desk.browser()
    with desk.app.app_context():
        for _ in range(500):
            note_failure("other owner")
        assert wait_s("other owner") == LONGEST_WAIT_MS // 1_000
    assert browser.log_in("owner").status_code == 429
    desk.clock.advance(LONGEST_WAIT_MS)
    assert browser.log_in("owner").status_code == 303


def test_an_address_that_fails_too_often_waits(desk: Fixture) -> None:
    """Twenty failures over many accounts, and the address is asked to wait; others are not."""
    browser = desk.browser(environ_base={"REMOTE_ADDR": "192.0.2.20"})
    for number in range(20):
        assert browser.log_in(f"guess{number}", "wrong password").status_code == 422
    answer = browser.log_in("owner")
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) >= 1
    assert desk.browser().log_in("owner").status_code == 303


def test_right_logins_are_not_counted(desk: Fixture) -> None:
    """A shop whose people all log in from one address is not shut out."""
    for _ in range(25):
        assert desk.browser().log_in("owner").status_code == 303


def test_own_password_is_guessed_no_faster(desk: Fixture) -> None:
    """A borrowed browser waits as a stranger does."""
    browser = desk.inside(Role.OWNER)
    for _ in range(FREE_FAILURES):
        answer = browser.send(
            "/account/authenticator/begin", form="/account", password="wrong password"
        )
        assert answer.status_code == 422
    answer = browser.send(
        "/account/authenticator/begin", form="/account", password="correct horse battery"
    )
    assert answer.status_code == 429


@given(st.integers(0, 10**6))
def test_waits_grow_and_are_bounded(failures: int) -> None:
    """More failures never wait less, and never more than a minute."""
    assert 0 <= wait_after_ms(failures) <= wait_after_ms(failures + 1) <= LONGEST_WAIT_MS
    assert wait_after_ms(FREE_FAILURES - 1) == 0
    assert wait_after_ms(FREE_FAILURES) == 1_000


@given(st.lists(st.integers(0, 100_000), max_size=40))
def test_patience_always_helps(pauses: list[int]) -> None:
    """Whatever was tried before, after the longest wait a try counts at once."""
    back_off, now_ms = BackOff(), 0
    for pause in pauses:
        now_ms += pause
        if back_off.wait_ms("key", now_ms) == 0:
            back_off.failed("key", now_ms)
    assert back_off.wait_ms("key", now_ms + LONGEST_WAIT_MS) == 0
    back_off.succeeded("key")
    assert back_off.wait_ms("key", now_ms) == 0


def test_strangers_cannot_fill_the_memory() -> None:
    """Only so many accounts are remembered, and the newest among them."""
    back_off = BackOff()
    for number in range(10_050):
        back_off.failed(f"key {number}", number)
    assert len(back_off._failures) == 10_000
    assert "key 10049" in back_off._failures
    assert "key 0" not in back_off._failures
