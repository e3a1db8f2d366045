"""The bare cost of taking sales in: receive, verify, insert, fsync, acknowledge. No more.

A process of its own with one thread and one paho client, written as one would write it in an
afternoon. It shows what the protocol, one ECDSA verification and a sale's durable rows cost in
Python on this machine, and the gateway's rate is given as a share of its rate. What it leaves out
is the gateway's own work: rules, balances that are checked, repetition, order and links, refusals,
quarantine, threads, and an answer that is sealed for every terminal.

``python -m simulators.bench.bare_intake PORT LEDGER TRANSACTIONS`` prints one JSON object.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion

from gateway.crypto.public_key import PublicKey
from gateway.crypto.seal import Envelope, parse_envelope, verify_envelope
from gateway.model.transaction import Transaction
from gateway.wire.batch import decode_batch, is_batch
from gateway.wire.transaction import decode_transaction
from simulators.bench.bare_ledger import BareLedger
from simulators.bench.publisher import PROGRESS_TOPIC, LoadError

_PER_COMMIT = 256
_POLL_S = 0.05


class BareIntake:
    """Takes sales until so many are durable.

    Args:
        ledger: a copy that nobody else uses.
        wanted: how many transactions.
    """

    def __init__(self, ledger: Path, wanted: int) -> None:
        self._ledger = BareLedger(ledger)
        found = map(PublicKey.from_cose_key, self._ledger.keys)
        self._keys = {key.key_id: key for key in found}
        self._wanted = wanted
        self._received: list[MQTTMessage] = []
        self._done = 0
        self._client = Client(
            CallbackAPIVersion.VERSION2,
            client_id="bare-intake",
            protocol=MQTTProtocolVersion.MQTTv5,
            manual_ack=True,
        )
        self._client.on_message = lambda _client, _data, message: self._received.append(message)
        self._client.on_connect = lambda client, *_: client.subscribe("mohr/v1/+/+/tx", 1)
        self._client.on_subscribe = lambda *_: print("ready", flush=True)  # noqa: T201 - a parent waits for it

    def run(self, port: int) -> float:
        """Connect and take everything.

        Returns:
            seconds from the first message to the last commit.

        Raises:
            LoadError: if the connection breaks.
        """
        self._client.connect("127.0.0.1", port)
        started_s = 0.0
        while self._done < self._wanted:
            before = len(self._received)
            code = self._client.loop(0.0 if self._received else _POLL_S)
            if code is not MQTTErrorCode.MQTT_ERR_SUCCESS:
                raise LoadError(f"the connection broke: {code.name}")
            if not started_s and self._received:
                started_s = time.perf_counter()
            nothing_new = len(self._received) == before
            if self._received and (nothing_new or len(self._received) >= _PER_COMMIT):
                self._commit()
        took_s = time.perf_counter() - started_s
        # The last acknowledgements and the last count are still to be sent.
        self._client.loop(_POLL_S)
        return took_s

    def _commit(self) -> None:
        messages, self._received = self._received, []
        taken = [
            self._open(data) for message in messages for data in _envelopes(bytes(message.payload))
        ]
        for start in range(0, len(taken), _PER_COMMIT):
            self._ledger.write(taken[start : start + _PER_COMMIT])
        for message in messages:
            self._client.ack(message.mid, message.qos)
        self._done += len(taken)
        # The generator keeps so much unanswered and no more, as it does with the gateway.
        self._client.publish(PROGRESS_TOPIC, str(self._done), qos=1)

    def _open(self, data: bytes) -> tuple[Envelope, bytes, Transaction]:
        envelope = parse_envelope(data)
        verify_envelope(envelope, self._keys[envelope.key_id])
        return envelope, data, decode_transaction(envelope.payload)


def _envelopes(payload: bytes) -> tuple[bytes, ...]:
    return decode_batch(payload) if is_batch(payload) else (payload,)


def main(arguments: list[str]) -> None:
    """Take a load in and print how long it took."""
    port, ledger, wanted = arguments
    intake = BareIntake(Path(ledger), int(wanted))
    before = resource.getrusage(resource.RUSAGE_SELF)
    seconds = intake.run(int(port))
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    sys.stdout.write(json.dumps({"seconds": seconds, "cpu_s": cpu_s}) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
