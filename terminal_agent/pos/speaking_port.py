"""The ports of participants: they hear like every port, and may answer.

Observers and participants are different classes on purpose: nothing that holds a ``PosPort`` can
write to a till.
"""

from __future__ import annotations

from abc import abstractmethod

from terminal_agent.pos.port import PosPort


class SpeakingPort(PosPort):
    """A line on which the terminal is spoken to, and answers."""

    @abstractmethod
    def say(self, data: bytes) -> bool:
        """Send bytes to the till. Never waits.

        Returns:
            whether the line took them all; if not, nobody is there or nobody reads, and the till
            is expected to ask again.
        """
