"""What a session is for: the rule, what is kept of it when it is held, and who reads it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete

from planner.domain import SessionKind
from tests.web.company import a_company, member
from tests.web.history import History
from tests.web.made_up import JUNIORS, NOW, PRIYA, session
from web.errors import Misfilled
from web.guides import guide
from web.operations import attendance, goals, preparation, purposes
from web.operations.goals import GoalForm
from web.operations.purposes import Purpose, by_rule, in_a_calendar, in_a_mail
from web.records import GoalRecord, ObjectiveRecord, SessionRecord
from web.site import Site
from web.store import sessions
from web.store import tables as t
from web.store.preparation import Prepared

LUNCH, GROUP = SessionKind.INDIVIDUAL_LUNCH, SessionKind.GROUP_MENTORING
FARID = JUNIORS[5]
NOTHING = Prepared(1, True, None, None, None)
SOON = GoalRecord(1, FARID.id, "lead", "", date(2027, 4, 1), 0)
LATER = GoalRecord(2, FARID.id, "explain", "", None, 0)
FOR_ALL = ObjectiveRecord(1, "know three people", "", frozenset(), None)
FOR_GROUPS = ObjectiveRecord(2, "ask on the day", "", frozenset({GROUP}), None)


# --- the rule ------------------------------------------------------------------------------------


def test_where_two_meet_it_is_the_junior_s_goal_with_the_nearest_date() -> None:
    found = by_rule(session(LUNCH, 12), NOTHING, (SOON, LATER), (FOR_ALL,))

    assert found == Purpose("lead", FARID, goal_id=SOON.id)


def test_a_group_serves_the_objective_that_names_its_kind_before_one_for_all() -> None:
    group, lunch = session(GROUP, 9), session(SessionKind.GROUP_LUNCH, 12)

    assert by_rule(group, NOTHING, (), (FOR_ALL, FOR_GROUPS)) == Purpose("ask on the day", objective_id=2)
    assert by_rule(lunch, NOTHING, (), (FOR_GROUPS, FOR_ALL)) == Purpose("know three people", objective_id=1)


def test_without_goal_or_objective_the_guide_says_what_a_kind_is_for() -> None:
    for kind in SessionKind:
        assert by_rule(session(kind, 9), NOTHING, (), ()) == Purpose(guide(kind).purpose)
    assert by_rule(session(LUNCH, 12), NOTHING, (), (FOR_GROUPS,)) == Purpose(guide(LUNCH).purpose)


def test_what_was_set_once_it_began_or_reached_before_it_does_not_count() -> None:
    lunch = session(LUNCH, 12)
    before, since = lunch.start - timedelta(days=1), lunch.start + timedelta(minutes=1)
    chosen = Prepared(1, True, SOON.id, None, None)

    for late in (replace(SOON, created_at=since), replace(SOON, reached_at=before)):
        assert by_rule(lunch, chosen, (late, LATER), (FOR_ALL,)).says == "explain"
        assert by_rule(lunch, chosen, (late,), (FOR_ALL,)).says == "know three people"
    for late_one in (replace(FOR_ALL, created_at=since), replace(FOR_ALL, reached_at=before)):
        assert by_rule(lunch, NOTHING, (), (late_one,)) == Purpose(guide(LUNCH).purpose)
    then = replace(SOON, created_at=lunch.start, reached_at=since)
    assert by_rule(lunch, NOTHING, (then, LATER), ()).says == "lead"


def test_what_somebody_chose_comes_first_for_as_long_as_it_stands_open() -> None:
    goal_chosen = Prepared(1, True, LATER.id, None, None)
    objective_chosen = Prepared(1, True, None, FOR_ALL.id, None)

    assert by_rule(session(LUNCH, 12), goal_chosen, (SOON, LATER), ()).says == "explain"
    assert by_rule(session(LUNCH, 12), goal_chosen, (SOON,), ()).says == "lead"
    both = (FOR_GROUPS, FOR_ALL)
    assert by_rule(session(GROUP, 9), objective_chosen, (), both).says == "know three people"
    assert by_rule(session(GROUP, 9), objective_chosen, (), (FOR_GROUPS,)).says == "ask on the day"


# --- in mails and calendars ----------------------------------------------------------------------


def test_a_mail_quotes_a_goal_to_whoever_set_it_alone_and_a_calendar_to_nobody() -> None:
    lunch, serves = session(LUNCH, 12), Purpose("lead", FARID, goal_id=1)

    assert in_a_mail(lunch, serves, FARID) == "Your goal: “lead”"
    assert "lead" not in in_a_mail(lunch, serves, PRIYA)
    assert in_a_calendar(lunch, serves) == "It serves a goal that one of you set."


def test_what_the_name_of_a_session_says_is_not_said_again_by_the_guide() -> None:
    titled = replace(session(GROUP, 9), title="Pricing")

    assert in_a_calendar(session(GROUP, 9), Purpose("ask")) == "For: ask"
    assert in_a_calendar(titled, Purpose("ask")) == ""
    assert in_a_calendar(titled, Purpose("ask", objective_id=1)) == "Towards: ask"


# --- in a company --------------------------------------------------------------------------------


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return a_company(tmp_path)


YESTERDAY, LAST_WEEK = NOW - timedelta(days=1), NOW - timedelta(weeks=1)


def yesterday_s_lunch(site: Site) -> str:
    return History(site).session(YESTERDAY, ["gita"], None, kind=LUNCH)


def set_goal(site: Site, statement: str, target: date | None = None, now: datetime = LAST_WEEK) -> int:
    return goals.add(site, GoalForm(statement, "", target), member(site, "gita"), now)


def add_objective(site: Site, statement: str, now: datetime = LAST_WEEK) -> int:
    return goals.add_objective(site, GoalForm(statement, "", None), frozenset(), member(site, "ada"), now)


def record(site: Site, key: str) -> SessionRecord:
    with site.store.reading() as connection:
        found = sessions.one_agreed(connection, key)
    assert found is not None
    return found


def served(site: Site, key: str, name: str = "gita") -> str:
    return purposes.on_a_page(site, [record(site, key)], member(site, name))[key].says


def say_held(site: Site, key: str, now: datetime = NOW) -> None:
    attendance.say_outcome(site, key, True, member(site, "priya"), now)


def test_a_held_session_keeps_the_goal_it_served_whatever_is_set_or_reached_later(site: Site) -> None:
    key, lead = yesterday_s_lunch(site), set_goal(site, "lead")

    say_held(site, key)
    goals.set_progress(site, lead, 100, member(site, "gita"), NOW)
    set_goal(site, "sing", date(2027, 3, 20))

    assert served(site, key) == "lead"


def test_looking_back_a_senior_reads_whose_goal_it_was_and_no_word_of_it(site: Site) -> None:
    key, soon = yesterday_s_lunch(site), YESTERDAY + timedelta(hours=12)
    set_goal(site, "lead")
    made, priya = record(site, key), member(site, "priya")

    just_then = purposes.on_a_page(replace(site, clock=lambda: soon), [made], priya)
    later = purposes.on_a_page(site, [made], priya)

    assert just_then[key].says == "lead"
    assert (later[key].says, later[key].whose) == ("", member(site, "gita").person)


def test_it_is_kept_whoever_says_it_first_and_not_changed_by_who_says_it_again(site: Site) -> None:
    key, gita = yesterday_s_lunch(site), member(site, "gita")
    lead = set_goal(site, "lead")

    attendance.say_attendance(site, key, gita.person.id, True, gita, NOW)
    goals.set_progress(site, lead, 100, gita, NOW)
    set_goal(site, "sing")
    say_held(site, key)

    assert served(site, key) == "lead"


def test_what_is_said_of_it_through_a_mailed_link_keeps_it_as_well(site: Site) -> None:
    key, gita = yesterday_s_lunch(site), member(site, "gita")
    lead = set_goal(site, "lead")

    with site.store.writing() as connection:
        begun = attendance.begun(connection, key, NOW)
        attendance.say_of_oneself(connection, begun, gita.person.id, True, NOW)
    goals.set_progress(site, lead, 100, gita, NOW)

    assert served(site, key) == "lead"


def test_a_held_group_keeps_its_objective_when_that_is_ended_and_another_begun(site: Site) -> None:
    key = History(site).session(YESTERDAY, ["gita", "hal"], None)
    first = add_objective(site, "know three people")

    say_held(site, key)
    goals.end_objective(site, first, member(site, "ada"), NOW)
    add_objective(site, "ask on the day")

    assert served(site, key, "hal") == "know three people"


def test_a_session_held_for_no_goal_serves_none_that_is_set_later(site: Site) -> None:
    key = yesterday_s_lunch(site)

    say_held(site, key)
    set_goal(site, "sing")
    add_objective(site, "ask on the day")

    assert served(site, key) == guide(LUNCH).purpose


def test_until_somebody_says_it_was_held_the_rule_says_what_it_serves(site: Site) -> None:
    key = yesterday_s_lunch(site)

    attendance.say_outcome(site, key, False, member(site, "priya"), NOW)
    set_goal(site, "sing")

    assert served(site, key) == "sing"


def test_a_session_serves_nothing_that_was_set_after_it_began_to_either_side(site: Site) -> None:
    lunch, group = yesterday_s_lunch(site), History(site).session(YESTERDAY, ["gita", "hal"], None)
    set_goal(site, "sing", now=NOW)
    add_objective(site, "ask on the day", NOW)

    def read() -> set[tuple[str, str]]:
        return {(key, served(site, key, name)) for key in (lunch, group) for name in ("gita", "priya")}

    usual = {(lunch, guide(LUNCH).purpose), (group, guide(GROUP).purpose)}
    assert read() == usual
    say_held(site, lunch)
    say_held(site, group)
    assert read() == usual


def test_a_session_serves_what_was_reached_only_after_it_whenever_that_is_said(site: Site) -> None:
    lunch, group = yesterday_s_lunch(site), History(site).session(YESTERDAY, ["gita", "hal"], None)
    lead, know = set_goal(site, "lead"), add_objective(site, "know three people")
    goals.set_progress(site, lead, 100, member(site, "gita"), NOW)
    goals.reach_objective(site, know, member(site, "ada"), NOW)

    def read() -> list[str]:
        return [served(site, lunch), served(site, group)]

    assert read() == ["lead", "know three people"]
    say_held(site, lunch)
    say_held(site, group)
    assert read() == ["lead", "know three people"]


def test_nobody_chooses_for_a_session_what_was_set_after_it_began(site: Site) -> None:
    key, soon = yesterday_s_lunch(site), YESTERDAY + timedelta(hours=2)
    late = set_goal(site, "sing", now=soon)

    with pytest.raises(Misfilled):
        preparation.choose(site, key, f"goal:{late}", [member(site, "gita")], soon)


def test_a_goal_chosen_after_it_was_held_is_what_it_served_and_no_choice_the_rule_s(site: Site) -> None:
    key, gita = yesterday_s_lunch(site), [member(site, "gita")]
    soon = YESTERDAY + timedelta(hours=2)
    set_goal(site, "lead", date(2027, 4, 1))
    other = set_goal(site, "explain")
    say_held(site, key, soon)

    preparation.choose(site, key, f"goal:{other}", gita, soon)
    assert served(site, key) == "explain"
    preparation.choose(site, key, "", gita, soon)
    assert served(site, key) == "lead"


def test_nothing_is_read_of_a_goal_that_was_let_go_or_erased_since(site: Site) -> None:
    key, lead = yesterday_s_lunch(site), set_goal(site, "lead")
    say_held(site, key)

    goals.let_go(site, lead, member(site, "gita"), NOW)
    assert served(site, key) == served(site, key, "priya") == guide(LUNCH).purpose

    with site.store.writing() as connection:
        connection.execute(delete(t.goal))
    assert served(site, key) == guide(LUNCH).purpose


def test_a_choice_of_an_agenda_stays_its_senior_s_when_the_session_is_held(site: Site) -> None:
    key = History(site).session(YESTERDAY, ["gita", "hal"], None)
    priya, soon = member(site, "priya"), YESTERDAY + timedelta(hours=2)
    add_objective(site, "ask on the day")
    preparation.change_agenda(site, key, "10 Welcome", [priya], soon)

    say_held(site, key)

    with site.store.reading() as connection:
        row = connection.execute(t.preparation.select()).one()
    assert (row.changed_by, row.agenda) == (priya.person.id, [{"minutes": 10, "what": "Welcome"}])
    assert served(site, key) == "ask on the day"


def test_whoever_is_not_in_a_session_reads_what_it_serves_unless_it_is_somebody_s_goal(site: Site) -> None:
    lunch, group = yesterday_s_lunch(site), History(site).session(YESTERDAY, ["gita", "hal"], None)
    set_goal(site, "lead")
    both = [record(site, lunch), record(site, group)]

    for by in (member(site, "marek"), member(site, "hal"), member(site, "ada"), None):
        assert {*purposes.on_a_page(site, both, by)} == {group}
    assert {*purposes.on_a_page(site, both, member(site, "gita"))} == {lunch, group}
