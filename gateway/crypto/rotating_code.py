"""A member's rotating code: the secret behind it, the MAC that it carries, and its text.

Only the gateway holds the secret: it draws the code for the member's phone page and checks what
comes back. What a terminal passes on as proof is the MAC, and as counter the time step that it
stands for. Body, after the kind byte of ``gateway.wire.code_text``::

    organisation (8) ‖ time step (4) ‖ MAC (16) ‖ number (1 to 16)
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from gateway.crypto.membership_signature import NUMBER_BYTES_MAX, ORGANISATION_BYTES
from gateway.errors import CryptoError, ValueRangeError, WireError
from gateway.model.checks import U32_MAX, check_bytes, check_int
from gateway.model.ids import CARD_TOKEN_BYTES, CardToken
from gateway.wire.code_text import CodeKind, write_code_text

SECRET_BYTES: Final = 32
MAC_BYTES: Final = 16
_SECRET_DOMAIN: Final = b"mohr rotating secret 1\0"
_MAC_DOMAIN: Final = b"mohr rotating code 1\0"
_STEP_BYTES: Final = 4
_AFTER_STEP: Final = ORGANISATION_BYTES + _STEP_BYTES
_HEAD_BYTES: Final = _AFTER_STEP + MAC_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class RotatingCode:
    """One picture of a member's changing code.

    Attributes:
        organisation: 8 bytes that name who runs the programme.
        number: the member's number there, 1 to 16 bytes.
        step: the time step it was drawn in.
        mac: 16 bytes that only the member's secret makes.

    Raises:
        ValueRangeError: if a part is outside its range.
    """

    organisation: bytes
    number: bytes
    step: int
    mac: bytes = field(repr=False)

    def __post_init__(self) -> None:
        check_bytes("organisation", self.organisation, ORGANISATION_BYTES, ORGANISATION_BYTES)
        check_bytes("number", self.number, 1, NUMBER_BYTES_MAX)
        check_int("step", self.step, 0, U32_MAX)
        check_bytes("mac", self.mac, MAC_BYTES, MAC_BYTES)


def member_secret(master: bytes, token: CardToken) -> bytes:
    """Derive a member's secret, so that the gateway keeps none of them.

    A lost phone's card is blocked, and the new one has another number: so another secret.

    Args:
        master: the programme's master for rotating codes, 32 bytes.
        token: the token of the member's ``qr`` card: it says whose the secret is.

    Returns:
        HMAC-SHA-256 of the master over the token: 32 bytes.

    Raises:
        CryptoError: if a part has a wrong length.
    """
    if len(master) != SECRET_BYTES or len(token) != CARD_TOKEN_BYTES:
        raise CryptoError("a rotating secret comes from a master and a token of 32 bytes each")
    return hmac.digest(master, _SECRET_DOMAIN + token, sha256)


def rotating_mac(secret: bytes, step: int) -> bytes:
    """Prove that whoever shows a code holds the secret now.

    The secret is one member's alone, so the MAC need not repeat the member's number, which the
    gateway knows as a token only.

    Args:
        secret: the member's, 32 bytes.
        step: the time step, Unix time divided by the steps' length.

    Returns:
        the first 16 bytes of HMAC-SHA-256.

    Raises:
        CryptoError: if the secret has another length or the step is out of range.
    """
    if len(secret) != SECRET_BYTES:
        raise CryptoError(f"a rotating secret has {SECRET_BYTES} bytes")
    if not 0 <= step <= U32_MAX:
        raise CryptoError("a time step is a whole number of 32 bits")
    return hmac.digest(secret, _MAC_DOMAIN + step.to_bytes(_STEP_BYTES), sha256)[:MAC_BYTES]


def is_members_mac(master: bytes, token: CardToken, step: int, mac: bytes) -> bool:
    """Whether a MAC that came as a card's proof is its member's; compared in constant time.

    Args:
        master: as for ``member_secret``.
        token: the card's.
        step: the card's counter.
        mac: its proof.

    Raises:
        CryptoError: as ``member_secret`` and ``rotating_mac``.
    """
    return hmac.compare_digest(rotating_mac(member_secret(master, token), step), mac)


def draw_rotating_code(organisation: bytes, number: bytes, secret: bytes, step: int) -> str:
    """Draw a member's code of one step, as the text of a QR code.

    Args:
        organisation: 8 bytes.
        number: the member's number, 1 to 16 bytes.
        secret: the member's.
        step: ``CodeWindow.step_at`` of now.

    Raises:
        CryptoError: if the secret or the step cannot be used.
        ValueRangeError: if another part is outside its range.
    """
    mac = rotating_mac(secret, step)
    code = RotatingCode(organisation=organisation, number=number, step=step, mac=mac)
    return write_code_text(CodeKind.ROTATING, encode_rotating_code(code))


def encode_rotating_code(code: RotatingCode) -> bytes:
    """Write a code's body."""
    return code.organisation + code.step.to_bytes(_STEP_BYTES) + code.mac + code.number


def decode_rotating_code(body: bytes) -> RotatingCode:
    """Read a code's body; its MAC is for the gateway.

    Raises:
        WireError: if it is no such body.
    """
    try:
        return RotatingCode(
            organisation=body[:ORGANISATION_BYTES],
            step=int.from_bytes(body[ORGANISATION_BYTES:_AFTER_STEP]),
            mac=body[_AFTER_STEP:_HEAD_BYTES],
            number=body[_HEAD_BYTES:],
        )
    except ValueRangeError as error:
        raise WireError(f"the rotating code has a wrong length: {error}") from error
