"""Reading the calendars of people and rooms, and showing how that went."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain, islice
from queue import SimpleQueue

from connectors import open_connector, readings
from connectors.base import CalendarRequest, ConnectorError, Reading, unreadable
from planner.domain import Interval
from web import own_time
from web.config import connector_settings
from web.notify import MOST_WEEKS_READ, SPARE_WEEKS
from web.operations import audit, calendar_owners, clashes, notice, room_clashes
from web.operations.access import need_role
from web.records import Member, RosterRecord
from web.site import Site
from web.store import calendars as kept
from web.store import cycle, jobs, notices, runs
from web.store.calendars import CalendarOf
from web.store.sealing import is_locked

#: How far ahead a reading looks beyond the planning window, so that a plan made later finds times known.
SPARE = timedelta(weeks=SPARE_WEEKS)

#: How far ahead anything is read at most: people were told so.
FURTHEST = timedelta(weeks=MOST_WEEKS_READ)
#: Past the last day of a plan, so that it is over in every zone.
AFTER = timedelta(days=2)

#: Why an address that no known key opens is not read.
LOCKED = (
    "its address was sealed with another secret key than the site has now; put the old key behind the new "
    "one (site.old_secret_keys_file), or import it again"
)

#: Readings saved in one transaction.
BATCH = 50


def roster(site: Site, by: Member) -> tuple[RosterRecord, ...]:
    """Everybody in the programme, with the age and error of each calendar reading."""
    need_role(by, "admin")
    audit.look(site, by, "read.roster")
    with site.store.reading() as connection:
        return tuple(kept.roster(connection, by.programme_id))


def ask_to_sync(site: Site, by: Member, now: datetime) -> int:
    """Have every calendar read in the background; the job's id."""
    need_role(by, "admin")
    with site.store.writing() as connection:
        audit.note(connection, now, by, "calendars.read_anew")
        return jobs.add(connection, "sync", {}, now, dedup="sync")


def wake(site: Site, now: datetime) -> None:
    """Have all calendars read in the background, where a reading has become too old, or is due at once."""
    every = timedelta(minutes=site.config.connectors.read_every_minutes)
    willing = notice.may_be_read(site.config, now)
    with site.store.reading() as connection:
        is_late = bool(every) and kept.overdue(connection, now - every, willing)
        if not is_late and not notices.due_at_once(connection, willing):
            return
    with site.store.writing() as connection:
        job_id = jobs.add(connection, "sync", {}, now, dedup="sync")
    site.queue.tell(job_id)


def sync_job(site: Site) -> None:
    """The background job: read every calendar once, and ask what the systems let us read."""
    sync(site, None, site.now())
    notice.note_access(site, site.now())


def sync(
    site: Site,
    person_ids: Collection[int] | None,
    now: datetime,
    progress: Callable[[int, int], None] = lambda done, of: None,
    room_ids: Collection[str] | None = None,
) -> tuple[int, int]:
    """Read calendars (None: everybody's, and every room's) and keep what they say.

    A calendar that cannot be read is kept as unknown, with the reason, and never stops the others. People who
    were not told long enough ago, or would rather not have theirs read, are left out. What is kept as the
    calendar of one and is another person's is not read, and so unknown; nor is one whose address is locked.

    Returns:
        How many were read, and how many of these are unknown, in full or in part.
    """
    window = reading_window(site, now)
    notice.tell(site, now)
    with site.store.reading() as connection:
        willing = notice.may_be_read(site.config, now)
        wanted = [*kept.of_people(connection, person_ids, willing), *kept.of_rooms(connection, room_ids)]
        own = kept.own_times(connection, window)
        not_theirs = calendar_owners.not_theirs(connection)
    read = unknown = 0
    why_not = {**not_theirs, **{each.whose: LOCKED for each in wanted if is_locked(each.address)}}
    left = [
        (each, unreadable(each.address, window, why_not[each.whose], now))
        for each in wanted
        if each.whose in why_not
    ]
    theirs = [each for each in wanted if each.whose not in why_not]
    arriving = chain(left, _read(site, theirs, window, now))
    while batch := list(islice(arriving, BATCH)):
        with site.store.writing() as connection:
            before = kept.marked(connection, [calendar for calendar, _ in batch], own_time.KINDS)
            without_ours = [
                (
                    each,
                    own_time.without_own(said, own.get(each.whose, ()), before.get(each.whose, ()), window),
                )
                for each, said in batch
            ]
            to_look_at = (
                clashes.note(connection, without_ours, now),
                room_clashes.note(connection, without_ours, now),
            )
            kept.replace_readings(connection, without_ours, window)
        for job_id in filter(None, to_look_at):
            site.queue.tell(job_id)
        read += len(batch)
        unknown += sum(1 for _, said in batch if said.unknown)
        progress(read, len(wanted))
    return read, unknown


def reading_window(site: Site, now: datetime) -> Interval:
    """From yesterday (every zone's today lies in it) to past the end of a window that starts later, and of
    every plan: what was read for one stays known while it stands."""
    ahead = timedelta(weeks=site.config.planner.window_weeks) + SPARE
    with site.store.reading() as connection:
        ahead = max(ahead, cycle.reach(connection))
        planned = runs.last_day(connection)
    if planned is not None:
        ahead = max(ahead, datetime.combine(planned + AFTER, time(), UTC) - now)
    return Interval(now - timedelta(days=1), now + min(ahead, FURTHEST))


def last_plannable_day(now: datetime) -> date:
    """The last day whose times can be read today."""
    return (now + FURTHEST - AFTER).date()


def _read(
    site: Site, wanted: Sequence[CalendarOf], window: Interval, now: datetime
) -> Iterator[tuple[CalendarOf, Reading]]:
    """Readings as they come in. Each calendar system has a thread of its own: none waits for another."""
    by_kind: dict[str, list[CalendarOf]] = defaultdict(list)
    for calendar in wanted:
        by_kind[calendar.address.partition(":")[0]].append(calendar)
    arrived: SimpleQueue[tuple[CalendarOf, Reading]] = SimpleQueue()

    def read_all_of(kind: str) -> None:
        for each in _read_kind(site, kind, by_kind[kind], window, now):
            arrived.put(each)

    with ThreadPoolExecutor(max_workers=max(1, len(by_kind))) as threads:
        for kind in by_kind:
            threads.submit(read_all_of, kind)
        for _ in wanted:
            yield arrived.get()


def _read_kind(
    site: Site, kind: str, calendars: Sequence[CalendarOf], window: Interval, now: datetime
) -> Iterator[tuple[CalendarOf, Reading]]:
    try:
        connector = open_connector(kind, connector_settings(site.config))
    except ConnectorError as why:
        for calendar in calendars:
            yield calendar, unreadable(calendar.address, window, str(why), now)
        return
    for owners in _rounds(calendars):
        requests = [CalendarRequest(address, some[0].timezone) for address, some in owners.items()]
        states = {address: some[0].state for address, some in owners.items()}
        for said in readings(connector, requests, window, now, states):
            for calendar in owners[said.address]:
                yield calendar, said


def _rounds(calendars: Sequence[CalendarOf]) -> list[dict[str, list[CalendarOf]]]:
    """Owners by address. One calendar shared by rooms in two zones is read once for each zone."""
    rounds: list[dict[str, list[CalendarOf]]] = []
    for calendar in calendars:
        address = calendar.address.partition(":")[2]
        for owners in rounds:
            if address not in owners or owners[address][0].timezone == calendar.timezone:
                owners.setdefault(address, []).append(calendar)
                break
        else:
            rounds.append({address: [calendar]})
    return rounds
