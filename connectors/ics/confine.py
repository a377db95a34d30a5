"""Hand calendars to the worker process and take back what they say, as plain values.

One worker lives as long as one reading of many calendars; a few calendars are under way in it at
once. What a calendar does there – crash, loop, fill memory – costs that calendar alone. Safe to
call from any thread: the process that has threads starts a program and never forks itself.
"""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

#: calendars under way at once; their jobs fit the pipe, so neither side ever waits for the other
UNDER_WAY = 6
#: what the worker may take on top of a job's own time, to start and to report
_GRACE = 15.0
_PACKAGES = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Job:
    """One calendar to read, and what that may take: processor and wall time, address space."""

    address: str
    timezone: str
    window: tuple[str, str]  #: ISO instants
    own_uid_suffix: str
    allow_private: tuple[str, ...]
    seconds: float
    memory: int  #: bytes
    raw: bytes | None = None  #: the calendar, where it has been fetched already; `address` is not read then

    def as_line(self, number: int, path: str | None) -> bytes:
        """
        Args:
            path: where the worker finds `raw`.
        """
        fields = {name: getattr(self, name) for name in self.__slots__ if name != "raw"}
        return json.dumps({"id": number, **fields, "address": path or self.address}).encode() + b"\n"


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a job: `said` by the calendar, or why it `failed`."""

    job: Job
    said: dict[str, Any] | None = None
    failed: str | None = None


def run(jobs: Sequence[Job]) -> Iterator[Result]:
    """Read calendars, each in a process of its own; one result for each, as they come in."""
    waiting = deque(enumerate(jobs))
    while waiting:
        yield from _with_one_worker(waiting, jobs)


def _with_one_worker(waiting: deque[tuple[int, Job]], jobs: Sequence[Job]) -> Iterator[Result]:
    """Work through the queue until it is empty or the worker is lost, with all it had under way."""
    under_way: set[int] = set()
    with ExitStack() as opened:
        handed = {
            number: opened.enter_context(_in_memory(job.raw)).fileno()
            for number, job in waiting
            if job.raw is not None
        }
        worker = opened.enter_context(_Worker(tuple(handed.values())))
        while waiting or under_way:
            while waiting and len(under_way) < UNDER_WAY:
                number, job = waiting.popleft()
                under_way.add(number)
                path = f"/dev/fd/{handed[number]}" if number in handed else None
                worker.send(job.as_line(number, path))
            answer = worker.receive(max(jobs[number].seconds for number in under_way) + _GRACE)
            if answer is None:
                break
            number = answer.pop("id")
            under_way.remove(number)
            failed = answer.pop("failed", None)
            yield Result(jobs[number], None if failed else answer, failed)
    for number in under_way:
        yield Result(jobs[number], failed="The process that reads calendars ended before its time.")


def _in_memory(raw: bytes) -> IO[bytes]:
    """A file without a name, which the worker inherits; where the system can, it never sees a disk."""
    if sys.platform == "linux":
        file: IO[bytes] = os.fdopen(os.memfd_create("calendar"), "w+b")
    else:
        file = tempfile.TemporaryFile()  # noqa: SIM115 – whoever asked for it closes it
    file.write(raw)
    file.seek(0)
    return file


class _Worker:
    """The worker process and the two pipes to it."""

    def __init__(self, inherited: Sequence[int]) -> None:
        self._inherited = inherited

    def __enter__(self) -> _Worker:
        # -P: not from the current folder, where something else may be called `connectors`
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "connectors.ics.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(_PACKAGES), *filter(None, sys.path)])},
            pass_fds=self._inherited,
            process_group=0,  # Ctrl-C is for us; the worker ends when its input closes
            bufsize=0,
        )
        self._unread = bytearray()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None  # noqa: S101 – PIPE
        self._process.stdin.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def send(self, line: bytes) -> None:
        assert self._process.stdin is not None  # noqa: S101 – PIPE
        # a worker that is gone is noticed when its answer does not come
        with suppress(BrokenPipeError):
            self._process.stdin.write(line)

    def receive(self, seconds: float) -> dict[str, Any] | None:
        """The next answer; None if the worker is gone or says nothing for so long."""
        assert self._process.stdout is not None  # noqa: S101 – PIPE
        ends = time.monotonic() + seconds
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            while b"\n" not in self._unread:
                if not selector.select(max(ends - time.monotonic(), 0)):
                    self._process.kill()
                    return None
                received = os.read(self._process.stdout.fileno(), 1 << 20)
                if not received:
                    return None
                self._unread += received
        line, _, rest = self._unread.partition(b"\n")
        self._unread = bytearray(rest)
        answer: dict[str, Any] = json.loads(line)
        return answer
