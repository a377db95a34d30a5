"""An assistant acts for a senior, and everybody can see who did."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from tests.web.company import a_company, member
from tests.web.made_up import NOW
from tests.web.operations.test_day_questions import agreed, asked, give_up
from tests.web.pages.persons import draft_a_day, propose_a_day, state_of, version_of
from web import jobs
from web.errors import Misfilled, NotFound, Refused
from web.operations import assistants, day_questions, membership, outbox, proposals, runs, signin
from web.records import Member, PersonRef
from web.site import Site
from web.store import assistants as kept
from web.store import people
from web.store import tables as t


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return a_company(tmp_path)


def somebody(site: Site, name: str) -> PersonRef:
    """Known to the company, with no role in its programme."""
    with site.store.writing() as connection:
        plain = {
            "email": f"{name}@example.org",
            "name": name.title(),
            "timezone": "Europe/London",
            "hours": {"mon": ["09:00", "17:00"]},
            "max_office_days_per_week": 7,
            "min_sessions_per_office_day": 1,
            "max_minutes_per_day": 480,
            "break_minutes": 0,
            "travel_minutes": 0,
        }
        if "need" in t.person.c:
            plain["need"] = 1
        lists: dict[str, Any] = {key: [] for key in ("days_in_anyway", "days_never", "room_needs")}
        connection.execute(insert(t.person).values(**plain, **lists))
        found = people.by_email(connection, f"{name}@example.org")
    assert found is not None
    return found


def assisted(site: Site, name: str = "ana", copies: bool = True) -> Member:
    """Priya, with an assistant of no role at the keyboard."""
    priya = member(site, "priya")
    ana = somebody(site, name)
    assistants.name(site, priya.person.id, ana.email, copies, priya, NOW)
    (acting,) = [each for each in signin.members(site, ana.id) if each.behind is not None]
    return acting


def notes(site: Site, name: str) -> list[str]:
    """The headlines of the short news somebody is sent."""
    with site.store.reading() as connection:
        rows = connection.execute(
            select(t.outbox.c.payload)
            .join(t.person, t.person.c.id == t.outbox.c.person_id)
            .where(t.outbox.c.kind == "note", t.person.c.email == f"{name}@example.org")
            .order_by(t.outbox.c.id)
        ).scalars()
        return [row["headline"] for row in rows]


def proposal_links(site: Site, name: str) -> list[str]:
    """Tokens of the links in the proposal mails to one person."""
    with site.store.reading() as connection:
        rows = connection.execute(
            select(t.outbox.c.payload)
            .join(t.person, t.person.c.id == t.outbox.c.person_id)
            .where(t.outbox.c.kind == "proposal", t.person.c.email == f"{name}@example.org")
        ).scalars()
        ids = [day["link"] for row in rows for day in row["days"]]
    return [outbox.signer(site).url("decide", one).rsplit("/", 1)[1] for one in ids]


# --- naming --------------------------------------------------------------------------------------


def test_a_senior_names_somebody_known_and_both_get_a_mail(site: Site) -> None:
    acting = assisted(site)

    assert acting.person == member(site, "priya").person
    assert (acting.hand.name, acting.roles) == ("Ana", {"senior"})
    assert notes(site, "priya") == ["Ana may answer for you"]
    assert notes(site, "ana") == ["You may answer for Priya"]


def test_an_admin_names_one_for_a_senior_who_hears_who_did(site: Site) -> None:
    priya, ada = member(site, "priya"), member(site, "ada")

    assistants.name(site, priya.person.id, "ben@example.org", False, ada, NOW)

    (one,) = assistants.of_senior(site, priya.person.id, ada)
    assert (one.person.name, one.copies) == ("Ben", False)
    with site.store.reading() as connection:
        note = connection.execute(
            select(t.outbox.c.payload).where(t.outbox.c.person_id == priya.person.id)
        ).scalar_one()
    assert "Ada set this up for you" in note["says"][0]


@pytest.mark.parametrize(
    ("email", "says"),
    [
        ("nobody@example.org", "Nobody is known"),
        ("priya@example.org", "own address"),
        ("not an address", "mail address"),
    ],
)
def test_an_assistant_is_somebody_known_and_somebody_else(site: Site, email: str, says: str) -> None:
    priya = member(site, "priya")

    with pytest.raises(Misfilled) as misfilled:
        assistants.name(site, priya.person.id, email, True, priya, NOW)

    assert says in misfilled.value.mistakes["assistant"]
    assert notes(site, "priya") == []


def test_nobody_is_an_assistant_twice(site: Site) -> None:
    assisted(site)

    with pytest.raises(Misfilled, match="already"):
        assistants.name(
            site, member(site, "priya").person.id, "ana@example.org", True, member(site, "priya"), NOW
        )


def test_only_the_senior_in_person_or_an_admin_names_and_ends(site: Site) -> None:
    acting = assisted(site)
    priya_id, ana_id = acting.person.id, acting.hand.id

    for by in (acting, member(site, "marek"), member(site, "aisha")):
        with pytest.raises(NotFound):
            assistants.name(site, priya_id, "ben@example.org", True, by, NOW)
        with pytest.raises(NotFound):
            assistants.end(site, priya_id, ana_id, by, NOW)
    with pytest.raises(NotFound):
        assistants.of_senior(site, priya_id, member(site, "marek"))


def test_who_mentors_nobody_has_no_assistant(site: Site) -> None:
    aisha = member(site, "aisha")

    with pytest.raises(NotFound):
        assistants.name(site, aisha.person.id, "ben@example.org", True, aisha, NOW)


# --- acting --------------------------------------------------------------------------------------


def test_an_assistant_answers_and_the_senior_hears_of_it_once(site: Site) -> None:
    acting = assisted(site)
    day = propose_a_day(site)

    proposals.approve(site, day, version_of(site, day), acting, (), NOW)
    jobs.run_due(site)

    after = proposals.one(site, day, member(site, "priya"))
    assert after.state == "approved"
    assert after.answered_by == acting.hand
    assert notes(site, "priya")[1:] == ["Ana said yes to Wednesday 10 March for you"]


def test_what_the_senior_answers_is_their_own(site: Site) -> None:
    assisted(site)
    day, priya = propose_a_day(site), member(site, "priya")

    proposals.skip(site, day, version_of(site, day), priya, NOW)

    assert proposals.one(site, day, priya).answered_by is None
    assert len(notes(site, "priya")) == 1  # of the naming


def test_a_skip_that_is_taken_back_is_told_each_time(site: Site) -> None:
    acting = assisted(site)
    day = propose_a_day(site)

    for _ in range(2):
        proposals.skip(site, day, version_of(site, day), acting, NOW)
        proposals.reopen(site, day, version_of(site, day), acting, NOW)

    assert proposals.one(site, day, acting).answered_by is None
    assert notes(site, "priya")[1:] == 2 * [
        "Ana skipped Wednesday 10 March for you",
        "Ana brought back Wednesday 10 March for you",
    ]


def test_an_assistant_calls_a_day_off_for_the_senior(site: Site) -> None:
    acting = assisted(site)
    day = propose_a_day(site)
    proposals.approve(site, day, version_of(site, day), member(site, "priya"), (), NOW)
    jobs.run_due(site)

    proposals.call_off(site, day, version_of(site, day), acting, NOW)

    assert proposals.one(site, day, acting).answered_by == acting.hand
    assert notes(site, "priya")[-1] == "Ana called off Wednesday 10 March for you"


def test_an_assistant_of_one_senior_answers_for_no_other(site: Site) -> None:
    day = propose_a_day(site)  # Priya's
    marek = member(site, "marek")
    ana = somebody(site, "ana")
    assistants.name(site, marek.person.id, ana.email, True, marek, NOW)
    (acting,) = [each for each in signin.members(site, ana.id) if each.behind]

    with pytest.raises(NotFound):
        proposals.skip(site, day, version_of(site, day), acting, NOW)
    assert state_of(site, day) == "proposed"


def test_an_assistant_is_nobody_any_more_once_it_is_ended(site: Site) -> None:
    acting = assisted(site)

    assistants.end(site, acting.person.id, acting.hand.id, member(site, "priya"), NOW)

    assert signin.members(site, acting.hand.id) == ()


def test_an_assistant_acts_only_while_the_senior_is_one(site: Site) -> None:
    acting = assisted(site)
    with site.store.writing() as connection:
        connection.execute(t.membership.delete().where(t.membership.c.person_id == acting.person.id))

    assert signin.members(site, acting.hand.id) == ()


def test_nobody_acts_for_a_senior_who_has_left(site: Site) -> None:
    acting = assisted(site)
    membership.depart(site, acting.person.id, NOW.date(), None, member(site, "ada"), NOW)

    assert signin.members(site, acting.hand.id) == ()


def test_who_has_left_their_own_programme_acts_for_nobody(site: Site) -> None:
    priya, ben = member(site, "priya"), member(site, "ben")
    assistants.name(site, priya.person.id, ben.person.email, True, priya, NOW)
    membership.depart(site, ben.person.id, NOW.date(), None, member(site, "ada"), NOW)

    signin.request_link(site, ben.person.email, NOW)
    jobs.run_due(site)

    assert signin.members(site, ben.person.id) == ()
    with site.store.reading() as connection:
        assert connection.execute(select(t.outbox.c.id).where(t.outbox.c.kind == "sign_in")).all() == []


def test_an_assistant_without_a_role_is_there_as_themself_too(site: Site) -> None:
    acting = assisted(site)

    (themself,) = [each for each in signin.members(site, acting.hand.id) if each.behind is None]

    assert (themself.person, themself.roles) == (acting.hand, frozenset())
    with pytest.raises(NotFound):
        proposals.of_senior(site, themself, NOW)


def test_a_junior_who_assists_is_both(site: Site) -> None:
    priya, ben = member(site, "priya"), member(site, "ben")
    assistants.name(site, priya.person.id, ben.person.email, True, priya, NOW)

    own, acting = signin.members(site, ben.person.id)

    assert (own, acting.person, acting.behind) == (ben, priya.person, ben.person)


def test_an_assistant_without_a_role_can_ask_for_a_link_to_sign_in(site: Site) -> None:
    ana = somebody(site, "ana")
    signin.request_link(site, ana.email, NOW)
    jobs.run_due(site)
    priya = member(site, "priya")
    assistants.name(site, priya.person.id, ana.email, True, priya, NOW)
    signin.request_link(site, ana.email, NOW)
    jobs.run_due(site)

    with site.store.reading() as connection:
        sent = connection.execute(
            select(t.outbox.c.id).where(t.outbox.c.kind == "sign_in", t.outbox.c.person_id == ana.id)
        ).all()
    assert len(sent) == 1


# --- copies --------------------------------------------------------------------------------------


def test_an_assistant_who_gets_copies_decides_by_a_link_of_their_own(site: Site) -> None:
    acting = assisted(site)
    day = propose_a_day(site)
    (token,) = proposal_links(site, "ana")

    proposals.decide_by_link(site, token, "skip", None, (), NOW)

    assert proposals.one(site, day, member(site, "priya")).answered_by == acting.hand
    assert notes(site, "priya")[-1] == "Ana skipped Wednesday 10 March for you"
    (own,) = proposal_links(site, "priya")
    assert proposals.by_link(site, own, NOW).problem is not None  # it is answered


def test_a_link_forwarded_by_the_senior_decides_for_the_senior(site: Site) -> None:
    assisted(site, copies=False)
    day = propose_a_day(site)
    (token,) = proposal_links(site, "priya")

    proposals.decide_by_link(site, token, "skip", None, (), NOW)

    assert proposal_links(site, "ana") == []
    assert proposals.one(site, day, member(site, "priya")).answered_by is None


def test_copies_stop_when_the_senior_says_so(site: Site) -> None:
    acting = assisted(site)
    assistants.set_copies(site, acting.person.id, acting.hand.id, False, member(site, "priya"), NOW)

    propose_a_day(site)

    assert proposal_links(site, "ana") == []


def test_a_link_of_an_assistant_who_was_ended_decides_nothing(site: Site) -> None:
    acting = assisted(site)
    day = propose_a_day(site)
    (token,) = proposal_links(site, "ana")
    assistants.end(site, acting.person.id, acting.hand.id, member(site, "priya"), NOW)

    with pytest.raises(Refused, match="no longer answers for Priya"):
        proposals.decide_by_link(site, token, "skip", None, (), NOW)
    assert state_of(site, day) == "proposed"


def test_a_link_of_an_assistant_who_has_left_decides_nothing(site: Site) -> None:
    priya, ben = member(site, "priya"), member(site, "ben")
    assistants.name(site, priya.person.id, ben.person.email, True, priya, NOW)
    day = propose_a_day(site)
    (token,) = proposal_links(site, "ben")
    with site.store.writing() as connection:
        left = t.participation.c.person_id == ben.person.id
        connection.execute(t.participation.update().where(left).values(left=NOW.date()))

    with pytest.raises(Refused, match="no longer answers for Priya"):
        proposals.decide_by_link(site, token, "skip", None, (), NOW)
    assert state_of(site, day) == "proposed"


def test_a_preview_and_a_release_count_the_copies(site: Site) -> None:
    assisted(site)
    ada = member(site, "ada")
    run_id = draft_a_day(site)

    preview = runs.preview(site, run_id, ada)

    assert (len(preview.mails), preview.copies) == (1, 1)
    assert runs.release(site, run_id, ada, NOW) == 2


def test_a_copy_that_could_not_be_delivered_is_seen_by_the_seniors_admin(site: Site) -> None:
    acting = assisted(site)
    propose_a_day(site)
    with site.store.writing() as connection:
        failed = t.outbox.update().where(t.outbox.c.kind == "proposal")
        connection.execute(failed.values(state="failed", error="no such mailbox"))

    unsent = outbox.unsent(site, member(site, "ada"))

    assert {each.recipient for each in unsent} == {acting.hand, acting.person}


def test_a_question_about_an_agreed_day_is_answered_for_the_senior(site: Site) -> None:
    acting = assisted(site)
    agreed(site)
    give_up(site, "lunch", "farid")
    (question,) = asked(site)

    day_questions.answer(site, question.id, "come", None, acting, NOW)

    assert asked(site) == ()
    assert notes(site, "priya")[-1] == "Ana answered a question about an agreed day for you"


def test_an_admin_does_not_name_themself_to_see_what_is_a_seniors_alone(site: Site) -> None:
    priya, ada = member(site, "priya"), member(site, "ada")

    with pytest.raises(Misfilled, match="they have to name you"):
        assistants.name(site, priya.person.id, "ada@example.org", False, ada, NOW)
    assistants.name(site, priya.person.id, "ada@example.org", False, priya, NOW)

    with site.store.reading() as connection:
        named = kept.of_senior(connection, priya.person.id)
    assert [one.person for one in named] == [ada.person]
