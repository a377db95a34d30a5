"""After a session both sides are asked once how it was, by one mail a person and day, and may say so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from sqlalchemy import select, update

from planner.domain import SessionKind
from tests.web.company import a_company, at, member
from tests.web.history import History
from tests.web.mails import text_of
from web import jobs
from web.errors import NotFound, Refused
from web.operations import actions, attendance, erasure, evaluation, own_data, retention
from web.operations.evaluation import Holder, asked_from
from web.site import Site
from web.store import feedback as kept
from web.store import tables as t

WEDNESDAY = datetime(2027, 3, 10, tzinfo=UTC)
LUNCH, AFTERNOON = WEDNESDAY.replace(hour=12), WEDNESDAY.replace(hour=15)
LUNCH_ASKED = LUNCH + timedelta(hours=1, minutes=10)

#: In which what was said so far was said.
BROWSER = Holder(answered=True)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return a_company(tmp_path)


@pytest.fixture
def history(site: Site) -> History:
    return History(site)


def look(site: Site, *moments: datetime) -> None:
    for moment in moments:
        jobs.look_round(at(site, moment))
        jobs.run_due(at(site, moment))


def mails(site: Site) -> list[EmailMessage]:
    """Those that ask how it was, as they lie on disk."""
    folder = site.config.mail.outbox_folder
    found = [message_from_bytes(file.read_bytes(), policy=default) for file in sorted(folder.glob("*.eml"))]
    return [each for each in found if each["Subject"].startswith("How w")]


def asked(site: Site) -> list[str]:
    """Their recipients, by first name."""
    return sorted(each["To"].addresses[0].display_name for each in mails(site))


def taps(mail: EmailMessage) -> list[tuple[str, str]]:
    """Answer and path of every tap in a mail."""
    return re.findall(r"(\d of 5|I was not there|It did not happen):\s+http://[^/]+(/f/\S+)", text_of(mail))


def tokens(site: Site, name: str) -> list[str]:
    """Of the links mailed to somebody, one a session, in order."""
    (mail,) = (each for each in mails(site) if each["To"].addresses[0].display_name == name)
    return list(dict.fromkeys(path.split("/")[2].partition("?")[0] for _, path in taps(mail)))


def feedback(site: Site) -> list[tuple[str, str, bool, int | None, str]]:
    """Session, first name, and what they said."""
    f = t.feedback
    with site.store.reading() as connection:
        rows = connection.execute(
            select(f.c.session_id, t.person.c.name, f.c.happened, f.c.useful, f.c.comment)
            .join(t.person, t.person.c.id == f.c.person_id)
            .order_by(f.c.session_id, t.person.c.name)
        )
        return [tuple(row) for row in rows]  # type: ignore[misc]


def known(site: Site, session: str) -> tuple[str | None, dict[str, str | None]]:
    """The outcome of a session and who came, as `operations.attendance` keeps it."""
    with site.store.reading() as connection:
        outcome = connection.execute(select(t.session.c.outcome).where(t.session.c.id == session))
        came = connection.execute(
            select(t.person.c.name, t.seat.c.attendance)
            .join(t.person, t.person.c.id == t.seat.c.person_id)
            .where(t.seat.c.session_id == session)
        )
        return outcome.scalar_one(), {row.name: row.attendance for row in came}


def set_person(site: Site, name: str, **values: object) -> None:
    with site.store.writing() as connection:
        who = t.person.c.email == f"{name}@example.org"
        connection.execute(update(t.person).where(who).values(**values))


# --- who is asked, and when ----------------------------------------------------------------------


def test_both_sides_are_asked_ten_minutes_after_the_end_and_once(site: Site, history: History) -> None:
    history.session(LUNCH, ["aisha", "ben"], None)

    look(site, LUNCH_ASKED - timedelta(minutes=2))
    assert mails(site) == []
    look(site, LUNCH_ASKED, LUNCH_ASKED + timedelta(minutes=2), LUNCH_ASKED + timedelta(days=2))

    assert asked(site) == ["Aisha", "Ben", "Priya"]


def test_one_mail_is_of_all_sessions_of_the_day_after_the_last_of_them(site: Site, history: History) -> None:
    history.session(LUNCH, ["aisha"], None)
    history.session(AFTERNOON, ["ben"], None, online=True)

    look(site, LUNCH_ASKED)
    assert asked(site) == ["Aisha"]
    look(site, AFTERNOON + timedelta(hours=1, minutes=10))

    assert asked(site) == ["Aisha", "Ben", "Priya"]
    (priyas,) = (each for each in mails(site) if "two" in each["Subject"].lower())
    assert priyas["Subject"] == "How were they? Two sessions, Wednesday 10 March"
    assert [answer for answer, _ in taps(priyas)] == [
        *(f"{number} of 5" for number in range(1, 6)),
        "It did not happen",
    ] * 2


@pytest.mark.parametrize(
    ("last_end", "zone", "moment"),
    [
        (datetime(2027, 3, 10, 13, tzinfo=UTC), "Europe/London", datetime(2027, 3, 10, 13, 10, tzinfo=UTC)),
        (
            datetime(2027, 3, 10, 19, 49, tzinfo=UTC),
            "Europe/London",
            datetime(2027, 3, 10, 19, 59, tzinfo=UTC),
        ),
        (datetime(2027, 3, 10, 19, 50, tzinfo=UTC), "Europe/London", datetime(2027, 3, 11, 7, tzinfo=UTC)),
        (datetime(2027, 3, 10, 23, 55, tzinfo=UTC), "Europe/London", datetime(2027, 3, 11, 7, tzinfo=UTC)),
        (datetime(2027, 3, 10, 15, tzinfo=UTC), "Asia/Kolkata", datetime(2027, 3, 11, 1, 30, tzinfo=UTC)),
        (datetime(2027, 3, 10, 13, tzinfo=UTC), "America/Los_Angeles", datetime(2027, 3, 10, 15, tzinfo=UTC)),
        # the clocks go forward in London in the night to 28 March 2027
        (datetime(2027, 3, 27, 21, tzinfo=UTC), "Europe/London", datetime(2027, 3, 28, 6, tzinfo=UTC)),
    ],
)
def test_nobody_is_asked_in_the_evening_or_at_night_on_their_clock(
    last_end: datetime, zone: str, moment: datetime
) -> None:
    assert asked_from(last_end, zone) == moment


def test_each_is_asked_on_their_own_clock(site: Site, history: History) -> None:
    history.session(AFTERNOON, ["aisha", "ben"], None, online=True)
    set_person(site, "aisha", timezone="Asia/Kolkata")  # it ends at half past nine in the evening there

    look(site, AFTERNOON + timedelta(hours=2))
    assert asked(site) == ["Ben", "Priya"]
    look(site, datetime(2027, 3, 11, 1, 29, tzinfo=UTC))
    assert asked(site) == ["Ben", "Priya"]
    look(site, datetime(2027, 3, 11, 1, 30, tzinfo=UTC))
    assert asked(site) == ["Aisha", "Ben", "Priya"]


def test_a_server_that_was_down_until_late_asks_the_next_morning(site: Site, history: History) -> None:
    history.session(LUNCH, ["aisha"], None)

    look(site, WEDNESDAY.replace(hour=22))
    assert mails(site) == []
    look(site, WEDNESDAY + timedelta(days=1, hours=7))

    assert asked(site) == ["Aisha", "Priya"]


def test_nobody_is_asked_about_what_is_days_ago(site: Site, history: History) -> None:
    history.session(LUNCH, ["aisha"], None)

    look(site, LUNCH + timedelta(days=3, hours=1))

    assert mails(site) == []


def test_who_was_not_there_or_has_said_is_not_asked_nor_anybody_of_what_fell_through(
    site: Site, history: History
) -> None:
    history.session(LUNCH, ["aisha"], "fell_through")
    said = history.session(LUNCH, ["ben", "chidi", "dana"], None, chidi="missed")
    history.session(LUNCH, ["emil"], None, seat="declined")
    history.session(LUNCH, ["farid"], None, seat="waiting")
    evaluation.say(site, said, 4, member(site, "dana"), LUNCH + timedelta(minutes=55))

    look(site, LUNCH_ASKED)

    assert asked(site) == ["Ben", "Priya"]


def test_somebody_who_was_erased_is_not_asked(site: Site, history: History) -> None:
    history.session(LUNCH, ["aisha", "ben"], None)
    erasure.erase_by_address(site, "aisha@example.org", LUNCH + timedelta(hours=1))

    look(site, LUNCH_ASKED)

    assert asked(site) == ["Ben", "Priya"]


def test_a_session_is_noted_as_asked_about_when_all_its_people_were(site: Site, history: History) -> None:
    session = history.session(AFTERNOON, ["aisha", "ben"], None, online=True)
    set_person(site, "aisha", timezone="Asia/Kolkata")

    def noted() -> datetime | None:
        with site.store.reading() as connection:
            query = select(t.session.c.evaluation_asked_at).where(t.session.c.id == session)
            return connection.execute(query).scalar_one()

    look(site, AFTERNOON + timedelta(hours=2))
    assert noted() is None
    look(site, datetime(2027, 3, 11, 7, tzinfo=UTC))
    assert noted() == datetime(2027, 3, 11, 7, tzinfo=UTC)


def test_what_fell_through_counts_as_asked_about_only_where_somebody_said_so_then(
    site: Site, history: History
) -> None:
    quiet = history.session(LUNCH, ["aisha"], "fell_through")
    said = history.session(LUNCH, ["ben"], None)
    look(site, LUNCH_ASKED)
    (token,) = tokens(site, "Ben")
    evaluation.say_by_link(site, token, None, BROWSER, LUNCH_ASKED)

    with site.store.reading() as connection:
        noted = connection.execute(
            select(t.session.c.id).where(t.session.c.evaluation_asked_at.is_not(None))
        ).scalars()
        assert set(noted) == {said} != {quiet}
        months = {0: LUNCH.replace(day=1), 1: LUNCH.replace(month=4, day=1)}
        counts = kept.answers(connection, member(site, "ada").programme_id, months)
    assert sorted((one.as_senior, one.asked, one.answered, one.happened) for one in counts) == [
        (False, 1, 1, 0),
        (True, 1, 0, 0),
    ]


def test_killed_between_the_mails_and_the_note_nobody_is_asked_twice(
    site: Site, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = history.session(LUNCH, ["aisha"], None)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr("web.store.feedback.note_asked", killed)
        evaluation.ask(site, LUNCH_ASKED)
    look(site, LUNCH_ASKED + timedelta(minutes=1))

    assert asked(site) == ["Aisha", "Priya"]
    with site.store.reading() as connection:
        links = connection.execute(select(t.link.c.person_id).where(t.link.c.purpose == "feedback")).all()
        noted = connection.execute(
            select(t.session.c.evaluation_asked_at).where(t.session.c.id == session)
        ).scalar_one()
    assert (len(links), noted is not None) == (2, True)


def test_silence_changes_nothing(site: Site, history: History) -> None:
    session = history.session(LUNCH, ["aisha"], None)

    look(site, LUNCH_ASKED, *(LUNCH_ASKED + timedelta(days=days) for days in range(1, 20)))

    assert asked(site) == ["Aisha", "Priya"]
    assert (known(site, session), feedback(site)) == ((None, {"Aisha": None}), [])


# --- answering -----------------------------------------------------------------------------------


@pytest.fixture
def session(site: Site, history: History) -> Iterator[str]:
    """Priya's lunch with Aisha and Ben, after they were asked."""
    yield history.session(LUNCH, ["aisha", "ben"], None)


