"""Smaller parts of the agent: questions, sealing, and the texts of a view."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.crypto.file_signer import FileSigner
from gateway.crypto.public_key import PublicKey
from gateway.crypto.seal import ENVELOPE_BYTES_MAX, SealType, open_envelope
from gateway.model.authorisation import AuthKind
from gateway.model.card import Assurance, CardEvidence, CardProfile
from gateway.model.ids import (
    BootId,
    CardToken,
    EnvelopeHash,
    HoldId,
    SaleKey,
    TerminalId,
    TransactionId,
)
from gateway.model.money import EUR
from gateway.model.sale import LABEL_CHARACTERS_MAX, LINES_MAX, Sale, SaleLine, SaleSource
from gateway.model.transaction import Channel, Kind
from gateway.wire import cbor
from gateway.wire.transaction import SALE, decode_transaction
from simulators.clock import VirtualClock
from terminal_agent.questions import ASK_AGAIN_MS, QUESTIONS_MAX, Question, Questions
from terminal_agent.sealing import BootClock, Circumstances, Content, draft_of
from terminal_agent.session.long_sales import SALE_BYTES_MAX, carried


def question(number: int, until_ms: int = 10_000) -> Question:
    """A question by number."""
    return Question(
        request_id=HoldId(number.to_bytes(16, "big")),
        kind=AuthKind.INQUIRE,
        envelope=b"sealed",
        until_ms=until_ms,
    )


def test_questions_are_put_again_until_answered() -> None:
    """A question is due at once, again after a while and after a reconnect, and then no more."""
    questions = Questions()
    one = question(1)
    questions.ask(one, now_ms=0)
    assert questions.due(0) == (one,)
    questions.asked(one.request_id, now_ms=0)
    assert questions.due(ASK_AGAIN_MS - 1) == ()
    assert questions.due(ASK_AGAIN_MS) == (one,)
    questions.asked(one.request_id, now_ms=ASK_AGAIN_MS)
    questions.link_up(ASK_AGAIN_MS + 1)
    assert questions.due(ASK_AGAIN_MS + 1) == (one,)
    assert questions.answered(one.request_id) == one
    assert questions.answered(one.request_id) is None
    assert questions.due(9_999) == ()


def test_questions_end_with_their_time_or_by_withdrawal() -> None:
    """What nobody waits for any more is not asked again; withdrawing twice is fine."""
    questions = Questions()
    questions.ask(question(1, until_ms=100), now_ms=0)
    questions.ask(question(2), now_ms=0)
    assert questions.give_up(99) == ()
    assert [one.request_id for one in questions.give_up(100)] == [question(1).request_id]
    questions.withdraw(question(2).request_id)
    questions.withdraw(question(2).request_id)
    assert len(questions) == 0


@given(st.lists(st.integers(0, 2_000), max_size=600))
def test_questions_are_bounded(numbers: list[int]) -> None:
    """However many are put, so many are kept at most, and the newest is among them."""
    questions = Questions()
    for number in numbers:
        questions.ask(question(number), now_ms=0)
        assert len(questions) <= QUESTIONS_MAX
        assert question(number) in questions.due(0)


def test_sales_too_long_for_an_envelope_lose_their_lines() -> None:
    """A sale as the session carries it always fits; it keeps its total, and its lines if it can."""
    signer = FileSigner.generate()
    clock = VirtualClock(unix_ms=1_800_000_000_000)
    line = SaleLine(
        label="🛒" * LABEL_CHARACTERS_MAX, quantity_milli=1_000, amount_minor=100, sku="🛒" * 32
    )
    card = CardEvidence(
        profile=CardProfile.UID, token=CardToken(bytes(32)), assurance=Assurance.CLAIMED
    )
    identity = TransactionId(terminal=TerminalId("t1"), epoch=1, seq=1)
    about = Circumstances(
        time=BootClock(clock, BootId(bytes(16))).now(),
        programme_version=0,
        currency=EUR,
        channel=Channel.TILL,
    )
    for lines, kept in ((LINES_MAX, 0), (10, 10)):
        sale = Sale(
            key=SaleKey(bytes(16)),
            total_minor=100 * lines,
            source=SaleSource.RECEIPT,
            profile="shop",
            lines=(line,) * lines,
        )
        content = Content(kind=Kind.EARN, card=card, sale=carried(sale))
        envelope = draft_of(content, about, signer)(identity, EnvelopeHash(bytes(32)))
        assert len(envelope) <= ENVELOPE_BYTES_MAX
        opened = open_envelope(
            envelope, SealType.TRANSACTION, PublicKey.from_cose_key(signer.public_key)
        )
        read = decode_transaction(opened.payload).sale
        assert read is not None
        assert (read.total_minor, len(read.lines)) == (100 * lines, kept)


def test_sealing_counts_time_from_the_start_of_the_run() -> None:
    """The monotonic offset counts from the agent's start, whatever the wall clock does."""
    clock = VirtualClock(unix_ms=1_000_000, synchronised_at_ms=900_000)
    clock.advance(5_000)
    boot_clock = BootClock(clock, BootId(b"b" * 16))
    clock.advance(250)
    clock.jump(-100_000)
    now = boot_clock.now()
    assert (now.monotonic_ms, now.unix_ms) == (250, 905_250)
    assert (now.synchronised_at_ms, now.utc_offset_min) == (900_000, 210)


@given(st.integers(0, LINES_MAX), st.integers(1, LABEL_CHARACTERS_MAX), st.integers(0, 32))
def test_sales_are_carried_whole_wherever_they_fit(lines: int, label: int, sku: int) -> None:
    """The longest sale that is carried leaves room for everything else of a transaction."""
    line = SaleLine(
        label="🛒" * label,
        quantity_milli=2**62,
        amount_minor=2**62,
        sku="🛒" * sku or None,
    )
    sale = Sale(
        key=SaleKey(bytes(16)),
        total_minor=2**62,
        source=SaleSource.RECEIPT,
        profile="shop",
        lines=(line,) * lines,
    )
    size = len(cbor.dump(SALE.encode(sale)))
    assert (carried(sale) == sale) is (size <= SALE_BYTES_MAX or not lines)
