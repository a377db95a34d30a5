"""What juniors ask in private: another senior, a topic. Only the admins of their programme read it.

No mail, log or audit entry holds a word of a request or its answer, and the senior whom somebody would
rather not meet again never learns of it: the two are not planned together any more, and nobody is told why.
Where that senior is an admin too, this request is not there for them: no text, no mail, no entry of the
audit log. Where nobody else could read it, whoever asks is told so before they write.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection

from web.errors import Misfilled, NotFound, Refused
from web.notify import NoteLetter
from web.operations import audit, departures, outbox
from web.operations.access import need_programme, need_role, need_self
from web.records import AskableRecord, Member, PersonRef, RequestRecord
from web.site import Site
from web.store import people, preferences
from web.store import requests as kept

ABOUT = ("senior", "topic")

#: How many requests of one person may wait at a time.
MOST_OPEN = 10

#: How long a request and its answer may be, in characters.
LONGEST = 1000


# --- for a junior --------------------------------------------------------------------------------


def own(site: Site, by: Member) -> tuple[RequestRecord, ...]:
    """What somebody has asked in this programme, with the answers; the newest first."""
    need_role(by, "junior")
    mine = (kept.r.programme_id == by.programme_id) & (kept.r.person_id == by.person.id)
    with site.store.reading() as connection:
        return tuple(reversed(kept.records(connection, mine)))


def askable(site: Site, by: Member, now: datetime) -> AskableRecord:
    """Whom and what a request may be about."""
    need_role(by, "junior")
    with site.store.reading() as connection:
        met, others = kept.seniors(connection, by.programme_id, by.person.id)
        refs = people.refs(connection, [*met, *others])
        admins = {admin.id for admin in _admins(connection, by.programme_id, now)}
    unread = admins & refs.keys() if len(admins) == 1 else set()

    def shown(some: Iterable[int]) -> tuple[PersonRef, ...]:
        return tuple(sorted((refs[who] for who in some), key=lambda one: one.name))

    return AskableRecord(shown({*met} - unread), shown({*others} - unread), shown(unread))


def ask(site: Site, about: str, senior_id: int | None, text: str, by: Member, now: datetime) -> None:
    """Ask for another senior than one, or for a topic. The admins who may read it hear that it waits.

    Raises:
        Misfilled: it names nobody, or says nothing, or nobody but the senior it names could read it.
        Refused: too many wait already.
    """
    need_role(by, "junior")
    with site.store.writing() as connection:
        if about == "senior":
            _check_senior(connection, senior_id, by, now)
        elif not text:
            raise Misfilled({"text": "Please say which topic, in a word or a few."})
        if kept.open_of(connection, by.programme_id, by.person.id) >= MOST_OPEN:
            raise Refused(
                f"{MOST_OPEN} of your requests wait for an answer, which is the most at a time. "
                "Withdraw one of them first, or wait for an answer."
            )
        named = senior_id if about == "senior" else None
        request_id = kept.add(connection, by.programme_id, by.person.id, about, named, text, now)
        audit.note(connection, now, by, "request.ask", f"request:{request_id}")
        _tell_admins(connection, site, by, request_id, named, now)
    outbox.wake(site, now)


def withdraw(site: Site, request_id: int, by: Member, now: datetime) -> None:
    """Take a request back before it is answered; its text is deleted."""
    need_role(by, "junior")
    with site.store.writing() as connection:
        found = _one(connection, request_id, by)
        need_self(by, found.person_id)
        if not found.is_open:
            raise Refused("This request has been answered, or withdrawn, already.")
        kept.withdraw(connection, request_id, now)
        audit.note(connection, now, by, "request.withdraw", f"request:{request_id}")


def _check_senior(connection: Connection, senior_id: int | None, by: Member, now: datetime) -> None:
    met, others = kept.seniors(connection, by.programme_id, by.person.id)
    if senior_id not in {*met, *others}:
        raise Misfilled({"senior": "Please choose a senior of your programme."})
    if {admin.id for admin in _admins(connection, by.programme_id, now)} == {senior_id}:
        raise Misfilled({"senior": "They are the only admin here, so nobody else could read it."})


def _admins(connection: Connection, programme_id: int, now: datetime) -> list[PersonRef]:
    present = people.members(connection, programme_id=programme_id, role="admin", present_on=now.date())
    return [admin.person for admin in present]


def _tell_admins(
    connection: Connection, site: Site, by: Member, request_id: int, senior_id: int | None, now: datetime
) -> None:
    letter = NoteLetter(
        "A private request waits for you",
        ("A junior of your programme asks for something that only its admins can read.",),
        "Read and answer it",
        "/admin/requests",
    )
    for admin in _admins(connection, by.programme_id, now):
        if admin.id != senior_id:
            outbox.tell(connection, site, admin, f"request.{request_id}", letter, now)


# --- for an admin --------------------------------------------------------------------------------


def waiting(site: Site, by: Member) -> tuple[RequestRecord, ...]:
    """The open requests of an admin's programme, the oldest first; that they were read is written down.

    None that names this admin as the senior.
    """
    need_role(by, "admin")
    here = (kept.r.programme_id == by.programme_id) & kept.OPEN
    with site.store.reading() as connection:
        found = kept.records(connection, here & kept.r.senior_id.is_distinct_from(by.person.id))
    if found:
        audit.look(site, by, "read.requests")
    return tuple(found)


def topics(site: Site, by: Member) -> tuple[str, ...]:
    """What can be added to a junior's wishes: whatever a senior of the programme can help with."""
    need_role(by, "admin")
    with site.store.reading() as connection:
        return tuple(kept.topics(connection, by.programme_id))


