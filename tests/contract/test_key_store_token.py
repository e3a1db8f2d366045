"""What a key store in a token promises beyond the contract, on a real SoftHSM."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Final

import pkcs11
import pytest
from pkcs11 import Attribute
from pkcs11.exceptions import AttributeSensitive

from gateway.config import CardKeySettings
from gateway.crypto.cards.purpose import CardKeyName, KeyPurpose
from gateway.crypto.keystore.key_store import SHAREABLE
from gateway.crypto.keystore.key_version import KeyVersion, new_key_version
from gateway.crypto.keystore.opening import PIN_VARIABLE
from gateway.crypto.keystore.pkcs11 import Pkcs11KeyStore
from gateway.crypto.keystore.pkcs11_objects import (
    free_number,
    generate_key,
    master_id,
    master_template,
    one_master,
)
from gateway.crypto.keystore.pkcs11_session import TokenPlace, TokenSession
from gateway.errors import ConfigError, KeyStoreError
from gateway.service.card_keys import open_card_keys
from gateway.service.data_dir import DataDir
from simulators.clock import VirtualClock
from simulators.command_process import run_mohr
from simulators.softhsm import MODULE

VECTOR = json.loads(
    (Path(__file__).parents[1] / "data" / "cards" / "diversification.json").read_text("utf-8")
)["an10922"][0]
PIN: Final = "1234567890"
MESSAGE: Final = bytes(range(20))
SIGN, ENCRYPT = pkcs11.MechanismFlag.SIGN, pkcs11.MechanismFlag.ENCRYPT

Open = Callable[[bool | None], Pkcs11KeyStore]


@pytest.fixture
def place(new_token: Callable[[str], str]) -> TokenPlace:
    """An empty token."""
    return TokenPlace(module=MODULE, token=new_token(PIN))


@pytest.fixture
def open_store(place: TokenPlace, tmp_path: Path) -> Iterator[Open]:
    """Opens a store on the token, and says whether the token has CMAC."""
    stores = []

    def open_it(has_cmac: bool | None) -> Pkcs11KeyStore:  # noqa: FBT001 - what TokenPlace takes
        here = TokenPlace(module=place.module, token=place.token, has_cmac=has_cmac)
        stores.append(Pkcs11KeyStore(here, PIN, VirtualClock(unix_ms=0), tmp_path))
        return stores[-1]

    yield open_it
    for store in stores:
        store.close()


@pytest.fixture
def store(open_store: Open) -> Pkcs11KeyStore:
    """A store with version 1, made in the token."""
    opened = open_store(None)
    opened.add_version()
    return opened


@pytest.fixture
def session(place: TokenPlace) -> Iterator[TokenSession]:
    """The token beside the store, as its own tools see it."""
    opened = TokenSession(place, PIN)
    yield opened
    opened.close()


def with_admin(version: int, admin: bytes) -> KeyVersion:
    """Masters that were made elsewhere, one of them known."""
    made = new_key_version(version, Random(version).randbytes)
    return KeyVersion(version=version, masters={**made.masters, KeyPurpose.ADMIN: admin})


@pytest.mark.parametrize("brought_in", [False, True])
def test_the_token_itself_keeps_what_no_terminal_may_hold(
    store: Pkcs11KeyStore,
    session: TokenSession,
    brought_in: bool,  # noqa: FBT001 - a parameter
) -> None:
    """Not even whoever has the PIN reads these keys out, wherever they were made."""
    if brought_in:
        store.import_version(with_admin(2, bytes(16)))
    for purpose in KeyPurpose:
        name = CardKeyName(purpose=purpose, version=2 if brought_in else 1)
        key = session.ask(lambda opened, name=name: one_master(opened, name))  # type: ignore[misc]
        assert key[Attribute.EXTRACTABLE] is (purpose in SHAREABLE)
        if purpose in SHAREABLE:
            assert key[Attribute.VALUE] == store.share(name)
        else:
            with pytest.raises(AttributeSensitive):
                key[Attribute.VALUE]


def test_a_token_without_cmac_derives_the_same_from_blocks(open_store: Open) -> None:
    """Keys made for block encryption derive what AN10922 prints, with CMAC there or not."""
    bare, able = open_store(False), open_store(None)
    bare.import_version(with_admin(1, bytes.fromhex(VECTOR["master"])))
    assert bare.add_version() == 2
    name = CardKeyName(purpose=KeyPurpose.ADMIN, version=1)
    for store in (bare, able):
        derived = store.derive(name, bytes.fromhex(VECTOR["message"]))
        assert derived == bytes.fromhex(VECTOR["key"])
    made = CardKeyName(purpose=KeyPurpose.WRITE, version=2)
    assert bare.derive(made, MESSAGE) == able.derive(made, MESSAGE)
    assert bare.check_value(2) == able.check_value(2)


def test_a_lost_session_is_opened_again(store: Pkcs11KeyStore) -> None:
    """After the library forgot every session, the next question is answered all the same."""
    name = CardKeyName(purpose=KeyPurpose.WRITE, version=1)
    before = store.derive(name, MESSAGE)
    pkcs11.lib(str(MODULE)).reinitialize()
    assert store.derive(name, MESSAGE) == before
    assert store.add_version() == 2


def test_half_a_version_is_none_and_its_number_is_burnt(
    store: Pkcs11KeyStore, session: TokenSession
) -> None:
    """Keys that a killed process left are no version; a backup of that number takes their place."""
    for purpose in (KeyPurpose.SDM_META, KeyPurpose.ADMIN):
        template = master_template(CardKeyName(purpose=purpose, version=2))
        session.change(lambda opened, t=template: generate_key(opened, t, SIGN))  # type: ignore[misc]
    nameless = {**template, Attribute.LABEL: "", Attribute.ID: b"mohr write 3"}
    session.change(lambda opened: generate_key(opened, nameless, SIGN))
    assert store.versions() == (1,)
    assert store.add_version() == 4
    assert store.import_version(with_admin(2, bytes.fromhex(VECTOR["master"])))
    assert store.versions() == (1, 2, 4)
    name = CardKeyName(purpose=KeyPurpose.ADMIN, version=2)
    assert store.derive(name, bytes.fromhex(VECTOR["message"])) == bytes.fromhex(VECTOR["key"])
    assert session.ask(free_number) == 5


def test_a_key_that_is_there_twice_is_not_chosen_from(
    store: Pkcs11KeyStore, session: TokenSession
) -> None:
    """Two machines that added one version are found out before a card gets a wrong key."""
    name = CardKeyName(purpose=KeyPurpose.WRITE, version=1)
    session.change(lambda opened: generate_key(opened, master_template(name), SIGN))
    with pytest.raises(KeyStoreError, match=f"2 keys '{master_id(name)}'"):
        store.derive(name, MESSAGE)


def test_keys_of_others_in_the_token_are_left_alone(
    store: Pkcs11KeyStore, session: TokenSession
) -> None:
    """A token that serves others too may hold anything."""
    other = {Attribute.LABEL: "somebody's", Attribute.ID: b"99", Attribute.PRIVATE: True}
    session.change(lambda opened: generate_key(opened, other, ENCRYPT))
    assert store.add_version() == 2
    assert store.versions() == (1, 2)


def test_what_is_missing_is_named(place: TokenPlace, tmp_path: Path) -> None:
    """A module that is none and a token that is not there say what to look at."""
    clock = VirtualClock(unix_ms=0)
    absent = TokenPlace(module=place.module, token="absent")
    with pytest.raises(KeyStoreError, match=r"no token 'absent': set card_keys\.token"):
        Pkcs11KeyStore(absent, PIN, clock, tmp_path)
    (tmp_path / "none.so").write_bytes(b"nothing")
    no_module = TokenPlace(module=tmp_path / "none.so", token="absent")
    with pytest.raises(KeyStoreError, match=r"none\.so failed with .*ELF|file too short"):
        Pkcs11KeyStore(no_module, PIN, clock, tmp_path)


def test_a_wrong_pin_is_refused_also_where_the_process_is_logged_in(
    store: Pkcs11KeyStore, place: TokenPlace, tmp_path: Path
) -> None:
    """That another store of the process has the right PIN opens nothing for one that has not."""
    with pytest.raises(KeyStoreError, match="refuses the PIN"):
        Pkcs11KeyStore(place, "999999", VirtualClock(unix_ms=0), tmp_path)
    assert store.add_version() == 2
    store.close()
    store.close()
    with pytest.raises(KeyStoreError, match="is closed"):
        store.add_version()


def test_keys_are_not_exported(store: Pkcs11KeyStore) -> None:
    """A backup of a token is not ours to make, and the message says whose."""
    with pytest.raises(KeyStoreError, match="vendor's own means"):
        store.export_versions()


def test_the_command_line_uses_the_token(
    place: TokenPlace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the token in the settings, the commands work in it and write no file of keys."""
    text = f'[card_keys]\nstore = "pkcs11"\nmodule = "{place.module}"\ntoken = "{place.token}"\n'
    folder = tmp_path / "gateway"
    folder.mkdir()
    (folder / "gateway.toml").write_text(text)
    monkeypatch.setenv(PIN_VARIABLE, PIN)
    at = ("--dir", str(folder))
    assert "version 1 made" in run_mohr("key", "init", *at)
    assert "version 2 made" in run_mohr("key", "add", *at)
    rows = json.loads(run_mohr("key", "list", "--json", *at))
    assert [(row["version"], row["state"]) for row in rows] == [(1, "in use"), (2, "current")]
    assert not DataDir(folder).card_keys.exists()


def test_without_the_extra_the_message_names_it(tmp_path: Path) -> None:
    """Where python-pkcs11 is not installed, asking for a token says what to install."""
    code = (
        "import sys; sys.modules['pkcs11'] = None\n"
        "from pathlib import Path\n"
        "from gateway.config import CardKeySettings\n"
        "from gateway.service.card_keys import open_card_keys\n"
        "from gateway.service.data_dir import DataDir\n"
        "from gateway.system_clock import SystemClock\n"
        "place = CardKeySettings(store='pkcs11', module='/m.so', token='t')\n"
        "open_card_keys(DataDir(Path(sys.argv[1])), place, 'pin', SystemClock())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 1
    assert f"{ConfigError.__name__}: keys in a token need pkcs11: install mohr[pkcs11]" in (
        done.stderr
    )


def test_the_file_store_needs_no_extra() -> None:
    """Opening a store in a file loads nothing of PKCS #11."""
    assert CardKeySettings().store == "file"
    code = f"import sys, {open_card_keys.__module__}; assert 'pkcs11' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
