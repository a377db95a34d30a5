"""Importing offices, rooms, people and sessions from CSV files: all of a file, or nothing of it.

Each kind goes the same way: read the sheet, fill what rows leave open, compare with what is kept, gather
every mistake, and write what is new or changed. So a file imported twice changes nothing.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from connectors import KINDS
from planner.domain import RoomUse, SessionKind
from web import public_holidays, words
from web.errors import Misfilled, Refused
from web.operations import (
    access,
    audit,
    erasure,
    events,
    holidays,
    outbox,
    own_choices,
    preferences,
    roles,
    rooms,
    signin,
)
from web.operations.access import TAKES_PART_ELSEWHERE, need_role
from web.operations.calendar_owners import Claims, Owner, mailbox_of
from web.operations.departures import FURTHER_NOTICE, Departed, depart_all, role_lost
from web.records import Member
from web.sheets import Column, Mistakes, Row, read_sheet, rows_of, shown
from web.sheets.cells import hours_text
from web.sheets.columns import DEFAULTS, NO_ROOM, ONLINE, SHEETS, SheetKind
from web.site import Site
from web.store import roster as kept
from web.store.departures import Absence
from web.store.hours import WEEKDAYS, minutes_of
from web.store.rooms import by_room
from web.store.roster import Values

#: The programme that the first import makes, where none is named.
FIRST_PROGRAMME = "Mentoring"


@dataclass(frozen=True, slots=True)
class ImportedLine:
    """What one line of a file does."""

    line: int
    key: str  #: id, or mail address
    changes: tuple[str, ...] | None  #: "capacity: 8 → 10"; None: it is new
    about: str = ""
    note: str = ""  #: worth a look, and no mistake
    own: tuple[str, ...] = ()  #: what the file has otherwise than they set themselves


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did, or in a dry run would do. Lines that change nothing are only counted."""

    kind: SheetKind
    lines: tuple[ImportedLine, ...]
    unchanged: int
    no_longer_listed: tuple[str, ...] = ()  #: addresses of who takes part and is not in the file
    departed: Departed | None = None  #: what became of sessions, where people leave, pause or lose a role

    @property
    def new(self) -> int:
        return sum(line.changes is None for line in self.lines)

    @property
    def changed(self) -> int:
        return sum(bool(line.changes) for line in self.lines)


@dataclass(frozen=True, slots=True)
class SheetOptions:
    """What becomes of people whom a file says nothing of, or something else of than they do themselves."""

    no_longer_listed: str | None = None  #: "pause" or "leave"; None: they are only named
    over_own_choices: bool = False
    again: bool = False  #: who was erased may come back


@dataclass(frozen=True)
class _Import:
    """One import at work: what its checks need to see."""

    connection: Connection
    now: datetime
    mistakes: Mistakes
    options: SheetOptions
    programme: str
    programme_id: int | None  #: None: it will be made
    folder: Path | None  #: where paths in cells begin; None: no file of this machine may be named
    by: Member | None  #: the admin who brings it in; None: a command
    elsewhere: set[str] = field(default_factory=set)  #: addresses whose facts are another programme's

    @cached_property
    def offices(self) -> Mapping[str, Values]:
        return kept.offices(self.connection)

    @cached_property
    def rooms(self) -> Mapping[str, Values]:
        return kept.rooms(self.connection)

    @cached_property
    def people(self) -> Mapping[str, Values]:
        return kept.people(self.connection, self.programme_id)

    @cached_property
    def roles_elsewhere(self) -> Mapping[str, frozenset[str]]:
        return kept.roles_elsewhere(self.connection, self.programme_id)

    @cached_property
    def beyond(self) -> frozenset[str]:
        """Addresses of who takes part in a programme that whoever brings it in does not run."""
        if self.by is None:
            return frozenset()
        beyond = access.beyond(self.connection, self.by, self.now)
        return frozenset(email for email, who in kept.person_ids(self.connection).items() if who in beyond)

    def add(self, row: Row, column: str | None, text: str) -> None:
        self.mistakes.add(row.line, column, text)


def import_sheet(
    site: Site,
    kind: SheetKind,
    file: Path,
    now: datetime,
    *,
    programme: str | None = None,
    dry_run: bool = False,
    no_longer_listed: str | None = None,
    over_own_choices: bool = False,
    again: bool = False,
) -> ImportReport:
    """Read a CSV file and make what is kept agree with it; what it does not name stays as it is.

    Args:
        programme: that of the people's roles and of the sessions; may be left out while there is one.
        dry_run: do all of it and keep nothing, so that the report is what would happen.
        no_longer_listed: "pause" or "leave": what people who take part, and are not in a file of people, do
            from today on. Their sessions follow, as those of whoever the file itself lets leave or pause.
        over_own_choices: the file goes before what people set on their own pages; they are told.
        again: let people in who were erased; without it their lines are mistakes.

    Raises:
        Misfilled: every mistake found, by file, line and column. Nothing was written.
    """
    mistakes = Mistakes(file.name)
    sheet = read_sheet(file, SHEETS[kind], mistakes)
    options = SheetOptions(no_longer_listed, over_own_choices, again)
    folder = file.resolve().parent
    with site.store.writing() as connection:
        called, programme_id = _programme(connection, programme)
        doing = _Import(connection, now, mistakes, options, called, programme_id, folder, None)
        report = _bring_in(doing, site, kind, sheet)
        if dry_run:
            connection.rollback()
    return report


