"""A member's phone number as a card: keyed at a till, it finds its member.

The profile is the office's and the card is the ledger's, and the two are kept one after the other.
Where the ledger could not be asked, the page says so, and saving the profile once more does what
was left: each step is done only where it is missing.
"""

from __future__ import annotations

from gateway.errors import MohrError
from gateway.ledger.kinds import CardState
from gateway.model.card import CardProfile
from gateway.model.ids import CardToken, MemberId
from gateway.model.ledger_command import LedgerCommand, LedgerCommandKind
from gateway.model.outcome import Status
from gateway.office.card_names import phone_token
from gateway.office.commands import SetCardBlocked
from gateway.office.trail import Values
from gateway.queries.member_points import points_of
from gateway.queries.members import MemberLine
from web_admin.changes import recorded_command
from web_admin.context import current_house
from web_admin.desk.commanding import carry_out, maker, new_command_id


def other_owner(member_id: MemberId, phone: str) -> MemberId | None:
    """Whom else a number finds at tills already, or found before it was blocked; None for nobody.

    Raises:
        OfficeError: if the card key cannot be read.
    """
    owner = current_house().ledger.balance_of_card(_token(phone))
    return None if owner is None or owner.member_id == member_id else owner.member_id


def follow_number(member: MemberLine, before: str | None, after: str | None) -> bool:
    """Let the number of a profile be the member's card, and the number before it none any more.

    Args:
        member: whose profile was saved.
        before: the number that stood in it; None for none.
        after: the number that stands in it now.

    Returns:
        whether all of it was done; False leaves the rest to the next time.
    """
    try:
        done = after is None or _become(member, _token(after), is_new=after != before)
        if before is not None and before != after:
            done = _leave(member.member_id, _token(before)) and done
    except MohrError:
        # The trail has it already, where anything was begun.
        return False
    return done


def _become(member: MemberLine, token: CardToken, *, is_new: bool) -> bool:
    state = _state(member.member_id, token)
    if state is CardState.BLOCKED and is_new:
        # It was blocked when the number was taken out, and the number has come back.
        return _set_blocked(member.member_id, token, blocked=False)
    if state is not None:
        return True
    command = LedgerCommand(
        id=new_command_id(),
        kind=LedgerCommandKind.ADD_CARD,
        made_by=maker(),
        branch=member.branch,
        member_id=member.member_id,
        other_token=token.hex(),
        card_profile=CardProfile.PHONE.value,
    )
    done = carry_out(command, member.member_id, {}, lambda: _told(token, CardState.ACTIVE))
    return done.status is not Status.REFUSED


def _leave(member_id: MemberId, token: CardToken) -> bool:
    if _state(member_id, token) is not CardState.ACTIVE:
        return True
    return _set_blocked(member_id, token, blocked=True)


def _set_blocked(member_id: MemberId, token: CardToken, *, blocked: bool) -> bool:
    states = (CardState.ACTIVE, CardState.BLOCKED)
    before, after = states if blocked else states[::-1]
    return recorded_command(
        "card.block" if blocked else "card.unblock",
        member_id,
        _told(token, before),
        SetCardBlocked(token=token.hex(), blocked=blocked),
        _told(token, after),
    ).ok


def _state(member_id: MemberId, token: CardToken) -> CardState | None:
    """The state of a member's own card; None where there is no such card."""
    cards = points_of(current_house().ledger, member_id).cards
    return next((one.state for one in cards if one.token == token), None)


def _told(token: CardToken, state: CardState) -> Values:
    return {"card": f"{token.hex()[:8]}…", "state": state.value}


def _token(phone: str) -> CardToken:
    return phone_token(current_house().data_dir, phone)
