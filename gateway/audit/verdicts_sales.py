"""What enrolments, sales, money paid in and events must come to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import product

from gateway.audit.awarding import award, grants_of, slide
from gateway.audit.believing import possible_dates
from gateway.audit.bench import BASE, Bench
from gateway.audit.card_uses import worths
from gateway.audit.joining import new_member
from gateway.audit.members import active_owner, card_ends_ms, extend_card, open_gift_card, use, used
from gateway.audit.moves import Grant, credit, settle, suspend
from gateway.audit.sales import note_sale
from gateway.audit.sold_cards import note_sold_card
from gateway.audit.standings import (
    change_standing,
    facts_of,
    follow_balance,
    keeps_standings,
    levels_after_sale,
    standing_at,
    waits_for_reward,
)
from gateway.audit.taking_back import take_back_early
from gateway.audit.verdict import Effect, Verdict, refusal
from gateway.audit.verdicts_currencies import card_wallet
from gateway.ledger.accounts import (
    credit_ledger_name,
    gift_ledger_name,
    gift_wallet_id,
    gift_wallet_stem,
)
from gateway.ledger.kinds import (
    CardState,
    GiftCardState,
    PostingKind,
    ReviewState,
    SystemAccount,
)
from gateway.ledger.rows_members import GiftCardRow
from gateway.ledger.rows_sales import RatingRow
from gateway.model.card import CardEvidence
from gateway.model.ids import CardToken, MemberId, WalletId
from gateway.model.instrument import Instrument
from gateway.model.member_facts import MemberFacts
from gateway.model.outcome import Reason, Status
from gateway.model.plain import to_canonical_json
from gateway.model.programme import Programme, UnknownCardPolicy
from gateway.model.rules.earning import Unit
from gateway.model.rules.expiry import Expiry
from gateway.model.sale import Sale
from gateway.model.transaction import Transaction
from gateway.program.earn import points_for_sale
from gateway.program.earning import evaluate, evaluate_event, evaluate_referral
from gateway.program.evaluation import Evaluation
from gateway.program.expiry import expires_at_ms
from gateway.program.facts import Place
from gateway.program.standing import with_sale
from gateway.program.succession import counted_uses, first_minor

# -- enrolments and sales ---------------------------------------------------------------------


def enrolled(bench: Bench, transaction: Transaction, at_ms: int) -> Verdict:
    """An enrolment makes a member of a card that nobody owns and that is no gift card."""
    card, rules = transaction.card, bench.rules_at(at_ms)
    if rules is None or card is None:
        return refusal(Reason.PROGRAMME_UNKNOWN)
    if card.token in bench.books.cards or card.token in bench.books.gift_cards:
        return refusal(Reason.CARD_ALREADY_ENROLLED)

    def carry_out() -> Effect:
        return bench.of(new_member(bench, card, rules, at_ms))

    return bench.applied(PostingKind.ENROL, rules, carry_out)


def earned(bench: Bench, transaction: Transaction, at_ms: int) -> Verdict:
    """A sale earns what its rules say, once."""
    card, sale = transaction.card, transaction.sale
    rules = bench.rules_in(at_ms, transaction.currency)
    if rules is None or card is None or sale is None:
        return refusal(Reason.PROGRAMME_UNKNOWN)
    reason = _objection(bench, transaction, card, sale, rules)
    if reason is not Reason.NONE:
        return refusal(reason)
    owned = bench.books.cards.get(card.token)
    if owned is None and rules.unknown_card is UnknownCardPolicy.HOLD:
        return _held(rules, lambda: _suspend(bench, transaction, rules, at_ms))

    def carry_out() -> Effect:
        note_sale(bench, sale, at_ms, earned=True)
        member = new_member(bench, card, rules, at_ms) if owned is None else owned.member_id
        _earn(bench, member, transaction, rules, at_ms)
        take_back_early(bench, sale, rules)
        return bench.of(member)

    return bench.applied(PostingKind.EARN, rules, carry_out)


def _objection(
    bench: Bench, transaction: Transaction, card: CardEvidence, sale: Sale, rules: Programme
) -> Reason:
    if transaction.currency != rules.currency:
        return Reason.CURRENCY_MISMATCH
    known = bench.books.sales.get((bench.branch, sale.key))
    if known is not None and (known.earn_index or known.refund_index):
        return Reason.SALE_ALREADY_RECORDED
    review = bench.books.reviews.get((bench.branch, sale.key))
    if review is not None and review.row.state is not ReviewState.OPEN:
        return Reason.REVIEW_CLOSED
    if card.token in bench.books.gift_cards:
        return Reason.CARD_ALREADY_ENROLLED
    owned = bench.books.cards.get(card.token)
    blocked = owned is not None and owned.state is not CardState.ACTIVE
    return Reason.CARD_BLOCKED if blocked else Reason.NONE


def _held(rules: Programme, carry_out: Callable[[], Effect]) -> Verdict:
    return Verdict(
        status=Status.HELD,
        reason=Reason.UNKNOWN_CARD,
        posting=PostingKind.SUSPEND,
        version=rules.version,
        carry_out=carry_out,
    )


def _earn(
    bench: Bench, member: MemberId, transaction: Transaction, rules: Programme, at_ms: int
) -> None:
    sale = transaction.sale
    assert sale is not None
    if rules.rules == BASE:
        points = points_for_sale(rules, sale)
        bench.earn(member, [Grant(amount=points, from_ms=bench.now_ms)])
        return
    books, place = bench.books, bench.place(rules, at_ms)
    facts, given = _rate(bench, member, transaction, rules, place)
    settle(books, books.points_wallet(member), bench.now_ms)
    award(bench, member, given, rules, place)
    slide(bench, member, rules, place)
    _reward_referrer(bench, facts, sale, rules, place)
    if keeps_standings(rules):
        changed = with_sale(
            *standing_at(books, member, place),
            amount_minor=sale.total_minor * first_minor(bench.programmes, rules),
            points=given.total(Unit.POINTS),
        )
        now = bench.rules_at(bench.now_ms)
        levels = levels_after_sale(rules, place, now, bench.now_ms)
        change_standing(books, member, changed, levels=levels)


def _rate(
    bench: Bench,
    member: MemberId | None,
    transaction: Transaction,
    rules: Programme,
    place: Place,
) -> tuple[MemberFacts, Evaluation]:
    """Rate a sale by what these books know, and the member's days that the rating tells.

    Where a card's proof leaves open what it is worth, the rating tells that as well.
    """
    sale = transaction.sale
    assert sale is not None
    facts = facts_of(bench.books, rules, member, place, bench.dates_of(member))
    card, possible = bench.rated_facts().card, worths(bench, rules, transaction, place.at_ms)
    facts = replace(facts, card=card if card in possible else possible[0])
    given = evaluate(rules, sale, facts, place)
    bench.books.rating = RatingRow(
        journal_index=bench.row.journal_index,
        member_id=member,
        branch=bench.branch,
        sale_key=sale.key,
        business_day=place.business_day.isoformat(),
        programme_version=rules.version,
        facts=to_canonical_json(facts),
        evaluation=to_canonical_json(given),
    )
    return facts, given


def _reward_referrer(
    bench: Bench, facts: MemberFacts, sale: Sale, rules: Programme, place: Place
) -> None:
    """Whoever brought a member gets what the rules give for the first purchase, once."""
    books, member = bench.books, facts.member_id
    row = None if member is None or not facts.referred else books.standings.get(member)
    if member is None or row is None or row.referred_by is None or not waits_for_reward(row):
        return
    referrer = row.referred_by
    known = facts_of(books, rules, referrer, place, books.dates.get(referrer, ()))
    given = evaluate_referral(rules, sale, facts, place, known)
    if given != Evaluation():
        award(bench, referrer, given, rules, place)
        books.standings[member] = replace(row, referral_index=books.index)


def _suspend(bench: Bench, transaction: Transaction, rules: Programme, at_ms: int) -> Effect:
    """Let what a sale earns wait for the card's owner."""
    books, card, sale = bench.books, transaction.card, transaction.sale
    assert card is not None
    assert sale is not None
    note_sale(bench, sale, at_ms, earned=True)
    if rules.rules == BASE:
        grants = {Unit.POINTS: [Grant(amount=points_for_sale(rules, sale), from_ms=bench.now_ms)]}
    else:
        place = bench.place(rules, at_ms)
        _, given = _rate(bench, None, transaction, rules, place)
        grants = grants_of(given.awards, rules, place, bench.now_ms)
        # Nothing waits as well: it is the owner's purchase all the same.
        grants.setdefault(Unit.POINTS, [Grant(amount=0, from_ms=bench.now_ms)])
        for one in counted_uses(bench.programmes, rules, given.uses):
            use(books, one.key, one.amount)
    for unit, waiting in grants.items():
        ledger = books.ledger
        if unit is Unit.CREDIT:
            ledger = credit_ledger_name(rules.currency.code)
        suspend(books, card.token, ledger, waiting)
    take_back_early(bench, sale, rules)
    return Effect(points=sum(grant.amount for grant in grants.get(Unit.POINTS, ())))


