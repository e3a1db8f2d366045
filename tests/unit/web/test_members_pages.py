"""The pages about members: found, shown, edited, erased, blocked; each for those who may."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from flask.testing import FlaskClient

from gateway.ledger.kinds import CardState
from gateway.ledger.rows_members import CardRow
from gateway.model.ids import BranchId, MemberId, TerminalId
from gateway.office.roles import Role
from simulators.quiet_house import QuietHouse
from simulators.sealed_terminal import SealedTerminal, card_evidence, sale_key

if TYPE_CHECKING:
    from tests.unit.web.conftest import ClientAs

ADA, BOB, EVE = (MemberId(f"{number:032x}") for number in (1, 2, 3))
"""Ada and Bob enrolled in ``north``, Eve in ``south``."""
HOSTILE = "\u202e<script>alert(1)</script> {{7*7}} ${{7*7}} '\"&"


@pytest.fixture
def owner(client_as: ClientAs) -> FlaskClient:
    """Who may do everything."""
    return client_as(Role.OWNER)


@pytest.fixture
def save(owner: FlaskClient) -> Callable[..., Any]:
    """Sends the form about a member."""

    def save(member_id: str = ADA, **fields: str) -> Any:  # noqa: ANN401 - a test response
        return owner.post(f"/members/{member_id}/profile", data=fields)

    return save


def get(client: FlaskClient, address: str, status: int = 200) -> str:
    """A page's text."""
    answer = client.get(address, follow_redirects=False)
    assert answer.status_code == status, answer.get_data(as_text=True)[:2_000]
    return answer.get_data(as_text=True)


def card_reference(number: int) -> str:
    """How a numbered card is named in an address."""
    return hashlib.sha256(number.to_bytes(32, "big")).hexdigest()[:16]


def listed(page: str) -> set[str]:
    """The members that a page links to."""
    return set(re.findall(r'href="/members/([0-9a-f]{32})"', page))


def test_members_are_listed_newest_first(owner: FlaskClient) -> None:
    """Without a question the page lists everybody, the last to enrol first."""
    page = get(owner, "/members")
    assert re.findall(r'href="/members/([0-9a-f]{32})"', page) == [EVE, BOB, ADA]


def test_a_member_is_found_by_name_phone_card_and_pseudonym(
    owner: FlaskClient, save: Callable[..., Any]
) -> None:
    """Each of the four ways leads to the same member, whatever the keyboard."""
    save(name="علی‌رضا کریمی", phone="0912 123 4567")
    for typed in ("كريمي", "علیرضا", "4567", "۰۹۱۲۱۲۳۴۵۶۷", ADA[:31] + "1", f"{1:064x}"):
        assert listed(get(owner, f"/members?q={typed}")) == {ADA}, typed
    assert "Nobody was found" in get(owner, "/members?q=nobody")


def test_phone_numbers_are_whole_only_for_those_who_edit(
    client_as: ClientAs, save: Callable[..., Any]
) -> None:
    """A cashier sees the last four digits; support, which may edit, sees the number."""
    save(name="Ada", phone="0912 123 4567")
    for address in ("/members?q=Ada", f"/members/{ADA}"):
        cashier, support = (get(client_as(role), address) for role in (Role.CASHIER, Role.SUPPORT))
        assert "0912 123 4567" in support
        assert "••• 4567" in cashier
        assert "0912" not in cashier


@pytest.mark.parametrize("role", [Role.CASHIER, Role.MANAGER, Role.SUPPORT])
def test_other_branches_members_do_not_exist(client_as: ClientAs, role: Role) -> None:
    """Whoever belongs to ``north`` lists, finds and opens Ada and Bob, and never Eve."""
    client = client_as(role)
    assert listed(get(client, "/members")) == {ADA, BOB}
    assert listed(get(client, f"/members?q={'0' * 20}")) == {ADA, BOB}
    assert listed(get(client, f"/members?q={EVE}")) == set()
    for address in (f"/members/{EVE}", f"/members/{EVE}/statement.csv"):
        nobody = address.replace(EVE, "f" * 32)
        assert without_tokens(get(client, address, 404)).replace(EVE, "") == without_tokens(
            get(client, nobody, 404)
        ).replace("f" * 32, "")


def without_tokens(page: str) -> str:
    """A page without its form tokens, which tell the second."""
    return re.sub(r'value="[^"]{60,}"|"X-CSRFToken": "[^"]+"', "", page)


def test_those_of_an_empty_branch_see_an_empty_list(client_as: ClientAs) -> None:
    """An account of a branch without members sees nobody, and no fault."""
    client = client_as(Role.MANAGER, frozenset({BranchId("nowhere")}))
    assert listed(get(client, "/members")) == set()
    assert listed(get(client, f"/members?q={ADA}")) == set()


