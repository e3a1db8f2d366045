"""Changing codes as the phones of one gateway show them: drawn with that gateway's own key."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from gateway.clock import Clock
from gateway.crypto.card_token import card_token
from gateway.crypto.phone_card import PhoneCards
from gateway.crypto.rotating_code import decode_rotating_code, draw_rotating_code, member_secret
from gateway.errors import ConfigError
from gateway.model.card import CardProfile
from gateway.service.data_dir import DataDir, open_phone_key, read_card_key
from gateway.wire.code_text import CodeKind, is_code_text, read_code_text
from simulators.cards.named_states import Scanned, changing_code
from simulators.socket_line import TapOrder

#: The named card that is a phone, and its number.
CHANGING: Final = "qr-changing"
CHANGING_NUMBER: Final = 34
_PAGE: Final = "/card/"


def phones_of(data_dir: DataDir) -> PhoneCards:
    """The cards on phones of a gateway on this machine.

    Raises:
        KeyStoreError: if a key cannot be read.
    """
    # The card key first: where there is no gateway, nothing is made.
    card_key = read_card_key(data_dir)
    return PhoneCards(open_phone_key(data_dir), card_key)


def vouched(scanned: Scanned, phones: PhoneCards) -> Scanned:
    """A changing code as the gateway believes it; any other scan as it is."""
    text = scanned.data.decode("ascii")
    if not is_code_text(text):
        return scanned
    kind, body = read_code_text(text)
    if kind is not CodeKind.ROTATING:
        return scanned
    code = decode_rotating_code(body)
    token = card_token(phones.card_key, CardProfile.QR, code.organisation + code.number)
    secret = member_secret(phones.master, token)
    drawn = draw_rotating_code(code.organisation, code.number, secret, code.step)
    return Scanned(data=drawn.encode())


def order_of_phone(text: str, phones: PhoneCards, clock: Clock) -> TapOrder:
    """Show what a phone of a gateway shows now.

    Args:
        text: ``qr-changing``, or the address of a member's page as the desk hands it out.
        phones: of the gateway.
        clock: the time.

    Raises:
        ConfigError: if it is neither, or another gateway's.
    """
    unix_ms = clock.unix_ms()
    if text == CHANGING:
        shown = vouched(changing_code(CHANGING_NUMBER, unix_ms), phones)
        return TapOrder(scan=shown.data.decode())
    path = urlsplit(text).path
    number = phones.number_of(path.removeprefix(_PAGE)) if path.startswith(_PAGE) else None
    if number is None:
        raise ConfigError(
            f"{text} is no card on a phone of this gateway: take {CHANGING}, or the address that "
            "the desk handed out"
        )
    return TapOrder(scan=phones.code(number, unix_ms).text)
