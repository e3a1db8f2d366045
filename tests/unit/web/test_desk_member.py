"""A member's wallets: shown to those who may see them, and changed once by those who may."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from flask.testing import FlaskClient

from gateway.errors import ConfigError, GatewayBusyError, MohrError, NoAnswerError
from gateway.ledger.errors import StoreFullError, StoreUnavailableError
from gateway.ledger.kinds import CardState
from gateway.ledger.rows_members import CardRow
from gateway.model.ids import BranchId, MemberId
from gateway.model.ledger_command import LedgerCommandKind, decode_ledger_command
from gateway.office.commands import Command, Reply
from gateway.office.roles import Role
from simulators.clock import VirtualClock
from simulators.desk import COUPON, DeskHand
from simulators.given.desk_pages import commands, desk, do, filled, get, has, send, trail
from simulators.quiet_house import QuietHouse

if TYPE_CHECKING:
    from tests.unit.web.conftest import ClientAs

ADA, BOB, EVE = (MemberId(f"{number:032x}") for number in (1, 2, 3))
"""Ada and Bob enrolled in ``north``, Eve in ``south``; Ada has 130 points."""
NORTH = BranchId("north")
ACTIONS = (
    "adjust",
    "transfer",
    "coupon",
    "coupon-back",
    "segments",
    "referrer",
    "card",
    "phone",
    "household/found",
    "household/invite",
    "household/join",
    "household/leave",
)
HOSTILE = "<script>alert(1)</script> {{7*7}} '\"&"


@pytest.fixture
def hand(quiet: QuietHouse, clock: VirtualClock) -> DeskHand:
    """Rules that allow everything are in force."""
    clock.advance(60_000)
    made = DeskHand(quiet.house)
    made.publish()
    return made


@pytest.fixture
def owner(client_as: ClientAs, hand: DeskHand) -> FlaskClient:
    """Who may do everything."""
    del hand
    return client_as(Role.OWNER)


def test_points_are_given_and_taken(owner: FlaskClient, quiet: QuietHouse) -> None:
    """What is given and taken is told beforehand, done, and told with both balances afterwards."""
    address = desk(ADA, "adjust")
    fields = {"unit": "points", "way": "give", "amount": "۲۰", "reason": "goodwill"}
    look = owner.post(address, data={"command": "a" * 32, **fields})
    assert re.search(r">130</td>.*<strong>150</strong>", look.text, re.DOTALL)
    assert commands(quiet) == 0
    assert "130 before, 150 now" in do(owner, address, **fields)
    assert "'points': 150" in trail(quiet)
    assert "'reason': 'goodwill'" in trail(quiet)
    page = do(owner, address, unit="points", way="take", amount="50")
    assert "150 before, 100 now" in page
    assert "Adjustment by hand" in get(owner, f"/members/{ADA}")


def test_credit_is_given_and_handed_on(owner: FlaskClient, quiet: QuietHouse) -> None:
    """Money is typed as the shop writes it; a transfer shows both members before it is done."""
    page = do(owner, desk(ADA, "adjust"), unit="credit", way="give", amount="12.50")
    assert "12.50 euros now" in page
    fields = {"other": BOB, "amount": "2.50"}
    look = owner.post(desk(ADA, "transfer"), data={"command": "b" * 32, "reason": "x", **fields})
    assert re.search(r"12\.50 euros.*10\.00 euros.*0\.00 euros.*2\.50 euros", look.text, re.DOTALL)
    assert "12.50 euros before, 10.00 euros now" in do(owner, desk(ADA, "transfer"), **fields)
    assert [one.available for one in has(quiet, BOB).credits] == [250]


def test_a_double_click_does_nothing_twice(owner: FlaskClient, quiet: QuietHouse) -> None:
    """The same form sent again, even with another figure in it, is told to be done already."""
    address = desk(ADA, "adjust")
    data = filled(owner, address, unit="points", way="give", amount="20")
    assert "150 now" in send(owner, address, data)[1]
    for amount in ("20", "77"):
        status, page = send(owner, address, {**data, "amount": amount})
        assert status == 200
        assert "This was done already" in page
        assert "refused" in trail(quiet)
    assert has(quiet, ADA).points.available == 150
    assert commands(quiet) == 1


def test_what_is_refused_is_said_in_words_and_keeps_its_form(
    owner: FlaskClient, quiet: QuietHouse
) -> None:
    """A refusal names its reason, changes nothing, stands in the trail, and can be corrected."""
    address = desk(BOB, "adjust")
    data = filled(owner, address, unit="credit", way="take", amount="1")
    status, page = send(owner, address, data)
    assert status == 422
    assert "The member has less credit than that" in page
    assert data["command"] in page
    assert "ledger.adjust refused" in trail(quiet)
    assert commands(quiet) == 0
    status, page = send(owner, address, {**data, "way": "give"})
    assert "1.00 euros now" in page


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"amount": "0"}, "Write a figure above zero"),
        ({"amount": "-5"}, "Write a figure above zero"),
        ({"amount": "1.5"}, "Write a figure above zero"),
        ({"amount": "9" * 30}, "Write a figure above zero"),
        ({"amount": ""}, "Please fill this in"),
        ({"amount": "5", "reason": ""}, "Please fill this in"),
        ({"amount": "5", "reason": "   "}, "Write a short reason"),
        ({"amount": "5", "reason": "x" * 500}, "Write a short reason"),
        ({"amount": "5", "unit": "gold"}, "Not a valid choice"),
    ],
)
def test_a_wrong_form_is_not_sent(
    owner: FlaskClient, quiet: QuietHouse, fields: dict[str, str], said: str
) -> None:
    """No figure, no reason or nonsense: the form comes back, and the ledger hears nothing."""
    address = desk(ADA, "adjust")
    status, page = send(owner, address, filled(owner, address, **{"unit": "points", **fields}))
    assert status == 422
    assert said in page
    assert commands(quiet) == 0


def test_a_form_without_an_id_gets_one(owner: FlaskClient, quiet: QuietHouse) -> None:
    """What comes with a broken id is done under a new one."""
    data = {"command": "x'--", "unit": "points", "way": "give", "amount": "1", "reason": "r"}
    assert send(owner, desk(ADA, "adjust"), data)[0] == 200
    assert commands(quiet) == 1


def test_the_ledger_keeps_who_and_why_without_card_numbers(
    owner: FlaskClient, quiet: QuietHouse
) -> None:
    """The journal holds the account's number and the reason, a payment card's number masked."""
    reason = f"paid with ۴۱۱۱ 1111 1111 1111 {HOSTILE}"
    page = do(owner, desk(ADA, "adjust"), unit="points", way="give", amount="1", reason=reason)
    assert "<script>alert" not in page
    row = quiet.house.ledger.journal()[-1]
    assert row.envelope is not None
    command = decode_ledger_command(row.envelope)
    assert command.kind is LedgerCommandKind.ADJUST
    assert command.branch == NORTH
    assert re.fullmatch(r"account-\d+", command.made_by)
    assert command.reason.startswith("paid with **** **** **** 1111 <script>")


def test_coupons_are_given_and_taken_back(owner: FlaskClient, quiet: QuietHouse) -> None:
    """A coupon for a reward of the rules is given, listed, and taken back once."""
    page = do(owner, desk(ADA, "coupon"), reward=COUPON, quantity="2")
    assert "Next time" in page
    voucher = has(quiet, ADA).vouchers[0]
    assert (voucher.left, voucher.reward) == (2, COUPON)
    page = do(owner, desk(ADA, "coupon-back"), voucher=str(voucher.voucher_id))
    assert "Taken back" in page
    assert "no coupon that could be taken back" in get(owner, desk(ADA, "coupon-back"))
    address = desk(ADA, "coupon")
    for wrong in ({"reward": "gold"}, {"reward": COUPON, "quantity": "0"}):
        status, _page = send(owner, address, filled(owner, address, **{"quantity": "1"} | wrong))
        assert status == 422


def test_segments_are_those_of_the_rules(owner: FlaskClient, quiet: QuietHouse) -> None:
    """Groups are chosen from the programme's, shown on the page, and can be left again."""
    page = do(owner, desk(ADA, "segments"), segments=["students", "staff"])
    assert "students" in page
    assert has(quiet, ADA).standing.segments == ("staff", "students")
    address = desk(ADA, "segments")
    status, _page = send(owner, address, filled(owner, address, segments=["kings"]))
    assert status == 422
    do(owner, address, segments=[])
    assert has(quiet, ADA).standing.segments == ()


