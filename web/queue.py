"""The queue: tells a worker, in this process or another, that a job of the ledger is due.

It carries ids only and may lose them: what is owed stands in the ledger (`web.store.jobs`).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from huey import SqliteHuey


class Queue:
    """A file of its own, because Huey locks all of it at once."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        self.huey = SqliteHuey("officeday", filename=str(path), results=False)
        self._run: Callable[[int], None] | None = None
        self._task = self.huey.task(name="run_job", retries=0)(self._take)

    def tell(self, job_id: int) -> None:
        self._task(job_id)

    def serve(self, run: Callable[[int], None]) -> None:
        """What a worker of this process does with an id."""
        self._run = run

    def _take(self, job_id: int) -> None:
        if self._run is None:
            raise RuntimeError("a queue without a worker was asked to work")
        self._run(job_id)
