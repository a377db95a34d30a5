"""What somebody's sessions came to, for their own eyes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, update

from planner.domain import SessionKind
from tests.web.company import a_company, member
from tests.web.history import History
from tests.web.made_up import JUNIORS, NOW, PRIYA, session
from web.errors import NotFound
from web.operations import recognition
from web.operations.recognition import Counts, Recognition, counted
from web.records import PastSeatRecord, PastSessionRecord, SaidRecord
from web.site import Site
from web.store import tables as t

WEEK = timedelta(weeks=1)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return a_company(tmp_path)


def first_free(site: Site, **days: date) -> None:
    """On which day each session would have been at its first free slot."""
    with site.store.writing() as connection:
        for key, day in days.items():
            values = {"session_id": key.replace("_", "-"), "way": "first_free", "day": day}
            connection.execute(insert(t.simpler_day).values(values))


def on_a_day_in_anyway(site: Site, key: str) -> None:
    with site.store.writing() as connection:
        whose = {"programme_id": member(site, "priya").programme_id, "senior_id": PRIYA.id}
        day = {"day": NOW.date(), "state": "approved", "created_at": NOW, "left_out": [], "facts": {}}
        added = insert(t.proposal).values(whose | day | {"in_anyway": True}).returning(t.proposal.c.id)
        values = {"proposal_id": connection.execute(added).scalar_one()}
        connection.execute(update(t.session).where(t.session.c.id == key).values(values))


def of(site: Site, name: str = "priya") -> Recognition:
    return recognition.of_senior(site, member(site, name), NOW)


def test_people_and_sessions_count_once_and_only_what_was_held(site: Site) -> None:
    was = History(site)
    was.session(NOW - WEEK, ["gita", "hal"])
    was.session(NOW - 2 * WEEK, ["gita"])
    was.session(NOW - 3 * WEEK, ["aisha"], "fell_through")
    was.session(NOW - 4 * WEEK, ["ben"], None)
    was.session(NOW - 5 * WEEK, ["dana", "emil"], dana="missed")
    was.session(NOW - 60 * WEEK, ["farid"])
    History(site, "marek").session(NOW - WEEK, ["chidi"])

    assert of(site) == Recognition(people=3, sessions=3, days_saved=None)


def test_office_days_saved_are_those_that_first_free_slots_would_have_taken_besides(site: Site) -> None:
    was, day = History(site), (NOW - WEEK).date()
    keys = [was.session(NOW - WEEK + timedelta(hours=n), ["gita"]) for n in range(3)]
    first_free(site, **{key.replace("-", "_"): day + timedelta(days=n) for n, key in enumerate(keys)})

    assert of(site).days_saved == 2


def test_a_day_of_which_nothing_is_known_is_compared_on_neither_side(site: Site) -> None:
    was, day = History(site), (NOW - WEEK).date()
    known = was.session(NOW - WEEK, ["gita"])
    was.session(NOW - 2 * WEEK, ["gita"])
    was.session(NOW - 2 * WEEK, ["gita"], online=True)
    first_free(site, **{known.replace("-", "_"): day})

    assert of(site).days_saved == 0


def test_days_on_which_one_is_in_anyway_are_saved_and_taken_by_nobody(site: Site) -> None:
    was, day = History(site), (NOW - WEEK).date()
    keys = [was.session(NOW - n * WEEK, ["gita"]) for n in (1, 2, 3)]
    on_a_day_in_anyway(site, keys[0])
    first_free(site, **{key.replace("-", "_"): day - timedelta(days=n) for n, key in enumerate(keys)})

    assert of(site).days_saved == 1  # three trips, and two were made

    with site.store.writing() as connection:
        connection.execute(
            update(t.simpler_day).where(t.simpler_day.c.session_id != keys[0]).values(day=None)
        )

    assert of(site).days_saved == 0  # one trip, and two were made


def test_what_the_first_free_slot_had_no_place_for_is_compared_on_neither_side(site: Site) -> None:
    key = History(site).session(NOW - WEEK, ["gita"])
    with site.store.writing() as connection:
        values = {"session_id": key, "way": "first_free", "placed": False}
        connection.execute(insert(t.simpler_day).values(values))

    assert of(site).days_saved is None


def test_no_day_saved_is_never_less_than_none(site: Site) -> None:
    was, day = History(site), (NOW - WEEK).date()
    keys = [was.session(NOW - n * WEEK, ["gita"]) for n in (1, 2)]
    first_free(site, **{key.replace("-", "_"): day for key in keys})

    assert of(site).days_saved == 0


def test_nobody_sees_it_but_the_senior_in_person(site: Site) -> None:
    priya = member(site, "priya")
    for by in (member(site, "ada"), member(site, "gita"), replace(priya, behind=JUNIORS[0])):
        with pytest.raises(NotFound):
            recognition.of_senior(site, by, NOW)


# --- agreed and held -----------------------------------------------------------------------------


def past(outcome: str | None, *said: str | None) -> PastSessionRecord:
    made = session(SessionKind.GROUP_LUNCH, 12, day=date(2027, 3, 2))
    at = datetime(2027, 3, 3, tzinfo=NOW.tzinfo)
    seats = (
        PastSeatRecord(JUNIORS[n], SaidRecord(what, PRIYA, at) if what else None)
        for n, what in enumerate(said)
    )
    return PastSessionRecord(made, SaidRecord(outcome, PRIYA, at) if outcome else None, tuple(seats))


@pytest.mark.parametrize(
    ("one", "became"),
    [
        (past("held", None, None), "held"),
        (past("held"), "held"),
        (past("held", "missed", None), "held"),
        (past("held", "missed"), "missed"),
        (past(None, "came", None), "held"),
        (past(None, None), "unsaid"),
        (past(None, "missed"), "unsaid"),
        (past("fell_through", "came"), "fell_through"),
    ],
)
def test_every_past_session_became_one_thing(one: PastSessionRecord, became: str) -> None:
    counts = counted([one])

    assert counts == replace(Counts(1, 0, 0, 0, 0), **{became: 1})
