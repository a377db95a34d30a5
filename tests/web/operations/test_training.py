"""A programme's path: when it is due and said, who is ready for a first session, whom one can ask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from planner.domain import SessionKind
from tests.web.company import FIRST_DAY, a_company, at, member
from tests.web.history import History, participation
from tests.web.made_up import NOW
from tests.web.plans import planned
from web.errors import Misfilled, NotFound, Refused
from web.guides import readings
from web.operations import audit, cycle, erasure, programmes, proposals, runs, training
from web.operations.training import ItemForm
from web.records import Member, TrainingProgrammeRecord
from web.site import Site
from web.store import tables as t
from web.store import training as kept
from web.store.programmes import begin, load_programme, write_format

OWN = ItemForm("Our first week", "Bring a mug.\n\nSay hello.", 5, 10, required=False)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return a_company(tmp_path)


@pytest.fixture
def ada(site: Site) -> Member:
    return member(site, "ada")


@pytest.fixture
def priya(site: Site) -> Member:
    return member(site, "priya")


@pytest.fixture
def marek(site: Site) -> Member:
    return member(site, "marek")


def required(site: Site, ada: Member, **changes: object) -> int:
    return training.add(site, replace(OWN, required=True, **changes), ada, NOW)


def tab(site: Site, ada: Member, now: datetime = NOW) -> TrainingProgrammeRecord:
    return training.programme(site, ada, now)


def readers(site: Site) -> Mapping[int, int]:
    with site.store.reading() as connection:
        return kept.counts(connection, 1, NOW.date())


def unready(site: Site, now: datetime = NOW) -> frozenset[str]:
    with site.store.reading() as connection:
        return load_programme(connection, 1, now).unready


def only_promised(site: Site) -> None:
    """Nothing is imported to plan: all that is planned is promised."""
    with site.store.writing() as connection:
        connection.execute(t.candidate.delete())
        connection.execute(t.session.delete())
        for kind in (SessionKind.INDIVIDUAL_LUNCH, SessionKind.COFFEE_ROULETTE):
            write_format(connection, 1, programmes.usual(kind))
        begin(connection, 1, FIRST_DAY)


def notes(site: Site) -> list[tuple[str, list[str]]]:
    """Recipient and text of each note that is owed."""
    with site.store.reading() as connection:
        rows = connection.execute(
            select(t.outbox.c.payload, t.person.c.name)
            .join(t.person, t.person.c.id == t.outbox.c.person_id)
            .where(t.outbox.c.kind == "note")
            .order_by(t.person.c.name, t.outbox.c.id)
        )
        return [(row.name, row.payload["says"]) for row in rows]


# --- the path ------------------------------------------------------------------------------------


def test_the_usual_path_has_every_reading_in_order_and_is_begun_once(site: Site, ada: Member) -> None:
    assert training.start_with_usual(site, ada, NOW) == len(readings())
    assert training.start_with_usual(site, ada, NOW) == 0

    path = tab(site, ada).items
    assert [item.guide for item in path] == [*readings()]
    assert [item.required for item in path] == [one.required for one in readings().values()]


def test_what_was_retired_stays_so_when_the_usual_path_is_asked_for_again(site: Site, ada: Member) -> None:
    training.start_with_usual(site, ada, NOW)
    first = tab(site, ada).items[0]
    training.retire(site, first.id, ada, NOW)

    assert training.start_with_usual(site, ada, NOW) == 0
    assert [item.id for item in tab(site, ada).retired] == [first.id]

    training.bring_back(site, first.id, ada, NOW)
    assert tab(site, ada).items[0] == first


def test_an_item_of_ones_own_is_read_in_its_paragraphs(site: Site, ada: Member, priya: Member) -> None:
    item_id = training.add(site, OWN, ada, NOW)

    step = training.step(site, item_id, priya, NOW)
    (section,) = training.sections(step.item)

    assert (step.item.title, section.paragraphs) == ("Our first week", ("Bring a mug.", "Say hello."))


def test_a_reading_keeps_its_text_and_has_the_programmes_dates(site: Site, ada: Member) -> None:
    training.start_with_usual(site, ada, NOW)
    first = tab(site, ada).items[0]
    form = ItemForm("Another title", "Another text", 9, 30, required=False)
    training.change(site, first.id, form, ada, NOW)

    now = tab(site, ada).items[0]
    assert (now.title, now.text) == (first.title, first.text)
    assert (now.minutes, now.due_days, now.required) == (9, 30, False)
    assert training.sections(now) == readings()[first.guide or ""].sections


def test_a_reading_that_no_longer_comes_along_says_nothing(site: Site, ada: Member) -> None:
    training.start_with_usual(site, ada, NOW)
    gone = replace(tab(site, ada).items[0], guide="of_an_older_version")

    assert training.sections(gone) == ()


def test_the_order_of_a_path_is_its_admins(site: Site, ada: Member) -> None:
    ids = [training.add(site, replace(OWN, title=title), ada, NOW) for title in ("a", "b", "c")]
    training.move(site, ids[2], -1, ada, NOW)
    training.move(site, ids[0], -1, ada, NOW)  # it is the first already

    assert [item.title for item in tab(site, ada).items] == ["a", "c", "b"]
    training.retire(site, ids[1], ada, NOW)
    with pytest.raises(Refused):
        training.move(site, ids[1], 1, ada, NOW)


def test_every_mistake_in_an_item_is_named_at_once(site: Site, ada: Member) -> None:
    with pytest.raises(Misfilled) as raised:
        training.add(site, ItemForm("", "", 0, 1000, required=True), ada, NOW)

    assert set(raised.value.mistakes) == {"title", "text", "minutes", "due_days"}
    assert tab(site, ada).items == ()


def test_nobody_else_changes_a_path_or_sees_who_waits(site: Site, ada: Member, priya: Member) -> None:
    item_id = training.add(site, OWN, ada, NOW)
    elsewhere = replace(ada, programme_id=ada.programme_id + 1)

    for by in (priya, elsewhere):
        with pytest.raises(NotFound):
            training.retire(site, item_id, by, NOW)
        with pytest.raises(NotFound):
            training.change(site, item_id, OWN, by, NOW)
    with pytest.raises(NotFound):
        training.programme(site, priya, NOW)


# --- going through it ----------------------------------------------------------------------------


def test_reading_is_said_in_a_tap_once_and_taken_back(site: Site, ada: Member, priya: Member) -> None:
    item_id = training.add(site, OWN, ada, NOW)

    training.complete(site, item_id, priya, NOW)
    training.complete(site, item_id, priya, NOW + timedelta(days=1))
    (step,) = training.path(site, priya, NOW).steps
    assert step.done_at == NOW
    assert readers(site) == {item_id: 1}

    training.take_back(site, item_id, priya)
    (step,) = training.path(site, priya, NOW).steps
    assert step.is_open
    assert readers(site) == {}


def test_nobody_reads_for_a_senior(site: Site, ada: Member, priya: Member) -> None:
    item_id = training.add(site, OWN, ada, NOW)
    sam = replace(priya, behind=ada.person)

    for by in (sam, member(site, "aisha"), replace(priya, programme_id=priya.programme_id + 1)):
        with pytest.raises(NotFound):
            training.complete(site, item_id, by, NOW)
    with pytest.raises(NotFound):
        training.path(site, sam, NOW)


def test_what_is_retired_is_on_nobodys_path(site: Site, ada: Member, priya: Member) -> None:
    item_id = training.add(site, OWN, ada, NOW)
    training.retire(site, item_id, ada, NOW)

    assert training.path(site, priya, NOW).steps == ()
    with pytest.raises(NotFound):
        training.step(site, item_id, priya, NOW)


def test_an_item_is_due_after_joining_or_after_it_was_added_whichever_is_later(
    site: Site, ada: Member, priya: Member
) -> None:
    item_id = training.add(site, OWN, ada, NOW)
    item = training.one(site, item_id, ada)
    added = NOW.date()

    assert training.due_on(item, priya.person, added - timedelta(days=90)) == added + timedelta(days=10)
    assert training.due_on(item, priya.person, None) == added + timedelta(days=10)
    assert training.due_on(item, priya.person, added + timedelta(days=5)) == added + timedelta(days=15)


def test_a_date_is_of_the_readers_own_calendar(site: Site, ada: Member, priya: Member) -> None:
    evening = datetime(2027, 3, 5, 20, tzinfo=UTC)
    item = training.one(site, training.add(site, OWN, ada, evening), ada)
    in_tokyo = replace(priya.person, timezone="Asia/Tokyo")

    assert training.due_on(item, priya.person, None) == date(2027, 3, 15)
    assert training.due_on(item, in_tokyo, None) == date(2027, 3, 16)


def test_it_is_late_only_once_the_day_is_over_and_never_once_read(
    site: Site, ada: Member, priya: Member
) -> None:
    item_id = training.add(site, OWN, ada, NOW)
    due = NOW + timedelta(days=10)

    assert not training.step(site, item_id, priya, due).overdue
    assert training.step(site, item_id, priya, due + timedelta(days=1)).overdue
    training.complete(site, item_id, priya, due + timedelta(days=1))
    assert not training.step(site, item_id, priya, due + timedelta(days=2)).overdue


# --- before a first session ----------------------------------------------------------------------


def test_a_release_leaves_out_seniors_of_whom_something_is_asked_since_the_draft(
    site: Site, ada: Member, marek: Member
) -> None:
    only_promised(site)
    run = planned(site)
    item_id = required(site, ada)
    assert runs.preview(site, run.id, ada).proposals == ()
    with pytest.raises(Refused, match="something to read"):
        runs.release(site, run.id, ada, NOW)
    training.complete(site, item_id, marek, NOW)

    preview = runs.preview(site, run.id, ada)
    assert [who.name for who in preview.unready] == ["Priya"]
    assert {one.senior.name for one in preview.proposals} == {"Marek"}
    assert [who.name for who, _ in preview.mails] == ["Marek"]

    assert runs.release(site, run.id, ada, NOW) == 1
    assert not proposals.of_senior(site, member(site, "priya"), NOW)
    assert {one.id for one in proposals.of_senior(site, marek, NOW)} == {one.id for one in preview.proposals}


def test_a_draft_says_who_was_not_drawn_for_it_and_who_has_read_since(
    site: Site, ada: Member, marek: Member, priya: Member
) -> None:
    only_promised(site)
    item_id = required(site, ada)
    training.complete(site, item_id, marek, NOW)

    run = planned(site)

    preview = runs.preview(site, run.id, ada)
    assert {one.senior.name for one in preview.proposals} == {"Marek"}
    assert ([who.name for who in preview.unready], preview.ready_since) == (["Priya"], 0)
    training.complete(site, item_id, priya, NOW)
    preview = runs.preview(site, run.id, ada)
    assert (preview.unready, preview.ready_since) == ((), 1)


def test_who_is_planned_by_a_sheet_is_not_said_to_be_left_out(site: Site, ada: Member) -> None:
    programmes.start_with_usual(site, ada, NOW)
    required(site, ada)

    run = planned(site)

    preview = runs.preview(site, run.id, ada)
    assert {who.name for who in run.untrained} == {"Marek", "Priya"}
    assert {one.senior.name for one in preview.proposals} == {"Marek", "Priya"}
    assert preview.unready == ()


def test_what_a_sheet_brought_in_is_released_whoever_is_not_ready(site: Site, ada: Member) -> None:
    run = planned(site)
    required(site, ada)

    preview = runs.preview(site, run.id, ada)

    assert preview.unready == ()
    assert runs.release(site, run.id, ada, NOW) == len(preview.mails) == 2


def test_who_has_not_read_what_is_required_is_not_planned_until_they_have(
    site: Site, ada: Member, priya: Member, marek: Member
) -> None:
    programmes.start_with_usual(site, ada, NOW)
    item_id = required(site, ada)
    everybody = {str(priya.person.id), str(marek.person.id)}

    assert unready(site) == everybody
    assert training.unready(site, ada, NOW) == 2
    assert [who.name for who in tab(site, ada).unready] == ["Marek", "Priya"]

    training.complete(site, item_id, marek, NOW)
    assert unready(site) == {str(priya.person.id)}
    programmes.renew_due(site, 1, date(2027, 3, 8), date(2027, 3, 19), 1, NOW)
    assert seniors_due(site) == {marek.person.id}

    training.complete(site, item_id, priya, NOW)
    programmes.renew_due(site, 1, date(2027, 3, 8), date(2027, 3, 19), 1, NOW)
    assert seniors_due(site) == {priya.person.id, marek.person.id}


def seniors_due(site: Site) -> set[int]:
    with site.store.reading() as connection:
        query = select(t.session.c.senior_id).where(t.session.c.state == "due", t.session.c.by_rule)
        return set(connection.execute(query).scalars())


def test_juniors_learn_that_their_seniors_have_to_read_first(site: Site, ada: Member) -> None:
    programmes.start_with_usual(site, ada, NOW)
    required(site, ada)
    programmes.renew_due(site, 1, date(2027, 3, 8), date(2027, 3, 19), 1, NOW)

    owed = programmes.owed(site, ada)

    assert owed is not None
    assert {each.reason for each in owed.nobody_for} == {
        "the seniors have training to finish before their first session"
    }


@pytest.mark.parametrize(
    ("start", "outcome", "state", "ready"),
    [
        (NOW - timedelta(days=3), "held", "agreed", True),
        (NOW - timedelta(days=3), None, "agreed", True),
        (NOW - timedelta(days=3), "fell_through", "agreed", False),
        (NOW + timedelta(days=3), None, "agreed", False),
        (NOW - timedelta(days=3), None, "cancelled", False),
    ],
)
def test_only_who_has_held_a_session_is_ready_without_reading(
    site: Site,
    ada: Member,
    priya: Member,
    start: datetime,
    outcome: str | None,
    state: str,
    ready: bool,
) -> None:
    required(site, ada)
    History(site).session(start, ["aisha"], outcome, state=state)

    assert (str(priya.person.id) not in unready(site)) is ready
    assert training.path(site, priya, NOW).ready is ready


def test_a_path_tells_what_comes_first_of_all(site: Site, ada: Member, priya: Member) -> None:
    training.add(site, OWN, ada, NOW)
    needed = required(site, ada, title="Needed")

    path = training.path(site, priya, NOW)
    assert [one.item.id for one in path.first_of_all] == [needed]
    training.complete(site, needed, priya, NOW)
    path = training.path(site, priya, NOW)
    assert path.ready
    assert path.first_of_all == ()


def test_what_is_not_required_keeps_nobody_waiting(site: Site, ada: Member) -> None:
    training.add(site, OWN, ada, NOW)
    retired = required(site, ada)
    training.retire(site, retired, ada, NOW)

    assert unready(site) == frozenset()


def test_who_has_left_is_counted_nowhere(site: Site, ada: Member, priya: Member) -> None:
    item_id = required(site, ada)
    training.complete(site, item_id, priya, NOW)
    leave(site, priya, NOW.date())
    leave(site, member(site, "marek"), NOW.date() + timedelta(days=1))

    found = tab(site, ada)
    assert (found.seniors, readers(site), [who.name for who in found.unready]) == (1, {}, ["Marek"])


def leave(site: Site, who: Member, day: date) -> None:
    with site.store.writing() as connection:
        part = t.participation
        connection.execute(update(part).where(part.c.person_id == who.person.id).values(left=day))


# --- reminders -----------------------------------------------------------------------------------


def test_one_mail_comes_three_days_before_and_names_all_that_is_due(site: Site, ada: Member) -> None:
    training.add(site, OWN, ada, NOW)
    required(site, ada, title="Needed")
    training.add(site, replace(OWN, title="Much later", due_days=30), ada, NOW)
    day = NOW.date() + timedelta(days=7)
    nine = datetime(day.year, day.month, day.day, 9, tzinfo=UTC)

    training.look_after(site, nine - timedelta(minutes=1))
    assert notes(site) == []
    training.look_after(site, nine)
    training.look_after(site, nine + timedelta(hours=5))
    training.look_after(site, nine + timedelta(days=2))

    assert [name for name, _ in notes(site)] == ["Marek", "Priya"]
    says = " ".join(notes(site)[0][1])
    assert "“Our first week” and “Needed”" in says
    assert "Monday 15 March" in says
    assert "10 quiet minutes" in says
    assert "before a first session" in says
    assert "Much later" not in says


def test_nobody_is_reminded_of_what_they_have_read_of_a_pause_or_once_it_is_late(
    site: Site, ada: Member, priya: Member
) -> None:
    item_id = training.add(site, OWN, ada, NOW)
    training.complete(site, item_id, priya, NOW)
    with site.store.writing() as connection:
        part = t.participation
        marek = part.c.person_id == member(site, "marek").person.id
        away = {"paused_from": NOW.date(), "paused_until": NOW.date() + timedelta(days=30)}
        connection.execute(update(part).where(marek).values(**away))
    training.look_after(site, NOW + timedelta(days=8))
    assert notes(site) == []

    training.take_back(site, item_id, priya)
    training.look_after(site, NOW + timedelta(days=10, hours=1))
    training.look_after(site, NOW + timedelta(days=11))
    assert notes(site) == []


@pytest.mark.parametrize(
    ("away", "reminded"),
    [
        ((13, 31), True),
        ((5, 12), True),
        ((5, 31), False),
        ((12, 31), False),
    ],
)
def test_a_pause_that_is_ahead_or_over_before_its_date_leaves_the_reminder(
    site: Site, ada: Member, away: tuple[int, int], reminded: bool
) -> None:
    training.add(site, OWN, ada, NOW)  # due on Monday the 15th, told from Friday the 12th on
    first, last = (date(2027, 3, day) for day in away)
    participation(site, "marek", paused_from=first, paused_until=last)

    for day in range(12, 18):
        training.look_after(site, datetime(2027, 3, day, 9, tzinfo=UTC))

    assert ("Marek" in [name for name, _ in notes(site)]) == reminded


def test_who_joined_later_is_reminded_later(site: Site, ada: Member, priya: Member) -> None:
    training.add(site, OWN, ada, NOW)
    with site.store.writing() as connection:
        part = t.participation
        hers = part.c.person_id == priya.person.id
        connection.execute(update(part).where(hers).values(joined=NOW.date() + timedelta(days=40)))

    training.look_after(site, NOW + timedelta(days=8))
    assert [name for name, _ in notes(site)] == ["Marek"]
    training.look_after(site, NOW + timedelta(days=48))
    assert [name for name, _ in notes(site)] == ["Marek", "Priya"]


def test_the_weekly_look_round_reminds(site: Site, ada: Member) -> None:
    training.add(site, OWN, ada, NOW)
    later = NOW + timedelta(days=8)
    cycle.wake(at(site, later), later)

    assert [name for name, _ in notes(site)] == ["Marek", "Priya"]


# --- whom to ask ---------------------------------------------------------------------------------


def test_whom_seniors_can_ask_stands_in_their_reminder(site: Site, ada: Member, priya: Member) -> None:
    training.name_support(site, "Ada@example.org", "weekdays 9–17, in the chat", ada, NOW)
    training.add(site, OWN, ada, NOW)
    training.look_after(site, NOW + timedelta(days=8))

    contact = training.support_of(site, priya)
    assert contact is not None
    assert (contact.person.name, contact.note) == ("Ada", "weekdays 9–17, in the chat")
    assert "ask Ada (ada@example.org): weekdays 9–17, in the chat" in " ".join(notes(site)[0][1])


def test_the_reminder_tells_nobody_to_ask_themselves(site: Site, ada: Member) -> None:
    training.name_support(site, "marek@example.org", "any time", ada, NOW)
    training.add(site, OWN, ada, NOW)
    training.look_after(site, NOW + timedelta(days=8))

    asks = {name: "ask Marek" in " ".join(says) for name, says in notes(site)}
    assert asks == {"Marek": False, "Priya": True}


def test_how_to_reach_them_keeps_its_lines_in_the_reminder(site: Site, ada: Member) -> None:
    training.name_support(site, "ada@example.org", "In the chat.\n\nOr: 4410", ada, NOW)
    training.add(site, OWN, ada, NOW)
    training.look_after(site, NOW + timedelta(days=8))

    says = notes(site)[0][1]
    assert list(says[-2:]) == ["If anything is unclear, ask Ada (ada@example.org): In the chat.", "Or: 4410"]


def test_a_contact_is_somebody_who_is_there_and_can_be_reached(site: Site, ada: Member) -> None:
    with pytest.raises(Misfilled) as raised:
        training.name_support(site, "nobody@example.org", "", ada, NOW)
    assert set(raised.value.mistakes) == {"email", "note"}

    leave(site, member(site, "hal"), NOW.date())
    with pytest.raises(Misfilled, match="have left"):
        training.name_support(site, "hal@example.org", "any time", ada, NOW)
    assert tab(site, ada).support is None
    assert not tab(site, ada).support_left


def test_a_contact_who_leaves_is_asked_no_more_and_the_admin_is_told(site: Site, ada: Member) -> None:
    training.name_support(site, "hal@example.org", "any time", ada, NOW)
    leave(site, member(site, "hal"), NOW.date() + timedelta(days=2))

    training.look_after(site, NOW + timedelta(days=1))
    assert tab(site, ada).support is not None
    training.look_after(site, NOW + timedelta(days=2))

    assert tab(site, ada).support is None
    assert tab(site, ada).support_left

    training.name_nobody(site, ada, NOW)
    assert not tab(site, ada).support_left


def test_a_contact_who_is_erased_is_named_nowhere_at_once(site: Site, ada: Member) -> None:
    hal = member(site, "hal")
    training.name_support(site, "hal@example.org", "any time", ada, NOW)
    erasure.erase_as_admin(site, ada, hal.person.id, NOW)

    assert training.support_of(site, ada) is None
    assert tab(site, ada).support_left
    training.look_after(site, NOW)
    with site.store.reading() as connection:
        assert connection.execute(select(t.programme.c.support_id)).scalar_one() is None


# --- what is kept of it --------------------------------------------------------------------------


def test_an_admin_s_decisions_are_noted_by_name_and_what_a_senior_reads_is_not(
    site: Site, ada: Member, priya: Member
) -> None:
    item_id = training.add(site, OWN, ada, NOW)
    training.change(site, item_id, OWN, ada, NOW)
    training.move(site, item_id, 1, ada, NOW)
    training.retire(site, item_id, ada, NOW)
    training.bring_back(site, item_id, ada, NOW)
    training.name_support(site, "hal@example.org", "any time", ada, NOW)
    training.name_nobody(site, ada, NOW)
    training.complete(site, item_id, priya, NOW)

    lines = [
        line for line in audit.page(site, ada).lines if line.action.startswith(("training.", "support."))
    ]

    assert {line.action for line in lines} == {
        *("training.add", "training.change", "training.move", "training.retire", "training.bring_back"),
        *("support.name", "support.name_nobody"),
    }
    assert {line.by for line in lines} == {"Ada"}


def test_who_is_erased_has_read_nothing(site: Site, ada: Member, priya: Member) -> None:
    item_id = training.add(site, OWN, ada, NOW)
    training.complete(site, item_id, priya, NOW)
    erasure.erase_as_admin(site, ada, priya.person.id, NOW)

    with site.store.reading() as connection:
        assert connection.execute(select(t.training_completion)).all() == []


def test_history_is_written_at_once(site: Site, ada: Member, priya: Member, marek: Member) -> None:
    with site.store.writing() as connection:
        items = training.begin_usual_path(connection, 1, NOW - timedelta(days=90))
        kept.write_completions(connection, [(items[0], who.person.id, NOW) for who in (priya, marek)])
        kept.write_completions(connection, [])

    assert readers(site) == {items[0]: 2}
