"""Listeners of the protocols that frame by STX, ETX and a check byte."""

from __future__ import annotations

from typing import Final

from gateway.errors import ConfigError
from terminal_agent.pos.framers.stx import StxEvent, StxFramer
from terminal_agent.pos.framers.stx_settings import FrameSettings
from terminal_agent.pos.interpreters.concert import ConcertInterpreter
from terminal_agent.pos.interpreters.ecr17 import Ecr17Interpreter
from terminal_agent.pos.interpreters.payment_interpreter import PaymentInterpreter
from terminal_agent.pos.interpreters.transbank import TransbankInterpreter
from terminal_agent.pos.interpreters.written_messages import WrittenMessages
from terminal_agent.pos.payment_listener import PaymentListener
from terminal_agent.pos.profile import Dialect, ShopProfile

#: Old lines are 7E1: bit 7 is parity where they are tapped with eight bits. Bodies and checks are
#: ASCII, so on the others bit 7 holds nothing.
CONCERT_FRAME: Final = FrameSettings(seven_bits=True)
#: ECR17 XORs from 7F; which of STX and ETX are under the check, terminals differ in.
ECR17_FRAME: Final = FrameSettings(
    lrc_initial=0x7F,
    lrc_covers_etx=False,
    separators=b"\x1b",
    framed_acknowledgements=True,
    progress=True,
)
_USUAL: Final = {Dialect.CONCERT: CONCERT_FRAME, Dialect.ECR17: ECR17_FRAME}


def frame_settings(profile: ShopProfile) -> FrameSettings:
    """How a profile's line frames: as usual for its dialect, unless the profile says otherwise."""
    return profile.frame or _USUAL.get(profile.dialect, FrameSettings())


def concert_listener(profile: ShopProfile) -> PaymentListener[StxEvent]:
    """Concert E and E+."""
    return _listener(profile, ConcertInterpreter(profile))


def transbank_listener(profile: ShopProfile) -> PaymentListener[StxEvent]:
    """Transbank POS Integrado."""
    return _listener(profile, TransbankInterpreter(profile))


def ecr17_listener(profile: ShopProfile) -> PaymentListener[StxEvent]:
    """ECR17."""
    return _listener(profile, Ecr17Interpreter(profile))


def generic_ecr_listener(profile: ShopProfile) -> PaymentListener[StxEvent]:
    """Messages whose forms stand in the profile.

    Raises:
        ConfigError: if they do not.
    """
    if profile.messages is None:
        raise ConfigError(
            f"profile {profile.name!r}: dialect generic-ecr needs a [messages] table that says "
            "where amount and result stand; see docs/pos/stx-terminals.md"
        )
    interpreter = WrittenMessages(profile.messages, profile.currency.code)
    return _listener(profile, interpreter)


def _listener(
    profile: ShopProfile, interpreter: PaymentInterpreter[StxEvent]
) -> PaymentListener[StxEvent]:
    settings = frame_settings(profile)
    return PaymentListener(
        profile,
        from_till=StxFramer(settings),
        to_till=StxFramer(settings),
        interpreter=interpreter,
    )
