"""Who is what in a programme: for its admins to see, and to change with everybody's knowledge.

Roles are read anew for every request, so that one that is taken, or a programme that is left, ends what
somebody may do at their next click. A programme always keeps an admin.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from planner.lifecycle import ProposalState
from web import words
from web.errors import Misfilled, NotFound, Refused
from web.notify import NoteLetter
from web.operations import audit, departures, erasure, events, outbox, preferences, roles, signin
from web.operations.access import TAKES_PART_ELSEWHERE, beyond, need_all_programmes, need_role
from web.operations.departures import Departed
from web.records import Member, PersonPageRecord, PersonRef, RosterPageRecord, RosterRecord
from web.sheets.cells import mailbox, timezone
from web.sheets.columns import PEOPLE, ProgrammeRole
from web.site import Site
from web.store import assistants, never_pairs, people, proposals, roster
from web.store import membership as kept
from web.store import tables as t
from web.store.membership import Listed
from web.store.tables import AnyRow

#: People on one page of the list.
A_PAGE = 50

#: People of whom one statement asks at most: databases take only so many values.
A_FILE = 10_000

#: Days of a senior that are on their page.
_AHEAD = (ProposalState.PROPOSED, ProposalState.CHECKING, ProposalState.APPROVED)

ADMIN_OF_ALL = "An admin of all their programmes can do it; officeday new-admin makes one."

LAST_ADMIN = "A programme keeps an admin, and this is its last one. Make somebody else an admin first."


# --- the list ------------------------------------------------------------------------------------


def listed(site: Site, by: Member, show: str, wanted: str, page: int) -> RosterPageRecord:
    """Those who fit, a page at a time.

    Args:
        show: "problems" (calendars that could not be read), a role, or anything else for everybody.
        wanted: part of a name or address.
        page: 1 is the first; beyond the last one, the last.
    """
    need_role(by, "admin")
    with site.store.reading() as connection:
        everybody = kept.everybody(connection, by.programme_id)
        fit = [each for each in everybody if _fits(each, show, wanted.casefold())]
        pages = max(1, -(-len(fit) // A_PAGE))
        page = min(max(page, 1), pages)
        some = kept.records(connection, fit[(page - 1) * A_PAGE : page * A_PAGE])
    audit.look(site, by, "read.roster")
    problems = sum(each.problem for each in everybody)
    return RosterPageRecord(some, len(fit), len(everybody), problems, page, pages)


def all_listed(site: Site, by: Member, show: str, wanted: str) -> tuple[RosterRecord, ...]:
    """Everybody who fits, on however many pages they are listed; for a file."""
    need_role(by, "admin")
    with site.store.reading() as connection:
        everybody = kept.everybody(connection, by.programme_id)
        fit = [each for each in everybody if _fits(each, show, wanted.casefold())]
        chunks = [fit[at : at + A_FILE] for at in range(0, len(fit), A_FILE)]
        found = [each for some in chunks for each in kept.records(connection, some)]
    audit.look(site, by, "read.roster_export")
    return tuple(found)


def _fits(each: Listed, show: str, wanted: str) -> bool:
    if show == "problems" and not each.problem:
        return False
    if show in tuple(ProgrammeRole) and show not in each.roles:
        return False
    return wanted in f"{each.person.name} {each.person.email}".casefold()


# --- one of them ---------------------------------------------------------------------------------


def one(site: Site, person_id: int, by: Member, now: datetime) -> PersonPageRecord:
    """Everything that an admin may see of somebody in their programme."""
    with site.store.reading() as connection:
        row = _row(connection, person_id, by)
        person = people.ref(row)
        found = _page(connection, row, person, by, now)
    audit.look(site, by, "read.person", f"person:{person_id}", subject_id=person_id)
    return found


def _row(connection: Connection, person_id: int, by: Member) -> AnyRow:
    need_role(by, "admin")
    row = kept.one(connection, by.programme_id, person_id)
    if row is None:
        raise NotFound
    return row


def _page(
    connection: Connection, row: AnyRow, person: PersonRef, by: Member, now: datetime
) -> PersonPageRecord:
    has = kept.roles(connection, by.programme_id, person.id)
    today = _today(person, now)
    paused = row.paused_until is not None and row.paused_until >= today
    (read,) = kept.everybody(connection, by.programme_id, person.id)
    return PersonPageRecord(
        person=person,
        roles=has,
        offices=kept.office_names(connection, [person.id]).get(person.id, ()),
        calendar=read.calendar,
        read_at=read.read_at,
        reason=read.reason,
        cohort=row.cohort or "",
        team=row.team or "",
        joined=row.joined,
        left=row.left,
        paused=(row.paused_from, row.paused_until) if paused else None,
        manager=people.refs(connection, [row.manager_id]).get(row.manager_id) if row.manager_id else None,
        is_beyond=bool(beyond(connection, by, now, [person.id])),
        never_with=_never_with(connection, person.id, by),
        assistants=assistants.of_senior(connection, person.id),
        preferences=preferences.record(connection, person, has, now),
        days=tuple(proposals.records(connection, _days_ahead(by.programme_id, person.id, today))),
    )


def _days_ahead(programme_id: int, senior_id: int, today: date) -> Any:
    p = t.proposal.c
    mine = (p.programme_id == programme_id) & (p.senior_id == senior_id)
    return mine & p.state.in_(_AHEAD) & (p.day >= today)


def _today(person: PersonRef, now: datetime) -> date:
    return now.astimezone(ZoneInfo(person.timezone)).date()


# --- roles ---------------------------------------------------------------------------------------


def set_roles(site: Site, person_id: int, wanted: frozenset[str], by: Member, now: datetime) -> None:
    """Give and take roles in this programme. They hear of it by mail; it counts at their next click.

    Raises:
        Refused: it would leave the programme without an admin, or take a role with sessions to come.
    """
    with site.store.writing() as connection:
        person = people.ref(_row(connection, person_id, by))
        before = kept.roles(connection, by.programme_id, person.id)
        if wanted == before:
            return
        if "admin" in before - wanted:
            _need_another_admin(connection, person, by, now)
        taken = before - wanted
        if why := roles.still_ahead(connection, by.programme_id, person.id, person.name, taken, now):
            raise Refused(why)
        _write_roles(connection, person, wanted, by, now)
        signin.end_without_way_in(connection, person.id, now)
        _take_part(connection, person, by, now)
        audit.note(connection, now, by, "membership.roles", subject_id=person.id, roles=len(wanted))
        _tell(connection, site, person, _of_roles(wanted, by), by, now)
    outbox.wake(site, now)


def _write_roles(
    connection: Connection, person: PersonRef, wanted: frozenset[str], by: Member, now: datetime
) -> None:
    everywhere = roles.everywhere(connection, person.id)
    kept.write_roles(connection, by.programme_id, person.id, wanted)
    if not beyond(connection, by, now, [person.id]):
        roles.settle_fewest(connection, person.id, everywhere)


def _need_another_admin(connection: Connection, person: PersonRef, by: Member, now: datetime) -> None:
    if not kept.admins(connection, by.programme_id, now.date()) - {person.id}:
        raise Refused(LAST_ADMIN)


def _take_part(connection: Connection, person: PersonRef, by: Member, now: datetime) -> None:
    row = kept.one(connection, by.programme_id, person.id)
    if row is None or row.joined is None:
        values = {"joined": _today(person, now)}
        kept.write_participation(connection, by.programme_id, person.id, values)


def _of_roles(wanted: frozenset[str], by: Member) -> tuple[str, ...]:
    if not wanted:
        return (f"You have no role in {by.programme_name} any more.",)
    return (f"In {by.programme_name} you are {words.listed([_ROLES[role] for role in sorted(wanted)])} now.",)


_ROLES = {"senior": "a senior, who mentors", "junior": "a junior, who is mentored", "admin": "an admin"}


def _tell(
    connection: Connection, site: Site, person: PersonRef, says: tuple[str, ...], by: Member, now: datetime
) -> None:
    if person.id != by.person.id:
        letter = NoteLetter(
            f"{by.person.name} changed what you are in {by.programme_name}", says, "Have a look", "/"
        )
        outbox.tell(connection, site, person, None, letter, now)


# --- facts ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Facts:
    """What an admin typed of somebody's part in the programme."""

    joined: date
    cohort: str
    team: str
    manager: str  #: mail address; empty: none is known


