"""The process that reads calendars for `connectors.ics.confine`; run with `python -m`.

It loads the libraries once and has no threads, so it may fork: every calendar is fetched and
read by a child of its own, with little memory and time, that can harm no other. Jobs come in on
standard input and results leave on standard output, one JSON object a line. When its input
closes – because its parent is done, or gone – it ends, and its children with it.
"""

from __future__ import annotations

import json
import os
import re
import resource
import selectors
import signal
import stat
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from connectors.base import ConnectorError, Refused, Unreadable
from connectors.ics.calendar import read_calendar
from connectors.ics.limits import FETCH_SECONDS, MAX_BYTES
from connectors.ics.zones import warm_up
from connectors.transport import Transport
from planner.domain import Interval

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
_WEBCAL = re.compile(r"^webcals?:", re.IGNORECASE)
_BROKEN_OFF = "The calendar could not be read: the process reading it ended."


@dataclass
class _Child:
    """One forked reader, and what it has said so far."""

    job: dict[str, Any]
    pid: int
    ends: float  #: monotonic
    said: bytearray = field(default_factory=bytearray)


def main() -> None:
    warm_up()
    # titles may stand in a traceback, and a child writes nothing that its result does not say
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    _Worker(sys.stdin.buffer, sys.stdout.buffer).run()


class _Worker:
    """Forks a child for every job, kills those that take too long, and passes on what they say."""

    def __init__(self, jobs: BinaryIO, results: BinaryIO) -> None:
        self._jobs = jobs
        self._results = results
        self._selector = selectors.DefaultSelector()
        self._children: dict[int, _Child] = {}  # by the file descriptor of its pipe
        self._unread = bytearray()

    def run(self) -> None:
        self._selector.register(self._jobs.fileno(), selectors.EVENT_READ)
        try:
            while self._step():
                pass
        finally:
            for child in self._children.values():
                os.kill(child.pid, signal.SIGKILL)

    def _step(self) -> bool:
        """Wait for something to happen; False once no more jobs can come."""
        now = time.monotonic()
        wait = min((child.ends - now for child in self._children.values()), default=None)
        for key, _ in self._selector.select(None if wait is None else max(wait, 0)):
            if key.fd != self._jobs.fileno():
                self._listen(key.fd)
            elif not self._take_jobs():
                return False
        for fd, child in list(self._children.items()):
            if time.monotonic() >= child.ends:
                os.kill(child.pid, signal.SIGKILL)
                self._finish(fd, _too_long(child.job))
        return True

    def _take_jobs(self) -> bool:
        received = os.read(self._jobs.fileno(), 65536)
        self._unread += received
        *lines, rest = self._unread.split(b"\n")
        self._unread = bytearray(rest)
        for line in lines:
            self._start(json.loads(line))
        return bool(received)

    def _start(self, job: dict[str, Any]) -> None:
        ours, theirs = os.pipe()
        try:
            pid = os.fork()
        except OSError:  # no memory or no process left; the next one may find some
            os.close(ours)
            os.close(theirs)
            self._report(job, _failure("The calendar could not be read: the machine has too much to do."))
            return
        if pid == 0:
            os.close(ours)
            _be_child(job, theirs)
        os.close(theirs)
        self._children[ours] = _Child(job, pid, time.monotonic() + job["seconds"])
        self._selector.register(ours, selectors.EVENT_READ)

    def _listen(self, fd: int) -> None:
        received = os.read(fd, 1 << 20)
        self._children[fd].said += received
        if not received:
            self._finish(fd)

    def _finish(self, fd: int, result: dict[str, Any] | None = None) -> None:
        """Report a child that has ended: what it said, or else by what it ended."""
        child = self._children.pop(fd)
        self._selector.unregister(fd)
        os.close(fd)
        _, status = os.waitpid(child.pid, 0)
        if result is None:
            result = _result(child, status)
        self._report(child.job, result)

    def _report(self, job: dict[str, Any], result: dict[str, Any]) -> None:
        self._results.write(json.dumps({"id": job["id"], **result}).encode() + b"\n")
        self._results.flush()


