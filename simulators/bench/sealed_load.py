"""What a thousand terminals would send, sealed beforehand, so that only the gateway is measured.

Every terminal has its own key; every transaction has its own number, link and seal. They are sales
of random members, spread over all members alike, at a sale key of their own each: caches help as
little as they can.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gateway.model.ids import SaleKey
from gateway.wire.batch import encode_batch
from mqtt.topics import topic_tx
from simulators.bench.big_ledger import BigLedger
from simulators.sealed_terminal import SealedTerminal

_AMOUNTS_MINOR = (250, 990, 1_975, 4_550, 12_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedLoad:
    """Ready to be published.

    Attributes:
        transactions: how many there are in all.
        messages: topic and payload, in the order of sending: the terminals take turns.
    """

    transactions: int
    messages: tuple[tuple[str, bytes], ...]


def sealed_load(ledger: BigLedger, *, per_terminal: int, batch: int, seed: int) -> SealedLoad:
    """Seal what every terminal of a ledger says next.

    Args:
        ledger: its terminals go on from where they stand.
        per_terminal: how many transactions of each.
        batch: envelopes in one message; 1 for terminals that are online.
        seed: of members, amounts and sale keys; the seals depend on the terminals' keys.
    """
    rng = random.Random(seed)
    queues = [_messages(ledger, box, per_terminal, batch, rng) for box in ledger.terminals]
    return SealedLoad(
        transactions=per_terminal * len(ledger.terminals),
        messages=tuple(message for turn in zip(*queues, strict=True) for message in turn),
    )


def _messages(
    ledger: BigLedger, box: SealedTerminal, count: int, batch: int, rng: random.Random
) -> Sequence[tuple[str, bytes]]:
    topic = topic_tx(box.name)
    sealed = [_sale(ledger, box, rng) for _ in range(count)]
    if batch == 1:
        return [(topic, one) for one in sealed]
    return [(topic, encode_batch(some)) for some in _pieces(sealed, batch)]


def _sale(ledger: BigLedger, box: SealedTerminal, rng: random.Random) -> bytes:
    card = ledger.card(rng.randrange(ledger.members))
    key = SaleKey(rng.randbytes(16))
    return box.earn(card, key, rng.choice(_AMOUNTS_MINOR), receipt=f"{box.seq + 1:08d}")


def _pieces(items: list[bytes], length: int) -> Iterator[list[bytes]]:
    for start in range(0, len(items), length):
        yield items[start : start + length]