def import_text(
    site: Site,
    kind: SheetKind,
    name: str,
    text: str,
    options: SheetOptions,
    by: Member,
    now: datetime,
    *,
    as_seen: str | None,
) -> ImportReport:
    """The same with what an admin pasted or sent on a page, into their programme.

    It cannot name files of the machine this runs on. Who takes part in a programme that the admin does not
    run is not let in; of who is in this one too, it changes nothing that holds in the other. Of people who
    are known and not in this programme it takes what they are in it and nothing else, and tells nothing.

    Args:
        name: what mistakes call the file.
        as_seen: `fingerprint` of a report that the admin has seen and agreed to; None: only try.

    Raises:
        Misfilled: every mistake found. Nothing was written.
        Refused: it would do something else than what was seen. Nothing was written.
    """
    need_role(by, "admin")
    mistakes = Mistakes(name)
    sheet = rows_of(text, SHEETS[kind], mistakes)
    with site.store.writing() as connection:
        doing = _Import(connection, now, mistakes, options, by.programme_name, by.programme_id, None, by)
        report = _bring_in(doing, site, kind, sheet)
        if as_seen is None:
            connection.rollback()
        elif as_seen != fingerprint(text, options, report):
            raise Refused("Something changed since you looked at it. Nothing was taken; look once more.")
    outbox.wake(site, now)
    return report


def fingerprint(text: str, options: SheetOptions, report: ImportReport) -> str:
    """Two imports with the same one do the same."""
    return hashlib.sha256(repr((text, options, report)).encode()).hexdigest()


def _bring_in(doing: _Import, site: Site, kind: SheetKind, sheet: Iterable[Row]) -> ImportReport:
    """All of a sheet, or `Misfilled`."""
    connection, part = doing.connection, _PARTS[kind]
    before = part.kept(doing)
    wanted = _wanted(doing, part, sheet, before)
    part.check(doing, wanted, before)
    if kind is SheetKind.PEOPLE:
        _check_cohorts(doing, wanted, before)
        _check_beyond(doing, wanted, before)
        _check_calendars_of_people(doing, wanted)
        _check_admins(doing, wanted, before)
        _check_roles_taken(doing, wanted, before)
    if kind is SheetKind.PEOPLE and not doing.options.again:
        _check_erased(doing, site, wanted, before)
    doing.mistakes.raise_any()
    report = _report(doing, kind, part, wanted, before)
    if kind is SheetKind.PEOPLE and any(known["left"] is not None for known in before.values()):
        signin.end_of_leavers(connection, doing.now)  # before some of them come back
    programme_id = _write(doing, part, wanted, before, site.config.site.demo)
    if kind is SheetKind.PEOPLE:
        _settle_who_is_elsewhere(doing, before)
    if kind is SheetKind.OFFICES:
        holidays.bring_up_to_date(connection, doing.now, wanted)
        holidays.ask_seniors(connection, site, doing.now)
    if doing.options.over_own_choices:
        _go_over(doing, site, wanted, before)
    if kind is SheetKind.PEOPLE:
        leaving = _Leaving(programme_id, wanted, before, doing.options.no_longer_listed)
        report = _with_departures(doing, site, report, leaving)
    events.want(connection, site, None, doing.now)
    audit.note(
        connection,
        doing.now,
        doing.by,
        f"import.{kind}",
        programme_id=programme_id,
        new=report.new,
        changed=report.changed,
    )
    return report


def _programme(connection: Connection, name: str | None) -> tuple[str, int | None]:
    known = kept.programmes(connection)
    if name is None and len(known) > 1:
        raise Misfilled({"--programme": f"say which one: {', '.join(known)}"})
    called = name or next(iter(known), FIRST_PROGRAMME)
    return called, known.get(called)


@dataclass(frozen=True)
class _Wanted:
    """A row with everything filled in."""

    row: Row
    values: Values
    otherwise: Mapping[str, Any] = field(default_factory=dict)  #: in the file, than people set themselves


@dataclass(frozen=True)
class _Part:
    """What is particular to one kind of sheet."""

    columns: Sequence[Column]  #: the first is the key
    kept: Callable[[_Import], Mapping[str, Values]]
    fill: Callable[[_Import, Row, dict[str, Any]], None]  #: completes a row, and says what is wrong in it
    check: Callable[[_Import, Mapping[str, _Wanted], Mapping[str, Values]], None]  #: against what is agreed
    write: Callable[[Connection, int, Mapping[str, Values], Mapping[str, Values]], None]
    about: Callable[[Values], str]

    @property
    def key(self) -> str:
        return self.columns[0].name


