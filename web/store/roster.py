"""What can be imported, as it is kept: offices, rooms, people and sessions by their key.

Values are in the form of the sheets (`web.sheets.columns`): tuples, dates, mail addresses for people.
One query a table, however many rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, Table, bindparam, delete, insert, select, update

from web.sheets.columns import NO_ROOM, ONLINE
from web.store import tables as t
from web.store.calendars import PEOPLE, ROOMS, Owners, forget
from web.store.notices import forget_told

Values = Mapping[str, Any]

_OFFICE_COLUMNS = ("name", "timezone", "hours", "holidays")
_ROOM_COLUMNS = ("name", "capacity", "uses", "shared", "features", "email", "calendar")
_PERSON_COLUMNS = (
    "name",
    "timezone",
    "hours",
    "calendar",
    "days_in_anyway",
    "days_never",
    "room_needs",
    "max_office_days_per_week",
    "min_sessions_per_office_day",
    "max_minutes_per_day",
    "break_minutes",
    "travel_minutes",
    "max_sessions",
    "languages",
    "topics",
    "online_only",
    "formats_not",
    "eats",
)
_PARTICIPATION_COLUMNS = ("joined", "left", "paused_from", "paused_until", "cohort", "team", "need")
#: Of a person: words in no order, kept as lists.
_SETS = ("room_needs", "languages", "topics", "formats_not")
_SESSION_COLUMNS = ("kind", "title", "open_seats", "minutes", "first_day", "last_day", "weight")

#: States in which a session's facts are in somebody's hands.
SPOKEN_FOR = ("draft", "proposed", "checking")


# --- programmes ----------------------------------------------------------------------------------


def programmes(connection: Connection) -> dict[str, int]:
    return {row.name: row.id for row in connection.execute(select(t.programme).order_by(t.programme.c.id))}


def add_programme(connection: Connection, name: str, *, made_up: bool) -> int:
    connection.execute(insert(t.programme).values(name=name, made_up=made_up))
    return programmes(connection)[name]


def real_programmes(connection: Connection) -> list[str]:
    """The names of those that were not made in demo mode."""
    query = select(t.programme.c.name).where(~t.programme.c.made_up).order_by(t.programme.c.id)
    return list(connection.execute(query).scalars())


def has_made_up(connection: Connection) -> bool:
    made_up = select(t.programme.c.id).where(t.programme.c.made_up).limit(1)
    return connection.execute(made_up).first() is not None


def take_for_real(connection: Connection) -> None:
    connection.execute(update(t.programme).values(made_up=False))


# --- offices -------------------------------------------------------------------------------------


def offices(connection: Connection) -> dict[str, Values]:
    """Each with the days that somebody closed; holidays follow from its place."""
    c = t.office_closure.c
    closed: dict[str, dict[date, str]] = defaultdict(dict)
    for row in connection.execute(select(t.office_closure).where(~c.holiday).order_by(c.day)):
        closed[row.office_id][row.day] = row.reason
    return {
        row.id: {
            "name": row.name,
            "timezone": row.timezone,
            "hours": _hours(row.hours),
            "holidays": row.holidays,
            "closed": closed[row.id],
        }
        for row in connection.execute(select(t.office))
    }


def write_offices(connection: Connection, new: Mapping[str, Values], changed: Mapping[str, Values]) -> None:
    """A day that is to be closed takes the place of a holiday."""
    _write(connection, t.office, "id", new, changed, lambda values: _picked(values, _OFFICE_COLUMNS))
    rows = [
        {"office_id": key, "day": day, "reason": reason}
        for key, values in {**new, **changed}.items()
        for day, reason in values["closed"].items()
    ]
    c = t.office_closure.c
    its_own = delete(t.office_closure).where(c.office_id == bindparam("of"), ~c.holiday)
    _each(connection, its_own, [{"of": key} for key in changed])
    same_day = delete(t.office_closure).where(c.office_id == bindparam("of"), c.day == bindparam("on"))
    _each(connection, same_day, [{"of": row["office_id"], "on": row["day"]} for row in rows])
    _insert(connection, t.office_closure, rows)


# --- rooms ---------------------------------------------------------------------------------------


def rooms(connection: Connection) -> dict[str, Values]:
    return {
        row.id: {
            "office": row.office_id,
            "name": row.name,
            "capacity": row.capacity,
            "uses": frozenset(row.uses),
            "shared": row.shared,
            "features": frozenset(row.features),
            "email": row.email,
            "calendar": row.calendar,
        }
        for row in connection.execute(select(t.room))
    }


def write_rooms(connection: Connection, new: Mapping[str, Values], changed: Mapping[str, Values]) -> None:
    def kept(values: Values) -> dict[str, Any]:
        return {**_picked(values, _ROOM_COLUMNS), "office_id": values["office"]}

    _forget_other_calendars(connection, t.room, "id", ROOMS, changed)
    _write(connection, t.room, "id", new, changed, kept)


# --- people --------------------------------------------------------------------------------------


def person_ids(connection: Connection) -> dict[str, int]:
    return {row.email: row.id for row in connection.execute(select(t.person.c.email, t.person.c.id))}


def people(connection: Connection, programme_id: int | None) -> dict[str, Values]:
    """Everybody by mail address, with the roles they have in one programme and since when."""
    where = t.membership.c.programme_id == programme_id
    roles = _many(connection, select(t.membership.c.person_id, t.membership.c.role).where(where))
    works_in = _many(connection, select(t.person_office))
    part = t.participation
    takes_part = {
        row.person_id: row
        for row in connection.execute(select(part).where(part.c.programme_id == programme_id))
    }
    rows = connection.execute(select(t.person)).all()
    emails = {row.id: row.email for row in rows}
    return {
        row.email: {
            **{name: getattr(row, name) for name in _PERSON_COLUMNS},
            **{name: getattr(takes_part.get(row.id), name, None) for name in _PARTICIPATION_COLUMNS},
            "own_choices": frozenset(row.own_choices),
            "hours": _hours(row.hours),
            "days_in_anyway": tuple(row.days_in_anyway),
            "days_never": tuple(row.days_never),
            "role": frozenset(roles[row.id]),
            "offices": frozenset(works_in[row.id]),
            "manager": emails.get(row.manager_id),
            "cohort": takes_part[row.id].cohort if row.id in takes_part else "",
            "team": takes_part[row.id].team if row.id in takes_part else "",
            "need": takes_part[row.id].need if row.id in takes_part else 1,
            **{name: frozenset(getattr(row, name)) for name in _SETS},
        }
        for row in rows
    }


def roles_elsewhere(connection: Connection, programme_id: int | None) -> dict[str, frozenset[str]]:
    """By mail address what people are in other programmes than this one."""
    m, p = t.membership.c, t.person.c
    query = select(p.email, m.role).join(t.person, p.id == m.person_id)
    if programme_id is not None:
        query = query.where(m.programme_id != programme_id)
    found: dict[str, set[str]] = defaultdict(set)
    for row in connection.execute(query):
        found[row.email].add(row.role)
    return {email: frozenset(roles) for email, roles in found.items()}


def write_people(
    connection: Connection, programme_id: int, new: Mapping[str, Values], changed: Mapping[str, Values]
) -> None:
    forget_told(connection, _forget_other_calendars(connection, t.person, "email", PEOPLE, changed))
    _write(connection, t.person, "email", new, changed, lambda values: _picked(values, _PERSON_COLUMNS))
    ids = person_ids(connection)
    written = {ids[email]: values for email, values in {**new, **changed}.items()}
    _write_managers(connection, {key: ids.get(values["manager"]) for key, values in written.items()})
    before = [ids[email] for email in changed]
    _replace(
        connection,
        t.person_office,
        "person_id",
        before,
        (
            {"person_id": key, "office_id": one}
            for key, values in written.items()
            for one in sorted(values["offices"])
        ),
    )
    for table in (t.membership, t.participation):
        _leave(connection, table, programme_id, before)
    _insert(
        connection,
        t.membership,
        (
            {"programme_id": programme_id, "person_id": key, "role": role}
            for key, values in written.items()
            for role in sorted(values["role"])
        ),
    )
    _insert(
        connection,
        t.participation,
        (
            {"programme_id": programme_id, "person_id": key, **_picked(values, _PARTICIPATION_COLUMNS)}
            for key, values in written.items()
        ),
    )


def forget_own_choices(connection: Connection, columns: Mapping[int, Collection[str]]) -> None:
    """These columns are no longer what their people set themselves; by the person's id."""
    p = t.person
    rows = connection.execute(select(p.c.id, p.c.own_choices).where(p.c.id.in_(list(columns)))).all()
    left = [{"of": row.id, "left": sorted({*row.own_choices} - {*columns[row.id]})} for row in rows]
    if left:
        connection.execute(
            update(p).where(p.c.id == bindparam("of")).values(own_choices=bindparam("left")), left
        )


