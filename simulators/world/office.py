"""The administrators of a world: what they ask the gateway for, and what came of it."""

from __future__ import annotations

from dataclasses import replace

from gateway.config_programme import programme_text
from gateway.errors import MohrError
from gateway.ledger.kinds import CardState
from gateway.model.ids import CardToken
from gateway.model.programme import Programme
from gateway.office.commands import AddProgramme, AddTerminal, Command, SetCardBlocked
from simulators.world.history import History
from simulators.world.script import Setting
from simulators.world.server import WorldGateway
from simulators.world.terminal import WorldTerminal


class Office:
    """Asks once. Whoever finds the gateway down, or is refused, lets it be."""

    def __init__(self, setting: Setting, gateway: WorldGateway, history: History) -> None:
        self._gateway = gateway
        self._history = history
        self._branches = dict(setting.branches)
        self._asked: list[Programme] = []
        history.rules.append((0, setting.programme))

    def block(self, token: CardToken, *, blocked: bool) -> None:
        """Change a card's state."""
        state = CardState.BLOCKED if blocked else CardState.ACTIVE
        self._history.card_acts.append((token, state))
        command = SetCardBlocked(token=token.hex(), blocked=blocked)
        self._ask(command, f"card {token.hex()[:4]} is to be {state}")

    def add_rules(self, lead_ms: int, earn_points: int) -> None:
        """Add the next version of the rules."""
        if self._asked or not self._gateway.up:
            return
        last = self._history.rules[-1][1]
        programme = replace(
            last,
            version=last.version + 1,
            effective_from_ms=self._gateway.clock.unix_ms() + lead_ms,
            earn_points=earn_points,
        )
        self._asked.append(programme)
        what = f"rules {programme.version} ({earn_points} points) take effect in {lead_ms} ms"
        self._ask(AddProgramme(programme=programme_text(programme)), what)
        self.look_at_rules()

    def look_at_rules(self) -> None:
        """See whether rules that were asked for are committed, also where nobody was told.

        They are known from the present end of the journal on: while the gateway is down, nothing
        is added to it.
        """
        if not self._asked or not self._gateway.up:
            return
        eye = self._gateway.eye
        programme = self._asked.pop()
        if eye.rows("SELECT 1 FROM programme WHERE version = ?", (programme.version,)):
            end = eye.rows("SELECT max(journal_index) FROM journal")[0][0] or 0
            self._history.rules.append((int(end), programme))
            self._history.counts["rules"] += 1

    def register_again(self, till: WorldTerminal) -> None:
        """Register a terminal as it is registered already."""
        registration = till.counter.identity.registration.to_json()
        command = AddTerminal(registration=registration, branch=self._branches[till.name])
        self._ask(command, f"{till.name} is registered again")

    def _ask(self, command: Command, what: str) -> None:
        history, server = self._history, self._gateway.server

        def ask() -> None:
            try:
                server.administer(command)
            except MohrError as error:
                history.say("admin", f"{what}: refused, {error}")
            else:
                history.say("admin", what)

        self._gateway.enter(ask)
