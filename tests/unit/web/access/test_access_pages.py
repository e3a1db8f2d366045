"""The pages of accounts: adding, changing, resetting, authenticators, the trail."""

from __future__ import annotations

import re
from typing import Any, TypeAlias

import pyotp
import pytest

from gateway.model.ids import BranchId
from gateway.office.accounts import AccountRefusal
from gateway.office.roles import Role
from gateway.office.trail import Actor, TrailOutcome
from web_admin.access.devices import words_of_device
from web_admin.access.words import (
    words_of_duty,
    words_of_outcome,
    words_of_refusal,
    words_of_role,
)

#: What conftest.py makes: it cannot be imported, and has the types.
Fixture: TypeAlias = Any

PASSWORD = "correct horse battery"
HOSTILE = [
    "<script>alert(1)</script>",
    "{{ 7777 * 7777 }}{% raw %}",
    "\u202eolleh",
    '"><img src=x onerror=alert(1)>',
    "زهرا & 'Co'",
]
_CODE = re.compile(r">([0-9a-z]{12})<")


def _last(desk: Fixture) -> Fixture:
    return desk.office.trail.entries(limit=1)[0]


def _add(browser: Fixture, **fields: Fixture) -> Fixture:
    fields = {"login": "new", "display_name": "New", "role": "cashier", **fields}
    fields.setdefault("branches", ["north"])
    return browser.send("/accounts/add", form="/accounts/add", **fields)


def test_an_owner_adds_an_account(desk: Fixture) -> None:
    """The first password is shown once, opens the account, and must be changed at once."""
    owner = desk.inside(Role.OWNER)
    page = _add(owner)
    assert page.status_code == 200
    found = _CODE.search(page.text)
    assert found is not None
    made = desk.office.accounts.by_login("new")
    assert (made.role, made.branches) == (Role.CASHIER, frozenset({BranchId("north")}))
    newcomer = desk.browser()
    assert newcomer.log_in("new", found.group(1)).status_code == 303
    assert newcomer.get("/").location == "/account/password"
    entry = _last(desk)
    assert (entry.actor.name, entry.action, entry.subject) == ("owner", "account.add", "new")
    assert entry.outcome is TrailOutcome.DONE
    assert entry.after["branches"] == "north"
    assert found.group(1) not in str(entry)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_only_names(desk: Fixture, name: str) -> None:
    """A name is text on every page that shows it, and in the trail."""
    owner = desk.inside(Role.OWNER)
    assert _add(owner, display_name=name).status_code == 200
    account_id = desk.office.accounts.by_login("new").account_id
    for path in ("/accounts", f"/accounts/{account_id}", "/trail"):
        page = owner.get(path).text
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "60481729" not in page or name != HOSTILE[1]
        assert "\u202e" not in page.replace(f'value="{name}"', "")


def test_a_giant_name_is_refused(desk: Fixture) -> None:
    """Ten thousand characters are no name and no sign-in name; nothing is added."""
    owner = desk.inside(Role.OWNER)
    for fields in ({"display_name": "x" * 10_000}, {"login": "x" * 10_000}):
        assert _add(owner, **fields).status_code == 422
    assert desk.office.accounts.by_login("new") is None


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"login": "owner"}, "is taken"),
        ({"login": "two words"}, "without spaces"),
        ({"branches": []}, "choose at least one"),
        ({"display_name": "\u0007"}, "Write a name"),
    ],
)
def test_a_refusal_stands_beside_its_field(
    desk: Fixture, fields: dict[str, Any], said: str
) -> None:
    """Whoever fills the form in wrongly is told what to do, and the trail has it."""
    page = _add(desk.inside(Role.OWNER), **fields)
    assert page.status_code == 422
    assert said in page.text
    assert _last(desk).outcome is TrailOutcome.REFUSED


def test_made_up_choices_are_refused(desk: Fixture) -> None:
    """A role or branch that the form did not offer is not taken."""
    owner = desk.inside(Role.OWNER)
    for fields in ({"role": "god"}, {"branches": ["nowhere"]}):
        assert _add(owner, **fields).status_code == 422
    assert desk.office.accounts.by_login("new") is None


