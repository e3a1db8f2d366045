"""The gateway of a world: the core as a process, and a witness of what it acknowledges and says."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gateway.crypto.public_key import PublicKey
from gateway.crypto.seal import Envelope, SealType, envelope_hash, parse_envelope, verify_envelope
from gateway.crypto.signer import Signer
from gateway.model.authorisation import AuthAnswer
from gateway.model.outcome import Status
from gateway.model.receipt import Receipt, Result
from gateway.wire.auth import decode_auth_answer
from gateway.wire.batch import decode_batch, is_batch
from gateway.wire.configuration import decode_configuration
from gateway.wire.receipt import decode_receipt, decode_resend_request
from gateway.wire.transaction import decode_transaction
from gateway.writer.settings import WriterSettings
from mqtt.link import AckToken, Delivered
from mqtt.topics import Leaf, parse_topic
from simulators.broker import SimBroker
from simulators.clock import VirtualClock
from simulators.shop.server import CLIENT_ID, ServerKit, ShopServer
from simulators.world.history import History
from simulators.world.ports import FusedLink, FusedSigner, FusedStore
from simulators.world.process import Process

_RESULT: Final = (
    "SELECT envelope_hash, status, reason, points, balance_points FROM journal"
    " WHERE terminal = ? AND epoch = ? AND seq = ?"
)
_DURABLE: Final = (
    "SELECT 1 FROM journal WHERE envelope_hash = ?1"
    " UNION ALL SELECT 1 FROM inbox WHERE envelope_hash = ?1"
    " UNION ALL SELECT 1 FROM quarantine WHERE payload_hash = ?1"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """The gateway's secrets: its signing key, and the programme's card key."""

    signer: Signer
    card_key: bytes


class WorldGateway(Process):
    """The gateway of all tills."""

    def __init__(  # noqa: PLR0913 - a gateway and the things around it
        self,
        folder: Path,
        broker: SimBroker,
        keys: Keys,
        clock: VirtualClock,
        history: History,
        *,
        seed: int,
        writer: WriterSettings,
    ) -> None:
        ledger = folder / "ledger.db"
        super().__init__(CLIENT_ID, clock, history, ledger)
        self._public = PublicKey.from_cose_key(keys.signer.public_key)
        self._store: FusedStore | None = None
        self._settled_then: dict[AckToken, int] = {}
        self.server = ShopServer(
            ledger,
            broker,
            keys.signer,
            keys.card_key,
            random.Random(f"{seed}/members"),
            clock,
            kit=ServerKit(
                open_store=self._open_store,
                link=lambda link: FusedLink(
                    link, self.fuse, self._sent, arrived=self._arrived, acked=self._acked
                ),
                signer=lambda signer: FusedSigner(signer, self.fuse),
                writer=writer,
            ),
        )

    def last_hold_ends_ms(self) -> int | None:
        """When the last pending hold frees itself, by the gateway's clock; None: there is none."""
        if not self.up:
            return None
        rows = self.eye.rows("SELECT max(expires_at_ms) FROM hold WHERE state = 'pending'")
        return None if rows[0][0] is None else int(rows[0][0])

    # -- a process --------------------------------------------------------------------------

    def _start_program(self) -> None:
        self._settled_then.clear()
        self.server.start()

    def _has_news(self) -> bool:
        return self.server.has_news

    def _take_news(self) -> None:
        self.server.work()

    def _tick(self) -> None:
        self.server.work()

    def _stop(self) -> None:
        self.server.stop()

    def _kill(self) -> None:
        self.server.kill()

    def _end(self) -> None:
        self.server.close()

    def _bound_pages(self, spare_pages: int | None) -> None:
        if self._store is not None:
            self._store.bound_pages(spare_pages)

    def _open_store(self, path: Path) -> FusedStore:
        self._store = store = FusedStore(
            path, self.fuse, lambda: self.history.count("commits_without_room")
        )
        return store

    # -- the witness --------------------------------------------------------------------------

    def _sent(self, topic: str, payload: bytes) -> None:
        del topic
        envelope = parse_envelope(payload)
        verify_envelope(envelope, self._public)
        match envelope.seal_type:
            case SealType.RECEIPT:
                self._check_receipt(decode_receipt(envelope.payload))
            case SealType.AUTH_ANSWER:
                self._check_answer(decode_auth_answer(envelope.payload))
            case _:
                self._count_rest(envelope)

    def _count_rest(self, envelope: Envelope) -> None:
        if envelope.seal_type is SealType.CONFIGURATION:
            decode_configuration(envelope.payload)
            self.history.counts["configurations"] += 1
        else:
            decode_resend_request(envelope.payload)
            self.history.counts["resend_requests"] += 1

    def _check_receipt(self, receipt: Receipt) -> None:
        """A receipt may only say what is committed at this moment."""
        self.history.note_receipt(receipt)
        self.history.counts["receipts"] += 1
        key = (receipt.terminal, receipt.epoch)
        rows = self.eye.rows("SELECT watermark FROM chain WHERE terminal = ? AND epoch = ?", key)
        durable = rows[0][0] if rows else 0
        if receipt.watermark > durable:
            said = f"{receipt.terminal} settled up to {receipt.watermark}"
            self.history.find("receipt", f"it says {said}, and {durable} is committed")
        for result in receipt.results:
            self._check_result(receipt, result)
        for rejection in receipt.rejections:
            self.history.find("rejected", f"an envelope of {receipt.terminal}: {rejection.reason}")

    def _check_result(self, receipt: Receipt, result: Result) -> None:
        rows = self.eye.rows(_RESULT, (receipt.terminal, receipt.epoch, result.seq))
        said = (
            result.envelope_hash,
            result.status.value,
            result.reason.value,
            result.points,
            result.balance_points,
        )
        if rows != [said]:
            stored = "nothing" if not rows else str(rows[0][1:])
            where = f"{receipt.terminal} seq {result.seq}"
            self.history.find("receipt", f"{where} is said to be {said[1:]}, committed is {stored}")

    def _check_answer(self, answer: AuthAnswer) -> None:
        self.history.note_answer(answer)
        self.history.counts[f"{answer.kind}_{answer.status}"] += 1
        if answer.points is None or answer.status is not Status.APPLIED:
            return
        rows = self.eye.rows("SELECT points FROM hold WHERE hold_id = ?", (answer.request_id,))
        if rows != [(answer.points,)]:
            hold = answer.request_id.hex()[:8]
            self.history.find("answer", f"{answer.points} points of hold {hold} are not committed")

    def _arrived(self, delivered: Delivered) -> None:
        """Note how far the terminal was settled when its message came."""
        place = parse_topic(delivered.topic)
        if place is not None and place.leaf is Leaf.TX:
            rows = self.eye.rows(
                "SELECT max(watermark) FROM chain WHERE terminal = ?", (place.terminal,)
            )
            self._settled_then[delivered.token] = int(rows[0][0] or 0)

    def _acked(self, delivered: Delivered) -> None:
        """What is acknowledged may be forgotten by the broker, so it must be committed.

        What came before its turn need not be: its terminal keeps it and sends it again.
        """
        settled = self._settled_then.pop(delivered.token, None)
        if settled is None:
            return
        payload = delivered.payload
        for envelope in decode_batch(payload) if is_batch(payload) else (payload,):
            if self.eye.rows(_DURABLE, (envelope_hash(envelope),)):
                continue
            name = decode_transaction(parse_envelope(envelope).payload).id
            if name.seq <= settled + 1:
                self.history.find("acknowledged", f"{name.terminal} seq {name.seq}, not committed")
