"""``mohr card``: issued for a member, read, verified, blocked, replaced, rekeyed and wiped."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from gateway.crypto.keystore.opening import PASSPHRASE_VARIABLE
from gateway.errors import ConfigError
from gateway.issuing.errors import WrongCardError
from gateway.ledger.rows_members import CardRow
from gateway.ledger.sql_store import SqlLedgerStore
from gateway.model.ids import MemberId
from gateway.service.data_dir import DataDir
from simulators.cards.ntag424_state import Ntag424State
from simulators.cards.tray import card_files, fill_tray, load_card
from simulators.command_process import run_mohr_here
from simulators.rules_shop import RulesShop, club

MEMBERS: Final = ("ada", "bob")


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A gateway with two members and one version of card keys."""
    folder = tmp_path_factory.mktemp("card") / "gateway"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(PASSPHRASE_VARIABLE, "eleven quiet horses")
        patch.setattr("gateway.crypto.passphrase_box._COST_LOG2", 14)
        run_mohr_here("gateway", "init", "--dir", str(folder))
        run_mohr_here("key", "init", "--dir", str(folder))
    DataDir(folder).ledger.unlink()
    store = SqlLedgerStore(DataDir(folder).ledger)
    shop = RulesShop(store, club())
    till = shop.till()
    for name in MEMBERS:
        shop.do(till.sell(name, name, 1_000))
    store.close()
    return folder


