"""The briefing before a session, over HTTP."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from planner.domain import SessionKind
from tests.web.company import a_company, member
from tests.web.history import History
from tests.web.made_up import NOW
from tests.web.pages.persons import Person, propose_a_day, version_of
from web.guides import guide
from web.operations import actions, goals, proposals
from web.operations.goals import GoalForm
from web.pages import create_app
from web.records import Member
from web.site import Site

TOMORROW = NOW + timedelta(days=1)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return a_company(tmp_path)


@pytest.fixture
def app(site: Site) -> Flask:
    return create_app(site)


def group(site: Site) -> str:
    return History(site).session(TOMORROW, ["gita", "hal"], None)


def set_goal(site: Site, name: str, statement: str) -> int:
    return goals.add(site, GoalForm(statement, "", None), member(site, name), NOW)


def test_both_sides_open_the_same_address_and_others_find_nothing(app: Flask, site: Site) -> None:
    set_goal(site, "gita", "juggle <b>well</b>")
    address = f"/sessions/{group(site)}/briefing"

    senior, junior = (
        Person(app, site, "priya").open(address).text,
        Person(app, site, "gita").open(address).text,
    )
    assert "Works towards “<bdi>juggle &lt;b&gt;well&lt;/b&gt;</bdi>”" in senior
    assert guide(SessionKind.GROUP_MENTORING).senior_prompts[0] in senior
    assert guide(SessionKind.GROUP_MENTORING).junior_prompts[0] in junior
    assert "Change the agenda" not in junior
    assert "juggle" not in Person(app, site, "hal").open(address).text
    for name in ("marek", "aisha", "ada"):
        assert Person(app, site, name).open(address).status_code == 404


def test_a_goal_whose_day_is_over_is_not_said_to_be_due(site: Site) -> None:
    for statement, days in (("juggle", -2), ("sing", 0)):
        day = NOW.date() + timedelta(days=days)
        goals.add(site, GoalForm(statement, "", day), member(site, "gita"), NOW - timedelta(weeks=1))
    address = f"/sessions/{group(site)}/briefing"

    page = Person(create_app(site), site, "priya").open(address).text

    assert "0 % of the way, was for Wednesday 3 March" in page
    assert "0 % of the way, by Friday 5 March" in page


def test_a_senior_changes_the_agenda_and_can_undo_it(app: Flask, site: Site) -> None:
    address = f"/sessions/{group(site)}/briefing"
    priya, gita = Person(app, site, "priya"), Person(app, site, "gita")

    wrong = priya.press(f"{address}/agenda", address, agenda="Welcome\n90 Cases")
    assert wrong.status_code == 422
    assert "Line 1: please begin with the minutes" in wrong.text
    assert "these steps take 90 minutes" in wrong.text

    priya.press(f"{address}/agenda", address, agenda="10 Welcome\n20 Cases")
    page = priya.open(address).text
    assert f'action="{address}/agenda/usual"' in page
    assert "As <bdi>Priya</bdi> set it." in gita.open(address).text

    priya.press(f"{address}/agenda/usual", address)
    page = priya.open(address).text
    assert 'name="agenda" value="10 Welcome\n20 Cases"' in page  # the undo carries what it was
    assert "set it." not in gita.open(address).text


def test_a_junior_chooses_what_a_lunch_serves_and_the_senior_s_day_says_so(app: Flask, site: Site) -> None:
    proposal_id = propose_a_day(site)
    day = f"/days/{proposal_id}"
    set_goal(site, "farid", "explain")
    other = set_goal(site, "farid", "lead")
    priya, farid = Person(app, site, "priya"), Person(app, site, "farid")
    assert "explain" not in priya.open(day).text  # nobody is about to meet anybody yet

    priya.press(f"{day}/approve", day, version=version_of(site, proposal_id))
    proposals.settle(site, proposal_id)
    assert "<bdi>Farid</bdi>’s goal: “<bdi>explain</bdi>”" in priya.open(day).text
    assert "Your goal: “<bdi>explain</bdi>”" in farid.open("/sessions").text

    address = "/sessions/lunch/briefing"
    assert f'href="{address}"' in priya.open("/days").text
    assert f'href="{address}"' in farid.open("/sessions").text
    assert farid.press(f"{address}/purpose", address, serves=f"goal:{other}").location == address
    assert "’s goal: “<bdi>lead</bdi>”" in priya.open(day).text


def test_an_admin_chooses_for_a_group_and_is_led_back_to_the_objectives(app: Flask, site: Site) -> None:
    key = group(site)
    made = goals.add_objective(site, GoalForm("ask", "", None), frozenset(), member(site, "ada"), NOW)
    ada = Person(app, site, "ada")

    objectives = "/admin/programme/objectives"
    chosen = ada.press(f"/sessions/{key}/briefing/purpose", objectives, serves=f"objective:{made}")

    assert (chosen.status_code, chosen.location) == (303, objectives)


def test_a_briefing_of_a_session_that_is_over_says_so(app: Flask, site: Site) -> None:
    key = History(site).session(NOW - timedelta(days=3), ["gita"])

    answer = Person(app, site, "gita").open(f"/sessions/{key}/briefing")

    assert answer.status_code == 409
    assert "This session is over" in answer.text


def test_the_next_briefing_shows_what_is_open_and_what_was_done_since_you_met(app: Flask, site: Site) -> None:
    before = History(site).session(NOW - timedelta(days=3), ["gita", "hal"])
    priya, gita = member(site, "priya"), member(site, "gita")

    def note(owner: Member, text: str) -> int:
        return actions.agree(site, before, owner.person.id, text, None, priya, NOW)

    note(priya, "Bring the wiring diagram")
    note(gita, "Read the handbook")
    actions.say(site, note(gita, "Send the draft"), "done", gita, NOW)
    actions.say(site, note(gita, "Learn Latin"), "dropped", gita, NOW)
    address = f"/sessions/{group(site)}/briefing"

    pages = {name: Person(app, site, name).open(address).text for name in ("priya", "gita", "hal")}

    assert "What you said you would do" in pages["priya"]
    assert "<bdi>Priya</bdi> said they would do" in pages["gita"]
    for page in pages.values():
        assert "Bring the wiring diagram" in page
    for name in ("priya", "gita"):
        for text in (
            "Read the handbook",
            "Done or let go since you last met:",
            "Send the draft",
            "Learn Latin",
        ):
            assert text in pages[name]
    for text in ("Read the handbook", "since you last met", "Send the draft"):
        assert text not in pages["hal"]
