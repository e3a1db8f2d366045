"""A member's name on its way to the screen of the terminal that asked, readable to nobody else.

Names live apart from the ledger and stand in no envelope. This one travels inside an answer that is
never stored, encrypted to the terminal's agreement key and bound to the request, so that neither
broker nor journal learns it and no box can be shown under another card's visit.
"""

from __future__ import annotations

from typing import Final

from gateway.crypto.sealed_box import OVERHEAD_BYTES, AgreementKey, seal_box
from gateway.errors import CryptoError
from gateway.model.authorisation import GREETING_BOX_BYTES
from gateway.model.ids import HoldId, TerminalId

#: A longer name is cut before it comes here.
GREETING_CHARACTERS_MAX: Final = 40
#: Four bytes for each character (UTF-8), filled up with zeros: a box's length tells no name's.
_PADDED_BYTES: Final = GREETING_BOX_BYTES - OVERHEAD_BYTES


def seal_greeting(
    name: str, recipient_public: bytes, terminal: TerminalId, request_id: HoldId
) -> bytes:
    """Encrypt a name for one terminal and one request.

    Args:
        name: 1 to 40 characters without control characters.
        recipient_public: the terminal's agreement key, 32 bytes.
        terminal: whose key that is.
        request_id: the inquiry that is answered.

    Returns:
        a box of ``GREETING_BOX_BYTES`` bytes.

    Raises:
        CryptoError: if the name has another length or holds a zero, or the key cannot be used.
    """
    if not 1 <= len(name) <= GREETING_CHARACTERS_MAX or "\0" in name:
        raise CryptoError(
            f"a greeting has 1 to {GREETING_CHARACTERS_MAX} characters, none of them 0"
        )
    try:
        plain = name.encode()
    except UnicodeEncodeError as error:
        raise CryptoError("a greeting must be text that UTF-8 can write") from error
    padded = plain.ljust(_PADDED_BYTES, b"\0")
    return seal_box(padded, recipient_public, _info(terminal, request_id))


def open_greeting(
    box: bytes, agreement: AgreementKey, terminal: TerminalId, request_id: HoldId
) -> str:
    """Decrypt a name.

    Raises:
        CryptoError: if the box is damaged, or was sealed for another terminal or request.
    """
    plain = agreement.open_box(box, _info(terminal, request_id)).rstrip(b"\0")
    try:
        name = plain.decode()
    except UnicodeDecodeError as error:
        raise CryptoError("the box holds no name") from error
    if not 1 <= len(name) <= GREETING_CHARACTERS_MAX:
        raise CryptoError(f"the box holds a name of {len(name)} characters")
    return name


def _info(terminal: TerminalId, request_id: HoldId) -> bytes:
    # The request's id has a fixed length, so no two pairs give the same bytes.
    return b"mohr greeting" + request_id + terminal.encode()