def answer(
    site: Site,
    request_id: int,
    text: str,
    by: Member,
    now: datetime,
    *,
    keep_apart: bool = False,
    topic: str = "",
) -> None:
    """Answer a request, and do what it asks for.

    Args:
        keep_apart: never bring the junior and the senior of the request together again.
        topic: add it to what the junior wishes for.
    """
    need_role(by, "admin")
    with site.store.writing() as connection:
        found = _one(connection, request_id, by)
        if found.senior_id == by.person.id:
            raise NotFound
        if not found.is_open:
            raise Refused("This request has been answered, or withdrawn, meanwhile.")
        if not text:
            raise Misfilled({"text": "Please write a word or two; only whoever asked reads them."})
        if keep_apart and found.senior_id is not None:
            departures.part(connection, site, found.person_id, found.senior_id, now)
        if topic:
            _add_topic(connection, found, topic)
        kept.answer(connection, request_id, text, by.person.id, now)
        audit.note(connection, now, by, "request.answer", f"request:{request_id}", subject_id=found.person_id)
        _tell_junior(connection, site, found, now)
    outbox.wake(site, now)


def _add_topic(connection: Connection, found: kept.Request, topic: str) -> None:
    """As their own wish, so that no import takes it away."""
    if topic not in kept.topics(connection, found.programme_id):
        raise Misfilled({"topic": "Please choose from what is offered."})
    before = preferences.of_person(connection, found.person_id)
    wishes = {"topics": before.values["topics"] | {topic}}
    preferences.write(connection, found.person_id, wishes, before.own | {"topics"})


def _tell_junior(connection: Connection, site: Site, found: kept.Request, now: datetime) -> None:
    letter = NoteLetter(
        "Your request has an answer",
        ("It stands on your page, where only you and your programme's admins can read it.",),
        "Read it",
        "/sessions/requests",
    )
    junior = people.refs(connection, [found.person_id])[found.person_id]
    outbox.tell(connection, site, junior, f"request.{found.id}.answer", letter, now)


def _one(connection: Connection, request_id: int, by: Member) -> kept.Request:
    found = kept.one(connection, request_id)
    if found is None:
        raise NotFound
    need_programme(by, found.programme_id)
    return found
