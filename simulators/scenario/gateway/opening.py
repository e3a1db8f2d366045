"""Opens the shop of a scenario: its rules hold, its tills are registered, its members enrolled."""

from __future__ import annotations

from datetime import datetime, time
from zoneinfo import ZoneInfo

from gateway.crypto.seal import parse_envelope, verify_envelope
from gateway.model.ids import BranchId, TerminalId
from gateway.model.programme import Programme
from gateway.wire.configuration import decode_configuration
from simulators.scenario import steps, steps_desk
from simulators.scenario.clock import ScenarioClock, zone_of
from simulators.scenario.gateway.house import House
from simulators.scenario.gateway.people import People
from simulators.scenario.gateway.room import Room
from simulators.scenario.gateway.till import Till
from simulators.scenario.port import Moment, NotSupportedError, ShopFaultError
from simulators.scenario.story import Person, Scenario


def open_room(scenario: Scenario, house: House) -> Room:
    """Make a gateway's ledger for a scenario: rules and tills, and nobody in it yet."""
    started_ms = starts_at_ms(scenario)
    house.add_programme(scenario.programme)
    tills = {
        name: Till(name=TerminalId(name), branch=BranchId(branch.name))
        for branch in scenario.branches
        for name in branch.terminals
    }
    first_ms = min([started_ms, *(moment.at_ms for moment in _arrivals(scenario).values())])
    house.add_tills(tills.values(), first_ms)
    room = Room(house=house, tills=tills, people=People(), programmes=())
    learn_rules(room, scenario.programme, started_ms)
    return room


def starts_at_ms(scenario: Scenario) -> int:
    """When a scenario starts, Unix time in milliseconds."""
    # The clock's first moment is one second later.
    return ScenarioClock(scenario).moment(steps_desk.Look(), "", "").at_ms - 1_000


def enrolments(scenario: Scenario) -> list[tuple[steps.Enrol, Moment, Person]]:
    """Who is a member from the beginning: enrolled on the day of joining, in that order."""
    moments = _arrivals(scenario)
    people = {person.name: person for person in scenario.members}
    for person in scenario.members:
        if len(person.held_cards) > 1:
            raise NotSupportedError("nobody can be given a second card")
    return [
        (steps.Enrol(card=people[name].held_cards[0]), moment, people[name])
        for name, moment in sorted(moments.items(), key=lambda item: item[1].at_ms)
    ]


def learn_rules(room: Room, programme: Programme, now_ms: int) -> None:
    """Let every till take over its sealed configuration.

    Raises:
        ShopFaultError: if the rules are not the ones that hold.
    """
    published = room.house.configurations(now_ms)
    if len(published) != len(room.tills):
        raise ShopFaultError("a till was told no rules")
    for publish in published:
        envelope = parse_envelope(publish.payload)
        verify_envelope(envelope, room.house.key)
        told = decode_configuration(envelope.payload).programmes
        if not told or told[-1] != programme:
            raise ShopFaultError("a till was told other rules than those that hold")
    room.programmes = (*room.programmes, programme)


def _arrivals(scenario: Scenario) -> dict[str, Moment]:
    branch = scenario.branches[0]
    started_ms = starts_at_ms(scenario)
    zone = ZoneInfo(zone_of(scenario.programme.rules.settings, branch.name))
    moments = {}
    for person in scenario.members:
        at_ms = started_ms
        if person.joined_on is not None and person.joined_on != scenario.start.date():
            noon = datetime.combine(person.joined_on, time(12), tzinfo=zone)
            at_ms = int(noon.timestamp()) * 1_000
        moments[person.name] = Moment(
            id=f"member {person.name}",
            branch=branch.name,
            terminal=branch.terminals[0],
            at_ms=at_ms,
            made_at_ms=at_ms,
        )
    return moments