# -- money paid in ----------------------------------------------------------------------------


def topped_up(bench: Bench, transaction: Transaction, at_ms: int) -> Verdict:
    """Money that was paid in is never refused for its amount."""
    card, load = transaction.card, transaction.load
    rules = bench.rules_in(at_ms, transaction.currency)
    if rules is None or card is None or load is None:
        return refusal(Reason.PROGRAMME_UNKNOWN)
    if transaction.currency != rules.currency:
        return refusal(Reason.CURRENCY_MISMATCH)

    def grant(expiry: Expiry) -> Grant:
        until_ms = expires_at_ms(expiry, at_ms, bench.branch, rules.rules.settings)
        return Grant(amount=load.amount_minor, from_ms=at_ms, until_ms=until_ms)

    if load.instrument is Instrument.GIFT:
        return _sold_card(bench, transaction, at_ms, rules, grant(rules.rules.gift_cards.expiry))
    if card.token in bench.books.gift_cards and card.token not in bench.books.cards:
        return refusal(Reason.CARD_ALREADY_ENROLLED)
    return _load_credit(bench, card, rules, grant(rules.rules.credit.paid_expiry), at_ms)


def _sold_card(
    bench: Bench, transaction: Transaction, at_ms: int, rules: Programme, grant: Grant
) -> Verdict:
    """A gift card at a till; its sale, where it names one, knows that it was sold in it."""
    card, sale = transaction.card, transaction.sale
    assert card is not None
    verdict = load_gift_card(bench, card, rules, grant)
    if sale is None or verdict.status is not Status.APPLIED:
        return verdict
    known = bench.books.sales.get((bench.branch, sale.key))
    if known is not None and known.refund_index is not None:
        return refusal(Reason.SALE_ALREADY_REFUNDED)

    def carry_out() -> Effect:
        effect = verdict.carry_out()
        note_sale(bench, sale, at_ms, earned=False)
        note_sold_card(bench, sale.key, grant.amount)
        return effect

    return replace(verdict, carry_out=carry_out)


