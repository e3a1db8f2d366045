"""A process for ``test_journal_killed``: accepts without end and says so, until it is killed.

Prints one line per accepted transaction, after ``accept`` has returned, as the screen would.
Arguments: the journal's path, the signing key's path.
"""

from __future__ import annotations

import sys
from pathlib import Path

from gateway.crypto.file_signer import FileSigner
from gateway.crypto.public_key import PublicKey
from gateway.crypto.seal import SealType, seal
from gateway.model.card import Assurance, CardEvidence, CardProfile
from gateway.model.ids import BootId, CardToken, EnvelopeHash, TerminalId, TransactionId
from gateway.model.money import EUR
from gateway.model.transaction import Channel, ClockQuality, EventTime, Kind, Transaction
from gateway.wire.transaction import encode_transaction
from terminal_agent.journal.journal import Journal
from terminal_agent.journal.values import JournalSettings


def main(path: Path, key_file: Path) -> None:
    """Accept in ones and threes until the end."""
    signer = FileSigner.load(key_file)

    def draft(wanted: TransactionId, previous: EnvelopeHash) -> bytes:
        transaction = Transaction(
            id=wanted,
            previous_hash=previous,
            time=EventTime(
                unix_ms=wanted.seq,
                utc_offset_min=0,
                quality=ClockQuality.GUESSED,
                boot_id=BootId(bytes(16)),
                monotonic_ms=wanted.seq,
            ),
            programme_version=1,
            channel=Channel.SIMULATED,
            currency=EUR,
            kind=Kind.ENROL,
            card=CardEvidence(
                profile=CardProfile.UID,
                token=CardToken(bytes(32)),
                assurance=Assurance.IDENTIFIED,
            ),
        )
        return seal(encode_transaction(transaction), SealType.TRANSACTION, signer)

    settings = JournalSettings(
        terminal=TerminalId("lane-1"),
        epoch=1,
        public_key=PublicKey.from_cose_key(signer.public_key),
        reserve_bytes=0,
    )
    journal = Journal.open(path, settings=settings)
    while True:
        for count in (1, 3):
            for accepted in journal.accept([draft] * count, accepted_at_ms=1):
                sys.stdout.write(f"{accepted.id.seq} {accepted.envelope_hash.hex()}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
