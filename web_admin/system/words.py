"""The doctor's findings and a backup's states in the reader's language.

The English sentences are those of ``gateway.doctor.sentences``; a test holds the two together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from flask_babel import LazyString, lazy_gettext, lazy_pgettext

from gateway.backup.shelf import Verified
from gateway.doctor.finding import Code, Finding, Severity
from gateway.doctor.sentences import SENTENCES
from web_admin.filters import num
from web_admin.live.words import Badge
from web_admin.system.backup_desk import Job, Work


@dataclass(frozen=True, slots=True)
class Words:
    """A finding in words, its figures not yet put in."""

    what: LazyString
    advice: LazyString


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A finding as a page shows it.

    Attributes:
        severity: how bad it is.
        what: what is so.
        names: names of files and machines to it, as they are.
        advice: what to do.
        command: a command line that does it; empty where there is none.
    """

    severity: Severity
    what: str
    names: tuple[str, ...]
    advice: str
    command: str


WORDS: Final = {
    Code.SQLITE_WAL_BUG: Words(
        lazy_gettext("This machine's database library has a known bug that is worked around here."),
        lazy_gettext("Never write the ledger with another program."),
    ),
    Code.DISK_LOW: Words(
        lazy_gettext("The disk has %(free_mib)s megabytes free."),
        lazy_gettext("Make space: delete old backups, or move the data to a larger disk."),
    ),
    Code.DISK_FULL: Words(
        lazy_gettext("The disk is nearly full: %(free_mib)s megabytes are free."),
        lazy_gettext(
            "Make space now. When it is full, nothing more is written; terminals keep their sales."
        ),
    ),
    Code.FSYNC_SLOW: Words(
        lazy_gettext("The disk takes %(milliseconds)s milliseconds to make a write durable."),
        lazy_gettext(
            "Answers at the counter wait for it. Find what keeps it busy, or use a faster disk."
        ),
    ),
    Code.CLOCK_UNSYNCHRONISED: Words(
        lazy_gettext("Nobody keeps this machine's clock right."),
        lazy_gettext("Switch time synchronisation on."),
    ),
    Code.FOLDER_OPEN: Words(
        lazy_gettext("Other users of this machine may enter the data directory."),
        lazy_gettext("Close it to them."),
    ),
    Code.KEY_OPEN: Words(
        lazy_gettext("Other users of this machine may read a key."),
        lazy_gettext("Close it to them. If somebody may have read it, make a new key."),
    ),
    Code.KEY_MISSING: Words(
        lazy_gettext("A key is missing, and the gateway cannot start again without it."),
        lazy_gettext("Put it back from your copy or from a backup before anything restarts."),
    ),
    Code.CARD_KEYS_SHUT: Words(
        lazy_gettext("Nothing opens the card keys here without a person."),
        lazy_gettext(
            "Give the gateway's service their passphrase as a credential. "
            "Until then cards prove nothing to it."
        ),
    ),
    Code.CARD_KEYS_UNREADABLE: Words(
        lazy_gettext("The card keys do not open."),
        lazy_gettext(
            "Put the right passphrase or a backup of the keys in place. "
            "Until then cards prove nothing."
        ),
    ),
    Code.CARD_KEYS_RETIRED: Words(
        lazy_gettext("Versions of the card keys that are retired: %(count)s."),
        lazy_gettext(
            "Cards with them are turned away: "
            "give those cards new keys, or new cards to their members."
        ),
    ),
    Code.LEDGER_UNREADABLE: Words(
        lazy_gettext("The ledger cannot be read."),
        lazy_gettext(
            "Stop the gateway, leave the files as they are, and restore a good backup elsewhere."
        ),
    ),
    Code.LEDGER_NEWER: Words(
        lazy_gettext("A newer version made this ledger."),
        lazy_gettext("Start the newer version again; this one leaves the ledger alone."),
    ),
    Code.LEDGER_OLDER: Words(
        lazy_gettext("An older version made this ledger."),
        lazy_gettext("Take a backup; the next start brings the ledger up to date."),
    ),
    Code.BOOKS_BROKEN: Words(
        lazy_gettext("Places where the newest books contradict themselves: %(count)s."),
        lazy_gettext(
            "Run an audit, and keep the last good backup. Somebody may have edited the file."
        ),
    ),
    Code.QUARANTINE_FILLING: Words(
        lazy_gettext("Quarantine holds %(rows)s of %(rows_max)s messages."),
        lazy_gettext("Look through it, mend what sends them, and discard what is of no use."),
    ),
    Code.QUARANTINE_DROPPED: Words(
        lazy_gettext("Messages that found no room in quarantine: %(count)s."),
        lazy_gettext(
            "Make room there. Terminals keep what they sealed, so nothing of theirs is lost."
        ),
    ),
    Code.GATEWAY_STOPPED: Words(
        lazy_gettext("The gateway is not running."),
        lazy_gettext("Start it, or find out why it does not run."),
    ),
    Code.STORE_FULL: Words(
        lazy_gettext("The ledger finds no space and takes nothing at this moment."),
        lazy_gettext("Make space now; it goes on by itself. Terminals keep their sales meanwhile."),
    ),
    Code.DELIVERIES_SET_ASIDE: Words(
        lazy_gettext("Messages that the gateway itself failed on: %(count)s."),
        lazy_gettext(
            "Its log says which and why. Please report it; terminals will send them again."
        ),
    ),
    Code.BROKER_UNREACHABLE: Words(
        lazy_gettext("The broker does not answer."),
        lazy_gettext(
            "Start it, or mend its address in the settings. Terminals keep their sales meanwhile."
        ),
    ),
    Code.BROKER_PLAIN: Words(
        lazy_gettext("The way to the broker is not encrypted."),
        lazy_gettext("Give the broker, this gateway and every terminal certificates."),
    ),
    Code.BROKER_LIMITS: Words(
        lazy_gettext(
            "This machine's broker was told to keep too little for a gateway of this size."
        ),
        lazy_gettext("Write its configuration anew, and restart it."),
    ),
    Code.BROKER_EMBEDDED: Words(
        lazy_gettext("The built-in broker is only for trying things out."),
        lazy_gettext(
            "A real shop needs one of its own: the page on production in the documents says how."
        ),
    ),
    Code.NO_TERMINALS: Words(
        lazy_gettext("There is no terminal yet."),
        lazy_gettext("Add the first one on the page of terminals."),
    ),
    Code.TERMINALS_OFFLINE: Words(
        lazy_gettext("Terminals that are not connected: %(count)s."),
        lazy_gettext(
            "Look whether they have power and network. They go on selling, and send it all later."
        ),
    ),
    Code.TERMINALS_BEHIND: Words(
        lazy_gettext("Terminals with sales that have not arrived: %(count)s."),
        lazy_gettext(
            "They send them by themselves. If it stays so, look at their page and their network."
        ),
    ),
    Code.TERMINALS_STOPPED: Words(
        lazy_gettext("Terminals that accept nothing more: %(count)s."),
        lazy_gettext("Their page says why; somebody must go there."),
    ),
    Code.TERMINALS_GUESS_TIME: Words(
        lazy_gettext("Terminals that do not know what time it is: %(count)s."),
        lazy_gettext(
            "Let them reach a time server. Until then their sales get the rules of their arrival."
        ),
    ),
    Code.TERMINALS_WITHOUT_READER: Words(
        lazy_gettext("Terminals that cannot reach their card reader: %(count)s."),
        lazy_gettext("Unplug the reader and plug it in again; then look at the terminal's page."),
    ),
    Code.BACKUP_NONE: Words(
        lazy_gettext("There is no backup."),
        lazy_gettext(
            "Take one now, and a copy of it off this machine; then let one be taken every night."
        ),
    ),
    Code.BACKUP_OLD: Words(
        lazy_gettext("Hours since the newest backup: %(hours)s."),
        lazy_gettext("Take one now, and find out why none was taken last night."),
    ),
    Code.BACKUP_UNPROVED: Words(
        lazy_gettext("No backup of the last days was proved good."),
        lazy_gettext("Verify the newest one: only a backup that was tried is one."),
    ),
    Code.BACKUP_BAD: Words(
        lazy_gettext("The newest backup is not good; things wrong with it: %(count)s."),
        lazy_gettext(
            "Keep an older one, take a new one, and verify it. If it is bad too, run an audit."
        ),
    ),
    Code.OWNER_WITHOUT_SECOND_FACTOR: Words(
        lazy_gettext("Owners who log in with a password alone: %(count)s."),
        lazy_gettext("Let each of them switch a second factor on, on the page of their account."),
    ),
    Code.WEB_PLAIN: Words(
        lazy_gettext("Passwords travel to these pages unencrypted."),
        lazy_gettext(
            "Listen on this machine alone, behind an encrypting proxy: the documents say how."
        ),
    ),
    Code.TEST_MODE: Words(
        lazy_gettext("Test mode is on: simulated counters can sell."),
        lazy_gettext(
            "Switch it off before the first real customer: their points are real to the ledger."
        ),
    ),
}

