"""What the terminal answers a till that speaks its lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from terminal_agent.pos.line_protocol.lines import write_line


class Do(StrEnum):
    """What a till does about an answer that is no ``ack``."""

    RESEND = "resend"
    """Send the same message again, with the same id."""
    CORRECT = "correct"
    """The till's program is wrong: change the message, under a new id."""
    GIVE_UP = "give_up"
    """It cannot be done; go on without."""


class RefusalCode(StrEnum):
    """Why a message was refused."""

    NO_CHECK = "no_check"
    BAD_CHECK = "bad_check"
    TOO_LONG = "too_long"
    INCOMPLETE = "incomplete"
    NOT_JSON = "not_json"
    UNKNOWN_TYPE = "unknown_type"
    UNKNOWN_FIELD = "unknown_field"
    MISSING_FIELD = "missing_field"
    WRONG_FIELD = "wrong_field"
    HELLO_FIRST = "hello_first"
    OTHER_VERSION = "other_version"
    OTHER_CURRENCY = "other_currency"
    SUMS_DIFFER = "sums_differ"
    ID_REUSED = "id_reused"
    SALE_REUSED = "sale_reused"
    SALE_CLOSED = "sale_closed"
    NO_SUCH_SALE = "no_such_sale"
    NO_SUCH_REQUEST = "no_such_request"
    BUSY = "busy"
    NOT_READY = "not_ready"
    """The terminal has no settings yet, or its journal cannot take anything."""
    NOT_OFFERED = "not_offered"
    """Nobody answers questions on this line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ack:
    """A message was checked and taken."""

    id: str
    more: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A message was not taken.

    Attributes:
        id: of the message; None where it could not be read.
        code: why.
        do: what the till does about it.
        message: the same for a person, in English.
        field: which field is meant, where one is.
    """

    id: str | None
    code: RefusalCode
    do: Do
    message: str
    field: str | None = None


class ResultStatus(StrEnum):
    """What became of a question."""

    GRANTED = "granted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The answer to a redeem or balance request, some time after its ``ack``.

    Attributes:
        id: of the request.
        status: what became of it.
        code: why it was refused, as the terminal's answers are called; None else.
        points: held, or on the balance.
        amount_minor: the money that the held points pay; the till takes it as a tender.
        due_minor: what is left to pay otherwise.
    """

    id: str
    status: ResultStatus
    code: str | None = None
    points: int | None = None
    amount_minor: int | None = None
    due_minor: int | None = None


Reply = Ack | Refused | Result


def write_reply(reply: Reply) -> bytes:
    """Write an answer as a line."""
    return write_line({name: value for name, value in _values(reply).items() if value is not None})


def _values(reply: Reply) -> Mapping[str, Any]:
    match reply:
        case Ack():
            return {"type": "ack", "id": reply.id, **dict(reply.more)}
        case Refused():
            return {
                "type": "refused",
                "id": reply.id,
                "code": reply.code.value,
                "do": reply.do.value,
                "field": reply.field,
                "message": reply.message,
            }
        case Result():
            return {
                "type": "result",
                "id": reply.id,
                "status": reply.status.value,
                "code": reply.code,
                "points": reply.points,
                "amount_minor": reply.amount_minor,
                "due_minor": reply.due_minor,
            }
