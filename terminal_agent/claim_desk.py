"""Where the code of a receipt is claimed: what was scanned or typed becomes the counter's sale."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import structlog

from gateway.clock import Clock
from terminal_agent.claims import ClaimFault, Claims
from terminal_agent.control import Answer, AnswerCode, AskClaim, Claim
from terminal_agent.counter import Counter
from terminal_agent.session.events import SaleClaimed
from terminal_agent.session.view import Notice, Refusal
from terminal_agent.standing import Standing

_log = structlog.get_logger(__name__)

_FAULTS: Final[Mapping[ClaimFault, tuple[Notice, AnswerCode]]] = {
    ClaimFault.WRONG: (Notice.CLAIM_WRONG, AnswerCode.CLAIM_WRONG),
    ClaimFault.OTHER_BRANCH: (Notice.CLAIM_OTHER_BRANCH, AnswerCode.CLAIM_OTHER_BRANCH),
    ClaimFault.OTHER_CURRENCY: (Notice.CLAIM_OTHER_CURRENCY, AnswerCode.CLAIM_OTHER_CURRENCY),
    ClaimFault.TOO_OLD: (Notice.CLAIM_TOO_OLD, AnswerCode.CLAIM_TOO_OLD),
}
_SAID: Final[Mapping[Notice | None, AnswerCode]] = {
    Notice.CLAIM_TAKEN: AnswerCode.CLAIM_TAKEN,
    Notice.CLAIM_LATER: AnswerCode.CLAIM_LATER,
    Notice.CLAIM_KNOWN: AnswerCode.CLAIM_KNOWN,
}
_REFUSED: Final[Mapping[Refusal | None, AnswerCode]] = {
    Refusal.JOURNAL_FULL: AnswerCode.JOURNAL_FULL,
    Refusal.JOURNAL_FORKED: AnswerCode.JOURNAL_FORKED,
}


class ClaimDesk:
    """Takes codes at one counter, and gives the last one out."""

    def __init__(
        self, *, counter: Counter, standing: Standing, claims: Claims, clock: Clock
    ) -> None:
        """Serve this counter."""
        self._counter = counter
        self._standing = standing
        self._claims = claims
        self._clock = clock

    def take(self, code: str) -> AnswerCode:
        """Let the card that is here, or comes next, earn for the sale of a code.

        The screen says what became of it as well.

        Args:
            code: as it was scanned or typed.
        """
        ground = self._standing.claim_ground()
        if ground is None:
            return AnswerCode.NOT_CONFIGURED
        sale = self._claims.read(code, ground, self._clock.unix_ms())
        if isinstance(sale, ClaimFault):
            _log.info("a receipt's code claims nothing here", fault=sale)
            notice, answer = _FAULTS[sale]
            self._counter.remark(notice)
            return answer
        self._counter.feed(SaleClaimed(now_ms=self._clock.monotonic_ms(), sale=sale))
        now = self._counter.session
        if now.refusal is not None:
            return _REFUSED[now.refusal]
        return _SAID.get(now.notice, AnswerCode.DONE)

    def answer(self, command: Claim | AskClaim) -> Answer:
        """Take a code that was typed, or give that of the last sale nobody's card was shown for."""
        if isinstance(command, Claim):
            return Answer(code=self.take(command.code))
        newest = self._claims.newest(self._counter.session.accepted_keys)
        code = AnswerCode.NO_CLAIM if newest is None else AnswerCode.DONE
        return Answer(code=code, claim=newest)
