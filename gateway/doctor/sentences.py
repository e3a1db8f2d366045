"""The findings in English, for the command line and the log: what is so, and what to do.

The pages say the same in both languages (``web_admin.system.words``), and a test holds the two
together. Figures stand in the sentence; names of files and machines follow it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from gateway.doctor.finding import Code, Finding


@dataclass(frozen=True, slots=True)
class Sentence:
    """A finding in words.

    Attributes:
        what: what is so, with ``%(name)s`` for its figures.
        advice: what to do.
        command: a command line that does it or begins it; empty where there is none.
    """

    what: str
    advice: str
    command: str = ""


SENTENCES: Final[Mapping[Code, Sentence]] = {
    Code.SQLITE_WAL_BUG: Sentence(
        "This machine's database library has a known bug that is worked around here.",
        "Never write the ledger with another program.",
    ),
    Code.DISK_LOW: Sentence(
        "The disk has %(free_mib)s megabytes free.",
        "Make space: delete old backups, or move the data to a larger disk.",
    ),
    Code.DISK_FULL: Sentence(
        "The disk is nearly full: %(free_mib)s megabytes are free.",
        "Make space now. When it is full, nothing more is written; terminals keep their sales.",
    ),
    Code.FSYNC_SLOW: Sentence(
        "The disk takes %(milliseconds)s milliseconds to make a write durable.",
        "Answers at the counter wait for it. Find what keeps it busy, or use a faster disk.",
    ),
    Code.CLOCK_UNSYNCHRONISED: Sentence(
        "Nobody keeps this machine's clock right.",
        "Switch time synchronisation on.",
        "systemctl enable --now systemd-timesyncd",
    ),
    Code.FOLDER_OPEN: Sentence(
        "Other users of this machine may enter the data directory.",
        "Close it to them.",
        "chmod 700",
    ),
    Code.KEY_OPEN: Sentence(
        "Other users of this machine may read a key.",
        "Close it to them. If somebody may have read it, make a new key.",
        "chmod 600",
    ),
    Code.KEY_MISSING: Sentence(
        "A key is missing, and the gateway cannot start again without it.",
        "Put it back from your copy or from a backup before anything restarts.",
    ),
    Code.CARD_KEYS_SHUT: Sentence(
        "Nothing opens the card keys here without a person.",
        "Give the gateway's service their passphrase as a credential. "
        "Until then cards prove nothing to it.",
    ),
    Code.CARD_KEYS_UNREADABLE: Sentence(
        "The card keys do not open.",
        "Put the right passphrase or a backup of the keys in place. "
        "Until then cards prove nothing.",
        "mohr key restore",
    ),
    Code.CARD_KEYS_RETIRED: Sentence(
        "Versions of the card keys that are retired: %(count)s.",
        "Cards with them are turned away: "
        "give those cards new keys, or new cards to their members.",
        "mohr card rekey",
    ),
    Code.LEDGER_UNREADABLE: Sentence(
        "The ledger cannot be read.",
        "Stop the gateway, leave the files as they are, and restore a good backup elsewhere.",
        "mohr gateway backup restore",
    ),
    Code.LEDGER_NEWER: Sentence(
        "A newer version made this ledger.",
        "Start the newer version again; this one leaves the ledger alone.",
    ),
    Code.LEDGER_OLDER: Sentence(
        "An older version made this ledger.",
        "Take a backup; the next start brings the ledger up to date.",
    ),
    Code.BOOKS_BROKEN: Sentence(
        "Places where the newest books contradict themselves: %(count)s.",
        "Run an audit, and keep the last good backup. Somebody may have edited the file.",
        "mohr ledger audit",
    ),
    Code.QUARANTINE_FILLING: Sentence(
        "Quarantine holds %(rows)s of %(rows_max)s messages.",
        "Look through it, mend what sends them, and discard what is of no use.",
    ),
    Code.QUARANTINE_DROPPED: Sentence(
        "Messages that found no room in quarantine: %(count)s.",
        "Make room there. Terminals keep what they sealed, so nothing of theirs is lost.",
    ),
    Code.GATEWAY_STOPPED: Sentence(
        "The gateway is not running.",
        "Start it, or find out why it does not run.",
        "mohr gateway run",
    ),
    Code.STORE_FULL: Sentence(
        "The ledger finds no space and takes nothing at this moment.",
        "Make space now; it goes on by itself. Terminals keep their sales meanwhile.",
    ),
    Code.DELIVERIES_SET_ASIDE: Sentence(
        "Messages that the gateway itself failed on: %(count)s.",
        "Its log says which and why. Please report it; terminals will send them again.",
    ),
    Code.BROKER_UNREACHABLE: Sentence(
        "The broker does not answer.",
        "Start it, or mend its address in the settings. Terminals keep their sales meanwhile.",
    ),
    Code.BROKER_PLAIN: Sentence(
        "The way to the broker is not encrypted.",
        "Give the broker, this gateway and every terminal certificates.",
        "mohr broker certs",
    ),
    Code.BROKER_LIMITS: Sentence(
        "This machine's broker was told to keep too little for a gateway of this size.",
        "Write its configuration anew, and restart it.",
        "mohr broker config",
    ),
    Code.BROKER_EMBEDDED: Sentence(
        "The built-in broker is only for trying things out.",
        "A real shop needs one of its own: the page on production in the documents says how.",
    ),
    Code.NO_TERMINALS: Sentence(
        "There is no terminal yet.",
        "Add the first one on the page of terminals.",
    ),
    Code.TERMINALS_OFFLINE: Sentence(
        "Terminals that are not connected: %(count)s.",
        "Look whether they have power and network. They go on selling, and send it all later.",
    ),
    Code.TERMINALS_BEHIND: Sentence(
        "Terminals with sales that have not arrived: %(count)s.",
        "They send them by themselves. If it stays so, look at their page and their network.",
    ),
    Code.TERMINALS_STOPPED: Sentence(
        "Terminals that accept nothing more: %(count)s.",
        "Their page says why; somebody must go there.",
    ),
    Code.TERMINALS_GUESS_TIME: Sentence(
        "Terminals that do not know what time it is: %(count)s.",
        "Let them reach a time server. Until then their sales get the rules of their arrival.",
    ),
    Code.TERMINALS_WITHOUT_READER: Sentence(
        "Terminals that cannot reach their card reader: %(count)s.",
        "Unplug the reader and plug it in again; then look at the terminal's page.",
    ),
    Code.BACKUP_NONE: Sentence(
        "There is no backup.",
        "Take one now, and a copy of it off this machine; then let one be taken every night.",
        "mohr gateway backup take",
    ),
    Code.BACKUP_OLD: Sentence(
        "Hours since the newest backup: %(hours)s.",
        "Take one now, and find out why none was taken last night.",
        "mohr gateway backup take",
    ),
    Code.BACKUP_UNPROVED: Sentence(
        "No backup of the last days was proved good.",
        "Verify the newest one: only a backup that was tried is one.",
        "mohr gateway backup verify",
    ),
    Code.BACKUP_BAD: Sentence(
        "The newest backup is not good; things wrong with it: %(count)s.",
        "Keep an older one, take a new one, and verify it. If it is bad too, run an audit.",
        "mohr ledger audit",
    ),
    Code.OWNER_WITHOUT_SECOND_FACTOR: Sentence(
        "Owners who log in with a password alone: %(count)s.",
        "Let each of them switch a second factor on, on the page of their account.",
    ),
    Code.WEB_PLAIN: Sentence(
        "Passwords travel to these pages unencrypted.",
        "Listen on this machine alone, behind an encrypting proxy: the documents say how.",
    ),
    Code.TEST_MODE: Sentence(
        "Test mode is on: simulated counters can sell.",
        "Switch it off before the first real customer: their points are real to the ledger.",
    ),
}


def sentence_of(finding: Finding) -> str:
    """A finding as one English line: what is so, which, and what to do."""
    words = SENTENCES[finding.code]
    names = [value for value in finding.values.values() if isinstance(value, str)]
    which = f" ({'; '.join(names)})" if names else ""
    command = f" [{words.command}]" if words.command else ""
    return f"{words.what % dict(finding.values)}{which} {words.advice}{command}"
