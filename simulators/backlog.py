"""A terminal's day without a network, written into its journal at once instead of tapped."""

from __future__ import annotations

from gateway.clock import Clock
from gateway.crypto.signer import Signer
from gateway.model.ids import BOOT_ID_BYTES, BootId
from gateway.model.money import EUR
from gateway.model.sale import Sale, SaleSource
from gateway.model.transaction import Channel, Kind
from simulators.sealed_terminal import card_evidence, sale_key
from terminal_agent.journal.journal import Journal
from terminal_agent.sealing import BootClock, Circumstances, Content, draft_of

#: Sales accepted in one commit; an agent's own are one to a commit, which only takes longer.
_PER_COMMIT = 100


def accept_sales(journal: Journal, signer: Signer, clock: Clock, *, count: int, cards: int) -> int:
    """Accept one euro after the other: sale ``n`` is over ``n`` euro, earned by card ``n % cards``.

    Args:
        journal: of an agent that is not running.
        signer: the terminal's key.
        clock: the time of the sales.
        count: how many sales.
        cards: how many customers take turns.

    Returns:
        the sum of the totals in whole euro.
    """
    about = Circumstances(
        time=BootClock(clock, BootId(bytes(BOOT_ID_BYTES))).now(),
        programme_version=1,
        currency=EUR,
        channel=Channel.SIMULATED,
    )
    numbers = range(1, count + 1)
    drafts = [draft_of(_earn(number, number % cards), about, signer) for number in numbers]
    for at in range(0, count, _PER_COMMIT):
        journal.accept(drafts[at : at + _PER_COMMIT], about.time.unix_ms)
    return sum(numbers)


def _earn(number: int, card: int) -> Content:
    sale = Sale(
        key=sale_key(number),
        total_minor=number * 100,
        source=SaleSource.RECEIPT,
        profile="simulated",
        receipt_number=str(number),
    )
    return Content(kind=Kind.EARN, card=card_evidence(card), sale=sale)
