"""Asks the gateway after everybody, as a till does, and holds the answers against the ledger."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.model.authorisation import AuthAnswer, AuthKind, AuthRequest
from gateway.model.card import CardEvidence
from gateway.model.outcome import Reason, Status
from gateway.model.standing import STANDING_ITEMS_MAX, Standing
from simulators.scenario.gateway.names import request_id_of
from simulators.scenario.gateway.room import Room
from simulators.scenario.gateway.talk import Ask
from simulators.scenario.gateway.wire import Wire
from simulators.scenario.port import MemberView, Moment, State

_DEADLINE_MS = 10_000
_LONG_MS = 3_600_000


class Asking:
    """Asks after whoever has something else than when it asked last.

    Args:
        room: where.
        wire: carries the questions.
    """

    def __init__(self, room: Room, wire: Wire) -> None:
        self._room = room
        self._wire = wire
        self._known: dict[str, tuple[MemberView, int]] = {}

    def differences(self, state: State, moment: Moment, now_ms: int) -> Iterator[str]:
        """Say in sentences where an answer is not what the ledger says."""
        room, cards = self._room, _active_cards(self._room)
        asked = [
            view
            for view in state.members
            if view.name in cards and not self._is_known(view, now_ms)
        ]
        if not asked:
            return
        questions = [
            _question(room, cards[view.name], moment, f"{moment.id} {view.name} {now_ms}", now_ms)
            for view in asked
        ]
        for view, sent in zip(asked, self._wire.send(questions, now_ms), strict=True):
            assert isinstance(sent.heard, AuthAnswer), "a question is answered by an answer"
            told, kept = _told(sent.heard), _kept(room, view)
            if told != kept:
                yield f"a till is told of {view.name} {told}, and the ledger says {kept}"

    def _is_known(self, view: MemberView, now_ms: int) -> bool:
        """Whether the same was answered not long ago."""
        known = self._known.get(view.name)
        if known is not None and known[0] == view and now_ms - known[1] < _LONG_MS:
            return True
        self._known[view.name] = (view, now_ms)
        return False


def _active_cards(room: Room) -> dict[str, CardEvidence]:
    """A card of every member who has one that may be used."""
    with room.store.batch() as batch:
        return room.people.active_cards(batch)


def _question(room: Room, card: CardEvidence, moment: Moment, name: str, now_ms: int) -> Ask:
    till, programme = room.till(moment), room.programmes[-1]
    request = AuthRequest(
        request_id=request_id_of(name),
        terminal=till.name,
        kind=AuthKind.INQUIRE,
        made_at_ms=now_ms,
        deadline_ms=now_ms + _DEADLINE_MS,
        programme_version=programme.version,
        currency=programme.currency,
        card=card,
    )
    return Ask(till=till, request=request)


_Standing = tuple[int | None, int, int, str | None, dict[str, int]]


def _told(answer: AuthAnswer) -> _Standing | Reason:
    if answer.status is Status.REFUSED:
        return answer.reason
    standing = answer.standing or Standing()
    return (
        answer.balance_points,
        standing.pending_points or 0,
        standing.credit_minor or 0,
        standing.tier,
        {one.name: one.quantity for one in standing.vouchers},
    )


def _kept(room: Room, view: MemberView) -> _Standing:
    rules = room.programmes[-1].rules
    vouchers: dict[str, int] = {}
    for part in view.vouchers:
        vouchers[part.name] = vouchers.get(part.name, 0) + part.amount
    if not rules.offers and not rules.rewards:
        vouchers = {}
    return (
        view.points,
        view.pending,
        max(view.credit_minor, 0),
        view.tier if rules.tiers.levels else None,
        dict(sorted(vouchers.items())[:STANDING_ITEMS_MAX]),
    )
