"""What a session serves is told in mails and calendars, and nobody's own words to anybody else."""

from __future__ import annotations

from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from icalendar import Calendar

from connectors.memory import MemoryOrganizer
from planner.domain import SessionKind
from tests.web.company import a_company, agree_coworking, at, member
from tests.web.made_up import NOW
from tests.web.organizers import a_company_with_an_organizer, draft_of, settle
from tests.web.pages.persons import propose_a_day, version_of
from web.guides import guide
from web.operations import events, goals, outbox, proposals, reminders, seats
from web.operations.goals import GoalForm
from web.site import Site
from web.store import proposals as kept_proposals
from web.store import tables as t

LUNCH = guide(SessionKind.INDIVIDUAL_LUNCH).purpose
COWORKING = guide(SessionKind.COWORKING).purpose
OBJECTIVE = "Everybody knows whom to ask"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """Farid has a goal; Priya is asked about a day with a lunch for the two of them."""
    site = a_company(tmp_path)
    set_goal(site)
    return site


def set_goal(site: Site) -> None:
    goals.add(site, GoalForm("juggle", "", None), member(site, "farid"), NOW)


def add_objective(site: Site, *kinds: SessionKind) -> None:
    goals.add_objective(site, GoalForm(OBJECTIVE, "", None), frozenset(kinds), member(site, "ada"), NOW)


def approve(site: Site, day: int) -> None:
    proposals.approve(site, day, version_of(site, day), member(site, "priya"), (), NOW)
    settle(site)


def mails(site: Site, kind: str) -> dict[str, list[EmailMessage]]:
    """What was sent of a kind, by the recipient's first name."""
    folder = site.config.mail.outbox_folder
    assert folder is not None
    found: dict[str, list[EmailMessage]] = {}
    for file in sorted(folder.iterdir()):
        mail = message_from_bytes(file.read_bytes(), policy=default)
        if mail["X-Officeday-Kind"] == kind:
            found.setdefault(str(mail["To"]).partition(" ")[0], []).append(mail)
    return found


def words_of(mail: EmailMessage) -> list[str]:
    """Its text and its HTML."""
    bodies = (mail.get_body((kind,)) for kind in ("plain", "html"))
    return [" ".join(str(body.get_content()).split()) for body in bodies if body is not None]


def descriptions(mail: EmailMessage) -> list[str]:
    parts = [part for part in mail.walk() if part.get_content_type() in ("text/calendar", "application/ics")]
    raw = [part.get_payload(decode=True) for part in parts]
    walked = [event for one in raw for event in Calendar.from_ical(one).walk("VEVENT")]  # type: ignore[arg-type]
    return [str(event["DESCRIPTION"]) for event in walked]


def test_a_proposal_says_what_each_session_is_for_and_nobody_s_goal(site: Site) -> None:
    propose_a_day(site)
    settle(site)

    (mail,) = mails(site, "proposal")["Priya"]
    for said in words_of(mail):
        assert f"Lunch for two. For: {LUNCH}" in said
        assert f"Co-working. For: {COWORKING}" in said
        assert "juggle" not in said


def test_a_reminder_of_a_day_says_the_same(site: Site) -> None:
    propose_a_day(site)
    settle(site)
    with site.store.writing() as connection:
        (day,) = kept_proposals.records(connection, t.proposal.c.state == "proposed")
        assert day.expires_at is not None
        half = NOW + (day.expires_at - NOW) / 2
        reminders.remind_seniors(connection, site, half)
        assert outbox.served_by(connection, [day])[day.id]["lunch"] == f"For: {LUNCH}"
    settle(at(site, half))

    _, reminder = mails(site, "proposal")["Priya"]
    assert all(f"Lunch for two. For: {LUNCH}" in said for said in words_of(reminder))


