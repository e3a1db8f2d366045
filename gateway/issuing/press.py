"""Membership codes on paper, for members whose card failed or who want none.

A code is a card without a chip: it has its own number and stands in the journal and the ledger like
any other. Whoever photographs it has it too; what it may be used for the programme says.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

import segno

from gateway.crypto.membership_signature import issuer_of
from gateway.crypto.signer import Signer
from gateway.errors import ConfigError
from gateway.issuing.desk import DeskOrder, IssuingDesk
from gateway.issuing.record import CardRecord, CardStage
from gateway.model.card import CardProfile
from gateway.readers.codes.membership_qr import MembershipCode, write_membership_code

#: What a code can be written as; both scale without loss and need no other library.
KINDS: Final = ("svg", "pdf")
#: Millimetres are the printer's business: ten units to a module, four modules of quiet zone.
_SCALE: Final = 10
_QUIET_ZONE: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class CodePress:
    """Makes codes.

    Attributes:
        desk: whose journal and ledger they are kept in.
        issuer: signs them; Ed25519.
        organisation: 8 bytes.
        new_id: a fresh random id of 32 hexadecimal digits.
    """

    desk: IssuingDesk
    issuer: Signer = field(repr=False)
    organisation: bytes
    new_id: Callable[[], str]

    def issue(self, order: DeskOrder) -> CardRecord:
        """Issue a code in the place of a card that was not finished.

        Args:
            order: its number; None takes the next that is free.

        Returns:
            its record, once the ledger knows it.

        Raises:
            IssuingError: if a finished card has this number.
            MohrError: if the ledger refused.
        """
        journal = self.desk.journal
        there = None if order.number is None else journal.with_number(order.number)
        if there is not None and there.profile is CardProfile.QR:
            # Its process was killed before the ledger heard of it, or the code is printed again.
            return there if there.stage is CardStage.ISSUED else self.desk.finish(there)
        if there is not None and there.stage is CardStage.BEGUN:
            journal.change(replace(there, stage=CardStage.GIVEN_UP))
        number = order.number or journal.next_number()
        token = self.desk.token_of(CardProfile.QR, self.organisation + number.encode())
        claimed = journal.claim(
            CardRecord(
                chip=token,
                profile=CardProfile.QR,
                token=token,
                number=number,
                key_version=0,
                batch=order.batch,
                member_id=order.member_id,
                replaces=order.replaces,
                command_id=self.new_id(),
                stage=CardStage.MADE,
                begun_at_ms=0,
                changed_at_ms=0,
            )
        )
        return self.desk.finish(claimed)

    def print(self, number: str, kind: str) -> bytes:
        """Draw the code of a number.

        Args:
            number: of a code that was issued.
            kind: one of ``KINDS``.

        Raises:
            ConfigError: if it is another kind.
        """
        if kind not in KINDS:
            raise ConfigError(f"a code is written as {' or '.join(KINDS)}, not as {kind!r}")
        code = MembershipCode(
            issuer=issuer_of(self.issuer.key_id),
            organisation=self.organisation,
            number=number.encode(),
        )
        drawn = io.BytesIO()
        symbol = segno.make_qr(write_membership_code(code, self.issuer), error="m")
        symbol.save(drawn, kind=kind, scale=_SCALE, border=_QUIET_ZONE)
        return drawn.getvalue()
