"""One small calendar for every trap that real calendars are known to hold. Times are UTC."""

from __future__ import annotations

import pytest

from connectors.base import Unreadable
from connectors.ics.limits import LimitExceeded
from planner.domain import BusyKind
from tests.connectors.ics.ical_text import YEAR, a_calendar, an_event, busy, read, unknown


def test_a_bad_event_does_not_stop_the_good_one_beside_it():
    contents = read("01-bad-events-beside-a-good-one.ics")

    assert busy(contents) == ["03-03 09:00/10:00"]
    assert contents.warnings == ("line 4: an event has no readable time and was left out",)


def test_an_event_with_two_starts_is_unknown_at_both():
    contents = read("01-bad-events-beside-a-good-one.ics")

    assert unknown(contents) == ["03-05 09:00/10:00", "03-05 13:00/14:00"]
    assert contents.reason == "line 9: an event gives its start more than once"


def test_alarms_years_and_offsets_that_break_parsers_harm_nothing():
    assert busy(read("02-alarm-year-and-offset-that-break-parsers.ics")) == ["03-03 09:00/10:00"]


def test_labels_of_outlook_on_the_web_are_zones():
    contents = read("03-outlook-web-zone-labels.ics")

    assert busy(contents) == ["03-03 14:00/15:00", "03-04 08:00/09:00"]


def test_an_unknown_zone_makes_every_time_it_could_mean_unknown():
    contents = read("03-outlook-web-zone-labels.ics")

    # 12:00 to 13:00 somewhere between 14 hours east and 12 hours west
    assert unknown(contents) == ["03-09 22:00/03-11 01:00"]
    assert contents.reason == "line 16: an event is in a time zone that nobody knows"


def test_x_wr_timezone_rules_days_and_leaves_utc_series_alone():
    contents = read("04-utc-series-under-x-wr-timezone.ics", timezone="Asia/Tokyo")

    assert busy(contents) == ["03-09 23:00/03-10 23:00", "03-25 09:00/10:00"]


SUMMER_ONLY_IN_WORDS = """BEGIN:VTIMEZONE
TZID:Ours
BEGIN:STANDARD
DTSTART:19701025T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:19700329T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=when the sun shines
END:DAYLIGHT
END:VTIMEZONE"""


def test_a_vtimezone_of_which_half_cannot_be_read_is_no_zone():
    raw = a_calendar(SUMMER_ONLY_IN_WORDS, an_event("DTSTART;TZID=Ours:20260310T120000", "DURATION:PT1H"))

    assert unknown(read(raw)) == ["03-09 22:00/03-11 01:00"]


def test_a_vtimezone_without_a_name_rules_nothing():
    raw = a_calendar(
        SUMMER_ONLY_IN_WORDS.replace("TZID:Ours\n", ""), an_event("DTSTART:20260310T120000", "DURATION:PT1H")
    )

    assert busy(read(raw)) == ["03-10 11:00/12:00"]


def test_an_event_that_ends_before_it_begins_takes_no_time():
    contents = read("05-end-before-start.ics")

    assert busy(contents) == ["03-03 09:00/10:00"]
    assert unknown(contents) == []
    assert len(contents.warnings) == 2


def test_until_without_a_zone_is_local_and_a_bare_date_means_all_of_it():
    assert busy(read("06-until-without-zone.ics")) == [
        "03-03 03:00/04:00",
        "03-04 03:00/04:00",
        "03-05 03:00/04:00",
        "03-10 08:00/09:00",
        "03-11 08:00/09:00",
        "03-12 08:00/09:00",
    ]


def test_a_vtimezone_of_the_file_rules_names_that_say_little():
    # "Our, Place" is 5:30 ahead; EST has summer time by the file, and had begun on 8 March
    assert busy(read("07-label-with-own-vtimezone.ics")) == ["03-03 04:00/05:00", "03-10 13:00/14:00"]


def test_an_end_may_be_a_date_or_in_another_zone():
    assert busy(read("08-date-end-and-two-zones.ics")) == ["03-04 01:00/05:00", "03-10 09:00/16:00"]


def test_exrule_takes_starts_away_and_an_orphan_override_stands():
    assert busy(read("09-exrule-and-orphans.ics")) == [
        "03-03 09:00/10:00",
        "03-05 09:00/10:00",
        "03-11 09:00/10:00",
    ]


