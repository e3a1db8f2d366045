"""Versions in another currency: which may be opened, and which accounts that opens."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.ledger.accounts import (
    EVERYWHERE,
    currency_of_ledger,
    gift_wallet_after,
    gift_wallet_stem,
    is_same_gift_card,
    wallets_beside,
)
from gateway.ledger.errors import AdministrationError
from gateway.ledger.kinds import SystemAccount
from gateway.ledger.memory_store import MemoryLedgerStore
from gateway.ledger.sql_store import SqlLedgerStore
from gateway.ledger.store import LedgerStore
from gateway.model.ids import WalletId
from gateway.model.money import EUR, IRR, Currency
from gateway.model.programme import Programme
from gateway.model.rules.succession import Succession

IRT = Currency(code="IRT", exponent=2)
FIRST = Programme(
    name="shop",
    version=1,
    effective_from_ms=0,
    currency=IRR,
    earn_points=1,
    earn_per_minor=10_000,
    redeem_points=1,
    redeem_value_minor=1_000,
)
SECOND = replace(
    FIRST,
    version=2,
    effective_from_ms=1_000,
    currency=IRT,
    succeeds=Succession(currency=IRR, old_units_per_unit=10_000),
)


@pytest.fixture(params=["sqlite", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LedgerStore]:
    """Each kind of store, empty."""
    kept: LedgerStore = (
        SqlLedgerStore(tmp_path / "ledger.db") if request.param == "sqlite" else MemoryLedgerStore()
    )
    yield kept
    kept.close()


def test_a_successor_opens_its_ledgers(store: LedgerStore) -> None:
    """Both currencies have all system accounts from then on, and the points lack two for ever."""
    store.add_programme(FIRST)
    store.add_programme(SECOND)
    with store.batch() as batch:
        ledgers = batch.ledgers()
    both = {"CR:IRR", "GC:IRR", "CR:IRT", "GC:IRT"}
    assert set(ledgers.by_name) == {"PTS:shop", *both}
    assert all(set(ledgers.by_name[name].accounts) == set(SystemAccount) for name in both)
    assert set(ledgers.by_name["PTS:shop"].accounts) == set(EVERYWHERE)
    assert len(ledgers.home) == len(EVERYWHERE) + 4 * len(SystemAccount)
    assert store.programmes() == (FIRST, SECOND)


def test_a_later_version_may_drop_the_section_or_keep_it(store: LedgerStore) -> None:
    """What the currency before was is a fact; whether it is still said is a choice."""
    store.add_programme(FIRST)
    store.add_programme(SECOND)
    store.add_programme(replace(SECOND, version=3, effective_from_ms=2_000, succeeds=None))
    store.add_programme(replace(SECOND, version=4, effective_from_ms=3_000))
    assert len(store.programmes()) == 4


@pytest.mark.parametrize(
    ("versions", "problem"),
    [
        ([SECOND], "the next programme version"),
        ([replace(SECOND, version=1)], "takes the place of no currency"),
        ([FIRST, replace(SECOND, succeeds=None)], r"needs \[redenomination\] with from = 'IRR'"),
        (
            [
                FIRST,
                replace(SECOND, succeeds=Succession(currency=EUR, old_units_per_unit=10_000)),
            ],
            r"needs \[redenomination\]",
        ),
        (
            [
                FIRST,
                SECOND,
                replace(
                    SECOND,
                    version=3,
                    effective_from_ms=2_000,
                    succeeds=Succession(currency=IRR, old_units_per_unit=1_000),
                ),
            ],
            "stays as it was there",
        ),
        (
            [
                FIRST,
                SECOND,
                replace(
                    FIRST,
                    version=3,
                    effective_from_ms=2_000,
                    succeeds=Succession(currency=IRT, old_units_per_unit=1),
                ),
            ],
            "never comes back",
        ),
    ],
)
def test_what_cannot_follow_is_refused(
    store: LedgerStore, versions: list[Programme], problem: str
) -> None:
    """A currency without its predecessor, another rate, a return of the old: each says why."""
    *before, wrong = versions
    for programme in before:
        store.add_programme(programme)
    with pytest.raises(AdministrationError, match=problem):
        store.add_programme(wrong)
    assert len(store.programmes()) == len(before)


def test_wallets_of_one_owner_are_named_alike() -> None:
    """From any wallet of money the names of all that its owner may have are found."""
    credit, gift = WalletId("credit:IRR:abc"), WalletId("gift:def")
    assert wallets_beside(credit, ["IRR", "IRT"]) == {credit, WalletId("credit:IRT:abc")}
    later = gift_wallet_after(gift, "IRT")
    assert gift_wallet_stem(later) == gift
    assert is_same_gift_card(later, gift)
    assert not is_same_gift_card(gift, None)
    assert wallets_beside(later, ["IRR", "IRT"]) == {gift, gift_wallet_after(gift, "IRR"), later}
    assert wallets_beside(WalletId("abc"), ["IRR"]) == {WalletId("abc")}
    assert (currency_of_ledger("CR:IRR"), currency_of_ledger("PTS:shop")) == ("IRR", None)
