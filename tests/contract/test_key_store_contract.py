"""One suite for every ``KeyStore``: in memory, in a sealed file, and in a real token (SoftHSM)."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Final

import pytest

from gateway.config import CardKeySettings
from gateway.crypto.cards.diversify import diversification_message, diversified_key
from gateway.crypto.cards.purpose import KEY_VERSION_MAX, CardKeyName, KeyPurpose
from gateway.crypto.keystore.key_store import SHAREABLE, KeyStore
from gateway.crypto.keystore.key_version import KeyVersion, new_key_version
from gateway.errors import KeyStoreError
from gateway.service.card_keys import make_card_keys, open_card_keys
from gateway.service.data_dir import DataDir
from simulators.clock import VirtualClock
from simulators.memory_keys import MemoryKeyStore
from simulators.softhsm import MODULE

VECTORS = json.loads(
    (Path(__file__).parents[1] / "data" / "cards" / "diversification.json").read_text("utf-8")
)["an10922"]
MESSAGE: Final = diversification_message(
    bytes.fromhex("04a1b2c3d4e5f6"), bytes.fromhex("d2760000850101"), b"ORGANISA", 3, 1
)
SECRET: Final = "correct horse battery"
#: Longer than any other process needs here, on however busy a machine.
PATIENCE_S: Final = 60.0

#: Another process: it adds versions and tells each when it is kept.
ADDING: Final = """
import os, sys
from pathlib import Path
from gateway.config import CardKeySettings
from gateway.service.card_keys import open_card_keys
from gateway.service.data_dir import DataDir
from gateway.system_clock import SystemClock

data_dir, settings = DataDir(Path(sys.argv[1])), CardKeySettings.model_validate_json(sys.argv[2])
with open_card_keys(data_dir, settings, os.environ["SECRET"], SystemClock()) as store:
    print("open", flush=True)
    for _ in range(int(sys.argv[3])):
        version = store.add_version()
        print(version, store.check_value(version), flush=True)
"""


def name_of(purpose: KeyPurpose, version: int = 1) -> CardKeyName:
    """A master's name."""
    return CardKeyName(purpose=purpose, version=version)


def foreign_version(version: int, admin: bytes | None = None, seed: int = 7) -> KeyVersion:
    """Masters that were made elsewhere, one of them known."""
    made = new_key_version(version, Random(seed).randbytes)
    masters = {**made.masters, KeyPurpose.ADMIN: admin or made.masters[KeyPurpose.ADMIN]}
    return KeyVersion(version=version, masters=masters)


class Bench(ABC):
    """One store, which holds version 1, and ways to look at it."""

    @abstractmethod
    def open(self, secret: str = SECRET) -> KeyStore:
        """Open it once more, beside those that are open."""

    @abstractmethod
    def later(self) -> None:
        """Let pass what a store may need to notice what others did."""


class MemoryBench(Bench):
    """In memory: there is only the one."""

    def __init__(self) -> None:
        self._store = MemoryKeyStore.from_seed(1)

    def open(self, secret: str = SECRET) -> KeyStore:
        """The one store."""
        del secret
        return self._store

    def later(self) -> None:
        """There is nothing to wait for."""


