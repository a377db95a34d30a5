"""Erasing somebody for good, and again where a backup brings them back.

What lies ahead of them is called off as when they leave (`departures`), in the same transaction in which
they go out of every table (`store.personal.erase`). Their number, and that sessions were held, stays. Mails
to them that have not left are dropped; others hear that a session falls, not who was erased. A tombstone,
written first, makes a site that opens a database with them in it forget them before anything else.
"""

from __future__ import annotations

import email
import logging
from collections.abc import Sequence
from datetime import datetime
from email.policy import default
from pathlib import Path

from sqlalchemy import Connection, make_url

from web.config import Config, seal_of
from web.errors import NotFound, Refused
from web.notify import NoteLetter
from web.operations import audit, departures, outbox
from web.operations.access import need_all_programmes, need_role
from web.records import Member, PersonRef
from web.site import Site
from web.store import erasures as kept
from web.store import membership, notices, people, personal
from web.tombstones import Tombstones

log = logging.getLogger(__name__)


def tombstones(config: Config) -> Tombstones:
    """Raises WrongKey: they were sealed with another secret."""
    return Tombstones(file_of(config), seal_of(config))


def file_of(config: Config) -> Path:
    """Where the erased are noted: as configured, else beside the database."""
    if config.privacy.erased_file is not None:
        return config.privacy.erased_file
    url = make_url(config.database.url)
    if url.get_backend_name() == "sqlite" and url.database:
        return Path(url.database).parent / "erased.txt"
    return config.folder / "erased.txt"


# --- asking for it -------------------------------------------------------------------------------


def ask(site: Site, by: Member, now: datetime) -> None:
    """Ask the admins of one's programmes to be erased; they get a mail, and see it on their page."""
    with site.store.writing() as connection:
        if not kept.ask(connection, by.person.id, now):
            return
        audit.note(connection, now, by, "person.ask_erasure", subject_id=by.person.id)
        asked = NoteLetter(
            headline=f"{by.person.name} asks to be erased",
            says=(
                "Everything kept of them goes, for good and out of backups that are brought back. Sessions "
                "ahead of them fall, as when somebody leaves.",
                "Their number, and that sessions were held, stays.",
            ),
            button="Look at it",
            path="/admin/erasures",
        )
        for admin in notices.admins_of(connection, [by.person.id]).get(by.person.id, ()):
            outbox.tell(connection, site, admin, None, asked, now)
    outbox.wake(site, now)


def withdraw(site: Site, by: Member, now: datetime) -> None:
    with site.store.writing() as connection:
        if kept.withdraw(connection, by.person.id):
            audit.note(connection, now, by, "person.withdraw_erasure", subject_id=by.person.id)


def asked(site: Site, by: Member) -> tuple[tuple[PersonRef, datetime], ...]:
    """Who of an admin's programme asks to be erased, and since when."""
    need_role(by, "admin")
    audit.look(site, by, "read.erasures")
    with site.store.reading() as connection:
        return tuple(kept.asking(connection, by.programme_id))


def one(site: Site, by: Member, person_id: int) -> PersonRef:
    """Somebody whom an admin may erase: of their own programme, and not themself."""
    need_role(by, "admin")
    with site.store.reading() as connection:
        return _member_of(connection, by, person_id)


def _member_of(connection: Connection, by: Member, person_id: int) -> PersonRef:
    row = membership.one(connection, by.programme_id, person_id)
    if row is None:
        raise NotFound
    return people.ref(row)


# --- doing it ------------------------------------------------------------------------------------


def erase_as_admin(site: Site, by: Member, person_id: int, now: datetime) -> None:
    """
    Raises:
        NotFound: not an admin, or nobody of their programme.
        Refused: nobody else could run a programme then, or they are in one that this admin does not run.
    """
    need_role(by, "admin")
    with site.store.writing() as connection:
        person = _member_of(connection, by, person_id)
        need_all_programmes(
            connection,
            by,
            person.id,
            now,
            "An admin of all their programmes can do it, and so can whoever runs officeday: "
            f"officeday erase-person {person.email}",
        )
        _erase(connection, site, person, by, now)
    _leave_nothing_behind(site, [person])
    outbox.wake(site, now)


def erase_by_address(site: Site, address: str, now: datetime) -> int:
    """For the command; the number that stays.

    Raises:
        NotFound: nobody has this address.
        Refused: as of `erase_as_admin`.
    """
    with site.store.writing() as connection:
        person = people.by_email(connection, address)
        if person is None:
            raise NotFound(f"nobody has the address {address}")
        _erase(connection, site, person, None, now)
    _leave_nothing_behind(site, [person])
    outbox.wake(site, now)
    return person.id


def _erase(connection: Connection, site: Site, person: PersonRef, by: Member | None, now: datetime) -> None:
    if kept.is_last_admin(connection, person.id):
        raise Refused("Nobody else can run one of their programmes. Make somebody else an admin there first.")
    tombstones(site.config).add(person.id, person.email)
    _take_out(connection, site, person.id, now)
    audit.note(connection, now, by, "person.erase", subject_id=person.id)


def _take_out(connection: Connection, site: Site, person_id: int, now: datetime) -> None:
    for programme_id in kept.programmes_of(connection, person_id):
        departures.depart(connection, site, programme_id, [person_id], now.date(), now)
    personal.erase(connection, person_id, now)


def forget_again(site: Site, now: datetime) -> int:
    """Erase whoever a backup has brought back, before anybody sees them; how many.

    Raises:
        WrongKey: who was erased cannot be told, for the site's secret is another one.
    """
    if not file_of(site.config).exists():
        return 0
    known = tombstones(site.config)
    with site.store.reading() as connection:
        numbers = known.among(kept.addresses(connection))
        back = list(people.refs(connection, numbers).values())
    if back:
        with site.store.writing() as connection:
            for person in back:
                _take_out(connection, site, person.id, now)
                audit.note(connection, now, None, "person.erase_again", subject_id=person.id)
        _leave_nothing_behind(site, back)
        log.warning("people who had been erased were in the database again, and are gone: %s", len(back))
    return len(back)


# --- leaving nothing behind ----------------------------------------------------------------------


def _leave_nothing_behind(site: Site, gone: Sequence[PersonRef]) -> None:
    """What a database keeps of rows that are gone, and mails in files that go to them or name them."""
    for file in site.config.mail.outbox_folder.glob("*.eml"):
        said = _said_in(file)
        if any(personal.mentions(said, person.name, person.email) for person in gone):
            file.unlink(missing_ok=True)
    site.store.compact()


def _said_in(file: Path) -> str:
    """All that a mail in a file says, its headers too."""
    message = email.message_from_bytes(file.read_bytes(), policy=default)
    said = [str(value) for value in message.values()]
    for part in message.walk():
        content = part.get_payload(decode=True)
        if isinstance(content, bytes):
            said.append(content.decode("utf-8", "replace"))
    return "\n".join(said)
