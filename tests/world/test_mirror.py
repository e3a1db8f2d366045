"""The terminal's word and the gateway's: what a sale is said to bring is what its receipt says.

Equality is promised where the preview is *sure*: the terminal was told the member's facts at this
visit, on the business day of the sale; it rates by the version that the gateway rates by; and
nothing else happened to the member between the answer and the sale. Whatever else the receipt says
is shown, never hidden.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from random import Random

import pytest

from gateway.formatting.numbers import Language, MoneyUnit
from gateway.ledger.accounts import points_wallet_id, unit_of_ledger
from gateway.ledger.rows_lots import LotRow, SuspendedRow
from gateway.ledger.rows_members import WalletRow
from gateway.model.card import CardEvidence
from gateway.model.ids import MemberId, SaleKey
from gateway.model.ledger_command import LedgerCommand, LedgerCommandKind
from gateway.model.member_facts import MemberDate
from gateway.model.outcome import Status
from gateway.model.programme import Programme
from gateway.model.receipt import Result
from gateway.model.rules.earning import Unit
from gateway.model.rules.expiry import CalendarKind
from gateway.model.rules.rules import Rules
from gateway.model.sale import Sale, SaleLine, SaleSource, Tender, TenderKind
from gateway.program.acquaintance import Acquaintance
from simulators.mirror import MirrorCounter, MirrorGateway, mirror_card
from simulators.programme_rules import BRANCHES
from simulators.programmes import random_programme
from terminal_agent.customer_display.picture import picture_of
from terminal_agent.session.memory import Preview
from terminal_agent.session.view import View
from terminal_agent.texts.catalogue import load_texts
from terminal_agent.texts.words import words_of

BLOCKS = 10
SEEDS = 2_000 if os.environ.get("MOHR_SOAK") else 60
VISITS = 8
START_MS = 1_798_761_600_000
MINUTE_MS = 60_000
DAY_MS = 86_400_000
LABELS = ("Caffè latte", "Espresso", "نان سنگک", "قهوه ترک", "Milk", "coffee beans")
SKUS = (None, "111", "222", "4006381333931")


class Diary(Acquaintance):
    """Knows a birthday of most members, the same whenever it is asked."""

    def dates_of(self, members: Collection[MemberId]) -> Mapping[MemberId, tuple[MemberDate, ...]]:
        """Days made of the member's own name."""
        return {one: days for one in members if (days := _days(Random(one)))}


def _days(rng: Random) -> tuple[MemberDate, ...]:
    return tuple(
        MemberDate(
            day=name,
            month=rng.randint(1, 12),
            day_of_month=rng.randint(1, 31),
            calendar=rng.choice(tuple(CalendarKind)),
        )
        for name in ("birthday", "wedding")
        if rng.random() < 0.6
    )


def _rules(rng: Random, version: int, effective_from_ms: int, like: Programme | None) -> Programme:
    """A version of the rules; most have more than a base."""
    found = random_programme(rng)
    while found.rules == Rules() and rng.random() < 0.8:
        found = random_programme(rng)
    found = replace(found, version=version, effective_from_ms=effective_from_ms)
    if like is None:
        return found
    return replace(
        found,
        name=like.name,
        currency=like.currency,
        # Points that waited for a card's owner would come beside those of the sale.
        unknown_card=like.unknown_card,
    )


