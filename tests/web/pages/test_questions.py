"""The pages of questions about agreed days, and "I can't come today"."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.web.company import a_company, at
from tests.web.history import History
from tests.web.made_up import NOW
from tests.web.operations.test_day_questions import agreed, asked, give_up, standing
from tests.web.organizers import settle
from tests.web.pages.persons import Person
from web.operations import calendars, outbox
from web.pages import create_app
from web.site import Site
from web.store import tables as t

TUESDAY = datetime(2027, 3, 9, 8, tzinfo=UTC)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = a_company(tmp_path)
    calendars.sync(site, None, NOW)
    return site


def mailed(site: Site) -> str:
    """The path of the newest link that asks something."""
    with site.store.reading() as connection:
        query = select(t.link.c.id).where(t.link.c.purpose == "question").order_by(t.link.c.created_at.desc())
        link_id = connection.execute(query.limit(1)).scalar_one()
    return outbox.signer(site).url("day_question", link_id).removeprefix(site.config.site.url)


def at_desk(site: Site, name: str | None = None) -> Person:
    return Person(create_app(site), site, name)


def test_a_mailed_question_shows_by_looking_and_is_answered_once_without_signing_in(site: Site) -> None:
    agreed(site)
    give_up(site, "lunch", "farid")
    stranger, path = at_desk(site), mailed(site)

    for _ in range(3):
        page = stranger.open(path)
        assert stranger.browser.head(path).status_code == 200
    assert "is it still worth the trip?" in page.text
    assert "If we hear nothing, it stays as it is." in page.text
    assert "Hold them online instead" in page.text
    assert len(asked(site)) == 1

    answered = stranger.press(path, path, choice="come")
    assert (answered.status_code, answered.location) == (303, path)
    assert "Thank you: it stays as it is." in stranger.open(path).text

    again = stranger.browser.post(path, data={"csrf_token": "none", "choice": "call_off"})
    assert again.status_code == 400
    assert standing(site) == {"cohort", "desk"}


def test_a_link_that_was_answered_on_the_page_decides_nothing_any_more(site: Site) -> None:
    agreed(site)
    give_up(site, "lunch", "farid")
    stranger, priya, path = at_desk(site), at_desk(site, "priya"), mailed(site)
    (question,) = asked(site)
    own = f"/questions/{question.id}"
    assert own in priya.open("/days").text
    before = stranger.open(path)
    assert priya.press(own, own, choice="come").status_code == 303

    late = stranger.browser.post(
        path,
        data={
            "csrf_token": before.text.split('name="csrf_token" value="')[1].split('"')[0],
            "choice": "online",
        },
    )

    assert late.status_code == 409
    assert own not in priya.open("/days").text


def test_another_day_is_chosen_from_the_page_that_asks(site: Site) -> None:
    agreed(site)
    give_up(site, "lunch", "farid")
    (question,) = asked(site)
    priya, own = at_desk(site, "priya"), f"/questions/{question.id}"
    page = priya.open(own).text
    day = page.split('name="day" value="')[1].split('"')[0]

    moved = priya.press(own, own, choice="move", day=day)

    assert moved.status_code == 303
    assert "It is moved, and everybody in it is being told." in priya.open("/days").text


def test_a_question_of_somebody_elses_and_a_made_up_link_are_not_found(site: Site) -> None:
    agreed(site)
    give_up(site, "lunch", "farid")
    (question,) = asked(site)

    for name in ("farid", "marek", "ada"):
        assert at_desk(site, name).open(f"/questions/{question.id}").status_code == 404
    assert at_desk(site).open("/q/made-up").status_code == 404
    assert at_desk(site, "priya").open("/questions/999").status_code == 404


def test_a_senior_who_cannot_come_says_so_in_one_tap_and_can_come_after_all(site: Site) -> None:
    day = agreed(site)
    eve = at(site, TUESDAY)
    priya = at_desk(eve, "priya")
    path = f"/days/{day}/cant-come"
    for page in ("/days", f"/days/{day}"):
        assert f'<form method="post" action="{path}"' in priya.open(page).text

    assert priya.press(path, "/days").status_code == 303

    said = priya.open("/days").text
    assert "Three sessions are called off, and everybody is being told." in said
    assert "everybody is invited anew if it still fits" in said
    assert (f'action="{path}/undo"' in said, standing(eve)) == (True, set())
    assert priya.press(f"{path}/undo", "/days").status_code == 303
    settle(eve)
    assert standing(eve) == {"cohort", "lunch", "desk"}


def test_a_senior_who_would_rather_hold_some_of_it_online_chooses_what(site: Site) -> None:
    day = agreed(site)
    assert "I can’t come" not in at_desk(site, "priya").open("/days").text
    eve = at(site, TUESDAY)
    priya = at_desk(eve, "priya")
    path = f"/days/{day}/cant-come"
    assert f'href="{path}"' in priya.open("/days").text
    assert f'href="{path}"' in priya.open(f"/days/{day}").text
    page = priya.open(path).text
    assert page.count('name="online"') == 3

    done = priya.press(path, path, online="lunch", chosen="yes")

    assert done.status_code == 303
    said = priya.open("/days").text
    assert "One session is online and two sessions are called off, and everybody is being told." in said
    assert standing(eve) == {"lunch"}
    assert priya.press(path, f"/days/{day}", online="lunch", chosen="yes").status_code == 303
    assert standing(eve) == {"lunch"}


def test_a_junior_who_cannot_come_gives_the_seats_of_that_day_back(site: Site) -> None:
    agreed(site)
    eve = at(site, TUESDAY)
    chidi = at_desk(eve, "chidi")
    path = "/sessions/cant-come/2027-03-10"
    assert f'<form method="post" action="{path}"' in chidi.open("/sessions").text
    assert "Group mentoring" in chidi.open(path).text  # where a mail may lead, which changes nothing

    assert chidi.press(path, "/sessions").status_code == 303

    page = chidi.open("/sessions").text
    assert "You are not expected on Wednesday 10 March any more" in page
    assert "I can come after all" in page
    assert standing(eve) == {"cohort", "lunch", "desk"}
    assert "Nothing is left that day" in chidi.open(path).text
    assert chidi.open("/sessions/cant-come/tomorrow").status_code == 404
    assert chidi.press(f"{path}/undo", "/sessions").status_code == 303
    assert "Welcome back: you have one seat again." in chidi.open("/sessions").text


def test_a_junior_with_sessions_on_both_days_can_miss_either_in_one_tap(site: Site) -> None:
    for hours in (3, 27):
        History(site).session(NOW + timedelta(hours=hours), ["hal"], None)

    page = at_desk(site, "hal").open("/sessions").text

    for day, says in (("2027-03-05", "today"), ("2027-03-06", "tomorrow")):
        assert re.search(rf'action="/sessions/cant-come/{day}".*?I can’t come {says}</button>', page)


def test_who_gave_a_lunch_for_two_up_is_offered_no_undo_as_it_fell(site: Site) -> None:
    agreed(site)
    farid = at_desk(site, "farid")

    assert farid.press("/sessions/lunch/give-up", "/sessions").status_code == 303

    page = farid.open("/sessions").text
    assert "No harm done, your turn comes again." in page
    assert "Take it back" not in page
