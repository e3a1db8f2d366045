"""Two weeks in the furnished shop, sealed by its tills and judged by the real writer."""

from __future__ import annotations

import random
from copy import copy
from dataclasses import dataclass, field
from typing import Final

from gateway.ledger.kinds import CardState
from gateway.model.card import Assurance, CardEvidence, CardProfile
from gateway.model.ids import CARD_TOKEN_BYTES, CardToken, SaleKey, TerminalId
from gateway.model.money import EUR, IRR
from gateway.model.outcome import Status
from gateway.model.transaction import Redemption, SaleReference
from mqtt.topics import topic_auth, topic_tx
from simulators.furnished.counters import PLACES, Counters, Message
from simulators.power.seeded_key import seeded_signer
from simulators.sealed_terminal import SealedTerminal, sale_key

DAYS: Final = 14
MEMBERS: Final = 64
STRANGERS: Final = 5
_SALES_A_DAY: Final = 34
_DAY_MS: Final = 86_400_000
_OPENS_MS: Final = 5 * 3_600_000
_OPEN_FOR_MS: Final = 13 * 3_600_000
_TOTALS_MINOR: Final = (450_000, 980_000, 1_750_000, 3_200_000, 12_400_000)
_TILLS: Final = tuple(PLACES)[:4]
_LOST: Final = 3
#: How often the writer's answer is not "applied", and why; the rest are plain sales.
_WEIGHTS: Final = {
    "earn": 74,
    "redeem": 8,
    "refund": 6,
    "stranger": 4,
    "twice": 3,
    "foreign": 2,
    "lost_sale": 2,
    "enrolled": 1,
}


