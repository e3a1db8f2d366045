"""Envelopes: what is sealed opens, and nothing else passes for it."""

from __future__ import annotations

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.crypto import ecdsa
from gateway.crypto.cose import decode_sign1, verify_sign1
from gateway.crypto.file_signer import FileSigner
from gateway.crypto.public_key import PublicKey
from gateway.crypto.seal import (
    ENVELOPE_BYTES_MAX,
    PROTECTED_BYTES_MAX,
    SealType,
    _read_protected,
    envelope_hash,
    open_envelope,
    parse_envelope,
    seal,
    verify_envelope,
)
from gateway.crypto.signer import Algorithm, Signer
from gateway.errors import SealError
from gateway.model.ids import KeyId
from gateway.wire.message import MESSAGE_BYTES_MAX

SIGNERS = {algorithm: FileSigner.generate(algorithm) for algorithm in Algorithm}
KEYS = {
    algorithm: PublicKey.from_cose_key(signer.public_key) for algorithm, signer in SIGNERS.items()
}
PAYLOAD = bytes(range(256)) + b"and some more, as long as a real one"
each_algorithm = pytest.mark.parametrize("algorithm", list(Algorithm))


def sealed(algorithm: Algorithm = Algorithm.ESP256, payload: bytes = PAYLOAD) -> bytes:
    """A transaction envelope of the algorithm's test key."""
    return seal(payload, SealType.TRANSACTION, SIGNERS[algorithm])


def refusal(data: bytes, algorithm: Algorithm = Algorithm.ESP256) -> str:
    """Why bytes are refused as a transaction envelope."""
    with pytest.raises(SealError) as caught:
        open_envelope(data, SealType.TRANSACTION, KEYS[algorithm])
    return str(caught.value)


def signed_by_hand(
    protected: bytes,
    *,
    unprotected: object = None,
    payload: object = PAYLOAD,
    signature: bytes | None = None,
) -> bytes:
    """An envelope put together from any parts, with a good ESP256 signature over them."""
    if signature is None:
        signed = cbor2.dumps(["Signature1", protected, b"", payload])
        signature = SIGNERS[Algorithm.ESP256].sign(signed)
    parts = [protected, {} if unprotected is None else unprotected, payload, signature]
    return cbor2.dumps(cbor2.CBORTag(18, parts))


def header(**changes: object) -> dict[object, object]:
    """The profile's protected header of the ESP256 test key, with some parts replaced."""
    parts: dict[str, object] = {
        "alg": -9,
        "kid": KEYS[Algorithm.ESP256].key_id,
        "typ": SealType.TRANSACTION.value,
    }
    parts |= changes
    return {1: parts["alg"], 4: parts["kid"], 16: parts["typ"]}


def name_of(parameter: object) -> str | None:
    """Test ids that do not change with the keys, which are new in every run."""
    return "bytes" if isinstance(parameter, bytes) else None


@each_algorithm
@given(payload=st.binary(min_size=1, max_size=400), seal_type=st.sampled_from(SealType))
def test_what_is_sealed_opens(algorithm: Algorithm, payload: bytes, seal_type: SealType) -> None:
    """Payload, type, key and hash come out of an envelope as they went in."""
    data = seal(payload, seal_type, SIGNERS[algorithm])
    envelope = open_envelope(data, seal_type, KEYS[algorithm])
    assert envelope.payload == payload
    assert envelope.seal_type is seal_type
    assert envelope.algorithm is algorithm
    assert envelope.key_id == SIGNERS[algorithm].key_id
    assert envelope.hash == envelope_hash(data)


@each_algorithm
def test_an_envelope_is_deterministic_cbor(algorithm: Algorithm) -> None:
    """An envelope, and the header in it, is what the CBOR library's canonical form is."""
    data = sealed(algorithm)
    parsed = cbor2.loads(data)
    assert data[0] == 0xD2
    assert cbor2.dumps(parsed, canonical=True) == data
    protected = parsed.value[0]
    assert cbor2.dumps(cbor2.loads(protected), canonical=True) == protected


@each_algorithm
def test_an_envelope_is_a_cose_sign1_like_any_other(algorithm: Algorithm) -> None:
    """The generic verifier takes what the profile makes, and signs the same bytes."""
    message = decode_sign1(sealed(algorithm))
    verify_sign1(message, KEYS[algorithm])
    assert message.payload == PAYLOAD


