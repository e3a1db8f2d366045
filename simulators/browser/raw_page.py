"""What a page's text must not hold, read as the server sent it, before any script touched it."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Final

from simulators.browser.finding import Finding, Rule

_DATA_TYPES: Final = frozenset({"application/json", "application/ld+json"})


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        shown = f"line {self.getpos()[0]}: <{tag}>"
        data = values.get("type") in _DATA_TYPES
        if tag == "script" and "src" not in values and not data:
            self.found.append(f"{shown} holds a script")
        if tag == "style":
            self.found.append(f"{shown} holds a style")
        for name, value in values.items():
            if name == "style" or name.startswith("on"):
                self.found.append(f"{shown} has the attribute {name}")
            if value.strip().lower().startswith("javascript:"):
                self.found.append(f"{shown} has a script in {name}")


def inline_findings(html: str) -> tuple[Finding, ...]:
    """Find scripts, styles and handlers that stand in the page itself.

    Args:
        html: the page as it came.
    """
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return tuple(Finding(Rule.INLINE, one) for one in reader.found)


def policy_findings(policy: str | None) -> tuple[Finding, ...]:
    """Find what is wrong with a content security policy.

    Args:
        policy: the header's value; None where there was none.
    """
    if policy is None:
        return (Finding(Rule.CSP, "the page came without a policy"),)
    if "default-src 'self'" not in policy:
        return (Finding(Rule.CSP, f"not strict: {policy}"),)
    found = [word for word in ("unsafe-inline", "unsafe-eval", "http:", "https:") if word in policy]
    return tuple(Finding(Rule.CSP, f"the policy allows {word}") for word in found)