_SEVERITIES: Final = {
    Severity.FAULT: Badge(lazy_gettext("Fault"), "danger", "alert-triangle"),
    Severity.WARNING: Badge(lazy_gettext("Warning"), "warning", "alert-triangle"),
    Severity.NOTE: Badge(lazy_pgettext("severity", "Note"), "info", "info-circle"),
}
_RUNNING: Final = {
    Work.TAKE: lazy_gettext("A backup is being taken…"),
    Work.VERIFY: lazy_gettext("A backup is being verified…"),
}
_WENT_WELL: Final = {
    Work.TAKE: lazy_gettext("The backup was taken."),
    Work.VERIFY: lazy_gettext("The backup is good: every file, every page and every seal."),
}
_WENT_WRONG: Final = {
    Work.TAKE: lazy_gettext("No backup was taken."),
    Work.VERIFY: lazy_gettext("The backup is not good, or could not be verified."),
}
_UNPROVED: Final = Badge(lazy_gettext("Not verified"), "secondary", "clock")
_GOOD: Final = Badge(lazy_gettext("Proved good"), "success", "check")
_BAD: Final = Badge(lazy_gettext("Not good"), "danger", "alert-triangle")


def say(finding: Finding) -> Said:
    """Put a finding into the reader's words and digits."""
    words = WORDS[finding.code]
    figures = {name: num(one) for name, one in finding.values.items() if isinstance(one, int)}
    return Said(
        severity=finding.severity,
        what=str(words.what) % figures,
        names=tuple(one for one in finding.values.values() if isinstance(one, str)),
        advice=str(words.advice),
        command=SENTENCES[finding.code].command,
    )


def badge_of_severity(severity: Severity) -> Badge:
    """How bad something is, in a word and a colour."""
    return _SEVERITIES[severity]


def badge_of_backup(verified: Verified | None) -> Badge:
    """Whether a backup was proved."""
    if verified is None:
        return _UNPROVED
    return _GOOD if verified.good else _BAD


def words_of_job(job: Job) -> LazyString:
    """How the work on backups goes, or how the last went."""
    if job.running:
        return _RUNNING[job.work]
    return _WENT_WELL[job.work] if job.good else _WENT_WRONG[job.work]
