"""Nights in slices: broken off, run again, run late, run by two gateways, and cut in any way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.ledger.batch import LedgerBatch
from gateway.ledger.errors import StoreFullError
from gateway.ledger.kinds import JournalKind, PostingKind
from gateway.ledger.memory_store import MemoryLedgerStore
from gateway.ledger.row import Row
from gateway.ledger.row_types import ROW_TYPES
from gateway.ledger.rows import JournalRow, PostingRow
from gateway.ledger.rows_intake import Tally, TallyRow
from gateway.ledger.rows_members import WalletRow
from gateway.ledger.shelf import ChangeSet
from gateway.ledger.store import LedgerStore
from gateway.model.ids import MemberId
from gateway.model.rules.expiry import Expiry, ExpiryKind
from gateway.model.rules.rules import Rules
from gateway.model.rules.settings import Settings
from gateway.model.rules.stored_value import AutoRedeem, CreditPolicy
from gateway.model.rules.tiers import Downgrade, TierBasis, TierLevel, TierScheme
from gateway.writer.decision import AlarmKind
from gateway.writer.night import NightSlice
from gateway.writer.night_note import NightScope, decode_night_note
from gateway.writer.settings import WriterSettings
from gateway.writer.writer import Writer
from simulators.rules_shop import DAY_MS, Purse, RulesShop, club

ONE_DAY = Expiry(kind=ExpiryKind.DAYS, count=1)
MEMBERS = ("ada", "bob", "eve")
RICH = Rules(
    expiry=ONE_DAY,
    pending_days=1,
    auto_redeem=AutoRedeem(points=100, credit_minor=500),
    credit=CreditPolicy(earned_expiry=ONE_DAY, balance_maximum_minor=1_000),
    tiers=TierScheme(basis=TierBasis.POINTS_EARNED, levels=(TierLevel(id="silver", threshold=60),)),
)


def night_of(day: date) -> int:
    """Three in the morning in Greenwich."""
    return int(datetime(day.year, day.month, day.day, 3, tzinfo=UTC).timestamp()) * 1_000


def run(shop: RulesShop, budget: int = 100) -> list[JournalRow]:
    """Run every night that is due; say which rows they made."""
    before = len(shop.journal())
    while shop.writer.night(shop.now_ms, budget).left:
        shop.check()
    shop.check()
    return shop.journal()[before:]


def marks(shop: RulesShop) -> dict[Tally, int]:
    """What the ledger knows of its nights."""
    return {row.name: row.value for row in shop.rows(TallyRow)}


def busy(store: LedgerStore, rules: Rules = RICH) -> RulesShop:
    """Three members with lots that begin, lapse, turn into credit, and are empty."""
    shop = RulesShop(store, club(rules))
    till = shop.till()
    for number, name in enumerate(MEMBERS):
        shop.do(till.sell(name, f"{name} 1", 25_000 - 9_000 * number))
        shop.do(till.sell(name, f"{name} 2", 5_000 + 1_000 * number))
    return shop


# -- broken off, and run again ------------------------------------------------------------------


def test_a_night_goes_on_where_it_broke_off(store: LedgerStore) -> None:
    """With a new gateway after every slice the night comes to what one slice would have done."""
    whole = busy(MemoryLedgerStore())
    cut = busy(store)
    for shop in (whole, cut):
        shop.now_ms = night_of(date(2027, 1, 16))
    rows = run(whole)
    before = len(cut.journal())
    while cut.writer.night(cut.now_ms, 1).left:
        cut.check()
        cut.restart()
    made = cut.journal()[before:]
    assert [row.points for row in made] == [row.points for row in rows]
    for name in MEMBERS:
        assert (cut.points(name), cut.credit(name)) == (whole.points(name), whole.credit(name))
    assert marks(cut) == {Tally.NIGHT: date(2027, 1, 16).toordinal(), Tally.NIGHT_PLACE: 0}


class _FullOnce(MemoryLedgerStore):
    """A store whose disk is full at one commit."""

    full = False

    @contextmanager
    def batch(self) -> Iterator[LedgerBatch]:
        """See ``LedgerStore``."""
        with super().batch() as batch:
            yield batch
            if self.full:
                self.full = False
                raise StoreFullError("no space")


def test_a_slice_that_found_no_space_is_done_again(store: LedgerStore) -> None:
    """Nothing of a slice stays where its commit failed, and the next try does all of it."""
    whole, full = busy(store), _FullOnce()
    shop = busy(full)
    for one in (whole, shop):
        one.now_ms = night_of(date(2027, 1, 16))
    before = len(shop.journal())
    for slices in range(3):
        full.full = True
        with pytest.raises(StoreFullError):
            shop.writer.night(shop.now_ms, 1)
        assert len(shop.journal()) == before + slices
        assert shop.writer.night(shop.now_ms, 1).left
    run(shop)
    run(whole)
    assert [row.points for row in shop.journal()] == [row.points for row in whole.journal()]


def test_two_gateways_in_a_row_do_a_night_once(store: LedgerStore) -> None:
    """A gateway that stood still for a while finds the night done by the one that took over."""
    shop = busy(store)
    shop.now_ms = night_of(date(2027, 1, 16))
    assert shop.writer.night(shop.now_ms, 1).left
    other = Writer(store, new_member_id=lambda: MemberId(""), settings=WriterSettings())
    while other.night(shop.now_ms, 1).left:
        shop.check()
    rows = len(shop.journal())
    assert not shop.writer.night(shop.now_ms, 1).left
    assert len(shop.journal()) == rows


def test_a_night_that_is_not_due_does_nothing(store: LedgerStore) -> None:
    """One millisecond before three o'clock there is nothing to do, and at three there is."""
    shop = busy(store)
    run(shop)
    shop.now_ms = night_of(date(2027, 1, 16)) - 1
    assert run(shop) == []
    shop.now_ms += 1
    assert run(shop) != []


