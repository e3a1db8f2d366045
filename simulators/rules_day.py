"""Weeks of a shop under rules that a seed makes up: sales, returns, reservations, desks, nights.

What tills seal goes to the writer as arrived. Nothing is checked here: for that there are the
books' invariants and the audit, see ``look``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random
from typing import Any, Final

from gateway.audit.auditor import audit
from gateway.ledger.checks import broken_invariants
from gateway.ledger.memory_store import MemoryLedgerStore
from gateway.ledger.rows_members import VoucherRow
from gateway.ledger.store import LedgerStore
from gateway.model.authorisation import AuthAnswer
from gateway.model.ids import BranchId, MemberId, TerminalId
from gateway.model.instrument import Instrument
from gateway.model.ledger_command import LedgerCommand, LedgerCommandKind
from gateway.model.member_facts import MemberDate
from gateway.model.money import Currency
from gateway.model.outcome import Status
from gateway.model.rules.succession import Succession
from gateway.model.transaction import ClockQuality
from gateway.writer.arrival import AuthArrival, TransactionArrival
from gateway.writer.settings import WriterSettings
from gateway.writer.writer import Writer
from simulators.programme_rules import BRANCHES
from simulators.rules_chips import Chips
from simulators.rules_day_baskets import random_basket, random_tenders, some_of
from simulators.rules_day_desk import GIFTS, RandomDesk
from simulators.rules_day_programme import shop_programme, shop_rules
from simulators.rules_shop import DAY_MS, HOUR_MS, OPENING_MS, Diary
from simulators.rules_till import Basket, RulesTill, card_named

CARDS: Final = tuple(f"card {number}" for number in range(6))
_PAUSES: Final = (1_000, HOUR_MS, 9 * HOUR_MS, DAY_MS, 9 * DAY_MS, 50 * DAY_MS)
_INSTRUMENTS: Final = (*Instrument, Instrument.REWARD, Instrument.COUPON, Instrument.OFFER)
_STEPS: Final = 60
_NIGHT_BUDGET: Final = 3
#: Odd and even ones, so that halves come and do not come.
_RATES: Final = (1, 7, 10, 100)
_TOGETHER_MAX: Final = 3
#: Of gift cards that are loaded at a till, one of so many was sold in the sale before.
_SOLD_CARDS: Final = 2


@dataclass(frozen=True, slots=True)
class _Sold:
    """A sale that goods may come back of, or that something may be redeemed on."""

    name: str
    till: int
    basket: Basket


@dataclass(frozen=True, slots=True)
class _Held:
    """A reservation that was granted."""

    card: str
    sale: str
    till: int
    instrument: Instrument
    answer: AuthAnswer
    total_minor: int


class RulesDay:
    """A shop that goes on at random.

    Attributes:
        store: the ledger.
        programme: the newest version of the rules.
        now_ms: Unix time in milliseconds.
    """

    def __init__(self, store: LedgerStore, seed: int) -> None:
        """Open the shop with the rules of a seed."""
        self._rng = Random(seed)
        self.store = store
        self.now_ms = OPENING_MS
        self.programme = shop_programme(self._rng)
        store.add_programme(self.programme)
        self._diary, self._chips = Diary(), Chips(seed, CARDS[4:])
        names = Random(seed)
        self._writer = Writer(
            store,
            new_member_id=lambda: MemberId(names.randbytes(16).hex()),
            settings=WriterSettings(),
            acquaintance=self._diary,
        )
        self._tills = [self._till(f"till-{n}", branch) for n, branch in enumerate(BRANCHES[:2])]
        self._desk = RandomDesk(self._rng, store, self._card, self._name)
        self._sold: list[_Sold] = []
        self._held: list[_Held] = []
        self._names = 0

    def play(self, steps: int = _STEPS, *, redenominations: int = 0) -> None:
        """Let so many things happen, and the currency change so often on the way."""
        kinds, weights = zip(*_WEIGHTS, strict=True)
        changes = Random(steps).sample(range(steps // 4, steps), redenominations)
        for at, action in enumerate(self._rng.choices(kinds, weights, k=steps)):
            if at in changes:
                self._redenominate()
            action(self)
            self._change_a_till_over()
        self._go_home()

    # -- tills ----------------------------------------------------------------------------------

    def _till(self, name: str, branch: BranchId) -> RulesTill:
        till = RulesTill(TerminalId(name), lambda: self.now_ms, shows=self._chips.show)
        till.currency = self.programme.currency
        self.store.add_terminal(till.registration, branch, self.now_ms)
        return till

    def _sell(self) -> None:
        """One to three sales of one batch, now and then late, or by a clock that is not right."""
        arrivals = []
        for _ in range(self._rng.randint(1, _TOGETHER_MAX)):
            nth = self._rng.randrange(len(self._tills))
            till, card = self._tills[nth], self._card()
            till.late_ms = self._rng.choice((0, 0, 0, 0, 5_000, 2 * DAY_MS, 40 * DAY_MS, -60_000))
            guessed = self._rng.random() < 0.05
            till.quality = ClockQuality.GUESSED if guessed else ClockQuality.SYNCHRONISED
            name, basket = self._name("sale"), random_basket(self._rng)
            if self._sold and self._rng.random() < 0.05:
                name = self._rng.choice(self._sold).name
            arrivals.append(
                till.sell(
                    card,
                    name,
                    basket.total_minor,
                    lines=basket.lines,
                    tenders=random_tenders(self._rng, basket),
                    receipt=self._rng.choice((None, str(self._rng.randrange(9)))),
                )
            )
            till.late_ms, till.quality = 0, ClockQuality.SYNCHRONISED
            self._sold.append(_Sold(name, nth, basket))
        self._apply(*arrivals)

    def _take_back(self) -> None:
        """Goods of a sale come back: all, some lines, some money; or of no sale at all."""
        if not self._sold:
            return
        sold = self._rng.choice(self._sold[-8:])
        till, basket = self._tills[sold.till], sold.basket
        if self._rng.random() < 0.1:
            till = self._rng.choice(self._tills)
        how = self._rng.random()
        if how < 0.25:
            self._apply(till.call_off(sold.name))
        elif how < 0.35:
            lines = basket.lines[:1]
            paper, amount_minor = self._name("paper"), self._rng.randint(0, 3_000)
            self._apply(till.take_back_from(self._card(), paper, amount_minor, lines))
        else:
            lines, amount_minor = some_of(self._rng, basket)
            paper = self._name("paper")
            for _ in range(self._rng.choice((1, 1, 1, 2))):
                self._apply(till.take_back(sold.name, paper, amount_minor, lines))

    def _load(self) -> None:
        """Somebody pays money in, or a gift card is loaded at a till or sold in a sale."""
        gift = self._rng.random() < 0.4
        card = self._rng.choice(GIFTS if gift else CARDS)
        instrument = Instrument.GIFT if gift else Instrument.CREDIT
        amount_minor = self._rng.choice((500, 2_000, 10_000))
        till = self._any_till()
        if gift and self._sold and self._names % _SOLD_CARDS == 0:
            sold = self._sold[-1]
            till, total_minor = self._tills[sold.till], sold.basket.total_minor
            self._apply(till.sell_card(card, amount_minor, sold.name, total_minor))
            return
        self._apply(till.load(card, amount_minor, instrument))

    def _tell(self) -> None:
        """A member did something that is no purchase, or only gets a card."""
        till = self._any_till()
        if self._rng.random() < 0.5:
            card = self._rng.choice((self._card(), self._name("card")))
            self._apply(till.enrol(card))
            self._bring(card)
            return
        name = self._rng.choice(("sign-up", "survey", "nothing"))
        self._apply(till.event(self._card(), name, f"form {self._rng.randrange(4)}"))

    def _bring(self, card: str) -> None:
        """Somebody who has a card may have brought whoever got one, and buys at once."""
        owned = self._desk.owned()
        token = card_named(card).token
        mine = [row.member_id for row in owned if row.token == token]
        if mine and self._rng.random() < 0.5:
            self._carry_out(
                LedgerCommandKind.SET_REFERRER,
                {"member_id": mine[0], "other_member_id": self._rng.choice(owned).member_id},
            )
            self._apply(self._any_till().sell(card, self._name("sale"), 5_000))

    # -- reservations ---------------------------------------------------------------------------

    def _reserve(self) -> None:
        """Ask for a reservation of any instrument, and remember it where it is granted."""
        nth = self._rng.randrange(len(self._tills))
        till, basket = self._tills[nth], random_basket(self._rng)
        instrument = self._rng.choice(_INSTRUMENTS)
        card = self._rng.choice(GIFTS) if instrument is Instrument.GIFT else self._card()
        again = bool(self._sold) and self._rng.random() < 0.5
        sale = self._rng.choice(self._sold[-4:]).name if again else self._name("sale")
        for _ in range(self._rng.choice((1, 1, 2, 3))):
            asked = self._asked(till, instrument, card, sale, basket)
            for answer in self._writer.apply([asked], self.now_ms).answers:
                if answer.status is Status.APPLIED:
                    self._sold.append(_Sold(sale, nth, basket))
                    held = (card, sale, nth, instrument, answer, basket.total_minor)
                    self._held.append(_Held(*held))
        if self._rng.random() < 0.4:
            self._resolve()

    def _asked(
        self, till: RulesTill, instrument: Instrument, card: str, sale: str, basket: Basket
    ) -> AuthArrival:
        if instrument in (Instrument.REWARD, Instrument.COUPON):
            return till.reserve_reward(
                card,
                sale,
                self._reward(card),
                coupon=instrument is Instrument.COUPON,
                times=self._rng.choice((1, 1, 2)),
                basket=basket,
            )
        if instrument is Instrument.OFFER:
            return till.reserve_offers(card, sale, basket)
        units = self._rng.choice((1, 10, 100, 700, 5_000))
        return till.reserve(card, sale, units, instrument, basket.total_minor)

    def _resolve(self) -> None:
        """A reservation is posted whole or in part, voided or cancelled."""
        if not self._held:
            return
        held = self._rng.choice(self._held[-4:])
        if self._rng.random() < 0.9:
            self._held.remove(held)
        till, answer, how = self._tills[held.till], held.answer, self._rng.random()
        if how < 0.15:
            self._apply(till.void(answer.request_id))
        elif how < 0.3:
            self._writer.apply([till.cancel(answer.request_id)], self.now_ms)
        else:
            units, amount_minor = answer.points or 0, answer.amount_minor or 0
            divisible = held.instrument in (
                Instrument.POINTS,
                Instrument.CREDIT,
                Instrument.GIFT,
            )
            if divisible and how < 0.5:
                part = self._rng.randint(1, units)
                if amount_minor * part % units == 0:
                    units, amount_minor = part, amount_minor * part // units
            posted = till.post(
                held.card,
                held.sale,
                answer,
                held.total_minor,
                units=units,
                amount_minor=amount_minor,
            )
            self._apply(posted)
            if self._rng.random() < 0.2:
                self._apply(till.call_off(held.sale))

    # -- the desk and the clock -----------------------------------------------------------------

    def _command(self) -> None:
        """Somebody at a desk does something."""
        parts = self._desk.random_parts(self._reward(""))
        if parts is not None:
            self._carry_out(*parts)

    def _carry_out(self, kind: LedgerCommandKind, parts: dict[str, Any]) -> None:
        name = hashlib.sha256(self._name("command").encode()).hexdigest()[:32]
        command = LedgerCommand(
            id=name, kind=kind, made_by="owner", branch=self._rng.choice(BRANCHES), **parts
        )
        for _ in range(self._rng.choice((1, 1, 1, 2))):
            self._writer.command(command, self.now_ms)

    def _wait(self) -> None:
        """Time passes; reservations run out, and nights come."""
        self.now_ms += self._rng.choice(_PAUSES)
        self._writer.tick(self.now_ms)
        if self._rng.random() < 0.7:
            self._run_nights()

    def _run_nights(self) -> None:
        while self._writer.night(self.now_ms, _NIGHT_BUDGET).left:
            pass

    def _publish(self) -> None:
        """Another version of the rules holds from soon on."""
        self.now_ms += HOUR_MS
        self.programme = replace(
            self.programme,
            version=self.programme.version + 1,
            effective_from_ms=self.now_ms,
            rules=shop_rules(self._rng),
        )
        self.store.add_programme(self.programme)
        self.now_ms += 1_000

    def _redenominate(self) -> None:
        """The currency becomes another one; tills are changed over by and by."""
        old = self.programme.currency
        letter = chr(ord("A") + self.programme.version % 26)
        new = Currency(code=f"XX{letter}", exponent=old.exponent)
        rate = self._rng.choice(_RATES)
        self.programme = replace(
            self.programme, currency=new, succeeds=Succession(currency=old, old_units_per_unit=rate)
        )
        self._publish()
        self.programme = replace(self.programme, succeeds=None)

    def _change_a_till_over(self) -> None:
        """One of the tills may count in the currency in force from now on."""
        old = [till for till in self._tills if till.currency != self.programme.currency]
        if old and self._rng.random() < 0.3:
            old[0].currency = self.programme.currency

    def _learn(self) -> None:
        """A member tells its birthday, which may be today's."""
        owned = self._desk.owned()
        if owned:
            day = MemberDate(month=self._rng.choice((1, 2)), day_of_month=self._rng.randint(10, 20))
            self._diary.days[self._rng.choice(owned).member_id] = (day,)

    def _go_home(self) -> None:
        self.now_ms += DAY_MS
        self._writer.tick(self.now_ms)
        self._run_nights()

    # -- parts ----------------------------------------------------------------------------------

    def _apply(self, *arrivals: TransactionArrival) -> None:
        self._writer.apply(arrivals, self.now_ms)

    def _any_till(self) -> RulesTill:
        return self._rng.choice(self._tills)

    def _card(self) -> str:
        made = [f"card {number}" for number in range(self._names)][-9:]
        return self._rng.choice((*CARDS, *made) if self._rng.random() < 0.3 else CARDS)

    def _name(self, kind: str) -> str:
        self._names += 1
        return f"{kind} {self._names}"

    def _reward(self, card: str) -> str:
        """A reward that is there; where a card holds coupons, one that they are for."""
        rewards = [reward.id for reward in self.programme.rules.rewards]
        with self.store.batch() as batch:
            held = [row.reward for row in batch.every(VoucherRow) if card and row.reward]
        return self._rng.choice([*rewards, *held] or ["ten-off"])


