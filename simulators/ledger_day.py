"""Random days for a ledger: two tills whose messages collide in every way the rules know.

Everything comes from a seed. It does not model people or brokers: what is sealed reaches the writer
at once, sometimes twice and sometimes in the wrong order. Sales and cards are few, so that the same
sale is earned on, redeemed on and refunded by both tills.
"""

from __future__ import annotations

import itertools
import random
from dataclasses import replace

from gateway.config_programme import default_programme
from gateway.intake.key_ring import KeyRing
from gateway.intake.open_message import open_message
from gateway.ledger.kinds import CardState
from gateway.ledger.rows_members import CardRow
from gateway.ledger.store import LedgerStore
from gateway.model.authorisation import AuthAnswer
from gateway.model.ids import BranchId, HoldId, MemberId, TerminalId
from gateway.model.money import EUR, IRR
from gateway.model.outcome import Status
from gateway.model.programme import RefundPolicy, UnknownCardPolicy
from gateway.model.transaction import ClockQuality, Redemption, SaleReference
from gateway.writer.settings import WriterSettings
from gateway.writer.writer import Writer
from mqtt.topics import topic_auth, topic_tx
from simulators.sealed_terminal import SealedTerminal, card_evidence, sale_key

START_MS = 1_800_000_000_000
NAMES = (TerminalId("till-1"), TerminalId("till-2"))


class LedgerDay:
    """Plays random steps on a new ledger.

    Attributes:
        store: the ledger.
        writer: the one writer on it.
        boxes: the tills.
        keys: their keys, for opening what they seal.
        now_ms: Unix time in milliseconds.
    """

    def __init__(self, store: LedgerStore, seed: int) -> None:
        """Add rules and tills to an empty ledger; the seed also chooses the rules' policies."""
        self.random = random.Random(seed)
        self.store = store
        self.now_ms = START_MS
        counter = itertools.count(1)
        self.writer = Writer(
            store,
            new_member_id=lambda: MemberId(f"{next(counter):032x}"),
            settings=WriterSettings(),
        )
        self.boxes = [
            SealedTerminal(name, randomness=random.Random(index), now_ms=START_MS)
            for index, name in enumerate(NAMES)
        ]
        rules = replace(
            default_programme("EUR"),
            redeem_minimum_points=1,
            redeem_points=10,
            unknown_card=self.random.choice(tuple(UnknownCardPolicy)),
            refund=self.random.choice(tuple(RefundPolicy)),
            hold_ttl_ms=20_000,
        )
        store.add_programme(rules)
        store.add_programme(
            replace(rules, version=2, earn_points=3, effective_from_ms=START_MS + 100_000)
        )
        for box, branch in zip(self.boxes, ("north", "south"), strict=True):
            store.add_terminal(box.registration, BranchId(branch), START_MS)
        self.keys = KeyRing.of(store.terminal_keys())
        self.granted: list[tuple[SealedTerminal, int, int, AuthAnswer]] = []
        self.asked: dict[HoldId, tuple[SealedTerminal, int, int]] = {}

    def play(self, steps: int) -> None:
        """Let ``steps`` random things happen, several to a commit now and then."""
        backlog: list[tuple[str, bytes]] = []
        for _ in range(steps):
            self.now_ms += self.random.choice((100, 2_000, 12_000))
            backlog.append(self.something())
            if self.random.random() < 0.6:
                self.deliver(backlog)
                backlog = []
            if self.random.random() < 0.2:
                self.writer.tick(self.now_ms)
            if self.random.random() < 0.1:
                self.block_or_unblock()
        self.deliver(backlog)

    def deliver(self, messages: list[tuple[str, bytes]]) -> None:
        """Hand messages to the writer in one batch, sometimes twice or out of order."""
        messages = [one for one in messages for _ in range(self.random.choice((1, 1, 1, 2)))]
        if self.random.random() < 0.3:
            self.random.shuffle(messages)
        arrivals = [
            arrival
            for topic, payload in messages
            for arrival in open_message(topic, payload, self.keys)
        ]
        decision = self.writer.apply(arrivals, self.now_ms)
        for answer in decision.answers:
            asked = self.asked.get(answer.request_id)
            if asked is not None and answer.status is Status.APPLIED:
                self.granted.append((*asked, answer))

    def block_or_unblock(self) -> None:
        """Let an administrator change the state of a random card that somebody owns."""
        with self.store.batch() as batch:
            tokens = [card.token for card in batch.every(CardRow)]
        if tokens:
            state = self.random.choice((CardState.ACTIVE, CardState.BLOCKED))
            self.store.set_card_state(self.random.choice(tokens), state, self.now_ms)

    def something(self) -> tuple[str, bytes]:
        """Seal one random message."""
        box = self.random.choice(self.boxes)
        box.currency = self.random.choices((EUR, IRR), (30, 1))[0]
        box.quality = self.random.choices(tuple(ClockQuality), (10, 1))[0]
        box.now_ms = self.now_ms - self.random.choice((0, 0, 50_000, -60_000, -500_000))
        card, sale = self.random.randrange(1, 6), self.random.randrange(1, 25)
        total = self.random.choice((0, 99, 1_000, 2_550, 100_000))
        kind = self.random.choices(
            ("earn", "enrol", "reserve", "redeem", "void", "cancel", "refund", "inquire"),
            (8, 1, 7, 7, 1, 1, 3, 1),
        )[0]
        if kind in ("redeem", "void", "cancel") and not self.granted:
            kind = "earn"
        tx, auth = topic_tx(box.name), topic_auth(box.name)
        if kind == "earn":
            number = self.random.choice((None, "7", "8"))
            return tx, box.earn(card_evidence(card), sale_key(sale), total, receipt=number)
        if kind == "enrol":
            return tx, box.enrol(card_evidence(card))
        if kind == "inquire":
            return auth, box.inquire(card_evidence(card))
        if kind == "reserve":
            box.now_ms = self.now_ms
            hold = box.new_id()
            total = self.random.choice((1_000, 100_000))
            self.asked[hold] = (box, card, sale)
            points = self.random.choice((5, 10, 5_000, 5_000))
            return auth, box.reserve(
                hold, card_evidence(card), sale_key(sale), points=points, total_minor=total
            )
        if kind == "refund":
            named = self.random.choice(
                (SaleReference(key=sale_key(sale)), SaleReference(receipt_number="7"))
            )
            return tx, box.refund(named)
        return self.about_a_hold(kind)

    def about_a_hold(self, kind: str) -> tuple[str, bytes]:
        """Seal something about a reservation that was granted."""
        # Mostly the newest, and mostly once: what is settled already teaches little.
        at = max(len(self.granted) - self.random.choice((1, 1, 2, 6)), 0)
        box, card, sale, answer = self.granted[at]
        if self.random.random() < 0.8:
            del self.granted[at]
        box.now_ms = self.now_ms
        if kind == "void":
            return topic_tx(box.name), box.void(answer.request_id)
        if kind == "cancel":
            return topic_auth(box.name), box.cancel(answer.request_id)
        assert answer.points is not None
        assert answer.amount_minor is not None
        points = answer.points + self.random.choice((0, 0, 0, 1))
        redemption = Redemption(
            hold_id=answer.request_id, points=points, amount_minor=answer.amount_minor
        )
        return topic_tx(box.name), box.redeem(
            card_evidence(card), sale_key(sale), 5_000, redemption
        )
