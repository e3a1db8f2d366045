"""Draws what customers and cashiers do. Pure."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import Final

from simulators.receipts import ReceiptItem
from simulators.shop.plan import GOODS
from simulators.world.events import Cancel, Enrol, Event, Offline, Print, Redeem, Refund, Tap, Total
from simulators.world.size import MINUTE_MS, WorldSize

_OPENING_MINUTE: Final = 8 * 60
#: How far apart a visit's parts lie; answers take some hundred milliseconds to arrive.
_BEATS_MS: Final = (300, 900, 2_000)


@dataclass(slots=True)
class _Till:
    """One till's day so far."""

    name: str
    free_at_ms: int


class _Day:
    """Draws visits one after the other; people queue at each till."""

    def __init__(
        self, rng: random.Random, size: WorldSize, tills: tuple[str, ...], members: int
    ) -> None:
        self._rng = rng
        self._size = size
        self._members = members
        self._tills = [_Till(name, rng.randrange(5_000)) for name in tills]
        self._papers: list[Print] = []
        self._number = 0
        self.events: list[Event] = []

    def visit(self, *, enrols: bool) -> None:
        """A customer comes to the till that is free first, or brings something back."""
        rng = self._rng
        till = min(self._tills, key=lambda one: one.free_at_ms)
        if self._papers and rng.random() < 0.16:
            self._bring_back(till)
        else:
            self._buy(till, enrol=rng.random() < (0.35 if enrols else 0.03))
        pause_ms = self._size.span_ms * len(self._tills) // self._size.visits
        till.free_at_ms += rng.randrange(pause_ms)

    def rush(self) -> None:
        """One till sells a lot in a short time, half of the times while it has no network."""
        rng = self._rng
        till = rng.choice(self._tills)
        sales = rng.randint(5, 18)
        begin_ms = till.free_at_ms
        for _ in range(sales):
            self._act(till, Tap(at_ms=0, who=till.name, member=self._member()), 150)
            self._act(till, self._paper(till), 400)
        for_ms = till.free_at_ms - begin_ms + rng.randrange(20_000)
        if rng.random() < 0.6:
            return
        self.events.append(Offline(at_ms=max(begin_ms - 500, 0), who=till.name, for_ms=for_ms))

    def _buy(self, till: _Till, *, enrol: bool) -> None:
        rng = self._rng
        beat_ms = rng.choice(_BEATS_MS)
        paper = self._paper(till)
        tap = None if rng.random() < 0.1 else Tap(at_ms=0, who=till.name, member=self._member())
        acts = self._before_paper(till, paper, tap, enrol=enrol)
        for act in acts:
            self._act(till, act, beat_ms)
        redeems = isinstance(acts[-1], Redeem) if acts else False
        if redeems and rng.random() < 0.2:
            # The points are held, and then the line goes dead: the redemption comes late.
            for_ms = rng.choice((8_000, 40_000))
            self.events.append(Offline(at_ms=till.free_at_ms - 100, who=till.name, for_ms=for_ms))
        if rng.random() < 0.1 and self._changes_his_mind(till, beat_ms):
            return
        if rng.random() < 0.1:
            till.free_at_ms += rng.choice((6_000, 20_000, 70_000))  # looks for the purse
        self._act(till, paper, beat_ms)
        if tap is not None and not acts:
            self._act(till, tap, beat_ms)  # the card comes late, after the paper
        self._after_paper(till, paper, tap, beat_ms)

    def _before_paper(
        self, till: _Till, paper: Print, tap: Tap | None, *, enrol: bool
    ) -> list[Event]:
        rng = self._rng
        total = Total(at_ms=0, who=till.name, total_minor=_sum(paper))
        if tap is None:
            return [total]
        acts: list[Event] = [tap, total] if rng.random() < 0.5 else [total, tap]
        if rng.random() < 0.15:
            return []
        if rng.random() < 0.12:
            acts.append(tap)
        if enrol:
            acts.append(Enrol(at_ms=0, who=till.name))
        if rng.random() < 0.6:
            acts.append(Redeem(at_ms=0, who=till.name))
        return acts

    def _changes_his_mind(self, till: _Till, beat_ms: int) -> bool:
        """Somebody steps back or walks away; say whether he does not come back to it."""
        if self._rng.random() < 0.6:
            self._act(till, Cancel(at_ms=0, who=till.name), beat_ms)
        return self._rng.random() < 0.5

    def _after_paper(self, till: _Till, paper: Print, tap: Tap | None, beat_ms: int) -> None:
        """A copy; or the same sale once more, as after a crash, at the same till or another."""
        rng = self._rng
        if rng.random() < 0.1:
            self._act(till, replace(paper, reprint=True), beat_ms)
        if tap is None or rng.random() > 0.14:
            return
        who = rng.choice(self._tills).name
        again: list[Event] = [replace(tap, who=who)]
        if rng.random() < 0.6:
            again += [Total(at_ms=0, who=who, total_minor=_sum(paper)), Redeem(at_ms=0, who=who)]
        for event in (*again, replace(paper, who=who)):
            self._act(till, event, beat_ms)
        if rng.random() < 0.4:
            self._act(till, Refund(at_ms=0, who=who, number=paper.number), 4_000)

    def _bring_back(self, till: _Till) -> None:
        paper = self._rng.choice(self._papers[-8:])
        who = paper.who if self._rng.random() < 0.5 else till.name
        for _ in range(self._rng.choice((1, 1, 1, 2))):
            self._act(till, Refund(at_ms=0, who=who, number=paper.number), 1_500)

    def _paper(self, till: _Till) -> Print:
        self._number += 1
        paper = Print(
            at_ms=0,
            who=till.name,
            number=self._number,
            items=_basket(self._rng),
            minute=_OPENING_MINUTE + till.free_at_ms // MINUTE_MS,
        )
        self._papers.append(paper)
        return paper

    def _act(self, till: _Till, event: Event, beat_ms: int) -> None:
        self.events.append(replace(event, at_ms=till.free_at_ms))
        till.free_at_ms += beat_ms + self._rng.randrange(beat_ms)

    def _member(self) -> int:
        return self._rng.randrange(self._members)


def draw_visits(
    rng: random.Random, size: WorldSize, tills: tuple[str, ...], members: int, *, enrols: bool
) -> tuple[Event, ...]:
    """Draw all customers of a world.

    Args:
        rng: where every choice comes from.
        size: how many come, in how long a time.
        tills: where they come to.
        members: how many cards there are.
        enrols: whether cards must be enrolled to be anybody's.
    """
    day = _Day(rng, size, tills, members)
    rush_at = rng.randrange(size.visits) if rng.random() < 0.7 else None
    for number in range(size.visits):
        if number == rush_at:
            day.rush()
        day.visit(enrols=enrols)
    return tuple(day.events)


def _basket(rng: random.Random) -> tuple[ReceiptItem, ...]:
    chosen = (rng.choice(GOODS) for _ in range(rng.randint(1, 4)))
    return tuple(
        ReceiptItem(label=label, amount_minor=amount_minor) for label, amount_minor in chosen
    )


def _sum(paper: Print) -> int:
    return sum(item.amount_minor for item in paper.items)