def _wanted(
    doing: _Import, part: _Part, sheet: Iterable[Row], before: Mapping[str, Values]
) -> dict[str, _Wanted]:
    found: dict[str, _Wanted] = {}
    for row in sheet:
        key = row.cells[part.key]
        if key in found:
            doing.add(row, part.key, f"{key} stands in line {found[key].row.line} already")
            continue
        values = _filled_from(part, row, before.get(key))
        part.fill(doing, row, values)
        known = before.get(key, {})
        otherwise = own_choices.otherwise(values, known, row.cells.keys(), doing.now.date())
        if not doing.options.over_own_choices:
            own_choices.keep(values, known, otherwise)
        found[key] = _Wanted(row, values, otherwise)
    return found


def _filled_from(part: _Part, row: Row, before: Values | None) -> dict[str, Any]:
    """The cells of a row; of a column that the file does not have, what is kept."""
    values = {}
    for column in part.columns[1:]:
        absent = column.name not in row.cells
        values[column.name] = before[column.name] if absent and before else row.get(column)
    return values


def _go_over(doing: _Import, site: Site, wanted: Mapping[str, _Wanted], before: Mapping[str, Values]) -> None:
    overruled = {key: one.otherwise for key, one in wanted.items() if one.otherwise}
    lines = {key: _changes(otherwise, before[key]) for key, otherwise in overruled.items()}
    own_choices.go_over(doing.connection, site, overruled, lines, doing.now)


def _write(
    doing: _Import,
    part: _Part,
    wanted: Mapping[str, _Wanted],
    before: Mapping[str, Values],
    made_up: bool,
) -> int:
    """The id of the programme, which is made where there is none yet."""
    new = {key: one.values for key, one in wanted.items() if key not in before}
    changed = {
        key: one.values for key, one in wanted.items() if key in before and _changes(one.values, before[key])
    }
    programme_id = doing.programme_id
    if programme_id is None:
        programme_id = kept.add_programme(doing.connection, doing.programme, made_up=made_up)
    part.write(doing.connection, programme_id, new, changed)
    return programme_id


# --- who leaves ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Leaving:
    """What a file of people says, and leaves unsaid, about who takes part."""

    programme_id: int
    wanted: Mapping[str, _Wanted]
    before: Mapping[str, Values]
    no_longer_listed: str | None

    def not_named(self, today: date) -> tuple[str, ...]:
        """Who takes part and does not stand in the file; who has left already is not missed."""
        return tuple(
            sorted(
                email
                for email, values in self.before.items()
                if email not in self.wanted
                and values["role"] & {"senior", "junior"}
                and (values["left"] is None or values["left"] > today)
            )
        )

    def away(self, today: date) -> list[tuple[str, date, date | None]]:
        """By address from when until when: as the file says, and of whom it does not name, as was said."""
        found = [(email, *days) for email, one in self.wanted.items() for days in self._said(email, one)]
        for email in self.not_named(today) if self.no_longer_listed else ():
            until = FURTHER_NOTICE if self.no_longer_listed == "pause" else None
            if until is None or self.before[email]["paused_until"] != until:
                found.append((email, today, until))
        return found

    def roles_lost(self) -> list[tuple[str, str]]:
        """By address each role that the file takes."""
        return [
            (email, role)
            for email, one in self.wanted.items()
            for role in sorted(self.before.get(email, {}).get("role", frozenset()) - one.values["role"])
        ]

    def _said(self, email: str, one: _Wanted) -> Iterable[tuple[date, date | None]]:
        values, before = one.values, self.before.get(email, {})
        if values["left"] is not None and values["left"] != before.get("left"):
            yield values["left"], None
        pause = values["paused_from"], values["paused_until"]
        if pause[0] is not None and pause != (before.get("paused_from"), before.get("paused_until")):
            yield pause


def _with_departures(doing: _Import, site: Site, report: ImportReport, leaving: _Leaving) -> ImportReport:
    """Make everything that is ahead agree with who leaves or pauses."""
    connection, now = doing.connection, doing.now
    report = replace(report, no_longer_listed=leaving.not_named(now.date()))
    away, lost = leaving.away(now.date()), leaving.roles_lost()
    if not away and not lost:
        return report
    ids = kept.person_ids(connection)
    absences = [Absence(ids[email], first, last) for email, first, last in away]
    absences += [role_lost(ids[email], role, now) for email, role in lost]
    departed = depart_all(connection, site, leaving.programme_id, absences, now)
    for each in absences:
        action = "membership.leave" if each.until is None else "membership.pause"
        about = ""
        if each.role is not None:
            action, about = "role.take", f"role:{each.role}"
        subject, programme_id = each.person_id, leaving.programme_id
        audit.note(connection, now, doing.by, action, about, subject_id=subject, programme_id=programme_id)
    return replace(report, departed=departed)