@pytest.fixture
def folder(furnished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of that gateway, and a tray of three new cards beside it."""
    shutil.copytree(furnished, tmp_path / "gateway")
    fill_tray(tmp_path / "tray", "ntag424", 3)
    monkeypatch.setenv(PASSPHRASE_VARIABLE, "eleven quiet horses")
    monkeypatch.setenv("MOHR_GATEWAY_DIR", str(tmp_path / "gateway"))
    monkeypatch.setattr("gateway.crypto.passphrase_box._COST_LOG2", 14)
    return tmp_path


def card(folder: Path, *words: str, which: int | None = 0) -> str:
    """Run a command with one card of the tray on the reader, or with all of them in turn."""
    tray = folder / "tray"
    place = tray if which is None else card_files(tray)[which]
    return run_mohr_here("card", *words, "--backend", "sim-tray", "--reader", str(place))


def cards_in_ledger(folder: Path) -> dict[str, tuple[MemberId, str]]:
    """By token, whose card it is and its state."""
    store = SqlLedgerStore(DataDir(folder / "gateway").ledger)
    try:
        with store.batch() as batch:
            return {
                row.token.hex(): (row.member_id, row.state.value) for row in batch.every(CardRow)
            }
    finally:
        store.close()


def a_member(folder: Path) -> MemberId:
    """One of the two."""
    return next(iter(cards_in_ledger(folder).values()))[0]


def test_a_card_is_issued_for_a_member(folder: Path) -> None:
    """It is the member's in the ledger, reads as authenticated, verifies, and is blocked."""
    member = a_member(folder)
    issue = ("issue", "--any-maker", "--member", member, "--number", "A1", "--json")
    made = json.loads(card(folder, *issue))
    assert (made["number"], made["state"], made["member"]) == ("A1", "issued", member)
    assert cards_in_ledger(folder)[made["token"]] == (member, "active")
    seen = json.loads(card(folder, "read", "--json"))
    assert (seen["token"], seen["assurance"]) == (made["token"], "authenticated")
    proved = json.loads(card(folder, "verify", "--json"))
    assert (proved["verified"], proved["number"], proved["version"]) == (True, "A1", 1)
    assert run_mohr_here("card", "block", "A1") == "card A1 is blocked\n"
    assert cards_in_ledger(folder)[made["token"]] == (member, "blocked")
    run_mohr_here("card", "block", made["token"], "--undo")
    assert cards_in_ledger(folder)[made["token"]] == (member, "active")


def test_a_lost_card_is_replaced(folder: Path) -> None:
    """The new card is the member's, and the old one is turned away."""
    member = a_member(folder)
    old = json.loads(card(folder, "issue", "--any-maker", "--member", member, "--json"))
    new = json.loads(card(folder, "replace", old["number"], "--any-maker", "--json", which=1))
    there = cards_in_ledger(folder)
    assert (there[old["token"]], there[new["token"]]) == ((member, "replaced"), (member, "active"))
    with pytest.raises(ConfigError, match="no card with number"):
        run_mohr_here("card", "block", old["number"])


def test_a_card_nobody_owns_is_not_replaced(folder: Path) -> None:
    """There is nobody to give the new one to; it is not touched."""
    card(folder, "issue", "--any-maker", "--number", "A1")
    before = load_card(card_files(folder / "tray")[1])
    with pytest.raises(ConfigError, match="nobody owns"):
        card(folder, "replace", "A1", "--any-maker", which=1)
    assert load_card(card_files(folder / "tray")[1]) == before


def test_a_card_is_rekeyed_and_wiped(folder: Path) -> None:
    """A new version of the keys reaches the card; wiped, it is blocked and the factory's again."""
    member = a_member(folder)
    new = load_card(card_files(folder / "tray")[0])
    made = json.loads(card(folder, "issue", "--any-maker", "--member", member, "--json"))
    run_mohr_here("key", "add")
    assert json.loads(card(folder, "rekey", "--json"))["key_version"] == 2
    assert json.loads(card(folder, "verify", "--json"))["version"] == 2
    assert "is wiped" in card(folder, "wipe")
    assert cards_in_ledger(folder)[made["token"]] == (member, "blocked")
    wiped = load_card(card_files(folder / "tray")[0])
    assert isinstance(wiped, Ntag424State)
    # Its read counter stays until messages are switched on again; nothing else is left.
    assert replace(wiped, read_counter=0) == new


def test_a_member_nobody_knows_gets_no_card(folder: Path) -> None:
    """The ledger is asked before the card is touched."""
    before = load_card(card_files(folder / "tray")[0])
    with pytest.raises(ConfigError, match="there is no member"):
        card(folder, "issue", "--any-maker", "--member", "ab" * 16)
    assert load_card(card_files(folder / "tray")[0]) == before


def test_a_simulated_card_needs_a_word(folder: Path) -> None:
    """A chip that its maker did not sign is refused, and the message says how it is taken."""
    with pytest.raises(WrongCardError, match="--any-maker"):
        card(folder, "issue")


def test_a_list_is_issued_with_codes_for_what_is_missing(folder: Path) -> None:
    """Three cards for five lines, and two codes on paper; then every line has something."""
    member = a_member(folder)
    listed = folder / "spring.csv"
    listed.write_text(f"number,member\nM1,{member}\nM2,\nM3,\nM4,{member}\nM5,\n")
    issue = ("issue", "--any-maker", "--batch", str(listed))
    assert card(folder, *issue, which=None).splitlines() == [
        "3 issued, 0 were issued before, 2 of 5 are missing",
        "no card yet: M4, M5",
    ]
    codes = folder / "codes"
    assert card(folder, *issue, "--print", str(codes), which=None).splitlines() == [
        "2 issued, 3 were issued before, 0 of 5 are missing"
    ]
    assert sorted(one.name for one in codes.iterdir()) == ["M4.svg", "M5.svg"]
    assert list(cards_in_ledger(folder).values()).count((member, "active")) == 3


def test_a_code_is_printed_where_no_card_comes(folder: Path) -> None:
    """The member leaves with paper; a file that is there is not written over."""
    member, file = a_member(folder), folder / "ada.pdf"
    issue = ("issue", "--member", member, "--print", str(file), "--json")
    made = json.loads(card(folder, *issue))
    assert (made["profile"], made["member"]) == ("qr", member)
    assert file.read_bytes().startswith(b"%PDF")
    assert cards_in_ledger(folder)[made["token"]] == (member, "active")
    with pytest.raises(ConfigError, match="exists already"):
        card(folder, *issue)
