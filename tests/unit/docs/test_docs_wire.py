"""docs/wire.md shows a real envelope, and explains it as the code understands it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import cbor2
import pytest

from gateway.crypto.chain import genesis_hash
from gateway.crypto.public_key import PublicKey
from gateway.crypto.seal import SealType, open_envelope, parse_envelope
from gateway.crypto.signer import Algorithm
from gateway.model.outcome import Reason
from gateway.wire.batch import encode_batch
from gateway.wire.message import MAJOR, MINOR
from gateway.wire.schema import Array, Code, Record
from gateway.wire.transaction import TRANSACTION, decode_transaction
from mqtt.topics import ROOT, Leaf

if TYPE_CHECKING:
    from tests.unit.docs.conftest import Page

Pages: TypeAlias = "dict[str, Page]"

#: RFC 6979 appendix A.2.5: the public point of a published P-256 key.
_X: Final = "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
_Y: Final = "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"


@pytest.fixture
def page(pages: Pages) -> Page:
    """The page."""
    return pages["docs/wire.md"]


@pytest.fixture
def envelope(page: Page) -> bytes:
    """The envelope that it shows."""
    (block,) = [block for block in page.blocks if block.language == "hex"]
    return bytes.fromhex(block.text)


def diagnostic(envelope: bytes) -> str:
    """An envelope of a transaction in diagnostic notation, with our names as comments."""
    parsed = parse_envelope(envelope)
    message = cbor2.loads(parsed.payload)
    version = message.pop(0)
    header = [
        (f"1: {int(parsed.algorithm)}", f"algorithm: {Algorithm(parsed.algorithm).name}"),
        (f"4: h'{parsed.key_id.hex()}'", "key id"),
        (f'16: "{parsed.seal_type}"', "typ"),
    ]
    lines = [
        ("18([", ""),
        ("  <<{", "protected header"),
        *((f"    {text}{',' if last else ''}", name) for (text, name), last in _with_last(header)),
        ("  }>>,", ""),
        ("  {},", "unprotected header: always empty"),
        ("  <<{", "payload"),
        (f"    0: {version},", "version"),
        *_fields(message, TRANSACTION.record, "    "),
        ("  }>>,", ""),
        (f"  h'{parsed.signature.hex()}'", "signature"),
        ("])", ""),
    ]
    return "".join(f"{text} / {note} /\n" if note else f"{text}\n" for text, note in lines)


def _fields(values: dict[int, Any], record: Record[Any], indent: str) -> list[tuple[str, str]]:
    known = {field.key: field for field in record.fields}
    lines: list[tuple[str, str]] = []
    for (key, value), more in _with_last(list(values.items())):
        field = known[key]
        start, comma = f"{indent}{key}: ", "," if more else ""
        if isinstance(field.item, Record):
            lines += [(start + "{", field.name), *_fields(value, field.item, indent + "  ")]
            lines.append((f"{indent}}}{comma}", ""))
        elif isinstance(field.item, Array):
            lines.append((start + "[", field.name))
            for item, further in _with_last(value):
                lines += [
                    (indent + "  {", ""),
                    *_fields(item, _record_of(field.item), indent + "    "),
                ]
                lines.append((f"{indent}  }}{',' if further else ''}", ""))
            lines.append((f"{indent}]{comma}", ""))
        else:
            note = field.name
            if isinstance(field.item, Code):
                note = f"{field.name}: {field.item.decode(value)}"
            lines.append((f"{start}{_plain(value)}{comma}", note))
    return lines


def _record_of(array: Array[Any]) -> Record[Any]:
    assert isinstance(array._item, Record)
    return array._item


def _plain(value: object) -> str:
    if isinstance(value, bytes):
        return f"h'{value.hex()}'"
    return json.dumps(value, ensure_ascii=False)


def _with_last(items: list[Any]) -> list[tuple[Any, bool]]:
    """Each item, and whether another one follows."""
    return [(item, number < len(items)) for number, item in enumerate(items, 1)]


def test_the_envelope_is_genuine(envelope: bytes) -> None:
    """The bytes on the page open with the published key that the page names."""
    cose_key = cbor2.dumps(
        {1: 2, -1: 1, -2: bytes.fromhex(_X), -3: bytes.fromhex(_Y)}, canonical=True
    )
    key = PublicKey.from_cose_key(cose_key)
    opened = open_envelope(envelope, SealType.TRANSACTION, key)
    transaction = decode_transaction(opened.payload)
    name = transaction.id
    assert transaction.previous_hash == genesis_hash(name.terminal, name.epoch, key.key_id)
    assert transaction.sale is not None
    assert transaction.sale.total_minor == 2_900


def test_the_notation_is_the_envelope(page: Page, envelope: bytes) -> None:
    """The page's diagnostic notation is what the bytes say, key by key, with the code's names."""
    (block,) = [block for block in page.blocks if block.language == "cbor-diag"]
    assert block.text == diagnostic(envelope)


def test_the_page_has_the_right_figures(page: Page, envelope: bytes) -> None:
    """Lengths, first bytes, version and topics on the page are those of the code."""
    assert f"in {len(envelope)} bytes" in page.text
    assert f"an envelope (`{envelope[:1].hex()}`)" in page.text
    assert f"a batch (`{encode_batch([envelope])[:1].hex()}`" in page.text
    assert f"`[{MAJOR}, {MINOR}]` today" in page.text
    assert f"`{ROOT}/<shard>/<terminal>/<leaf>`" in page.text
    assert re.findall(r"^\| `(\w+)` \| (?:terminal|gateway) \|", page.text, re.MULTILINE) == list(
        Leaf
    )


def test_what_is_refused_has_a_reason_of_ours(page: Page) -> None:
    """Every reason that the page names is one of the code's."""
    named = set(re.findall(r"quarantine, `(\w+)`", page.text))
    assert named
    assert named <= {reason.value for reason in Reason}


def test_the_notation_follows_the_bytes(envelope: bytes) -> None:
    """Other bytes give another notation: the page could not stay right by accident."""
    other = envelope.replace(b"Orange juice", b"Orange jelly")
    assert diagnostic(other) != diagnostic(envelope)
