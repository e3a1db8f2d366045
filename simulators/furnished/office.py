"""The furnished office: accounts of every role, profiles, decisions, a trail, tokens, backups."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import pyotp

from gateway.backup.contents import BACKUPS_FOLDER
from gateway.backup.take import take
from gateway.errors import MohrError
from gateway.office.account import Account
from gateway.office.accounts import Profile
from gateway.office.decisions import SubjectKind, Verdict
from gateway.office.house import House
from gateway.office.organisation import Organisation
from gateway.office.profile import CheckedProfile, TypedProfile, check_profile
from gateway.office.roles import BRANCH_ROLES, Role
from gateway.office.store import OfficeStore
from gateway.office.tokens import TokenScope
from gateway.office.trail import Actor, TrailOutcome
from simulators.furnished.counters import TAJRISH
from simulators.furnished.names import HOSTILE, names, phone
from simulators.furnished.past import Past

#: Of every account of the furnished house; it stands in no list of common ones.
PASSWORD: Final = "orange blossom 1405"  # noqa: S105 - everybody may know it
#: Login, name, role, language. Who reads Persian and who English, both may do everything.
_PEOPLE: Final = (
    ("mina", "مینا صدری", Role.OWNER, "fa"),
    ("owen", "Owen Clarke", Role.OWNER, "en"),
    ("maryam", "مریم توکلی", Role.MANAGER, "fa"),
    ("cyrus", "کوروش ایزدی", Role.CASHIER, "fa"),
    ("sara", HOSTILE[0], Role.SUPPORT, "fa"),
    ("ivan", "Ivan Petrov", Role.INTEGRATOR, "en"),
    ("audrey", HOSTILE[3], Role.AUDITOR, "en"),
)
#: Members without a profile, by their number: some of those who have no telling name.
NAMELESS: Final = range(13, 64, 5)
OWNERS: Final = {"fa": "mina", "en": "owen"}
#: Who is asked for a code after the password.
WITH_CODE: Final = "maryam"

_EVERY_SCOPE: Final = frozenset(TokenScope)
_TYPED: Final = (
    TypedProfile(birthday="1370/05/12", language="fa", show_name=True, messages=True),
    TypedProfile(birthday="1988-02-29", language="en", note="گلوتن نمی‌خورد <b>!</b>"),
    TypedProfile(note="prefers window seats\nتخفیف کارمندی"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficePast:
    """What only its makers know.

    Attributes:
        code_secret: of the authenticator of ``WITH_CODE``.
        token: opens the HTTP API.
    """

    code_secret: str
    token: str


def furnish_office(house: House, past: Past) -> OfficePast:
    """Fill a new office.

    Raises:
        MohrError: if something is not taken.
    """
    office = house.office
    now_ms = house.clock.unix_ms()
    office.organisation.save(Organisation(name="کافه نارنج", colour="#b3541e"))
    accounts = {person[0]: _account(office, *person) for person in _PEOPLE}
    secret = _second_factor(office, accounts[WITH_CODE], now_ms)
    _profiles(house, past, now_ms)
    _decisions(house, now_ms)
    _trail(office, accounts["mina"], past)
    token = office.tokens.make(
        name="accounting", scopes=_EVERY_SCOPE, created_by="mina", expires_at_ms=None
    )
    ended = office.tokens.make(
        name=HOSTILE[0],
        scopes=frozenset({TokenScope.TERMINALS_READ}),
        created_by="ivan",
        expires_at_ms=now_ms + 86_400_000,
    )
    office.tokens.revoke(ended.token.token_id)
    take(house.data_dir, house.data_dir / BACKUPS_FOLDER, now_ms, None)
    return OfficePast(code_secret=secret, token=token.text)


def _account(
    office: OfficeStore, login: str, display_name: str, role: Role, language: str
) -> Account:
    branches = frozenset({TAJRISH}) if role in BRANCH_ROLES else frozenset()
    profile = Profile(display_name=display_name, role=role, branches=branches)
    made = office.accounts.add(
        login, profile, PASSWORD, language=language, must_change_password=False
    )
    if not isinstance(made, Account):
        raise MohrError(f"the account {login} was not taken: {made}")
    return made


def _second_factor(office: OfficeStore, account: Account, now_ms: int) -> str:
    secret = office.second_factors.propose(account.account_id)
    code = pyotp.TOTP(secret).at(now_ms // 1_000)
    if office.second_factors.confirm(account.account_id, code) is None:
        raise MohrError("the authenticator's first code was not taken")
    return secret


def _profiles(house: House, past: Past, now_ms: int) -> None:
    """Give most members a name and a telephone; some are known to the ledger only."""
    today = datetime.fromtimestamp(now_ms / 1_000, UTC).date()
    dice = random.Random(len(past.cards))
    for number, (card, name) in enumerate(
        zip(past.cards, names(dice, len(past.cards)), strict=True)
    ):
        member = house.ledger.balance_of_card(card.token)
        if member is None or number in NAMELESS:
            continue
        about = _TYPED[number % len(_TYPED)]
        typed = TypedProfile(
            name=name,
            phone=phone(number),
            birthday=about.birthday,
            language=about.language,
            show_name=about.show_name,
            messages=about.messages,
            note=about.note,
        )
        checked = check_profile(typed, today)
        if not isinstance(checked, CheckedProfile):
            raise MohrError(f"a profile was not taken: {checked.problems}")
        house.office.people.save(member.member_id, member.branch, checked, now_ms)


def _decisions(house: House, now_ms: int) -> None:
    suspect = house.ledger.quarantine()[-1]
    house.office.decisions.record(
        SubjectKind.QUARANTINE,
        f"{suspect.payload_hash.hex()}:{suspect.reason}",
        Verdict.KEPT,
        note="asked the shop, see e-mail of Tuesday",
        account="mina",
        at_ms=now_ms,
    )


def _trail(office: OfficeStore, account: Account, past: Past) -> None:
    """Three entries that differ in how they ended: done, refused, and nobody knows."""
    actor = Actor(account_id=account.account_id, name=account.login)
    outcomes: tuple[TrailOutcome | None, ...] = (TrailOutcome.DONE, TrailOutcome.REFUSED, None)
    for outcome in outcomes:
        entry = office.trail.begin(
            account=actor,
            action="card.block",
            subject=past.blocked.token.hex()[:8],
            before={"state": "active"},
        )
        if outcome is not None:
            office.trail.finish(entry, outcome=outcome, after={"state": "blocked"}, detail="")
