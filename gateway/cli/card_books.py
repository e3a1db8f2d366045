"""What ``mohr card`` asks of the ledger: whose a card is, and to bind, block or replace one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.cli.administer import administer
from gateway.config import load_settings
from gateway.errors import ConfigError
from gateway.issuing.record import CardRecord
from gateway.model.ids import BranchId, CardToken, MemberId
from gateway.model.ledger_command import (
    CommandParts,
    LedgerCommand,
    LedgerCommandKind,
    encode_ledger_command,
)
from gateway.office.commands import ApplyLedgerCommand, SetCardBlocked
from gateway.service.data_dir import DataDir

if TYPE_CHECKING:
    from gateway.ledger.queries import LedgerReader, MemberBalance

#: Who has a shell on the machine, as the ledger names whoever makes a command.
MADE_BY = "command-line"


@dataclass(frozen=True)
class CardBooks:
    """The ledger of a data directory; read here, written by whoever may (``administer``)."""

    directory: Path

    @cached_property
    def _reader(self) -> LedgerReader:
        # Imported here: the ledger's libraries are slow to load, and cards without a member
        # need none.
        from gateway.ledger.queries import LedgerReader  # noqa: PLC0415 - see above

        settings = load_settings(self.directory)
        return LedgerReader(DataDir(self.directory).ledger_place(settings))

    def member(self, member_id: MemberId) -> MemberBalance:
        """A member, by pseudonym.

        Raises:
            ConfigError: if there is none.
        """
        found = self._reader.balance(member_id)
        if found is None:
            raise ConfigError(f"there is no member {member_id}: mohr member list shows them")
        return found

    def owner(self, token: CardToken) -> MemberBalance | None:
        """Whose a card is."""
        return self._reader.balance_of_card(token)

    def bind(self, card: CardRecord) -> None:
        """Let a finished card name its member; done once, however often it is asked.

        Raises:
            ConfigError: if the ledger refused.
            MohrError: if it cannot be asked.
        """
        parts = CommandParts(other_token=card.token.hex(), card_profile=card.profile.value)
        if card.replaces is not None:
            old = self.owner(card.replaces)
            if old is None:
                raise ConfigError("nobody owns the card that is to be replaced")
            kind, branch = LedgerCommandKind.REPLACE_CARD, old.branch
            parts["token"] = card.replaces.hex()
        else:
            assert card.member_id is not None
            kind, branch = LedgerCommandKind.ADD_CARD, self.member(card.member_id).branch
            parts["member_id"] = card.member_id
        command = LedgerCommand(
            id=card.command_id, kind=kind, made_by=MADE_BY, branch=BranchId(branch), **parts
        )
        text = encode_ledger_command(command).decode()
        administer(self.directory, ApplyLedgerCommand(command=text))

    def set_blocked(self, token: CardToken, *, blocked: bool) -> None:
        """Block a card, or let it be used again; terminals learn it with their next configuration.

        Raises:
            ConfigError: if nobody owns such a card.
        """
        administer(self.directory, SetCardBlocked(token=token.hex(), blocked=blocked))
