"""Mail is lost never, and a second copy is known as one; a link decides once; titles are kept nowhere."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import select

from planner.errors import IllegalMove
from tests.web.company import a_company, at, member, write_calendar
from tests.web.made_up import NOW
from tests.web.operations.test_proposals import approved, mailed_token, office_day
from tests.web.plans import released
from web import jobs
from web.errors import Refused
from web.operations import calendars, outbox, proposals, seats, signin
from web.site import Site
from web.store import outbox as kept
from web.store import tables as t


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return a_company(tmp_path)


def eml_files(folder: Path) -> list[bytes]:
    return [file.read_bytes() for file in sorted((folder / "outbox").glob("*.eml"))]


def states(site: Site) -> Counter[str]:
    with site.store.reading() as connection:
        return Counter(connection.execute(select(t.outbox.c.state)).scalars())


def test_what_is_owed_is_written_to_the_outbox_folder_without_a_server(site: Site, tmp_path: Path) -> None:
    signin.request_link(site, "Priya@Example.org", NOW)
    jobs.run_due(site)

    (mail,) = eml_files(tmp_path)
    assert message_from_bytes(mail)["To"] == "Priya <priya@example.org>"
    assert states(site) == {"sent": 1}


def test_a_worker_that_dies_after_sending_sends_the_same_bytes_again(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    signin.request_link(site, "priya@example.org", NOW)
    sent: list[bytes] = []

    class Server:
        def send(self, message) -> None:  # type: ignore[no-untyped-def]
            sent.append(message.as_bytes())

    noted = kept.sent
    monkeypatch.setattr(outbox, "outgoing", lambda config: Server())
    monkeypatch.setattr(kept, "sent", _dies_once(noted))
    jobs.run_due(site)

    assert len(sent) == 2
    assert sent[0] == sent[1]
    assert states(site) == {"sent": 1}


def _dies_once(note):  # type: ignore[no-untyped-def]
    deaths = iter([SystemError("killed")])

    def noted(*args: object) -> None:
        for death in deaths:
            raise death
        note(*args)

    return noted


@pytest.fixture
def refusing_then_taking() -> Iterator[tuple[int, list[bytes], list[str]]]:
    """A server that is busy for the first mail and takes the same one later."""
    taken: list[bytes] = []
    answers = ["451 Try again later"]

    class Handler:
        async def handle_DATA(self, _server, _session, envelope) -> str:  # type: ignore[no-untyped-def]  # noqa: N802
            if answers:
                return answers.pop()
            taken.append(envelope.content)
            return "250 OK"

    import socket

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(Handler(), hostname="127.0.0.1", port=port)
    controller.start()
    yield port, taken, answers
    controller.stop()


def test_a_server_that_is_busy_gets_the_mail_later(
    site: Site, refusing_then_taking: tuple[int, list[bytes], list[str]]
) -> None:
    port, taken, _ = refusing_then_taking
    mail = site.config.mail.model_copy(update={"smtp_host": "127.0.0.1", "smtp_port": port})
    site = replace(site, config=site.config.model_copy(update={"mail": mail}))
    signin.request_link(site, "priya@example.org", NOW)

    jobs.run_due(site)
    assert (states(site), taken) == ({"waiting": 1}, [])
    outbox.wake(site, NOW)
    assert jobs.run_due(site) == 0  # not before its time

    later = at(site, NOW + timedelta(minutes=1))
    outbox.wake(later, later.now())
    jobs.run_due(later)
    assert states(site) == {"sent": 1}
    assert len(taken) == 1


def test_fifty_answers_at_once_to_a_mailed_link_decide_once(site: Site) -> None:
    released(site)
    token = mailed_token(site, office_day(site))
    ready = threading.Barrier(50)

    def answer(number: int) -> str:
        ready.wait()
        try:
            proposals.decide_by_link(site, token, ("skip", "approve")[number % 2], None, (), NOW)
        except (Refused, IllegalMove):
            return "refused"
        return "decided"

    with ThreadPoolExecutor(50) as threads:
        assert Counter(threads.map(answer, range(50))) == {"decided": 1, "refused": 49}


def test_few_links_are_mailed_however_often_somebody_asks(site: Site, tmp_path: Path) -> None:
    for _ in range(10):
        signin.request_link(site, "priya@example.org", NOW)
    signin.request_link(site, "nobody@example.org", NOW)
    jobs.run_due(site)

    assert len(eml_files(tmp_path)) == signin.MOST_LINKS


def test_a_change_after_the_invitation_raises_the_sequence_of_those_concerned_only(site: Site) -> None:
    released(site)
    approved(site, office_day(site))

    by_order = NOW + timedelta(hours=25)  # no longer by need
    seats.book(site, "desk", member(site, "emil"), by_order)
    seats.give_up(site, "desk", member(site, "emil"), by_order)

    with site.store.reading() as connection:
        rows = connection.execute(
            select(t.outbox.c.kind, t.outbox.c.payload, t.person.c.name)
            .join(t.person, t.person.c.id == t.outbox.c.person_id)
            .where(t.outbox.c.kind.in_(["invitation", "cancellation"]))
            .order_by(t.outbox.c.id)
        )
        told = [
            (row.kind, row.name, row.payload["session"]["sequence"])
            for row in rows
            if row.payload["session"]["id"] == "desk" and row.payload["session"]["sequence"] > 0
        ]
    assert told == [
        ("invitation", "Emil", 1),
        ("invitation", "Priya", 1),
        ("cancellation", "Emil", 2),
        ("invitation", "Priya", 2),
    ]


def test_no_title_of_an_event_is_kept_anywhere(site: Site, tmp_path: Path) -> None:
    for name in ("priya", "farid", "gita"):
        write_calendar(tmp_path, name, [(NOW + timedelta(days=4), NOW + timedelta(days=4, hours=1))])
    calendars.sync(site, None, NOW)
    released(site)
    approved(site, office_day(site))
    jobs.run_due(site)

    kept_files = [f for f in tmp_path.rglob("*") if f.is_file() and f.parent.name != "calendars"]
    assert [f.name for f in kept_files if b"Dentist" in f.read_bytes() or b"Birthday" in f.read_bytes()] == []
    assert any(f.suffix == ".eml" for f in kept_files)


def test_mail_that_was_given_up_is_shown_to_the_admin_and_can_be_tried_again(
    site: Site, tmp_path: Path
) -> None:
    signin.mail_link(site, member(site, "priya").person.id)
    with site.store.writing() as connection:
        (mail,) = kept.due(connection, NOW)
        kept.failed(connection, mail.id, "no such mailbox")

    (told,) = outbox.unsent(site, member(site, "ada"))
    assert (told.recipient.name, told.error) == ("Priya", "no such mailbox")

    assert outbox.send_anew(site, member(site, "ada"), NOW) == 1
    jobs.run_due(site)
    assert outbox.unsent(site, member(site, "ada")) == ()
    assert len(eml_files(tmp_path)) == 1