@pytest.mark.parametrize(
    "address", ["/members/x", "/members/" + "f" * 32, "/members/..%2f", f"/members/{ADA.upper()}x"]
)
def test_nonsense_is_not_found(owner: FlaskClient, address: str) -> None:
    """What is no pseudonym, or nobody's, is a page that does not exist."""
    get(owner, address, 404)


@pytest.mark.parametrize(
    "arguments",
    [
        "before=abc",
        "before=" + "9" * 40,
        "mode=x&key=y&after=z&q=ada",
        "q=" + "x" * 5_000,
        "q=%00",
        "mode=w&key=%F0%9F%98%80&after=1&q=ada",
        "before=-1",
    ],
)
def test_arguments_that_make_no_sense_do_no_harm(owner: FlaskClient, arguments: str) -> None:
    """Whatever stands in the address, the page is a page."""
    get(owner, f"/members?{arguments}")
    get(owner, f"/members/{ADA}?{arguments}")


def test_a_members_page_shows_points_cards_and_sealed_statement(owner: FlaskClient) -> None:
    """Balance, lot, masked card and the statement with receipt and seal stand on the page."""
    page = get(owner, f"/members/{ADA}")
    assert ">130<" in page  # 123 euro and 7 euro earn a point each
    assert f"{1:064x}"[:8] in page
    assert f"{1:064x}" not in page
    assert "0001" in page
    assert "0004" in page
    assert page.count("The seal is intact") == 2
    assert "No name" in page


def test_a_tampered_row_shows_a_broken_seal(owner: FlaskClient, quiet: QuietHouse) -> None:
    """A movement whose envelope was changed behind the gateway's back is named as broken."""
    connection = quiet.store._connection
    assert connection is not None
    with connection.begin():
        connection.exec_driver_sql("UPDATE journal SET envelope_hash = x'00' WHERE seq = 1")
    page = get(owner, f"/members/{ADA}")
    assert page.count("The seal is broken") == 1
    assert page.count("The seal is intact") == 1


def test_a_profile_is_saved_and_shown(owner: FlaskClient, save: Callable[..., Any]) -> None:
    """What was typed is kept, shown on the page and again in the form."""
    answer = save(
        name="نرگس",
        phone="۰۹۱۲ ۱۲۳ ۴۵۶۷",
        birthday="۱۳۷۰/۰۵/۲۳",
        language="fa",
        show_name="y",
        note="likes tea",
    )
    assert (answer.status_code, answer.location) == (303, f"/members/{ADA}")
    page = get(owner, f"/members/{ADA}")
    for text in ("نرگس", "0912 123 4567", "14 Aug 1991", "likes tea", "Agreed on"):
        assert text in page
    form = get(owner, f"/members/{ADA}/profile")
    for text in ("نرگس", "0912 123 4567", "۱۳۷۰/۰۵/۲۳", "likes tea"):
        assert text in form


def test_a_wrong_form_comes_back_with_its_reasons(
    quiet: QuietHouse, save: Callable[..., Any]
) -> None:
    """Nothing is kept of it, and each wrong field says what to write instead."""
    answer = save(name="n" * 10_000, phone="none", birthday="1370/13/01", note="x" * 10_000)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert page.count("This is too long") == 2
    assert "This is no phone number" in page
    assert "There is no such day" in page
    assert len(page) < 60_000
    assert quiet.office.people.profile(ADA) is None


def test_hostile_names_are_shown_and_do_nothing(
    owner: FlaskClient, save: Callable[..., Any]
) -> None:
    """Scripts, templates and direction marks stand on every page as letters."""
    assert save(name=HOSTILE, note=HOSTILE, phone="0912 123 4567").status_code == 303
    addresses = ("/members", "/members?q=4567", f"/members/{ADA}", f"/members/{ADA}/profile", "/")
    for address in addresses:
        page = get(owner, address)
        assert "&lt;script&gt;alert(1)&lt;/script&gt; {{7*7}}" in page, address
        assert "<script>alert" not in page
        assert "\u202e" not in page
        assert "49}" not in page
    searched = get(owner, "/members?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E")
    assert "<script>alert" not in searched


def test_the_trail_says_who_changed_what_without_the_person(
    quiet: QuietHouse, save: Callable[..., Any]
) -> None:
    """Each edit is written down, with neither the name nor the number in it."""
    save(name="Xanthippe", phone="0912 123 4567")
    save(name="Xanthippe", phone="0912 123 4567", messages="y")
    text = trail_text(quiet)
    assert text.count("member.profile") == 2
    for secret in ("Xanthippe", "9121234567", "0912 123"):
        assert secret not in text


def trail_text(quiet: QuietHouse) -> str:
    """All entries of the trail."""
    with quiet.office.people.database.reading() as connection:
        return str(connection.exec_driver_sql("SELECT * FROM trail").all())


