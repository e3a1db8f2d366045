"""The terminal agent's fault tree. What the till's counter can be told is never raised as one.

::

    MohrError
    └── JournalError                the journal cannot do what was asked; nothing was changed
        ├── JournalFullError        no room: the sale is not accepted, and the cashier must hear it
        ├── JournalBusyError        another agent holds this journal
        ├── JournalForkError        this journal is a copy; it must never accept again
        └── ForeignReceiptError     a receipt for another terminal, epoch or chain
"""

from __future__ import annotations

from gateway.errors import MohrError


class JournalError(MohrError):
    """The journal cannot do what was asked. Nothing that was asked has happened."""


class JournalFullError(JournalError):
    """No room is left for another transaction.

    Nothing was accepted and no number was used up. The cashier must be told that the points of
    this sale are not recorded; what was accepted before is safe and goes on being settled.
    """


class JournalBusyError(JournalError):
    """Another agent holds this journal. Two agents on one journal would fork the chain."""


class JournalForkError(JournalError):
    """The gateway knows another chain than this journal's: one of them is a copy.

    Either the terminal was cloned, or its storage was restored from an older image. The journal
    keeps and exports what it has, and never accepts again; the terminal needs a new epoch.
    """


class ForeignReceiptError(JournalError):
    """A receipt names another terminal or another epoch than this journal's."""
