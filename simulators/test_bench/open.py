"""How a gateway in test mode gets its bench: the entry point ``mohr.test_bench``."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

from gateway.clock import Clock
from gateway.crypto.public_key import PublicKey
from gateway.model.money import Currency
from gateway.office.commands import Command, Reply
from gateway.office.organisation import Organisation
from gateway.office.test_bench import TestBench
from simulators.test_bench.bench import BenchPlace, SimulatedBench

#: A real till's line: half a second for a receipt.
BAUD: Final = 19_200


def open_test_bench(  # noqa: PLR0913 - all that a bench needs of its gateway, each by its name
    *,
    folder: Path,
    gateway: PublicKey,
    card_key: bytes,
    phone_key: bytes,
    broker: tuple[str, int],
    currency: Currency,
    execute: Callable[[Command], Reply],
    clock: Clock,
    organisation: Callable[[], Organisation],
) -> AbstractContextManager[TestBench]:
    """Make the bench of a gateway; nothing runs before its context is entered.

    Args:
        folder: of all counters, ``test-bench`` in the data directory; made when it is needed.
        gateway: the gateway's public key, which every counter pins.
        card_key: the programme's, to name the cards of the tray as the ledger does.
        phone_key: the gateway's, to draw the codes of the tray's phones as it does.
        broker: host and TCP port of a broker that asks for no certificate.
        currency: of the programme; the tills print in it.
        execute: has the gateway's writer carry a command out.
        clock: the time.
        organisation: tells how the displays look: their unit of money whenever they are read here,
            the name, colour and language of a customer's page when its counter starts.

    Returns:
        the bench. Entered, it starts every counter that was added earlier, without waiting for
        them; left, it stops all of them.
    """
    host, port = broker
    return SimulatedBench(
        BenchPlace(
            folder=folder,
            gateway=gateway,
            card_key=card_key,
            phone_key=phone_key,
            broker_host=host,
            broker_port=port,
            currency=currency,
            baud=BAUD,
        ),
        execute=execute,
        clock=clock,
        organisation=organisation,
    )
