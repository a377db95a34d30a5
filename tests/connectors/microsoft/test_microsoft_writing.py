"""Events in the organizer's calendar: each draft becomes one, whatever happens on the way."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors.base import (
    Attendee,
    ConnectorError,
    EventDraft,
    EventGone,
    Refused,
    Response,
    Unreachable,
    Unreadable,
)
from connectors.microsoft import open_writer
from connectors.microsoft.writer import MicrosoftWriter
from planner.domain import Interval
from tests.connectors import loopback
from tests.connectors.clock import Clock
from tests.connectors.faults import DONE_BY_LOOPBACK, SLOW, Fault
from tests.connectors.loopback import Loopback, Request
from tests.connectors.microsoft.opened import a_graph
from tests.connectors.microsoft.server import TEAMS_BLOB, Entry, Event, GraphServer

ORGANIZER, MARIA, OMAR = "mentoring@contoso.example", "maria@contoso.example", "omar@contoso.example"
ROOM = "room@contoso.example"
NINE, TEN = datetime(2026, 3, 10, 9, tzinfo=UTC), datetime(2026, 3, 10, 10, tzinfo=UTC)
MARCH = Interval(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 29, tzinfo=UTC))
DRAFT = EventDraft(
    key="lunchevent0000000000001",
    version=1,
    start=NINE,
    end=TEN,
    title="Lunch",
    description="Maria & Omar\nWhat to bring: <nothing>",
    location="Room 1",
    attendees=(Attendee(MARIA, "Maria"), Attendee(ROOM, "Room 1", is_room=True)),
)
HOLD = replace(DRAFT, title="HOLD: Lunch", tentative=True)
ONLINE = replace(DRAFT, online=True, location="", attendees=DRAFT.attendees[:1])


@pytest.fixture
def graph() -> GraphServer:
    server = GraphServer()
    for address in (ORGANIZER, MARIA, OMAR):
        server.mailbox(address)
    server.mailbox(ROOM, is_room=True)
    return server


@pytest.fixture
def front(graph: GraphServer) -> Iterator[Loopback]:
    with Loopback(graph) as running:
        yield running


@pytest.fixture
def writer(graph: GraphServer, front: Loopback, tmp_path: Path) -> MicrosoftWriter:
    return a_writer(graph, front, tmp_path)


def a_writer(
    graph: GraphServer,
    front: Loopback,
    folder: Path,
    *,
    consent_of: str | None = None,
    clock: Clock | None = None,
) -> MicrosoftWriter:
    return MicrosoftWriter(
        a_graph(graph.settings(folder, front.url, consent_of=consent_of), clock=clock), ORGANIZER
    )


def the_event(graph: GraphServer, key: str = DRAFT.key) -> Event:
    (event,) = graph.events(key)
    return event


def later(draft: EventDraft, **changes: object) -> EventDraft:
    return replace(draft, version=draft.version + 1, **changes)  # type: ignore[arg-type]


# --- what is written ------------------------------------------------------------------------------


@pytest.mark.parametrize("consent_of", [None, ORGANIZER], ids=["application", "delegated"])
def test_a_draft_becomes_an_event_that_says_what_it_says(
    graph: GraphServer, front: Loopback, tmp_path: Path, consent_of: str | None
):
    written = a_writer(graph, front, tmp_path, consent_of=consent_of).write(HOLD)

    event = the_event(graph)
    assert event.organizer == ORGANIZER
    assert (event.start, event.end, event.subject, event.show_as) == (NINE, TEN, "HOLD: Lunch", "tentative")
    assert event.location == "Room 1"
    assert "Maria &amp; Omar<br>What to bring: &lt;nothing&gt;" in event.body
    assert {address: attendee["type"] for address, attendee in event.attendees.items()} == {
        MARIA: "required",
        ROOM: "resource",
    }
    assert (written.key, written.version, written.start, written.end) == (DRAFT.key, 1, NINE, TEN)
    assert written.tentative and written.link is None
    assert written.responses == {MARIA: Response.NEEDS_ACTION, ROOM: Response.NEEDS_ACTION}
    assert all(("/me/" in line) == (consent_of is not None) for line in graph.log)


def test_an_event_is_made_once_and_its_attendees_invited_once(graph: GraphServer, writer: MicrosoftWriter):
    first = writer.write(DRAFT)
    second = writer.write(DRAFT)

    assert first == second and the_event(graph)
    assert [(mail.kind, mail.to) for mail in graph.mails] == [("invitation", {MARIA, ROOM})]


def test_a_hold_is_confirmed(graph: GraphServer, writer: MicrosoftWriter):
    writer.write(HOLD)
    written = writer.write(later(HOLD, title="Lunch", tentative=False))

    event = the_event(graph)
    assert (event.subject, event.show_as) == ("Lunch", "busy")
    assert written.version == 2 and not written.tentative
    assert next(iter(writer.written(MARCH))) == written


def test_an_older_draft_changes_nothing(graph: GraphServer, writer: MicrosoftWriter):
    writer.write(DRAFT)
    writer.write(later(DRAFT, title="Coffee"))

    assert writer.write(DRAFT).version == 2
    assert the_event(graph).subject == "Coffee"


def test_answers_come_back_and_a_room_that_is_taken_declines(graph: GraphServer, writer: MicrosoftWriter):
    graph.mailbox(ROOM, Entry(NINE + timedelta(minutes=30), TEN))
    everybody = (*DRAFT.attendees, Attendee(OMAR), Attendee("ana@contoso.example"))
    writer.write(replace(DRAFT, attendees=everybody))
    graph.rooms_answer()
    graph.answer(DRAFT.key, MARIA, "accepted")
    graph.answer(DRAFT.key, OMAR, "tentativelyAccepted")

    (written,) = writer.written(MARCH)

    assert written.responses == {
        MARIA: Response.ACCEPTED,
        ROOM: Response.DECLINED,
        OMAR: Response.TENTATIVE,
        "ana@contoso.example": Response.NEEDS_ACTION,
    }


def test_of_two_events_the_room_takes_the_first(graph: GraphServer, writer: MicrosoftWriter):
    other = replace(DRAFT, key="lunchevent0000000000002")
    writer.write(DRAFT)
    writer.write(other)
    graph.rooms_answer()

    answers = {written.key: written.responses[ROOM] for written in writer.written(MARCH)}

    assert answers == {DRAFT.key: Response.ACCEPTED, other.key: Response.DECLINED}


def test_a_session_online_gets_a_link_that_outlives_a_new_text(graph: GraphServer, writer: MicrosoftWriter):
    first = writer.write(ONLINE)
    second = writer.write(later(ONLINE, description="Another <agenda>"))

    event = the_event(graph)
    assert first.link == second.link == event.link is not None
    assert event.online and TEAMS_BLOB in event.body
    assert "Another &lt;agenda&gt;" in event.body and "Omar" not in event.body


def test_a_text_that_somebody_has_edited_is_left_so_that_the_link_stays(
    graph: GraphServer, writer: MicrosoftWriter
):
    writer.write(ONLINE)
    the_event(graph).body = "See you there" + TEAMS_BLOB

    writer.write(later(ONLINE, title="Coffee", description="Another"))

    event = the_event(graph)
    assert event.online and event.subject == "Coffee" and "See you there" in event.body


def test_a_session_that_goes_online_later_gets_a_link(graph: GraphServer, writer: MicrosoftWriter):
    writer.write(DRAFT)

    assert writer.write(later(DRAFT, online=True)).link == the_event(graph).link is not None


def test_a_long_title_is_cut(graph: GraphServer, writer: MicrosoftWriter):
    writer.write(replace(DRAFT, title="a" * 400))
    writer.write(later(replace(DRAFT, title="a" * 400), location="Room 2"))

    assert the_event(graph).subject == "a" * 255


# --- who is told ----------------------------------------------------------------------------------


def test_one_persons_change_does_not_notify_the_group(graph: GraphServer, writer: MicrosoftWriter):
    writer.write(DRAFT)
    graph.mails.clear()

    writer.write(later(DRAFT, attendees=(*DRAFT.attendees, Attendee(OMAR))))

    assert [(mail.kind, mail.to) for mail in graph.mails] == [("invitation", {OMAR})]
    assert set(the_event(graph).attendees) == {MARIA, ROOM, OMAR}


def test_somebody_who_leaves_is_the_only_one_to_hear(graph: GraphServer, writer: MicrosoftWriter):
    writer.write(replace(DRAFT, attendees=(*DRAFT.attendees, Attendee(OMAR))))
    graph.answer(DRAFT.key, MARIA, "accepted")
    graph.mails.clear()

    written = writer.write(later(DRAFT), quietly=True)

    assert [(mail.kind, mail.to) for mail in graph.mails] == [("cancellation", {OMAR})]
    assert written.responses[MARIA] is Response.ACCEPTED and OMAR not in written.responses


def test_words_wait_until_something_is_told_to_all_anyway(graph: GraphServer, writer: MicrosoftWriter):
    writer.write(DRAFT)
    graph.mails.clear()
    second = later(
        DRAFT, title="Lunch for three", description="new", attendees=(*DRAFT.attendees, Attendee(OMAR))
    )

    assert writer.write(second, quietly=True).version == 2
    assert [(mail.kind, mail.to) for mail in graph.mails] == [("invitation", {OMAR})]
    assert the_event(graph).subject == "Lunch"

    writer.write(later(second, end=TEN + timedelta(hours=1)))
    event = the_event(graph)
    assert (event.subject, event.end) == ("Lunch for three", TEN + timedelta(hours=1))
    assert "new" in event.body and "Maria" not in event.body
    assert graph.mails[-1].kind == "update"


def test_a_new_time_is_told_however_quietly(graph: GraphServer, writer: MicrosoftWriter):
    writer.write(DRAFT)
    writer.write(later(DRAFT, start=NINE + timedelta(minutes=30)), quietly=True)

    assert the_event(graph).start == NINE + timedelta(minutes=30)
    assert (graph.mails[-1].kind, graph.mails[-1].to) == ("update", {MARIA, ROOM})


def test_an_event_that_is_withdrawn_is_cancelled_for_all(graph: GraphServer, writer: MicrosoftWriter):
    writer.write(DRAFT)

    writer.withdraw(DRAFT.key)
    writer.withdraw(DRAFT.key)
    writer.withdraw("lunchevent0000000000009")

    assert graph.events() == [] and list(writer.written(MARCH)) == []
    assert [(mail.kind, mail.to) for mail in graph.mails[1:]] == [("cancellation", {MARIA, ROOM})]
    assert writer.invites()


# --- exactly one ----------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [409, 400])
@pytest.mark.parametrize("lost", [1, 3])
def test_an_answer_that_was_lost_makes_no_second_event(
    graph: GraphServer, writer: MicrosoftWriter, status: int, lost: int
):
    graph.duplicate_status = status
    graph.lose_answers(lost)

    written = writer.write(DRAFT)

    assert written.version == 1 and the_event(graph).id
    assert sum(mail.kind == "invitation" for mail in graph.mails) == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda writer: writer.write(later(DRAFT, title="Coffee")),
        lambda writer: writer.write(later(DRAFT, attendees=(*DRAFT.attendees, Attendee(OMAR)))),
        lambda writer: writer.withdraw(DRAFT.key),
    ],
    ids=["changed", "invited", "withdrawn"],
)
def test_a_change_whose_answer_was_lost_is_settled(
    graph: GraphServer, writer: MicrosoftWriter, change: Callable[[MicrosoftWriter], object]
):
    writer.write(DRAFT)
    graph.lose_answers(1)

    change(writer)

    events = graph.events(DRAFT.key)
    assert len(events) <= 1
    assert all(event.subject == "Coffee" or OMAR in event.attendees for event in events)
    assert [written.version for written in writer.written(MARCH)] == [2] * len(events)


@pytest.mark.parametrize("remembers", [True, False])
def test_of_many_who_write_at_once_one_event_is_left(
    graph: GraphServer, front: Loopback, tmp_path: Path, remembers: bool
):
    graph.remembers_transactions = remembers
    graph.seconds = 0.005
    writers = [a_writer(graph, front, tmp_path) for _ in range(4)]
    errors: list[ConnectorError] = []

    def write(writer: MicrosoftWriter) -> None:
        try:
            writer.write(DRAFT)
        except ConnectorError as error:
            errors.append(error)

    threads = [threading.Thread(target=write, args=(writer,)) for writer in writers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == [] and the_event(graph)
    assert [written.key for written in writers[0].written(MARCH)] == [DRAFT.key]


def test_of_two_events_that_a_race_has_left_the_older_stays(graph: GraphServer, writer: MicrosoftWriter):
    writer.write(DRAFT)
    first = the_event(graph)
    box = graph.mailbox(ORGANIZER)
    box.events["double"] = replace(first, id="double", created=first.created + timedelta(seconds=1))

    assert [written.key for written in writer.written(MARCH)] == [DRAFT.key]
    writer.write(DRAFT)

    assert the_event(graph) is first


def test_an_event_that_a_person_removed_is_put_back_at_their_word_only(
    graph: GraphServer, writer: MicrosoftWriter
):
    writer.write(DRAFT)
    graph.remove(DRAFT.key)

    with pytest.raises(EventGone):
        writer.write(DRAFT)  # its transaction id was used before
    with pytest.raises(EventGone):
        writer.write(later(DRAFT))
    assert graph.events() == [] and list(writer.written(MARCH)) == []

    for _ in range(3):
        assert writer.write(later(DRAFT), restore=True).version == 2
        assert the_event(graph)
        graph.remove(DRAFT.key)


def test_an_event_is_put_back_once_though_the_answer_was_lost(graph: GraphServer, writer: MicrosoftWriter):
    writer.write(DRAFT)
    graph.remove(DRAFT.key)
    graph.lose_answers(2)

    writer.write(DRAFT, restore=True)

    assert the_event(graph)


def test_nothing_known_of_a_first_write_means_restore(graph: GraphServer, writer: MicrosoftWriter):
    assert writer.write(later(DRAFT), restore=True).version == 2
    assert the_event(graph)


def test_a_person_who_moves_an_event_is_undone_by_a_higher_version_only(
    graph: GraphServer, writer: MicrosoftWriter
):
    writer.write(DRAFT)
    graph.move(DRAFT.key, NINE + timedelta(hours=5), TEN + timedelta(hours=5))

    assert writer.write(DRAFT).start == NINE + timedelta(hours=5)
    assert writer.write(later(DRAFT)).start == NINE == the_event(graph).start


def test_what_changes_while_we_write_is_looked_at_again(graph: GraphServer, tmp_path: Path):
    meanwhile: list[Callable[[], None]] = []

    def app(request: Request) -> loopback.Response:
        if request.method == "PATCH" and meanwhile:
            meanwhile.pop()()
        return graph(request)

    with Loopback(app) as front:
        writer = a_writer(graph, front, tmp_path)
        writer.write(DRAFT)
        meanwhile.append(lambda: graph.answer(DRAFT.key, MARIA, "declined"))
        written = writer.write(later(DRAFT, title="Coffee"))
        assert written.responses[MARIA] is Response.DECLINED and written.version == 2

        meanwhile += [lambda: graph.answer(DRAFT.key, MARIA, "declined")] * 100
        with pytest.raises(Unreachable, match="keeps changing"):
            writer.write(later(later(DRAFT), title="Tea"))

        meanwhile[:] = [lambda: graph.remove(DRAFT.key)]
        with pytest.raises(EventGone):
            writer.write(later(later(DRAFT), title="Tea"))
    assert graph.events() == []


# --- whose events ---------------------------------------------------------------------------------


def test_only_events_of_ours_are_read_changed_or_removed(graph: GraphServer, writer: MicrosoftWriter):
    """A copy in an attendee's calendar may carry our properties, too."""
    writer.write(DRAFT)
    ours = the_event(graph)
    box = graph.mailbox(ORGANIZER)
    box.events["private"] = Event("private", ORGANIZER, NINE, TEN, ours.created, subject="SUBJECT-CANARY")
    box.events["copy"] = replace(ours, id="copy", is_organizer=False, subject="SUBJECT-CANARY")
    box.events["cancelled"] = replace(ours, id="cancelled", cancelled=True)

    assert [written.key for written in writer.written(MARCH)] == [DRAFT.key]
    writer.write(later(DRAFT))
    writer.withdraw(DRAFT.key)

    assert set(box.events) == {"private", "copy", "cancelled"}
    assert all(event.revision <= 2 for event in box.events.values())


