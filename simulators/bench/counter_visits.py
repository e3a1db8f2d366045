"""Visits at a real counter: a card on a PC/SC reader, a receipt on a line, the screen's answer.

A visit is measured between four moments, all by one clock:

- *card*: the driver powers the virtual card up. pcscd looks whether a card is there two or three
  times a second; how long that takes is the daemon's business and does not count.
- *paper*: the till has written the last byte of its receipt.
- *accepted*: the screen says so, which it may only after the journal's sync.
- *receipt*: the screen shows the gateway's result, out of a sealed receipt.

In every other visit the card comes first, in the others the paper. Whichever came last starts the
transaction; from there ``to_receipt`` counts. ``to_accepted`` is our own time for both halves: from
the card to what the screen makes of it, and from the paper to what the screen makes of that; the
time the customer takes between the two is left out.

Not as in a shop: the line has no pace, so the whole receipt is read after its last byte was sent;
a real card answers over the air, which takes some ten milliseconds more.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

from gateway.formatting.numbers import Language
from gateway.readers.pcsc_calls import PcscContext
from simulators.bench.watched_agent import WatchedAgent
from simulators.card import UidCard
from simulators.command_process import wait_until
from simulators.pcscd import PcscDaemon
from simulators.process_setup import LANE, receipt
from simulators.till import PtyTill
from simulators.vpcd import VpcdSlot
from terminal_agent.display import Screen
from terminal_agent.texts.catalogue import load_texts

_NS_PER_MS: Final = 1e6
#: Who just left is somebody else than who comes: the same card would be the same visit.
_CUSTOMERS: Final = 8


class TimedCard(UidCard):
    """A card that notes when it is powered up."""

    def __init__(self, uid: bytes) -> None:
        """Make it; nothing was noted yet."""
        super().__init__(uid)
        self.powered_ns: list[int] = []

    def power_on(self) -> None:
        """See ``VirtualCard``."""
        self.powered_ns.append(time.perf_counter_ns())

    @property
    def detected_ns(self) -> int:
        """When the driver powered it up. The first time was the hand that put it there."""
        return self.powered_ns[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What one visit took; see the module.

    Attributes:
        card_ms: from the card to what the screen makes of it.
        paper_ms: from the last byte to what the screen makes of it.
        to_receipt_ms: from whichever came last to the gateway's result.
    """

    card_ms: float
    paper_ms: float
    to_receipt_ms: float

    @property
    def to_accepted_ms(self) -> float:
        """Our own time up to "accepted"."""
        return self.card_ms + self.paper_ms


class CounterVisits:
    """Lets one customer after the other come."""

    def __init__(self, agent: WatchedAgent, slot: VpcdSlot, till: PtyTill) -> None:
        """Stand at a counter whose agent is open and speaks English."""
        self._agent = agent
        self._slot = slot
        self._till = till
        self._count = 0
        self._context = PcscContext()
        texts = load_texts(Language.EN)
        self._first_line = {
            screen: texts.write(f"screen.{screen}").splitlines()[0] for screen in Screen
        }

    def one(self) -> Visit:
        """Let the next customer come, pay, see the points, and go."""
        self._count += 1
        number = self._count
        card = TimedCard(bytes((0x04, 0xA1, number % _CUSTOMERS, 0x11)))
        paper = receipt(str(number), 1_000 + number)
        if number % 2:
            card_ns, card_seen_ns = self._present(card, Screen.CARD)
            paper_ns, paper_seen_ns = self._print(paper, Screen.ACCEPTED)
            began_ns = paper_ns
        else:
            paper_ns, paper_seen_ns = self._print(paper, Screen.LATE)
            card_ns, card_seen_ns = self._present(card, Screen.ACCEPTED)
            began_ns = card_ns
        receipt_ns = self._shown(Screen.APPLIED, began_ns)
        self._take_away()
        return Visit(
            card_ms=(card_seen_ns - card_ns) / _NS_PER_MS,
            paper_ms=(paper_seen_ns - paper_ns) / _NS_PER_MS,
            to_receipt_ms=(receipt_ns - began_ns) / _NS_PER_MS,
        )

    def close(self) -> None:
        """Let go of the reader."""
        self._slot.remove()
        self._context.release()

    def _present(self, card: TimedCard, then: Screen) -> tuple[int, int]:
        put_ns = time.perf_counter_ns()
        self._slot.insert(card)
        seen_ns = self._shown(then, put_ns)
        return card.detected_ns, seen_ns

    def _print(self, paper: bytes, then: Screen) -> tuple[int, int]:
        self._till.print(paper[:-1])
        last_ns = time.perf_counter_ns()
        self._till.print(paper[-1:])
        return last_ns, self._shown(then, last_ns)

    def _shown(self, screen: Screen, since_ns: int) -> int:
        return self._agent.wait_line(self._first_line[screen], since_ns=since_ns)

    def _take_away(self) -> None:
        self._slot.remove()
        wait_until(lambda: not self._card_there(), "the reader to be empty")

    def _card_there(self) -> bool:
        found = self._context.status_change({PcscDaemon.reader_name(LANE): 0}, 0)
        return any(status.present for status in found or ())
