"""What a row of the table does: changes of memory, and actions for the owner.

Each effect is a pure function from (session, event, rules) to a change. Their names are written
into the table in ``docs/session.md``, so they are verbs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from gateway.model.outcome import Reason, Status
from gateway.model.programme import UnknownCardPolicy
from gateway.model.sale import Sale
from gateway.model.transaction import Kind, Redemption
from terminal_agent.session.actions import Accept, Action, CancelHold, Draft, Inquire, Reserve
from terminal_agent.session.estimate import redemption_quote
from terminal_agent.session.events import (
    AuthAnswered,
    CardTapped,
    CardTroubled,
    Event,
    JournalAccepted,
    JournalRefused,
    ReceiptArrived,
    RedeemAsked,
    SaleClosed,
    SaleOffered,
)
from terminal_agent.session.memory import (
    ABANDONED_MAX,
    ACCEPTED_KEYS_MAX,
    Grant,
    Offer,
    Rules,
    Session,
)
from terminal_agent.session.tenders import with_points_tender

Change = tuple[Session, tuple[Action, ...]]
Effect = Callable[[Session, Any, Rules], Change]
"""(session, event, rules) -> (session, actions). The event's type is the row's."""


def take_card(session: Session, event: CardTapped, _rules: Rules) -> Change:
    """The visit is this card's; ask after its balance."""
    changed = replace(
        session,
        card=event.card,
        inquiry_id=event.inquiry_id,
        balance_points=None,
        greeting=None,
        redeemed=None,
    )
    return changed, (Inquire(request_id=event.inquiry_id, card=event.card),)


def take_balance(session: Session, event: AuthAnswered, rules: Rules) -> Change:
    """Keep the balance for the screen, or the reason why there is none."""
    answer = event.answer
    if answer.status is Status.APPLIED:
        known = replace(session, balance_points=answer.balance_points, greeting=event.greeting)
        return known, ()
    programme = rules.programme
    enrols = programme is not None and programme.unknown_card is UnknownCardPolicy.ENROL
    if answer.reason is Reason.UNKNOWN_CARD and enrols:
        # The first earn makes the member: there is nothing to ask of anybody.
        return replace(session, balance_points=0), ()
    return replace(session, balance_points=None, reason=answer.reason), ()


def take_total(session: Session, event: SaleOffered, _rules: Rules) -> Change:
    """A sale is under way at this total."""
    offer = Offer(total_minor=event.total_minor, key=event.key)
    return replace(session, offer=offer, sale=None, redeemed=None), ()


def take_sale(session: Session, event: SaleClosed, _rules: Rules) -> Change:
    """The sale is closed."""
    return replace(session, sale=event.sale, offer=None, redeemed=None), ()


def forget_card(session: Session, _event: Event, _rules: Rules) -> Change:
    """The next customer is another one."""
    return replace(session, card=None, inquiry_id=None, balance_points=None, greeting=None), ()


def forget_sale(session: Session, _event: Event, _rules: Rules) -> Change:
    """No sale is under way."""
    return replace(session, offer=None, sale=None, redeemed=None), ()


def count_anonymous(session: Session, _event: Event, _rules: Rules) -> Change:
    """A sale went by without a card."""
    return replace(session, anonymous_sales=session.anonymous_sales + 1), ()


def note_trouble(session: Session, event: CardTroubled, _rules: Rules) -> Change:
    """Tell the customer what was wrong with the card."""
    return replace(session, trouble=event.trouble), ()


def reserve(session: Session, event: RedeemAsked, rules: Rules) -> Change:
    """Ask the gateway to hold what the terminal's own quote comes to."""
    quote = redemption_quote(rules, session, event.points)
    assert not isinstance(quote, Reason), "the row is guarded by redeemable"
    assert session.card is not None
    assert session.offer is not None
    asked = Reserve(
        request_id=event.request_id,
        card=session.card,
        points=quote.points,
        sale_key=session.offer.key,
        sale_total_minor=session.offer.total_minor,
    )
    return replace(session, asked=event.request_id), (asked,)


def note_why_not(session: Session, event: RedeemAsked, rules: Rules) -> Change:
    """Say why the programme allows no redemption; the network is not asked."""
    quote = redemption_quote(rules, session, event.points)
    return replace(session, reason=quote if isinstance(quote, Reason) else None), ()


