"""What a row of the table does to a visit: changes of memory, and actions for the owner.

Each effect is a pure function from (session, event, rules) to a change. Their names are written
into the table in ``docs/session.md``, so they are verbs. Those about reservations are in
``effects_paying``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from gateway.model.instrument import Instrument
from gateway.model.outcome import Reason, Status
from gateway.model.programme import UnknownCardPolicy
from gateway.model.sale import Sale, SaleSource
from gateway.model.transaction import Kind, Redemption
from terminal_agent.session.actions import Accept, Action, Draft, Inquire
from terminal_agent.session.estimate import preview_of, sale_under_way, told_of
from terminal_agent.session.events import (
    AskAgain,
    AuthAnswered,
    CardTapped,
    CardTroubled,
    Event,
    JournalAccepted,
    JournalRefused,
    OwnerChanged,
    ReceiptArrived,
    SaleClaimed,
    SaleClosed,
    SaleOffered,
)
from terminal_agent.session.long_sales import carried
from terminal_agent.session.memory import (
    ACCEPTED_KEYS_MAX,
    Grant,
    Offer,
    Purse,
    Rules,
    Session,
)
from terminal_agent.session.paying import taken_minor
from terminal_agent.session.tenders import with_tenders

Change = tuple[Session, tuple[Action, ...]]
Effect = Callable[[Session, Any, Rules], Change]
"""(session, event, rules) -> (session, actions). The event's type is the row's."""

#: What these give may depend on what the sale has earned, so they are posted behind it.
_BEHIND_THE_EARN: Final = frozenset({Instrument.REWARD, Instrument.COUPON})


def take_card(session: Session, event: CardTapped, _rules: Rules) -> Change:
    """The visit is this card's; ask after its balance."""
    changed = replace(
        _without_card(session), card=event.card, inquiry_id=event.inquiry_id, behind=event.behind
    )
    return changed, (Inquire(request_id=event.inquiry_id, card=event.card),)


def take_balance(session: Session, event: AuthAnswered, rules: Rules) -> Change:
    """Keep the balance for the screen, or the reason why there is none."""
    answer = event.answer
    session = replace(session, told=told_of(rules, answer, behind=session.behind))
    if answer.status is Status.APPLIED:
        known = replace(session, balance_points=answer.balance_points, greeting=event.greeting)
        return known, ()
    programme = rules.programme
    enrols = programme is not None and programme.unknown_card is UnknownCardPolicy.ENROL
    if answer.reason is Reason.UNKNOWN_CARD and enrols:
        # The first earn makes the member: there is nothing to ask of anybody.
        return replace(session, balance_points=0), ()
    return replace(session, balance_points=None, reason=answer.reason), ()


def take_purse(session: Session, event: AuthAnswered, _rules: Rules) -> Change:
    """The card is nobody's but a gift card: it may pay, and the visit is nobody's."""
    assert session.card is not None, "an answer to an inquiry is about the visit's card"
    standing = event.answer.standing
    left_minor = 0 if standing is None else standing.credit_minor or 0
    purse = Purse(card=session.card, left_minor=left_minor)
    return replace(_without_card(session), purse=purse), ()


def forget_facts(session: Session, _event: OwnerChanged, _rules: Rules) -> Change:
    """What was told of the owner for previews is older than what was recorded now."""
    told = session.told
    if told is not None:
        told = replace(told, facts=None) if told.owned else None
    return replace(session, told=told, behind=True), ()


def ask_again(session: Session, event: AskAgain, _rules: Rules) -> Change:
    """Ask anew how the card's owner stands; until the answer comes, the last one is shown."""
    assert session.card is not None, "the row is guarded by an open visit"
    inquiry = Inquire(request_id=event.inquiry_id, card=session.card)
    return replace(session, inquiry_id=event.inquiry_id, behind=event.behind), (inquiry,)


def take_total(session: Session, event: SaleOffered, rules: Rules) -> Change:
    """A sale is under way at this total; what it shows of the discounts held is noted.

    What is held was held in the currency of its moment, and so the sale stays in that.
    """
    gross_minor = event.total_minor if session.offer is None else session.offer.gross_minor
    taken = taken_minor(gross_minor, event.total_minor, session.grants)
    offer = Offer(
        total_minor=event.total_minor, key=event.key, lines=event.lines, tax_minor=event.tax_minor
    )
    lines = carried(sale_under_way(offer)).lines
    offer = replace(offer, lines=lines, taken_minor=taken or 0)
    fresh = replace(session, sale=None, redeemed=(), promised=None, sold_in=None)
    currency = session.currency if session.grants else rules.currency
    return replace(fresh, offer=offer, currency=currency), ()