@pytest.mark.parametrize("name", ["secondly", "minutely-since-2001", "interval-0", "dense-by-lists"])
def test_rules_without_end_are_refused_at_once(name: str):
    with pytest.raises(LimitExceeded):
        read(f"10-{name}.ics")


def test_a_duration_of_two_million_years_lasts_to_the_end_of_the_window():
    assert busy(read("10-endless-duration.ics")) == ["03-03 09:00/10:00", "03-20 00:00/04-01 00:00"]


@pytest.mark.parametrize("name", ["login-page", "empty", "cut-off"])
def test_what_is_no_whole_calendar_is_not_read_as_free(name: str):
    with pytest.raises(Unreadable):
        read(f"11-{name}.ics")


def test_what_marks_time_and_what_does_not():
    contents = read("12-what-marks-time.ics")

    assert busy(contents, BusyKind.ELSEWHERE) == ["03-04 09:00/10:00"]
    assert busy(contents, BusyKind.AWAY) == ["03-05 09:00/10:00"]
    assert busy(contents, BusyKind.TENTATIVE) == ["03-06 09:00/10:00", "03-07 09:00/10:00"]
    assert busy(contents, BusyKind.BUSY) == [f"03-{day:02} 09:00/10:00" for day in (8, 9, 10)]


def test_free_busy_periods_go_by_their_type():
    contents = read("13-free-busy.ics")

    assert busy(contents, BusyKind.BUSY) == ["03-02 09:00/10:00", "03-02 11:00/11:30", "03-06 09:00/10:00"]
    assert busy(contents, BusyKind.AWAY) == ["03-04 09:00/10:00"]
    assert busy(contents, BusyKind.TENTATIVE) == ["03-05 09:00/10:00"]
    assert unknown(contents) == ["03-07 09:00/03-08 09:00"]


def test_time_outside_published_availability_is_away():
    assert busy(read("availability.ics"), BusyKind.AWAY) == [
        "03-01 23:00/03-02 08:00",
        "03-02 11:00/03-03 08:00",
        "03-03 11:00/23:00",
    ]


def test_a_series_is_thinned_moved_cancelled_and_split():
    assert busy(read("series-moved-split-cancelled.ics")) == [
        "03-02 08:00/09:00",
        "03-05 14:00/15:00",  # moved, by an override of another zone
        "03-07 08:00/09:00",
        "03-08 10:00/10:30",  # two hours later and half as long from here on
        "03-09 10:00/10:30",
        "03-12 16:00/18:00",  # an RDATE with a length of its own
    ]


def test_the_change_of_clocks():
    assert busy(read("across-the-change-of-clocks.ics", window=YEAR)) == [
        "03-27 01:30/01:45",
        "03-28 01:30/01:45",
        "03-28 11:00/03-29 10:00",  # P1D is 23 hours; within it 02:30, which is not there, is 03:30
        "03-30 00:30/00:45",
        "10-24 10:00/10-25 10:00",  # PT24H is 24 hours; within it the first of two 02:30
        "10-31 23:00/11-01 23:00",
    ]


def test_folds_cases_line_ends_and_several_calendars():
    assert busy(read("folds-cases-and-two-calendars.ics")) == ["03-03 09:00/10:00", "03-03 15:00/03-04 15:00"]


def test_our_own_sessions_are_nobodys_busy_time():
    assert busy(read("ours-and-theirs.ics")) == ["03-03 09:00/10:00"]


def test_a_rule_that_cannot_be_read_makes_what_follows_unknown():
    contents = read("rules-nobody-can-follow.ics")

    assert busy(contents) == ["03-03 09:00/10:00"]
    assert unknown(contents) == ["03-10 09:00/04-01 00:00"]
    assert contents.reason == "line 4: an event repeats, but its rule cannot be followed"


def test_a_uid_used_twice_hides_no_event_but_a_later_revision_replaces_the_first():
    assert busy(read("one-uid-for-two-events.ics")) == [
        "03-03 09:00/10:00",
        "03-04 09:00/10:00",
        "03-06 09:00/10:00",
    ]


def test_a_free_event_hides_no_busy_one_of_the_same_uid_and_time():
    times = ("DTSTART:20260303T090000Z", "DURATION:PT1H")

    assert busy(read(a_calendar(an_event(*times), an_event(*times, "TRANSP:TRANSPARENT")))) == [
        "03-03 09:00/10:00"
    ]


def one(*lines: str, timezone: str = "Europe/Berlin") -> list[str]:
    return busy(read(a_calendar(an_event(*lines)), timezone))


