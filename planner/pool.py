"""Run subproblems beside each other, and stop at once when told to.

Any `concurrent.futures.Executor` will do. A worker that is lost costs the run nothing but its
task: the task is run again in this process's own threads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    Executor,
    Future,
    ThreadPoolExecutor,
    wait,
)
from threading import Lock
from typing import Any

from planner.subproblem import Result, Task, solve

#: A task, and who hears of its result.
Work = tuple[Task, Callable[[Any], None]]

POLL_SECONDS = 0.05


class Pool:
    """Keeps `workers` tasks in flight; `stopped` is asked all the time."""

    def __init__(self, workers: int, stopped: Callable[[], bool], executor: Executor | None) -> None:
        self.workers = workers
        self.stopped = stopped
        self._executor = executor
        self._threads: ThreadPoolExecutor | None = None
        self._lock = Lock()
        self._solvers: set[Any] = set()
        self._closed = False

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *error: object) -> None:
        """Leave nothing running in this process; what runs elsewhere ends at its own limit."""
        self._interrupt(closing=True)
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)

    def run(self, works: Iterator[Work]) -> bool:
        """Work off an iterator, asked for more whenever a worker is free. False: stopped before its end."""
        flying: dict[Future[Result], Work] = {}
        more = True
        while not self.stopped():
            while more and len(flying) < self.workers:
                work = next(works, None)
                more = work is not None
                if work is not None:
                    flying[self._submit(work[0])] = work
            if not flying:
                return True
            done, _ = wait(flying, timeout=POLL_SECONDS, return_when=FIRST_COMPLETED)
            for future in done:
                self._receive(future, flying)
            more = more or bool(done)
        for future in flying:
            future.cancel()
        self._interrupt()
        return False

    def attend(self, work: Callable[[], None]) -> bool:
        """Do one piece of work in a thread. False: stopped before its end, which nobody waits for."""
        future = self._own_threads().submit(work)
        while not self.stopped():
            if wait([future], timeout=POLL_SECONDS).done:
                future.result()
                return True
        return False

    def _receive(self, future: Future[Result], flying: dict[Future[Result], Work]) -> None:
        task, receive = flying.pop(future)
        try:
            result = future.result()
        except BrokenExecutor:
            self._executor = None
            flying[self._submit(task)] = (task, receive)
            return
        receive(result)

    def _submit(self, task: Task) -> Future[Result]:
        if self._executor is not None:
            try:
                return self._executor.submit(solve, task)
            except BrokenExecutor:
                self._executor = None
        return self._own_threads().submit(self._solve_here, task)

    def _own_threads(self) -> ThreadPoolExecutor:
        if self._threads is None:
            self._threads = ThreadPoolExecutor(self.workers, thread_name_prefix="planner")
        return self._threads

    def _solve_here(self, task: Task) -> Result:
        mine: list[Any] = []

        def watch(solver: Any) -> None:
            with self._lock:
                if self._closed:
                    solver.parameters.max_time_in_seconds = 0.001
                mine.append(solver)
                self._solvers.add(solver)

        try:
            return solve(task, watch)
        finally:
            with self._lock:
                self._solvers.difference_update(mine)

    def _interrupt(self, *, closing: bool = False) -> None:
        with self._lock:
            self._closed = self._closed or closing
            for solver in self._solvers:
                solver.stop_search()