class KeptBench(Bench):
    """In a file or a token, wired as the gateway wires it."""

    def __init__(self, folder: Path, settings: CardKeySettings) -> None:
        self.data_dir = DataDir(folder)
        self.settings = settings
        self._clock = VirtualClock(unix_ms=1_795_420_000_000)
        make_card_keys(self.data_dir, settings, SECRET, self._clock).close()

    def open(self, secret: str = SECRET) -> KeyStore:
        """Open it as the gateway does."""
        return open_card_keys(self.data_dir, self.settings, secret, self._clock)

    def later(self) -> None:
        """A second passes."""
        self._clock.advance(1_000)

    def adding(self, versions: int) -> subprocess.Popen[str]:
        """Another process that adds versions; it has opened the store on return."""
        arguments = (str(self.data_dir.path), self.settings.model_dump_json(), str(versions))
        process = subprocess.Popen(
            [sys.executable, "-c", ADDING, *arguments],
            env={**os.environ, "SECRET": SECRET},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        return process


def told_by(process: subprocess.Popen[str]) -> dict[int, str]:
    """The versions that a process told of before it ended, with their check values."""
    said, _ = process.communicate(timeout=PATIENCE_S)
    # What a killed process was just writing is not told.
    lines = [line.split() for line in said.splitlines(keepends=True) if line.endswith("\n")]
    return {int(version): check for version, check in lines}


def kept_bench(kind: str, request: pytest.FixtureRequest, folder: Path) -> KeptBench:
    """A store in a folder of its own, with what it needs beside it."""
    folder.mkdir()
    if kind == "file":
        return KeptBench(folder, CardKeySettings())
    new_token: Callable[[str], str] = request.getfixturevalue("new_token")
    token = new_token(SECRET)
    return KeptBench(folder, CardKeySettings(store="pkcs11", module=MODULE, token=token))


@pytest.fixture(params=["file", "token"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> KeptBench:
    """A store that outlives its process."""
    return kept_bench(request.param, request, tmp_path / "data")


@pytest.fixture(params=["memory", "file", "token"])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Bench:
    """Each kind of store."""
    if request.param == "memory":
        return MemoryBench()
    return kept_bench(request.param, request, tmp_path / "data")


@pytest.fixture
def store(bench: Bench) -> Iterator[KeyStore]:
    """The store, opened."""
    with bench.open() as opened:
        yield opened


def test_a_derived_key_is_the_one_of_the_application_note(store: KeyStore) -> None:
    """A master that was brought in derives what AN10922 prints for it."""
    vector = VECTORS[0]
    store.import_version(foreign_version(2, admin=bytes.fromhex(vector["master"])))
    derived = store.derive(name_of(KeyPurpose.ADMIN, 2), bytes.fromhex(vector["message"]))
    assert derived == bytes.fromhex(vector["key"])


def test_a_short_message_is_refused_and_not_answered_wrongly(store: KeyStore) -> None:
    """Where plain CMAC and the note differ, a store gives neither key."""
    short = bytes.fromhex(VECTORS[3]["message"])
    for message in (b"", short, bytes(15), bytes(32)):
        with pytest.raises(KeyStoreError, match="16 to 31 bytes"):
            store.derive(name_of(KeyPurpose.ADMIN), message)


@pytest.mark.parametrize("length", [16, 24, 31])
def test_a_terminal_with_the_master_derives_the_same(store: KeyStore, length: int) -> None:
    """What a terminal computes from a shared master is what the store computes itself."""
    message = Random(length).randbytes(length)
    name = name_of(KeyPurpose.TERMINAL)
    assert store.derive(name, message) == diversified_key(store.share(name), message)


def test_only_what_a_terminal_may_hold_is_shared(store: KeyStore) -> None:
    """Two masters can be had; each other one is refused by name."""
    assert {KeyPurpose.SDM_META, KeyPurpose.TERMINAL} == SHAREABLE
    assert len({store.share(name_of(purpose)) for purpose in SHAREABLE}) == 2
    for purpose in set(KeyPurpose) - SHAREABLE:
        with pytest.raises(KeyStoreError, match=f"{purpose} never leaves"):
            store.share(name_of(purpose))


def test_the_key_of_a_batch_is_not_derived_from(store: KeyStore) -> None:
    """The key that decrypts SUN messages is on cards as it is: deriving from it is a mistake."""
    with pytest.raises(KeyStoreError, match="take it by share"):
        store.derive(name_of(KeyPurpose.SDM_META), MESSAGE)


def test_versions_and_purposes_have_keys_of_their_own(store: KeyStore) -> None:
    """A new version is the current one, the old stays good, and no two keys are the same."""
    assert (store.versions(), store.current_version) == ((1,), 1)
    assert store.add_version() == 2
    assert (store.versions(), store.current_version) == ((1, 2), 2)
    names = [name_of(purpose, version) for purpose in KeyPurpose for version in (1, 2)]
    derived = [
        store.derive(name, MESSAGE) for name in names if name.purpose is not KeyPurpose.SDM_META
    ]
    shared = [store.share(name) for name in names if name.purpose in SHAREABLE]
    assert len({*derived, *shared}) == 14


def test_a_retired_version_is_turned_away_until_that_is_taken_back(store: KeyStore) -> None:
    """Retiring takes a version out of use and destroys nothing; doing it twice does no harm."""
    name = name_of(KeyPurpose.TERMINAL)
    before, check = store.derive(name, MESSAGE), store.check_value(1)
    store.add_version()
    for _ in range(2):
        store.retire(1)
    assert (store.versions(), store.current_version) == ((2,), 2)
    assert [(one.version, one.retired) for one in store.states()] == [(1, True), (2, False)]
    with pytest.raises(KeyStoreError, match="version 1 is retired"):
        store.derive(name, MESSAGE)
    with pytest.raises(KeyStoreError, match="version 1 is retired"):
        store.share(name)
    assert store.check_value(1) == check
    store.reinstate(1)
    assert store.derive(name, MESSAGE) == before
    assert store.versions() == (1, 2)


def test_the_version_of_new_cards_cannot_be_retired(store: KeyStore) -> None:
    """There is always a version for new cards."""
    with pytest.raises(KeyStoreError, match="mohr key add"):
        store.retire(1)
    assert store.versions() == (1,)


def test_an_unknown_version_is_named_with_those_there(store: KeyStore) -> None:
    """Every use of a version that is not there says so, and which are."""
    name = name_of(KeyPurpose.TERMINAL, 9)
    uses: tuple[Callable[[], object], ...] = (
        lambda: store.derive(name, MESSAGE),
        lambda: store.share(name),
        lambda: store.check_value(9),
        lambda: store.retire(9),
        lambda: store.reinstate(9),
    )
    for use in uses:
        with pytest.raises(KeyStoreError, match=r"no key version 9 \(there: 1\)"):
            use()


def test_a_version_comes_in_once_and_replaces_nothing(store: KeyStore) -> None:
    """The same keys again change nothing; other keys under a number that is taken are refused."""
    assert store.import_version(foreign_version(5))
    assert not store.import_version(foreign_version(5))
    assert store.check_value(5) == foreign_version(5).check_value
    with pytest.raises(KeyStoreError, match="version 5 is here with other keys"):
        store.import_version(foreign_version(5, seed=8))
    assert store.check_value(5) == foreign_version(5).check_value
    assert store.add_version() == 6


def test_a_version_below_the_others_and_a_retired_one_come_in(bench: Bench) -> None:
    """A backup's versions keep their order and their state."""
    with bench.open() as store:
        store.import_version(foreign_version(7))
        old = foreign_version(4, seed=9)
        store.import_version(KeyVersion(version=4, retired=True, masters=old.masters))
        assert [(one.version, one.retired) for one in store.states()] == [
            (1, False), (4, True), (7, False),
        ]  # fmt: skip


def test_the_last_number_is_the_end(store: KeyStore) -> None:
    """A card has one byte for a key's version: there is no version 256, nor one again."""
    store.import_version(foreign_version(KEY_VERSION_MAX))
    with pytest.raises(KeyStoreError, match="255 key versions are used up"):
        store.add_version()
    assert store.versions() == (1, KEY_VERSION_MAX)


def test_nothing_of_a_key_is_shown(store: KeyStore) -> None:
    """Neither a store nor a version of keys shows a key where it is printed."""
    shared = store.share(name_of(KeyPurpose.TERMINAL))
    foreign = foreign_version(3)
    said = f"{store!r} {store.states()!r} {foreign!r}"
    for key in (shared, *foreign.masters.values()):
        assert key.hex() not in said
        assert repr(key)[2:-1] not in said


def test_two_open_at_once_see_each_other(bench: Bench) -> None:
    """What one adds and retires, the other knows."""
    one, other = bench.open(), bench.open()
    assert one.versions() == other.versions() == (1,)
    one.add_version()
    bench.later()
    assert other.current_version == 2
    assert other.check_value(2) == one.check_value(2)
    other.retire(1)
    bench.later()
    assert one.versions() == (2,)
    one.close()
    other.close()


def test_threads_share_a_store(store: KeyStore) -> None:
    """Eight threads derive at once, and each gets the keys that one alone gets."""
    messages = [Random(seed).randbytes(24) for seed in range(8)]
    name = name_of(KeyPurpose.TERMINAL)
    alone = [store.derive(name, message) for message in messages]
    wrong: list[bytes] = []

    def derive(message: bytes, expected: bytes) -> None:
        wrong.extend(message for _ in range(25) if store.derive(name, message) != expected)

    threads = [
        threading.Thread(target=derive, args=pair) for pair in zip(messages, alone, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert wrong == []


def test_everything_is_there_after_closing(kept: KeptBench) -> None:
    """Versions, states and keys are the same when the store is opened again."""
    with kept.open() as store:
        store.add_version()
        store.retire(1)
        before = store.check_value(1), store.check_value(2)
    kept.later()
    with kept.open() as store:
        assert [(one.version, one.retired) for one in store.states()] == [(1, True), (2, False)]
        assert (store.check_value(1), store.check_value(2)) == before


def test_the_wrong_secret_says_what_to_do(kept: KeptBench) -> None:
    """A wrong passphrase or PIN opens nothing; the message helps, and does not repeat it."""
    wrong = "wrong horse battery"
    with pytest.raises(KeyStoreError, match=r"docs/keys\.md") as refused:
        kept.open(wrong)
    assert wrong not in str(refused.value)
    assert SECRET not in str(refused.value)
    with kept.open() as store:
        assert store.versions() == (1,)


def test_keys_are_made_once(kept: KeptBench) -> None:
    """Making keys where there are some is refused, and they are as they were."""
    with kept.open() as store:
        check = store.check_value(1)
    with pytest.raises(KeyStoreError, match="already"):
        make_card_keys(kept.data_dir, kept.settings, SECRET, VirtualClock(unix_ms=0))
    with kept.open() as store:
        assert (store.versions(), store.check_value(1)) == ((1,), check)


def test_processes_that_add_at_once_take_turns(kept: KeptBench) -> None:
    """Two processes add two versions each: four numbers, and every one of them is kept."""
    processes = [kept.adding(2), kept.adding(2)]
    one, other = (told_by(process) for process in processes)
    assert [process.returncode for process in processes] == [0, 0]
    told = {**one, **other}
    assert sorted(told) == [2, 3, 4, 5]
    with kept.open() as store:
        assert store.versions() == (1, 2, 3, 4, 5)
        assert {version: store.check_value(version) for version in told} == told


def test_a_process_killed_while_adding_loses_nothing(kept: KeptBench) -> None:
    """Whatever was told is there with its keys; what was not is there whole, or not at all."""
    with kept.open() as store:
        expected = {1: store.check_value(1)}
    random = Random(1)
    for _ in range(5):
        process = kept.adding(KEY_VERSION_MAX)
        # A moment anywhere in making the next version: some are before, in and after the writing.
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=random.uniform(0.02, 0.8))
        process.send_signal(signal.SIGKILL)
        expected |= told_by(process)
    with kept.open() as store:
        there = {version: store.check_value(version) for version in store.versions()}
        assert expected.items() <= there.items()
        for version in there:
            assert len(store.derive(name_of(KeyPurpose.ADMIN, version), MESSAGE)) == 16
        assert store.add_version() > max(there)
