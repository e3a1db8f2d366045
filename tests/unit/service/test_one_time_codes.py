"""Codes at a gateway, without threads: asked for, told, counted, and forgotten."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from gateway.crypto.card_token import card_token
from gateway.intake.key_ring import KeyRing
from gateway.intake.open_message import open_message
from gateway.ledger.kinds import CardState
from gateway.ledger.memory_store import MemoryLedgerStore
from gateway.ledger.rows_members import CardRow
from gateway.model.authorisation import AuthAnswer, AuthKind, AuthRequest
from gateway.model.card import Assurance, CardEvidence, CardProfile
from gateway.model.ids import BranchId, CardToken, HoldId, MemberId, TerminalId
from gateway.model.money import EUR
from gateway.model.outcome import Reason, Status
from gateway.office.reaching import Reached
from gateway.service import one_time_codes
from gateway.service.code_post import CodeOrder
from gateway.service.one_time_codes import (
    AN_HOUR_MAX,
    APART_MS,
    PROVEN_MS,
    CodePorts,
    OneTimeCodes,
)
from mqtt.topics import topic_auth
from simulators.sealed_terminal import SealedTerminal, card_evidence

START_MS = 1_800_000_000_000
NORTH, SOUTH = TerminalId("till-1"), TerminalId("till-2")
CARD_KEY = bytes(range(32))
MEMBER = MemberId(f"{1:032x}")
NUMBER = "989121234567"
HOUR_MS = 3_600_000


class Desk:
    """Codes, and the world around them."""

    def __init__(self) -> None:
        self.now_ms = START_MS
        self.chance = random.Random(5)
        self.orders: list[CodeOrder] = []
        self.cards: dict[CardToken, CardRow] = {}
        self.reached: Reached | None = Reached(phone=NUMBER)
        self.has_room = True
        self.codes = OneTimeCodes(
            CodePorts(
                card_of=self.cards.get,
                phone_of=lambda _member: self.reached,
                send=self._send,
                draw=self.chance.randbytes,
                card_key=CARD_KEY,
            )
        )
        self.sticker = self.card(CardProfile.UID, b"\x04\x01\x02\x03")

    def _send(self, order: CodeOrder) -> bool:
        if self.has_room:
            self.orders.append(order)
        return self.has_room

    def card(self, profile: CardProfile, name: bytes) -> CardEvidence:
        """A card that is the member's."""
        token = card_token(CARD_KEY, profile, name)
        self.cards[token] = CardRow(
            token=token,
            profile=profile,
            member_id=MEMBER,
            state=CardState.ACTIVE,
            added_at_ms=START_MS,
        )
        return CardEvidence(profile=profile, token=token, assurance=Assurance.CLAIMED)

    def request(
        self, card: CardEvidence, said: str | None = None, at: TerminalId = NORTH
    ) -> AuthRequest:
        """Ask for a code, or tell one."""
        return AuthRequest(
            request_id=HoldId(self.chance.randbytes(16)),
            terminal=at,
            kind=AuthKind.CHALLENGE if said is None else AuthKind.PROVE,
            made_at_ms=self.now_ms,
            deadline_ms=self.now_ms + 10_000,
            programme_version=1,
            currency=EUR,
            card=replace(card, proof=None if said is None else said.encode()),
        )

    def answer(self, request: AuthRequest) -> AuthAnswer:
        """What is answered now."""
        return self.codes.answer(request, self.now_ms)

    def ask(self, card: CardEvidence, at: TerminalId = NORTH) -> Reason:
        """Ask for a code: what is wrong with that."""
        return self.answer(self.request(card, at=at)).reason

    def tell(self, card: CardEvidence, said: str, at: TerminalId = NORTH) -> Reason:
        """Tell a code: what is wrong with that."""
        return self.answer(self.request(card, said, at)).reason

    def is_proven(self, card: CardEvidence, at: TerminalId = NORTH) -> bool:
        """Whether the card may spend."""
        return self.codes.is_proven(card, at, self.now_ms)


@pytest.fixture
def desk() -> Desk:
    """A desk with one member."""
    return Desk()


def test_a_right_code_proves_one_card_at_one_terminal_for_ten_minutes(desk: Desk) -> None:
    """Nobody else and nowhere else, and not a moment longer."""
    other = desk.card(CardProfile.UID, b"\x04\x09\x09\x09")
    assert desk.ask(desk.sticker) is Reason.NONE
    assert not desk.is_proven(desk.sticker)
    assert desk.tell(desk.sticker, desk.orders[0].code) is Reason.NONE
    assert desk.is_proven(desk.sticker)
    assert not desk.is_proven(other)
    assert not desk.is_proven(desk.sticker, SOUTH)
    desk.now_ms += PROVEN_MS - 1
    assert desk.is_proven(desk.sticker)
    desk.now_ms += 1
    assert not desk.is_proven(desk.sticker)
    assert desk.tell(desk.sticker, desk.orders[0].code) is Reason.CODE_ENDED


def test_a_clock_that_went_back_gives_no_more_time(desk: Desk) -> None:
    """What was proven later than now is not proven."""
    desk.ask(desk.sticker)
    desk.tell(desk.sticker, desk.orders[0].code)
    desk.now_ms -= HOUR_MS
    assert not desk.is_proven(desk.sticker)


