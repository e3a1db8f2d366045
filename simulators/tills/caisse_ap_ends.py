"""The two ends of a Caisse-AP connection: a card terminal that pays, and a till that asks. Pure.

Each takes what arrives together for one message, as the programs in use do.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from simulators.tills.card_terminal import Outcome, TerminalEnd

_DECLINED_REASON: Final = "04"


def write_message(fields: Mapping[str, str]) -> bytes:
    """Write a message; the version goes first."""
    named = {"CZ": "0300", **fields}
    return "".join(f"{tag}{len(value):03d}{value}" for tag, value in named.items()).encode("ascii")


def read_message(data: bytes) -> dict[str, str]:
    """Read one message that is whole.

    Raises:
        ValueError: if it ends within a field.
    """
    text, at = data.decode("ascii"), 0
    fields: dict[str, str] = {}
    while at < len(text):
        digits = text[at + 2 : at + 5]
        length = int(digits)
        if len(digits) < 3 or at + 5 + length > len(text):
            raise ValueError(f"field {text[at : at + 2]} is cut short")
        fields[text[at : at + 2]] = text[at + 5 : at + 5 + length]
        at += 5 + length
    return fields


class CaisseApTerminal(TerminalEnd):
    """A card terminal: repeats what was asked, and adds what became of it and the card."""

    def __init__(
        self, outcome: Outcome = Outcome.APPROVED, *, card: str = "497010######0017"
    ) -> None:
        """Wait for a till; ``card`` is the number as the terminal writes it."""
        self.outcome = outcome
        self._card = card
        self._heard = b""

    def feed(self, data: bytes) -> list[bytes]:
        """See ``TerminalEnd``."""
        self._heard += data
        try:
            asked = read_message(self._heard)
        except ValueError:
            # A message has no length of its own: it is whole when its last field is.
            return []
        if "CB" not in asked:
            return []
        self._heard = b""
        amount = asked["CB"].zfill(12)
        if self.outcome is Outcome.DECLINED:
            return [write_message({**asked, "CB": amount, "AE": "01", "AF": _DECLINED_REASON})]
        if asked.get("BA") == "1":
            return [write_message({**asked, "CB": amount, "AE": "11"})]
        card = {"AA": self._card, "AB": "2712", "AC": "471147", "CC": "001", "CI": "1"}
        return [write_message({**asked, "CB": amount, "AE": "10", **card})]


class CaisseApTill(TerminalEnd):
    """A till."""

    def __init__(self) -> None:
        """Begin with nothing asked."""
        #: How the payment ended, once it has.
        self.ended: Outcome | None = None

    def ask(self, amount_minor: int, *, action: str = "0", at_once: bool = False) -> bytes:
        """Ask for a payment in euro.

        Args:
            amount_minor: how much.
            action: 0 purchase, 1 refund.
            at_once: the terminal is to answer before anybody pays.
        """
        self.ended = None
        fields = {
            "CJ": "012345678901",
            "CA": "01",
            "CE": "978",
            "BA": str(int(at_once)),
            "CD": action,
            "CB": f"{amount_minor:02d}",
        }
        return write_message(fields)

    def feed(self, data: bytes) -> list[bytes]:
        """See ``TerminalEnd``."""
        done = read_message(data)["AE"] == "10"
        self.ended = Outcome.APPROVED if done else Outcome.DECLINED
        return []
