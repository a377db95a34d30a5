"""Nobody's calendar is read as somebody else's, nor as a room's."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from tests.web.company import a_company, member, write_calendar
from tests.web.made_up import NOW
from web.errors import Misfilled
from web.operations import calendars, health, notice
from web.operations.roster import ImportReport, SheetOptions, import_sheet, import_text
from web.sheets.columns import ROOMS, SheetKind
from web.site import Site
from web.store import tables as t

PEOPLE_HEAD = "email,name,role,offices,timezone,calendar\n"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return a_company(tmp_path)


def by_file(site: Site, folder: Path, kind: SheetKind, text: str) -> ImportReport:
    file = folder / "sheet.csv"
    file.write_text(text, encoding="utf-8")
    return import_sheet(site, kind, file, NOW, programme="Mentoring")


def by_page(site: Site, kind: SheetKind, text: str) -> ImportReport:
    options = SheetOptions(over_own_choices=True)
    return import_text(site, kind, "sheet", text, options, member(site, "ada"), NOW, as_seen=None)


def person(name: str, calendar: str) -> str:
    return f"{name}@example.org,{name.title()},senior,london,Europe/London,{calendar}\n"


def rooms(park: str, email: str = "") -> str:
    return (
        "id,office,name,capacity,uses,shared,calendar,email\n"
        f"park,london,Park,8,meeting lunch,no,{park},{email}\n"
    )


def mistakes(caught: pytest.ExceptionInfo[Misfilled]) -> dict[str, str]:
    return dict(caught.value.mistakes)


# --- what a file may not say ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "calendar",
    [
        "google:Priya@Example.org",
        "microsoft:priya@example.org",
        "caldav:priya@example.org",
        "caldav:/principals/users/priya%40example.org/",
        "ics:https://calendar.google.com/calendar/ical/priya%40example.org/private-1f/basic.ics",
        "ics:calendars/priya.ics",
    ],
)
def test_a_room_does_not_get_a_persons_calendar(site, tmp_path, calendar):
    with pytest.raises(Misfilled) as caught:
        by_file(site, tmp_path, SheetKind.ROOMS, rooms(calendar))

    ((place, says),) = mistakes(caught).items()
    assert "2" in place and "calendar" in place
    assert "somebody else" in says and "the room's own calendar" in says


def test_a_room_whose_calendar_is_a_mailbox_is_invited_at_that_mailbox(site, tmp_path):
    with pytest.raises(Misfilled) as caught:
        by_file(site, tmp_path, SheetKind.ROOMS, rooms("google:lawyer@example.org", "park@example.org"))
    assert "park@example.org" in str(mistakes(caught))

    report = by_file(site, tmp_path, SheetKind.ROOMS, rooms("google:Park@example.org", "park@example.org"))

    assert report.changed == 1


def test_the_room_in_the_help_is_one_that_can_be_brought_in(site, tmp_path):
    example = {column.name: column.example for column in ROOMS}

    report = by_file(site, tmp_path, SheetKind.ROOMS, rooms(example["calendar"], example["email"]))

    assert report.changed == 1


def test_two_halves_of_a_room_may_have_one_calendar(site, tmp_path):
    text = (
        "id,office,name,capacity,uses,shared,calendar\n"
        "park,london,Park,8,meeting lunch,no,google:both@example.org\n"
        "hall,london,Hall,8,coworking,yes,google:both@example.org\n"
    )

    assert by_file(site, tmp_path, SheetKind.ROOMS, text).changed == 2


def test_every_calendar_of_somebody_else_in_a_file_is_named_at_once(site, tmp_path):
    rows = person("priya", "google:marek@example.org") + person("aisha", "ics:calendars/ben.ics")
    rows += person("new", "google:newer@example.org") + person("newer", "")

    with pytest.raises(Misfilled) as caught:
        by_file(site, tmp_path, SheetKind.PEOPLE, PEOPLE_HEAD + rows)

    said = mistakes(caught)
    assert len(said) == 3
    assert all("calendar" in place for place in said)
    assert "priya@example.org's own" in next(iter(said.values()))


def test_two_new_people_do_not_get_one_calendar(site, tmp_path):
    rows = person("one", "ics:https://x.example/a.ics") + person("two", "ics:webcal://X.example/a.ics#2")

    with pytest.raises(Misfilled) as caught:
        by_file(site, tmp_path, SheetKind.PEOPLE, PEOPLE_HEAD + rows)

    assert len(mistakes(caught)) == 2


def test_nobody_gets_the_calendar_of_a_room(site, tmp_path):
    by_file(site, tmp_path, SheetKind.ROOMS, rooms("google:park@example.org"))

    with pytest.raises(Misfilled):
        by_file(site, tmp_path, SheetKind.PEOPLE, PEOPLE_HEAD + person("priya", "google:park@example.org"))


@pytest.mark.parametrize("mailbox", ["ceo@example.org", "marek@example.org"])
def test_on_a_page_an_admin_takes_no_other_mailbox_than_a_persons_own(site, mailbox):
    with pytest.raises(Misfilled) as caught:
        by_page(
            site,
            SheetKind.PEOPLE,
            PEOPLE_HEAD + f"ada@example.org,Ada,admin,london,Europe/London,google:{mailbox}\n",
        )

    assert "ada@example.org" in str(mistakes(caught))
    own = "ada@example.org,Ada,admin,london,Europe/London,google:Ada@example.org\n"
    assert by_page(site, SheetKind.PEOPLE, PEOPLE_HEAD + own).changed == 1


def test_whoever_runs_it_may_give_an_alias_which_a_page_then_leaves(site, tmp_path):
    text = PEOPLE_HEAD + person("priya", "google:p.rao@example.org")

    assert by_file(site, tmp_path, SheetKind.PEOPLE, text).changed == 1
    assert by_page(site, SheetKind.PEOPLE, text).unchanged == 1


# --- what is kept already ------------------------------------------------------------------------


def kept_as(site: Site, table, key: str, value: str, calendar: str) -> None:
    with site.store.writing() as connection:
        connection.execute(update(table).where(table.c[key] == value).values(calendar=calendar))


def test_a_room_that_has_a_persons_calendar_is_left_unread_and_so_unknown(site, tmp_path):
    write_calendar(tmp_path, "priya", [(NOW + timedelta(days=4), NOW + timedelta(days=4, hours=2))])
    calendar = f"ics:{(tmp_path / 'calendars' / 'priya.ics').resolve()}"
    kept_as(site, t.room, "id", "park", calendar)
    notice.refuse(site, member(site, "priya"), NOW)

    calendars.sync(site, None, NOW)

    with site.store.reading() as connection:
        busy = connection.execute(select(t.room_busy_interval.c.kind)).scalars().all()
        reason = connection.execute(select(t.room_reading.c.reason)).scalar_one()
    assert busy == ["unknown"]
    assert "left unread" in reason and "import rooms" in reason


def test_a_calendar_of_somebody_else_is_left_unread_and_theirs_is_read(site, tmp_path):
    kept_as(site, t.person, "email", "ada@example.org", "google:priya@example.org")

    calendars.sync(site, None, NOW)

    with site.store.reading() as connection:
        query = select(t.person.c.email, t.reading.c.reason).join(
            t.reading, t.reading.c.person_id == t.person.c.id
        )
        reasons = dict(connection.execute(query).all())
    assert "left unread" in reasons.pop("ada@example.org")
    assert set(reasons.values()) == {None}


def test_the_findings_say_what_to_do_about_it(site, tmp_path):
    kept_as(site, t.room, "id", "park", "google:priya@example.org")
    calendars.sync(site, None, NOW)

    said = [str(each) for each in health.examine(site.config, None, NOW)]

    assert any("left unread" in each and "import rooms" in each for each in said)
