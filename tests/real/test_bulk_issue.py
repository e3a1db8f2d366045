"""Many cards are issued by a real process that is killed again and again on the way."""

from __future__ import annotations

import json
import os
import random
import sqlite3
import subprocess
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest

from gateway.config import GatewaySettings
from gateway.crypto.card_token import organisation_of
from gateway.crypto.keystore.opening import PASSPHRASE_VARIABLE
from gateway.crypto.keystore.sealed_file import SealedFileStore
from gateway.issuing.personaliser import number_bytes
from gateway.readers.cards.desfire_layout import CardMembership
from gateway.readers.cards.keys import StoredCardKeys
from gateway.service.data_dir import DataDir, read_card_key
from simulators.cards.ntag424_state import Ntag424State, issued_state
from simulators.cards.tray import card_files, fill_tray, load_card
from simulators.command_process import MOHR, run_mohr

pytestmark = [pytest.mark.real, pytest.mark.slow, pytest.mark.timeout(900)]

SOAK: Final = os.environ.get("MOHR_SOAK") is not None
CARDS: Final = 1_000 if SOAK else 60
KILLS: Final = 10 if SOAK else 3
INTENTS_A_CARD: Final = 5
PATIENCE_S: Final = 120.0
PASSPHRASE: Final = "eleven quiet horses"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A gateway with card keys that never runs, a tray of new cards, and a list of numbers."""
    monkeypatch.setenv(PASSPHRASE_VARIABLE, PASSPHRASE)
    monkeypatch.setenv("MOHR_GATEWAY_DIR", str(tmp_path / "gateway"))
    run_mohr("gateway", "init")
    run_mohr("key", "init")
    fill_tray(tmp_path / "tray", "ntag424", CARDS)
    numbers = "\n".join(f"M{number:05d}" for number in range(CARDS))
    (tmp_path / "members.csv").write_text(f"number\n{numbers}\n", encoding="utf-8")
    return tmp_path


def _command(folder: Path) -> list[str]:
    tray, members = str(folder / "tray"), str(folder / "members.csv")
    where = ["--backend", "sim-tray", "--reader", tray, "--any-maker"]
    return [str(MOHR), "card", "issue", "--batch", members, *where, "--json"]


def _intents(folder: Path) -> int:
    """How many changes of keys were noted so far, looked up beside the process that notes them."""
    journal = DataDir(folder / "gateway").issuing_journal
    if not journal.exists():
        return 0
    try:
        with closing(sqlite3.connect(f"file:{journal}?mode=ro", uri=True)) as looked_at:
            return int(looked_at.execute("SELECT count(*) FROM intent").fetchone()[0])
    except sqlite3.OperationalError:
        # Its tables are being made, or a commit has the file for itself.
        return 0


def _run_and_kill(folder: Path, after_intents: int) -> None:
    """Start issuing, and kill the process dead once so many changes were noted."""
    process = subprocess.Popen(
        _command(folder), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    until_s = time.monotonic() + PATIENCE_S
    try:
        while _intents(folder) < after_intents:
            assert process.poll() is None, "the process ended by itself before it was killed"
            assert time.monotonic() < until_s, "no progress"
    finally:
        process.kill()
        process.wait(timeout=PATIENCE_S)


def _check_cards(folder: Path) -> None:
    data_dir = DataDir(folder / "gateway")
    organisation = organisation_of(read_card_key(data_dir))
    numbers: Counter[str] = Counter()
    with SealedFileStore(data_dir.card_keys, PASSPHRASE) as store:
        keys = StoredCardKeys(organisation=organisation, store=store)
        for file in card_files(folder / "tray"):
            card = load_card(file)
            assert isinstance(card, Ntag424State)
            written = CardMembership.from_bytes(card.file(3).content[:25])
            number = written.number.rstrip(b"\0").decode()
            numbers[number] += 1
            membership = CardMembership(organisation=organisation, number=number_bytes(number))
            address = GatewaySettings().cards.address
            wanted = issued_state(card.uid, keys, 1, address, membership=membership.to_bytes())
            assert (card.keys, card.files) == (wanted.keys, wanted.files)
    assert set(numbers) == {f"M{number:05d}" for number in range(CARDS)}
    assert set(numbers.values()) == {1}


def test_bulk_issue_survives_being_killed(folder: Path) -> None:
    """Killed at random points, issuing ends with a good card for each line and no duplicate."""
    dice = random.Random(1000)
    points = sorted(dice.sample(range(1, CARDS * INTENTS_A_CARD - 10), KILLS))
    for point in points:
        _run_and_kill(folder, point)
    report = json.loads(subprocess.run(_command(folder), check=True, capture_output=True).stdout)
    assert (report["rows"], report["missing"]) == (CARDS, [])
    assert report["before"] + len(report["issued"]) == CARDS
    _check_cards(folder)
    with closing(sqlite3.connect(DataDir(folder / "gateway").issuing_journal)) as journal:
        stages = dict(journal.execute("SELECT stage, count(*) FROM card GROUP BY stage"))
        open_intents = journal.execute("SELECT count(*) FROM intent WHERE happened IS NULL")
        done = journal.execute("SELECT count(*) FROM audit WHERE result = 'done'")
        assert stages == {"issued": CARDS}
        assert open_intents.fetchone()[0] == 0
        assert done.fetchone()[0] == CARDS
    again = json.loads(subprocess.run(_command(folder), check=True, capture_output=True).stdout)
    assert (again["issued"], again["before"]) == ([], CARDS)
