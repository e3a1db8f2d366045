"""The ``LedgerStore`` port's rows about rules, units and members: every store promises the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from gateway.config_programme import default_programme
from gateway.ledger.accounts import credit_wallet_id, gift_wallet_id, points_wallet_id
from gateway.ledger.kinds import (
    GiftCardState,
    HouseholdRole,
    JournalKind,
    PostingKind,
    WalletKind,
)
from gateway.ledger.memory_store import MemoryLedgerStore
from gateway.ledger.numbering import number_of
from gateway.ledger.row import Row
from gateway.ledger.rows import JournalRow, PostingRow
from gateway.ledger.rows_lots import LotRow, SuspendedRow
from gateway.ledger.rows_members import (
    GiftCardRow,
    HouseholdMemberRow,
    HouseholdRow,
    UsageRow,
    VisitRow,
    VoucherRow,
    WalletRow,
    usage_row,
)
from gateway.ledger.rows_sales import RatingRow, SaleReturnRow
from gateway.ledger.shelf import ChangeSet
from gateway.ledger.sql_store import SqlLedgerStore
from gateway.ledger.store import LedgerStore
from gateway.model.ids import (
    BranchId,
    CardToken,
    HoldId,
    HouseholdId,
    MemberId,
    SaleKey,
)
from gateway.model.money import EUR
from gateway.model.outcome import Reason, Status
from gateway.model.rules.reward import GiftKind
from gateway.model.rules.succession import Succession
from simulators.ledger_desk import LedgerDesk

_NORTH: Final = BranchId("north")
_ADA: Final = MemberId("a" * 32)
_BOB: Final = MemberId("b" * 32)
_HOME: Final = HouseholdId("d" * 32)
_KEY: Final = SaleKey(bytes(16))
_TOKEN: Final = CardToken(bytes(32))


@pytest.fixture(params=["sqlite", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LedgerStore]:
    """Each implementation of the port, with two members, and a posting that others refer to."""
    in_memory = request.param == "memory"
    made: LedgerStore
    made = MemoryLedgerStore() if in_memory else SqlLedgerStore(tmp_path / "ledger.db")
    LedgerDesk(made)
    for index in (2, 3):
        _save(made, _journal(index), _posting(index))
    yield made
    made.close()


def _journal(index: int, request_id: HoldId | None = None) -> JournalRow:
    return JournalRow(
        journal_index=index,
        recorded_at_ms=index,
        judged_at_ms=0,
        kind=JournalKind.NIGHTLY if request_id is None else JournalKind.COMMAND,
        request_id=request_id,
        status=Status.APPLIED,
        reason=Reason.NONE,
        envelope=None if request_id is None else b"{}",
    )


def _posting(index: int) -> PostingRow:
    return PostingRow(
        journal_index=index,
        ledger="PTS:points",
        kind=PostingKind.EARN,
        programme_version=1,
        branch=_NORTH,
    )


def _save(store: LedgerStore, *inserted: Row, updated: Iterable[Row] = ()) -> None:
    def grouped(rows: Iterable[Row]) -> dict[type[Row], list[Row]]:
        groups: dict[type[Row], list[Row]] = {}
        for row in rows:
            groups.setdefault(type(row), []).append(row)
        return groups

    with store.batch() as batch:
        batch.save(ChangeSet(grouped(inserted), grouped(updated), {}))


def _lot(earn: int, nth: int, **parts: int | None) -> LotRow:
    lot = LotRow(
        lot_id=number_of(earn, nth),
        wallet_id=points_wallet_id(_ADA),
        points=100,
        remaining=40,
        available_from_ms=10 * nth,
        expires_at_ms=100 - nth,
        opened_index=earn,
        earned_index=earn,
        source="base",
        activated_index=earn,
        closed_index=None,
        brought_by=None,
    )
    return replace(lot, **parts)  # type: ignore[arg-type] # numbers for fields of numbers


def _voucher(journal_index: int, nth: int, member_id: MemberId = _ADA) -> VoucherRow:
    return VoucherRow(
        voucher_id=number_of(journal_index, nth),
        member_id=member_id,
        source="welcome",
        kind=GiftKind.COUPON,
        reward="coffee",
        quantity=2,
        used=0,
        granted_at_ms=5,
        expires_at_ms=None,
        funder=_NORTH,
        revoked_index=None,
    )


def test_a_programme_in_another_currency_opens_what_is_missing(store: LedgerStore) -> None:
    """Each currency of the programme has its ledgers; points go on where they were."""
    with store.batch() as batch:
        before = batch.ledgers()
    rials = replace(default_programme("IRR"), name="points", version=2, effective_from_ms=10)
    before_them = Succession(currency=EUR, old_units_per_unit=1)
    store.add_programme(replace(rials, succeeds=before_them))
    with store.batch() as batch:
        after = batch.ledgers()
    assert after.points == before.points
    assert set(after.by_name) - set(before.by_name) == {"CR:IRR", "GC:IRR"}
    assert before.home.items() <= after.home.items()


def test_wallets_with_money_left_are_found_by_their_ledger(store: LedgerStore) -> None:
    """What is available, owed or pending is left, what is held is not; pages go on by name."""
    with store.batch() as batch:
        (pattern,) = batch.rows(WalletRow, [credit_wallet_id(_ADA, "EUR")])
        assert batch.wallets_left("CR:EUR", None, 9) == []
    names = [gift_wallet_id(digit * 32) for digit in "0123"]
    gift = replace(pattern, kind=WalletKind.GIFT, member_id=None, ledger="GC:EUR")
    sums = ((5, 0, 0), (0, 7, 0), (0, 0, 9), (-2, 0, 0))
    made = [
        replace(gift, wallet_id=name, available=available, held=held, pending=pending)
        for name, (available, held, pending) in zip(names, sums, strict=True)
    ]
    card = GiftCardRow(
        token=_TOKEN,
        wallet_id=names[2],
        state=GiftCardState.ACTIVE,
        issued_at_ms=1,
        branch=_NORTH,
        last_four="",
        expires_at_ms=None,
    )
    _save(store, *made, card, updated=[replace(pattern, available=3)])
    with store.batch() as batch:
        left = batch.wallets_left("GC:EUR", None, 2)
        assert left == [made[0], made[2]]
        assert batch.wallets_left("GC:EUR", names[2], 2) == [made[3]]
        assert [row.wallet_id for row in batch.wallets_left("CR:EUR", None, 9)] == [
            pattern.wallet_id
        ]
        assert batch.gift_cards_in(names) == [card]
        assert batch.gift_cards_in([names[0]]) == []


def test_wallets_of_every_kind_are_numbered_apart(store: LedgerStore) -> None:
    """Members' points stand in the order of enrolment, whatever other wallets were made between."""
    with store.batch() as batch:
        wallets = {wallet.wallet_id: wallet for wallet in batch.every(WalletRow)}
        head = batch.head()
    points = [wallets[points_wallet_id(member)] for member in (_ADA, _BOB)]
    numbers = [(one.available_account, one.held_account) for one in points]
    assert numbers == [(6, 7), (8, 9)]
    assert head.account_id == 9
    others = [wallet for wallet in wallets.values() if wallet.kind is not WalletKind.POINTS]
    assert head.other_account_id == max(wallet.pending_account for wallet in others)
    assert wallets[credit_wallet_id(_ADA, "EUR")].ledger == "CR:EUR"