def test_a_referrer_is_said_once(owner: FlaskClient, quiet: QuietHouse) -> None:
    """Who brought a member is found as members are found, and said once."""
    owner.post(f"/members/{BOB}/profile", data={"name": "Bob", "phone": "0912 123 4567"})
    page = do(owner, desk(ADA, "referrer"), other="4567")
    assert f'href="/members/{BOB}"' in page
    assert has(quiet, ADA).standing.referred_by == BOB
    assert "known already" in get(owner, desk(ADA, "referrer"))
    address = desk(BOB, "referrer")
    for typed, said in (("nobody at all", "Nobody was found"), ("0" * 20, "fits several members")):
        status, page = send(owner, address, filled(owner, address, other=typed))
        assert status == 422
        assert said in page
    status, page = send(owner, address, filled(owner, address, other=BOB))
    assert "Nobody brings themselves" in page


def test_a_card_is_replaced(owner: FlaskClient, quiet: QuietHouse) -> None:
    """The new card, by its number or its code, names the member; the old one is replaced."""
    page = get(owner, desk(ADA, "card"))
    old = re.search(r'<option[^>]* value="([0-9a-f]{16})"', page) or re.search(
        r'value="([0-9a-f]{16})"', page
    )
    assert old is not None
    address = desk(ADA, "card")
    for typed, said in (
        ("hello", "This is no card"),
        ("08 11 22 33", "another one at every tap"),
        (f"{3:064x}", "belongs to a member"),
    ):
        data = filled(owner, address, old=old[1], profile="uid", new=typed)
        status, page = send(owner, address, data)
        assert status == 422, page
        assert said in page
    data = filled(owner, address, old=old[1], profile="qr", new="04:11:22:33:44:55:66")
    assert "named by their code" in send(owner, address, data)[1]
    do(owner, address, old=old[1], profile="uid", new="04:11:22:33:44:55:66")
    with quiet.house.ledger.batch() as batch:
        cards = [one for one in batch.every(CardRow) if one.member_id == ADA]
    assert {one.state for one in cards} == {CardState.ACTIVE, CardState.REPLACED}
    assert all(one.token.hex() != "04112233445566" for one in cards)


