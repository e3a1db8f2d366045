"""The named test cards: one row each, what it is, and what must come of a tap with it.

A name is a card that stays the same card: its UID follows from its row, and a card that changes by
being read is kept (``named_tray``), so that its counter goes on. What a row says is what the tests
ask of a simulated reader, what ``mohr sim card list`` prints, and what
``docs/readers/test-cards.md`` tells. The keys are the simulator's own (``sim_keys``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from gateway.errors import ConfigError
from gateway.model.card import Assurance, CardProfile
from gateway.readers.reader import CardTrouble
from simulators.card import VirtualCard
from simulators.cards import named_states as made
from simulators.cards.desfire_state import Generation
from simulators.cards.named_states import CollidingCards, Shown
from simulators.cards.saved import CardState
from simulators.cards.sim_keys import named_uid

#: A card at the edge of the field: it is read, but late.
SLOW_US: Final = 200_000
#: Slower than a reader's patience.
TOO_SLOW_US: Final = 800_000

_NOTHING: Final = "hears nothing of it"
_TRUSTED: Final = "lets it earn and redeem, whatever the policy asks"
_SIGNED: Final = "lets it earn, and redeem where the policy takes `signed`"
_NAMED: Final = "lets it earn, and redeem where the policy takes `identified`"
_PHONE: Final = (
    "lets it earn and redeem, whatever the policy asks, where the gateway's own key drew it "
    "(`--dir`); otherwise refuses it (`card_proof_wrong`)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where what is shown comes from: a kept state or a moment's making, one of the two.

    Attributes:
        state: a card that is kept from tap to tap, as it is at first.
        make: something that is made for each tap, at this Unix time in milliseconds.
        dress: what happens to the card on its way to the reader.
        more_us: what each of its answers takes beyond the radio's time.
    """

    state: Callable[[], CardState] | None = None
    make: Callable[[int], Shown] | None = None
    dress: Callable[[VirtualCard], VirtualCard] | None = None
    more_us: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedCard:
    """One test card.

    Attributes:
        name: by which it is tapped.
        profile: what it is read as, or would be.
        meaning: what it is, in a few words.
        expected: what a tap must be worth, or why the reader must refuse it.
        gateway: what the gateway must decide.
        source: where it comes from.
        identity: what it is read as; None where it must be refused.
        outcome: what comes of a tap, in a word for pages.
    """

    name: str
    profile: CardProfile
    meaning: str
    expected: Assurance | CardTrouble
    gateway: str
    source: Source
    identity: bytes | None
    outcome: str

    @property
    def terminal(self) -> str:
        """What the terminal must do, in a few words."""
        if isinstance(self.expected, CardTrouble):
            return f"refuses it: `{self.expected}`"
        late = ", after a second" if self.source.more_us else ""
        return f"takes it: `{self.profile}`, `{self.expected}`{late}"


def named_card(name: str) -> NamedCard:
    """Find a card.

    Raises:
        ConfigError: if there is none of this name; the message lists those there are.
    """
    found = NAMED_CARDS.get(name)
    if found is None:
        raise ConfigError(f"there is no test card {name!r}; there are: {', '.join(NAMED_CARDS)}")
    return found


def _taken(  # noqa: PLR0913 - the columns of one row
    name: str,
    profile: CardProfile,
    worth: Assurance,
    meaning: str,
    source: Source,
    identity: bytes,
    *,
    gateway: str | None = None,
    outcome: str | None = None,
) -> NamedCard:
    usual = {Assurance.AUTHENTICATED: _TRUSTED, Assurance.SIGNED: _SIGNED}
    return NamedCard(
        name=name,
        profile=profile,
        meaning=meaning,
        expected=worth,
        gateway=gateway or usual.get(worth, _NAMED),
        source=source,
        identity=identity,
        outcome=outcome or worth.value,
    )