def _result(child: _Child, status: int) -> dict[str, Any]:
    if os.WIFSIGNALED(status):  # whatever it said may be cut off
        by_time = os.WTERMSIG(status) == signal.SIGXCPU
        return _too_long(child.job) if by_time else _failure(_BROKEN_OFF)
    try:
        said: dict[str, Any] = json.loads(child.said)
    except ValueError:
        return _failure(_BROKEN_OFF)
    return said


def _be_child(job: dict[str, Any], out: int) -> None:
    """Read one calendar, say how it went, and end; never returns."""
    try:
        # what is left open here would look to the parent as if the worker still lived
        os.dup2(2, 0)
        os.dup2(2, 1)
        _limit(job["seconds"], job["memory"])
        said = json.dumps(_read(job)).encode()
        while said:
            said = said[os.write(out, said) :]
    finally:
        os._exit(0)


def _limit(seconds: float, memory: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cpu = max(1, round(seconds))
    _lower(resource.RLIMIT_CPU, cpu, cpu + 1)
    _lower(resource.RLIMIT_CORE, 0, 0)
    if sys.platform != "darwin":  # macOS knows the limit and refuses to set it
        _lower(resource.RLIMIT_AS, memory, memory)


def _lower(limit: int, soft: int, hard: int) -> None:
    """Set a limit, or keep the one we live under where that is lower: raising it is not allowed."""
    most = resource.getrlimit(limit)[1]
    if most != resource.RLIM_INFINITY:
        soft, hard = min(soft, most), min(hard, most)
    resource.setrlimit(limit, (soft, hard))


def _read(job: dict[str, Any]) -> dict[str, Any]:
    window = Interval(*(datetime.fromisoformat(text).astimezone(UTC) for text in job["window"]))
    try:
        raw = _fetched(job) if is_url(job["address"]) else _from_file(Path(job["address"]))
        said = read_calendar(raw, job["timezone"], window, job["own_uid_suffix"])
    except ConnectorError as why:
        return _failure(str(why))
    except MemoryError:
        return _failure(f"The calendar needs more than {job['memory'] // 2**20} MB of memory to read.")
    except RecursionError:
        return _failure("The calendar is nested too deeply.")
    except Exception as error:  # noqa: BLE001 – a fault of ours makes it unknown too, and ends here
        return _failure(f"The calendar could not be read ({type(error).__name__}).")
    return {
        "busy": [[b.start.isoformat(), b.end.isoformat(), b.kind] for b in said.busy],
        "unknown": [[u.start.isoformat(), u.end.isoformat()] for u in said.unknown],
        "reason": said.reason,
        "warnings": list(said.warnings),
    }


def _too_long(job: dict[str, Any]) -> dict[str, Any]:
    return _failure(f"The calendar takes longer than {job['seconds']:g} seconds to read.")


def _failure(reason: str) -> dict[str, Any]:
    return {"failed": reason}


def is_url(address: str) -> bool:
    """Anything with a scheme; a file whose name looks like one is written `./name`."""
    return _SCHEME.match(address) is not None


def _fetched(job: dict[str, Any]) -> bytes:
    """webcal is https by another name: calendar programs register for it."""
    url = _WEBCAL.sub("https:", job["address"])
    transport = Transport(
        job["allow_private"], seconds=min(FETCH_SECONDS, job["seconds"]), max_bytes=MAX_BYTES
    )
    return transport.get(url, {"Accept": "text/calendar, */*;q=0.1"}).body


def _from_file(path: Path) -> bytes:
    """A regular file, opened so that a pipe or device in its place cannot hold us up."""
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise Unreadable("The calendar's path is not a file.")
            raw = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise Unreadable("The calendar's file does not exist.") from None
    except PermissionError:
        raise Refused("The calendar's file may not be read by this program.") from None
    except (OSError, ValueError) as error:
        raise Unreadable(f"The calendar's file cannot be read ({type(error).__name__}).") from None
    if len(raw) > MAX_BYTES:
        raise Unreadable(f"The calendar is larger than {MAX_BYTES // 2**20} MB.")
    return raw


if __name__ == "__main__":
    main()
