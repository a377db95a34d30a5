"""Series against an expansion of our own that is slow and plain: dateutil on local times, day by day."""

# ruff: noqa: DTZ001 – local times have no zone on purpose

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.ics.calendar import read_calendar
from planner.domain import Interval
from planner.intervals import clip
from tests.connectors.ics.ical_text import a_calendar, an_event

WINDOW = Interval(datetime(2026, 2, 20, tzinfo=UTC), datetime(2026, 11, 10, tzinfo=UTC))
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo", "Asia/Tokyo"]
#: the rules of 2026 in zones that only the file describes
OWN = """BEGIN:VTIMEZONE
TZID:Our own
BEGIN:STANDARD
DTSTART:16010101T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE"""

days = st.lists(
    st.sampled_from(["MO", "TU", "WE", "TH", "FR", "SA", "SU"]), min_size=1, max_size=3, unique=True
)


@st.composite
def rules(draw: st.DrawFn) -> str:
    frequency = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY", "HOURLY"]))
    parts = [
        f"FREQ={frequency}",
        f"INTERVAL={draw(st.integers(5, 30) if frequency == 'HOURLY' else st.integers(1, 4))}",
    ]
    if frequency in ("WEEKLY", "DAILY") and draw(st.booleans()):
        parts.append("BYDAY=" + ",".join(draw(days)))
    if frequency == "MONTHLY":
        parts.append(
            draw(
                st.sampled_from(
                    [
                        "BYDAY=2TU",
                        "BYDAY=-1FR",
                        "BYMONTHDAY=-1",
                        "BYMONTHDAY=29,30,31",
                        "BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2",
                    ]
                )
            )
        )
    if frequency == "YEARLY":
        parts.append(
            draw(
                st.sampled_from(
                    ["BYMONTH=3,10;BYDAY=-1SU", "BYYEARDAY=-40", "BYWEEKNO=10;BYDAY=WE", "BYMONTH=6"]
                )
            )
        )
    parts.append(f"WKST={draw(st.sampled_from(['MO', 'SU']))}")
    return ";".join(parts + draw(st.sampled_from([[], [f"COUNT={draw(st.integers(1, 60))}"]])))


def expected(
    start: datetime, rule: str, zone: ZoneInfo, length: timedelta, excluded: set[datetime]
) -> list[Interval]:
    """Exact lengths (RFC 5545 §3.8.5.3), gaps by the offset before, folds by the first time (§3.3.5)."""
    starts = {
        start,
        *rrulestr(rule, dtstart=start).between(datetime(2020, 1, 1), datetime(2027, 1, 1), inc=True),
    }
    instants = [local.replace(tzinfo=zone).astimezone(UTC) for local in starts - excluded]
    return [Interval(instant, instant + length) for instant in instants]


@settings(max_examples=150, deadline=None)
@given(
    start=st.datetimes(datetime(2025, 6, 1), datetime(2026, 6, 1)).map(
        lambda moment: moment.replace(second=0, microsecond=0, fold=0)
    ),
    minutes=st.integers(1, 3000),
    zone=st.sampled_from(ZONES),
    rule=rules(),
    skipped=st.sets(st.integers(0, 20), max_size=4),
    last=st.none() | st.tuples(st.integers(0, 20), st.sampled_from(["utc", "local"])),
)
def test_a_series_is_where_a_plain_expansion_puts_it(
    start: datetime, minutes: int, zone: str, rule: str, skipped: set[int], last: tuple[int, str] | None
):
    found = list(rrulestr(rule, dtstart=start).between(start, datetime(2027, 1, 1), inc=True))[:21]
    if last is not None and len(found) > last[0] and "COUNT" not in rule:
        end = found[last[0]]
        in_utc = end.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
        written = f"{in_utc:%Y%m%dT%H%M%S}Z" if last[1] == "utc" else f"{end:%Y%m%dT%H%M%S}"
        ours, rule = f"{rule};UNTIL={written}", f"{rule};UNTIL={end:%Y%m%dT%H%M%S}"
    else:
        ours = rule
    excluded = {local for number, local in enumerate(found) if number in skipped}
    raw = a_calendar(
        an_event(
            f"DTSTART;TZID={zone}:{start:%Y%m%dT%H%M%S}",
            f"DURATION:PT{minutes}M",
            f"RRULE:{ours}",
            *(f"EXDATE;TZID={zone}:{local:%Y%m%dT%H%M%S}" for local in sorted(excluded)),
        )
    )

    contents = read_calendar(raw, "UTC", WINDOW)

    wanted = expected(start, rule, ZoneInfo(zone), timedelta(minutes=minutes), excluded)
    assert [b.interval for b in contents.busy] == list(clip(wanted, WINDOW))
    assert contents.unknown == ()


@settings(max_examples=60, deadline=None)
@given(
    start=st.dates(datetime(2025, 6, 1).date(), datetime(2026, 6, 1).date()),
    days_long=st.integers(1, 9),
    zone=st.sampled_from(ZONES),
    rule=rules().filter(lambda rule: "HOURLY" not in rule),
)
def test_days_run_from_midnight_to_midnight_of_the_clock(start, days_long, zone, rule):
    raw = a_calendar(
        an_event(
            f"DTSTART;VALUE=DATE:{start:%Y%m%d}",
            f"DTEND;VALUE=DATE:{start + timedelta(days=days_long):%Y%m%d}",
            f"RRULE:{rule}",
        )
    )

    contents = read_calendar(raw, zone, WINDOW)

    midnight = datetime(start.year, start.month, start.day)
    starts = {
        midnight,
        *rrulestr(rule, dtstart=midnight).between(datetime(2020, 1, 1), datetime(2027, 1, 1), inc=True),
    }
    ends = [(local, local + timedelta(days=days_long)) for local in starts]
    wanted = [Interval(*(at.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC) for at in pair)) for pair in ends]
    assert [b.interval for b in contents.busy] == list(clip(wanted, WINDOW))


@settings(max_examples=60, deadline=None)
@given(
    moment=st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31)).map(
        lambda m: m.replace(second=0, microsecond=0, fold=0)  # a time in a text knows no second one
    )
)
def test_a_vtimezone_of_the_file_agrees_with_the_zone_it_describes(moment: datetime):
    raw = a_calendar(OWN, an_event(f"DTSTART;TZID=Our own:{moment:%Y%m%dT%H%M%S}", "DURATION:PT1H"))
    window = Interval(datetime(2024, 1, 1, tzinfo=UTC), datetime(2029, 1, 1, tzinfo=UTC))

    contents = read_calendar(raw, "UTC", window)

    begins = moment.replace(tzinfo=ZoneInfo("Europe/Berlin")).astimezone(UTC)
    assert [b.interval for b in contents.busy] == [Interval(begins, begins + timedelta(hours=1))]