# --- saying what happens -------------------------------------------------------------------------


def _report(
    doing: _Import,
    kind: SheetKind,
    part: _Part,
    wanted: Mapping[str, _Wanted],
    before: Mapping[str, Values],
) -> ImportReport:
    lines = []
    untold = _THEIRS if doing.by is not None else frozenset()
    for key, one in wanted.items():
        changes = _changes(one.values, before[key], untold) if key in before else None
        own = _own(one, before[key], untold) if one.otherwise else ()
        if changes is None or changes or own:
            note = _note(one.values, doing.now) if changes is None or _NOTED.search(str(changes)) else ""
            note = _ELSEWHERE if key in doing.elsewhere else note
            lines.append(ImportedLine(one.row.line, key, changes, part.about(one.values), note, own))
    return ImportReport(kind, tuple(lines), len(wanted) - sum(line.changes != () for line in lines))


#: What of a line is worth a note where it changes.
_NOTED = re.compile("calendar|holidays")

_ELSEWHERE = "is known from another programme; only what they are in this one is taken"


#: What an admin does not learn of somebody, not even while a sheet would change it.
_THEIRS = frozenset(each.name for each in preferences.PREFERENCES if not each.is_roster) | {"hours"}


def _own(one: _Wanted, before: Values, untold: Collection[str]) -> tuple[str, ...]:
    """What a file has otherwise than somebody set it: "max_sessions: 2 → 3 (they set 2 themselves)"."""
    return tuple(
        f"{name}: … → {_said(name, value)} (they set it otherwise themselves)"
        if name in untold
        else f"{name}: {_said(name, before[name])} → {_said(name, value)} "
        f"(they set {_said(name, before[name])} themselves)"
        for name, value in one.otherwise.items()
    )


def _changes(values: Values, before: Values, untold: Collection[str] = ()) -> tuple[str, ...]:
    return tuple(
        f"{name}: {'…' if name in untold else _said(name, before[name])} → {_said(name, value)}"
        for name, value in values.items()
        if value != before[name]
    )


def _said(name: str, value: Any) -> str:
    """A value as a person would write it in its cell."""
    if value is None or value in ("", (), {}, frozenset()):
        return "–"
    if name in _SAID:
        return _SAID[name](value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple | frozenset):
        return " ".join(value if isinstance(value, tuple) else sorted(value))
    return str(value)


def _calendar_said(calendar: str) -> str:
    """Without the path of a URL: in many systems whoever knows it can read the calendar."""
    kind, _, address = calendar.partition(":")
    parts = urlsplit(address)
    return f"{kind}:{parts.scheme}://{parts.hostname}/…" if parts.hostname else calendar


def _closed_said(closed: Mapping[Any, str]) -> str:
    return "; ".join(f"{day} {reason}".strip() for day, reason in closed.items())


#: Columns with a way of writing of their own.
_SAID: Mapping[str, Callable[[Any], str]] = {
    "hours": hours_text,
    "calendar": _calendar_said,
    "closed": _closed_said,
    "seats": lambda both: "-".join(map(str, both)),
    "between": "-".join,
}


def _note(values: Values, now: datetime) -> str:
    if place := values.get("holidays"):
        today = now.date()
        if unknown := public_holidays.between(place, today, today + holidays.AHEAD).unknown_years:
            years = words.listed([str(year) for year in unknown])
            return f"no public holidays of {public_holidays.named(place)} are known for {years}"
    kind, _, address = (values.get("calendar") or "").partition(":")
    if kind == "ics" and "://" not in address and not Path(address).exists():
        return "there is no such calendar file; until there is, all of this time is unknown"
    return ""


# --- offices -------------------------------------------------------------------------------------


def _check_offices(doing: _Import, wanted: Mapping[str, _Wanted], before: Mapping[str, Values]) -> None:
    """An office does not close over what is agreed in it."""
    touched = [key for key, one in wanted.items() if key in before and one.values != before[key]]
    for session in kept.agreed_in_offices(doing.connection, touched, doing.now):
        one = wanted[session.office_id]
        zone = ZoneInfo(one.values["timezone"])
        start = session.start.astimezone(zone)
        end = (session.start + timedelta(minutes=session.minutes)).astimezone(zone)
        if start.date() in one.values["closed"]:
            doing.add(
                one.row, "closed", f"{_agreed(session)} is agreed for {start:%Y-%m-%d}; move or call it off"
            )
        elif not _open_for(one.values["hours"], start, end):
            doing.add(
                one.row,
                "hours",
                f"{_agreed(session)} is agreed for {start:%Y-%m-%d %H:%M}; move or call it off",
            )


def _agreed(session: Any) -> str:
    return f"“{session.title}” ({session.id})" if session.title else str(session.id)


def _open_for(hours: Mapping[str, tuple[str, str]], start: datetime, end: datetime) -> bool:
    opens, closes = map(minutes_of, hours.get(WEEKDAYS[start.weekday()], ("00:00", "00:00")))
    begin = start.hour * 60 + start.minute
    return opens <= begin and begin + (end - start) // timedelta(minutes=1) <= closes


