"""What goes over a card terminal's line in one approved payment, in every protocol, card in clear.

A real terminal masks its card, mostly. Here it does not: who listens must do that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from simulators.tills import sadad_frames as sadad
from simulators.tills import zvt_frames as zvt
from simulators.tills.caisse_ap_ends import write_message
from simulators.tills.stx_tills import concert_request, ecr17_request, transbank_sale
from terminal_agent.pos.framers.stx_settings import FrameSettings
from terminal_agent.pos.profile_file import load_profile
from terminal_agent.pos.stx_listeners import frame_settings

#: A card of an Iranian bank, with a good Luhn digit.
CARD: Final = "6037991234567893"

_PLAIN: Final = FrameSettings()
_FS: Final = "\x1c"

#: Writes the frames of a payment: of an amount in minor units, by a card.
Talk = Callable[[int, str], list[bytes]]


def _concert(amount: int, card: str) -> list[bytes]:
    answer = f"010{amount:08d}1{card:55}978{'':10}"
    return [
        b"\x05\x06",
        concert_request(amount),
        b"\x06\x04\x05\x06",
        _PLAIN.frame(answer.encode()),
    ]


def _transbank(amount: int, card: str) -> list[bytes]:
    answer = f"0210|00|597029414300|80000077|{card}|XZ1234|{amount}|0|0|6677|000001|CR|||VI|"
    return [transbank_sale(amount, card), b"\x06", _PLAIN.frame(answer.encode()), b"\x06"]


def _ecr17(name: str) -> Talk:
    settings = frame_settings(load_profile(name))

    def talk(amount: int, card: str) -> list[bytes]:
        answer = f"{'1':0>8}0E00{card:>19}ICC123456328101211234567890112300012300004512"
        acknowledged = bytes((6, 3, settings.lrc(b"\x06", 3)))
        request = settings.frame(ecr17_request(amount_minor=amount)[1:-2])
        progress = b"\x01" + b"ATTENDERE".ljust(20) + b"\x04"
        return [request, acknowledged, progress, settings.frame(answer.encode()), acknowledged]

    return talk


def _generic(amount: int, card: str) -> list[bytes]:
    asked = _FS.join(("T00", "01", f"{amount:012d}", card))
    answer = _FS.join(("A00", "000000", f"{amount:012d}", "R7", card))
    return [_PLAIN.frame(asked.encode()), b"\x06", _PLAIN.frame(answer.encode()), b"\x06"]


def _zvt_apdus(amount: int, card: str) -> list[bytes]:
    return [
        zvt.authorisation(amount),
        zvt.apdu(zvt.DONE),
        zvt.status_information(amount, card=bytes.fromhex(card)),
        zvt.apdu(zvt.DONE),
        zvt.apdu(zvt.PRINT_LINE, b"\x00Karte " + card.encode()),
        zvt.apdu(zvt.DONE),
        zvt.apdu(zvt.COMPLETION),
    ]


def _zvt_serial(amount: int, card: str) -> list[bytes]:
    return [zvt.serial_frame(one) + b"\x06" for one in _zvt_apdus(amount, card)]


def _sadad(amount: int, card: str) -> list[bytes]:
    return [
        sadad.message(sadad.REQUEST, sadad.request(amount, order=card)),
        sadad.message(sadad.ACKNOWLEDGED) + b"\n",
        sadad.message(sadad.RESPONSE, sadad.SadadAnswer(amount=amount, card=card).data()) + b"\n",
        sadad.message(sadad.ACKNOWLEDGED),
    ]


def _sadad_v002(amount: int, card: str) -> list[bytes]:
    return [
        sadad.message_v002(sadad.REQUEST, f"{amount:012d}"),
        sadad.message_v002(sadad.RESPONSE, f"00{amount:012d}{card}000000904711223344"),
    ]


def _caisse_ap(amount: int, card: str) -> list[bytes]:
    asked = {"CJ": "012345678901", "CA": "01", "CE": "978", "CD": "0", "CB": str(amount)}
    answered = {**asked, "AE": "10", "AA": card, "AB": "2512", "AC": "471147"}
    return [write_message(asked), write_message(answered)]


#: By the shipped profile that reads it.
CARD_TALKS: Final[Mapping[str, Talk]] = {
    "concert-eur": _concert,
    "transbank-clp": _transbank,
    **{f"ecr17-{one}eur": _ecr17(f"ecr17-{one}eur") for one in ("", "stx-etx-", "etx-", "stx-")},
    "generic-ecr-eur": _generic,
    "zvt-serial-eur": _zvt_serial,
    "zvt-tcp-eur": _zvt_apdus,
    "sadad-irr": _sadad,
    "sadad-v002-irr": _sadad_v002,
    "caisse-ap-eur": _caisse_ap,
}
