"""What accounts, wallets and ledgers are called, and how accounts are numbered.

Every unit has a ledger of its own: the programme's points, the stored credit of each currency and
the gift cards of each currency. A ledger has one set of system accounts; a wallet has three
accounts in one ledger. Numbers are given out in four ranges, so that the range tells what an
account is and each is numbered without a look at the others:

============================= ==================================================================
from 1 on                     the first five system accounts of the points, as they always were
from 6 on                     two for each member's points, in the order of enrolment
a million millions above that the third of each member's, for points that cannot be spent yet
``SYSTEM_BASE``               every other system account
``OTHER_BASE``                three for each other wallet
============================= ==================================================================
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from gateway.ledger.errors import NotLoadedError
from gateway.ledger.kinds import SystemAccount
from gateway.ledger.rows import AccountRow
from gateway.model.ids import MemberId, WalletId
from gateway.model.rules.earning import Unit

#: What the first programme opened before there were other units: the numbers 1 to 5.
EARLIEST: Final = (
    SystemAccount.ISSUED,
    SystemAccount.REDEEMED,
    SystemAccount.CLAWED_BACK,
    SystemAccount.SUSPENSE,
    SystemAccount.SHORTFALL,
)
#: Where a currency became another one: no ledger has them that never saw that.
OF_SUCCESSIONS: Final = (SystemAccount.REDENOMINATED, SystemAccount.ROUNDED)
#: What every ledger has.
EVERYWHERE: Final = tuple(one for one in SystemAccount if one not in OF_SUCCESSIONS)
#: The first member's accounts follow them; a member has two here, the spendable one first.
FIRST_MEMBER_ACCOUNT: Final = len(EARLIEST) + 1
PENDING_BASE: Final = 10**12
SYSTEM_BASE: Final = 2 * 10**12
OTHER_BASE: Final = 3 * 10**12

_POINTS: Final = "PTS:"
_CREDIT: Final = "CR"
_PARTS: Final = ("available", "held", "pending")


# -- ledgers ----------------------------------------------------------------------------------


def points_ledger_name(programme: str) -> str:
    """Name the ledger that a programme's points are counted in."""
    return f"{_POINTS}{programme}"


def credit_ledger_name(currency: str) -> str:
    """Name the ledger of stored credit in a currency."""
    return f"{_CREDIT}:{currency}"


def gift_ledger_name(currency: str) -> str:
    """Name the ledger of gift cards in a currency."""
    return f"GC:{currency}"


def unit_of_ledger(name: str) -> Unit:
    """What a member's wallet in a ledger counts: points, or minor units of money."""
    return Unit.POINTS if name.startswith(_POINTS) else Unit.CREDIT


@dataclass(frozen=True, slots=True)
class UnitLedger:
    """One unit's ledger and the numbers of its system accounts."""

    name: str
    accounts: Mapping[SystemAccount, int]


@dataclass(frozen=True, slots=True)
class Ledgers:
    """Every ledger that there is.

    Attributes:
        by_name: the ledgers.
        home: the ledger's name by the number of its system account.
        points: the points' ledger; None before the first programme.
    """

    by_name: Mapping[str, UnitLedger] = field(default_factory=dict)
    home: Mapping[int, str] = field(default_factory=dict)
    points: UnitLedger | None = None

    def system(self, ledger: str, account: SystemAccount) -> int:
        """The number of a system account.

        Raises:
            NotLoadedError: if there is no such ledger.
        """
        found = self.by_name.get(ledger)
        if found is None:
            raise NotLoadedError(f"there is no ledger {ledger!r}")
        return found.accounts[account]


def ledgers_of(rows: Iterable[AccountRow]) -> Ledgers:
    """Sort system accounts by their ledgers."""
    accounts: dict[str, dict[SystemAccount, int]] = {}
    for row in rows:
        accounts.setdefault(row.ledger, {})[SystemAccount(row.name)] = row.account_id
    by_name = {name: UnitLedger(name, numbers) for name, numbers in accounts.items()}
    return Ledgers(
        by_name=by_name,
        home={number: one.name for one in by_name.values() for number in one.accounts.values()},
        points=next((one for name, one in by_name.items() if name.startswith(_POINTS)), None),
    )


def opened_ledgers(
    known: Ledgers, programme: str, currency: str, *, before: str | None = None
) -> list[AccountRow]:
    """Make the system accounts that a programme still lacks.

    Args:
        known: the ledgers that there are.
        programme: the programme's name.
        currency: the code of its currency.
        before: the code of the currency that it takes the place of. Only the ledgers of such
            two have the accounts in ``OF_SUCCESSIONS``.
    """
    points = points_ledger_name(programme)
    wanted = dict.fromkeys(
        (points, credit_ledger_name(currency), gift_ledger_name(currency)), EVERYWHERE
    )
    for code in () if before is None else (currency, before):
        for name in (credit_ledger_name(code), gift_ledger_name(code)):
            wanted[name] = tuple(SystemAccount)
    number = max((one for one in known.home if one > SYSTEM_BASE), default=SYSTEM_BASE)
    rows = []
    for name, accounts in wanted.items():
        there = known.by_name[name].accounts if name in known.by_name else {}
        for account in accounts:
            if account in there:
                continue
            if name == points and account in EARLIEST:
                account_id = EARLIEST.index(account) + 1
            else:
                number += 1
                account_id = number
            rows.append(AccountRow(account_id=account_id, ledger=name, name=account.value))
    return rows


