"""A company that has grown: the rows of the small one many times over, written straight into the tables."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Table, func, insert, select

from tests.web.made_up import NOW
from web.site import Site
from web.store import tables as t

#: Of so many new people one is a senior; each senior has so many sessions, most of them over.
PEOPLE_A_SENIOR, SESSIONS_A_SENIOR, SEATS_A_SESSION = 10, 6, 4


def crowd(site: Site, people: int) -> None:
    """Add so many people with calendars, sessions, seats, proposals, requests, questions and mails."""
    with site.store.writing() as connection:
        _Crowd(connection, people).write()


class _Crowd:
    def __init__(self, connection: Connection, people: int) -> None:
        self._connection = connection
        self._like = _row(connection, t.person, email="aisha@example.org")
        self._priya = _row(connection, t.person, email="priya@example.org")["id"]
        self._programme = connection.execute(select(t.programme.c.id)).scalars().first()
        self._run = connection.execute(select(t.planning_run.c.id)).scalars().first()
        first = connection.execute(select(func.max(t.person.c.id))).scalar_one() + 1
        self._ids = list(range(first, first + people))
        self._seniors = self._ids[::PEOPLE_A_SENIOR]
        self._juniors = [who for who in self._ids if who not in set(self._seniors)]

    def write(self) -> None:
        self._people()
        self._calendars()
        sessions = self._sessions()
        self._seats(sessions)
        self._proposals(sessions)
        self._papers(sessions)

    def _add(self, table: Table, rows: list[dict[str, Any]]) -> None:
        if rows:
            self._connection.execute(insert(table), rows)

    def _people(self) -> None:
        seniors = set(self._seniors)
        self._add(
            t.person,
            [
                self._like | {"id": who, "email": f"p{who}@example.org", "name": f"Person {who}"}
                for who in self._ids
            ],
        )
        here = {"programme_id": self._programme}
        self._add(
            t.membership,
            [
                here | {"person_id": who, "role": "senior" if who in seniors else "junior"}
                for who in self._ids
            ],
        )
        joined = (NOW - timedelta(weeks=20)).date()
        self._add(
            t.participation,
            [
                here | {"person_id": who, "joined": joined, "cohort": f"c{who % 7}", "need": who % 9 + 1}
                for who in self._ids
            ],
        )
        self._add(t.person_office, [{"person_id": who, "office_id": "london"} for who in self._ids])

    def _calendars(self) -> None:
        day = timedelta(days=1)
        self._add(
            t.reading,
            [
                {
                    "person_id": who,
                    "read_at": NOW,
                    "window_start": NOW - day,
                    "window_end": NOW + 60 * day,
                    "warnings": [],
                    "reason": "the calendar is cut off" if who % 11 == 0 else None,
                    "in_office": [],
                }
                for who in self._ids
            ],
        )
        self._add(
            t.busy_interval,
            [
                {"person_id": who, "start": NOW + n * day, "end": NOW + n * day + day / 24, "kind": "busy"}
                for who in self._ids
                for n in range(3)
            ],
        )

    def _sessions(self) -> list[dict[str, Any]]:
        """Of every new senior, and as many of Priya's, that her own pages grow too."""
        like = _row(self._connection, t.session, state="agreed")
        rows = []
        for number, senior in enumerate([*self._seniors, *[self._priya] * len(self._seniors)]):
            for n in range(SESSIONS_A_SENIOR):
                key = f"crowd:{number}:{n}"
                over = n < SESSIONS_A_SENIOR - 2
                start = NOW + timedelta(
                    days=(n - SESSIONS_A_SENIOR) * 9 if over else 3 + n, minutes=number % 60
                )
                outcome = ("held", None, "fell_through")[n % 3] if over else None
                rows.append(like | {"id": key, "senior_id": senior, "start": start, "outcome": outcome})
        self._add(t.session, rows)
        return rows

    def _seats(self, sessions: list[dict[str, Any]]) -> None:
        aisha = self._like["id"]
        seats: dict[tuple[str, int], dict[str, Any]] = {}
        for number, session in enumerate(sessions):
            chosen = [self._juniors[(number * 3 + n) % len(self._juniors)] for n in range(SEATS_A_SESSION)]
            for who in {*chosen, aisha}:
                state = "waiting" if who % 5 == 0 and who != aisha else "invited"
                attendance = "came" if session["outcome"] == "held" else None
                seats[session["id"], who] = {
                    "session_id": session["id"],
                    "person_id": who,
                    "state": state,
                    "since": NOW - timedelta(days=30),
                    "attendance": attendance if state == "invited" else None,
                }
        self._add(t.seat, list(seats.values()))

    def _proposals(self, sessions: list[dict[str, Any]]) -> None:
        first = self._connection.execute(select(func.max(t.proposal.c.id))).scalar_one() + 1
        like = _row(self._connection, t.proposal, senior_id=self._priya)
        states = ("proposed", "approved", "expired", "skipped")
        ids = {session["id"]: first + number for number, session in enumerate(sessions)}
        self._add(
            t.proposal,
            [
                like
                | {
                    "id": ids[session["id"]],
                    "run_id": self._run,
                    "senior_id": session["senior_id"],
                    "day": session["start"].date(),
                    "state": states[number % len(states)],
                }
                for number, session in enumerate(sessions)
            ],
        )
        self._add(
            t.placement,
            [
                {
                    "proposal_id": ids[session["id"]],
                    "session_id": session["id"],
                    "start": session["start"],
                    "room_id": session["room_id"],
                }
                for session in sessions
            ],
        )

    def _papers(self, sessions: list[dict[str, Any]]) -> None:
        """Requests, questions, notes of the audit log, mails that could not be sent."""
        some = self._juniors[::5]
        self._add(
            t.private_request,
            [
                {
                    "programme_id": self._programme,
                    "person_id": who,
                    "about": "topic",
                    "text": "Databases, please.",
                    "created_at": NOW,
                }
                for who in some
            ],
        )
        self._add(
            t.audit_entry,
            [
                {
                    "at": NOW,
                    "actor_id": who,
                    "programme_id": self._programme,
                    "action": "seat.book",
                    "object": f"session:{sessions[0]['id']}",
                    "details": {},
                }
                for who in some
            ],
        )
        self._add(
            t.outbox,
            [
                {
                    "dedup": f"crowd:{who}",
                    "kind": "proposal",
                    "person_id": who,
                    "payload": {},
                    "message_id": f"<{who}@example.org>",
                    "created_at": NOW,
                    "next_attempt_at": NOW,
                    "state": "failed",
                    "error": "no such mailbox",
                }
                for who in some
            ],
        )


def _row(connection: Connection, table: Table, **where: object) -> Mapping[str, Any] | dict[str, Any]:
    """One row to make others of."""
    query = select(table).filter_by(**where).limit(1)
    return dict(connection.execute(query).mappings().one())
