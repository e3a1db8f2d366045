"""Opens what a gateway sends codes with, where its settings name anything."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Final

import structlog

from gateway.clock import Clock
from gateway.codes.folder import FolderSender
from gateway.codes.sender import CodeMessage, CodeSender
from gateway.codes.standard_webhook import WebhookSecret
from gateway.codes.webhook import WebhookSender
from gateway.codes.words import message_of
from gateway.config import CodeSettings
from gateway.crypto.keystore.opening import unattended_secret
from gateway.errors import ConfigError, KeyStoreError, ValueRangeError
from gateway.ledger.rows_members import CardRow
from gateway.ledger.store import LedgerStore
from gateway.model.ids import CardToken
from gateway.notifier import Notifier
from gateway.service.code_post import CodeOrder, CodePost
from gateway.service.data_dir import DataDir
from gateway.service.greeting import KnownPeople
from gateway.service.one_time_codes import CodePorts, OneTimeCodes

SECRET_VARIABLE: Final = "MOHR_CODES_SECRET"  # noqa: S105 - a name, no secret
SECRET_CREDENTIAL: Final = "mohr-codes-secret"  # noqa: S105 - the same


def open_code_sender(
    data_dir: DataDir, settings: CodeSettings, environment: Mapping[str, str], clock: Clock
) -> CodeSender | None:
    """Open the way to phones that the settings name.

    A gateway whose way does not open goes on without it and says so in its log: whoever only earns
    must not wait for that. Terminals are told that no code can be sent.

    Args:
        data_dir: of the gateway.
        settings: which way.
        environment: of the process, for the webhook's secret.
        clock: dates messages.
    """
    if settings.sender == "folder":
        return FolderSender(data_dir.codes, clock)
    if settings.url is None:
        return None
    log = structlog.get_logger("mohr.gateway")
    try:
        secret = unattended_secret(environment, SECRET_VARIABLE, SECRET_CREDENTIAL)
        if secret is None:
            log.error(
                "no codes are sent: the webhook's secret is missing",
                set=SECRET_VARIABLE,
                credential=SECRET_CREDENTIAL,
            )
            return None
        return WebhookSender(settings.url, WebhookSecret.from_text(secret), clock)
    except (KeyStoreError, ConfigError, ValueRangeError) as error:
        log.error("no codes are sent", error=str(error))  # noqa: TRY400 - it says what to do
        return None


def open_code_post(
    sender: CodeSender | None,
    people: KnownPeople,
    notifier: Notifier,
    clock: Clock,
    stack: ExitStack,
) -> CodePost | None:
    """Start the thread that sends, where there is a way to phones.

    Args:
        sender: that way.
        people: say in whose name, and in which language where a member has said none.
        notifier: told of what could not be sent.
        clock: dates that.
        stack: stops the thread.
    """
    if sender is None:
        return None

    def write(order: CodeOrder) -> CodeMessage:
        ours = people.organisation()
        return message_of(
            order.code,
            order.to.phone,
            organisation=ours.name,
            language=order.to.language or ours.language,
            minutes=order.minutes,
        )

    post = CodePost(sender, write, notifier, clock)
    stack.callback(post.close)
    return post


def open_codes(
    post: CodePost | None, store: LedgerStore, people: KnownPeople, card_key: bytes
) -> OneTimeCodes | None:
    """Begin without any code; None where none can be sent.

    Args:
        post: sends them.
        store: knows whose a card is.
        people: know the numbers.
        card_key: the programme's card key, 32 bytes.
    """
    if post is None:
        return None
    return OneTimeCodes(
        CodePorts(
            card_of=lambda token: card_of(store, token),
            phone_of=people.phone_of,
            send=post.post,
            draw=secrets.token_bytes,
            card_key=card_key,
        )
    )


def card_of(store: LedgerStore, token: CardToken) -> CardRow | None:
    """Find a card.

    Raises:
        LedgerError: if the store fails.
    """
    with store.batch() as batch:
        found = batch.rows(CardRow, [token])
    return found[0] if found else None
