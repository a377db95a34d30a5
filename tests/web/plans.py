"""A planning run of the company, up to its draft or its release, by the operations that pages call."""

from __future__ import annotations

from datetime import timedelta

from tests.web.company import FIRST_DAY, LAST_DAY, member
from web import jobs
from web.operations import runs
from web.records import RunRecord
from web.site import Site


def planned(site: Site) -> RunRecord:
    """A draft of two weeks: those of the company, or where these have begun from tomorrow on."""
    admin = member(site, "ada")
    first = max(FIRST_DAY, site.now().date() + timedelta(days=1))
    run_id = runs.start(site, admin, first, first + (LAST_DAY - FIRST_DAY), site.now())
    jobs.run_due(site)
    run = runs.one(site, run_id, admin)
    assert run.state == "draft", run.error
    return run


def released(site: Site) -> RunRecord:
    run = planned(site)
    runs.release(site, run.id, member(site, "ada"), site.now())
    return run
