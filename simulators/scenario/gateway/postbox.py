"""What the gateway says to tills: seals are verified, and receipts held against the journal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from gateway.crypto.seal import SealType, parse_envelope, verify_envelope
from gateway.ledger.rows import JournalRow
from gateway.model.authorisation import AuthAnswer
from gateway.model.ids import HoldId, TerminalId, TransactionId
from gateway.model.receipt import Result
from gateway.wire.auth import decode_auth_answer
from gateway.wire.receipt import decode_receipt
from mqtt.topics import topic_auth, topic_tx
from simulators.scenario.gateway.house import House
from simulators.scenario.gateway.talk import Ask, Heard, Message, Tell, Told
from simulators.scenario.gateway.till import Till
from simulators.scenario.port import ShopFaultError

Name: TypeAlias = TransactionId | HoldId


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A message that is on its way, or was answered.

    Attributes:
        message: what.
        name: by which its answer is known.
        envelope: as it was sealed; empty for a command, which is not.
        heard: what it came to.
    """

    message: Message
    name: Name
    envelope: bytes
    heard: Heard | None = None

    @property
    def topic(self) -> str:
        """Where a till publishes it."""
        if isinstance(self.message, Tell):
            return topic_tx(self.message.till.name)
        assert isinstance(self.message, Ask), "commands are not published"
        return topic_auth(self.message.till.name)


def sealed(message: Message) -> Sent:
    """Let a till seal a message."""
    if isinstance(message, Tell):
        name, envelope = message.till.seal_draft(message.draft)
        return Sent(message=message, name=name, envelope=envelope)
    assert isinstance(message, Ask), "commands are not sealed"
    envelope = message.till.seal_request(message.request)
    return Sent(message=message, name=message.request.request_id, envelope=envelope)


@dataclass(slots=True)
class Postbox:
    """What came for the tills.

    Attributes:
        house: whose seal it must have, and whose journal must say the same.
        tills: for whom.
    """

    house: House
    tills: Mapping[str, Till]
    _results: dict[TransactionId, Result] = field(default_factory=dict)
    _answers: dict[HoldId, AuthAnswer] = field(default_factory=dict)

    def take(self, payload: bytes) -> None:
        """Open what came.

        Raises:
            ShopFaultError: if it is nothing that a till waits for.
        """
        envelope = parse_envelope(payload)
        verify_envelope(envelope, self.house.key)
        if envelope.seal_type is SealType.RECEIPT:
            receipt = decode_receipt(envelope.payload)
            self._till(receipt.terminal).take(receipt)
            for result in receipt.results:
                name = TransactionId(terminal=receipt.terminal, epoch=receipt.epoch, seq=result.seq)
                self._results[name] = result
        elif envelope.seal_type is SealType.AUTH_ANSWER:
            answer = decode_auth_answer(envelope.payload)
            self._answers[answer.request_id] = answer
        else:
            raise ShopFaultError(f"the gateway sent a {envelope.seal_type.name} out of turn")

    def has(self, one: Sent) -> bool:
        """Whether something is heard of a message."""
        return one.name in self._results or one.name in self._answers

    def answered(self, one: Sent) -> Sent:
        """A message with what is heard of it.

        Raises:
            ShopFaultError: if that is nothing, or not what the journal says.
        """
        heard: Heard | None
        if isinstance(one.name, TransactionId):
            heard = self._told(one.name, self._results.get(one.name))
        else:
            heard = self._answers.get(one.name)
        if heard is None:
            raise ShopFaultError(f"{one.message} was not answered")
        return replace(one, heard=heard)

    def _told(self, name: TransactionId, result: Result | None) -> Told | None:
        if result is None:
            return None
        with self.house.store.batch() as batch:
            rows = batch.results([name])
        if [_result_of(row) for row in rows] != [result]:
            raise ShopFaultError(f"the receipt says {result}, the journal {rows}")
        return Told(result=result, index=rows[0].journal_index)

    def _till(self, name: TerminalId) -> Till:
        found = next((till for till in self.tills.values() if till.name == name), None)
        if found is None:
            raise ShopFaultError(f"a receipt for {name}, which nobody knows")
        return found


def _result_of(row: JournalRow) -> Result:
    assert row.seq is not None, "a result belongs to a transaction"
    assert row.envelope_hash is not None, "a result belongs to an envelope"
    return Result(
        seq=row.seq,
        envelope_hash=row.envelope_hash,
        status=row.status,
        reason=row.reason,
        points=row.points,
        balance_points=row.balance_points,
    )
