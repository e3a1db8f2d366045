"""MIFARE Ultralight AES: authentication, and the MAC on every frame of a session with CMAC on.

Sources: MF0AES(H)20 data sheet; a trace of a real card, which the tests recompute. With CMAC off a
session has no protection at all: whoever relays the authentication goes on in its place.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

from gateway.crypto.cards.blocks import check_length
from gateway.crypto.cards.cmac import TRUNCATED_MAC_BYTES, aes_cmac, mac_truncated, verify_mac
from gateway.crypto.cards.ev2 import session_keys
from gateway.crypto.cards.handshake import (
    challenge_answer,
    check_challenge_answer,
    check_confirmation,
    confirmation,
    issue_challenge,
)
from gateway.errors import CryptoError

__all__ = [
    "UltralightSession",
    "accept",
    "challenge_answer",
    "check_challenge_answer",
    "check_confirmation",
    "confirmation",
    "issue_challenge",
    "open_frame",
    "open_session",
    "protect_frame",
]

_COUNTER_MAX: Final = 0xFFFF
_KEY_BYTES: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class UltralightSession:
    """What card and reader share after authentication.

    Attributes:
        mac_key: makes the MACs; nothing is encrypted.
        frame_counter: frames since authentication, 0 to 65,535. A command counts, and so does its
            answer.

    Raises:
        CryptoError: if the key has a wrong length or the counter is out of range.
    """

    mac_key: bytes = field(repr=False)
    frame_counter: int = 0

    def __post_init__(self) -> None:
        check_length("a session key", self.mac_key, _KEY_BYTES)
        if not 0 <= self.frame_counter <= _COUNTER_MAX:
            raise CryptoError("the session's frame counter has run out; authenticate again")


def open_session(key: bytes, rnd_a: bytes, rnd_b: bytes) -> UltralightSession:
    """The session as both sides compute it: the MAC key is derived as that of EV2.

    Raises:
        CryptoError: if a length is wrong.
    """
    return UltralightSession(mac_key=session_keys(key, rnd_a, rnd_b)[1])


def accept(key: bytes, rnd_a: bytes, rnd_b: bytes, answer: bytes) -> UltralightSession:
    """Check the card's last word of the authentication, 16 bytes.

    Raises:
        CryptoError: if the card does not hold the key, or a length is wrong.
    """
    check_confirmation(key, rnd_a, answer)
    return open_session(key, rnd_a, rnd_b)


def protect_frame(session: UltralightSession, frame: bytes) -> tuple[bytes, UltralightSession]:
    """Put the MAC behind a frame, whoever sends it, without the CRC of layer 3.

    Returns:
        What goes over the air, and the session after it.

    Raises:
        CryptoError: if the counter has run out.
    """
    return frame + _mac(session, frame), _after(session)


def open_frame(session: UltralightSession, received: bytes) -> tuple[bytes, UltralightSession]:
    """Check a frame's MAC, whoever received it.

    Returns:
        The frame without its MAC, and the session after it.

    Raises:
        CryptoError: if the MAC is wrong or missing, or the counter has run out.
    """
    if len(received) < TRUNCATED_MAC_BYTES:
        raise CryptoError("the frame is too short to hold its MAC")
    frame, mac = received[:-TRUNCATED_MAC_BYTES], received[-TRUNCATED_MAC_BYTES:]
    if not verify_mac(_mac(session, frame), mac):
        raise CryptoError("the frame's MAC is wrong")
    return frame, _after(session)


def _mac(session: UltralightSession, frame: bytes) -> bytes:
    count = session.frame_counter.to_bytes(2, "little")
    return mac_truncated(aes_cmac(session.mac_key, count + frame))


def _after(session: UltralightSession) -> UltralightSession:
    return replace(session, frame_counter=session.frame_counter + 1)
