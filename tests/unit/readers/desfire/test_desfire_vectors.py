"""Published transcripts, replayed byte by byte through the dialogues' own code."""

from __future__ import annotations

import json
from collections.abc import Generator
from pathlib import Path
from typing import Any, TypeVar

import pytest

from gateway.crypto.cards.ev1 import Ev1Session
from gateway.crypto.cards.ev2 import Ev2Session
from gateway.crypto.cards.ev2_messages import CommMode
from gateway.readers.apdu import CommandApdu, ResponseApdu
from gateway.readers.cards.desfire_card import DesfireCard, authenticate
from gateway.readers.cards.desfire_commands import (
    change_key,
    get_card_uid,
    read_data,
    write_data,
)
from gateway.readers.cards.desfire_creation import (
    AccessRights,
    FileSettings,
    create_standard_file,
)
from gateway.readers.cards.desfire_session import Ev1Channel, Ev2Channel, KeyChange
from gateway.readers.drive import drive
from gateway.readers.errors import AnswerNotGenuineError
from simulators.cards.desfire_secure import CardChannel, CardEv1, Shape

DATA = Path(__file__).parents[3] / "data" / "cards"
EV1: dict[str, Any] = json.loads((DATA / "desfire_ev1.json").read_text())
EV2: dict[str, Any] = json.loads((DATA / "ev2.json").read_text())

Result = TypeVar("Result")


def replay(
    dialogue: Generator[CommandApdu, ResponseApdu, Result], script: list[tuple[str, str]]
) -> Result:
    """Drive a dialogue against a transcript: every command must be the transcript's."""
    lines = iter(script)

    def transmit(command: bytes) -> bytes:
        wanted, answer = next(lines)
        assert command.hex().upper() == wanted
        return bytes.fromhex(answer)

    result = drive(dialogue, transmit)
    assert list(lines) == []
    return result


def ev1_card(session_key: str, iv: bytes = bytes(16)) -> DesfireCard:
    """A card in the middle of an EV1 session."""
    card = DesfireCard()
    card.session = Ev1Channel(session=Ev1Session(key=bytes.fromhex(session_key), iv=iv))
    return card


def ev2_card(enc_key: str, mac_key: str, identifier: str, counter: int = 0) -> DesfireCard:
    """A card in the middle of an EV2 session."""
    card = DesfireCard()
    session = Ev2Session(
        transaction_identifier=bytes.fromhex(identifier),
        enc_key=bytes.fromhex(enc_key),
        mac_key=bytes.fromhex(mac_key),
        command_counter=counter,
    )
    card.session = Ev2Channel(session=session)
    return card


def test_an_ev1_card_is_authenticated_as_in_its_transcript() -> None:
    """EV2's authentication is refused, AA goes as recorded, and the session key is the card's."""
    vector = EV1["authentication"][0]
    card = DesfireCard()
    dialogue = authenticate(card, 0, bytes.fromhex(vector["key"]), bytes.fromhex(vector["rnd_a"]))
    replay(
        dialogue,
        [
            ("9071000002000000", "911C"),
            ("90AA0000010000", vector["rnd_b_enc"] + "91AF"),
            ("90AF000020" + vector["cryptogram"] + "00", vector["answer"] + "9100"),
        ],
    )
    assert isinstance(card.session, Ev1Channel)
    assert card.session.session.key.hex().upper() == vector["session_key"]


@pytest.mark.parametrize("number", [0, 3])
def test_an_ev2_card_is_authenticated_as_published(number: int) -> None:
    """Tables 14 and 20 of AN12196: both APDUs, and the session that follows."""
    vector = EV2["first"][0 if number == 0 else 1]
    card = DesfireCard()
    dialogue = authenticate(
        card, number, bytes.fromhex(vector["key"]), bytes.fromhex(vector["rnd_a"])
    )
    replay(
        dialogue,
        [
            (f"90710000020{number}0000", vector["rnd_b_enc"] + "91AF"),
            ("90AF000020" + vector["cryptogram"] + "00", vector["answer"] + "9100"),
        ],
    )
    assert isinstance(card.session, Ev2Channel)
    session, wanted = card.session.session, vector["session"]
    assert session.enc_key.hex().upper() == wanted["enc_key"]
    assert session.mac_key.hex().upper() == wanted["mac_key"]
    assert session.transaction_identifier.hex().upper() == wanted["identifier"]


def test_an_ev1_session_follows_the_cards_chain_of_macs() -> None:
    """A file made, written twice and read twice: each answer's MAC is the recorded card's.

    The two listings in between are not commands of ours; they are absorbed as the card did.
    """
    steps = EV1["cmac_chain"]["steps"]
    card = ev1_card(EV1["cmac_chain"]["session_key"])
    settings = FileSettings(
        number=5, mode=CommMode.PLAIN, access=AccessRights(read=0, write=0, read_write=1, change=1)
    )
    replay(
        create_standard_file(card, settings, 80),
        [("90CD00000705001100500000" + "00", _answer(steps[1]))],
    )
    for step in steps[2:6]:
        assert isinstance(card.session, Ev1Channel)
        mac, after = card.session.session.absorb(bytes.fromhex(step["message"]))
        assert mac.hex().upper() == step["cmac"]
        card.session = Ev1Channel(session=after)
    replay(write_data(card, 5, 0, bytes(range(52)), CommMode.PLAIN), _written(steps[6], steps[7]))
    replay(
        write_data(card, 5, 52, bytes(range(0x34, 0x50)), CommMode.PLAIN),
        _written(steps[8], steps[9]),
    )
    read = replay(
        read_data(card, 5, 0, 48, CommMode.PLAIN),
        [("90BD0000070500000030000000", _answer(steps[11]))],
    )
    assert read == bytes(range(48))
    read = replay(
        read_data(card, 5, 48, 32, CommMode.PLAIN),
        [("90BD0000070530000020000000", _answer(steps[13]))],
    )
    assert read == bytes(range(0x30, 0x50))


