"""What one message brings about, and the steps that many messages share. Pure values."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.model.ids import SaleKey
from terminal_agent.pos.interpreters.events import ReceiptEvent
from terminal_agent.pos.line_protocol.messages import Ping
from terminal_agent.pos.line_protocol.replies import Ack, Do, RefusalCode, Refused, Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Something that only the counter can answer; ``None`` points of a redemption: all that can be.

    Attributes:
        request_id: by which it is answered (``LineSession.answered``) or withdrawn.
        sale_key: the sale that points are to pay; None asks for the balance.
        points: how many are to pay at most.
    """

    request_id: str
    sale_key: SaleKey | None = None
    points: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """A question that is not wanted any more."""

    request_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What bytes, time or an answer brought about, in order.

    Attributes:
        events: for the agent, as from every till.
        replies: for the till; those to events are said once the agent has taken the events.
        questions: for the counter.
    """

    events: tuple[ReceiptEvent, ...] = ()
    replies: tuple[Reply, ...] = ()
    questions: tuple[Question | Withdrawal, ...] = ()


def sale_name(sale_id: str) -> str:
    """What a sale is remembered and keyed by; refunds have names of their own."""
    return f"sale {sale_id}"


def acked(message: Ping) -> Step:
    """A message that only wants to be heard."""
    return Step(replies=(Ack(id=message.id),))


def refused(
    message_id: str | None, code: RefusalCode, do: Do, text: str, field: str | None = None
) -> Step:
    """A message that is not taken."""
    return Step(replies=(Refused(id=message_id, code=code, do=do, message=text, field=field),))


def no_such_sale(message_id: str) -> Step:
    """A message about a sale that is not the one under way."""
    text = "send its total first; this is not the sale that was totalled last"
    return refused(message_id, RefusalCode.NO_SUCH_SALE, Do.CORRECT, text, "sale_id")


def said_before(message_id: str, *, same: bool) -> Step:
    """A sale or refund that is closed comes again under another message id."""
    if same:
        return Step(replies=(Ack(id=message_id, more=(("duplicate", True),)),))
    text = "this name was closed with other content; every sale and refund has a name of its own"
    return refused(message_id, RefusalCode.SALE_REUSED, Do.CORRECT, text)
