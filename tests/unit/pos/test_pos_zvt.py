"""ZVT 700: payments from command to completion, and everything that is none."""

from __future__ import annotations

from simulators.given.card_hearing import heard, payments, told
from simulators.tills import zvt_frames as zvt
from simulators.tills.card_dialogue import converse
from simulators.tills.card_terminal import Outcome
from simulators.tills.zvt_ends import ZvtTerminal, ZvtTill
from terminal_agent.pos.framers.zvt_serial import ZvtSerialFramer
from terminal_agent.pos.interpreters.till_events import TillEvent
from terminal_agent.pos.listeners import listener_of
from terminal_agent.pos.payments import PaymentKind, PaymentStatus
from terminal_agent.pos.port import Direction
from terminal_agent.pos.profile_file import load_profile

SERIAL = load_profile("zvt-serial-eur")
TCP = load_profile("zvt-tcp-eur")
#: The vectors of ecrterm that hold amounts, as they stand in the corpus too.
DOUBLED = bytes.fromhex("1002060 10A0400000001101000490978 1003F2FF".replace(" ", ""))
STATUS = bytes.fromhex(
    "1002040F3727000400000000400049097 80C0938480D042522F1F15966666666D200212201001700018701750B"
    "61399519402960099914 0E05128A0210 03908C".replace(" ", "")
)
COMPLETED = zvt.serial_frame(zvt.apdu(zvt.COMPLETION))

REQUESTED, APPROVED, FAILED = PaymentStatus
PURCHASE = PaymentKind.PURCHASE


def pay(
    command: bytes, *, till: ZvtTill | None = None, terminal: ZvtTerminal | None = None
) -> list[TillEvent]:
    """Let simulated ends pay over a serial line, and listen to both directions."""
    listener = listener_of(SERIAL)
    events: list[TillEvent] = []
    till = till or ZvtTill(zvt.SerialLink())
    converse(
        till.ask(command),
        till,
        terminal or ZvtTerminal(zvt.SerialLink()),
        lambda data, direction: events.extend(listener.feed(data, 0, direction)),
    )
    return events


def test_a_payment_is_told_step_by_step() -> None:
    """Asked for and approved are told once each, with the terminal's own amount and number."""
    asked, approved = payments(pay(zvt.authorisation(11_010)))
    assert (asked.status, asked.amount_minor) == (REQUESTED, 11_010)
    assert (approved.kind, approved.status) == (PURCHASE, APPROVED)
    assert (approved.amount_minor, approved.amount_answered) == (11_010, True)
    assert (approved.currency, approved.receipt_number) == ("EUR", "0001")


def test_frames_sent_again_are_told_once() -> None:
    """Frames whose check did not hold are refused and repeated; each step is told once."""
    till = ZvtTill(zvt.SerialLink(), wrong_checks=1)
    terminal = ZvtTerminal(zvt.SerialLink(), wrong_checks=3)
    events = pay(zvt.authorisation(500), till=till, terminal=terminal)
    assert till.ended is Outcome.APPROVED
    assert told(events) == [(PURCHASE, REQUESTED, 500), (PURCHASE, APPROVED, 500)]


def test_a_command_that_is_repeated_is_one_payment() -> None:
    """A command whose acknowledgement was lost comes again; a completion, too."""
    command = zvt.serial_frame(zvt.authorisation(500))
    status = zvt.serial_frame(zvt.status_information(500))
    events = heard(listener_of(SERIAL), command, command, status, status, COMPLETED, COMPLETED)
    assert told(events) == [(PURCHASE, REQUESTED, 500), (PURCHASE, APPROVED, 500)]


def test_a_refused_card_is_no_payment() -> None:
    """A status with another result than 00 fails the payment, once, with the terminal's code."""
    terminal = ZvtTerminal(zvt.SerialLink(), Outcome.DECLINED)
    events = pay(zvt.authorisation(500), terminal=terminal)
    assert told(events) == [(PURCHASE, REQUESTED, 500), (PURCHASE, FAILED, 500)]
    assert payments(events)[-1].failure == "05"


