"""Cards that live on a member's phone: a page that shows a changing code.

The page's address holds a capability: the card's number under a MAC. Whoever has the address has
the card, as whoever holds a plastic card has that one; it is worth nothing once the ledger has the
card blocked or replaced. So nothing is stored beside the ledger's token.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from gateway.crypto.card_token import card_token, organisation_of
from gateway.crypto.rotating_code import draw_rotating_code, member_secret
from gateway.model.card import CardProfile
from gateway.model.code_window import CodeWindow
from gateway.model.ids import CardToken, MemberId

#: 64 random bits: two cards with one number are refused by the ledger, and do not happen.
_NUMBER_BYTES: Final = 8
_MAC_BYTES: Final = 16
_NUMBER_DOMAIN: Final = b"mohr phone card number 1\0"
_KEY_DOMAIN: Final = b"mohr phone card capability 1\0"


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneCode:
    """What a phone shows at a moment.

    Attributes:
        text: of the QR code.
        left_s: whole seconds, at least 1, until there is a new one.
    """

    text: str = field(repr=False)
    left_s: int


@dataclass(frozen=True, slots=True)
class PhoneCards:
    """Makes and knows them; pure.

    Attributes:
        master: the programme's master for rotating codes, 32 bytes.
        card_key: the programme's card key.
        window: how long a code counts.
    """

    master: bytes = field(repr=False)
    card_key: bytes = field(repr=False)
    window: CodeWindow = CodeWindow()

    def number_for(self, member_id: MemberId, command_id: str) -> bytes:
        """Choose a new card's number.

        The same command gives the same number, so one that is sent twice makes one card; nobody
        can tell numbers beforehand.

        Args:
            member_id: whose card it becomes.
            command_id: the command that adds it; random.
        """
        said = _NUMBER_DOMAIN + member_id.encode() + b"\0" + command_id.encode()
        return hmac.digest(self.master, said, sha256)[:_NUMBER_BYTES]

    def token(self, number: bytes) -> CardToken:
        """The token under which the ledger knows a card."""
        identity = organisation_of(self.card_key) + number
        return card_token(self.card_key, CardProfile.QR, identity)

    def capability(self, number: bytes) -> str:
        """What names a card in the address of its page; only whoever was given it has it."""
        return base64.urlsafe_b64encode(number + self._mac(number)).decode()

    def number_of(self, capability: str) -> bytes | None:
        """The number that a capability is for; None for one that was not made here."""
        try:
            said = base64.b64decode(capability, altchars=b"-_", validate=True)
        except (ValueError, binascii.Error):
            return None
        number, mac = said[:_NUMBER_BYTES], said[_NUMBER_BYTES:]
        return number if hmac.compare_digest(self._mac(number), mac) else None

    def code(self, number: bytes, unix_ms: int) -> PhoneCode:
        """Draw the code that counts now.

        Args:
            number: the card's.
            unix_ms: now.
        """
        unix_s = unix_ms // 1_000
        step = self.window.step_at(unix_s)
        secret = member_secret(self.master, self.token(number))
        text = draw_rotating_code(organisation_of(self.card_key), number, secret, step)
        return PhoneCode(text=text, left_s=(step + 1) * self.window.step_s - unix_s)

    def _mac(self, number: bytes) -> bytes:
        key = hmac.digest(self.master, _KEY_DOMAIN, sha256)
        return hmac.digest(key, number, sha256)[:_MAC_BYTES]
