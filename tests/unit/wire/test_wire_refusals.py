"""What a message is refused for, by name: the message of the fault is what an integrator sees."""

from __future__ import annotations

import re
from typing import Any, Final

import cbor2
import pytest

from gateway.errors import ProgrammeError, ValueRangeError, WireError
from gateway.model.card import Assurance, CardEvidence, CardProfile
from gateway.model.configuration import Configuration
from gateway.model.ids import (
    BootId,
    BranchId,
    CardToken,
    EnvelopeHash,
    SaleKey,
    TerminalId,
    TransactionId,
)
from gateway.model.money import IRR
from gateway.model.programme import Programme
from gateway.model.sale import LINES_MAX, Sale, SaleLine, SaleSource
from gateway.model.transaction import Channel, ClockQuality, EventTime, Kind, Transaction
from gateway.wire.configuration import (
    PROGRAMMES_MAX,
    decode_configuration,
    encode_configuration,
)
from gateway.wire.message import EXTENSIONS_MAX, MESSAGE_BYTES_MAX
from gateway.wire.transaction import decode_transaction, encode_transaction

# Keys of the transaction, as docs/wire.cddl numbers them.
VERSION, ID, TIME, KIND, CARD, SALE, SHIFT = 0, 1, 3, 7, 8, 9, 14


def transaction(*, label: str = "نان سنگک", lines: int = 3, **changes: object) -> Transaction:
    """An earn in rials with some lines; ``changes`` replace whole parts."""
    line = SaleLine(label=label, quantity_milli=1000, amount_minor=150_000)
    parts: dict[str, Any] = {
        "id": TransactionId(terminal=TerminalId("till-1"), epoch=1, seq=7),
        "previous_hash": EnvelopeHash(b"\x11" * 32),
        "time": EventTime(
            unix_ms=1_790_000_000_000,
            utc_offset_min=210,
            quality=ClockQuality.GUESSED,
            boot_id=BootId(b"\x22" * 16),
            monotonic_ms=5_000,
        ),
        "programme_version": 1,
        "channel": Channel.TILL,
        "currency": IRR,
        "kind": Kind.EARN,
        "card": CardEvidence(
            profile=CardProfile.UID, token=CardToken(b"\x33" * 32), assurance=Assurance.IDENTIFIED
        ),
        "sale": Sale(
            key=SaleKey(b"\x44" * 16),
            total_minor=450_000,
            source=SaleSource.RECEIPT,
            profile="escpos",
            lines=(line,) * lines,
        ),
    }
    return Transaction(**(parts | changes))


def plain() -> dict[int, Any]:
    """The transaction as the plain map that stands on the wire."""
    decoded: dict[int, Any] = cbor2.loads(encode_transaction(transaction()))
    return decoded


def refusal(message: dict[int, Any]) -> str:
    """Why a transaction written as this map is refused."""
    with pytest.raises(WireError) as caught:
        decode_transaction(cbor2.dumps(message, canonical=True))
    return str(caught.value)


def test_the_plain_map_is_accepted_unchanged() -> None:
    """The map that the refusals below start from is itself good."""
    assert decode_transaction(cbor2.dumps(plain(), canonical=True)) == transaction()


def test_a_fault_names_the_path_to_a_nested_field() -> None:
    """A wrong type deep inside is reported with every step to it."""
    message = plain()
    message[SALE][6][2][3] = "250"
    assert refusal(message).startswith("transaction.sale.lines[2].amount_minor must be a whole")


def test_a_fault_names_the_range() -> None:
    """A number out of range is reported with the range."""
    message = plain()
    message[TIME][2] = 1081
    assert refusal(message) == (
        "transaction.time.utc_offset_min must be a whole number in [-1080, 1080]"
    )


def test_an_unknown_code_is_named() -> None:
    """A number that a table does not hold is refused, in a newer minor version as well."""
    message = plain()
    message[KIND] = 99
    assert refusal(message) == "transaction.kind is no known Kind code: 99"
    message[VERSION] = [1, 5]
    assert refusal(message) == "transaction.kind is no known Kind code: 99"


@pytest.mark.parametrize("key", [19, 64, 127, 128, 255, 256, 2**63, -1])
def test_an_unknown_key_is_refused_at_our_own_version(key: int) -> None:
    """At the reader's own minor version every key it does not know is refused."""
    assert refusal(plain() | {key: b""}) == f"transaction has the unknown key {key}"


