"""Background work survives its workers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.web.company import a_company, at
from tests.web.made_up import NOW
from web import jobs
from web.site import Site
from web.store import jobs as ledger
from web.store import tables as t

LEASE = timedelta(seconds=10)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return a_company(tmp_path)


def add(site: Site, kind: str = "sync", dedup: str | None = None) -> int:
    with site.store.writing() as connection:
        return ledger.add(connection, kind, {}, NOW, dedup)


def state(site: Site, job_id: int) -> str:
    with site.store.reading() as connection:
        return connection.execute(select(t.job.c.state).where(t.job.c.id == job_id)).scalar_one()


def test_a_job_is_claimed_once_while_its_lease_lasts(site: Site) -> None:
    job_id = add(site)

    with site.store.writing() as connection:
        assert ledger.claim(connection, job_id, NOW, LEASE) is not None
        assert ledger.claim(connection, job_id, NOW + LEASE / 2, LEASE) is None
        assert ledger.claim(connection, job_id, NOW + LEASE * 2, LEASE) is not None


def test_a_holder_whose_lease_ran_out_can_write_no_more(site: Site) -> None:
    job_id = add(site)

    with site.store.writing() as connection:
        first = ledger.claim(connection, job_id, NOW, LEASE)
        second = ledger.claim(connection, job_id, NOW + LEASE * 2, LEASE)
        assert first is not None
        assert second is not None
        assert not ledger.finish(connection, first, NOW)
        assert not ledger.renew(connection, first, NOW + LEASE * 3)
        assert ledger.finish(connection, second, NOW)


def test_the_same_work_is_owed_once_until_it_is_done(site: Site) -> None:
    first = add(site, dedup="sync")

    assert add(site, dedup="sync") == first
    jobs.run_due(site)
    assert add(site, dedup="sync") != first


def test_a_job_that_kills_its_worker_every_time_is_given_up(site: Site) -> None:
    job_id = add(site)
    moment = NOW

    for _ in range(ledger.MOST_ATTEMPTS + 1):
        with site.store.writing() as connection:
            ledger.claim(connection, job_id, moment, LEASE)
        moment += LEASE * 2

    assert state(site, job_id) == "failed"


def test_a_job_that_fails_is_tried_again_and_then_given_up(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = []

    def break_down(_site: Site) -> None:
        tried.append(1)
        raise OSError("no luck")

    monkeypatch.setitem(jobs.WORK, "sync", break_down)  # type: ignore[arg-type]
    job_id = add(site)

    jobs.run_due(site)

    assert (len(tried), state(site, job_id)) == (ledger.MOST_ATTEMPTS, "failed")


WORKER = """
import sys, time
from pathlib import Path
from tests.web.conftest import site_in
from web import jobs
from web.site import utc_now
from dataclasses import replace

site = replace(site_in(Path(sys.argv[1])), clock=utc_now)
if sys.argv[2] == "hang":
    def hang(site):
        print("taken", flush=True)
        time.sleep(600)
    jobs.WORK["sync"] = hang
working = jobs.Worker(site, threads=1)
working.start()
time.sleep(600)
"""


@pytest.mark.slow
def test_a_worker_killed_in_the_middle_of_a_job_loses_nothing(tmp_path: Path) -> None:
    site = at(a_company(tmp_path), NOW)
    job_id = add(site)
    site.queue.tell(job_id)

    first = _worker(tmp_path, "hang")
    assert first.stdout is not None
    assert first.stdout.readline().strip() == b"taken"
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    assert state(site, job_id) == "running"

    second = _worker(tmp_path, "work")
    try:
        _wait_until(lambda: state(site, job_id) == "done", seconds=60)
    finally:
        second.kill()
        second.wait()
    with site.store.reading() as connection:
        assert connection.execute(select(t.job.c.attempts).where(t.job.c.id == job_id)).scalar_one() == 2


def _worker(folder: Path, how: str) -> subprocess.Popen[bytes]:
    root = Path(__file__).parents[2]
    return subprocess.Popen(
        [sys.executable, "-c", WORKER, str(folder), how], cwd=root, stdout=subprocess.PIPE
    )


def _wait_until(happened, seconds: float) -> None:  # type: ignore[no-untyped-def]
    give_up = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < give_up, "it did not happen in time"
        time.sleep(0.2)
