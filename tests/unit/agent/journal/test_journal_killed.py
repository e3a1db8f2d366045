"""``kill -9`` at any moment loses nothing that was called accepted."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from gateway.crypto.file_signer import FileSigner
from gateway.crypto.public_key import PublicKey
from gateway.model.ids import TerminalId
from terminal_agent.journal.journal import Journal
from terminal_agent.journal.values import JournalSettings

ROUNDS = 12
PROGRAM = Path(__file__).with_name("killed_agent.py")


def test_kill_nine_in_the_middle_of_accepting_loses_nothing_accepted(tmp_path: Path) -> None:
    """After each kill the journal opens whole, contiguous, and holds every line printed."""
    chance = random.Random(20_260_823)
    signer = FileSigner.generate()
    signer.save(tmp_path / "key")
    path = tmp_path / "journal.sqlite3"
    settings = JournalSettings(
        terminal=TerminalId("lane-1"),
        epoch=1,
        public_key=PublicKey.from_cose_key(signer.public_key),
        reserve_bytes=0,
    )
    printed: dict[int, str] = {}
    for _ in range(ROUNDS):
        before = len(printed)
        printed |= _run_and_kill(path, tmp_path / "key", chance.uniform(0.0, 0.05))
        assert len(printed) > before, "each run must accept something before it is killed"
        with Journal.open(path, settings=settings) as journal:
            kept = {item.seq: item.envelope_hash.hex() for item in journal.envelopes(0, 10**9)}
            assert journal.verify() == len(kept) == journal.position().next_seq - 1
        assert list(kept) == list(range(1, len(kept) + 1))
        assert printed.items() <= kept.items()


def _run_and_kill(path: Path, key_file: Path, after_s: float) -> dict[int, str]:
    """Run the agent, wait for its first line, then a little, then kill it."""
    command = [sys.executable, str(PROGRAM), str(path), str(key_file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline()]
        time.sleep(after_s)
        process.send_signal(signal.SIGKILL)
        lines += process.stdout.readlines()
    assert process.returncode == -signal.SIGKILL
    # A line cut short by the kill was not yet on the screen.
    whole = [line.split() for line in lines if line.endswith("\n")]
    return {int(seq): digest for seq, digest in whole}
