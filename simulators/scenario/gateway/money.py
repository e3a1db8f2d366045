"""Money paid in: stored credit and gift cards. A till looks at the limits before it takes money."""

from __future__ import annotations

from gateway.model.authorisation import AuthAnswer, AuthKind, AuthRequest
from gateway.model.card import CardEvidence
from gateway.model.instrument import Instrument
from gateway.model.ledger_command import LedgerCommandKind
from gateway.model.outcome import Reason, Status
from gateway.model.programme import Programme
from gateway.model.sale import Sale
from gateway.model.transaction import Kind, Load
from gateway.program.stored import GiftCard, gift_card_load_refusal, top_up_refusal
from simulators.scenario import steps, steps_desk
from simulators.scenario.gateway.desk import ordered
from simulators.scenario.gateway.names import card_of, request_id_of
from simulators.scenario.gateway.room import Room
from simulators.scenario.gateway.talk import Talk, ask, tell
from simulators.scenario.gateway.till import Draft
from simulators.scenario.port import Answer, Moment

_DEADLINE_MS = 10_000


def top_up(room: Room, step: steps.TopUp, moment: Moment) -> Talk[Answer]:
    """Pay stored credit in."""
    programme, card = room.rules(moment), room.people.show(step.card)
    stands = yield from _inquire(room, card, moment)
    if stands.status is Status.REFUSED:
        return Answer(refused=stands.reason)
    refusal = top_up_refusal(
        programme, amount_minor=step.amount_minor, balance_minor=_credit_minor(stands)
    )
    if refusal is not None:
        return Answer(refused=refusal)
    load = Load(instrument=Instrument.CREDIT, amount_minor=step.amount_minor)
    return (yield from _load(room, card, load, moment))


def gift_load(room: Room, step: steps.GiftLoad, moment: Moment) -> Talk[Answer]:
    """Add money to a gift card, or make a new one."""
    refusal = yield from _load_refusal(room, step.gift_card, step.amount_minor, moment)
    if refusal is not None:
        return Answer(refused=refusal)
    room.gift_cards.append(step.gift_card)
    load = Load(instrument=Instrument.GIFT, amount_minor=step.amount_minor)
    return (yield from _load(room, room.people.show(step.gift_card), load, moment))


def gift_issue(room: Room, step: steps.GiftIssue, moment: Moment) -> Talk[Answer]:
    """Issue gift cards, all of them or none: at the till that closed their sale, or at a desk."""
    printed = None if step.sale is None else room.printed.get(step.sale)
    if printed is None:
        return (yield from _issue_at_desk(room, step, moment))
    for card in step.gift_cards:
        refusal = yield from _load_refusal(room, card, step.amount_minor, moment)
        if refusal is not None:
            return Answer(refused=refusal)
    load = Load(instrument=Instrument.GIFT, amount_minor=step.amount_minor)
    for card in step.gift_cards:
        room.gift_cards.append(card)
        loaded = yield from _load(room, room.people.show(card), load, moment, printed.sale)
        if loaded.refused is not Reason.NONE:
            return loaded
    return Answer(amount_minor=step.amount_minor * len(step.gift_cards))


def _issue_at_desk(room: Room, step: steps.GiftIssue, moment: Moment) -> Talk[Answer]:
    for card in step.gift_cards:
        done = yield from ordered(
            room,
            moment,
            LedgerCommandKind.ISSUE_GIFT_CARD,
            f" {card}",
            token=room.people.show(card).token.hex(),
            amount=step.amount_minor,
            last_four=card[-4:],
        )
        if done.refused is not Reason.NONE:
            return Answer(refused=done.refused)
        room.gift_cards.append(card)
    return Answer(amount_minor=step.amount_minor * len(step.gift_cards))


def gift_block(room: Room, step: steps_desk.GiftBlock, moment: Moment) -> Talk[Answer]:
    """Block a gift card, or set it free."""
    block, free = LedgerCommandKind.BLOCK_GIFT_CARD, LedgerCommandKind.UNBLOCK_GIFT_CARD
    kind, token = block if step.blocked else free, card_of(step.gift_card).token.hex()
    done = yield from ordered(room, moment, kind, token=token)
    return Answer(refused=done.refused)


# -- parts ----------------------------------------------------------------------------------------


def _load_refusal(room: Room, name: str, amount_minor: int, moment: Moment) -> Talk[Reason | None]:
    """What the programme's limits have against a load, by the gateway's word on the card."""
    programme, card = room.rules(moment), room.people.show(name)
    stands = yield from _inquire(room, card, moment, f" after {name}")
    if stands.status is Status.REFUSED and stands.reason is not Reason.UNKNOWN_CARD:
        return stands.reason
    known = None if stands.status is Status.REFUSED else _gift_card(programme, stands)
    return gift_card_load_refusal(programme, known, amount_minor=amount_minor, at_ms=moment.at_ms)


def _inquire(room: Room, card: CardEvidence, moment: Moment, after: str = "") -> Talk[AuthAnswer]:
    till, programme = room.till(moment), room.rules(moment)
    request = AuthRequest(
        request_id=request_id_of(f"{moment.id} inquires{after}"),
        terminal=till.name,
        kind=AuthKind.INQUIRE,
        made_at_ms=moment.made_at_ms,
        deadline_ms=moment.made_at_ms + _DEADLINE_MS,
        programme_version=programme.version,
        currency=programme.currency,
        card=card,
    )
    return (yield from ask(till, request))


def _credit_minor(stands: AuthAnswer) -> int:
    return 0 if stands.standing is None else stands.standing.credit_minor or 0


def _gift_card(programme: Programme, stands: AuthAnswer) -> GiftCard:
    """A gift card as a till knows it: by what is left on it."""
    return GiftCard(balance_minor=_credit_minor(stands), currency=programme.currency)


def _load(
    room: Room, card: CardEvidence, load: Load, moment: Moment, sale: Sale | None = None
) -> Talk[Answer]:
    programme = room.rules(moment)
    draft = Draft(
        kind=Kind.TOP_UP,
        currency=programme.currency,
        programme_version=programme.version,
        made_at_ms=moment.made_at_ms,
        card=card,
        sale=sale,
        load=load,
    )
    told = yield from tell(room.till(moment), draft)
    paid_minor = 0 if told.refused is not Reason.NONE else load.amount_minor
    return Answer(refused=told.refused, amount_minor=paid_minor)