def test_without_rules_there_is_no_night(store: LedgerStore) -> None:
    """An empty ledger has no nights, and nothing is written into it."""
    writer = Writer(store, new_member_id=lambda: MemberId(""), settings=WriterSettings())
    assert not writer.night(10**12, 10).left
    with store.batch() as batch:
        assert list(batch.every(TallyRow)) == []


# -- missed nights ------------------------------------------------------------------------------


def test_missed_nights_come_one_after_the_other_each_with_its_own_moment(
    store: LedgerStore,
) -> None:
    """After three days without a gateway each night is run by itself: begins, then lapses."""
    shop = RulesShop(store, club(Rules(expiry=ONE_DAY, pending_days=1)))
    run(shop)
    shop.do(shop.till().sell("ada", "s", 10_000))
    shop.now_ms = night_of(date(2027, 1, 18)) + 5 * 3_600_000
    made = run(shop)
    nights = [date(2027, 1, day) for day in (16, 18)]
    assert [row.judged_at_ms for row in made] == [night_of(night) for night in nights]
    assert [decode_night_note(row.envelope or b"").night for row in made] == nights
    kinds = {row.journal_index: row.kind for row in shop.rows(PostingRow)}
    assert [kinds[row.journal_index] for row in made] == [
        PostingKind.ACTIVATE,
        PostingKind.EXPIRE,
    ]
    assert marks(shop)[Tally.NIGHT] == date(2027, 1, 18).toordinal()


def test_a_level_falls_one_step_for_each_missed_night(store: LedgerStore) -> None:
    """One step down a night: three missed nights are three steps, on the days they belong to."""
    levels = tuple(TierLevel(id=f"l{n}", threshold=n * 100) for n in range(1, 5))
    scheme = TierScheme(basis=TierBasis.BALANCE, levels=levels, downgrade=Downgrade.ONE_DOWN)
    shop = RulesShop(store, club(Rules(tiers=scheme, expiry=ONE_DAY)))
    shop.do(shop.till().sell("ada", "s", 40_000))
    shop.now_ms = night_of(date(2027, 1, 16))
    run(shop)
    assert (standing := shop.standing("ada")) is not None
    assert standing.tier == "l4"
    shop.now_ms = night_of(date(2027, 1, 19)) + 1
    made = run(shop)
    assert [row.judged_at_ms for row in made] == [night_of(date(2027, 1, d)) for d in (17, 18, 19)]
    assert (standing := shop.standing("ada")) is not None
    assert standing.tier == "l1"