def load_gift_card(bench: Bench, card: CardEvidence, rules: Programme, grant: Grant) -> Verdict:
    """A gift card takes the money, and is issued where nobody knows it yet."""
    books = bench.books
    if card.token in books.cards:
        return refusal(Reason.CARD_ALREADY_ENROLLED)
    known = books.gift_cards.get(card.token)
    ends_ms = None if known is None else card_ends_ms(books, known)
    if ends_ms is not None and ends_ms <= grant.from_ms:
        return refusal(Reason.GIFT_CARD_EXPIRED)

    def carry_out() -> Effect:
        wallet = issued_gift_card(bench, card.token, rules, "")
        credit(books, wallet, SystemAccount.TOPPED_UP, [grant])
        extend_card(books, card.token, grant.until_ms)
        return Effect()

    return bench.applied(PostingKind.GIFT, rules, carry_out)


def issued_gift_card(bench: Bench, token: CardToken, rules: Programme, last_four: str) -> WalletId:
    """The wallet of a gift card, made where there is none; its name is its row's."""
    books = bench.books
    known = books.gift_cards.get(token)
    if known is not None:
        return card_wallet(bench, known, rules.currency.code)
    row = bench.stored.gift_card(token)
    # Its row names the wallet of today, which begins like the first one.
    name = gift_wallet_id(f"nobody's {token.hex()}")
    name = name if row is None else gift_wallet_stem(row.wallet_id)
    issued = GiftCardRow(
        token=token,
        wallet_id=name,
        state=GiftCardState.ACTIVE,
        issued_at_ms=bench.now_ms,
        branch=bench.branch,
        last_four=last_four,
        expires_at_ms=0,
    )
    open_gift_card(books, issued, gift_ledger_name(rules.currency.code))
    return name


