"""What tills and card terminals say to each other: requests, answers, and what is no sale."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import ConfigError
from simulators.tills.card_terminal import Outcome
from simulators.tills.stx_terminals import ConcertTerminal, Ecr17Terminal, TransbankTerminal
from simulators.tills.stx_tills import (
    concert_request,
    ecr17_request,
    ecr17_reversal,
    transbank_sale,
)
from terminal_agent.pos.framers.stx_settings import FrameSettings
from terminal_agent.pos.interpreters.till_events import TillEvent
from terminal_agent.pos.listener import Listener
from terminal_agent.pos.listeners import listener_of
from terminal_agent.pos.payments import PaymentKind, PaymentSeen, PaymentStatus
from terminal_agent.pos.port import Direction
from terminal_agent.pos.profile_file import load_profile, parse_profile
from terminal_agent.pos.stx_listeners import ECR17_FRAME

PLAIN = FrameSettings()
FS = "\x1c"


def heard(listener: Listener, data: bytes, way: Direction = Direction.FROM_TILL) -> list[TillEvent]:
    """What becomes known at once."""
    return list(listener.feed(data, 0, way))


def payments(events: list[TillEvent]) -> list[tuple[PaymentKind, PaymentStatus, int | None, str]]:
    """The payments in short."""
    return [
        (one.kind, one.status, one.amount_minor, one.currency)
        for one in events
        if isinstance(one, PaymentSeen)
    ]


def paid_by(
    end: ConcertTerminal | TransbankTerminal | Ecr17Terminal, listener: Listener, *said: bytes
) -> list[TillEvent]:
    """What is heard of both directions while a till says these things."""
    events: list[TillEvent] = []
    for data in said:
        events += heard(listener, data)
        for answer in end.feed(data):
            events += heard(listener, answer, Direction.TO_TILL)
    return events


REQUESTED, APPROVED, FAILED = PaymentStatus
PURCHASE = PaymentKind.PURCHASE


def test_concert_captures_are_read(pos_corpus_folder: Path) -> None:
    """Both captured requests ask for 18.95 EUR."""
    for line in (
        (pos_corpus_folder / "frames" / "concert_telium_lrc_traps.hex").read_text().splitlines()
    ):
        listener = listener_of(load_profile("concert-eur"))
        assert payments(heard(listener, bytes.fromhex(line))) == [
            (PURCHASE, REQUESTED, 1_895, "EUR")
        ]


def test_transbank_captures_are_read(pos_corpus_folder: Path) -> None:
    """Amounts have no decimals there; the ticket is the till's own number."""
    text = (pos_corpus_folder / "frames" / "transbank_integrado.hex").read_text()
    listener = listener_of(load_profile("transbank-clp"))
    events = heard(listener, b"".join(bytes.fromhex(line) for line in text.splitlines()))
    assert payments(events) == [
        (PURCHASE, REQUESTED, 123, "CLP"),
        (PURCHASE, REQUESTED, 15_000, "CLP"),
    ]
    assert isinstance(events[1], PaymentSeen)
    assert events[1].reference == "AB123"


@pytest.mark.parametrize(("outcome", "status"), [("approved", APPROVED), ("declined", FAILED)])
@pytest.mark.parametrize("card", ["0", "1"])
def test_concert_is_told_whole(outcome: str, status: PaymentStatus, card: str) -> None:
    """Asked once and answered once, in both forms of answer; the amount is the terminal's own."""
    listener = listener_of(load_profile("concert-eur"))
    end = ConcertTerminal(Outcome(outcome))
    events = paid_by(end, listener, b"\x05", concert_request(card=card), b"\x04", b"\x06", b"\x06")
    assert payments(events) == [
        (PURCHASE, REQUESTED, 1_895, "EUR"),
        (PURCHASE, status, 1_895, "EUR"),
    ]
    assert isinstance(events[1], PaymentSeen)
    assert events[1].amount_answered == (status is APPROVED)


def with_parity(data: bytes) -> bytes:
    """As a line of seven bits and even parity looks to who hears eight bits."""
    return bytes(byte | byte.bit_count() % 2 << 7 for byte in data)


