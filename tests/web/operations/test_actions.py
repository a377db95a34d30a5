"""What follows from a session: agreed on, shared by two, reminded of once, and done in a tap."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from sqlalchemy import select, update

from planner.domain import SessionKind
from tests.web.company import JUNIORS, a_company, agree_coworking, at, member
from tests.web.history import History, participation
from tests.web.made_up import NOW
from tests.web.pages.persons import Person
from web import jobs
from web.errors import Misfilled, NotFound, Refused
from web.operations import actions, erasure, retention
from web.operations.actions import agree, change, say
from web.operations.departures import FURTHER_NOTICE
from web.pages import create_app
from web.records import Member
from web.site import Site
from web.store import tables as t

#: NOW is Friday 5 March. Ben and Aisha met Priya on Tuesday, and Ben alone on Wednesday.
TUESDAY, WEDNESDAY = NOW - timedelta(days=3), NOW - timedelta(days=2)
NEXT_TUESDAY = date(2027, 3, 9)
#: When whoever is to do something on that Tuesday is reminded: the day before, at nine in London.
MONDAY_AT_NINE = datetime(2027, 3, 8, 9, tzinfo=UTC)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return a_company(tmp_path)


@pytest.fixture
def group(site: Site) -> str:
    return History(site).session(TUESDAY, ["ben", "aisha"])


@pytest.fixture
def lunch(site: Site) -> str:
    return History(site).session(WEDNESDAY, ["ben"], kind=SessionKind.INDIVIDUAL_LUNCH)


def note(
    site: Site, session: str, owner: str, text: str, by: str, due: date | None = None, now: datetime = NOW
) -> int:
    return agree(site, session, member(site, owner).person.id, text, due, member(site, by), now)


def texts(site: Site, name: str, now: datetime = NOW) -> tuple[list[str], list[str]]:
    """What somebody is to do, and what others are, as their page says."""
    shared = actions.shared(site, member(site, name), now)
    return [each.text for each in shared.mine], [each.text for each in shared.others]


def look(site: Site, *moments: datetime) -> None:
    for moment in moments:
        there = at(site, moment)
        jobs.look_round(there)
        jobs.run_due(there)


def mails(site: Site, name: str) -> list[EmailMessage]:
    """The reminders of actions that left for somebody, as they left."""
    found = [
        message_from_bytes(file.read_bytes(), policy=default)
        for file in sorted(site.config.mail.outbox_folder.glob("*.eml"))
    ]
    return [
        mail  # type: ignore[misc]
        for mail in found
        if f"{name}@example.org" in mail["To"] and "agreed" in mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    ]


def links_in(mail: EmailMessage) -> list[str]:
    text = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    return re.findall(r"https?://\S+(/done/\S+)", text)


# --- who agrees on what with whom ----------------------------------------------------------------


def test_both_sides_of_an_action_see_it_and_nobody_else_does(site: Site, group: str) -> None:
    note(site, group, "ben", "Send the draft", "priya")
    note(site, group, "priya", "Read it", "ben")

    assert texts(site, "ben") == (["Send the draft"], ["Read it"])
    assert texts(site, "priya") == (["Read it"], ["Send the draft"])
    assert texts(site, "aisha") == texts(site, "marek") == texts(site, "ada") == ([], [])
    assert [
        [each.text for each in actions.of_sessions(site, [group], member(site, name)).get(group, ())]
        for name in ("ben", "aisha", "ada")
    ] == [["Send the draft", "Read it"], [], []]


def test_what_a_senior_does_for_a_group_is_theirs_to_change_and_to_close(site: Site, group: str) -> None:
    action = note(site, group, "priya", "Bring the wiring diagram", "priya")

    assert texts(site, "priya") == (["Bring the wiring diagram"], [])
    assert texts(site, "ben") == texts(site, "aisha") == ([], [])
    with pytest.raises(NotFound):
        say(site, action, "done", member(site, "ben"), NOW)


def test_a_senior_is_told_who_reads_what_they_do_before_they_note_it(
    site: Site, group: str, lunch: str
) -> None:
    app = create_app(site)
    priya, ben = Person(app, site, "priya"), Person(app, site, "ben")
    to_all = "What you will do, whoever was there reads before you next meet."

    assert to_all in priya.open(f"/actions/after/{group}").text
    for reader, key in ((priya, lunch), (ben, lunch), (ben, group)):
        page = reader.open(f"/actions/after/{key}").text
        assert "Whoever does it and the senior see it, and nobody else." in page and to_all not in page
    action = note(site, group, "priya", "Bring the wiring diagram", "priya")
    assert "Whoever was there reads it" in priya.open(f"/actions/{action}").text


def test_what_a_senior_promises_over_lunch_the_junior_sees(site: Site, lunch: str) -> None:
    note(site, lunch, "priya", "Introduce Ben to Marek", "priya")

    assert texts(site, "ben") == ([], ["Introduce Ben to Marek"])


def test_a_junior_says_it_of_nobody_but_themself_and_the_senior(site: Site, group: str) -> None:
    ben = actions.agreeing(site, group, member(site, "ben"), NOW)
    assert [each.name for each in ben.owners] == ["Ben", "Priya"]
    priya = actions.agreeing(site, group, member(site, "priya"), NOW)
    assert {each.name for each in priya.owners} == {"Priya", "Ben", "Aisha"}

    with pytest.raises(Misfilled, match="those who were there"):
        note(site, group, "aisha", "Send me your notes", "ben")
    with pytest.raises(Misfilled, match="those who were there"):
        note(site, group, "marek", "Come along", "priya")


@pytest.mark.parametrize("name", ["dana", "marek", "ada"])
def test_nobody_else_adds_to_a_session_or_touches_what_came_of_it(site: Site, group: str, name: str) -> None:
    action = note(site, group, "ben", "Send the draft", "priya")
    stranger = member(site, name)

    with pytest.raises(NotFound):
        note(site, group, name, "Anything", name)
    with pytest.raises(NotFound):
        actions.one(site, action, stranger)
    with pytest.raises(NotFound):
        change(site, action, "Something else", None, stranger, NOW)
    with pytest.raises(NotFound):
        say(site, action, "done", stranger, NOW)
    assert texts(site, "ben") == (["Send the draft"], [])


def test_another_junior_of_the_session_does_not_touch_it_either(site: Site, group: str) -> None:
    action = note(site, group, "ben", "Send the draft", "priya")

    with pytest.raises(NotFound):
        say(site, action, "done", member(site, "aisha"), NOW)


def test_nothing_follows_from_what_has_not_begun_or_did_not_happen(site: Site) -> None:
    ahead = agree_coworking(site, 2)
    fell_through = History(site).session(TUESDAY, ["ben"], "fell_through")

    with pytest.raises(Refused, match="not begun"):
        note(site, ahead, "priya", "Anything", "priya")
    with pytest.raises(NotFound):
        note(site, ahead, "ben", "Anything", "ben")
    with pytest.raises(Refused, match="did not happen"):
        note(site, fell_through, "ben", "Anything", "ben")


def test_every_mistake_is_told_at_once(site: Site, group: str) -> None:
    with pytest.raises(Misfilled) as misfilled:
        note(site, group, "marek", "", "priya", NOW.date() - timedelta(days=1))

    assert misfilled.value.mistakes.keys() == {"owner", "what", "due"}
    with pytest.raises(Misfilled, match="within a year"):
        note(site, group, "ben", "Some day", "priya", NOW.date() + timedelta(days=400))


def test_a_session_has_room_for_so_much_and_no_more(site: Site, group: str) -> None:
    for number in range(actions.MOST):
        note(site, group, "ben", f"Thing {number}", "priya")

    with pytest.raises(Refused, match="which is the most"):
        note(site, group, "ben", "One more", "priya")


# --- done, let go, changed -----------------------------------------------------------------------


def test_done_and_let_go_can_be_taken_back_and_either_side_says_so(site: Site, lunch: str) -> None:
    action = note(site, lunch, "ben", "Send the draft", "priya")

    assert say(site, action, "done", member(site, "priya"), NOW) == "open"
    assert texts(site, "ben") == ([], [])
    assert [each.text for each in actions.shared(site, member(site, "ben"), NOW).closed] == ["Send the draft"]
    assert say(site, action, "dropped", member(site, "ben"), NOW) == "done"
    assert say(site, action, "open", member(site, "ben"), NOW) == "dropped"
    assert texts(site, "ben") == (["Send the draft"], [])


def test_everybody_reads_with_whom_they_agreed_on_it(site: Site, lunch: str) -> None:
    note(site, lunch, "ben", "Send the draft", "priya")
    app = create_app(site)

    assert "Lunch for two with Priya, Wednesday 3 March" in Person(app, site, "ben").open("/actions").text
    assert "Lunch for two with Ben, Wednesday 3 March" in Person(app, site, "priya").open("/actions").text


def test_a_page_notes_changes_closes_and_undoes(site: Site, lunch: str) -> None:
    ben = Person(create_app(site), site, "ben")
    past, new = "/sessions/past", f"/actions/after/{lunch}"
    assert new in ben.open(past).text

    assert ben.press(new, new, what="", due="").status_code == 422
    assert ben.press(new, new, what="Send the draft", due="2027-03-09").location == "/actions"
    (action,) = actions.soonest(site, member(site, "ben"))
    assert "Send the draft" in ben.open(past).text and "Send the draft" in ben.open("/sessions").text
    ben.press(f"/actions/{action.id}", f"/actions/{action.id}", what="Send all of it", due="")
    page = ben.open("/actions").text
    assert "Send all of it" in page and "Saved." in page
    ben.press(f"/actions/{action.id}/say", "/actions", said="done")
    assert "Done. Thank you." in ben.open("/actions").text
    assert actions.soonest(site, member(site, "ben")) == ()
    ben.press(f"/actions/{action.id}/say", "/actions", said="open")

    assert [each.text for each in actions.soonest(site, member(site, "ben"))] == ["Send all of it"]


def test_what_is_closed_leaves_the_page_after_two_weeks(site: Site, lunch: str) -> None:
    action = note(site, lunch, "ben", "Send the draft", "priya")
    say(site, action, "done", member(site, "ben"), NOW)

    ben = member(site, "ben")
    assert len(actions.shared(site, ben, NOW + timedelta(days=13)).closed) == 1
    assert actions.shared(site, ben, NOW + timedelta(days=15)).closed == ()


def test_a_change_keeps_a_day_that_is_over_and_takes_no_other_one(site: Site, lunch: str) -> None:
    action = note(site, lunch, "ben", "Send the draft", "ben", NEXT_TUESDAY)
    ben, later = member(site, "ben"), NOW + timedelta(days=9)

    change(site, action, "Send the whole draft", NEXT_TUESDAY, ben, later)
    with pytest.raises(Misfilled, match="over"):
        change(site, action, "Send it", NEXT_TUESDAY - timedelta(days=1), ben, later)
    say(site, action, "done", ben, later)
    with pytest.raises(Refused, match="Take that back first"):
        change(site, action, "Send nothing", None, ben, later)
    assert actions.one(site, action, ben).text == "Send the whole draft"


def test_an_assistant_acts_for_their_senior_and_sees_nothing_of_the_senior_as_a_junior(
    site: Site, lunch: str
) -> None:
    dana = member(site, "dana").person
    priya = member(site, "priya")
    behind = Member(priya.person, priya.programme_id, priya.programme_name, frozenset({"senior"}), dana)
    agree(site, lunch, priya.person.id, "Write to Marek", None, behind, NOW)
    as_junior = History(site, "marek").session(WEDNESDAY, ["priya"], kind=SessionKind.INDIVIDUAL_LUNCH)
    private = note(site, as_junior, "priya", "Learn to say no", "marek")

    assert [each.text for each in actions.shared(site, behind, NOW).mine] == ["Write to Marek"]
    with pytest.raises(NotFound):
        actions.one(site, private, behind)
    with site.store.reading() as connection:
        entry = connection.execute(
            select(t.audit_entry).where(t.audit_entry.c.action == "action.agree")
        ).first()
    assert entry is not None
    assert (entry.actor_id, entry.behalf_id) == (dana.id, priya.person.id)


# --- reminders -----------------------------------------------------------------------------------


def test_one_mail_the_working_day_before_tells_of_all_that_is_due(site: Site, lunch: str, group: str) -> None:
    note(site, lunch, "ben", "Send the draft", "priya", NEXT_TUESDAY)
    note(site, group, "ben", "Read the handbook", "ben", NEXT_TUESDAY)
    note(site, group, "ben", "Much later", "ben", NEXT_TUESDAY + timedelta(days=20))
    note(site, group, "ben", "Without a day", "ben")
    note(site, lunch, "priya", "Write to Marek", "priya", NEXT_TUESDAY)

    look(site, MONDAY_AT_NINE - timedelta(minutes=1))
    assert mails(site, "ben") == []
    look(site, MONDAY_AT_NINE, MONDAY_AT_NINE + timedelta(minutes=5), MONDAY_AT_NINE + timedelta(days=1))

    (mail,) = mails(site, "ben")
    text = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert mail["Subject"] == "Two things you agreed to do"
    assert "Send the draft" in text and "Read the handbook" in text
    assert "later" not in text and "Without" not in text
    assert "Lunch for two with Priya, Wednesday 3 March" in text
    (to_priya,) = mails(site, "priya")
    assert to_priya["Subject"] == "To do by Tuesday 9 March: Write to Marek"


def test_what_is_due_on_a_monday_is_reminded_of_on_friday(site: Site, lunch: str) -> None:
    friday = datetime(2027, 3, 12, 9, tzinfo=UTC)
    note(site, lunch, "ben", "Send the draft", "priya", date(2027, 3, 15))

    look(site, friday - timedelta(minutes=1))
    assert mails(site, "ben") == []
    look(site, friday)

    assert len(mails(site, "ben")) == 1


def test_it_comes_in_the_morning_of_whoever_does_it(site: Site, lunch: str) -> None:
    with site.store.writing() as connection:
        ben = t.person.c.email == "ben@example.org"
        connection.execute(update(t.person).where(ben).values(timezone="America/New_York"))
    note(site, lunch, "ben", "Send the draft", "priya", NEXT_TUESDAY)

    look(site, MONDAY_AT_NINE + timedelta(hours=4, minutes=59))
    assert mails(site, "ben") == []
    look(site, MONDAY_AT_NINE + timedelta(hours=5))

    assert len(mails(site, "ben")) == 1


def test_nobody_is_reminded_of_what_is_closed_or_was_noted_only_then(site: Site, lunch: str) -> None:
    done = note(site, lunch, "ben", "Send the draft", "priya", NEXT_TUESDAY)
    let_go = note(site, lunch, "ben", "Learn Latin", "priya", NEXT_TUESDAY)
    say(site, done, "done", member(site, "ben"), NOW)
    say(site, let_go, "dropped", member(site, "ben"), NOW)
    late = MONDAY_AT_NINE + timedelta(minutes=1)
    note(site, lunch, "ben", "Noted on Monday", "priya", NEXT_TUESDAY, late)

    look(site, MONDAY_AT_NINE, late, late + timedelta(days=1), late + timedelta(days=3))

    assert mails(site, "ben") == []


def test_a_reminder_that_could_not_be_sent_in_time_is_made_up_for_until_the_day_itself(
    site: Site, lunch: str
) -> None:
    note(site, lunch, "ben", "Send the draft", "priya", NEXT_TUESDAY)
    note(site, lunch, "priya", "Write to Marek", "priya", NEXT_TUESDAY - timedelta(days=1))

    look(site, datetime(2027, 3, 9, 20, tzinfo=UTC))

    assert len(mails(site, "ben")) == 1
    assert mails(site, "priya") == []


def test_after_one_reminder_there_is_no_other_even_for_another_day(site: Site, lunch: str) -> None:
    action = note(site, lunch, "ben", "Send the draft", "priya", NEXT_TUESDAY)
    look(site, MONDAY_AT_NINE)
    change(site, action, "Send the draft", date(2027, 3, 12), member(site, "ben"), MONDAY_AT_NINE)

    look(site, *(MONDAY_AT_NINE + timedelta(days=days) for days in range(1, 9)))

    assert len(mails(site, "ben")) == 1


def pause(first: date, last: date) -> dict[str, date | None]:
    return {"paused_from": first, "paused_until": last}


def march(day: int) -> date:
    return date(2027, 3, day)


@pytest.mark.parametrize(
    ("away", "reminded"),
    [
        # Due on Tuesday the 9th, so reminded on Monday the 8th, by whoever is there then.
        ({"left": None}, march(8)),
        ({"left": march(14)}, march(8)),
        ({"left": march(9)}, march(8)),
        ({"left": march(8)}, None),
        ({"left": march(6)}, None),
        (pause(march(13), march(27)), march(8)),
        (pause(march(9), march(19)), march(8)),
        (pause(march(1), march(7)), march(8)),
        # In a pause: on the first working day after it, whether the action's day is over or not.
        (pause(march(8), march(8)), march(9)),
        (pause(march(6), march(9)), march(10)),
        (pause(march(6), march(18)), march(19)),
        (pause(march(6), march(19)), march(22)),
        (pause(march(6), FURTHER_NOTICE), None),
        ({"left": march(20), **pause(march(6), march(18))}, march(19)),
        ({"left": march(19), **pause(march(6), march(18))}, None),
    ],
)
def test_whoever_is_there_is_reminded_once_and_in_a_pause_when_they_are_back(
    site: Site, lunch: str, away: dict[str, date | None], reminded: date | None
) -> None:
    note(site, lunch, "ben", "Send the draft", "priya", NEXT_TUESDAY)
    participation(site, "ben", **away)
    mornings = [MONDAY_AT_NINE + timedelta(days=days) for days in range(21)]

    told = []
    for morning in mornings:
        look(site, morning)
        told += [morning.date()] * (len(mails(site, "ben")) - len(told))

    assert told == ([reminded] if reminded else [])


def test_a_pause_ahead_loses_no_reminder_that_was_not_sent_in_time(site: Site, lunch: str) -> None:
    note(site, lunch, "ben", "Send the draft", "priya", NEXT_TUESDAY)
    participation(site, "ben", **pause(march(9), march(18)))

    look(site, datetime(2027, 3, 10, 9, tzinfo=UTC), datetime(2027, 3, 18, 9, tzinfo=UTC))
    assert mails(site, "ben") == []
    look(site, datetime(2027, 3, 19, 9, tzinfo=UTC))

    (mail,) = mails(site, "ben")
    assert mail["Subject"] == "To do for Tuesday 9 March: Send the draft"
    assert "For Tuesday 9 March · Lunch for two with Priya" in mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]


def test_what_was_due_before_a_pause_is_not_told_after_it(site: Site, lunch: str) -> None:
    late = MONDAY_AT_NINE + timedelta(minutes=1)
    note(site, lunch, "ben", "Noted too late for a reminder", "priya", NEXT_TUESDAY, late)
    participation(site, "ben", **pause(march(10), march(18)))

    look(site, late, *(late + timedelta(days=days) for days in range(1, 16)))

    assert mails(site, "ben") == []


# --- from the mail -------------------------------------------------------------------------------


def test_a_link_shows_the_action_and_only_its_button_says_done_and_only_once(site: Site, lunch: str) -> None:
    action = note(site, lunch, "ben", "Send the draft", "priya", NEXT_TUESDAY)
    look(site, MONDAY_AT_NINE)
    then = at(site, MONDAY_AT_NINE)
    ((path,),) = map(links_in, mails(site, "ben"))
    stranger = Person(create_app(then), then)

    assert "Send the draft" in stranger.open(path).text
    stranger.browser.head(path)
    assert actions.one(then, action, member(site, "ben")).is_open
    assert stranger.press(path, path, said="done").status_code == 303
    assert actions.one(then, action, member(site, "ben")).done_at == MONDAY_AT_NINE
    assert "This is done. Thank you." in stranger.open(path).text
    token = path.rpartition("/")[2]
    say(then, action, "open", member(site, "ben"), MONDAY_AT_NINE)
    with pytest.raises(Refused, match="used already"):
        actions.say_by_link(then, token, "done", MONDAY_AT_NINE)


def test_a_link_can_let_go_and_runs_out(site: Site, lunch: str) -> None:
    action = note(site, lunch, "ben", "Send the draft", "priya", NEXT_TUESDAY)
    other = note(site, lunch, "ben", "Read the handbook", "priya", NEXT_TUESDAY)
    look(site, MONDAY_AT_NINE)
    first, second = (path.rpartition("/")[2] for path in links_in(mails(site, "ben")[0]))

    actions.say_by_link(site, first, "dropped", MONDAY_AT_NINE)
    assert actions.one(site, action, member(site, "ben")).dropped_at == MONDAY_AT_NINE
    with pytest.raises(Refused, match="run out"):
        actions.say_by_link(site, second, "done", MONDAY_AT_NINE + timedelta(days=31))
    assert actions.one(site, other, member(site, "ben")).is_open


def test_a_link_of_another_kind_says_nothing(site: Site) -> None:
    with pytest.raises(NotFound):
        actions.by_link(site, "made-up", NOW)


# --- figures, and what is kept -------------------------------------------------------------------


def test_admins_see_how_many_there_are_and_of_fewer_than_five_people_nothing(site: Site) -> None:
    everybody = JUNIORS[:5]
    session = History(site).session(TUESDAY, everybody)
    for name in everybody[:4]:
        note(site, session, name, "Read the handbook", "priya", NEXT_TUESDAY)
    assert actions.counts(site, member(site, "ada"), NOW) is None

    done = note(site, session, everybody[4], "Read the handbook", "priya")
    say(site, done, "done", member(site, "priya"), NOW)
    counts = actions.counts(site, member(site, "ada"), NOW + timedelta(days=5))

    assert counts is not None
    assert (counts.people, counts.done, counts.dropped, counts.open, counts.overdue) == (5, 1, 0, 4, 4)
    with pytest.raises(NotFound):
        actions.counts(site, member(site, "priya"), NOW)


def all_actions(site: Site) -> Iterator[str]:
    with site.store.reading() as connection:
        yield from connection.execute(select(t.action.c.text).order_by(t.action.c.id)).scalars()


def test_what_was_closed_long_ago_is_dropped_and_what_is_open_stays(site: Site, lunch: str) -> None:
    for text, said in (("Old and done", "done"), ("Old and let go", "dropped"), ("Old and open", "open")):
        action = note(site, lunch, "ben", text, "priya", NEXT_TUESDAY)
        if text == "Old and done":  # its link goes on, and leads nowhere
            look(site, MONDAY_AT_NINE)
        say(site, action, said, member(site, "ben"), MONDAY_AT_NINE)
    days = timedelta(days=site.config.privacy.keep_attendance_days)

    retention.drop_old(site, MONDAY_AT_NINE + days)
    assert len([*all_actions(site)]) == 3
    retention.drop_old(site, MONDAY_AT_NINE + days + timedelta(days=1))

    assert [*all_actions(site)] == ["Old and open"]


def test_erasing_somebody_takes_what_they_were_to_do_and_their_name_out_of_what_others_do(
    site: Site, lunch: str, group: str
) -> None:
    note(site, lunch, "ben", "Send the draft", "priya", NEXT_TUESDAY)
    look(site, MONDAY_AT_NINE)
    note(site, lunch, "priya", "Introduce Ben to Marek", "ben")
    note(site, group, "aisha", "Read what Ben wrote", "priya")
    ben = member(site, "ben").person.id

    erasure.erase_by_address(site, "ben@example.org", NOW)

    assert [*all_actions(site)] == [
        "Introduce somebody who has left to Marek",
        "Read what somebody who has left wrote",
    ]
    with site.store.reading() as connection:
        assert connection.execute(select(t.link).where(t.link.c.person_id == ben)).all() == []
    assert texts(site, "priya", MONDAY_AT_NINE)[0] == ["Introduce somebody who has left to Marek"]