def test_a_request_that_comes_again_gets_the_same_answer(desk: Desk) -> None:
    """A repeated question sends no second code and uses up no second try."""
    asked = desk.request(desk.sticker)
    assert desk.answer(asked) == desk.answer(asked)
    assert len(desk.orders) == 1
    wrong = desk.request(desk.sticker, _wrong(desk.orders[0].code))
    for _ in range(5):
        assert desk.answer(wrong).reason is Reason.CODE_WRONG
    right = desk.request(desk.sticker, desk.orders[0].code)
    assert desk.answer(right) == desk.answer(right)
    assert desk.answer(right).status is Status.APPLIED


def test_another_terminals_guesses_use_up_nothing(desk: Desk) -> None:
    """A code belongs to the terminal that asked for it; others neither use nor spoil it."""
    desk.ask(desk.sticker)
    code = desk.orders[0].code
    for said in (_wrong(code), _wrong(code), _wrong(code), code):
        assert desk.tell(desk.sticker, said, SOUTH) is Reason.CODE_ENDED
    assert desk.tell(desk.sticker, code) is Reason.NONE


def test_five_codes_an_hour_half_a_minute_apart(desk: Desk) -> None:
    """Whichever terminal asks; what was not sent does not count."""
    desk.has_room = False
    assert desk.ask(desk.sticker) is Reason.CODE_NOT_SENT
    desk.has_room = True
    for number in range(AN_HOUR_MAX):
        assert desk.ask(desk.sticker, (NORTH, SOUTH)[number % 2]) is Reason.NONE
        desk.now_ms += APART_MS - 1
        assert desk.ask(desk.sticker) is Reason.CODE_TOO_SOON
        desk.now_ms += 1
    assert desk.ask(desk.sticker) is Reason.CODE_TOO_SOON
    desk.now_ms = START_MS + HOUR_MS
    assert desk.ask(desk.sticker) is Reason.NONE
    assert len(desk.orders) == AN_HOUR_MAX + 1


def test_the_newest_code_alone_counts(desk: Desk) -> None:
    """A code that was followed by another is over."""
    desk.ask(desk.sticker)
    desk.now_ms += APART_MS
    desk.ask(desk.sticker)
    first, second = (order.code for order in desk.orders)
    assert first != second
    assert desk.tell(desk.sticker, first) is Reason.CODE_WRONG
    assert desk.tell(desk.sticker, second) is Reason.NONE


def test_a_keyed_number_is_asked_itself(desk: Desk) -> None:
    """A phone card's code goes to the number behind its token, and to no other of its owner's."""
    keyed = desk.card(CardProfile.PHONE, NUMBER.encode())
    assert desk.ask(keyed) is Reason.NONE
    assert desk.orders[-1].to.phone == NUMBER
    desk.reached = Reached(phone="989127654321")
    desk.now_ms += APART_MS
    assert desk.ask(keyed) is Reason.CODE_NOT_SENT
    # Nor does it help to say that the number is some other card.
    assert desk.ask(replace(keyed, profile=CardProfile.UID)) is Reason.CODE_NOT_SENT
    assert desk.ask(desk.sticker) is Reason.NONE
    assert desk.orders[-1].to.phone == "989127654321"


def test_nobody_is_sent_anything_for_a_card_that_does_not_count(desk: Desk) -> None:
    """Strangers' cards, blocked ones, and members without a number are refused with a reason."""
    stranger = replace(desk.sticker, token=CardToken(bytes(32)))
    assert desk.ask(stranger) is Reason.CODE_NOT_SENT
    row = desk.cards[desk.sticker.token]
    desk.cards[desk.sticker.token] = replace(row, state=CardState.BLOCKED)
    assert desk.ask(desk.sticker) is Reason.CARD_BLOCKED
    desk.cards[desk.sticker.token] = row
    desk.reached = None
    assert desk.ask(desk.sticker) is Reason.CODE_NOT_SENT
    assert desk.orders == []


def test_a_late_request_does_nothing(desk: Desk) -> None:
    """After its deadline nobody waits for it any more."""
    asked = desk.request(desk.sticker)
    desk.now_ms = asked.deadline_ms + 1
    assert desk.answer(asked).reason is Reason.REQUEST_EXPIRED
    assert desk.orders == []


def test_what_is_remembered_is_bounded(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Past so many cards the oldest are forgotten, and their codes with them."""
    monkeypatch.setattr(one_time_codes, "REMEMBERED_MAX", 3)
    cards = [desk.card(CardProfile.UID, bytes([4, 0, 0, number])) for number in range(4)]
    for card in cards:
        assert desk.ask(card) is Reason.NONE
    codes = [order.code for order in desk.orders]
    assert desk.tell(cards[0], codes[0]) is Reason.CODE_ENDED
    assert desk.tell(cards[3], codes[3]) is Reason.NONE


def test_only_the_newest_key_speaks_for_a_terminal(desk: Desk) -> None:
    """A request under a key that was replaced, and all that is no request, is the writer's."""
    store = MemoryLedgerStore()
    old, new = SealedTerminal(NORTH), SealedTerminal(NORTH, epoch=2)
    for box in (old, new):
        store.add_terminal(box.registration, BranchId("main"), START_MS)
    keys = KeyRing.of(store.terminal_keys())
    arrivals = [
        arrival
        for box in (old, new)
        for sealed in (box.challenge(desk.sticker), box.inquire(card_evidence(1)))
        for arrival in open_message(topic_auth(NORTH), sealed, keys)
    ]
    desk.now_ms = new.now_ms
    answers, left = desk.codes.take(arrivals, keys, desk.now_ms)
    assert [one.reason for one in answers] == [Reason.NONE]
    assert left == [arrivals[0], arrivals[1], arrivals[3]]


def _wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"
