"""The suite of ``Reader`` on nfcpy, in two processes over its UDP driver."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from gateway.readers.nfcpy_reader import NfcpyReader
from gateway.readers.reader import CardGone, CardSeen, CardTrouble, CardUnreadable
from gateway.system_clock import SystemClock
from simulators.card import (
    CardFault,
    FaultyCard,
    Type4NdefCard,
    UidCard,
    VirtualCard,
    iso_14443_4_atr,
)
from simulators.nfcpy_card import NfcpyCards
from simulators.testing.reader_contract import (
    MESSAGE,
    UID_A,
    UID_B,
    ReaderBench,
    ReaderContract,
    contract_settings,
)

SOAK = bool(os.environ.get("MOHR_SOAK"))
#: What every run looks at: both kinds of tag, a card that hangs, and an end in good order.
BRIEF = {
    "test_an_ndef_card_is_named_by_its_record",
    "test_a_hung_card_is_given_up_and_the_next_card_is_read",
    "test_nothing_is_delivered_after_stop",
}


class NfcpyBench(ReaderBench):
    """The nfcpy reader, and the process with the cards."""

    def __init__(self) -> None:
        port = _free_port()
        self.cards = NfcpyCards(port)
        # The driver waits a second for each request that nobody hears.
        settings = replace(contract_settings(f"udp:localhost:{port}"), answer_timeout_ms=4_000)
        super().__init__(NfcpyReader(settings, clock=SystemClock()), settings.reader_name)

    def put(self, card: VirtualCard) -> None:
        """Hold a card to the reader."""
        self.cards.put(card)

    def take(self) -> None:
        """Take the card away."""
        self.cards.take()

    def swap_quickly(self, card: VirtualCard) -> None:
        """Exchange it between two looks."""
        self.cards.put(card)

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        self.cards.close()


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.mark.slow
class TestNfcpyReader(ReaderContract):
    """All of the suite that UDP can show."""

    @pytest.fixture
    def bench(self, request: pytest.FixtureRequest) -> Iterator[ReaderBench]:
        """A reader, ready. Two processes and their radio silences take seconds for each test."""
        if not SOAK and request.node.originalname not in BRIEF:
            pytest.skip("the whole suite over UDP takes minutes; ./run soak plays it")
        with NfcpyBench() as bench:
            yield bench
        names = {one.name for one in threading.enumerate()}
        assert not {name for name in names if name.startswith(("mohr-nfcpy", "mohr-card-driver"))}

    def test_the_same_card_again_at_once_is_one_tap(self, bench: ReaderBench) -> None:
        """As for every reader; that it was read again cannot be seen from this process."""
        bench.put(UidCard(UID_A))
        bench.expect(CardSeen)
        bench.take()
        bench.expect(CardGone)
        bench.put(UidCard(UID_A))
        bench.put(UidCard(UID_B))
        assert bench.expect(CardSeen).tap.identity == UID_B

    def test_a_hung_card_is_given_up_and_the_next_card_is_read(self, bench: ReaderBench) -> None:
        """As for every reader, with a card that is spoken to: others tell their UID alone."""
        bench.put(FaultyCard(Type4NdefCard(UID_A, MESSAGE), {2: CardFault.SILENCE}))
        assert bench.expect(CardUnreadable).trouble is CardTrouble.NO_ANSWER
        bench.take()
        bench.expect(CardGone)
        bench.put(UidCard(UID_B))
        assert bench.expect(CardSeen).tap.identity == UID_B

    @pytest.mark.parametrize(
        ("card", "trouble"),
        [
            (
                UidCard(bytes.fromhex("08112233"), atr=iso_14443_4_atr()),
                CardTrouble.RANDOM_UID,
            ),
            (Type4NdefCard(UID_A, MESSAGE[:-1]), CardTrouble.BAD_RECORD),
        ],
        ids=["random UID", "torn record"],
    )
    def test_a_card_that_cannot_be_accepted_says_why(
        self, bench: ReaderBench, card: VirtualCard, trouble: CardTrouble
    ) -> None:
        """As for every reader; a UID of another length cannot be sent over this driver."""
        super().test_a_card_that_cannot_be_accepted_says_why(bench, card, trouble)