@pytest.mark.parametrize(
    "start",
    [
        "DTSTART;TZID=W. Europe Standard Time:20260303T100000",
        'DTSTART;TZID="W. Europe Standard Time":20260303T100000',
        "DTSTART;TZID=w. europe standard time:20260303T100000",
        "DTSTART;TZID=W. Europe Standard Time 1:20260303T100000",
        'DTSTART;TZID="Europe/Berlin:20260303T100000"',
        "DTSTART;VALUE=DATE-TIME;TZID=/mozilla.org/20070129_1/Europe/Berlin:20260303T100000",
        "DTSTART;TZID=/Europe/Berlin:20260303T100000",
        "DTSTART;TZID=GMT+01:00:20260303T100000",
        "DTSTART;TZID=Europe_Berlin:20260303T100000",
        "DTSTART;TZID=posix/Europe/Berlin:20260303T100000",
        'DTSTART;TZID="(UTC-05:00) Eastern Time (US and Canada)":20260303T040000',
        'DTSTART;TZID="Pacific Time (US & Canada), Tijuana":20260303T010000',
        "DTSTART;TZID=(UTC-03:00) Brasília:20260303T060000",
        "DTSTART;TZID=tzone://Microsoft/Utc:20260303T090000",
        "DTSTART;VALUE=DATE:20260303T100000",
        "DTSTART;TZID=UTC+1:20260303T100000",
        "DTSTART;TZID=Brussels, Copenhagen, Madrid, Paris:20260303T100000",
        "DTSTART:20260303T100000",
        "DTSTART:2026-03-03T10:00:00",
        "DTSTART:20260303T100000+0100",
        "DTSTART:20260303T0900Z",
        "DTSTART;TZID=Europe/Berlin:20260303T090000Z",
        "DTSTART:20260303T090000.000Z",
        "DTSTART:20260303T090000Z ",
    ],
)
def test_many_spellings_of_one_start(start: str):
    assert one(start, "DURATION:PT1H") == ["03-03 09:00/10:00"]


@pytest.mark.parametrize(
    "label, zone",
    [
        ("(UTC) Coordinated Universal Time", "UTC"),
        ("(UTC+00:00) Dublin, Edinburgh, Lisbon, London", "Europe/London"),
        ("(GMT) Greenwich Mean Time : Dublin, Edinburgh, Lisbon, London", "Europe/London"),
        ("(UTC+01:00) Belgrade, Bratislava, Budapest, Ljubljana, Prague", "Europe/Prague"),
        ("(UTC+02:00) Helsinki, Kyiv, Riga, Sofia, Tallinn, Vilnius", "Europe/Helsinki"),
        ("(UTC+03:00) Moscow, St. Petersburg", "Europe/Moscow"),
        ("(UTC+04:00) Abu Dhabi, Muscat", "Asia/Dubai"),
        ("(UTC+05:30) Chennai, Kolkata, Mumbai, New Delhi", "Asia/Kolkata"),
        ("(UTC+08:00) Beijing, Chongqing, Hong Kong, Urumqi", "Asia/Shanghai"),
        ("(UTC+08:00) Kuala Lumpur, Singapore", "Asia/Singapore"),
        ("(UTC+09:00) Osaka, Sapporo, Tokyo", "Asia/Tokyo"),
        ("(UTC+10:00) Canberra, Melbourne, Sydney", "Australia/Sydney"),
        ("(UTC+12:00) Auckland, Wellington", "Pacific/Auckland"),
        ("(UTC-03:30) Newfoundland", "America/St_Johns"),
        ("(UTC-06:00) Central Time (US & Canada)", "America/Chicago"),
        ("(UTC-06:00) Guadalajara, Mexico City, Monterrey", "America/Mexico_City"),
        ("(UTC-07:00) Arizona", "America/Phoenix"),
        ("(UTC-10:00) Hawaii", "Pacific/Honolulu"),
    ],
)
def test_labels_of_windows_mean_the_zone_of_their_cities(label: str, zone: str):
    for moment in ("20260303T100000", "20260703T100000"):
        by_label, by_name = (
            read(a_calendar(an_event(f'DTSTART;TZID="{name}":{moment}', "DURATION:PT1H")), window=YEAR)
            for name in (label, zone)
        )
        assert by_label == by_name
        assert by_label.busy and not by_label.unknown