@dataclass(slots=True)
class Past:
    """What happened, for whoever goes on from there.

    Attributes:
        counters: the tills as they stand.
        cards: of the members, in the order in which they joined; the first comes every day.
        strangers: cards that nobody owns; their points wait.
    """

    counters: Counters
    cards: list[CardEvidence] = field(default_factory=list)
    strangers: list[CardEvidence] = field(default_factory=list)
    _sales: list[tuple[TerminalId, SaleKey]] = field(default_factory=list)
    _sale_number: int = 0

    def live(self, end_ms: int) -> None:
        """Let two weeks pass that end at ``end_ms``."""
        dice = self.counters.dice
        for day in range(DAYS):
            opens_ms = (end_ms // _DAY_MS - DAYS + 1 + day) * _DAY_MS + _OPENS_MS
            for _ in range(MEMBERS // DAYS + 1):
                self._join(opens_ms)
            latest_ms = min(opens_ms + _OPEN_FOR_MS, end_ms)
            moments = sorted(dice.randrange(opens_ms, latest_ms) for _ in range(_SALES_A_DAY))
            for now_ms in moments:
                self._something(now_ms)
        self._lose_a_card(end_ms)

    @property
    def blocked(self) -> CardEvidence:
        """The card that was reported lost."""
        return self.cards[_LOST]

    def new_sale(self) -> SaleKey:
        """A key that no sale had before."""
        self._sale_number += 1
        return sale_key(self._sale_number)

    # -- parts ----------------------------------------------------------------------------------

    def _strangers(self) -> list[CardEvidence]:
        while len(self.strangers) < STRANGERS:
            self.strangers.append(_card(self.counters.dice))
        return self.strangers

    def _join(self, now_ms: int) -> None:
        if len(self.cards) == MEMBERS:
            return
        card = _card(self.counters.dice)
        self.cards.append(card)
        box = self.counters.box(self.counters.dice.choice(_TILLS), now_ms)
        self._tell(box, box.enrol(card), now_ms)

    def _something(self, now_ms: int) -> None:
        dice = self.counters.dice
        box = self.counters.box(dice.choice(_TILLS), now_ms)
        # The first member comes for every third sale: a statement with many pages.
        card = self.cards[0] if dice.random() < 0.3 else dice.choice(self.cards)
        kind = dice.choices(tuple(_WEIGHTS), tuple(_WEIGHTS.values()))[0]
        total_minor = dice.choice(_TOTALS_MINOR)
        match kind:
            case "redeem":
                self._redeem(box, card, total_minor, now_ms)
            case "refund" | "twice" if self._sales:
                self._again(kind, card, now_ms)
            case "stranger":
                self._earn(box, dice.choice(self._strangers()), 980_000, now_ms)
            case "foreign":
                box.currency = EUR
                self._earn(box, card, 1_250, now_ms)
                box.currency = IRR
            case "lost_sale":
                self._tell(box, box.refund(SaleReference(receipt_number="99999")), now_ms)
            case "enrolled":
                self._tell(box, box.enrol(card), now_ms)
            case _:
                self._sales.append((box.name, self._earn(box, card, total_minor, now_ms)))

    def _earn(
        self, box: SealedTerminal, card: CardEvidence, total_minor: int, now_ms: int
    ) -> SaleKey:
        key = self.new_sale()
        sealed = box.earn(card, key, total_minor, receipt=f"{self._sale_number:05d}")
        self._tell(box, sealed, now_ms)
        return key

    def _again(self, kind: str, card: CardEvidence, now_ms: int) -> None:
        """Refund a sale, which may have been refunded before; or earn on one a second time."""
        name, key = self.counters.dice.choice(self._sales)
        box = self.counters.box(name, now_ms)
        if kind == "refund":
            sealed = box.refund(SaleReference(key=key))
        else:
            sealed = box.earn(card, key, 450_000)
        self._tell(box, sealed, now_ms)

    def _redeem(
        self, box: SealedTerminal, card: CardEvidence, total_minor: int, now_ms: int
    ) -> None:
        """Reserve, which is refused where there are too few points, and pay."""
        hold, key = box.new_id(), self.new_sale()
        request = box.reserve(hold, card, key, points=10, total_minor=total_minor)
        asked = Message(topic=topic_auth(box.name), payload=request)
        answer = self.counters.deliver(asked, now_ms).answers[0]
        if answer.status is not Status.APPLIED:
            return
        assert answer.points is not None
        assert answer.amount_minor is not None
        box.now_ms = now_ms + 20_000
        redemption = Redemption(
            hold_id=hold, points=answer.points, amount_minor=answer.amount_minor
        )
        self._tell(box, box.redeem(card, key, total_minor, redemption), box.now_ms)

    def _lose_a_card(self, now_ms: int) -> None:
        """Block a card that is then used again, and leave points reserved at a counter."""
        self.counters.store.set_card_state(self.blocked.token, CardState.BLOCKED, now_ms)
        box = self.counters.box(_TILLS[0], now_ms)
        self._earn(box, self.blocked, 450_000, now_ms)
        waiting = box.reserve(
            box.new_id(), self.cards[0], self.new_sale(), points=10, total_minor=3_200_000
        )
        self.counters.deliver(Message(topic=topic_auth(box.name), payload=waiting), now_ms)

    def _tell(self, box: SealedTerminal, sealed: bytes, now_ms: int) -> None:
        self.counters.deliver(Message(topic=topic_tx(box.name), payload=sealed), now_ms)


def _card(dice: random.Random) -> CardEvidence:
    """A card whose token looks like any other: as if the programme's key had made it."""
    token = CardToken(dice.randbytes(CARD_TOKEN_BYTES))
    return CardEvidence(profile=CardProfile.UID, token=token, assurance=Assurance.IDENTIFIED)


def suspicious_messages(past: Past, now_ms: int) -> tuple[Message, ...]:
    """What lies in quarantine afterwards, one for each reason, and one that waits behind a gap."""
    counters, card = past.counters, past.cards[1]
    first, other, gap = (counters.box(_TILLS[number], now_ms) for number in (0, 2, 3))
    topic = topic_tx(first.name)
    genuine = first.earn(card, past.new_sale(), 450_000)
    forged = bytearray(copy(first).earn(card, past.new_sale(), 980_000))
    forged[-1] ^= 1
    stranger = SealedTerminal(first.name, signer=seeded_signer(counters.dice), now_ms=now_ms)
    clone = SealedTerminal(first.name, signer=first.signer, now_ms=now_ms, seq=2)
    gap.earn(card, past.new_sale(), 450_000)
    suspects = (
        "سلام <script>alert(1)</script>".encode() * 40,
        stranger.earn(card, past.new_sale(), 450_000),
        bytes(forged),
        clone.earn(card, past.new_sale(), 450_000),
    )
    return (
        Message(topic=topic, payload=genuine),
        *(Message(topic=topic, payload=one) for one in suspects),
        Message(topic=topic_tx(other.name), payload=genuine),
        Message(topic=topic_tx(gap.name), payload=gap.earn(card, past.new_sale(), 450_000)),
    )
