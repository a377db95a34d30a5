"""The first admin of an installation, made by whoever runs it: nobody else can, and no page does.

It is also the way back in where no mail arrives yet, or the last admin's mailbox is gone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from web.clean_text import one_line
from web.errors import Misfilled
from web.operations import audit, erasure, outbox, signin
from web.operations.membership import NewPerson, as_imported
from web.operations.roster import FIRST_PROGRAMME
from web.operations.signin import LINK_LASTS
from web.records import PersonRef
from web.sheets.cells import mailbox, timezone
from web.site import Site
from web.store import cycle, links, membership, people, roster

ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class MadeAdmin:
    """Who runs which programme now, and how they get in."""

    person: PersonRef
    programme: str
    is_new: bool  #: they were no admin of it before
    made_programme: bool
    url: str | None  #: signs in once, until `lasts_until`; None: links are no way in here (sign_in.by_mail)
    lasts_until: datetime


def is_missing(site: Site) -> bool:
    """Has no programme an admin? Then nobody can sign in to begin."""
    with site.store.reading() as connection:
        return not people.has_role(connection, ADMIN)


def make_admin(
    site: Site, email: str, now: datetime, *, name: str = "", programme: str = "", zone: str = ""
) -> MadeAdmin:
    """Make somebody admin of a programme, which is made where there is none of that name; and a sign-in link.

    Done twice it changes nothing, and makes another link.

    Args:
        name: of who is not known yet; empty: what their address suggests.
        programme: may be left out while there is one at most.
        zone: IANA; of a person and a programme that are made here. Empty: UTC, until the guide names one.

    Raises:
        Misfilled: every mistake, by argument of the command.
    """
    with site.store.writing() as connection:
        address, zone, called = _checked(connection, site, email, zone, programme)
        programme_id, made_programme = _programme(connection, site, called, zone)
        person = _somebody(connection, programme_id, address, one_line(name), zone, now)
        is_new = _give_role(connection, programme_id, person, now)
        url = _link(connection, site, person, now) if site.config.sign_in.by_mail else None
        audit.note(
            connection,
            now,
            None,
            "membership.new_admin",
            subject_id=person.id,
            programme_id=programme_id,
            new=int(is_new),
        )
    return MadeAdmin(person, called, is_new, made_programme, url, now + LINK_LASTS)


def _programme(connection: Connection, site: Site, called: str, zone: str) -> tuple[int, bool]:
    """The id of the programme of a name; and was it made?"""
    known = roster.programmes(connection)
    if called in known:
        return known[called], False
    programme_id = roster.add_programme(connection, called, made_up=site.config.site.demo)
    cycle.keep(connection, programme_id, timezone=zone)
    return programme_id, True


def _somebody(
    connection: Connection, programme_id: int, address: str, name: str, zone: str, now: datetime
) -> PersonRef:
    """Who has an address; made, as an import would, where nobody has."""
    if (person := people.by_email(connection, address)) is not None:
        return person
    new = NewPerson(address, name or suggested_name(address), frozenset(), "", zone, invite=False)
    roster.write_people(connection, programme_id, {address: as_imported(new, zone, now)}, {})
    person_id = roster.person_ids(connection)[address]
    return people.refs(connection, [person_id])[person_id]


def suggested_name(address: str) -> str:
    """ "ada.lovelace@example.org" → "Ada Lovelace"."""
    local = address.partition("@")[0].partition("+")[0]
    parts = [part for part in local.replace("_", ".").split(".") if part]
    return " ".join(part[:1].upper() + part[1:] for part in parts) or address


def _checked(
    connection: Connection, site: Site, email: str, zone: str, programme: str
) -> tuple[str, str, str]:
    """Address, zone and the programme's name, in the form they are kept in."""
    mistakes: dict[str, str] = {}
    address, zone, called = email, zone or "UTC", one_line(programme)
    try:
        address = mailbox(email)
    except ValueError as why:
        mistakes["EMAIL"] = str(why)
    try:
        timezone(zone)
    except ValueError as why:
        mistakes["--timezone"] = f"{zone}: {why}"
    known = list(roster.programmes(connection))
    if not called and len(known) > 1:
        mistakes["--programme"] = f"say which one: {', '.join(known)}"
    if not mistakes and people.by_email(connection, address) is None and _was_erased(site, address):
        mistakes["EMAIL"] = "was erased; with their consent, import them again with --again first"
    if mistakes:
        raise Misfilled(mistakes)
    return address, zone, called or next(iter(known), FIRST_PROGRAMME)


def _was_erased(site: Site, address: str) -> bool:
    return erasure.file_of(site.config).exists() and erasure.tombstones(site.config).has(address)


def _give_role(connection: Connection, programme_id: int, person: PersonRef, now: datetime) -> bool:
    """False: they were an admin already. Who had left is back."""
    roles = membership.roles(connection, programme_id, person.id)
    row = membership.one(connection, programme_id, person.id)
    today = now.astimezone(ZoneInfo(person.timezone)).date()
    signin.end_of_leavers(connection, now)
    if row is None or row.joined is None or (row.left is not None and row.left <= today):
        membership.write_participation(connection, programme_id, person.id, {"joined": today, "left": None})
    if ADMIN in roles:
        return False
    membership.write_roles(connection, programme_id, person.id, roles | {ADMIN})
    return True


def _link(connection: Connection, site: Site, person: PersonRef, now: datetime) -> str:
    link_id = links.add(connection, "sign_in", person.id, now, now + LINK_LASTS)
    return outbox.signer(site).url("sign_in", link_id)