def test_opening_a_link_says_nothing_and_a_button_says_it(site: Site, session: str) -> None:
    look(site, LUNCH_ASKED)
    (token,) = tokens(site, "Aisha")

    record = evaluation.by_link(site, token, BROWSER, LUNCH_ASKED)
    assert (record.session.id, record.said, record.problem) == (session, None, None)
    assert feedback(site) == []

    evaluation.say_by_link(site, token, 4, BROWSER, LUNCH_ASKED)
    assert feedback(site) == [(session, "Aisha", True, 4, "")]
    assert known(site, session) == ("held", {"Aisha": "came", "Ben": None})


def test_a_link_says_it_once_to_whom_nothing_is_told(site: Site, session: str) -> None:
    look(site, LUNCH_ASKED)
    (token,), stranger = tokens(site, "Aisha"), Holder()
    evaluation.say_by_link(site, token, 4, stranger, LUNCH_ASKED)
    evaluation.say_word_by_link(site, token, "Good.", BROWSER, LUNCH_ASKED)

    record = evaluation.by_link(site, token, stranger, LUNCH_ASKED)
    assert (record.is_hidden, record.said, record.stands.outcome, record.stands.seats) == (
        True,
        None,
        None,
        (),
    )
    with pytest.raises(Refused, match="answered already"):
        evaluation.say_by_link(site, token, 1, stranger, LUNCH_ASKED)
    with pytest.raises(Refused, match="answered already"):
        evaluation.say_absent_by_link(site, token, stranger, LUNCH_ASKED)
    with pytest.raises(Refused, match="answered already"):
        evaluation.say_word_by_link(site, token, "Bad.", stranger, LUNCH_ASKED)
    aisha = Holder(member(site, "aisha").person.id)
    assert evaluation.by_link(site, token, aisha, LUNCH_ASKED).said is not None
    evaluation.say_by_link(site, token, 5, aisha, LUNCH_ASKED)
    assert feedback(site) == [(session, "Aisha", True, 5, "Good.")]