def test_a_zone_name_that_leads_out_of_the_zone_folder_is_unknown():
    contents = read(a_calendar(an_event("DTSTART;TZID=../../../etc/passwd:20260303T100000", "DURATION:PT1H")))

    assert busy(contents) == []
    assert unknown(contents) == ["03-02 20:00/03-03 23:00"]


@pytest.mark.parametrize(
    "end", ["DTEND:soon", "DTEND:ends: soon", "DTEND;VALUE=DATE:20261399", "DURATION:long", "DTEND:"]
)
def test_an_end_that_cannot_be_read_makes_a_day_unknown(end: str):
    contents = read(a_calendar(an_event("DTSTART:20260303T090000Z", end)))

    assert busy(contents) == []
    assert unknown(contents) == ["03-03 09:00/03-04 09:00"]


def test_a_free_event_that_cannot_be_read_is_free():
    contents = read(a_calendar(an_event("TRANSP:TRANSPARENT", "DTSTART:20260303T090000Z", "DTEND:soon")))

    assert contents.busy == () and contents.unknown == ()


def test_no_end_is_a_day_for_a_date_and_nothing_for_a_time():
    assert one("DTSTART:20260303") == ["03-02 23:00/03-03 23:00"]
    assert one("DTSTART:20260303T090000Z") == []


def test_a_series_ends_by_count_and_skips_months_without_that_day():
    assert busy(
        read(
            a_calendar(an_event("DTSTART:20260131T090000Z", "DURATION:PT1H", "RRULE:FREQ=MONTHLY;COUNT=3")),
            window=YEAR,
        )
    ) == ["01-31 09:00/10:00", "03-31 09:00/10:00", "05-31 09:00/10:00"]


def test_a_count_below_one_means_no_end():
    assert len(one("DTSTART:20260301T090000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=-1")) == 31


def test_the_last_workday_and_the_start_of_the_week():
    assert one(
        "DTSTART:20260227T090000Z", "DURATION:PT1H", "RRULE:FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1"
    ) == ["03-31 09:00/10:00"]
    days = {
        start: one(
            "DTSTART:20260303T090000Z",
            "DURATION:PT1H",
            f"RRULE:FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST={start}",
        )
        for start in ("MO", "SU")
    }
    assert [text[:5] for text in days["MO"]] == ["03-03", "03-08", "03-17", "03-22"]
    assert [text[:5] for text in days["SU"]] == ["03-03", "03-15", "03-17", "03-29"]


def test_a_leap_day_comes_every_fourth_year():
    window = type(YEAR)(YEAR.start.replace(year=2025), YEAR.start.replace(year=2030))
    raw = a_calendar(an_event("DTSTART:20240229T090000Z", "DURATION:PT1H", "RRULE:FREQ=YEARLY"))

    assert busy(read(raw, window=window)) == ["02-29 09:00/10:00"]


def test_exceptions_of_other_kinds_still_hit_their_instance():
    assert one(
        "DTSTART;TZID=Europe/Berlin:20260302T100000",
        "DURATION:PT1H",
        "RRULE:FREQ=DAILY;COUNT=5",
        "EXDATE;VALUE=DATE:20260303",
        "EXDATE:20260304T090000Z",
        "EXDATE;TZID=America/New_York:20260305T040000",
    ) == ["03-02 09:00/10:00", "03-06 09:00/10:00"]


def test_a_time_among_the_exceptions_of_a_series_of_days_means_its_day():
    assert one("DTSTART;VALUE=DATE:20260302", "RRULE:FREQ=DAILY;COUNT=3", "EXDATE:20260303T000000Z") == [
        "03-01 23:00/03-02 23:00",
        "03-03 23:00/03-04 23:00",
    ]


def test_a_date_among_the_extra_dates_of_a_timed_series_takes_its_time_of_day():
    assert one(
        "DTSTART;TZID=Europe/Berlin:20260302T100000", "DURATION:PT1H", "RDATE;VALUE=DATE:20260305"
    ) == [
        "03-02 09:00/10:00",
        "03-05 09:00/10:00",
    ]


def test_extra_and_excluded_dates_of_an_unknown_zone_free_nothing():
    contents = read(
        a_calendar(
            an_event(
                "DTSTART:20260302T090000Z",
                "DURATION:PT1H",
                "RRULE:FREQ=DAILY;COUNT=2",
                "EXDATE;TZID=Nowhere:20260303T090000",
                "RDATE;TZID=Nowhere:20260310T120000",
            )
        )
    )

    assert busy(contents) == ["03-02 09:00/10:00", "03-03 09:00/10:00"]
    assert unknown(contents) == ["03-09 22:00/03-11 01:00"]


