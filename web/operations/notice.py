"""Before a calendar is first read its owner is told; whoever would rather not is left alone.

A notice is a mail in plain words: what is read and kept, what the granted permission could read besides,
whom to ask, and a link that says no. Only `privacy.notice_hours` after it the calendar is read for the first
time (`may_be_read`), and only if the mail has left. Who by an admin's word was told some other way need not
wait for these hours, only for the mail (`tell_otherwise`). Another calendar is another matter: its owner is
told anew. Where a calendar system grants more than it did, everybody in it is told, and reading goes on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection

from connectors.base import ConnectorError, Permission
from connectors.permissions import granted
from web import notify, words
from web.config import ORGANIZER_KINDS, Config, connector_settings
from web.errors import NotFound, Refused
from web.operations import audit, outbox, what_is_read
from web.operations.access import need_role
from web.operations.connections import NAMES, organizer_at
from web.records import Member, PersonRef, SaidKnownRecord
from web.site import Site
from web.store import access, links, notices, people
from web.store import calendars as kept

#: Notices owed in one transaction.
BATCH = 200

#: How long the link in a notice says no; after that, the page does.
LINK_LASTS = timedelta(days=400)


# --- telling -------------------------------------------------------------------------------------


def tell(site: Site, now: datetime) -> int:
    """Owe a notice to everybody who has a calendar and has had none; how many. In the demo nobody is told:
    its people are made up."""
    told = 0
    only_known = not can_tell(site.config)
    while True:
        with site.store.reading() as connection:
            if not notices.untold(connection, 1, only_known=only_known):
                break
        with site.store.writing() as connection:
            told += _tell_some(connection, site, only_known, now)
    if told:
        outbox.wake(site, now)
    return told


def can_tell(config: Config) -> bool:
    """Does a notice reach its reader, where it has to come hours before the reading?

    While mails go into a folder, or all to one address, nobody is told by them, so nobody is read for them.
    """
    return config.site.demo or not notice_time(config) or config.mail.reaches_people


def _tell_some(connection: Connection, site: Site, only_known: bool, now: datetime) -> int:
    untold = notices.untold(connection, BATCH, only_known=only_known)
    ids = [each.person.id for each in untold]
    notices.note_told(connection, ids, now)
    if site.config.site.demo:
        return 0
    asked = notices.admins_of(connection, ids)
    kinds = {each.calendar.partition(":")[0] for each in untold}
    could = {kind: what_is_read.permissions(site, connection, kind)[0] for kind in kinds}
    for each in untold:
        kind = each.calendar.partition(":")[0]
        letter = notify.NoticeLetter(
            link=links.add(connection, "opt_out", each.person.id, now, now + LINK_LASTS),
            system=NAMES.get(kind, kind),
            could_read=tuple(one.could_read for one in could[kind]),
            admins=asked.get(each.person.id, ()),
            read_from=now if each.said else now + notice_time(site.config),
            is_known=each.said is not None,
            said_by=each.said.by if each.said else None,
        )
        outbox.give_notice(connection, site, each.person, letter, now)
    return len(untold)


def notice_time(config: Config) -> timedelta:
    return timedelta(hours=config.privacy.notice_hours)


def may_be_read(config: Config, now: datetime) -> ColumnElement[bool]:
    """Whose calendar may be read now: a condition on `person`."""
    return notices.told(now - notice_time(config), sent=bool(notice_time(config)))


def not_read(connection: Connection, config: Config, now: datetime) -> Iterator[tuple[str, bool]]:
    """Whose calendars are left alone and why, a sentence each; and does that wait for somebody to act?"""
    found = notices.waiting(connection, now - notice_time(config), sent=bool(notice_time(config)))
    if found.untold:
        many = words.counted(found.untold, "person waits", "people wait")
        how = (
            "officeday serve sends it"
            if can_tell(config)
            else "mails reach nobody: set mail.smtp_host, without mail.redirect_to"
        )
        yield f"{many} for the mail that tells what is read of their calendar ({how})", True
    if found.told_lately:
        many = words.counted(found.told_lately, "person was", "people were")
        yield f"{many} told too lately to be read yet (privacy.notice_hours)", False
    if found.refused:
        yield f"{words.counted(found.refused, 'person', 'people')} would rather not have theirs read", False


# --- told some other way -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class KnownAlready:
    """What an admin can say of their programme's people, and what was said."""

    waiting: int  #: calendars that are not read only because their owners were told too lately, or not yet
    unread: int  #: calendars of people who were said to know already, and that were not read yet
    said: tuple[SaidKnownRecord, ...]  #: the newest first
    notice_hours: int
    can_tell: bool  #: do mails reach whom they are for?


def known_already(site: Site, by: Member, now: datetime) -> KnownAlready:
    need_role(by, "admin")
    with site.store.reading() as connection:
        return KnownAlready(
            notices.waiting_for_hours(connection, by.programme_id, now - notice_time(site.config)),
            notices.said_and_unread(connection, by.programme_id),
            tuple(notices.said_in(connection, by.programme_id)),
            site.config.privacy.notice_hours,
            can_tell(site.config),
        )


