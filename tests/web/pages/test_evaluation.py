"""How was it, over HTTP: from the mail without signing in, and on one's own pages."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from planner.domain import SessionKind
from tests.web.company import a_company, at, member
from tests.web.history import History, participation
from tests.web.mails import text_of
from tests.web.operations.test_evaluation import (
    LUNCH,
    LUNCH_ASKED,
    feedback,
    known,
    look,
    mails,
    taps,
)
from tests.web.operations.test_trends import FIVE, JANUARY, THEN, tell, with_lunch_apart_in_january
from tests.web.pages.persons import Person
from web.operations import attendance, erasure
from web.pages import create_app
from web.site import Site
from web.store import tables as t


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """Priya had lunch with Aisha and Ben, and they were asked how it was."""
    site = a_company(tmp_path)
    History(site).session(LUNCH, ["aisha", "ben"], None)
    look(site, LUNCH_ASKED)
    return at(site, LUNCH_ASKED)


@pytest.fixture
def app(site: Site) -> Flask:
    return create_app(site)


def tapped(site: Site, name: str, answer: str) -> str:
    (mail,) = (each for each in mails(site) if each["To"].addresses[0].display_name == name)
    return dict(taps(mail))[answer]


def chosen_on(text: str) -> list[str]:
    return re.findall(r'value="(\w+)"[^>]* checked', text)


# --- from the mail -------------------------------------------------------------------------------


def test_a_tap_opens_a_page_with_it_chosen_and_one_button_which_says_it(app: Flask, site: Site) -> None:
    path, stranger = tapped(site, "Aisha", "4 of 5"), Person(app, site)

    page = stranger.open(path)
    assert (page.status_code, chosen_on(page.text), page.text.count("<button")) == (200, ["4"], 1)
    assert stranger.browser.head(path).status_code == 200
    assert feedback(site) == []

    answer = stranger.press(path.partition("?")[0], path, answer="4")
    assert (answer.status_code, answer.location) == (303, path.partition("?")[0])
    assert [each[1:4] for each in feedback(site)] == [("Aisha", True, 4)]
    page = stranger.open(answer.location)
    assert "You said: 4 of 5, quite useful." in page.text
    assert "without your name" in page.text


def test_whoever_a_mail_is_passed_on_to_reads_nothing_of_what_was_said(app: Flask, site: Site) -> None:
    path = tapped(site, "Aisha", "4 of 5")
    page, browser = path.partition("?")[0], Person(app, site)
    browser.press(page, path, answer="4")
    browser.press(f"{page}/word", page, word="She was late.")
    assert "She was late." in browser.open(page).text

    other = Person(app, site)
    for way in (page, path, f"{page}?answer=2"):
        text = other.open(way).text
        assert "This was answered already." in text
        assert not re.search("She was late|4 of 5|<form|You said", text)
    assert other.press(page, "/sign-in", answer="1").status_code == 409
    for name in ("priya", "ben"):
        found = Person(app, site, name).open(page)
        assert (found.status_code, "asks somebody else" in found.text) == (409, True)
        assert not re.search("She was late|4 of 5|Aisha", found.text)
    aisha = Person(app, site, "aisha")
    assert "She was late." in aisha.open(page).text
    aisha.press(page, page, answer="3")
    assert [each[3:] for each in feedback(site)] == [(3, "She was late.")]


def test_who_was_said_not_to_have_come_can_still_answer(app: Flask, site: Site) -> None:
    path = tapped(site, "Aisha", "4 of 5")
    with site.store.reading() as connection:
        session = connection.execute(select(t.session.c.id).where(t.session.c.state == "agreed")).scalar_one()
    aisha, priya = member(site, "aisha"), member(site, "priya")
    attendance.say_attendance(site, session, aisha.person.id, False, priya, LUNCH_ASKED)

    text = Person(app, site).open(path.partition("?")[0]).text
    assert "You said that you were not there" not in text
    assert "Say so" in text


def test_who_has_left_is_told_whom_to_ask_and_not_to_sign_in(app: Flask, site: Site) -> None:
    path = tapped(site, "Aisha", "4 of 5")
    participation(site, "aisha", left=LUNCH_ASKED.date())

    text = Person(app, site).open(path).text

    assert "You no longer take part" in text
    assert "ask whoever runs the programme: <bdi>Ada</bdi>" in text
    assert "mailto:ada@example.org" in text
    assert "/sign-in" not in text


def test_the_mail_says_that_it_answers_in_one_s_name(site: Site) -> None:
    for mail in mails(site):
        assert "please do not pass this mail on" in text_of(mail)


def test_it_did_not_happen_is_one_tap_too(app: Flask, site: Site) -> None:
    path, stranger = tapped(site, "Aisha", "It did not happen"), Person(app, site)
    assert chosen_on(stranger.open(path).text) == ["no"]

    stranger.press(path.partition("?")[0], path, answer="no")

    ((session, *said),) = feedback(site)
    assert said == ["Aisha", False, None, ""]
    assert known(site, session)[0] == "fell_through"
    assert "another turn" in stranger.open(path).text


def test_i_was_not_there_is_a_tap_too_and_changes_nothing_for_the_others(app: Flask, site: Site) -> None:
    path, stranger = tapped(site, "Ben", "I was not there"), Person(app, site)
    four = tapped(site, "Aisha", "4 of 5")
    stranger.press(four.partition("?")[0], four, answer="4")
    before = feedback(site)
    assert chosen_on(stranger.open(path).text) == ["absent"]
    assert feedback(site) == before

    stranger.press(path.partition("?")[0], path, answer="absent")

    ((session, *_),) = feedback(site)
    assert known(site, session) == ("held", {"Aisha": "came", "Ben": "missed"})
    page = stranger.open(path).text
    assert "You said that you were not there" in page and "Say something else instead" in page


def test_who_says_that_what_was_held_did_not_happen_reads_what_is_noted_and_can_say_what_they_meant(
    app: Flask, site: Site
) -> None:
    no, four = tapped(site, "Ben", "It did not happen"), tapped(site, "Aisha", "4 of 5")
    stranger, page = Person(app, site), no.partition("?")[0]
    stranger.press(four.partition("?")[0], four, answer="4")

    stranger.press(page, no, answer="no")

    session = feedback(site)[0][0]
    assert known(site, session) == ("held", {"Aisha": "came", "Ben": "missed"})
    text = stranger.open(page).text
    assert "noted only that you were not there" in text
    assert chosen_on(text) == ["no"]
    stranger.press(page, page, answer="5")
    assert known(site, session) == ("held", {"Aisha": "came", "Ben": "came"})


def test_who_was_there_reads_on_the_same_page_that_it_is_said_not_to_have_happened_and_puts_it_right(
    app: Flask, site: Site
) -> None:
    four, no = tapped(site, "Aisha", "4 of 5"), tapped(site, "Priya", "It did not happen")
    stranger, page = Person(app, site), four.partition("?")[0]
    stranger.press(page, four, answer="4")
    stranger.press(no.partition("?")[0], no, answer="no")
    session = feedback(site)[0][0]
    assert known(site, session)[0] == "fell_through"

    text = stranger.open(page).text
    assert "by <bdi>Priya</bdi>, that it did not happen" in text
    assert "It took place, and I was there" in text
    assert (
        stranger.press(no.partition("?")[0], no, answer="held").status_code == 404
    )  # a senior's says it all
    stranger.press(page, page, answer="held")

    assert known(site, session) == ("held", {"Aisha": "came", "Ben": None})
    assert "It took place, and I was there" not in stranger.open(page).text


def next_on(page: TestResponse) -> tuple[str, str] | None:
    """Where the page leads to the next session, and what it says of it."""
    found = re.search(r'Next in your mail, if you like: <a href="([^"]+)">(.*?)</p>', page.text, re.DOTALL)
    return found and (found[1], " ".join(re.sub(r"<[^>]+>", "", found[2]).split()))


def test_the_thank_you_leads_through_the_mail_to_the_next_that_has_no_answer(tmp_path: Path) -> None:
    """Priya meets Aisha and Ben at noon and both at one, at three Aisha alone; the day before Ben."""
    site = a_company(tmp_path)
    history = History(site)
    history.session(LUNCH - timedelta(days=1), ["ben"], None)
    coffee, an_hour = SessionKind.COFFEE_ROULETTE, timedelta(hours=1)
    history.session(LUNCH, ["aisha", "ben"], None)
    history.session(LUNCH + an_hour, ["aisha", "ben"], None)
    history.session(LUNCH + 3 * an_hour, ["aisha"], None, kind=coffee, online=True)
    asked_at = LUNCH_ASKED + 3 * an_hour
    look(site, LUNCH - timedelta(hours=20), asked_at)
    site = at(site, asked_at)
    stranger = Person(create_app(site), site)
    (_, priyas) = (each for each in mails(site) if each["To"].addresses[0].display_name == "Priya")
    noon, one, three = dict.fromkeys(path.partition("?")[0] for _, path in taps(priyas))

    assert next_on(stranger.open(noon)) is None
    stranger.press(one, one, answer="4")
    assert next_on(stranger.open(one)) == (three, "Coffee with Aisha, Wednesday 10 March, 15:00–16:00.")
    stranger.press(three, three, answer="no")
    assert next_on(stranger.open(three)) == (noon, "Group mentoring, Wednesday 10 March, 12:00–13:00.")
    assert next_on(stranger.open(f"{one}?answer=2")) is None
    stranger.press(noon, noon, answer="5")

    assert [next_on(stranger.open(page)) for page in (noon, one, three)] == [None] * 3


def test_the_next_is_none_that_one_said_of_before_that_one_was_not_there(tmp_path: Path) -> None:
    site = a_company(tmp_path)
    history = History(site)
    for hours in range(3):
        history.session(LUNCH + timedelta(hours=hours), ["aisha", "ben"], None)
    asked_at = LUNCH_ASKED + timedelta(hours=2)
    look(site, asked_at)
    site = at(site, asked_at)
    stranger = Person(create_app(site), site)
    (bens,) = (each for each in mails(site) if each["To"].addresses[0].display_name == "Ben")
    first, second, third = dict.fromkeys(path.partition("?")[0] for _, path in taps(bens))

    stranger.press(second, second, answer="absent")
    stranger.press(first, first, answer="4")

    page = next_on(stranger.open(first))
    assert page == (third, "Group mentoring with Priya, Wednesday 10 March, 14:00–15:00.")


def test_another_tap_of_the_same_mail_offers_the_change(app: Flask, site: Site) -> None:
    stranger = Person(app, site)
    four, two = (tapped(site, "Aisha", f"{number} of 5") for number in (4, 2))
    stranger.press(four.partition("?")[0], four, answer="4")

    assert "You said: 4 of 5" in stranger.open(four).text
    page = stranger.open(two).text
    assert chosen_on(page) == ["2"]
    assert "Change it" in page
    assert [each[3] for each in feedback(site)] == [4]
    stranger.press(two.partition("?")[0], two, answer="2")
    assert [each[3] for each in feedback(site)] == [2]


def test_a_word_is_asked_for_only_then_and_keeps_its_lines(app: Flask, site: Site) -> None:
    stranger = Person(app, site)
    path = tapped(site, "Aisha", "4 of 5")
    page = path.partition("?")[0]
    assert "<textarea" not in stranger.open(path).text
    stranger.press(page, path, answer="4")

    long = stranger.press(f"{page}/word", page, word="x" * 1001)
    assert (long.status_code, "under 1000 characters" in long.text) == (422, True)
    assert "x" * 1001 in long.text
    stranger.press(f"{page}/word", page, word="Good\r\nand <b>short</b>")

    assert [each[4] for each in feedback(site)] == ["Good\nand <b>short</b>"]
    assert "&lt;b&gt;short" in stranger.open(page).text


def test_what_makes_no_sense_changes_nothing(app: Flask, site: Site) -> None:
    stranger = Person(app, site)
    path = tapped(site, "Aisha", "4 of 5")
    page = path.partition("?")[0]

    assert chosen_on(stranger.open(f"{page}?answer=9").text) == []
    assert stranger.press(page, path, answer="9").status_code == 422
    assert stranger.press(page, path).status_code == 422
    assert stranger.press(f"{page}/word", path, word="first").status_code == 409
    assert feedback(site) == []


def test_a_late_a_forged_and_an_erased_link_lead_to_a_kind_page(app: Flask, site: Site) -> None:
    path = tapped(site, "Aisha", "4 of 5")
    page = path.partition("?")[0]
    later = Person(create_app(at(site, LUNCH_ASKED + timedelta(days=15))), site)

    text = later.open(path).text
    assert "The time to say how it was is over" in text
    assert "<button" not in text
    stranger = Person(app, site)
    forged = stranger.open("/f/nonsense")
    assert (forged.status_code, "There is nothing here" in forged.text) == (404, True)
    erasure.erase_by_address(site, "aisha@example.org", LUNCH_ASKED)
    assert stranger.open(page).status_code == 404


# --- in groups -----------------------------------------------------------------------------------


@pytest.fixture
def told(tmp_path: Path) -> Site:
    """Five juniors said in January how it was, and wrote a word; a cohort is called like a formula."""
    site = a_company(tmp_path)
    session = History(site).session(JANUARY, FIVE, "held")
    for number, name in enumerate(FIVE, start=1):
        participation(site, name, cohort="=1+1")
        tell(site, session, f"@word {number}" if number > 1 else "=cmd()", **{name: number})
    return at(site, THEN)


def test_an_admin_reads_what_groups_said_and_exports_the_same(told: Site) -> None:
    ada = Person(create_app(told), told, "ada")

    page = ada.open("/admin/evaluation").text
    assert "<b>3.0 of 5</b> useful on average. They answered 100% of the times they were asked" in page
    assert "January 2027" in page and '“<bdi class="lines">@word 2</bdi>”' in page
    rows = [*csv.reader(io.StringIO(ada.open("/admin/evaluation/figures.csv").data.decode("utf-8-sig")))]

    assert rows[0] == ["side", "table", "group", "figure", "value"]
    assert ["juniors", "all", "all", "useful on average", "3.00"] in rows
    assert ["juniors", "by month", "January 2027", "useful 5 of 5", "1"] in rows
    assert ["", "words", "1", "word", "'=cmd()"] in rows
    names = [name.title() for name in FIVE]
    assert not [cell for row in rows for cell in row if (cell[:1] in "=@" and cell) or cell in names]
    assert page.count('<td class="number"') == 2 * 8  # one month and the total; no table of one group alone


def test_page_and_export_say_of_which_months_a_group_is_among_the_others(tmp_path: Path) -> None:
    site = at(a_company(tmp_path), THEN)
    with_lunch_apart_in_january(site, History(site))
    ada = Person(create_app(site), site, "ada")

    page = ada.open("/admin/evaluation").text
    rows = [*csv.reader(io.StringIO(ada.open("/admin/evaluation/figures.csv").data.decode("utf-8-sig")))]

    assert '<span>Lunch for two</span></span> <span class="note">without January 2027</span></th>' in page
    assert "groups too small to stand alone, and some that had to join them" in page
    assert [row[2] for row in rows if row[1] == "by kind" and row[3] == "asked"] == [
        "Lunch for two (without January 2027)",
        "Coffee roulette",
        "(others)",
    ]


def test_another_half_year_is_asked_for_by_its_address(told: Site) -> None:
    ada = Person(create_app(told), told, "ada")

    earlier = ada.open("/admin/evaluation?half=2026-2").text
    assert "Fewer than five people have said how a session was, January to December 2026" in earlier
    assert 'href="/admin/evaluation?half=2027-2"' in earlier
    assert ada.open("/admin/evaluation?half=2090-1").status_code == 200
    for wrong in ("soon", "2027-3", "-1", "２027-1"):
        assert ada.open(f"/admin/evaluation?half={wrong}").status_code == 404


def test_before_anybody_was_asked_the_page_says_when_there_is_something(tmp_path: Path) -> None:
    site = a_company(tmp_path)

    page = Person(create_app(site), site, "ada").open("/admin/evaluation").text

    assert "Nothing to tell yet" in page
    assert "Tuesday 16 March at the soonest" in page


# --- on one's own pages --------------------------------------------------------------------------

DAYS, SESSIONS = "/days/past", "/sessions/past"


def undo_on(person: Person, seen_on: str) -> TestResponse:
    """Press the button that takes back what the page says was done."""
    form = re.search(
        r'<form method="post" action="([^"]+)">((?:(?!</form>).)*>Undo<)', person.open(seen_on).text
    )
    assert form is not None
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form[2]))
    return person.browser.post(form[1], data=fields)


def test_one_tap_on_one_s_own_page_says_it_and_can_be_undone(app: Flask, site: Site) -> None:
    aisha = Person(app, site, "aisha")
    page = aisha.open(SESSIONS).text
    (action,) = {*re.findall(r'class="taps" method="post" action="([^"]+)"', page)}

    assert aisha.press(action, SESSIONS, answer="4").location == SESSIONS
    ((session, *said),) = feedback(site)
    assert said == ["Aisha", True, 4, ""]
    assert known(site, session) == ("held", {"Aisha": "came", "Ben": None})

    assert undo_on(aisha, SESSIONS).location == SESSIONS
    assert (feedback(site), known(site, session)) == ([], (None, {"Aisha": None, "Ben": None}))


def test_a_senior_says_it_on_theirs_changes_it_and_adds_a_word(app: Flask, site: Site) -> None:
    priya = Person(app, site, "priya")
    (action,) = {*re.findall(r'class="taps" method="post" action="([^"]+)"', priya.open(DAYS).text)}

    for answer in ("2", "5"):
        assert priya.press(action, DAYS, answer=answer).location == DAYS
    page = priya.open(DAYS).text
    assert "Thank you. You said: 5 of 5, very useful." in page
    assert ">Undo<" not in page  # it is changed, not taken back
    priya.press(f"{action}/word", DAYS, word="We should meet again.")

    ((session, *said),) = feedback(site)
    assert said == ["Priya", True, 5, "We should meet again."]
    assert known(site, session) == ("held", {"Aisha": None, "Ben": None})
    assert "We should meet again." in priya.open(DAYS).text


def test_that_one_was_not_there_is_said_there_too_and_undone(app: Flask, site: Site) -> None:
    aisha = Person(app, site, "aisha")
    page = aisha.open(SESSIONS).text
    (action,) = {*re.findall(r'class="taps" method="post" action="([^"]+)"', page)}

    aisha.press(action, SESSIONS, answer="absent")
    with_session = tapped(site, "Ben", "4 of 5")
    Person(app, site).press(with_session.partition("?")[0], with_session, answer="4")
    session = feedback(site)[0][0]
    assert known(site, session) == ("held", {"Aisha": "missed", "Ben": "came"})
    undo_on(aisha, SESSIONS)

    assert known(site, session) == ("held", {"Aisha": None, "Ben": "came"})
    for name in ("dana", "marek", "ada", "priya"):
        assert Person(app, site, name).press(action, "/privacy", answer="absent").status_code == 404


def test_that_it_did_not_happen_is_said_there_too_and_undone(app: Flask, site: Site) -> None:
    priya = Person(app, site, "priya")
    (action,) = {*re.findall(r'class="taps" method="post" action="([^"]+)"', priya.open(DAYS).text)}

    priya.press(action, DAYS, answer="no")
    ((session, *said),) = feedback(site)
    assert (said, known(site, session)[0]) == (["Priya", False, None, ""], "fell_through")
    undo_on(priya, DAYS)

    assert (feedback(site), known(site, session)[0]) == ([], None)


def test_nobody_else_says_it_and_what_is_over_is_not_asked(app: Flask, site: Site) -> None:
    aisha = Person(app, site, "aisha")
    (action,) = {*re.findall(r'class="taps" method="post" action="([^"]+)"', aisha.open(SESSIONS).text)}

    for name in ("dana", "marek", "ada"):
        stranger = Person(app, site, name)
        for way, fields in (("", {"answer": "4"}), ("/word", {"word": "x"}), ("/undo", {"outcome": "held"})):
            assert stranger.press(f"{action}{way}", "/privacy", **fields).status_code == 404
    assert aisha.press(f"{action}/word", SESSIONS, word="first").status_code == 409
    late = at(site, LUNCH_ASKED + timedelta(days=14))
    page = Person(create_app(late), late, "aisha").open(SESSIONS).text
    assert 'class="taps"' not in page and "I was there" in page
    assert feedback(site) == []
