"""What people do at the desk, and members away from the till: commands, enrolments, events."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.model.card import CardProfile
from gateway.model.ids import MemberId
from gateway.model.ledger_command import LedgerCommand, LedgerCommandKind
from gateway.model.outcome import Reason
from gateway.model.rules.earning import Unit
from gateway.model.transaction import Kind, MemberEvent
from simulators.scenario import steps, steps_desk
from simulators.scenario.gateway.names import card_of, command_id_of, source_of
from simulators.scenario.gateway.room import Room
from simulators.scenario.gateway.talk import Done, Talk, order, tell
from simulators.scenario.gateway.till import Draft
from simulators.scenario.port import Answer, Moment, Part

DESK = "desk"
"""Who commands, as the journal remembers it."""


def enrol(room: Room, step: steps.Enrol, moment: Moment) -> Talk[Answer]:
    """Make a card a new member's."""
    programme = room.rules(moment)
    draft = Draft(
        kind=Kind.ENROL,
        currency=programme.currency,
        programme_version=programme.version,
        made_at_ms=moment.made_at_ms,
        card=room.people.show(step.card),
    )
    told = yield from tell(room.till(moment), draft)
    return Answer(refused=told.refused)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The parts of a command that differ from kind to kind; see ``LedgerCommand``."""

    kind: LedgerCommandKind
    member_id: MemberId | None = None
    other_member_id: MemberId | None = None
    unit: Unit | None = None
    amount: int | None = None
    token: str | None = None
    other_token: str | None = None
    card_profile: str | None = None
    last_four: str | None = None
    reward: str | None = None
    quantity: int | None = None
    segments: tuple[str, ...] | None = None


def command_of(room: Room, wanted: Wanted, moment: Moment, nth: str = "") -> LedgerCommand:
    """Make a command of a step.

    Args:
        room: where.
        wanted: what.
        moment: when.
        nth: tells several commands of one step apart.
    """
    return LedgerCommand(
        id=command_id_of(f"{moment.id}{nth}"),
        kind=wanted.kind,
        made_by=DESK,
        branch=room.till(moment).branch,
        member_id=wanted.member_id,
        other_member_id=wanted.other_member_id,
        unit=wanted.unit,
        amount=wanted.amount,
        token=wanted.token,
        other_token=wanted.other_token,
        card_profile=wanted.card_profile,
        last_four=wanted.last_four,
        reward=wanted.reward,
        quantity=wanted.quantity,
        segments=wanted.segments,
    )


def _ordered(room: Room, wanted: Wanted, moment: Moment) -> Talk[Done]:
    return (yield from order(command_of(room, wanted, moment)))


def adjust(room: Room, step: steps_desk.Adjust, moment: Moment) -> Talk[Answer]:
    """Give or take points or credit."""
    wanted = Wanted(
        kind=LedgerCommandKind.ADJUST,
        member_id=room.people.member(room.store, step.member),
        unit=step.unit,
        amount=step.amount,
    )
    done = yield from _ordered(room, wanted, moment)
    return Answer(refused=done.refused)


def transfer(room: Room, step: steps_desk.Transfer, moment: Moment) -> Talk[Answer]:
    """Move stored credit between members."""
    taker = room.people.member(room.store, step.to)
    wanted = Wanted(
        kind=LedgerCommandKind.TRANSFER,
        member_id=room.people.member(room.store, step.member),
        other_member_id=taker,
        amount=step.amount_minor,
    )
    done = yield from _ordered(room, wanted, moment)
    if done.refused is not Reason.NONE:
        return Answer(refused=done.refused)
    return Answer(amount_minor=room.effects.moved_to(done.index, taker, Unit.CREDIT))


def grant(room: Room, step: steps_desk.Grant, moment: Moment) -> Talk[Answer]:
    """Give coupons."""
    wanted = Wanted(
        kind=LedgerCommandKind.GRANT_VOUCHER,
        member_id=room.people.member(room.store, step.member),
        reward=step.reward,
        quantity=step.quantity,
    )
    done = yield from _ordered(room, wanted, moment)
    if done.refused is not Reason.NONE:
        return Answer(refused=done.refused)
    given = room.effects.given(done.index, wanted.member_id)
    return Answer(
        vouchers=tuple(Part(name=step.reward, amount=one.amount) for one in given.vouchers)
    )


def segments(room: Room, step: steps_desk.Segments, moment: Moment) -> Talk[Answer]:
    """Put a member into groups."""
    wanted = Wanted(
        kind=LedgerCommandKind.SET_SEGMENTS,
        member_id=room.people.member(room.store, step.member),
        segments=tuple(sorted(set(step.segments))),
    )
    done = yield from _ordered(room, wanted, moment)
    return Answer(refused=done.refused)


def referrer(room: Room, step: steps_desk.Referrer, moment: Moment) -> Talk[Answer]:
    """Write down who brought a member."""
    wanted = Wanted(
        kind=LedgerCommandKind.SET_REFERRER,
        member_id=room.people.member(room.store, step.member),
        other_member_id=room.people.member(room.store, step.brought_by),
    )
    done = yield from _ordered(room, wanted, moment)
    return Answer(refused=done.refused)


def replace_card(room: Room, step: steps_desk.ReplaceCard, moment: Moment) -> Talk[Answer]:
    """Let a new card take an old one's place."""
    wanted = Wanted(
        kind=LedgerCommandKind.REPLACE_CARD,
        token=card_of(step.card).token.hex(),
        other_token=room.people.show(step.by).token.hex(),
        card_profile=CardProfile.UID.value,
    )
    done = yield from _ordered(room, wanted, moment)
    return Answer(refused=done.refused)


# -- households -----------------------------------------------------------------------------------


def household_found(room: Room, step: steps_desk.HouseholdFound, moment: Moment) -> Talk[Answer]:
    """Found a household."""
    return (yield from _household(room, LedgerCommandKind.FOUND_HOUSEHOLD, step.member, moment))


def household_invite(room: Room, step: steps_desk.HouseholdInvite, moment: Moment) -> Talk[Answer]:
    """Invite a member."""
    wanted = Wanted(
        kind=LedgerCommandKind.INVITE_TO_HOUSEHOLD,
        member_id=room.people.member(room.store, step.member),
        other_member_id=room.people.member(room.store, step.invited),
    )
    done = yield from _ordered(room, wanted, moment)
    return Answer(refused=done.refused)


def household_join(room: Room, step: steps_desk.HouseholdJoin, moment: Moment) -> Talk[Answer]:
    """Join the household that invited."""
    return (yield from _household(room, LedgerCommandKind.JOIN_HOUSEHOLD, step.member, moment))


def household_leave(room: Room, step: steps_desk.HouseholdLeave, moment: Moment) -> Talk[Answer]:
    """Leave, and take along what the rules say."""
    return (yield from _household(room, LedgerCommandKind.LEAVE_HOUSEHOLD, step.member, moment))


def _household(room: Room, kind: LedgerCommandKind, member: str, moment: Moment) -> Talk[Answer]:
    member_id = room.people.member(room.store, member)
    done = yield from _ordered(room, Wanted(kind=kind, member_id=member_id), moment)
    if done.refused is not Reason.NONE:
        return Answer(refused=done.refused)
    if kind is not LedgerCommandKind.LEAVE_HOUSEHOLD:
        return Answer()
    moved = room.effects.moved_to
    return Answer(
        amount_minor=moved(done.index, member_id, Unit.CREDIT),
        returned=moved(done.index, member_id, Unit.POINTS),
    )
