"""Who has left: their sign-ins end everywhere, and no link they were mailed does anything but say no."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, select, update

from tests.web.company import a_company, agree_coworking, at, member
from tests.web.made_up import NOW
from tests.web.pages.persons import propose_a_day, state_of
from web import jobs
from web.operations import assistants, membership, outbox, signin
from web.operations.roster import import_sheet
from web.pages import create_app
from web.records import Member
from web.sheets.columns import SheetKind
from web.site import Site
from web.store import links
from web.store import tables as t

TODAY = NOW.date()
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return a_company(tmp_path)


@pytest.fixture
def ada(site: Site) -> Member:
    return member(site, "ada")


@pytest.fixture
def app(site: Site) -> Flask:
    app = create_app(site)
    app.config["WTF_CSRF_ENABLED"] = False
    return app


def number(site: Site, name: str) -> int:
    return member(site, name).person.id


def signed_in(app: Flask, person_id: int, since: datetime = NOW - timedelta(days=1)) -> FlaskClient:
    browser = app.test_client()
    with browser.session_transaction() as cookie:
        cookie.update(person=person_id, since=since.isoformat(), seen=NOW.isoformat())
    return browser


def is_signed_in(browser: FlaskClient) -> bool:
    return browser.get("/sessions").status_code == 200


def signed_out_at(site: Site, person_id: int) -> datetime | None:
    with site.store.reading() as connection:
        query = select(t.person.c.signed_out_at).where(t.person.c.id == person_id)
        return connection.execute(query).scalar_one()


# --- sign-ins ------------------------------------------------------------------------------------


def test_a_sign_in_from_before_somebody_left_is_none_when_they_come_back(
    app: Flask, site: Site, ada: Member
) -> None:
    dana = number(site, "dana")
    browser = signed_in(app, dana)
    assert is_signed_in(browser)

    membership.depart(site, dana, TODAY, None, ada, NOW)
    membership.come_back(site, dana, ada, LATER)

    assert not is_signed_in(browser)
    assert is_signed_in(signed_in(app, dana, LATER + timedelta(minutes=1)))


def test_a_leaving_that_is_to_come_ends_sign_ins_when_it_comes(app: Flask, site: Site, ada: Member) -> None:
    dana = number(site, "dana")
    browser = signed_in(app, dana)
    friday = TODAY + timedelta(days=7)

    membership.depart(site, dana, friday, None, ada, NOW)
    jobs.look_round(at(site, NOW + timedelta(days=1)))

    assert is_signed_in(browser)
    jobs.look_round(at(site, NOW + timedelta(days=7)))
    membership.come_back(site, dana, ada, NOW + timedelta(days=7))
    assert not is_signed_in(browser)


def test_a_leaving_that_nothing_ran_for_still_ends_sign_ins(app: Flask, site: Site, ada: Member) -> None:
    dana = number(site, "dana")
    browser = signed_in(app, dana)
    membership.depart(site, dana, TODAY + timedelta(days=2), None, ada, NOW)

    membership.come_back(site, dana, ada, NOW + timedelta(days=2))

    assert not is_signed_in(browser)


def test_a_sheet_that_brings_somebody_back_brings_no_old_sign_in_back(
    app: Flask, site: Site, tmp_path: Path
) -> None:
    dana = number(site, "dana")
    browser = signed_in(app, dana)
    file = tmp_path / "sheet.csv"
    for left, now in ((f"{TODAY + timedelta(days=1)}", NOW), ("", NOW + timedelta(days=3))):
        file.write_text(f"email,name,role,left\ndana@example.org,Dana,junior,{left}\n", encoding="utf-8")
        import_sheet(site, SheetKind.PEOPLE, file, now)

    assert signin.members(site, dana)
    assert not is_signed_in(browser)


def test_leaving_and_coming_back_twice_a_day_ends_the_second_sign_in_too(
    app: Flask, site: Site, ada: Member
) -> None:
    dana = number(site, "dana")
    membership.depart(site, dana, TODAY, None, ada, NOW)
    membership.come_back(site, dana, ada, NOW)
    browser = signed_in(app, dana, LATER)
    assert is_signed_in(browser)

    membership.depart(site, dana, TODAY, None, ada, LATER + timedelta(minutes=1))
    membership.come_back(site, dana, ada, LATER + timedelta(minutes=2))

    assert not is_signed_in(browser)


def test_who_leaves_one_of_two_programmes_stays_signed_in_for_the_other(
    site: Site, ada: Member, tmp_path: Path
) -> None:
    file = tmp_path / "returners.csv"
    file.write_text("email,name,role\ndana@example.org,Dana,junior\n", encoding="utf-8")
    import_sheet(site, SheetKind.PEOPLE, file, NOW, programme="Returners")
    dana = number(site, "dana")

    membership.depart(site, dana, TODAY, None, ada, NOW)
    jobs.look_round(at(site, LATER))

    assert signed_out_at(site, dana) is None


def test_a_pause_ends_no_sign_in(app: Flask, site: Site, ada: Member) -> None:
    dana = number(site, "dana")
    browser = signed_in(app, dana)

    membership.depart(site, dana, TODAY, TODAY + timedelta(days=5), ada, NOW)
    jobs.look_round(at(site, LATER))

    assert is_signed_in(browser)


def test_a_leaver_is_signed_out_once(site: Site, ada: Member) -> None:
    dana = number(site, "dana")
    membership.depart(site, dana, TODAY, None, ada, NOW)

    jobs.look_round(at(site, LATER))

    assert signed_out_at(site, dana) == NOW


# --- mailed links --------------------------------------------------------------------------------


def token(site: Site, purpose: str, person_id: int, **what: object) -> str:
    with site.store.writing() as connection:
        link = links.add(connection, purpose, person_id, NOW, NOW + timedelta(days=9), **what)  # type: ignore[arg-type]
    return outbox.signer(site).url("decide", link).rpartition("/")[2]


def a_past_session(site: Site, *juniors: str) -> str:
    session_id = agree_coworking(site, 3, NOW - timedelta(days=2))
    with site.store.writing() as connection:
        for name in juniors:
            seat = {"session_id": session_id, "state": "booked", "since": NOW - timedelta(days=5)}
            connection.execute(insert(t.seat).values(person_id=number(site, name), **seat))
    return session_id


def an_action(site: Site, name: str, session_id: str) -> int:
    of = member(site, name)
    with site.store.writing() as connection:
        noted = insert(t.action).values(
            programme_id=of.programme_id,
            session_id=session_id,
            owner_id=of.person.id,
            text="Send the draft",
            created_at=NOW,
        )
        return int(connection.execute(noted).inserted_primary_key[0])


def count(site: Site, table: object) -> int:
    with site.store.reading() as connection:
        return len(connection.execute(select(table)).all())  # type: ignore[call-overload]


def test_a_link_to_sign_in_does_not_sign_a_leaver_in(app: Flask, site: Site, ada: Member) -> None:
    dana = number(site, "dana")
    mailed = token(site, "sign_in", dana)
    membership.depart(site, dana, TODAY, None, ada, NOW)
    browser = app.test_client()

    opened, used = browser.get(f"/sign-in/{mailed}"), browser.post(f"/sign-in/{mailed}")

    assert (opened.status_code, used.status_code) == (409, 409)
    assert "You take part in no programme here now" in used.text
    with browser.session_transaction() as cookie:
        assert "person" not in cookie


def test_a_leaver_says_nothing_more_of_how_a_session_was(app: Flask, site: Site, ada: Member) -> None:
    session_id = a_past_session(site, "dana")
    mailed = token(site, "feedback", number(site, "dana"), session_id=session_id)
    assert 'method="post"' in app.test_client().get(f"/f/{mailed}").text
    membership.depart(site, number(site, "dana"), TODAY, None, ada, NOW)

    page = app.test_client().get(f"/f/{mailed}")
    said = app.test_client().post(f"/f/{mailed}", data={"answer": "4"})

    assert "You no longer take part in this programme" in page.text
    assert said.status_code == 409
    assert count(site, t.feedback) == 0


def test_a_leavers_action_stays_as_it_is(app: Flask, site: Site, ada: Member) -> None:
    action_id = an_action(site, "dana", a_past_session(site, "dana"))
    mailed = token(site, "action", number(site, "dana"), action_id=action_id)
    membership.depart(site, number(site, "dana"), TODAY, None, ada, NOW)

    page = app.test_client().get(f"/done/{mailed}")
    said = app.test_client().post(f"/done/{mailed}", data={"said": "done"})

    assert "You no longer take part in this programme" in page.text
    assert said.status_code == 409
    with site.store.reading() as connection:
        assert connection.execute(select(t.action.c.done_at)).scalar_one() is None


def test_a_leaver_takes_no_seat(app: Flask, site: Site, ada: Member) -> None:
    dana = number(site, "dana")
    session_id = agree_coworking(site, 3)
    membership.depart(site, dana, TODAY, None, ada, NOW)
    with site.store.writing() as connection:  # as if it had been offered in the same moment
        until = NOW + timedelta(days=1)
        offered = {"state": "offered", "since": NOW, "offered_until": until}
        connection.execute(insert(t.seat).values(session_id=session_id, person_id=dana, **offered))
    mailed = token(site, "seat", dana, session_id=session_id)

    page = app.test_client().get(f"/seat/{mailed}")
    taken = app.test_client().post(f"/seat/{mailed}", data={"answer": "take"})

    assert "You no longer take part in this programme" in page.text
    assert taken.status_code == 409


def test_a_leaver_still_says_no_to_having_their_calendar_read(app: Flask, site: Site, ada: Member) -> None:
    dana = number(site, "dana")
    mailed = token(site, "opt_out", dana)
    membership.depart(site, dana, TODAY, None, ada, NOW)

    assert app.test_client().post(f"/opt-out/{mailed}").status_code in (200, 303)

    with site.store.reading() as connection:
        refused = select(t.person.c.refused_at).where(t.person.c.id == dana)
        assert connection.execute(refused).scalar_one() == NOW


# --- a role that is gone -------------------------------------------------------------------------


def without(site: Site, name: str, role: str) -> None:
    """The role goes, and nothing else is done about it."""
    m = t.membership.c
    with site.store.writing() as connection:
        mine = (m.person_id == number(site, name)) & (m.role == role)
        connection.execute(t.membership.delete().where(mine))
        there = select(m.role).where(m.person_id == member_number(site, name))
        if "junior" not in set(connection.execute(there).scalars()):
            programme_id = connection.execute(select(t.programme.c.id)).scalar_one()
            row = {"person_id": member_number(site, name), "programme_id": programme_id}
            connection.execute(insert(t.membership).values(role="junior", **row))


def member_number(site: Site, name: str) -> int:
    with site.store.reading() as connection:
        query = select(t.person.c.id).where(t.person.c.email == f"{name}@example.org")
        return int(connection.execute(query).scalar_one())


def test_a_link_decides_no_day_of_who_is_no_longer_a_senior(app: Flask, site: Site) -> None:
    proposal_id = propose_a_day(site)
    mailed = token(site, "decide", number(site, "priya"), proposal_id=proposal_id, proposal_version=1)
    without(site, "priya", "senior")

    page = app.test_client().get(f"/a/{mailed}")
    answered = app.test_client().post(f"/a/{mailed}", data={"answer": "approve"})

    assert "You are no longer a senior in Mentoring" in page.text
    assert answered.status_code == 409
    assert state_of(site, proposal_id) == "proposed"


def test_nor_does_the_link_of_their_assistant(app: Flask, site: Site) -> None:
    priya = member(site, "priya")
    assistants.name(site, priya.person.id, "ben@example.org", True, priya, NOW)
    proposal_id = propose_a_day(site)
    mailed = token(site, "decide", number(site, "ben"), proposal_id=proposal_id, proposal_version=1)
    without(site, "priya", "senior")

    answered = app.test_client().post(f"/a/{mailed}", data={"answer": "skip"})

    assert answered.status_code == 409
    assert "no longer answers for Priya" in answered.text
    assert state_of(site, proposal_id) == "proposed"


def test_a_senior_who_left_the_programme_of_a_day_decides_nothing_there(app: Flask, site: Site) -> None:
    proposal_id = propose_a_day(site)
    mailed = token(site, "decide", number(site, "priya"), proposal_id=proposal_id, proposal_version=1)
    with site.store.writing() as connection:
        mine = t.participation.c.person_id == number(site, "priya")
        connection.execute(update(t.participation).where(mine).values(left=TODAY))

    answered = app.test_client().post(f"/a/{mailed}", data={"answer": "approve"})

    assert answered.status_code == 409
    assert "You no longer take part in this programme" in answered.text


def a_question(site: Site) -> int:
    """Priya is asked about a day of hers."""
    proposal_id = propose_a_day(site)
    with site.store.writing() as connection:
        asked = insert(t.day_question).values(
            cause="below",
            person_id=number(site, "priya"),
            proposal_id=proposal_id,
            facts={"sessions": []},
            asked_at=NOW,
            expires_at=NOW + timedelta(days=4),
        )
        return int(connection.execute(asked).inserted_primary_key[0])


def test_a_question_is_no_longer_for_who_is_no_senior(app: Flask, site: Site) -> None:
    question_id = a_question(site)
    mailed = token(site, "question", number(site, "priya"), question_id=question_id)
    without(site, "priya", "senior")

    page = app.test_client().get(f"/q/{mailed}")
    answered = app.test_client().post(f"/q/{mailed}", data={"choice": "come"})
    on_page = signed_in(app, member_number(site, "priya")).post(
        f"/questions/{question_id}", data={"choice": "come"}
    )

    assert "You are no longer a senior in Mentoring" in page.text
    assert answered.status_code == 409
    assert on_page.status_code in (404, 409)
    with site.store.reading() as connection:
        assert connection.execute(select(t.day_question.c.answer)).scalar_one() is None