def _load_credit(
    bench: Bench, card: CardEvidence, rules: Programme, grant: Grant, at_ms: int
) -> Verdict:
    books, currency = bench.books, rules.currency.code
    owned = books.cards.get(card.token)
    if owned is None and rules.unknown_card is UnknownCardPolicy.HOLD:

        def wait() -> Effect:
            suspend(books, card.token, credit_ledger_name(currency), [grant])
            return Effect()

        return _held(rules, wait)

    def carry_out() -> Effect:
        member = new_member(bench, card, rules, at_ms) if owned is None else owned.member_id
        wallet = books.credit_wallet(member, currency)
        credit(books, wallet, SystemAccount.TOPPED_UP, [grant])
        return bench.of(member)

    return bench.applied(PostingKind.TOP_UP, rules, carry_out)


# -- events -----------------------------------------------------------------------------------


def happened(bench: Bench, transaction: Transaction, at_ms: int) -> Verdict:
    """What is no purchase counts once for each source of it."""
    card, event, rules = transaction.card, transaction.event, bench.rules_at(at_ms)
    if rules is None or card is None or event is None:
        return refusal(Reason.PROGRAMME_UNKNOWN)
    member = active_owner(bench.books, card.token)
    if isinstance(member, Reason):
        return refusal(member)
    key = f"event:{event.name}/{event.source}/member:{member}/ever"
    if used(bench.books, key):
        return refusal(Reason.LIMIT_REACHED)

    def carry_out() -> Effect:
        place = bench.place(rules, at_ms)
        given = _given_for(bench, transaction, member, rules, place)
        use(bench.books, key, 1)
        settle(bench.books, bench.books.points_wallet(member), bench.now_ms)
        award(bench, member, given, rules, place)
        now = bench.rules_at(bench.now_ms)
        follow_balance(bench.books, member, bench.branch, now, bench.now_ms)
        return bench.of(member)

    return bench.applied(PostingKind.EVENT, rules, carry_out)


def _given_for(
    bench: Bench, transaction: Transaction, member: MemberId, rules: Programme, place: Place
) -> Evaluation:
    """What an event brings; no rating tells the member's days, so the row's points do."""
    assert transaction.event is not None
    first: Evaluation | None = None
    days = possible_dates(bench.books, rules, member, place)
    cards = worths(bench, rules, transaction, place.at_ms)
    for dates, card in product(days, cards):
        facts = replace(facts_of(bench.books, rules, member, place, dates), card=card)
        given = evaluate_event(rules, transaction.event.name, facts, place)
        if given.total(Unit.POINTS) == bench.row.points:
            return given
        first = given if first is None else first
    return first or Evaluation()
