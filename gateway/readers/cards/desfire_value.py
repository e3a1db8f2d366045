"""Value on the card itself: one operation, exactly once, wherever the card is torn away.

An operation is three dialogues with the journal between them, so that the commit is never sent
before its intent is on the disk::

    open_purse ──▶ plan ──▶ [journal the intent] ──▶ stage ──▶ commit ──▶ [journal the outcome]
                                                      │          │
                    torn or refused: ``given_up``    ─┘          └─ lost or false answer: UNKNOWN

Purse and history change in one commit of the card. So at the next tap ``reconcile`` reads in the
history whether the operation of an intent without an outcome has happened. It never asks what the
purse's value *should* be: another terminal may have moved it since.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from gateway.crypto.cards.ev2_messages import CommMode
from gateway.crypto.cards.purpose import KeyPurpose
from gateway.errors import ValueRangeError, WireError
from gateway.model.checks import I63_MAX, check_bytes, check_int
from gateway.model.ids import CARD_TOKEN_BYTES, CardToken
from gateway.readers.cards.desfire import CardAccess, authenticate_for
from gateway.readers.cards.desfire_card import DesfireCard, Steps, select_application
from gateway.readers.cards.desfire_commands import (
    VALUE_MAX,
    VALUE_MIN,
    TransactionMac,
    commit_transaction,
    commit_with_mac,
    credit,
    debit,
    get_value,
    read_data,
    write_data,
)
from gateway.readers.cards.desfire_layout import (
    HISTORY_BYTES,
    HISTORY_FILE,
    MOHR_AID,
    OPERATION_ID_BYTES,
    PURSE_FILE,
    REMEMBERED_MAX,
    PurseHistory,
)
from gateway.readers.errors import CardRefusedError


class OperationResult(StrEnum):
    """What became of an operation."""

    DONE = "done"
    NOT_DONE = "not_done"
    #: The commit's answer was lost, or the card no longer remembers.
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Purse:
    """What a card's purse says.

    Attributes:
        value: in the smallest unit of what the purse holds.
        history: which operations made it so.
    """

    value: int
    history: PurseHistory


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPurse:
    """A purse in mid-conversation: authenticated, read, and ready for one operation.

    Attributes:
        card: the conversation.
        purse: what it said.
        commit_is_sealed: whether nobody but this end can commit. EV1 takes a commit without a
            MAC, so whoever stands between could send it after this end has given up.
    """

    card: DesfireCard
    purse: Purse
    commit_is_sealed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CardIntent:
    """An operation that a terminal means to do; journalled before the card hears of it.

    Attributes:
        operation_id: 8 random bytes, never all zeros, that name it on the card.
        card: the card's token; no raw UID goes into a journal.
        amount: what is added to the purse, or with a minus taken from it; never 0.
        value_before: the purse as it was read in the same conversation.
        history_before: its history, read with it.
        intended_at_ms: Unix time in milliseconds.
    """

    operation_id: bytes
    card: CardToken
    amount: int
    value_before: int
    history_before: PurseHistory
    intended_at_ms: int

    def __post_init__(self) -> None:
        check_bytes("operation_id", self.operation_id, OPERATION_ID_BYTES, OPERATION_ID_BYTES)
        check_bytes("card", self.card, CARD_TOKEN_BYTES, CARD_TOKEN_BYTES)
        check_int("value_before", self.value_before, VALUE_MIN, VALUE_MAX)
        check_int("amount", self.amount, -VALUE_MAX, VALUE_MAX)
        check_int("value_after", self.value_after, VALUE_MIN, VALUE_MAX)
        check_int("intended_at_ms", self.intended_at_ms, 0, I63_MAX)
        if self.amount == 0 or not any(self.operation_id):
            raise ValueRangeError("an operation moves something and has a name")

    @property
    def value_after(self) -> int:
        """The purse once the operation is done."""
        return self.value_before + self.amount

    @property
    def history_after(self) -> PurseHistory:
        """The history once the operation is done."""
        return self.history_before.after(self.operation_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationOutcome:
    """What became of an operation, and how that is known.

    Attributes:
        result: done, not done, or not known yet.
        detail: for the log and the person who looks at it.
        transaction_mac: the card's own signature over the operation, where its generation makes
            one and its answer came through; the gateway checks it.
    """

    result: OperationResult
    detail: str
    transaction_mac: TransactionMac | None = None


def open_purse(access: CardAccess, uid: bytes) -> Steps[OpenPurse]:
    """Select, authenticate with the VALUE key, and read purse and history.

    Selecting drops whatever an earlier conversation left open, so what is read here is final.

    Args:
        access: keys and random bytes.
        uid: the card's real UID.

    Raises:
        CardRefusedError: if the card refuses, is not genuine, holds no history of ours, or no
            VALUE key is held here.
    """
    card = DesfireCard()
    yield from select_application(card, MOHR_AID)
    yield from authenticate_for(card, access, KeyPurpose.VALUE, uid)
    raw = yield from read_data(card, HISTORY_FILE, 0, HISTORY_BYTES, CommMode.FULL)
    try:
        history = PurseHistory.from_bytes(raw)
    except WireError as error:
        raise CardRefusedError(str(error)) from error
    value = yield from get_value(card, PURSE_FILE, CommMode.FULL)
    purse = Purse(value=value, history=history)
    return OpenPurse(card=card, purse=purse, commit_is_sealed=card.speaks_ev2)


def stage(opened: OpenPurse, intent: CardIntent) -> Steps[OperationOutcome | None]:
    """Tell the card what to do, without doing it: nothing counts before the commit.

    Returns:
        None where all is ready for ``commit``; otherwise what ``given_up`` says, such as for a
        purse that does not hold enough. Where the card is torn away here, ask ``given_up`` too.
    """
    if _purse_of(intent) != opened.purse:
        return _not_done("the purse is not as it was when this was planned")
    card = opened.card
    try:
        history = intent.history_after.to_bytes()
        yield from write_data(card, HISTORY_FILE, 0, history, CommMode.FULL)
        if intent.amount > 0:
            yield from credit(card, PURSE_FILE, intent.amount, CommMode.FULL)
        else:
            yield from debit(card, PURSE_FILE, -intent.amount, CommMode.FULL)
    except CardRefusedError as error:
        return given_up(opened, str(error))
    return None


def given_up(opened: OpenPurse, detail: str) -> OperationOutcome:
    """The outcome of an operation that ended before this end sent its commit.

    Returns:
        NOT_DONE where nobody else could have committed: without a commit the card forgets. From
        EV1 UNKNOWN, until the card itself is asked again.
    """
    return _not_done(detail) if opened.commit_is_sealed else _unknown(detail)


def commit(opened: OpenPurse) -> Steps[OperationOutcome]:
    """Make what was staged real.

    Returns:
        DONE only for an answer that the card's MAC proves. A refusal carries no MAC: anybody
        between card and reader could have said it, so it is UNKNOWN, as is a torn commit.
    """
    try:
        if opened.card.speaks_ev2:
            mac = yield from commit_with_mac(opened.card)
            return OperationOutcome(
                result=OperationResult.DONE, detail="committed", transaction_mac=mac
            )
        yield from commit_transaction(opened.card)
    except CardRefusedError as error:
        return OperationOutcome(result=OperationResult.UNKNOWN, detail=str(error))
    return OperationOutcome(result=OperationResult.DONE, detail="committed")


def reconcile(purse: Purse, intent: CardIntent) -> OperationOutcome:
    """Settle an intent without an outcome by what its card says at a later tap.

    Args:
        purse: read by ``open_purse`` from the same card, in a conversation after the intent's.
        intent: as it was journalled.

    Returns:
        DONE or NOT_DONE, for good: what is not committed when a later conversation begins never
        will be. UNKNOWN where the card has seen more operations since than it remembers, or says
        what no card of ours would say; then the gateway's count of all terminals decides.
    """
    before, now = intent.history_before, purse.history
    since = now.moves - before.moves
    if intent.operation_id in now.recent:
        return _settled(purse, intent, now.recent.index(intent.operation_id), since)
    if since == 0 and purse == _purse_of(intent):
        return _not_done("the card is as it was before")
    if 0 < since <= REMEMBERED_MAX:
        return _not_done("the card names every operation since, and this is none of them")
    if since > REMEMBERED_MAX:
        return _unknown(f"{since} operations since, of which the card names {REMEMBERED_MAX}")
    return _unknown("the card is older than the operation: it was copied, or written anew")


def _settled(purse: Purse, intent: CardIntent, place: int, since: int) -> OperationOutcome:
    """Judge a history that names the operation: it must stand where it was put."""
    last = place == 0
    if since != place + 1 or (last and purse.value != intent.value_after):
        return _unknown("the card names the operation but disagrees on what it did")
    return OperationOutcome(result=OperationResult.DONE, detail="the card names the operation")


def _purse_of(intent: CardIntent) -> Purse:
    return Purse(value=intent.value_before, history=intent.history_before)


def _not_done(detail: str) -> OperationOutcome:
    return OperationOutcome(result=OperationResult.NOT_DONE, detail=detail)


def _unknown(detail: str) -> OperationOutcome:
    return OperationOutcome(result=OperationResult.UNKNOWN, detail=detail)
