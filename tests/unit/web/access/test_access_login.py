"""Logging in: password, code, recovery code; what is said when it fails, and where it leads."""

from __future__ import annotations

import re
from typing import Any, TypeAlias

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.office.roles import Role
from web_admin.access.next_page import safe_next

#: What conftest.py makes: it cannot be imported, and has the types.
Fixture: TypeAlias = Any

_TOKEN = re.compile(r'(name="csrf_token" value=|data-csrf=|X-CSRFToken[^:]*: ?)"[^"]*"')
_TYPED = re.compile(r'name="login"[^>]*value="[^"]*"')


def _enrol(desk: Fixture, role: Role) -> str:
    """Give a role's account an authenticator; the code of this moment is used up by it."""
    account_id = desk.accounts[role].account_id
    secret = desk.office.second_factors.propose(account_id)
    assert desk.office.second_factors.confirm(account_id, _code(desk, secret)) is not None
    desk.clock.advance(30_000)
    return str(secret)


def _code(desk: Fixture, secret: str) -> str:
    return pyotp.TOTP(secret).at(desk.clock.unix_ms() // 1_000)


def test_every_role_logs_in_and_out(desk: Fixture) -> None:
    """A login opens one's own account, a logout closes it, whatever the role."""
    for role in Role:
        browser = desk.inside(role)
        assert browser.get("/account").status_code == 200
        assert browser.send("/logout", form="/account").status_code == 303
        assert browser.get("/account").status_code == 302


def test_a_failure_tells_nothing(desk: Fixture) -> None:
    """An unknown login, a wrong password and a disabled account give the same answer."""
    disabled = desk.accounts[Role.CASHIER].account_id
    desk.office.accounts.set_disabled(disabled, disabled=True)
    pages = set()
    for login, password in (("nobody", "x" * 12), ("owner", "x" * 12), ("cashier", "correct")):
        answer = desk.browser().log_in(login, password)
        assert answer.status_code == 422
        assert "wrong" in answer.text
        pages.add(_TYPED.sub("", _TOKEN.sub("", answer.text)))
    assert len(pages) == 1


def test_a_disabled_account_is_out_at_once(desk: Fixture) -> None:
    """Its open session ends with the account, and its password opens nothing."""
    browser = desk.inside(Role.CASHIER)
    desk.office.accounts.set_disabled(desk.accounts[Role.CASHIER].account_id, disabled=True)
    assert browser.get("/account").status_code == 302
    assert desk.browser().log_in("cashier").status_code == 422


def test_a_code_is_asked_for(desk: Fixture) -> None:
    """Password alone opens nothing where there is an authenticator; password and code do."""
    secret = _enrol(desk, Role.OWNER)
    browser = desk.browser()
    answer = browser.log_in("owner", next="/trail")
    assert answer.location == "/login/code?next=/trail"
    assert browser.get("/account").status_code == 302
    assert browser.send("/login/code", form="/login/code", code="000000").status_code == 422
    code = _code(desk, secret)
    answer = browser.send("/login/code", form="/login/code", code=code, next="/trail")
    assert (answer.status_code, answer.location) == (303, "/trail")
    assert browser.get("/account").status_code == 200


def test_a_code_is_taken_once(desk: Fixture) -> None:
    """Whoever looked over a shoulder and knows the password cannot use the same code again."""
    secret = _enrol(desk, Role.OWNER)
    code = _code(desk, secret)
    statuses = []
    for _ in range(2):
        browser = desk.browser()
        browser.log_in("owner")
        statuses.append(browser.send("/login/code", form="/login/code", code=code).status_code)
    assert statuses == [303, 422]


def test_a_recovery_code_opens_once(desk: Fixture) -> None:
    """A recovery code stands in for the authenticator, and is used up."""
    _enrol(desk, Role.OWNER)
    code = desk.office.second_factors.renew_recovery(desk.accounts[Role.OWNER].account_id)[0]
    statuses = []
    for _ in range(2):
        browser = desk.browser()
        browser.log_in("owner")
        statuses.append(browser.send("/login/code", form="/login/code", code=code).status_code)
    assert statuses == [303, 422]


def test_a_code_comes_after_a_password(desk: Fixture) -> None:
    """The page for codes is nothing to somebody who typed no password, or too long ago."""
    _enrol(desk, Role.OWNER)
    assert desk.browser().get("/login/code").location == "/login"
    browser = desk.browser()
    browser.log_in("owner")
    desk.clock.advance(5 * 60_000)
    assert browser.get("/login/code").location == "/login"


def test_a_first_password_must_be_changed(desk: Fixture) -> None:
    """With a password that somebody else knows, there is one page to go to."""
    account_id = desk.accounts[Role.MANAGER].account_id
    first = "given by the owner"
    desk.office.accounts.set_password(account_id, first, must_change_password=True)
    browser = desk.browser()
    assert browser.log_in("manager", first).status_code == 303
    assert browser.get("/terminals").location == "/account/password"
    own = "chosen by myself"
    answer = browser.send(
        "/account/password", form="/account/password", password=first, new=own, again=own
    )
    assert answer.location == "/"
    assert browser.get("/account").status_code == 200
    assert desk.office.accounts.get(account_id).must_change_password is False


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/%09/evil.example\t",
        "javascript:alert(1)",
        "/\n/evil.example",
        "evil.example",
        "http:/evil.example",
        "/" + "x" * 600,
    ],
)
def test_a_login_leads_nowhere_else(desk: Fixture, target: str) -> None:
    """Whatever ``next`` says, a login stays on this site."""
    assert desk.browser().log_in("owner", next=target).location == "/"


def test_a_login_leads_to_the_page_that_was_asked_for(desk: Fixture) -> None:
    """The guard remembers the page, with its query."""
    browser = desk.browser()
    answer = browser.get("/trail?action=account.add")
    assert answer.location == "/login?next=/trail?action%3Daccount.add"
    page = browser.get(answer.location)
    assert 'value="/trail?action=account.add"' in page.text
    answer = browser.log_in("owner", next="/trail?action=account.add")
    assert answer.location == "/trail?action=account.add"


@given(st.text(max_size=60))
def test_a_safe_path_is_one_of_ours(text: str) -> None:
    """What passes begins with one slash, and holds nothing that a browser reads otherwise."""
    for candidate in (text, f"/{text}"):
        path = safe_next(candidate)
        if path is not None:
            assert path.startswith("/")
            assert not path.startswith(("//", "/\\"))
            assert path.isascii()
            assert "\\" not in path


def test_hostile_input_is_harmless(desk: Fixture) -> None:
    """Giant and strange texts in every field are a wrong login and nothing more."""
    for text in ("<script>alert(1)</script>", "{{7*7}}", "\u202e\x00", "x" * 10_000, "'\"; --"):
        answer = desk.browser().send("/login", login=text, password=text, next=text)
        assert answer.status_code == 422
        assert "<script>alert" not in answer.text


def test_somebody_who_is_inside_is_sent_on(desk: Fixture) -> None:
    """The login page is no place for somebody who is logged in."""
    assert desk.inside(Role.OWNER).get("/login").location == "/"


def test_without_an_owner_there_is_nobody_to_log_in(desk: Fixture) -> None:
    """A gateway that has no owner yet leads to its set-up."""
    with desk.office.accounts._database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM account")
    assert desk.browser().get("/login").location == "/setup"


def test_names_and_passwords_are_not_logged(
    desk: Fixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """A person who types the password as the name finds it in no log."""
    desk.browser().log_in("my-secret-password", "my-secret-password")
    said = capsys.readouterr()
    assert "a login failed" in said.out + said.err
    assert "my-secret" not in said.out + said.err
