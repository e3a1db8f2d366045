"""Answers to inquiries: how a member, or a gift card, stands. Nothing is changed."""

from __future__ import annotations

from dataclasses import replace

from gateway.ledger.book import Book
from gateway.ledger.errors import InvariantError
from gateway.ledger.kinds import CardState, GiftCardState
from gateway.ledger.rows_members import GiftCardRow, VoucherRow, WalletRow
from gateway.model.authorisation import AuthAnswer, AuthKind, AuthRequest
from gateway.model.card import Assurance
from gateway.model.ids import BranchId, MemberId
from gateway.model.member_facts import MemberFacts
from gateway.model.outcome import Reason, Status
from gateway.model.plain import to_canonical_json
from gateway.model.programme import Programme
from gateway.model.standing import STANDING_ITEMS_MAX, HeldVoucher, Standing
from gateway.program.local_time import place_at
from gateway.program.needs import needs_of
from gateway.wire.message import EXTENSION_BYTES_MAX
from gateway.writer.answers import granted, refusal
from gateway.writer.bench import Bench
from gateway.writer.gift_cards import has_expired
from gateway.writer.rating import member_facts
from gateway.writer.settling import spendable, waiting


def inquire(bench: Bench, request: AuthRequest, branch: BranchId) -> AuthAnswer:
    """Say how a member or a gift card stands."""
    if request.card is None:
        raise InvariantError(f"a request to {request.kind} carries a card")
    if bench.now_ms > request.deadline_ms:
        return refusal(bench, request, Reason.REQUEST_EXPIRED)
    book = bench.book
    card = book.cards.get(request.card.token)
    if card is None:
        gift_card = book.gift_cards.get(request.card.token)
        if gift_card is None:
            return refusal(bench, request, Reason.UNKNOWN_CARD)
        return _gift_card(bench, request, gift_card)
    if card.state is not CardState.ACTIVE:
        return refusal(bench, request, Reason.CARD_BLOCKED)
    member_id = card.member_id
    wallet = book.points_wallet(member_id)
    answer = granted(bench, request, balance_points=spendable(book, wallet, bench.now_ms))
    rules = bench.rules_now()
    if rules is None:
        return answer
    return replace(
        answer,
        standing=_standing(bench, rules, member_id),
        facts=_facts(bench, rules, member_id, branch),
    )


def inquired_member(bench: Bench, request: AuthRequest, answer: AuthAnswer) -> MemberId | None:
    """Who is to be greeted by name: whose card an applied inquiry showed.

    Nobody for every other request, and nobody for a number that was only claimed: who keys in a
    stranger's is not told the stranger's name.
    """
    if request.kind is not AuthKind.INQUIRE or answer.status is not Status.APPLIED:
        return None
    if request.card is None or request.card.assurance is Assurance.CLAIMED:
        return None
    card = bench.book.cards.get(request.card.token)
    return None if card is None else card.member_id


def _gift_card(bench: Bench, request: AuthRequest, card: GiftCardRow) -> AuthAnswer:
    if card.state is not GiftCardState.ACTIVE:
        return refusal(bench, request, Reason.GIFT_CARD_BLOCKED)
    if has_expired(bench.book, card, bench.now_ms):
        return refusal(bench, request, Reason.GIFT_CARD_EXPIRED)
    wallet = bench.book.wallets.require(card.wallet_id)
    left = max(spendable(bench.book, wallet, bench.now_ms), 0)
    return replace(granted(bench, request), standing=Standing(credit_minor=left))


def _standing(bench: Bench, rules: Programme, member_id: MemberId) -> Standing | None:
    """What the member has beside points; None for nothing."""
    book = bench.book
    credit = book.known_credit_wallet(member_id, rules.currency.code)
    wallet = book.points_wallet(member_id)
    row = book.standings.get(member_id) if rules.rules.tiers.levels else None
    last_day_ms, last_points = _next_to_lapse(book, wallet, bench.now_ms)
    standing = Standing(
        credit_minor=_above_nothing(0 if credit is None else spendable(book, credit, bench.now_ms)),
        pending_points=_above_nothing(waiting(book, wallet, bench.now_ms)),
        tier=None if row is None else row.tier,
        vouchers=_vouchers(bench, rules, member_id),
        last_points=last_points,
        last_day_ms=last_day_ms,
    )
    return None if standing == Standing() else standing


def _next_to_lapse(book: Book, wallet: WalletRow, now_ms: int) -> tuple[int | None, int | None]:
    """When the next of a wallet's points lapse, and how many; nothing where none of them do."""
    if not book.knows_lots(wallet.wallet_id):
        return None, None
    lapsing: dict[int, int] = {}
    for lot in book.spendable_lots(wallet.wallet_id):
        at_ms = lot.expires_at_ms
        if at_ms is not None and at_ms > now_ms:
            lapsing[at_ms] = lapsing.get(at_ms, 0) + lot.remaining
    return min(lapsing.items(), default=(None, None))


def _vouchers(bench: Bench, rules: Programme, member_id: MemberId) -> tuple[HeldVoucher, ...]:
    if not gives_vouchers(rules):
        return ()
    left: dict[str, int] = {}
    for row in bench.book.vouchers_of(member_id):
        if _is_usable(row, bench.now_ms):
            name = row.reward or row.source
            left[name] = left.get(name, 0) + row.quantity - row.used
    named = sorted(left.items())[:STANDING_ITEMS_MAX]
    return tuple(HeldVoucher(name=name, quantity=quantity) for name, quantity in named)


def gives_vouchers(rules: Programme) -> bool:
    """Whether members may have coupons or benefits under a programme."""
    return bool(rules.rules.offers or rules.rules.rewards)


def _is_usable(row: VoucherRow, at_ms: int) -> bool:
    lapsed = row.expires_at_ms is not None and row.expires_at_ms <= at_ms
    return row.revoked_index is None and row.used < row.quantity and not lapsed


def _facts(
    bench: Bench, rules: Programme, member_id: MemberId, branch: BranchId
) -> MemberFacts | None:
    """What the next sale would be rated with, where the rules look at anything at all.

    A lot is drawn by who the member is, so rules that draw one look at that.
    """
    if not needs_of(rules).facts and not any(one.holdout_percent for one in rules.rules.offers):
        return None
    place = place_at(rules.rules.settings, branch, bench.now_ms)
    facts = member_facts(bench, rules, member_id, place)
    fits = len(to_canonical_json(facts).encode()) <= EXTENSION_BYTES_MAX
    return facts if fits else None


def _above_nothing(amount: int) -> int | None:
    return amount if amount > 0 else None
