"""What works, what does not, and what to do about it. Looks only: nothing is made, sent or migrated."""

from __future__ import annotations

import importlib.metadata
import os
import stat
import zoneinfo
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, make_url
from sqlalchemy.exc import SQLAlchemyError

from web import words
from web.config import PREFIX, Config
from web.executors import helpers
from web.operations import accounts, connections, notice
from web.operations.findings import Finding, Level
from web.outgoing import MailFailed, SmtpServer, host_name
from web.store import Store, health, jobs
from web.store.health import CalendarsOfKind

#: A reading older than this says little about next week.
STALE = timedelta(days=2)

#: Different reasons told for one kind of calendar; the page People has them all.
MOST_REASONS = 5


def examine(config: Config, file: Path | None, now: datetime) -> Iterator[Finding]:
    """Every finding, part by part; a part that fails does not hide the next."""
    yield from _config(config, file)
    yield from _database(config, now)
    yield from _queue(config)
    yield from _mail(config)
    yield from connections.examine(config, now)
    yield from accounts.examine(config)
    yield _planner(config)
    yield _secret_key(config)
    yield Finding(Level.OK, "clock", f"{now:%Y-%m-%d %H:%M} UTC, time zones {_zones()}")


def _config(config: Config, file: Path | None) -> Iterator[Finding]:
    variables = sorted(name for name in os.environ if name.startswith(PREFIX) and "__" in name)
    source = str(file.resolve()) if file else "defaults: no file"
    also = f", and {', '.join(variables)}" if variables else ""
    yield Finding(Level.OK, "configuration", source + also)
    if config.site.demo:
        yield Finding(
            Level.WARN,
            "configuration",
            "demo mode: anybody on this machine signs in",
            "set site.demo = false",
        )


# --- the database --------------------------------------------------------------------------------


def _database(config: Config, now: datetime) -> Iterator[Finding]:
    url = make_url(config.database.url)
    file = Path(url.database or "") if url.get_backend_name() == "sqlite" else None
    where = str(file or url.render_as_string(hide_password=True))
    if file is not None and not file.exists():
        yield Finding(
            Level.WARN, "database", f"{where} is not there yet", "officeday new-admin EMAIL makes it"
        )
        return
    if file is not None:
        yield from _mode(file, "database")
    try:
        store = Store(config.database.url)
        with store.writing():
            at, wanted = store.version()
    except (SQLAlchemyError, OSError, ImportError) as why:
        reason = str(getattr(why, "orig", None) or why)
        yield Finding(
            Level.FAIL, "database", f"{where}: {reason}", "check database.url and who may write there"
        )
        return
    if at != wanted:
        yield Finding(
            Level.WARN,
            "database",
            f"{where} is at version {at}, this program wants {wanted}",
            "any other command, officeday serve for one, brings it up to date",
        )
        return
    yield Finding(Level.OK, "database", f"{where}, version {at}, can be written")
    with store.reading() as connection:
        yield from _people(connection)
        yield from _calendars(connection, config, now)
        yield from _mails(connection)
        yield from _events(connection)
        yield _old_data(connection, now)
    store.close()


def _mode(file: Path, what: str) -> Iterator[Finding]:
    mode = stat.S_IMODE(file.stat().st_mode)
    if mode & 0o007:
        yield Finding(
            Level.WARN, what, f"{file} is open to every user of this machine ({mode:o})", f"chmod 600 {file}"
        )


def _people(connection: Connection) -> Iterator[Finding]:
    roles = health.roles(connection)
    counts = ", ".join(words.counted(count, role) for role, count in sorted(roles.items())) or "nobody yet"
    if roles.get("admin"):
        yield Finding(Level.OK, "people", counts)
    else:
        yield Finding(Level.WARN, "people", f"{counts}; no admin", "officeday new-admin EMAIL makes one")


def _calendars(connection: Connection, config: Config, now: datetime) -> Iterator[Finding]:
    willing = notice.may_be_read(config, now)
    for kind, found in sorted(health.calendars_of_rooms(connection).items()):
        yield from _of_kind(f"rooms' calendars ({kind})", found, now, "room")
    for kind, found in sorted(health.calendars_of_people(connection, willing).items()):
        if not kind:
            yield Finding(
                Level.WARN,
                "calendars",
                f"{words.counted(found.count, 'person has', 'people have')} none: never planned",
                "import people with a calendar, or invite them to share one",
            )
        else:
            yield from _of_kind(f"calendars ({kind})", found, now, "person")
    for says, waits in notice.not_read(connection, config, now):
        yield Finding(Level.WARN if waits else Level.OK, "calendars", says)


def _of_kind(what: str, found: CalendarsOfKind, now: datetime, owner: str) -> Iterator[Finding]:
    if found.never_read:
        yield Finding(
            Level.WARN, what, f"{found.never_read} of {found.count} were never read", "officeday sync"
        )
    if found.oldest is not None and found.newest is not None:
        age = now - found.oldest
        says = f"{found.count}, the oldest reading {_age(age)} old"
        if found.newest > now + timedelta(minutes=5):
            yield Finding(Level.FAIL, what, "a reading is from the future", "set this machine's clock right")
        elif age > STALE:
            yield Finding(Level.WARN, what, says, "officeday sync")
        else:
            yield Finding(Level.OK, what, says)
    for reason, count in found.reasons.most_common(MOST_REASONS):
        whose = words.counted(count, *_WHOSE[owner])
        yield Finding(Level.WARN, what, f"{whose} time is unknown: {reason}", _SEE[owner])