def test_what_a_journal_row_made_is_found_by_it(store: LedgerStore) -> None:
    """Lots, suspended lots and coupons are found by the row that made them, and by no other."""
    waiting = SuspendedRow(
        lot_id=number_of(3, 1),
        journal_index=3,
        ledger="PTS:points",
        card_token=_TOKEN,
        points=5,
        available_from_ms=0,
        expires_at_ms=None,
        pending=True,
        source="base",
        taken_back=2,
        resolved_index=None,
    )
    lots = [_lot(2, 0), _lot(2, 1), _lot(3, 0)]
    coupons = [_voucher(2, 0), _voucher(3, 0), _voucher(3, 4_095)]
    _save(store, *lots, waiting, *coupons)
    with store.batch() as batch:
        assert sorted(batch.made_by(LotRow, [2]), key=lambda row: row.key) == lots[:2]
        assert batch.made_by(LotRow, [1]) == []
        assert batch.made_by(SuspendedRow, [2, 3]) == [waiting]
        found = batch.made_by(VoucherRow, [3])
        assert sorted(found, key=lambda row: row.key) == coupons[1:]
        assert batch.open_suspended([_TOKEN]) == [waiting]


def test_lots_that_the_night_looks_for(store: LedgerStore) -> None:
    """Pending ones by the moment they may be spent, lapsing ones by their last, each only once."""
    waits = [_lot(2, nth, activated_index=None) for nth in (3, 1, 2)]
    closed = _lot(2, 4, activated_index=None, closed_index=2, remaining=0)
    never, empty = _lot(3, 0, expires_at_ms=None), _lot(3, 1, remaining=0)
    _save(store, *waits, closed, never, empty)
    with store.batch() as batch:
        assert [lot.available_from_ms for lot in batch.due_pending_lots(20, 10)] == [10, 20]
        assert [lot.available_from_ms for lot in batch.due_pending_lots(99, 1)] == [10]
        lapsing = [lot.expires_at_ms for lot in batch.due_lapsing_lots(99, 10)]
        assert lapsing == [97, 98, 99, 99]
        assert [lot.expires_at_ms for lot in batch.due_lapsing_lots(98, 1)] == [97]
        assert empty in batch.due_lapsing_lots(99, 10)
    done = replace(empty, closed_index=3), replace(waits[1], activated_index=3)
    _save(store, updated=done)
    with store.batch() as batch:
        assert [lot.available_from_ms for lot in batch.due_pending_lots(20, 10)] == [20]
        assert empty.lot_id not in [lot.lot_id for lot in batch.due_lapsing_lots(99, 10)]