def test_nobody_who_is_signed_in_answers_for_somebody_else(site: Site, session: str) -> None:
    look(site, LUNCH_ASKED)
    (token,) = tokens(site, "Aisha")

    for name in ("priya", "ben", "ada"):
        other = Holder(member(site, name).person.id, answered=True)
        with pytest.raises(Refused, match="asks somebody else"):
            evaluation.by_link(site, token, other, LUNCH_ASKED)
        with pytest.raises(Refused, match="asks somebody else"):
            evaluation.say_by_link(site, token, 1, other, LUNCH_ASKED)
    assert feedback(site) == []


def test_what_a_senior_says_is_the_outcome_and_of_nobody_that_they_came(site: Site, session: str) -> None:
    look(site, LUNCH_ASKED)
    (token,) = tokens(site, "Priya")

    evaluation.say_by_link(site, token, 5, BROWSER, LUNCH_ASKED)

    assert known(site, session) == ("held", {"Aisha": None, "Ben": None})
    assert feedback(site) == [(session, "Priya", True, 5, "")]


def test_it_can_be_said_anew_and_a_word_stays(site: Site, session: str) -> None:
    look(site, LUNCH_ASKED)
    (token,) = tokens(site, "Aisha")
    evaluation.say_by_link(site, token, 2, BROWSER, LUNCH_ASKED)
    evaluation.say_word_by_link(site, token, "More time, please.", BROWSER, LUNCH_ASKED)

    evaluation.say_by_link(site, token, 3, BROWSER, LUNCH_ASKED + timedelta(days=10))

    assert feedback(site) == [(session, "Aisha", True, 3, "More time, please.")]
    evaluation.say_word_by_link(site, token, "", BROWSER, LUNCH_ASKED + timedelta(days=10))
    assert feedback(site) == [(session, "Aisha", True, 3, "")]