def change_facts(site: Site, person_id: int, facts: Facts, by: Member, now: datetime) -> None:
    """Since when somebody takes part, with whom they learn, where they work, and who manages them.

    Raises:
        Misfilled: every mistake, by field.
        Refused: another manager, of somebody who is in a programme, too, that the admin does not run.
    """
    with site.store.writing() as connection:
        row = _row(connection, person_id, by)
        mistakes: dict[str, str] = {}
        if row.left is not None and facts.joined > row.left:
            mistakes["joined"] = f"They leave on {row.left}, so they did not join after it."
        manager = _somebody(connection, facts.manager, "manager", mistakes) if facts.manager else None
        if manager is not None and manager.id == person_id:
            mistakes["manager"] = "Nobody is their own manager."
        if len(facts.cohort) > 24:
            mistakes["cohort"] = "Please keep this under 24 characters."
        elif set(facts.cohort) & set(",;"):
            mistakes["cohort"] = "One cohort each. Please name the one they learn with."
        if mistakes:
            raise Misfilled(mistakes)
        manager_id = manager.id if manager else None
        if manager_id != row.manager_id:
            need_all_programmes(connection, by, person_id, now)
        values = {"joined": facts.joined, "cohort": facts.cohort, "team": facts.team}
        kept.write_participation(connection, by.programme_id, person_id, values)
        kept.write_manager(connection, person_id, manager_id)
        audit.note(connection, now, by, "membership.facts", subject_id=person_id)


