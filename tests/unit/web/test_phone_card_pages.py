"""A member's card on the phone: handed out at the desk, shown without a login, and never copied."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
import segno
from flask import Flask
from flask.testing import FlaskClient

from gateway.audit.auditor import audit
from gateway.config import WebSettings
from gateway.crypto.card_token import card_token
from gateway.model.card import CardEvidence
from gateway.model.ids import BranchId, MemberId, TerminalId
from gateway.model.outcome import Reason, Status
from gateway.notifier import NoticeKind
from gateway.office.commands import SetCardBlocked
from gateway.office.roles import Role
from gateway.queries.member_points import points_of
from gateway.readers.codes.scan_line import ScannedLine
from gateway.readers.codes.settings import CodeSettings
from gateway.readers.codes.taps import Moment, ScanTaps
from gateway.readers.reader import CardSeen, CardTrouble, CardUnreadable, ReaderEvent
from gateway.service.data_dir import DataDir, read_card_key
from gateway.service.messages import Step
from gateway.wire.receipt import decode_receipt
from simulators.clock import VirtualClock
from simulators.desk import DeskHand
from simulators.given.desk_pages import desk, filled, get, has, send, trail
from simulators.quiet_house import QuietHouse
from simulators.sealed_terminal import SealedTerminal, sale_key
from web_admin.access.current import keep_settings

if TYPE_CHECKING:
    from tests.unit.web.conftest import ClientAs

ADA, BOB = MemberId(f"{1:032x}"), MemberId(f"{2:032x}")
_ADDRESS = re.compile(r"http://[a-z0-9.:]+(/card/[A-Za-z0-9_-]{32})")


@pytest.fixture
def owner(client_as: ClientAs, quiet: QuietHouse, clock: VirtualClock) -> FlaskClient:
    """Who may do everything, under rules that allow everything."""
    clock.advance(60_000)
    DeskHand(quiet.house).publish()
    return client_as(Role.OWNER)


@pytest.fixture
def phone(app: Flask) -> FlaskClient:
    """A member's browser, which is logged in nowhere."""
    return app.test_client()


def handed_out(owner: FlaskClient, member_id: MemberId = ADA) -> str:
    """Put a card on a member's phone; the path of its page."""
    address = desk(member_id, "phone")
    status, page = send(owner, address, filled(owner, address, reason="asked for it"))
    assert status == 200, page[:2_000]
    found = _ADDRESS.search(page)
    assert found is not None, page
    return found[1]


def text_of(quiet: QuietHouse, path: str) -> str:
    """The text of the code that the page draws now."""
    cards = quiet.house.phone_cards
    number = cards.number_of(path.removeprefix("/card/"))
    assert number is not None
    return cards.code(number, quiet.clock.unix_ms()).text


class Till:
    """A counter with a scanner: what it scans it seals, and sends at once."""

    def __init__(self, quiet: QuietHouse, name: str) -> None:
        self._quiet = quiet
        self.box = SealedTerminal(TerminalId(name), now_ms=quiet.clock.unix_ms())
        quiet.add_terminal(self.box, BranchId("north"))
        self._taps = ScanTaps(name, CodeSettings(), organisation=None, debounce_ms=1_000)
        self._sales = 1_000 * int(name[-1])

    def scan(self, text: str) -> ReaderEvent:
        """Hold a phone, or a picture of one, before the scanner."""
        clock = self._quiet.clock
        now = Moment(unix_ms=clock.unix_ms(), monotonic_ms=clock.monotonic_ms())
        return self._taps.take([ScannedLine(data=text.encode())], now)[0]

    def sell(self, text: str) -> tuple[Status, Reason, list[str]]:
        """Sell something to whoever shows a code: what became of it, and what it rang."""
        event = self.scan(text)
        assert isinstance(event, CardSeen), event
        tap = event.tap
        card_key = read_card_key(DataDir(self._quiet.data_dir))
        card = CardEvidence(
            profile=tap.profile,
            token=card_token(card_key, tap.profile, tap.identity),
            assurance=tap.assurance,
            counter=tap.counter,
            proof=tap.proof,
        )
        self._sales += 1
        self.box.now_ms = self._quiet.clock.unix_ms()
        step = self._quiet.transact(self.box, self.box.earn(card, sale_key(self._sales), 10_000))
        (result,) = decode_receipt(step.replies[0].payload).results
        return result.status, result.reason, _rang(step)


def _rang(step: Step) -> list[str]:
    return [one.code for one in step.notices if one.kind is NoticeKind.ALARM]


