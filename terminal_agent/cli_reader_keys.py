"""What a terminal reads its cards with, for ``mohr reader`` while its agent is stopped."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path

from gateway.crypto.public_key import PublicKey
from gateway.errors import ConfigError
from gateway.readers.cards.keys import CardKeys
from gateway.readers.settings import ReaderSettings
from terminal_agent.cli_run import journal_settings
from terminal_agent.cli_till import NONE
from terminal_agent.config import load_settings
from terminal_agent.gateway_messages import open_configuration
from terminal_agent.identity import find_passphrase, load_gateway_identity, load_identity
from terminal_agent.journal.journal import Journal


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalReading:
    """A terminal's reader, and what it was told last.

    Attributes:
        backend: of its reader; None where it has none.
        settings: of its reader, with the issuers that it was told of.
        keys: the card keys that it holds.
    """

    backend: str | None
    settings: ReaderSettings
    keys: CardKeys = field(repr=False)


def terminal_reading(directory: Path, passphrase_file: Path | None) -> TerminalReading:
    """Read a terminal's settings, and the last configuration that its journal keeps.

    Args:
        directory: the terminal's.
        passphrase_file: opens its keys, where they have a passphrase.

    Raises:
        ConfigError: if the gateway has told it nothing yet.
        MohrError: if its agent runs, or anything is missing or wrong.
    """
    settings = load_settings(directory)
    identity = load_identity(directory, find_passphrase(os.environ, file=passphrase_file))
    gateway = load_gateway_identity(settings.at(settings.gateway_identity))
    path = settings.journal_path(identity.epoch)
    with Journal.open(path, settings=journal_settings(settings, identity)) as journal:
        kept = journal.load_configuration()
    if kept is None:
        raise ConfigError(
            f"the gateway has told the terminal in {directory} no card keys yet: let its agent run"
            " until the first configuration came"
        )
    opened = open_configuration(
        kept, PublicKey.from_cose_key(gateway.public_key), identity.terminal, identity.agreement
    )
    reader = settings.reader_settings()
    codes = replace(reader.codes, issuers=(*reader.codes.issuers, *opened.issuers))
    return TerminalReading(
        backend=None if settings.reader.backend == NONE else settings.reader.backend,
        settings=replace(reader, codes=codes),
        keys=opened.shared_keys,
    )