# -- wallets ----------------------------------------------------------------------------------


def points_wallet_id(member_id: MemberId) -> WalletId:
    """Name the wallet of a member's own points."""
    return WalletId(member_id)


def credit_wallet_id(member_id: MemberId, currency: str) -> WalletId:
    """Name the wallet of a member's stored credit; each currency has its own."""
    return WalletId(f"credit:{currency}:{member_id}")


def gift_wallet_id(random_hex: str) -> WalletId:
    """Name the wallet of a gift card; the card's token must not be found in its name."""
    return WalletId(f"gift:{random_hex}")


def gift_wallet_stem(wallet_id: WalletId) -> WalletId:
    """The name of the wallet that a gift card was issued with, by that of any it had since."""
    return WalletId(":".join(wallet_id.split(":")[:2]))


def is_same_gift_card(wallet_id: WalletId, other: WalletId | None) -> bool:
    """Whether two wallets are of one gift card, in whatever currencies."""
    return other is not None and gift_wallet_stem(wallet_id) == gift_wallet_stem(other)


def gift_wallet_after(wallet_id: WalletId, currency: str) -> WalletId:
    """Name a gift card's wallet in another currency than the one that it was issued in."""
    return WalletId(f"{gift_wallet_stem(wallet_id)}:{currency}")


def wallet_names_of(ledger: str) -> str:
    """How the names of all wallets in a ledger of money begin, and none of another kind's."""
    kind, _, currency = ledger.partition(":")
    return f"credit:{currency}:" if kind == _CREDIT else "gift:"


def wallets_beside(wallet_id: WalletId, currencies: Iterable[str]) -> set[WalletId]:
    """Name the wallets that whoever has one of money may have in other currencies, and this one."""
    kind, _, rest = wallet_id.partition(":")
    if kind == "credit":
        member_id = MemberId(rest.partition(":")[2])
        return {wallet_id, *(credit_wallet_id(member_id, one) for one in currencies)}
    if kind == "gift":
        stem = gift_wallet_stem(wallet_id)
        return {wallet_id, stem, *(gift_wallet_after(stem, one) for one in currencies)}
    return {wallet_id}


def currency_of_ledger(name: str) -> str | None:
    """The code of the currency that a ledger counts; None for points."""
    return None if name.startswith(_POINTS) else name.partition(":")[2]


def household_wallet_id(random_hex: str) -> WalletId:
    """Name the wallet of a household."""
    return WalletId(f"house:{random_hex}")


@dataclass(frozen=True, slots=True)
class WalletAccounts:
    """The three accounts of one wallet, in the order of ``available``, ``held``, ``pending``."""

    numbers: tuple[int, int, int]
    rows: tuple[AccountRow, ...]


def member_accounts(wallet_id: WalletId, ledger: str, last: int) -> WalletAccounts:
    """Number the accounts of a new member's points.

    Args:
        wallet_id: the wallet, named like the member.
        ledger: the points' ledger.
        last: the last number given out in this range, below ``FIRST_MEMBER_ACCOUNT`` for none.
    """
    available = max(last + 1, FIRST_MEMBER_ACCOUNT)
    numbers = (available, available + 1, pending_account(available))
    return _accounts(f"member:{wallet_id}", ledger, numbers)


def pending_account(available_account: int) -> int:
    """The number of a member's third account, by the number of the first."""
    return PENDING_BASE + available_account


def other_accounts(wallet_id: WalletId, ledger: str, last: int) -> WalletAccounts:
    """Number the accounts of any other new wallet.

    Args:
        wallet_id: the wallet.
        ledger: its ledger.
        last: the last number given out in this range, 0 for none.
    """
    first = max(last, OTHER_BASE) + 1
    return _accounts(wallet_id, ledger, (first, first + 1, first + 2))


def _accounts(stem: str, ledger: str, numbers: tuple[int, int, int]) -> WalletAccounts:
    rows = tuple(
        AccountRow(account_id=number, ledger=ledger, name=f"{stem}:{part}")
        for number, part in zip(numbers, _PARTS, strict=True)
    )
    return WalletAccounts(numbers, rows)


def is_system(account_id: int) -> bool:
    """Whether a number is in a range of system accounts."""
    return account_id < FIRST_MEMBER_ACCOUNT or SYSTEM_BASE < account_id < OTHER_BASE