def take_sale(session: Session, event: SaleClosed | SaleClaimed, rules: Rules) -> Change:
    """The sale is closed, in the currency in which its total was told."""
    sale = carried(event.sale)
    currency = rules.currency if session.offer is None else session.currency
    fresh = replace(session, offer=None, redeemed=(), promised=None, sold_in=None)
    return replace(fresh, sale=sale, currency=currency), ()


def forget_card(session: Session, _event: Event, _rules: Rules) -> Change:
    """The next customer is another one."""
    return replace(_without_card(session), purse=None), ()


def forget_sale(session: Session, _event: Event, _rules: Rules) -> Change:
    """No sale is under way."""
    gone = replace(
        session,
        offer=None,
        sale=None,
        currency=None,
        redeemed=(),
        promised=None,
        declined=False,
        gift_wish=None,
    )
    return gone, ()


def count_anonymous(session: Session, _event: Event, _rules: Rules) -> Change:
    """A sale went by without a card; one that was to be claimed had been counted before."""
    if session.sale is not None and session.sale.source is SaleSource.CLAIMED:
        return session, ()
    return replace(session, anonymous_sales=session.anonymous_sales + 1), ()


def note_trouble(session: Session, event: CardTroubled, _rules: Rules) -> Change:
    """Tell the customer what was wrong with the card."""
    return replace(session, trouble=event.trouble), ()


def accept(session: Session, _event: Event, rules: Rules) -> Change:
    """Hand the sale to the journal: the postings of what is held, and the earn, in one commit.

    All carry the closed sale's own key, whatever name a hold was asked for under, so that a
    reprint of this paper is known to terminal and gateway for all time. What the sale is said to
    bring is fixed here: the clock goes on, the sale does not.
    """
    assert session.sale is not None
    sale = with_tenders(session.sale, session.grants)
    before = [one for one in session.grants if one.instrument not in _BEHIND_THE_EARN]
    after = [one for one in session.grants if one.instrument in _BEHIND_THE_EARN]
    drafts = [_redemption(sale, grant) for grant in before]
    if session.card is not None:
        drafts.append(Draft(kind=Kind.EARN, card=session.card, sale=sale))
    drafts += [_redemption(sale, grant) for grant in after]
    counted_in = session.currency or rules.currency
    known = session.card is not None and counted_in == rules.currency
    promised = preview_of(rules, session.told, sale, session.card) if known else None
    changed = replace(session, sale=sale, redeemed=session.grants, promised=promised)
    return changed, (Accept(drafts=tuple(drafts), currency=counted_in),)


def _redemption(sale: Sale, grant: Grant) -> Draft:
    redemption = Redemption(
        hold_id=grant.hold_id, points=grant.points, amount_minor=grant.amount_minor
    )
    return Draft(kind=Kind.REDEEM, card=grant.card, sale=sale, redemption=redemption)


def remember_accepted(session: Session, event: JournalAccepted, _rules: Rules) -> Change:
    """The journal has it: the holds are posted, the sale is recorded, its result is awaited."""
    assert session.sale is not None
    keys = (*session.accepted_keys, session.sale.key)[-ACCEPTED_KEYS_MAX:]
    before = sum(one.instrument not in _BEHIND_THE_EARN for one in session.grants)
    changed = replace(
        session,
        grants=(),
        accepted_keys=keys,
        awaited=event.seqs,
        earn_seq=None if session.card is None else event.seqs[before],
        results=(),
        result=None,
    )
    return changed, ()


def note_journal_refusal(session: Session, event: JournalRefused, _rules: Rules) -> Change:
    """Nothing was written; say why and what to do."""
    return replace(session, refusal=event.refusal, redeemed=()), ()


def keep_results(session: Session, event: ReceiptArrived, _rules: Rules) -> Change:
    """Keep the gateway's word on a part of the sale until the rest is known."""
    named = tuple(one for one in event.results if one.seq in session.awaited)
    return replace(session, results=(*session.results, *named)), ()


def take_result(session: Session, event: ReceiptArrived, rules: Rules) -> Change:
    """Keep the gateway's word on the sale for the screen: a refusal first, else the earn's."""
    session, _ = keep_results(session, event, rules)
    earn_seq = session.awaited[-1] if session.earn_seq is None else session.earn_seq
    results = sorted(
        session.results,
        key=lambda result: (result.status is Status.REFUSED, result.seq == earn_seq, result.seq),
    )
    return replace(session, result=results[-1], awaited=(), results=()), ()


def _without_card(session: Session) -> Session:
    return replace(
        session,
        card=None,
        inquiry_id=None,
        behind=False,
        balance_points=None,
        told=None,
        greeting=None,
    )
