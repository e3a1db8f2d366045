"""Accounts: names, passwords, roles, and the owner who must remain."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model.ids import BranchId
from gateway.office.account import Account, clean_name, normal_login
from gateway.office.accounts import AccountRefusal, Profile
from gateway.office.passwords import HashCost, Passwords, Weakness, weakness
from gateway.office.roles import Role
from gateway.office.store import OfficeStore
from simulators.clock import VirtualClock

CHEAP = HashCost(memory_kib=8, passes=1)
GOOD = "correct horse battery"
OWNER = Profile(display_name="Owner", role=Role.OWNER)


@pytest.fixture
def office(tmp_path: Path) -> OfficeStore:
    """A store with cheap hashes."""
    return OfficeStore(tmp_path / "office.db", VirtualClock(unix_ms=1_000_000), cost=CHEAP)


def _add(office: OfficeStore, login: str, profile: Profile = OWNER) -> Account:
    made = office.accounts.add(login, profile, GOOD, language="fa", must_change_password=False)
    assert isinstance(made, Account), made
    return made


@given(st.text(max_size=80))
def test_a_normal_login_is_at_rest(text: str) -> None:
    """Bringing a login to its normal form twice changes nothing, whatever was typed."""
    once = normal_login(text)
    if once is not None:
        assert normal_login(once) == once
        assert 1 <= len(once) <= 64
        assert not any(sign.isspace() for sign in once)


@given(st.text(alphabet=st.characters(categories=["Lu", "Ll", "Nd"]), min_size=1, max_size=20))
def test_case_does_not_matter(text: str) -> None:
    """A login in capitals or with spaces around it is the same login."""
    assert normal_login(f"  {text} ") == normal_login(text)
    if text.isascii():
        assert normal_login(text.upper()) == normal_login(text.lower())


@pytest.mark.parametrize(
    ("typed", "normal"),
    [
        ("Ali", "ali"),
        ("علي", "علی"),
        ("كاظم", "کاظم"),
        ("کارمند۱۲", "کارمند12"),
        ("ali@example.com", "ali@example.com"),
        ("\u202eali", "ali"),
        ("ａｌｉ", "ali"),
        ("a b", None),
        ("", None),
        ("   ", None),
        ("<script>", None),
        ("x" * 65, None),
        ("x" * 10_000, None),
        ("ali\x00", None),
        ("{{7*7}}", None),
    ],
)
def test_logins_have_one_form(typed: str, normal: str | None) -> None:
    """Other keyboards' letters are folded; what could be markup is no login."""
    assert normal_login(typed) == normal


def test_names_are_bounded_and_bare() -> None:
    """A person's name keeps its script and loses control characters; a giant one is refused."""
    assert clean_name("  زهرا \n\t احمدی ") == "زهرا احمدی"
    assert clean_name("<b>&{{x}}</b>") == "<b>&{{x}}</b>"
    assert clean_name("a\x00b") == "a b"
    assert clean_name("x" * 81) is None
    assert clean_name("x" * 10_000) is None
    assert clean_name("\x07") is None


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("short", Weakness.SHORT),
        ("nine char", Weakness.SHORT),
        ("x" * 257, Weakness.LONG),
        ("password123", Weakness.COMMON),
        ("PassWord123", Weakness.COMMON),
        ("aaaaaaaaaaaaaaa", Weakness.COMMON),
        ("shopkeeper", Weakness.LIKE_LOGIN),
        ("repeekpohs", Weakness.LIKE_LOGIN),
        ("ten  chars", None),
        ("سلام بر همه مردم", None),
        ("x1" * 128, Weakness.COMMON),
    ],
)
def test_the_password_policy(password: str, reason: Weakness | None) -> None:
    """Length, the well-known and the login count; the kinds of signs do not."""
    assert weakness(password, "shopkeeper") == reason


def test_an_account_is_added_and_logs_in(office: OfficeStore) -> None:
    """The right password opens an account by any spelling of its login; a wrong one does not."""
    made = _add(office, "Zahra")
    assert made.login == "zahra"
    assert office.accounts.check_password("ZAHRA", GOOD) == made
    assert office.accounts.check_password("zahra", f"{GOOD}!") is None
    assert office.accounts.check_password("nobody", GOOD) is None
    assert office.accounts.check_password("", "") is None
    assert office.accounts.check_password("zahra", "x" * 100_000) is None


def test_a_login_is_taken_once(office: OfficeStore) -> None:
    """Two accounts cannot have logins that read the same."""
    _add(office, "علی")
    again = office.accounts.add("علي", OWNER, GOOD, language="fa", must_change_password=False)
    assert again is AccountRefusal.LOGIN_TAKEN


