"""Opens what the gateway sends: only its own pinned seal counts, and only what is for us."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

import structlog

from gateway.crypto.card_token import CARD_KEY_BYTES, organisation_of
from gateway.crypto.cards.purpose import CardKeyName
from gateway.crypto.cards.shared_keys import unpack_shared_keys
from gateway.crypto.greeting import open_greeting
from gateway.crypto.public_key import PublicKey
from gateway.crypto.seal import SealType, open_envelope, parse_envelope, verify_envelope
from gateway.crypto.sealed_box import AgreementKey, card_key_info, shared_keys_info
from gateway.errors import CryptoError, SealError
from gateway.formatting.greeting import greeting_of
from gateway.model.authorisation import AuthAnswer
from gateway.model.configuration import Configuration
from gateway.model.ids import TerminalId
from gateway.model.receipt import Receipt, ResendRequest
from gateway.readers.cards.keys import SharedCardKeys
from gateway.wire.auth import decode_auth_answer
from gateway.wire.configuration import decode_configuration
from gateway.wire.receipt import decode_receipt, decode_resend_request
from terminal_agent.identity import TerminalIdentity

_log = structlog.get_logger(__name__)

GatewayMessage = Receipt | AuthAnswer | ResendRequest

_DECODERS: Final[Mapping[SealType, Callable[[bytes], GatewayMessage]]] = MappingProxyType(
    {
        SealType.RECEIPT: decode_receipt,
        SealType.AUTH_ANSWER: decode_auth_answer,
        SealType.RESEND_REQUEST: decode_resend_request,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedConfiguration:
    """A configuration with the card keys taken out of their boxes.

    Attributes:
        configuration: as the gateway sealed it.
        card_key: makes tokens of card names.
        shared_keys: what cards of the programme prove themselves with, as far as terminals may.
        issuers: whose signature makes a membership record worth something.
    """

    configuration: Configuration
    card_key: bytes = field(repr=False)
    shared_keys: SharedCardKeys = field(repr=False)
    issuers: tuple[PublicKey, ...] = ()


def open_message(payload: bytes, gateway: PublicKey, terminal: TerminalId) -> GatewayMessage:
    """Open what came on the terminal's ``rx`` topic.

    The protected type alone says what it is; the topic it came on proves nothing.

    Args:
        payload: as it was delivered.
        gateway: the gateway's pinned key.
        terminal: who we are.

    Raises:
        SealError: if it is no envelope of the gateway's, of another type, or for another terminal.
        WireError: if its payload is not what its type says.
    """
    envelope = parse_envelope(payload)
    decode = _DECODERS.get(envelope.seal_type)
    if decode is None:
        raise SealError(f"a {envelope.seal_type.name} has no business here")
    verify_envelope(envelope, gateway)
    message = decode(envelope.payload)
    if message.terminal != terminal:
        raise SealError(f"this message is for terminal {message.terminal}")
    return message


def opened_greeting(answer: AuthAnswer, identity: TerminalIdentity) -> str | None:
    """The name in an answer's box, fit for a screen; None where there is none that can be shown.

    A name is a courtesy: one that cannot be read costs nobody the answer around it.
    """
    if answer.greeting_box is None:
        return None
    try:
        name = open_greeting(
            answer.greeting_box, identity.agreement, identity.terminal, answer.request_id
        )
    except CryptoError as error:
        _log.warning("greeting ignored", error=str(error))
        return None
    return greeting_of(name)


def open_configuration(
    payload: bytes, gateway: PublicKey, terminal: TerminalId, agreement: AgreementKey
) -> OpenedConfiguration:
    """Open a sealed configuration, as delivered or as kept.

    Args:
        payload: the envelope.
        gateway: the gateway's pinned key.
        terminal: who we are.
        agreement: opens the card key's box.

    Raises:
        SealError: if it is no configuration of the gateway's, or for another terminal.
        WireError: if its payload is no configuration.
        CryptoError: if the card key's box is not for us or holds no card key.
    """
    envelope = open_envelope(payload, SealType.CONFIGURATION, gateway)
    configuration = decode_configuration(envelope.payload)
    if configuration.terminal != terminal:
        raise SealError(f"this configuration is for terminal {configuration.terminal}")
    card_key = agreement.open_box(configuration.card_key_box, card_key_info(terminal))
    if len(card_key) != CARD_KEY_BYTES:
        raise CryptoError(f"a card key has {CARD_KEY_BYTES} bytes, not {len(card_key)}")
    masters: Mapping[CardKeyName, bytes] = {}
    if configuration.shared_keys_box is not None:
        box = agreement.open_box(configuration.shared_keys_box, shared_keys_info(terminal))
        masters = unpack_shared_keys(box)
    return OpenedConfiguration(
        configuration=configuration,
        card_key=card_key,
        shared_keys=SharedCardKeys(organisation=organisation_of(card_key), masters=masters),
        issuers=tuple(map(PublicKey.from_cose_key, configuration.issuers)),
    )