_WHOSE = {"person": ("person's", "people's"), "room": ("room's", "rooms'")}
_SEE = {
    "person": "see the page People for whose, and ask them",
    "room": "see the page Rooms for which; none of them is planned in at those times",
}


def _age(age: timedelta) -> str:
    if age >= timedelta(days=2):
        return f"{age.days} days"
    hours = age // timedelta(hours=1)
    return f"{hours} hours" if hours >= 2 else f"{max(0, age // timedelta(minutes=1))} minutes"


def _mails(connection: Connection) -> Iterator[Finding]:
    states = health.mails(connection)
    if states.get("failed"):
        yield Finding(
            Level.WARN, "mail", f"{states['failed']} could not be delivered", "check those people's addresses"
        )
    if states.get("waiting"):
        yield Finding(Level.OK, "mail", f"{states['waiting']} on the way; officeday serve sends them")


def _events(connection: Connection) -> Iterator[Finding]:
    """Events that are still to be written, and what keeps them from it."""
    waiting, problems = health.events(connection)
    if waiting:
        yield Finding(Level.OK, "events", f"{waiting} on the way; officeday serve writes them")
    for problem, count in problems.most_common(MOST_REASONS):
        yield Finding(
            Level.WARN,
            "events",
            f"{words.counted(count, 'event')} could not be written: {problem}",
            "put that right; it is tried again by itself, or at once from the page Overview",
        )


def _old_data(connection: Connection, now: datetime) -> Finding:
    last = jobs.last_ended(connection, "retention", "done")
    if last is None:
        return Finding(Level.OK, "old data", "never dropped yet; officeday serve does so once a day")
    says = f"last dropped {last:%Y-%m-%d %H:%M} UTC"
    if now - last > STALE:
        return Finding(
            Level.WARN, "old data", says, "officeday serve, or officeday worker, does so once a day"
        )
    return Finding(Level.OK, "old data", says)


# --- around it -----------------------------------------------------------------------------------


def _queue(config: Config) -> Iterator[Finding]:
    queue = config.database.queue
    url = make_url(config.database.url)
    if url.get_backend_name() == "sqlite" and Path(url.database or "").resolve() == queue.resolve():
        yield Finding(
            Level.FAIL, "queue", f"{queue} is the database itself", "give database.queue a file of its own"
        )
    else:
        yield _writable(queue.parent, "queue", str(queue), "database.queue")


def _writable(folder: Path, what: str, says: str, key: str) -> Finding:
    """Can files be made in a folder, or in what there is of the way to it?"""
    there = folder
    while not there.exists():
        there = there.parent
    if there.is_dir() and os.access(there, os.W_OK | os.X_OK):
        return Finding(Level.OK, what, says)
    return Finding(Level.FAIL, what, f"{there} cannot be written", f"set {key} to a place that can")


def _mail(config: Config) -> Iterator[Finding]:
    mail = config.mail
    if mail.smtp_host is None:
        says = f"no server: mails are written to {mail.outbox_folder}"
        yield _writable(mail.outbox_folder, "mail", says, "mail.outbox_folder")
    else:
        server = f"{mail.smtp_host}:{mail.smtp_port} ({mail.security})"
        try:
            SmtpServer(mail, host_name(config.site.url)).check()
        except MailFailed as why:
            yield Finding(Level.FAIL, "mail", str(why), "check the keys of [mail]")
        else:
            yield Finding(Level.OK, "mail", f"{server} takes our mail")
    if mail.redirect_to is not None:
        yield Finding(
            Level.WARN,
            "mail",
            f"everything goes to {mail.redirect_to}",
            "remove mail.redirect_to once you have looked",
        )


def _planner(config: Config) -> Finding:
    planner, said = config.planner, list[str]()
    says = f"ortools {importlib.metadata.version('ortools')}, {planner.workers} workers, {planner.executor}"
    with helpers(planner.executor, planner.workers, 0, said.append):
        cores = os.cpu_count() or 1
    if said:
        return Finding(Level.WARN, "planner", f"{says}: {said[0]}", "start it, or change planner.executor")
    if config.planner.workers > cores:
        return Finding(Level.WARN, "planner", f"{says} on {cores} cores", f"set planner.workers = {cores}")
    return Finding(Level.OK, "planner", says)


def _secret_key(config: Config) -> Finding:
    if config.site.secret_key is not None:
        file = config.site.secret_key_file
    else:
        file = config.folder / "secret.key"
        if not file.exists():
            return Finding(Level.OK, "secret key", f"will be made as {file}")
    if file is None:
        return Finding(Level.OK, "secret key", "from the environment")
    return next(_mode(file, "secret key"), Finding(Level.OK, "secret key", str(file)))


def _zones() -> str:
    """The version of the rules that `zoneinfo` finds first: the system's, else the tzdata package's."""
    for folder in map(Path, zoneinfo.TZPATH):
        source = folder / "tzdata.zi"
        if source.exists():
            with source.open(encoding="utf-8") as stream:
                return f"{stream.readline().removeprefix('# version').strip()} of {folder}"
        if (folder / "Europe" / "London").exists():
            return f"of {folder}"
    return f"of the tzdata package {importlib.metadata.version('tzdata')}"