def test_goods_that_are_not_handed_out_are_no_payment() -> None:
    """A till that refuses after a good status makes the terminal abort: nothing was paid."""
    till = ZvtTill(zvt.SerialLink(), goods=zvt.apdu(zvt.GOODS_REFUSED))
    events = pay(zvt.authorisation(500), till=till)
    assert till.ended is Outcome.DECLINED
    assert told(events)[-1] == (PURCHASE, FAILED, 500)
    assert payments(events)[-1].failure == "6C"


def test_an_abort_after_a_good_status_is_no_payment() -> None:
    """The terminal's abort counts, whatever its status said before."""
    events = heard(
        listener_of(SERIAL),
        zvt.serial_frame(zvt.authorisation(500)),
        zvt.serial_frame(zvt.status_information(500)),
        zvt.serial_frame(zvt.apdu(zvt.ABORT, b"\x6c")),
        COMPLETED,
    )
    assert told(events) == [(PURCHASE, REQUESTED, 500), (PURCHASE, FAILED, 500)]


def test_an_amount_changed_by_the_till_is_the_amount() -> None:
    """A till that hands out goods for less says so, and that is what is paid."""
    changed = zvt.apdu(zvt.GOODS_CHANGED, zvt.amount(333))
    events = pay(zvt.authorisation(500), till=ZvtTill(zvt.SerialLink(), goods=changed))
    assert told(events)[-1] == (PURCHASE, APPROVED, 333)


def test_a_completion_alone_approves_nothing() -> None:
    """An end without a good status leaves the payment unproven."""
    command = zvt.serial_frame(zvt.authorisation(500))
    assert told(heard(listener_of(SERIAL), command, COMPLETED))[-1] == (PURCHASE, FAILED, 500)
    assert not heard(listener_of(SERIAL), COMPLETED)


def test_a_command_that_is_refused_is_no_payment() -> None:
    """84 xx instead of 80 00 ends it at once, with the code."""
    command = zvt.serial_frame(zvt.authorisation(500))
    refused = zvt.serial_frame(zvt.apdu(0x8483))
    events = heard(listener_of(SERIAL), command, refused)
    assert told(events)[-1] == (PURCHASE, FAILED, 500)
    assert payments(events)[-1].failure == "83"


def test_84_00_is_an_acknowledgement() -> None:
    """84 with the code for no error is the other form of 80 00, from either end."""
    good = zvt.serial_frame(zvt.apdu(0x8400))
    command = zvt.serial_frame(zvt.authorisation(500))
    status = zvt.serial_frame(zvt.status_information(500))
    events = heard(listener_of(SERIAL), command, good, status, good, COMPLETED, good)
    assert told(events) == [(PURCHASE, REQUESTED, 500), (PURCHASE, APPROVED, 500)]


def test_a_printer_out_of_paper_fails_no_payment() -> None:
    """A till that cannot print just now refuses the line, not the money."""
    events = heard(
        listener_of(SERIAL),
        zvt.serial_frame(zvt.authorisation(500)),
        zvt.serial_frame(zvt.status_information(500)),
        zvt.serial_frame(zvt.apdu(zvt.DONE)),
        zvt.serial_frame(zvt.apdu(zvt.PRINT_LINE, b"\x00Kundenbeleg")),
        zvt.serial_frame(zvt.apdu(0x84CC)),
        COMPLETED,
    )
    assert told(events)[-1] == (PURCHASE, APPROVED, 500)


def test_refunds_and_reversals_are_told_as_what_they_are() -> None:
    """Money that goes back is a refund; a payment taken back has the amount that it had."""
    refunded = told(pay(zvt.refund(250)))
    assert refunded == [
        (PaymentKind.REFUND, REQUESTED, 250),
        (PaymentKind.REFUND, APPROVED, 250),
    ]
    terminal = ZvtTerminal(zvt.SerialLink())
    pay(zvt.authorisation(1_234), terminal=terminal)
    assert told(pay(zvt.reversal(1), terminal=terminal)) == [
        (PaymentKind.REVERSAL, REQUESTED, None),
        (PaymentKind.REVERSAL, APPROVED, 1_234),
    ]


