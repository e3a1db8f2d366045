"""What the command line may ask of a running agent, and how it is written down.

One JSON object on one line each way. Strict in both directions: an unknown field, a missing one or
one of another type is refused, so that a newer command line never means something else to an older
agent. The socket itself is in ``control_socket``.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import Any, Final

from gateway.errors import MohrError, ValueRangeError
from gateway.model.sale import SaleLine
from terminal_agent.commands import (
    AskClaim,
    AskStatus,
    Cancel,
    Claim,
    Code,
    Command,
    Coupon,
    Credit,
    Decline,
    Enrol,
    Gift,
    LoadGift,
    Offers,
    Phone,
    RecordEvent,
    Redeem,
    Refund,
    Reward,
    TopUp,
    Total,
)

__all__ = [
    "LINE_BYTES_MAX",
    "AgentStatus",
    "Answer",
    "AnswerCode",
    "AskClaim",
    "AskStatus",
    "Cancel",
    "Claim",
    "Code",
    "Command",
    "ControlError",
    "Coupon",
    "Credit",
    "Decline",
    "Enrol",
    "Gift",
    "LoadGift",
    "Offers",
    "Phone",
    "RecordEvent",
    "Redeem",
    "Refund",
    "Reward",
    "TopUp",
    "Total",
    "read_answer",
    "read_command",
    "write_answer",
    "write_command",
]

#: A sale's goods may come with a command: two hundred lines, each label as long as it may be.
LINE_BYTES_MAX: Final = 65_536


class ControlError(MohrError):
    """A command or an answer on the control socket is not one, or the agent cannot be reached."""


_COMMANDS: Final[dict[str, type[Command]]] = {
    "total": Total,
    "redeem": Redeem,
    "reward": Reward,
    "coupon": Coupon,
    "offers": Offers,
    "decline": Decline,
    "credit": Credit,
    "gift": Gift,
    "top_up": TopUp,
    "load_gift": LoadGift,
    "event": RecordEvent,
    "refund": Refund,
    "phone": Phone,
    "code": Code,
    "enrol": Enrol,
    "cancel": Cancel,
    "claim": Claim,
    "ask_claim": AskClaim,
    "status": AskStatus,
}


class AnswerCode(StrEnum):
    """What became of a command. Each has a text of the same name in every language."""

    DONE = "done"
    ASKED = "asked"
    PRESENT_GIFT_CARD = "present_gift_card"
    NUMBER_TAKEN = "number_taken"
    CLAIM_TAKEN = "claim_taken"
    NOT_UNDERSTOOD = "not_understood"
    NO_CARD = "no_card"
    NO_SALE = "no_sale"
    NOTHING_TO_CANCEL = "nothing_to_cancel"
    BUSY = "busy"
    NOTHING_TO_DECLINE = "nothing_to_decline"
    NOT_REDEEMABLE = "not_redeemable"
    TOO_LATE = "too_late"
    NOT_KNOWN_YET = "not_known_yet"
    NOT_POSSIBLE = "not_possible"
    EVENT_UNKNOWN = "event_unknown"
    NO_PHONE_NUMBER = "no_phone_number"
    NO_CODE = "no_code"
    CLAIM_LATER = "claim_later"
    CLAIM_KNOWN = "claim_known"
    CLAIM_WRONG = "claim_wrong"
    CLAIM_OTHER_BRANCH = "claim_other_branch"
    CLAIM_OTHER_CURRENCY = "claim_other_currency"
    CLAIM_TOO_OLD = "claim_too_old"
    NO_CLAIM = "no_claim"
    NOT_CONFIGURED = "not_configured"
    SALE_NOT_FOUND = "sale_not_found"
    JOURNAL_FULL = "journal_full"
    JOURNAL_FORKED = "journal_forked"

    @property
    def well(self) -> bool:
        """Whether the command was carried out, or is on its way."""
        return self in _WELL


_WELL: Final = frozenset(
    {
        AnswerCode.DONE,
        AnswerCode.ASKED,
        AnswerCode.PRESENT_GIFT_CARD,
        AnswerCode.NUMBER_TAKEN,
        AnswerCode.CLAIM_TAKEN,
        AnswerCode.SALE_NOT_FOUND,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentStatus:
    """How an agent stands, for ``mohr terminal status`` and whatever watches it.

    Attributes:
        terminal: its name.
        epoch: the epoch of its key and journal.
        state: where the counter dialogue stands.
        link: ``up`` or ``down``: the connection to the broker.
        reader: the reader's state; ``starting`` before it said anything, ``none`` without one.
        till: ``up`` or ``down``: whether the till can be heard; or as for the reader.
        configuration_version: of the gateway's settings; 0 before the first.
        configuration_at_ms: Unix time at which the gateway last told this terminal its settings
            anew, deny list and all; None before the first.
        programme_version: of the rules now in force; 0 where none is.
        clock: ``synchronised`` or ``guessed``.
        accepted: transactions ever accepted in this epoch.
        settled: of them, settled by the gateway.
        pending: of them, waiting for a receipt.
        rejected: of them, in the gateway's quarantine.
        oldest_pending_at_ms: Unix time at which the oldest waiting one was accepted.
        open_holds: reservations asked for and neither used nor given back.
        gateway_silent_attempts: how often in a row no receipt came in time.
        anonymous_sales: sales without a card since the start.
        unread_receipts: what the till sent that needs a person's eye, since the start.
        bad_messages: messages that were not from the gateway or not for us, since the start.
        stopped: why nothing more is accepted; None: all is well.
    """

    terminal: str
    epoch: int
    state: str
    link: str
    reader: str
    till: str
    configuration_version: int
    configuration_at_ms: int | None
    programme_version: int
    clock: str
    accepted: int
    settled: int
    pending: int
    rejected: int
    oldest_pending_at_ms: int | None
    open_holds: int
    gateway_silent_attempts: int
    anonymous_sales: int
    unread_receipts: int
    bad_messages: int
    stopped: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The agent's answer.

    Attributes:
        code: what became of the command.
        status: how the agent stands, where that was asked.
        claim: the code of a sale, where that was asked; whoever has it claims the sale.
    """

    code: AnswerCode
    status: AgentStatus | None = None
    claim: str | None = field(default=None, repr=False)


