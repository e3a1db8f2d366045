"""Opening deliveries: what is genuine passes, everything else is named and nothing raises."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.crypto.seal import ENVELOPE_BYTES_MAX, SealType, envelope_hash, seal
from gateway.intake.key_ring import KeyRing
from gateway.intake.open_message import KEPT_BYTES_MAX, open_message
from gateway.ledger.rows_intake import TerminalKey
from gateway.model.ids import TerminalId
from gateway.model.outcome import Reason
from gateway.wire.batch import encode_batch
from gateway.writer.arrival import Arrival, AuthArrival, QuarantineArrival, TransactionArrival
from mqtt.topics import topic_auth, topic_rx, topic_tx
from simulators.sealed_terminal import SealedTerminal, card_evidence, sale_key

HONEST = SealedTerminal(TerminalId("till-1"))
OTHER = SealedTerminal(TerminalId("till-2"))
STRANGER = SealedTerminal(TerminalId("till-3"))


def key_of(box: SealedTerminal) -> TerminalKey:
    """Describe a simulated terminal's key as the ledger keeps it."""
    return TerminalKey(
        key_id=box.signer.key_id,
        terminal=box.name,
        epoch=box.epoch,
        cose_key=box.signer.public_key,
    )


KEYS = KeyRing.of([key_of(HONEST), key_of(OTHER)])
TX = topic_tx("till-1")
AUTH = topic_auth("till-1")
EARN = HONEST.earn(card_evidence(1), sale_key(1), 1_000)
ASK = HONEST.inquire(card_evidence(1))


def only(arrivals: tuple[Arrival, ...]) -> Arrival:
    """Take the one arrival there is."""
    (arrival,) = arrivals
    return arrival


def refused(arrival: Arrival) -> QuarantineArrival:
    """Take an arrival that must have gone to quarantine."""
    assert isinstance(arrival, QuarantineArrival)
    return arrival


def test_genuine_transaction_passes_whole() -> None:
    """A transaction sealed by its terminal's registered key arrives with its bytes and hash."""
    arrival = only(open_message(TX, EARN, KEYS))
    assert isinstance(arrival, TransactionArrival)
    assert arrival.envelope == EARN
    assert arrival.envelope_hash == envelope_hash(EARN)
    assert arrival.key_id == HONEST.signer.key_id
    assert arrival.transaction.id.seq == 1


def test_genuine_request_passes() -> None:
    """A sealed question on the auth topic arrives as one."""
    arrival = only(open_message(AUTH, ASK, KEYS))
    assert isinstance(arrival, AuthArrival)
    assert arrival.request.card == card_evidence(1)


def test_batch_keeps_its_order_and_judges_each_envelope() -> None:
    """One broken seal inside a batch is quarantined by itself and harms no neighbour."""
    box = replace(HONEST)
    box.seq = 0
    sealed = [box.earn(card_evidence(1), sale_key(number), 500) for number in range(1, 6)]
    broken = sealed[2][:-1] + bytes([sealed[2][-1] ^ 1])
    arrivals = open_message(TX, encode_batch([*sealed[:2], broken, *sealed[3:]]), KEYS)
    assert [type(one) for one in arrivals] == [
        TransactionArrival,
        TransactionArrival,
        QuarantineArrival,
        TransactionArrival,
        TransactionArrival,
    ]
    assert refused(arrivals[2]).reason is Reason.BAD_SEAL
    seqs = [one.transaction.id.seq for one in arrivals if isinstance(one, TransactionArrival)]
    assert seqs == [1, 2, 4, 5]


def test_unknown_key_is_quarantined_unanswered() -> None:
    """A seal nobody registered is kept with its reason, and its maker is told nothing."""
    sealed = STRANGER.earn(card_evidence(1), sale_key(1), 100)
    arrival = refused(only(open_message(topic_tx("till-3"), sealed, KEYS)))
    assert (arrival.reason, arrival.sealed) == (Reason.UNKNOWN_KEY, False)
    assert STRANGER.signer.key_id.hex() in arrival.detail
    assert arrival.payload == sealed