def _refused(
    name: str, profile: CardProfile, trouble: CardTrouble, meaning: str, source: Source
) -> NamedCard:
    return NamedCard(
        name=name,
        profile=profile,
        meaning=meaning,
        expected=trouble,
        gateway=_NOTHING,
        source=source,
        identity=None,
        outcome=trouble.value,
    )


def _kept(state: Callable[[int], CardState], number: int) -> Source:
    return Source(state=lambda: state(number))


def _member(number: int) -> bytes:
    return made.membership(str(number).encode()).identity


_PLAIN: Final = (
    _taken(
        "uid",
        CardProfile.UID,
        Assurance.IDENTIFIED,
        "an old card with a number and nothing else",
        Source(make=lambda _: made.uid_card(1)),
        named_uid(1),
    ),
    _refused(
        "random-uid",
        CardProfile.UID,
        CardTrouble.RANDOM_UID,
        "a phone, whose number is another at each tap",
        Source(make=lambda _: made.random_uid_card()),
    ),
    _taken(
        "ntag213",
        CardProfile.UID,
        Assurance.IDENTIFIED,
        "an NTAG213 sticker as it is sold",
        Source(make=lambda _: made.ntag213_card(2)),
        named_uid(2),
    ),
    _taken(
        "ndef",
        CardProfile.NDEF,
        Assurance.IDENTIFIED,
        "a tag with an unsigned membership record",
        Source(make=lambda _: made.ndef_card(3)),
        _member(3),
    ),
    _taken(
        "ndef-signed",
        CardProfile.NDEF,
        Assurance.SIGNED,
        "a tag with a signed membership record",
        Source(make=lambda _: made.signed_ndef_card(4)),
        _member(4),
    ),
    _refused(
        "ndef-copied",
        CardProfile.NDEF,
        CardTrouble.BAD_RECORD,
        "the record of `ndef-signed`, copied onto another tag",
        Source(make=lambda _: made.signed_ndef_card(5, of=4)),
    ),
    _refused(
        "classic",
        CardProfile.UID,
        CardTrouble.BROKEN_CIPHER,
        "a MIFARE Classic",
        Source(make=lambda _: made.classic_card()),
    ),
    _refused(
        "ultralight-c",
        CardProfile.UID,
        CardTrouble.BROKEN_CIPHER,
        "a MIFARE Ultralight C",
        Source(make=lambda _: made.ultralight_c_card(6)),
    ),
)

_PROVING: Final = (
    _taken(
        "ntag424",
        CardProfile.NTAG424,
        Assurance.AUTHENTICATED,
        "an NTAG 424 DNA as issued",
        _kept(made.ntag424, 16),
        named_uid(16),
    ),
    _taken(
        "clone",
        CardProfile.NTAG424,
        Assurance.AUTHENTICATED,
        "a copy of `ntag424` from before its first tap here: the same keys, an old counter",
        Source(make=lambda _: made.clone_card(16)),
        named_uid(16),
        gateway="once `ntag424` has earned at another terminal: refuses it (`card_copied`), raises"
        " the alarm, blocks the card where the policy says so",
        outcome="copied",
    ),
    _taken(
        "ntag424-random-uid",
        CardProfile.NTAG424,
        Assurance.AUTHENTICATED,
        "one that hides its UID from strangers",
        Source(state=lambda: made.ntag424(17, random_uid=True)),
        named_uid(17),
    ),
    _taken(
        "old-key-version",
        CardProfile.NTAG424,
        Assurance.AUTHENTICATED,
        "one that was issued before the last rollover of keys",
        _kept(made.ntag424_old_version, 18),
        named_uid(18),
    ),
    _refused(
        "wrong-keys",
        CardProfile.NTAG424,
        CardTrouble.BAD_RECORD,
        "one with the right message and another key of its own",
        _kept(made.ntag424_wrong_keys, 19),
    ),
    _taken(
        "desfire",
        CardProfile.DESFIRE,
        Assurance.AUTHENTICATED,
        "a DESFire EV3 as issued",
        Source(state=lambda: made.desfire(20, Generation.EV3)),
        named_uid(20),
    ),
    _taken(
        "desfire-ev1",
        CardProfile.DESFIRE,
        Assurance.AUTHENTICATED,
        "a DESFire EV1 as issued",
        Source(state=lambda: made.desfire(21, Generation.EV1)),
        named_uid(21),
    ),
    _taken(
        "ultralight-aes",
        CardProfile.ULTRALIGHT_AES,
        Assurance.AUTHENTICATED,
        "an Ultralight AES as issued",
        _kept(made.ultralight_aes, 22),
        named_uid(22),
    ),
    _refused(
        "ultralight-aes-no-cmac",
        CardProfile.ULTRALIGHT_AES,
        CardTrouble.NOT_GENUINE,
        "one whose CMAC somebody turned off",
        _kept(made.ultralight_aes_no_cmac, 23),
    ),
)

