"""What juniors ask in private: who reads it, what follows from it, and that not a word of it leaks."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from sqlalchemy import select, update

from planner.errors import IllegalMove
from planner.programme import why_not_together
from tests.web.company import a_company, agree_coworking, at, member
from tests.web.made_up import NOW
from web import jobs
from web.errors import Misfilled, NotFound, Refused
from web.operations import audit, membership, programmes, requests, seats
from web.operations.roster import import_sheet
from web.records import Member, RequestRecord
from web.sheets.columns import SheetKind
from web.site import Site
from web.store import tables as t
from web.store.programmes import load_programme

SECRET, REPLY = "he-shouts-at-the-lifts", "thank-you-for-telling-me"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return a_company(tmp_path)


@pytest.fixture
def gita(site: Site) -> Member:
    return member(site, "gita")


@pytest.fixture
def ada(site: Site) -> Member:
    return member(site, "ada")


def avoid(site: Site, by: Member, whom: str = "priya", text: str = SECRET) -> RequestRecord:
    """Ask for another senior than `whom`; the request."""
    requests.ask(site, "senior", member(site, whom).person.id, text, by, NOW)
    return requests.own(site, by)[0]


def told(site: Site) -> list[tuple[str, str]]:
    """Headline and recipient of each note that is owed."""
    with site.store.reading() as connection:
        rows = connection.execute(
            select(t.outbox.c.payload, t.person.c.name)
            .join(t.person, t.person.c.id == t.outbox.c.person_id)
            .where(t.outbox.c.kind == "note")
            .order_by(t.outbox.c.id)
        )
        return [(row.payload["headline"], row.name) for row in rows]


def test_a_request_reaches_the_admin_and_its_answer_the_junior(site: Site, gita: Member, ada: Member) -> None:
    avoid(site, gita)

    (waiting,) = requests.waiting(site, ada)
    assert (waiting.person.name, waiting.senior and waiting.senior.name, waiting.text) == (
        "Gita",
        "Priya",
        SECRET,
    )
    requests.answer(site, waiting.id, REPLY, ada, NOW)

    assert requests.waiting(site, ada) == ()
    assert requests.own(site, gita)[0].answer == REPLY
    assert told(site) == [("A private request waits for you", "Ada"), ("Your request has an answer", "Gita")]


def test_no_mail_log_or_audit_entry_has_a_word_of_it(
    site: Site, gita: Member, ada: Member, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    asked = avoid(site, gita)
    requests.answer(site, asked.id, REPLY, ada, NOW, keep_apart=True)
    jobs.run_due(site)

    mails = list(site.config.mail.outbox_folder.iterdir())  # type: ignore[union-attr]
    assert len(mails) == 2
    everything = [mail.read_text() for mail in mails] + [caplog.text]
    with site.store.reading() as connection:
        for table in (t.outbox, t.audit_entry, t.job):
            everything += [str(row) for row in connection.execute(select(table))]
    for word in (SECRET, REPLY, "Priya"):
        assert not [text for text in everything if word in text]


def test_who_is_kept_apart_is_never_drawn_together_again(site: Site, gita: Member, ada: Member) -> None:
    programmes.start_with_usual(site, ada, NOW)
    asked = avoid(site, gita)

    requests.answer(site, asked.id, REPLY, ada, NOW, keep_apart=True)

    with site.store.reading() as connection:
        programme = load_programme(connection, gita.programme_id, NOW)
    of = {one.person: one for one in programme.people}
    apart = [
        why_not_together(
            programme, rule, of[str(member(site, "priya").person.id)], of[str(gita.person.id)], NOW.date()
        )
        for rule in programme.formats
    ]
    assert apart and all(apart)


def test_who_is_kept_apart_is_offered_none_of_that_senior_s_seats(
    site: Site, gita: Member, ada: Member
) -> None:
    session = agree_coworking(site, 1)
    seats.book(site, session, member(site, "hal"), NOW)
    seats.wait(site, session, gita, NOW)

    requests.answer(site, avoid(site, gita).id, REPLY, ada, NOW, keep_apart=True)

    assert seats.coming(site, gita, NOW) == ()
    assert seats.open_sessions(site, gita, NOW) == ()
    with pytest.raises(IllegalMove, match="The last seat has just gone"):  # as of any session that is full
        seats.book(site, session, gita, NOW)


@pytest.mark.parametrize("whose", ["gita", "priya"])
def test_a_line_manager_and_their_report_find_no_seats_beside_each_other(
    site: Site, gita: Member, whose: str
) -> None:
    session = agree_coworking(site, 1)
    of, manager = (gita, member(site, "priya")) if whose == "gita" else (member(site, "priya"), gita)
    with site.store.writing() as connection:
        report = t.person.c.id == of.person.id
        connection.execute(update(t.person).where(report).values(manager_id=manager.person.id))

    assert seats.open_sessions(site, gita, NOW) == ()
    with pytest.raises(IllegalMove, match="The last seat has just gone"):
        seats.book(site, session, gita, NOW)


def test_asking_alone_changes_nothing_about_plans(site: Site, gita: Member, ada: Member) -> None:
    agree_coworking(site, 1)
    requests.answer(site, avoid(site, gita).id, REPLY, ada, NOW)

    with site.store.reading() as connection:
        assert connection.execute(select(t.never_pair)).all() == []
    assert len(seats.open_sessions(site, gita, NOW)) == 1


def test_a_topic_becomes_a_wish_of_the_junior_that_no_import_takes_away(
    site: Site, gita: Member, ada: Member
) -> None:
    with site.store.writing() as connection:
        knows = update(t.person).where(t.person.c.email == "priya@example.org")
        connection.execute(knows.values(topics=["data", "writing"]))
    requests.ask(site, "topic", None, "numbers, I think", gita, NOW)
    (asked,) = requests.waiting(site, ada)
    assert requests.topics(site, ada) == ("data", "writing")

    with pytest.raises(Misfilled):
        requests.answer(site, asked.id, REPLY, ada, NOW, topic="juggling")
    requests.answer(site, asked.id, REPLY, ada, NOW, topic="data")

    with site.store.reading() as connection:
        mine = select(t.person.c.topics, t.person.c.own_choices).where(t.person.c.id == gita.person.id)
        row = connection.execute(mine).one()
    assert (row.topics, row.own_choices) == (["data"], ["topics"])


def test_a_request_withdrawn_is_gone_with_its_text(site: Site, gita: Member, ada: Member) -> None:
    asked = avoid(site, gita)

    requests.withdraw(site, asked.id, gita, NOW)

    assert requests.own(site, gita) == requests.waiting(site, ada) == ()
    with pytest.raises(Refused):
        requests.answer(site, asked.id, REPLY, ada, NOW)
    with site.store.reading() as connection:
        assert SECRET not in str(connection.execute(select(t.private_request)).all())


def test_ten_requests_may_wait_and_the_eleventh_is_told_why_not(
    site: Site, gita: Member, ada: Member
) -> None:
    for number in range(10):
        requests.ask(site, "topic", None, f"topic {number}", gita, NOW)

    with pytest.raises(Refused, match="10 of your requests wait"):
        requests.ask(site, "topic", None, "one more", gita, NOW)
    requests.answer(site, requests.waiting(site, ada)[0].id, REPLY, ada, NOW)
    requests.ask(site, "topic", None, "one more", gita, NOW)


def test_an_admin_of_another_programme_sees_and_answers_nothing(
    site: Site, gita: Member, tmp_path: Path
) -> None:
    file = tmp_path / "people.csv"
    file.write_text("email,name,role,timezone\nolga@example.org,Olga,admin,Europe/London\n", encoding="utf-8")
    import_sheet(site, SheetKind.PEOPLE, file, NOW, programme="Elsewhere")
    olga, asked = member(site, "olga"), avoid(site, gita)

    assert requests.waiting(site, olga) == ()
    with pytest.raises(NotFound):
        requests.answer(site, asked.id, REPLY, olga, NOW)
    assert {who for _, who in told(site)} == {"Ada"}


@pytest.mark.parametrize("name", ["hal", "priya", "marek"])
def test_nobody_else_reads_or_withdraws_it(site: Site, gita: Member, name: str) -> None:
    asked, other = avoid(site, gita), member(site, name)

    with pytest.raises(NotFound):
        requests.waiting(site, other)
    with pytest.raises(NotFound):
        requests.withdraw(site, asked.id, other, NOW)
    with pytest.raises(NotFound):
        requests.answer(site, asked.id, REPLY, other, NOW)


def test_a_request_names_a_senior_of_the_programme_or_says_what_it_is_about(
    site: Site, gita: Member, ada: Member
) -> None:
    for about, senior, text in (
        ("senior", None, ""),
        ("senior", gita.person.id, ""),
        ("senior", ada.person.id, ""),
        ("topic", None, ""),
    ):
        with pytest.raises(Misfilled):
            requests.ask(site, about, senior, text, gita, NOW)
    assert requests.own(site, gita) == ()


def test_reading_requests_is_written_down_and_no_request_read_is_not(
    site: Site, gita: Member, ada: Member
) -> None:
    def looks() -> list[int]:
        with site.store.reading() as connection:
            read = select(t.audit_entry.c.actor_id).where(t.audit_entry.c.action == "read.requests")
            return list(connection.execute(read).scalars())

    requests.waiting(site, ada)
    assert looks() == []
    avoid(site, gita)
    requests.waiting(at(site, NOW), ada)
    assert looks() == [ada.person.id]


def test_seniors_one_has_met_stand_first_among_those_to_choose_from(site: Site, gita: Member) -> None:
    seats.book(site, agree_coworking(site, 2), gita, NOW)

    askable = requests.askable(site, gita, NOW)

    assert [one.name for one in askable.met] == ["Priya"]
    assert [one.name for one in askable.others] == ["Marek"]


# --- where the senior is an admin too ------------------------------------------------------------


@pytest.fixture
def priya(site: Site) -> Member:
    """Priya runs the programme beside Ada."""
    priya = member(site, "priya")
    with site.store.writing() as connection:
        row = {"programme_id": priya.programme_id, "person_id": priya.person.id, "role": "admin"}
        connection.execute(t.membership.insert().values(row))
    return member(site, "priya")


def test_the_senior_it_names_reads_hears_and_answers_nothing_of_it(
    site: Site, gita: Member, ada: Member, priya: Member
) -> None:
    asked = avoid(site, gita)

    assert told(site) == [("A private request waits for you", "Ada")]
    assert requests.waiting(site, priya) == ()
    with pytest.raises(NotFound):
        requests.answer(site, asked.id, REPLY, priya, NOW)
    assert [each.id for each in requests.waiting(site, ada)] == [asked.id]


def test_what_names_nobody_or_somebody_else_reaches_both_admins(
    site: Site, gita: Member, priya: Member
) -> None:
    requests.ask(site, "topic", None, "numbers", gita, NOW)
    avoid(site, gita, "marek")

    assert len(requests.waiting(site, priya)) == 2
    assert sorted(name for _, name in told(site)) == ["Ada", "Ada", "Priya", "Priya"]


def test_no_page_or_entry_tells_the_senior_what_came_of_it(
    site: Site, gita: Member, ada: Member, priya: Member
) -> None:
    asked = avoid(site, gita)
    requests.answer(site, asked.id, REPLY, ada, NOW, keep_apart=True)
    marek = member(site, "marek").person.email
    membership.keep_apart(site, priya.person.id, marek, ada, NOW)

    def seen(by: Member) -> set[str]:
        lines = (*audit.page(site, by).lines, *audit.everything(site, by))
        return {line.action for line in lines} & {"request.ask", "request.answer", "membership.keep_apart"}

    assert seen(ada) == {"request.ask", "request.answer", "membership.keep_apart"}
    assert seen(priya) == set()
    assert "request.ask" not in audit.page(site, priya).actions
    for one in (gita, priya):
        assert membership.one(site, one.person.id, priya, NOW).never_with == ()
    assert membership.one(site, gita.person.id, ada, NOW).never_with == (priya.person,)
    membership.keep_apart(site, gita.person.id, priya.person.email, priya, NOW)  # as if they were not
    for one, other in ((gita, priya), (priya, gita)):
        with pytest.raises(NotFound):
            membership.let_meet(site, one.person.id, other.person.id, priya, NOW)


def test_whoever_would_be_its_only_reader_cannot_be_named_and_that_is_said_before(
    site: Site, gita: Member, priya: Member
) -> None:
    with site.store.writing() as connection:
        theirs = t.membership.c.person_id == member(site, "ada").person.id
        connection.execute(t.membership.delete().where(theirs))

    askable = requests.askable(site, gita, NOW)

    assert ([one.name for one in askable.others], [one.name for one in askable.unread]) == (
        ["Marek"],
        ["Priya"],
    )
    with pytest.raises(Misfilled, match="only admin"):
        avoid(site, gita)
    avoid(site, gita, "marek")