def test_concert_on_a_line_of_seven_bits_is_read() -> None:
    """Old terminals speak 7E1: what parity put into bit 7 changes neither amounts nor checks."""
    answer = PLAIN.frame(f"010{1_895:08d}1978{'':10}".encode())
    events = heard(listener_of(load_profile("concert-eur")), with_parity(concert_request()))
    assert payments(events) == [(PURCHASE, REQUESTED, 1_895, "EUR")]
    listener = listener_of(load_profile("concert-eur"))
    spoken = b"\x05\x06" + concert_request() + b"\x06\x04\x05\x06" + answer + b"\x06\x04"
    assert [one[1:3] for one in payments(heard(listener, with_parity(spoken)))] == [
        (REQUESTED, 1_895),
        (APPROVED, 1_895),
    ]


def test_concert_that_answers_at_once_approves_nothing() -> None:
    """With A011 the terminal takes the order before anybody paid; that is no approval."""
    listener = listener_of(load_profile("concert-eur"))
    said = (b"\x05", concert_request(delay="A011"), b"\x04", b"\x06", b"\x06")
    assert payments(paid_by(ConcertTerminal(), listener, *said)) == [
        (PURCHASE, REQUESTED, 1_895, "EUR")
    ]


@pytest.mark.parametrize(
    ("kind", "read"),
    [("1", PaymentKind.REFUND), ("2", PaymentKind.REVERSAL), ("4", PaymentKind.OTHER)],
)
def test_concert_that_is_no_purchase_is_none(kind: str, read: PaymentKind) -> None:
    """A refund, a reversal or anything else is never told as a purchase, nor is its answer."""
    listener = listener_of(load_profile("concert-eur"))
    said = (b"\x05", concert_request(kind=kind), b"\x04", b"\x06", b"\x06")
    told = payments(paid_by(ConcertTerminal(), listener, *said))
    assert [one[0] for one in told] == [read, read]


def test_an_answer_with_a_wrong_check_counts_when_it_came_right() -> None:
    """The till asks for it again; only the answer whose check holds is told, once."""
    listener = listener_of(load_profile("concert-eur"))
    end = ConcertTerminal(wrong_checks=1)
    said = (b"\x05", concert_request(), b"\x04", b"\x06", b"\x15", b"\x06")
    told = payments(paid_by(end, listener, *said))
    assert [one[1] for one in told] == [REQUESTED, APPROVED]
    assert listener.counters.bad_checks == 1


def test_what_is_said_again_is_told_once() -> None:
    """A request that got no acknowledgement comes again, and so does an answer."""
    listener = listener_of(load_profile("transbank-clp"))
    asked = transbank_sale(15_000, "A1")
    answer = TransbankTerminal().feed(asked)[-1]
    events = heard(listener, asked * 3) + heard(listener, answer * 2, Direction.TO_TILL)
    assert [one[1] for one in payments(events)] == [REQUESTED, APPROVED]
    # The next customer buys the same for the same: that is another payment.
    events = heard(listener, asked) + heard(listener, answer, Direction.TO_TILL)
    assert [one[1] for one in payments(events)] == [REQUESTED, APPROVED]


def test_transbank_is_told_whole() -> None:
    """Sale with its moment and number, refund of that sale with its amount, and past sales not."""
    listener, end = listener_of(load_profile("transbank-clp")), TransbankTerminal()
    events = paid_by(end, listener, transbank_sale(15_000, "A1"))
    assert isinstance(events[1], PaymentSeen)
    assert (events[1].receipt_number, events[1].occurred_at) == ("000001", "2026-11-24T14:25:30")
    refund = paid_by(end, listener, PLAIN.frame(b"1200|000001|"))
    assert payments(refund)[-1] == (PaymentKind.REFUND, APPROVED, 15_000, "CLP")
    past = PLAIN.frame(b"0260|00|597029414300|80000077|A1|XZ123456|15000|0|0|6677|000001|CR|||VI|")
    assert heard(listener, past, Direction.TO_TILL) == []