def test_every_night_goes_by_the_rules_of_its_own_moment(store: LedgerStore) -> None:
    """A missed night that was before a change of the rules is run by the rules before it."""
    shop = RulesShop(store, club(Rules()))
    run(shop)
    shop.do(shop.till().sell("ada", "s", 20_000))
    shop.now_ms = night_of(date(2027, 1, 17)) - DAY_MS // 2
    rules = Rules(auto_redeem=AutoRedeem(points=100, credit_minor=500))
    shop.publish(replace(club(rules), version=2))
    shop.now_ms = night_of(date(2027, 1, 17))
    (row,) = run(shop)
    assert (row.programme_version, row.judged_at_ms) == (2, night_of(date(2027, 1, 17)))
    assert shop.credit("ada") == Purse(active=1_000)


def test_a_night_of_a_clock_that_was_wrong_stops_no_other(store: LedgerStore) -> None:
    """Set forward by years and back again, a clock costs no night."""
    shop = RulesShop(store, club(Rules(expiry=Expiry(kind=ExpiryKind.DAYS, count=9))))
    shop.now_ms = night_of(date(2036, 1, 1))
    run(shop)
    shop.now_ms = night_of(date(2027, 1, 15)) + 5 * 3_600_000
    shop.do(shop.till().sell("ada", "s", 10_000))
    run(shop)
    assert marks(shop)[Tally.NIGHT] == date(2027, 1, 15).toordinal()
    shop.now_ms = night_of(date(2027, 1, 25))
    assert [row.points for row in run(shop)] == [-100]


# -- the wall clock -----------------------------------------------------------------------------


def test_nights_in_tehran_where_a_night_has_no_midnight(store: LedgerStore) -> None:
    """On 22 March 2022 Tehran's clocks left midnight out: the night began at what was one."""
    rules = Rules(expiry=ONE_DAY, settings=Settings(zone="Asia/Tehran", nightly_minute=0))
    shop = RulesShop(store, club(rules))
    run(shop)
    shop.now_ms = int(datetime(2022, 3, 20, 9, tzinfo=UTC).timestamp()) * 1_000
    run(shop)
    shop.do(shop.till().sell("ada", "s", 10_000))
    # Half past three hours before Greenwich until then, half past four after it.
    begins_ms = int(datetime(2022, 3, 21, 20, 30, tzinfo=UTC).timestamp()) * 1_000
    shop.now_ms = begins_ms - 1
    assert run(shop) == []
    shop.now_ms = begins_ms
    (row,) = run(shop)
    assert (row.points, row.judged_at_ms) == (-100, begins_ms)
    assert decode_night_note(row.envelope or b"").night == date(2022, 3, 22)


def test_every_day_has_one_night_also_where_its_hour_comes_twice(store: LedgerStore) -> None:
    """On 21 September 2022 half past eleven at night came twice in Tehran: one night each day."""
    rules = Rules(settings=Settings(zone="Asia/Tehran", nightly_minute=23 * 60 + 30))
    shop = RulesShop(store, club(rules))
    shop.now_ms = int(datetime(2022, 9, 20, 21, tzinfo=UTC).timestamp()) * 1_000
    run(shop)
    seen = [marks(shop)[Tally.NIGHT]]
    for _ in range(4 * 48):
        shop.later(ms=15 * 60_000)
        run(shop)
        seen.append(marks(shop)[Tally.NIGHT])
    assert [date.fromordinal(one) for one in sorted(set(seen))] == [
        date(2022, 9, 20) + timedelta(days=days) for days in range(3)
    ]
    assert seen == sorted(seen)


