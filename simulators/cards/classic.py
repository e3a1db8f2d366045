"""A MIFARE Classic as a reader shows it: a name, a UID, and memory behind Crypto1.

Not modelled: Crypto1 and the memory. No dialogue of ours authenticates to such a card, so all that
matters is that it is recognised, and that it answers nothing without its keys.
"""

from __future__ import annotations

from gateway.readers.apdu import CommandApdu, ResponseApdu, StatusWord
from gateway.readers.cards.traits import NAME_CLASSIC_1K
from simulators.card import UidCard, storage_atr


class ClassicCard(UidCard):
    """The card in front of a reader.

    Args:
        uid: 4 or 7 bytes.
        name: what the reader calls it, see ``gateway.readers.cards.traits``.
    """

    def __init__(self, uid: bytes, *, name: int = NAME_CLASSIC_1K) -> None:
        super().__init__(uid, atr=storage_atr(name=name))

    def execute(self, command: CommandApdu) -> ResponseApdu:
        """Answer GET DATA; refuse memory, whose keys this reader does not have."""
        if command.cla == 0xFF and command.ins in {0xB0, 0xD6, 0x86}:
            return ResponseApdu(status=StatusWord.SECURITY_NOT_SATISFIED)
        return super().execute(command)