def test_transbank_declined_is_no_amount_of_its_own() -> None:
    """A refused payment fails, whatever amount stands in it."""
    events = paid_by(
        TransbankTerminal(Outcome.DECLINED),
        listener_of(load_profile("transbank-clp")),
        transbank_sale(15_000, "A1"),
    )
    assert payments(events)[-1][:2] == (PURCHASE, FAILED)


@pytest.mark.parametrize(("outcome", "status"), [("approved", APPROVED), ("declined", FAILED)])
def test_ecr17_is_told_whole(outcome: str, status: PaymentStatus) -> None:
    """A payment with its STAN; progress and framed acknowledgements say nothing."""
    listener = listener_of(load_profile("ecr17-eur"))
    events = paid_by(Ecr17Terminal(Outcome(outcome)), listener, ecr17_request())
    assert payments(events) == [(PURCHASE, REQUESTED, 650, "EUR"), (PURCHASE, status, 650, "EUR")]
    assert isinstance(events[1], PaymentSeen)
    assert events[1].receipt_number == "000001"
    assert events[1].failure == (None if status is APPROVED else "01 CARTA RIFIUTATA")


@pytest.mark.parametrize("covered", ["", "stx-etx-", "etx-", "stx-"])
def test_each_check_of_ecr17_has_its_profile(covered: str) -> None:
    """What is under the check differs between terminals, and a profile reads its own alone."""
    body = ecr17_request()[1:-2]
    for other in ("", "stx-etx-", "etx-", "stx-"):
        settings = replace(
            ECR17_FRAME, lrc_covers_stx="stx" in other, lrc_covers_etx="etx" in other
        )
        events = heard(listener_of(load_profile(f"ecr17-{covered}eur")), settings.frame(body))
        assert [one[2] for one in payments(events)] == ([650] if other == covered else [])


def test_ecr17_refuses_in_few_words() -> None:
    """A refusal that ends behind its words fails the payment; an approval must be whole."""
    for result, status in (("01", [REQUESTED, FAILED]), ("00", [REQUESTED])):
        listener = listener_of(load_profile("ecr17-eur"))
        events = heard(listener, ecr17_request())
        said = f"000000010E{result}{'CARTA RIFIUTATA':24}".encode()
        events += heard(listener, ECR17_FRAME.frame(said), Direction.TO_TILL)
        assert [one[1] for one in payments(events)] == status


def test_ecr17_reverses_the_last_payment() -> None:
    """A reversal without a STAN is of the last payment, and tells its amount."""
    listener, end = listener_of(load_profile("ecr17-eur")), Ecr17Terminal()
    paid_by(end, listener, ecr17_request(amount_minor=650))
    assert payments(paid_by(end, listener, ecr17_reversal()))[-1] == (
        PaymentKind.REVERSAL, APPROVED, 650, "EUR",
    )  # fmt: skip


def test_ecr17_last_result_is_no_second_payment() -> None:
    """Asked for once more after a lost answer it counts; after a heard one it does not."""
    listener, end = listener_of(load_profile("ecr17-eur")), Ecr17Terminal()
    heard(listener, ecr17_request())
    answer = end.feed(ecr17_request())[-1]
    last = ECR17_FRAME.frame(b"000000010G000000020000")
    assert heard(listener, last) == []
    told = heard(listener, answer, Direction.TO_TILL)
    assert [one[1] for one in payments(told)] == [APPROVED]
    assert heard(listener, last) + heard(listener, answer, Direction.TO_TILL) == []


def test_ecr17_pre_authorisation_is_no_purchase() -> None:
    """Money that is only set aside earns nothing."""
    told = payments(heard(listener_of(load_profile("ecr17-eur")), ecr17_request("p")))
    assert [one[0] for one in told] == [PaymentKind.OTHER]


