"""An admin sees and changes who is what, with everybody's knowledge; and a programme keeps an admin."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, insert, select, update

from tests.web.company import a_company, agree_coworking, at, member
from tests.web.made_up import NOW
from tests.web.operations.test_assistants import assisted, notes
from tests.web.pages.persons import propose_a_day, state_of, version_of
from web import jobs
from web.errors import Misfilled, NotFound, Refused
from web.operations import membership, preferences, proposals, seats, signin
from web.operations.membership import Facts, NewPerson
from web.records import Member, PersonRef
from web.site import Site
from web.store import people
from web.store import tables as t

TODAY = NOW.date()


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return a_company(tmp_path)


@pytest.fixture
def ada(site: Site) -> Member:
    return member(site, "ada")


def who(site: Site, name: str) -> PersonRef:
    with site.store.reading() as connection:
        found = people.by_email(connection, f"{name}@example.org")
    assert found is not None
    return found


def roles_of(site: Site, name: str) -> frozenset[str]:
    mine = signin.members(site, who(site, name).id)
    return mine[0].roles if mine else frozenset()


def somewhere_else(site: Site) -> int:
    """Another programme, of which Ada is no admin."""
    with site.store.writing() as connection:
        made = connection.execute(insert(t.programme).values(name="Returners"))
        return int(made.inserted_primary_key[0])


# --- the list ------------------------------------------------------------------------------------


def test_people_are_found_by_name_role_and_trouble(site: Site, ada: Member) -> None:
    everybody = membership.listed(site, ada, "all", "", 1)
    seniors = membership.listed(site, ada, "senior", "", 1)
    found = membership.listed(site, ada, "all", "GIT", 1)

    assert (everybody.all, everybody.fit, everybody.pages) == (11, 11, 1)
    assert [each.person.name for each in seniors.people] == ["Marek", "Priya"]
    assert [each.person.name for each in found.people] == ["Gita"]
    assert membership.listed(site, ada, "problems", "", 1).fit == everybody.problems
    assert [each.offices for each in found.people] == [("London",)]


def test_letters_of_any_script_are_found_whatever_their_case(site: Site, ada: Member) -> None:
    with site.store.writing() as connection:
        connection.execute(update(t.person).where(t.person.c.name == "Emil").values(name="Émile Åberg"))

    assert membership.listed(site, ada, "all", "éMILE å", 1).fit == 1


def test_a_long_list_comes_in_pages_with_the_same_few_statements(tmp_path: Path) -> None:
    site = a_company(tmp_path, extra_juniors=120)
    ada = member(site, "ada")
    statements = []
    event.listen(site.store.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))

    first, last = membership.listed(site, ada, "all", "", 1), membership.listed(site, ada, "all", "", 99)

    assert (first.pages, len(first.people), first.fit) == (3, 50, 131)
    assert (last.page, len(last.people)) == (3, 31)
    assert len(statements) <= 20
    assert not {each.person.id for each in first.people} & {each.person.id for each in last.people}


def test_only_admins_see_the_list_and_a_person(site: Site) -> None:
    for name in ("priya", "aisha"):
        with pytest.raises(NotFound):
            membership.listed(site, member(site, name), "all", "", 1)
        with pytest.raises(NotFound):
            membership.one(site, who(site, "gita").id, member(site, name), NOW)


def test_a_person_of_another_programme_is_not_there(site: Site, ada: Member) -> None:
    other = somewhere_else(site)
    with site.store.writing() as connection:
        gita = t.membership.c.person_id == who(site, "gita").id
        connection.execute(update(t.membership).where(gita).values(programme_id=other))
        there = t.participation.c.person_id == who(site, "gita").id
        connection.execute(update(t.participation).where(there).values(programme_id=other))

    with pytest.raises(NotFound):
        membership.one(site, who(site, "gita").id, ada, NOW)
    with pytest.raises(NotFound):
        membership.set_roles(site, who(site, "gita").id, frozenset({"admin"}), ada, NOW)


def test_a_look_at_a_person_is_written_down(site: Site, ada: Member) -> None:
    gita = who(site, "gita")
    membership.one(site, gita.id, ada, NOW)

    with site.store.reading() as connection:
        looks = connection.execute(
            select(t.audit_entry.c.actor_id).where(
                t.audit_entry.c.action == "read.person", t.audit_entry.c.subject_id == gita.id
            )
        ).scalars()
        assert list(looks) == [ada.person.id]


def test_the_page_shows_who_answered_for_a_senior(site: Site, ada: Member) -> None:
    acting = assisted(site)
    day = propose_a_day(site)
    proposals.approve(site, day, version_of(site, day), acting, (), NOW)
    jobs.run_due(site)

    found = membership.one(site, acting.person.id, ada, NOW)

    assert [each.answered_by for each in found.days] == [acting.hand]
    assert [each.person for each in found.assistants] == [acting.hand]


# --- roles ---------------------------------------------------------------------------------------


def test_a_role_is_given_and_taken_at_the_next_click_and_told(site: Site, ada: Member) -> None:
    gita = who(site, "gita")

    membership.set_roles(site, gita.id, frozenset({"junior", "admin"}), ada, NOW)
    assert roles_of(site, "gita") == {"junior", "admin"}
    membership.set_roles(site, gita.id, frozenset({"junior"}), ada, NOW)

    assert roles_of(site, "gita") == {"junior"}
    assert notes(site, "gita") == 2 * ["Ada changed what you are in Mentoring"]


def test_the_last_admin_stays_one(site: Site, ada: Member) -> None:
    with pytest.raises(Refused, match="last"):
        membership.set_roles(site, ada.person.id, frozenset({"senior"}), ada, NOW)
    with pytest.raises(Refused, match="last"):
        membership.depart(site, ada.person.id, TODAY, None, ada, NOW)

    membership.set_roles(site, who(site, "gita").id, frozenset({"admin"}), ada, NOW)
    membership.set_roles(site, ada.person.id, frozenset({"senior"}), ada, NOW)
    assert roles_of(site, "ada") == {"senior"}


def test_an_admin_who_has_left_does_not_count_as_one(site: Site, ada: Member) -> None:
    gita = who(site, "gita")
    membership.set_roles(site, gita.id, frozenset({"admin"}), ada, NOW)
    membership.depart(site, gita.id, TODAY, None, ada, NOW)

    with pytest.raises(Refused, match="last"):
        membership.set_roles(site, ada.person.id, frozenset(), ada, NOW)


def test_a_role_with_sessions_ahead_is_not_taken(site: Site, ada: Member) -> None:
    propose_a_day(site)

    for name in ("priya", "farid"):
        with pytest.raises(Refused, match="ahead"):
            membership.set_roles(site, who(site, name).id, frozenset(), ada, NOW)
    membership.set_roles(site, who(site, "marek").id, frozenset(), ada, NOW)

    assert roles_of(site, "priya") == {"senior"}
    assert roles_of(site, "marek") == frozenset()


def test_a_new_senior_comes_in_for_two_sessions_unless_they_said_otherwise(site: Site, ada: Member) -> None:
    gita, hal = who(site, "gita"), who(site, "hal")
    membership.set_roles(site, gita.id, frozenset({"senior"}), ada, NOW)
    membership.set_roles(site, hal.id, frozenset({"senior", "junior"}), ada, NOW)
    by = member(site, "hal")
    preferences.change(site, hal.id, {"min_sessions_per_office_day": "1"}, by, NOW)
    membership.set_roles(site, hal.id, frozenset({"junior"}), ada, NOW)
    membership.set_roles(site, hal.id, frozenset({"senior"}), ada, NOW)

    with site.store.reading() as connection:
        fewest = dict(
            connection.execute(select(t.person.c.name, t.person.c.min_sessions_per_office_day)).all()
        )
    assert (fewest["Gita"], fewest["Hal"]) == (2, 1)


# --- facts ---------------------------------------------------------------------------------------


def test_facts_are_kept_and_their_mistakes_told_together(site: Site, ada: Member) -> None:
    gita = who(site, "gita")
    membership.change_facts(
        site, gita.id, Facts(date(2027, 2, 1), "spring-27", "payments", "Marek@Example.org"), ada, NOW
    )

    found = membership.one(site, gita.id, ada, NOW)
    assert (found.joined, found.cohort, found.team) == (date(2027, 2, 1), "spring-27", "payments")
    assert found.manager == who(site, "marek")
    with pytest.raises(Misfilled) as misfilled:
        membership.change_facts(
            site, gita.id, Facts(date(2027, 2, 1), "x" * 25, "", "gita@example.org"), ada, NOW
        )
    assert set(misfilled.value.mistakes) == {"cohort", "manager"}
    with pytest.raises(Misfilled, match="One cohort each"):
        membership.change_facts(site, gita.id, Facts(date(2027, 2, 1), "c1, c2", "", ""), ada, NOW)


# --- who never meets -----------------------------------------------------------------------------


def test_two_are_kept_apart_and_nobody_is_told(site: Site, ada: Member) -> None:
    gita, marek = who(site, "gita"), who(site, "marek")

    membership.keep_apart(site, gita.id, "marek@example.org", ada, NOW)

    assert membership.one(site, gita.id, ada, NOW).never_with == (marek,)
    assert membership.one(site, marek.id, ada, NOW).never_with == (gita,)
    assert notes(site, "gita") == notes(site, "marek") == []
    membership.let_meet(site, marek.id, gita.id, ada, NOW)
    assert membership.one(site, gita.id, ada, NOW).never_with == ()


@pytest.mark.parametrize("email", ["gita@example.org", "nobody@example.org", "nonsense", "marek@example.org"])
def test_whom_one_cannot_be_kept_apart_from_is_said(site: Site, ada: Member, email: str) -> None:
    gita = who(site, "gita")
    membership.keep_apart(site, gita.id, "marek@example.org", ada, NOW)

    with pytest.raises(Misfilled) as misfilled:
        membership.keep_apart(site, gita.id, email, ada, NOW)

    assert set(misfilled.value.mistakes) == {"never_with"}


# --- pausing and leaving -------------------------------------------------------------------------


def test_leaving_says_what_it_would_do_and_then_does_it(site: Site, ada: Member) -> None:
    priya, day = who(site, "priya"), propose_a_day(site)
    proposals.approve(site, day, version_of(site, day), member(site, "priya"), (), NOW)
    jobs.run_due(site)

    would = membership.would_depart(site, priya.id, TODAY, None, ada, NOW)
    assert (would.cancelled, state_of(site, day)) == (3, "approved")
    assert membership.depart(site, priya.id, TODAY, None, ada, NOW) == would

    assert signin.members(site, priya.id) == ()
    assert seats.coming(site, member(site, "farid"), NOW) == ()


def test_who_leaves_later_is_there_until_then(site: Site, ada: Member) -> None:
    gita = who(site, "gita")
    membership.depart(site, gita.id, TODAY + timedelta(days=10), None, ada, NOW)

    assert signin.members(site, gita.id) != ()
    later = at(site, NOW + timedelta(days=11))
    assert signin.members(later, gita.id) == ()
    membership.come_back(later, gita.id, ada, later.now())
    assert signin.members(later, gita.id) != ()


def test_leaving_frees_a_booked_seat(site: Site, ada: Member) -> None:
    gita, session = member(site, "gita"), agree_coworking(site, seats=2)
    seats.book(site, session, gita, NOW)

    would = membership.would_depart(site, gita.person.id, TODAY, None, ada, NOW)

    assert would.thinned + would.cancelled == 1
    membership.depart(site, gita.person.id, TODAY, None, ada, NOW)
    assert seats.coming(site, gita, NOW) == ()


def test_a_pause_has_days_and_an_end(site: Site, ada: Member) -> None:
    gita, last = who(site, "gita"), TODAY + timedelta(days=20)
    membership.depart(site, gita.id, TODAY, last, ada, NOW)

    assert membership.one(site, gita.id, ada, NOW).paused == (TODAY, last)
    assert signin.members(site, gita.id) != ()
    membership.come_back(site, gita.id, ada, NOW)
    assert membership.one(site, gita.id, ada, NOW).paused is None


@pytest.mark.parametrize(
    ("first", "last", "field"),
    [
        (TODAY - timedelta(days=1), None, "left"),
        (TODAY - timedelta(days=1), TODAY, "paused_from"),
        (TODAY, TODAY - timedelta(days=1), "paused_until"),
    ],
)
def test_days_that_cannot_be_are_told_by_field(
    site: Site, ada: Member, first: date, last: date | None, field: str
) -> None:
    with pytest.raises(Misfilled) as misfilled:
        membership.depart(site, who(site, "gita").id, first, last, ada, NOW)

    assert set(misfilled.value.mistakes) == {field}


# --- inviting and adding -------------------------------------------------------------------------


def somebody_new(**more: object) -> NewPerson:
    facts = {"email": "New@Example.org", "name": "Nia", "roles": frozenset({"senior"}), "office": "london"}
    return NewPerson(**{**facts, "timezone": "", "invite": True} | more)  # type: ignore[arg-type]


def test_somebody_is_added_as_an_import_would_and_invited(site: Site, ada: Member) -> None:
    person_id = membership.add(site, somebody_new(), ada, NOW)

    found = membership.one(site, person_id, ada, NOW)
    assert (found.person.email, found.person.timezone) == ("new@example.org", "Europe/London")
    assert (found.roles, found.offices, found.joined) == ({"senior"}, ("London",), TODAY)
    assert preferences.of(site, member(site, "new"), NOW).texts["min_sessions_per_office_day"] == "2"
    assert notes(site, "new") == ["You are in Mentoring"]


def test_somebody_without_a_role_can_be_named_an_assistant(site: Site, ada: Member) -> None:
    person_id = membership.add(site, somebody_new(roles=frozenset(), invite=False), ada, NOW)

    assert signin.members(site, person_id) == ()
    assert membership.one(site, person_id, ada, NOW).roles == frozenset()
    assert notes(site, "new") == []


def test_who_is_known_from_another_programme_stays_as_they_are(site: Site, ada: Member) -> None:
    other = somewhere_else(site)
    olga = Member(ada.person, other, "Returners", frozenset({"admin"}))
    gita = who(site, "gita")

    added = membership.add(site, somebody_new(email="gita@example.org", name="G."), olga, NOW)

    assert added == gita.id
    here, there = signin.members(site, gita.id)
    assert (here.person.name, here.roles, there.roles) == ("Gita", {"junior"}, {"senior"})


def test_every_mistake_about_a_new_person_is_told_at_once(site: Site, ada: Member) -> None:
    with pytest.raises(Misfilled) as misfilled:
        membership.add(
            site, somebody_new(email="gita@example.org", office="mars", timezone="Mars/One"), ada, NOW
        )

    assert set(misfilled.value.mistakes) == {"email", "office", "timezone"}
    with pytest.raises(Misfilled) as misfilled:
        membership.add(site, somebody_new(office=""), ada, NOW)
    assert set(misfilled.value.mistakes) == {"timezone"}


def test_an_invitation_can_be_sent_again(site: Site, ada: Member) -> None:
    for _ in range(2):
        membership.invite(site, who(site, "gita").id, ada, NOW)

    assert notes(site, "gita") == 2 * ["You are in Mentoring"]
