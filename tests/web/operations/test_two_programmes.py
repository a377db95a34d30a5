"""Several programmes at once: one person, one calendar, one set of limits, whatever they take part in."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

from planner.domain import RoomUse, SessionKind
from planner.programme import Format
from tests.web.company import FIRST_DAY, LAST_DAY, a_company, at, member, write_calendar
from tests.web.judged import rules_broken
from tests.web.made_up import NOW
from web import jobs
from web.operations import programmes, proposals, runs
from web.operations.roster import import_sheet
from web.records import Member, RunRecord
from web.sheets.columns import SheetKind
from web.site import Site
from web.store import people
from web.store import programmes as kept
from web.store import tables as t
from web.store.planning import Wanted, load_problem

pytestmark = pytest.mark.slow

LUNCH, COFFEE = SessionKind.INDIVIDUAL_LUNCH, SessionKind.COFFEE_ROULETTE
MENTORING, RETURNERS = 1, 2


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """Priya and Marek mentor in the first programme. In the second Marek does, and Priya is a junior."""
    site = a_company(tmp_path)
    with site.store.writing() as connection:
        connection.execute(delete(t.candidate))
        connection.execute(delete(t.session))
    file = tmp_path / "people.csv"
    rows = ["email,name,role"]
    for name, role in (("marek", "senior"), ("priya", "junior"), ("aisha", "junior"), ("ada", "admin")):
        rows.append(f"{name}@example.org,{name.title()},{role}")
    file.write_text("\n".join(rows) + "\n", encoding="utf-8")
    import_sheet(site, SheetKind.PEOPLE, file, NOW, programme="Returners")
    return site


def admin_of(site: Site, programme_id: int) -> Member:
    with site.store.reading() as connection:
        ada = member(site, "ada")
        return people.members(connection, person_id=ada.person.id, programme_id=programme_id)[0]


def promise(site: Site, programme_id: int, *formats: Format) -> None:
    with site.store.writing() as connection:
        for rule in formats:
            kept.write_format(connection, programme_id, rule)
        kept.begin(connection, programme_id, FIRST_DAY)


def limit(site: Site, name: str, **limits: object) -> None:
    with site.store.writing() as connection:
        connection.execute(update(t.person).where(t.person.c.email == f"{name}@example.org").values(**limits))


def plan(site: Site, programme_id: int, first: date = FIRST_DAY, last: date = LAST_DAY) -> RunRecord:
    admin = admin_of(site, programme_id)
    run_id = runs.start(site, admin, first, last, site.now())
    jobs.run_due(site)
    run = runs.one(site, run_id, admin)
    assert run.state == "draft", run.error
    return run


def release(site: Site, programme_id: int, run: RunRecord) -> None:
    runs.release(site, run.id, admin_of(site, programme_id), site.now())


def approve_all(site: Site) -> None:
    for name in ("priya", "marek"):
        for by in members(site, name):
            if "senior" in by.roles:
                for day in proposals.of_senior(site, by, site.now()):
                    if day.state == "proposed":
                        proposals.approve(site, day.id, day.version, by, (), site.now())
    jobs.run_due(site)


def members(site: Site, name: str) -> list[Member]:
    with site.store.reading() as connection:
        return people.members(connection, person_id=member(site, name).person.id)


def asked(site: Site, programme_id: int) -> list[tuple[str, datetime]]:
    """What waits for an answer in a programme: the junior of each session for two, and when."""
    p, placed, who = t.proposal.c, t.placement.c, t.person.c
    with site.store.reading() as connection:
        rows = connection.execute(
            select(who.name, placed.start)
            .join(t.placement_junior, t.placement_junior.c.person_id == who.id)
            .join(
                t.placement,
                (placed.proposal_id == t.placement_junior.c.proposal_id)
                & (placed.session_id == t.placement_junior.c.session_id),
            )
            .join(t.proposal, p.id == placed.proposal_id)
            .where(p.programme_id == programme_id, p.state == "proposed")
            .order_by(who.name)
        )
        return [(row.name, row.start) for row in rows]


def usual(kind: SessionKind, **changes: object) -> Format:
    return replace(programmes.usual(kind), **changes)  # type: ignore[arg-type]


#: A coffee for which one comes in, so that days in the office count.
COFFEE_HERE = usual(COFFEE, in_person=True)


def only_free(folder: Path, name: str, start: datetime, minutes: int) -> None:
    """Somebody's calendar with nothing free in the window but one stretch."""
    end = start + timedelta(minutes=minutes)
    write_calendar(folder, name, [(NOW, start), (end, NOW + timedelta(weeks=6))])


