"""What a programme promises, and the sessions that follow week after week."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from planner.domain import SessionKind
from tests.web.company import FIRST_DAY, JUNIORS, LAST_DAY, a_company, at, member, write_calendar
from tests.web.made_up import NOW
from tests.web.plans import planned, released
from web import jobs
from web.errors import Misfilled, NotFound
from web.operations import attendance, programmes, proposals, runs, seats
from web.operations.programmes import FormatForm
from web.operations.roster import import_sheet
from web.records import ProposalRecord
from web.sheets.columns import SheetKind
from web.site import Site
from web.store import programmes as kept
from web.store import tables as t

LUNCH, COFFEE = SessionKind.INDIVIDUAL_LUNCH, SessionKind.COFFEE_ROULETTE


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """The company with nothing imported to plan, so that all that is planned is promised."""
    site = a_company(tmp_path)
    with site.store.writing() as connection:
        connection.execute(t.candidate.delete())
        connection.execute(t.session.delete())
    return site


def promise(site: Site, *kinds: SessionKind) -> None:
    with site.store.writing() as connection:
        for kind in kinds:
            kept.write_format(connection, 1, programmes.usual(kind))
        kept.begin(connection, 1, FIRST_DAY)


def due(site: Site) -> dict[str, str]:
    """Sessions that are due by rule: the senior of each."""
    with site.store.reading() as connection:
        return kept.drawn_before(connection, 1)


def waiting(site: Site) -> list[ProposalRecord]:
    found = [
        p for name in ("priya", "marek") for p in proposals.of_senior(site, member(site, name), site.now())
    ]
    return [p for p in found if p.state == "proposed"]


def approve_all(site: Site) -> None:
    for proposal in waiting(site):
        by = member(site, proposal.senior.email.partition("@")[0])
        proposals.approve(site, proposal.id, proposal.version, by, (), site.now())
    jobs.run_due(site)


def needs(site: Site) -> dict[str, int]:
    with site.store.reading() as connection:
        joined = select(t.person.c.email, t.participation.c.need).join(t.participation)
        return {row.email.partition("@")[0]: row.need for row in connection.execute(joined)}


def all_held(site: Site, *besides: str) -> None:
    """Everybody says that what was agreed took place."""
    with site.store.writing() as connection:
        agreed = (t.session.c.state == "agreed") & t.session.c.id.not_in(besides)
        connection.execute(update(t.session).where(agreed).values(outcome="held"))


def form(**changes: object) -> FormatForm:
    usual = FormatForm(4, 60, 2, 4, 0, "11:30", "14:30", True, "lunch", 0)
    return replace(usual, **changes)  # type: ignore[arg-type]


# --- what is promised ----------------------------------------------------------------------------


def test_the_usual_promises_every_kind_and_keeps_what_was_changed(site: Site) -> None:
    admin = member(site, "ada")
    programmes.change(site, SessionKind.GROUP_LUNCH, form(weeks=6), admin, NOW)
    programmes.start_with_usual(site, admin, NOW)
    rules = {rule.kind: rule for rule in programmes.formats(site, admin)}

    assert list(rules) == list(SessionKind)
    assert rules[SessionKind.GROUP_LUNCH].weeks == 6
    assert (rules[LUNCH].weeks, rules[COFFEE].weeks_between_pairs) == (12, 12)


def test_a_format_that_cannot_be_kept_is_refused_by_field(site: Site) -> None:
    wrong = form(weeks=0, minutes=300, fewest=5, between_to="11:00", in_person=False, weeks_between_pairs=500)
    with pytest.raises(Misfilled) as refused:
        programmes.change(site, SessionKind.GROUP_LUNCH, wrong, member(site, "ada"), NOW)

    assert refused.value.mistakes.keys() == {"weeks", "most", "between_to", "weeks_between_pairs", "room_use"}
    assert not programmes.formats(site, member(site, "ada"))


def test_a_session_of_each_junior_invites_that_junior_alone(site: Site) -> None:
    with pytest.raises(Misfilled) as refused:
        programmes.change(site, LUNCH, form(fewest=2, most=2), member(site, "ada"), NOW)

    assert "invited alone" in refused.value.mistakes["fewest"]
    programmes.change(site, LUNCH, form(fewest=1, most=2, open_seats=1), member(site, "ada"), NOW)


def test_only_an_admin_promises(site: Site) -> None:
    for ask in (programmes.formats, programmes.owed):
        with pytest.raises(NotFound):
            ask(site, member(site, "priya"))
    with pytest.raises(NotFound):
        programmes.drop(site, LUNCH, member(site, "priya"))


# --- what follows --------------------------------------------------------------------------------


def test_every_junior_gets_their_turn_without_asking(site: Site) -> None:
    promise(site, COFFEE)
    run = planned(site)

    assert (run.sessions, run.people_reached) == (8, 8)
    assert sorted(due(site).values()) == sorted(["1", "2"] * 4)


def test_without_promises_only_what_was_imported_is_planned(site: Site) -> None:
    assert planned(site).sessions == 0
    assert programmes.owed(site, member(site, "ada")) is None


def test_what_is_agreed_is_not_planned_again(site: Site) -> None:
    promise(site, COFFEE)
    released(site)
    approve_all(site)

    assert planned(at(site, NOW + timedelta(days=1))).sessions == 0


def test_a_day_that_waits_for_an_answer_stays_as_it_is(site: Site) -> None:
    promise(site, COFFEE)
    released(site)
    before = {p.id: p.sessions for p in waiting(site)}
    planned(at(site, NOW + timedelta(days=1)))

    assert before
    assert {p.id: p.sessions for p in waiting(site)} == before


def test_a_draw_stands_from_run_to_run(site: Site) -> None:
    promise(site, COFFEE, LUNCH)
    planned(site)
    first = due(site)
    planned(site)

    assert first
    assert due(site) == first


def test_after_a_skip_another_senior_is_drawn(site: Site) -> None:
    promise(site, COFFEE)
    released(site)
    skipped = next(p for p in waiting(site) if p.senior.name == "Priya")
    lost = {session.id for session in skipped.sessions}
    proposals.skip(site, skipped.id, skipped.version, member(site, "priya"), NOW)
    planned(at(site, NOW + timedelta(days=1)))
    with site.store.reading() as connection:
        names = {str(row.id): row.name for row in connection.execute(select(t.person.c.id, t.person.c.name))}

    assert lost
    assert {names[due(site)[key]] for key in lost} == {"Marek"}


def test_need_rises_with_waiting_and_falls_with_what_was_held(site: Site) -> None:
    promise(site, COFFEE)
    released(site)
    approve_all(site)
    with site.store.writing() as connection:
        connection.execute(update(t.participation).values(joined=FIRST_DAY - timedelta(weeks=10)))
    later = at(site, NOW + timedelta(weeks=4))
    all_held(later)
    planned(later)
    served = needs(later)
    with site.store.writing() as connection:
        connection.execute(update(t.session).values(state="cancelled"))
    planned(later)

    assert all(needs(later)[name] > served[name] for name in ("aisha", "hal"))
    assert needs(later)["aisha"] == 1 + 13


def test_what_is_promised_no_longer_is_no_longer_planned(site: Site) -> None:
    promise(site, COFFEE, LUNCH)
    planned(site)
    assert any(str(LUNCH) in key for key in due(site))
    programmes.drop(site, LUNCH, member(site, "ada"))
    planned(site)

    assert due(site)
    assert not any(str(LUNCH) in key for key in due(site))


def test_a_dry_run_keeps_nothing(site: Site) -> None:
    promise(site, COFFEE)
    run = runs.plan_now(site, 1, FIRST_DAY, LAST_DAY, NOW)
    runs.forget(site, run.id)

    assert not due(site)
    with site.store.reading() as connection:
        for table in (t.session, t.candidate, t.planning_run):
            assert connection.execute(select(func.count()).select_from(table)).scalar() == 0


def test_whose_turn_it_is_with_nobody_to_meet_is_told(site: Site) -> None:
    promise(site, COFFEE)
    with site.store.writing() as connection:
        german = t.person.c.email.in_(["priya@example.org", "marek@example.org"])
        connection.execute(update(t.person).where(german).values(languages=["de"]))
        connection.execute(update(t.person).where(t.person.c.name == "Aisha").values(languages=["en"]))
    planned(site)
    owed = programmes.owed(site, member(site, "ada"))

    assert owed is not None
    assert owed.sessions == {COFFEE: 7}
    assert [(each.person.name, each.reason) for each in owed.nobody_for] == [
        ("Aisha", "they share no language")
    ]


# --- nothing is lost by a no ---------------------------------------------------------------------


def senior_of_coffee(site: Site, junior: str) -> tuple[str, str]:
    """The newest coffee of a junior that is due, waiting or agreed, and its senior."""
    c, s = t.candidate.c, t.session.c
    with site.store.reading() as connection:
        names = {row.id: row.email.partition("@")[0] for row in connection.execute(select(t.person))}
        rows = connection.execute(
            select(s.id, s.senior_id, c.person_id)
            .join(t.candidate, c.session_id == s.id)
            .where(s.kind == COFFEE, s.state != "cancelled")
            .order_by(s.id)
        )
        *_, last = (row for row in rows if names[row.person_id] == junior)
    return last.id, names[last.senior_id]


def day_of(site: Site, senior: str, session: str) -> ProposalRecord:
    found = proposals.of_senior(site, member(site, senior), site.now())
    return next(p for p in found if session in {each.id for each in p.sessions})


def skipped(site: Site, session: str, senior: str) -> Site:
    day = day_of(site, senior, session)
    proposals.skip(site, day.id, day.version, member(site, senior), site.now())
    return site


def unanswered(site: Site, session: str, senior: str) -> Site:
    late = at(site, NOW + timedelta(days=5))
    proposals.expire(late, late.now())
    return late


def left_out(site: Site, session: str, senior: str) -> Site:
    """The senior approves everything else of the day; of a day with nothing else they skip."""
    day = day_of(site, senior, session)
    if len(day.sessions) == 1:
        return skipped(site, session, senior)
    proposals.approve(site, day.id, day.version, member(site, senior), [session], site.now())
    jobs.run_due(site)
    return site


def declined(site: Site, session: str, senior: str) -> Site:
    approve_all(site)
    seats.give_up(site, session, member(site, "aisha"), site.now())
    return site


def called_off(site: Site, session: str, senior: str) -> Site:
    approve_all(site)
    day = day_of(site, senior, session)
    proposals.call_off(site, day.id, day.version, member(site, senior), site.now())
    return site


def missed(site: Site, session: str, senior: str) -> Site:
    approve_all(site)
    after = at(site, NOW + timedelta(weeks=3))
    aisha = member(after, "aisha")
    attendance.say_attendance(after, session, aisha.person.id, False, aisha, after.now())
    return after


def fell_through(site: Site, session: str, senior: str) -> Site:
    approve_all(site)
    after = at(site, NOW + timedelta(weeks=3))
    attendance.say_outcome(after, session, False, member(after, senior), after.now())
    return after


@pytest.mark.parametrize(
    "lose",
    [
        skipped,
        declined,
        missed,
        *(
            pytest.param(each, marks=pytest.mark.slow)
            for each in (unanswered, left_out, called_off, fell_through)
        ),
    ],
)
def test_a_session_that_came_to_nothing_is_due_again_with_another_senior(
    site: Site, lose: Callable[[Site, str, str], Site]
) -> None:
    promise(site, COFFEE)
    released(site)
    session, senior = senior_of_coffee(site, "aisha")
    site = lose(site, session, senior)
    planned(at(site, site.now() + timedelta(days=1)))
    again, other = senior_of_coffee(site, "aisha")

    assert other != senior
    assert again in due(site)


def test_need_falls_with_what_was_held_and_comes_back_with_what_was_missed(site: Site) -> None:
    promise(site, COFFEE)
    with site.store.writing() as connection:
        connection.execute(update(t.participation).values(joined=FIRST_DAY - timedelta(weeks=10)))
    released(site)
    session, senior = senior_of_coffee(site, "aisha")
    after = missed(site, session, senior)
    all_held(after, session)
    planned(at(after, after.now() + timedelta(days=1)))

    assert needs(site)["aisha"] >= 13
    assert {need for name, need in needs(site).items() if name in JUNIORS and name != "aisha"} <= {1, 2, 3}


def test_a_session_that_found_no_time_is_drawn_for_another_senior(site: Site, tmp_path: Path) -> None:
    """Priya's calendar is full for the whole window, and nobody waits for her."""
    promise(site, COFFEE)
    write_calendar(tmp_path, "priya", [(NOW, NOW + timedelta(weeks=6))])
    first = planned(site)
    second = planned(site)

    assert (first.sessions, len(first.unplaced)) == (4, 4)
    assert (second.sessions, second.unplaced) == (8, ())


