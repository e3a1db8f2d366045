"""Caisse-AP over IP: somebody else's request, messages without an end, and payments."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from simulators.given.card_hearing import LONG_AFTER, heard, payments, told
from simulators.tills.caisse_ap_ends import CaisseApTerminal, CaisseApTill, write_message
from simulators.tills.card_dialogue import converse
from simulators.tills.card_terminal import Outcome
from terminal_agent.pos.framers.caisse_ap import CaisseApFramer, CaisseApMessage
from terminal_agent.pos.interpreters.till_events import TillEvent
from terminal_agent.pos.listeners import listener_of
from terminal_agent.pos.payments import PaymentKind, PaymentStatus
from terminal_agent.pos.port import Direction
from terminal_agent.pos.profile_file import load_profile

PROFILE = load_profile("caisse-ap-eur")
ASK = CaisseApTill().ask(1_895)
ANSWER = CaisseApTerminal().feed(ASK)[0]

REQUESTED, APPROVED, FAILED = PaymentStatus
PURCHASE = PaymentKind.PURCHASE


def framer() -> CaisseApFramer:
    """A framer with the usual times."""
    return CaisseApFramer(message_gap_ms=300, frame_timeout_ms=30_000)


def listen(*pieces: bytes) -> list[TillEvent]:
    """Hear pieces of one stream by the shipped profile, and silence behind it."""
    return heard(listener_of(PROFILE), *pieces)


def test_the_request_of_the_corpus_is_told(pos_corpus_folder: Path) -> None:
    """What akretion's client sends asks for 18.95 euro, and approves nothing."""
    data = (pos_corpus_folder / "frames/caisse_ap_ip_request.bin").read_bytes()
    events = payments(listen(data))
    assert told(list(events)) == [(PURCHASE, REQUESTED, 1_895)]
    assert events[0].currency == "EUR"


def test_silence_ends_a_message() -> None:
    """Nothing says where a message ends: it is told when the line was silent, not before."""
    listener = listener_of(PROFILE)
    assert not listener.feed(ASK[:20], 0)
    assert not listener.feed(ASK[20:], 250)
    assert listener.deadline_ms == 550
    assert not listener.idle(549)
    assert told(list(listener.idle(550))) == [(PURCHASE, REQUESTED, 1_895)]
    assert listener.deadline_ms is None


@pytest.mark.parametrize("action", ["0", "1"])
def test_a_payment_is_told_step_by_step(action: str) -> None:
    """Asked for and approved are told once each; money that goes back is a refund."""
    listener, till, events = listener_of(PROFILE), CaisseApTill(), list[TillEvent]()

    def overheard(data: bytes, direction: Direction) -> None:
        events.extend(listener.feed(data, 0, direction))
        events.extend(listener.idle(300))

    converse(till.ask(1_895, action=action), till, CaisseApTerminal(), overheard)
    asked, approved = payments(events)
    kind = PURCHASE if action == "0" else PaymentKind.REFUND
    assert (asked.kind, asked.status, asked.amount_minor) == (kind, REQUESTED, 1_895)
    assert (approved.kind, approved.status, approved.amount_minor) == (kind, APPROVED, 1_895)
    assert (approved.receipt_number, approved.amount_answered) == ("471147", True)
    assert till.ended is Outcome.APPROVED


def test_both_directions_mixed_are_read() -> None:
    """In a recording of both ways the answer's version ends the request."""
    assert (
        told(listen(ASK + ANSWER + ASK + ANSWER))
        == [
            (PURCHASE, REQUESTED, 1_895),
            (PURCHASE, APPROVED, 1_895),
        ]
        * 2
    )


def test_a_refused_card_is_no_payment() -> None:
    """Not done is not done, with the terminal's reason."""
    answer = CaisseApTerminal(Outcome.DECLINED).feed(ASK)[0]
    events = payments(listen(ASK, answer))
    assert [seen.status for seen in events] == [REQUESTED, FAILED]
    assert events[-1].failure == "result 01, reason 04"


def test_an_answer_at_once_approves_nothing() -> None:
    """A terminal that only took the order has not been paid."""
    ask = CaisseApTill().ask(1_895, at_once=True)
    assert told(listen(ask, CaisseApTerminal().feed(ask)[0])) == [(PURCHASE, REQUESTED, 1_895)]


