"""A site of one's own for each test, and a real browser where there is one."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from playwright.sync_api import Browser, Error, sync_playwright
from werkzeug.serving import make_server

import connectors.ics
from connectors.ics.confine import Job, Result, run
from planner.domain import Plan, PlanningProblem
from planner.solve import Limits, propose
from tests.web.databases import DATABASES, end_server
from tests.web.made_up import NOW
from web import store
from web.config import (
    Config,
    ConnectorsConfig,
    DatabaseConfig,
    MailConfig,
    PlannerConfig,
    PrivacyConfig,
    SiteConfig,
)
from web.operations import runs
from web.site import Site, open_site


def site_in(
    folder: Path, demo: bool = False, url: str = "http://127.0.0.1:8321", begins_as: object = "empty"
) -> Site:
    """A site at a fixed moment, with a new database: an empty one, or one that was `remember`ed."""
    config = Config(
        site=SiteConfig(demo=demo, url=url),
        database=DatabaseConfig(url=DATABASES.url(folder, begins_as), queue=folder / "queue.db"),
        connectors=ConnectorsConfig(read_every_minutes=0),  # tests say when calendars are read
        mail=MailConfig(outbox_folder=folder / "outbox"),
        planner=PlannerConfig(executor="threads"),  # for plans so small, processes take longer to start
        privacy=PrivacyConfig(notice_hours=0),  # calendars are read in the pass in which people are told
    )
    site = open_site(config, clock=lambda: NOW)
    if not DATABASES.is_remembered("empty"):
        DATABASES.remember(site.store, "empty")
    return site


#: Plans of problems that a test of this process has had searched for already.
_PLANS: dict[PlanningProblem, Plan] = {}


@pytest.fixture(autouse=True)
def the_same_problem_is_searched_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many tests begin with the same company, and so with the same plan: a search takes seconds."""

    def remembered(problem: PlanningProblem, limits: Limits, **others: Any) -> Plan:
        if problem not in _PLANS:
            plan = propose(problem, limits, **others)
            if others["cancelled"]():
                return plan
            _PLANS[problem] = plan
        return _PLANS[problem]

    monkeypatch.setattr(runs, "propose", remembered)


#: What calendars said that a test of this process has read already, by what is in them and what was asked.
_READINGS: dict[tuple[bytes, Job], dict[str, Any]] = {}


def _asked(job: Job) -> tuple[bytes, Job] | None:
    """None: it is no regular file, so what it says may change."""
    if job.raw is not None:
        return job.raw, replace(job, address="", raw=None)
    file = Path(job.address)
    regular = file.is_file() and not file.is_symlink()
    return (file.read_bytes(), replace(job, address="")) if regular else None


@pytest.fixture(autouse=True)
def the_same_calendar_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many tests have the same calendars read: a process to read them in takes half a second to start."""

    def remembered(jobs: Sequence[Job]) -> Iterator[Result]:
        new: list[Job] = []
        for job in jobs:
            if (asked := _asked(job)) in _READINGS:
                yield Result(job, deepcopy(_READINGS[asked]))
            else:
                new.append(job)
        for result in run(new) if new else ():
            if result.said and not result.said["reason"] and (asked := _asked(result.job)):
                _READINGS[asked] = deepcopy(result.said)
            yield result

    monkeypatch.setattr(connectors.ics, "run", remembered)


class _InMemory(BytecodeCache):
    """Templates that an application of this process has compiled already: each application has them anew."""

    def __init__(self) -> None:
        self._compiled: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._compiled:
            bucket.bytecode_from_string(self._compiled[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._compiled[bucket.key] = bucket.bytecode_to_string()


@pytest.fixture(scope="session", autouse=True)
def the_same_template_is_compiled_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Flask, "jinja_options", {"bytecode_cache": _InMemory()})
        yield


@pytest.fixture(scope="session", autouse=True)
def nothing_waits_for_the_disk() -> Iterator[None]:
    """What a machine that loses power loses is no matter here. Programs that tests start, and kill, wait."""
    prepare = store._prepare_sqlite

    def prepare_without_waiting(connection: Any, record: Any) -> None:
        prepare(connection, record)
        connection.execute("PRAGMA synchronous=OFF").close()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "_prepare_sqlite", prepare_without_waiting)
        yield


@pytest.fixture(autouse=True)
def databases_end_with_their_test() -> Iterator[None]:
    made = DATABASES.made()
    yield
    DATABASES.drop_later_than(made)


@pytest.fixture(scope="session", autouse=True)
def the_database_server_ends_with_the_tests() -> Iterator[None]:
    yield
    end_server()


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return site_in(tmp_path)


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """The address at which `app` answers, for as long as the block lasts."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium; without one the test skips, or fails where OFFICEDAY_REQUIRE_BROWSER=1."""
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with sync_playwright() as playwright:
        try:
            started = playwright.chromium.launch(
                executable_path=path,
                args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
            )
        except Error as why:
            reason = f"no Chromium to look at pages with: {why.message.splitlines()[0]}"
            if os.environ.get("OFFICEDAY_REQUIRE_BROWSER") == "1":
                pytest.fail(reason)
            pytest.skip(reason)
        yield started
        started.close()
