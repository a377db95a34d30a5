"""`officeday busy`: what one calendar says of a window, as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import click

from connectors import Settings, open_connector, readings
from connectors.base import CalendarRequest, ConnectorError, Reading
from planner.domain import BusyKind, Interval
from web.cli.site import config_option, configured


@click.group()
def busy() -> None:
    """Read one calendar and print when its owner is busy.

    \b
    officeday busy ics team.ics --from 2026-03-01 --to 2026-04-01
    officeday busy ics https://example.org/feed.ics --from 2026-03-01 --to 2026-04-01 \\
        --timezone Europe/London
    officeday busy google ana@example.org --from 2026-03-01 --to 2026-04-01 --config config.toml
    """


def window_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The window to look at, and the zone of dates."""
    for option in (
        click.option(
            "--timezone",
            default="UTC",
            show_default=True,
            help="Rules dates given here, and floating and all-day times, unless the calendar names its own.",
        ),
        click.option("--to", "end", required=True, help="First moment that is not looked at any more."),
        click.option(
            "--from", "start", required=True, help="First moment: a date (its 00:00) or an instant."
        ),
    ):
        command = option(command)
    return command


@busy.command()
@click.argument("address", metavar="PATH_OR_URL")
@window_options
@click.option(
    "--allow-private",
    multiple=True,
    metavar="HOST",
    help="A host or network inside the house that may be read (may be given more than once).",
)
def ics(address: str, start: str, end: str, timezone: str, allow_private: tuple[str, ...]) -> None:
    """Read an iCalendar file, or an https or webcal address.

    Prints {"busy": [[start, end], …], "elsewhere": […], "unknown": […]} in UTC: merged, sorted,
    clipped to the window, the ends excluded. What could not be read is unknown, and why is said
    on standard error.

    \b
    officeday busy ics team.ics --from 2026-03-01 --to 2026-04-01 --timezone Europe/London
    """
    window = _window(start, end, timezone)
    _print(_read("ics", Settings(allow_private=allow_private), CalendarRequest(address, timezone), window))


def _command(kind: str, name: str, metavar: str, example: str) -> click.Command:
    @click.command(
        kind,
        short_help=f"Read a calendar of {name}.",
        help=f"""Read a calendar of {name}, as [connectors.{kind}] of the configuration file says.

        Needs nothing but that section and the files it names. Prints the same as `officeday busy ics`:
        what could not be read is unknown, and why is said on standard error.

        \b
        officeday busy {kind} {example} --from 2026-03-01 --to 2026-04-01 --config FILE
        """,
    )
    @click.argument("address", metavar=metavar)
    @window_options
    @config_option
    def run(address: str, start: str, end: str, timezone: str, config_file: Path | None) -> None:
        from web.config import connector_settings

        window = _window(start, end, timezone)
        settings = connector_settings(configured(config_file))
        _print(_read(kind, settings, CalendarRequest(address, timezone), window))

    return run


busy.add_command(_command("google", "Google Workspace", "MAILBOX", "ana@example.org"))
busy.add_command(_command("microsoft", "Microsoft 365", "MAILBOX", "ana@example.org"))
busy.add_command(_command("caldav", "a CalDAV server", "CALENDAR", "/ana/calendar/"))


def _read(kind: str, settings: Settings, request: CalendarRequest, window: Interval) -> Reading:
    try:
        connector = open_connector(kind, settings)
    except ConnectorError as why:
        raise click.UsageError(str(why)) from why
    (reading,) = readings(connector, [request], window, datetime.now(UTC), {})
    return reading


def _window(start: str, end: str, timezone: str) -> Interval:
    zone = _zone(timezone)
    first, last = _instant(start, zone, "--from"), _instant(end, zone, "--to")
    if first >= last:
        raise click.UsageError("--from must come before --to.")
    return Interval(first, last)


def _zone(name: str) -> ZoneInfo:
    if name not in available_timezones():
        raise click.BadParameter(
            f"{name!r} is no IANA time zone, such as Europe/London.", param_hint="--timezone"
        )
    return ZoneInfo(name)


def _instant(text: str, zone: tzinfo, option: str) -> datetime:
    """A date is its 00:00 in the zone; a time without an offset is the zone's, too."""
    try:
        moment = (
            datetime.fromisoformat(text)
            if len(text) > 10
            else datetime.combine(date.fromisoformat(text), time())
        )
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise click.BadParameter(
            f"{text!r} is neither a date (2026-03-01) nor an instant (2026-03-01T09:00:00Z).",
            param_hint=option,
        ) from None


def _print(reading: Reading) -> None:
    """The lists on standard output, what is wrong with them on standard error."""
    lists = {
        "busy": reading.marked(BusyKind.BUSY, BusyKind.TENTATIVE, BusyKind.AWAY),
        "elsewhere": reading.marked(BusyKind.ELSEWHERE),
        "unknown": reading.unknown,
    }
    click.echo(json.dumps({name: _pairs(intervals) for name, intervals in lists.items()}))
    if reading.reason is not None:
        click.echo(f"Unknown: {reading.reason}", err=True)
    for warning in reading.warnings:
        click.echo(f"Warning: {warning}", err=True)


def _pairs(intervals: Sequence[Interval]) -> list[list[str]]:
    return [[_utc(interval.start), _utc(interval.end)] for interval in intervals]


def _utc(moment: datetime) -> str:
    return moment.isoformat().removesuffix("+00:00") + "Z"