# --- rooms ---------------------------------------------------------------------------------------


def _fill_room(doing: _Import, row: Row, values: dict[str, Any]) -> None:
    if values["name"] is None:
        values["name"] = row.cells["id"]
    _need_office(doing, row, "office", values["office"])
    if row.cells.get("calendar") is not None:
        values["calendar"] = _calendar(doing, row, values["calendar"], doing.rooms.get(row.cells["id"], {}))
    if values["email"] is None:
        values["email"] = _mailbox_of(values["calendar"])


def _mailbox_of(calendar: str | None) -> str | None:
    """Whom to invite, where a calendar is a mailbox."""
    kind, _, address = (calendar or "").partition(":")
    return address.lower() if kind in ("google", "microsoft") and "@" in address else None


def _check_rooms(doing: _Import, wanted: Mapping[str, _Wanted], before: Mapping[str, Values]) -> None:
    _check_calendars_of_rooms(doing, wanted)
    occupations = by_room(doing.connection, list(wanted), doing.now)
    for key, one in wanted.items():
        values = one.values
        if key not in before or values == before[key]:
            continue
        occupied = occupations.get(key, [])
        if occupied and values["office"] != before[key]["office"]:
            doing.add(one.row, "office", "sessions are agreed in this room; move or call them off first")
        try:
            rooms.refuse_unless_fits(
                doing.connection,
                occupied,
                name=values["name"],
                capacity=values["capacity"],
                uses=[RoomUse(use) for use in values["uses"]],
                shared=values["shared"],
                features=values["features"],
            )
        except Refused as refused:
            named = ", ".join(session.title or session.id for session in refused.sessions)
            doing.add(one.row, None, f"{refused} ({named})")


def _check_calendars_of_rooms(doing: _Import, wanted: Mapping[str, _Wanted]) -> None:
    """A room's calendar is no person's, and where it is a mailbox, the room's own."""
    claims = Claims(
        [*_owners(doing.people, is_room=False), *_owners(_as_after(doing.rooms, wanted), is_room=True)]
    )
    for owner in _owners(_said_here(wanted), is_room=True):
        one = wanted[str(owner.key)]
        mailbox = mailbox_of(owner.calendar)
        if why := claims.against(owner):
            doing.add(one.row, "calendar", f"{why}; give the room's own calendar, or leave it out")
        elif mailbox is not None and (owner.email or mailbox) != mailbox:
            text = f"{mailbox} is not the room's mailbox, {owner.email}; write the same one as its email"
            doing.add(one.row, "calendar", text)


def _owners(known: Mapping[str, Values], *, is_room: bool) -> Iterable[Owner]:
    for key, values in known.items():
        yield Owner(key, is_room, values["email"] if is_room else key, values["calendar"])


def _as_after(before: Mapping[str, Values], wanted: Mapping[str, _Wanted]) -> Mapping[str, Values]:
    return {**before, **{key: one.values for key, one in wanted.items()}}


def _said_here(wanted: Mapping[str, _Wanted]) -> Mapping[str, Values]:
    """What rows say that have a cell of a calendar."""
    return {key: one.values for key, one in wanted.items() if one.row.cells.get("calendar") is not None}


def _need_office(doing: _Import, row: Row, column: str, office: str) -> bool:
    if office not in doing.offices:
        known = ", ".join(sorted(doing.offices)) or "none yet: import offices first"
        doing.add(row, column, f"there is no office {office}; known are {known}")
    return office in doing.offices


# --- people --------------------------------------------------------------------------------------


def _fill_person(doing: _Import, row: Row, values: dict[str, Any]) -> None:
    works_in = [office for office in values["offices"] if _need_office(doing, row, "offices", office)]
    if values["timezone"] is None and works_in:
        values["timezone"] = doing.offices[works_in[0]]["timezone"]
    if values["timezone"] is None and not values["offices"]:
        doing.add(row, "timezone", "who works in no office needs one; for example: Europe/London")
    if row.cells.get(roles.FEWEST) is None:
        values[roles.FEWEST] = _fewest_sessions(doing, row, values)
    if both := set(values["days_in_anyway"]) & set(values["days_never"]):
        doing.add(row, "days_never", f"{', '.join(sorted(both))} stands in days_in_anyway too")
    if values["joined"] is None:
        known = doing.people.get(row.cells["email"], {}).get("joined")
        values["joined"] = known or doing.now.date()
    if values["paused_until"] == FURTHER_NOTICE and "paused_until" not in row.cells:
        values["paused_from"] = values["paused_until"] = None  # they are listed again
    _check_participation(doing, row, values)
    if row.cells.get("calendar") is not None:
        known = doing.people.get(row.cells["email"], {})
        values["calendar"] = _calendar(doing, row, values["calendar"], known)
    values["offices"] = frozenset(values["offices"])
    _leave_what_is_elsewhere(doing, row.cells["email"], values)


