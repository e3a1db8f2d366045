"""Sessions in browsers: fixation, idleness, cookies, and ending them."""

from __future__ import annotations

from typing import Any, TypeAlias

import pyotp

from gateway.model.ids import BranchId
from gateway.office.roles import Role
from gateway.office.sessions import Stage, Visitor
from web_admin.access.current import session_limits

#: What conftest.py makes: it cannot be imported, and has the types.
Fixture: TypeAlias = Any

NEW = "an entirely new one"


def _change_password(browser: Fixture, old: str = "correct horse battery") -> Fixture:
    return browser.send(
        "/account/password", form="/account/password", password=old, new=NEW, again=NEW
    )


def test_a_planted_session_stays_worthless(desk: Fixture) -> None:
    """A secret that somebody put into a browser before its login never becomes a session."""
    browser = desk.browser()
    browser.client.set_cookie("mohr_session", "planted-by-somebody")
    browser.log_in("owner")
    assert browser.secret() not in (None, "planted-by-somebody")
    other = desk.browser()
    other.client.set_cookie("mohr_session", "planted-by-somebody")
    assert other.get("/account").status_code == 302


def test_every_step_has_a_new_secret(desk: Fixture) -> None:
    """Password, code, password change: each ends the secret before it."""
    account_id = desk.accounts[Role.OWNER].account_id
    secret = desk.office.second_factors.propose(account_id)
    totp = pyotp.TOTP(secret)
    desk.office.second_factors.confirm(account_id, totp.at(desk.clock.unix_ms() // 1_000))
    desk.clock.advance(30_000)
    browser, seen = desk.browser(), []
    browser.log_in("owner")
    seen.append(browser.secret())
    code = totp.at(desk.clock.unix_ms() // 1_000)
    browser.send("/login/code", form="/login/code", code=code)
    seen.append(browser.secret())
    _change_password(browser)
    seen.append(browser.secret())
    assert len(set(seen)) == 3
    for old in seen[:2]:
        thief = desk.browser()
        thief.client.set_cookie("mohr_session", old)
        assert thief.get("/account").status_code == 302
        assert thief.get("/login/code").location == "/login"
    assert browser.get("/account").status_code == 200


def test_a_form_from_before_a_login_is_worthless_after_it(desk: Fixture) -> None:
    """Form tokens end with the anonymous session they belong to."""
    browser = desk.browser()
    token = browser.token()
    browser.log_in("owner")
    data = {"csrf_token": token, "language": "en"}
    assert browser.client.post("/account/language", data=data).status_code == 400


def test_an_idle_browser_is_logged_out(desk: Fixture) -> None:
    """Half an hour without a request ends the session; requests keep it."""
    browser = desk.inside(Role.OWNER)
    for _ in range(3):
        desk.clock.advance(29 * 60_000)
        assert browser.get("/account").status_code == 200
    desk.clock.advance(30 * 60_000)
    assert browser.get("/account").status_code == 302


def test_the_settings_say_when_sessions_end(open_desk: Fixture) -> None:
    """A house with shorter limits ends sessions sooner."""
    desk = open_desk(idle_minutes=1, session_hours=1)
    browser = desk.inside(Role.OWNER)
    desk.clock.advance(60_000)
    assert browser.get("/account").status_code == 302
    browser = desk.inside(Role.OWNER)
    for _ in range(70):
        desk.clock.advance(50_000)
        assert browser.get("/account").status_code == 200
    desk.clock.advance(100_000)
    assert browser.get("/account").status_code == 302


def test_cookies_are_closed(desk: Fixture, open_desk: Fixture) -> None:
    """No script reads them, no other site sends them along, and HTTPS alone carries them."""
    for house, secure in ((desk, False), (open_desk(public_url="https://shop.example"), True)):
        answer = house.browser().log_in("owner") if not secure else _log_in_by_https(house)
        cookies = answer.headers.getlist("Set-Cookie")
        assert {cookie.split("=")[0] for cookie in cookies} >= {"mohr_session", "mohr_device"}
        for cookie in cookies:
            assert "HttpOnly" in cookie
            assert "SameSite=Lax" in cookie
            assert ("Secure" in cookie) is secure


def _log_in_by_https(desk: Fixture) -> Fixture:
    browser = desk.browser(
        base_url="https://shop.example", headers={"Referer": "https://shop.example/login"}
    )
    return browser.log_in("owner")


def test_a_new_password_ends_other_sessions(desk: Fixture) -> None:
    """Whoever changes a password stays; everybody else with that account is out."""
    here, there = desk.inside(Role.OWNER), desk.inside(Role.OWNER)
    assert _change_password(here).status_code == 303
    assert here.get("/account").status_code == 200
    assert there.get("/account").status_code == 302
    assert desk.browser().log_in("owner").status_code == 422
    assert desk.browser().log_in("owner", NEW).status_code == 303


def test_own_sessions_are_listed_and_ended(desk: Fixture) -> None:
    """A person sees where they are logged in, and ends one session or all others."""
    here, there = desk.inside(Role.OWNER), desk.inside(Role.OWNER)
    agent = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Chrome/156 Safari/537"}
    elsewhere = desk.browser(headers=agent)
    elsewhere.log_in("owner")
    assert "Chrome · Linux" in here.get("/account").text
    limits_of = desk.office.sessions.of_account
    account_id = desk.accounts[Role.OWNER].account_id
    with desk.app.test_request_context():
        found = limits_of(account_id, session_limits())
    assert len(found) == 3
    newest = found[0].session_id
    assert here.send(f"/account/sessions/{newest}/end", form="/account").status_code == 303
    assert elsewhere.get("/account").status_code == 302
    assert there.get("/account").status_code == 200
    assert here.send("/account/sessions/end-others", form="/account").status_code == 303
    assert there.get("/account").status_code == 302
    assert here.get("/account").status_code == 200


def test_nobody_ends_anothers_session(desk: Fixture) -> None:
    """Another account's session is not there for somebody else."""
    owner_id = desk.accounts[Role.OWNER].account_id
    visitor = Visitor(device="", address="")
    desk.office.sessions.open(owner_id, Stage.FULL, visitor)
    cashier = desk.inside(Role.CASHIER)
    assert cashier.send("/account/sessions/1/end", form="/account").status_code == 404


def test_a_changed_role_logs_in_anew(desk: Fixture) -> None:
    """Another role or other branches end the account's sessions; another name does not."""
    owner, cashier = desk.inside(Role.OWNER), desk.inside(Role.CASHIER)
    path = f"/accounts/{desk.accounts[Role.CASHIER].account_id}"
    fields = {"role": "cashier", "branches": ["north"]}
    answer = owner.send(path, form=path, display_name="Another name", **fields)
    assert answer.status_code == 303
    assert cashier.get("/account").status_code == 200
    fields = {"role": "cashier", "branches": ["south"]}
    owner.send(path, form=path, display_name="Another name", **fields)
    assert cashier.get("/account").status_code == 302
    changed = desk.office.accounts.by_login("cashier")
    assert changed.branches == frozenset({BranchId("south")})


def test_giant_cookies_are_nothing(desk: Fixture) -> None:
    """Whatever stands in the cookies, the browser is simply not logged in."""
    for text in ("x" * 4_000, "a" * 43, "%ff", "\udcff".encode("utf-8", "replace").decode()):
        browser = desk.browser()
        browser.client.set_cookie("mohr_session", text)
        browser.client.set_cookie("mohr_device", text)
        assert browser.get("/account").status_code == 302
        assert browser.log_in("owner").status_code == 303
