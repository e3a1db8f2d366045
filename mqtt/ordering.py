"""Acknowledgements in order of arrival [MQTT-4.6.0-2], whatever order the owner gives them in."""

from __future__ import annotations

from collections import OrderedDict


class AckOrder:
    """Holds back an acknowledgement until every earlier delivery has its own. Pure.

    One object serves one connection: packet ids mean something else after a reconnect.
    """

    def __init__(self) -> None:
        # An OrderedDict and not a dict: a dict grows slow when its front is removed again and
        # again, and a gateway removes hundreds of thousands of entries in one connection.
        self._waiting: OrderedDict[int, bool] = OrderedDict()

    def arrived(self, packet_id: int) -> bool:
        """Note a delivery.

        Returns:
            False where this packet id is already waiting: the broker repeated itself.
        """
        if packet_id in self._waiting:
            return False
        self._waiting[packet_id] = False
        return True

    def given(self, packet_id: int) -> tuple[int, ...]:
        """Note the owner's acknowledgement.

        Returns:
            the packet ids that may be acknowledged to the broker now, in order. Empty where an
            earlier delivery still waits, or where the id is not waiting at all.
        """
        if packet_id not in self._waiting:
            return ()
        self._waiting[packet_id] = True
        ready: list[int] = []
        while self._waiting:
            first = next(iter(self._waiting))
            if not self._waiting[first]:
                break
            del self._waiting[first]
            ready.append(first)
        return tuple(ready)

    def __len__(self) -> int:
        """Count the deliveries that are not acknowledged to the broker yet."""
        return len(self._waiting)
