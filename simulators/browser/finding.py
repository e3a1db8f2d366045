"""What a visitor may find wrong with a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from gateway.errors import MohrError

_SHOWN = 40


class BrowserError(MohrError):
    """The browser could not be started or driven."""


class Rule(StrEnum):
    """What every page must keep."""

    CONSOLE = "console"
    """It says nothing in the browser's console."""
    PAGE_ERROR = "page-error"
    """None of its scripts fails."""
    DIALOG = "dialog"
    """No box of the browser's own opens, as a script in somebody's name would try."""
    CSP = "csp"
    """It is served with a strict content security policy and breaks it nowhere."""
    REQUEST = "request"
    """It asks nobody but its own server, and every file is there."""
    STATUS = "status"
    """It answers with the expected status, and never with a server's fault."""
    LANGUAGE = "language"
    """It says its language and direction."""
    OVERFLOW = "overflow"
    """It never scrolls sideways."""
    CUT = "cut"
    """No part of it is cut off: a table that is too wide becomes blocks."""
    UNTRANSLATED = "untranslated"
    """Words of another language stand only where they are marked as nobody's language."""
    DUPLICATE_ID = "duplicate-id"
    """No two elements have one id."""
    INLINE = "inline"
    """Its text holds no script, style or event handler."""
    AXE = "axe"
    """axe-core finds nothing against it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong.

    Attributes:
        rule: what is broken.
        detail: where, and how.
    """

    rule: Rule
    detail: str

    def __str__(self) -> str:
        return f"[{self.rule}] {self.detail}"


class PageFaultError(BrowserError):
    """A page is not as pages must be.

    Attributes:
        findings: all that is wrong with it.
    """

    def __init__(self, where: str, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        lines = [str(one) for one in self.findings[:_SHOWN]]
        if len(self.findings) > _SHOWN:
            lines.append(f"and {len(self.findings) - _SHOWN} more")
        super().__init__("\n  ".join((f"{len(self.findings)} findings at {where}", *lines)))