def _fewest_sessions(doing: _Import, row: Row, values: Values) -> int:
    """Where no cell says it: what stands, or what their roles in all programmes make of it. An empty cell
    never lowers what a senior has."""
    email = row.cells["email"]
    elsewhere = doing.roles_elsewhere.get(email, frozenset())
    after = elsewhere | values["role"]
    known = doing.people.get(email)
    if known is None:
        return preferences.worth_a_trip(after)
    stands = int(known[roles.FEWEST])
    if email in doing.beyond:
        return stands
    is_own = roles.FEWEST in known["own_choices"]
    found = roles.fewest_sessions(stands, elsewhere | known["role"], after, is_own=is_own)
    return max(found, preferences.worth_a_trip(after)) if roles.FEWEST in row.cells else found


#: What somebody is in one programme; everything else is theirs in all of them.
_OF_THE_PROGRAMME = {"role", "joined", "left", "paused_from", "paused_until", "cohort", "team", "need"}


def _leave_what_is_elsewhere(doing: _Import, email: str, values: dict[str, Any]) -> None:
    """An admin changes nobody who takes no part in their programme, and learns nothing of them."""
    known = doing.people.get(email)
    if doing.by is None or known is None or _is_here(known):
        return
    doing.elsewhere.add(email)
    values.update({name: known[name] for name in values.keys() - _OF_THE_PROGRAMME})


def _settle_who_is_elsewhere(doing: _Import, before: Mapping[str, Values]) -> None:
    """Who was let in becomes a senior as on a page, and nothing of it is told."""
    known = doing.elsewhere - doing.beyond
    ids = kept.person_ids(doing.connection) if known else {}
    for email in sorted(known):
        roles_before = before[email]["role"] | doing.roles_elsewhere.get(email, frozenset())
        roles.settle_fewest(doing.connection, ids[email], roles_before)


def _is_here(known: Values) -> bool:
    return bool(known["role"]) or known["joined"] is not None


def _check_beyond(doing: _Import, wanted: Mapping[str, _Wanted], before: Mapping[str, Values]) -> None:
    """Who takes part in another programme is not its neighbour's admin's to let in, or to change there."""
    for email, one in wanted.items():
        if email not in doing.beyond:
            continue
        if not _is_here(before[email]):
            doing.add(one.row, "email", f"{email} {TAKES_PART_ELSEWHERE}")
            continue
        for name, value in one.values.items():
            if name not in _OF_THE_PROGRAMME and value != before[email][name]:
                doing.add(one.row, name, f"{email} {_HOLDS_THERE_TOO}")


def _check_calendars_of_people(doing: _Import, wanted: Mapping[str, _Wanted]) -> None:
    """Nobody has somebody else's calendar. Whoever runs this may give an alias that is nobody's address; on a
    page the calendar of a mailbox is that of their own: its owner is who is told what is read."""
    people = _as_after(doing.people, wanted)
    claims = Claims([*_owners(people, is_room=False), *_owners(doing.rooms, is_room=True)])
    for owner in _owners(_said_here(wanted), is_room=False):
        email = str(owner.key)
        if email in doing.elsewhere:
            continue
        row, mailbox = wanted[email].row, mailbox_of(owner.calendar)
        as_kept = owner.calendar == doing.people.get(email, {}).get("calendar")
        if why := claims.against(owner):
            doing.add(row, "calendar", f"{why}; give {email}'s own, or leave it out")
        elif doing.by is not None and mailbox not in (None, email.casefold()) and not as_kept:
            doing.add(row, "calendar", f"{mailbox} {_ANOTHER_MAILBOX.format(email)}")


_ANOTHER_MAILBOX = (
    "is not the address of this person; write {0}, or ask whoever runs officeday: officeday import people"
)

_HOLDS_THERE_TOO = (
    "takes part in another programme too, where this holds as well; leave it as it is, or ask whoever runs "
    "officeday: officeday import people"
)


def _check_participation(doing: _Import, row: Row, values: Values) -> None:
    joined, left = values["joined"], values["left"]
    if left is not None and left < joined:
        doing.add(row, "left", f"{left} is before {joined}, when they joined")
    paused_from, paused_until = values["paused_from"], values["paused_until"]
    if (paused_from is None) != (paused_until is None):
        doing.add(row, "paused_until", "a pause has a first and a last day; give both, or neither")
    elif paused_from is not None and paused_until < paused_from:
        doing.add(row, "paused_until", f"{paused_until} is before {paused_from}")
    if values["manager"] == row.cells["email"]:
        doing.add(row, "manager", "nobody is their own manager")


