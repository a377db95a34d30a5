"""The pages of goals and objectives, over HTTP."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from tests.web.company import a_company, member
from tests.web.pages.persons import Person
from web.operations import goals
from web.pages import create_app
from web.site import Site

MINE, OBJECTIVES = "/goals", "/admin/programme/objectives"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return a_company(tmp_path)


@pytest.fixture
def app(site: Site) -> Flask:
    return create_app(site)


def test_a_junior_sets_a_goal_says_how_far_and_reaches_it(app: Flask, site: Site) -> None:
    gita = Person(app, site, "gita")
    assert "You need none" in gita.open(MINE).text

    assert gita.press(MINE, MINE, statement="Lead <b>well</b>", target="2027-06-01").status_code == 303
    (goal,) = goals.own(site, member(site, "gita"))
    gita.press(f"{MINE}/{goal.id}/progress", MINE, progress=50)
    page = gita.open(MINE).text
    assert "Lead &lt;b&gt;well&lt;/b&gt;" in page
    assert "50 % of the way" in page

    gita.press(f"{MINE}/{goal.id}/progress", MINE, progress=100)
    page = gita.open(MINE).text
    assert "Well done" in page
    assert "What you reached" in page


def test_how_far_one_has_come_can_be_undone(app: Flask, site: Site) -> None:
    gita = Person(app, site, "gita")
    gita.press(MINE, MINE, statement="Lead")
    (goal,) = goals.own(site, member(site, "gita"))
    gita.press(f"{MINE}/{goal.id}/progress", MINE, progress=25)
    gita.press(f"{MINE}/{goal.id}/progress", MINE, progress=100)

    assert 'name="progress" value="25"' in gita.open(MINE).text  # the button that undoes it
    gita.press(f"{MINE}/{goal.id}/progress", MINE, progress=25)

    (goal,) = goals.own(site, member(site, "gita"))
    assert (goal.progress, goal.reached_at) == (25, None)


def test_how_far_one_has_come_goes_back_to_the_beginning(app: Flask, site: Site) -> None:
    gita = Person(app, site, "gita")
    gita.press(MINE, MINE, statement="Lead")
    (goal,) = goals.own(site, member(site, "gita"))
    assert 'name="progress" value="0"' not in gita.open(MINE).text
    gita.press(f"{MINE}/{goal.id}/progress", MINE, progress=25)
    gita.open(MINE)  # which offers to undo it, once

    assert 'name="progress" value="0"' in gita.open(MINE).text
    gita.press(f"{MINE}/{goal.id}/progress", MINE, progress=0)

    (goal,) = goals.own(site, member(site, "gita"))
    assert (goal.progress, goal.reached_at) == (0, None)


def test_why_a_goal_matters_keeps_its_lines(app: Flask, site: Site) -> None:
    gita = Person(app, site, "gita")
    gita.press(MINE, MINE, statement="Lead\r\nwell", why="First\r\n\r\n\r\n- <b>second</b>\r\n")

    (goal,) = goals.own(site, member(site, "gita"))
    assert (goal.statement, goal.why) == ("Lead well", "First\n\n- <b>second</b>")
    shown = 'class="lines">First\n\n- &lt;b&gt;second&lt;/b&gt;<'
    assert shown in gita.open(MINE).text


def test_at_the_most_goals_the_page_says_what_to_do_and_keeps_what_was_typed(app: Flask, site: Site) -> None:
    gita = Person(app, site, "gita")
    gita.press(MINE, MINE, statement="Reached")
    (goal,) = goals.own(site, member(site, "gita"))
    gita.press(f"{MINE}/{goal.id}/progress", MINE, progress=100)
    for n in range(goals.MOST_GOALS):
        assert 'name="statement"' in gita.open(MINE).text
        gita.press(MINE, MINE, statement=f"Goal {n}")

    page = gita.open(MINE).text
    assert "Reach one, or let one go, first." in page
    assert 'name="statement"' not in page
    assert "Not quite yet" not in page  # it would be one more

    answer = gita.press(MINE, MINE, statement="One more", why="It matters", target="2027-06-01")
    assert answer.status_code == 409
    typed = answer.text.partition('id="new"')[2]
    assert typed.index("Reach one, or let one go, first.") < typed.index("One more</textarea>")
    assert "It matters</textarea>" in typed
    assert 'value="2027-06-01"' in typed
    assert len(goals.own(site, member(site, "gita"))) == goals.MOST_GOALS + 1


def test_a_goal_is_let_go_without_a_reason_and_taken_up_again(app: Flask, site: Site) -> None:
    gita = Person(app, site, "gita")
    gita.press(MINE, MINE, statement="Lead")
    (goal,) = goals.own(site, member(site, "gita"))

    gita.press(f"{MINE}/{goal.id}/let-go", MINE)
    page = gita.open(MINE).text
    assert "that is fine" in page
    assert f'action="{MINE}/{goal.id}/again"' in page
    assert gita.open(f"{MINE}/{goal.id}").status_code == 404

    gita.press(f"{MINE}/{goal.id}/again", MINE)
    assert goals.own(site, member(site, "gita")) == (goal,)


def test_all_mistakes_are_told_at_once_beside_what_was_written(app: Flask, site: Site) -> None:
    gita = Person(app, site, "gita")

    answer = gita.press(MINE, MINE, statement="", why="it matters", target="2099-01-01")

    assert answer.status_code == 422
    assert 'id="statement-mistake"' in answer.text
    assert 'id="target-mistake"' in answer.text
    assert "it matters" in answer.text
    assert gita.press(MINE, MINE, statement="x" * 301).status_code == 422
    assert gita.press(MINE, MINE, statement="x", target="soon").status_code == 422


def test_a_date_that_is_over_is_said_kindly(app: Flask, site: Site) -> None:
    gita = Person(app, site, "gita")
    gita.press(MINE, MINE, statement="Lead", target="2027-03-04")
    gita.press(MINE, MINE, statement="Explain", target="2027-03-05")

    page = gita.open(MINE).text

    assert "Was for Thursday 4 March; another date is fine" in page
    assert "By Friday 5 March" in page  # it is that day


def test_an_example_fills_the_form_and_nothing_else(app: Flask, site: Site) -> None:
    gita = Person(app, site, "gita")

    page = gita.open(f"{MINE}?start=Lead%20a%20%3Cscript%3E").text

    assert ">Lead a &lt;script&gt;</textarea>" in page
    assert goals.own(site, member(site, "gita")) == ()


def test_nobody_changes_somebody_else_s_goal(app: Flask, site: Site) -> None:
    Person(app, site, "gita").press(MINE, MINE, statement="Lead")
    (goal,) = goals.own(site, member(site, "gita"))

    for name in ("hal", "priya", "ada"):
        person = Person(app, site, name)
        seen_on = "/preferences"
        assert person.press(f"{MINE}/{goal.id}", seen_on, statement="Mine").status_code == 404
        assert person.press(f"{MINE}/{goal.id}/let-go", seen_on).status_code == 404
        assert person.open(f"{MINE}/{goal.id}").status_code == 404


def test_an_admin_adds_orders_and_ends_objectives(app: Flask, site: Site) -> None:
    ada = Person(app, site, "ada")
    assert "No objective yet" in ada.open(OBJECTIVES).text
    ada.press(OBJECTIVES, OBJECTIVES, statement="First")
    ada.press(OBJECTIVES, OBJECTIVES, statement="Second", kinds=["coworking", "group_lunch"])
    first, second = goals.objectives(site, member(site, "ada"))

    ada.press(f"{OBJECTIVES}/{second.id}/sooner", OBJECTIVES)
    page = ada.open(OBJECTIVES).text
    assert page.index("Second") < page.index("First")
    assert "Served by: Group lunch, Co-working" in page

    ada.press(f"{OBJECTIVES}/{first.id}/end", OBJECTIVES)
    page = ada.open(OBJECTIVES).text
    assert "First" not in page
    assert f'action="{OBJECTIVES}/{first.id}/again"' in page
    ada.press(f"{OBJECTIVES}/{first.id}/again", OBJECTIVES)
    assert "First" in ada.open(OBJECTIVES).text


def test_at_the_most_objectives_the_page_says_what_to_do_and_keeps_what_was_typed(
    app: Flask, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(goals, "MOST_OBJECTIVES", 1)
    ada = Person(app, site, "ada")
    ada.press(OBJECTIVES, OBJECTIVES, statement="First")

    page = ada.open(OBJECTIVES).text
    assert "Reach one, or end one, first." in page
    assert 'name="statement"' not in page

    answer = ada.press(OBJECTIVES, OBJECTIVES, statement="One more", kinds="coworking")
    assert (answer.status_code, "One more</textarea>" in answer.text) == (409, True)
    assert "Reach one, or end one, first." in answer.text


def test_the_lines_of_an_objective_stay_in_one_cell_of_its_file(app: Flask, site: Site) -> None:
    ada = Person(app, site, "ada")
    ada.press(OBJECTIVES, OBJECTIVES, statement="First", why="=1+1\r\nsecond")

    assert '\r\nFirst,"\'=1+1\nsecond",' in ada.open(f"{OBJECTIVES}?as=csv").get_data(as_text=True)


def test_an_objective_is_changed_and_every_kind_ticked_means_all(app: Flask, site: Site) -> None:
    ada = Person(app, site, "ada")
    ada.press(OBJECTIVES, OBJECTIVES, statement="First", kinds="coworking")
    (made,) = goals.objectives(site, member(site, "ada"))
    kinds = ["individual_lunch", "coffee_roulette", "group_lunch", "group_mentoring"]

    all_of_them = [*kinds, "coworking", "virtual_coworking"]
    address = f"{OBJECTIVES}/{made.id}"
    assert ada.press(address, address, statement="Other", kinds=all_of_them).status_code == 303
    assert ada.press(address, address, statement="Other", kinds="dinner").status_code == 422

    (made,) = goals.objectives(site, member(site, "ada"))
    assert (made.statement, made.kinds) == ("Other", frozenset())


def test_an_admin_reads_how_many_goals_there_are_and_no_word_of_them(app: Flask, site: Site) -> None:
    ada = Person(app, site, "ada")
    for name in ("gita", "hal", "aisha", "ben"):
        Person(app, site, name).press(MINE, MINE, statement="My very own")
    assert "no figure is shown" in ada.open(OBJECTIVES).text

    Person(app, site, "dana").press(MINE, MINE, statement="My very own")

    page = ada.open(OBJECTIVES).text
    assert "At least five juniors who are here set themselves goals: at least 5 are open" in page
    assert "My very own" not in page
