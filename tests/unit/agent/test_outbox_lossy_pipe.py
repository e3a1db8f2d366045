"""Whatever the pipe does for however long: once it carries again, everything gets settled."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from terminal_agent.outbox import BATCH_MAX, WINDOW_MAX, Outbox, OutboxSettings

STEP_MS = 50
#: In a pipe that carries, each round trip takes one step; with a backlog of 3,000 in batches and
#: the longest wait below, this many steps are far more than enough.
CALM_STEPS = 2_000


@dataclass(frozen=True, slots=True)
class Weather:
    """How bad the pipe is, as chances from 0 to 1 for each message, step or receipt."""

    lose: float = 0.0
    lose_puback: float = 0.0
    lose_receipt: float = 0.0
    repeat: float = 0.0
    flap: float = 0.0
    forget: float = 0.0


@dataclass(slots=True)
class World:
    """One terminal's outbox, a pipe, and a gateway that settles what comes without a gap."""

    seed: int
    backlog: int
    random: Random = field(init=False)
    outbox: Outbox = field(init=False)
    newest: int = 0
    now_ms: int = 0
    up: bool = False
    message_id: int = 0
    highest_settled_by_gateway: int = 0
    gateway_has: int = 0
    gateway_early: set[int] = field(default_factory=set)
    to_gateway: list[tuple[int, int]] = field(default_factory=list)
    to_terminal: list[tuple[str, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        self.newest = self.backlog
        self.outbox = Outbox(
            settled_seq=0,
            newest_seq=self.backlog,
            random=self.random.random,
            settings=OutboxSettings(resend_after_ms=400, resend_max_ms=3_200, resend_quiet_ms=100),
        )

    def step(self, weather: Weather) -> None:
        self.now_ms += STEP_MS
        self._link(weather)
        self._send(weather)
        self._gateway(weather)
        self._receive(weather)

    def _chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def _link(self, weather: Weather) -> None:
        if self.up and self._chance(weather.flap):
            self.up = False
            self.outbox.link_down()
        elif not self.up and not self._chance(weather.flap):
            self.up = True
            self.outbox.link_up()

    def _send(self, weather: Weather) -> None:
        while (send := self.outbox.next_send(self.now_ms)) is not None:
            assert self.up, "nothing is sent without a connection"
            assert 1 <= send.count <= BATCH_MAX
            last = send.first_seq + send.count - 1
            assert 1 <= send.first_seq <= last <= self.newest
            self.message_id += 1
            self.outbox.sent(last_seq=last, message_id=self.message_id, now_ms=self.now_ms)
            # One message is one publish: never more than the window of them are unsettled.
            assert self.outbox.status.unsettled_messages <= WINDOW_MAX
            if not self._chance(weather.lose_puback):
                self.outbox.published(self.message_id)
            if not self._chance(weather.lose):
                self.to_gateway.append((send.first_seq, last))
                if self._chance(weather.repeat):
                    self.to_gateway.append((send.first_seq, last))

    def _gateway(self, weather: Weather) -> None:
        if self._chance(weather.forget):
            # Restored from an off-site copy: it knows less than it once said.
            self.gateway_has = self.random.randint(0, self.gateway_has)
            self.gateway_early = set()
        if weather.repeat:
            self.random.shuffle(self.to_gateway)
        for first, last in self.to_gateway:
            self.gateway_early.update(range(max(first, self.gateway_has + 1), last + 1))
            while self.gateway_has + 1 in self.gateway_early:
                self.gateway_has += 1
                self.gateway_early.remove(self.gateway_has)
            self.to_terminal.append(("receipt", self.gateway_has))
            if self.gateway_early:
                self.to_terminal.append(("resend", self.gateway_has + 1))
        self.to_gateway.clear()
        self.highest_settled_by_gateway = max(self.highest_settled_by_gateway, self.gateway_has)

    def _receive(self, weather: Weather) -> None:
        if weather.repeat:
            self.random.shuffle(self.to_terminal)
        kept: list[tuple[str, int]] = []
        for kind, seq in self.to_terminal:
            if not self.up or self._chance(weather.lose_receipt):
                continue
            if self._chance(weather.repeat):
                kept.append((kind, seq))
            if kind == "receipt":
                self.outbox.settled(seq, self.now_ms)
            else:
                self.outbox.resend_requested(seq, self.now_ms)
        self.to_terminal = kept
        # Only receipts settle: never more than some receipt of the gateway's said.
        assert self.outbox.status.settled_seq <= self.highest_settled_by_gateway

    def accept(self, count: int) -> None:
        self.newest += count
        self.outbox.accepted(self.newest)

    def calm_down(self) -> None:
        for _ in range(CALM_STEPS):
            if self.gateway_has == self.newest == self.outbox.status.settled_seq:
                return
            self.step(Weather())


chances = st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0])
weathers = st.builds(
    Weather,
    lose=chances,
    lose_puback=chances,
    lose_receipt=chances,
    repeat=st.sampled_from([0.0, 0.3]),
    flap=st.sampled_from([0.0, 0.05, 0.5]),
)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    backlog=st.sampled_from([0, 1, 19, 20, 21, 64, 500, 3_000]),
    storm=st.lists(st.tuples(weathers, st.integers(1, 40), st.integers(0, 5)), max_size=4),
)
def test_everything_is_settled_once_the_pipe_carries_again(
    seed: int, backlog: int, storm: list[tuple[Weather, int, int]]
) -> None:
    """Under any loss, repetition, reordering and flapping, nothing stays unsent for ever."""
    world = World(seed, backlog)
    for weather, steps, accepted in storm:
        world.accept(accepted)
        for _ in range(steps):
            world.step(weather)
    world.calm_down()
    assert world.gateway_has == world.newest
    assert world.outbox.status.settled_seq == world.newest
    assert world.outbox.next_send(world.now_ms) is None


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32), weather=weathers, steps=st.integers(1, 60))
def test_a_gateway_that_forgot_gets_everything_again(
    seed: int, weather: Weather, steps: int
) -> None:
    """After a restore, the next transaction makes the gateway ask, and it ends complete."""
    world = World(seed, 200)
    forgetful = Weather(
        lose=weather.lose,
        lose_puback=weather.lose_puback,
        lose_receipt=weather.lose_receipt,
        repeat=weather.repeat,
        flap=weather.flap,
        forget=0.05,
    )
    for _ in range(steps):
        world.step(forgetful)
    world.to_terminal.clear()
    world.calm_down()
    # What it forgot shows as a gap at the next sale, and only then.
    world.accept(1)
    world.calm_down()
    assert world.gateway_has == world.newest == world.outbox.status.settled_seq


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32), backlog=st.sampled_from([1, 20, 500]))
def test_a_silent_gateway_is_not_flooded(seed: int, backlog: int) -> None:
    """Two minutes without any receipt cost the first window and then a message per wait."""
    world = World(seed, backlog)
    for _ in range(2_400):
        world.step(Weather(lose_receipt=1.0, lose=1.0))
    # The waits double from 0.2–0.4 s to 1.6–3.2 s, so 120 s hold fewer than 80 of them.
    assert world.message_id <= WINDOW_MAX + 80
    world.calm_down()
    assert world.gateway_has == backlog
