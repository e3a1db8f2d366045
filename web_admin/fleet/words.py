"""Words for a terminal's layers and troubles: what failed, what still works, what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from flask_babel import LazyString, lazy_gettext, lazy_pgettext

from web_admin.fleet.state import Condition, Layer, TerminalState, Trouble
from web_admin.live.words import Badge


@dataclass(frozen=True, slots=True)
class Advice:
    """A trouble in words.

    Attributes:
        title: what is wrong, in a few words.
        text: what that means and what to do.
    """

    title: LazyString
    text: LazyString


_LAYER: Final[Mapping[Layer, tuple[LazyString, str]]] = {
    Layer.LINK: (lazy_gettext("Connection"), "wifi"),
    Layer.JOURNAL: (lazy_gettext("Journal"), "database"),
    Layer.READER: (lazy_gettext("Card reader"), "nfc"),
    Layer.TILL: (lazy_gettext("Till"), "printer"),
    Layer.CLOCK: (lazy_gettext("Clock"), "clock"),
    Layer.RULES: (lazy_gettext("Rules"), "file-text"),
    Layer.DELIVERY: (lazy_gettext("Delivery"), "upload"),
}

_CONDITION: Final[Mapping[Condition, Badge]] = {
    Condition.GOOD: Badge(lazy_pgettext("layer", "Works"), "success", "check"),
    Condition.BUSY: Badge(lazy_pgettext("layer", "Starting"), "info", "hourglass"),
    Condition.ABSENT: Badge(lazy_pgettext("layer", "Not there"), "secondary", "minus"),
    Condition.WARNING: Badge(lazy_pgettext("layer", "Look at it"), "warning", "alert-triangle"),
    Condition.BAD: Badge(lazy_pgettext("layer", "Failed"), "danger", "x"),
    Condition.UNKNOWN: Badge(lazy_pgettext("layer", "Not known"), "secondary", "info-circle"),
}

_ADVICE: Final[Mapping[Trouble, Advice]] = {
    Trouble.CLONE: Advice(
        lazy_gettext("Two terminals use one key"),
        lazy_gettext(
            "Somebody may have copied this terminal's disk. Stop it now, compare what lies in"
            " quarantine with its receipts, and set it up anew with a new key."
        ),
    ),
    Trouble.JOURNAL_FORKED: Advice(
        lazy_gettext("The terminal has stopped: its journal is an old copy"),
        lazy_gettext(
            "Its disk was put back from a copy, or copied. It accepts no sale until it is set up"
            " anew with a new key. Sales meanwhile earn nothing: note their receipt numbers."
        ),
    ),
    Trouble.JOURNAL_FULL: Advice(
        lazy_gettext("The terminal has stopped: its disk is full"),
        lazy_gettext(
            "Nothing accepted is lost. Bring the connection back, so that it can deliver and make"
            " room; then it goes on by itself."
        ),
    ),
    Trouble.STOPPED: Advice(
        lazy_gettext("The terminal has stopped"),
        lazy_gettext(
            "It accepts no sale. Look at its own log; the code below says why it stopped."
        ),
    ),
    Trouble.OFFLINE: Advice(
        lazy_gettext("The terminal is not connected"),
        lazy_gettext(
            "Sales go on and earn points there; they arrive when it is back. Only paying with"
            " points must wait. Check its power, then its network, then the broker."
        ),
    ),
    Trouble.READER_DOWN: Advice(
        lazy_gettext("The card reader does not answer"),
        lazy_gettext("No card can be read there. Check its plug and cable, then start it anew."),
    ),
    Trouble.TILL_DOWN: Advice(
        lazy_gettext("The terminal does not hear the till"),
        lazy_gettext(
            "No sale is recognised there; the cashier can still type totals. Check the cable"
            " between till and terminal."
        ),
    ),
    Trouble.GAP: Advice(
        lazy_gettext("Transactions are missing in between"),
        lazy_gettext(
            "Later ones have arrived and wait for them. The terminal is being asked again and"
            " again; if it stays like this for an hour, look at its journal."
        ),
    ),
    Trouble.UNHEARD: Advice(
        lazy_gettext("Not heard since the gateway started"),
        lazy_gettext(
            "It may be switched off, or have no network. If it was added just now, it has not"
            " connected yet."
        ),
    ),
    Trouble.QUARANTINED: Advice(
        lazy_gettext("Something of it lies in quarantine"),
        lazy_gettext("It was not taken into the ledger. Look at each and decide."),
    ),
    Trouble.UNREAD_RECEIPTS: Advice(
        lazy_gettext("Receipts could not be read"),
        lazy_gettext(
            "The till printed receipts that the terminal could not understand, so those sales"
            " earned nothing. Ask at the counter, and check the shop's profile for the till."
        ),
    ),
    Trouble.CLOCK_GUESSED: Advice(
        lazy_gettext("The terminal guesses the time"),
        lazy_gettext(
            "Its sales are dated when they arrive. Let it reach a time server, or set its clock."
        ),
    ),
    Trouble.RULES_OLD: Advice(
        lazy_gettext("The terminal still uses older rules"),
        lazy_gettext(
            "The newest were sent to it. The display may promise other points than the ledger"
            " gives until it has taken them."
        ),
    ),
}


def words_of_layer(layer: Layer) -> tuple[LazyString, str]:
    """A layer's name and its picture."""
    return _LAYER[layer]


def badge_of_condition(condition: Condition) -> Badge:
    """How a layer stands."""
    return _CONDITION[condition]


def advice_on(trouble: Trouble) -> Advice:
    """What is wrong and what to do."""
    return _ADVICE[trouble]


_ONLINE: Final = Badge(lazy_pgettext("terminal", "Online"), "success", "wifi")
_TROUBLED: Final = Badge(lazy_pgettext("terminal", "Online, with trouble"), "warning", "wifi")
_OFFLINE: Final = Badge(lazy_pgettext("terminal", "Offline"), "danger", "wifi-off")
_UNHEARD: Final = Badge(lazy_pgettext("terminal", "Not heard yet"), "secondary", "hourglass")


def badge_of_state(state: TerminalState) -> Badge:
    """A terminal's state in a word."""
    if state.hint is None:
        return _UNHEARD
    if not state.hint.online:
        return _OFFLINE
    return _TROUBLED if state.troubles else _ONLINE
