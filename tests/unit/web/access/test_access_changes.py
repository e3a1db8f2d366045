"""Changes leave a trace whatever becomes of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeAlias

import pytest

from gateway.errors import ConfigError
from gateway.model.ids import BranchId
from gateway.office.commands import GetStats, Reply
from gateway.office.roles import Role
from gateway.office.trail import Actor, TrailOutcome
from web_admin.access.current import current_scope
from web_admin.changes import recorded, recorded_command

#: What conftest.py makes: it cannot be imported, and has the types.
Fixture: TypeAlias = Any


def _as_owner(desk: Fixture) -> Fixture:
    """A request of an owner."""
    client = desk.client_as(Role.OWNER)
    cookie = client.get_cookie("mohr_session")
    assert cookie is not None
    return desk.app.test_request_context(headers={"Cookie": f"mohr_session={cookie.value}"})


def _house(desk: Fixture, answer: Fixture) -> list[str]:
    """Have the ledger's writer answer so; returns what the trail held when it was asked."""
    seen: list[str] = []
    door = desk.app.extensions["mohr-door"]

    def execute(_command: Fixture) -> Reply:
        (entry,) = desk.office.trail.entries()
        seen.append(str(entry.outcome))
        if isinstance(answer, Exception):
            raise answer
        assert isinstance(answer, Reply)
        return answer

    door._house = replace(door._house, execute=execute)
    return seen


def _one(desk: Fixture) -> Fixture:
    (entry,) = desk.office.trail.entries()
    return entry


def test_a_command_is_written_before_it_is_carried_out(desk: Fixture) -> None:
    """The entry is durable before the writer is asked, and finished with its reply."""
    seen = _house(desk, Reply(ok=True, text="blocked"))
    with _as_owner(desk):
        reply = recorded_command("card.block", "card 1", {"a": 1}, GetStats(), {"a": 2})
    assert reply.ok
    assert seen == ["None"]
    entry = _one(desk)
    assert (entry.actor.name, entry.outcome) == ("owner", TrailOutcome.DONE)
    assert (dict(entry.before), dict(entry.after)) == ({"a": 1}, {"a": 2})
    assert entry.detail == "blocked"


def test_a_reply_may_tell_what_became(desk: Fixture) -> None:
    """What something became can be read from the reply."""
    _house(desk, Reply(ok=True, text="seven"))
    with _as_owner(desk):
        recorded_command("a.b", "x", {}, GetStats(), lambda reply: {"text": reply.text})
    assert dict(_one(desk).after) == {"text": "seven"}


def test_a_refusal_is_written(desk: Fixture) -> None:
    """What the writer refuses stands there as refused, with its sentence and nothing after."""
    _house(desk, Reply(ok=False, text="no such card"))
    with _as_owner(desk):
        assert not recorded_command("a.b", "x", {}, GetStats(), {"a": 2}).ok
    entry = _one(desk)
    assert (entry.outcome, entry.detail) == (TrailOutcome.REFUSED, "no such card")
    assert dict(entry.after) == {}


def test_a_fault_is_written_and_raised(desk: Fixture) -> None:
    """A fault stands there by its kind, without the text that may hold what somebody typed."""
    _house(desk, ConfigError("secret text"))
    with _as_owner(desk), pytest.raises(ConfigError):
        recorded_command("a.b", "x", {}, GetStats(), {})
    entry = _one(desk)
    assert (entry.outcome, entry.detail) == (TrailOutcome.FAILED, "ConfigError")


def test_a_change_of_the_office_is_written(desk: Fixture) -> None:
    """A block says what became; an actor can be named where nobody is logged in."""
    actor = Actor(account_id=None, name="set-up")
    with desk.app.test_request_context(), recorded("a.b", "x", {"n": 1}, actor=actor) as change:
        change.after = {"n": 2}
    entry = _one(desk)
    assert (entry.actor, entry.outcome) == (actor, TrailOutcome.DONE)


def test_the_scope_of_a_request_is_its_accounts(desk: Fixture) -> None:
    """An owner sees everything; a cashier the own branches, and nothing without one."""
    with _as_owner(desk):
        assert current_scope().everything
    cookie = desk.client_as(Role.CASHIER).get_cookie("mohr_session")
    with desk.app.test_request_context(headers={"Cookie": f"mohr_session={cookie.value}"}):
        scope = current_scope()
        assert not scope.everything
        assert scope.holds(BranchId("north"))
        assert not scope.holds(BranchId("south"))
        assert not scope.holds(None)
