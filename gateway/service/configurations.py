"""Each terminal's sealed configuration: its branch, the rules, the key that hides card names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from gateway.crypto.seal import SealType, seal
from gateway.crypto.sealed_box import card_key_info, seal_box, shared_keys_info
from gateway.crypto.signer import Signer
from gateway.ledger.rows_intake import TerminalRow
from gateway.model.configuration import Configuration
from gateway.model.ids import TerminalId
from gateway.model.programme import Programme
from gateway.program.versions import programme_at
from gateway.service.messages import Publish
from gateway.service.told import Told
from gateway.wire.configuration import PROGRAMMES_MAX, encode_configuration
from mqtt.topics import topic_cfg

_NOTHING: Final = Told()


class Configurations:
    """Makes configurations, and makes each only once while nothing changes."""

    def __init__(self, signer: Signer, card_key: bytes) -> None:
        """Keep the keys.

        Args:
            signer: the gateway's signing key.
            card_key: the programme's card key, 32 bytes.
        """
        self._signer = signer
        self._card_key = card_key
        self._sealed: dict[TerminalId, tuple[int, Publish]] = {}

    def publish(
        self,
        terminal: TerminalRow,
        programmes: Sequence[Programme],
        now_ms: int,
        told: Told = _NOTHING,
    ) -> Publish:
        """Give the retained message that configures one terminal.

        A version is a sum of counts: of rule versions, of the terminal's epoch, and of changes to
        what is told beside them. All only ever rise, each change of content raises one of them,
        and a gateway restored from its ledger alone counts the same.

        Args:
            terminal: whom it is for.
            programmes: every version of the rules, in any order.
            now_ms: Unix time in milliseconds.
            told: what is told beside the rules.

        Returns:
            the message, the same bytes again while the version stays.

        Raises:
            CryptoError: if the terminal's agreement key cannot be used.
        """
        version = len(programmes) + terminal.epoch + told.changes
        known = self._sealed.get(terminal.terminal)
        if known is not None and known[0] == version:
            return known[1]
        info = card_key_info(terminal.terminal)
        configuration = Configuration(
            terminal=terminal.terminal,
            version=version,
            issued_at_ms=now_ms,
            branch=terminal.branch,
            programmes=_needed(programmes, now_ms),
            card_key_box=seal_box(self._card_key, terminal.agreement_key, info),
            shared_keys_box=_shared_keys_box(terminal, told.keys),
            issuers=told.issuers,
            deny_list=told.deny_list,
        )
        sealed = seal(encode_configuration(configuration), SealType.CONFIGURATION, self._signer)
        made = Publish(topic=topic_cfg(terminal.terminal), payload=sealed, retain=True)
        self._sealed[terminal.terminal] = (version, made)
        return made


def _shared_keys_box(terminal: TerminalRow, keys: bytes) -> bytes | None:
    if not keys:
        return None
    return seal_box(keys, terminal.agreement_key, shared_keys_info(terminal.terminal))


def _needed(programmes: Sequence[Programme], now_ms: int) -> tuple[Programme, ...]:
    """Keep the rules in force and those that follow; a terminal previews nothing older."""
    current = programme_at(programmes, now_ms)
    oldest = current.version if current is not None else 0
    by_version = sorted(programmes, key=lambda one: one.version)
    return tuple(one for one in by_version if one.version >= oldest)[:PROGRAMMES_MAX]
