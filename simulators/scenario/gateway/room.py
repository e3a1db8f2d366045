"""Where steps are played: the tills with what they remember, the people, and the gateway."""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.ledger.store import LedgerStore
from gateway.model.ids import MemberId
from gateway.model.money import Currency
from gateway.model.programme import Programme
from gateway.model.rules.settings import Settings
from gateway.model.sale import Sale
from gateway.program.versions import programme_at
from simulators.scenario.gateway.bill import Grant
from simulators.scenario.gateway.effects import Effects
from simulators.scenario.gateway.house import House
from simulators.scenario.gateway.people import People
from simulators.scenario.gateway.till import Till
from simulators.scenario.port import Moment, ShopFaultError
from simulators.scenario.steps import Basket


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """A sale that a till has closed.

    Attributes:
        sale: as its paper says it.
        till: which.
        card: the card that was shown; None for none.
    """

    sale: Sale
    till: Till
    card: str | None


@dataclass(slots=True)
class Room:
    """Everything that a step needs.

    Attributes:
        house: the gateway.
        tills: by name.
        people: who is who.
        programmes: the versions of the rules that tills were told of.
        printed: closed sales by the scenario's name.
        holds: reservations by the scenario's name.
        used: what was used on a sale, closed or still to come, by the scenario's name.
        gift_cards: names of those that were issued.
    """

    house: House
    tills: dict[str, Till]
    people: People
    programmes: tuple[Programme, ...]
    printed: dict[str, Printed] = field(default_factory=dict)
    holds: dict[str, Grant] = field(default_factory=dict)
    used: dict[str, tuple[Grant, ...]] = field(default_factory=dict)
    gift_cards: list[str] = field(default_factory=list)

    @property
    def store(self) -> LedgerStore:
        """The ledger; another object after a power cut."""
        return self.house.store

    @property
    def effects(self) -> Effects:
        """What the ledger says of journal rows."""
        return Effects(self.house.store)

    def used_on(self, sale: str | None) -> tuple[Grant, ...]:
        """What was used on a sale so far."""
        return () if sale is None else self.used.get(sale, ())

    @property
    def settings(self) -> Settings:
        """The last version's clocks."""
        return self.programmes[-1].rules.settings

    def till(self, moment: Moment) -> Till:
        """The terminal at which something happens."""
        return self.tills[moment.terminal]

    def rules(self, moment: Moment) -> Programme:
        """The version that a till goes by, with the clock that it has."""
        found = programme_at(self.programmes, moment.made_at_ms)
        if found is None:
            raise ShopFaultError("a till has rules from the beginning")
        return found

    def currency(self, basket: Basket, moment: Moment) -> Currency:
        """In what a till counts: the programme's currency, or the one that the step says."""
        programme = self.rules(moment)
        if basket.currency in (None, programme.currency.code):
            return programme.currency
        return Currency(code=basket.currency, exponent=programme.currency.exponent)

    def owner(self, card: str) -> MemberId | None:
        """Whose a card is."""
        return self.people.owner(self.store, card)
