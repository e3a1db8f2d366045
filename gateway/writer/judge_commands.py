"""What people do to the ledger from a desk, judged and journalled like everything else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from gateway.ledger.accounts import points_wallet_id
from gateway.ledger.errors import InvariantError
from gateway.ledger.kinds import CardState, GiftCardState, JournalKind, PostingKind
from gateway.ledger.numbering import number_of
from gateway.ledger.posting import Posting
from gateway.ledger.posting_lots import LotGrant
from gateway.ledger.rows import JournalRow
from gateway.ledger.rows_members import CardRow, VoucherRow, WalletRow
from gateway.model.card import CardProfile
from gateway.model.ids import CardToken, HoldId, MemberId
from gateway.model.ledger_command import LedgerCommand, LedgerCommandKind, encode_ledger_command
from gateway.model.outcome import Reason, Status
from gateway.model.programme import Programme
from gateway.model.rules.earning import Unit
from gateway.model.rules.reward import GiftKind
from gateway.program.expiry import expires_at_ms
from gateway.program.local_time import business_day, place_at
from gateway.program.stored import gift_card_load_refusal
from gateway.writer.bench import Bench, Outcome, applied, refused
from gateway.writer.gift_cards import gift_card_now
from gateway.writer.judge_households import (
    found_household,
    invite_to_household,
    join_household,
    leave_household,
)
from gateway.writer.judge_loads import issue_gift_card, load_gift_card
from gateway.writer.judge_reviews import dismiss_review, settle_review
from gateway.writer.levels import follow_balance
from gateway.writer.members import add_card
from gateway.writer.settling import settle, spendable
from gateway.writer.standing_rows import segments_text, standing_of, standing_row

_Judge = Callable[[Bench, Programme, LedgerCommand, Posting], Outcome]


def judge_command(bench: Bench, command: LedgerCommand) -> Outcome:
    """Do what is asked, once, and write it into the journal; or say why it cannot be done.

    What is refused is not written: it changed nothing, and whoever asked learns the reason. The
    same command again is a duplicate, and gives the outcome that it had.
    """
    book, rules = bench.book, bench.rules_now()
    if rules is None:
        return refused(Reason.PROGRAMME_UNKNOWN)
    known = book.command(HoldId(bytes.fromhex(command.id)))
    if known is not None:
        return Outcome(
            status=Status.DUPLICATE,
            member_id=known.member_id,
            points=known.points,
            balance_points=known.balance_points,
        )
    named = [one for one in (command.member_id, command.other_member_id) if one is not None]
    if any(book.wallets.get(points_wallet_id(one)) is None for one in named):
        return refused(Reason.UNKNOWN_CARD)
    posting = Posting(book, book.next_index)
    outcome = _JUDGES[command.kind](bench, rules, command, posting)
    if outcome.status is Status.REFUSED:
        return outcome
    # A late sale is judged by the rules of its own time; all else by those of now.
    version = outcome.programme_version or rules.version
    if outcome.posting is not None:
        posting.close(outcome.posting, programme_version=version, branch=command.branch)
    book.record(_journal_row(bench, version, command, outcome))
    return outcome


def _journal_row(
    bench: Bench, version: int, command: LedgerCommand, outcome: Outcome
) -> JournalRow:
    return JournalRow(
        journal_index=bench.book.next_index,
        recorded_at_ms=bench.book.next_recorded_at_ms(bench.now_ms),
        judged_at_ms=bench.now_ms,
        kind=JournalKind.COMMAND,
        request_id=HoldId(bytes.fromhex(command.id)),
        status=outcome.status,
        reason=outcome.reason,
        member_id=outcome.member_id,
        points=outcome.points,
        balance_points=outcome.balance_points,
        programme_version=version,
        envelope=encode_ledger_command(command),
    )


# -- points and credit ------------------------------------------------------------------------


def _adjust(bench: Bench, rules: Programme, command: LedgerCommand, posting: Posting) -> Outcome:
    """Give or take by hand; more than there is is not taken: only a return may lead into debt."""
    member_id, amount = _member(command), command.amount or 0
    wallet = _wallet(bench, rules, member_id, command.unit or Unit.POINTS)
    settle(bench.book, posting, wallet.wallet_id, bench.now_ms)
    available = bench.book.wallets.require(wallet.wallet_id).available
    if amount < 0 and available + amount < 0:
        return refused(_too_little(command.unit))
    expiry = rules.rules.expiry
    if command.unit is Unit.CREDIT:
        expiry = rules.rules.credit.earned_expiry
    posting.adjust(
        wallet.wallet_id,
        amount,
        at_ms=bench.now_ms,
        expires_at_ms=expires_at_ms(expiry, bench.now_ms, command.branch, rules.rules.settings),
    )
    follow_balance(bench, member_id, command.branch)
    return applied(bench, posting, member_id, PostingKind.ADJUST)


def _transfer(bench: Bench, rules: Programme, command: LedgerCommand, posting: Posting) -> Outcome:
    """Move stored credit to somebody else; it lapses when it would have."""
    member_id, other, amount = _member(command), command.other_member_id, command.amount or 0
    if not rules.rules.credit.transfers:
        return refused(Reason.CREDIT_NOT_OFFERED)
    if other is None or other == member_id or amount <= 0:
        return refused(Reason.BELOW_MINIMUM)
    source = bench.book.known_credit_wallet(member_id, rules.currency.code)
    if source is None or spendable(bench.book, source, bench.now_ms) < amount:
        return refused(Reason.INSUFFICIENT_CREDIT)
    target = bench.book.credit_wallet(other, rules.currency.code)
    settle(bench.book, posting, target.wallet_id, bench.now_ms)
    available = bench.book.wallets.require(target.wallet_id).available
    maximum_minor = rules.rules.credit.balance_maximum_minor
    if maximum_minor is not None and available + amount > maximum_minor:
        return refused(Reason.LIMIT_REACHED)
    settle(bench.book, posting, source.wallet_id, bench.now_ms)
    posting.transfer(source.wallet_id, target.wallet_id, amount)
    return applied(bench, posting, member_id, PostingKind.TRANSFER)


# -- gift cards -------------------------------------------------------------------------------


def _issue_gift_card(
    bench: Bench, rules: Programme, command: LedgerCommand, posting: Posting
) -> Outcome:
    """Issue a gift card, or load one that is reloadable."""
    token, amount = _token(command.token), command.amount or 0
    book = bench.book
    if book.cards.get(token) is not None:
        return refused(Reason.CARD_ALREADY_ENROLLED)
    known = book.gift_cards.get(token)
    card = None if known is None else gift_card_now(bench, rules, known)
    refusal = gift_card_load_refusal(rules, card, amount_minor=amount, at_ms=bench.now_ms)
    if refusal is not None:
        return refused(refusal)
    if known is None:
        known = issue_gift_card(bench, token, rules, command.branch, command.last_four or "")
    settings = rules.rules.settings
    expiry = rules.rules.gift_cards.expiry
    grant = LotGrant(
        amount=amount,
        available_from_ms=bench.now_ms,
        expires_at_ms=expires_at_ms(expiry, bench.now_ms, command.branch, settings),
    )
    load_gift_card(bench, posting, known, rules, grant)
    return Outcome(status=Status.APPLIED, posting=PostingKind.GIFT)


def _block_gift_card(
    bench: Bench, rules: Programme, command: LedgerCommand, posting: Posting
) -> Outcome:
    del rules, posting
    return _set_gift_card(bench, command, GiftCardState.BLOCKED)


def _unblock_gift_card(
    bench: Bench, rules: Programme, command: LedgerCommand, posting: Posting
) -> Outcome:
    del rules, posting
    return _set_gift_card(bench, command, GiftCardState.ACTIVE)


def _set_gift_card(bench: Bench, command: LedgerCommand, state: GiftCardState) -> Outcome:
    known = bench.book.gift_cards.get(_token(command.token))
    if known is None:
        return refused(Reason.GIFT_CARD_UNKNOWN)
    bench.book.gift_cards.replace(replace(known, state=state))
    return Outcome(status=Status.APPLIED)


# -- coupons ----------------------------------------------------------------------------------


def _grant_voucher(
    bench: Bench, rules: Programme, command: LedgerCommand, posting: Posting
) -> Outcome:
    member_id = _member(command)
    if all(reward.id != command.reward for reward in rules.rules.rewards):
        return refused(Reason.REWARD_UNKNOWN)
    bench.book.add_voucher(
        VoucherRow(
            voucher_id=number_of(posting.index, 0),
            member_id=member_id,
            source="",
            kind=GiftKind.COUPON,
            reward=command.reward,
            quantity=command.quantity or 1,
            used=0,
            granted_at_ms=bench.now_ms,
            expires_at_ms=None,
            funder=None,
            revoked_index=None,
        )
    )
    return applied(bench, posting, member_id)


def _revoke_voucher(
    bench: Bench, rules: Programme, command: LedgerCommand, posting: Posting
) -> Outcome:
    del rules
    member_id = _member(command)
    mine = {row.voucher_id: row for row in bench.book.vouchers_of(member_id)}
    voucher = mine.get(command.voucher or 0)
    if voucher is None or voucher.revoked_index is not None:
        return refused(Reason.COUPON_NOT_AVAILABLE)
    bench.book.revoke_voucher(voucher.voucher_id, posting.index)
    return applied(bench, posting, member_id)


# -- members and cards ------------------------------------------------------------------------


def _set_segments(
    bench: Bench, rules: Programme, command: LedgerCommand, posting: Posting
) -> Outcome:
    member_id = _member(command)
    _change_standing(bench, rules, command, segments=segments_text(command.segments or ()))
    return applied(bench, posting, member_id)


def _set_referrer(
    bench: Bench, rules: Programme, command: LedgerCommand, posting: Posting
) -> Outcome:
    """Say who brought a member, as long as nothing was bought."""
    member_id, other = _member(command), command.other_member_id
    row = bench.book.standings.get(member_id)
    if other is None or other == member_id:
        return refused(Reason.UNKNOWN_CARD)
    if row is not None and (row.purchases or row.referred_by is not None):
        return refused(Reason.LIMIT_REACHED)
    _change_standing(bench, rules, command, referred_by=other)
    return applied(bench, posting, member_id)


def _change_standing(
    bench: Bench, rules: Programme, command: LedgerCommand, **changes: object
) -> None:
    book, member_id = bench.book, _member(command)
    before = book.standings.get(member_id)
    if before is None:
        today = business_day(rules.rules.settings, command.branch, bench.now_ms)
        row = standing_row(member_id, standing_of(None, today), None)
        book.standings.add(replace(row, **changes))  # type: ignore[arg-type]
    else:
        book.standings.replace(replace(before, **changes))  # type: ignore[arg-type]


def _replace_card(
    bench: Bench, rules: Programme, command: LedgerCommand, posting: Posting
) -> Outcome:
    """Let a new card name the member of an old one."""
    book = bench.book
    old = book.cards.get(_token(command.token))
    if old is None:
        return refused(Reason.UNKNOWN_CARD)
    if _is_taken(bench, command):
        return refused(Reason.CARD_ALREADY_ENROLLED)
    book.cards.replace(replace(old, state=CardState.REPLACED))
    return _new_card(bench, rules, command, posting, old.member_id)


def _add_card(bench: Bench, rules: Programme, command: LedgerCommand, posting: Posting) -> Outcome:
    """Let a new card name a member, as issuing cards does."""
    if _is_taken(bench, command):
        return refused(Reason.CARD_ALREADY_ENROLLED)
    return _new_card(bench, rules, command, posting, _member(command))


def _is_taken(bench: Bench, command: LedgerCommand) -> bool:
    new = _token(command.other_token)
    return bench.book.cards.get(new) is not None or bench.book.is_gift_card(new)


def _new_card(
    bench: Bench, rules: Programme, command: LedgerCommand, posting: Posting, member_id: MemberId
) -> Outcome:
    card = CardRow(
        token=_token(command.other_token),
        profile=CardProfile(command.card_profile or ""),
        member_id=member_id,
        state=CardState.ACTIVE,
        added_at_ms=bench.now_ms,
    )
    place = place_at(rules.rules.settings, command.branch, bench.now_ms)
    waited = add_card(bench, card, posting, rules, place)
    return applied(bench, posting, member_id, PostingKind.ENROL if waited else None)


# -- parts ------------------------------------------------------------------------------------


def _member(command: LedgerCommand) -> MemberId:
    if command.member_id is None:
        raise InvariantError(f"a command to {command.kind} names a member")
    return command.member_id


def _token(text: str | None) -> CardToken:
    if text is None:
        raise InvariantError("the command names a card")
    return CardToken(bytes.fromhex(text))


def _wallet(bench: Bench, rules: Programme, member_id: MemberId, unit: Unit) -> WalletRow:
    if unit is Unit.POINTS:
        return bench.book.points_wallet(member_id)
    return bench.book.credit_wallet(member_id, rules.currency.code)


def _too_little(unit: Unit | None) -> Reason:
    return Reason.INSUFFICIENT_CREDIT if unit is Unit.CREDIT else Reason.INSUFFICIENT_POINTS


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
    LedgerCommandKind.FOUND_HOUSEHOLD: found_household,
    LedgerCommandKind.INVITE_TO_HOUSEHOLD: invite_to_household,
    LedgerCommandKind.JOIN_HOUSEHOLD: join_household,
    LedgerCommandKind.LEAVE_HOUSEHOLD: leave_household,
    LedgerCommandKind.REPLACE_CARD: _replace_card,
    LedgerCommandKind.ADD_CARD: _add_card,
    LedgerCommandKind.SETTLE_REVIEW: settle_review,
    LedgerCommandKind.DISMISS_REVIEW: dismiss_review,
}