def test_nobody_elses_words_are_asked_for(graph: GraphServer, writer: MicrosoftWriter, front: Loopback):
    writer.write(DRAFT)
    list(writer.written(MARCH))

    lists = [request for request in front.requests if request.method == "GET"]
    assert lists
    for request in lists:
        assert "Officeday" in request.query["$filter"][0]
        assert not {"body", "bodyPreview"} & set(request.query["$select"][0].split(","))


def test_written_lists_every_page_of_the_window(graph: GraphServer, writer: MicrosoftWriter):
    graph.event_page = 3
    drafts = [
        replace(
            DRAFT,
            key=f"lunchevent{number:013}",
            start=NINE + timedelta(days=number),
            end=TEN + timedelta(days=number),
        )
        for number in range(12)
    ]
    for draft in drafts:
        writer.write(draft)
    window = Interval(drafts[2].end, drafts[10].start)

    assert sorted(one.key for one in writer.written(window)) == [draft.key for draft in drafts[3:10]]


def test_pages_that_cannot_be_had_leave_nothing_out(graph: GraphServer, writer: MicrosoftWriter):
    for number in range(4):
        writer.write(replace(DRAFT, key=f"lunchevent{number:013}"))
    graph.event_page = 2

    graph.pages_fail = True
    with pytest.raises(Unreachable):
        list(writer.written(MARCH))
    graph.pages_fail, graph.page_loop = False, True
    with pytest.raises(Unreadable, match="back to"):
        list(writer.written(MARCH))
    graph.page_loop, graph.tokens_end_between_pages = False, True
    assert len(list(writer.written(MARCH))) == 4


