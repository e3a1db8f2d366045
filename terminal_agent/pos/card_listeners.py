"""Listeners of card terminals' lines that are not framed by STX alone: ZVT, Sadad, Caisse-AP."""

from __future__ import annotations

from terminal_agent.pos.card_line import CardLineSettings
from terminal_agent.pos.framers.caisse_ap import CaisseApFramer, CaisseApMessage
from terminal_agent.pos.framers.sadad import SadadFramer, SadadMessage
from terminal_agent.pos.framers.zvt_apdu import ZvtApdu
from terminal_agent.pos.framers.zvt_serial import ZvtSerialFramer
from terminal_agent.pos.framers.zvt_tcp import ZvtTcpFramer
from terminal_agent.pos.interpreters.caisse_ap import CaisseApInterpreter
from terminal_agent.pos.interpreters.sadad import SadadInterpreter
from terminal_agent.pos.interpreters.zvt import ZvtInterpreter
from terminal_agent.pos.payment_listener import PaymentListener
from terminal_agent.pos.profile import ShopProfile


def zvt_serial_listener(profile: ShopProfile) -> PaymentListener[ZvtApdu]:
    """ZVT 700 on a serial line."""
    return _zvt_listener(profile, ZvtSerialFramer)


def zvt_tcp_listener(profile: ShopProfile) -> PaymentListener[ZvtApdu]:
    """ZVT 700 over TCP."""
    return _zvt_listener(profile, ZvtTcpFramer)


def sadad_listener(profile: ShopProfile) -> PaymentListener[SadadMessage]:
    """Sadad PcPos, versions 000 and 002, on a serial line or over TCP."""
    from_till, to_till = (
        SadadFramer(
            character_timeout_ms=_line(profile).character_timeout_ms,
            frame_timeout_ms=_line(profile).frame_timeout_ms,
        )
        for _ in range(2)
    )
    return PaymentListener(
        profile, from_till=from_till, to_till=to_till, interpreter=SadadInterpreter(profile)
    )


def caisse_ap_listener(profile: ShopProfile) -> PaymentListener[CaisseApMessage]:
    """Caisse-AP over IP."""
    from_till, to_till = (
        CaisseApFramer(
            message_gap_ms=_line(profile).message_gap_ms,
            frame_timeout_ms=_line(profile).frame_timeout_ms,
        )
        for _ in range(2)
    )
    return PaymentListener(
        profile, from_till=from_till, to_till=to_till, interpreter=CaisseApInterpreter(profile)
    )


def _zvt_listener(
    profile: ShopProfile, framer: type[ZvtSerialFramer | ZvtTcpFramer]
) -> PaymentListener[ZvtApdu]:
    from_till, to_till = (
        framer(
            character_timeout_ms=_line(profile).character_timeout_ms,
            frame_timeout_ms=_line(profile).frame_timeout_ms,
        )
        for _ in range(2)
    )
    return PaymentListener(
        profile, from_till=from_till, to_till=to_till, interpreter=ZvtInterpreter(profile)
    )


def _line(profile: ShopProfile) -> CardLineSettings:
    return profile.card_line or CardLineSettings()