def write_command(command: Command) -> bytes:
    """Write a command as one line."""
    name = next(name for name, kind in _COMMANDS.items() if type(command) is kind)
    told = asdict(command)
    if "lines" in told:
        told["lines"] = [_known(line) for line in told["lines"]] or None
    return _write_line({"command": name, **_known(told)})


def read_command(line: bytes) -> Command:
    """Read a command.

    Raises:
        ControlError: if it is none, saying why.
    """
    values = _read_line(line)
    name = values.pop("command", None)
    kind = _COMMANDS.get(name) if isinstance(name, str) else None
    if kind is None:
        raise ControlError(f"unknown command; one of: {', '.join(_COMMANDS)}")
    if not values.keys() <= {one.name for one in fields(kind)}:
        raise ControlError(f"{name} takes no such field")
    try:
        if "lines" in values:
            values["lines"] = tuple(SaleLine(**line) for line in values["lines"])
        return kind(**values)
    except (TypeError, ValueRangeError) as error:
        raise ControlError(f"{name}: {error}") from error


def write_answer(answer: Answer) -> bytes:
    """Write an answer as one line."""
    status = {} if answer.status is None else {"status": asdict(answer.status)}
    return _write_line({"answer": answer.code.value, **status, **_known({"claim": answer.claim})})


def read_answer(line: bytes) -> Answer:
    """Read an answer.

    Raises:
        ControlError: if it is none.
    """
    values = _read_line(line)
    try:
        status = values.get("status")
        return Answer(
            code=AnswerCode(values["answer"]),
            status=None if status is None else AgentStatus(**status),
            claim=values.get("claim"),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ControlError(f"the agent's answer is of another version: {error}") from error


def _known(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _write_line(values: dict[str, Any]) -> bytes:
    return json.dumps(values, ensure_ascii=False).encode() + b"\n"


def _read_line(line: bytes) -> dict[str, Any]:
    if len(line) > LINE_BYTES_MAX:
        raise ControlError(f"a line may hold {LINE_BYTES_MAX} bytes")
    try:
        values = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ControlError("a line must hold one JSON object") from error
    if not isinstance(values, dict):
        raise ControlError("a line must hold one JSON object")
    return values
