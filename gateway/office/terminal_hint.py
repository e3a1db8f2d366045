"""What a terminal says about itself: an unsealed hint for people, on which nothing depends."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalHint:
    """The last believed hint of one terminal. Fields are None where it did not say.

    Attributes:
        online: whether it says that it is here.
        heard_at_ms: Unix time at which the gateway heard it.
        version: of its software.
        reader: ``up``, ``down``, ``none`` or ``starting``.
        till: the same of the till's line.
        pending: transactions that wait at the terminal for a receipt.
        rejected: transactions of it in quarantine.
        unread_receipts: receipts that it could not read with certainty since its start.
        clock: ``synchronised`` or ``guessed``.
        configuration_version: of its settings.
        programme_version: of the rules it uses.
        stopped: why it accepts nothing more; None where it does.
    """

    online: bool
    heard_at_ms: int
    version: str | None = None
    reader: str | None = None
    till: str | None = None
    pending: int | None = None
    rejected: int | None = None
    unread_receipts: int | None = None
    clock: str | None = None
    configuration_version: int | None = None
    programme_version: int | None = None
    stopped: str | None = None
