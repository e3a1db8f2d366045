"""Performs the events of a script on a stage, and says so in the story."""

from __future__ import annotations

from dataclasses import replace
from functools import singledispatchmethod
from typing import Final

from simulators.faults import QUIET
from simulators.receipts import ReceiptLanguage, TillReceipt, render_receipt
from simulators.world.events import (
    Block,
    Cancel,
    ClockJump,
    DiskFull,
    DropLink,
    Enrol,
    Event,
    Kill,
    NewRules,
    Offline,
    Print,
    Reboot,
    Redeem,
    Refund,
    RegisterAgain,
    Stop,
    Tap,
    Total,
    Weather,
    WipeBroker,
)
from simulators.world.stage import Stage
from simulators.world.story import describe
from terminal_agent import control

_COUNTED: Final = {
    Kill: "kills",
    Stop: "stops",
    Reboot: "reboots",
    Weather: "weathers",
    DropLink: "drops",
    Offline: "offline",
    WipeBroker: "wipes",
    ClockJump: "clock_jumps",
    DiskFull: "disk_full",
    Block: "blocks",
    RegisterAgain: "registered_again",
}


class Performer:
    """Performs one event after the other.

    An event that meets a process that is down passes by: a customer in front of a dark screen.
    """

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def perform(self, event: Event) -> None:
        """Let an event happen now."""
        history = self._stage.history
        name = _COUNTED.get(type(event))
        if name is not None:
            history.counts[name] += 1
        history.say(*describe(event))
        self._do(event)

    @singledispatchmethod
    def _do(self, event: Event) -> None:
        raise AssertionError(f"nobody performs {type(event).__name__}")

    # -- customers and cashiers -----------------------------------------------------------------

    @_do.register
    def _(self, event: Tap) -> None:
        till, card = self._stage.tills[event.who], self._stage.cards[event.member]
        till.enter(lambda: till.counter.tap(card))

    @_do.register
    def _(self, event: Total) -> None:
        self._command(event.who, control.Total(total_minor=event.total_minor))

    @_do.register
    def _(self, event: Redeem) -> None:
        self._command(event.who, control.Redeem())

    @_do.register
    def _(self, event: Cancel) -> None:
        self._command(event.who, control.Cancel())

    @_do.register
    def _(self, event: Enrol) -> None:
        self._command(event.who, control.Enrol())

    @_do.register
    def _(self, event: Refund) -> None:
        self._command(event.who, control.Refund(receipt_number=receipt_number(event.number)))

    @_do.register
    def _(self, event: Print) -> None:
        till, data = self._stage.tills[event.who], render_receipt(_paper(event))
        till.enter(lambda: till.counter.print(data))

    def _command(self, who: str, command: control.Command) -> None:
        till = self._stage.tills[who]

        def ask() -> None:
            answer = till.counter.command(command)
            if not answer.code.well:
                self._stage.history.say(who, f"answers {answer.code}")

        till.enter(ask)

    # -- administrators -------------------------------------------------------------------------

    @_do.register
    def _(self, event: Block) -> None:
        self._stage.office.block(self._stage.tokens[event.member], blocked=event.blocked)

    @_do.register
    def _(self, event: NewRules) -> None:
        self._stage.office.add_rules(event.lead_ms, event.earn_points)

    @_do.register
    def _(self, event: RegisterAgain) -> None:
        self._stage.office.register_again(self._stage.tills[event.who])

    # -- processes ------------------------------------------------------------------------------

    @_do.register
    def _(self, event: Kill) -> None:
        self._stage.process(event.who).kill_at(
            event.calls, after=event.after, down_ms=event.down_ms, boot_calls=event.boot_calls
        )

    @_do.register
    def _(self, event: Stop) -> None:
        self._stage.process(event.who).stop(event.down_ms)

    @_do.register
    def _(self, event: Reboot) -> None:
        process = self._stage.process(event.who)
        process.kill_now("its box loses power", event.down_ms)
        process.clock.reboot()
        process.clock.jump(event.wall_jump_ms)
        process.clock.synchronise(None)
        if event.sync_after_ms is not None:
            wait_ms = event.down_ms + event.sync_after_ms
            self._stage.later(wait_ms, lambda: self._stage.set_right(process))

    # -- the network ----------------------------------------------------------------------------

    @_do.register
    def _(self, event: Weather) -> None:
        broker = self._stage.broker
        broker.plan = event.plan

        def clear() -> None:
            # Worse weather may have come meanwhile; it ends at its own time.
            if broker.plan is event.plan:
                broker.plan = QUIET

        self._stage.later(event.for_ms, clear)

    @_do.register
    def _(self, event: DropLink) -> None:
        self._stage.broker.drop(event.who)

    @_do.register
    def _(self, event: Offline) -> None:
        broker = self._stage.broker
        broker.cut_off(event.who)
        self._stage.later(event.for_ms, lambda: broker.reconnect(event.who))

    @_do.register
    def _(self, event: WipeBroker) -> None:
        self._stage.broker.restart_empty(event.outage_ms)

    # -- clocks and disks -----------------------------------------------------------------------

    @_do.register
    def _(self, event: ClockJump) -> None:
        process = self._stage.process(event.who)
        process.clock.jump(event.by_ms)
        process.clock.synchronise(process.clock.unix_ms() if event.believed else None)
        self._stage.later(event.for_ms, lambda: self._stage.set_right(process))

    @_do.register
    def _(self, event: DiskFull) -> None:
        process = self._stage.process(event.who)
        process.fill_disk(event.spare_pages)
        self._stage.later(event.for_ms, process.free_disk)


def receipt_number(number: int) -> str:
    """What the paper calls a sale."""
    return f"2027-{number:06d}"


def _paper(event: Print) -> TillReceipt:
    paper = TillReceipt(
        shop="Simulated shop",
        items=event.items,
        receipt_number=receipt_number(event.number),
        printed_at=f"15.01.2027 {event.minute // 60:02d}:{event.minute % 60:02d}",
        language=ReceiptLanguage.ENGLISH,
    )
    return replace(paper, reprint=True) if event.reprint else paper
