"""What holds for every card terminal's protocol: chunks, noise before a frame, turned bits."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from simulators.given.card_hearing import heard, payments, told, turned_bits
from simulators.given.card_talk import CARD, CARD_TALKS
from terminal_agent.pos.interpreters.till_events import TillEvent
from terminal_agent.pos.listeners import listener_of
from terminal_agent.pos.payments import PaymentKind, PaymentStatus
from terminal_agent.pos.profile_file import load_profile

REQUESTED, APPROVED, _ = PaymentStatus
PURCHASE = PaymentKind.PURCHASE
PROFILES = sorted(CARD_TALKS)
#: Over TCP these carry no check of their own.
CHECKED = [name for name in PROFILES if name not in ("zvt-tcp-eur", "caisse-ap-eur")]
#: Nothing but its length says where an APDU over TCP ends: noise may claim what comes behind it.
RESYNCHRONISING = [name for name in PROFILES if name != "zvt-tcp-eur"]
AMOUNTS = st.integers(1, 99_999_999)


def listen(name: str, *pieces: bytes) -> list[TillEvent]:
    """Hear pieces of one line, both directions mixed, by a shipped profile; then silence."""
    return heard(listener_of(load_profile(name)), *pieces)


def needed(frame: bytes) -> bytes:
    """A frame as far as it proves a payment: nothing ends a Caisse-AP message, AE is its result."""
    before, result, _ = frame.partition(b"AE00210")
    return before + result


@pytest.mark.parametrize("name", PROFILES)
@settings(max_examples=40)
@given(amount=AMOUNTS)
@example(amount=101_010)
@example(amount=10_101_010)
@example(amount=30_303_030)
def test_a_payment_is_asked_for_and_approved(name: str, amount: int) -> None:
    """Every amount is told twice, once as asked for and once as paid."""
    frames = CARD_TALKS[name](amount, CARD)
    assert told(listen(name, *frames)) == [
        (PURCHASE, REQUESTED, amount),
        (PURCHASE, APPROVED, amount),
    ]
    assert CARD not in repr(listen(name, *frames))


@pytest.mark.parametrize("name", PROFILES)
@settings(max_examples=40)
@given(
    amount=AMOUNTS,
    noise=st.binary(max_size=20),
    cuts=st.lists(st.integers(0, 1_000), max_size=20),
)
def test_any_chunking_gives_the_same_events(
    name: str, amount: int, noise: bytes, cuts: list[int]
) -> None:
    """However a payment with noise in it is split between reads, the very same events come."""
    stream = noise.join(CARD_TALKS[name](amount, CARD))
    pieces, at = list[bytes](), 0
    for cut in sorted({cut for cut in cuts if cut < len(stream)} | {len(stream)}):
        pieces.append(stream[at:cut])
        at = cut
    assert listen(name, *pieces) == listen(name, stream)
    assert listen(name, *(bytes((byte,)) for byte in stream)) == listen(name, stream)


@pytest.mark.parametrize("name", RESYNCHRONISING)
@given(
    noise=st.one_of(
        st.binary(max_size=80),
        st.lists(
            st.sampled_from(
                [b"\x02", b"\x03", b"\x10", b"\x10\x02", b"\x10\x03", b"\x05", b"\x06", b"\x15",
                 b"\x04", b"\x01", b"\x17", b"CZ0040300", b"\x02099000\x1a", b"0", b"\xff", b"\n"]
            ),
            max_size=12,
        ).map(b"".join),
    )
)  # fmt: skip
def test_noise_before_a_frame_loses_no_frame(name: str, noise: bytes) -> None:
    """Whatever came before it at once, the request behind it is told."""
    request = CARD_TALKS[name](1_895, CARD)[name == "concert-eur"]
    assert (PURCHASE, REQUESTED, 1_895) in told(listen(name, noise + request))


@pytest.mark.parametrize("name", CHECKED)
def test_no_turned_bit_changes_an_amount(name: str) -> None:
    """Each bit of a payment turned, one at a time: the true amount, or no payment at all."""
    amount = 1_011_895
    stream = b"".join(CARD_TALKS[name](amount, CARD))
    for spoiled in turned_bits(stream):
        approved = [seen for seen in payments(listen(name, spoiled)) if seen.status is APPROVED]
        # An answer whose request was spoiled may be told without an amount: it is no purchase.
        purchases = [seen for seen in approved if seen.kind is PURCHASE]
        assert {seen.amount_minor for seen in purchases} <= {amount}
        assert {seen.amount_minor for seen in approved} <= {amount, None}
        assert len(approved) <= 1


@pytest.mark.parametrize("name", PROFILES)
def test_frames_sent_again_are_one_payment(name: str) -> None:
    """Each frame three times, as where acknowledgements are lost: asked once and paid once."""
    frames = [frame * 3 for frame in CARD_TALKS[name](1_895, CARD)]
    assert [status for _, status, _ in told(listen(name, *frames))] == [REQUESTED, APPROVED]


@pytest.mark.parametrize("name", PROFILES)
@given(keep=st.integers(0, 400))
def test_a_payment_that_breaks_off_is_not_approved(name: str, keep: int) -> None:
    """Whatever is missing of the last frame that proves it, nothing is approved without it."""
    frames = CARD_TALKS[name](1_895, CARD)
    proof = max(
        index
        for index in range(len(frames))
        if APPROVED not in [one[1] for one in told(listen(name, *frames[:index]))]
    )
    start = b"".join(frames[:proof])
    part = needed(frames[proof]).rstrip(b"\x06\n")[:-1][:keep]
    assert APPROVED not in [one[1] for one in told(listen(name, start + part))]
