"""Codes into a folder: for development and demonstrations, where no phone is to ring."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from gateway.clock import Clock
from gateway.codes.sender import CodeMessage, CodeSender, CodeSendError
from gateway.durable import write_whole
from gateway.formatting.numbers import Language

#: Files kept; a demonstration that runs for months must not fill its disk.
FILES_MAX: Final = 200
_SUFFIX: Final = ".json"
_NUMBER_DIGITS: Final = 8


class FolderSender(CodeSender):
    """Writes each message into a file that only its owner may read (0600), numbered as they came.

    What it does not model: a phone network's delay, and messages that never arrive.
    """

    def __init__(self, folder: Path, clock: Clock) -> None:
        """Use a folder, which is made (0700) where it is missing.

        Args:
            folder: where.
            clock: dates the messages.
        """
        self._folder = folder
        self._clock = clock

    def send(self, message: CodeMessage) -> None:
        """Write the message's file.

        Raises:
            CodeSendError: if it cannot be written.
        """
        told = {
            "at_ms": self._clock.unix_ms(),
            "to": message.to,
            "code": message.code,
            "language": message.language.value,
            "text": message.text,
        }
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            files = _files(self._folder)
            number = int(files[-1].stem) + 1 if files else 1
            name = f"{number:0{_NUMBER_DIGITS}d}{_SUFFIX}"
            write_whole(self._folder / name, json.dumps(told, ensure_ascii=False).encode())
            for old in files[: max(len(files) + 1 - FILES_MAX, 0)]:
                old.unlink()
        except OSError as error:
            raise CodeSendError(f"{self._folder}: {error.strerror or error}") from error


def read_folder(folder: Path, newest: int) -> tuple[tuple[int, CodeMessage], ...]:
    """Read the newest messages of a folder, oldest first, each with its Unix time in milliseconds.

    Args:
        folder: of a ``FolderSender``; nothing is in one that does not exist.
        newest: how many at most.

    Raises:
        CodeSendError: if a file of it is no message.
    """
    if not folder.is_dir():
        return ()
    return tuple(_read(file) for file in _files(folder)[-newest:])


def _read(file: Path) -> tuple[int, CodeMessage]:
    try:
        told = json.loads(file.read_bytes())
        message = CodeMessage(
            to=told["to"],
            code=told["code"],
            text=told["text"],
            language=Language(told["language"]),
        )
        return int(told["at_ms"]), message
    except (OSError, ValueError, KeyError, TypeError):
        # The cause may hold a part of the file, and so a number.
        raise CodeSendError(f"{file} is no message of ours") from None


def _files(folder: Path) -> list[Path]:
    return sorted(
        file
        for file in folder.iterdir()
        if file.suffix == _SUFFIX and file.stem.isascii() and file.stem.isdecimal()
    )