@each_algorithm
def test_every_single_flipped_bit_is_refused(algorithm: Algorithm) -> None:
    """Exhaustively: no bit of an envelope can change without the envelope being refused."""
    data = sealed(algorithm, b"a short payload that is quickly gone through")
    for index in range(len(data) * 8):
        damaged = bytearray(data)
        damaged[index // 8] ^= 1 << index % 8
        with pytest.raises(SealError):
            open_envelope(bytes(damaged), SealType.TRANSACTION, KEYS[algorithm])


@given(data=st.data())
@settings(max_examples=40)
def test_any_damage_is_refused(data: st.DataObject) -> None:
    """Whatever bytes change, are lost or are added, an envelope no longer opens."""
    algorithm = data.draw(st.sampled_from(Algorithm))
    original = sealed(algorithm, data.draw(st.binary(min_size=1, max_size=300)))
    start = data.draw(st.integers(0, len(original)))
    end = data.draw(st.integers(start, min(len(original), start + 4)))
    damaged = original[:start] + data.draw(st.binary(max_size=4)) + original[end:]
    if damaged == original:
        return
    with pytest.raises(SealError):
        open_envelope(damaged, SealType.TRANSACTION, KEYS[algorithm])


@given(noise=st.binary(max_size=300))
def test_noise_raises_seal_error_and_nothing_else(noise: bytes) -> None:
    """Arbitrary bytes, also behind a good beginning, are refused without another fault."""
    for data in (noise, b"\xd2\x84" + noise, sealed()[:60] + noise):
        with pytest.raises(SealError):
            parse_envelope(data)


def test_a_receipt_never_passes_for_a_transaction() -> None:
    """The type is under the signature: another type is refused before the key is looked at."""
    data = seal(PAYLOAD, SealType.RECEIPT, SIGNERS[Algorithm.ESP256])
    assert refusal(data) == "a RECEIPT, where a TRANSACTION was expected"


def test_the_upper_s_is_refused_though_it_verifies() -> None:
    """(r, n − s) is valid ECDSA: the generic verifier takes it and the profile does not."""
    data = sealed()
    upper = ecdsa.ORDER - int.from_bytes(data[-32:], "big")
    twin = data[:-32] + upper.to_bytes(32, "big")
    verify_sign1(decode_sign1(twin), KEYS[Algorithm.ESP256])
    assert "upper half" in refusal(twin)


def test_another_key_is_refused_by_its_id() -> None:
    """A verifier with another key says so instead of calling the seal broken."""
    other = PublicKey.from_cose_key(FileSigner.generate().public_key)
    with pytest.raises(SealError, match="names another key"):
        open_envelope(sealed(), SealType.TRANSACTION, other)


def test_a_key_of_another_kind_cannot_stand_in() -> None:
    """A header that names this key with the other algorithm is refused."""
    protected = cbor2.dumps(header(alg=-19))
    assert "algorithm is not the key's" in refusal(signed_by_hand(protected))


def test_a_key_id_alone_opens_nothing() -> None:
    """An envelope of a stranger under a known key's id has a broken seal."""
    stranger = FileSigner.generate()
    protected = cbor2.dumps(header())
    signed = cbor2.dumps(["Signature1", protected, b"", PAYLOAD])
    data = signed_by_hand(protected, signature=stranger.sign(signed))
    assert "not this key's signature" in refusal(data)


def test_an_envelope_put_together_by_hand_opens() -> None:
    """The parts that the refusals below replace one by one are themselves good."""
    data = signed_by_hand(cbor2.dumps(header()))
    assert open_envelope(data, SealType.TRANSACTION, KEYS[Algorithm.ESP256]).payload == PAYLOAD


@pytest.mark.parametrize(
    ("protected", "words"),
    [
        (cbor2.dumps(header(alg=-7)), "ESP256"),
        (cbor2.dumps(header(alg=-8)), "ESP256"),
        (cbor2.dumps(header(alg=-35)), "ESP256"),
        (cbor2.dumps(header(alg="ESP256")), "ESP256"),
        (cbor2.dumps(header(kid=b"short")), "16 bytes"),
        (cbor2.dumps(header(kid="0123456789abcdef")), "16 bytes"),
        (cbor2.dumps(header(typ="application/json")), "none of Mohr's"),
        (cbor2.dumps(header(typ=b"x")), "none of Mohr's"),
        (cbor2.dumps(header() | {3: 0}), "exactly"),
        (cbor2.dumps({1: -9, 4: KEYS[Algorithm.ESP256].key_id}), "exactly"),
        (cbor2.dumps(dict(reversed(header().items()))), "exactly"),
        (cbor2.dumps([1, 2]), "exactly"),
        (cbor2.dumps(header()).replace(b"\x01\x28", b"\x18\x01\x28"), "canonical"),
        (cbor2.dumps(header()).replace(b"\x01\x28", b"\xf5\x28"), "canonical"),
        (cbor2.dumps(header()).replace(b"\x01\x28", b"\x01\x38\x08"), "canonical"),
        (cbor2.dumps(header()) + b"\x00", "canonical"),
        (b"\xa0", "exactly"),
        (b"", "not readable"),
        (b"\xff", "not readable"),
    ],
    ids=name_of,
)
def test_a_protected_header_has_one_form(protected: bytes, words: str) -> None:
    """Correctly signed or not, any other protected header is refused."""
    assert words in refusal(signed_by_hand(protected))


def test_a_long_protected_header_is_refused_unread() -> None:
    """A header past its bound is refused for its length."""
    assert "longer than" in refusal(signed_by_hand(bytes(PROTECTED_BYTES_MAX + 1)))


@pytest.mark.parametrize("unprotected", [{4: b"11"}, {1: -9}, [], b""])
def test_the_unprotected_header_is_empty(unprotected: object) -> None:
    """What is not signed is not there."""
    data = signed_by_hand(cbor2.dumps(header()), unprotected=unprotected)
    assert "empty map" in refusal(data)


@pytest.mark.parametrize(
    ("payload", "words"),
    [(None, "detached"), (b"", "not be empty"), ("text", "no byte string"), ([], "no byte string")],
)
def test_the_payload_is_present_and_not_empty(payload: object, words: str) -> None:
    """Detached, empty and other payloads are refused by name."""
    assert words in refusal(signed_by_hand(cbor2.dumps(header()), payload=payload))


@pytest.mark.parametrize("length", [0, 63, 65, 70, 114])
def test_a_signature_has_64_bytes(length: int) -> None:
    """Signatures of other lengths, DER among them, are refused by shape."""
    data = signed_by_hand(cbor2.dumps(header()), signature=bytes(length))
    assert "64 bytes" in refusal(data)


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"\xd8\x62\x84", "COSE_Sign (tag 98)"),
        (b"\xd1\x84", "COSE_Mac0"),
        (b"\x84", "these bytes"),
        (b"\xd8\x12\x84", "these bytes"),
        (b"\xd9\xd9\xf7\xd2\x84", "these bytes"),
        (b"\xd2\x98\x04", "these bytes"),
        (b"\xd2\x9f", "these bytes"),
    ],
)
def test_another_frame_is_refused(head: bytes, name: str) -> None:
    """No tag, a longer tag, a wrapped one, a longer or open array, another structure: refused."""
    data = head + sealed()[2:]
    assert name in refusal(data)