def _somebody(connection: Connection, email: str, field: str, mistakes: dict[str, str]) -> PersonRef | None:
    try:
        found = people.by_email(connection, mailbox(email))
    except ValueError as why:
        mistakes[field] = f"Please {why}."
        return None
    if found is None:
        mistakes[field] = "Nobody is known by this address here. Add them first."
    return found


# --- who never meets -----------------------------------------------------------------------------


def keep_apart(site: Site, person_id: int, email: str, by: Member, now: datetime) -> Departed:
    """Bring these two together no more, in any programme, in what is agreed already either.

    Nobody but admins can see it. Who loses a session by it is told that, and not why.
    """
    with site.store.writing() as connection:
        _row(connection, person_id, by)
        need_all_programmes(connection, by, person_id, now, ADMIN_OF_ALL)
        mistakes: dict[str, str] = {}
        other = _somebody(connection, email, "never_with", mistakes)
        if other is not None and other.id == person_id:
            mistakes["never_with"] = "This is their own address. Please give somebody else's."
        elif other is not None and other in _never_with(connection, person_id, by):
            mistakes["never_with"] = f"{other.name} is among them already."
        if mistakes or other is None:
            raise Misfilled(mistakes)
        parted = departures.part(connection, site, person_id, other.id, now)
        audit.note(connection, now, by, "membership.keep_apart", subject_id=person_id)
    outbox.wake(site, now)
    return parted


def _never_with(connection: Connection, person_id: int, by: Member) -> tuple[PersonRef, ...]:
    """Whom an admin keeps somebody apart from; nobody learns it of themselves, admin or not."""
    if person_id == by.person.id:
        return ()
    return tuple(one for one in never_pairs.of_person(connection, person_id) if one.id != by.person.id)


def let_meet(site: Site, person_id: int, other_id: int, by: Member, now: datetime) -> None:
    with site.store.writing() as connection:
        _row(connection, person_id, by)
        need_all_programmes(connection, by, person_id, now, ADMIN_OF_ALL)
        if by.person.id in (person_id, other_id) or not never_pairs.remove(connection, person_id, other_id):
            raise NotFound
        audit.note(connection, now, by, "membership.let_meet", subject_id=person_id)


# --- pausing and leaving -------------------------------------------------------------------------


def would_depart(
    site: Site, person_id: int, first: date, last: date | None, by: Member, now: datetime
) -> Departed:
    """What it would do if somebody left on a day, or paused to another one (`last`); nothing is done."""
    with site.store.reading() as connection:  # what is written in here is thrown away
        return _depart(connection, site, person_id, first, last, by, now)


def depart(site: Site, person_id: int, first: date, last: date | None, by: Member, now: datetime) -> Departed:
    """Let somebody leave this programme from a day on, or pause in it to another one (`last`).

    They are told, and so is everybody whose sessions change.

    Raises:
        Misfilled: days that cannot be, by field.
        Refused: it is the last admin who would leave.
    """
    with site.store.writing() as connection:
        done = _depart(connection, site, person_id, first, last, by, now)
        verb = "leave" if last is None else "pause"
        audit.note(connection, now, by, f"membership.{verb}", subject_id=person_id)
    outbox.wake(site, now)
    return done


def _depart(
    connection: Connection,
    site: Site,
    person_id: int,
    first: date,
    last: date | None,
    by: Member,
    now: datetime,
) -> Departed:
    row = _row(connection, person_id, by)
    person = people.ref(row)
    _check_days(person, row, first, last, now)
    if last is None and "admin" in kept.roles(connection, by.programme_id, person_id):
        _need_another_admin(connection, person, by, now)
    return departures.depart(connection, site, by.programme_id, [person_id], first, now, until=last)


def _check_days(person: PersonRef, row: AnyRow, first: date, last: date | None, now: datetime) -> None:
    mistakes = {}
    field = "left" if last is None else "paused_from"
    if first < _today(person, now):
        mistakes[field] = "Please take today or a day to come."
    elif last is None and row.joined is not None and first < row.joined:
        mistakes[field] = f"They join on {row.joined}, so they do not leave before it."
    if last is not None and last < first:
        mistakes["paused_until"] = "The last day comes before the first one."
    if mistakes:
        raise Misfilled(mistakes)


