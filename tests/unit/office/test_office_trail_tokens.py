"""The trail, tokens and the bookkeeping of passkeys."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.office.accounts import Profile
from gateway.office.errors import OfficeError
from gateway.office.passkeys import CHALLENGE_MS, CHALLENGES_MAX, Ceremony
from gateway.office.passwords import HashCost
from gateway.office.roles import Role
from gateway.office.store import OfficeStore
from gateway.office.tokens import Tokens, TokenScope
from gateway.office.trail import COMMAND_LINE, Actor, TrailOutcome, Value, _from_json, _to_json
from simulators.clock import VirtualClock

ZAHRA = Actor(account_id=1, name="zahra")


@pytest.fixture
def clock() -> VirtualClock:
    """A clock to move."""
    return VirtualClock(unix_ms=1_795_420_000_000)


@pytest.fixture
def office(tmp_path: Path, clock: VirtualClock) -> OfficeStore:
    """A store with the account 1."""
    cost = HashCost(memory_kib=8, passes=1)
    store = OfficeStore(tmp_path / "office.db", clock, cost=cost)
    profile = Profile(display_name="Zahra", role=Role.OWNER)
    store.accounts.add(
        "zahra", profile, "correct horse battery", language="fa", must_change_password=False
    )
    return store


@pytest.fixture(scope="module")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> Tokens:
    """Tokens of an office that has none."""
    path = tmp_path_factory.mktemp("office") / "office.db"
    clock = VirtualClock(unix_ms=1_000)
    return OfficeStore(path, clock, cost=HashCost(memory_kib=8, passes=1)).tokens


def test_a_change_is_written_before_and_after(office: OfficeStore, clock: VirtualClock) -> None:
    """An entry is there before its change, says that its end is unknown, and is finished once."""
    trail = office.trail
    number = trail.begin(
        account=ZAHRA, action="card.block", subject="card 3fa2", before={"blocked": False}
    )
    (entry,) = trail.entries()
    assert (entry.outcome, entry.finished_at_ms, dict(entry.after)) == (None, None, {})
    clock.advance(1_500)
    trail.finish(number, outcome=TrailOutcome.DONE, after={"blocked": True}, detail="done")
    (entry,) = trail.entries()
    assert entry.actor == ZAHRA
    assert (entry.action, entry.subject, entry.detail) == ("card.block", "card 3fa2", "done")
    assert (dict(entry.before), dict(entry.after)) == ({"blocked": False}, {"blocked": True})
    assert entry.outcome is TrailOutcome.DONE
    assert entry.finished_at_ms == entry.begun_at_ms + 1_500
    with pytest.raises(OfficeError, match="finished before"):
        trail.finish(number, outcome=TrailOutcome.FAILED)
    with pytest.raises(OfficeError, match="unknown"):
        trail.finish(99, outcome=TrailOutcome.DONE)


def test_entries_are_filtered_and_paged(office: OfficeStore) -> None:
    """By account, by action, and below a number; the newest first."""
    for number in range(10):
        actor = ZAHRA if number % 2 else COMMAND_LINE
        action = "a.even" if number % 4 == 0 else "a.other"
        office.trail.begin(account=actor, action=action, subject=str(number), before={})
    every = [entry.entry_id for entry in office.trail.entries()]
    assert every == list(range(10, 0, -1))
    page = office.trail.entries(before_entry=4, limit=2)
    assert [entry.entry_id for entry in page] == [3, 2]
    assert {entry.actor.name for entry in office.trail.entries(account_id=1)} == {"zahra"}
    assert [entry.subject for entry in office.trail.entries(action="a.even")] == ["8", "4", "0"]
    assert office.trail.actions() == ["a.even", "a.other"]


@given(value=st.one_of(st.none(), st.booleans(), st.integers(-(2**62), 2**62), st.text()))
def test_values_come_back_as_they_were(value: Value) -> None:
    """Every kind of value survives the trail's text form; long texts are cut."""
    back = _from_json(_to_json({"value": value}))["value"]
    assert back == (value[:500] if isinstance(value, str) else value)
    assert type(back) is type(value)


def test_a_token_opens_until_it_ends(
    office: OfficeStore, clock: VirtualClock, tmp_path: Path
) -> None:
    """A token is found by its text alone, until it expires or is revoked."""
    scopes = frozenset({TokenScope.MEMBERS_READ, TokenScope.BALANCES_READ})
    made = office.tokens.make(
        name="till", scopes=scopes, created_by="zahra", expires_at_ms=clock.unix_ms() + 1_000
    )
    assert made.text.startswith("mohr_")
    assert made.text.rpartition("_")[2].encode() not in (tmp_path / "office.db").read_bytes()
    found = office.tokens.find(made.text)
    assert found is not None
    assert (found.name, found.scopes) == ("till", scopes)
    clock.advance(1_000)
    assert office.tokens.find(made.text) is None
    endless = office.tokens.make(name="b", scopes=scopes, created_by="zahra", expires_at_ms=None)
    assert office.tokens.find(endless.text) is not None
    assert office.tokens.revoke(endless.token.token_id)
    assert not office.tokens.revoke(endless.token.token_id)
    assert office.tokens.find(endless.text) is None
    assert [token.name for token in office.tokens.all()] == ["b", "till"]