def test_an_answer_to_nothing_is_no_purchase() -> None:
    """Without its request a Concert answer does not say what was answered."""
    listener = listener_of(load_profile("concert-eur"))
    answer = PLAIN.frame(f"010{1_895:08d}1978{'':10}".encode())
    assert payments(heard(listener, answer, Direction.TO_TILL)) == [
        (PaymentKind.UNKNOWN, APPROVED, 1_895, "EUR")
    ]
    heard(listener, concert_request())
    listener.lost()
    assert payments(heard(listener, answer, Direction.TO_TILL))[0][0] is PaymentKind.UNKNOWN


def test_written_forms_are_read() -> None:
    """The shipped example: fields between FS, a refund, a refusal, a reference."""
    listener = listener_of(load_profile("generic-ecr-eur"))
    asked = PLAIN.frame(FS.join(("T00", "01", "000001895", "42")).encode())
    assert payments(heard(listener, asked)) == [(PURCHASE, REQUESTED, 1_895, "EUR")]
    declined = PLAIN.frame(FS.join(("A00", "100001", "000001895")).encode())
    assert payments(heard(listener, declined)) == [(PURCHASE, FAILED, 1_895, "EUR")]
    heard(listener, asked)
    done = PLAIN.frame(FS.join(("A00", "000000", "000001895", "R7")).encode())
    events = heard(listener, done)
    assert payments(events) == [(PURCHASE, APPROVED, 1_895, "EUR")]
    assert isinstance(events[0], PaymentSeen)
    assert (events[0].reference, events[0].receipt_number) == ("42", "R7")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[messages]\nforms = []", "one to"),
        ('[[messages.forms]]\nrole = "request"\namount = { field = 1 }', "kind"),
        (
            '[[messages.forms]]\nrole = "request"\nkind = "purchase"\namount = { column = 1 }',
            "length",
        ),
        ('[[messages.forms]]\nrole = "answer"\nstatus = { field = 1 }', "approved"),
        ('[[messages.forms]]\nrole = "shout"', "role"),
        ('[frame]\nseparators = "zz"', "separators"),
        ("[frame]\nlrc = 1", "lrc"),
        ("[frame]\nprogress = 1", "true or false"),
    ],
)  # fmt: skip
def test_wrong_forms_are_refused_with_what_to_write(text: str, complaint: str) -> None:
    """A profile's mistake names its key before a shop opens."""
    head = 'name = "mine"\nversion = 1\ndialect = "generic-ecr"\n'
    tail = '\n[currency]\ncode = "EUR"\nexponent = 2\n'
    with pytest.raises(ConfigError, match=complaint):
        parse_profile((head + text + tail).encode(), "mine.toml")


def test_a_generic_line_needs_forms() -> None:
    """Without them nothing could ever be read, so it is said at once."""
    head = 'name = "mine"\nversion = 1\ndialect = "generic-ecr"\n'
    text = (head + '[currency]\ncode = "EUR"\nexponent = 2\n').encode()
    with pytest.raises(ConfigError, match="messages"):
        listener_of(parse_profile(text, "mine.toml"))


@given(at=st.integers(0), bit=st.integers(0, 7))
@pytest.mark.parametrize(
    ("profile", "asked", "amount"),
    [
        ("concert-eur", concert_request(1_895), 1_895),
        ("transbank-clp", transbank_sale(), 15_000),
        ("ecr17-eur", ecr17_request(amount_minor=650), 650),
    ],
)
def test_a_turned_bit_never_gives_another_amount(
    profile: str, asked: bytes, amount: int, at: int, bit: int
) -> None:
    """One bit wrong on the line: the true amount, or none."""
    data = bytearray(asked)
    data[at % len(data)] ^= 1 << bit
    told = payments(heard(listener_of(load_profile(profile)), bytes(data)))
    assert {one[2] for one in told} <= {amount}


@given(data=st.binary(max_size=2_000))
def test_noise_is_never_a_payment_and_never_an_exception(data: bytes) -> None:
    """Random bytes in both directions leave every listener standing."""
    for name in ("concert-eur", "transbank-clp", "ecr17-eur", "generic-ecr-eur"):
        listener = listener_of(load_profile(name))
        told = heard(listener, data) + heard(listener, data, Direction.TO_TILL)
        assert not any(status is APPROVED for _, status, _, _ in payments(told))
