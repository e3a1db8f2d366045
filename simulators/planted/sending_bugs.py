"""Mistakes in how an agent accepts, sends again and gives back."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gateway.model.money import Currency
from simulators.planted.bug import Checker, Part, plant
from terminal_agent.agent_ports import AgentOptions, AgentPorts
from terminal_agent.asking import Asker, Basis
from terminal_agent.counter import Counter
from terminal_agent.outbox import Outbox, Send
from terminal_agent.sealing import Content
from terminal_agent.session.view import Refusal

Journalling = Callable[[Counter, Sequence[Content], Currency | None], tuple[int, ...] | Refusal]


@plant(
    "puback-settles",
    part=Part.AGENT,
    checker=Checker.WORLD,
    where="terminal_agent.outbox:Outbox.published",
)
def puback_settles(_original: object) -> Callable[[Outbox, int], None]:
    """What the broker has confirmed is taken for delivered: the field's classic."""

    def published(self: Outbox, message_id: int) -> None:
        last = self._unacknowledged.pop(message_id, None)
        if last is not None:
            self._settled = max(self._settled, last)
            self._unsettled = [one for one in self._unsettled if one > last]
            if not self._unsettled:
                self._resend_at_ms = None

    return published


@plant(
    "never-asks-again",
    part=Part.AGENT,
    checker=Checker.WORLD,
    where="terminal_agent.outbox:Outbox.next_send",
)
def never_asks_again(
    original: Callable[[Outbox, int], Send | None],
) -> Callable[[Outbox, int], Send | None]:
    """What was sent is sent again with the next connection only, never because nobody answered."""

    def next_send(self: Outbox, now_ms: int) -> Send | None:
        self._resend_at_ms = None
        return original(self, now_ms)

    return next_send


@plant(
    "start-forgets-unsent",
    part=Part.AGENT,
    checker=Checker.WORLD,
    where="terminal_agent.agent:_outbox",
)
def start_forgets_unsent(_original: object) -> Callable[[AgentPorts, AgentOptions], Outbox]:
    """A start goes on behind the newest transaction, so what an earlier run had not sent stays."""

    def _outbox(ports: AgentPorts, options: AgentOptions) -> Outbox:
        newest = ports.journal.position().next_seq - 1
        return Outbox(
            settled_seq=newest,
            newest_seq=newest,
            random=ports.random_unit,
            settings=options.outbox,
        )

    return _outbox


@plant(
    "full-disk-swallowed",
    part=Part.AGENT,
    checker=Checker.WORLD,
    where="terminal_agent.counter:Counter._journal",
)
def full_disk_swallowed(original: Journalling) -> Journalling:
    """No room for a transaction is logged as a passing trouble, and the screen says accepted."""

    def _journal(
        self: Counter, contents: Sequence[Content], currency: Currency | None = None
    ) -> tuple[int, ...] | Refusal:
        accepted = original(self, contents, currency)
        if accepted is Refusal.JOURNAL_FULL:
            first = self._ports.journal.position().next_seq
            return tuple(range(first, first + len(contents)))
        return accepted

    return _journal


@plant(
    "reservations-of-last-run-forgotten",
    part=Part.AGENT,
    checker=Checker.WORLD,
    where="terminal_agent.asking:Asker.give_back_open_holds",
)
def reservations_of_last_run_forgotten(_original: object) -> Callable[[Asker, Basis], int]:
    """A start does not look for what an earlier run had reserved and not used."""

    def give_back_open_holds(self: Asker, basis: Basis) -> int:  # noqa: ARG001 - as the true one
        return 0

    return give_back_open_holds
