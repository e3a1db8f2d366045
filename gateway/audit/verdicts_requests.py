"""What requests must come to: reservations of every instrument, and cancellations."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from gateway.audit.believing import possible_dates
from gateway.audit.bench import Bench
from gateway.audit.card_uses import request_objection
from gateway.audit.members import card_ends_ms, usable_coupon, used
from gateway.audit.moves import spendable
from gateway.audit.moves_holds import CouponUse, Terms, reserve, terms_of, text_of
from gateway.audit.standings import facts_of
from gateway.audit.verdict import Effect, Verdict, refusal
from gateway.audit.verdicts_holds import freed
from gateway.ledger.accounts import credit_wallet_id
from gateway.ledger.kinds import CardState, GiftCardState, HoldState, PostingKind
from gateway.ledger.rows_lots import HoldRow
from gateway.model.authorisation import AuthRequest
from gateway.model.ids import CardToken, MemberId, WalletId
from gateway.model.instrument import Instrument
from gateway.model.member_facts import MemberFacts
from gateway.model.outcome import Reason
from gateway.model.programme import Programme
from gateway.model.sale import Sale, SaleSource
from gateway.program.evaluation import Use
from gateway.program.facts import Place
from gateway.program.households import spend_key
from gateway.program.pricing import price
from gateway.program.redeem import quote_redemption
from gateway.program.rewards import Coupon, RewardAsk, quote_reward
from gateway.program.still_due import Reserved, StillDue, still_due
from gateway.program.stored import GiftCard, quote_credit, quote_gift_card
from gateway.program.succession import counted_uses

_NO_TERMS: Final = Terms()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Grant:
    """What a reservation may take.

    Attributes:
        wallet: from where; None where it costs nothing.
        points: units of that.
        minor: the money that they stand for.
        source: the reward's or the one offer's id.
        terms: what else it uses.
    """

    wallet: WalletId | None = None
    points: int = 0
    minor: int
    source: str = ""
    terms: Terms = _NO_TERMS

    def is_of(self, hold: HoldRow) -> bool:
        """Whether a stored hold says the same."""
        granted = (hold.points, hold.amount_minor, hold.source, hold.terms)
        return granted == (self.points, self.minor, self.source, text_of(self.terms))


@dataclass(frozen=True, slots=True)
class _Ask:
    """A reservation that is asked for now, with the rules in force."""

    bench: Bench
    rules: Programme
    request: AuthRequest

    @property
    def sale(self) -> Sale:
        """The sale as far as the terminal knew it."""
        request = self.request
        assert request.sale_key is not None
        return Sale(
            key=request.sale_key,
            total_minor=self.still_due.price_minor,
            source=SaleSource.PROTOCOL,
            profile="reserve",
            lines=request.lines,
            tax_minor=request.tax_minor,
        )

    @property
    def holds(self) -> list[HoldRow]:
        """What is pending or posted on the sale by now."""
        assert self.request.sale_key is not None
        return self.bench.books.holds_on((self.bench.branch, self.request.sale_key))

    @property
    def still_due(self) -> StillDue:
        """What these leave to pay."""
        return still_due(self.request.sale_total_minor or 0, [*map(_reserved_by, self.holds)])

    @property
    def place(self) -> Place:
        """Where and when: a reservation is about now."""
        return self.bench.place(self.rules, self.bench.now_ms)

    def facts(self, member: MemberId) -> Iterator[MemberFacts]:
        """What was known of a member, for each of the days that the member may have told."""
        for dates in possible_dates(self.bench.books, self.rules, member, self.place):
            yield facts_of(self.bench.books, self.rules, member, self.place, dates)

    def counted(self, uses: Sequence[Use]) -> tuple[Use, ...]:
        """What limits count of uses that the rules reckoned."""
        return counted_uses(self.bench.programmes, self.rules, uses)

    def spendable(self, wallet: WalletId) -> int:
        """What a wallet could spend now."""
        return spendable(self.bench.books, wallet, self.bench.now_ms)


def _reserved_by(hold: HoldRow) -> Reserved:
    """A hold as a part of what its sale is lowered by, or paid with."""
    minor = hold.amount_minor
    if hold.state is HoldState.POSTED:
        minor = hold.redeemed_minor - hold.given_back_minor
    asked_minor = terms_of(hold).total_minor
    return Reserved(instrument=hold.instrument, amount_minor=minor, total_minor=asked_minor)


# -- verdicts ---------------------------------------------------------------------------------


def reserved(bench: Bench, request: AuthRequest) -> Verdict:
    """A reservation takes what the rules of the moment allow."""
    rules = bench.rules_at(bench.now_ms)
    if rules is None or request.currency != rules.currency:
        return refusal(Reason.PROGRAMME_UNKNOWN)
    if request.request_id in bench.books.holds or request.sale_key is None:
        return refusal(Reason.REQUEST_ID_REUSED)
    objection = request_objection(bench, request.card, request.terminal)
    if objection is not Reason.NONE:
        return refusal(objection)
    ask = _Ask(bench, rules, request)
    member: MemberId | None = None
    if request.instrument is Instrument.GIFT:
        found = _gift_card(ask)
    else:
        card = None if request.card is None else bench.books.cards.get(request.card.token)
        if card is None or card.state is not CardState.ACTIVE:
            return refusal(Reason.CARD_BLOCKED)
        member = card.member_id
        found = _BY_INSTRUMENT[request.instrument](ask, member)
    if isinstance(found, Reason):
        return refusal(found)
    hold = _hold(ask, member, found)

    def carry_out() -> Effect:
        reserve(bench.books, hold, bench.now_ms)
        return bench.of(member)

    applied = bench.applied(PostingKind.RESERVE, rules, carry_out)
    return replace(applied, hold_id=hold.hold_id)


def cancelled(bench: Bench, request: AuthRequest) -> Verdict:
    """A reservation is freed at its own terminal's word."""
    hold = bench.books.holds.get(request.hold_id) if request.hold_id else None
    if hold is None or hold.terminal != request.terminal:
        return refusal(Reason.HOLD_NOT_FOUND)
    if hold.state not in (HoldState.PENDING, HoldState.EXPIRED):
        return refusal(Reason.HOLD_ALREADY_RESOLVED)
    return freed(bench, hold, HoldState.CANCELLED)


