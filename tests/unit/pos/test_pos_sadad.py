"""Sadad PcPos: messages, spoiled messages, and payments in rials from request to response."""

from __future__ import annotations

import random
import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from simulators.given.card_hearing import LONG_AFTER, heard, payments, told, turned_bits
from simulators.tills import sadad_frames as sadad
from simulators.tills.card_dialogue import converse
from simulators.tills.card_terminal import Outcome
from simulators.tills.sadad_ends import SadadTerminal, SadadTill
from terminal_agent.pos.framers.sadad import SadadFramer, SadadMessage, SadadType
from terminal_agent.pos.interpreters.till_events import TillEvent
from terminal_agent.pos.listeners import listener_of
from terminal_agent.pos.payments import PaymentKind, PaymentStatus
from terminal_agent.pos.port import Direction
from terminal_agent.pos.profile_file import load_profile

PROFILE = load_profile("sadad-irr")
V002 = load_profile("sadad-v002-irr")
CARD = "6037991234567893"
ASK = sadad.message(sadad.REQUEST, sadad.request(125_000, order="4711"))
ANSWER = sadad.message(sadad.RESPONSE, sadad.SadadAnswer(amount=125_000).data())

REQUESTED, APPROVED, FAILED = PaymentStatus
PURCHASE = PaymentKind.PURCHASE


def framer() -> SadadFramer:
    """A framer with the usual times."""
    return SadadFramer(character_timeout_ms=1_000, frame_timeout_ms=30_000)


def listen(*pieces: bytes) -> list[TillEvent]:
    """Hear pieces of one stream by the shipped profile, and silence behind it."""
    return heard(listener_of(PROFILE), *pieces)


def pay(terminal: SadadTerminal, amount: int = 125_000, order: str = "") -> list[TillEvent]:
    """Let simulated ends pay, and listen to both directions."""
    listener, till, events = listener_of(PROFILE), SadadTill(), list[TillEvent]()
    converse(
        till.pay(amount, order=order),
        till,
        terminal,
        lambda data, direction: events.extend(listener.feed(data, 0, direction)),
    )
    return events


def test_the_acknowledgement_is_the_one_of_the_document() -> None:
    """Its length counts version to check, and its check is an 03 behind the 03."""
    acknowledgement = sadad.message(sadad.ACKNOWLEDGED)
    assert acknowledgement == bytes.fromhex("02 303036 303030 06 03 03")
    assert framer().feed(acknowledgement, 0) == [
        SadadMessage(version="000", type=SadadType.ACKNOWLEDGED)
    ]


@pytest.mark.parametrize("serial", [False, True])
def test_a_payment_is_told_step_by_step(serial: bool) -> None:  # noqa: FBT001 - a case
    """Asked for and approved are told once each, in rials, with both sides' numbers."""
    asked, approved = payments(pay(SadadTerminal(serial=serial), order="4711"))
    assert (asked.kind, asked.status, asked.amount_minor) == (PURCHASE, REQUESTED, 125_000)
    assert asked.reference == approved.reference == "4711"
    assert (approved.status, approved.amount_minor) == (APPROVED, 125_000)
    assert (approved.currency, approved.amount_answered) == ("IRR", True)
    assert approved.receipt_number == "000000000471"


def test_the_terminals_jalali_moment_becomes_gregorian() -> None:
    """17 Ordibehesht 1404 in the terminal's calendar is told as 7 May 2025, with its time."""
    answer = sadad.SadadAnswer(amount=1_000, moment=(1404, 2, 4, 17, 18, 5, 9, 0))
    seen = payments(listen(sadad.message(sadad.RESPONSE, answer.data())))[0]
    assert seen.occurred_at == "2025-05-07T18:05:09"


@given(moment=st.lists(st.integers(0, 65_000), min_size=8, max_size=8))
@example(moment=[1404, 13, 1, 1, 1, 1, 1, 1])
@example(moment=[1404, 12, 1, 31, 1, 1, 1, 1])
@example(moment=[2025, 2, 1, 30, 1, 1, 1, 1])
@example(moment=[1404, 1, 1, 1, 24, 0, 0, 0])
@example(moment=[1404, 0, 1, 0, 0, 0, 0, 0])
def test_a_moment_that_cannot_be_is_none(moment: list[int]) -> None:
    """Whatever stands where the time stands, the amount is told; a wrong time is none."""
    answer = sadad.SadadAnswer(amount=1_000, moment=tuple(moment))
    seen = payments(listen(sadad.message(sadad.RESPONSE, answer.data())))[0]
    assert seen.amount_minor == 1_000
    if moment[1] == 0 or moment[1] > 12 or moment[3] > 31 or moment[4] > 23:
        assert seen.occurred_at is None


