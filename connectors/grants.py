"""Where bearer tokens come from: one renewal at a time, by thread and by process.

A *grant* is what an administrator or a person gave us; it gives *access tokens*, which live for an
hour or so. Of a person's consent we hold a *refresh token* in a file. Some vendors hand out another
one with every renewal and take the use of an old one for theft, which ends the consent: so two
processes must never renew at once (`RefreshTokenFile`).
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Protocol

from connectors.base import ConnectorError, Refused
from connectors.sealed import Seal, is_sealed, opened

REFUSED_FOR = 60  #: seconds that a no is good for; it takes a person to change it

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class FreshToken:
    """An access token."""

    value: str = field(repr=False)
    expires_in: float  #: seconds


@dataclass(frozen=True)
class Renewal:
    """What a refresh token was exchanged for."""

    access: FreshToken
    refresh_token: str | None = field(default=None, repr=False)  #: another one, if there is one


class TokenSource(Protocol):
    """Gives access tokens. To be shared by threads."""

    def token(self, refused: str | None = None) -> str:
        """A token that should be good now.

        Args:
            refused: this one was turned down (401), so get another.

        Raises:
            Refused: there is none; the text says what a person should do.
            Unreachable: it cannot be got now.
            Unreadable: something else came.
        """
        ...


class SingleFlight:
    """Keeps a token and fetches another one shortly before it ends, once for all threads."""

    def __init__(
        self, fetch: Callable[[], FreshToken], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """
        Args:
            fetch: raises as `TokenSource.token` does.
            clock: seconds.
        """
        self._fetch = fetch
        self._clock = clock
        self._lock = threading.Lock()
        self._value: str | None = None
        self._renew_at = 0.0
        self._fetches = 0  #: that have ended
        self._failure: ConnectorError | None = None  #: of the last one
        self._failed_at = 0.0

    def token(self, refused: str | None = None) -> str:
        """See `TokenSource`."""
        fetches = self._fetches
        with self._lock:
            if self._value is None or self._value == refused or self._clock() >= self._renew_at:
                self._value = None
                if self._failure is not None and (self._fetches > fetches or self._is_refused()):
                    raise self._failure  # of the fetch that we have waited for, or of a moment ago
                self._value = self._fetched()
            return self._value

    def _is_refused(self) -> bool:
        return isinstance(self._failure, Refused) and self._clock() < self._failed_at + REFUSED_FOR

    def _fetched(self) -> str:
        self._failure = None
        try:
            fresh = self._fetch()
        except ConnectorError as failure:
            self._failure, self._failed_at = failure, self._clock()
            raise
        finally:
            self._fetches += 1
        self._renew_at = self._clock() + fresh.expires_in - margin(fresh.expires_in)
        return fresh.value


def margin(expires_in: float) -> float:
    """How many seconds before its end a token is renewed: a minute, or less for a short-lived one."""
    return min(60, expires_in / 10)


@dataclass(frozen=True)
class _Kept:
    """What stands in the file."""

    refresh_token: str = field(repr=False)
    access_token: str | None = field(default=None, repr=False)
    renew_at: float = 0  #: seconds since 1970


class RefreshTokenFile:
    """Access tokens by a refresh token that is kept in a file.

    The file holds the refresh token as plain text, as an administrator writes it, or everything in
    sealed form. With a seal the last access token is kept, too, so that of all processes one renews;
    without one, access tokens stay in memory, and each process renews for itself, one after the other.
    """

    def __init__(
        self,
        path: Path,
        renew: Callable[[str], Renewal],
        *,
        seal: Seal | None = None,
        remedy: str = "Connect the calendar again.",
        clock: Callable[[], float] = time.time,
    ) -> None:
        """
        Args:
            renew: exchanges a refresh token. Raises Refused if the consent has ended.
            seal: None keeps plain text.
            remedy: what a person should do when there is no good token in the file.
            clock: seconds since 1970.
        """
        self._path = path.resolve()
        self._renew = renew
        self._seal = seal
        self._remedy = remedy
        self._clock = clock
        self._given: str | None = None  #: the access token that was handed out last
        self._flight = SingleFlight(self._fresh, clock=clock)

    def token(self, refused: str | None = None) -> str:
        """See `TokenSource`."""
        return self._flight.token(refused)

    def _fresh(self) -> FreshToken:
        """What another process has got meanwhile, or a renewal."""
        with self._locked() as descriptor:
            kept = self._read(descriptor)
            left = kept.renew_at - self._clock()
            if kept.access_token is not None and kept.access_token != self._given and left > 0:
                fresh = FreshToken(kept.access_token, left)
            else:
                fresh = self._renewed(kept.refresh_token)
        self._given = fresh.value
        return fresh

    def _renewed(self, refresh_token: str) -> FreshToken:
        renewal = self._renew(refresh_token)
        access = renewal.access
        renew_at = self._clock() + access.expires_in - margin(access.expires_in)
        self._keep(_Kept(renewal.refresh_token or refresh_token, access.value, renew_at), refresh_token)
        return access

    def _keep(self, kept: _Kept, before: str) -> None:
        """Write what is to be kept. A file that cannot be written matters if the old token is worth nothing.

        Raises:
            Refused: it does.
        """
        if self._seal is None and kept.refresh_token == before:
            return
        try:
            self._write(kept)
        except OSError as error:
            if kept.refresh_token != before:
                raise Refused(
                    f"{self._path} cannot be written: {error.strerror}. The vendor has put another token in "
                    f"the place of the one in it. Let officeday write to its folder. {self._remedy}"
                ) from None
            _log.warning(
                "%s cannot be written: %s; each process renews its own token", self._path, error.strerror
            )

    def store(self, refresh_token: str) -> None:
        """Put a new consent into the file, which may not be there yet.

        Raises:
            Refused: it cannot be written.
        """
        with self._locked() if self._path.exists() else nullcontext():
            try:
                self._write(_Kept(refresh_token))
            except OSError as error:
                raise Refused(f"{self._path} cannot be written: {error.strerror}.") from None

    @contextmanager
    def _locked(self) -> Iterator[int]:
        """The file, open, while no other thread or process has it so.

        Raises:
            Refused: it cannot be read.
        """
        try:
            descriptor = _open_locked(self._path)
        except OSError as error:
            raise Refused(f"{self._path} cannot be read: {error.strerror}. {self._remedy}") from None
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def _read(self, descriptor: int) -> _Kept:
        """
        Raises:
            Refused: there is no token in it, or it is sealed with another key.
        """
        with os.fdopen(os.dup(descriptor), "rb") as file:
            text = file.read().decode("utf-8", "replace").strip()
        if is_sealed(text):
            return _Kept(**json.loads(opened(text, self._path, self._seal)))
        if not re.fullmatch(r"[!-z|~]+", text):  # RFC 6749 §A.17, without spaces; braces are somebody's JSON
            raise Refused(f"{self._path} does not hold one refresh token. {self._remedy}")
        return _Kept(text)

    def _write(self, kept: _Kept) -> None:
        """Put a whole file in place of the one that is there."""
        text = kept.refresh_token if self._seal is None else self._seal.seal(json.dumps(asdict(kept)))
        _put_in_place(self._path, text + "\n")


def seal_anew(path: Path, seal: Seal) -> bool:
    """Seal with the newest secret what an older one sealed in a file. False: there was nothing to do.

    Whoever is killed in it leaves the file as it was or as it is to be.

    Raises:
        WrongKey: no secret opens it.
        OSError: it cannot be read or written.
    """
    path = path.resolve()
    descriptor = _open_locked(path)
    try:
        text = path.read_text("utf-8").strip()
        if not is_sealed(text) or seal.is_newest(text):
            return False
        _put_in_place(path, seal.seal(opened(text, path, seal)) + "\n")
        return True
    finally:
        os.close(descriptor)


def _put_in_place(path: Path, text: str) -> None:
    """Put a whole file in place of the one that is there, whose lock we hold."""
    # what a killed process left is written over
    beside = path.with_name(f"{path.name}.new")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w") as file:
        os.fchmod(descriptor, 0o600)
        file.write(text)
        file.flush()
        os.fsync(descriptor)
    beside.replace(path)
    _sync_folder(path.parent)


def _open_locked(path: Path) -> int:
    """A descriptor with the lock; a file that was put in its place while we waited is opened instead."""
    while True:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if os.path.samestat(os.fstat(descriptor), path.stat()):
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _sync_folder(folder: Path) -> None:
    """A new name is on the disk only when its folder is."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