def _hold(ask: _Ask, member: MemberId | None, found: _Grant) -> HoldRow:
    bench, request = ask.bench, ask.request
    assert request.sale_key is not None
    return HoldRow(
        hold_id=request.request_id,
        member_id=member,
        wallet_id=found.wallet,
        instrument=request.instrument,
        source=found.source,
        terms=text_of(found.terms),
        terminal=request.terminal,
        branch=bench.branch,
        sale_key=request.sale_key,
        points=found.points,
        amount_minor=found.minor,
        programme_version=ask.rules.version,
        expires_at_ms=bench.now_ms + ask.rules.hold_ttl_ms,
        state=HoldState.PENDING,
        owner_index=bench.row.journal_index,
        redeemed_points=0,
        redeemed_minor=0,
        shortfall_points=0,
        given_back_points=0,
        given_back_minor=0,
        resolved_index=None,
    )


# -- instruments ------------------------------------------------------------------------------


def _points(ask: _Ask, member: MemberId) -> _Grant | Reason:
    wallet, room = ask.bench.books.points_wallet(member), _shared_room(ask, member)
    if room == 0:
        return Reason.LIMIT_REACHED
    asked = min(ask.request.points or 0, ask.still_due.most_points(ask.rules))
    quote = quote_redemption(
        ask.rules,
        asked_points=asked if room is None else min(asked, room),
        balance_points=ask.spendable(wallet),
        sale_total_minor=ask.still_due.price_minor,
    )
    if isinstance(quote, Reason):
        return quote
    terms = Terms(uses=_shared_use(ask, member, quote.points))
    return _Grant(wallet=wallet, points=quote.points, minor=quote.amount_minor, terms=terms)


def _reward(ask: _Ask, member: MemberId) -> _Grant | Reason:
    return _likeliest(ask, (_rewarded(ask, member, facts, None) for facts in ask.facts(member)))


def _coupon(ask: _Ask, member: MemberId) -> _Grant | Reason:
    reward = ask.request.reward or ""
    voucher = usable_coupon(ask.bench.books, member, reward, ask.bench.now_ms)
    if voucher is None:
        return Reason.COUPON_NOT_AVAILABLE
    coupon = Coupon(
        reward=reward,
        uses_left=voucher.quantity - voucher.used,
        member_id=member,
        expires_at_ms=voucher.expires_at_ms,
    )
    number = voucher.voucher_id

    def with_coupon(facts: MemberFacts) -> _Grant | Reason:
        found = _rewarded(ask, member, facts, coupon)
        if isinstance(found, Reason):
            return found
        coupons = (CouponUse(voucher_id=number, times=found.terms.times),)
        return replace(found, wallet=None, points=0, terms=replace(found.terms, coupons=coupons))

    return _likeliest(ask, map(with_coupon, ask.facts(member)))


def _rewarded(
    ask: _Ask, member: MemberId, facts: MemberFacts, coupon: Coupon | None
) -> _Grant | Reason:
    wallet = ask.bench.books.points_wallet(member)
    quote = quote_reward(
        ask.rules,
        RewardAsk(
            reward=ask.request.reward or "",
            times=ask.request.times or 1,
            coupon=coupon,
            taken_before=_taken_before(ask),
        ),
        balance_points=ask.spendable(wallet),
        sale=ask.sale,
        facts=facts,
        place=ask.place,
    )
    quote = quote if isinstance(quote, Reason) else ask.still_due.lowered_by(quote)
    if isinstance(quote, Reason):
        return quote
    room = _shared_room(ask, member)
    if room is not None and quote.points > room:
        return Reason.LIMIT_REACHED
    discounts = () if quote.discount is None else (quote.discount,)
    uses = ask.counted(quote.uses) + _shared_use(ask, member, quote.points)
    return _Grant(
        wallet=wallet if quote.points else None,
        points=quote.points,
        minor=quote.amount_minor,
        source=quote.reward_id,
        terms=Terms(
            uses=uses,
            discounts=discounts,
            times=quote.times,
            total_minor=(ask.request.sale_total_minor or 0) * bool(discounts),
        ),
    )


