"""Sessions that were, and offers that came to nothing, written straight into a small company's tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import count

from sqlalchemy import insert

from planner.domain import SessionKind
from tests.web.company import member
from tests.web.made_up import NOW
from web.site import Site
from web.store import tables as t

_NUMBERS = count()


@dataclass(frozen=True)
class History:
    """Of one senior's sessions with some of the company's juniors, by first name."""

    site: Site
    senior: str = "priya"

    def session(
        self,
        start: datetime,
        juniors: Sequence[str],
        outcome: str | None = "held",
        *,
        kind: SessionKind = SessionKind.GROUP_MENTORING,
        online: bool = False,
        state: str = "agreed",
        seat: str = "invited",
        **attended: str,
    ) -> str:
        """One that was agreed, its outcome, and who came or did not; its id."""
        key = f"was-{next(_NUMBERS)}"
        priya = member(self.site, self.senior)
        with self.site.store.writing() as connection:
            connection.execute(
                insert(t.session).values(
                    id=key,
                    programme_id=priya.programme_id,
                    kind=kind,
                    senior_id=priya.person.id,
                    seats_min=1,
                    seats_max=8,
                    minutes=60,
                    between_from="09:00",
                    between_to="18:00",
                    office_id=None if online else "london",
                    first_day=start.date(),
                    last_day=start.date() + timedelta(days=7),
                    state=state,
                    start=start if state == "agreed" else None,
                    seats_held=8,
                    outcome=outcome,
                )
            )
        if state == "agreed":
            self._seat(key, start, juniors, seat, attended)
        return key

    def _seat(
        self, session: str, start: datetime, juniors: Sequence[str], seat: str, attended: dict[str, str]
    ) -> None:
        rows = [
            {
                "session_id": session,
                "person_id": member(self.site, name).person.id,
                "state": seat,
                "since": start - timedelta(days=7),
                "attendance": attended.get(name),
            }
            for name in juniors
        ]
        with self.site.store.writing() as connection:
            connection.execute(insert(t.seat), rows)

    def offer(self, start: datetime, juniors: Sequence[str], became: str, **more: bool) -> None:
        """One that its senior was asked about, and did not agree to."""
        key = self.session(start, (), None, state="due", **more)  # type: ignore[arg-type]
        priya = member(self.site, self.senior)
        with self.site.store.writing() as connection:
            proposal = connection.execute(
                insert(t.proposal)
                .values(
                    programme_id=priya.programme_id,
                    senior_id=priya.person.id,
                    day=start.date(),
                    state=became,
                    created_at=NOW - timedelta(days=200),
                    left_out=[],
                    facts={},
                )
                .returning(t.proposal.c.id)
            ).scalar_one()
            placed = {"proposal_id": proposal, "session_id": key}
            connection.execute(insert(t.placement).values(start=start, **placed))
            connection.execute(
                insert(t.placement_junior),
                [{"person_id": member(self.site, name).person.id, **placed} for name in juniors],
            )


def joined(site: Site, day: date, **attributes: object) -> None:
    """Let everybody have joined on a day."""
    with site.store.writing() as connection:
        connection.execute(t.participation.update().values(joined=day, **attributes))


def participation(site: Site, name: str, **values: object) -> None:
    who = member(site, name)
    with site.store.writing() as connection:
        connection.execute(
            t.participation.update().where(t.participation.c.person_id == who.person.id).values(**values)
        )