def test_a_response_says_itself_what_it_answers() -> None:
    """On one wire alone a sale is a sale: the response has amount and processing code."""
    assert told(listen(ANSWER)) == [(PURCHASE, APPROVED, 125_000)]


def test_a_refused_card_is_no_payment() -> None:
    """Another code than zero fails the payment with that code."""
    events = pay(SadadTerminal(Outcome.DECLINED))
    assert told(events) == [(PURCHASE, REQUESTED, 125_000), (PURCHASE, FAILED, 125_000)]
    assert payments(events)[-1].failure == "code 51"


def test_messages_sent_again_are_told_once() -> None:
    """Requests and responses whose acknowledgement was lost come up to three times."""
    assert told(listen(ASK, ASK, ASK, ANSWER, ANSWER)) == [
        (PURCHASE, REQUESTED, 125_000),
        (PURCHASE, APPROVED, 125_000),
    ]
    terminal = SadadTerminal(wrong_checks=2)
    assert [status for _, status, _ in told(pay(terminal))] == [REQUESTED, APPROVED]


def test_the_same_sale_twice_is_two_sales() -> None:
    """A second customer with the same amount is no repetition of the first."""
    terminal = SadadTerminal()
    events = pay(terminal) + pay(terminal)
    assert [status for _, status, _ in told(events)] == [REQUESTED, APPROVED] * 2


def test_a_cancelled_payment_is_none() -> None:
    """Either side's cancelling ends it; a response that nobody waits for any more is its own."""
    cancelled = sadad.message(sadad.CANCEL)
    events = listen(ASK, cancelled)
    assert told(events)[-1] == (PURCHASE, FAILED, 125_000)
    assert payments(events)[-1].failure == "cancelled"
    assert not listen(cancelled)


def test_two_amounts_that_differ_are_no_payment() -> None:
    """A response about another amount than was asked for proves that one of them is wrong."""
    other = sadad.message(sadad.RESPONSE, sadad.SadadAnswer(amount=925_000).data())
    events = payments(listen(ASK, other))
    assert [seen.status for seen in events] == [REQUESTED, FAILED]
    assert events[-1].failure == "125000 asked, 925000 answered"


def test_a_bill_is_no_sale() -> None:
    """Other processing codes are told as what they are: not the shop's sale."""
    ask = sadad.message(sadad.REQUEST, sadad.request(5_000, processing="170000"))
    answer = sadad.SadadAnswer(amount=5_000, processing="170000").data()
    kinds = {kind for kind, _, _ in told(listen(ask, sadad.message(sadad.RESPONSE, answer)))}
    assert kinds == {PaymentKind.OTHER}


def test_no_card_number_leaves_the_framer() -> None:
    """Sixteen digits in clear stand in the response, and in no message and no event."""
    said = repr(framer().feed(ASK + ANSWER, 0)) + repr(listen(ASK, ANSWER))
    assert CARD.encode("utf-16-le") in ANSWER
    assert CARD not in said
    assert CARD[6:12] not in said


def test_a_number_that_may_be_a_card_is_masked() -> None:
    """A till that puts a card's number where its own belongs has it masked."""
    ask = sadad.message(sadad.REQUEST, sadad.request(5_000, order=CARD))
    assert payments(listen(ask))[0].reference == "************7893"


@pytest.mark.parametrize("frame", [ASK, ANSWER])
def test_no_turned_bit_changes_an_amount(frame: bytes) -> None:
    """Each single bit of a message turned gives the true amount or none."""
    for spoiled in turned_bits(frame):
        for events in (listen(spoiled), listen(ASK, spoiled, ANSWER)):
            assert {seen.amount_minor for seen in payments(events)} <= {125_000}


def test_wrong_lengths_and_checks_are_counted() -> None:
    """Messages as in the vendor's document, with a wrong check or length, are counted."""
    wrong_check = sadad.message(sadad.ACKNOWLEDGED, turned=0x01)
    longer = ANSWER.replace(ANSWER[1:4], b"%03d" % (int(ANSWER[1:4]) + 2), 1)
    reader = framer()
    assert [message.type for message in reader.feed(wrong_check + ASK, 0)] == [SadadType.REQUEST]
    assert reader.counters.bad_checks == 1
    assert not reader.feed(longer, 0)
    found = reader.feed(ASK, 0)
    assert [message.type for message in found] == [SadadType.REQUEST]
    assert reader.counters.bad_checks == 2
    assert reader.counters.malformed == 0