_WEIGHTS: Final[tuple[tuple[Callable[[RulesDay], None], int], ...]] = (
    (RulesDay._sell, 30),  # noqa: SLF001 - its own
    (RulesDay._take_back, 14),  # noqa: SLF001
    (RulesDay._load, 6),  # noqa: SLF001
    (RulesDay._tell, 5),  # noqa: SLF001
    (RulesDay._reserve, 20),  # noqa: SLF001
    (RulesDay._resolve, 16),  # noqa: SLF001
    (RulesDay._command, 14),  # noqa: SLF001
    (RulesDay._wait, 12),  # noqa: SLF001
    (RulesDay._publish, 1),  # noqa: SLF001
    (RulesDay._learn, 3),  # noqa: SLF001
)


def look(seed: int, steps: int = _STEPS) -> str | None:
    """Play the weeks of a seed, and say the first thing that is wrong with their ledger.

    The currency of every third shop changes, once or twice.
    """
    store = MemoryLedgerStore()
    RulesDay(store, seed).play(steps, redenominations=max(seed % 6 - 3, 0))
    with store.batch() as batch:
        broken = broken_invariants(batch)
        if broken:
            return broken[0]
        report = audit(batch)
    if report.clean:
        return None
    first = report.findings[0]
    return f"{first.where}: {first.what}"
