"""Households: members who use their founder's wallet."""

from __future__ import annotations

from gateway.model.outcome import Reason
from gateway.model.rules.earning import Unit
from gateway.model.rules.stored_value import LeavePolicy
from simulators.scenario import steps_desk
from simulators.scenario.port import Answer, Moment
from simulators.scenario.pure.books import Books
from simulators.scenario.pure.desk import move
from simulators.scenario.pure.knowledge import current


def found(books: Books, step: steps_desk.HouseholdFound, moment: Moment) -> Answer:
    """Found a household: the founder's wallet becomes its own."""
    policy = current(books, moment).rules.households
    if policy.members_maximum == 0:
        return Answer(refused=Reason.HOUSEHOLD_NOT_OFFERED)
    if books.members[step.member].household is not None:
        return Answer(refused=Reason.ALREADY_IN_HOUSEHOLD)
    books.change(step.member, household=step.member)
    return Answer()


def invite(books: Books, step: steps_desk.HouseholdInvite, moment: Moment) -> Answer:
    """Let somebody join, as long as there is room."""
    founder = books.members[step.member].household
    if founder is None:
        return Answer(refused=Reason.NOT_IN_HOUSEHOLD)
    if founder != step.member:
        return Answer(refused=Reason.NOT_HOUSEHOLD_FOUNDER)
    if books.members[step.invited].household is not None:
        return Answer(refused=Reason.ALREADY_IN_HOUSEHOLD)
    if _is_full(books, founder, moment):
        return Answer(refused=Reason.HOUSEHOLD_FULL)
    books.invited |= {(step.member, step.invited)}
    return Answer()


def join(books: Books, step: steps_desk.HouseholdJoin, moment: Moment) -> Answer:
    """Join the household that invited; what the member has goes into its wallet."""
    founder = next((who for who, invited in books.invited if invited == step.member), None)
    if books.members[step.member].household is not None:
        return Answer(refused=Reason.ALREADY_IN_HOUSEHOLD)
    if founder is None:
        return Answer(refused=Reason.NOT_INVITED)
    if _is_full(books, founder, moment):
        return Answer(refused=Reason.HOUSEHOLD_FULL)
    books.invited -= {(founder, step.member)}
    for unit in Unit:
        amount = books.wallet(step.member, unit).active(moment.at_ms)
        move(books, (step.member, founder), unit, amount, moment)
    books.change(step.member, household=founder)
    return Answer()


def leave(books: Books, step: steps_desk.HouseholdLeave, moment: Moment) -> Answer:
    """Leave, and take along what the rules say."""
    founder = books.members[step.member].household
    if founder in (None, step.member):
        return Answer(refused=Reason.NOT_IN_HOUSEHOLD)
    owner = str(founder)
    shares = {unit: _share(books, step.member, unit, moment) for unit in Unit}
    books.change(step.member, household=None)
    for unit, amount in shares.items():
        move(books, (owner, step.member), unit, amount, moment)
    return Answer(amount_minor=shares[Unit.CREDIT], returned=shares[Unit.POINTS])


def _share(books: Books, member: str, unit: Unit, moment: Moment) -> int:
    policy = current(books, moment).rules.households.leave
    owner = books.owner_of(member)
    wallet = books.wallet(owner, unit)
    if policy is LeavePolicy.EQUAL_SHARE:
        return wallet.active(moment.at_ms) // len(_together(books, owner))
    if policy is LeavePolicy.OWN_SHARE:
        mine = (lot for lot in wallet.lots if lot.owner == member)
        return sum(lot.left for lot in mine if lot.can_be_spent(moment.at_ms))
    return 0


def _is_full(books: Books, founder: str, moment: Moment) -> bool:
    maximum = current(books, moment).rules.households.members_maximum
    return len(_together(books, founder)) >= maximum


def _together(books: Books, founder: str) -> list[str]:
    return [member.name for member in books.members.values() if member.household == founder]
