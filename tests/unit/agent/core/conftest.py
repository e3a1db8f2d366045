"""Lanes with a whole agent in them, for the tests of its core."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.crypto.file_signer import FileSigner
from gateway.crypto.sealed_box import AgreementKey
from simulators.given.agent_peer import PROGRAMME, TERMINAL
from simulators.given.agent_shop import MakeShop, Shop, build_shop
from terminal_agent.identity import TerminalIdentity
from terminal_agent.journal.journal import Journal
from terminal_agent.journal.values import JournalSettings
from terminal_agent.till import Till


@pytest.fixture
def make_shop(tmp_path: Path) -> Iterator[MakeShop]:
    """Makes shops over one data folder; a second one is the same lane after a restart."""
    opened: list[Journal] = []
    identity = TerminalIdentity(
        terminal=TERMINAL,
        epoch=1,
        signer=FileSigner.generate(),
        agreement=AgreementKey.generate(),
    )
    gateway_signer = FileSigner.generate()

    def make(
        *,
        configured: bool = True,
        reserve_bytes: int = 1024,
        seed: int = 1,
        till: Till | None = None,
    ) -> Shop:
        if opened:
            opened.pop().close()
        journal = Journal.open(
            tmp_path / "journal.sqlite3",
            settings=JournalSettings(
                terminal=TERMINAL,
                epoch=1,
                public_key=identity.public_key,
                reserve_bytes=reserve_bytes,
            ),
        )
        opened.append(journal)
        shop = build_shop(identity, gateway_signer, journal, seed, till)
        if configured:
            shop.peer.configure(PROGRAMME)
            shop.run()
        return shop

    yield make
    for journal in opened:
        journal.close()


@pytest.fixture
def shop(make_shop: MakeShop) -> Shop:
    """A configured lane with everything plugged in."""
    made = make_shop()
    assert isinstance(made, Shop)
    return made