def test_how_members_stand_is_found_by_member(store: LedgerStore) -> None:
    """Visits from a day on, coupons of any state, and a household's members."""
    days = [
        VisitRow(
            member_id=member,
            business_day=day,
            branch=_NORTH,
            sales=1,
            amount_minor=500,
            points=5,
        )
        for member, day in (
            (_ADA, "2027-01-01"),
            (_ADA, "2027-02-01"),
            (_BOB, "2027-02-02"),
        )
    ]
    coupons = [_voucher(2, 0), replace(_voucher(2, 1), used=2), _voucher(3, 0, _BOB)]
    household = HouseholdRow(
        household_id=_HOME,
        wallet_id=points_wallet_id(_ADA),
        founder=_ADA,
        created_at_ms=1,
    )
    roles = [
        HouseholdMemberRow(member_id=member, household_id=_HOME, role=role, since_ms=1)
        for member, role in ((_ADA, HouseholdRole.FOUNDER), (_BOB, HouseholdRole.INVITED))
    ]
    _save(store, *days, *coupons, household, *roles)
    with store.batch() as batch:
        found = batch.visits_since([_ADA, _BOB], "2027-02-01")
        assert sorted(found, key=lambda row: row.key) == days[1:]
        assert batch.visits_since([_BOB], "2027-02-03") == []
        mine = sorted(batch.vouchers_of([_ADA]), key=lambda row: row.key)
        assert mine == coupons[:2]
        both = sorted(batch.household_members([_HOME]), key=lambda row: row.key)
        assert both == roles
    joined = replace(roles[1], role=HouseholdRole.MEMBER, since_ms=9)
    spent = replace(coupons[0], used=1, revoked_index=3)
    _save(store, updated=(joined, spent, replace(days[0], sales=0, amount_minor=0, points=0)))
    with store.batch() as batch:
        assert batch.rows(HouseholdMemberRow, [_BOB]) == [joined]
        assert batch.rows(VoucherRow, [spent.voucher_id]) == [spent]
        assert batch.rows(VisitRow, [days[0].key])[0].sales == 0