def test_genuine_envelope_published_by_another_terminal() -> None:
    """A replay through a stranger's topic is refused without making its honest maker doubt it."""
    arrival = refused(only(open_message(topic_tx("till-2"), EARN, KEYS)))
    assert (arrival.reason, arrival.sealed) == (Reason.WRONG_TERMINAL, False)
    assert arrival.claimed_terminal == "till-2"


def test_transaction_in_anothers_name() -> None:
    """A terminal that seals in another's name is told that it was rejected."""
    forged = SealedTerminal(TerminalId("till-2"), signer=HONEST.signer)
    sealed = forged.earn(card_evidence(1), sale_key(1), 100)
    arrival = refused(only(open_message(TX, sealed, KEYS)))
    assert (arrival.reason, arrival.sealed) == (Reason.WRONG_TERMINAL, True)
    assert arrival.claimed_terminal == "till-1"


@pytest.mark.parametrize(
    ("topic", "payload"),
    [(TX, ASK), (AUTH, EARN)],
    ids=["question among transactions", "transaction among questions"],
)
def test_type_must_fit_the_topic(topic: str, payload: bytes) -> None:
    """A message sealed as one thing cannot be slipped in as another."""
    assert refused(only(open_message(topic, payload, KEYS))).reason is Reason.MALFORMED


def test_well_sealed_nonsense_is_answered() -> None:
    """A good seal over bytes that are no transaction is malformed, and its terminal is told."""
    sealed = seal(b"\xa0", SealType.TRANSACTION, HONEST.signer)
    arrival = refused(only(open_message(TX, sealed, KEYS)))
    assert (arrival.reason, arrival.sealed) == (Reason.MALFORMED, True)


@pytest.mark.parametrize(
    "topic",
    ["mohr/v1/00/till-1/tx", "mohr/v1/xx", "", topic_rx("till-1"), "other/v1/00/till-1/tx"],
)
def test_foreign_topics(topic: str) -> None:
    """A wrong shard, a foreign root and a topic of our own sending are malformed."""
    assert refused(only(open_message(topic, EARN, KEYS))).reason is Reason.MALFORMED


def test_what_is_kept_of_a_flood_is_bounded() -> None:
    """More bytes than an envelope may have are cut, hashed whole, and the cut is said."""
    flood = bytes(300_000)
    arrival = refused(only(open_message(TX, flood, KEYS)))
    assert len(arrival.payload) == KEPT_BYTES_MAX == ENVELOPE_BYTES_MAX
    assert arrival.envelope_hash == envelope_hash(flood)
    assert "300000" in arrival.detail


@given(st.binary(max_size=2_000), st.sampled_from([TX, AUTH]))
def test_arbitrary_bytes_never_raise(payload: bytes, topic: str) -> None:
    """Any bytes at all become quarantine arrivals, and never an exception."""
    for arrival in open_message(topic, payload, KEYS):
        assert isinstance(arrival, QuarantineArrival)


@given(st.text(max_size=60), st.binary(max_size=50))
def test_arbitrary_topics_never_raise(topic: str, payload: bytes) -> None:
    """Any topic name is survived."""
    assert len(open_message(topic, payload, KEYS)) == 1


@given(st.sampled_from([EARN, ASK, encode_batch([EARN, EARN])]), st.data())
def test_changed_envelopes_never_pass(original: bytes, data: st.DataObject) -> None:
    """No change of a byte lets a message through as something else than what was sealed."""
    at = data.draw(st.integers(0, len(original) - 1))
    flip = data.draw(st.integers(1, 255))
    changed = original[:at] + bytes([original[at] ^ flip]) + original[at + 1 :]
    genuine = {EARN, ASK}
    for topic in (TX, AUTH):
        for arrival in open_message(topic, changed, KEYS):
            if not isinstance(arrival, QuarantineArrival):
                assert arrival.envelope in genuine


@given(st.integers(0, len(EARN)), st.binary(max_size=8))
def test_cut_and_extended_envelopes_never_pass(length: int, tail: bytes) -> None:
    """A prefix of an envelope, with or without other bytes after it, is not that envelope."""
    payload = EARN[:length] + tail
    if payload != EARN:
        assert refused(only(open_message(TX, payload, KEYS))).sealed is False
