"""Background work in a process of its own, which is killed at a boundary that a test chooses.

A boundary is a moment at which a process can die and the world outside has changed, or has not: before
and after every commit, every call to a calendar's server and every mail. `Worker` holds a process that
has loaded everything; for each order it forks one that works, counts boundaries and, at the one that it
was told, ends by SIGKILL.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Never, Self

from sqlalchemy import Connection

import connectors.caldav
import connectors.google
import connectors.microsoft  # noqa: F401  # all loaded once, before anything is forked
from connectors.base import EventDraft, EventWriter, WrittenEvent
from connectors.transport import Transport
from tests.web.organizers import settle
from web.config import Config, load_config, seal_of
from web.operations import events, outbox
from web.queue import Queue
from web.site import Site, configured_writer
from web.store import Store

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Ended:
    """How an order ended."""

    boundaries: int  #: how many there were; of a worker that was killed: up to there
    killed: bool


class Worker:
    """Does background work as often as it is told, each time in a new process."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.web.kills"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=30)

    def work(
        self, config: Path, now: datetime, *, die_at: int | None = None, new_keys: bool = False
    ) -> Ended:
        """Do all background work there is at a moment.

        Args:
            die_at: the number of the boundary to be killed at, from 1.
            new_keys: make keys when events are written, instead of beforehand.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        order = {"config": str(config), "now": now.isoformat(), "die_at": die_at, "new_keys": new_keys}
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return Ended(**json.loads(self._process.stdout.readline()))


# --- in that process -----------------------------------------------------------------------------


class _Boundaries:
    def __init__(self, die_at: int | None, count_file: int) -> None:
        self._die_at, self._count_file = die_at, count_file
        self.passed = 0

    def reach(self) -> None:
        self.passed += 1
        os.pwrite(self._count_file, f"{self.passed:6}".encode(), 0)
        if self.passed == self._die_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any, **kwargs: Any) -> Any:
            self.reach()
            answer = function(*args, **kwargs)
            self.reach()
            return answer

        return counted


class _NewKeys:
    """The negative control: an event is named when it is written, and by another name each time."""

    def __init__(self, writer: EventWriter) -> None:
        self._writer = writer

    def write(self, draft: EventDraft, **how: bool) -> WrittenEvent:
        return self._writer.write(replace(draft, key=events.new_key()), **how)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._writer, name)


def a_site(config: Config, now: datetime, writer: Callable[[Config], Any] = configured_writer) -> Site:
    return Site(
        config, Store(config.database.url, seal_of(config)), Queue(config.database.queue), lambda: now, writer
    )


def _work(order: dict[str, Any], count_file: int) -> None:
    boundaries = _Boundaries(order["die_at"], count_file)
    Transport.exchange = boundaries.around(Transport.exchange)  # type: ignore[method-assign]
    Connection.commit = boundaries.around(Connection.commit)  # type: ignore[method-assign]
    outbox._send = boundaries.around(outbox._send)
    config = load_config(Path(order["config"]))
    writer = (lambda config: _NewKeys(configured_writer(config))) if order["new_keys"] else configured_writer
    settle(a_site(config, datetime.fromisoformat(order["now"]), writer))


def _work_and_exit(order: dict[str, Any], count_file: int) -> Never:
    status = 1
    try:
        _work(order, count_file)
        status = 0
    finally:
        if status:
            traceback.print_exc()
        os._exit(status)


@contextmanager
def _count_file() -> Iterator[int]:
    descriptor = os.memfd_create("boundaries")
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _main() -> None:
    for line in sys.stdin:
        with _count_file() as count_file:
            child = os.fork()
            if child == 0:
                _work_and_exit(json.loads(line), count_file)
            _, status = os.waitpid(child, 0)
            passed = int(os.pread(count_file, 6, 0) or b"0")
        ended = {"boundaries": passed, "killed": os.WIFSIGNALED(status)}
        assert ended["killed"] or os.waitstatus_to_exitcode(status) == 0
        print(json.dumps(ended), flush=True)


if __name__ == "__main__":
    _main()