def _sale(rng: Random) -> Sale:
    lines = tuple(
        SaleLine(
            label=rng.choice(LABELS),
            quantity_milli=rng.choice((1_000, 1_000, 2_000, 350)),
            amount_minor=rng.choice((120, 333, 450, 1_999, 25_000, -120)),
            sku=rng.choice(SKUS),
        )
        for _ in range(rng.choice((0, 1, 3, 6)))
    )
    listed = max(sum(line.amount_minor for line in lines), 0)
    total = rng.choice((listed, listed, listed * 9 // 10, listed + 77, rng.randrange(60_000)))
    return Sale(
        key=SaleKey(rng.randbytes(16)),
        total_minor=total,
        source=SaleSource.RECEIPT,
        profile="mirror",
        lines=lines,
        tenders=(Tender(kind=TenderKind.GIFT_CARD, amount_minor=total // 2),)
        if rng.random() < 0.2
        else (),
        tax_minor=rng.choice((None, 0, total // 11)),
        discount_minor=rng.choice((None, None, listed // 10)),
    )


@dataclass(frozen=True)
class Made:
    """A lot that a sale opened, or that waits for a card's owner."""

    lot_id: int
    ledger: str
    amount: int
    expires_at_ms: int | None


@dataclass(frozen=True)
class Visit:
    """What was said at one visit, and what came of it.

    Attributes:
        promised: what the terminal said.
        sold_at_ms: when the sale was.
        result: the receipt's word on it.
        made: what the ledger opened for it.
        before: the member's lots of points that were open before, and what was left of them.
        after: the same afterwards.
    """

    promised: Preview | None
    sold_at_ms: int
    result: Result
    made: tuple[Made, ...]
    before: dict[int, int]
    after: dict[int, int]

    def given(self, unit: Unit) -> int:
        """What the ledger says the sale brought that did not lapse at once."""
        return sum(
            one.amount
            for one in self.made
            if unit_of_ledger(one.ledger) is unit
            and (one.expires_at_ms is None or one.expires_at_ms > self.sold_at_ms)
        )

    @property
    def lapsed(self) -> bool:
        """Whether points lapsed with this very commit: its receipt tells the sum of both."""
        points = [one for one in self.made if unit_of_ledger(one.ledger) is Unit.POINTS]
        if self.result.status is Status.HELD:
            # What waits is told whole, also what no owner can come in time for.
            return sum(one.amount for one in points) != self.given(Unit.POINTS)
        gone = self.before.keys() - self.after.keys()
        return bool(gone) or any(one.lot_id not in self.after for one in points)


@dataclass
class Town:
    """A gateway, a counter, and customers of every kind.

    Attributes:
        rng: decides everything.
        programmes: every version that the gateway has.
        known: the versions that the terminal has.
    """

    rng: Random
    programmes: tuple[Programme, ...]
    known: tuple[Programme, ...]
    counter: MirrorCounter = field(init=False)
    gateway: MirrorGateway = field(init=False)

    def __post_init__(self) -> None:
        self.gateway = MirrorGateway(self.programmes, self.rng, Diary())
        self.gateway.now_ms = START_MS + self.rng.randrange(600) * DAY_MS
        branch = self.rng.choice(BRANCHES)
        self.counter = MirrorCounter(self.gateway, branch, self.known, self.rng)
        self.cards = [mirror_card(number) for number in range(5)]
        for card in self.cards[:3]:
            self.counter.enrol(card)
        self._group(self.cards[0])
        self._bring(self.cards[1], by=self.cards[0])

    def visit(self) -> Visit:
        """One customer comes, buys, and the receipt arrives."""
        rng, counter = self.rng, self.counter
        self.pass_time(rng.choice((3 * MINUTE_MS, 200 * MINUTE_MS, rng.randint(1, 20) * DAY_MS)))
        counter.let_go()
        card, sale = rng.choice(self.cards), _sale(rng)
        counter.online = rng.random() > 0.1
        self._meet(card, sale)
        promised, sold_at_ms = counter.session.promised, self.gateway.now_ms
        if rng.random() < 0.1:
            self.pass_time(rng.randrange(5 * DAY_MS))  # The network was away: the sale comes late.
        before = self._open_lots(card)
        results = counter.deliver()
        return Visit(
            promised=promised,
            sold_at_ms=sold_at_ms,
            result=results[-1],
            made=self._made(card),
            before=before,
            after=self._open_lots(card),
        )

    def _meet(self, card: CardEvidence, sale: Sale) -> None:
        """Card and sale come together in any order; a part may be paid with points."""
        rng, counter = self.rng, self.counter
        # A late tap is accepted before anybody could be asked, so it is seldom enough.
        orders = ("tap offer close", "offer tap close", "tap close")
        order = "close tap" if rng.random() < 0.1 else rng.choice(orders)
        for step in order.split():
            if step == "tap":
                counter.tap(card)
            elif step == "offer":
                counter.offer(sale.total_minor)
            else:
                if rng.random() < 0.5:
                    counter.redeem()
                counter.close(sale)
            self.pass_time(
                rng.choice((0, 2_000, 4 * MINUTE_MS)) if step != order.split()[-1] else 0
            )

    def pass_time(self, ms: int) -> None:
        """Let time pass for everybody."""
        self.gateway.now_ms += ms

    def _open_lots(self, card: CardEvidence) -> dict[int, int]:
        """What is left of a card's points, by lot."""
        member_id = self.gateway.member(card)
        if member_id is None:
            return {}
        with self.gateway.store.batch() as batch:
            lots = batch.open_lots([points_wallet_id(member_id)])
        return {lot.lot_id: lot.remaining for lot in lots}

    def _made(self, card: CardEvidence) -> tuple[Made, ...]:
        """What the newest transaction gave the card's owner, or lets wait for one."""
        member_id = self.gateway.member(card)
        with self.gateway.store.batch() as batch:
            index = batch.head().journal_index
            waiting = batch.made_by(SuspendedRow, {index})
            lots = batch.made_by(LotRow, {index})
            wallets = batch.rows(WalletRow, {lot.wallet_id for lot in lots})
        owners = {row.wallet_id: row for row in wallets}
        made = [Made(row.lot_id, row.ledger, row.points, row.expires_at_ms) for row in waiting]
        for lot in lots:
            wallet = owners[lot.wallet_id]
            if wallet.member_id == member_id:
                made.append(Made(lot.lot_id, wallet.ledger, lot.points, lot.expires_at_ms))
        return tuple(made)

    def _group(self, card: CardEvidence) -> None:
        member_id = self.gateway.member(card)
        segments = self.programmes[0].rules.segments
        if member_id is not None and segments:
            self._command(
                LedgerCommandKind.SET_SEGMENTS, member_id=member_id, segments=segments[:1]
            )

    def _bring(self, card: CardEvidence, by: CardEvidence) -> None:
        member_id, referrer = self.gateway.member(card), self.gateway.member(by)
        if member_id is not None and referrer is not None:
            self._command(
                LedgerCommandKind.SET_REFERRER, member_id=member_id, other_member_id=referrer
            )

    def _command(self, kind: LedgerCommandKind, **parts: object) -> None:
        command = LedgerCommand(
            id=self.rng.randbytes(16).hex(),
            kind=kind,
            made_by="desk",
            branch=self.counter.branch,
            **parts,  # type: ignore[arg-type] # the parts of a kind by name
        )
        self.gateway.writer.command(command, self.gateway.now_ms)


def _check_equal(visit: Visit, story: str) -> None:
    """Receipt and ledger say what was promised, to the point and to the minor unit."""
    promised, result = visit.promised, visit.result
    assert promised is not None
    assert result.status in (Status.APPLIED, Status.HELD), story
    assert visit.given(Unit.POINTS) == promised.points, story
    assert visit.given(Unit.CREDIT) == promised.credit_minor, story
    if not visit.lapsed:
        assert result.points == promised.points, story


@pytest.mark.parametrize("block", range(BLOCKS))
def test_mirror_receipts_say_what_was_promised(block: int) -> None:
    """Under one version of any rules, a sure preview equals receipt and ledger."""
    met: Counter[str] = Counter()
    for seed in range(block, SEEDS, BLOCKS):
        rng = Random(f"mirror {seed}")
        programme = _rules(rng, 1, 0, None)
        town = Town(rng, (programme,), (programme,))
        for number in range(VISITS):
            visit = town.visit()
            assert visit.promised is not None
            met["sure" if visit.promised.sure else "about"] += 1
            met["bringing"] += bool(visit.promised.points or visit.promised.credit_minor)
            if visit.promised.sure:
                _check_equal(visit, f"seed {seed}, visit {number}")
    # A block is a few towns only: what counts is that a fair share of all is promised.
    assert 2 * met["sure"] > met["about"], met
    assert met["bringing"], met


@pytest.mark.parametrize("block", range(BLOCKS))
def test_mirror_versions_follow_each_other_on_both_ends(block: int) -> None:
    """Where both ends know what follows, each sale is previewed by the version of its own time."""
    met: Counter[int] = Counter()
    for seed in range(block, SEEDS, BLOCKS):
        town, change_ms = _changing_town(f"follow {seed}", knows=2)
        for number in range(VISITS):
            visit = town.visit()
            if visit.promised is not None and visit.promised.sure:
                _check_equal(visit, f"seed {seed}, visit {number}")
                met[visit.sold_at_ms >= change_ms] += 1
    assert met[False], met
    assert met[True], met


@pytest.mark.parametrize("block", range(BLOCKS))
def test_mirror_an_old_terminal_hides_nothing(block: int) -> None:
    """A terminal without the newer version is right before it, and after it shows the receipt."""
    met: Counter[str] = Counter()
    for seed in range(block, SEEDS, BLOCKS):
        town, change_ms = _changing_town(f"old {seed}", knows=1)
        for number in range(VISITS):
            visit = town.visit()
            promised, result, view = visit.promised, visit.result, town.counter.view
            assert promised is not None
            story = f"seed {seed}, visit {number}"
            if promised.sure and visit.sold_at_ms < change_ms:
                _check_equal(visit, story)
            assert view.points == result.points, story
            broken = promised.sure and promised.points != result.points
            assert view.promised_points == (promised.points if broken else None), story
            if broken:
                met["broken"] += 1
                _check_told(view)
    assert met["broken"], "no newer version ever made a difference"


def _changing_town(name: str, *, knows: int) -> tuple[Town, int]:
    """A town whose rules change after some visits, and when they do."""
    rng = Random(name)
    old = _rules(rng, 1, 0, None)
    town = Town(rng, (old,), (old,))
    change_ms = town.gateway.now_ms + rng.randint(1, 40) * DAY_MS
    new = _rules(rng, 2, change_ms, old)
    town.gateway.store.add_programme(new)
    town.counter.programmes = (old, new)[:knows]
    return town, change_ms


def _check_told(view: View) -> None:
    """Both languages say what was announced beside what is right."""
    for language in Language:
        texts = load_texts(language)
        told = "\n".join(words_of(view, texts, MoneyUnit.CURRENCY))
        assert f"{texts.number(view.promised_points)}" in told
        assert f"{texts.number(view.points)}" in told
        seen = picture_of(view, texts, MoneyUnit.CURRENCY)
        assert any(f"{texts.number(view.promised_points)}" in one for one in seen.notices)