def test_two_amounts_that_differ_are_no_payment() -> None:
    """An answer about another amount than was asked for proves that one of them is wrong."""
    events = payments(listen(ASK, CaisseApTerminal().feed(CaisseApTill().ask(9_895))[0]))
    assert [seen.status for seen in events] == [REQUESTED, FAILED]
    assert events[-1].failure == "1895 asked, 9895 answered"


def test_no_card_number_leaves_the_framer() -> None:
    """A terminal that writes the whole card number is not passed on."""
    card = "4970101234567890"
    answer = CaisseApTerminal(card=card).feed(ASK)[0]
    reader = framer()
    said = repr(reader.feed(ASK + answer, 0) + reader.idle(300)) + repr(listen(ASK, answer))
    assert card.encode() in answer
    assert card not in said


def test_a_line_end_ends_a_message() -> None:
    """A program that ends its message like a line is understood at once."""
    listener = listener_of(PROFILE)
    assert told(list(listener.feed(ASK + b"\r\n", 0))) == [(PURCHASE, REQUESTED, 1_895)]
    assert (listener.deadline_ms, listener.counters.skipped) == (None, 0)


@pytest.mark.parametrize(
    "spoiled",
    [
        ASK.replace(b"CB004", b"CB0x4"),
        ASK.replace(b"CE003", b"cE003"),
        ASK + b"CB0049999",
        ASK.replace(b"CJ012", b"CJ011"),
    ],
)
def test_a_message_that_cannot_be_is_dropped_whole(spoiled: bytes) -> None:
    """One wrong field, or one tag twice, and the message says nothing; the next one is read."""
    reader = framer()
    assert not reader.feed(spoiled, 0)
    assert not reader.idle(1_000)
    assert reader.counters.malformed == 1
    assert told(listen(spoiled, ANSWER)) == [(PURCHASE, APPROVED, 1_895)]


def test_a_message_that_stops_is_dropped() -> None:
    """A message that ends within a field is given up, and told as nothing."""
    reader = framer()
    assert not reader.feed(ASK[:-1], 0)
    assert not reader.idle(300)
    assert (reader.counters.abandoned, reader.deadline_ms) == (1, None)


@given(cuts=st.lists(st.integers(0, 600), max_size=30), garbage=st.binary(max_size=20))
def test_any_chunking_gives_the_same_messages(cuts: list[int], garbage: bytes) -> None:
    """However a stream with noise in it is split between reads, the very same messages come."""
    stream = ASK + garbage + ANSWER + ASK
    reader, found, at = framer(), list[CaisseApMessage](), 0
    for cut in sorted({*cuts, len(stream)}):
        found += reader.feed(stream[at:cut], 0)
        at = cut
    whole = framer()
    assert found == whole.feed(stream, 0)
    assert reader.idle(LONG_AFTER) == whole.idle(LONG_AFTER)
    assert reader.counters == whole.counters


@given(garbage=st.binary(max_size=80))
@example(garbage=b"CZ")
@example(garbage=b"CZ0040300")
@example(garbage=b"CZ0040300CB9")
@example(garbage=b"CZ0040300CB999")
@example(garbage=ANSWER[:-1])
def test_noise_before_a_message_loses_none(garbage: bytes) -> None:
    """Whatever comes before, at once and without a pause, the good message behind it is found."""
    assert (PURCHASE, REQUESTED, 1_895) in told(listen(garbage + ASK))


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
    fields=st.dictionaries(
        st.sampled_from(["CB", "CE", "CD", "AE", "AF", "AC", "ZZ"]),
        st.text(st.characters(max_codepoint=126, min_codepoint=32), max_size=20),
    )
)
def test_any_contents_are_read(fields: dict[str, str]) -> None:
    """Any values in the fields give at most an amount of twelve digits."""
    for seen in payments(listen(ASK, write_message(fields))):
        assert seen.amount_minor is None or 0 < seen.amount_minor < 10**12


@pytest.mark.parametrize(
    "unit", [b"", b"CZ0040300", b"CZ004", b"CZ0040300AA999", b"CZ0040300AA001x", b"C"]
)
def test_memory_stays_bounded(unit: bytes) -> None:
    """Whatever comes, no more is held than the longest message and one read."""
    data = unit * (200_000 // len(unit)) if unit else random.Random(5).randbytes(200_000)
    reader = framer()
    for at in range(0, len(data), 1_000):
        reader.feed(data[at : at + 1_000], 0)
        assert sys.getsizeof(reader._held) < 30_000
