"""Who leaves or pauses: what becomes of what was ahead, and who hears of it."""

from __future__ import annotations

import shutil
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from tests.web.company import FIRST_DAY, LAST_DAY, a_company, agree_coworking, member
from tests.web.conftest import site_in
from tests.web.databases import DATABASES
from tests.web.made_up import NOW
from web import jobs
from web.errors import Misfilled
from web.operations import proposals, runs, seats
from web.operations.departures import Departed, depart
from web.operations.roster import ImportReport, import_sheet
from web.records import ProposalRecord
from web.sheets.columns import SheetKind
from web.site import Site
from web.store import tables as t

TODAY = NOW.date()


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a company where everything is planned and released, and nobody has answered."""
    folder = tmp_path_factory.mktemp("released")
    site = a_company(folder)
    run_id = runs.start(site, member(site, "ada"), FIRST_DAY, LAST_DAY, NOW)
    jobs.run_due(site)
    runs.release(site, run_id, member(site, "ada"), NOW)
    jobs.run_due(site)
    DATABASES.remember(site.store, "released")
    site.store.close()
    return folder


@pytest.fixture
def site(released: Path, tmp_path: Path) -> Site:
    shutil.copytree(released, tmp_path / "site", ignore=shutil.ignore_patterns("officeday.db*"))
    return site_in(tmp_path / "site", begins_as="released")


def of(site: Site, name: str) -> tuple[ProposalRecord, ...]:
    return proposals.of_senior(site, member(site, name), NOW)


def approve_all(site: Site, name: str) -> None:
    for each in of(site, name):
        proposals.approve(site, each.id, each.version, member(site, name), (), NOW)
    jobs.run_due(site)


def leave(site: Site, *names: str, from_day: date = TODAY, until: date | None = None) -> Departed:
    some = [member(site, name) for name in names]
    with site.store.writing() as connection:
        ids = [each.person.id for each in some]
        return depart(connection, site, some[0].programme_id, ids, from_day, NOW, until)


def told(site: Site) -> dict[str, dict[str, Any]]:
    """What the mails about departures say, by name; nobody has two."""
    with site.store.reading() as connection:
        rows = connection.execute(
            select(t.person.c.name, t.outbox.c.payload)
            .join(t.person, t.person.c.id == t.outbox.c.person_id)
            .where(t.outbox.c.kind == "departure")
        ).all()
    assert len({row.name for row in rows}) == len(rows)
    return {row.name: row.payload for row in rows}


def states(site: Site) -> dict[str, str]:
    with site.store.reading() as connection:
        return {row.id: row.state for row in connection.execute(select(t.session.c.id, t.session.c.state))}


def seated(site: Site, session_id: str) -> set[str]:
    with site.store.reading() as connection:
        rows = connection.execute(
            select(t.person.c.name)
            .join(t.seat, t.seat.c.person_id == t.person.c.id)
            .where(t.seat.c.session_id == session_id, t.seat.c.state.in_(["invited", "booked"]))
        )
        return set(rows.scalars())


def test_a_junior_who_leaves_loses_seats_and_a_session_for_two_falls(site: Site) -> None:
    approve_all(site, "priya")
    approve_all(site, "marek")
    before = seated(site, "cohort")

    done = leave(site, "farid", "dana")

    assert done.cancelled == 2  # lunch with Farid, and Dana's with Marek
    assert done.thinned == 1
    assert seated(site, "cohort") == before - {"Dana"}
    assert {key: states(site)[key] for key in ("lunch", "pair", "cohort")} == {
        "lunch": "due",
        "pair": "due",
        "cohort": "agreed",
    }
    assert set(told(site)) == {"Farid", "Dana", "Priya", "Marek"}
    assert done.told == 4


def test_a_seniors_sessions_all_fall_and_everybody_hears_of_it_once(site: Site) -> None:
    approve_all(site, "priya")
    juniors = seated(site, "lunch") | seated(site, "cohort") | seated(site, "desk")

    done = leave(site, "priya")

    assert done.cancelled == 3
    assert set(told(site)) == juniors | {"Priya"}
    assert all(seated(site, each) == set() for each in ("lunch", "cohort", "desk"))
    assert {states(site)[each] for each in ("lunch", "cohort", "desk")} == {"cancelled"}  # hers alone
    assert {each.state for each in of(site, "priya")} <= {"cancelled"}


def test_a_senior_whose_trip_becomes_too_small_is_asked_in_the_mail_that_says_why(site: Site) -> None:
    approve_all(site, "priya")
    with site.store.writing() as connection:
        priya = t.person.c.email == "priya@example.org"
        connection.execute(update(t.person).where(priya).values(min_sessions_per_office_day=3))

    done = leave(site, "farid")

    with site.store.reading() as connection:
        rows = connection.execute(
            select(t.outbox.c.kind, t.outbox.c.payload)
            .join(t.person, t.person.c.id == t.outbox.c.person_id)
            .where(priya, t.outbox.c.kind.in_(["departure", "day_question"]))
        ).all()
    assert [row.kind for row in rows] == ["day_question"]
    assert [each["session"]["id"] for each in rows[0].payload["changes"]] == ["lunch"]
    assert (set(told(site)), done.told) == ({"Farid"}, 2)


def test_a_group_that_is_left_with_too_few_falls_and_one_with_open_seats_goes_on(site: Site) -> None:
    approve_all(site, "priya")

    leave(site, "aisha", "ben")  # two of four are left, and mentoring needs three; co-working has open seats

    assert (states(site)["cohort"], states(site)["desk"]) == ("due", "agreed")
    assert {"Chidi", "Dana"} <= set(told(site))


def test_a_seat_that_comes_free_goes_to_the_next_in_line(site: Site) -> None:
    session = agree_coworking(site, 1)
    seats.book(site, session, member(site, "gita"), NOW)
    seats.wait(site, session, member(site, "hal"), NOW)

    leave(site, "gita")

    assert seats.one(site, session, member(site, "hal"), NOW).state in ("booked", "offered")
    assert {"Gita", "Priya"} <= set(told(site))
    assert "Hal" not in told(site)  # who has the news of the seat


def test_a_pause_touches_only_what_lies_in_it(site: Site) -> None:
    approve_all(site, "priya")
    (day,) = {each.day for each in of(site, "priya") if each.office}

    assert leave(site, "farid", from_day=day + timedelta(1), until=day + timedelta(9)) == Departed(
        0, 0, 0, 0, 0
    )
    assert states(site)["lunch"] == "agreed"
    assert leave(site, "farid", from_day=day, until=day).cancelled == 1
    assert states(site)["lunch"] == "due"


def test_a_waiting_day_goes_on_without_what_falls_and_its_links_still_decide(site: Site) -> None:
    (day,) = [each for each in of(site, "priya") if each.office]

    done = leave(site, "farid")

    (after,) = [each for each in of(site, "priya") if each.office]
    assert (done.shortened, done.told) == (1, 1)
    assert {s.id for s in after.sessions} == {s.id for s in day.sessions} - {"lunch"}
    assert told(site)["Priya"]["shorter"][0]["dropped"][0]["id"] == "lunch"
    with site.store.reading() as connection:
        versions = connection.execute(
            select(t.link.c.proposal_version).where(t.link.c.proposal_id == day.id)
        ).scalars()
        assert set(versions) == {after.version}
    proposals.approve(site, after.id, after.version, member(site, "priya"), (), NOW)
    jobs.run_due(site)
    assert states(site)["lunch"] != "agreed"


def test_a_waiting_day_of_a_senior_who_leaves_is_withdrawn(site: Site) -> None:
    done = leave(site, "marek")

    assert done.withdrawn == len(told(site)["Marek"]["withdrawn"]) >= 1
    assert set(told(site)) == {"Marek"}  # juniors had not been asked yet
    assert of(site, "marek") == ()


def test_leaving_twice_changes_and_tells_nothing_more(site: Site) -> None:
    approve_all(site, "priya")
    leave(site, "priya", "farid")

    assert leave(site, "priya", "farid") == Departed(0, 0, 0, 0, 0)


def test_what_was_kept_says_when_they_left(site: Site) -> None:
    leave(site, "farid", from_day=date(2027, 3, 10))
    leave(site, "gita", from_day=date(2027, 3, 10), until=date(2027, 3, 20))

    with site.store.reading() as connection:
        part = t.participation.c
        rows = {
            row.name: (row.left, row.paused_from, row.paused_until)
            for row in connection.execute(
                select(t.person.c.name, part.left, part.paused_from, part.paused_until).join(
                    t.person, t.person.c.id == part.person_id
                )
            )
        }
    assert rows["Farid"] == (date(2027, 3, 10), None, None)
    assert rows["Gita"] == (None, date(2027, 3, 10), date(2027, 3, 20))


def test_every_mail_about_it_is_written_and_leaves(site: Site) -> None:
    approve_all(site, "priya")
    leave(site, "priya", "dana")
    jobs.run_due(site)

    with site.store.reading() as connection:
        left = connection.execute(select(t.outbox.c.state).where(t.outbox.c.kind == "departure")).scalars()
        assert set(left) <= {"sent", "waiting"}


# --- by a file of people -------------------------------------------------------------------------

HEAD = "email,name,role,offices,timezone,min_sessions_per_office_day"


def people_file(site: Site, tmp_path: Path, *without: str, more: str = "") -> Path:
    """Everybody as they are, but for some; `more`: lines with the columns of a departure."""
    with site.store.reading() as connection:
        rows = connection.execute(
            select(t.person.c.email, t.person.c.name, t.membership.c.role)
            .join(t.membership, t.membership.c.person_id == t.person.c.id)
            .order_by(t.person.c.id)
        ).all()
    lines = [
        f"{row.email},{row.name},{row.role},london,Europe/London,1"
        for row in rows
        if row.email.partition("@")[0] not in without
    ]
    file = tmp_path / "new_people.csv"
    file.write_text("\n".join([HEAD, *lines]) + f"\n{more}", encoding="utf-8")
    return file


def bring(site: Site, file: Path, **options: Any) -> ImportReport:
    return import_sheet(site, SheetKind.PEOPLE, file, NOW, **options)


def everything(site: Site) -> list[list[Any]]:
    with site.store.reading() as connection:
        return [list(connection.execute(select(table))) for table in t.metadata.sorted_tables]


def test_who_is_no_longer_listed_is_named_and_nothing_changes_for_them(site: Site, tmp_path: Path) -> None:
    approve_all(site, "priya")
    file = people_file(site, tmp_path, "farid", "ada")
    before = states(site)

    for dry_run in (True, False):
        report = bring(site, file, dry_run=dry_run)
        assert report.no_longer_listed == ("farid@example.org",)  # an admin takes no part in sessions
        assert report.departed is None
    assert (states(site), told(site)) == (before, {})


@pytest.mark.parametrize("do", ["leave", "pause"])
def test_a_dry_run_says_exactly_what_then_happens_and_keeps_nothing(
    site: Site, tmp_path: Path, do: str
) -> None:
    approve_all(site, "priya")
    file = people_file(site, tmp_path, "farid", "dana", "marek")
    before = everything(site)

    dry = bring(site, file, dry_run=True, no_longer_listed=do)
    assert everything(site) == before
    wet = bring(site, file, no_longer_listed=do)

    assert wet == dry
    assert dry.departed is not None
    assert dry.departed.cancelled == 1
    assert dry.departed.told == len(told(site)) == 4  # Farid, Dana, Marek and Priya
    assert states(site)["lunch"] == "due"


def test_who_left_is_not_missed_again_and_a_pause_ends_when_they_are_listed(
    site: Site, tmp_path: Path
) -> None:
    bring(site, people_file(site, tmp_path, "farid"), no_longer_listed="leave")
    gone = bring(site, people_file(site, tmp_path, "farid", "gita"), no_longer_listed="pause")
    again = bring(site, people_file(site, tmp_path, "farid", "gita"), no_longer_listed="pause")
    back = bring(site, people_file(site, tmp_path, "farid"))

    assert gone.no_longer_listed == again.no_longer_listed == ("gita@example.org",)
    assert again.departed is None
    assert [(line.key, line.changes) for line in back.lines] == [
        ("gita@example.org", ("paused_from: 2027-03-05 → –", "paused_until: 2999-12-31 → –"))
    ]


def test_columns_that_come_to_cover_agreed_sessions_cancel_them(site: Site, tmp_path: Path) -> None:
    approve_all(site, "priya")
    file = tmp_path / "away.csv"
    file.write_text(
        "email,name,role,offices,left,paused_from,paused_until\n"
        "farid@example.org,Farid,junior,london,2027-03-06,,\n"
        "dana@example.org,Dana,junior,london,,2027-03-06,2027-03-31\n"
    )

    report = bring(site, file)

    assert report.departed is not None
    assert (report.departed.cancelled, report.departed.thinned) == (1, 1)
    assert set(told(site)) == {"Farid", "Dana", "Priya", "Marek"}  # whose lunch with Dana still waited
    assert bring(site, file).departed is None


def test_a_mistake_in_the_file_lets_nobody_leave(site: Site, tmp_path: Path) -> None:
    approve_all(site, "priya")
    before = everything(site)
    file = people_file(site, tmp_path, "farid", more="nobody@example.org,Nobody,boss,london,,1\n")

    with pytest.raises(Misfilled):
        bring(site, file, no_longer_listed="leave")

    assert everything(site) == before
