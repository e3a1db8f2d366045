"""Money paid in, and what members do that is no purchase."""

from __future__ import annotations

from gateway.ledger.accounts import credit_ledger_name, gift_ledger_name, gift_wallet_id
from gateway.ledger.errors import InvariantError
from gateway.ledger.kinds import GiftCardState, PostingKind, WalletKind
from gateway.ledger.posting import Posting
from gateway.ledger.posting_lots import LotGrant
from gateway.ledger.rows_members import GiftCardRow
from gateway.model.card import CardEvidence
from gateway.model.ids import BranchId, CardToken, WalletId
from gateway.model.instrument import Instrument
from gateway.model.outcome import Reason, Status
from gateway.model.programme import Programme, UnknownCardPolicy
from gateway.model.rules.expiry import Expiry
from gateway.model.transaction import Load
from gateway.program.earning import evaluate_event
from gateway.program.expiry import expires_at_ms
from gateway.writer.awarding import Rated, award
from gateway.writer.bench import Bench, Case, Outcome, applied, refused
from gateway.writer.event_key import event_key
from gateway.writer.gift_cards import has_expired
from gateway.writer.levels import follow_balance
from gateway.writer.members import active_owner, open_member
from gateway.writer.rating import member_facts, place_of, with_card
from gateway.writer.settling import settle
from gateway.writer.sold_cards import note_sold_card
from gateway.writer.succeeding import let_card_follow


def judge_top_up(bench: Bench, case: Case, posting: Posting) -> Outcome:
    """Book money that was paid in.

    The cashier has taken it, so it is never refused for being too much: the limits were the
    terminal's to keep. A card that nobody knows becomes a member's, or a gift card.
    """
    transaction = case.transaction
    _, load = _parts(case)
    rules = bench.rules_in(transaction)
    if rules is None:
        return refused(Reason.PROGRAMME_UNKNOWN)
    if transaction.currency != rules.currency:
        return refused(Reason.CURRENCY_MISMATCH)
    if load.instrument is Instrument.GIFT:
        return _load_gift_card(bench, case, posting, rules)
    return _load_credit(bench, case, posting, rules)


def judge_event(bench: Bench, case: Case, posting: Posting) -> Outcome:
    """Give what the rules give for something that is no purchase, once for each source of it."""
    transaction, book = case.transaction, bench.book
    card, event = transaction.card, transaction.event
    if card is None or event is None:
        raise InvariantError("an event carries a card and its name")
    rules = bench.rules_for(transaction.time)
    if rules is None:
        return refused(Reason.PROGRAMME_UNKNOWN)
    member_id = active_owner(bench, card.token)
    if isinstance(member_id, Reason):
        return refused(member_id)
    key = event_key(event, member_id)
    if book.used(key):
        return refused(Reason.LIMIT_REACHED)
    place = place_of(bench, rules, case.branch, transaction.time)
    facts = member_facts(bench, rules, member_id, place)
    facts = with_card(bench, rules, facts, transaction)
    given = evaluate_event(rules, event.name, facts, place)
    book.use(key, 1)
    settle(book, posting, book.points_wallet(member_id).wallet_id, bench.now_ms)
    award(bench, posting, member_id, Rated(rules=rules, place=place, evaluation=given))
    follow_balance(bench, member_id, case.branch)
    return applied(bench, posting, member_id, PostingKind.EVENT, rules)


