"""What a reservation may take, by what it takes it from. Nothing is moved here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from gateway.ledger.errors import InvariantError
from gateway.ledger.kinds import CardState, HoldState
from gateway.ledger.rows_lots import HoldRow
from gateway.ledger.rows_members import WalletRow
from gateway.model.authorisation import AuthRequest
from gateway.model.ids import BranchId, MemberId, SaleKey
from gateway.model.instrument import Instrument
from gateway.model.outcome import Reason
from gateway.model.programme import Programme
from gateway.model.sale import Sale, SaleSource
from gateway.program.evaluation import Discount, Use
from gateway.program.facts import Place
from gateway.program.households import Household, spend_key, spend_room
from gateway.program.local_time import place_at
from gateway.program.pricing import price
from gateway.program.redeem import quote_redemption
from gateway.program.rewards import Coupon, RewardAsk, RewardQuote, quote_reward
from gateway.program.still_due import Reserved, StillDue, still_due
from gateway.program.stored import quote_credit, quote_gift_card
from gateway.writer.bench import Bench
from gateway.writer.gift_cards import gift_card_now
from gateway.writer.hold_terms import CouponUse, HoldTerms, terms_of
from gateway.writer.rating import member_facts
from gateway.writer.settling import spendable


@dataclass(frozen=True, slots=True, kw_only=True)
class Grantable:
    """A reservation that the rules allow.

    Attributes:
        member_id: whose; None for whoever holds a gift card.
        wallet: what it is taken from; None where it costs nothing.
        points: units of the wallet.
        amount_minor: the money it stands for.
        source: the reward's id, or the one offer's; empty where there is no one such.
        terms: what else it uses.
    """

    member_id: MemberId | None
    wallet: WalletRow | None
    points: int
    amount_minor: int
    source: str = ""
    terms: HoldTerms = HoldTerms()


@dataclass(frozen=True, slots=True)
class _Ask:
    bench: Bench
    rules: Programme
    request: AuthRequest
    branch: BranchId

    @property
    def sale_key(self) -> SaleKey:
        """The sale's name."""
        if self.request.sale_key is None:
            raise InvariantError("a reserve request names its sale")
        return self.request.sale_key

    @property
    def holds(self) -> list[HoldRow]:
        """What is held for the sale, or was used on it."""
        return self.bench.book.holds_on(self.branch, self.sale_key)

    @property
    def still_due(self) -> StillDue:
        """What is left to pay of it."""
        total_minor = self.request.sale_total_minor or 0
        return still_due(total_minor, [_reserved(hold) for hold in self.holds])

    @property
    def sale(self) -> Sale:
        """The sale as far as the terminal knows it, and as far as it was not lowered since."""
        request = self.request
        return Sale(
            key=self.sale_key,
            total_minor=self.still_due.price_minor,
            source=SaleSource.PROTOCOL,
            profile="reserve",
            lines=request.lines,
            tax_minor=request.tax_minor,
        )

    @property
    def place(self) -> Place:
        """Where and when, by the gateway's clock: a reservation is about now."""
        return place_at(self.rules.rules.settings, self.branch, self.bench.now_ms)


def grantable(
    bench: Bench, rules: Programme, request: AuthRequest, branch: BranchId
) -> Grantable | Reason:
    """Say what a reservation may take now, or why nothing.

    Args:
        bench: rows, rules and moment.
        rules: the rules in force.
        request: what is asked.
        branch: where.
    """
    ask = _Ask(bench, rules, request, branch)
    if request.instrument is Instrument.GIFT:
        return _gift_card(ask)
    if request.card is None:
        raise InvariantError("a reserve request carries a card")
    card = bench.book.cards.get(request.card.token)
    if card is None:
        return Reason.UNKNOWN_CARD
    if card.state is not CardState.ACTIVE:
        return Reason.CARD_BLOCKED
    return _BY_INSTRUMENT[request.instrument](ask, card.member_id)


def _points(ask: _Ask, member_id: MemberId) -> Grantable | Reason:
    wallet, room = ask.bench.book.points_wallet(member_id), _household_room(ask, member_id)
    if room == 0:
        return Reason.LIMIT_REACHED
    still = ask.still_due
    asked = min(_asked(ask), still.most_points(ask.rules))
    quote = quote_redemption(
        ask.rules,
        asked_points=asked if room is None else min(asked, room),
        balance_points=spendable(ask.bench.book, wallet, ask.bench.now_ms),
        sale_total_minor=still.price_minor,
    )
    if isinstance(quote, Reason):
        return quote
    return Grantable(
        member_id=member_id,
        wallet=wallet,
        points=quote.points,
        amount_minor=quote.amount_minor,
        terms=HoldTerms(uses=_household_use(ask, member_id, quote.points)),
    )


def _reward(ask: _Ask, member_id: MemberId) -> Grantable | Reason:
    return _rewarded(ask, member_id, None)


def _coupon(ask: _Ask, member_id: MemberId) -> Grantable | Reason:
    voucher = ask.bench.book.usable_coupon(member_id, ask.request.reward or "", ask.bench.now_ms)
    if voucher is None:
        return Reason.COUPON_NOT_AVAILABLE
    coupon = Coupon(
        reward=voucher.reward or "",
        uses_left=voucher.quantity - voucher.used,
        member_id=member_id,
        expires_at_ms=voucher.expires_at_ms,
    )
    found = _rewarded(ask, member_id, coupon)
    if isinstance(found, Reason):
        return found
    used = CouponUse(voucher_id=voucher.voucher_id, times=found.terms.times)
    terms = replace(found.terms, coupons=(used,))
    return Grantable(
        member_id=member_id,
        wallet=None,
        points=0,
        amount_minor=found.amount_minor,
        source=found.source,
        terms=terms,
    )