def test_an_unknown_key_in_a_nested_map_is_refused_in_any_version() -> None:
    """Maps inside a message take no extensions, of whatever version."""
    message = plain()
    message[VERSION] = [1, 9]
    message[CARD][200] = b"later"
    assert refusal(message) == "transaction.card has the unknown key 200"


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        (ID, "transaction lacks id (key 1)"),
        (KIND, "transaction lacks kind (key 7)"),
        (VERSION, "transaction must begin with its version [major, minor] (key 0)"),
    ],
)
def test_a_missing_key_is_named(missing: int, words: str) -> None:
    """A required field that is left out is reported by name and number."""
    message = plain()
    del message[missing]
    assert refusal(message) == words


def test_the_model_s_own_rules_hold_on_the_wire() -> None:
    """What the value refuses when it is made is refused in decoding, with the model's words."""
    message = plain()
    del message[CARD]
    with pytest.raises(WireError, match="earn transaction carries exactly") as caught:
        decode_transaction(cbor2.dumps(message, canonical=True))
    assert isinstance(caught.value.__cause__, ValueRangeError)
    message = plain()
    message[SALE][4] = "Not A Name"
    assert "profile must be 1 to 32 of a-z" in refusal(message)


def test_control_characters_are_refused_on_the_wire() -> None:
    """Text that could drive a terminal or a log is refused."""
    message = plain()
    message[SHIFT] = "a\x1b[2Jb"
    assert "must not hold control characters" in refusal(message)


def test_a_programme_that_makes_no_sense_is_a_wire_error() -> None:
    """A programme's own fault becomes a WireError with the programme's fault as its cause."""
    programme = Programme(
        name="club",
        version=1,
        effective_from_ms=0,
        currency=IRR,
        earn_points=1,
        earn_per_minor=1_000,
        redeem_points=1,
        redeem_value_minor=10,
    )
    configuration = Configuration(
        terminal=TerminalId("till-1"),
        version=1,
        issued_at_ms=0,
        branch=BranchId("mashhad"),
        programmes=(programme,),
        card_key_box=bytes(80),
    )
    message = cbor2.loads(encode_configuration(configuration))
    message[5][0][1] = "Not A Name"
    with pytest.raises(WireError, match=r"configuration\.programmes\[0\]") as caught:
        decode_configuration(cbor2.dumps(message, canonical=True))
    assert isinstance(caught.value.__cause__, ProgrammeError)


# --- versions and extensions ------------------------------------------------------------------


@pytest.mark.parametrize("version", [[2, 0], [0, 0], [1], [1, 0, 0], [1, -1], [1, 65_536], 1, "1"])
def test_an_unknown_version_is_refused(version: object) -> None:
    """Another major version, or what is no version at all, is refused."""
    assert "version" in refusal(plain() | {VERSION: version})


@pytest.mark.parametrize("version", [b"\x82\xf5\x00", b"\x82\x01\xf4"])
def test_true_and_false_are_no_version_numbers(version: bytes) -> None:
    """A version of true and false, which equal one and zero, is refused."""
    encoded = encode_transaction(transaction())
    assert encoded[1:5] == b"\x00\x82\x01\x00"
    with pytest.raises(WireError, match="version"):
        decode_transaction(encoded[:2] + version + encoded[5:])


def test_false_does_not_pass_for_key_zero() -> None:
    """False equals zero in Python, and is not the key of the version."""
    encoded = encode_transaction(transaction())
    with pytest.raises(WireError, match="must begin with its version"):
        decode_transaction(encoded[:1] + b"\xf4" + encoded[2:])


def test_a_newer_version_s_extensions_are_kept_byte_for_byte() -> None:
    """Extensions of a newer minor version are kept and written again as they were."""
    newer = cbor2.dumps(plain() | {VERSION: [1, 3], 128: b"", 255: b"\x00later"}, canonical=True)
    value = decode_transaction(newer)
    assert value.wire_minor == 3
    assert value.extensions == ((128, b""), (255, b"\x00later"))
    assert encode_transaction(value) == newer


def test_a_newer_version_without_extensions_keeps_its_number() -> None:
    """The minor version alone is written again too: the bytes must not change."""
    newer = cbor2.dumps(plain() | {VERSION: [1, 1]}, canonical=True)
    assert encode_transaction(decode_transaction(newer)) == newer


def test_a_critical_key_of_a_newer_version_is_refused() -> None:
    """A key below 128 that is not known is never passed over."""
    message = plain() | {VERSION: [1, 3], 100: b"x"}
    assert refusal(message) == "transaction has the unknown key 100"