_CLUMSY: Final = (
    _refused(
        "removed-early",
        CardProfile.NTAG424,
        CardTrouble.REMOVED_EARLY,
        "an NTAG 424 DNA, taken away while it is read",
        Source(state=lambda: made.ntag424(24), dress=made.leaving),
    ),
    _taken(
        "slow",
        CardProfile.NTAG424,
        Assurance.AUTHENTICATED,
        "one at the edge of the field",
        Source(state=lambda: made.ntag424(25), more_us=SLOW_US),
        named_uid(25),
        outcome="slow",
    ),
    _refused(
        "too-slow",
        CardProfile.NTAG424,
        CardTrouble.NO_ANSWER,
        "one that takes longer than the reader waits",
        Source(state=lambda: made.ntag424(26), more_us=TOO_SLOW_US),
    ),
    _refused(
        "silent",
        CardProfile.UID,
        CardTrouble.NO_ANSWER,
        "a card that says nothing",
        Source(make=lambda _: made.silent(made.uid_card(27))),
    ),
    _refused(
        "two-cards",
        CardProfile.UID,
        CardTrouble.SEVERAL_CARDS,
        "two cards at once, as from a purse",
        Source(make=lambda _: CollidingCards(made.uid_card(28))),
    ),
)

_SCANNED: Final = (
    _taken(
        "qr",
        CardProfile.QR,
        Assurance.SIGNED,
        "a printed membership code",
        Source(make=lambda _: made.printed_code(32)),
        _member(32),
    ),
    _refused(
        "qr-expired",
        CardProfile.QR,
        CardTrouble.CODE_EXPIRED,
        "a printed code whose last day is over",
        Source(make=lambda _: made.printed_code(33, expired=True)),
    ),
    _taken(
        "qr-changing",
        CardProfile.QR,
        Assurance.IDENTIFIED,
        "the code that changes every 30 seconds, as a phone shows it now",
        Source(make=lambda unix_ms: made.changing_code(34, unix_ms)),
        _member(34),
        gateway=_PHONE,
        outcome="ok",
    ),
    _refused(
        "qr-screenshot",
        CardProfile.QR,
        CardTrouble.CODE_EXPIRED,
        "a picture of such a code, ten minutes old",
        Source(make=lambda unix_ms: made.changing_code(34, unix_ms, screenshot=True)),
    ),
    _taken(
        "stripe",
        CardProfile.STRIPE,
        Assurance.IDENTIFIED,
        "a magnetic stripe of the club's",
        Source(make=lambda _: made.stripe(35)),
        made.stripe_number(35),
    ),
    _refused(
        "bank-card",
        CardProfile.STRIPE,
        CardTrouble.PAYMENT_CARD,
        "a bank card's stripe, with a published test number",
        Source(make=lambda _: made.bank_stripe()),
    ),
)

#: Every named card, in the order in which they are listed.
NAMED_CARDS: Final[Mapping[str, NamedCard]] = {
    card.name: card for card in (*_PLAIN, *_PROVING, *_CLUMSY, *_SCANNED)
}