def test_who_contradicts_another_is_treated_as_on_the_pages_the_latest_word_counts(
    site: Site, session: str
) -> None:
    look(site, LUNCH_ASKED)
    (aishas,), (priyas,) = tokens(site, "Aisha"), tokens(site, "Priya")

    evaluation.say_by_link(site, aishas, 4, BROWSER, LUNCH_ASKED)
    evaluation.say_by_link(site, priyas, None, BROWSER, LUNCH_ASKED + timedelta(hours=1))
    assert known(site, session)[0] == "fell_through"

    attendance.say_outcome(site, session, True, member(site, "priya"), LUNCH_ASKED + timedelta(hours=2))
    assert known(site, session) == ("held", {"Aisha": "came", "Ben": None})
    assert feedback(site) == [(session, "Aisha", True, 4, ""), (session, "Priya", False, None, "")]


def test_a_junior_who_was_not_there_says_so_in_one_tap_and_it_is_theirs_alone(
    site: Site, session: str
) -> None:
    look(site, LUNCH_ASKED)
    (aishas,), (bens,), (priyas,) = (tokens(site, name) for name in ("Aisha", "Ben", "Priya"))
    evaluation.say_by_link(site, priyas, 5, BROWSER, LUNCH_ASKED)

    for minute in (1, 2):  # said twice, it stays as it was
        evaluation.say_absent_by_link(site, bens, BROWSER, LUNCH_ASKED + timedelta(minutes=minute))
        assert known(site, session) == ("held", {"Aisha": None, "Ben": "missed"})
        assert [name for _, name, *_ in feedback(site)] == ["Priya"]

    evaluation.say_by_link(site, bens, 4, BROWSER, LUNCH_ASKED + timedelta(minutes=3))
    assert known(site, session) == ("held", {"Aisha": None, "Ben": "came"})
    evaluation.say_absent_by_link(site, bens, BROWSER, LUNCH_ASKED + timedelta(minutes=4))
    assert [name for _, name, *_ in feedback(site)] == ["Priya"]  # nobody rates what they were not at
    with pytest.raises(NotFound):
        evaluation.say_absent_by_link(site, priyas, BROWSER, LUNCH_ASKED)
    assert evaluation.by_link(site, aishas, BROWSER, LUNCH_ASKED).said is None