def test_extensions_are_bounded() -> None:
    """More extensions, longer ones, and other types than byte strings are refused."""
    newer = plain() | {VERSION: [1, 1]}
    many = dict.fromkeys(range(128, 129 + EXTENSIONS_MAX), b"x")
    assert refusal(newer | many) == "transaction has 17 extensions; 16 are allowed"
    assert refusal(newer | {128: bytes(1025)}).startswith("transaction.extensions[128] must be")
    assert refusal(newer | {129: 5}).startswith("transaction.extensions[129] must be a byte string")
    assert refusal(newer | {256: b""}) == "transaction has the unknown key 256"


def test_extension_keys_must_ascend_on_the_wire() -> None:
    """Extensions in another order are another form of the same message, and refused."""
    message = plain()
    message.update({VERSION: [1, 1], 129: b"b", 128: b"a"})
    with pytest.raises(WireError, match="do not ascend"):
        decode_transaction(cbor2.dumps(message))


def test_other_messages_drop_a_newer_version_s_extensions() -> None:
    """A configuration of a newer minor version is taken, and its extensions are passed over."""
    configuration = Configuration(
        terminal=TerminalId("till-1"),
        version=2,
        issued_at_ms=0,
        branch=BranchId("mashhad"),
        programmes=(),
        card_key_box=bytes(80),
    )
    message = cbor2.loads(encode_configuration(configuration)) | {0: [1, 7], 200: b"later"}
    assert decode_configuration(cbor2.dumps(message, canonical=True)) == configuration


@pytest.mark.parametrize(
    ("minor", "extensions", "words"),
    [
        (0, ((128, b""),), "only a newer minor version"),
        (1, ((127, b""),), "unknown key 127"),
        (1, ((256, b""),), "unknown key 256"),
        (1, ((129, b""), (128, b"")), "do not ascend"),
        (1, ((128, b""), (128, b"")), "do not ascend"),
        (1, ((128, bytes(1025)),), "0 to 1024 bytes"),
        (1, tuple((key, b"") for key in range(128, 145)), "17 extensions"),
    ],
)
def test_extensions_that_would_be_refused_are_not_written(
    minor: int, extensions: tuple[tuple[int, bytes], ...], words: str
) -> None:
    """The encoder keeps the extension rule: it writes nothing that it would not read."""
    with pytest.raises(WireError, match=re.escape(words)):
        encode_transaction(transaction(wire_minor=minor, extensions=extensions))


# --- sizes ------------------------------------------------------------------------------------

_BREAD: Final = "\N{BREAD}" * 64


def test_a_long_persian_receipt_fits() -> None:
    """200 lines with labels of 64 Persian letters can be written and read."""
    value = transaction(label="ن" * 64, lines=LINES_MAX)
    assert decode_transaction(encode_transaction(value)) == value


def test_what_is_too_long_to_read_is_not_written() -> None:
    """A transaction that no receiver would take is refused by the encoder, with the bound.

    200 labels of the longest characters still fit; with the longest article numbers they do not.
    """
    value = transaction(label=_BREAD, lines=LINES_MAX)
    assert decode_transaction(encode_transaction(value)) == value
    longest = SaleLine(label=_BREAD, quantity_milli=1, amount_minor=1, sku=_BREAD[:32])
    sale = Sale(
        key=SaleKey(b"\x44" * 16),
        total_minor=1,
        source=SaleSource.RECEIPT,
        profile="escpos",
        lines=(longest,) * LINES_MAX,
    )
    with pytest.raises(WireError, match=f"more than the {MESSAGE_BYTES_MAX} allowed"):
        encode_transaction(transaction(sale=sale))


def test_what_is_too_long_is_refused_before_it_is_parsed() -> None:
    """A message past the bound is refused for its length, whatever stands in it."""
    with pytest.raises(WireError, match="bytes are more than"):
        decode_transaction(b"\xa1" * (MESSAGE_BYTES_MAX + 1))


def test_more_programmes_than_a_terminal_takes_are_not_written() -> None:
    """The encoder refuses a configuration with too many programmes."""
    programme = Programme(
        name="club",
        version=1,
        effective_from_ms=0,
        currency=IRR,
        earn_points=1,
        earn_per_minor=1_000,
        redeem_points=1,
        redeem_value_minor=10,
    )
    configuration = Configuration(
        terminal=TerminalId("till-1"),
        version=1,
        issued_at_ms=0,
        branch=BranchId("mashhad"),
        programmes=(programme,) * (PROGRAMMES_MAX + 1),
        card_key_box=bytes(80),
    )
    with pytest.raises(WireError, match="65 items"):
        encode_configuration(configuration)