def test_returns_are_found_by_sale_and_by_name(store: LedgerStore) -> None:
    """A return of a sale that nobody knows has a name and no sale."""
    other = SaleKey(bytes([1]) * 16)
    known = SaleReturnRow(
        journal_index=2,
        branch=_NORTH,
        return_key=other,
        sale_key=_KEY,
        returned="[]",
        amount_minor=100,
        clawed="[]",
    )
    lost = replace(known, journal_index=3, return_key=_KEY, sale_key=None)
    _save(store, known, lost)
    with store.batch() as batch:
        assert batch.returns_of([(_NORTH, _KEY), (_NORTH, other)]) == [known]
        assert batch.returns_named([(_NORTH, _KEY)]) == [lost]
        assert batch.returns_named([(BranchId("south"), _KEY)]) == []


def test_a_command_is_found_by_its_id(store: LedgerStore) -> None:
    """Its journal row comes back without the command; other rows of that id are not meant."""
    asked = HoldId(bytes([7]) * 16)
    _save(store, _journal(4, asked))
    with store.batch() as batch:
        (found,) = batch.commands([asked, HoldId(bytes(16))])
        assert (found.journal_index, found.envelope) == (4, None)


def test_limits_cards_and_ratings_come_back_as_they_were(store: LedgerStore) -> None:
    """Every field survives, and the mutable ones change."""
    limit = usage_row("offer:tea/uses/member:1/2027-01", 3)
    wallet_id = gift_wallet_id("f" * 32)
    with store.batch() as batch:
        (pattern,) = batch.rows(WalletRow, [credit_wallet_id(_ADA, "EUR")])
    wallet = replace(pattern, wallet_id=wallet_id, kind=WalletKind.GIFT, member_id=None)
    card = GiftCardRow(
        token=_TOKEN,
        wallet_id=wallet_id,
        state=GiftCardState.ACTIVE,
        issued_at_ms=1,
        branch=_NORTH,
        last_four="1234",
        expires_at_ms=5,
    )
    rating = RatingRow(
        journal_index=2,
        member_id=None,
        branch=_NORTH,
        sale_key=_KEY,
        business_day="2027-01-01",
        programme_version=1,
        facts="{}",
        evaluation="{}",
    )
    _save(store, limit, wallet, card, rating)
    blocked = replace(card, state=GiftCardState.BLOCKED, expires_at_ms=None)
    changed = replace(limit, amount=0), blocked
    _save(store, updated=changed)
    with store.batch() as batch:
        assert batch.rows(UsageRow, [limit.key, "offer:none"]) == [changed[0]]
        owners = ["member:1", "all"]
        assert batch.usage_of(owners, "2027-01-31") == [changed[0]]
        assert batch.usage_of(owners, "2027-02-01") == []
        assert batch.rows(GiftCardRow, [_TOKEN]) == [changed[1]]
        assert batch.rows(RatingRow, [2]) == [rating]
        assert batch.rows(WalletRow, [wallet_id]) == [wallet]


def test_rows_are_read_page_by_page(store: LedgerStore) -> None:
    """Pages follow each other in key order and overlap nowhere."""
    with store.batch() as batch:
        every = [wallet.wallet_id for wallet in batch.every(WalletRow)]
        pages = [batch.page(WalletRow, None, 2)]
        while pages[-1]:
            pages.append(batch.page(WalletRow, pages[-1][-1].key, 2))
    assert [wallet.wallet_id for page in pages for wallet in page] == every
