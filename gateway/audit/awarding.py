"""What an evaluation becomes in the books of an audit: lots, coupons, limits used, later expiry."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from gateway.audit.bench import Bench
from gateway.audit.books import Books
from gateway.audit.members import add_voucher, use
from gateway.audit.moves import Grant, credit, settle
from gateway.ledger.accounts import credit_wallet_id, unit_of_ledger
from gateway.ledger.kinds import SystemAccount
from gateway.ledger.numbering import number_of
from gateway.ledger.rows_members import VoucherRow
from gateway.model.ids import MemberId, WalletId
from gateway.model.programme import Programme
from gateway.model.rules.earning import Unit
from gateway.model.rules.expiry import Expiry
from gateway.program.evaluation import Award, Evaluation
from gateway.program.expiry import expires_at_ms
from gateway.program.facts import Place
from gateway.program.grants import granted_lots
from gateway.program.local_time import day_starts_at_ms
from gateway.program.succession import counted_uses


def grants_of(
    awards: Sequence[Award], rules: Programme, place: Place, now_ms: int
) -> dict[Unit, list[Grant]]:
    """The lots that awards become, by unit; what begins later than now is pending."""
    grants: dict[Unit, list[Grant]] = {}
    for lot in granted_lots(awards, place, rules.rules.settings):
        grant = Grant(
            amount=lot.amount,
            from_ms=lot.available_from_ms,
            until_ms=lot.expires_at_ms,
            pending=lot.available_from_ms > now_ms,
            source=lot.source,
        )
        grants.setdefault(lot.unit, []).append(grant)
    return grants


def award(
    bench: Bench, member: MemberId, given: Evaluation, rules: Programme, place: Place
) -> None:
    """Give a member points, credit and coupons, and count which limits that uses."""
    books = bench.books
    for unit, grants in grants_of(given.awards, rules, place, bench.now_ms).items():
        if unit is Unit.POINTS:
            bench.earn(member, grants)
        else:
            wallet = books.credit_wallet(member, rules.currency.code)
            credit(books, wallet, SystemAccount.ISSUED, grants)
    for one in counted_uses(bench.programmes, rules, given.uses):
        use(books, one.key, one.amount)
    for nth, voucher in enumerate(given.vouchers):
        add_voucher(
            books,
            VoucherRow(
                voucher_id=number_of(books.index, nth),
                member_id=member,
                source=voucher.source,
                kind=voucher.kind,
                reward=voucher.reward,
                quantity=voucher.quantity,
                used=0,
                granted_at_ms=bench.now_ms,
                expires_at_ms=_valid_to_ms(rules, place, voucher.valid_days),
                funder=voucher.funder,
                revoked_index=None,
            ),
        )


def slide(bench: Bench, member: MemberId, rules: Programme, place: Place) -> None:
    """Start the time of a member's lots anew, as far as the rules that gave them want it so."""
    books = bench.books
    for wallet in (
        books.points_wallet(member),
        credit_wallet_id(member, rules.currency.code),
    ):
        if wallet in books.wallets:
            settle(books, wallet, bench.now_ms)
            _slide(books, wallet, rules, place)


def _slide(books: Books, wallet: WalletId, rules: Programme, place: Place) -> None:
    unit = unit_of_ledger(books.wallets[wallet].ledger)
    for lot in books.heap.open_lots(wallet):
        expiry = _expiry_of(rules, unit, lot.source)
        if not expiry.sliding:
            continue
        until_ms = expires_at_ms(expiry, place.at_ms, place.branch, rules.rules.settings)
        if until_ms is not None:
            books.heap.lapse_later(lot.lot_id, until_ms)


def _expiry_of(rules: Programme, unit: Unit, source: str) -> Expiry:
    """When what a source gave in a unit lapses, by the rules in force now."""
    own = rules.rules
    for rule in own.earning:
        if rule.id == source and rule.unit is unit and rule.expiry is not None:
            return rule.expiry
    if unit is Unit.POINTS:
        return own.expiry
    # Credit that no rule gave was paid in.
    return own.credit.earned_expiry if source else own.credit.paid_expiry


def _valid_to_ms(rules: Programme, place: Place, valid_days: int | None) -> int | None:
    """When what is valid for some business days after a place's own ends; None for never."""
    if valid_days is None:
        return None
    day = place.business_day + timedelta(days=valid_days + 1)
    return day_starts_at_ms(rules.rules.settings, place.branch, day)
