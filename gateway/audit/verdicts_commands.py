"""What people do from a desk must come to: the command's own bytes in the journal decide."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from gateway.audit.bench import Bench
from gateway.audit.joining import new_card
from gateway.audit.members import add_voucher, extend_card, revoke_voucher
from gateway.audit.moves import Grant, Load, adjust, carry, credit, settle, spendable
from gateway.audit.standings import follow_balance, put_standing, standing_of
from gateway.audit.verdict import Effect, Verdict, refusal
from gateway.audit.verdicts_households import founded, invited, joined, left
from gateway.audit.verdicts_requests import gift_card_now
from gateway.audit.verdicts_reviews import dismissed, settled
from gateway.audit.verdicts_sales import issued_gift_card
from gateway.ledger.accounts import credit_wallet_id
from gateway.ledger.kinds import CardState, GiftCardState, PostingKind, SystemAccount
from gateway.ledger.numbering import number_of
from gateway.ledger.rows_members import CardRow, StandingRow, VoucherRow
from gateway.model.card import CardProfile
from gateway.model.ids import CardToken, MemberId
from gateway.model.ledger_command import LedgerCommand, LedgerCommandKind
from gateway.model.outcome import Reason
from gateway.model.programme import Programme
from gateway.model.rules.earning import Unit
from gateway.model.rules.reward import GiftKind
from gateway.program.expiry import expires_at_ms
from gateway.program.local_time import business_day
from gateway.program.stored import gift_card_load_refusal

_Judge = Callable[[Bench, Programme, LedgerCommand], Verdict]


def commanded(bench: Bench, command: LedgerCommand) -> Verdict:
    """Whatever a desk asked for and that stands in the journal was done by the rules of then."""
    rules = bench.rules_at(bench.now_ms)
    if rules is None:
        return refusal(Reason.PROGRAMME_UNKNOWN)
    named = (command.member_id, command.other_member_id)
    if any(one is not None and one not in bench.books.members for one in named):
        return refusal(Reason.UNKNOWN_CARD)
    verdict = _JUDGES[command.kind](bench, rules, command)
    return replace(verdict, branch=command.branch)


# -- points and credit ------------------------------------------------------------------------


def _adjust(bench: Bench, rules: Programme, command: LedgerCommand) -> Verdict:
    books, member, amount = bench.books, _member(command), command.amount or 0
    is_credit = command.unit is Unit.CREDIT
    wallet = books.points_wallet(member)
    if is_credit:
        wallet = credit_wallet_id(member, rules.currency.code)
    has = spendable(books, wallet, bench.now_ms) if wallet in books.wallets else 0
    if amount < 0 and has + amount < 0:
        return refusal(Reason.INSUFFICIENT_CREDIT if is_credit else Reason.INSUFFICIENT_POINTS)
    expiry = rules.rules.credit.earned_expiry if is_credit else rules.rules.expiry
    settings, now_ms = rules.rules.settings, bench.now_ms

    def carry_out() -> Effect:
        if is_credit:
            books.credit_wallet(member, rules.currency.code)
        settle(books, wallet, now_ms)
        until_ms = expires_at_ms(expiry, now_ms, bench.branch, settings)
        grant = Grant(amount=amount, from_ms=now_ms, until_ms=until_ms)
        adjust(books, wallet, grant)
        follow_balance(books, member, bench.branch, rules, now_ms)
        return bench.of(member)

    return bench.applied(PostingKind.ADJUST, rules, carry_out)


def _transfer(bench: Bench, rules: Programme, command: LedgerCommand) -> Verdict:
    books, member, amount = bench.books, _member(command), command.amount or 0
    other, policy = command.other_member_id, rules.rules.credit
    if not policy.transfers:
        return refusal(Reason.CREDIT_NOT_OFFERED)
    if other is None or other == member or amount <= 0:
        return refusal(Reason.BELOW_MINIMUM)
    currency = rules.currency.code
    source, target = credit_wallet_id(member, currency), credit_wallet_id(other, currency)
    if source not in books.wallets or spendable(books, source, bench.now_ms) < amount:
        return refusal(Reason.INSUFFICIENT_CREDIT)
    most_minor = policy.balance_maximum_minor
    has_minor = spendable(books, target, bench.now_ms) if target in books.wallets else 0
    if most_minor is not None and has_minor + amount > most_minor:
        return refusal(Reason.LIMIT_REACHED)

    def carry_out() -> Effect:
        books.credit_wallet(other, currency)
        settle(books, target, bench.now_ms)
        settle(books, source, bench.now_ms)
        carry(books, source, target, Load(points=amount))
        return bench.of(member)

    return bench.applied(PostingKind.TRANSFER, rules, carry_out)


# -- gift cards -------------------------------------------------------------------------------


def _issue_gift_card(bench: Bench, rules: Programme, command: LedgerCommand) -> Verdict:
    token, amount = _token(command.token), command.amount or 0
    if token in bench.books.cards:
        return refusal(Reason.CARD_ALREADY_ENROLLED)
    known = gift_card_now(bench, rules, token)
    reason = gift_card_load_refusal(rules, known, amount_minor=amount, at_ms=bench.now_ms)
    if reason is not None:
        return refusal(reason)
    expiry, settings = rules.rules.gift_cards.expiry, rules.rules.settings

    def carry_out() -> Effect:
        wallet = issued_gift_card(bench, token, rules, command.last_four or "")
        until_ms = expires_at_ms(expiry, bench.now_ms, bench.branch, settings)
        grant = Grant(amount=amount, from_ms=bench.now_ms, until_ms=until_ms)
        credit(bench.books, wallet, SystemAccount.TOPPED_UP, [grant])
        extend_card(bench.books, token, until_ms)
        return Effect()

    return bench.applied(PostingKind.GIFT, rules, carry_out)


def _block_gift_card(bench: Bench, rules: Programme, command: LedgerCommand) -> Verdict:
    return _gift_card_state(bench, rules, command, GiftCardState.BLOCKED)


def _unblock_gift_card(bench: Bench, rules: Programme, command: LedgerCommand) -> Verdict:
    return _gift_card_state(bench, rules, command, GiftCardState.ACTIVE)


def _gift_card_state(
    bench: Bench, rules: Programme, command: LedgerCommand, state: GiftCardState
) -> Verdict:
    known = bench.books.gift_cards.get(_token(command.token))
    if known is None:
        return refusal(Reason.GIFT_CARD_UNKNOWN)

    def carry_out() -> Effect:
        bench.books.gift_cards[known.token] = replace(known, state=state)
        return Effect()

    return bench.applied(None, rules, carry_out)


# -- coupons ----------------------------------------------------------------------------------


def _grant_voucher(bench: Bench, rules: Programme, command: LedgerCommand) -> Verdict:
    member = _member(command)
    if all(reward.id != command.reward for reward in rules.rules.rewards):
        return refusal(Reason.REWARD_UNKNOWN)

    def carry_out() -> Effect:
        add_voucher(
            bench.books,
            VoucherRow(
                voucher_id=number_of(bench.books.index, 0),
                member_id=member,
                source="",
                kind=GiftKind.COUPON,
                reward=command.reward,
                quantity=command.quantity or 1,
                used=0,
                granted_at_ms=bench.now_ms,
                expires_at_ms=None,
                funder=None,
                revoked_index=None,
            ),
        )
        return bench.of(member)

    return bench.applied(None, rules, carry_out)


def _revoke_voucher(bench: Bench, rules: Programme, command: LedgerCommand) -> Verdict:
    member = _member(command)
    voucher = bench.books.vouchers.get(command.voucher or 0)
    if voucher is None or voucher.member_id != member or voucher.revoked_index is not None:
        return refusal(Reason.COUPON_NOT_AVAILABLE)

    def carry_out() -> Effect:
        revoke_voucher(bench.books, voucher.voucher_id)
        return bench.of(member)

    return bench.applied(None, rules, carry_out)


# -- members and cards ------------------------------------------------------------------------


def _set_segments(bench: Bench, rules: Programme, command: LedgerCommand) -> Verdict:
    member, segments = _member(command), sorted(command.segments or ())
    text = json.dumps(segments, separators=(",", ":")) if segments else ""
    return _standing_changed(bench, rules, member, lambda row: replace(row, segments=text))


def _set_referrer(bench: Bench, rules: Programme, command: LedgerCommand) -> Verdict:
    member, other = _member(command), command.other_member_id
    row = bench.books.standings.get(member)
    if other is None or other == member:
        return refusal(Reason.UNKNOWN_CARD)
    if row is not None and (row.purchases or row.referred_by is not None):
        return refusal(Reason.LIMIT_REACHED)
    return _standing_changed(bench, rules, member, lambda row: replace(row, referred_by=other))


def _standing_changed(
    bench: Bench,
    rules: Programme,
    member: MemberId,
    change: Callable[[StandingRow], StandingRow],
) -> Verdict:
    def carry_out() -> Effect:
        _open_standing(bench, rules, member)
        books = bench.books
        books.standings[member] = change(books.standings[member])
        return bench.of(member)

    return bench.applied(None, rules, carry_out)


def _open_standing(bench: Bench, rules: Programme, member: MemberId) -> None:
    if member not in bench.books.standings:
        today = business_day(rules.rules.settings, bench.branch, bench.now_ms)
        put_standing(bench.books, member, standing_of(None, today))


def _replace_card(bench: Bench, rules: Programme, command: LedgerCommand) -> Verdict:
    old = bench.books.cards.get(_token(command.token))
    if old is None:
        return refusal(Reason.UNKNOWN_CARD)
    return _card_given(bench, rules, command, old.member_id, old)


def _add_card(bench: Bench, rules: Programme, command: LedgerCommand) -> Verdict:
    return _card_given(bench, rules, command, _member(command), None)


def _card_given(
    bench: Bench, rules: Programme, command: LedgerCommand, member: MemberId, old: CardRow | None
) -> Verdict:
    """A member has a new card, in the place of an old one or beside it."""
    books, new = bench.books, _token(command.other_token)
    if new in books.cards or new in books.gift_cards:
        return refusal(Reason.CARD_ALREADY_ENROLLED)

    def carry_out() -> Effect:
        if old is not None:
            books.cards[old.token] = replace(old, state=CardState.REPLACED)
        card = CardRow(
            token=new,
            profile=CardProfile(command.card_profile or ""),
            member_id=member,
            state=CardState.ACTIVE,
            added_at_ms=bench.now_ms,
        )
        new_card(bench, card, rules)
        return bench.of(member)

    # What waited for the new card's owner is the member's now.
    kind = PostingKind.ENROL if books.waiting_for(new) else None
    return bench.applied(kind, rules, carry_out)


# -- parts ------------------------------------------------------------------------------------


def _member(command: LedgerCommand) -> MemberId:
    return command.member_id or MemberId("")


def _token(text: str | None) -> CardToken:
    return CardToken(bytes.fromhex(text or ""))


_JUDGES: Final[Mapping[LedgerCommandKind, _Judge]] = {
    LedgerCommandKind.ADJUST: _adjust,
    LedgerCommandKind.TRANSFER: _transfer,
    LedgerCommandKind.ISSUE_GIFT_CARD: _issue_gift_card,
    LedgerCommandKind.BLOCK_GIFT_CARD: _block_gift_card,
    LedgerCommandKind.UNBLOCK_GIFT_CARD: _unblock_gift_card,
    LedgerCommandKind.GRANT_VOUCHER: _grant_voucher,
    LedgerCommandKind.REVOKE_VOUCHER: _revoke_voucher,
    LedgerCommandKind.SET_SEGMENTS: _set_segments,
    LedgerCommandKind.SET_REFERRER: _set_referrer,
    LedgerCommandKind.FOUND_HOUSEHOLD: founded,
    LedgerCommandKind.INVITE_TO_HOUSEHOLD: invited,
    LedgerCommandKind.JOIN_HOUSEHOLD: joined,
    LedgerCommandKind.LEAVE_HOUSEHOLD: left,
    LedgerCommandKind.REPLACE_CARD: _replace_card,
    LedgerCommandKind.ADD_CARD: _add_card,
    LedgerCommandKind.SETTLE_REVIEW: settled,
    LedgerCommandKind.DISMISS_REVIEW: dismissed,
}
