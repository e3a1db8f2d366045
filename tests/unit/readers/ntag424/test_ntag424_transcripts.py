"""The published transcripts of AN12196: our commands and our card say the same bytes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.crypto.cards.ev2 import Ev2Session
from gateway.crypto.cards.ev2_messages import CommMode
from gateway.crypto.cards.originality import OriginalityProduct, verify_originality
from gateway.readers.cards import ntag424_commands as commands
from gateway.readers.cards.ntag424_commands import FilePlace
from gateway.readers.cards.ntag424_settings import FileSettings, SdmSettings
from gateway.readers.cards.ntag424_wire import NDEF_FILE
from gateway.readers.cards.selection import recheck
from simulators.card import VirtualCard
from simulators.cards.ntag424 import Ntag424Card, _Volatile
from simulators.cards.ntag424_login import OpenSession
from simulators.cards.ntag424_state import CardFile, Ntag424State
from simulators.given.ntag424_desk import dice, talk

DATA = Path(__file__).parents[3] / "data" / "cards"
TRANSCRIPTS = json.loads((DATA / "ntag424_transcripts.json").read_text())
SUN = json.loads((DATA / "sun.json").read_text())
ZERO_KEY = bytes(16)


class Recorded(VirtualCard):
    """A card, and what was said to it and by it."""

    def __init__(self, card: VirtualCard) -> None:
        self.atr = card.atr
        self.card = card
        self.said: list[list[str]] = []

    def power_on(self) -> None:
        self.card.power_on()

    def transmit(self, command: bytes) -> bytes:
        answer = self.card.transmit(command)
        self.said.append([command.hex().upper(), answer.hex().upper()])
        return answer


def card_of(transcript: dict[str, Any]) -> Ntag424Card:
    """The card of a transcript, selected, in its session if it begins in one."""
    state = Ntag424State(
        uid=bytes.fromhex(transcript["uid"]),
        signature=bytes.fromhex(transcript.get("signature", "00" * 56)),
    )
    if "file_2" in transcript:
        settings = FileSettings.from_bytes(bytes.fromhex(transcript["file_2"]))
        state = state.with_file(NDEF_FILE, replace(state.file(NDEF_FILE), settings=settings))
    card = Ntag424Card(state, dice(*transcript.get("card_dice", [])))
    card.power_on()
    talk(card, commands.select_ntag424())
    session = session_of(transcript)
    if session is not None:
        opened = OpenSession(key_number=transcript["session"]["key_number"], session=session)
        card._now = _Volatile(in_application=True, opened=opened)
    return card


def session_of(transcript: dict[str, Any]) -> Ev2Session | None:
    """The session that a transcript begins in, where its authentication is not published."""
    if "session" not in transcript:
        return None
    given = transcript["session"]
    return Ev2Session(
        transaction_identifier=bytes.fromhex(given["identifier"]),
        enc_key=bytes.fromhex(given["enc_key"]),
        mac_key=bytes.fromhex(given["mac_key"]),
    )


class Desk:
    """Does what a transcript's steps say, and keeps the session between them."""

    def __init__(self, card: VirtualCard, transcript: dict[str, Any]) -> None:
        self.card = card
        self.session = session_of(transcript)
        self.dice = dice(*transcript.get("reader_dice", []))

    def do(self, step: dict[str, Any]) -> None:
        """One step; its answer, where there is one, is the published one."""
        getattr(self, step["do"])(step)

    def in_session(self) -> Ev2Session:
        assert self.session is not None
        return self.session

    def authenticate_first(self, step: dict[str, Any]) -> None:
        key = bytes.fromhex(step["key"])
        dialogue = commands.authenticate_first(step["key_number"], key, self.dice)
        self.session = talk(self.card, dialogue)

    def authenticate_non_first(self, step: dict[str, Any]) -> None:
        key = bytes.fromhex(step["key"])
        dialogue = commands.authenticate_non_first(
            self.in_session(), step["key_number"], key, self.dice
        )
        self.session = talk(self.card, dialogue)

    def write_file(self, step: dict[str, Any]) -> None:
        place = FilePlace(file_number=step["file_number"], mode=CommMode(step["mode"]))
        dialogue = commands.write_file(self.session, place, bytes.fromhex(step["data"]))
        _, self.session = talk(self.card, dialogue)

    def change_file_settings(self, step: dict[str, Any]) -> None:
        settings = FileSettings.from_bytes(bytes.fromhex(step["settings"]))
        dialogue = commands.change_file_settings(self.in_session(), step["file_number"], settings)
        self.session = talk(self.card, dialogue)

    def get_key_version(self, step: dict[str, Any]) -> None:
        dialogue = commands.get_key_version(self.session, step["key_number"])
        version, self.session = talk(self.card, dialogue)
        assert version == step["answer"]

    def change_other_key(self, step: dict[str, Any]) -> None:
        old, new = bytes.fromhex(step["old_key"]), bytes.fromhex(step["new_key"])
        dialogue = commands.change_other_key(
            self.in_session(), step["key_number"], old, new, step["version"]
        )
        self.session = talk(self.card, dialogue)

    def change_own_key(self, step: dict[str, Any]) -> None:
        new = bytes.fromhex(step["new_key"])
        talk(self.card, commands.change_own_key(self.in_session(), new, step["version"]))

    def get_file_settings(self, step: dict[str, Any]) -> None:
        dialogue = commands.get_file_settings(self.session, step["file_number"])
        information, self.session = talk(self.card, dialogue)
        assert information.to_bytes().hex().upper() == step["answer"]

    def enable_random_uid(self, _step: dict[str, Any]) -> None:
        self.session = talk(self.card, commands.enable_random_uid(self.in_session()))

    def get_card_uid(self, step: dict[str, Any]) -> None:
        uid, self.session = talk(self.card, commands.get_card_uid(self.in_session()))
        assert uid.hex().upper() == step["answer"]

    def read_signature(self, step: dict[str, Any]) -> None:
        signature, _ = talk(self.card, commands.read_signature(self.session))
        assert signature.hex().upper() == step["answer"]

    def show_uids(self, step: dict[str, Any]) -> None:
        shown = []
        for _ in step["uids"]:
            self.card.power_on()
            uid = talk(self.card, recheck()).uid
            assert uid is not None
            shown.append(uid.hex().upper())
        assert shown == step["uids"]


