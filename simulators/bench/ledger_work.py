"""Work for a writer on a ledger with a long past: sealed, verified, and spread over all members."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Final

from gateway.intake.key_ring import KeyRing
from gateway.intake.open_message import open_message
from gateway.ledger.rows_intake import TerminalKey
from gateway.model.authorisation import AuthAnswer, AuthKind
from gateway.model.card import Assurance, CardEvidence, CardProfile
from gateway.model.ids import (
    CARD_TOKEN_BYTES,
    HOLD_ID_BYTES,
    SALE_KEY_BYTES,
    CardToken,
    HoldId,
    SaleKey,
)
from gateway.model.outcome import Status
from gateway.model.transaction import Redemption, SaleReference
from gateway.writer.arrival import Arrival
from gateway.writer.decision import Decision
from mqtt.topics import topic_auth, topic_tx
from simulators.bench.big_ledger import SALES_PER_MEMBER, BigLedger
from simulators.sealed_terminal import SealedTerminal

#: A day's mixture, in percent. A redemption posts a reservation that an earlier batch was granted.
MIXTURE: Final = {"earn": 70, "reserve": 10, "redeem": 10, "refund": 5, "enrol": 5}
_TOTAL_MINOR: Final = 2_500
_RESERVED_POINTS: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A reservation under way."""

    box: SealedTerminal
    card: CardEvidence
    sale: SaleKey


class LedgerWork:
    """Makes batches of arrivals whose members are drawn evenly from all there are."""

    def __init__(self, ledger: BigLedger, seed: int) -> None:
        """Begin where the ledger's past ends.

        Args:
            ledger: whose members and terminals do something.
            seed: the same seed makes the same work.
        """
        self._ledger = ledger
        self._random = random.Random(seed)
        self._keys = KeyRing.of(
            TerminalKey(
                key_id=box.signer.key_id,
                terminal=box.name,
                epoch=box.epoch,
                cose_key=box.signer.public_key,
            )
            for box in ledger.terminals
        )
        self._asked: dict[bytes, _Asked] = {}
        self._granted: list[AuthAnswer] = []
        self._refunded: set[tuple[int, int]] = set()

    def batch(self, count: int, now_ms: int) -> list[Arrival]:
        """Seal and verify the next arrivals.

        Args:
            count: how many.
            now_ms: Unix time in milliseconds that they carry.
        """
        kinds = self._random.choices(tuple(MIXTURE), tuple(MIXTURE.values()), k=count)
        return [arrival for kind in kinds for arrival in self._one(kind, now_ms)]

    def learn(self, decision: Decision) -> None:
        """Take the answers of a batch, so that a later one redeems what was granted."""
        self._granted.extend(
            answer
            for answer in decision.answers
            if answer.kind is AuthKind.RESERVE and answer.status is Status.APPLIED
        )

    def _one(self, kind: str, now_ms: int) -> tuple[Arrival, ...]:
        box = self._random.choice(self._ledger.terminals)
        member = self._random.randrange(self._ledger.members)
        card = self._ledger.card(member)
        match kind:
            case "reserve":
                return self._reserve(box, card, now_ms)
            case "redeem" if self._granted:
                return self._redeem(now_ms)
            case "refund":
                return self._refund(now_ms)
            case "enrol":
                card = _new_card(self._random)
        box.now_ms = now_ms
        if kind == "enrol":
            return self._opened(box, box.enrol(card))
        return self._opened(box, box.earn(card, self._new_sale(), _TOTAL_MINOR))

    def _reserve(self, box: SealedTerminal, card: CardEvidence, now_ms: int) -> tuple[Arrival, ...]:
        box.now_ms = now_ms
        hold, sale = HoldId(self._random.randbytes(HOLD_ID_BYTES)), self._new_sale()
        self._asked[hold] = _Asked(box=box, card=card, sale=sale)
        sealed = box.reserve(hold, card, sale, points=_RESERVED_POINTS, total_minor=_TOTAL_MINOR)
        return open_message(topic_auth(box.name), sealed, self._keys)

    def _redeem(self, now_ms: int) -> tuple[Arrival, ...]:
        answer = self._granted.pop(0)
        asked = self._asked.pop(answer.request_id)
        assert answer.points is not None
        assert answer.amount_minor is not None
        redemption = Redemption(
            hold_id=answer.request_id, points=answer.points, amount_minor=answer.amount_minor
        )
        asked.box.now_ms = now_ms
        sealed = asked.box.redeem(asked.card, asked.sale, _TOTAL_MINOR, redemption)
        return self._opened(asked.box, sealed)

    def _refund(self, now_ms: int) -> tuple[Arrival, ...]:
        """Take back a sale of the past, each one once."""
        sale = self._random.randrange(SALES_PER_MEMBER)
        member = self._random.choice(self._ledger.returners)
        while (member, sale) in self._refunded:
            member = self._random.choice(self._ledger.returners)
        self._refunded.add((member, sale))
        box = self._ledger.terminal_of(member)
        box.now_ms = now_ms
        return self._opened(box, box.refund(SaleReference(key=self._ledger.sale_key(member, sale))))

    def _new_sale(self) -> SaleKey:
        return SaleKey(self._random.randbytes(SALE_KEY_BYTES))

    def _opened(self, box: SealedTerminal, sealed: bytes) -> tuple[Arrival, ...]:
        return open_message(topic_tx(box.name), sealed, self._keys)


def _new_card(source: random.Random) -> CardEvidence:
    token = CardToken(source.randbytes(CARD_TOKEN_BYTES))
    return CardEvidence(profile=CardProfile.UID, token=token, assurance=Assurance.IDENTIFIED)