def test_the_last_owner_stays(desk: Fixture) -> None:
    """The only owner can give their own role to nobody, and cannot disable themselves."""
    owner = desk.inside(Role.OWNER)
    account_id = desk.accounts[Role.OWNER].account_id
    path = f"/accounts/{account_id}"
    page = owner.send(path, form=path, display_name="Me", role="auditor")
    assert page.status_code == 422
    assert "last owner" in page.text
    owner.send(f"{path}/disable", form=path)
    assert desk.office.accounts.get(account_id).disabled is False
    assert owner.send(f"{path}/reset", form=path).status_code == 303
    assert desk.browser().log_in("owner").status_code == 303


def test_an_account_is_disabled_and_enabled(desk: Fixture) -> None:
    """Out at once, in again after; both stand in the trail."""
    owner, cashier = desk.inside(Role.OWNER), desk.inside(Role.CASHIER)
    path = f"/accounts/{desk.accounts[Role.CASHIER].account_id}"
    assert owner.send(f"{path}/disable", form=path).status_code == 303
    assert cashier.get("/account").status_code == 302
    assert (_last(desk).action, dict(_last(desk).after)) == ("account.disable", {"disabled": True})
    assert owner.send(f"{path}/enable", form=path).status_code == 303
    assert desk.browser().log_in("cashier").status_code == 303


def test_a_reset_lets_somebody_in_again(desk: Fixture) -> None:
    """A new first password, and without the lost telephone where the owner says so."""
    account_id = desk.accounts[Role.SUPPORT].account_id
    secret = desk.office.second_factors.propose(account_id)
    code = pyotp.TOTP(secret).at(desk.clock.unix_ms() // 1_000)
    desk.office.second_factors.confirm(account_id, code)
    owner, path = desk.inside(Role.OWNER), f"/accounts/{account_id}"
    for fields, target in (({}, "/login/code"), ({"second_factor": "y"}, "/")):
        page = owner.send(f"{path}/reset", form=path, **fields)
        found = _CODE.search(page.text)
        assert found is not None
        assert desk.browser().log_in("support", found.group(1)).location == target
        assert desk.browser().log_in("support").status_code == 422


def test_an_authenticator_is_set_up_and_removed(desk: Fixture) -> None:
    """Password, picture, first code, recovery codes; and away again with the password."""
    browser = desk.inside(Role.OWNER)
    begin = "/account/authenticator/begin"
    answer = browser.send(begin, form="/account", password="wrong password")
    assert answer.status_code == 422
    assert browser.get("/account/authenticator").location == "/account"
    assert browser.get("/account/authenticator/picture.svg").status_code == 404
    answer = browser.send(begin, form="/account", password=PASSWORD)
    assert answer.location == "/account/authenticator"
    picture = browser.get("/account/authenticator/picture.svg")
    assert picture.content_type == "image/svg+xml"
    assert picture.headers["Cache-Control"] == "no-store"
    assert b"<script" not in picture.data
    secret = desk.office.second_factors.proposed(desk.accounts[Role.OWNER].account_id)
    shown = browser.get("/account/authenticator").text
    assert " ".join(secret[at : at + 4] for at in range(0, 32, 4)) in shown
    path = "/account/authenticator"
    assert browser.send(path, form=path, code="000000").status_code == 422
    code = pyotp.TOTP(secret).at(desk.clock.unix_ms() // 1_000)
    page = browser.send(path, form=path, code=code)
    assert len(re.findall(r">[0-9a-z]{5}-[0-9a-z]{5}<", page.text)) == 10
    assert desk.browser().log_in("owner").location == "/login/code"
    page = browser.send("/account/recovery-codes", form="/account", password=PASSWORD)
    assert len(re.findall(r">[0-9a-z]{5}-[0-9a-z]{5}<", page.text)) == 10
    answer = browser.send("/account/authenticator/remove", form="/account", password=PASSWORD)
    assert answer.location == "/account"
    assert desk.browser().log_in("owner").location == "/"
    actions = [entry.action for entry in desk.office.trail.entries()]
    assert actions[0] == "account.authenticator.remove"
    assert secret not in str(desk.office.trail.entries())


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"new": "short", "again": "short"}, "at least 10"),
        ({"new": "qwertyuiop", "again": "qwertyuiop"}, "Too many people"),
        ({"new": "long enough one", "again": "another long one"}, "not the same"),
        ({"new": PASSWORD, "again": PASSWORD}, "already"),
        ({"password": "wrong password"}, "not your password"),
        ({"new": "", "again": ""}, "fill this in"),
    ],
)
def test_a_password_that_is_not_taken(desk: Fixture, fields: dict[str, str], said: str) -> None:
    """Each mistake is named beside its field, and the old password stays."""
    browser = desk.inside(Role.OWNER)
    good = {"password": PASSWORD, "new": "a fine new one", "again": "a fine new one"}
    page = browser.send("/account/password", form="/account/password", **{**good, **fields})
    assert page.status_code == 422
    assert said in page.text
    assert desk.browser().log_in("owner").status_code == 303