def test_one_of_four_cancels_it_for_nobody_else(site: Site, history: History) -> None:
    """The senior and three juniors say how it was; the fourth, who was not there, that it did not happen."""
    session = history.session(LUNCH, ["aisha", "ben", "chidi", "dana"], None)
    look(site, LUNCH_ASKED)
    for name, useful in (("Priya", 5), ("Aisha", 4), ("Ben", 4), ("Chidi", 5), ("Dana", None)):
        evaluation.say_by_link(site, tokens(site, name)[0], useful, BROWSER, LUNCH_ASKED)

    came = {"Aisha": "came", "Ben": "came", "Chidi": "came", "Dana": "missed"}
    assert known(site, session) == ("held", came)
    assert actions.agreeing(site, session, member(site, "priya"), LUNCH_ASKED).owners


def test_while_only_a_junior_of_several_says_so_the_others_are_asked_and_note_what_they_agreed(
    site: Site, session: str
) -> None:
    """A session that its senior says did not happen is over for everybody."""
    aisha, priya = member(site, "aisha"), member(site, "priya")
    evaluation.say(site, session, None, aisha, LUNCH + timedelta(minutes=50))
    assert known(site, session) == ("fell_through", {"Aisha": "missed", "Ben": None})

    assert actions.agreeing(site, session, priya, LUNCH_ASKED).owners
    look(site, LUNCH_ASKED)
    assert asked(site) == ["Ben", "Priya"]

    evaluation.say_by_link(site, tokens(site, "Priya")[0], None, BROWSER, LUNCH_ASKED)
    with pytest.raises(Refused, match="did not happen"):
        actions.agreeing(site, session, priya, LUNCH_ASKED)


def test_the_senior_of_a_session_for_two_is_not_asked_of_what_its_junior_says_fell_through(
    site: Site, history: History
) -> None:
    session = history.session(LUNCH, ["aisha"], None, kind=SessionKind.INDIVIDUAL_LUNCH)
    evaluation.say(site, session, None, member(site, "aisha"), LUNCH + timedelta(minutes=50))

    look(site, LUNCH_ASKED)

    assert asked(site) == []


def test_i_was_not_there_is_offered_to_juniors_of_sessions_for_several(site: Site, history: History) -> None:
    history.session(LUNCH, ["aisha", "ben"], None)
    history.session(AFTERNOON, ["chidi"], None, kind=SessionKind.COFFEE_ROULETTE)
    look(site, LUNCH_ASKED, AFTERNOON + timedelta(hours=1, minutes=10))

    def offered(name: str) -> list[str]:
        (mail,) = (each for each in mails(site) if each["To"].addresses[0].display_name == name)
        html = mail.get_body(("html",))
        assert html is not None and ("I was not there" in html.get_content()) == (
            "I was not there" in text_of(mail)
        )
        return [answer for answer, _ in taps(mail)]

    for name in ("Aisha", "Ben"):
        assert offered(name)[-2:] == ["I was not there", "It did not happen"]
    for name in ("Priya", "Chidi"):
        assert "I was not there" not in offered(name)


def test_a_word_alone_says_not_that_it_happened(site: Site, session: str) -> None:
    look(site, LUNCH_ASKED)
    (token,) = tokens(site, "Aisha")

    with pytest.raises(Refused, match="say first"):
        evaluation.say_word_by_link(site, token, "Nice", BROWSER, LUNCH_ASKED)


