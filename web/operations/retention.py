"""Dropping what is old enough, once a day: the rules stand in `store.retention`, the days in [privacy]."""

from __future__ import annotations

from datetime import datetime, timedelta

from web.config import Config
from web.site import Site
from web.store import jobs
from web.store import retention as kept
from web.store.retention import A_DAY, BATCH, RULES, Rule

#: How often old data is dropped.
EVERY = timedelta(days=1)


def wake(site: Site, now: datetime) -> None:
    """Have old data dropped in the background, where that was last done a day ago."""
    with site.store.reading() as connection:
        last = jobs.last_ended(connection, "retention", "done", "failed")
    if last is not None and last > now - EVERY:
        return
    with site.store.writing() as connection:
        job_id = jobs.add(connection, "retention", {}, now, dedup="retention")
    site.queue.tell(job_id)


def retention_job(site: Site) -> None:
    """The background job."""
    drop_old(site, site.now())


def drop_old(site: Site, now: datetime) -> dict[str, int]:
    """Drop everything that is old enough, rule by rule; how many rows of each. Done twice it does no more."""
    dropped = {rule.name: _drop(site, rule, now - age(site.config, rule)) for rule in RULES}
    _drop_mails_in_files(site, now)
    site.store.compact()
    return dropped


def age(config: Config, rule: Rule) -> timedelta:
    """How old something is when it goes."""
    return A_DAY if rule.key is None else timedelta(days=getattr(config.privacy, rule.key))


def _drop(site: Site, rule: Rule, old: datetime) -> int:
    dropped = 0
    while True:
        with site.store.writing() as connection:
            some = kept.drop_some(connection, rule, old)
        dropped += some
        if some < BATCH:
            return dropped


def _drop_mails_in_files(site: Site, now: datetime) -> None:
    """Mails written to files are dropped as those in the database are."""
    oldest = f"{now - timedelta(days=site.config.privacy.keep_mail_days):%Y%m%dT%H%M%SZ}"
    for file in site.config.mail.outbox_folder.glob("*.eml"):
        if file.name[: len(oldest)] < oldest:  # their names begin with their date (`outgoing.file_name`)
            file.unlink(missing_ok=True)
