"""Reads the steps of a scenario file."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from typing import Any, Final

from gateway.errors import ValueRangeError
from gateway.model.plain import from_plain
from simulators.scenario import steps, steps_desk
from simulators.scenario.claims import read_claims
from simulators.scenario.rules_table import read_programme
from simulators.scenario.story import Scene

STEP_KINDS: Final[Mapping[str, type[steps.Step]]] = {
    "enrol": steps.Enrol,
    "price": steps.Price,
    "sale": steps.Sale,
    "reserve": steps.Reserve,
    "redeem": steps.Redeem,
    "post": steps.Post,
    "void": steps.Void,
    "refund": steps.Refund,
    "spend-credit": steps.SpendCredit,
    "top-up": steps.TopUp,
    "gift-issue": steps.GiftIssue,
    "gift-load": steps.GiftLoad,
    "gift-spend": steps.GiftSpend,
    "gift-block": steps_desk.GiftBlock,
    "transfer": steps_desk.Transfer,
    "adjust": steps_desk.Adjust,
    "grant": steps_desk.Grant,
    "event": steps_desk.Event,
    "referrer": steps_desk.Referrer,
    "segments": steps_desk.Segments,
    "household-found": steps_desk.HouseholdFound,
    "household-invite": steps_desk.HouseholdInvite,
    "household-join": steps_desk.HouseholdJoin,
    "household-leave": steps_desk.HouseholdLeave,
    "block-card": steps_desk.BlockCard,
    "replace-card": steps_desk.ReplaceCard,
    "publish": steps_desk.Publish,
    "nightly": steps_desk.Nightly,
    "advance": steps_desk.Advance,
    "look": steps_desk.Look,
    "power-cut": steps_desk.PowerCut,
    "repeat": steps_desk.Repeat,
    "loop": steps_desk.Loop,
    "race": steps_desk.Race,
}

_WITHIN: Final[Mapping[str, str]] = {"repeat": "step", "loop": "steps", "race": "lanes"}
"""What holds further steps, and under which name."""

_ALONE: Final = frozenset({"publish", "loop", "race"})
"""What does not stand within another step."""


class StepReader:
    """Reads steps in their order, because a new version of the rules builds on the one before.

    Args:
        rules: the settings of the first version.
    """

    def __init__(self, rules: Mapping[str, Any]) -> None:
        self._rules = dict(rules)
        self._version = 1

    def read(self, value: object, where: str) -> tuple[Scene, ...]:
        """Read a list of steps.

        Raises:
            ValueRangeError: naming the path to what is wrong.
        """
        if not isinstance(value, list):
            raise ValueRangeError(f"{where}: must be a list of tables")
        return tuple(self._scene(item, f"{where}[{index}]") for index, item in enumerate(value, 1))

    def _scene(self, value: object, where: str) -> Scene:
        if not isinstance(value, Mapping):
            raise ValueRangeError(f"{where}: must be a table")
        table = dict(value)
        kind = _kind(table.pop("do", None), where)
        claims = read_claims(table.pop("expect", {}), f"{where}.expect")
        lanes = self._lanes(kind, table, where)
        step = self._publish(table, where) if kind == "publish" else _step(kind, table, where)
        return Scene(kind=kind, where=where, step=step, claims=claims, lanes=lanes)

    def _lanes(self, kind: str, table: dict[str, Any], where: str) -> tuple[tuple[Scene, ...], ...]:
        name = _WITHIN.get(kind)
        if name is None:
            return ()
        here = f"{where}.{name}"
        value = table.pop(name, None)
        if kind == "race":
            if not isinstance(value, list) or len(value) < 2:
                raise ValueRangeError(f"{here}: a race needs at least two lanes")
            lanes = tuple(self.read(lane, f"{here}[{n}]") for n, lane in enumerate(value, 1))
        else:
            lanes = (self.read([value] if kind == "repeat" else value, here),)
        for scene in (scene for lane in lanes for scene in lane):
            if scene.kind in _ALONE:
                raise ValueRangeError(f"{scene.where}: a {scene.kind} does not stand in a {kind}")
            if scene.claims and kind == "race":
                raise ValueRangeError(f"{scene.where}: who wins is open; the race has expectations")
        return lanes

    def _publish(self, table: Mapping[str, Any], where: str) -> steps_desk.Publish:
        """Read a new version: settings that are not given stay as they were."""
        changed = table.get("programme")
        if not isinstance(changed, Mapping):
            raise ValueRangeError(f"{where}.programme: must be a table")
        self._rules |= changed
        self._version += 1
        programme = read_programme(self._rules, self._version, f"{where}.programme")
        rest = {name: value for name, value in table.items() if name != "programme"}
        step = from_plain(steps.Step, rest, where=where)
        return steps_desk.Publish(
            at=step.at, made_at=step.made_at, terminal=step.terminal, note=step.note,
            programme=programme,
        )  # fmt: skip


def _kind(value: object, where: str) -> str:
    if value not in STEP_KINDS:
        near = difflib.get_close_matches(str(value), STEP_KINDS, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else f"; known are {', '.join(STEP_KINDS)}"
        raise ValueRangeError(f"{where}.do: there is no step {value!r}{hint}")
    return str(value)


def _step(kind: str, table: dict[str, Any], where: str) -> steps.Step:
    if kind != "refund" and "lines" in table:
        table["lines"] = _each(table["lines"], f"{where}.lines", _goods)
    if "tenders" in table:
        table["tenders"] = _tenders(table["tenders"], f"{where}.tenders")
    if "rewards" in table:
        table["rewards"] = _each(table["rewards"], f"{where}.rewards", _named("reward"))
    if kind == "sale" and "gift_cards" in table:
        table["gift_cards"] = _each(table["gift_cards"], f"{where}.gift_cards", _named("gift_card"))
    return from_plain(STEP_KINDS[kind], table, where=where)


def _each(value: object, where: str, read: Callable[[object, str], object]) -> object:
    if not isinstance(value, list):
        return value  # from_plain says what is wrong with it
    return [read(item, f"{where}[{index}]") for index, item in enumerate(value, 1)]


def _goods(value: object, where: str) -> object:
    """A line as people write it: label, article number or nothing, pieces, amount."""
    if not isinstance(value, list):
        return value
    if len(value) != 4 or type(value[2]) is not int:
        raise ValueRangeError(f"{where}: must be [label, sku, pieces, amount_minor]")
    label, sku, pieces, amount_minor = value
    table = {"label": label, "quantity_milli": pieces * 1_000, "amount_minor": amount_minor}
    return table | ({"sku": sku} if sku else {})


def _named(name: str) -> Callable[[object, str], object]:
    """A name alone stands for a table that holds nothing else."""

    def read(value: object, _where: str) -> object:
        return {name: value} if isinstance(value, str) else value

    return read


def _tenders(value: object, where: str) -> object:
    if not isinstance(value, Mapping):
        raise ValueRangeError(f"{where}: must be a table of amounts by kind")
    return [{"kind": kind, "amount_minor": amount} for kind, amount in value.items()]
