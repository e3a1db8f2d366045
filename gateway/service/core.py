"""The gateway without threads: deliveries in, durable decisions out as things to send.

The shell (``runner``) owns the broker, the threads and the waiting; the simulators and most tests
drive this class directly. ``open`` may be called from any thread, everything else from one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import structlog

from gateway.crypto.seal import SealType, seal
from gateway.crypto.signer import Signer
from gateway.errors import KeyStoreError, LedgerError, MohrError
from gateway.intake.key_ring import KeyRing
from gateway.intake.open_message import open_message
from gateway.ledger.errors import InvariantError, NotLoadedError
from gateway.ledger.store import LedgerStore
from gateway.model.authorisation import AuthAnswer
from gateway.model.ids import MemberId, TerminalId
from gateway.model.programme import Programme
from gateway.notifier import Notice, NoticeKind
from gateway.office.commands import (
    ApplyLedgerCommand,
    Command,
    DiscardQuarantined,
    GetStats,
    ListTerminals,
    Reply,
    Stats,
)
from gateway.office.terminal_hint import TerminalHint
from gateway.program.versions import programme_at
from gateway.service.administration import apply_ledger_command, execute
from gateway.service.configurations import Configurations
from gateway.service.greeting import Greet, Greeter, Inquired, nobody
from gateway.service.messages import Opened, Publish, Step, Unsealed
from gateway.service.presence import Presence, StateHint, parse_hint
from gateway.service.told import CardOffice, Told, tell
from gateway.wire.auth import encode_auth_answer
from gateway.wire.receipt import encode_receipt, encode_resend_request
from gateway.writer.decision import Alarm, AlarmKind, Decision
from gateway.writer.writer import Writer
from mqtt.link import Delivered
from mqtt.topics import Leaf, parse_topic, topic_rx

#: Nights are looked for so often: a night is hours long, and nobody waits for its first minute.
_NIGHT_EVERY_MS: Final = 60_000
_NO_CARDS: Final = CardOffice()


class GatewayCore:
    """Verify, apply, seal; what to do afterwards is returned as a ``Step``.

    Attributes:
        night_left: of the nightly run there is more to do at once.
    """

    def __init__(
        self,
        store: LedgerStore,
        writer: Writer,
        signer: Signer,
        *,
        card_key: bytes,
        greet: Greet = nobody,
        cards: CardOffice = _NO_CARDS,
    ) -> None:
        """Take over a ledger.

        Args:
            store: the ledger's store, for administration and lookups.
            writer: the one writer on it.
            signer: the gateway's signing key.
            card_key: the programme's card key, 32 bytes.
            greet: how members want to be greeted at a terminal.
            cards: the keys of cards, where there are such.
        """
        self._store = store
        self._writer = writer
        self._signer = signer
        self._configurations = Configurations(signer, card_key)
        self._cards = cards
        self._told_changes: int | None = None
        self._greeter = Greeter(greet)
        self._greeter.know(store.terminals())
        self._presence = Presence()
        self._log = structlog.get_logger("mohr.gateway")
        self._counts = Stats()
        self.night_left = False
        self._night_looked_ms: int | None = None
        self._night_fault = ""
        self._keys = KeyRing.of(store.terminal_keys())

    # -- any thread ---------------------------------------------------------------------------

    def open(self, delivered: Delivered) -> Opened:
        """Do everything to a delivery that needs no ledger: verify seals and decode.

        Args:
            delivered: one message of the broker.

        Returns:
            what the writer's thread needs of it; never raises, whatever the bytes.
        """
        place = parse_topic(delivered.topic)
        if place is not None and place.leaf is Leaf.STATE:
            hint = parse_hint(TerminalId(place.terminal), delivered.payload)
            return Opened(token=delivered.token, hint=hint)
        # One read of the attribute: the ring may be replaced while this thread works.
        arrivals = open_message(delivered.topic, delivered.payload, self._keys)
        return Opened(token=delivered.token, arrivals=arrivals)

    def sealed(self, reply: Unsealed) -> Publish:
        """Put the gateway's seal on a message.

        Raises:
            CryptoError: if the gateway cannot sign now.
        """
        # Whoever hears this checks its seal, and asks again where it is broken.
        told = reply.payload if reply.inquired is None else self._greeter.payload(reply.inquired)
        payload = seal(told, reply.seal_type, self._signer, read_back=False)
        return Publish(topic=topic_rx(reply.terminal), payload=payload)

    def hints(self) -> Mapping[TerminalId, TerminalHint]:
        """The last believed hint of each terminal."""
        return self._presence.hints()

    # -- the writer's thread ------------------------------------------------------------------

    def apply(self, opened: Sequence[Opened], now_ms: int) -> Step:
        """Judge deliveries in order, in one durable commit.

        Args:
            opened: in order of delivery.
            now_ms: Unix time in milliseconds.

        Returns:
            what to acknowledge and publish, now that it is durable.

        Raises:
            StoreFullError: nothing was applied; the same deliveries may be tried again.
            LedgerError: the store failed; nothing of the last commit was applied.
        """
        try:
            step = self._commit(opened, now_ms)
        except (InvariantError, NotLoadedError) as error:
            if len(opened) > 1:
                # A fault of ours in one delivery must not hold up all others, nor come back with
                # each of the broker's repetitions: find the one by applying each alone.
                return joined([self.apply((one,), now_ms) for one in opened])
            step = self._set_aside(opened[0], error, now_ms)
        self._count(deliveries=len(opened))
        for one in opened:
            if one.hint is not None:
                self._note(one.hint, now_ms)
        return step

    def tick(self, now_ms: int) -> Step:
        """Let time pass: free expired holds, ask for what has been missing too long.

        Raises:
            StoreFullError: nothing was changed.
            LedgerError: the store failed.
        """
        return self._outgoing(self._writer.tick(now_ms), now_ms)

    def night(self, now_ms: int, budget: int) -> Step:
        """Do the next part of the nightly run, where one is due; see ``night_left``.

        A night that cannot be run is told of once and tried again every minute; everything else
        goes on meanwhile.

        Args:
            now_ms: Unix time in milliseconds.
            budget: members, or lots, to look at: one short commit.

        Raises:
            StoreFullError: nothing was changed.
            LedgerError: the store failed.
        """
        looked_ms = self._night_looked_ms
        is_early = looked_ms is not None and 0 <= now_ms - looked_ms < _NIGHT_EVERY_MS
        if is_early and not self.night_left:
            return Step()
        self.night_left, self._night_looked_ms = False, now_ms
        try:
            part = self._writer.night(now_ms, budget)
        except LedgerError:
            raise
        except MohrError as error:
            return self._night_failed(error, now_ms)
        self._night_fault = ""
        self.night_left = part.left
        self._count(journalled=part.journalled)
        if part.left_out:
            self._log.error("left out of the night", detail=part.left_out)
        return Step(notices=tuple(map(_notice, part.alarms)))

    def link_up(self, now_ms: int) -> Step:
        """Say everything again that a broker without memory may have forgotten."""
        return Step(publishes=self._all_configurations(now_ms))

    def administer(self, command: Command, now_ms: int) -> tuple[Reply, Step]:
        """Execute an administrator's command between two batches.

        Returns:
            the reply, and what terminals must be sent because of it.

        Raises:
            MohrError: if the command cannot be executed; nothing was changed.
        """
        if isinstance(command, GetStats):
            return Reply(ok=True, text="counted since the start", stats=self.stats()), Step()
        if isinstance(command, ApplyLedgerCommand):
            reply = apply_ledger_command(command, self._writer, now_ms)
            return reply, Step(publishes=self._configurations_told_anew(now_ms))
        reply = execute(command, self._store, now_ms)
        if isinstance(command, ListTerminals):
            lines = tuple(
                line.model_copy(
                    update={"online": self._presence.is_online(TerminalId(line.terminal))}
                )
                for line in reply.terminals
            )
            return reply.model_copy(update={"terminals": lines}), Step()
        if isinstance(command, DiscardQuarantined):
            return reply, Step()  # no terminal's rules or keys are any other for it
        self._keys = KeyRing.of(self._store.terminal_keys())
        self._greeter.know(self._store.terminals())
        return reply, Step(publishes=self._all_configurations(now_ms))

    def stats(self) -> Stats:
        """Count what was done since the start."""
        return self._counts.model_copy(update={"terminals_online": self._presence.online_count})

    # -- parts --------------------------------------------------------------------------------

    def _commit(self, opened: Sequence[Opened], now_ms: int) -> Step:
        arrivals = [arrival for one in opened for arrival in one.arrivals]
        acks = tuple(one.token for one in opened)
        told: tuple[Unsealed, ...] = ()
        if self._cards.codes is not None:
            # Before the writer: a code that was told counts for what comes with it.
            answers, arrivals = self._cards.codes.take(arrivals, self._keys, now_ms)
            told = tuple(_unsealed_answer(one, None) for one in answers)
        if not arrivals:
            return Step(acks=acks, replies=told)
        decision = self._writer.apply(arrivals, now_ms)
        self._count(commits=1)
        step = self._outgoing(decision, now_ms)
        return replace(step, acks=acks, replies=(*told, *step.replies))

    def _outgoing(self, decision: Decision, now_ms: int) -> Step:
        self._count(
            journalled=decision.journalled,
            duplicates=decision.duplicates,
            quarantined=decision.quarantined,
        )
        receipts = [
            _unsealed(one.terminal, encode_receipt(one), SealType.RECEIPT)
            for one in decision.receipts
        ]
        answers = [
            _unsealed_answer(one, decision.inquired.get(place))
            for place, one in enumerate(decision.answers)
        ]
        resend = [
            _unsealed(one.terminal, encode_resend_request(one), SealType.RESEND_REQUEST)
            for one in decision.resend
        ]
        # Answers first: at the end of each waits a customer, of a receipt only a journal.
        replies = (*answers, *receipts, *resend)
        # A copied card was blocked: no terminal is to take it any more, online or not.
        copied = any(alarm.kind is AlarmKind.CARD_COPIED for alarm in decision.alarms)
        publishes = self._configurations_told_anew(now_ms) if copied else ()
        notices = tuple(map(_notice, decision.alarms))
        return Step(replies=replies, notices=notices, publishes=publishes)

    def _all_configurations(self, now_ms: int) -> tuple[Publish, ...]:
        programmes = self._store.programmes()
        told = self._told(programmes, now_ms)
        self._told_changes = told.changes
        made: list[Publish] = []
        for terminal in self._store.terminals():
            try:
                made.append(self._configurations.publish(terminal, programmes, now_ms, told))
            except MohrError as error:
                # One box with an unusable agreement key must not leave all others without rules.
                self._log.error(
                    "configuration not made", terminal=terminal.terminal, error=str(error)
                )
        return tuple(made)

    def _configurations_told_anew(self, now_ms: int) -> tuple[Publish, ...]:
        """Configurations, where terminals are to be told anything else than last time."""
        before = self._told_changes
        made = self._all_configurations(now_ms)
        # Before the first connection nothing was told; then everything is.
        return made if before not in {None, self._told_changes} else ()

    def _told(self, programmes: Sequence[Programme], now_ms: int) -> Told:
        rules = programme_at(programmes, now_ms)
        authenticate = rules is not None and rules.rules.cards.terminals_authenticate
        try:
            return tell(self._store, self._cards, authenticate=authenticate, now_ms=now_ms)
        except KeyStoreError as error:
            # Rules and blocked cards must reach the terminals even while a token is unplugged.
            self._log.error("terminals are told no card keys", error=str(error))
            without = replace(self._cards, keys=None)
            return tell(self._store, without, authenticate=False, now_ms=now_ms)

    def _note(self, hint: StateHint, now_ms: int) -> None:
        if self._knows(hint.terminal):
            believed = self._presence.note(hint, now_ms)
            self._log.info(
                "terminal state", terminal=hint.terminal, online=hint.online, believed=believed
            )

    def _night_failed(self, error: MohrError, now_ms: int) -> Step:
        if self._night_fault == str(error):
            return Step()
        self._night_fault = str(error)
        self._log.error("the nightly run failed", error=str(error))
        notice = Notice(
            kind=NoticeKind.ALARM,
            at_ms=now_ms,
            code="night_failed",
            text=f"The nightly run cannot be done, and is tried again every minute: {error}",
        )
        return Step(notices=(notice,))

    def _set_aside(self, one: Opened, error: MohrError, now_ms: int) -> Step:
        """Let go of a delivery that our own code cannot judge: unreceipted, so nothing is lost.

        Its terminal keeps it and sends it again; a gateway with the fault mended will take it.
        """
        self._count(set_aside=1)
        hashes = [arrival.envelope_hash.hex() for arrival in one.arrivals]
        self._log.error("delivery set aside", error=str(error), envelopes=hashes)
        notice = Notice(
            kind=NoticeKind.STORE_FAULT,
            at_ms=now_ms,
            code=type(error).__name__,
            text=f"The gateway could not judge a delivery and left it with its terminal: {error}",
        )
        return Step(acks=(one.token,), notices=(notice,))

    def _knows(self, terminal: TerminalId) -> bool:
        return self._keys.knows(terminal)

    def _count(self, **more: int) -> None:
        counted = {name: getattr(self._counts, name) + value for name, value in more.items()}
        self._counts = self._counts.model_copy(update=counted)


def joined(steps: Sequence[Step]) -> Step:
    """Join steps into one that acknowledges everything before it publishes anything."""
    return Step(
        acks=tuple(token for step in steps for token in step.acks),
        replies=tuple(reply for step in steps for reply in step.replies),
        publishes=tuple(publish for step in steps for publish in step.publishes),
        notices=tuple(notice for step in steps for notice in step.notices),
    )


def _unsealed(terminal: TerminalId, payload: bytes, seal_type: SealType) -> Unsealed:
    return Unsealed(terminal=terminal, payload=payload, seal_type=seal_type)


def _unsealed_answer(answer: AuthAnswer, member: MemberId | None) -> Unsealed:
    unsealed = _unsealed(answer.terminal, encode_auth_answer(answer), SealType.AUTH_ANSWER)
    if member is None:
        return unsealed
    return replace(unsealed, inquired=Inquired(answer=answer, member=member))


def _notice(alarm: Alarm) -> Notice:
    return Notice(
        kind=NoticeKind.ALARM,
        text=alarm.detail,
        at_ms=alarm.at_ms,
        terminal=alarm.terminal,
        code=alarm.kind.value,
    )
