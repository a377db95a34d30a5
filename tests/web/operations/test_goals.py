"""Goals and objectives, without pages."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from planner.domain import SessionKind
from tests.web.company import JUNIORS, a_company, at, member
from tests.web.history import participation
from tests.web.made_up import NOW
from web.errors import Misfilled, NotFound, Refused
from web.operations import goals
from web.operations.goals import GoalForm
from web.records import GoalCountRecord
from web.site import Site
from web.store import goals as kept


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return a_company(tmp_path)


def set_goal(site: Site, name: str, statement: str, target: date | None = None) -> int:
    return goals.add(site, GoalForm(statement, "", target), member(site, name), NOW)


def statements(site: Site, name: str) -> list[str]:
    return [goal.statement for goal in goals.own(site, member(site, name))]


def test_open_goals_come_by_date_and_what_was_reached_comes_last(site: Site) -> None:
    set_goal(site, "gita", "some day")
    set_goal(site, "gita", "in June", date(2027, 6, 1))
    done = set_goal(site, "gita", "in April", date(2027, 4, 1))
    set_goal(site, "gita", "in May", date(2027, 5, 1))

    goals.set_progress(site, done, 100, member(site, "gita"), NOW)

    assert statements(site, "gita") == ["in May", "in June", "some day", "in April"]


def test_less_than_all_of_the_way_opens_a_reached_goal_again(site: Site) -> None:
    goal = set_goal(site, "gita", "lead")
    gita = member(site, "gita")

    assert goals.set_progress(site, goal, 100, gita, NOW) == 0
    assert goals.set_progress(site, goal, 75, gita, NOW) == 100

    assert goals.one(site, goal, gita).reached_at is None


def test_no_more_than_ten_goals_are_open_at_a_time(site: Site) -> None:
    made = [set_goal(site, "gita", f"goal {n}") for n in range(10)]
    with pytest.raises(Refused, match="let one go, first"):
        set_goal(site, "gita", "one more")

    goals.let_go(site, made[0], member(site, "gita"), NOW)
    set_goal(site, "gita", "one more")

    with pytest.raises(Refused, match="most at a time"):
        goals.take_up_again(site, made[0], member(site, "gita"), NOW)


def test_a_date_that_is_over_does_not_keep_a_goal_from_being_changed(site: Site) -> None:
    goal = set_goal(site, "gita", "lead", date(2027, 4, 1))
    later = NOW + timedelta(days=90)

    form = GoalForm("lead well", "", date(2027, 4, 1))
    goals.change(at(site, later), goal, form, member(site, "gita"), later)

    assert statements(site, "gita") == ["lead well"]


@pytest.mark.parametrize(
    ("form", "wrong"),
    [
        (GoalForm("", "x" * 1001, date(2050, 1, 1)), {"statement", "why", "target"}),
        (GoalForm("x" * 301, "", date(1990, 1, 1)), {"statement", "target"}),
    ],
)
def test_every_mistake_is_told_at_once(site: Site, form: GoalForm, wrong: set[str]) -> None:
    with pytest.raises(Misfilled) as told:
        goals.add(site, form, member(site, "gita"), NOW)

    assert told.value.mistakes.keys() == wrong


def test_progress_is_at_most_all_of_it(site: Site) -> None:
    goal = set_goal(site, "gita", "lead")
    with pytest.raises(Misfilled):
        goals.set_progress(site, goal, 101, member(site, "gita"), NOW)


def test_nobody_reads_or_changes_another_junior_s_goal(site: Site) -> None:
    goal = set_goal(site, "gita", "lead")
    for name in ("hal", "priya", "ada"):
        with pytest.raises(NotFound):
            goals.one(site, goal, member(site, name))
        with pytest.raises(NotFound):
            goals.set_progress(site, goal, 50, member(site, name), NOW)


def test_an_admin_reads_how_many_goals_there_are_of_juniors_who_are_here(site: Site) -> None:
    for name in JUNIORS[:6]:
        set_goal(site, name, "lead")
    ada = member(site, "ada")

    assert goals.counts(site, ada, NOW) == GoalCountRecord(5, 5, 0)
    participation(site, JUNIORS[0], left=NOW.date() + timedelta(days=1))
    assert goals.counts(site, ada, NOW) == GoalCountRecord(5, 5, 0)
    participation(site, JUNIORS[1], left=NOW.date())
    assert goals.counts(site, ada, NOW) == GoalCountRecord(5, 5, 0)
    # From the next day on four are left, however many have been there.
    assert goals.counts(site, ada, NOW + timedelta(days=1)) is None


def test_somebody_on_a_pause_is_here_and_somebody_who_joins_later_is_not_yet(site: Site) -> None:
    for name in JUNIORS[:5]:
        set_goal(site, name, "lead")
    participation(site, JUNIORS[0], paused_from=NOW.date(), paused_until=NOW.date())
    ada = member(site, "ada")

    assert goals.counts(site, ada, NOW) is not None
    participation(site, JUNIORS[1], joined=NOW.date() + timedelta(days=1))
    assert goals.counts(site, ada, NOW) is None


def test_one_who_leaves_moves_no_figure_that_is_not_a_full_five(site: Site) -> None:
    for name in JUNIORS[:7]:
        for number in range(2):
            goal = set_goal(site, name, f"goal {number}")
        goals.set_progress(site, goal, 100, member(site, name), NOW)
    ada = member(site, "ada")

    assert goals.counts(site, ada, NOW) == GoalCountRecord(5, 5, 5)  # seven of each
    for name in JUNIORS[:2]:
        participation(site, name, left=NOW.date())
        assert goals.counts(site, ada, NOW) == GoalCountRecord(5, 5, 5)
    participation(site, JUNIORS[2], left=NOW.date())
    assert goals.counts(site, ada, NOW) is None


def test_objectives_keep_the_order_they_are_put_in(site: Site) -> None:
    ada = member(site, "ada")
    made = [
        goals.add_objective(site, GoalForm(name, "", None), frozenset(), ada, NOW) for name in ("a", "b", "c")
    ]

    goals.move_objective(site, made[2], -1, ada, NOW)
    goals.move_objective(site, made[0], -1, ada, NOW)  # it is the first already

    assert [each.statement for each in goals.objectives(site, ada)] == ["a", "c", "b"]


def test_a_reached_objective_comes_last_and_can_be_opened_again(site: Site) -> None:
    ada = member(site, "ada")
    kinds = frozenset({SessionKind.COWORKING})
    first = goals.add_objective(site, GoalForm("a", "", None), kinds, ada, NOW)
    goals.add_objective(site, GoalForm("b", "", None), frozenset(), ada, NOW)

    goals.reach_objective(site, first, ada, NOW)
    assert [each.statement for each in goals.objectives(site, ada)] == ["b", "a"]
    with site.store.reading() as connection:
        standing = kept.open_objectives(connection, [ada.programme_id])[ada.programme_id]
    assert [each.statement for each in standing] == ["b"]

    goals.reopen_objective(site, first, ada, NOW)
    assert [each.statement for each in goals.objectives(site, ada)] == ["a", "b"]


def test_an_ended_objective_is_gone_until_that_is_undone(site: Site) -> None:
    ada = member(site, "ada")
    made = goals.add_objective(site, GoalForm("a", "", None), frozenset(), ada, NOW)

    goals.end_objective(site, made, ada, NOW)
    with pytest.raises(NotFound):
        goals.objective(site, made, ada)

    goals.reopen_objective(site, made, ada, NOW)
    assert goals.objective(site, made, ada).statement == "a"


def test_a_programme_works_towards_at_most_twenty_objectives(site: Site) -> None:
    ada = member(site, "ada")
    for number in range(20):
        goals.add_objective(site, GoalForm(f"{number}", "", None), frozenset(), ada, NOW)

    with pytest.raises(Refused, match="end one, first"):
        goals.add_objective(site, GoalForm("one more", "", None), frozenset(), ada, NOW)