def test_a_language_of_ones_own(desk: Fixture) -> None:
    """An account's pages speak its language from the next page on."""
    browser = desk.inside(Role.OWNER)
    assert 'lang="en"' in browser.get("/account").text
    assert browser.send("/account/language", form="/account", language="fa").status_code == 303
    page = browser.get("/account").text
    assert 'dir="rtl"' in page
    assert "حساب شما" in page
    assert browser.send("/account/language", form="/account", language="xx").status_code == 400


def test_the_trail_is_filtered_and_paged(desk: Fixture) -> None:
    """By account and by action; strange filters show nothing or everything, never a fault."""
    owner = desk.inside(Role.OWNER)
    for number in range(120):
        actor = Actor(account_id=desk.accounts[Role.OWNER].account_id, name="owner")
        action = "card.block" if number % 2 else "member.edit"
        desk.office.trail.begin(
            account=actor, action=action, subject=f"subject-{number}", before={"n": number}
        )
    page = owner.get("/trail").text
    assert "subject-119" in page
    assert "subject-69" not in page
    assert "Unknown: look" in page
    following = re.search(r'rel="next" href="([^"]+)"', page)
    assert following is not None
    assert "subject-69" in owner.get(following.group(1).replace("&amp;", "&")).text
    page = owner.get("/trail?action=card.block").text
    assert "subject-119" in page
    assert "subject-118" not in page
    assert "subject-119" not in owner.get("/trail?account=999").text
    for query in ("account=x", "before=-1", "before=9" + "9" * 40, "action=%00", "account=۱۲"):
        assert owner.get(f"/trail?{query}").status_code == 200


def test_an_auditor_reads_the_trail_and_changes_nothing(desk: Fixture) -> None:
    """The trail is there, the accounts are not."""
    auditor = desk.inside(Role.AUDITOR)
    assert auditor.get("/trail").status_code == 200
    assert auditor.get("/accounts").status_code == 403


def test_every_code_has_words(desk: Fixture) -> None:
    """Roles, refusals and outcomes are words in both languages, different ones."""
    said: dict[str, list[str]] = {}
    for language in ("en", "fa"):
        with desk.app.test_request_context(headers={"Accept-Language": language}):
            said[language] = [
                *(words_of_role(role) for role in Role),
                *(words_of_duty(role) for role in Role),
                *(words_of_refusal(one) for one in AccountRefusal),
                *(words_of_outcome(one) for one in (*TrailOutcome, None)),
            ]
            assert len(set(said[language])) == len(said[language])
    assert not set(said["en"]) & set(said["fa"])


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140 Safari/537.36 Edg/140.0", "Edge · Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Safari/604", "Safari · iPhone"),
        ("Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko Firefox/140.0", "Firefox · Android"),
        ("curl/8.5", "curl/8.5"),
        ("", ""),
    ],
)
def test_browsers_have_short_names(agent: str, words: str) -> None:
    """People recognise their browser and machine; an unknown one is shown as it says."""
    assert words_of_device(agent) == words