def _shared_room(ask: _Ask, member: MemberId) -> int | None:
    """What is left today of what a member may spend of a household's points."""
    books, limit = ask.bench.books, ask.rules.rules.households.spend_limit_points
    household = books.household_of(member)
    if household is None or limit is None or household.founder == member:
        return None
    return max(limit - used(books, spend_key(member, ask.place.business_day)), 0)


def _shared_use(ask: _Ask, member: MemberId, points: int) -> tuple[Use, ...]:
    if not points or _shared_room(ask, member) is None:
        return ()
    return (Use(key=spend_key(member, ask.place.business_day), amount=points),)


def _taken_before(ask: _Ask) -> int:
    """How often a reward is taken on a sale already, for points or for coupons."""
    return sum(
        terms_of(hold).times
        for hold in ask.holds
        if hold.source == ask.request.reward
        and hold.instrument in (Instrument.REWARD, Instrument.COUPON)
    )


def _offers(ask: _Ask, member: MemberId) -> _Grant | Reason:
    def taken_off(facts: MemberFacts) -> _Grant | Reason:
        pricing = price(ask.rules, ask.sale, facts, ask.place)
        found = pricing.discounts
        if not found or pricing.amount_minor > ask.still_due.due_minor:
            return Reason.OFFER_NOT_AVAILABLE
        terms = Terms(
            uses=ask.counted(pricing.uses),
            discounts=found,
            held_out=pricing.held_out,
            total_minor=ask.request.sale_total_minor or 0,
        )
        source = found[0].source if len(found) == 1 else ""
        return _Grant(minor=pricing.amount_minor, source=source, terms=terms)

    return _likeliest(ask, map(taken_off, ask.facts(member)))


def _credit(ask: _Ask, member: MemberId) -> _Grant | Reason:
    wallet = credit_wallet_id(member, ask.rules.currency.code)
    if wallet not in ask.bench.books.wallets:
        return Reason.INSUFFICIENT_CREDIT
    still = ask.still_due
    amount = quote_credit(
        ask.rules,
        asked_minor=ask.request.points or 0,
        balance_minor=ask.spendable(wallet),
        sale_total_minor=still.price_minor,
        due_minor=still.most_credit_minor(ask.rules),
    )
    if isinstance(amount, Reason):
        return amount
    return _Grant(wallet=wallet, points=amount, minor=amount)


def _gift_card(ask: _Ask) -> _Grant | Reason:
    books, request = ask.bench.books, ask.request
    known = None if request.card is None else books.gift_cards.get(request.card.token)
    amount = quote_gift_card(
        ask.rules,
        gift_card_now(ask.bench, ask.rules, request.card.token if request.card else None),
        due_minor=min(request.points or 0, ask.still_due.due_minor),
        at_ms=ask.bench.now_ms,
        cards_before=sum(hold.instrument is Instrument.GIFT for hold in ask.holds),
    )
    if isinstance(amount, Reason) or known is None:
        return amount if isinstance(amount, Reason) else Reason.GIFT_CARD_UNKNOWN
    return _Grant(wallet=known.wallet_id, points=amount, minor=amount)


def gift_card_now(bench: Bench, rules: Programme, token: CardToken | None) -> GiftCard | None:
    """What is known of a gift card now; None for one that was never issued."""
    known = None if token is None else bench.books.gift_cards.get(token)
    if known is None:
        return None
    return GiftCard(
        balance_minor=max(spendable(bench.books, known.wallet_id, bench.now_ms), 0),
        currency=rules.currency,
        expires_at_ms=card_ends_ms(bench.books, known),
        blocked=known.state is not GiftCardState.ACTIVE,
    )


def _likeliest(ask: _Ask, found: Iterator[_Grant | Reason]) -> _Grant | Reason:
    """Of what the member's days make possible: what was granted, or else the first."""
    first = next(found)
    stored = ask.bench.stored.hold(ask.request.request_id)
    if stored is None or (isinstance(first, _Grant) and first.is_of(stored)):
        return first
    fitting = (one for one in found if isinstance(one, _Grant) and one.is_of(stored))
    return next(fitting, first)


_BY_INSTRUMENT: Final[Mapping[Instrument, Callable[[_Ask, MemberId], _Grant | Reason]]] = {
    Instrument.POINTS: _points,
    Instrument.REWARD: _reward,
    Instrument.COUPON: _coupon,
    Instrument.OFFER: _offers,
    Instrument.CREDIT: _credit,
}
