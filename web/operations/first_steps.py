"""From an empty installation to the first proposals: how far an admin has come, and what comes next.

Nothing is ticked by hand and nothing is kept: each step is done once what it is for is there. Steps that a
programme can do without are passed over as soon as a later one is done.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection

from planner.domain import RoomUse
from web.errors import Misfilled, Refused
from web.notify import NoteLetter
from web.operations import audit, calendars, outbox
from web.operations.access import need_role
from web.operations.notice import can_tell, notice_time
from web.operations.roster import FIRST_PROGRAMME
from web.records import Member, RunRecord
from web.sheets import Column, cells
from web.sheets.columns import OFFICES, ROOMS
from web.site import Site
from web.store import cycle, roster
from web.store import first_steps as kept
from web.store.first_steps import Beginning
from web.store.hours import WEEKDAYS, minutes_of

#: The steps in their order: key -> minutes it takes.
STEPS = {
    "programme": 1,
    "offices": 1,
    "rooms": 1,
    "mail": 1,
    "people": 2,
    "promised": 1,
    "calendars": 1,
    "plan": 1,
    "release": 1,
}
#: What a programme can do without: who meets online needs no office, and lunches outside need no room.
OPTIONAL = frozenset({"programme", "offices", "rooms", "mail"})


@dataclass(frozen=True, slots=True)
class Step:
    """`state`: done; now: the one to do next; open: passed over, may still be done; later."""

    key: str
    state: str
    minutes: int


@dataclass(frozen=True, slots=True)
class Guide:
    """What the page of first steps says."""

    steps: tuple[Step, ...]
    found: Beginning
    read_from: datetime | None  #: when the calendars of those told last may be read; None: nobody was told
    may_read_now: bool
    can_tell: bool  #: do mails reach whom they are for?

    @property
    def waits_until(self) -> datetime | None:
        """Until when nothing can be planned because no calendar may be read; None: it is not that."""
        is_held_up = not self.found.readable and not self.found.leaving and not self.may_read_now
        return self.read_from if is_held_up else None

    @property
    def is_untold(self) -> bool:
        """Is no calendar read because no mail could tell its owner?"""
        return bool(self.found.waiting) and not self.found.readable and not self.can_tell

    @property
    def now(self) -> str | None:
        """The step to do next; None: all is done."""
        return next((step.key for step in self.steps if step.state == "now"), None)

    @property
    def minutes_left(self) -> int:
        return sum(step.minutes for step in self.steps if step.state in ("now", "later"))


def guide(site: Site, by: Member, now: datetime) -> Guide:
    need_role(by, "admin")
    wait = notice_time(site.config)
    with site.store.reading() as connection:
        found = kept.of_programme(connection, by.programme_id, now, now - wait)
    read_from = found.told_last + wait if found.told_last else None
    may_read_now = read_from is None or read_from <= now
    return Guide(steps(found), found, read_from, may_read_now, can_tell(site.config))


def is_under_way(site: Site, by: Member) -> bool:
    """Has no day been proposed to anybody yet?"""
    need_role(by, "admin")
    with site.store.reading() as connection:
        return not kept.was_released(connection, by.programme_id)


class Nothing(StrEnum):
    """Why a plan proposes no day."""

    NOBODY = "nobody"  #: takes part
    TOO_EARLY = "too_early"  #: no calendar may be read yet
    UNTOLD = "untold"  #: and none will be before mails reach people, or an admin says that they knew
    READ_SINCE = "read_since"  #: no calendar had been read when it was made, and some have by now
    UNREADABLE = "unreadable"  #: no calendar can be read
    IN_TRAINING = "in_training"  #: seniors have something to read first, and nothing is due with others
    NOT_DUE = "not_due"
    NO_PLACE = "no_place"  #: each session has a reason of its own


def why_nothing(guide: Guide, run: RunRecord) -> Nothing:
    """Of a draft that proposes no day: what stood in its way."""
    if not guide.found.taking_part:
        return Nothing.NOBODY
    if run.known == 0:
        if guide.found.readable:
            return Nothing.READ_SINCE
        if guide.is_untold:
            return Nothing.UNTOLD
        return Nothing.TOO_EARLY if guide.waits_until or guide.found.leaving else Nothing.UNREADABLE
    if run.unplaced:
        return Nothing.NO_PLACE
    return Nothing.IN_TRAINING if run.untrained else Nothing.NOT_DUE


def is_untouched(site: Site, by: Member) -> bool:
    """Is there nobody but admins, and no plan?"""
    need_role(by, "admin")
    with site.store.reading() as connection:
        return kept.is_untouched(connection, by.programme_id)


def steps(found: Beginning) -> tuple[Step, ...]:
    """Each with its state; at most one is to be done now."""
    done = _done(found)
    last = max((n for n, key in enumerate(STEPS) if done[key]), default=-1)
    passed = {key for n, key in enumerate(STEPS) if key in OPTIONAL and not done[key] and n < last}
    now = next((key for key in STEPS if not done[key] and key not in passed), None)

    def state(key: str) -> str:
        if done[key]:
            return "done"
        return "open" if key in passed else "now" if key == now else "later"

    return tuple(Step(key, state(key), minutes) for key, minutes in STEPS.items())


def _done(found: Beginning) -> Mapping[str, bool]:
    return {
        "programme": found.name != FIRST_PROGRAMME or found.timezone != "UTC",
        "offices": found.offices > 0,
        "rooms": found.rooms > 0,
        "mail": found.mails_sent > 0 and found.mail_problem is None,
        "people": found.seniors > 0 and found.juniors > 0,
        "promised": found.formats > 0 or found.sessions > 0,
        "calendars": found.readable > 0 and (found.run is not None or not found.is_reading),
        "plan": found.released or (found.run is not None and found.drafted_days > 0),
        "release": found.released,
    }


# --- what the steps do ---------------------------------------------------------------------------


def name_programme(site: Site, name: str, zone: str, by: Member, now: datetime) -> None:
    """Name the programme, and the zone of its clocks. An admin who came with its zone gets the new one too.

    Raises:
        Misfilled: by field.
        Refused: another programme has this name.
    """
    need_role(by, "admin")
    if mistakes := zone_mistakes(zone):
        raise Misfilled(mistakes)
    with site.store.writing() as connection:
        if name in kept.names_of_others(connection, by.programme_id):
            raise Refused("Another programme has this name. Please take a different one.")
        (before,) = cycle.cycles(connection, by.programme_id)
        cycle.keep(connection, by.programme_id, name=name, timezone=zone)
        if by.person.timezone == before.timezone:
            kept.set_timezone(connection, by.person.id, zone)
        audit.note(connection, now, by, "programme.name", f"programme:{by.programme_id}")


@dataclass(frozen=True, slots=True)
class NewOffice:
    """An office as it is typed: open on some weekdays, on each from when to when."""

    name: str
    timezone: str
    days: frozenset[str]
    opens: str  #: "08:00"
    closes: str


def add_office(site: Site, new: NewOffice, by: Member, now: datetime) -> None:
    """Raises Misfilled, by field."""
    need_role(by, "admin")
    hours = {day: (new.opens, new.closes) for day in WEEKDAYS if day in new.days}
    values = _empty(OFFICES) | {"name": new.name, "timezone": new.timezone, "hours": hours}
    with site.store.writing() as connection:
        if mistakes := _office_mistakes(connection, new):
            raise Misfilled(mistakes)
        key = short_name(new.name, roster.offices(connection))
        roster.write_offices(connection, {key: values}, {})
        audit.note(connection, now, by, "office.add", f"office:{key}")


def mistakes_in_office(site: Site, new: NewOffice, by: Member) -> dict[str, str]:
    """What of it cannot be kept, by field."""
    need_role(by, "admin")
    with site.store.reading() as connection:
        return _office_mistakes(connection, new)


def _office_mistakes(connection: Connection, new: NewOffice) -> dict[str, str]:
    mistakes = zone_mistakes(new.timezone)
    names = {_alike(each["name"]): each["name"] for each in roster.offices(connection).values()}
    if there := names.get(_alike(new.name)):
        mistakes["name"] = f"There is an office called {there} already. Please give this one another name."
    if not new.days:
        mistakes["days"] = "Please choose at least one day."
    if minutes_of(new.opens) >= minutes_of(new.closes):
        mistakes["closes"] = "It closes before it opens."
    return mistakes


def _alike(name: str) -> str:
    """The same of names that nobody tells apart."""
    return " ".join(name.casefold().split())


@dataclass(frozen=True, slots=True)
class NewRoom:
    """A room as it is typed."""

    office: str  #: id
    name: str
    capacity: int
    uses: frozenset[RoomUse]
    shared: bool


def add_room(site: Site, new: NewRoom, by: Member, now: datetime) -> None:
    """Raises Misfilled, by field."""
    need_role(by, "admin")
    values = _empty(ROOMS) | {
        "office": new.office,
        "name": new.name,
        "capacity": new.capacity,
        "uses": frozenset(new.uses),
        "shared": new.shared,
    }
    with site.store.writing() as connection:
        if mistakes := _room_mistakes(connection, new):
            raise Misfilled(mistakes)
        key = short_name(f"{new.office} {new.name}", roster.rooms(connection))
        roster.write_rooms(connection, {key: values}, {})
        audit.note(connection, now, by, "room.add", f"room:{key}", capacity=new.capacity)


def mistakes_in_room(site: Site, new: NewRoom, by: Member) -> dict[str, str]:
    """What of it cannot be kept, by field."""
    need_role(by, "admin")
    with site.store.reading() as connection:
        return _room_mistakes(connection, new)


def _room_mistakes(connection: Connection, new: NewRoom) -> dict[str, str]:
    mistakes = {}
    if new.office not in roster.offices(connection):
        mistakes["office"] = "Please choose one of the offices."
    if not 2 <= new.capacity <= 10_000:
        mistakes["capacity"] = "Please give how many people fit in, from 2."
    if not new.uses:
        mistakes["uses"] = "Please choose at least one."
    return mistakes


def send_test_mail(site: Site, by: Member, now: datetime) -> None:
    """To whoever asks, and nobody else."""
    need_role(by, "admin")
    letter = NoteLetter(
        "Mail arrives",
        (f"{site.config.site.name} can reach you here. This is a test that you asked for.",),
        "Back to the first steps",
        "/admin/start",
    )
    with site.store.writing() as connection:
        outbox.tell(connection, site, by.hand, None, letter, now)
        audit.note(connection, now, by, "mail.test")
    outbox.wake(site, now)


def read_calendars(site: Site, by: Member, now: datetime) -> None:
    """Tell whoever was not told yet, and read whose calendars may be read, in the background."""
    site.queue.tell(calendars.ask_to_sync(site, by, now))


def first_window(weeks: int, today: date) -> tuple[date, date]:
    """What is planned unless somebody says otherwise: from next Monday, for some weeks, to a Friday."""
    monday = today + timedelta(days=7 - today.weekday())
    return monday, monday + timedelta(days=7 * weeks - 3)


def _empty(columns: Sequence[Column]) -> dict[str, Any]:
    """What an import would make of empty cells."""
    return {column.name: column.empty for column in columns[1:]}


def zone_mistakes(zone: str) -> dict[str, str]:
    """By field, empty where there is such a zone."""
    try:
        cells.timezone(zone)
    except ValueError as why:
        says = f"This is {why}"
        return {"timezone": says if says.endswith("?") else f"{says}."}
    return {}


def short_name(text: str, taken: Collection[str]) -> str:
    """An id of a name: "London, Finsbury" → "london-finsbury"; numbered where that is taken."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().casefold()
    base = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40].strip("-") or "place"
    key, number = base, 2
    while key in taken:
        key, number = f"{base}-{number}", number + 1
    return key