def _load_credit(bench: Bench, case: Case, posting: Posting, rules: Programme) -> Outcome:
    card, _ = _parts(case)
    owned = bench.book.cards.get(card.token)
    if owned is None and bench.book.is_gift_card(card.token):
        return refused(Reason.CARD_ALREADY_ENROLLED)
    grant = _grant(bench, case, rules, rules.rules.credit.paid_expiry)
    if owned is None and rules.unknown_card is UnknownCardPolicy.HOLD:
        posting.suspend(card.token, [grant], credit_ledger_name(rules.currency.code))
        return Outcome(
            status=Status.HELD,
            reason=Reason.UNKNOWN_CARD,
            posting=PostingKind.SUSPEND,
            programme_version=rules.version,
        )
    if owned is None:
        place = place_of(bench, rules, case.branch, case.transaction.time)
        member_id = open_member(bench, card, posting, rules, place)
    else:
        member_id = owned.member_id
    wallet = bench.book.credit_wallet(member_id, rules.currency.code)
    posting.top_up(wallet.wallet_id, grant)
    return applied(bench, posting, member_id, PostingKind.TOP_UP, rules)


def _load_gift_card(bench: Bench, case: Case, posting: Posting, rules: Programme) -> Outcome:
    card, load = _parts(case)
    book, sale = bench.book, case.transaction.sale
    if book.cards.get(card.token) is not None:
        return refused(Reason.CARD_ALREADY_ENROLLED)
    known = book.gift_cards.get(card.token)
    grant = _grant(bench, case, rules, rules.rules.gift_cards.expiry)
    if known is not None and has_expired(book, known, grant.available_from_ms):
        return refused(Reason.GIFT_CARD_EXPIRED)
    sold_in = None if sale is None else book.sales.get((case.branch, sale.key))
    if sold_in is not None and sold_in.refund_index is not None:
        return refused(Reason.SALE_ALREADY_REFUNDED)
    if known is None:
        known = issue_gift_card(bench, card.token, rules, case.branch)
    load_gift_card(bench, posting, known, rules, grant)
    if sale is not None:
        note_sold_card(book, case.branch, sale, posting.index, load.amount_minor)
    return Outcome(status=Status.APPLIED, posting=PostingKind.GIFT, programme_version=rules.version)


def load_gift_card(
    bench: Bench, posting: Posting, card: GiftCardRow, rules: Programme, grant: LotGrant
) -> None:
    """Put money onto a gift card, which lasts as long as the last of it."""
    posting.top_up(card_wallet(bench, card, rules), grant)
    bench.book.extend_card(card.token, grant.expires_at_ms)


def card_wallet(bench: Bench, card: GiftCardRow, rules: Programme) -> WalletId:
    """The wallet that a gift card's money in the currency of some rules comes into."""
    book, currency = bench.book, rules.currency.code
    wallet_id = book.gift_wallet(card.wallet_id, currency).wallet_id
    if currency not in book.superseded:
        let_card_follow(book, card.wallet_id, wallet_id)
    return wallet_id


def issue_gift_card(
    bench: Bench, token: CardToken, rules: Programme, branch: BranchId, last_four: str = ""
) -> GiftCardRow:
    """Make an empty gift card; how long it lasts, its first money says."""
    wallet_id = gift_wallet_id(bench.new_member_id())
    ledger = gift_ledger_name(rules.currency.code)
    bench.book.add_wallet(wallet_id, WalletKind.GIFT, None, ledger)
    row = GiftCardRow(
        token=token,
        wallet_id=wallet_id,
        state=GiftCardState.ACTIVE,
        issued_at_ms=bench.now_ms,
        branch=branch,
        last_four=last_four,
        expires_at_ms=0,
    )
    bench.book.gift_cards.add(row)
    return row


def _parts(case: Case) -> tuple[CardEvidence, Load]:
    card, load = case.transaction.card, case.transaction.load
    if card is None or load is None:
        raise InvariantError("a top-up carries a card and money")
    return card, load


def _grant(bench: Bench, case: Case, rules: Programme, expiry: Expiry) -> LotGrant:
    _, load = _parts(case)
    at_ms = bench.happened_at_ms(case.transaction.time)
    settings = rules.rules.settings
    return LotGrant(
        amount=load.amount_minor,
        available_from_ms=at_ms,
        expires_at_ms=expires_at_ms(expiry, at_ms, case.branch, settings),
    )