@pytest.mark.parametrize("transcript", TRANSCRIPTS, ids=[one["name"] for one in TRANSCRIPTS])
def test_our_commands_and_our_card_say_the_published_bytes(transcript: dict[str, Any]) -> None:
    """Command for command and answer for answer, with the published random numbers."""
    recorded = Recorded(card_of(transcript))
    desk = Desk(recorded, transcript)
    for step in transcript["steps"]:
        recorded.said.clear()
        desk.do(step)
        if "exchanges" in step:
            assert recorded.said == step["exchanges"], step["do"]


def test_the_published_signature_is_of_the_published_card() -> None:
    """What the card answers to Read_Sig is NXP's signature over its UID."""
    (transcript,) = (one for one in TRANSCRIPTS if one["name"] == "originality signature")
    card = card_of(transcript)
    signature, _ = talk(card, commands.read_signature())
    assert verify_originality(OriginalityProduct.NTAG_424_DNA, card.state.uid, signature)


def test_the_published_version_is_read() -> None:
    """The three frames of AN12196, table 10."""
    frames = iter(("0404083000110591AF", "0404020101110591AF", "04968CAA5C5E80CD65935D4021189100"))

    class Scripted(VirtualCard):
        atr = b""

        def power_on(self) -> None:
            """Nothing to forget."""

        def transmit(self, command: bytes) -> bytes:
            assert command.hex() in {"9060000000", "90af000000"}
            return bytes.fromhex(next(frames))

    version, session = talk(Scripted(), commands.get_version())
    assert session is None
    assert version.is_ntag424
    assert version.uid.hex().upper() == "04968CAA5C5E80"
    assert version.batch.hex().upper() == "CD65935D402118"


def sun_card(picc: dict[str, Any], content: bytes, sdm: SdmSettings) -> Ntag424Card:
    """A card that is about to make a published message."""
    state = Ntag424State(uid=bytes.fromhex(picc["uid"]), read_counter=picc["counter"] - 1)
    stored = state.file(NDEF_FILE)
    settings = replace(stored.settings, sdm=sdm)
    file = CardFile(content=content.ljust(256, b"\0"), settings=settings)
    return Ntag424Card(state.with_file(NDEF_FILE, file), dice(picc["padding"]))


def first_reading(card: Ntag424Card) -> str:
    """File 2 as the next phone reads it."""
    card.power_on()
    talk(card, commands.select_ntag424())
    content, _ = talk(card, commands.read_file(None, FilePlace(file_number=NDEF_FILE)))
    return content.decode().rstrip("\0")


def test_the_card_makes_the_published_sun_message() -> None:
    """PICC data and MAC of AN12196, tables 3 and 5, at the published count."""
    picc, mac = SUN["picc_data"][0], SUN["macs"][0]
    sdm = SdmSettings(
        meta_read=0, file_read=0, picc_data_offset=2, mac_input_offset=37, mac_offset=37
    )
    content = b"e=" + b"0" * 32 + b"&c=" + b"0" * 16
    assert first_reading(sun_card(picc, content, sdm)) == f"e={picc['enc']}&c={mac['mac']}"


def test_the_card_makes_the_published_message_with_file_data() -> None:
    """PICC data, encrypted file data and a MAC over them of AN12196, table 4."""
    picc, mac, data = SUN["picc_data"][1], SUN["macs"][1], SUN["file_data"][0]
    sdm = SdmSettings(
        meta_read=0,
        file_read=0,
        picc_data_offset=0,
        mac_input_offset=32,
        enc_offset=32,
        enc_length=32,
        mac_offset=70,
    )
    content = b"0" * 32 + bytes.fromhex(data["plain"]).ljust(32, b"_") + b"&cmac=" + b"0" * 16
    made = first_reading(sun_card(picc, content, sdm))
    assert made == picc["enc"] + mac["message"] + mac["mac"]
