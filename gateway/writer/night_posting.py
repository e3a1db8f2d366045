"""Carry out what the night does to a group of wallets: one journal row, and one posting of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from gateway.ledger.book import Book
from gateway.ledger.errors import InvariantError
from gateway.ledger.kinds import JournalKind, PostingKind
from gateway.ledger.posting import Posting
from gateway.ledger.posting_lots import LotGrant
from gateway.ledger.rows import JournalRow
from gateway.ledger.rows_lots import LotRow
from gateway.model.ids import BranchId
from gateway.model.outcome import Reason, Status
from gateway.model.programme import Programme
from gateway.program.expiry import expires_at_ms
from gateway.program.nightly import Activate, AutoRedeem, Expire, MoveTier, NightAction
from gateway.program.standing import Standing
from gateway.writer.night_due import Night
from gateway.writer.night_note import NightNote, NightScope, encode_night_note
from gateway.writer.night_views import Group, NightLoader
from gateway.writer.standing_rows import standing_row

AUTO_REDEEM: Final = "auto-redeem"
"""The source of credit that points turned into."""

#: What a row that does several things is called by: whatever changes most for its member.
_KINDS: Final[tuple[tuple[type[NightAction], PostingKind], ...]] = (
    (AutoRedeem, PostingKind.CONVERT),
    (Expire, PostingKind.EXPIRE),
    (Activate, PostingKind.ACTIVATE),
)


class NightPoster:
    """Writes a night into a book."""

    def __init__(self, loader: NightLoader, night: Night, rules: Programme, now_ms: int) -> None:
        """Begin.

        Args:
            loader: has loaded whatever is to be changed.
            night: which night.
            rules: its rules.
            now_ms: when it is run, Unix time in milliseconds.
        """
        self._loader = loader
        self._book: Book = loader.book
        self._night = night
        self._rules = rules
        self._now_ms = now_ms

    def carry_out(
        self, group: Group, actions: Sequence[NightAction], branches: Mapping[int, BranchId]
    ) -> None:
        """Do to a group what was planned for it, and journal it.

        Args:
            group: which wallets.
            actions: in this order; at least one.
            branches: see ``NightLoader.branches``, of ``first_lot`` at least.

        Raises:
            InvariantError: if the wallets are not as they were when it was planned.
        """
        first = first_lot(self._book, actions)
        branch = None if first is None else branches[first.opened_index]
        posting = Posting(self._book, self._book.next_index)
        for action in actions:
            self._do(group, posting, action, branch)
        kind = next((kind for of, kind in _KINDS if any(type(a) is of for a in actions)), None)
        note = NightNote(night=self._night.on, scope=group.scope, wallet_id=group.wallet_id)
        self._record(group, posting, kind, branch, note)

    def clear(self, lot: LotRow, branches: Mapping[int, BranchId]) -> None:
        """Let a lot of which nothing is left begin, or close it where it has lapsed: once for ever.

        Args:
            lot: the lot.
            branches: see ``NightLoader.branches``.
        """
        posting = Posting(self._book, self._book.next_index)
        if lot.expires_at_ms is not None and lot.expires_at_ms <= self._night.at_ms:
            kind = PostingKind.EXPIRE
            posting.expire(lot)
        else:
            kind = PostingKind.ACTIVATE
            posting.activate(lot)
        note = NightNote(
            night=self._night.on,
            scope=NightScope.LOT,
            wallet_id=lot.wallet_id,
            lot_id=lot.lot_id,
        )
        group = Group(scope=NightScope.LOT, wallet_id=lot.wallet_id)
        self._record(group, posting, kind, branches[lot.opened_index], note)

    # -- parts --------------------------------------------------------------------------------

    def _do(
        self, group: Group, posting: Posting, action: NightAction, branch: BranchId | None
    ) -> None:
        if isinstance(action, MoveTier):
            self._move_tier(action)
            return
        if branch is None:
            raise InvariantError("whatever moves something concerns a lot")
        if isinstance(action, AutoRedeem):
            self._auto_redeem(group, posting, action, branch)
            return
        lot = self._book.lots.require(action.lot_id)
        if isinstance(action, Activate):
            posting.activate(lot)
            return
        if lot.remaining != action.units:
            raise InvariantError(f"lot {lot.lot_id} keeps {lot.remaining}, not {action.units}")
        posting.expire(lot)

    def _auto_redeem(
        self, group: Group, posting: Posting, action: AutoRedeem, branch: BranchId
    ) -> None:
        if group.owner is None:
            raise InvariantError("only points that are somebody's turn into credit")
        rules, at_ms = self._rules.rules, self._night.at_ms
        credit = self._book.credit_wallet(group.owner, self._rules.currency.code)
        expiry = rules.credit.earned_expiry
        posting.convert(
            group.wallet_id,
            action.points,
            credit.wallet_id,
            LotGrant(
                amount=action.credit_minor,
                available_from_ms=at_ms,
                expires_at_ms=expires_at_ms(expiry, at_ms, branch, rules.settings),
                source=AUTO_REDEEM,
            ),
        )

    def _move_tier(self, action: MoveTier) -> None:
        standings = self._book.standings
        before = standings.get(action.member_id)
        standing: Standing = replace(self._loader.standing(action.member_id), tier=action.tier)
        row = standing_row(action.member_id, standing, before)
        if before is None:
            standings.add(row)
        else:
            standings.replace(row)

    def _record(
        self,
        group: Group,
        posting: Posting,
        kind: PostingKind | None,
        branch: BranchId | None,
        note: NightNote,
    ) -> None:
        book = self._book
        wallet = book.wallets.require(group.wallet_id)
        if kind is not None and branch is not None:
            posting.close(kind, programme_version=self._rules.version, branch=branch)
        has_points = wallet.ledger == book.points_ledger
        book.record(
            JournalRow(
                journal_index=posting.index,
                recorded_at_ms=book.next_recorded_at_ms(self._now_ms),
                judged_at_ms=self._night.at_ms,
                kind=JournalKind.NIGHTLY,
                status=Status.APPLIED,
                reason=Reason.NONE,
                member_id=wallet.member_id or group.owner,
                points=posting.moved(group.wallet_id) if has_points else 0,
                balance_points=wallet.available if has_points else None,
                programme_version=self._rules.version,
                envelope=encode_night_note(note),
            )
        )


def first_lot(book: Book, actions: Sequence[NightAction]) -> LotRow | None:
    """The lot that comes first in what is to be done, whose branch books it; None for none."""
    for action in actions:
        if isinstance(action, AutoRedeem):
            return book.lots.require(action.parts[0][0])
        if isinstance(action, Activate | Expire):
            return book.lots.require(action.lot_id)
    return None