def _check_cohorts(doing: _Import, wanted: Mapping[str, _Wanted], before: Mapping[str, Values]) -> None:
    """A cohort is written as by whoever stays in it; where nobody does, as in most rows."""
    kept_so = {email: values["cohort"] for email, values in before.items()}
    after = {email: values["cohort"] for email, values in _as_after(before, wanted).items()}
    stays = {name for email, name in after.items() if name == kept_so.get(email)}
    many = Counter(filter(None, after.values()))
    usual: dict[str, str] = {}
    for name in sorted(many, key=lambda name: (name in stays, many[name])):
        usual["".join(name.casefold().split())] = name
    for email, one in wanted.items():
        name = after[email]
        if name and name != kept_so.get(email) and name != (right := usual["".join(name.casefold().split())]):
            text = f"{name} and {right} differ in capitals or spaces only; did you mean {right}?"
            doing.add(one.row, "cohort", text)


def _check_managers(doing: _Import, wanted: Mapping[str, _Wanted], _: Mapping[str, Values]) -> None:
    """A manager is somebody known, or a row of the same file."""
    for one in wanted.values():
        manager = one.values["manager"]
        if manager is not None and manager not in wanted and manager not in doing.people:
            doing.add(
                one.row, "manager", f"nobody has the address {manager}; import them too, or leave it out"
            )


def _check_admins(doing: _Import, wanted: Mapping[str, _Wanted], before: Mapping[str, Values]) -> None:
    """A programme that has an admin keeps one: without any, nobody could put right what a sheet did."""
    today = doing.now.date()

    def runs_it(values: Values) -> bool:
        return "admin" in values["role"] and (values["left"] is None or values["left"] > today)

    def is_left_out(email: str) -> bool:
        takes_part = before[email]["role"] & {"senior", "junior"}
        return bool(takes_part) and doing.options.no_longer_listed == "leave"

    admins = {email for email, values in before.items() if runs_it(values)}
    stay = {email for email in admins - wanted.keys() if not is_left_out(email)}
    if not admins or stay or any(runs_it(one.values) for one in wanted.values()):
        return
    text = "would leave the programme without an admin; write admin among the roles of somebody"
    for email in sorted(admins & wanted.keys())[:1]:
        doing.add(wanted[email].row, "role", text)
    if not admins & wanted.keys():
        doing.mistakes.add(1, None, f"letting go who is not listed {text}")


def _check_roles_taken(doing: _Import, wanted: Mapping[str, _Wanted], before: Mapping[str, Values]) -> None:
    """Nobody loses a role that they have something ahead as."""
    taken = {
        email: before[email]["role"] - one.values["role"] for email, one in wanted.items() if email in before
    }
    if doing.programme_id is None or not any(taken.values()):
        return
    ids = kept.person_ids(doing.connection)
    for email, lost in taken.items():
        name, here = before[email]["name"], doing.programme_id
        if why := roles.still_ahead(doing.connection, here, ids[email], name, lost, doing.now):
            doing.add(wanted[email].row, "role", why)


def _check_erased(
    doing: _Import, site: Site, wanted: Mapping[str, _Wanted], before: Mapping[str, Values]
) -> None:
    """Who was erased does not come back by an old file."""
    if not erasure.file_of(site.config).exists():
        return
    known = erasure.tombstones(site.config)
    for email, one in wanted.items():
        if email not in before and known.has(email):
            doing.add(one.row, "email", f"{email} was erased; with their consent, import it with --again")


def _calendar(doing: _Import, row: Row, text: str, before: Values) -> str | None:
    """`kind:address`, a path made absolute so that it means the same wherever it is read."""
    kind, colon, address = text.partition(":")
    kind = kind.strip().casefold()
    if not colon or kind not in KINDS or not address.strip():
        known = " or ".join(f"{one}:…" for one in KINDS)
        doing.add(row, "calendar", f"{shown(text)}: write the kind before the address, {known}")
        return None
    address = address.strip()
    if kind != "ics" or _is_url(address):
        return f"{kind}:{address}"
    if doing.folder is not None:
        return f"{kind}:{(doing.folder / Path(address).expanduser()).resolve()}"
    if before.get("calendar") != f"{kind}:{address}":
        doing.add(
            row,
            "calendar",
            "a file of the machine this runs on can be named by officeday import only; "
            "give its address, ics:https://…",
        )
    return f"{kind}:{address}"


def _is_url(address: str) -> bool:
    return "://" in address or address.startswith("webcal:")


# --- sessions ------------------------------------------------------------------------------------


def _fill_session(doing: _Import, row: Row, values: dict[str, Any]) -> None:
    defaults = DEFAULTS[SessionKind(values["kind"])]
    values["required"] = frozenset(values["required"])
    if values["office"] is None:
        values["office"] = ONLINE if defaults.online else _office_of_senior(doing, row, values["senior"])
    if values["room_use"] is None:
        values["room_use"] = NO_ROOM if values["office"] == ONLINE else str(defaults.room_use)
    for name in ("seats", "minutes", "between"):
        if values[name] is None:
            values[name] = getattr(defaults, name)
    if values["last_day"] is None:
        values["last_day"] = values["first_day"] + timedelta(weeks=defaults.weeks, days=-1)
    _check_people(doing, row, values)
    _check_place(doing, row, values)
    _check_numbers(doing, row, values)


