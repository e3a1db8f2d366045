"""Days of a shop whose till is often not sure: doubtful papers among sales, returns and decisions.

Two tills of one branch tell the same sales, surely or not, in any order; somebody at the desk
settles and dismisses at random, now and then what was decided before, or as it is not. What must
hold is looked at by the audit, by the books' invariants, and by ``earned_twice``.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Final

from gateway.audit.auditor import audit
from gateway.ledger.checks import broken_invariants
from gateway.ledger.kinds import PostingKind
from gateway.ledger.memory_store import MemoryLedgerStore
from gateway.ledger.rows import PostingRow
from gateway.ledger.rows_reviews import ReviewRow
from gateway.ledger.rows_sales import SaleRow
from gateway.ledger.store import LedgerStore
from gateway.model.ledger_command import CommandParts, LedgerCommandKind
from gateway.model.transaction import ClockQuality
from simulators.rules_day_baskets import random_basket, some_of
from simulators.rules_day_programme import shop_programme, shop_rules
from simulators.rules_shop import DAY_MS, RulesShop
from simulators.rules_till import Basket, RulesTill, card_named

CARDS: Final = tuple(f"card {number}" for number in range(4))
_SALES: Final = 12
_STEPS: Final = 60
_LATE_MS: Final = (0, 0, 0, 5_000, 2 * DAY_MS, -60_000)


class ReviewDays:
    """A shop that goes on at random.

    Attributes:
        shop: its ledger and writer; every step is checked.
    """

    def __init__(self, store: LedgerStore, seed: int) -> None:
        """Open the shop with the rules of a seed."""
        self._rng = Random(seed)
        self._programme = shop_programme(self._rng)
        self.shop = RulesShop(store, self._programme)
        self._tills = [self.shop.till(f"till-{number}", "north") for number in (1, 2)]
        for till in self._tills:
            till.currency = self._programme.currency
        self._baskets = {f"sale {nth}": random_basket(self._rng) for nth in range(_SALES)}

    def play(self, steps: int) -> None:
        """Let so many things happen."""
        actions = (self._doubt, self._doubt, self._sell, self._decide, self._decide, self._back)
        for _ in range(steps):
            self._rng.choice(actions)()
            if self._rng.random() < 0.2:
                self.shop.later(days=self._rng.randrange(3), hours=self._rng.randrange(24))
            if self._rng.random() < 0.05:
                self._publish()

    def earned_twice(self) -> list[str]:
        """Sales on which more than one posting earned, by what the store holds."""
        earns = [row.earn_index for row in self.shop.rows(SaleRow) if row.earn_index]
        kinds = (PostingKind.EARN, PostingKind.SUSPEND)
        posted = [row for row in self.shop.rows(PostingRow) if row.kind in kinds]
        strays = {row.journal_index for row in posted} - set(earns)
        return [f"posting {index} is of no sale" for index in sorted(strays)]

    def _till(self) -> RulesTill:
        till = self._rng.choice(self._tills)
        till.late_ms = self._rng.choice(_LATE_MS)
        till.quality = self._rng.choice((ClockQuality.SYNCHRONISED, ClockQuality.GUESSED))
        return till

    def _named(self) -> tuple[str, Basket]:
        name = self._rng.choice(tuple(self._baskets))
        return name, self._baskets[name]

    def _doubt(self) -> None:
        name, basket = self._named()
        total = basket.total_minor
        totals = [
            total,
            *self._rng.sample((total + 90, total * 10 + 1, 5), k=self._rng.randrange(3)),
        ]
        card = self._rng.choice((None, *CARDS))
        likely = [one for one in totals if one > 0]
        receipt = self._rng.choice((None, "7"))
        told = self._till().doubt(name, likely, card=card, lines=basket.lines, receipt=receipt)
        self.shop.apply(told)

    def _sell(self) -> None:
        name, basket = self._named()
        till, card = self._till(), self._rng.choice(CARDS)
        other = f"{name} {basket.total_minor + 90}"
        key = self._rng.choice((name, name, other))
        self.shop.apply(till.sell(card, key, basket.total_minor, lines=basket.lines))

    def _back(self) -> None:
        name, basket = self._named()
        till = self._till()
        if self._rng.random() < 0.3:
            self.shop.apply(till.call_off(name))
            return
        lines, amount_minor = some_of(self._rng, basket)
        self.shop.apply(till.take_back(name, f"paper {self.shop.now_ms}", amount_minor, lines))

    def _decide(self) -> None:
        rows = self.shop.rows(ReviewRow)
        if not rows:
            return
        row = self._rng.choice(rows)
        parts: CommandParts = {"review": row.first_index, "review_key": row.sale_key.hex()}
        if self._rng.random() < 0.05:
            parts["review"] += 1
        if self._rng.random() < 0.3:
            kind = LedgerCommandKind.DISMISS_REVIEW
            parts["reason"] = "no sale"
        else:
            kind = LedgerCommandKind.SETTLE_REVIEW
            _name, basket = self._named()
            parts["amount"] = max(basket.total_minor + self._rng.choice((0, 0, 90)), 1)
            if row.card_index is None or self._rng.random() < 0.1:
                card = card_named(self._rng.choice(CARDS))
                parts["token"], parts["card_profile"] = card.token.hex(), card.profile.value
        command = self.shop.made(kind, **parts)
        for _ in range(self._rng.choice((1, 1, 2))):
            self.shop.carry_out(command)

    def _publish(self) -> None:
        self.shop.later(hours=1)
        self._programme = replace(
            self._programme, version=self._programme.version + 1, rules=shop_rules(self._rng)
        )
        self.shop.publish(self._programme)


def look(seed: int, steps: int = _STEPS) -> str | None:
    """Play the days of a seed, and say the first thing that is wrong with their ledger."""
    store = MemoryLedgerStore()
    days = ReviewDays(store, seed)
    days.play(steps)
    with store.batch() as batch:
        wrong = [*broken_invariants(batch), *days.earned_twice()]
        wrong += [f"{found.where}: {found.what}" for found in audit(batch).findings]
    return wrong[0] if wrong else None