def test_a_household_is_founded_joined_and_left(owner: FlaskClient, quiet: QuietHouse) -> None:
    """Two members share a wallet, each sees it on their own page, and one leaves it again."""
    assert "Only the founder" in get(owner, desk(ADA, "household/invite"))
    do(owner, desk(ADA, "household/found"))
    page = do(owner, desk(ADA, "household/invite"), other=BOB)
    assert "Invited" in page
    assert "is invited" in get(owner, f"/members/{BOB}/wallets")
    page = do(owner, desk(BOB, "household/join"))
    assert "Shared with the household" in page
    common = has(quiet, BOB).household
    assert common is not None
    assert common.available == 130 + 45
    assert "'household_role': 'member'" in trail(quiet)
    do(owner, desk(BOB, "household/leave"))
    assert has(quiet, BOB).role is None
    assert "in no household" in get(owner, desk(BOB, "household/leave"))


def test_what_cannot_be_done_says_why_and_has_no_form(owner: FlaskClient) -> None:
    """An action that the rules or the member's standing rule out is a sentence and no form."""
    for what in ("transfer", "coupon-back", "household/invite", "household/join"):
        page = get(owner, desk(BOB, what))
        assert "This cannot be done now" in page
        assert 'name="reason"' not in page


def test_without_the_rules_for_it_nothing_is_offered(client_as: ClientAs) -> None:
    """A programme that is only its base has no coupons, groups, credit transfers or households."""
    owner = client_as(Role.OWNER)
    for what in ("transfer", "coupon", "segments", "household/found"):
        assert "The rules in force" in get(owner, desk(ADA, what))
    assert "130 before, 131 now" in do(
        owner, desk(ADA, "adjust"), unit="points", way="give", amount="1"
    )