@given(cuts=st.lists(st.integers(0, 600), max_size=30), garbage=st.binary(max_size=30))
def test_any_chunking_gives_the_same_messages(cuts: list[int], garbage: bytes) -> None:
    """However a stream with noise in it is split between reads, the very same messages come."""
    stream = ASK + b"\n" + garbage + ANSWER + garbage + ASK
    reader, found, at = framer(), list[SadadMessage](), 0
    for cut in sorted({*cuts, len(stream)}):
        found += reader.feed(stream[at:cut], 0)
        at = cut
    whole = framer()
    assert found == whole.feed(stream, 0)
    assert reader.idle(LONG_AFTER) == whole.idle(LONG_AFTER)
    assert reader.counters == whole.counters


@given(garbage=st.binary(max_size=80))
@example(garbage=b"\x02")
@example(garbage=b"\x02999")
@example(garbage=b"\x02999000\x1a")
@example(garbage=b"\x02012000\x1a")
@example(garbage=ANSWER[:-1])
@example(garbage=ASK[:9])
def test_noise_before_a_message_loses_none(garbage: bytes) -> None:
    """Whatever comes before, at once and without a pause, the good message behind it is found."""
    assert (PURCHASE, APPROVED, 125_000) in told(listen(garbage + ANSWER))


@given(data=st.binary(max_size=600), times=st.lists(st.integers(0, 100_000), max_size=6))
def test_nothing_raises(data: bytes, times: list[int]) -> None:
    """Any bytes at any times are read without an exception."""
    listener = listener_of(PROFILE)
    for at, now_ms in enumerate(times):
        listener.feed(data[at::6], now_ms)
    listener.idle(LONG_AFTER)
    listener.lost()
    assert listener.deadline_ms is None


@given(
    data=st.binary(max_size=400),
    kind=st.sampled_from(SadadType),
    version=st.sampled_from(["000", "002", "001", "300"]),
)
def test_any_contents_are_read(data: bytes, kind: SadadType, version: str) -> None:
    """A message that holds, with any contents, gives at most an amount of twelve digits."""
    for seen in payments(listen(sadad.message(kind, data, version=version))):
        assert seen.amount_minor is None or 0 < seen.amount_minor < 10**12


@pytest.mark.parametrize(
    "unit", [b"", b"\x02999000\x1a", b"\x02006000\x06", b"\x02", b"\x02999000\x1a\x03\x00"]
)
def test_memory_stays_bounded(unit: bytes) -> None:
    """Whatever comes, no more is held than the longest message and one read."""
    data = unit * (200_000 // len(unit)) if unit else random.Random(5).randbytes(200_000)
    reader = framer()
    for at in range(0, len(data), 1_000):
        reader.feed(data[at : at + 1_000], 0)
        assert sys.getsizeof(reader._held) < 10_000


def test_version_002_is_approved_where_it_proves_itself() -> None:
    """A response of the newer form counts if the asked amount, a card and a sale stand in it."""
    ask = sadad.message_v002(sadad.REQUEST, f"{125_000:012d}")
    behind = f"{125_000:012d}{CARD}000000000471"
    for code, status in (("00", APPROVED), ("0000", APPROVED), ("51", FAILED), ("0051", FAILED)):
        listener = listener_of(V002)
        events = list(listener.feed(ask, 0))
        answer = sadad.message_v002(sadad.RESPONSE, code + behind)
        events += listener.feed(answer, 0, Direction.TO_TILL)
        assert told(events) == [(PURCHASE, REQUESTED, 125_000), (PURCHASE, status, 125_000)]


@pytest.mark.parametrize(
    "said",
    [
        f"00{925_000:012d}{CARD}000000",
        f"00{125_000:012d}{CARD}170000",
        f"{125_000:012d}00{CARD}000000",
        f"00{125_000:012d}",
        "",
    ],
)
def test_version_002_is_not_guessed(said: str) -> None:
    """A response in another form, or about another amount, approves nothing."""
    ask = sadad.message_v002(sadad.REQUEST, f"{125_000:012d}")
    answer = sadad.message_v002(sadad.RESPONSE, said)
    assert told(listen(ask, answer)) == [(PURCHASE, REQUESTED, 125_000)]
    assert not listen(answer)


def test_version_002_checks_the_length_of_its_data() -> None:
    """A message whose inner length is not its data's is counted and dropped."""
    reader = framer()
    data = b"0001013" + b"0" * 12
    assert not reader.feed(sadad.message(sadad.REQUEST, data, version="002"), 0)
    assert reader.counters.malformed == 1
    assert not reader.feed(sadad.message(sadad.REQUEST, b"secret", version="001"), 0)
    assert reader.counters.unknown == 1
