"""What a row of the nightly run must have done: the pure plan of that night, made once more."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Final

from gateway.audit.bench import Bench
from gateway.audit.members import members_of
from gateway.audit.moves import Grant, activate, convert, expire
from gateway.audit.standings import basis_of, put_standing, standing_of
from gateway.audit.verdict import Effect, Verdict, refusal
from gateway.errors import ValueRangeError
from gateway.ledger.accounts import credit_wallet_id, unit_of_ledger
from gateway.ledger.kinds import HouseholdRole, PostingKind, WalletKind
from gateway.ledger.rows_lots import LotRow
from gateway.ledger.rows_members import HouseholdRow
from gateway.model.ids import BranchId, MemberId, WalletId
from gateway.model.outcome import Reason
from gateway.model.plain import from_plain, to_canonical_json
from gateway.model.programme import Programme
from gateway.model.rules.tiers import TierBasis
from gateway.program.expiry import expires_at_ms
from gateway.program.local_time import business_day
from gateway.program.nightly import (
    Activate,
    AutoRedeem,
    Expire,
    MoveTier,
    NightAction,
    NightMember,
    WalletLot,
    WalletView,
    night_business_day,
    nightly_due_at_ms,
    plan_night,
)
from gateway.program.standing import Standing
from gateway.program.tiers import TierState

#: What a row is called by that does several things.
_KINDS: Final[tuple[tuple[type, PostingKind], ...]] = (
    (AutoRedeem, PostingKind.CONVERT),
    (Expire, PostingKind.EXPIRE),
    (Activate, PostingKind.ACTIVATE),
)
_CREDIT_OF_POINTS: Final = "auto-redeem"
"""The source of credit that points turned into."""


class _Scope(StrEnum):
    """How much of a night a row carries out."""

    MEMBER = "member"
    WALLET = "wallet"
    LOT = "lot"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Note:
    """What a row says of itself: which night, how much of it, and of which wallet or lot."""

    night: date
    scope: _Scope
    wallet_id: WalletId
    lot_id: int | None = None


@dataclass(frozen=True, slots=True)
class _Night:
    """One row's part of a night."""

    bench: Bench
    rules: Programme
    note: _Note

    @property
    def home(self) -> HouseholdRow | None:
        """The household whose wallet it is."""
        books, wallet = self.bench.books, self.note.wallet_id
        if books.wallets[wallet].kind is not WalletKind.HOUSEHOLD:
            return None
        return next((one for one in books.households.values() if one.wallet_id == wallet), None)

    @property
    def owner(self) -> MemberId | None:
        """Whom the row concerns: the wallet's member, or of a household with levels its founder."""
        books, wallet = self.bench.books, self.note.wallet_id
        if self.note.scope is not _Scope.MEMBER or self.home is None:
            return books.wallets[wallet].member_id
        return self.home.founder

    @property
    def wallets(self) -> list[WalletId]:
        """The wallets that the row looks at, in order."""
        wallet, owner = self.note.wallet_id, self.owner
        if self.note.scope is not _Scope.MEMBER or owner is None:
            return [wallet]
        credit = credit_wallet_id(owner, self.rules.currency.code)
        return [one for one in (wallet, credit) if one in self.bench.books.wallets]

    @property
    def members(self) -> list[MemberId]:
        """Whose levels follow from the row's points."""
        owner, home = self.owner, self.home
        if self.note.scope is not _Scope.MEMBER or owner is None:
            return []
        if home is None:
            return [owner]
        rows = members_of(self.bench.books, home.household_id)
        return sorted(row.member_id for row in rows if row.role is not HouseholdRole.INVITED)


def nightly(bench: Bench, note_bytes: bytes) -> Verdict:
    """A night does to a wallet what its rules plan for it, at the night's own moment.

    Raises:
        ValueRangeError: if the row's note on itself is none.
    """
    note = _note_of(note_bytes)
    rules = bench.rules_of(bench.row.programme_version)
    if rules is None or rules not in _possible_rules(bench, note.night):
        return refusal(Reason.PROGRAMME_UNKNOWN)
    if nightly_due_at_ms(rules.rules.settings, note.night) != bench.now_ms:
        return refusal(Reason.REQUEST_EXPIRED)
    if note.wallet_id not in bench.books.wallets:
        return refusal(Reason.MALFORMED)
    night = _Night(bench, rules, note)
    if note.scope is _Scope.MEMBER and not _is_due(night):
        return refusal(Reason.MALFORMED)
    actions = _actions_of(night)
    if not actions:
        # Whoever had nothing to be done has no row that says so.
        return refusal(Reason.MALFORMED)
    first = _first_lot(bench, actions)
    opened = None if first is None else bench.stored.posting(first.opened_index)
    branch = None if opened is None else opened.branch
    kind = next((kind for of, kind in _KINDS if any(type(one) is of for one in actions)), None)
    applied = bench.applied(kind, rules, lambda: _carry_out(night, actions, branch))
    return replace(applied, branch=branch)


def _is_due(night: _Night) -> bool:
    """Whether a night may do all of itself to a wallet: once, and for whoever had joined."""
    books, note, owner = night.bench.books, night.note, night.owner
    if owner is None or not _had_joined(night, owner):
        return False
    last = books.nights.get(note.wallet_id)
    return books.points_wallet(owner) == note.wallet_id and (last is None or last < note.night)


