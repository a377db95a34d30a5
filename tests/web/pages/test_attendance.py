"""Looking back on the pages: one tap says what was, one takes it back."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import update
from werkzeug.test import TestResponse

from tests.web.company import a_company, agree_coworking, at, member
from tests.web.made_up import NOW
from tests.web.pages.persons import Person, token_on
from web import words
from web.operations import attendance, seats
from web.pages import create_app
from web.site import Site
from web.store import tables as t

START = NOW + timedelta(days=5)
AFTER = START + timedelta(hours=3)
DAYS, SESSIONS = "/days/past", "/sessions/past"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """Three hours after co-working with Gita and Hal began, and an hour after another with Ben."""
    site = a_company(tmp_path)
    session = agree_coworking(site, 2, START)
    for name in ("gita", "hal"):
        seats.book(site, session, member(site, name), NOW)
    seats.book(site, agree_coworking(site, 1, START + timedelta(hours=2)), member(site, "ben"), NOW)
    return at(site, AFTER)


@pytest.fixture
def app(site: Site) -> Flask:
    return create_app(site)


def tap(person: Person, seen_on: str, label: str) -> TestResponse:
    """Press the one button of that label on a page, as a browser does, and see where it leads."""
    page = person.open(seen_on)
    forms = re.findall(r'<form method="post" action="([^"]+)">(.*?)</form>', page.text, re.S)
    (form,) = [(action, inner) for action, inner in forms if re.search(f">{label}<", inner)]
    fields: dict[str, list[str]] = {}
    for tag in re.findall(r"<input[^>]*>", form[1]):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        assert name is not None and value is not None
        fields.setdefault(name[1], []).append(unescape(value[1]))
    answer = person.browser.post(unescape(form[0]), data=fields)
    assert answer.status_code == 303, answer.text
    return person.open(answer.location)


def outcome(site: Site) -> str | None:
    """What is said of the one with Gita and Hal."""
    _, past = attendance.past_days(site, member(site, "priya"), AFTER)
    return past.outcome.what if past.outcome else None


def test_one_tap_says_that_all_of_a_day_happened_and_one_takes_it_back(app: Flask, site: Site) -> None:
    priya = Person(app, site, "priya")

    said = tap(priya, DAYS, "All of it happened")
    assert outcome(site) == "held"
    assert said.text.count("said by you") == 2
    assert "All of it happened" not in said.text

    # What was flashed is shown once: press its button on the page that shows it.
    fields = {
        "csrf_token": token_on(said),
        "session": re.findall(r'name="session" value="([^"]+)"', said.text),
    }
    priya.browser.post(f"{DAYS}/all/undo", data=fields)
    assert "said by you" not in priya.open(DAYS).text


def test_a_senior_says_who_came_and_takes_it_back(app: Flask, site: Site) -> None:
    priya, gita = Person(app, site, "priya"), str(member(site, "gita").person.id)
    address = f"{DAYS}/open-2"

    priya.press(f"{address}/attendance", DAYS, person=gita, said="came")
    assert outcome(site) == "held"
    seen = priya.open(DAYS).text
    assert "Came" in seen and 'name="attendance" value="unsaid"' in seen
    priya.press(f"{address}/undo", DAYS, person=gita, attendance="unsaid", outcome="unsaid")
    assert outcome(site) is None


def test_a_junior_says_in_one_tap_what_was(app: Flask, site: Site) -> None:
    gita = Person(app, site, "gita")

    assert "You were there" in tap(gita, SESSIONS, "I was there").text
    assert outcome(site) == "held"
    assert "You were not there" in tap(gita, SESSIONS, "I was not").text
    assert "Did not happen" in tap(gita, SESSIONS, "It did not happen").text
    assert outcome(site) == "fell_through"


def test_an_undo_of_it_did_not_happen_brings_back_what_was_known(app: Flask, site: Site) -> None:
    gita = Person(app, site, "gita")
    mine = str(member(site, "gita").person.id)
    gita.press(f"{SESSIONS}/open-2/say", SESSIONS, said="came")

    assert "Did not happen" in tap(gita, SESSIONS, "It did not happen").text
    wrong = gita.press(f"{SESSIONS}/open-2/undo", SESSIONS, outcome="unsaid", attendance="came", person="7")

    assert (wrong.status_code, outcome(site)) == (404, "fell_through")  # person 7 is not Gita
    gita.press(f"{SESSIONS}/open-2/undo", SESSIONS, outcome="unsaid", attendance="came", person=mine)
    assert outcome(site) == "held"


def test_an_undo_of_a_juniors_brings_back_nothing_that_others_said(app: Flask, site: Site) -> None:
    gita, mine = Person(app, site, "gita"), str(member(site, "gita").person.id)

    gita.press(f"{SESSIONS}/open-2/undo", SESSIONS, outcome="held", attendance="unsaid", person=mine)

    assert outcome(site) is None


def test_one_junior_of_several_who_was_not_there_takes_it_from_nobody_else(app: Flask, site: Site) -> None:
    gita, hal = Person(app, site, "gita"), Person(app, site, "hal")
    tap(hal, SESSIONS, "I was there")

    said = tap(gita, SESSIONS, "It did not happen").text

    assert outcome(site) == "held"
    assert "noted only that you were not there" in said and "You were not there" in said
    assert "I was there" in said  # the way to say something else
    assert "You were there" in hal.open(SESSIONS).text


def test_whoever_was_there_sees_that_it_is_said_not_to_have_happened_and_puts_it_right(
    app: Flask, site: Site
) -> None:
    gita, priya = Person(app, site, "gita"), member(site, "priya")
    tap(gita, SESSIONS, "I was there")
    attendance.say_outcome(site, "open-2", False, priya, AFTER + timedelta(minutes=1))

    seen = gita.open(SESSIONS).text
    assert "Did not happen" in seen and "one tap puts it right" in seen
    after = tap(gita, SESSIONS, "It took place, and I was there").text

    assert outcome(site) == "held"
    assert "It took place, and you were there" in after and ">Undo<" not in after


def test_a_senior_is_asked_whether_it_took_place_without_the_junior_who_says_that_it_did_not(
    app: Flask, site: Site
) -> None:
    priya = Person(app, site, "priya")
    tap(Person(app, site, "gita"), SESSIONS, "It did not happen")

    seen = priya.open(DAYS).text
    assert "A junior speaks for themself" in seen
    assert "Note what you agreed on" in seen
    assert "Held" in tap(priya, DAYS, "It was held after all").text
    assert outcome(site) == "held"


def test_two_weeks_later_a_junior_of_several_says_only_whether_they_were_there(
    app: Flask, site: Site
) -> None:
    later = at(site, AFTER + timedelta(days=15))
    gita = Person(create_app(later), later, "gita")

    page = gita.open(SESSIONS).text
    assert "I was there" in page and "I was not" in page and "It did not happen" not in page
    gita.press(f"{SESSIONS}/open-2/say", SESSIONS, said="fell_through")

    assert outcome(site) is None


def test_a_junior_sees_nothing_of_the_others_attendance(app: Flask, site: Site) -> None:
    hal = member(site, "hal")
    attendance.say_attendance(site, "open-2", hal.person.id, False, hal, AFTER)

    assert "You were not there" in Person(app, site, "hal").open(SESSIONS).text
    seen = Person(app, site, "gita").open(SESSIONS).text
    assert "not there" not in seen and "Hal" not in seen


def test_what_makes_no_sense_changes_nothing(app: Flask, site: Site) -> None:
    priya, gita = Person(app, site, "priya"), Person(app, site, "gita")

    assert priya.press(f"{DAYS}/open-2/outcome", DAYS, said="perhaps").status_code == 422
    assert priya.press(f"{DAYS}/open-2/attendance", DAYS, said="came", person="x").status_code == 422
    assert gita.press(f"{SESSIONS}/open-2/say", SESSIONS, said="perhaps").status_code == 422
    assert gita.press(f"{SESSIONS}/none/say", SESSIONS, said="came").status_code == 409
    assert priya.press(f"{DAYS}/all", DAYS, session="none").status_code == 404
    assert priya.press(f"{DAYS}/open-2/undo", DAYS, outcome="held", person="").status_code == 422
    assert outcome(site) is None


def test_a_page_looks_back_as_far_as_one_likes(app: Flask, site: Site) -> None:
    later = at(site, AFTER + timedelta(weeks=20))
    priya = Person(create_app(later), later, "priya")
    with priya.browser.session_transaction() as cookie:
        cookie["since"] = later.now().isoformat()

    page = priya.open(DAYS)
    assert page.text.count("Co-working") == 0
    earlier = re.search(r'href="(/days/past\?before=[^"]+)"', page.text)
    assert earlier is not None
    assert "Co-working" in priya.open(earlier[1]).text
    assert priya.open(f"{DAYS}?before=soon").status_code == 200
    assert "Co-working" not in Person(app, site, "priya").open(f"{DAYS}?before=2020-01-01").text


def test_day_and_hour_of_what_was_online_are_by_the_readers_clock(app: Flask, site: Site) -> None:
    """Late in the day of whoever is furthest east, the senior's day is another."""
    with site.store.writing() as connection:
        connection.execute(
            update(t.session)
            .where(t.session.c.id == "open-2")
            .values(office_id=None, room_id=None, start=START.replace(hour=12, minute=30))
        )
        far_east = update(t.person).where(t.person.c.id == member(site, "gita").person.id)
        connection.execute(far_east.values(timezone="Pacific/Auckland"))
    day = START.date() + timedelta(days=1)

    seen = Person(app, site, "gita").open(SESSIONS).text

    assert f'<h2 id="day-{day}">' in seen
    assert "1:30–3:30" in seen
    assert f", {words.long_day(day)}</span>" in seen


def test_who_says_that_it_did_not_happen_is_not_said_not_to_have_come(app: Flask, site: Site) -> None:
    gita, hal, priya = (Person(app, site, name) for name in ("gita", "hal", "priya"))
    tap(hal, SESSIONS, "I was there")
    (action,) = {*re.findall(r'class="taps" method="post" action="([^"]+)"', gita.open(SESSIONS).text)}
    gita.press(action, SESSIONS, answer="no")

    page = priya.open(DAYS).text
    assert re.search(r"<bdi>Gita</bdi></b>\s*<p>Says that it did not happen", page)
    assert "Did not come <span" not in page
    tap(gita, SESSIONS, "I was there")
    assert "Says that it did not happen" not in priya.open(DAYS).text