def test_an_erased_profile_is_gone_and_the_points_stay(
    owner: FlaskClient, quiet: QuietHouse, save: Callable[..., Any]
) -> None:
    """After erasing, the member has no name, the same balance, and the trail holds no value."""
    save(name="Xanthippe", phone="0912 123 4567", note="zygomorphic")
    answer = owner.post(f"/members/{ADA}/erase", follow_redirects=True)
    page = answer.get_data(as_text=True)
    assert "The profile is erased" in page
    assert ">130<" in page
    assert "Xanthippe" not in page
    text = trail_text(quiet)
    assert text.count("member.erase") == 1
    for secret in ("Xanthippe", "zygomorphic", "9121234567"):
        assert secret not in text
    assert listed(get(owner, "/members?q=Xanthippe")) == set()
    again = owner.post(f"/members/{ADA}/erase", follow_redirects=True)
    assert "Nothing was kept" in again.get_data(as_text=True)


def test_a_card_is_blocked_and_unblocked(owner: FlaskClient, quiet: QuietHouse) -> None:
    """The ledger's writer does it, the page shows it, and the trail has both."""
    reference = card_reference(1)

    def state() -> CardState:
        with quiet.house.ledger.batch() as batch:
            token = bytes.fromhex(f"{1:064x}")
            return next(one.state for one in batch.every(CardRow) if one.token == token)

    blocked = owner.post(f"/members/{ADA}/cards/{reference}/block", follow_redirects=True)
    assert "The card is blocked" in blocked.get_data(as_text=True)
    assert state() is CardState.BLOCKED
    owner.post(f"/members/{ADA}/cards/{reference}/unblock")
    assert state() is CardState.ACTIVE
    text = trail_text(quiet)
    assert text.count("card.block") == 1
    assert text.count("card.unblock") == 1
    for wrong in (
        f"/members/{BOB}/cards/{reference}/block",
        f"/members/{ADA}/cards/{reference}/eat",
    ):
        assert owner.post(wrong).status_code == 404


def test_only_those_who_may_change_can(client_as: ClientAs, quiet: QuietHouse) -> None:
    """A cashier and the auditor are refused on the server, and see no button."""
    for role in (Role.CASHIER, Role.AUDITOR):
        client = client_as(role)
        page = get(client, f"/members/{ADA}")
        assert "/erase" not in page
        assert "/block" not in page
        assert "/profile" not in page
        reference = card_reference(1)
        for address in ("erase", "profile", f"cards/{reference}/block"):
            assert client.post(f"/members/{ADA}/{address}", data={"name": "x"}).status_code == 403
    assert client_as(Role.INTEGRATOR).get("/members").status_code == 403
    assert quiet.office.people.profile(ADA) is None


def test_nobody_edits_members_of_other_branches(client_as: ClientAs, quiet: QuietHouse) -> None:
    """For a manager of ``north`` Eve does not exist, whatever is sent."""
    manager = client_as(Role.MANAGER)
    reference = card_reference(3)
    for address in ("erase", "profile", f"cards/{reference}/block"):
        assert manager.post(f"/members/{EVE}/{address}", data={"name": "x"}).status_code == 404
    assert quiet.office.people.profile(EVE) is None
    assert manager.post(f"/members/{BOB}/profile", data={"name": "Bob"}).status_code == 303


def test_the_statement_is_a_file_for_spreadsheets(owner: FlaskClient) -> None:
    """The file has a header, a line for each movement, plain figures and the seal's verdict."""
    answer = owner.get(f"/members/{ADA}/statement.csv")
    assert answer.mimetype == "text/csv"
    assert "attachment" in answer.headers["Content-Disposition"]
    text = answer.get_data(as_text=True)
    assert text.startswith("\ufeff")
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert rows[0][0] == "Number"
    assert [row[6:12] for row in rows[1:]] == [
        ["0004", "7.00", "EUR", "7", "0", "130"],
        ["0001", "123.00", "EUR", "123", "0", "123"],
    ]
    assert {row[12] for row in rows[1:]} == {"The seal is intact"}


def test_pages_go_on_by_key(owner: FlaskClient, quiet: QuietHouse) -> None:
    """A long list and a long statement go on where they ended, and come to an end."""
    till = SealedTerminal(TerminalId("till-9"))
    quiet.add_terminal(till, BranchId("north"))
    for number in range(40):
        till.now_ms = quiet.clock.unix_ms()
        earned = till.earn(card_evidence(1), sale_key(1_000 + number), 100)
        new = till.earn(card_evidence(100 + number), sale_key(2_000 + number), 100)
        quiet.transact(till, earned, new)
    for address in ("/members", f"/members/{ADA}"):
        pages, seen = 0, []
        next_address: str | None = address
        while next_address is not None:
            page = get(owner, next_address)
            pages += 1
            seen += re.findall(r'<td data-label="(?:Phone|Receipt)"', page)
            found = re.search(r'rel="next" href="([^"]+)"', page)
            next_address = found[1].replace("&amp;", "&") if found else None
        assert pages == 2
        assert len(seen) in (43, 42)