@pytest.mark.parametrize("size", [1, 23, 24, 255, 256, 65_000])
def test_lengths_are_taken_in_their_shortest_form_only(size: int) -> None:
    """At every step of CBOR's length forms the next longer form is refused."""
    payload = bytes([7]) * size
    data = sealed(payload=payload)
    shortest = cbor2.dumps(payload)
    assert shortest in data
    longer = {23: b"\x58", 255: b"\x59\x00", 65_535: b"\x5a\x00\x00"}
    head = next(form for limit, form in longer.items() if size <= limit)
    length = shortest[: len(shortest) - size]
    number = length[1:] if len(length) > 1 else bytes([length[0] - 0x40])
    assert "shortest form" in refusal(data.replace(shortest, head + number + payload))


def test_an_envelope_is_bounded() -> None:
    """The longest message fits an envelope; what does not is refused before it is signed."""
    fits = sealed(payload=bytes(MESSAGE_BYTES_MAX))
    assert len(fits) <= ENVELOPE_BYTES_MAX
    open_envelope(fits, SealType.TRANSACTION, KEYS[Algorithm.ESP256])
    with pytest.raises(SealError, match="are allowed"):
        sealed(payload=bytes(ENVELOPE_BYTES_MAX))
    with pytest.raises(SealError, match="are allowed"):
        parse_envelope(bytes(ENVELOPE_BYTES_MAX + 1))
    with pytest.raises(SealError, match="not be empty"):
        sealed(payload=b"")


class FailingDevice(Signer):
    """A secure element that answers, but wrongly: its signature has one bit flipped."""

    def __init__(self, inner: FileSigner) -> None:
        self._inner = inner

    @property
    def algorithm(self) -> Algorithm:
        return self._inner.algorithm

    @property
    def key_id(self) -> KeyId:
        return self._inner.key_id

    @property
    def public_key(self) -> bytes:
        return self._inner.public_key

    def sign(self, message: bytes) -> bytes:
        signature = bytearray(self._inner.sign(message))
        signature[5] ^= 1
        return bytes(signature)


def test_a_seal_that_does_not_verify_never_leaves() -> None:
    """A device that signs wrongly is found out before the envelope exists."""
    with pytest.raises(SealError, match="not this key's signature"):
        seal(PAYLOAD, SealType.TRANSACTION, FailingDevice(SIGNERS[Algorithm.ESP256]))


def test_only_good_headers_are_remembered_and_not_without_bound() -> None:
    """Bad headers leave no trace in memory, and good ones a bounded one."""
    before = _read_protected.cache_info().currsize
    for number in range(50):
        with pytest.raises(SealError):
            parse_envelope(signed_by_hand(cbor2.dumps(header(alg=-100 - number))))
    assert _read_protected.cache_info().currsize == before
    assert _read_protected.cache_info().maxsize == 4096


def test_verification_looks_at_the_whole_envelope() -> None:
    """What a parsed envelope says was signed is the structure of RFC 9052 section 4.4."""
    data = sealed()
    envelope = parse_envelope(data)
    protected = cbor2.loads(data).value[0]
    assert envelope.to_be_signed == cbor2.dumps(["Signature1", protected, b"", PAYLOAD])
    verify_envelope(envelope, KEYS[Algorithm.ESP256])