def tell_otherwise(site: Site, by: Member, now: datetime) -> int:
    """An admin's word that everybody on their roster was told some other way what is read; of how many.

    Their calendars are read as soon as the mail has left that tells them, and names who said so. Holds for
    the calendars that are known now: who comes later, or gets another one, has the usual hours.

    Raises:
        Refused: nobody's calendar waits for these hours.
    """
    need_role(by, "admin")
    by_then = now - notice_time(site.config)
    with site.store.writing() as connection:
        many = notices.tell_otherwise(connection, by.programme_id, by_then, by.hand.id, now)
        if not many:
            raise Refused("Nobody’s calendar waits for the hours of notice any more.")
        audit.note(connection, now, by, "calendars.known_already", people=many)
    return many


def take_back(site: Site, by: Member, now: datetime) -> int:
    """Undo `tell_otherwise` of whoever's calendar was not read yet; of how many. They are told anew.

    Raises:
        Refused: there is nobody left.
    """
    need_role(by, "admin")
    with site.store.writing() as connection:
        many = notices.take_back(connection, by.programme_id)
        if not many:
            raise Refused("All these calendars have been read already. Whoever minds can say no at any time.")
        audit.note(connection, now, by, "calendars.take_back", people=many)
    return many


# --- when more is granted ------------------------------------------------------------------------


def note_access(site: Site, now: datetime) -> None:
    """Ask every configured system what it has granted, keep it for the page that tells staff, and tell
    them where it is more than they knew."""
    for kind in ORGANIZER_KINDS:
        if site.config.connectors.of_kind(kind) is None:
            continue
        problem, permissions = None, None
        try:
            settings = connector_settings(site.config)
            permissions = granted(kind, settings, organizer_at(site.config, kind))
        except ConnectorError as why:
            problem = str(why)
        with site.store.writing() as connection:
            known, _ = what_is_read.permissions(site, connection, kind)
            access.note(connection, kind, permissions, problem, now)
            opened, _ = what_is_read.permissions(site, connection, kind)
            if {one.name for one in opened} - {one.name for one in known}:
                _tell_again(connection, site, kind, opened, now)
    outbox.wake(site, now)


def _tell_again(
    connection: Connection, site: Site, kind: str, opened: Sequence[Permission], now: datetime
) -> None:
    told = [] if site.config.site.demo else notices.told_of(connection, kind)
    asked = notices.admins_of(connection, [person.id for person in told])
    for person in told:
        letter = notify.NoticeLetter(
            link=links.add(connection, "opt_out", person.id, now, now + LINK_LASTS),
            system=NAMES.get(kind, kind),
            could_read=tuple(one.could_read for one in opened),
            admins=asked.get(person.id, ()),
            read_from=None,
        )
        outbox.give_notice(connection, site, person, letter, now)


# --- saying no, and yes again --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OptOut:
    """What the link of a notice opens."""

    person: PersonRef
    refused: bool
    used: bool


def by_link(site: Site, token: str, now: datetime) -> OptOut:
    """Whose link it is; changes nothing.

    Raises:
        NotFound: it is none of ours.
        Refused: it has run out.
    """
    with site.store.reading() as connection:
        link = _link(connection, site, token, now)
        person = people.refs(connection, [link.person_id])[link.person_id]
        _, refused_at = notices.of_person(connection, person.id)
        return OptOut(person, refused_at is not None, link.used_at is not None)


def refuse_by_link(site: Site, token: str, now: datetime) -> None:
    """Say no from the mail, once. Saying it again, as mail programs may, changes nothing.

    Raises:
        NotFound: the link is none of ours.
        Refused: it has run out, or its owner changed their mind since.
    """
    with site.store.writing() as connection:
        link = _link(connection, site, token, now)
        _, refused_at = notices.of_person(connection, link.person_id)
        if not links.use(connection, link.id, now):
            if refused_at is None:
                raise Refused("This link has been used, and undone since. Sign in to change it.")
            return
        _refuse(connection, link.person_id, link.person_id, now)


def refuse(site: Site, by: Member, now: datetime) -> None:
    """Have one's own calendar never read again; what is known of it is dropped at once."""
    with site.store.writing() as connection:
        _refuse(connection, by.person.id, by, now)


def allow(site: Site, by: Member, now: datetime) -> None:
    """Undo `refuse`: the next reading comes as for everybody else."""
    with site.store.writing() as connection:
        if notices.allow(connection, by.person.id):
            audit.note(connection, now, by, "calendar.allow", subject_id=by.person.id)


def _refuse(connection: Connection, person_id: int, by: Member | int, now: datetime) -> None:
    if notices.refuse(connection, person_id, now):
        kept.forget(connection, kept.PEOPLE, [person_id])
        audit.note(connection, now, by, "calendar.refuse", subject_id=person_id)


def _link(connection: Connection, site: Site, token: str, now: datetime) -> links.Link:
    link_id = outbox.signer(site).link_id(token)
    link = links.one(connection, link_id, "opt_out") if link_id else None
    if link is None:
        raise NotFound
    if link.expires_at <= now:
        raise Refused("This link has run out. Sign in to say no on the page “What is read of my calendar”.")
    return link