def take_grant(session: Session, event: AuthAnswered, _rules: Rules) -> Change:
    """The points are held for this sale."""
    answer = event.answer
    assert answer.points is not None
    assert answer.amount_minor is not None
    grant = Grant(hold_id=answer.request_id, points=answer.points, amount_minor=answer.amount_minor)
    known = session.balance_points if answer.balance_points is None else answer.balance_points
    return replace(session, asked=None, grant=grant, balance_points=known), ()


def note_refusal(session: Session, event: AuthAnswered, rules: Rules) -> Change:
    """Say why the gateway held nothing.

    An answer that claims success without figures cannot be posted; what it may have held is freed.
    """
    if event.answer.status is Status.APPLIED:
        return free_points(session, event, rules)
    answer = event.answer
    known = session.balance_points if answer.balance_points is None else answer.balance_points
    return replace(session, asked=None, reason=answer.reason, balance_points=known), ()


def free_points(session: Session, _event: Event, _rules: Rules) -> Change:
    """Give up whatever is reserved, or may have been: no hold is left to run out by itself.

    A reservation that is still unanswered is remembered too, because the cancellation may
    overtake it; its late answer then cancels it again.
    """
    actions: list[Action] = []
    abandoned = session.abandoned
    if session.grant is not None:
        actions.append(CancelHold(hold_id=session.grant.hold_id))
    if session.asked is not None:
        actions.append(CancelHold(hold_id=session.asked))
        abandoned = (*abandoned, session.asked)[-ABANDONED_MAX:]
    return replace(session, asked=None, grant=None, abandoned=abandoned), tuple(actions)


def cancel_late_grant(session: Session, event: AuthAnswered, _rules: Rules) -> Change:
    """Free points that were granted after the session had moved on."""
    late = event.answer.request_id
    abandoned = tuple(hold_id for hold_id in session.abandoned if hold_id != late)
    return replace(session, abandoned=abandoned), (CancelHold(hold_id=late),)


def accept(session: Session, _event: Event, _rules: Rules) -> Change:
    """Hand the sale to the journal: the posting of a hold first, then the earn, in one commit.

    Both carry the closed sale's own key, whatever name the hold was asked for under, so that a
    reprint of this paper is known to terminal and gateway for all time.
    """
    assert session.card is not None
    assert session.sale is not None
    card, sale, grant = session.card, session.sale, session.grant
    if grant is None:
        earn = Draft(kind=Kind.EARN, card=card, sale=sale)
        return replace(session, redeemed=None), (Accept(drafts=(earn,)),)
    paid = with_points_tender(sale, grant.amount_minor)
    drafts = (_redeem_draft(session, paid, grant), Draft(kind=Kind.EARN, card=card, sale=paid))
    return replace(session, sale=paid, redeemed=grant), (Accept(drafts=drafts),)


def _redeem_draft(session: Session, sale: Sale, grant: Grant) -> Draft:
    assert session.card is not None
    redemption = Redemption(
        hold_id=grant.hold_id, points=grant.points, amount_minor=grant.amount_minor
    )
    return Draft(kind=Kind.REDEEM, card=session.card, sale=sale, redemption=redemption)


def remember_accepted(session: Session, event: JournalAccepted, _rules: Rules) -> Change:
    """The journal has it: the hold is posted, the sale is recorded, its result is awaited."""
    assert session.sale is not None
    keys = (*session.accepted_keys, session.sale.key)[-ACCEPTED_KEYS_MAX:]
    changed = replace(session, grant=None, accepted_keys=keys, awaited=event.seqs, result=None)
    return changed, ()


def note_journal_refusal(session: Session, event: JournalRefused, _rules: Rules) -> Change:
    """Nothing was written; say why and what to do."""
    return replace(session, refusal=event.refusal, redeemed=None), ()


def take_result(session: Session, event: ReceiptArrived, _rules: Rules) -> Change:
    """Keep the gateway's word on the sale for the screen: a refusal first, else the earn's."""
    results = [result for result in event.results if result.seq in session.awaited]
    results.sort(key=lambda result: (result.status is Status.REFUSED, result.seq))
    return replace(session, result=results[-1], awaited=()), ()
