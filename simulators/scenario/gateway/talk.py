"""What a step says to the gateway and what it hears: a step is a talk that waits for each answer.

Whoever plays a talk decides what happens between its messages: nothing, the messages of somebody
else, or a power cut.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from gateway.model.authorisation import AuthAnswer, AuthRequest
from gateway.model.ledger_command import LedgerCommand
from gateway.model.outcome import Reason, Status
from gateway.model.receipt import Result
from simulators.scenario.gateway.till import Draft, Till

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tell:
    """A terminal seals a transaction."""

    till: Till
    draft: Draft


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A terminal asks a question."""

    till: Till
    request: AuthRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Somebody at a desk commands."""

    command: LedgerCommand


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a transaction came to.

    Attributes:
        result: as the sealed receipt says it; the journal says the same.
        index: its journal row.
    """

    result: Result
    index: int

    @property
    def refused(self) -> Reason:
        """Why it was refused; nothing for what was applied, or is held for an owner."""
        return self.result.reason if self.result.status is Status.REFUSED else Reason.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What a command came to.

    Attributes:
        status: how it ended.
        reason: why, where it was refused.
        points: what moved on the account of the member concerned.
        balance_points: what that member can spend afterwards.
        index: its journal row; 0 where it was refused.
    """

    status: Status
    reason: Reason
    points: int
    balance_points: int | None
    index: int

    @property
    def refused(self) -> Reason:
        """Why it was refused."""
        return self.reason if self.status is Status.REFUSED else Reason.NONE


Message: TypeAlias = Tell | Ask | Order
Heard: TypeAlias = Told | AuthAnswer | Done
Talk: TypeAlias = Generator[Message, Heard, T]


def tell(till: Till, draft: Draft) -> Talk[Told]:
    """Seal a transaction and wait for its receipt."""
    heard = yield Tell(till=till, draft=draft)
    assert isinstance(heard, Told), "a transaction is answered by a receipt"
    return heard


def ask(till: Till, request: AuthRequest) -> Talk[AuthAnswer]:
    """Ask a question and wait for its answer."""
    heard = yield Ask(till=till, request=request)
    assert isinstance(heard, AuthAnswer), "a question is answered by an answer"
    return heard


def order(command: LedgerCommand) -> Talk[Done]:
    """Command, and wait until it is done."""
    heard = yield Order(command=command)
    assert isinstance(heard, Done), "a command comes to an outcome"
    return heard
