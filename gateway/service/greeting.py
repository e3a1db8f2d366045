"""Puts a member's name into the answer to an inquiry, sealed, after the ledger's commit.

The name comes from whoever keeps people (``greet``); it passes through here on the answering thread
and is kept nowhere. A name that cannot be had costs nobody an answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import structlog

from gateway.crypto.greeting import seal_greeting
from gateway.errors import MohrError
from gateway.formatting.greeting import greeting_of
from gateway.ledger.rows_intake import TerminalRow
from gateway.model.authorisation import AuthAnswer
from gateway.model.ids import MemberId, TerminalId
from gateway.office.organisation import Organisation
from gateway.program.acquaintance import Acquaintance, Nobody
from gateway.service.one_time_codes import PhoneOf, no_phone
from gateway.wire.auth import encode_auth_answer

#: Says how a member who consented wants to be greeted; None for everybody else. Any thread.
Greet = Callable[[MemberId], str | None]

_log = structlog.get_logger("mohr.gateway")


def nobody(_member: MemberId) -> str | None:
    """Greet nobody by name."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPeople:
    """What a back office knows of people, as far as a gateway asks it.

    Attributes:
        greet: how a member who consented wants to be greeted; called on a thread of its own.
        acquaintance: members' days, for rules that look at them; called on the writer's thread.
        phone_of: members' phones, for codes; called on the writer's thread.
        organisation: who writes to members; called on a thread of its own.
    """

    greet: Greet = nobody
    acquaintance: Acquaintance = field(default_factory=Nobody)
    phone_of: PhoneOf = no_phone
    organisation: Callable[[], Organisation] = Organisation


NOBODY_KNOWN: Final = KnownPeople()
"""For a gateway without a back office."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquired:
    """An answered inquiry whose member may be greeted."""

    answer: AuthAnswer
    member: MemberId


class Greeter:
    """Greets members at terminals."""

    def __init__(self, greet: Greet) -> None:
        """Know no terminal yet."""
        self._greet = greet
        self._keys: Mapping[TerminalId, bytes] = {}

    def know(self, terminals: Iterable[TerminalRow]) -> None:
        """Take over the terminals' agreement keys, whole, whenever they may have changed."""
        self._keys = {one.terminal: one.agreement_key for one in terminals}

    def payload(self, inquired: Inquired) -> bytes:
        """The encoded answer, with a greeting where there is one. Any thread."""
        answer = inquired.answer
        try:
            box = self._box(inquired)
        except MohrError as error:
            # The text may name the member; its kind is enough to look further.
            _log.warning("no greeting", terminal=answer.terminal, fault=type(error).__name__)
            box = None
        return encode_auth_answer(replace(answer, greeting_box=box))

    def _box(self, inquired: Inquired) -> bytes | None:
        said = self._greet(inquired.member)
        name = None if said is None else greeting_of(said)
        terminal = inquired.answer.terminal
        key = self._keys.get(terminal)
        if name is None or key is None:
            return None
        return seal_greeting(name, key, terminal, inquired.answer.request_id)
