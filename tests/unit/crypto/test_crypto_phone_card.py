"""Cards on phones: the address of their page, and the code that it shows."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.crypto.card_token import card_token, organisation_of
from gateway.crypto.phone_card import PhoneCards
from gateway.crypto.rotating_code import decode_rotating_code, is_members_mac
from gateway.model.card import CardProfile
from gateway.model.ids import MemberId
from gateway.wire.code_text import CodeKind, read_code_text

MASTER, CARD_KEY = bytes(range(32)), bytes(range(32, 64))
CARDS = PhoneCards(MASTER, CARD_KEY)
ADA, BOB = MemberId("a" * 32), MemberId("b" * 32)

numbers = st.binary(min_size=8, max_size=8)


@given(number=numbers)
def test_a_capability_leads_back_to_its_number(number: bytes) -> None:
    """It stands in an address as it is, and no other programme takes it."""
    capability = CARDS.capability(number)
    assert len(capability) == 32
    assert capability.replace("-", "").replace("_", "").isalnum()
    assert CARDS.number_of(capability) == number
    assert PhoneCards(CARD_KEY, CARD_KEY).number_of(capability) is None


@given(text=st.text(max_size=40), number=numbers, at=st.integers(0, 31))
def test_nobody_makes_a_capability_up(text: str, number: bytes, at: int) -> None:
    """Anything else, and a capability with one character changed, is nobody's."""
    assert CARDS.number_of(text) is None
    good = CARDS.capability(number)
    other = "A" if good[at] != "A" else "B"
    assert CARDS.number_of(good[:at] + other + good[at + 1 :]) is None


@given(number=numbers, unix_ms=st.integers(0, 2**41))
def test_the_code_is_what_the_gateway_believes(number: bytes, unix_ms: int) -> None:
    """The picture names the card that the ledger knows, under a MAC of this half minute."""
    shown = CARDS.code(number, unix_ms)
    kind, body = read_code_text(shown.text)
    code = decode_rotating_code(body)
    assert kind is CodeKind.ROTATING
    assert (code.organisation, code.number) == (organisation_of(CARD_KEY), number)
    assert code.step == unix_ms // 30_000
    assert 1 <= shown.left_s <= 30
    token = card_token(CARD_KEY, CardProfile.QR, code.organisation + number)
    assert token == CARDS.token(number)
    assert is_members_mac(MASTER, token, code.step, code.mac)


def test_a_command_sent_twice_makes_one_card() -> None:
    """The number follows from the command and its member, and from nothing that others know."""
    first = CARDS.number_for(ADA, "c" * 32)
    assert first == CARDS.number_for(ADA, "c" * 32)
    others = {
        CARDS.number_for(BOB, "c" * 32),
        CARDS.number_for(ADA, "d" * 32),
        PhoneCards(CARD_KEY, CARD_KEY).number_for(ADA, "c" * 32),
    }
    assert first not in others
    assert len(others) == 3


def test_no_secret_stands_in_a_repr() -> None:
    """What a log prints opens no card."""
    shown = repr(CARDS) + repr(CARDS.code(bytes(8), 0))
    assert repr(MASTER)[2:12] not in shown
    assert "MOHR:" not in shown
