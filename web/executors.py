"""Where the planner's subproblems run: in processes of this machine, in threads, or on a Dask cluster.

The planner is handed a `concurrent.futures.Executor` and knows no more; when one is lost
(`BrokenExecutor`) it goes on in threads of its own. Subproblems and their results are plain values,
some 20 to 200 kB as they are sent. Whatever was started ends with the `with` block, at once.
"""

from __future__ import annotations

import importlib
import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import forkserver, resource_tracker
from multiprocessing.connection import Connection
from typing import Any
from urllib.parse import urlsplit

PROCESSES, THREADS, DASK = "processes", "threads", "dask:"

#: What a process of ours has loaded before it is asked for anything.
PRELOADED = "planner.subproblem"

#: A search begins after about a second; in less time than this no process would be of use.
SECONDS_WORTH_PROCESSES = 2.0

#: How long to wait for a Dask scheduler, and how often to look whether it is still there.
CONNECT_SECONDS = 5.0
LOOK_SECONDS = 0.25


@dataclass(frozen=True)
class Helpers:
    """What runs subproblems, and how many at a time. No executor: threads of the planner's own."""

    executor: Executor | None
    workers: int


def checked(how: str) -> str:
    """`processes`, `threads` or `dask:` and a scheduler's address.

    Raises:
        ValueError: it is none of these; the text says what to write.
    """
    if how in (PROCESSES, THREADS):
        return how
    address = urlsplit(how.removeprefix(DASK))
    if not how.startswith(DASK) or address.scheme not in ("tcp", "tls") or not _port(address):
        raise ValueError('write "processes", "threads" or "dask:tcp://scheduler.example:8786"')
    return how


def _port(address: Any) -> int | None:
    try:
        return address.port if address.hostname else None
    except ValueError:
        return None


@contextmanager
def helpers(how: str, workers: int, seconds: float, say: Callable[[str], None]) -> Iterator[Helpers]:
    """Open what `how` names, and leave nothing of it behind.

    Args:
        workers: processes or threads to use; a Dask cluster brings its own number.
        seconds: how long the run may take; a short one needs no processes.
        say: hears, in a sentence, where a cluster cannot be used.
    """
    if how.startswith(DASK):
        client = _connected(how.removeprefix(DASK), say)
        if client is not None:
            with _cluster(client, say) as cluster:
                yield cluster
            return
    if how == THREADS or seconds < SECONDS_WORTH_PROCESSES:
        yield Helpers(None, workers)
        return
    with _processes(workers) as executor:
        yield Helpers(executor, workers)


# ---- processes -----------------------------------------------------------------------------------


@contextmanager
def _processes(workers: int) -> Iterator[Executor]:
    """A pool whose processes are forked, when first needed, from one that has CP-SAT loaded by then.

    They end when the pipe to them closes: on leaving, and even where this process is killed.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([PRELOADED])
    _start_server()
    for_them, ours = context.Pipe(duplex=False)
    executor = ProcessPoolExecutor(workers, context, initializer=_begin, initargs=(for_them,))
    try:
        yield executor
    finally:
        ours.close()
        for_them.close()
        executor.shutdown(wait=True, cancel_futures=True)


def _start_server() -> None:
    """Start it deaf to Ctrl-C, and so all that is forked from it: this process alone answers that."""
    resource_tracker.ensure_running()  # the server's start would make it, and hear signals again
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def _begin(parent: Connection) -> None:
    """In a new process: end with the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # where somebody else had started the server before
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    importlib.import_module(PRELOADED)


def _end_with(parent: Connection) -> None:
    parent.poll(None)  # nothing is ever sent: this returns when the other end is closed
    os._exit(0)


# ---- Dask ----------------------------------------------------------------------------------------


def _connected(address: str, say: Callable[[str], None]) -> Any:
    """A client of the scheduler; None, and a sentence, where there is none to be had."""
    try:
        from distributed import Client
    except ImportError:
        say("Dask is not installed (pip install officeday[dask]); planning on this machine alone.")
        return None
    for name in ("distributed", "distributed.client", "distributed.core"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # what matters of it is said in a sentence
    try:
        return Client(address, timeout=CONNECT_SECONDS, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, TimeoutError) as why:
        say(f"No Dask scheduler answers at {address} ({type(why).__name__}); planning on this machine alone.")
        return None


@contextmanager
def _cluster(client: Any, say: Callable[[str], None]) -> Iterator[Helpers]:
    executor = ClusterExecutor(client, say)
    try:
        yield Helpers(executor, max(1, sum(client.nthreads().values())))
    finally:
        executor.shutdown(wait=False, cancel_futures=True)
        client.close(timeout=CONNECT_SECONDS)


class ClusterExecutor(Executor):
    """A Dask cluster as an executor that is broken, once and for all, when its scheduler is gone.

    The scheduler itself gives the task of a worker that died to another one.
    """

    def __init__(self, client: Any, say: Callable[[str], None]) -> None:
        self._client = client
        self._say = say
        self._lock = threading.Lock()
        self._flying: dict[Future[Any], Any] = {}
        self._lost = False
        self._closed = threading.Event()
        threading.Thread(target=self._look, name="dask-watch", daemon=True).start()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        with self._lock:
            if self._lost:
                raise BrokenExecutor("the Dask scheduler is gone")
            remote = self._client.submit(fn, *args, pure=False, **kwargs)
            self._flying[future] = remote
        remote.add_done_callback(lambda done: self._land(future, done))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self._closed.set()
        with self._lock:
            remotes = list(self._flying.values())
            self._flying.clear()
        if cancel_futures and not self._lost:
            self._client.cancel(remotes, force=True)

    def _land(self, future: Future[Any], remote: Any) -> None:
        with self._lock:
            if self._flying.pop(future, None) is None or not future.set_running_or_notify_cancel():
                return
        if remote.status == "finished":
            future.set_result(remote.result())
        elif remote.status == "error" and not _is_killed(remote.exception()):
            future.set_exception(remote.exception())
        else:
            future.set_exception(BrokenExecutor(f"the task is {remote.status} on the Dask cluster"))

    def _look(self) -> None:
        while not self._closed.wait(LOOK_SECONDS):
            if self._client.status != "running":
                self._break()
                return

    def _break(self) -> None:
        with self._lock:
            self._lost = True
            lost = list(self._flying)
            self._flying.clear()
        self._say("The Dask scheduler is gone; planning goes on on this machine.")
        for future in lost:
            if future.set_running_or_notify_cancel():
                future.set_exception(BrokenExecutor("the Dask scheduler is gone"))


def _is_killed(why: BaseException) -> bool:
    from distributed.scheduler import KilledWorker

    return isinstance(why, KilledWorker)
