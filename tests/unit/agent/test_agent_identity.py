"""A terminal's keys: made once, private, complete, and checked against each other."""

from __future__ import annotations

import shutil
import stat
from pathlib import Path

import pytest

from gateway.crypto.file_signer import FileSigner
from gateway.crypto.registration import GatewayIdentity, Registration
from gateway.crypto.sealed_box import AgreementKey, card_key_info, seal_box
from gateway.crypto.signer import Algorithm
from gateway.errors import KeyStoreError, ValueRangeError
from gateway.model.ids import TerminalId
from terminal_agent.identity import (
    PASSPHRASE_VARIABLE,
    create_identity,
    find_passphrase,
    load_gateway_identity,
    load_identity,
)

LANE = TerminalId("lane-1")


@pytest.mark.parametrize("algorithm", list(Algorithm))
@pytest.mark.parametrize("passphrase", [None, "مهر و موم"])
def test_a_made_identity_loads_as_it_was(
    tmp_path: Path, algorithm: Algorithm, passphrase: str | None
) -> None:
    """Both algorithms, plain or under a Persian passphrase: same keys, same registration."""
    made = create_identity(tmp_path / "data", LANE, algorithm=algorithm, passphrase=passphrase)
    loaded = load_identity(tmp_path / "data", passphrase)
    assert loaded.registration == made.registration
    assert loaded.public_key.algorithm is algorithm
    info = card_key_info(LANE)
    box = seal_box(b"card key", made.registration.agreement_key, info)
    assert loaded.agreement.open_box(box, info) == b"card key"


def test_the_registration_file_is_what_the_gateway_reads(tmp_path: Path) -> None:
    """``identity/terminal.json`` is the strict public text, and holds the epoch asked for."""
    made = create_identity(tmp_path, LANE, epoch=3)
    text = (tmp_path / "identity" / "terminal.json").read_text()
    assert Registration.from_json(text) == made.registration
    assert made.registration.epoch == 3


def test_directories_and_keys_are_private(tmp_path: Path) -> None:
    """0700 for directories, 0600 for keys, and a directory opened to others is refused."""
    data = tmp_path / "data"
    create_identity(data, LANE)
    modes = {
        path.name: stat.S_IMODE(path.stat().st_mode)
        for path in [data, data / "identity", *(data / "identity").glob("*.key")]
    }
    assert modes == {
        "data": 0o700,
        "identity": 0o700,
        "signing.key": 0o600,
        "agreement.key": 0o600,
    }
    (data / "identity").chmod(0o750)
    with pytest.raises(KeyStoreError, match="chmod 700"):
        load_identity(data)


def test_an_identity_is_never_overwritten(tmp_path: Path) -> None:
    """A second init fails and leaves the first one's keys and nothing beside them."""
    made = create_identity(tmp_path, LANE)
    with pytest.raises(KeyStoreError, match="never overwritten"):
        create_identity(tmp_path, TerminalId("lane-2"))
    assert load_identity(tmp_path).registration == made.registration
    assert [path.name for path in tmp_path.iterdir()] == ["identity"]


def test_a_failure_half_way_leaves_no_half_identity(tmp_path: Path) -> None:
    """An empty passphrase is refused while writing; afterwards init works."""
    with pytest.raises(KeyStoreError, match="empty"):
        create_identity(tmp_path, LANE, passphrase="")
    assert list(tmp_path.iterdir()) == []
    create_identity(tmp_path, LANE)


def test_a_malformed_name_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    """A terminal id goes into topics: no slash, no capital, no space."""
    with pytest.raises(ValueRangeError):
        create_identity(tmp_path / "data", TerminalId("Lane/1"))
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("stranger", ["signing", "agreement"])
def test_keys_of_another_identity_are_found_out(tmp_path: Path, stranger: str) -> None:
    """A key file that does not fit the registration is refused at start, not at the first sale."""
    create_identity(tmp_path, LANE)
    path = tmp_path / "identity" / f"{stranger}.key"
    path.unlink()
    if stranger == "signing":
        FileSigner.generate().save(path)
    else:
        AgreementKey.generate().save(path)
    with pytest.raises(KeyStoreError, match="are not the ones"):
        load_identity(tmp_path)


def test_a_missing_part_says_what_to_do(tmp_path: Path) -> None:
    """No identity names the command; a missing registration names the file."""
    with pytest.raises(KeyStoreError, match="mohr terminal init"):
        load_identity(tmp_path)
    create_identity(tmp_path, LANE)
    (tmp_path / "identity" / "terminal.json").unlink()
    with pytest.raises(KeyStoreError, match=r"terminal\.json cannot be read"):
        load_identity(tmp_path)


def test_a_moved_identity_works_where_it_lies(tmp_path: Path) -> None:
    """Nothing in it names its own place: a data directory can be moved to a new box."""
    made = create_identity(tmp_path / "old", LANE)
    shutil.move(tmp_path / "old", tmp_path / "new")
    assert load_identity(tmp_path / "new").registration == made.registration


def test_the_gateways_file_is_read_strictly(tmp_path: Path) -> None:
    """The gateway's text loads; a terminal's text, binary or nothing in its place does not."""
    gateway = GatewayIdentity(name="shop", public_key=FileSigner.generate().public_key)
    path = tmp_path / "gateway.json"
    path.write_text(gateway.to_json())
    assert load_gateway_identity(path) == gateway
    path.write_text(create_identity(tmp_path, LANE).registration.to_json())
    with pytest.raises(KeyStoreError, match="mohr gateway"):
        load_gateway_identity(path)
    path.write_bytes(b"\xff\xfe" * 40_000)
    with pytest.raises(KeyStoreError, match="too long"):
        load_gateway_identity(path)
    with pytest.raises(KeyStoreError, match="cannot be read"):
        load_gateway_identity(tmp_path / "nowhere")


def test_the_passphrase_comes_from_the_first_place_that_gives_one(tmp_path: Path) -> None:
    """File before environment before prompt; none of them means unencrypted keys."""
    file = tmp_path / "passphrase"
    file.write_text("from file\nsecond line\n")
    file.chmod(0o600)
    environment = {PASSPHRASE_VARIABLE: "from environment"}
    assert find_passphrase(environment, file=file, prompt=lambda: "typed") == "from file"
    assert find_passphrase(environment, prompt=lambda: "typed") == "from environment"
    assert find_passphrase({}, prompt=lambda: "typed") == "typed"
    assert find_passphrase({}) is None


def test_an_empty_or_open_passphrase_is_refused(tmp_path: Path) -> None:
    """An empty one is a mistake and not "none"; a file open to others is no secret."""
    file = tmp_path / "passphrase"
    file.write_text("secret\n")
    file.chmod(0o644)
    with pytest.raises(KeyStoreError, match="chmod 600"):
        find_passphrase({}, file=file)
    with pytest.raises(KeyStoreError, match="empty"):
        find_passphrase({PASSPHRASE_VARIABLE: ""})
    with pytest.raises(KeyStoreError, match="cannot be read"):
        find_passphrase({}, file=tmp_path / "nowhere")