def _write_managers(connection: Connection, managers: Mapping[int, int | None]) -> None:
    """Once everybody of a file is there: a report may stand in it before their manager."""
    if managers:
        statement = update(t.person).where(t.person.c.id == bindparam("of"))
        rows = [{"of": key, "manager_id": manager} for key, manager in managers.items()]
        connection.execute(statement, rows)


def _leave(connection: Connection, table: Table, programme_id: int, ids: Sequence[int]) -> None:
    if ids:
        gone = delete(table).where(table.c.person_id == bindparam("of"), table.c.programme_id == programme_id)
        connection.execute(gone, [{"of": key} for key in ids])


# --- sessions ------------------------------------------------------------------------------------


def sessions(connection: Connection) -> dict[str, Values]:
    """Every session; `programme_id`, `state` and `spoken_for` say whether its row may change; those
    that are `by_rule` stand in no sheet."""
    c, p = t.candidate.c, t.person.c
    called: dict[str, list[str]] = defaultdict(list)
    needed: dict[str, set[str]] = defaultdict(set)
    for row in connection.execute(
        select(c.session_id, c.required, p.email)
        .join(t.person, p.id == c.person_id)
        .order_by(c.session_id, c.position)
    ):
        called[row.session_id].append(row.email)
        if row.required:
            needed[row.session_id].add(row.email)
    spoken_for = set(
        connection.execute(
            select(t.placement.c.session_id)
            .join(t.proposal, t.proposal.c.id == t.placement.c.proposal_id)
            .where(t.proposal.c.state.in_(SPOKEN_FOR))
        ).scalars()
    )
    return {
        row.id: _session(row, tuple(called[row.id]), frozenset(needed[row.id]), row.id in spoken_for)
        for row in connection.execute(
            select(t.session, p.email).join(t.person, p.id == t.session.c.senior_id)
        )
    }