def test_an_invitation_quotes_a_goal_to_its_owner_alone_and_no_calendar_holds_it(site: Site) -> None:
    approve(site, propose_a_day(site))

    sent = mails(site, "invitation")
    (to_farid,) = sent["Farid"]
    (of_lunch,) = [one for one in sent["Priya"] if "Lunch with Farid" in one["Subject"]]
    assert all("Your goal: “juggle”" in said for said in words_of(to_farid))
    assert all("It serves a goal that Farid set" in said for said in words_of(of_lunch))
    others = [one for name, some in sent.items() if name != "Farid" for one in some]
    assert not [one for one in others if "juggle" in " ".join(words_of(one))]
    for one in (to_farid, of_lunch):
        assert descriptions(one)
        assert all("It serves a goal that one of you set." in said for said in descriptions(one))
    assert not [said for one in (*others, to_farid) for said in descriptions(one) if "juggle" in said]


def test_a_group_is_invited_to_the_objective_that_it_serves(site: Site) -> None:
    add_objective(site, SessionKind.GROUP_MENTORING)
    approve(site, propose_a_day(site))

    (mail,) = mails(site, "invitation")["Aisha"]
    assert all(f"Towards: {OBJECTIVE}" in said for said in (*words_of(mail), *descriptions(mail)))


def test_a_change_leaves_in_the_calendar_what_a_session_is_for(site: Site) -> None:
    approve(site, propose_a_day(site))

    seats.book(site, "desk", member(site, "emil"), NOW + timedelta(hours=25))
    settle(at(site, NOW + timedelta(hours=25)))

    changed = [one for one in mails(site, "invitation")["Priya"] if one["Subject"].startswith("Changed")]
    assert changed
    assert all(f"For: {COWORKING}" in said for one in changed for said in descriptions(one))


def test_an_offered_seat_says_what_it_is_for(site: Site) -> None:
    key = agree_coworking(site, 1)
    seats.book(site, key, member(site, "gita"), NOW)
    seats.wait(site, key, member(site, "hal"), NOW)
    seats.give_up(site, key, member(site, "gita"), NOW)
    settle(site)

    (offer,) = mails(site, "seat_offer")["Hal"]
    assert all(f"For: {COWORKING}" in said for said in words_of(offer))


# --- in the organizer's calendar -----------------------------------------------------------------


@pytest.fixture
def company(tmp_path: Path) -> tuple[Site, MemoryOrganizer]:
    site, organizer = a_company_with_an_organizer(tmp_path)
    set_goal(site)
    return site, organizer


def test_an_event_says_what_its_session_is_for_and_nobody_s_goal(
    company: tuple[Site, MemoryOrganizer],
) -> None:
    site, organizer = company
    day = propose_a_day(site)
    settle(site)
    assert f"For: {LUNCH}" in draft_of(site, organizer, "lunch").description

    approve(site, day)

    of_lunch = draft_of(site, organizer, "lunch").description
    assert "It serves a goal that one of you set." in of_lunch
    assert "juggle" not in of_lunch
    assert f"For: {COWORKING}" in draft_of(site, organizer, "desk").description


def test_a_goal_or_objective_that_changes_rewrites_no_event(company: tuple[Site, MemoryOrganizer]) -> None:
    site, organizer = company
    approve(site, propose_a_day(site))
    told = list(organizer.notices)

    add_objective(site)
    goals.let_go(site, 1, member(site, "farid"), NOW)
    with site.store.writing() as connection:
        assert events.want(connection, site, None, NOW) == 0
    settle(site)

    assert organizer.notices == told


def test_an_event_that_is_written_anyway_says_what_is_true_then(
    company: tuple[Site, MemoryOrganizer],
) -> None:
    site, organizer = company
    approve(site, propose_a_day(site))

    add_objective(site, SessionKind.COWORKING)
    seats.book(site, "desk", member(site, "emil"), NOW + timedelta(hours=25))
    settle(at(site, NOW + timedelta(hours=25)))

    assert f"Towards: {OBJECTIVE}" in draft_of(site, organizer, "desk").description
