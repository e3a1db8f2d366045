"""Opens what a gateway has for cards, where it has anything."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack

import structlog

from gateway.clock import Clock
from gateway.config import CardKeySettings
from gateway.crypto.card_token import organisation_of
from gateway.crypto.keystore.opening import CREDENTIAL, unattended_secret
from gateway.errors import ConfigError, KeyStoreError
from gateway.intake.card_proof import CardProofs
from gateway.readers.cards.keys import StoredCardKeys
from gateway.service.card_keys import open_card_keys, secret_variable
from gateway.service.data_dir import DataDir
from gateway.service.issuer import known_issuers
from gateway.service.told import CardOffice
from gateway.writer.card_check import CheckCard


def open_card_office(
    data_dir: DataDir,
    settings: CardKeySettings,
    environment: Mapping[str, str],
    clock: Clock,
    stack: ExitStack,
) -> CardOffice:
    """Open the key store without anybody to ask.

    A gateway whose store does not open goes on without card keys and says so in its log: a shop
    must not stand still because a token was pulled out. Cards then prove nothing to it.

    Args:
        data_dir: of the gateway.
        settings: which store.
        environment: of the process, for what opens the store.
        clock: as ``open_card_keys`` wants it.
        stack: closes the store.
    """
    issuers = known_issuers(data_dir)
    if settings.store == "file" and not data_dir.card_keys.exists():
        return CardOffice(issuers=issuers)
    log = structlog.get_logger("mohr.gateway")
    try:
        secret = unattended_secret(environment, secret_variable(settings))
        if secret is None:
            log.error(
                "the card keys stay shut: nothing opens them",
                set=secret_variable(settings),
                credential=CREDENTIAL,
            )
            return CardOffice(issuers=issuers)
        keys = open_card_keys(data_dir, settings, secret, clock)
    except (KeyStoreError, ConfigError) as error:
        log.error("the card keys stay shut", error=str(error))  # noqa: TRY400 - it says what to do
        return CardOffice(issuers=issuers)
    stack.callback(keys.close)
    return CardOffice(keys=keys, issuers=issuers)


def card_check(office: CardOffice, card_key: bytes, phone_key: bytes) -> CheckCard:
    """The writer's check of cards' proofs.

    Args:
        office: with the keys, where there are such.
        card_key: the programme's card key, 32 bytes.
        phone_key: the master of rotating codes, 32 bytes.
    """
    keys = None
    if office.keys is not None:
        keys = StoredCardKeys(organisation=organisation_of(card_key), store=office.keys)
    return CardProofs(keys, card_key, phone_key)