def test_a_senior_whose_calendar_cannot_be_read_is_drawn_only_if_there_is_nobody_else(
    site: Site, tmp_path: Path
) -> None:
    promise(site, COFFEE)
    (tmp_path / "calendars" / "priya.ics").write_text("no calendar", encoding="utf-8")

    assert (planned(site).sessions, set(due(site).values())) == (8, {"2"})


# --- why you -------------------------------------------------------------------------------------


def test_a_senior_is_told_why_them(site: Site) -> None:
    promise(site, COFFEE)
    with site.store.writing() as connection:
        connection.execute(update(t.participation).values(joined=FIRST_DAY - timedelta(weeks=9)))
        for name in ("Priya", "Marek", "Aisha"):
            connection.execute(update(t.person).where(t.person.c.name == name).values(topics=["databases"]))
    released(site)
    said = {reason for proposal in waiting(site) for reason in proposal.why}

    assert "Aisha would like to learn about databases, which you know" in said
    assert "Ben has waited nine weeks" in said


# --- who takes part ------------------------------------------------------------------------------


def bring(site: Site, folder: Path, text: str) -> None:
    file = folder / "people.csv"
    file.write_text(text, encoding="utf-8")
    import_sheet(site, SheetKind.PEOPLE, file, NOW)


def test_people_bring_cohort_manager_topics_and_when_they_take_part(site: Site, tmp_path: Path) -> None:
    text = (
        "email,name,role,offices,cohort,manager,languages,topics,joined,left,online_only,formats_not\n"
        'aisha@example.org,Aisha,junior,london,spring,marek@example.org,en de,"Pricing, public speaking",'
        "2027-01-11,2027-06-01,yes,group_lunch\n"
    )
    bring(site, tmp_path, text)
    with site.store.reading() as connection:
        programme = kept.load_programme(connection, 1, NOW)
        names = {str(row.id): row.name for row in connection.execute(select(t.person.c.id, t.person.c.name))}
    aisha = next(one for one in programme.juniors if names[one.person] == "Aisha")

    assert (aisha.cohort, names[aisha.manager], aisha.languages) == ("spring", "Marek", {"en", "de"})
    assert (aisha.topics, aisha.online_only) == ({"pricing", "public speaking"}, True)
    assert (str(aisha.joined), str(aisha.left)) == ("2027-01-11", "2027-06-01")
    assert aisha.declines == {SessionKind.GROUP_LUNCH}


