"""The system page, its backups and the tokens: what is shown, what may be done, what is kept."""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterator
from html import unescape
from io import BytesIO
from typing import Any, cast

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from gateway.backup.contents import backup_name
from gateway.backup.errors import BackupError
from gateway.backup.shelf import list_backups
from gateway.doctor.finding import Code
from gateway.doctor.sentences import SENTENCES
from gateway.office.roles import Role
from gateway.office.tokens import TokenScope
from gateway.office.trail import TrailOutcome
from simulators.clock import VirtualClock
from simulators.quiet_house import QuietHouse
from web_admin.pages.tokens import ADDRESSES, words_of_scope
from web_admin.system.backup_desk import BackupDesk
from web_admin.system.words import WORDS

PASSPHRASE = "correct horse battery staple"
FOLDER = "backups"


@pytest.fixture
def desk(app: Flask) -> Iterator[BackupDesk]:
    """Where backups are worked on; nothing is left running after a test."""
    made = cast("BackupDesk", app.extensions["mohr-backup-desk"])
    yield made
    made.wait()


@pytest.fixture
def owner(client_as: Any) -> FlaskClient:  # noqa: ANN401 - a fixture's function
    """Somebody who may do everything."""
    return cast("FlaskClient", client_as(Role.OWNER))


def text_of(response: TestResponse) -> str:
    """What a person reads on a page."""
    words = re.sub(r"<[^>]+>", " ", response.get_data(as_text=True))
    return " ".join(unescape(words).split())


def take(owner: FlaskClient, desk: BackupDesk, passphrase: str = "") -> None:
    """Take a backup and wait for it."""
    form = {"passphrase": passphrase, "again": passphrase}
    assert owner.post("/system/backups/take", data=form).status_code == 303
    desk.wait()
    assert desk.job is not None
    assert (desk.job.good, desk.job.fault) == (True, "")


def test_the_words_are_those_of_the_command_line() -> None:
    """Every code has words, and the page's English sentences are the command line's."""
    assert set(WORDS) == set(Code)
    for code, words in WORDS.items():
        # A lazy text outside of a request is its English sentence.
        assert (str(words.what), str(words.advice)) == (
            SENTENCES[code].what,
            SENTENCES[code].advice,
        )


@pytest.mark.parametrize("language", ["fa", "en"])
def test_the_page_says_what_to_do(owner: FlaskClient, quiet: QuietHouse, language: str) -> None:
    """Findings, versions, sizes and counts are shown in either language."""
    quiet.office.accounts.set_language(2, language)
    page = text_of(owner.get("/system"))
    said = {
        "en": ("There is no backup.", "Database library", "Rows written to the journal"),
        "fa": (
            "هیچ نسخهٔ پشتیبانی وجود ندارد.",
            "کتابخانهٔ پایگاه داده",
            "سطرهای نوشته‌شده در دفتر روزنامه",
        ),
    }
    for words in said[language]:
        assert words in page


