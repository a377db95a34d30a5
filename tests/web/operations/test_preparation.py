"""What a session is for, its agenda, and the briefing before it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, update

from planner.domain import SessionKind
from tests.web.company import a_company, at, member
from tests.web.history import History
from tests.web.made_up import JUNIORS, NOW, session
from web.errors import Misfilled, NotFound, Refused
from web.guides import Step, agenda_for, guide
from web.operations import assistants, goals, preparation, purposes, signin
from web.operations.goals import GoalForm
from web.operations.preparation import agenda_from, briefing, choose
from web.operations.purposes import Purpose
from web.records import GoalRecord, Member, ObjectiveRecord
from web.site import Site
from web.store import tables as t
from web.store.preparation import Prepared

LUNCH, GROUP = SessionKind.INDIVIDUAL_LUNCH, SessionKind.GROUP_MENTORING
FARID = JUNIORS[5]
NOTHING = Prepared(1, True, None, None, None)
SOON = GoalRecord(1, FARID.id, "lead", "", date(2027, 4, 1), 0)
LATER = GoalRecord(2, FARID.id, "explain", "", None, 0)
FOR_ALL = ObjectiveRecord(1, "know three people", "", frozenset(), None)
FOR_GROUPS = ObjectiveRecord(2, "ask on the day", "", frozenset({GROUP}), None)


# --- an agenda as it is typed --------------------------------------------------------------------


def test_an_agenda_is_a_step_a_line() -> None:
    steps = agenda_from("10 Welcome\r\n\n  20 min Cases \n5 min. Good\u202ebye\n", 60)

    assert steps == (Step(10, "Welcome"), Step(20, "Cases"), Step(5, "Goodbye"))
    assert agenda_from(preparation.as_typed(steps), 60) == steps


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Welcome\n10 Cases\nEnd", ("line 1: please begin", "line 3: please begin")),
        ("10 A\n\n0 B", ("line 3: please give it a minute",)),
        ("40 A\n21 B", ("take 61 minutes, and the session has 60",)),
        (f"1 {'x' * 201}", ("line 1: please keep this under 200",)),
        ("1 A\n" * 21, ("keep it to 20 lines; these are 21",)),
        (" \n", ("write a step a line",)),
    ],
)
def test_every_line_that_is_no_step_is_named(text: str, says: tuple[str, ...]) -> None:
    with pytest.raises(Misfilled) as told:
        agenda_from(text, 60)

    assert all(each in told.value.mistakes["agenda"] for each in says)


# --- in a company --------------------------------------------------------------------------------


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return a_company(tmp_path)


TOMORROW = NOW + timedelta(days=1)


def lunch(site: Site, junior: str = "gita") -> str:
    return History(site).session(TOMORROW, [junior], None, kind=LUNCH)


def group(site: Site) -> str:
    return History(site).session(TOMORROW, ["gita", "hal"], None)


def read(site: Site, key: str, name: str) -> preparation.Briefing:
    return briefing(site, key, [member(site, name)], NOW)[0]


def set_goal(site: Site, name: str, statement: str, target: date | None = None) -> int:
    return goals.add(site, GoalForm(statement, "", target), member(site, name), NOW)


def add_objective(site: Site, statement: str) -> int:
    return goals.add_objective(site, GoalForm(statement, "", None), frozenset(), member(site, "ada"), NOW)


def know_topics(site: Site, **topics: list[str]) -> None:
    with site.store.writing() as connection:
        for name, some in topics.items():
            mine = t.person.c.id == member(site, name).person.id
            connection.execute(update(t.person).where(mine).values(topics=some, eats=f"{name}'s food"))


def test_what_somebody_eats_is_read_by_whom_they_lunch_with_and_by_no_assistant(site: Site) -> None:
    key, priya, ben = lunch(site), member(site, "priya"), member(site, "ben")
    know_topics(site, priya=["data"], gita=["data"])
    assistants.name(site, priya.person.id, ben.person.email, False, priya, NOW)
    (acting,) = (each for each in signin.members(site, ben.person.id) if each.behind is not None)

    (to_ben,), (to_priya,) = briefing(site, key, [acting], NOW)[0].people, read(site, key, "priya").people

    assert (to_ben.eats, to_priya.eats) == ("", "gita's food")
    assert to_ben.topics == to_priya.topics == ("data",)


def test_a_senior_reads_goals_topics_and_what_is_open_of_whom_they_meet(site: Site) -> None:
    key = lunch(site)
    set_goal(site, "gita", "lead")
    set_goal(site, "hal", "sing")
    know_topics(site, priya=["data", "pricing"], gita=["data", "songs"])
    before = History(site).session(NOW - timedelta(days=7), ["gita"], kind=LUNCH)
    with site.store.writing() as connection:
        gita = member(site, "gita")
        connection.execute(
            insert(t.action).values(
                programme_id=gita.programme_id,
                session_id=before,
                owner_id=gita.person.id,
                text="try it",
                created_by=gita.person.id,
                created_at=NOW,
            )
        )

    of_priya, of_gita = read(site, key, "priya"), read(site, key, "gita")

    (about,) = of_priya.people
    assert about.topics == ("data",)
    assert about.eats == "gita's food"
    assert [goal.statement for goal in about.goals] == ["lead"]
    assert [action.text for action in about.agreed] == ["try it"]
    assert of_priya.prompts == guide(LUNCH).senior_prompts
    assert of_gita.people == ()
    assert [action.text for action in of_gita.agreed] == ["try it"]
    assert of_gita.prompts == guide(LUNCH).junior_prompts
    assert of_gita.purpose == of_priya.purpose
    assert (of_gita.purpose.says, of_gita.purpose.whose) == ("lead", member(site, "gita").person)


def test_juniors_read_nothing_of_each_other_in_a_group(site: Site) -> None:
    key = group(site)
    set_goal(site, "gita", "juggle")

    of_hal = read(site, key, "hal")

    assert "juggle" not in repr(of_hal)
    assert of_hal.purpose == Purpose(guide(GROUP).purpose)


@pytest.mark.parametrize("name", ["hal", "marek", "ada"])
def test_whoever_is_not_in_a_session_reads_no_briefing(site: Site, name: str) -> None:
    with pytest.raises(NotFound):
        read(site, lunch(site), name)


def test_a_session_that_is_not_agreed_has_no_briefing_and_names_no_goal(site: Site) -> None:
    key = lunch(site)
    set_goal(site, "gita", "lead")
    with site.store.writing() as connection:
        connection.execute(update(t.session).where(t.session.c.id == key).values(state="due", start=None))

    with pytest.raises(NotFound):
        read(site, key, "priya")
    proposed = session(LUNCH, 12, 0, (member(site, "gita").person,), who=member(site, "priya").person)
    proposed = replace(proposed, id=key)
    found = purposes.on_a_page(site, [proposed], member(site, "priya"))
    assert found == {key: Purpose(guide(LUNCH).purpose)}


def test_a_briefing_is_closed_once_its_session_is_long_over(site: Site) -> None:
    key = lunch(site)
    priya = member(site, "priya")

    briefing(site, key, [priya], TOMORROW + timedelta(hours=12))
    with pytest.raises(Refused, match="is over"):
        briefing(site, key, [priya], TOMORROW + timedelta(hours=13))


def test_an_assistant_reads_it_for_their_senior_and_that_is_noted(site: Site) -> None:
    key = lunch(site)
    sam = Member(
        member(site, "priya").person,
        member(site, "priya").programme_id,
        "Mentoring",
        frozenset({"senior"}),
        member(site, "hal").person,
    )

    found, by = briefing(site, key, [sam], NOW)

    assert (found.leads, by) == (True, sam)
    with site.store.reading() as connection:
        noted = connection.execute(
            t.audit_entry.select().where(t.audit_entry.c.action == "read.briefing")
        ).one()
    assert (noted.object, noted.behalf_id) == (f"session:{key}", sam.person.id)


def test_purposes_are_worked_out_for_those_in_a_session_only(site: Site) -> None:
    key = lunch(site)
    set_goal(site, "gita", "lead")
    made = read(site, key, "priya").session

    assert purposes.on_a_page(site, [made], member(site, "marek")) == {}
    assert purposes.on_a_page(site, [made], member(site, "ada")) == {}
    assert purposes.on_a_page(site, [made], member(site, "gita"))[key].says == "lead"


# --- choosing ------------------------------------------------------------------------------------


def test_a_junior_chooses_which_goal_a_lunch_for_two_serves(site: Site) -> None:
    key = lunch(site)
    set_goal(site, "gita", "lead", date(2027, 4, 1))
    other = set_goal(site, "gita", "explain")
    gita = [member(site, "gita")]

    assert choose(site, key, f"goal:{other}", gita, NOW) == ("", "junior")
    assert read(site, key, "priya").purpose.says == "explain"
    assert choose(site, key, "", gita, NOW) == (f"goal:{other}", "junior")
    assert read(site, key, "priya").purpose.says == "lead"


def test_a_goal_that_was_let_go_is_no_longer_what_a_session_serves(site: Site) -> None:
    key = lunch(site)
    goal = set_goal(site, "gita", "explain")
    choose(site, key, f"goal:{goal}", [member(site, "gita")], NOW)

    goals.let_go(site, goal, member(site, "gita"), NOW)

    assert read(site, key, "priya").purpose == Purpose(guide(LUNCH).purpose)


def test_nobody_chooses_somebody_else_s_goal(site: Site) -> None:
    key = lunch(site)
    set_goal(site, "gita", "lead")
    hals = set_goal(site, "hal", "sing")

    with pytest.raises(Misfilled):
        choose(site, key, f"goal:{hals}", [member(site, "gita")], NOW)
    for name in ("priya", "ada", "hal"):
        with pytest.raises(NotFound):
            choose(site, key, "", [member(site, name)], NOW)


@pytest.mark.parametrize(("name", "part"), [("priya", "senior"), ("ada", "admin")])
def test_its_senior_or_an_admin_chooses_the_objective_of_a_group(site: Site, name: str, part: str) -> None:
    key = group(site)
    add_objective(site, "know three people")
    second = add_objective(site, "ask on the day")

    assert choose(site, key, f"objective:{second}", [member(site, name)], NOW) == ("", part)

    assert read(site, key, "hal").purpose == Purpose("ask on the day", objective_id=second)
    with pytest.raises(NotFound):
        choose(site, key, "", [member(site, "hal")], NOW)


def test_an_admin_reads_what_the_next_groups_serve_and_nothing_of_two_people(site: Site) -> None:
    key = group(site)
    lunch(site)
    History(site).session(NOW - timedelta(days=1), ["gita", "hal"])
    set_goal(site, "gita", "juggle")
    objective = add_objective(site, "know three people")
    ada = member(site, "ada")
    choose(site, key, f"objective:{objective}", [ada], NOW)

    (ahead,) = preparation.groups_ahead(site, ada, NOW)

    assert (ahead.session.id, ahead.chosen) == (key, f"objective:{objective}")
    assert ahead.purpose == Purpose("know three people", objective_id=objective)
    with pytest.raises(NotFound):
        preparation.groups_ahead(site, member(site, "priya"), NOW)


def test_nothing_is_chosen_for_a_session_that_is_over(site: Site) -> None:
    with pytest.raises(Refused):
        choose(at(site, TOMORROW), group(site), "", [member(site, "priya")], TOMORROW + timedelta(days=1))


# --- the agenda of a group -----------------------------------------------------------------------


def test_a_senior_changes_the_agenda_and_goes_back_to_the_usual_one(site: Site) -> None:
    key = group(site)
    priya = [member(site, "priya")]
    assert read(site, key, "gita").agenda == agenda_for(GROUP, 60)

    assert preparation.change_agenda(site, key, "10 Welcome", priya, NOW) is None
    assert read(site, key, "gita").agenda == (Step(10, "Welcome"),)
    assert preparation.change_agenda(site, key, None, priya, NOW) == "10 Welcome"
    assert read(site, key, "gita").agenda == agenda_for(GROUP, 60)


def test_what_a_session_serves_and_its_agenda_are_chosen_one_without_the_other(site: Site) -> None:
    key = group(site)
    objective = add_objective(site, "know three people")
    priya = [member(site, "priya")]

    preparation.change_agenda(site, key, "10 Welcome", priya, NOW)
    choose(site, key, f"objective:{objective}", priya, NOW)
    preparation.change_agenda(site, key, "20 Welcome", priya, NOW)

    found = read(site, key, "priya")
    assert (found.agenda, found.chosen) == ((Step(20, "Welcome"),), f"objective:{objective}")


@pytest.mark.parametrize("name", ["gita", "marek", "ada"])
def test_nobody_but_its_senior_changes_an_agenda(site: Site, name: str) -> None:
    with pytest.raises(NotFound):
        preparation.change_agenda(site, group(site), "10 Welcome", [member(site, name)], NOW)


def test_a_junior_learns_nothing_of_an_agenda_s_being_closed(site: Site) -> None:
    key, later = group(site), TOMORROW + timedelta(days=1)
    with pytest.raises(NotFound):
        preparation.change_agenda(site, key, "10 Welcome", [member(site, "gita")], later)
    with pytest.raises(Refused):
        preparation.change_agenda(site, key, "10 Welcome", [member(site, "priya")], later)


def test_two_people_have_no_agenda_to_change(site: Site) -> None:
    with pytest.raises(NotFound):
        preparation.change_agenda(site, lunch(site), "10 Welcome", [member(site, "priya")], NOW)