def test_people_bring_their_team(site: Site, tmp_path: Path) -> None:
    bring(site, tmp_path, "email,name,role,team\naisha@example.org,Aisha,junior,Payments\n")
    bring(site, tmp_path, "email,name,role\naisha@example.org,Aisha,junior\n")
    with site.store.reading() as connection:
        query = select(t.participation.c.team).join(t.person, t.person.c.id == t.participation.c.person_id)
        assert connection.execute(query.where(t.person.c.name == "Aisha")).scalar() == "Payments"


def test_when_somebody_joined_stays_until_a_file_says_otherwise(site: Site, tmp_path: Path) -> None:
    bring(site, tmp_path, "email,name,role,joined\naisha@example.org,Aisha,junior,2026-11-02\n")
    bring(site, tmp_path, "email,name,role,joined\naisha@example.org,Aisha,junior,\n")
    bring(site, tmp_path, "email,name,role\naisha@example.org,Aisha,junior\n")
    with site.store.reading() as connection:
        query = select(t.participation.c.joined).join(t.person, t.person.c.id == t.participation.c.person_id)
        assert str(connection.execute(query.where(t.person.c.name == "Aisha")).scalar()) == "2026-11-02"


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ("2027-02-01,2027-01-01,,,", "left"),
        ("2027-02-01,,2027-03-01,,", "paused_until"),
        ("2027-02-01,,2027-03-05,2027-03-01,", "paused_until"),
        ("2027-02-01,,,,nobody@example.org", "manager"),
        ("2027-02-01,,,,aisha@example.org", "manager"),
    ],
)
def test_what_cannot_be_about_somebody_is_refused(
    site: Site, tmp_path: Path, cells: str, column: str
) -> None:
    head = "email,name,role,joined,left,paused_from,paused_until,manager\n"
    with pytest.raises(Misfilled, match=column):
        bring(site, tmp_path, f"{head}aisha@example.org,Aisha,junior,{cells}\n")


def test_need_from_a_file_is_somebodys_in_that_programme(site: Site, tmp_path: Path) -> None:
    bring(site, tmp_path, "email,name,role,need\naisha@example.org,Aisha,junior,7\n")
    bring(site, tmp_path, "email,name,role\naisha@example.org,Aisha,junior\n")

    assert (needs(site)["aisha"], needs(site)["ben"]) == (7, 1)