# -- wallets that cannot be done ----------------------------------------------------------------


def _spoil(store: LedgerStore, member_id: MemberId) -> WalletRow:
    """Make a wallet say that nothing of it is pending, though a lot is."""
    with store.batch() as batch:
        (wallet,) = [row for row in batch.every(WalletRow) if row.member_id == member_id]
        batch.save(ChangeSet({}, {WalletRow: [replace(wallet, pending=0)]}, {}))
    return wallet


@pytest.mark.parametrize("rules", [RICH, Rules(pending_days=1)], ids=["members", "lots"])
def test_a_wallet_whose_books_are_wrong_is_left_out_of_the_night(
    store: LedgerStore, rules: Rules
) -> None:
    """All others get their night, people are told once, and the next night does the wallet."""
    shop = busy(store, rules)
    shop.now_ms = night_of(date(2027, 1, 16))
    good = _spoil(store, shop.member("bob"))
    slices: list[NightSlice] = []
    while not slices or slices[-1].left:
        slices.append(shop.writer.night(shop.now_ms, 10))
    alarms = [alarm for one in slices for alarm in one.alarms]
    assert {alarm.kind for alarm in alarms} == {AlarmKind.NIGHT_LEFT_OUT}
    assert sum(bool(one.left_out) for one in slices) >= len(alarms) - 1
    assert marks(shop)[Tally.NIGHT] == date(2027, 1, 16).toordinal()
    assert shop.points("ada").pending == shop.points("eve").pending == 0
    with store.batch() as batch:
        batch.save(ChangeSet({}, {WalletRow: [good]}, {}))
    shop.check()
    shop.now_ms = night_of(date(2027, 1, 17))
    assert run(shop) != []
    assert shop.points("bob").pending == 0


# -- any slices ---------------------------------------------------------------------------------


def _copy(store: LedgerStore) -> MemoryLedgerStore:
    made = MemoryLedgerStore()
    with store.batch() as batch:
        inserted: dict[type[Row], list[Row]] = {kind: [*batch.every(kind)] for kind in ROW_TYPES}
    with made.batch() as batch:
        batch.save(ChangeSet(inserted, {}, {}))
    return made


def _books(store: LedgerStore) -> dict[str, list[Row]]:
    with store.batch() as batch:
        return {kind.TABLE: [*batch.every(kind)] for kind in ROW_TYPES}


_SALES = st.lists(
    st.tuples(st.sampled_from(MEMBERS), st.integers(0, 30_000), st.integers(0, 20), st.booleans()),
    max_size=8,
)


@settings(max_examples=15)
@given(
    sales=_SALES,
    wait=st.integers(0, 1),
    days=st.integers(1, 3),
    slices=st.lists(st.integers(1, 4), min_size=1),
)
def test_however_it_is_cut_the_books_are_the_same(
    sales: list[tuple[str, int, int, bool]], wait: int, days: int, slices: list[int]
) -> None:
    """Slices of any size, with any gateway, leave the very rows that one large slice leaves."""
    shop = RulesShop(MemoryLedgerStore(), club(replace(RICH, pending_days=wait)))
    till = shop.till()
    run(shop)
    for number, (name, total_minor, hours, spends) in enumerate(sales):
        shop.do(till.sell(name, f"s{number}", total_minor))
        if spends and shop.points(name).active >= 10:
            answer = shop.ask(till.reserve(name, f"t{number}", 10))
            shop.do(till.post(name, f"t{number}", answer))
        shop.later(hours=hours)
    shop.later(days=days)
    cut = _copy(shop.store)
    run(shop)
    for turn in range(10_000):
        writer = Writer(cut, new_member_id=lambda: MemberId(""), settings=WriterSettings())
        if not writer.night(shop.now_ms, slices[turn % len(slices)]).left:
            break
    assert _books(cut) == _books(shop.store)
    scopes = [
        decode_night_note(row.envelope or b"").scope
        for row in shop.journal()
        if row.kind is JournalKind.NIGHTLY
    ]
    assert set(scopes) <= set(NightScope)
