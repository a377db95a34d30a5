"""Signing in by a mailed link, and in demo mode as one of its people."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from web.errors import NotFound, Refused
from web.operations import audit, outbox, seats
from web.operations.access import may_come_in
from web.records import Member, PersonRef
from web.sheets.cells import mailbox
from web.site import Site
from web.store import assistants, jobs, links, people, proposals
from web.store import seats as kept_seats

LINK_LASTS = timedelta(minutes=20)

#: Links that one person is sent within `LINK_LASTS`; more requests are taken and nothing is sent.
MOST_LINKS = 3


def members(site: Site, person_id: int) -> tuple[Member, ...]:
    """What a person is, programme by programme; then whom they act for, and last themself there."""
    with site.store.reading() as connection:
        today = site.now().date()
        own = people.members(connection, person_id=person_id, present_on=today)
        person = people.refs(connection, [person_id]).get(person_id)
        acting = assistants.members(connection, person, today) if person else []
    known = {each.programme_id for each in own}
    bare = {each.programme_id: assistants.as_themself(each) for each in acting}
    return (*own, *acting, *(each for key, each in bare.items() if key not in known))


def still_signed_in(site: Site, person_id: int, since: datetime) -> bool:
    """Does a sign-in from that moment still count?"""
    with site.store.reading() as connection:
        ended = people.signed_out_at(connection, person_id)
    return ended is None or since > ended


def sign_out(site: Site, person_id: int, now: datetime) -> None:
    """End every sign-in of a person, on all their devices."""
    with site.store.writing() as connection:
        people.sign_out_everywhere(connection, person_id, now)
        audit.note(connection, now, person_id, "sign_in.end")


def end_of_leavers(connection: Connection, now: datetime) -> None:
    """End the sign-ins of those whose leaving has taken effect, so that coming back is signing in anew."""
    for person_id in people.leavers_signed_in(connection, now.date()):
        end_without_way_in(connection, person_id, now)


def end_without_way_in(connection: Connection, person_id: int, now: datetime) -> None:
    """End the sign-ins of somebody who may not come in any more; nothing for everybody else."""
    if not may_come_in(connection, person_id, now):
        people.sign_out_everywhere(connection, person_id, now)
        audit.note(connection, now, None, "sign_in.end", subject_id=person_id)


def request_link(site: Site, email: str, now: datetime) -> None:
    """Have a one-time link mailed if the address is known. Says nothing either way.

    It owes the same piece of work for every address, so that how long it takes says nothing either. Of an
    address that nobody has, nothing is kept.
    """
    try:
        known_as = mailbox(email)
    except ValueError:
        return
    with site.store.writing() as connection:
        person = people.by_email(connection, known_as)
        job_id = jobs.add(connection, "sign_in_link", {"person_id": person.id if person else None}, now)
    site.queue.tell(job_id)


def mail_link(site: Site, person_id: int | None) -> None:
    """The background job: make the link and owe its mail; None: nobody has the address."""
    now = site.now()
    if person_id is None:
        return
    with site.store.writing() as connection:
        if not may_come_in(connection, person_id, now):
            return
        if links.made_since(connection, "sign_in", person_id, now - LINK_LASTS) >= MOST_LINKS:
            return
        person = people.refs(connection, [person_id])[person_id]
        link_id = links.add(connection, "sign_in", person_id, now, now + LINK_LASTS)
        minutes = int(LINK_LASTS.total_seconds()) // 60
        outbox.sign_in(connection, site, person, link_id, minutes, now)
    outbox.wake(site, now)


def open_sign_in(site: Site, token: str, now: datetime) -> PersonRef:
    """Whom a link signs in; changes nothing."""
    with site.store.reading() as connection:
        link = _usable(connection, site, token, now)
        return people.refs(connection, [link.person_id])[link.person_id]


def sign_in(site: Site, token: str, now: datetime) -> int:
    """Use a link up; the person's id."""
    with site.store.writing() as connection:
        link = _usable(connection, site, token, now)
        if not links.use(connection, link.id, now):
            raise Refused("This link has been used already. Ask for a new one.")
        audit.note(connection, now, link.person_id, "sign_in.by_link")
        return link.person_id


def demo_people(site: Site) -> tuple[Member, ...]:
    """In demo mode: a senior with a day to decide, a junior with a session and seats to book, an admin."""
    if not site.config.site.demo:
        raise NotFound
    with site.store.reading() as connection:
        admins = people.members(connection, role="admin")
        seniors = people.members(connection, role="senior")
        juniors = people.members(connection, role="junior")
        asked = proposals.asked(connection)
        seated = kept_seats.seated(connection, site.now())
    chosen = [_first(seniors, asked), _with_seats_to_book(site, juniors, seated), _first(admins, set())]
    return tuple(member for member in chosen if member is not None)


def _with_seats_to_book(site: Site, juniors: list[Member], seated: set[int]) -> Member | None:
    coming = [member for member in juniors if member.person.id in seated]
    bookable = (member for member in coming if seats.open_sessions(site, member, site.now()))
    return next(bookable, None) or _first(juniors, seated)


def _first(members: list[Member], preferred: set[int]) -> Member | None:
    return next((m for m in members if m.person.id in preferred), next(iter(members), None))


def _usable(connection: Connection, site: Site, token: str, now: datetime) -> links.Link:
    link_id = outbox.signer(site).link_id(token)
    link = links.one(connection, link_id, "sign_in") if link_id else None
    if link is None:
        raise NotFound
    if link.used_at is not None:
        raise Refused("This link has been used already. Ask for a new one.")
    if link.expires_at <= now:
        raise Refused("This link has run out. Ask for a new one.")
    if not may_come_in(connection, link.person_id, now):
        raise Refused(
            "You take part in no programme here now, so this link does not sign you in. If you should, "
            "please ask whoever runs yours."
        )
    return link