def test_an_override_moves_an_instance_into_the_window_and_another_out():
    raw = a_calendar(
        an_event("DTSTART:20260202T090000Z", "DURATION:PT1H", "RRULE:FREQ=MONTHLY;COUNT=3"),
        an_event("RECURRENCE-ID:20260202T090000Z", "DTSTART:20260320T090000Z", "DURATION:PT1H"),
        an_event("RECURRENCE-ID:20260302T090000Z", "DTSTART:20260502T090000Z", "DURATION:PT1H"),
    )

    assert busy(read(raw)) == ["03-20 09:00/10:00"]


def test_an_override_in_another_vcalendar_of_the_file_finds_its_series():
    raw = a_calendar(
        an_event("DTSTART:20260302T090000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=2")
    ) + a_calendar(an_event("RECURRENCE-ID:20260303T090000Z", "STATUS:CANCELLED"))

    assert busy(read(raw)) == ["03-02 09:00/10:00"]


def test_the_newest_revision_of_an_override_counts():
    raw = a_calendar(
        an_event("DTSTART:20260302T090000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=1"),
        an_event("RECURRENCE-ID:20260302T090000Z", "SEQUENCE:2", "DTSTART:20260302T150000Z", "DURATION:PT1H"),
        an_event("RECURRENCE-ID:20260302T090000Z", "SEQUENCE:1", "DTSTART:20260302T130000Z", "DURATION:PT1H"),
    )

    assert busy(read(raw)) == ["03-02 15:00/16:00"]


def test_a_cancelled_future_leaves_the_past():
    raw = a_calendar(
        an_event("DTSTART:20260302T090000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY"),
        an_event(
            "RECURRENCE-ID;RANGE=THISANDFUTURE:20260304T090000Z",
            "STATUS:CANCELLED",
            "DTSTART:20260304T090000Z",
        ),
    )

    assert busy(read(raw)) == ["03-02 09:00/10:00", "03-03 09:00/10:00"]


def test_a_series_keeps_its_clock_across_zones_of_its_window():
    assert one("DTSTART;TZID=Europe/London:20260327T090000", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=3") == [
        "03-27 09:00/10:00",
        "03-28 09:00/10:00",
        "03-29 08:00/09:00",
    ]


def test_missing_ends_of_events_are_forgiven_and_of_the_calendar_not():
    inner = an_event("DTSTART:20260303T090000Z", "DURATION:PT1H").removesuffix("END:VEVENT")

    assert busy(read(a_calendar(inner, inner.replace("0303", "0304").replace("UID:a", "UID:b")))) == [
        "03-03 09:00/10:00",
        "03-04 09:00/10:00",
    ]
    with pytest.raises(Unreadable, match="cut off"):
        read(a_calendar(inner).replace(b"END:VCALENDAR\n", b""))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "latin-1"])
def test_text_in_other_encodings(encoding: str):
    raw = a_calendar(an_event("DESCRIPTION:Übung", "DTSTART:20260303T090000Z", "DURATION:PT1H"))

    assert busy(read(raw.decode().encode(encoding))) == ["03-03 09:00/10:00"]


def test_line_separators_inside_a_title_end_no_line():
    raw = a_calendar(
        an_event("DESCRIPTION:a\u2028END:VEVENT\x0bb\x85c", "DTSTART:20260303T090000Z", "DURATION:PT1H")
    )

    assert busy(read(raw)) == ["03-03 09:00/10:00"]


def test_vcalendar_1_rules_are_unknown_and_not_free():
    contents = read(
        a_calendar(an_event("DTSTART:20260303T090000Z", "DTEND:20260303T100000Z", "RRULE:W1 MO TU #10"))
    )

    assert unknown(contents) == ["03-03 09:00/04-01 00:00"]


def test_titles_are_in_no_part_of_a_reading():
    for name in ("01-bad-events-beside-a-good-one.ics", "rules-nobody-can-follow.ics"):
        assert "Canary" not in repr(read(name))


def test_too_many_events_in_the_window_are_a_limit():
    raw = a_calendar(
        an_event(
            "DTSTART:20260101T000000Z",
            "DURATION:PT1M",
            "RRULE:FREQ=HOURLY;BYMINUTE=" + ",".join(map(str, range(0, 60, 2))),
        )
    )

    with pytest.raises(LimitExceeded, match="10000 events"):
        read(raw)
