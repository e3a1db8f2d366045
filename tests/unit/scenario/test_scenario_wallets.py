"""Wallets of the pure books: whatever happens to them, the identities hold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.model.rules.earning import Unit
from simulators.scenario.identities import broken_identities
from simulators.scenario.port import State, WalletView
from simulators.scenario.pure.wallets import (
    Lot,
    Taken,
    Wallet,
    activate,
    add,
    amount_of,
    close,
    less,
    parts_of,
    put_back,
    take,
    with_sums,
)


def lot(number: int, left: int, begins: int = 0, ends: int | None = None) -> Lot:
    """A lot with nothing special about it."""
    return Lot(
        id=number, source="s", rule="r", owner="ada", branch="main",
        left=left, active_from_ms=begins, expires_at_ms=ends,
    )  # fmt: skip


def view(wallet: Wallet, at_ms: int) -> State:
    """The wallet as the identities look at it."""
    seen = WalletView(
        owner=wallet.owner, unit=wallet.unit, sums=wallet.sums, active=wallet.active(at_ms),
        lapsed=wallet.lapsed(at_ms), held=wallet.held, pending=wallet.pending, negative=wallet.owed,
    )  # fmt: skip
    return State(members=(), gift_cards=(), wallets=(seen,))


class Story:
    """A wallet to which something happens at every moment."""

    def __init__(self) -> None:
        self.wallet = Wallet(owner="ada", unit=Unit.POINTS)
        self.held: tuple[Taken, ...] = ()
        self.spent: tuple[Taken, ...] = ()
        self.at_ms = 0

    def earn(self, amount: int, wait_ms: int = 0) -> None:
        """A lot that lapses soon."""
        begins = self.at_ms + wait_ms
        new = lot(self.at_ms, amount, begins, begins + amount % 7 + 1)
        self.wallet = add(with_sums(self.wallet, earned=amount), new, self.at_ms)

    def earn_later(self, amount: int) -> None:
        """A lot that waits first."""
        self.earn(amount, wait_ms=3)

    def spend(self, amount: int) -> None:
        """As much as there is."""
        self.wallet, self.spent = take(self.wallet, amount, self.at_ms)
        self.wallet = with_sums(self.wallet, spent=amount_of(self.spent))

    def owe(self, amount: int) -> None:
        """More than there is."""
        wallet, taken = take(self.wallet, amount, self.at_ms)
        owed = wallet.owed + amount - amount_of(taken)
        self.wallet = with_sums(replace(wallet, owed=owed), clawed=amount)

    def hold(self, amount: int) -> None:
        """One reservation at a time."""
        if not self.held:
            self.wallet, self.held = take(self.wallet, amount, self.at_ms)
            self.wallet = replace(self.wallet, held=amount_of(self.held))

    def free(self, _amount: int) -> None:
        """The reservation is given up."""
        self.wallet = put_back(replace(self.wallet, held=0), self.held, self.at_ms)
        self.held = ()

    def use(self, _amount: int) -> None:
        """The reservation is used."""
        self.wallet = with_sums(replace(self.wallet, held=0), spent=amount_of(self.held))
        self.held = ()

    def give_back(self, amount: int) -> None:
        """A part of what was spent last comes back."""
        back = parts_of(self.spent, amount)
        self.spent = less(self.spent, back)
        returned = with_sums(self.wallet, returned=amount_of(back))
        self.wallet = put_back(returned, back, self.at_ms)

    def night(self, _amount: int) -> None:
        """What is due begins and ends."""
        for one in self.wallet.lots:
            if one.pending and one.active_from_ms <= self.at_ms:
                self.wallet = activate(self.wallet, one.id, self.at_ms)
        for one in self.wallet.lots:
            if not one.closed and one.expires_at_ms is not None and one.expires_at_ms <= self.at_ms:
                self.wallet = close(self.wallet, one.id)


_MOVES = (
    Story.earn, Story.earn_later, Story.spend, Story.owe, Story.hold, Story.free, Story.use,
    Story.give_back, Story.night,
)  # fmt: skip


@settings(max_examples=80)
@given(st.lists(st.tuples(st.sampled_from(_MOVES), st.integers(0, 50)), max_size=25))
def test_every_story_keeps_the_identities(
    moves: list[tuple[Callable[[Story, int], None], int]],
) -> None:
    """Earning, spending, owing, holding, lapsing and giving back always add up."""
    story = Story()
    for move, amount in moves:
        story.at_ms += 1
        move(story, amount)
        assert broken_identities(view(story.wallet, story.at_ms)) == ()


def test_what_lapses_first_is_spent_first() -> None:
    """Soonest to lapse, then oldest, those for ever last; what has lapsed or waits stays."""
    wallet = Wallet(owner="ada", unit=Unit.POINTS)
    for number, (begins, ends) in enumerate(
        [(0, None), (0, 90), (0, 50), (0, 50), (0, 5), (20, 30)], 1
    ):
        wallet = add(wallet, lot(number, 10, begins, ends), 1)
    _, taken = take(wallet, 100, 10)
    assert [part.lot for part in taken] == [3, 4, 2, 1]


def test_what_is_owed_is_paid_by_what_comes() -> None:
    """A credit pays a debt first, and keeps what is left; what waits pays when it begins."""
    wallet = replace(Wallet(owner="ada", unit=Unit.POINTS), owed=30)
    wallet = add(wallet, lot(1, 20, begins=5), 1)
    assert (wallet.owed, wallet.pending) == (30, 20)
    wallet = add(wallet, lot(2, 15), 1)
    assert (wallet.owed, wallet.active(1)) == (15, 0)
    wallet = activate(wallet, 1, 6)
    assert (wallet.owed, wallet.active(6)) == (0, 5)


def test_parts_come_back_once() -> None:
    """What is given back is taken from what is still out, the last part first."""
    taken = (Taken(lot=1, amount=5), Taken(lot=2, amount=7))
    back = parts_of(taken, 9)
    assert back == (Taken(lot=2, amount=7), Taken(lot=1, amount=2))
    assert less(taken, back) == (Taken(lot=1, amount=3),)