def _session(row: Row[Any], called: tuple[str, ...], needed: frozenset[str], spoken_for: bool) -> Values:
    return {
        **{name: getattr(row, name) for name in _SESSION_COLUMNS},
        "senior": row.email,
        "juniors": called,
        "required": needed,
        "seats": (row.seats_min, row.seats_max),
        "between": (row.between_from, row.between_to),
        "office": row.office_id or ONLINE,
        "room_use": row.room_use or NO_ROOM,
        "programme_id": row.programme_id,
        "state": row.state,
        "spoken_for": spoken_for,
        "by_rule": row.by_rule,
    }


def write_sessions(
    connection: Connection, programme_id: int, new: Mapping[str, Values], changed: Mapping[str, Values]
) -> None:
    ids = person_ids(connection)

    def kept(values: Values) -> dict[str, Any]:
        return {
            **_picked(values, _SESSION_COLUMNS),
            "programme_id": programme_id,
            "senior_id": ids[values["senior"]],
            "seats_min": values["seats"][0],
            "seats_max": values["seats"][1],
            "between_from": values["between"][0],
            "between_to": values["between"][1],
            "office_id": None if values["office"] == ONLINE else values["office"],
            "room_use": None if values["room_use"] == NO_ROOM else values["room_use"],
        }

    _write(connection, t.session, "id", new, changed, kept)
    _replace(
        connection,
        t.candidate,
        "session_id",
        changed,
        (
            {
                "session_id": key,
                "person_id": ids[email],
                "required": email in values["required"],
                "position": position,
            }
            for key, values in {**new, **changed}.items()
            for position, email in enumerate(values["juniors"])
        ),
    )


def agreed_in_offices(
    connection: Connection, ids: Collection[str], now: datetime
) -> Sequence[Row[*tuple[Any, ...]]]:
    """Agreed sessions to come in some offices: office_id, id, title, start, minutes."""
    s = t.session.c
    return connection.execute(
        select(s.office_id, s.id, s.title, s.start, s.minutes)
        .where(s.office_id.in_(ids), s.state == "agreed", s.start > now)
        .order_by(s.start, s.id)
    ).all()


# --- the one way in ------------------------------------------------------------------------------


def _write(
    connection: Connection,
    table: Table,
    key: str,
    new: Mapping[str, Values],
    changed: Mapping[str, Values],
    kept: Callable[[Values], dict[str, Any]],
) -> None:
    _insert(connection, table, ({key: name, **kept(values)} for name, values in new.items()))
    rows = [{"the_key": name, **kept(values)} for name, values in changed.items()]
    if rows:
        connection.execute(update(table).where(table.c[key] == bindparam("the_key")), rows)


def _forget_other_calendars(
    connection: Connection, table: Table, key: str, owners: Owners, changed: Mapping[str, Values]
) -> list[Any]:
    """What one calendar said is not true of another one; whose calendar it now is."""
    rows = connection.execute(
        select(table.c.id, table.c[key].label("the_key"), table.c.calendar).where(
            table.c[key].in_(list(changed))
        )
    )
    other = [row.id for row in rows if row.calendar != changed[row.the_key]["calendar"]]
    forget(connection, owners, other)
    return other


def _insert(connection: Connection, table: Table, rows: Iterable[Mapping[str, Any]]) -> None:
    if listed := [dict(row) for row in rows]:
        connection.execute(insert(table), listed)


def _replace(
    connection: Connection,
    table: Table,
    owner: str,
    owners: Collection[Any],
    rows: Iterable[Mapping[str, Any]],
) -> None:
    """Write the rows that belong to somebody, in place of those that `owners` had."""
    if owners:
        gone = delete(table).where(table.c[owner] == bindparam("of"))
        connection.execute(gone, [{"of": key} for key in owners])
    _insert(connection, table, rows)


def _each(connection: Connection, statement: Any, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(statement, rows)


def _many(connection: Connection, query: Any) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    for key, value in connection.execute(query):
        found[key].append(value)
    return found


def _hours(kept: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, str]]:
    return {day: (both[0], both[1]) for day, both in kept.items()}


def _picked(values: Values, names: Iterable[str]) -> dict[str, Any]:
    kept = {name: values[name] for name in names}
    return {name: sorted(one) if isinstance(one, frozenset) else one for name, one in kept.items()}
