"""What people do at the desk, and members away from the till: commands, enrolments, events."""

from __future__ import annotations

from typing import Unpack

from gateway.model.card import CardProfile
from gateway.model.ledger_command import CommandParts, LedgerCommand, LedgerCommandKind
from gateway.model.outcome import Reason
from gateway.model.rules.earning import Unit
from gateway.model.transaction import Kind, MemberEvent
from simulators.scenario import steps, steps_desk
from simulators.scenario.gateway.names import card_of, command_id_of, source_of
from simulators.scenario.gateway.room import Room
from simulators.scenario.gateway.talk import Done, Talk, Told, order, tell
from simulators.scenario.gateway.till import Draft
from simulators.scenario.port import Answer, Moment, Part

DESK = "desk"
"""Who commands, as the journal remembers it."""


def enrol(room: Room, step: steps.Enrol, moment: Moment) -> Talk[Answer]:
    """Make a card a new member's."""
    told = yield from enrolled(room, step.card, moment)
    return Answer(refused=told.refused)


def enrolled(room: Room, card: str, moment: Moment) -> Talk[Told]:
    """Seal that a card is a new member's."""
    programme = room.rules(moment)
    draft = Draft(
        kind=Kind.ENROL,
        currency=programme.currency,
        programme_version=programme.version,
        made_at_ms=moment.made_at_ms,
        card=room.people.show(card),
    )
    return (yield from tell(room.till(moment), draft))


def event(room: Room, step: steps_desk.Event, moment: Moment) -> Talk[Answer]:
    """Tell of something that is no purchase."""
    programme = room.rules(moment)
    draft = Draft(
        kind=Kind.EVENT,
        currency=programme.currency,
        programme_version=programme.version,
        made_at_ms=moment.made_at_ms,
        card=room.people.card_of_member(room.store, step.member),
        event=MemberEvent(name=step.event, source=source_of(step.source or moment.id)),
    )
    told = yield from tell(room.till(moment), draft)
    if told.refused is not Reason.NONE:
        return Answer(refused=told.refused)
    given = room.effects.given(told.index, room.people.member(room.store, step.member))
    return Answer(
        earned=given.points,
        credit_earned=given.credit,
        awards=given.awards,
        vouchers=given.vouchers,
        tier=given.tier,
    )


# -- commands -------------------------------------------------------------------------------------


def ordered(
    room: Room,
    moment: Moment,
    kind: LedgerCommandKind,
    nth: str = "",
    **parts: Unpack[CommandParts],
) -> Talk[Done]:
    """Have a step's command done.

    Args:
        room: where.
        moment: when.
        kind: what.
        nth: tells several commands of one step apart.
        parts: those that the kind needs.
    """
    command = LedgerCommand(
        id=command_id_of(f"{moment.id}{nth}"),
        kind=kind,
        made_by=DESK,
        branch=room.till(moment).branch,
        **parts,
    )
    return (yield from order(command))


def adjust(room: Room, step: steps_desk.Adjust, moment: Moment) -> Talk[Answer]:
    """Give or take points or credit."""
    done = yield from ordered(
        room,
        moment,
        LedgerCommandKind.ADJUST,
        member_id=room.people.member(room.store, step.member),
        unit=step.unit,
        amount=step.amount,
    )
    return Answer(refused=done.refused)


def transfer(room: Room, step: steps_desk.Transfer, moment: Moment) -> Talk[Answer]:
    """Move stored credit between members."""
    taker = room.people.member(room.store, step.to)
    done = yield from ordered(
        room,
        moment,
        LedgerCommandKind.TRANSFER,
        member_id=room.people.member(room.store, step.member),
        other_member_id=taker,
        amount=step.amount_minor,
    )
    if done.refused is not Reason.NONE:
        return Answer(refused=done.refused)
    return Answer(amount_minor=room.effects.moved_to(done.index, taker, Unit.CREDIT))


def grant(room: Room, step: steps_desk.Grant, moment: Moment) -> Talk[Answer]:
    """Give coupons."""
    member_id = room.people.member(room.store, step.member)
    done = yield from ordered(
        room,
        moment,
        LedgerCommandKind.GRANT_VOUCHER,
        member_id=member_id,
        reward=step.reward,
        quantity=step.quantity,
    )
    if done.refused is not Reason.NONE:
        return Answer(refused=done.refused)
    given = room.effects.given(done.index, member_id)
    return Answer(
        vouchers=tuple(Part(name=step.reward, amount=one.amount) for one in given.vouchers)
    )


def segments(room: Room, step: steps_desk.Segments, moment: Moment) -> Talk[Answer]:
    """Put a member into groups."""
    done = yield from ordered(
        room,
        moment,
        LedgerCommandKind.SET_SEGMENTS,
        member_id=room.people.member(room.store, step.member),
        segments=tuple(sorted(set(step.segments))),
    )
    return Answer(refused=done.refused)


def referrer(room: Room, step: steps_desk.Referrer, moment: Moment) -> Talk[Answer]:
    """Write down who brought a member."""
    done = yield from ordered(
        room,
        moment,
        LedgerCommandKind.SET_REFERRER,
        member_id=room.people.member(room.store, step.member),
        other_member_id=room.people.member(room.store, step.brought_by),
    )
    return Answer(refused=done.refused)


def replace_card(room: Room, step: steps_desk.ReplaceCard, moment: Moment) -> Talk[Answer]:
    """Let a new card take an old one's place."""
    done = yield from ordered(
        room,
        moment,
        LedgerCommandKind.REPLACE_CARD,
        token=card_of(step.card).token.hex(),
        other_token=room.people.show(step.by).token.hex(),
        card_profile=CardProfile.UID.value,
    )
    return Answer(refused=done.refused)


# -- households -----------------------------------------------------------------------------------


def household_found(room: Room, step: steps_desk.HouseholdFound, moment: Moment) -> Talk[Answer]:
    """Found a household."""
    return (yield from _household(room, LedgerCommandKind.FOUND_HOUSEHOLD, step.member, moment))


def household_invite(room: Room, step: steps_desk.HouseholdInvite, moment: Moment) -> Talk[Answer]:
    """Invite a member."""
    done = yield from ordered(
        room,
        moment,
        LedgerCommandKind.INVITE_TO_HOUSEHOLD,
        member_id=room.people.member(room.store, step.member),
        other_member_id=room.people.member(room.store, step.invited),
    )
    return Answer(refused=done.refused)


def household_join(room: Room, step: steps_desk.HouseholdJoin, moment: Moment) -> Talk[Answer]:
    """Join the household that invited."""
    return (yield from _household(room, LedgerCommandKind.JOIN_HOUSEHOLD, step.member, moment))


def household_leave(room: Room, step: steps_desk.HouseholdLeave, moment: Moment) -> Talk[Answer]:
    """Leave, and take along what the rules say."""
    return (yield from _household(room, LedgerCommandKind.LEAVE_HOUSEHOLD, step.member, moment))


def _household(room: Room, kind: LedgerCommandKind, member: str, moment: Moment) -> Talk[Answer]:
    member_id = room.people.member(room.store, member)
    done = yield from ordered(room, moment, kind, member_id=member_id)
    if done.refused is not Reason.NONE:
        return Answer(refused=done.refused)
    if kind is not LedgerCommandKind.LEAVE_HOUSEHOLD:
        return Answer()
    moved = room.effects.moved_to
    return Answer(
        amount_minor=moved(done.index, member_id, Unit.CREDIT),
        returned=moved(done.index, member_id, Unit.POINTS),
    )