def test_managers_act_for_their_own_members_alone(
    client_as: ClientAs, hand: DeskHand, quiet: QuietHouse
) -> None:
    """A manager of ``north`` acts for Ada, and neither sees nor reaches Eve of ``south``."""
    hand.do(LedgerCommandKind.SET_REFERRER, NORTH, member_id=BOB, other_member_id=EVE, reason="x")
    manager = client_as(Role.MANAGER)
    do(manager, desk(ADA, "adjust"), unit="points", way="give", amount="1")
    get(manager, f"/members/{EVE}/wallets", 404)
    assert manager.post(desk(EVE, "adjust"), data={"amount": "5"}).status_code == 404
    address = desk(ADA, "referrer")
    status, page = send(manager, address, filled(manager, address, other=EVE))
    assert status == 422
    assert "Nobody was found" in page
    page = get(manager, f"/members/{BOB}/wallets")
    assert EVE not in page
    assert "a member of another branch" in page
    assert has(quiet, EVE).points.available == 999


@pytest.mark.parametrize("role", [Role.CASHIER, Role.SUPPORT, Role.AUDITOR])
def test_others_look_and_change_nothing(
    client_as: ClientAs, hand: DeskHand, quiet: QuietHouse, role: Role
) -> None:
    """Cashiers, support and auditors see the wallets without a button, and are refused."""
    del hand
    client = client_as(role)
    page = get(client, f"/members/{ADA}/wallets")
    assert "130" in page
    assert "/wallets/adjust" not in page
    for what in ACTIONS:
        assert client.get(desk(ADA, what)).status_code == 403
        assert client.post(desk(ADA, what), data={"reason": "x"}).status_code == 403
    assert commands(quiet) == 0


def test_without_an_answer_the_form_keeps_its_id(
    owner: FlaskClient, quiet: QuietHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the gateway does not answer, the same form can be sent again and is done once."""
    address = desk(ADA, "adjust")
    data = filled(owner, address, unit="points", way="give", amount="5")
    core = quiet.core
    asked: list[Command] = []

    def slow(command: Command, now_ms: int) -> Any:  # noqa: ANN401 - a reply and a step
        asked.append(command)
        done = real(command, now_ms)
        if len(asked) == 1:
            raise NoAnswerError("the gateway is slow; look whether it was done")
        return done

    real = core.administer
    monkeypatch.setattr(core, "administer", slow)
    status, page = send(owner, address, data)
    assert status == 503
    assert "it is done only once" in page
    assert data["command"] in page
    assert "failed" in trail(quiet)
    assert "This was done already" in send(owner, address, data)[1]
    assert has(quiet, ADA).points.available == 135


@pytest.mark.parametrize(
    ("fault", "status", "said"),
    [
        (ConfigError("it knows nobody of that name"), 422, "does not accept this, and nothing"),
        (GatewayBusyError("too busy"), 503, "is too busy, and nothing was changed"),
        (StoreFullError("no space"), 503, "disk is full, and nothing was changed"),
        (StoreUnavailableError("away"), 503, "it is done only once"),
    ],
)
def test_each_fault_has_its_own_words(
    owner: FlaskClient,
    quiet: QuietHouse,
    monkeypatch: pytest.MonkeyPatch,
    fault: MohrError,
    status: int,
    said: str,
) -> None:
    """Whether it was refused, not done yet or perhaps done is told apart; the form is kept."""

    def fail(_command: Command, _now_ms: int) -> Any:  # noqa: ANN401 - it never returns
        raise fault

    address = desk(ADA, "adjust")
    data = filled(owner, address, unit="points", way="give", amount="5")
    with monkeypatch.context() as patched:
        patched.setattr(quiet.core, "administer", fail)
        answer, page = send(owner, address, data)
    assert answer == status
    assert said in page
    assert data["command"] in page
    assert data["reason"] in page
    send(owner, address, data)
    assert has(quiet, ADA).points.available == 135


def test_a_reply_of_another_gateway_is_a_fault(
    owner: FlaskClient, quiet: QuietHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reply that does not say what became of the command is not taken for success."""
    monkeypatch.setattr(quiet.core, "administer", lambda *_: (Reply(ok=True, text="?"), None))
    address = desk(ADA, "adjust")
    data = filled(owner, address, unit="points", way="give", amount="5")
    assert send(owner, address, data)[0] == 503