def _rewarded(ask: _Ask, member_id: MemberId, coupon: Coupon | None) -> Grantable | Reason:
    book, request = ask.bench.book, ask.request
    wallet = book.points_wallet(member_id)
    quote = quote_reward(
        ask.rules,
        RewardAsk(
            reward=request.reward or "",
            times=request.times or 1,
            coupon=coupon,
            taken_before=_times_taken(ask),
        ),
        balance_points=spendable(book, wallet, ask.bench.now_ms),
        sale=ask.sale,
        facts=member_facts(ask.bench, ask.rules, member_id, ask.place),
        place=ask.place,
    )
    if isinstance(quote, RewardQuote):
        quote = ask.still_due.lowered_by(quote)
    if isinstance(quote, Reason):
        return quote
    room = _household_room(ask, member_id)
    if room is not None and quote.points > room:
        return Reason.LIMIT_REACHED
    discounts = () if quote.discount is None else (quote.discount,)
    uses = quote.uses + _household_use(ask, member_id, quote.points)
    return Grantable(
        member_id=member_id,
        wallet=wallet if quote.points else None,
        points=quote.points,
        amount_minor=quote.amount_minor,
        source=quote.reward_id,
        terms=HoldTerms(
            uses=uses,
            discounts=discounts,
            times=quote.times,
            total_minor=ask.request.sale_total_minor or 0 if discounts else 0,
        ),
    )


def _offers(ask: _Ask, member_id: MemberId) -> Grantable | Reason:
    facts = member_facts(ask.bench, ask.rules, member_id, ask.place)
    pricing = price(ask.rules, ask.sale, facts, ask.place)
    # Offers lower what nothing pays yet: a part of one would use up all of its budget.
    if not pricing.discounts or pricing.amount_minor > ask.still_due.due_minor:
        return Reason.OFFER_NOT_AVAILABLE
    discounts: tuple[Discount, ...] = pricing.discounts
    return Grantable(
        member_id=member_id,
        wallet=None,
        points=0,
        amount_minor=pricing.amount_minor,
        source=discounts[0].source if len(discounts) == 1 else "",
        terms=HoldTerms(
            uses=pricing.uses,
            discounts=discounts,
            held_out=pricing.held_out,
            total_minor=ask.request.sale_total_minor or 0,
        ),
    )


def _credit(ask: _Ask, member_id: MemberId) -> Grantable | Reason:
    book = ask.bench.book
    wallet = book.known_credit_wallet(member_id, ask.rules.currency.code)
    if wallet is None:
        return Reason.INSUFFICIENT_CREDIT
    still = ask.still_due
    amount = quote_credit(
        ask.rules,
        asked_minor=_asked(ask),
        balance_minor=spendable(book, wallet, ask.bench.now_ms),
        sale_total_minor=still.price_minor,
        due_minor=still.most_credit_minor(ask.rules),
    )
    if isinstance(amount, Reason):
        return amount
    return Grantable(member_id=member_id, wallet=wallet, points=amount, amount_minor=amount)


def _gift_card(ask: _Ask) -> Grantable | Reason:
    book, request = ask.bench.book, ask.request
    if request.card is None:
        raise InvariantError("a reserve request carries a card")
    known = book.gift_cards.get(request.card.token)
    wallet = None if known is None else book.wallets.require(known.wallet_id)
    amount = quote_gift_card(
        ask.rules,
        None if known is None else gift_card_now(ask.bench, ask.rules, known),
        due_minor=min(_asked(ask), ask.still_due.due_minor),
        at_ms=ask.bench.now_ms,
        cards_before=sum(hold.instrument is Instrument.GIFT for hold in ask.holds),
    )
    if isinstance(amount, Reason):
        return amount
    return Grantable(member_id=None, wallet=wallet, points=amount, amount_minor=amount)


def _reserved(hold: HoldRow) -> Reserved:
    """What a reservation takes of its sale: all of it, or what of it was used and stayed so."""
    used = hold.state is HoldState.POSTED
    return Reserved(
        instrument=hold.instrument,
        amount_minor=hold.redeemed_minor - hold.given_back_minor if used else hold.amount_minor,
        total_minor=terms_of(hold).total_minor,
    )


def _household_room(ask: _Ask, member_id: MemberId) -> int | None:
    """What a member may still spend today of the points that a household shares."""
    policy, book = ask.rules.rules.households, ask.bench.book
    row = book.household_of(member_id)
    if row is None or policy.spend_limit_points is None:
        return None
    household = Household(founder=row.founder, members=())
    spent = book.used(spend_key(member_id, ask.place.business_day))
    return spend_room(policy, household, member_id, spent)


def _household_use(ask: _Ask, member_id: MemberId, points: int) -> tuple[Use, ...]:
    if not points or _household_room(ask, member_id) is None:
        return ()
    return (Use(key=spend_key(member_id, ask.place.business_day), amount=points),)


def _times_taken(ask: _Ask) -> int:
    """How often the reward is taken on the sale already."""
    same = [hold for hold in ask.holds if hold.source == ask.request.reward]
    return sum(
        terms_of(hold).times
        for hold in same
        if hold.instrument in (Instrument.REWARD, Instrument.COUPON)
    )


def _asked(ask: _Ask) -> int:
    if ask.request.points is None:
        raise InvariantError("a reservation from a wallet says how much")
    return ask.request.points


_BY_INSTRUMENT: Final[Mapping[Instrument, Callable[[_Ask, MemberId], Grantable | Reason]]] = {
    Instrument.POINTS: _points,
    Instrument.REWARD: _reward,
    Instrument.COUPON: _coupon,
    Instrument.OFFER: _offers,
    Instrument.CREDIT: _credit,
}