def test_a_repeated_receipt_is_no_payment() -> None:
    """The terminal tells the last payment again for a copy: it is not paid twice."""
    terminal = ZvtTerminal(zvt.SerialLink())
    pay(zvt.authorisation(1_234), terminal=terminal)
    assert not pay(zvt.apdu(zvt.REPEAT_RECEIPT, bytes(3)), terminal=terminal)


def test_one_wire_does_not_say_which_way_money_went() -> None:
    """Without the till's command a payment is of unknown kind, so that a refund is never a sale."""
    listener = listener_of(SERIAL)
    status = zvt.serial_frame(zvt.status_information(500))
    events = [
        *listener.feed(status, 0, Direction.TO_TILL),
        *listener.feed(COMPLETED, 0, Direction.TO_TILL),
    ]
    assert told(events) == [
        (PaymentKind.UNKNOWN, REQUESTED, 500),
        (PaymentKind.UNKNOWN, APPROVED, 500),
    ]


def test_a_lost_line_forgets_what_was_asked() -> None:
    """An answer after the cable was pulled does not complete what was asked before."""
    listener = listener_of(SERIAL)
    listener.feed(zvt.serial_frame(zvt.authorisation(500)), 0)
    listener.lost()
    assert not listener.feed(COMPLETED, 0, Direction.TO_TILL)


def test_a_foreign_currency_is_told() -> None:
    """The currency is the message's own, not the profile's."""
    frame = zvt.serial_frame(zvt.authorisation(500, currency_number=756))
    assert payments(heard(listener_of(SERIAL), frame))[0].currency == "CHF"


def test_no_card_number_leaves_the_framer() -> None:
    """A card number in clear, packed into a status, is in no APDU and no event."""
    number = "6799851234567890"
    terminal = ZvtTerminal(zvt.SerialLink(), card=bytes.fromhex(number))
    listener = listener_of(SERIAL)
    said: list[str] = []
    reader = ZvtSerialFramer(character_timeout_ms=1_000, frame_timeout_ms=30_000)
    till = ZvtTill(zvt.SerialLink())

    def overheard(data: bytes, direction: Direction) -> None:
        said.extend(repr(apdu) for apdu in reader.feed(data, 0))
        said.extend(repr(event) for event in listener.feed(data, 0, direction))

    converse(till.ask(zvt.authorisation(500)), till, terminal, overheard)
    packed = repr(bytes.fromhex(number))[2:-1]
    assert till.ended is Outcome.APPROVED
    assert not [one for one in said if number in one or packed in one]


def test_two_amounts_that_differ_are_none() -> None:
    """A status that says two amounts says none."""
    data = b"\x27\x00" + zvt.amount(500) + zvt.amount(5_000)
    status = zvt.serial_frame(zvt.apdu(zvt.STATUS_INFORMATION, data))
    assert told(heard(listener_of(SERIAL), status)) == [(PaymentKind.UNKNOWN, REQUESTED, None)]


def test_a_year_is_told_where_the_terminal_tells_it() -> None:
    """With a date of six digits the time is a whole one; a date that cannot be is none."""
    base = b"\x27\x00" + zvt.amount(500) + bytes.fromhex("0C093848")
    for date_field, expected in (
        ("AA250425", "2025-04-25T09:38:48"),
        ("0D0229", "--02-29T09:38:48"),
        ("AA251399", None),
        ("", None),
    ):
        status = zvt.apdu(zvt.STATUS_INFORMATION, base + bytes.fromhex(date_field))
        seen = payments(heard(listener_of(SERIAL), zvt.serial_frame(status)))[0]
        assert seen.occurred_at == expected
