"""Which bytes light the lamp and sound the buzzer of which PC/SC reader. Pure.

ACR122U: application programming interface V2.04, 6.2 (bi-colour LED and buzzer control). ACR1252U
and its kin: reference manual V1.09, 6.1 (LED control, buzzer control). Other readers show what
their own firmware shows.
"""

from __future__ import annotations

from typing import Final

from gateway.readers.feedback import Signal

#: P2: final state red 01, green 02; masks 04 and 08. Then T1, T2 in 100 ms, repetitions, and 01 for
#: the buzzer during T1.
_ACR122: Final = {
    Signal.IDLE: ("ff00400c0400000000",),
    Signal.WAIT: ("ff00400f0400000000",),
    Signal.ACCEPTED: ("ff00400e0401000101",),
    Signal.REFUSED: ("ff00400d0401010301",),
}
#: LED: red 01, green 02. Buzzer: a time in 10 ms.
_ACR125X: Final = {
    Signal.IDLE: ("e000002901" + "00",),
    Signal.WAIT: ("e000002901" + "03",),
    Signal.ACCEPTED: ("e000002901" + "02", "e000002801" + "08"),
    Signal.REFUSED: ("e000002901" + "01", "e000002801" + "28"),
}
_BY_NAME: Final = (
    ("ACR122", _ACR122),
    ("ACR1252", _ACR125X),
    ("ACR1251", _ACR125X),
    ("ACR1255", _ACR125X),
)


def feedback_commands(reader: str, signal: Signal) -> tuple[bytes, ...]:
    """The escape commands for a signal, by the name that PC/SC lists; none where unknown."""
    upper = reader.upper()
    for part, commands in _BY_NAME:
        if part in upper:
            return tuple(bytes.fromhex(one) for one in commands[signal])
    return ()
