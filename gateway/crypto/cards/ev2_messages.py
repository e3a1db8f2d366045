"""Whole messages of EV2 secure messaging: what a communication mode makes of a command's data."""

from __future__ import annotations

from enum import StrEnum

from gateway.crypto.cards.cmac import TRUNCATED_MAC_BYTES, verify_mac
from gateway.crypto.cards.ev2 import (
    Ev2Session,
    command_mac,
    decrypt_command,
    decrypt_response,
    encrypt_command,
    encrypt_response,
    response_mac,
)
from gateway.errors import CryptoError


class CommMode(StrEnum):
    """How data travel inside a session (AN12196, tables 8 and 18)."""

    PLAIN = "plain"
    #: In plain, with a MAC.
    MAC = "mac"
    #: Encrypted, with a MAC.
    FULL = "full"


def protect_command(
    session: Ev2Session, mode: CommMode, ins: int, header: bytes, data: bytes
) -> bytes:
    """What goes into a command APDU's data field: header, data, MAC.

    Args:
        session: as it is before the command.
        mode: how the data travel.
        ins: the instruction byte.
        header: the parameters that always travel in plain.
        data: the data in plain.
    """
    if mode is CommMode.PLAIN:
        return header + data
    sent = encrypt_command(session, data) if mode is CommMode.FULL else data
    return header + sent + command_mac(session, ins, header, sent)


def open_command(
    session: Ev2Session, mode: CommMode, ins: int, header_bytes: int, body: bytes
) -> tuple[bytes, bytes]:
    """What a card makes of a command APDU's data field.

    Args:
        session: as it is before the command.
        mode: how the data travel.
        ins: the instruction byte.
        header_bytes: how many bytes of parameters always travel in plain.
        body: the data field.

    Returns:
        Header, and data in plain.

    Raises:
        CryptoError: if the MAC is wrong or missing, or the decrypted data end in no padding.
    """
    if mode is CommMode.PLAIN:
        content = body
    else:
        content, mac = _split(body)
        expected = command_mac(session, ins, content[:header_bytes], content[header_bytes:])
        _check(expected, mac, "the command's MAC is wrong")
    if len(content) < header_bytes:
        raise CryptoError("the command is cut short")
    header, data = content[:header_bytes], content[header_bytes:]
    return header, decrypt_command(session, data) if mode is CommMode.FULL else data


def protect_response(session_after: Ev2Session, mode: CommMode, status: int, data: bytes) -> bytes:
    """What a card puts into an answer's data field; ``session_after`` is after ``next``."""
    if mode is CommMode.PLAIN:
        return data
    sent = encrypt_response(session_after, data) if mode is CommMode.FULL else data
    return sent + response_mac(session_after, status, sent)


def open_response(session_after: Ev2Session, mode: CommMode, status: int, body: bytes) -> bytes:
    """Check and open an answer's data field; ``session_after`` is after ``next``.

    Args:
        session_after: the session after ``next``.
        mode: how the data travel.
        status: the second status byte, 00 in 9100.
        body: the answer without its status bytes.

    Raises:
        CryptoError: if the MAC is wrong or missing, or the decrypted data end in no padding.
    """
    if mode is CommMode.PLAIN:
        return body
    content, mac = _split(body)
    _check(response_mac(session_after, status, content), mac, "the answer's MAC is wrong")
    return decrypt_response(session_after, content) if mode is CommMode.FULL else content


def _split(body: bytes) -> tuple[bytes, bytes]:
    if len(body) < TRUNCATED_MAC_BYTES:
        raise CryptoError("the message is too short to hold its MAC")
    return body[:-TRUNCATED_MAC_BYTES], body[-TRUNCATED_MAC_BYTES:]


def _check(expected: bytes, got: bytes, what: str) -> None:
    if not verify_mac(expected, got):
        raise CryptoError(what)