def test_looking_again_asks_the_broker(owner: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Opening the page waits for nobody; asking for it also tries the broker's port."""
    asked: list[object] = []

    def refuse(address: object, **_: object) -> object:
        asked.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr("socket.create_connection", refuse)
    assert "The broker does not answer" not in text_of(owner.get("/system"))
    assert asked == []
    assert owner.post("/system/check").status_code == 303
    assert asked == [("127.0.0.1", 1)]
    assert "The broker does not answer" in text_of(owner.get("/system"))


def test_a_backup_is_taken_and_verified(
    owner: FlaskClient, desk: BackupDesk, quiet: QuietHouse
) -> None:
    """From the button to a backup that was proved good, each step written down."""
    take(owner, desk, PASSPHRASE)
    (backup,) = list_backups(quiet.data_dir / FOLDER)
    assert "The backup was taken." in text_of(owner.get("/system/backups"))
    assert owner.post(f"/system/backups/{backup.name}/verify").status_code == 303
    desk.wait()
    page = text_of(owner.get("/system/backups"))
    assert "The backup is good" in page
    assert "Proved good" in page
    entries = quiet.office.trail.entries(limit=2)
    assert [(one.action, one.outcome) for one in entries] == [
        ("backup.verify", TrailOutcome.DONE),
        ("backup.take", TrailOutcome.DONE),
    ]
    assert entries[1].after["keys"] == "gateway.key, card.key, web.key, phone.key"
    # What the page says of the state is gone once the doctor looks anew.
    assert "There is no backup." not in text_of(owner.get("/system"))


def test_the_passphrase_is_not_kept(
    owner: FlaskClient, desk: BackupDesk, quiet: QuietHouse
) -> None:
    """It stands in no file of the data directory, and no key stands in a backup in the clear."""
    take(owner, desk, PASSPHRASE)
    key = (quiet.data_dir / "card.key").read_bytes()
    (backup,) = list_backups(quiet.data_dir / FOLDER)
    with tarfile.open(backup.path, "r:gz") as tar:
        for name in tar.getnames():
            member = tar.extractfile(name)
            assert member is not None
            content = member.read()
            assert key not in content
            assert PASSPHRASE.encode() not in content
    for file in quiet.data_dir.iterdir():
        if file.is_file():
            assert PASSPHRASE.encode() not in file.read_bytes()


@pytest.mark.parametrize(
    ("passphrase", "again", "words"),
    [
        ("short", "short", "too short"),
        (PASSPHRASE, PASSPHRASE + "x", "differ"),
        ("x" * 2_000, "x" * 2_000, "too long"),
    ],
)
def test_a_bad_passphrase_begins_nothing(
    owner: FlaskClient, desk: BackupDesk, passphrase: str, again: str, words: str
) -> None:
    """What is wrong is said, and no backup is begun."""
    form = {"passphrase": passphrase, "again": again}
    answer = owner.post("/system/backups/take", data=form, follow_redirects=True)
    assert words in text_of(answer)
    assert desk.job is None


def test_one_at_a_time(
    owner: FlaskClient, desk: BackupDesk, quiet: QuietHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While one backup is made, another is refused, and the page keeps asking how it goes."""
    seen: list[str] = []

    def slow(*_: object, **__: object) -> object:
        # In the background's own thread: here the work is surely in hand.
        seen.append(text_of(owner.post("/system/backups/take", follow_redirects=True)))
        seen.append(owner.get("/system/backups/state").get_data(as_text=True))
        raise BackupError("the disk is full of tests")

    monkeypatch.setattr("web_admin.system.backup_desk.take", slow)
    owner.post("/system/backups/take")
    desk.wait()
    assert "Other work on backups is going on." in seen[0]
    assert "A backup is being taken" in seen[1]
    assert 'hx-trigger="every 2s"' in seen[1]
    page = owner.get("/system/backups")
    assert "No backup was taken." in text_of(page)
    assert "the disk is full of tests" in text_of(page)
    assert "hx-trigger" not in owner.get("/system/backups/state").get_data(as_text=True)
    assert quiet.office.trail.entries(limit=1)[0].outcome is TrailOutcome.FAILED


def test_a_bad_backup_is_shown_as_bad(
    owner: FlaskClient, desk: BackupDesk, quiet: QuietHouse
) -> None:
    """A damaged file fails its verification, and the reason stands beside it."""
    take(owner, desk)
    (backup,) = list_backups(quiet.data_dir / FOLDER)
    backup.path.write_bytes(backup.path.read_bytes()[:-20])
    owner.post(f"/system/backups/{backup.name}/verify")
    desk.wait()
    page = text_of(owner.get("/system/backups"))
    assert "Not good" in page
    assert "is no whole backup" in page
    assert "The newest backup is not good; things wrong with it: 1." in text_of(
        owner.get("/system")
    )


def test_a_download_is_the_file_and_is_written_down(
    owner: FlaskClient, desk: BackupDesk, quiet: QuietHouse
) -> None:
    """The whole backup comes as a file that nobody between may keep."""
    take(owner, desk)
    (backup,) = list_backups(quiet.data_dir / FOLDER)
    answer = owner.get(f"/system/backups/{backup.name}/download")
    assert answer.data == backup.path.read_bytes()
    assert answer.headers["Cache-Control"] == "no-store"
    assert backup.name in answer.headers["Content-Disposition"]
    with tarfile.open(fileobj=BytesIO(answer.data), mode="r:gz") as tar:
        assert "ledger.db" in tar.getnames()
    answer.close()
    entry = quiet.office.trail.entries(limit=1)[0]
    assert (entry.action, entry.subject) == ("backup.download", backup.name)


def test_a_backup_is_deleted(owner: FlaskClient, desk: BackupDesk, quiet: QuietHouse) -> None:
    """It is gone, and who deleted it is known."""
    take(owner, desk)
    (backup,) = list_backups(quiet.data_dir / FOLDER)
    answer = owner.post(f"/system/backups/{backup.name}/delete", follow_redirects=True)
    assert "The backup was deleted." in text_of(answer)
    assert list_backups(quiet.data_dir / FOLDER) == ()
    assert quiet.office.trail.entries(limit=1)[0].action == "backup.delete"


@pytest.mark.parametrize("name", ["x", "..%2Fcard.key", "%2e%2e%2fcard.key", backup_name(0)])
def test_no_other_file_can_be_named(owner: FlaskClient, name: str) -> None:
    """Only a backup of the folder is there; everything else is a page that does not exist."""
    assert owner.get(f"/system/backups/{name}/download").status_code == 404
    for action in ("verify", "delete"):
        assert owner.post(f"/system/backups/{name}/{action}").status_code in (404, 405)


def test_an_auditor_looks_and_touches_nothing(
    client_as: Any,  # noqa: ANN401 - a fixture's function
    owner: FlaskClient,
    desk: BackupDesk,
    quiet: QuietHouse,
) -> None:
    """Whoever may only look sees the backups without a button, and is refused by every one."""
    take(owner, desk)
    (backup,) = list_backups(quiet.data_dir / FOLDER)
    auditor = client_as(Role.AUDITOR)
    page = auditor.get("/system/backups")
    assert page.status_code == 200
    assert "/download" not in page.get_data(as_text=True)
    assert auditor.get(f"/system/backups/{backup.name}/download").status_code == 403
    for path in ("take", f"{backup.name}/verify", f"{backup.name}/delete"):
        assert auditor.post(f"/system/backups/{path}").status_code == 403
    assert client_as(Role.CASHIER).get("/system").status_code == 403


# -- tokens -----------------------------------------------------------------------------------


def test_a_token_is_shown_once_and_works(owner: FlaskClient, quiet: QuietHouse) -> None:
    """The secret comes with the answer and never again; the trail knows who made it, not it."""
    form = {"name": "Reports \u202eevil", "scopes": ["members:read"], "lasts": "30"}
    answer = owner.post("/tokens", data=form)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (201, "no-store")
    found = re.search(r"mohr_[0-9a-f]{12}_[A-Za-z0-9_-]{43}", answer.get_data(as_text=True))
    assert found is not None
    secret = found[0]
    assert secret not in owner.get("/tokens").get_data(as_text=True)
    token = quiet.office.tokens.find(secret)
    assert token is not None
    assert (token.name, token.scopes) == ("Reports evil", frozenset({TokenScope.MEMBERS_READ}))
    entry = quiet.office.trail.entries(limit=1)[0]
    assert (entry.action, entry.after["lookup"]) == ("token.make", token.lookup)
    assert secret.split("_", 2)[2] not in str(entry)
    api = {"Authorization": f"Bearer {secret}"}
    assert owner.get("/api/v1/members", headers=api).status_code == 200
    assert owner.get("/api/v1/terminals", headers=api).status_code == 403


def test_nobody_makes_a_token_that_reads_more_than_they_may(
    client_as: Any,  # noqa: ANN401 - a fixture's function
    quiet: QuietHouse,
) -> None:
    """An integrator sees no members, and so can make no token that does."""
    integrator = client_as(Role.INTEGRATOR)
    assert "members:read" not in integrator.get("/tokens").get_data(as_text=True)
    for scope, status in (("members:read", 422), ("terminals:read", 201)):
        form = {"name": "Fleet", "scopes": [scope], "lasts": "30"}
        assert integrator.post("/tokens", data=form).status_code == status
    (token,) = quiet.office.tokens.all()
    assert token.scopes == {TokenScope.TERMINALS_READ}


def test_a_revoked_token_opens_nothing(
    owner: FlaskClient, quiet: QuietHouse, clock: VirtualClock
) -> None:
    """One press ends it; pressing again says that it was ended before."""
    made = quiet.office.tokens.make(
        name="x", scopes=frozenset(TokenScope), created_by="y", expires_at_ms=None
    )
    path = f"/tokens/{made.token.token_id}/revoke"
    assert "was revoked" in text_of(owner.post(path, follow_redirects=True))
    assert quiet.office.tokens.find(made.text) is None
    assert "revoked before" in text_of(owner.post(path, follow_redirects=True))
    outcomes = [one.outcome for one in quiet.office.trail.entries(limit=2)]
    assert outcomes == [TrailOutcome.REFUSED, TrailOutcome.DONE]
    assert owner.post("/tokens/999/revoke").status_code == 404
    soon = clock.unix_ms() + 1_000
    quiet.office.tokens.make(
        name="z", scopes=frozenset(TokenScope), created_by="y", expires_at_ms=soon
    )
    clock.advance(2_000)
    page = text_of(owner.get("/tokens"))
    assert "Revoked" in page
    assert "Expired" in page


@pytest.mark.parametrize(
    "form",
    [
        {"name": "", "scopes": ["members:read"], "lasts": "30"},
        {"name": "x" * 81, "scopes": ["members:read"], "lasts": "30"},
        {"name": "x", "lasts": "30"},
        {"name": "x", "scopes": ["everything"], "lasts": "30"},
        {"name": "x", "scopes": ["members:read"], "lasts": "31"},
    ],
)
def test_a_token_that_makes_no_sense_is_not_made(
    owner: FlaskClient, quiet: QuietHouse, form: dict[str, Any]
) -> None:
    """Names, scopes and times are those of the form, or nothing is made."""
    assert owner.post("/tokens", data=form).status_code == 422
    assert quiet.office.tokens.all() == []


def test_hostile_names_are_harmless(owner: FlaskClient) -> None:
    """A script for a name is text, and is not run."""
    form = {"name": "<script>alert(1)</script>{{7*7}}", "scopes": ["members:read"], "lasts": "0"}
    page = owner.post("/tokens", data=form).get_data(as_text=True)
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page
    assert "{{7*7}}" in page


def test_the_guide_names_what_the_api_has(owner: FlaskClient) -> None:
    """Every address of the API's description stands on the page, with the scope it needs."""
    described = owner.get("/api/openapi.json").get_json()
    assert {one.path for one in ADDRESSES} == set(described["paths"])
    page = owner.get("/tokens/guide").text.replace("<wbr>", "")
    for one in ADDRESSES:
        assert f"/api{one.path}" in page


@pytest.mark.parametrize("scope", TokenScope)
def test_every_scope_has_words(app: Flask, scope: TokenScope) -> None:
    """No scope is without a sentence."""
    with app.test_request_context():
        assert words_of_scope(scope)