def test_a_phone_earns_and_its_screenshot_does_not(
    owner: FlaskClient, phone: FlaskClient, quiet: QuietHouse, clock: VirtualClock
) -> None:
    """The code on the phone's page earns; its picture is refused elsewhere and after its time."""
    path = handed_out(owner)
    page = get(phone, path)
    screenshot = text_of(quiet, path)
    assert segno.make(screenshot, error="m", micro=False).svg_data_uri(
        scale=6, border=4, light="#fff"
    ) in page.replace("&#39;", "'")
    north, south = Till(quiet, "till-8"), Till(quiet, "till-9")
    before = has(quiet, ADA).points.available
    assert north.sell(screenshot) == (Status.APPLIED, Reason.NONE, [])
    assert has(quiet, ADA).points.available > before
    clock.advance(10_000)
    assert south.sell(screenshot) == (Status.REFUSED, Reason.CARD_COPIED, ["card_copied"])
    clock.advance(30_000)
    assert south.sell(text_of(quiet, path)) == (Status.APPLIED, Reason.NONE, [])
    clock.advance(60_000)
    late = Till(quiet, "till-7").scan(screenshot)
    assert isinstance(late, CardUnreadable)
    assert late.trouble is CardTrouble.CODE_EXPIRED
    assert get(phone, path)
    with quiet.store.batch() as batch:
        assert audit(batch).findings == ()


def test_the_address_is_shown_once_and_one_form_makes_one_card(
    owner: FlaskClient, quiet: QuietHouse
) -> None:
    """Sent twice it is one card with one address; the trail holds neither address nor number."""
    address = desk(ADA, "phone")
    form = filled(owner, address)
    pages = [send(owner, address, form)[1] for _ in range(2)]
    found = {_ADDRESS.findall(page)[0] for page in pages}
    assert len(found) == 1
    assert len(points_of(quiet.house.ledger, ADA).cards) == 2
    assert found.pop().removeprefix("/card/") not in trail(quiet)
    assert _ADDRESS.search(get(owner, f"/members/{ADA}/wallets")) is None


def test_a_command_of_one_member_opens_no_card_of_another(
    owner: FlaskClient, phone: FlaskClient
) -> None:
    """Whoever knows a command's id learns no address with it."""
    form = filled(owner, desk(ADA, "phone"))
    send(owner, desk(ADA, "phone"), form)
    _, page = send(owner, desk(BOB, "phone"), form)
    for path in _ADDRESS.findall(page):
        get(phone, path, 410)


def test_the_page_tells_nothing_and_is_kept_nowhere(
    owner: FlaskClient, phone: FlaskClient, quiet: QuietHouse
) -> None:
    """Neither the member's name nor the text of the code nor anything of the office is on it."""
    path = handed_out(owner)
    answer = phone.get(path)
    assert answer.headers["Cache-Control"] == "no-store"
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "noindex" in answer.text
    for hidden in (ADA, text_of(quiet, path), "/login", "mohr-nav", "/members"):
        assert hidden not in answer.text
    code = phone.get(f"{path}/code")
    assert code.headers["Cache-Control"] == "no-store"
    said = json.loads(code.text)
    assert set(said) == {"picture", "left_s"}
    assert 1 <= said["left_s"] <= 30


@pytest.mark.parametrize(
    ("language", "words", "direction"), [("fa", "کارت شما", "rtl"), ("en", "Your card", "ltr")]
)
def test_the_page_speaks_both_languages(
    owner: FlaskClient, phone: FlaskClient, language: str, words: str, direction: str
) -> None:
    """Whoever holds the phone chooses, and stays on the page."""
    path = handed_out(owner)
    chosen = phone.post("/language", data={"language": language, "next": path})
    assert chosen.headers["Location"] == path
    page = get(phone, path)
    assert words in page
    assert f'dir="{direction}"' in page


def test_a_blocked_card_is_dead_on_the_phone_too(
    owner: FlaskClient, phone: FlaskClient, quiet: QuietHouse
) -> None:
    """Its page says what to do, and draws no code any more."""
    path = handed_out(owner)
    cards = quiet.house.phone_cards
    number = cards.number_of(path.removeprefix("/card/"))
    assert number is not None
    quiet.execute(SetCardBlocked(token=cards.token(number).hex(), blocked=True))
    page = get(phone, path, 410)
    assert "data-picture" not in page
    assert phone.get(f"{path}/code").status_code == 410


def test_nobody_guesses_an_address(owner: FlaskClient, phone: FlaskClient) -> None:
    """A made-up address is a page that is not there, and soon too many of them."""
    path = handed_out(owner)
    for _ in range(20):
        assert phone.get(f"/card/{'A' * 32}").status_code == 404
    assert phone.get(f"/card/{'A' * 32}/code").status_code == 429
    assert phone.get(path, environ_base={"REMOTE_ADDR": "10.0.0.9"}).status_code == 200


def test_a_public_address_stands_in_the_picture(app: Flask, owner: FlaskClient) -> None:
    """Where the shop has one, phones are sent there and nowhere else."""
    keep_settings(app.extensions, WebSettings(public_url="https://loyalty.example"))
    address = desk(ADA, "phone")
    page = send(owner, address, filled(owner, address))[1]
    assert "https://loyalty.example/card/" in page
    assert "set public_url" not in page
