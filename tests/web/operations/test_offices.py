"""Public holidays close offices by themselves; admins close and open days besides."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from tests.web.company import a_company, member
from tests.web.made_up import NOW
from tests.web.pages.persons import Person
from web import jobs
from web.errors import Misfilled, NotFound, Refused
from web.operations import holidays, offices
from web.operations.exports import sheet
from web.operations.roster import import_sheet
from web.pages import create_app
from web.records import Member
from web.sheets.columns import SheetKind
from web.site import Site
from web.store import reminders
from web.store import tables as t
from web.store.planning import Wanted, load_problem

GOOD_FRIDAY, EASTER_MONDAY, MAY_DAY = date(2027, 3, 26), date(2027, 3, 29), date(2027, 5, 3)
#: On which the company's co-working is agreed below.
WEDNESDAY = date(2027, 3, 10)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return a_company(tmp_path)


@pytest.fixture
def ada(site: Site) -> Member:
    return member(site, "ada")


def closed(site: Site) -> dict[date, Any]:
    c = t.office_closure
    with site.store.reading() as connection:
        return {row.day: row for row in connection.execute(select(c).order_by(c.c.day))}


def planned_closed(site: Site) -> frozenset[date]:
    """What the planner is told of the one office."""
    with site.store.reading() as connection:
        programme_id = connection.execute(select(t.programme.c.id)).scalars().first()
        assert programme_id is not None
        wanted = Wanted(programme_id, date(2027, 3, 22), date(2027, 5, 7), frozenset())
        (office,) = load_problem(connection, wanted).offices
    return office.closed


def test_holidays_close_an_office_for_the_coming_400_days_and_no_second_time(site: Site, ada: Member) -> None:
    changed = offices.choose_place(site, "london", "gb-eng", ada, NOW)

    days = closed(site)
    assert changed == len(days) == 11
    assert days[GOOD_FRIDAY].reason == "Good Friday"
    assert max(days) <= NOW.date() + holidays.AHEAD
    assert planned_closed(site) == {GOOD_FRIDAY, EASTER_MONDAY, MAY_DAY}
    with site.store.writing() as connection:
        assert holidays.bring_up_to_date(connection, NOW) == 0
    assert closed(site) == days


def test_another_place_brings_its_own_days_and_leaves_those_of_admins(site: Site, ada: Member) -> None:
    offices.choose_place(site, "london", "GB-ENG", ada, NOW)
    offices.close(site, "london", date(2027, 3, 30), date(2027, 3, 30), "Works", ada, NOW)

    offices.choose_place(site, "london", "GB-SCT", ada, NOW)

    days = closed(site)
    assert EASTER_MONDAY not in days
    assert days[date(2027, 8, 2)].reason == "Summer Bank Holiday"
    assert days[date(2027, 3, 30)].reason == "Works"
    offices.choose_place(site, "london", None, ada, NOW)
    assert list(closed(site)) == [date(2027, 3, 30)]


def test_holidays_that_are_over_stay_as_they_were(site: Site, ada: Member) -> None:
    offices.choose_place(site, "london", "GB-ENG", ada, NOW)
    later = NOW + timedelta(days=60)

    offices.choose_place(site, "london", None, ada, later)

    assert set(closed(site)) == {GOOD_FRIDAY, EASTER_MONDAY, MAY_DAY}


def test_a_place_that_is_none_is_told_and_changes_nothing(site: Site, ada: Member) -> None:
    with pytest.raises(Misfilled) as caught:
        offices.choose_place(site, "london", "GB-EN", ada, NOW)

    assert "did you mean GB-ENG (England)?" in caught.value.mistakes["place"]
    assert closed(site) == {}


def test_open_anyway_is_open_for_everybody_who_reads_it_and_stays_so(site: Site, ada: Member) -> None:
    offices.choose_place(site, "london", "GB-ENG", ada, NOW)

    offices.say_open(site, "london", EASTER_MONDAY, True, ada, NOW)
    with site.store.writing() as connection:
        holidays.bring_up_to_date(connection, NOW + timedelta(days=1))

    assert closed(site)[EASTER_MONDAY].open_anyway
    assert planned_closed(site) == {GOOD_FRIDAY, MAY_DAY}
    with site.store.reading() as connection:
        who = connection.execute(
            select(t.person.c.id).where(t.person.c.email == "priya@example.org")
        ).scalar_one()
        off = reminders.days_off(connection, [who], GOOD_FRIDAY, EASTER_MONDAY)[who]
    assert off == {GOOD_FRIDAY, date(2027, 3, 27), date(2027, 3, 28)}
    office = offices.one(site, "london", ada, NOW)
    assert EASTER_MONDAY not in offices.closed(office)
    assert sheet(site, SheetKind.OFFICES, NOW).text.count("2027-") == 0

    offices.say_open(site, "london", EASTER_MONDAY, False, ada, NOW)
    assert EASTER_MONDAY in planned_closed(site)


def test_only_a_holiday_can_be_open_anyway(site: Site, ada: Member) -> None:
    offices.close(site, "london", MAY_DAY, MAY_DAY, "Works", ada, NOW)

    with pytest.raises(NotFound):
        offices.say_open(site, "london", MAY_DAY, True, ada, NOW)
    with pytest.raises(NotFound):
        offices.say_open(site, "london", GOOD_FRIDAY, True, ada, NOW)


def test_a_range_is_closed_and_taken_back_and_a_holiday_in_it_closes_again(site: Site, ada: Member) -> None:
    new = offices.close(site, "london", date(2027, 3, 25), date(2027, 3, 30), "Works", ada, NOW)
    offices.choose_place(site, "london", "GB-ENG", ada, NOW)

    assert len(new) == 6
    assert closed(site)[GOOD_FRIDAY].reason == "Works"
    offices.reopen(site, "london", new, ada, NOW)
    assert set(planned_closed(site)) == {GOOD_FRIDAY, EASTER_MONDAY, MAY_DAY}
    assert offices.reopen(site, "london", new, ada, NOW) == 0


def test_closing_says_which_days_were_open_until_then(site: Site, ada: Member) -> None:
    offices.choose_place(site, "london", "GB-ENG", ada, NOW)

    new = offices.close(site, "london", GOOD_FRIDAY, date(2027, 3, 27), "Works", ada, NOW)

    assert new == (date(2027, 3, 27),)
    assert closed(site)[GOOD_FRIDAY].holiday


@pytest.mark.parametrize(
    ("first", "last", "reason", "field"),
    [
        (date(2027, 3, 4), date(2027, 3, 8), "", "first"),
        (date(2027, 3, 9), date(2027, 3, 8), "", "last"),
        (date(2027, 3, 9), date(2029, 3, 8), "", "last"),
        (date(2027, 3, 9), date(2027, 3, 9), "this; that", "reason"),
    ],
)
def test_days_that_make_no_sense_are_told(
    site: Site, ada: Member, first: date, last: date, reason: str, field: str
) -> None:
    with pytest.raises(Misfilled) as caught:
        offices.close(site, "london", first, last, reason, ada, NOW)

    assert list(caught.value.mistakes) == [field]
    assert closed(site) == {}


def test_what_is_closed_already_or_open_on_purpose_is_not_closed_once_more(site: Site, ada: Member) -> None:
    offices.choose_place(site, "london", "GB-ENG", ada, NOW)
    offices.say_open(site, "london", EASTER_MONDAY, True, ada, NOW)

    with pytest.raises(Refused, match="closed on all of these days already"):
        offices.close(site, "london", GOOD_FRIDAY, GOOD_FRIDAY, "", ada, NOW)
    with pytest.raises(Refused, match="open anyway"):
        offices.close(site, "london", date(2027, 3, 28), EASTER_MONDAY, "", ada, NOW)
    assert date(2027, 3, 28) not in closed(site)


def test_what_is_agreed_on_a_day_is_named_by_the_offices_own_clock(site: Site, ada: Member) -> None:
    s = t.session
    late = NOW.replace(day=10, hour=23, minute=30)  # the 11th is still to come in London's winter
    with site.store.writing() as connection:
        first = connection.execute(select(s.c.id).where(s.c.office_id == "london")).scalars().first()
        connection.execute(update(s).where(s.c.id == first).values(state="agreed", start=late))
        other = connection.execute(
            insert(t.programme).values(name="Other").returning(t.programme.c.id)
        ).scalar_one()
        like = dict(connection.execute(select(s).where(s.c.id == first)).mappings().one())
        connection.execute(insert(s).values(**{**like, "id": "theirs", "programme_id": other}))

    office = offices.one(site, "london", ada, NOW)
    then = offices.agreed_on(site, office, {WEDNESDAY}, ada, NOW)

    assert ([each.id for each in then.sessions], then.elsewhere, then.many) == ([first], 1, 2)
    assert offices.agreed_on(site, office, {WEDNESDAY + timedelta(days=1)}, ada, NOW).many == 0


def test_another_place_says_beforehand_which_days_it_closes(site: Site, ada: Member) -> None:
    offices.close(site, "london", GOOD_FRIDAY, GOOD_FRIDAY, "Works", ada, NOW)
    office = offices.one(site, "london", ada, NOW)

    days = offices.closed_by_holidays(office, "GB-ENG", NOW)

    assert EASTER_MONDAY in days
    assert GOOD_FRIDAY not in days
    assert offices.closed_by_holidays(office, None, NOW) == frozenset()


def test_a_place_of_which_little_is_known_says_so(site: Site, ada: Member) -> None:
    offices.choose_place(site, "london", "LK", ada, NOW.replace(year=2026))

    office = offices.one(site, "london", ada, NOW)
    assert offices.known_until(office, NOW.replace(year=2026)) == date(2026, 12, 31)
    assert offices.unknown_years(office, NOW) == (2027, 2028)
    assert offices.unknown_years(office, NOW.replace(year=2026)) == (2027,)
    offices.choose_place(site, "london", "GB", ada, NOW)
    assert offices.known_until(offices.one(site, "london", ada, NOW), NOW) is None
    assert offices.unknown_years(offices.one(site, "london", ada, NOW), NOW) == ()
    offices.choose_place(site, "london", None, ada, NOW)
    assert offices.unknown_years(offices.one(site, "london", ada, NOW), NOW) == ()


def test_choosing_such_a_place_says_so_on_the_page_and_in_an_import(site: Site, tmp_path: Path) -> None:
    page = Person(create_app(site), site, "ada")
    page.press("/admin/offices/london/holidays", "/admin/offices/london", place="LK")
    text = page.open("/admin/offices/london").text
    assert "No day changed by that. None are known for 2027 and 2028." in text
    assert "None are known for 2027 and 2028. Please close such days yourself." in text

    (tmp_path / "offices.csv").write_text(
        "id,name,timezone,holidays\ncolombo,Colombo,Asia/Colombo,LK\nberlin,Berlin,Europe/Berlin,DE-BE\n"
    )
    report = import_sheet(site, SheetKind.OFFICES, tmp_path / "offices.csv", NOW)
    assert [line.note for line in report.lines] == [
        "no public holidays of Sri Lanka are known for 2027 and 2028",
        "",
    ]


def test_an_import_brings_the_holidays_of_an_office_and_the_way_back(site: Site, tmp_path: Path) -> None:
    file = tmp_path / "offices.csv"
    file.write_text("id,name,timezone,holidays,closed\nlondon,London,Europe/London,gb-eng,2027-05-03 Works\n")

    import_sheet(site, SheetKind.OFFICES, file, NOW)

    assert planned_closed(site) == {GOOD_FRIDAY, EASTER_MONDAY, MAY_DAY}
    assert closed(site)[MAY_DAY].reason == "Works"
    exported = sheet(site, SheetKind.OFFICES, NOW).text
    assert "GB-ENG,2027-05-03 Works" in exported
    file.write_text(exported, newline="")
    assert import_sheet(site, SheetKind.OFFICES, file, NOW).lines == ()
    file.write_text("id,name,timezone,holidays\nlondon,London,Europe/London,UK\n")
    with pytest.raises(Misfilled) as caught:
        import_sheet(site, SheetKind.OFFICES, file, NOW)
    assert "did you mean GB" in caught.value.mistakes["offices.csv:2 holidays"]


def test_a_worker_brings_holidays_up_to_date_once_a_day(site: Site) -> None:
    with site.store.writing() as connection:
        connection.execute(update(t.office).values(holidays="GB-ENG"))

    holidays.wake(site, NOW)
    jobs.run_due(site)
    holidays.wake(site, NOW)

    assert len(closed(site)) == 11
    with site.store.reading() as connection:
        ran = connection.execute(select(t.job.c.state).where(t.job.c.kind == "holidays")).scalars().all()
    assert ran == ["done"]


def test_a_place_that_the_library_no_longer_has_keeps_its_days(site: Site, ada: Member) -> None:
    offices.choose_place(site, "london", "GB-ENG", ada, NOW)
    before = closed(site)
    with site.store.writing() as connection:
        connection.execute(update(t.office).values(holidays="ZZ"))
        assert holidays.bring_up_to_date(connection, NOW) == 0

    assert closed(site) == before


def test_who_changes_an_office_stands_in_the_audit_log(site: Site, ada: Member) -> None:
    offices.choose_place(site, "london", "GB-ENG", ada, NOW)

    entry = t.audit_entry
    with site.store.reading() as connection:
        row = connection.execute(select(entry).where(entry.c.action == "office.holidays")).one()
    assert (row.actor_id, row.object, row.details) == (ada.person.id, "office:london", {"days": 11})