def come_back(site: Site, person_id: int, by: Member, now: datetime) -> None:
    """Undo a leaving or a pause: they are planned for again from the next plan on."""
    with site.store.writing() as connection:
        row = _row(connection, person_id, by)
        signin.end_of_leavers(connection, now)
        values = {
            "joined": row.joined or _today(people.ref(row), now),
            "left": None,
            "paused_from": None,
            "paused_until": None,
        }
        kept.write_participation(connection, by.programme_id, person_id, values)
        audit.note(connection, now, by, "membership.come_back", subject_id=person_id)
        events.want(connection, site, None, now)


# --- inviting and adding -------------------------------------------------------------------------


def invite(site: Site, person_id: int, by: Member, now: datetime) -> PersonRef:
    """Mail somebody what this is and where to sign in."""
    with site.store.writing() as connection:
        person = people.ref(_row(connection, person_id, by))
        _invite(connection, site, person, by, now)
        audit.note(connection, now, by, "membership.invite", subject_id=person_id)
    outbox.wake(site, now)
    return person


def _invite(connection: Connection, site: Site, person: PersonRef, by: Member, now: datetime) -> None:
    letter = NoteLetter(
        f"You are in {by.programme_name}",
        (
            f"{by.person.name} invites you to {site.config.site.name}: look at your days and sessions, and "
            "say what you would like a plan to keep to.",
            f"Sign in with this address, {person.email}. Nothing is expected of you until you are asked.",
        ),
        "Sign in",
        "/sign-in",
    )
    outbox.tell(connection, site, person, None, letter, now)


@dataclass(frozen=True, slots=True)
class NewPerson:
    """What an admin typed of somebody who is to be in the programme."""

    email: str
    name: str
    roles: frozenset[str]  #: may be empty: an assistant needs none
    office: str  #: id; empty: online only
    timezone: str  #: empty: that of the office
    invite: bool


def add(site: Site, new: NewPerson, by: Member, now: datetime) -> int:
    """Let somebody into the programme; who is known from another one stays as they are. Their id.

    Raises:
        Misfilled: every mistake, by field; also that they take part in a programme that `by` does not run.
    """
    need_role(by, "admin")
    with site.store.writing() as connection:
        email, zone = _checked(connection, site, new, by, now)
        person = people.by_email(connection, email)
        if person is None:
            values = as_imported(new, zone, now)
            roster.write_people(connection, by.programme_id, {email: values}, {})
            person = people.by_email(connection, email)
            if person is None:
                raise NotFound
        else:
            _write_roles(connection, person, new.roles, by, now)
            _take_part(connection, person, by, now)
        audit.note(connection, now, by, "membership.add", subject_id=person.id, roles=len(new.roles))
        if new.invite:
            _invite(connection, site, person, by, now)
    outbox.wake(site, now)
    return person.id


def _checked(
    connection: Connection, site: Site, new: NewPerson, by: Member, now: datetime
) -> tuple[str, str]:
    """The address and zone in the form they are kept in."""
    mistakes: dict[str, str] = {}
    email, zone = new.email, new.timezone
    try:
        email = mailbox(new.email)
    except ValueError as why:
        mistakes["email"] = f"Please {why}."
    known = people.by_email(connection, email)
    if known is not None and kept.one(connection, by.programme_id, known.id) is not None:
        mistakes["email"] = f"{known.name} is in this programme already."
    elif known is not None and beyond(connection, by, now, [known.id]):
        mistakes["email"] = f"Whoever has this address {TAKES_PART_ELSEWHERE}."
    elif known is None and erasure.tombstones(site.config).has(email):
        mistakes["email"] = (
            "Whoever has this address was erased. With their consent, import them with --again."
        )
    offices = roster.offices(connection)
    if new.office and new.office not in offices:
        mistakes["office"] = "Please choose one of the offices."
    elif not zone:
        zone = offices[new.office]["timezone"] if new.office else ""
    try:
        timezone(zone)
    except ValueError:
        mistakes["timezone"] = "Please give an IANA zone, such as Europe/London."
    if mistakes:
        raise Misfilled(mistakes)
    return email, zone


def as_imported(new: NewPerson, zone: str, now: datetime) -> Mapping[str, Any]:
    """What an import would make of these cells and no others."""
    values = {column.name: column.empty for column in PEOPLE[1:]}
    return values | {
        "name": new.name,
        "role": new.roles,
        "offices": frozenset({new.office} if new.office else ()),
        "timezone": zone,
        "min_sessions_per_office_day": preferences.worth_a_trip(new.roles),
        "joined": now.astimezone(ZoneInfo(zone)).date(),
    }


def offices(site: Site, by: Member) -> Mapping[str, str]:
    """By id their names."""
    need_role(by, "admin")
    with site.store.reading() as connection:
        return {key: values["name"] for key, values in roster.offices(connection).items()}