# --- when it cannot be done -----------------------------------------------------------------------


def test_without_the_right_to_write_the_reason_says_so(graph: GraphServer, writer: MicrosoftWriter):
    graph.entra.roles = ("Calendars.ReadBasic.All",)

    with pytest.raises(Refused, match="grant"):
        writer.write(DRAFT)


def test_an_organizer_without_a_mailbox_is_refused(graph: GraphServer, front: Loopback, tmp_path: Path):
    settings = graph.settings(tmp_path, front.url)
    writer = open_writer(settings, (), "nobody@contoso.example")

    with pytest.raises(Refused, match="mailbox"):
        writer.write(DRAFT)


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    "fault", sorted(DONE_BY_LOOPBACK - {Fault.DNS, Fault.CONNECT_TIMEOUT, Fault.BAD_TLS})
)
def test_a_change_whose_answer_is_spoilt_is_an_error_and_the_next_try_settles_it(
    graph: GraphServer, front: Loopback, tmp_path: Path, fault: Fault, method: str
):
    """The server does what it is asked for, and nobody learns of it."""
    changes = {
        "POST": lambda writer: writer.write(DRAFT),
        "PATCH": lambda writer: writer.write(later(DRAFT, title="Coffee", attendees=DRAFT.attendees[:1])),
        "DELETE": lambda writer: writer.withdraw(DRAFT.key),
    }
    if method != "POST":
        a_writer(graph, front, tmp_path).write(DRAFT)
    front.spared = lambda request: request.method != method or not request.path.startswith("/v1.0/")
    front.fault = fault
    seconds = 0.1 if fault in SLOW else 5.0
    spoilt = MicrosoftWriter(a_graph(graph.settings(tmp_path, front.url), seconds=seconds), ORGANIZER)

    with suppress(ConnectorError):  # a repeat may find that it was done
        changes[method](spoilt)
    front.fault = None
    changes[method](a_writer(graph, front, tmp_path))

    if method == "DELETE":
        assert graph.events() == []
    else:
        assert the_event(graph).subject == ("Lunch" if method == "POST" else "Coffee")
    assert sum(mail.kind == "invitation" for mail in graph.mails) == 1


def test_a_throttled_write_waits_as_long_as_it_is_told(graph: GraphServer, front: Loopback, tmp_path: Path):
    clock = Clock()
    writer = a_writer(graph, front, tmp_path, clock=clock)
    before = clock.now
    graph.throttle(2, retry_after=2)
    writer.write(DRAFT)
    assert clock.now - before >= 4

    graph.throttle(1, retry_after=60)
    with pytest.raises(Unreachable) as caught:
        writer.write(later(DRAFT))
    assert caught.value.retry and caught.value.after is not None and caught.value.after > 50
    asked = len(front.requests)
    with pytest.raises(Unreachable):
        writer.write(later(DRAFT))
    assert len(front.requests) == asked
