"""Plays a scenario in a shop, and compares what came of each step with what must come of it."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.errors import ConfigError, ValueRangeError
from gateway.model.outcome import Reason
from simulators.scenario.claims import Check, Lanes, check_claims
from simulators.scenario.clock import ScenarioClock
from simulators.scenario.identities import broken_identities
from simulators.scenario.orders import Order
from simulators.scenario.port import Answer, Moment, Racer, Stage
from simulators.scenario.rounds import in_round
from simulators.scenario.steps import Step
from simulators.scenario.steps_desk import Advance, Look, Loop, Repeat
from simulators.scenario.story import Scenario, Scene


@dataclass(frozen=True, slots=True, kw_only=True)
class StepReport:
    """What became of one step.

    Attributes:
        where: its path in the file.
        do: its kind.
        at: when it happened.
        note: what the scenario says about it.
        checks: what was expected beside what was found.
        broken: identities of the ledger that do not hold after it.
    """

    where: str
    do: str
    at: str
    note: str
    checks: tuple[Check, ...]
    broken: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether everything is as it must be."""
        return not self.broken and all(check.holds for check in self.checks)


class Play:
    """One way in which a scenario can go.

    Args:
        scenario: what happens.
        shop: where; freshly opened.
        orders: the order in which each race happens, by its path.
    """

    def __init__(
        self, scenario: Scenario, shop: Stage, orders: dict[str, Order] | None = None
    ) -> None:
        self._scenario = scenario
        self._shop = shop
        self._orders = orders or {}
        self._clock = ScenarioClock(scenario)
        self._reports: list[StepReport] = []

    def run(self) -> tuple[StepReport, ...]:
        """Play every step.

        Raises:
            ConfigError: if a step cannot happen: its time has passed, or it names what is not
                there.
        """
        for scene in self._scenario.scenes:
            self._scene(scene, "")
        return tuple(self._reports)

    def _scene(self, scene: Scene, round_name: str) -> None:
        transaction = f"{scene.where}{round_name}"
        lanes: Lanes | None = None
        try:
            moment = self._clock.moment(scene.step, transaction, scene.where)
            if scene.kind == "race":
                answer, lanes = Answer(), self._race(scene, transaction)
            elif isinstance(scene.step, Loop):
                answer = self._loop(scene, scene.step.times)
            elif isinstance(scene.step, Repeat):
                answer = self._repeat(scene.lanes[0][0], scene.step.times, transaction)
            else:
                answer = self._do(scene.step, scene.kind, moment)
        except ValueRangeError as error:
            raise ConfigError(f"{self._scenario.file}: {scene.where}: {error}") from error
        state = self._shop.look(moment)
        report = StepReport(
            where=transaction,
            do=scene.kind,
            at=self._clock.text(),
            note=scene.step.note,
            checks=check_claims(scene.claims, answer, state, lanes),
            broken=broken_identities(state),
        )
        # A hundred rounds that went well need not be told one by one.
        if not round_name or not report.passed:
            self._reports.append(report)

    def _do(self, step: Step, kind: str, moment: Moment) -> Answer:
        if isinstance(step, Advance | Look):
            return Answer()
        return self._shop.do(kind, step, moment)

    def _race(self, scene: Scene, transaction: str) -> Lanes:
        racers: list[Racer] = []
        waiting = [list(lane) for lane in scene.lanes]
        in_file_order = tuple(n for n, lane in enumerate(scene.lanes) for _ in lane)
        for lane in self._orders.get(scene.where, in_file_order):
            racing = waiting[lane].pop(0)
            moment = self._clock.moment(racing.step, f"{transaction}{racing.where}", racing.where)
            if not isinstance(racing.step, Advance | Look):
                racers.append(Racer(lane=lane, kind=racing.kind, step=racing.step, moment=moment))
        answers = self._shop.race(racers)
        refusals = sorted(a.refused.value for a in answers if a.refused is not Reason.NONE)
        return Lanes(applied=len(answers) - len(refusals), refusals=tuple(refusals))

    def _loop(self, scene: Scene, times: int) -> Answer:
        for number in range(1, times + 1):
            for inner in in_round(scene.lanes[0], number):
                self._scene(inner, f" round {number}")
            if self._reports and not self._reports[-1].passed:
                break  # What went wrong once would be told a hundred times.
        return Answer()

    def _repeat(self, scene: Scene, times: int, transaction: str) -> Answer:
        first = self._clock.moment(scene.step, transaction, scene.where)
        answer = self._do(scene.step, scene.kind, first)
        for _ in range(times - 1):
            answer = self._do(scene.step, scene.kind, first)
        return answer
