"""Tills of other people's make pay at our card terminals, and we hear what they paid."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from pypostelium.pypostelium import Driver
from telium import Telium, TeliumAsk
from transbank.POS.POSIntegrado import POSIntegrado

from simulators.tills.card_terminal import Outcome, PtyCardTerminal, TerminalEnd
from simulators.tills.stx_terminals import ConcertTerminal, TransbankTerminal
from terminal_agent.pos.listeners import listener_of
from terminal_agent.pos.payments import PaymentKind, PaymentSeen, PaymentStatus
from terminal_agent.pos.port import Direction
from terminal_agent.pos.profile_file import load_profile

pytestmark = [pytest.mark.timeout(60)]

Told = list[PaymentSeen]


@contextmanager
def tapped(profile: str, end: TerminalEnd) -> Iterator[tuple[PtyCardTerminal, Told]]:
    """A card terminal, and what is heard of both directions of its line."""
    listener, told, lock = listener_of(load_profile(profile)), Told(), threading.Lock()

    def hear(data: bytes, direction: Direction) -> None:
        with lock:
            told.extend(
                event
                for event in listener.feed(data, 0, direction)
                if isinstance(event, PaymentSeen)
            )

    with PtyCardTerminal(end, hear) as terminal:
        yield terminal, told


def in_short(told: Told) -> list[tuple[PaymentKind, PaymentStatus, int | None, str]]:
    """The payments in short."""
    return [(one.kind, one.status, one.amount_minor, one.currency) for one in told]


@pytest.mark.parametrize("asks_for_card", [False, True])
def test_py_telium_manager_pays(asks_for_card: bool) -> None:  # noqa: FBT001 - parametrised
    """A purchase of 18.95 EUR by pyTeliumManager is heard as asked and as approved."""
    with tapped("concert-eur", ConcertTerminal()) as (terminal, told):
        till = Telium(terminal.device)
        asked = TeliumAsk.new_payment(
            18.95, target_currency="EUR", collect_payment_source_info=asks_for_card
        )
        assert till.ask(asked)
        answer = till.verify(asked, waiting_timeout=10)
        till.close()
    assert answer is not None
    assert answer.has_succeeded
    assert in_short(told) == [
        (PaymentKind.PURCHASE, PaymentStatus.REQUESTED, 1_895, "EUR"),
        (PaymentKind.PURCHASE, PaymentStatus.APPROVED, 1_895, "EUR"),
    ]


def test_py_telium_manager_is_declined() -> None:
    """What the terminal refused is heard as failed."""
    with tapped("concert-eur", ConcertTerminal(Outcome.DECLINED)) as (terminal, told):
        till = Telium(terminal.device)
        asked = TeliumAsk.new_payment(18.95, target_currency="EUR")
        assert till.ask(asked)
        answer = till.verify(asked, waiting_timeout=10)
        till.close()
    assert answer is not None
    assert not answer.has_succeeded
    assert [one.status for one in told] == [PaymentStatus.REQUESTED, PaymentStatus.FAILED]


def test_pypostelium_pays() -> None:
    """It asks to be answered at once (A011), so its amount is heard and never an approval."""
    with tapped("concert-eur", ConcertTerminal()) as (terminal, told):
        till = Driver({"telium_terminal_device_name": terminal.device})
        order = {"amount": 18.95, "payment_mode": "card", "currency_iso": "EUR"}
        assert till.transaction_start(json.dumps(order))
    assert in_short(told) == [(PaymentKind.PURCHASE, PaymentStatus.REQUESTED, 1_895, "EUR")]


def test_transbank_pos_sdk_pays_and_takes_back() -> None:
    """A sale and its refund by Transbank's own SDK are heard with the amount of the sale."""
    with tapped("transbank-clp", TransbankTerminal()) as (terminal, told):
        till = POSIntegrado()
        till.open_port(terminal.device)
        sold = till.sale(15_000, "AB123")
        taken_back = till.refund(int(sold["operation_number"]))
        till.close_port()
    assert (sold["success"], taken_back["success"]) == (True, True)
    assert in_short(told)[:2] == [
        (PaymentKind.PURCHASE, PaymentStatus.REQUESTED, 15_000, "CLP"),
        (PaymentKind.PURCHASE, PaymentStatus.APPROVED, 15_000, "CLP"),
    ]
    assert in_short(told)[-1][:2] == (PaymentKind.REFUND, PaymentStatus.APPROVED)


def test_transbank_pos_sdk_believes_a_wrong_check_and_we_do_not() -> None:
    """An answer whose check does not hold approves nothing here, whatever the till makes of it."""
    with tapped("transbank-clp", TransbankTerminal(wrong_checks=1)) as (terminal, told):
        till = POSIntegrado()
        till.open_port(terminal.device)
        sold = till.sale(15_000, "AB123")
        till.close_port()
    assert sold["success"]
    assert [one.status for one in told] == [PaymentStatus.REQUESTED]