# --- one after the other -------------------------------------------------------------------------


def test_limits_count_what_another_programme_has_agreed(site: Site) -> None:
    for name in ("aisha", "marek"):
        limit(site, name, max_office_days_per_week=1, max_minutes_per_day=150)
    again = replace(COFFEE_HERE, weeks_between_pairs=0)  # the two may have met in the other programme
    promise(site, MENTORING, again)
    promise(site, RETURNERS, again)
    release(site, MENTORING, plan(site, MENTORING))
    approve_all(site)
    run = plan(site, RETURNERS)
    release(site, RETURNERS, run)

    assert {name for name, _ in asked(site, RETURNERS)} == {"Aisha", "Priya"}
    assert rules_broken(site, RETURNERS, FIRST_DAY, LAST_DAY) == []
    assert (run.standing, run.people_reached) == (0, 2)


def test_the_most_sessions_of_a_junior_are_those_of_all_programmes_in_any_four_weeks(site: Site) -> None:
    limit(site, "aisha", max_sessions=1)
    again = replace(usual(COFFEE), weeks_between_pairs=0)  # the two may have met in the other programme
    promise(site, MENTORING, again)
    promise(site, RETURNERS, again)
    release(site, MENTORING, plan(site, MENTORING))
    approve_all(site)

    unplaced = plan(site, RETURNERS).unplaced
    with site.store.writing() as connection:
        connection.execute(update(t.session).values(last_day=date(2027, 12, 31)))

    def left(first: date) -> int | None:
        with site.store.reading() as connection:
            problem = load_problem(connection, Wanted(RETURNERS, first, first + timedelta(days=4)))
        return problem.person_by_id[str(member(site, "aisha").person.id)].max_sessions

    assert [each.kind for each in unplaced] == [COFFEE]
    assert left(FIRST_DAY + timedelta(weeks=3)) == 0  # four weeks hold a day of both
    assert left(FIRST_DAY + timedelta(weeks=7)) == 1


def test_who_mentors_in_one_programme_and_learns_in_another_keeps_their_limits_in_both(site: Site) -> None:
    limit(site, "priya", min_sessions_per_office_day=2)
    promise(site, RETURNERS, COFFEE_HERE)
    alone = plan(site, RETURNERS)
    promise(site, MENTORING, COFFEE_HERE)
    release(site, MENTORING, plan(site, MENTORING))
    approve_all(site)
    release(site, RETURNERS, plan(site, RETURNERS))

    assert len(alone.unplaced) == 1  # Priya does not come in for one coffee …
    assert "Priya" in dict(asked(site, RETURNERS))  # … but has it on a day of her own
    assert rules_broken(site, RETURNERS, FIRST_DAY, LAST_DAY) == []


def test_a_run_leaves_the_days_that_wait_in_another_programme_alone(site: Site, tmp_path: Path) -> None:
    promise(site, RETURNERS, usual(COFFEE))
    release(site, RETURNERS, plan(site, RETURNERS))
    before = asked(site, RETURNERS)
    write_calendar(tmp_path, "marek", [(NOW, NOW + timedelta(weeks=6))])  # none of them fits any more
    promise(site, MENTORING, usual(COFFEE))
    run = plan(site, MENTORING)
    release(site, MENTORING, run)

    assert before
    assert asked(site, RETURNERS) == before
    assert (run.conflicts, run.standing) == ((), 0)


