"""What a scan is: a member's code, a changing one, a receipt's, a stripe, or something else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from gateway.crypto.rotating_code import decode_rotating_code
from gateway.errors import WireError
from gateway.model.code_window import CodeUse
from gateway.readers.cards.dialogue import CardIdentity, CardProblem, OtherProfile
from gateway.readers.codes.membership_qr import judge_membership_code
from gateway.readers.codes.rotating import RotatingCodes, rotating_identity
from gateway.readers.codes.scan_line import Scan, ScanFault
from gateway.readers.codes.settings import CodeSettings
from gateway.readers.codes.stripe import judge_stripe
from gateway.readers.reader import CardTrouble
from gateway.wire.code_text import CodeKind, is_code_text, read_code_text

_USES: Final = {
    CodeUse.EARLY: (CardTrouble.CODE_EXPIRED, "the code is of a time to come; check the clocks"),
    CodeUse.EXPIRED: (CardTrouble.CODE_EXPIRED, "the code's time is over"),
    CodeUse.USED: (CardTrouble.CODE_USED, "the code was taken here before"),
    CodeUse.TOO_MANY: (CardTrouble.CODE_USED, "too many codes were shown within one window"),
}


@dataclass(frozen=True, slots=True)
class ReceiptCode:
    """The code of a receipt. Whether it is genuine says the terminal, which has the key."""

    text: str = field(repr=False)


class CodeJudge:
    """Judges scans at one terminal. Not thread-safe: one owner calls it."""

    def __init__(self, settings: CodeSettings, organisation: bytes | None) -> None:
        """Begin with no code taken.

        Args:
            settings: what counts.
            organisation: whose members count; None takes any.
        """
        self._settings = settings
        self._organisation = organisation
        self._taken = RotatingCodes(settings.window)

    def identify(self, scan: Scan, unix_ms: int) -> CardIdentity | CardProblem | ReceiptCode:
        """Say whom a scan names, or why it names nobody, or that it is a receipt's code.

        A changing code is not taken yet: ``admit`` does that, once it is known that the scan is no
        second look at the same code. No problem's detail holds anything that was scanned.

        Args:
            scan: as the framer gave it.
            unix_ms: the time of the scan, for codes that hold for a while.
        """
        if isinstance(scan, ScanFault):
            return CardProblem(trouble=CardTrouble.MISREAD, detail=scan.value)
        try:
            text = scan.data.decode("ascii").upper()
        except UnicodeDecodeError:
            detail = f"a scan of {len(scan.data)} bytes that are no ASCII"
            return CardProblem(trouble=CardTrouble.NOT_SUPPORTED, detail=detail)
        if is_code_text(text):
            return self._identify_code(text, unix_ms)
        found = judge_stripe(text, self._settings.stripe)
        if isinstance(found, OtherProfile):
            return CardProblem(trouble=CardTrouble.NOT_SUPPORTED, detail=found.detail)
        return found

    def admit(self, identity: CardIdentity, unix_ms: int) -> CardIdentity | CardProblem:
        """Take a code that changes, once; anything else is what it is.

        Args:
            identity: from ``identify``.
            unix_ms: the time of the scan.
        """
        if identity.counter is None:
            return identity
        use = self._taken.take(identity.identity, identity.counter, unix_ms // 1000)
        if use is CodeUse.FRESH:
            return identity
        trouble, detail = _USES[use]
        return CardProblem(trouble=trouble, detail=detail)

    def _identify_code(self, text: str, unix_ms: int) -> CardIdentity | CardProblem | ReceiptCode:
        try:
            kind, body = read_code_text(text)
            if kind is CodeKind.ROTATING:
                identity = rotating_identity(decode_rotating_code(body))
        except WireError as error:
            return CardProblem(trouble=CardTrouble.MISREAD, detail=str(error))
        if kind is CodeKind.MEMBERSHIP:
            issuers = self._settings.issuers
            return judge_membership_code(body, issuers, self._organisation, unix_ms)
        if kind is CodeKind.CLAIM:
            return ReceiptCode(text)
        ours = self._organisation is None or identity.identity.startswith(self._organisation)
        if not ours:
            detail = "the code is another organisation's"
            return CardProblem(trouble=CardTrouble.NOT_SUPPORTED, detail=detail)
        return identity