def test_after_two_weeks_it_is_closed_and_says_so(site: Site, session: str) -> None:
    look(site, LUNCH_ASKED)
    (token,) = tokens(site, "Aisha")
    end = LUNCH + timedelta(hours=1)

    evaluation.say_by_link(site, token, 4, BROWSER, end + timedelta(days=13, hours=23))
    with pytest.raises(Refused, match="is over"):
        evaluation.say_by_link(site, token, 5, BROWSER, end + timedelta(days=14))
    with pytest.raises(Refused, match="is over"):
        evaluation.say(site, session, 5, member(site, "aisha"), end + timedelta(days=14))

    assert evaluation.by_link(site, token, BROWSER, end + timedelta(days=14)).problem == evaluation.CLOSED
    assert feedback(site) == [(session, "Aisha", True, 4, "")]


def test_a_link_says_nothing_once_its_reader_is_no_longer_in_the_session(site: Site, session: str) -> None:
    look(site, LUNCH_ASKED)
    (token,) = tokens(site, "Aisha")
    with site.store.writing() as connection:
        connection.execute(update(t.seat).values(state="declined"))

    assert evaluation.by_link(site, token, BROWSER, LUNCH_ASKED).problem == evaluation.NO_MORE
    with pytest.raises(Refused):
        evaluation.say_by_link(site, token, 4, BROWSER, LUNCH_ASKED)


def test_a_forged_an_erased_and_another_link_lead_nowhere(site: Site, session: str) -> None:
    look(site, LUNCH_ASKED)
    (token,) = tokens(site, "Aisha")

    for wrong in ("nonsense", token[:-2], token + "x"):
        with pytest.raises(NotFound):
            evaluation.by_link(site, wrong, BROWSER, LUNCH_ASKED)
    erasure.erase_by_address(site, "aisha@example.org", LUNCH_ASKED)
    with pytest.raises(NotFound):
        evaluation.say_by_link(site, token, 4, BROWSER, LUNCH_ASKED)


# --- on one's own pages --------------------------------------------------------------------------


def test_only_who_was_to_be_in_it_says_how_it_was(site: Site, session: str) -> None:
    for name in ("dana", "marek", "ada"):
        with pytest.raises(NotFound):
            evaluation.say(site, session, 4, member(site, name), LUNCH_ASKED)

    assert feedback(site) == []


def test_before_it_begins_there_is_nothing_to_say(site: Site, session: str) -> None:
    with pytest.raises(Refused, match="not begun"):
        evaluation.say(site, session, 4, member(site, "aisha"), LUNCH - timedelta(minutes=1))


def test_what_was_said_first_can_be_taken_back_whole(site: Site, session: str) -> None:
    aisha = member(site, "aisha")
    before = evaluation.say(site, session, None, aisha, LUNCH_ASKED)
    assert known(site, session)[0] == "fell_through"

    mine = {aisha.person.id: before.attendance[aisha.person.id]}
    evaluation.take_back(site, session, before.outcome, mine, aisha, LUNCH_ASKED)

    assert (known(site, session), feedback(site)) == ((None, {"Aisha": None, "Ben": None}), [])


# --- what is kept --------------------------------------------------------------------------------


def test_one_s_own_data_holds_it_and_erasing_drops_it(site: Site, session: str) -> None:
    aisha, ben = member(site, "aisha"), member(site, "ben")
    for who in (aisha, ben):
        evaluation.say(site, session, 4, who, LUNCH_ASKED)
    evaluation.say_word(site, session, "Aisha and I liked it.", ben, LUNCH_ASKED)

    assert '"useful": 4' in own_data.export_own(site, aisha, LUNCH_ASKED)
    erasure.erase_by_address(site, "aisha@example.org", LUNCH_ASKED)

    assert [(name, word) for _, name, _, _, word in feedback(site)] == [
        ("Ben", "somebody who has left and I liked it.")
    ]


def test_it_goes_after_two_years(site: Site, session: str) -> None:
    evaluation.say(site, session, 4, member(site, "aisha"), LUNCH_ASKED)
    keep = timedelta(days=site.config.privacy.keep_attendance_days)

    assert "how sessions were" not in {
        name for name, rows in retention.drop_old(site, LUNCH + keep).items() if rows
    }
    assert retention.drop_old(site, LUNCH + keep + timedelta(seconds=1))["how sessions were"] == 1
    assert feedback(site) == []
