"""Asks the gateway what cannot wait: balances, reservations and their release.

A reservation is written into the journal before it is asked for, and leaves it when it is posted,
refused or given back; so an agent that lost its power gives back at the next start what it held.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import structlog

from gateway.clock import Clock
from gateway.crypto.seal import SealType, seal
from gateway.crypto.signer import Signer
from gateway.model.authorisation import CODE_KINDS, AuthAnswer, AuthKind, AuthRequest
from gateway.model.card import CardEvidence
from gateway.model.ids import HOLD_ID_BYTES, HoldId, TerminalId
from gateway.model.money import Currency
from gateway.model.outcome import Reason, Status
from gateway.model.programme import Programme
from gateway.wire.auth import encode_auth_request
from mqtt.link import Link
from mqtt.topics import topic_auth
from terminal_agent.errors import JournalFullError
from terminal_agent.journal.journal import Journal
from terminal_agent.journal.values import OpenHold
from terminal_agent.questions import Question, Questions
from terminal_agent.session.actions import Inquire, Reserve

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class AskingPorts:
    """What asking needs.

    Attributes:
        terminal: who asks.
        signer: its key.
        journal: keeps reservations over a loss of power.
        link: carries the questions.
        clock: the time of asking.
        random_bytes: fresh random bytes of a length, for ids.
        answer_wait_ms: how long somebody at the counter waits for an answer.
    """

    terminal: TerminalId
    signer: Signer
    journal: Journal
    link: Link
    clock: Clock
    random_bytes: Callable[[int], bytes]
    answer_wait_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What a question is asked under: the till's unit and the rules now in force."""

    currency: Currency
    programme: Programme | None

    @property
    def version(self) -> int:
        """The rules' version; 0 where none is in force."""
        return 0 if self.programme is None else self.programme.version

    @property
    def hold_ttl_ms(self) -> int:
        """The longest a reservation may stand; without rules none can be made."""
        return 0 if self.programme is None else self.programme.hold_ttl_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Who asks, when, and for how many milliseconds an answer is of use."""

    terminal: TerminalId
    made_at_ms: int
    wait_ms: int


def request_of(action: Inquire | Reserve, basis: Basis, asked: Asked) -> AuthRequest:
    """Write what the session asks as a request to the gateway. Pure.

    Args:
        action: what is asked.
        basis: what it is asked under.
        asked: by whom and when.
    """
    request = AuthRequest(
        request_id=action.request_id,
        terminal=asked.terminal,
        kind=AuthKind.INQUIRE,
        made_at_ms=asked.made_at_ms,
        deadline_ms=asked.made_at_ms + asked.wait_ms,
        programme_version=basis.version,
        currency=basis.currency,
        card=action.card,
    )
    if isinstance(action, Inquire):
        return request
    return replace(
        request,
        kind=AuthKind.RESERVE,
        currency=action.currency,
        instrument=action.instrument,
        points=action.points,
        reward=action.reward,
        times=action.times,
        sale_key=action.sale_key,
        sale_total_minor=action.sale_total_minor,
        lines=action.lines,
        tax_minor=action.tax_minor,
    )


def cancellation_of(hold_id: HoldId, request_id: HoldId, basis: Basis, asked: Asked) -> AuthRequest:
    """Write that a reservation is given back as a request to the gateway. Pure.

    Args:
        hold_id: the reservation.
        request_id: a fresh id.
        basis: what it is asked under.
        asked: by whom and when.
    """
    return AuthRequest(
        request_id=request_id,
        terminal=asked.terminal,
        kind=AuthKind.CANCEL,
        made_at_ms=asked.made_at_ms,
        deadline_ms=asked.made_at_ms + asked.wait_ms,
        programme_version=basis.version,
        currency=basis.currency,
        hold_id=hold_id,
    )


def code_request_of(
    card: CardEvidence, request_id: HoldId, basis: Basis, asked: Asked
) -> AuthRequest:
    """Write that a code is to be sent, or was told, as a request to the gateway. Pure.

    Args:
        card: whose owner is to be asked; its proof is the code that was told, if any.
        request_id: a fresh id.
        basis: what it is asked under.
        asked: by whom and when.
    """
    return AuthRequest(
        request_id=request_id,
        terminal=asked.terminal,
        kind=AuthKind.CHALLENGE if card.proof is None else AuthKind.PROVE,
        made_at_ms=asked.made_at_ms,
        deadline_ms=asked.made_at_ms + asked.wait_ms,
        programme_version=basis.version,
        currency=basis.currency,
        card=card,
    )


def stands_ms(answer: AuthAnswer, wait_ms: int) -> int | None:
    """How long a granted reservation surely still stands, by the gateway's own clock. Pure.

    The answer may have been on its way for as long as the counter waits for one; ours and the
    gateway's clocks are never compared.

    Args:
        answer: the gateway's.
        wait_ms: how long the counter waits.
    """
    if answer.expires_at_ms is None:
        return None
    granted_ms = answer.expires_at_ms - answer.answered_at_ms
    return max(granted_ms - wait_ms, 1)


class Asker:
    """Puts questions, repeats them until they are answered or pointless, and reads answers."""

    def __init__(self, ports: AskingPorts) -> None:
        """Begin with no question."""
        self._ports = ports
        self._questions = Questions()
        self._topic = topic_auth(ports.terminal)

    def fresh_id(self) -> HoldId:
        """A new random id."""
        return HoldId(self._ports.random_bytes(HOLD_ID_BYTES))

    def inquire(self, action: Inquire, basis: Basis) -> None:
        """Ask after a card's balance."""
        self._ask(request_of(action, basis, self._asked_now()), self._ports.answer_wait_ms)

    def reserve(self, action: Reserve, basis: Basis) -> None:
        """Ask for a reservation, after writing it down.

        Without room in the journal it is not asked for: the session's wait ends by itself.
        """
        request = request_of(action, basis, self._asked_now())
        hold = OpenHold(
            hold_id=action.request_id,
            sale_key=action.sale_key,
            asked_at_ms=request.made_at_ms,
            expires_at_ms=request.deadline_ms + basis.hold_ttl_ms,
        )
        try:
            self._ports.journal.remember_hold(hold)
        except JournalFullError as error:
            _log.warning("reservation not asked for", error=str(error))
            return
        self._ask(request, self._ports.answer_wait_ms)

    def cancel(self, hold_id: HoldId, basis: Basis, lasts_ms: int | None = None) -> None:
        """Give a reservation back, and stop asking for it.

        Args:
            hold_id: the reservation.
            basis: what the question is asked under.
            lasts_ms: how long the reservation can still stand, where that is known.
        """
        self._questions.withdraw(hold_id)
        if lasts_ms is None:
            lasts_ms = basis.hold_ttl_ms + self._ports.answer_wait_ms
        asked = replace(self._asked_now(), wait_ms=lasts_ms)
        self._ask(cancellation_of(hold_id, self.fresh_id(), basis, asked), lasts_ms)

    def about_code(self, card: CardEvidence, basis: Basis) -> None:
        """Have a code sent to the owner of a card, or tell the one that is the card's proof."""
        request = code_request_of(card, self.fresh_id(), basis, self._asked_now())
        self._ask(request, self._ports.answer_wait_ms)

    def lapsed_codes(self) -> bool:
        """Whether the gateway gave no answer in time to a question about a code; told once."""
        return bool(self._questions.give_up(self._ports.clock.monotonic_ms(), CODE_KINDS))

    def give_back_open_holds(self, basis: Basis) -> int:
        """Cancel what an earlier run of the agent reserved and did not post.

        Returns:
            how many cancellations were asked for.
        """
        asked = 0
        now_ms = self._ports.clock.unix_ms()
        for hold in self._ports.journal.open_holds():
            if now_ms >= hold.expires_at_ms:
                self._close(hold.hold_id)
            else:
                self.cancel(hold.hold_id, basis, hold.expires_at_ms - now_ms)
                asked += 1
        return asked

    def turned_away(self, inquiry_id: HoldId) -> AuthAnswer:
        """The answer to a question about a card that the gateway has told us to turn away."""
        ports = self._ports
        return AuthAnswer(
            request_id=inquiry_id,
            terminal=ports.terminal,
            kind=AuthKind.INQUIRE,
            status=Status.REFUSED,
            reason=Reason.CARD_BLOCKED,
            answered_at_ms=ports.clock.unix_ms(),
        )

    def take_answer(self, answer: AuthAnswer) -> bool:
        """Note an answer: stop asking, and keep the journal's reservations true.

        Returns:
            whether somebody still waited for it.
        """
        question = self._questions.answered(answer.request_id)
        if answer.kind is AuthKind.CANCEL and question is not None:
            # Freed now or resolved before: either way nobody holds these points for us any more.
            assert question.hold_id is not None
            self._close(question.hold_id)
        elif answer.kind is AuthKind.RESERVE and question is not None:
            self._note_reservation(answer)
        return question is not None

    def _note_reservation(self, answer: AuthAnswer) -> None:
        if answer.status is not Status.APPLIED:
            self._close(answer.request_id)
            return
        points, amount_minor = answer.points, answer.amount_minor
        expires_at_ms = answer.expires_at_ms
        if points is None or amount_minor is None or expires_at_ms is None:
            return
        try:
            self._ports.journal.grant_hold(
                answer.request_id,
                points=points,
                amount_minor=amount_minor,
                expires_at_ms=expires_at_ms,
            )
        except JournalFullError as error:
            # The row without figures gives the hold back at the next start all the same.
            _log.warning("grant not written down", error=str(error))

    def _close(self, hold_id: HoldId) -> None:
        """Forget a reservation; where the disk has no room, the next start finds it and does."""
        try:
            self._ports.journal.close_hold(hold_id)
        except JournalFullError as error:
            _log.warning("reservation not crossed out", error=str(error))

    def link_up(self) -> None:
        """There is a new connection: put every question again."""
        self._questions.link_up(self._ports.clock.monotonic_ms())

    def pump(self) -> None:
        """Publish the questions that are due, and give up those whose time is over."""
        now_ms = self._ports.clock.monotonic_ms()
        for question in self._questions.give_up(now_ms):
            if question.hold_id is not None:
                # By now the gateway has freed it by itself.
                self._close(question.hold_id)
        for question in self._questions.due(now_ms):
            if self._ports.link.publish(self._topic, question.envelope) is None:
                return
            self._questions.asked(question.request_id, now_ms)

    def _asked_now(self) -> Asked:
        return Asked(
            terminal=self._ports.terminal,
            made_at_ms=self._ports.clock.unix_ms(),
            wait_ms=self._ports.answer_wait_ms,
        )

    def _ask(self, request: AuthRequest, lasts_ms: int) -> None:
        now_ms = self._ports.clock.monotonic_ms()
        envelope = seal(encode_auth_request(request), SealType.AUTH_REQUEST, self._ports.signer)
        question = Question(
            request_id=request.request_id,
            kind=request.kind,
            envelope=envelope,
            until_ms=now_ms + lasts_ms,
            hold_id=request.hold_id,
        )
        self._questions.ask(question, now_ms)
