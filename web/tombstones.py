"""Who was erased, in a file beside the database, so that a backup that is brought back forgets them again.

The file names nobody: a line has a person's number and a keyed hash of their address (HMAC-SHA256, RFC 2104).
Who came back and was erased again has a line for each time, for a backup may be from before either. The key
is random and stands in the first line, sealed with the site's secret; changing that secret seals it anew
(`web.operations.keys`).
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import tempfile
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from connectors.sealed import Seal, opened


class Tombstones:
    """The erased, by the hash of their address."""

    def __init__(self, file: Path, seal: Seal) -> None:
        """
        Raises:
            WrongKey: the file was sealed with another secret than the site knows.
            Refused: the file is there and cannot be read.
        """
        self._file = file
        self._seal = seal
        lines = file.read_text("ascii").splitlines() if file.exists() else []
        self._key = bytes.fromhex(opened(lines[0], file, seal)) if lines else secrets.token_bytes(32)
        self._numbers: defaultdict[str, set[int]] = defaultdict(set)
        for digest, number in map(str.split, lines[1:]):
            self._numbers[digest].add(int(number))

    def __len__(self) -> int:
        return len(self._numbers)

    def has(self, email: str) -> bool:
        """Was somebody with this address erased?"""
        return self._digest(email) in self._numbers

    def among(self, people: Iterable[tuple[int, str]]) -> list[int]:
        """Whom of some people, by number and address, a backup has brought back."""
        return [number for number, email in people if number in self._numbers.get(self._digest(email), ())]

    def add(self, person_id: int, email: str) -> None:
        """On the disk before this returns."""
        self._numbers[self._digest(email)].add(person_id)
        self._write()

    def seal_anew(self) -> None:
        if self._file.exists():
            self._write()

    def _digest(self, email: str) -> str:
        return hmac.new(self._key, email.casefold().encode(), hashlib.sha256).hexdigest()

    def _write(self) -> None:
        erased = (f"{digest} {each}" for digest, numbers in self._numbers.items() for each in sorted(numbers))
        write_whole(self._file, "\n".join([self._seal.seal(self._key.hex()), *erased]) + "\n")


def write_whole(file: Path, text: str) -> None:
    """A file for its owner only (mode 0600), there as it was or as it is to be, and on the disk."""
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor, apart = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}-")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        Path(apart).replace(file)
        folder = os.open(file.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except BaseException:
        Path(apart).unlink(missing_ok=True)
        raise
