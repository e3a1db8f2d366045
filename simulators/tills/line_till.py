"""A till that speaks Mohr's own lines as its documentation says, over a line with faults.

It sends a message again until it is acknowledged, always under the same id, and obeys what a
refusal says to do. It shares no code with the terminal's side but the check, which is the wire.

Not modelled: a till that goes on with the next customer while it waits for an answer.
"""

from __future__ import annotations

import json
import os
import re
import select
import socket
import threading
import zlib
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any, Final

from gateway.errors import MohrError
from simulators.till import PtyTill
from simulators.tills.line_faults import LineFaults, spoil

Values = dict[str, Any]
_REPLY: Final = re.compile(rb"(\{.*\})\*([0-9a-f]{8})")
_READ_BYTES: Final = 65_536


class NoAnswerError(MohrError):
    """The terminal did not acknowledge a message, however often it was sent."""


class Wire(ABC):
    """What a till's cable can do."""

    @abstractmethod
    def send(self, data: bytes) -> None:
        """Send bytes; what nobody takes is gone."""

    @abstractmethod
    def receive(self, wait_s: float) -> bytes:
        """The next bytes; empty where none come in time."""


class TcpWire(Wire):
    """A connection to the terminal, made anew after it broke."""

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        """Connect to a port of a machine, this one by default, when first used."""
        #: Where it connects to.
        self.address = (host, port)
        self._line: socket.socket | None = None

    def send(self, data: bytes) -> None:
        """See ``Wire``."""
        try:
            if self._line is None:
                self._line = socket.create_connection(self.address, timeout=5)
            self._line.sendall(data)
        except OSError:
            self.hang_up()

    def receive(self, wait_s: float) -> bytes:
        """See ``Wire``."""
        if self._line is None:
            return b""
        self._line.settimeout(wait_s)
        try:
            data = self._line.recv(_READ_BYTES)
        except TimeoutError:
            return b""
        except OSError:
            data = b""
        if not data:
            self.hang_up()
        return data

    def hang_up(self) -> None:
        """Break the connection off."""
        if self._line is not None:
            self._line.close()
            self._line = None


class PtyWire(Wire):
    """A serial cable; ``till`` unplugs and plugs it."""

    def __init__(self, folder: Path, *, baud: int | None = 9_600) -> None:
        """Plug a till in, behind a name in ``folder``."""
        self.till = _HearingPtyTill(folder, baud=baud)

    def send(self, data: bytes) -> None:
        """See ``Wire``."""
        self.till.print(data)

    def receive(self, wait_s: float) -> bytes:
        """See ``Wire``."""
        return self.till.hear(wait_s)


class _HearingPtyTill(PtyTill):
    def hear(self, wait_s: float) -> bytes:
        """What the terminal wrote."""
        if self._line is None:
            return b""
        readable, _, _ = select.select([self._line.master], [], [], wait_s)
        return os.read(self._line.master, _READ_BYTES) if readable else b""


class LineTill:
    """A till's program: ``say`` returns when the terminal has answered."""

    def __init__(
        self,
        wire: Wire,
        *,
        faults: LineFaults | None = None,
        chance: Random | None = None,
        wait_s: float = 1.0,
        tries: int = 8,
    ) -> None:
        """Begin with nothing said.

        Args:
            wire: the cable.
            faults: what it does to messages.
            chance: decides where.
            wait_s: how long an answer is waited for before the message is sent again.
            tries: how often a message is sent.
        """
        self._wire = wire
        self._faults = faults or LineFaults()
        self._chance = chance or Random(0)
        self._wait_s = wait_s
        self._tries = tries
        self._heard = b""
        self._number = 0
        self._pause = threading.Event()
        #: Messages sent, those sent again among them.
        self.sent = 0
        #: Results of questions, by the question's id.
        self.results: dict[str, Values] = {}

    def fresh_id(self) -> str:
        """An id for the next message."""
        self._number += 1
        return f"m{self._number}"

    def say(self, message: Mapping[str, Any]) -> Values:
        """Send a message until it is answered; one without an id gets a fresh one.

        Raises:
            NoAnswerError: if no answer comes.
        """
        values = dict(message)
        values.setdefault("id", self.fresh_id())
        for _ in range(self._tries):
            self._send(values)
            answer = self._await_answer(values["id"])
            if answer is None:
                continue
            if answer["type"] == "refused" and answer["code"] == "hello_first":
                self._send({"type": "hello", "id": self.fresh_id(), "versions": [1]})
                continue
            if answer["type"] == "ack" or answer["do"] != "resend":
                return answer
        raise NoAnswerError(f"no answer to {values['type']} {values['id']}")

    def result(self, request_id: str, *, waits: int = 50) -> Values:
        """The result of a question that was acknowledged.

        Raises:
            NoAnswerError: if it does not come.
        """
        for _ in range(waits):
            if request_id in self.results:
                return self.results[request_id]
            self._hear(0.2)
        raise NoAnswerError(f"no result of {request_id}")

    def _send(self, values: Mapping[str, Any]) -> None:
        self.sent += 1
        text = json.dumps(values).encode()
        # The empty line before it ends whatever noise was on the cable.
        line = b"\n" + text + b"*%08x\n" % zlib.crc32(text)
        for stretch in spoil(line, self._faults, self._chance):
            self._pause.wait(stretch.pause_ms / 1_000)
            self._wire.send(stretch.data)

    def _await_answer(self, message_id: str) -> Values | None:
        for _ in range(10):
            for answer in self._hear(self._wait_s / 10):
                if answer.get("id") in (message_id, None):
                    return answer
        return None

    def _hear(self, wait_s: float) -> list[Values]:
        """Acks and refusals that have come; results are put aside."""
        self._heard += self._wire.receive(wait_s)
        *lines, self._heard = self._heard.split(b"\n")
        answers: list[Values] = []
        for line in lines:
            match = _REPLY.fullmatch(line.strip())
            if match is None or zlib.crc32(match.group(1)) != int(match.group(2), 16):
                continue
            values = json.loads(match.group(1))
            if values["type"] == "result":
                self.results[values["id"]] = values
            else:
                answers.append(values)
        return answers
