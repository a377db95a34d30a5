import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from connectors.base import CalendarRequest
from connectors.ics import IcsConnector, IcsSettings
from planner.domain import BusyKind, Interval
from planner.intervals import clip, merge
from tests.web.made_up import NOW
from web.demo import history, stage
from web.demo.calendars import Producer, write_calendar
from web.demo.company import calendar_files, make_company
from web.demo.diaries import AllDay, Diary, Shows, make_diary
from web.operations.roster import import_sheet
from web.sheets.columns import SheetKind
from web.store import tables as t

TODAY = date(2027, 3, 4)
FIRST = date(2027, 3, 8)
DAYS = [FIRST + timedelta(days=n) for n in range(28) if n % 7 < 5]
WINDOW = Interval(datetime(2027, 3, 8, tzinfo=UTC), datetime(2027, 4, 5, tzinfo=UTC))


def times_of(diary: Diary, zone: str) -> tuple[Interval, ...]:
    """When a diary's owner is busy, worked out without a calendar file."""
    local = ZoneInfo(zone)

    def interval(start: datetime, minutes: int) -> Interval:
        begin = start.replace(tzinfo=local)
        end = (start + timedelta(minutes=minutes)).replace(tzinfo=local)
        return Interval(begin.astimezone(UTC), end.astimezone(UTC))

    busy = []
    for meeting in diary.weekly:
        moved = dict(meeting.moved)
        day = meeting.first
        while day.date() <= DAYS[-1]:
            gone = day.date() in (*meeting.skipped, *meeting.called_off)
            if not gone:
                busy.append(interval(moved.get(day.date(), day), meeting.minutes))
            day += timedelta(weeks=1)
    busy += [interval(one.start, one.minutes) for one in diary.appointments]
    for entry in diary.all_day:
        if entry.shows is Shows.AWAY:
            start = datetime.combine(entry.first, datetime.min.time(), local)
            end = datetime.combine(entry.last + timedelta(days=1), datetime.min.time(), local)
            busy.append(Interval(start.astimezone(UTC), end.astimezone(UTC)))
    return clip(merge(busy), WINDOW)


@pytest.mark.parametrize("producer", Producer, ids=lambda one: one.name.lower())
@pytest.mark.parametrize("zone", ["Europe/London", "America/New_York"])
def test_a_calendar_file_says_what_the_diary_says(tmp_path, producer, zone):
    diaries = [make_diary(Random(seed), DAYS, 0.5) for seed in range(4)]
    files = [tmp_path / f"{n}.ics" for n in range(len(diaries))]
    for file, diary in zip(files, diaries, strict=True):
        file.write_bytes(write_calendar(diary, producer, zone, "ana@example.com", NOW))
    requests = [CalendarRequest(str(file), zone) for file in files]

    read = {one.address: one for one in IcsConnector(IcsSettings()).read(requests, WINDOW, NOW, {})}

    for file, diary in zip(files, diaries, strict=True):
        said = read[str(file)]
        assert said.reason is None
        assert said.marked(BusyKind.BUSY, BusyKind.TENTATIVE, BusyKind.AWAY) == times_of(diary, zone)


def test_outlook_says_where_somebody_works(tmp_path):
    diary = Diary(all_day=[AllDay("Working from home", DAYS[0], DAYS[0], Shows.ELSEWHERE)])
    file = tmp_path / "a.ics"
    file.write_bytes(write_calendar(diary, Producer.OUTLOOK, "Europe/London", "ana@example.com", NOW))

    (said,) = IcsConnector(IcsSettings()).read([CalendarRequest(str(file), "Europe/London")], WINDOW, NOW, {})

    day = datetime(2027, 3, 8, tzinfo=UTC)
    assert (
        said.marked(*BusyKind) == said.marked(BusyKind.ELSEWHERE) == (Interval(day, day + timedelta(days=1)),)
    )


def contents(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_the_same_day_makes_the_same_company(tmp_path):
    make_company(tmp_path / "a", TODAY)
    make_company(tmp_path / "b", TODAY)

    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def test_the_company_is_imported_as_any_other_and_only_once(site, tmp_path):
    company = make_company(tmp_path, TODAY)
    counts = {SheetKind.OFFICES: 2, SheetKind.ROOMS: 8, SheetKind.PEOPLE: 121}

    for kind, count in counts.items():
        report = import_sheet(site, kind, company.sheet(kind), NOW)
        assert (report.new, report.changed) == (count, 0)
        assert not any(line.note for line in report.lines)
    for kind in counts:
        assert import_sheet(site, kind, company.sheet(kind), NOW).lines == ()


def test_everybody_has_an_address_that_any_mail_server_takes(tmp_path):
    emails = [member.email for member in make_company(tmp_path, TODAY).members]

    assert len(set(emails)) == 121
    assert all(re.fullmatch(r"[a-z.-]+@example\.com", email) for email in emails)


@pytest.mark.parametrize("today", [date(2027, 3, 7), date(2027, 3, 8), date(2028, 2, 28)])
def test_the_window_begins_on_the_monday_after_today(tmp_path, today):
    company = make_company(tmp_path, today)

    assert company.first_day.weekday() == 0
    assert timedelta(0) < company.first_day - today <= timedelta(days=7)
    assert company.last_day - company.first_day == timedelta(days=25)


def test_one_calendar_is_cut_off_and_others_are_read(tmp_path):
    company = make_company(tmp_path, TODAY)
    last = calendar_files(tmp_path / "calendars")[-6:]
    requests = [CalendarRequest(str(file), "Europe/London") for file in last]

    unread = [one for one in IcsConnector(IcsSettings()).read(requests, WINDOW, NOW, {}) if one.reason]

    assert len(requests) == 6
    assert [Path(one.address).stem.replace(".", " ").title() for one in unread] == [company.broken]
    assert unread[0].unknown == (WINDOW,)


def test_own_calendars_go_to_the_seniors_first(tmp_path):
    own = tmp_path / "own"
    own.mkdir()
    for n in range(14):
        (own / f"{n:02}.ics").write_text("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n")
    (own / "readme.txt").write_text("no calendar")

    company = make_company(tmp_path / "demo", TODAY, for_everybody=calendar_files(own))

    with_own = [member for member in company.members if "/own/" in member.row["calendar"]]
    assert [member.role for member in with_own] == ["senior"] * 12 + ["junior"] * 2
    assert company.own_calendars == 14
    assert contents(own)["00.ics"] == b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"


@pytest.mark.slow
@pytest.mark.parametrize("limit", [1, 3])
def test_whoever_meets_their_own_limit_the_months_are_lived_through(site, tmp_path, monkeypatch, limit):
    """On another machine the same seconds find other plans, in which other people meet theirs."""
    monkeypatch.setattr(history, "SECONDS", 0.01)
    company = make_company(tmp_path / "made", TODAY)
    list(stage.bring_in(site, company))
    with site.store.writing() as connection:
        connection.execute(update(t.person).values(max_sessions=limit))

    assert history.live_through(site, company) > 50
