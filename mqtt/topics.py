"""Topic names: ``mohr/v1/<shard>/<terminal>/<leaf>``.

The shard is the unit of scaling out: 256 shards can be spread over gateways later without renaming
a topic. It is derived from the terminal's name, so nobody has to look it up. Pure.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

ROOT: Final = "mohr/v1"

_TERMINAL: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?", re.ASCII)


class Leaf(StrEnum):
    """The last level of a topic: what travels on it and which way."""

    TX = "tx"
    """Terminal to gateway: one sealed transaction, or a batch of them."""
    AUTH = "auth"
    """Terminal to gateway: sealed reserve and cancel requests, outside the sequence."""
    RX = "rx"
    """Gateway to terminal: receipts, answers and resend requests."""
    CFG = "cfg"
    """Gateway to terminal, retained: the sealed configuration."""
    STATE = "state"
    """Terminal to anyone, retained: a small unsealed hint that it is here; also its will."""


FROM_TERMINAL: Final = (Leaf.TX, Leaf.AUTH, Leaf.STATE)
"""What a terminal publishes and the gateway subscribes."""

TO_TERMINAL: Final = (Leaf.RX, Leaf.CFG)
"""What the gateway publishes and a terminal subscribes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicName:
    """A topic of ours, taken apart.

    Attributes:
        terminal: the terminal's machine name.
        leaf: what travels on it.
    """

    terminal: str
    leaf: Leaf


def shard_of(terminal: str) -> str:
    """Return the terminal's shard: the first byte of SHA-256(name) as two lower-case hex digits."""
    return hashlib.sha256(terminal.encode()).hexdigest()[:2]


def topic(terminal: str, leaf: Leaf) -> str:
    """Name a terminal's topic.

    Raises:
        ValueError: if the terminal is not a machine name (1 to 32 of a-z, 0-9, inner hyphens); a
            ``/``, ``+`` or ``#`` in it would address somebody else's topics.
    """
    if _TERMINAL.fullmatch(terminal) is None:
        raise ValueError(f"terminal {terminal!r} must be 1 to 32 of a-z, 0-9 and inner hyphens")
    return f"{ROOT}/{shard_of(terminal)}/{terminal}/{leaf}"


def topic_tx(terminal: str) -> str:
    """Return where a terminal publishes transactions."""
    return topic(terminal, Leaf.TX)


def topic_auth(terminal: str) -> str:
    """Return where a terminal asks for and cancels reservations."""
    return topic(terminal, Leaf.AUTH)


def topic_rx(terminal: str) -> str:
    """Return where the gateway answers a terminal."""
    return topic(terminal, Leaf.RX)


def topic_cfg(terminal: str) -> str:
    """Return where the gateway keeps a terminal's configuration, retained."""
    return topic(terminal, Leaf.CFG)


def topic_state(terminal: str) -> str:
    """Return where a terminal says that it is here, retained."""
    return topic(terminal, Leaf.STATE)


def terminal_subscriptions(terminal: str) -> tuple[str, ...]:
    """Return the topics that a terminal listens to: its own, without wildcards."""
    return tuple(topic(terminal, leaf) for leaf in TO_TERMINAL)


def gateway_subscriptions() -> tuple[str, ...]:
    """Return the filters that a gateway listens to: every terminal of every shard."""
    return tuple(f"{ROOT}/+/+/{leaf}" for leaf in FROM_TERMINAL)


@lru_cache(maxsize=8_192)
def parse_topic(name: str) -> TopicName | None:
    """Take one of our topics apart.

    Returns:
        the parts, or None for a topic that is not ours: another root, an unknown leaf, a name
        that is no machine name, or a shard that is not the terminal's own. The last matters: a
        message under a wrong shard would reach a gateway that does not keep this terminal.

    The answers for the names met last are kept: a terminal publishes on the same few all day.
    """
    levels = name.split("/")
    if len(levels) != 5 or "/".join(levels[:2]) != ROOT:
        return None
    shard, terminal, leaf = levels[2:]
    if leaf not in {item.value for item in Leaf}:
        return None
    if _TERMINAL.fullmatch(terminal) is None or shard != shard_of(terminal):
        return None
    return TopicName(terminal=terminal, leaf=Leaf(leaf))


def matches(topic_filter: str, name: str) -> bool:
    """Say whether an MQTT topic filter covers a topic name (MQTT 5 section 4.7).

    Filters with wildcards do not cover names that begin with ``$`` [MQTT-4.7.2-1].
    """
    wanted = topic_filter.split("/")
    levels = name.split("/")
    if name.startswith("$") and wanted[0] in ("+", "#"):
        return False
    for index, level in enumerate(wanted):
        if level == "#":
            # "#" also covers its parent level: "a/#" covers "a" (section 4.7.1.2).
            return True
        if index >= len(levels) or level not in ("+", levels[index]):
            return False
    return len(wanted) == len(levels)