def _note_of(note_bytes: bytes) -> _Note:
    note = from_plain(_Note, json.loads(note_bytes))
    if to_canonical_json(note).encode() != note_bytes:
        raise ValueRangeError("the note on a night is not in canonical form")
    return note


def _possible_rules(bench: Bench, night: date) -> list[Programme]:
    """Versions that may be a night's: when it is due is a setting of each version."""
    moments = (nightly_due_at_ms(one.rules.settings, night) for one in bench.programmes)
    found = (bench.rules_at(at_ms) for at_ms in moments)
    return [one for one in found if one is not None]


# -- what was to be done ----------------------------------------------------------------------


def _actions_of(night: _Night) -> Sequence[NightAction]:
    if night.note.scope is _Scope.LOT:
        return _clearing(night)
    rules = night.rules
    if night.note.scope is _Scope.WALLET:
        rules = replace(rules, rules=replace(rules.rules, auto_redeem=None))
    return plan_night(rules, _view(night), night.note.night)


def _clearing(night: _Night) -> Sequence[NightAction]:
    """A lot of which nothing is left begins, or is closed where it has lapsed."""
    lot = night.bench.books.heap.lots.get(night.note.lot_id or 0)
    if lot is None or lot.remaining or lot.wallet_id != night.note.wallet_id:
        return ()
    if lot.expires_at_ms is not None and lot.expires_at_ms <= night.bench.now_ms:
        return () if lot.closed_index else (Expire(lot_id=lot.lot_id, units=0),)
    waits = lot.activated_index is None and lot.available_from_ms <= night.bench.now_ms
    return (Activate(lot_id=lot.lot_id),) if waits else ()


def _view(night: _Night) -> WalletView:
    books = night.bench.books
    lots: list[WalletLot] = []
    debts = []
    for wallet in night.wallets:
        unit = unit_of_ledger(books.wallets[wallet].ledger)
        debts.append((unit, books.heap.owed(wallet)))
        lots += (
            WalletLot(
                lot_id=lot.lot_id,
                unit=unit,
                remaining=lot.remaining,
                available_from_ms=lot.available_from_ms,
                expires_at_ms=lot.expires_at_ms,
                pending=lot.activated_index is None,
            )
            for lot in books.heap.open_lots(wallet)
        )
    has_levels = bool(night.rules.rules.tiers.levels)
    # A night that is run late judges nobody who had not joined when it was due.
    joined = [one for one in night.members if _had_joined(night, one)]
    members = [_member(night, one) for one in joined] if has_levels else []
    return WalletView(lots=tuple(lots), debts=tuple(debts), members=tuple(members))


def _member(night: _Night, member: MemberId) -> NightMember:
    standing = _standing(night, member)
    day = night_business_day(night.rules.rules.settings, night.note.night)
    basis = 0
    if night.rules.rules.tiers.basis is not TierBasis.BALANCE:
        basis = basis_of(night.bench.books, night.rules, member, standing, day)
    return NightMember(
        member_id=member,
        joined_on=standing.joined_on,
        # A member who never reached a level needs no row that says so.
        tier=standing.tier or TierState(level=None, since=standing.joined_on),
        basis=basis,
    )


def _had_joined(night: _Night, member: MemberId) -> bool:
    return night.bench.books.members[member].enrolled_at_ms <= night.bench.now_ms


def _standing(night: _Night, member: MemberId) -> Standing:
    books, settings = night.bench.books, night.rules.rules.settings
    enrolled = books.members[member]
    joined_on = business_day(settings, enrolled.branch, enrolled.enrolled_at_ms)
    return standing_of(books.standings.get(member), joined_on)


# -- what that does ---------------------------------------------------------------------------


def _carry_out(night: _Night, actions: Sequence[NightAction], branch: BranchId | None) -> Effect:
    books, wallet = night.bench.books, night.note.wallet_id
    if night.note.scope is _Scope.MEMBER:
        books.nights[wallet] = night.note.night
    for action in actions:
        if isinstance(action, MoveTier):
            standing = replace(_standing(night, action.member_id), tier=action.tier)
            put_standing(books, action.member_id, standing)
        elif isinstance(action, AutoRedeem):
            _auto_redeem(night, action, branch or BranchId(""))
        elif isinstance(action, Activate):
            activate(books, books.heap.lots[action.lot_id])
        else:
            expire(books, books.heap.lots[action.lot_id])
    owner = night.owner
    if books.wallets[wallet].ledger != books.ledger:
        return Effect(member=owner)
    return night.bench.of_wallet(owner, wallet)


def _auto_redeem(night: _Night, action: AutoRedeem, branch: BranchId) -> None:
    books, rules, now_ms = night.bench.books, night.rules.rules, night.bench.now_ms
    owner = night.owner
    if owner is None:
        return
    expiry = rules.credit.earned_expiry
    grant = Grant(
        amount=action.credit_minor,
        from_ms=now_ms,
        until_ms=expires_at_ms(expiry, now_ms, branch, rules.settings),
        source=_CREDIT_OF_POINTS,
    )
    target = books.credit_wallet(owner, night.rules.currency.code)
    convert(books, night.note.wallet_id, action.points, target, grant)


def _first_lot(bench: Bench, actions: Sequence[NightAction]) -> LotRow | None:
    """The lot that comes first in what is to be done, whose branch books it."""
    lots: Mapping[int, LotRow] = bench.books.heap.lots
    for action in actions:
        if isinstance(action, AutoRedeem):
            return lots.get(action.parts[0][0])
        if isinstance(action, Activate | Expire):
            return lots.get(action.lot_id)
    return None
