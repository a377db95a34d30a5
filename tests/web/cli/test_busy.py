"""`officeday busy`, as it is typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from web.cli import main

CALENDARS = Path(__file__).resolve().parents[2] / "calendars"


def busy(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["busy", *arguments])


def ics(name: str, *options: str, start: str = "2026-03-01", end: str = "2026-04-01") -> Result:
    return busy("ics", str(CALENDARS / name), "--from", start, "--to", end, *options)


def test_it_prints_three_lists_of_pairs_in_utc():
    result = ics("12-what-marks-time.ics", end="2026-03-09")

    assert result.exit_code == 0
    assert json.loads(result.stdout) == {
        "busy": [
            ["2026-03-05T09:00:00Z", "2026-03-05T10:00:00Z"],
            ["2026-03-06T09:00:00Z", "2026-03-06T10:00:00Z"],
            ["2026-03-07T09:00:00Z", "2026-03-07T10:00:00Z"],
            ["2026-03-08T09:00:00Z", "2026-03-08T10:00:00Z"],
        ],
        "elsewhere": [["2026-03-04T09:00:00Z", "2026-03-04T10:00:00Z"]],
        "unknown": [],
    }
    assert result.stderr == ""


def test_what_is_unknown_is_listed_and_why_goes_to_standard_error():
    result = ics("rules-nobody-can-follow.ics")

    assert result.exit_code == 0
    assert json.loads(result.stdout)["unknown"] == [["2026-03-10T09:00:00Z", "2026-04-01T00:00:00Z"]]
    assert result.stderr == "Unknown: line 4: an event repeats, but its rule cannot be followed\n"


def test_a_warning_goes_to_standard_error_too():
    result = ics("05-end-before-start.ics")

    assert json.loads(result.stdout)["unknown"] == []
    assert result.stderr.startswith("Warning: line 4: an event ends before it begins")


@pytest.mark.parametrize(
    "name", ["11-empty.ics", "11-login-page.ics", "11-cut-off.ics", "10-secondly.ics", "not-there.ics"]
)
def test_a_calendar_that_cannot_be_read_is_unknown_and_no_usage_error(name: str):
    result = ics(name)

    assert result.exit_code == 0
    assert json.loads(result.stdout) == {
        "busy": [],
        "elsewhere": [],
        "unknown": [["2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z"]],
    }
    assert result.stderr.startswith("Unknown: ")


def test_dates_begin_at_midnight_of_the_timezone():
    result = ics("11-empty.ics", "--timezone", "America/New_York", start="2026-03-07", end="2026-03-09")

    # summer time begins on the 8th
    assert json.loads(result.stdout)["unknown"] == [["2026-03-07T05:00:00Z", "2026-03-09T04:00:00Z"]]


def test_a_window_of_instants():
    result = ics(
        "11-empty.ics", "--timezone", "Asia/Tokyo", start="2026-03-07T09:00:00Z", end="2026-03-07T20:00"
    )

    assert json.loads(result.stdout)["unknown"] == [["2026-03-07T09:00:00Z", "2026-03-07T11:00:00Z"]]


def test_the_timezone_rules_days_of_a_file_that_names_none():
    result = ics("folds-cases-and-two-calendars.ics", "--timezone", "Europe/London")
    named = ics("04-utc-series-under-x-wr-timezone.ics", "--timezone", "Asia/Tokyo")

    assert json.loads(result.stdout)["busy"][1] == ["2026-03-03T15:00:00Z", "2026-03-04T15:00:00Z"]
    assert json.loads(named.stdout)["busy"][0] == ["2026-03-09T23:00:00Z", "2026-03-10T23:00:00Z"]


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["lotus", "a.ics", "--from", "2026-03-01", "--to", "2026-04-01"],
        ["ics", "--from", "2026-03-01", "--to", "2026-04-01"],
        ["ics", "a.ics", "--to", "2026-04-01"],
        ["ics", "a.ics", "--from", "2026-04-01", "--to", "2026-04-01"],
        ["ics", "a.ics", "--from", "2026-04-02", "--to", "2026-04-01"],
        ["ics", "a.ics", "--from", "soon", "--to", "2026-04-01"],
        ["ics", "a.ics", "--from", "2026-02-30", "--to", "2026-04-01"],
        ["ics", "a.ics", "--from", "2026-03-01", "--to", "2026-04-01", "--timezone", "Mars/Phobos"],
        ["ics", "a.ics", "--from", "2026-03-01", "--to", "2026-04-01", "--timezone", ""],
        ["ics", "a.ics", "--from", "2026-03-01", "--to", "2026-04-01", "--allow-private", "10.0.0.1/8"],
    ],
)
def test_a_mistake_in_what_was_typed_exits_2(arguments: list[str]):
    result = busy(*arguments)

    assert result.exit_code == 2
    assert "Usage:" in result.output


def test_an_address_inside_the_house_is_read_only_when_allowed():
    refused = busy("ics", "http://127.0.0.1:9/a.ics", "--from", "2026-03-01", "--to", "2026-03-02")
    allowed = busy(
        "ics",
        "http://127.0.0.1:9/a.ics",
        "--from",
        "2026-03-01",
        "--to",
        "2026-03-02",
        "--allow-private",
        "127.0.0.1",
    )

    assert "private network" in refused.stderr
    assert "cannot be reached" in allowed.stderr
    assert refused.exit_code == allowed.exit_code == 0


def test_help_shows_an_example():
    assert "officeday busy ics team.ics --from 2026-03-01" in busy("--help").output
    assert "--allow-private" in busy("ics", "--help").output