def _answer(step: dict[str, str]) -> str:
    """Data, half a MAC, and the status word: as the card sent a message that ends in 00."""
    assert step["message"].endswith("00")
    return step["message"][:-2] + step["cmac"][:16] + "9100"


def _written(command: dict[str, str], answer: dict[str, str]) -> list[tuple[str, str]]:
    """One WriteData in as many frames as our APDUs take."""
    body = command["message"][2:]
    first, rest = body[:108], body[108:]
    sent = [(f"903D0000{len(first) // 2:02X}{first}00", "91AF" if rest else _answer(answer))]
    if rest:
        sent.append((f"90AF0000{len(rest) // 2:02X}{rest}00", _answer(answer)))
    return sent


def test_an_ev1_card_changes_its_own_key_as_recorded() -> None:
    """The cryptogram is the recorded one, and the answer needs no MAC."""
    vector = EV1["change_key"][0]
    card = ev1_card(vector["session_key"])
    change = KeyChange(
        number=0, new_key=bytes.fromhex(vector["new"]), new_version=vector["version"]
    )
    replay(change_key(card, change), [("90C400002100" + vector["cryptogram"] + "00", "9100")])


def test_an_ev1_card_changes_two_keys_in_one_session_as_recorded() -> None:
    """The second cryptogram's IV is the first answer's MAC, which is checked."""
    chain = EV1["change_key_chain"]
    card = ev1_card(chain["session_key"])
    for step in chain["steps"]:
        change = KeyChange(
            number=bytes.fromhex(step["header"])[1],
            new_key=bytes.fromhex(step["new"]),
            new_version=step["version"],
            old_key=bytes.fromhex(step["old"]),
        )
        command = "90C4000021" + step["header"][2:] + step["cryptogram"] + "00"
        replay(change_key(card, change), [(command, step["answer_cmac"][:16] + "9100")])


def test_an_ev2_card_tells_its_uid_as_published() -> None:
    """Table 29 of AN12196: the MAC of the command, the IV of the answer."""
    card = ev2_card(
        "2B4D963C014DC36F24F69A50A394F875", "379D32130CE61705DD5FD8C36B95D764", "DF055522"
    )
    answer = "70756055688505B52A5E26E59E329CD6595F672298EA41B79100"
    uid = replay(get_card_uid(card), [("90510000088E2C155ADDA99BE300", answer)])
    assert uid == bytes.fromhex("04958CAA5C5E80")


def test_a_published_answer_with_one_bit_changed_is_refused() -> None:
    """The same transcript, the last bit of the MAC turned."""
    card = ev2_card(
        "2B4D963C014DC36F24F69A50A394F875", "379D32130CE61705DD5FD8C36B95D764", "DF055522"
    )
    answer = "70756055688505B52A5E26E59E329CD6595F672298EA41B69100"
    with pytest.raises(AnswerNotGenuineError):
        replay(get_card_uid(card), [("90510000088E2C155ADDA99BE300", answer)])


def test_an_ev2_card_changes_both_kinds_of_key_as_published() -> None:
    """Tables 26 and 27 of AN12196: another key, then the session's own, in one session."""
    messages = [one for one in EV2["messages"] if "ChangeKey" in one["name"]]
    session = messages[0]["session"]
    card = ev2_card(
        session["enc_key"], session["mac_key"], session["identifier"], messages[0]["counter"]
    )
    assert len(messages) == 2
    for message in messages:
        values = message["change_key"]
        old = values.get("old")
        change = KeyChange(
            number=bytes.fromhex(message["header"])[0],
            new_key=bytes.fromhex(values["new"]),
            new_version=values["version"],
            old_key=bytes.fromhex(old) if old else None,
        )
        command = f"90C40000{len(message['sent']) // 2:02X}{message['sent']}00"
        replay(change_key(card, change), [(command, message.get("answer", "") + "9100")])


def test_the_simulated_card_answers_an_ev1_session_as_the_real_one() -> None:
    """The card's own side of the messaging makes the recorded MACs from the recorded commands."""
    steps = EV1["cmac_chain"]["steps"]
    session = Ev1Session(key=bytes.fromhex(EV1["cmac_chain"]["session_key"]))
    channel: CardChannel = CardEv1(key_number=0, session=session)
    for command, answer in zip(steps[::2], steps[1::2], strict=True):
        message = bytes.fromhex(command["message"])
        shape = Shape(
            instruction=message[0],
            header_bytes=len(message) - 1,
            data_bytes=0,
            mode=CommMode.PLAIN,
        )
        _, _, channel = channel.open(shape, message[1:])
        data = bytes.fromhex(answer["message"])[:-1]
        sealed, channel = channel.seal(shape, data)
        assert sealed.hex().upper() == data.hex().upper() + answer["cmac"][:16]
