"""Private addresses of calendars: nobody finds them in the database, and whoever may have them does."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select, update

from connectors.sealed import Seal
from tests.web.company import a_company, member
from tests.web.databases import of_files
from tests.web.made_up import NOW
from web.config import secret_key
from web.operations import calendars, exports, keys, own_data
from web.sheets.columns import SheetKind
from web.site import Site, open_site
from web.store import Store, calendar_addresses
from web.store import tables as t
from web.store.sealing import CalendarAddress

TOKEN = "private-0123456789abcdef"
OF_PRIYA = f"ics:https://calendar.example.com/priya/{TOKEN}/basic.ics"
OF_A_ROOM = f"ics:webcal://calendar.example.com/room/{TOKEN}/basic.ics"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A company in which a senior and a room have calendars with private addresses."""
    site = a_company(tmp_path)
    with site.store.writing() as connection:
        connection.execute(
            update(t.person).where(t.person.c.email.startswith("priya")).values(calendar=OF_PRIYA)
        )
        connection.execute(update(t.room).where(t.room.c.id == _a_room(site)).values(calendar=OF_A_ROOM))
    return site


def _a_room(site: Site) -> str:
    with site.store.reading() as connection:
        return str(connection.scalars(select(t.room.c.id).order_by(t.room.c.id)).first())


def addresses(site: Site) -> set[str | None]:
    with site.store.reading() as connection:
        return {
            *connection.scalars(select(t.person.c.calendar)),
            *connection.scalars(select(t.room.c.calendar)),
        }


def kept(site: Site) -> list[str]:
    """Calendars as they lie in the database."""
    with site.store.reading() as connection:
        query = "SELECT calendar FROM person UNION ALL SELECT calendar FROM room"
        return [row[0] for row in connection.exec_driver_sql(query) if row[0]]


def files_with(site: Site, text: str) -> list[str]:
    site.store.close()
    return [
        file.name
        for file in site.config.folder.rglob("*")
        if file.is_file() and text.encode() in file.read_bytes()
    ]


def test_no_file_has_a_private_address(site: Site) -> None:
    assert {OF_PRIYA, OF_A_ROOM} <= addresses(site)
    assert files_with(site, TOKEN) == []


def test_files_and_mailboxes_stay_readable(site: Site) -> None:
    open_to_all = ["ics:calendars/ana.ics", "google:ana@example.com", "caldav:https://dav.example.com/ana/"]
    with site.store.writing() as connection:
        for address, person in zip(
            open_to_all, connection.scalars(select(t.person.c.id)).all(), strict=False
        ):
            connection.execute(update(t.person).where(t.person.c.id == person).values(calendar=address))

    assert set(open_to_all) <= set(kept(site))


def test_the_longest_address_fits_its_column() -> None:
    longest = "ics:https://calendar.example.com/" + "x" * 1967
    seal = Seal(["k" * 40])

    assert len(longest) == 2000
    assert len(f"ics:{seal.seal(longest[4:])}") <= CalendarAddress.impl.length


def test_its_owner_and_an_export_that_is_asked_for_have_it(site: Site) -> None:
    priya = member(site, "priya")

    assert OF_PRIYA in own_data.export_own(site, priya, NOW)
    assert OF_PRIYA in exports.sheet(site, SheetKind.PEOPLE, NOW, with_calendars=True).text


def reopened(site: Site) -> Site:
    site.store.close()
    return open_site(site.config, lambda: NOW)


def in_clear(site: Site) -> None:
    """As a program that sealed nothing left it."""
    store = Store(site.store.url)
    with store.writing() as connection:
        connection.execute(update(t.room).where(t.room.c.calendar.is_not(None)).values(calendar=OF_A_ROOM))
        connection.execute(
            update(t.person).where(t.person.c.email.startswith("priya")).values(calendar=OF_PRIYA)
        )
    store.close()


@of_files
def test_what_stood_in_clear_is_sealed_at_the_next_start_and_no_trace_is_left(site: Site) -> None:
    in_clear(site)
    assert files_with(site, TOKEN) == ["officeday.db"]

    site = reopened(site)

    assert {OF_PRIYA, OF_A_ROOM} <= addresses(site)
    assert files_with(site, TOKEN) == []


def test_another_key_seals_them_anew_and_the_old_one_opens_none(site: Site) -> None:
    old = secret_key(site.config)
    done = keys.rotate(site)

    assert done.made
    assert done.sealed >= 2
    assert {OF_PRIYA, OF_A_ROOM} <= addresses(site)
    assert addresses_with(site, [old]).isdisjoint({OF_PRIYA, OF_A_ROOM})
    keys.forget_older(site)
    assert {OF_PRIYA, OF_A_ROOM} <= addresses(reopened(site))


def addresses_with(site: Site, known: Collection[str]) -> set[str | None]:
    store = Store(site.store.url, Seal(list(known)))
    with store.reading() as connection:
        return set(connection.scalars(select(t.person.c.calendar)))


def test_a_change_of_key_that_was_killed_before_them_goes_on_with_no_new_key(site: Site) -> None:
    """The key is there, and nothing is sealed with it yet."""
    file = site.config.folder / "secret.key"
    file.write_text("n" * 48 + "\n" + file.read_text())

    done = keys.rotate(site)

    assert not done.made
    with site.store.reading() as connection:
        assert not calendar_addresses.any_not_newest(connection, Seal(["n" * 48]))


def test_with_a_key_that_is_lost_the_calendar_is_unknown_and_says_what_to_do(site: Site) -> None:
    site = replace(site, store=Store(site.store.url, Seal(["another key" * 4])))

    calendars.sync(site, [member(site, "priya").person.id], NOW)

    with site.store.reading() as connection:
        reason = connection.scalar(
            select(t.reading.c.reason).where(t.reading.c.person_id == member(site, "priya").person.id)
        )
    assert reason == calendars.LOCKED
    assert OF_PRIYA not in addresses(site)
    with site.store.writing() as connection:  # brought in again
        connection.execute(
            update(t.person).where(t.person.c.email.startswith("priya")).values(calendar=OF_PRIYA)
        )
    assert OF_PRIYA in addresses(site)
