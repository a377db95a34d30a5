"""Why a proposal is not held on another day: who may ask, and what each is told."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

from planner.domain import Placement
from tests.web.company import FIRST_DAY, JUNIORS, LAST_DAY, a_company, at, member, write_calendar
from tests.web.made_up import NOW
from tests.web.pages.persons import WEDNESDAY, draft_a_day, mailed_path, propose_a_day
from web.errors import NotFound
from web.operations import calendars, proposals
from web.site import Site
from web.store import proposals as kept
from web.store import tables as t
from web.store.proposals import Facts, NewProposal

TUESDAY, THURSDAY = date(2027, 3, 9), date(2027, 3, 11)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = a_company(tmp_path)
    calendars.sync(site, None, NOW)
    return site


def busy_on(site: Site, folder: Path, day: date, *names: str) -> None:
    start = datetime(day.year, day.month, day.day, 7, tzinfo=NOW.tzinfo)
    for name in names:
        write_calendar(folder, name, [(start, start + timedelta(hours=13))])
    calendars.sync(site, None, NOW)


def told(site: Site, proposal_id: int, day: date | None, who: str = "priya") -> tuple[str, ...]:
    return proposals.why_not(site, proposal_id, day, member(site, who)).says


def test_without_a_day_only_the_days_to_ask_about_are_told(site: Site) -> None:
    asked = proposals.why_not(site, propose_a_day(site), None, member(site, "priya"))

    assert (asked.first_day, asked.last_day, asked.day, asked.says) == (FIRST_DAY, LAST_DAY, None, ())


def test_days_that_are_over_cannot_be_asked_about(site: Site) -> None:
    proposal = propose_a_day(site)

    later = at(site, NOW + timedelta(days=4))
    asked = proposals.why_not(later, proposal, TUESDAY, member(site, "priya"))

    assert asked.first_day == (NOW + timedelta(days=5)).date()
    assert asked.says == (
        "this plan looks at the days from Wednesday 10 March to Friday 19 March; "
        "please ask about one of them",
    )


def test_a_day_that_would_work_says_so(site: Site) -> None:
    could, cost = told(site, propose_a_day(site), TUESDAY)

    assert could.startswith("3 of 3 sessions could be held on 9 March (")
    assert "Lunch for two at 12:00" in could
    assert cost == "it would take no more trips, and nobody would lose a turn"


def test_the_proposed_day_itself_is_told_to_be_proposed(site: Site) -> None:
    assert told(site, propose_a_day(site), WEDNESDAY) == (
        "Group mentoring at 9:30, Lunch for two at 12:00 and Co-working at 13:00 "
        "are proposed for 10 March already",
    )


def test_a_senior_is_told_their_own_calendar_in_their_own_words(site: Site, tmp_path: Path) -> None:
    proposal = propose_a_day(site)
    busy_on(site, tmp_path, TUESDAY, "priya")

    said = told(site, proposal, TUESDAY)

    assert said[0] == "none of the sessions could be held on 9 March"
    assert all("you have no free" in each and "(busy)" in each for each in said[1:])
    assert len(said) == 4


def test_a_busy_junior_is_named_neither_to_the_senior_nor_to_the_admin(site: Site, tmp_path: Path) -> None:
    proposal = propose_a_day(site)
    busy_on(site, tmp_path, TUESDAY, *JUNIORS)

    to_senior = " ".join(told(site, proposal, TUESDAY))
    in_full = " ".join(proposals.why_not_in_full(site, proposal, TUESDAY, member(site, "ada")).says)

    assert "Lunch for two at 12:00: you and the person who should be there are never free" in to_senior
    assert not any(name.title() in to_senior or name in to_senior for name in JUNIORS)
    assert "Lunch for two at 12:00: the people needed for it are never free together" in in_full
    assert not any(name.title() in in_full for name in JUNIORS)


def test_only_the_senior_may_ask_and_in_full_only_an_admin_of_the_programme(site: Site) -> None:
    proposal = propose_a_day(site)
    for who in ("marek", "aisha", "ada"):
        with pytest.raises(NotFound):
            proposals.why_not(site, proposal, TUESDAY, member(site, who))
    for who in ("priya", "aisha"):
        with pytest.raises(NotFound):
            proposals.why_not_in_full(site, proposal, TUESDAY, member(site, who))
        with pytest.raises(NotFound):
            proposals.open_of_run(site, 1, member(site, who))
    with pytest.raises(NotFound):
        proposals.why_not_in_full(site, 999, TUESDAY, member(site, "ada"))
    with site.store.writing() as connection:
        other = connection.execute(
            insert(t.programme).values(name="Another").returning(t.programme.c.id)
        ).scalar_one()
        connection.execute(update(t.proposal).values(programme_id=other))
    with pytest.raises(NotFound):
        proposals.why_not_in_full(site, proposal, TUESDAY, member(site, "ada"))


def test_a_draft_is_the_admins_to_ask_about_and_not_its_seniors_yet(site: Site) -> None:
    run_id = draft_a_day(site)
    (draft,) = proposals.open_of_run(site, run_id, member(site, "ada"))

    with pytest.raises(NotFound):
        proposals.why_not(site, draft.id, TUESDAY, member(site, "priya"))
    could, _ = proposals.why_not_in_full(site, draft.id, TUESDAY, member(site, "ada")).says
    assert could.startswith("3 of 3 sessions could be held on 9 March")


def test_the_other_drafts_of_a_run_stand_while_one_is_asked_about(site: Site) -> None:
    """Marek's draft has Priya's only two co-workers in his own session all Tuesday."""
    run_id = draft_a_day(site)
    with site.store.writing() as connection:
        row = connection.execute(select(t.session).where(t.session.c.id == "desk")).one()
        marek = member(site, "marek")
        values = dict(row._mapping) | {
            "id": "all-day",
            "senior_id": marek.person.id,
            "minutes": 480,
            "between_from": "09:00",
            "between_to": "18:00",
        }
        connection.execute(insert(t.session).values(values))
        crowd = connection.execute(select(t.candidate).where(t.candidate.c.session_id == "desk")).all()
        connection.execute(
            insert(t.candidate), [dict(each._mapping) | {"session_id": "all-day"} for each in crowd]
        )
        start = datetime(2027, 3, 9, 9, 30, tzinfo=NOW.tzinfo)
        placement = Placement("all-day", start, "hall", tuple(str(each.person_id) for each in crowd))
        draft = NewProposal(marek.person.id, TUESDAY, "london", (placement,), Facts())
        kept.add_drafts(connection, marek.programme_id, run_id, [draft], NOW)
    ada = member(site, "ada")
    _, priyas = proposals.open_of_run(site, run_id, ada)

    said = " ".join(proposals.why_not_in_full(site, priyas.id, TUESDAY, ada).says)

    assert "could be held on 9 March" in said
    assert "Co-working at 13:00: " in said


def test_a_mailed_link_is_told_what_its_senior_is_while_it_decides(site: Site, tmp_path: Path) -> None:
    proposal = propose_a_day(site)
    busy_on(site, tmp_path, TUESDAY, "farid")
    token = mailed_path(site, proposal).rsplit("/", 1)[1]

    asked = proposals.why_not_by_link(site, token, TUESDAY, NOW)

    assert asked is not None
    assert asked.says == told(site, proposal, TUESDAY)
    with site.store.writing() as connection:
        kept.change(connection, proposal, state="skipped")
    assert proposals.why_not_by_link(site, token, TUESDAY, NOW) is None
    with pytest.raises(NotFound):
        proposals.why_not_by_link(site, "no-such-token", TUESDAY, NOW)
