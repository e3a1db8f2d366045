"""How an NTAG 424 DNA authenticates a reader, and how it defends its keys. Pure but for the dice.

Wrong keys are counted per key (data sheet, 10.4; AN12196, 6.4): after 50 in a row the card wants
to be asked several times before it lets one attempt through, and at the limit of all of them the
key is locked for ever. How many times it wants to be asked is not published; here it is one more
for each failure beyond the 49th.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from gateway.crypto.cards.ev2 import (
    TRANSACTION_IDENTIFIER_BYTES,
    Ev2Session,
    check_challenge_answer,
    first_session,
    issue_challenge,
    issue_first,
    issue_non_first,
    non_first_session,
)
from gateway.crypto.cards.handshake import RANDOM_BYTES
from gateway.errors import CryptoError
from gateway.readers.cards.ntag424_commands import RandomBytes
from gateway.readers.cards.ntag424_wire import Instruction, NativeStatus
from simulators.cards.ntag424_rules import NativeRefusal
from simulators.cards.ntag424_state import KEY_COUNT, KeySlot, Ntag424State

DELAY_FROM: Final = 50
_RESERVED_KEY_BITS: Final = 0xC0
_SECOND_PART_BYTES: Final = 2 * RANDOM_BYTES
_LRP_BIT: Final = 0x02


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """A mutual authentication whose first part is done.

    Attributes:
        key_number: which key.
        rnd_b: the card's random number.
        first: AuthenticateEV2First, or NonFirst.
    """

    key_number: int
    rnd_b: bytes
    first: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSession:
    """A session, and the key that opened it."""

    key_number: int
    session: Ev2Session


def begin(
    state: Ntag424State, instruction: int, body: bytes, random_bytes: RandomBytes
) -> tuple[Ntag424State, Login | None, bytes]:
    """The first part: the card after it, what it now waits for, and its challenge.

    The card remembers an attempt that it delays; there is nothing to wait for then.

    Raises:
        NativeRefusal: if there is no such key, it is locked, or the command is malformed.
    """
    first = instruction == Instruction.AUTHENTICATE_EV2_FIRST
    _check_first_part(body, first=first)
    number = body[0]
    if number >= KEY_COUNT:
        raise NativeRefusal(NativeStatus.NO_SUCH_KEY)
    slot = state.keys[number]
    if state.counts_failures and slot.failures >= state.failure_limit:
        raise NativeRefusal(NativeStatus.PERMISSION_DENIED)
    if slot.delay:
        return state.with_key(number, replace(slot, delay=slot.delay - 1)), None, b""
    login = Login(key_number=number, rnd_b=random_bytes(RANDOM_BYTES), first=first)
    return state, login, issue_challenge(slot.value, login.rnd_b)


def _check_first_part(body: bytes, *, first: bool) -> None:
    if not body:
        raise NativeRefusal(NativeStatus.LENGTH_ERROR)
    expected = 1
    if first:
        expected = 2 + (body[1] if len(body) > 1 else 0)
    if len(body) != expected:
        raise NativeRefusal(NativeStatus.LENGTH_ERROR)
    wants_lrp = len(body) > 2 and bool(body[2] & _LRP_BIT)
    if body[0] & _RESERVED_KEY_BITS or wants_lrp:
        raise NativeRefusal(NativeStatus.PARAMETER_ERROR)


def finish(
    state: Ntag424State,
    login: Login,
    body: bytes,
    old: OpenSession | None,
    random_bytes: RandomBytes,
) -> tuple[Ntag424State, OpenSession | None, bytes]:
    """The second part: the card after it, the session, and the card's answer.

    There is no session where the reader holds another key; the card has counted that.

    Raises:
        NativeRefusal: if the command is malformed.
    """
    if len(body) != _SECOND_PART_BYTES:
        raise NativeRefusal(NativeStatus.LENGTH_ERROR)
    slot = state.keys[login.key_number]
    try:
        rnd_a = check_challenge_answer(slot.value, login.rnd_b, body)
    except CryptoError:
        return state.with_key(login.key_number, _failed(state, slot)), None, b""
    state = state.with_key(login.key_number, _succeeded(state, slot))
    if old is not None and not login.first:
        session = non_first_session(old.session, slot.value, rnd_a, login.rnd_b)
        answer = issue_non_first(slot.value, rnd_a)
    else:
        identifier = random_bytes(TRANSACTION_IDENTIFIER_BYTES)
        session = first_session(slot.value, rnd_a, login.rnd_b, identifier)
        answer = issue_first(slot.value, rnd_a, identifier)
    return state, OpenSession(key_number=login.key_number, session=session), answer


def _failed(state: Ntag424State, slot: KeySlot) -> KeySlot:
    if not state.counts_failures:
        return slot
    in_a_row = min(slot.failures_in_a_row + 1, 0xFF)
    return replace(
        slot,
        failures_in_a_row=in_a_row,
        failures=slot.failures + 1,
        delay=max(0, in_a_row - DELAY_FROM + 1),
    )


def _succeeded(state: Ntag424State, slot: KeySlot) -> KeySlot:
    forgiven = max(0, slot.failures - state.failure_decrement)
    return replace(slot, failures_in_a_row=0, failures=forgiven, delay=0)