def test_need_in_one_programme_is_not_met_in_another(site: Site) -> None:
    with site.store.writing() as connection:
        connection.execute(update(t.participation).values(joined=FIRST_DAY - timedelta(weeks=9)))
    promise(site, MENTORING, usual(COFFEE))
    promise(site, RETURNERS, usual(LUNCH))
    release(site, MENTORING, plan(site, MENTORING))
    approve_all(site)
    with site.store.writing() as connection:
        connection.execute(update(t.session).where(t.session.c.state == "agreed").values(outcome="held"))
    later = at(site, NOW + timedelta(weeks=3))
    for programme_id in (MENTORING, RETURNERS):
        plan(later, programme_id, later.now().date() + timedelta(days=3), later.now().date() + timedelta(14))
    with site.store.reading() as connection:
        part = t.participation.c
        mine = part.person_id == member(site, "aisha").person.id
        needs = dict(iter(connection.execute(select(part.programme_id, part.need).where(mine))))

    assert needs[MENTORING] <= 3
    assert needs[RETURNERS] == 1 + 12


# --- at the same time ----------------------------------------------------------------------------


NOON = datetime(2027, 3, 9, 12, tzinfo=UTC)


def both_drafted(site: Site, *formats: Format) -> None:
    """Two drafts made from the same free time; the second programme's is released second."""
    for programme_id in (MENTORING, RETURNERS):
        promise(site, programme_id, *formats)
    drafts = {programme_id: plan(site, programme_id) for programme_id in (MENTORING, RETURNERS)}
    for programme_id, run in drafts.items():
        assert run.sessions
        release(site, programme_id, run)


def test_of_two_drafts_that_want_the_same_person_the_second_gives_way(site: Site, tmp_path: Path) -> None:
    only_free(tmp_path, "marek", NOON, 60)
    only_free(tmp_path, "priya", NOON + timedelta(days=1), 60)
    both_drafted(site, usual(LUNCH))
    first, second = asked(site, MENTORING), asked(site, RETURNERS)

    assert len(first) == 2  # Marek's only lunch, and Priya's
    assert second == []
    assert rules_broken(site, MENTORING, FIRST_DAY, LAST_DAY) == []


def test_of_two_drafts_that_want_the_same_room_the_second_gives_way(site: Site, tmp_path: Path) -> None:
    """Priya mentors in the first programme, Marek only in the second; one room for lunch, one free noon."""
    with site.store.writing() as connection:
        marek = member(site, "marek").person.id
        m = t.membership.c
        connection.execute(delete(t.membership).where(m.person_id == marek, m.programme_id == MENTORING))
    only_free(tmp_path, "marek", NOON, 60)
    only_free(tmp_path, "priya", NOON, 60)
    both_drafted(site, usual(LUNCH, room_use=RoomUse.LUNCH))

    assert (len(asked(site, MENTORING)), asked(site, RETURNERS)) == (1, [])
    assert rules_broken(site, MENTORING, FIRST_DAY, LAST_DAY) == []


def test_of_two_drafts_that_pass_a_limit_together_the_second_gives_way(site: Site, tmp_path: Path) -> None:
    """Aisha comes in one day a week: Priya has time on Tuesday only, and Marek on Wednesday only."""
    limit(site, "aisha", max_office_days_per_week=1)
    only_free(tmp_path, "priya", NOON, 60)
    only_free(tmp_path, "marek", NOON + timedelta(days=1), 60)
    with site.store.writing() as connection:
        marek = member(site, "marek").person.id
        m = t.membership.c
        connection.execute(delete(t.membership).where(m.person_id == marek, m.programme_id == MENTORING))
        others = m.person_id.not_in([member(site, name).person.id for name in ("aisha", "priya")])
        connection.execute(delete(t.membership).where(others, m.role == "junior"))
    both_drafted(site, usual(LUNCH))

    assert [name for name, _ in asked(site, MENTORING)] == ["Aisha"]
    assert "Aisha" not in dict(asked(site, RETURNERS))
    assert rules_broken(site, RETURNERS, FIRST_DAY, LAST_DAY) == []


def test_of_two_drafts_that_share_nobody_nothing_is_lost(site: Site) -> None:
    with site.store.writing() as connection:
        m = t.membership.c
        both = [member(site, name).person.id for name in ("marek", "aisha")]
        connection.execute(delete(t.membership).where(m.person_id.in_(both), m.programme_id == MENTORING))
        priya = member(site, "priya").person.id
        connection.execute(delete(t.membership).where(m.person_id == priya, m.programme_id == RETURNERS))
    both_drafted(site, usual(COFFEE))

    assert [name for name, _ in asked(site, RETURNERS)] == ["Aisha"]
    assert len(asked(site, MENTORING)) == 7