@pytest.mark.parametrize(
    ("login", "profile", "password", "refusal"),
    [
        ("a b", OWNER, GOOD, AccountRefusal.BAD_LOGIN),
        ("ali", Profile(display_name=" ", role=Role.OWNER), GOOD, AccountRefusal.BAD_NAME),
        ("ali", Profile(display_name="x", role=Role.CASHIER), GOOD, AccountRefusal.NO_BRANCH),
        ("ali", OWNER, "short", AccountRefusal.PASSWORD_SHORT),
        ("ali", OWNER, "x" * 300, AccountRefusal.PASSWORD_LONG),
        ("ali", OWNER, "qwertyuiop", AccountRefusal.PASSWORD_COMMON),
        ("long-login", OWNER, "LONG-LOGIN", AccountRefusal.PASSWORD_LIKE_LOGIN),
    ],
)
def test_what_cannot_be_an_account(
    office: OfficeStore, login: str, profile: Profile, password: str, refusal: AccountRefusal
) -> None:
    """Each refusal names its reason and adds nothing."""
    made = office.accounts.add(login, profile, password, language="fa", must_change_password=False)
    assert made is refusal
    assert office.accounts.all() == []


def test_branches_belong_to_roles_with_branches(office: OfficeStore) -> None:
    """A cashier has branches; an auditor sees all, whatever was chosen."""
    some = frozenset({BranchId("north"), BranchId("south")})
    cashier = _add(office, "c", Profile(display_name="C", role=Role.CASHIER, branches=some))
    auditor = _add(office, "a", Profile(display_name="A", role=Role.AUDITOR, branches=some))
    assert cashier.branches == some
    assert auditor.branches is None
    assert {one.login: one.branches for one in office.accounts.all()} == {"a": None, "c": some}
    changed = office.accounts.change(
        cashier.account_id, Profile(display_name="C", role=Role.AUDITOR, branches=some)
    )
    assert isinstance(changed, Account)
    assert changed.branches is None


def test_the_last_owner_remains(office: OfficeStore) -> None:
    """The last owner who may log in can be neither disabled nor given another role."""
    assert not office.accounts.has_owner()
    first = _add(office, "first")
    auditor = Profile(display_name="A", role=Role.AUDITOR)
    accounts = office.accounts
    assert accounts.has_owner()
    assert accounts.set_disabled(first.account_id, disabled=True) is AccountRefusal.LAST_OWNER
    assert accounts.change(first.account_id, auditor) is AccountRefusal.LAST_OWNER
    second = _add(office, "second")
    assert isinstance(accounts.set_disabled(second.account_id, disabled=True), Account)
    assert accounts.change(first.account_id, auditor) is AccountRefusal.LAST_OWNER
    assert isinstance(accounts.set_disabled(second.account_id, disabled=False), Account)
    assert isinstance(accounts.change(first.account_id, auditor), Account)
    assert accounts.set_disabled(second.account_id, disabled=True) is AccountRefusal.LAST_OWNER


def test_a_disabled_account_opens_nothing(office: OfficeStore) -> None:
    """The right password of a disabled account is like a wrong one."""
    _add(office, "first")
    second = _add(office, "second")
    office.accounts.set_disabled(second.account_id, disabled=True)
    assert office.accounts.check_password("second", GOOD) is None


def test_a_password_is_changed(office: OfficeStore) -> None:
    """The new password opens the account and the old one does not."""
    made = _add(office, "first")
    set_password = office.accounts.set_password
    refusal = set_password(made.account_id, "first", must_change_password=False)
    assert refusal is AccountRefusal.PASSWORD_SHORT
    assert set_password(made.account_id, "another long one", must_change_password=True) is None
    assert office.accounts.check_password("first", GOOD) is None
    changed = office.accounts.check_password("first", "another long one")
    assert changed is not None
    assert changed.must_change_password
    assert set_password(99, GOOD, must_change_password=False) is AccountRefusal.UNKNOWN


def test_hashes_follow_their_cost(tmp_path: Path) -> None:
    """A login under another cost makes the hash anew, and the password stays right."""
    clock = VirtualClock(unix_ms=1_000)
    old = OfficeStore(tmp_path / "office.db", clock, cost=CHEAP)
    _add(old, "first")
    dearer = HashCost(memory_kib=16, passes=2)
    new = OfficeStore(tmp_path / "office.db", clock, cost=dearer)

    def kept() -> str:
        with new.accounts._database.reading() as connection:
            return str(connection.exec_driver_sql("SELECT password_hash FROM account").scalar_one())

    assert "m=8,t=1" in kept()
    assert new.accounts.check_password("first", GOOD) is not None
    assert "m=16,t=2" in kept()
    assert new.accounts.check_password("first", GOOD) is not None


def test_a_login_that_nobody_has_costs_a_hash() -> None:
    """Without an account the same comparison is made, and fails even for the stand-in's text."""
    passwords = Passwords(CHEAP)
    assert not passwords.matches(None, "nobody has this password")
    assert not passwords.matches(None, "anything")
    assert passwords.matches(passwords.hash("é" * 10), "e\u0301" * 10)


def test_the_default_cost_is_what_owasp_asks_for() -> None:
    """19 MiB and two passes of Argon2id, by the hash itself."""
    assert Passwords(HashCost()).hash(GOOD).startswith("$argon2id$v=19$m=19456,t=2,p=1$")