def _office_of_senior(doing: _Import, row: Row, senior: str) -> str:
    works_in = doing.people[senior]["offices"] if senior in doing.people else ()
    if len(works_in) != 1:
        doing.add(row, "office", f"say which one, or online: {senior} works in {len(works_in)} offices")
        return ONLINE
    return str(*works_in)


def _check_people(doing: _Import, row: Row, values: Values) -> None:
    senior, juniors = values["senior"], values["juniors"]
    if "senior" not in _roles(doing, senior):
        doing.add(row, "senior", f"{senior} is no senior of this programme; import people first")
    if strangers := [junior for junior in juniors if not _roles(doing, junior)]:
        named = ", ".join(strangers[:5]) + (f" and {len(strangers) - 5} more" if len(strangers) > 5 else "")
        doing.add(row, "juniors", f"nobody in this programme has the address {named}; import people first")
    if senior in juniors:
        doing.add(row, "juniors", f"{senior} is the senior of this session already")
    if apart := sorted(values["required"] - set(juniors)):
        doing.add(row, "required", f"{', '.join(apart)} must stand among the juniors too")


def _roles(doing: _Import, email: str) -> frozenset[str]:
    return doing.people[email]["role"] if email in doing.people else frozenset()


def _check_place(doing: _Import, row: Row, values: Values) -> None:
    office = values["office"]
    if office == ONLINE:
        if values["room_use"] != NO_ROOM:
            doing.add(row, "room_use", "an online session has no room; write none")
        return
    if not _need_office(doing, row, "office", office):
        return
    column = dict.fromkeys(values["required"], "required") | {values["senior"]: "senior"}
    for email in sorted(column):
        if email in doing.people and office not in doing.people[email]["offices"]:
            doing.add(row, column[email], f"{email} does not work in {office}")


def _check_numbers(doing: _Import, row: Row, values: Values) -> None:
    fewest, most = values["seats"]
    begin, end = map(minutes_of, values["between"])
    if len(values["juniors"]) < fewest:
        doing.add(row, "juniors", f"{len(values['juniors'])} for at least {fewest} seats; name more")
    if len(values["required"]) > most - values["open_seats"]:
        doing.add(row, "required", f"more than the {most - values['open_seats']} seats that can be given")
    if values["open_seats"] > most - fewest:
        doing.add(
            row,
            "open_seats",
            f"of {most} seats at least {fewest} are given, so at most {most - fewest} stay open",
        )
    if values["minutes"] > end - begin:
        doing.add(row, "between", f"{end - begin} minutes are too short for a session of {values['minutes']}")
    if values["last_day"] < values["first_day"]:
        doing.add(row, "last_day", f"{values['last_day']} is before {values['first_day']}")


def _check_sessions(doing: _Import, wanted: Mapping[str, _Wanted], before: Mapping[str, Values]) -> None:
    """What people have in their calendars, or have been asked about, is not changed by a file."""
    for key, one in wanted.items():
        if key not in before:
            continue
        if before[key]["programme_id"] != doing.programme_id:
            doing.add(one.row, "id", f"{key} is a session of another programme; take another id")
        elif _changes(one.values, before[key]) and before[key]["state"] == "agreed":
            doing.add(one.row, None, f"{key} is agreed; call it off before you change it")
        elif _changes(one.values, before[key]) and before[key]["spoken_for"]:
            doing.add(one.row, None, f"{key} is part of a proposal; wait for the answer, or discard the plan")


# --- the four kinds ------------------------------------------------------------------------------


def _nothing_more(*_: Any) -> None:
    """Nothing that is agreed can stand against this sheet."""


_PARTS = {
    SheetKind.OFFICES: _Part(
        SHEETS[SheetKind.OFFICES],
        lambda doing: doing.offices,
        _nothing_more,
        _check_offices,
        lambda connection, _, new, changed: kept.write_offices(connection, new, changed),
        lambda values: f"{values['name']} ({values['timezone']})",
    ),
    SheetKind.ROOMS: _Part(
        SHEETS[SheetKind.ROOMS],
        lambda doing: doing.rooms,
        _fill_room,
        _check_rooms,
        lambda connection, _, new, changed: kept.write_rooms(connection, new, changed),
        lambda values: f"{values['name']} in {values['office']}, {values['capacity']} people",
    ),
    SheetKind.PEOPLE: _Part(
        SHEETS[SheetKind.PEOPLE],
        lambda doing: doing.people,
        _fill_person,
        _check_managers,
        kept.write_people,
        lambda values: f"{values['name']} ({_said('role', values['role'])})",
    ),
    SheetKind.SESSIONS: _Part(
        SHEETS[SheetKind.SESSIONS],
        lambda doing: kept.sessions(doing.connection),
        _fill_session,
        _check_sessions,
        kept.write_sessions,
        lambda values: f"{values['kind']} of {values['senior']}",
    ),
}
