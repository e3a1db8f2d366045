"""The furnished house with its office: somebody of every role, hostile names, and a still bench."""

from __future__ import annotations

from collections.abc import Iterator

import pyotp
import pytest

from gateway.backup.contents import BACKUPS_FOLDER
from gateway.backup.shelf import list_backups
from gateway.errors import MohrError
from gateway.ledger.queries import LedgerReader
from gateway.model.ids import TerminalId
from gateway.office.account import Account
from gateway.office.roles import Role
from gateway.office.test_bench import BenchItem as Item
from simulators.furnished.house import FurnishedHouse
from simulators.furnished.names import HOSTILE
from simulators.furnished.office import NAMELESS, PASSWORD, WITH_CODE
from simulators.furnished.still_bench import COUNTERS
from simulators.furnished.tour import NOT_PAGES, SEEN_ELSEWHERE, tour

pytestmark = pytest.mark.enable_socket


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FurnishedHouse]:
    """A furnished house."""
    with FurnishedHouse(tmp_path_factory.mktemp("house") / "gateway") as opened:
        yield opened


def test_every_role_is_somebodys(house: FurnishedHouse) -> None:
    """There is an account of each role, and the password opens all of them."""
    accounts = house.house.office.accounts
    everybody = accounts.all()
    assert {one.role for one in everybody} == set(Role)
    for one in everybody:
        assert isinstance(accounts.check_password(one.login, PASSWORD), Account)


def test_the_authenticator_can_be_read(house: FurnishedHouse) -> None:
    """Whoever is asked for a code can be given one."""
    office = house.house.office
    account = office.accounts.by_login(WITH_CODE)
    assert account is not None
    assert account.has_code
    soon_s = house.house.clock.unix_ms() // 1_000 + 30
    code = pyotp.TOTP(house.office.code_secret).at(soon_s)
    assert office.second_factors.take_code(account.account_id, code)


def test_members_have_names_and_some_have_none(house: FurnishedHouse) -> None:
    """Every hostile name is a member's, cut to what is kept, and some members are nobody."""
    people = house.house.office.people
    found = []
    for card in house.past.cards:
        member = house.house.ledger.balance_of_card(card.token)
        assert member is not None
        found.append(people.profile(member.member_id))
    kept = {profile.name for profile in found if profile is not None}
    # Controls of direction do not survive the typing.
    assert {name for name in HOSTILE if "\u202e" not in name and "\u200c" not in name} <= kept
    assert {number for number, profile in enumerate(found) if profile is None} == set(NAMELESS)


def test_the_rest_of_the_office_is_there(house: FurnishedHouse) -> None:
    """A token that opens, one that was revoked, a trail with an open end, a backup."""
    office = house.house.office
    assert office.tokens.find(house.office.token) is not None
    assert any(one.revoked_at_ms is not None for one in office.tokens.all())
    assert any(one.outcome is None for one in office.trail.entries())
    assert len(list_backups(house.house.data_dir / BACKUPS_FOLDER)) == 1


def test_a_still_counter_sells(house: FurnishedHouse) -> None:
    """A tap and a receipt on the still bench are a sealed sale; nothing else can be done to it."""
    bench = house.house.test_bench
    assert bench is not None
    assert [one.ready for one in bench.counters("fa")] == [True, False]
    journal = LedgerReader(house.house.ledger.place).counts().journal
    token = bench.tap(COUNTERS[0], "first")
    bench.print_receipt(COUNTERS[0], [Item(label="tea", amount_minor=980_000)])
    rows = house.house.ledger.journal(after_index=journal)
    assert [row.terminal for row in rows] == [COUNTERS[0]]
    assert len(token) == 64
    with pytest.raises(MohrError, match="stands still"):
        bench.add_counter(TerminalId("new"), "tajrish")


def test_the_tour_names_each_place_once(house: FurnishedHouse) -> None:
    """No address is walked twice, and nothing is both a page and none."""
    stops = tour(house)
    paths = [stop.path for stop in stops]
    assert len(set(paths)) == len(paths) > 50
    walked = {stop.endpoint for stop in stops}
    assert not walked & (set(NOT_PAGES) | set(SEEN_ELSEWHERE))
