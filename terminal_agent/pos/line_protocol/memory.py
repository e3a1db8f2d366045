"""What a session remembers, so that a message sent twice is done once. Bounded."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import Final

from terminal_agent.pos.line_protocol.replies import Reply, Result

#: Messages whose answers can be given again.
ANSWERS_MAX: Final = 256
#: Sales and refunds that are known to be closed.
CLOSED_MAX: Final = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A message that was answered: what it was, and the answers."""

    digest: bytes
    reply: Reply
    result: Result | None = None


class Memory:
    """The last answers by message id, and the last closed sales and refunds by their names."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._answers: OrderedDict[str, Answered] = OrderedDict()
        self._closed: OrderedDict[str, object] = OrderedDict()

    def answer(self, message_id: str) -> Answered | None:
        """What was answered to a message."""
        return self._answers.get(message_id)

    def remember(self, message_id: str, text: bytes, reply: Reply) -> None:
        """Keep what was answered to a message."""
        self._answers[message_id] = Answered(digest=digest_of(text), reply=reply)
        while len(self._answers) > ANSWERS_MAX:
            self._answers.popitem(last=False)

    def remember_result(self, result: Result) -> None:
        """Keep what became of a request, beside its answer."""
        answered = self._answers.get(result.id)
        if answered is not None:
            self._answers[result.id] = replace(answered, result=result)

    def closed(self, name: str) -> object | None:
        """What a sale or refund of this name was closed with; None where it is not known."""
        return self._closed.get(name)

    def close(self, name: str, content: object) -> None:
        """Keep that a sale or refund was closed, and with what."""
        self._closed[name] = content
        while len(self._closed) > CLOSED_MAX:
            self._closed.popitem(last=False)


def digest_of(text: bytes) -> bytes:
    """What tells one message from another under the same id."""
    return hashlib.sha256(text).digest()
