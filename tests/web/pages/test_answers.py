"""Pages at work on a real store: a senior, a junior and an admin each do what they came for."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import delete, insert, select, update

from tests.web.company import a_company, agree_coworking, at, member, write_calendar
from tests.web.made_up import NOW
from tests.web.pages.persons import Person, draft_a_day, mailed_path, propose_a_day, state_of, version_of
from web import jobs
from web.operations import calendars, proposals
from web.pages import create_app
from web.site import Site
from web.store import tables as t

#: Seven in the morning.
TUESDAY = datetime(2027, 3, 9, 7, tzinfo=NOW.tzinfo)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return a_company(tmp_path)


@pytest.fixture
def app(site: Site) -> Flask:
    return create_app(site)


@pytest.fixture
def priya(app: Flask, site: Site) -> Person:
    return Person(app, site, "priya")


@pytest.fixture
def gita(app: Flask, site: Site) -> Person:
    return Person(app, site, "gita")


@pytest.fixture
def ada(app: Flask, site: Site) -> Person:
    return Person(app, site, "ada")


def run_of(site: Site, proposal_id: int) -> int:
    with site.store.reading() as connection:
        query = select(t.proposal.c.run_id).where(t.proposal.c.id == proposal_id)
        return connection.execute(query).scalar_one()


# --- a senior ------------------------------------------------------------------------------------


def test_a_senior_reads_the_whole_day_and_approves_it(priya: Person, site: Site) -> None:
    day = propose_a_day(site)
    page = priya.open("/days").text
    for words in (
        "Wednesday 10 March: three sessions, one trip",
        "9:30–15:00.",
        "Booked one by one these would take 3 days.",
        "Lunch with Farid",
        "yours until 12:00",
        "All eight of you are free",
        "Approve Wednesday",
        "Skipping costs nothing",
    ):
        assert words in page, words

    answer = priya.press(f"/days/{day}/approve", "/days", version=version_of(site, day))

    assert (answer.status_code, answer.location) == (303, f"/days/{day}")
    assert "Reading everybody’s calendar once more" in priya.open(f"/days/{day}").text
    jobs.run_due(site)
    assert "All 10 invitations sent." in priya.open(f"/days/{day}").text


def test_a_senior_approves_without_one_session_and_it_shows_as_left_out(priya: Person, site: Site) -> None:
    day = propose_a_day(site)

    priya.press(f"/days/{day}/approve", "/days", version=version_of(site, day), leave_out="lunch")
    jobs.run_due(site)

    page = priya.open(f"/days/{day}").text
    assert "Lunch with Farid</bdi> – left out" in page
    assert "One session is left out and comes back in the next plan" in page


def test_leaving_everything_out_is_refused_with_a_way_on(priya: Person, site: Site) -> None:
    day = propose_a_day(site)

    answer = priya.press(
        f"/days/{day}/approve", "/days", version=version_of(site, day), leave_out=["lunch", "cohort", "desk"]
    )

    assert answer.status_code == 409
    assert "skip it; it costs nothing" in answer.text
    assert state_of(site, day) == "proposed"


def test_a_skip_can_be_undone_from_the_message_that_confirms_it(priya: Person, site: Site) -> None:
    day = propose_a_day(site)

    priya.press(f"/days/{day}/skip", "/days", version=version_of(site, day))

    page = priya.open("/days").text
    assert "Wednesday 10 March is skipped. That costs nothing." in page
    assert f'action="/days/{day}/reopen"' in page
    priya.press(f"/days/{day}/reopen", "/days", version=version_of(site, day))
    assert state_of(site, day) == "proposed"


def test_other_days_stand_side_by_side_and_one_of_them_is_taken(priya: Person, site: Site) -> None:
    calendars.sync(site, None, NOW)
    day = propose_a_day(site)
    offered = proposals.other_days(site, day, member(site, "priya"))
    assert offered
    page = priya.open(f"/days/{day}/other").text
    assert all(f'value="{other.day}"' in page for other in offered)

    priya.press(
        f"/days/{day}/choose", f"/days/{day}/other", version=version_of(site, day), day=offered[0].day
    )
    jobs.run_due(site)

    assert state_of(site, day) == "approved"
    assert f"{offered[0].day.day} March" in priya.open(f"/days/{day}").text


def test_a_senior_asks_why_not_another_day_and_is_told_in_their_own_words(
    priya: Person, site: Site, tmp_path: Path
) -> None:
    write_calendar(tmp_path, "farid", [(TUESDAY, TUESDAY + timedelta(hours=10))])
    calendars.sync(site, None, NOW)
    other = f"/days/{propose_a_day(site)}/other"
    page = priya.open(other).text
    assert 'type="date"' in page
    assert 'min="2027-03-08" max="2027-03-19"' in page

    answer = priya.open(f"{other}?day=2027-03-09").text.partition('id="why-not"')[2]

    assert "Tuesday 9 March" in answer
    assert "2 of 3 sessions could be held on 9 March" in answer
    assert "Lunch for two at 12:00: you and the person who should be there are never free" in answer
    assert "Farid" not in answer
    assert 'value="2027-03-09"' in answer


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("2027-05-01", "the days from Monday 8 March to Friday 19 March; please ask about one of them"),
        ("tomorrow", "Please give a date, such as 2026-03-11."),
        ("9999-99-99", "Please give a date, such as 2026-03-11."),
        ("%3Cscript%3E", "Please give a date, such as 2026-03-11."),
        ("2027-03-10", "are proposed for 10 March already."),
    ],
)
def test_a_day_that_cannot_be_asked_about_is_answered_kindly(
    app: Flask, site: Site, asked: str, words: str
) -> None:
    day = propose_a_day(site)
    for who, address in (
        ("priya", f"/days/{day}/other?day={asked}"),
        (None, f"{mailed_path(site, day)}?answer=other&day={asked}"),
        ("ada", f"/admin/plan/{run_of(site, day)}?proposal={day}&day={asked}"),
    ):
        answer = Person(app, site, who).open(address)
        assert answer.status_code == 200
        assert words in answer.text, address
        assert "<script>" not in answer.text


def test_a_day_that_is_answered_already_is_not_asked_about(priya: Person, site: Site) -> None:
    day = propose_a_day(site)
    priya.press(f"/days/{day}/skip", "/days", version=version_of(site, day))

    page = priya.open(f"/days/{day}/other?day=2027-03-09")

    assert page.status_code == 200
    assert "why-not" not in page.text


def test_an_answer_to_an_older_version_is_refused(priya: Person, site: Site) -> None:
    day = propose_a_day(site)
    answer = priya.press(f"/days/{day}/approve", "/days", version=version_of(site, day) + 1)
    assert answer.status_code == 409
    assert state_of(site, day) == "proposed"


def test_an_agreed_day_is_called_off_after_a_second_look(priya: Person, site: Site) -> None:
    day = propose_a_day(site)
    priya.press(f"/days/{day}/approve", "/days", version=version_of(site, day))
    jobs.run_due(site)

    page = priya.open(f"/days/{day}/call-off").text
    assert "Seven people would get a cancellation" in page
    priya.press(f"/days/{day}/call-off", f"/days/{day}/call-off", version=version_of(site, day))

    assert state_of(site, day) == "cancelled"


def test_a_day_of_somebody_else_is_not_there(app: Flask, site: Site) -> None:
    day = propose_a_day(site)
    for address in (f"/days/{day}", f"/days/{day}/other", f"/days/{day}/call-off"):
        assert Person(app, site, "marek").open(address).status_code == 404


def test_without_a_proposal_the_page_says_that_nothing_is_to_be_done(priya: Person) -> None:
    assert "there is nothing you need to do" in priya.open("/days").text


# --- from the mail -------------------------------------------------------------------------------


def test_looking_at_a_mailed_link_changes_nothing_however_often(app: Flask, site: Site) -> None:
    day = propose_a_day(site)
    link = mailed_path(site, day)
    stranger = Person(app, site)

    for answer in ("", "?answer=approve", "?answer=skip", "?answer=other", "?answer=%3Cscript%3E"):
        assert stranger.open(link + answer).status_code == 200
        assert stranger.browser.head(link + answer).status_code == 200

    assert state_of(site, day) == "proposed"


def test_what_was_clicked_in_the_mail_is_the_first_button(app: Flask, site: Site) -> None:
    calendars.sync(site, None, NOW)
    link = mailed_path(site, propose_a_day(site))
    stranger = Person(app, site)
    assert '<button class="button first">Approve Wednesday' in stranger.open(f"{link}?answer=approve").text
    assert '<button class="button first">Skip Wednesday' in stranger.open(f"{link}?answer=skip").text
    assert "Choose " in stranger.open(f"{link}?answer=other").text


def test_a_mailed_link_decides_once_without_signing_in_and_then_explains_itself(
    app: Flask, site: Site
) -> None:
    day = propose_a_day(site)
    link = mailed_path(site, day)
    stranger = Person(app, site)

    answer = stranger.press(link, link, answer="skip")

    assert (answer.status_code, answer.location) == (303, link)
    assert state_of(site, day) == "skipped"
    page = stranger.open(link).text
    assert "This link has done its work" in page
    assert 'name="answer"' not in page
    assert stranger.press(link, "/sign-in", answer="approve").status_code == 409
    assert state_of(site, day) == "skipped"


def test_a_mailed_link_takes_another_day(app: Flask, site: Site) -> None:
    calendars.sync(site, None, NOW)
    day = propose_a_day(site)
    link = mailed_path(site, day)
    other = proposals.other_days(site, day, member(site, "priya"))[0].day

    Person(app, site).press(link, f"{link}?answer=other", answer="other", day=other)
    jobs.run_due(site)

    assert proposals.one(site, day, member(site, "priya")).day == other


@pytest.mark.parametrize(
    "fields", [{}, {"answer": "maybe"}, {"answer": "other"}, {"answer": "other", "day": "soon"}]
)
def test_an_answer_that_is_none_changes_nothing(app: Flask, site: Site, fields: dict[str, str]) -> None:
    day = propose_a_day(site)
    link = mailed_path(site, day)
    assert Person(app, site).press(link, link, **fields).status_code == 422
    assert state_of(site, day) == "proposed"


def test_a_link_that_has_run_out_says_so(site: Site) -> None:
    link = mailed_path(site, propose_a_day(site))
    later = at(site, NOW + timedelta(days=30))
    page = Person(create_app(later), later).open(link)
    assert page.status_code == 200
    assert "This link has done its work" in page.text


# --- a junior ------------------------------------------------------------------------------------


def test_a_junior_books_a_seat_and_gives_it_back(gita: Person, site: Site) -> None:
    session = agree_coworking(site, 2)
    assert "2 of 2 seats open" in gita.open("/sessions").text

    gita.press(f"/sessions/{session}/book", "/sessions")
    page = gita.open("/sessions").text
    assert "You have a seat: Co-working with Priya, Wednesday 10 March." in page
    assert "Your next session · you have a seat" in page

    gita.press(f"/sessions/{session}/give-up", "/sessions")
    page = gita.open("/sessions").text
    assert "No harm done" in page
    assert "2 of 2 seats open" in page

    gita.press(f"/sessions/{session}/take-back", "/sessions")
    assert "Your next session" in gita.open("/sessions").text


def test_a_full_session_offers_the_line_and_its_place(app: Flask, gita: Person, site: Site) -> None:
    session = agree_coworking(site, 1)
    hal = Person(app, site, "hal")
    hal.press(f"/sessions/{session}/book", "/sessions")

    assert "full" in gita.open("/sessions").text
    late = gita.press(f"/sessions/{session}/book", "/sessions")
    assert late.status_code == 409
    gita.press(f"/sessions/{session}/wait", "/sessions")
    assert "You are next" in gita.open("/sessions").text

    hal.press(f"/sessions/{session}/give-up", "/sessions")
    assert "A seat is yours until" in gita.open("/sessions").text
    gita.press(f"/sessions/{session}/claim", "/sessions")
    assert "Your next session" in gita.open("/sessions").text


def test_what_is_booked_is_not_offered_again(gita: Person, site: Site) -> None:
    session = agree_coworking(site, 2)
    gita.press(f"/sessions/{session}/book", "/sessions")
    assert "Book a seat" not in gita.open("/sessions").text


# --- an admin ------------------------------------------------------------------------------------


def test_an_admin_previews_a_draft_and_releases_it(ada: Person, site: Site) -> None:
    run = draft_a_day(site)
    page = ada.open(f"/admin/plan/{run}").text
    assert "3 sessions on 1 office day" in page
    assert "Release: 1 mail to 1 senior" in page
    assert "Lunch with Farid" in page
    assert "Look at the draft" in ada.open("/admin").text

    answer = ada.press(f"/admin/plan/{run}/release", f"/admin/plan/{run}")

    assert answer.status_code == 303
    page = ada.open(f"/admin/plan/{run}").text
    assert "Released: 1 mail on the way." in page
    assert "Release:" not in page


def test_an_admin_asks_why_not_of_a_draft_and_of_what_waits_and_is_told_no_names_of_who_is_busy(
    ada: Person, site: Site, tmp_path: Path
) -> None:
    write_calendar(tmp_path, "farid", [(TUESDAY, TUESDAY + timedelta(hours=10))])
    calendars.sync(site, None, NOW)
    plan = f"/admin/plan/{draft_a_day(site)}"
    for _ in ("draft", "released"):
        page = ada.open(plan).text
        found = re.search(r'<option value="(\d+)" selected>Priya, Wed 10 March', page)
        assert found, page
        answer = ada.open(f"{plan}?proposal={found[1]}&day=2027-03-09").text.partition('id="why-not"')[2]
        assert "Lunch for two at 12:00: the people needed for it are never free together" in answer
        assert "Farid is" not in answer
        ada.press(f"{plan}/release", plan)

    assert "not open any more" in ada.open(f"{plan}?proposal=999&day=2027-03-09").text
    with site.store.writing() as connection:
        connection.execute(update(t.proposal).values(state="skipped"))
    assert "why-not" not in ada.open(f"{plan}?proposal={found[1]}&day=2027-03-09").text


def test_an_admin_discards_a_draft(ada: Person, site: Site) -> None:
    run = draft_a_day(site)
    ada.press(f"/admin/plan/{run}/discard", f"/admin/plan/{run}")
    assert "You discarded this draft" in ada.open(f"/admin/plan/{run}").text
    assert ada.press(f"/admin/plan/{run}/release", "/admin/plan").status_code == 409


def test_a_run_is_started_followed_and_stopped(ada: Person) -> None:
    answer = ada.press("/admin/plan", "/admin/plan", first_day="2027-03-08", last_day="2027-03-19")
    assert answer.status_code == 303
    assert "next in line" in ada.open(answer.location).text
    said = ada.open(f"{answer.location}/progress.json").json
    assert said is not None
    assert (said["state"], said["goes_on"]) == ("queued", True)

    again = ada.press("/admin/plan", "/admin/plan", first_day="2027-03-08", last_day="2027-03-19")
    assert again.status_code == 409
    ada.press(f"{answer.location}/stop", answer.location)
    assert "Stopping" in ada.open(answer.location).text


@pytest.mark.parametrize(
    ("first", "last", "field"),
    [
        ("", "2027-03-19", "first_day"),
        ("2027-03-08", "2027-02-30", "last_day"),
        ("2027-03-19", "2027-03-08", "last_day"),
        ("2026-03-08", "2027-03-08", "first_day"),
    ],
)
def test_dates_that_cannot_be_planned_are_said_at_their_field_and_kept(
    ada: Person, first: str, last: str, field: str
) -> None:
    answer = ada.press("/admin/plan", "/admin/plan", first_day=first, last_day=last)
    assert answer.status_code == 422
    assert f'id="{field}-mistake"' in answer.text
    assert f'value="{last}"' in answer.text


ROOM = {"name": "Yard", "capacity": "8", "uses": "coworking", "features": ""}


def test_a_room_is_changed_and_says_so(ada: Person) -> None:
    ada.press(
        "/admin/rooms/yard",
        "/admin/rooms/yard",
        **ROOM | {"name": "Courtyard", "features": "screen, step-free"},
    )
    page = ada.open("/admin/rooms/yard").text
    assert "Courtyard is saved." in page
    assert 'value="screen, step-free"' in page


def test_mistakes_in_a_room_are_told_together_and_what_was_typed_stays(ada: Person) -> None:
    answer = ada.press("/admin/rooms/yard", "/admin/rooms/yard", name="", capacity="lots", uses="party")
    assert answer.status_code == 422
    for field in ("name", "capacity", "uses"):
        assert f'href="#{field}"' in answer.text
        assert f'id="{field}-mistake"' in answer.text
    assert 'value="lots"' in answer.text


def test_a_room_cannot_shrink_below_what_is_agreed_but_the_session_can_move(ada: Person, site: Site) -> None:
    session = agree_coworking(site, 4)
    seat_people(site, session, "aisha", "ben", "chidi", "dana")

    answer = ada.press("/admin/rooms/yard", "/admin/rooms/yard", **ROOM | {"capacity": "3"})

    assert answer.status_code == 409
    assert "Co-working" in answer.text
    assert "Wednesday 10 March, 10:00" in answer.text
    assert "Move to Hall" in answer.text
    ada.press(f"/admin/sessions/{session}/move", "/admin/rooms/yard", from_room="yard", to_room="hall")
    assert ada.press("/admin/rooms/yard", "/admin/rooms/yard", **ROOM | {"capacity": "3"}).status_code == 303


def test_a_room_is_closed_for_a_while_and_opened_again(ada: Person, site: Site) -> None:
    ada.press(
        "/admin/rooms/park/closures",
        "/admin/rooms/park",
        start="2027-03-29T09:00",
        end="2027-03-30T09:00",
        reason="painting",
    )
    page = ada.open("/admin/rooms/park").text
    assert "Monday 29 March, 9:00" in page
    assert "painting" in page
    with site.store.reading() as connection:
        closure = connection.execute(select(t.room_closure.c.id)).scalar_one()
        assert connection.execute(select(t.room_closure.c.start)).scalar_one().hour == 8  # summer time

    ada.press(f"/admin/rooms/park/closures/{closure}/remove", "/admin/rooms/park")
    assert "At no time." in ada.open("/admin/rooms/park").text


def test_a_closure_over_an_agreed_session_is_refused_and_a_backward_one_too(ada: Person, site: Site) -> None:
    agree_coworking(site, 4)
    over = {"start": "2027-03-10T09:00", "end": "2027-03-10T18:00", "reason": ""}
    assert ada.press("/admin/rooms/yard/closures", "/admin/rooms/yard", **over).status_code == 409
    backward = over | {"end": "2027-03-10T08:00"}
    answer = ada.press("/admin/rooms/yard/closures", "/admin/rooms/yard", **backward)
    assert answer.status_code == 422
    assert "Must come after the start" in answer.text


def test_the_roster_says_whose_calendar_could_not_be_read_and_why(ada: Person, site: Site) -> None:
    (site.config.folder / "calendars" / "farid.ics").unlink()
    calendars.sync(site, None, NOW)

    page = ada.open("/admin/people?show=problems").text

    assert "farid@example.org" in page
    assert "gita@example.org" not in page
    assert "just now" in page
    assert "gita@example.org" in ada.open("/admin/people?name=GITA").text
    assert "Nobody fits" in ada.open("/admin/people?name=zzz").text


def test_calendars_are_read_on_request(ada: Person, site: Site) -> None:
    assert "Not read yet" in ada.open("/admin/people").text
    ada.press("/admin/people/read", "/admin/people")
    jobs.run_due(site)
    assert "Not read yet" not in ada.open("/admin/people").text


# --- several roles and programmes ----------------------------------------------------------------


def test_a_person_of_two_programmes_switches_between_them(app: Flask, site: Site) -> None:
    who = member(site, "priya")
    with site.store.writing() as connection:
        other = connection.execute(
            insert(t.programme).values(name="Returners").returning(t.programme.c.id)
        ).scalar_one()
        connection.execute(
            insert(t.membership).values(programme_id=other, person_id=who.person.id, role="junior")
        )
    priya = Person(app, site, "priya")
    assert "Go to Returners" in priya.open("/days").text

    priya.press("/switch", "/days", programme=other)

    assert priya.open("/").location == "/sessions"
    assert "Go to Mentoring" in priya.open("/sessions").text
    assert priya.press("/switch", "/sessions", programme=12345).status_code == 404


def test_a_person_of_two_roles_finds_both_in_the_head_of_every_page(app: Flask, site: Site) -> None:
    who = member(site, "priya")
    with site.store.writing() as connection:
        connection.execute(
            insert(t.membership).values(programme_id=who.programme_id, person_id=who.person.id, role="admin")
        )
    page = Person(app, site, "priya").open("/days").text
    assert 'href="/days"' in page
    assert 'href="/admin/rooms"' in page


def test_somebody_who_has_left_every_programme_is_out(app: Flask, site: Site) -> None:
    priya = Person(app, site, "priya")
    with site.store.writing() as connection:
        connection.execute(
            delete(t.membership).where(t.membership.c.person_id == member(site, "priya").person.id)
        )
    assert priya.open("/days").status_code == 303


def test_a_day_in_the_past_is_shown_without_answers(site: Site) -> None:
    day = propose_a_day(site)
    later = at(site, NOW + timedelta(days=20))
    with later.store.writing() as connection:
        connection.execute(update(t.proposal).values(expires_at=None))
    page = Person(create_app(later), later, "priya").open(f"/days/{day}").text
    assert "This day is over" in page
    assert "Approve" not in page


def seat_people(site: Site, session: str, *names: str) -> None:
    with site.store.writing() as connection:
        for name in names:
            connection.execute(
                insert(t.seat).values(
                    session_id=session, person_id=member(site, name).person.id, state="booked", since=NOW
                )
            )