@given(st.one_of(st.text(max_size=200), st.from_regex(r"mohr_[0-9a-f]{12}_[\w-]{0,50}")))
def test_nothing_else_is_a_token(tokens: Tokens, text: str) -> None:
    """Whatever is presented, an unknown token is refused without a fault."""
    assert tokens.find(text) is None


def test_a_half_right_token_is_refused(office: OfficeStore) -> None:
    """The lookup of one token with the secret of another opens nothing."""
    first, second = (
        office.tokens.make(
            name=name, scopes=frozenset(), created_by="zahra", expires_at_ms=None
        ).text
        for name in ("a", "b")
    )
    parts = first.split("_", 2), second.split("_", 2)
    assert office.tokens.find("_".join((*parts[0][:2], parts[1][2]))) is None
    assert office.tokens.find(first[:-1]) is None
    assert office.tokens.find(f"{first}x") is None


def test_a_tokens_use_is_kept_to_the_minute(office: OfficeStore, clock: VirtualClock) -> None:
    """The first use is written, and then one a minute."""
    text = office.tokens.make(
        name="a", scopes=frozenset(), created_by="zahra", expires_at_ms=None
    ).text
    used = []
    for step_ms in (0, 59_000, 1_000):
        clock.advance(step_ms)
        office.tokens.find(text)
        used.append(office.tokens.all()[0].used_at_ms)
    assert used[0] is not None
    assert used == [used[0], used[0], used[0] + 60_000]


def test_a_challenge_counts_once(office: OfficeStore, clock: VirtualClock) -> None:
    """For its purpose, its account, five minutes, and one try."""
    keys = office.passkeys
    challenge = keys.challenge(Ceremony.LOG_IN, None)
    assert keys.take_challenge(challenge, Ceremony.LOG_IN, None)
    assert not keys.take_challenge(challenge, Ceremony.LOG_IN, None)
    challenge = keys.challenge(Ceremony.REGISTER, 1)
    assert not keys.take_challenge(challenge, Ceremony.LOG_IN, None)
    assert not keys.take_challenge(challenge, Ceremony.REGISTER, 1)
    challenge = keys.challenge(Ceremony.REGISTER, 1)
    assert not keys.take_challenge(challenge, Ceremony.REGISTER, 2)
    challenge = keys.challenge(Ceremony.LOG_IN, None)
    clock.advance(CHALLENGE_MS)
    assert not keys.take_challenge(challenge, Ceremony.LOG_IN, None)
    assert not keys.take_challenge(b"made up", Ceremony.LOG_IN, None)


@pytest.mark.slow
def test_challenges_are_bounded(office: OfficeStore) -> None:
    """However many are asked for, only so many are kept, and the newest works."""
    for _ in range(CHALLENGES_MAX + 3):
        newest = office.passkeys.challenge(Ceremony.LOG_IN, None)
    with office.passkeys._database.reading() as connection:
        kept = connection.exec_driver_sql("SELECT count(*) FROM challenge").scalar_one()
    assert kept == CHALLENGES_MAX
    assert office.passkeys.take_challenge(newest, Ceremony.LOG_IN, None)


def test_a_passkeys_count_goes_forward(office: OfficeStore) -> None:
    """A count that stands still or goes back is refused, unless the authenticator never counts."""
    keys = office.passkeys
    assert keys.add(1, credential_id=b"a", public_key=b"k", uses=5, name="x")
    assert not keys.add(1, credential_id=b"a", public_key=b"k", uses=5, name="x")
    assert keys.add(1, credential_id=b"b", public_key=b"k", uses=0, name="y")
    counting, silent = keys.of_account(1)
    assert keys.note_use(counting.passkey_id, 6)
    assert not keys.note_use(counting.passkey_id, 6)
    assert not keys.note_use(counting.passkey_id, 0)
    assert keys.note_use(silent.passkey_id, 0)
    assert keys.note_use(silent.passkey_id, 0)


def test_a_passkey_belongs_to_its_account(office: OfficeStore) -> None:
    """Nobody renames or removes another's."""
    keys = office.passkeys
    keys.add(1, credential_id=b"a", public_key=b"k", uses=0, name="x")
    (one,) = keys.of_account(1)
    assert not keys.rename(2, one.passkey_id, "z")
    assert not keys.remove(2, one.passkey_id)
    assert keys.rename(1, one.passkey_id, "n" * 100)
    assert keys.of_account(1)[0].name == "n" * 60
    assert keys.remove(1, one.passkey_id)
    assert keys.find(b"a") is None
