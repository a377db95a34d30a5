"""What a person would say of dates, ages, counts and sessions."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from planner.domain import SessionKind
from tests.web.made_up import JUNIORS, ONLINE_ONLY, PLANNING, PRIYA, RUN, proposal, session
from web import words
from web.records import InvitationsRecord, ProgressRecord

NOW = datetime(2027, 3, 5, 10, 0, tzinfo=UTC)


def test_a_day_is_spelled_out_and_names_its_year_only_where_that_is_another() -> None:
    assert words.long_day(date(2027, 3, 11)) == "Thursday 11 March"
    assert words.long_day(date(2027, 3, 11), date(2027, 1, 1)) == "Thursday 11 March"
    assert words.long_day(date(2028, 2, 29), date(2027, 12, 31)) == "Tuesday 29 February 2028"
    assert words.short_day(date(2027, 3, 11)) == "Thu 11 March"


def test_a_clock_time_is_that_of_the_zone() -> None:
    summer = datetime(2027, 7, 1, 8, 5, tzinfo=UTC)
    assert words.clock(summer, "Europe/London") == "9:05"
    assert words.clock(summer, "Asia/Kathmandu") == "13:50"
    assert words.stretch(summer, summer + timedelta(hours=2), "Europe/London") == "9:05–11:05"


@pytest.mark.parametrize(
    ("ahead", "said"),
    [
        (timedelta(hours=7), "today 17:00"),
        (timedelta(hours=31), "tomorrow 17:00"),
        (timedelta(days=4, hours=7), "Tuesday 17:00"),
        (timedelta(days=7, hours=7), "Friday 12 March, 17:00"),
        (timedelta(days=-1, hours=7), "Thursday 4 March, 17:00"),
    ],
)
def test_a_deadline_is_said_as_near_as_it_is(ahead: timedelta, said: str) -> None:
    assert words.deadline(NOW + ahead, NOW, "Europe/London") == said


@pytest.mark.parametrize(
    ("ago", "said"),
    [
        (timedelta(seconds=-30), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(minutes=59), "59 minutes ago"),
        (timedelta(hours=3), "3 hours ago"),
        (timedelta(days=1), "1 day ago"),
        (timedelta(days=1200), "1,200 days ago"),
    ],
)
def test_an_age_is_said_in_its_largest_unit(ago: timedelta, said: str) -> None:
    assert words.age(NOW - ago, NOW) == said


def test_lengths_and_counts_read_as_words() -> None:
    assert [words.duration(minutes) for minutes in (0, 45, 60, 90)] == [
        "0 min",
        "45 min",
        "1 h",
        "1 h 30 min",
    ]
    assert words.counted(1, "day") == "1 day"
    assert words.counted(1200, "mail") == "1,200 mails"
    assert words.counted_words(2, "person", "people") == "two people"
    assert words.counted_words(11, "session") == "11 sessions"
    assert words.listed([]) == ""
    assert words.listed(["Aisha"]) == "Aisha"
    assert words.listed(["Aisha", "Ben", "Chidi"]) == "Aisha, Ben and Chidi"


def test_a_session_is_named_for_who_reads_it() -> None:
    lunch = session(SessionKind.INDIVIDUAL_LUNCH, 12)
    assert words.session_name(lunch) == "Lunch with Farid Azizi"
    assert words.session_name(lunch, PRIYA) == "Lunch with Farid Azizi"
    assert words.session_name(lunch, JUNIORS[5]) == "Lunch with Priya Raman"
    together = session(SessionKind.GROUP_MENTORING, 12, juniors=JUNIORS)
    assert words.session_name(together) == "Group mentoring"
    assert words.session_name(together, JUNIORS[0]) == "Group mentoring with Priya Raman"


def test_a_lunch_that_nobody_has_joined_yet_still_has_a_name() -> None:
    assert words.session_name(session(SessionKind.INDIVIDUAL_LUNCH, 12, juniors=())) == "Lunch for two"


def test_every_kind_of_session_has_a_name() -> None:
    assert set(words.KINDS) == set(SessionKind)


def test_the_headline_says_what_the_day_costs() -> None:
    assert words.headline(proposal()) == "Thursday 11 March: four sessions, one trip"
    assert words.headline(proposal(already_in=True)) == "Thursday 11 March: four sessions, no extra trip"
    assert words.headline(ONLINE_ONLY) == "Tuesday 16 March: one online session, no trip"


def test_a_saving_is_claimed_only_where_there_is_one() -> None:
    assert words.saving(proposal()) == "Booked one by one these would take 3 days."
    assert words.saving(proposal(dates_one_by_one=(date(2027, 3, 9),))) == ""
    assert words.saving(ONLINE_ONLY) == ""


def test_several_days_are_summed_up_with_a_saving_only_where_there_is_one() -> None:
    two = [proposal(), proposal(16, day=date(2027, 3, 18), dates_one_by_one=(date(2027, 3, 19),))]
    assert words.days_headline([*two, ONLINE_ONLY]) == "Two office days instead of four, and one online"
    assert words.days_headline(two) == "Two office days instead of four"
    assert words.days_headline([ONLINE_ONLY, ONLINE_ONLY]) == "Two online days, no trip"
    cheap = [replace(each, dates_one_by_one=(each.day,)) for each in two]
    assert words.days_headline(cheap) == "Two office days"
    assert words.days_headline([*cheap, ONLINE_ONLY]) == "Two office days, and one online"


def test_days_on_which_a_senior_is_in_anyway_are_no_trips() -> None:
    anyway = proposal(16, day=date(2027, 3, 18), dates_one_by_one=(date(2027, 3, 19),), already_in=True)
    assert words.days_headline([proposal(), anyway]) == (
        "One office day instead of four, and one when you are in anyway"
    )
    assert words.days_headline([proposal(), anyway, ONLINE_ONLY]) == (
        "One office day instead of four, one when you are in anyway, and one online"
    )
    assert words.days_headline([anyway]) == "One day you are in anyway, no extra trip"
    assert (
        words.days_headline([anyway, ONLINE_ONLY])
        == "One day you are in anyway, and one online, no extra trip"
    )


def test_a_date_that_two_days_share_when_booked_one_by_one_counts_once() -> None:
    shared = [proposal(number) for number in (12, 16)]
    assert words.days_headline(shared) == "Two office days instead of three"


@pytest.mark.parametrize(
    ("sent", "waiting", "failed", "said"),
    [
        (8, 0, 0, "All 8 invitations sent."),
        (3, 5, 0, "3 of 8 invitations sent, the rest on their way."),
        (7, 0, 1, "1 invitation of 8 could not be delivered. Whoever runs your programme can see why."),
    ],
)
def test_how_far_invitations_have_come_is_a_sentence(sent: int, waiting: int, failed: int, said: str) -> None:
    assert words.invitations_say(InvitationsRecord(sent, waiting, failed)) == said


def test_a_bound_is_said_in_the_direction_that_is_better() -> None:
    assert words.level_says("senior_days", 44, 38) == "44 office days of seniors, at most 6 too many"
    assert words.level_says("reached", 44, 50) == "44 points of need met, at most 6 more possible"
    assert words.level_says("reached", 50, 50) == "50 points of need met: proved, no plan does better"
    assert words.level_says("placed", 7, None) == "7 sessions placed"


def test_a_run_says_what_it_is_at() -> None:
    assert words.run_headline(PLANNING) == "Planning: 44 office days of seniors, at most 6 too many"
    assert words.run_headline(replace(PLANNING, progress=ProgressRecord())) == "Planning …"
    assert words.run_headline(RUN) == "118 sessions on 41 office days"
    assert words.run_headline(replace(RUN, score={})) == "118 sessions planned"
    assert (
        words.run_headline(replace(RUN, sessions=1, standing=117))
        == "1 new session beside 117 that stand, on 41 office days in all"
    )


def test_closeness_is_one_only_when_value_and_bound_meet() -> None:
    assert words.closeness(ProgressRecord("placed", 5, None)) is None
    assert words.closeness(ProgressRecord("placed", 0, 0)) == 1
    assert words.closeness(ProgressRecord("placed", 5, 10)) == 0.5
    assert words.closeness(ProgressRecord("senior_days", 10, 5)) == 0.5
