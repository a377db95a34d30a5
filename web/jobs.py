"""Background work: Huey carries job ids, the ledger (`web.store.jobs`) says what is owed.

Huey forgets a task the moment a worker takes it, so a killed worker would lose it. Here a job stays in
the ledger until it is finished: its holder keeps a lease alive with a heartbeat, and every worker looks
round every few seconds for jobs whose lease ran out. Jobs may therefore run twice and every one of them
is written so that this does no harm.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta

from huey.consumer import Consumer
from sqlalchemy import Connection

from web.operations import (
    actions,
    calendars,
    cycle,
    day_questions,
    effects,
    events,
    holidays,
    notice,
    outbox,
    proposals,
    reconcile,
    retention,
    room_clashes,
    runs,
    seats,
    signin,
    simulations,
)
from web.site import Site
from web.store import jobs as ledger

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=15)
HEARTBEAT_SECONDS = 4.0
LOOK_ROUND_SECONDS = 3.0

#: kind of job -> the operation that does it
WORK: Mapping[str, Callable[..., None]] = {
    "sync": calendars.sync_job,
    "plan": runs.carry_out,
    "simulate": simulations.carry_out,
    "settle": proposals.settle,
    "deliver": outbox.deliver,
    "write_events": events.deliver,
    "reconcile": reconcile.reconcile_job,
    "clashes": day_questions.take_up,
    "room_clashes": room_clashes.take_up,
    "look_again": day_questions.look_again,
    "retention": retention.retention_job,
    "effects": effects.effects_job,
    "holidays": holidays.holidays_job,
    "sign_in_link": signin.mail_link,
}


def run(site: Site, job_id: int) -> None:
    """Claim one job and do it. Nothing happens when somebody else holds it."""
    with site.store.writing() as connection:
        held = ledger.claim(connection, job_id, site.now(), LEASE)
    if held is None:
        return
    with _heartbeat(site, held):
        try:
            WORK[held.kind](site, **held.args)
        except Exception as why:
            log.exception("job %s (%s) failed", held.id, held.kind)
            with site.store.writing() as connection:
                _put_back_or_fail(connection, held, site, f"{type(why).__name__}: {why}")
            return
    with site.store.writing() as connection:
        ledger.finish(connection, held, site.now())


def run_due(site: Site) -> int:
    """Do everything that is due, in this thread; how many jobs there were. For tests and commands."""
    done = 0
    while True:
        with site.store.reading() as connection:
            waiting = ledger.due(connection, site.now())
        if not waiting:
            return done
        for job_id in waiting:
            run(site, job_id)
            done += 1


def look_round(site: Site) -> None:
    """What no transaction asked for: proposals that ran out of time, mail and events to try again, a look
    at everybody's calendars and the organizer's, data that is old enough, dropped jobs."""
    now = site.now()
    proposals.expire(site, now)
    proposals.ask_again_where_lost(site, now)
    day_questions.settle(site, now)
    runs.fail_lost(site, now)
    simulations.fail_lost(site, now)
    seats.settle_due(site, now)
    outbox.wake(site, now)
    events.wake(site, now)
    reconcile.wake(site, now)
    actions.remind(site, now)
    notice.tell(site, now)
    calendars.wake(site, now)
    cycle.wake(site, now)
    retention.wake(site, now)
    effects.wake(site, now)
    holidays.wake(site, now)
    with site.store.reading() as connection:
        waiting = ledger.due(connection, now)
    for job_id in waiting:
        site.queue.tell(job_id)


class Worker:
    """Threads that do background work until stopped: inside `serve`, or alone as `worker`."""

    def __init__(self, site: Site, threads: int = 2) -> None:
        self._site = site
        site.queue.serve(lambda job_id: run(site, job_id))
        self._consumer = _QuietConsumer(site.queue.huey, workers=threads, periodic=False, max_delay=0.5)
        self._stopping = threading.Event()
        self._looker = threading.Thread(target=self._look_round, name="look-round", daemon=True)

    def start(self) -> None:
        self._consumer.start()
        self._looker.start()

    def stop(self) -> None:
        """Let go; a job under way is taken up again by the next worker."""
        self._stopping.set()
        self._consumer.stop(graceful=False)

    def wait(self) -> None:
        self._stopping.wait()

    def _look_round(self) -> None:
        while not self._stopping.wait(LOOK_ROUND_SECONDS):
            try:
                look_round(self._site)
            except Exception:
                log.exception("could not look round for work; trying again")


class _QuietConsumer(Consumer):  # type: ignore[misc]
    """Huey's consumer inside a program that has signal handlers of its own."""

    def _set_signal_handlers(self) -> None:
        return None


@contextmanager
def _heartbeat(site: Site, held: ledger.Claim) -> Iterator[None]:
    stopped = threading.Event()

    def beat() -> None:
        while not stopped.wait(HEARTBEAT_SECONDS):
            with site.store.writing() as connection:
                if not ledger.renew(connection, held, site.now() + LEASE):
                    log.warning("job %s was taken over by another worker", held.id)
                    return

    thread = threading.Thread(target=beat, name=f"heartbeat-{held.id}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()


def _put_back_or_fail(connection: Connection, held: ledger.Claim, site: Site, error: str) -> None:
    if held.attempts < ledger.MOST_ATTEMPTS:
        ledger.put_back(connection, held, error)
    else:
        ledger.fail(connection, held, error, site.now())
