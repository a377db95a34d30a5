"""`officeday import`: offices, rooms, people and sessions from CSV files."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from web import words
from web.cli.site import at_work, config_option, tell
from web.errors import Misfilled
from web.operations.departures import Departed
from web.operations.roster import ImportedLine, ImportReport, import_sheet
from web.sheets import Column
from web.sheets.columns import SHEETS, SheetKind

_Run = TypeVar("_Run", bound=Callable[..., Any])

#: More are only counted.
MOST_NAMED = 50


@click.group(name="import")
def import_() -> None:
    """Bring in offices, rooms, people and sessions from CSV files.

    All of a file or nothing of it; who is there already is changed, the others stay as they are, and
    a file imported twice changes nothing. Import offices before rooms and people, sessions last.
    Who takes part and is not in a file of people is named; --no-longer-listed says what becomes of them.

    \b
    See what would happen:  officeday import people people.csv --dry-run
    The columns:            officeday import people --help
    """


class SheetCommand(click.Command):
    """Its `--help` lists the columns of the sheet, and a sample."""

    def __init__(self, *args: Any, columns: Sequence[Column], **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.columns = columns

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_options(ctx, formatter)
        with formatter.section(
            "Columns, in any order (* must be there; in brackets what an empty cell means)"
        ):
            formatter.write_dl(
                [(f"{column.name}{' *' * column.required}", column.about) for column in self.columns]
            )
        formatter.write_paragraph()
        formatter.write_text(
            "A column that the file does not have stays as it is for whoever is known already, and counts as "
            "empty for whoever is new."
        )
        formatter.write("\nA sample:\n\n")
        for line in _sample(self.columns):
            formatter.write(f"{line}\n")


def _sample(columns: Sequence[Column]) -> list[str]:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    used = [column for column in columns if column.example]
    writer.writerow(column.name for column in used)
    writer.writerow(column.example for column in used)
    return text.getvalue().splitlines()


def _command(kind: SheetKind) -> SheetCommand:
    @click.command(
        kind.value,
        cls=SheetCommand,
        columns=SHEETS[kind],
        help=f"Import {kind.value} from FILE.csv (UTF-8).",
    )
    @click.argument("file", type=click.Path(path_type=Path), metavar="FILE.csv")
    @click.option("--dry-run", is_flag=True, help="Say what would happen, and change nothing.")
    @click.option("--programme", metavar="NAME", help="Of which programme; not needed while there is one.")
    @_about_leavers(kind)
    @_about_own_choices(kind)
    @config_option
    def run(
        file: Path,
        dry_run: bool,
        programme: str | None,
        config_file: Path | None,
        no_longer_listed: str | None = None,
        over_own_choices: bool = False,
        again: bool = False,
    ) -> None:
        with at_work(config_file) as site:
            try:
                report = import_sheet(
                    site,
                    kind,
                    file,
                    site.now(),
                    programme=programme,
                    dry_run=dry_run,
                    no_longer_listed=no_longer_listed,
                    over_own_choices=over_own_choices,
                    again=again,
                )
            except Misfilled as error:
                tell(error.mistakes)
                count = len(error.mistakes)
                click.echo(f"{count:,} mistake{'s' * (count != 1)}; nothing was imported.", err=True)
                sys.exit(2)
        _say(file.name, report, dry_run, over_own_choices)
        _say_who_leaves(report, no_longer_listed)

    return run


def _about_leavers(kind: SheetKind) -> Callable[[_Run], _Run]:
    """The options that only people have."""
    if kind is not SheetKind.PEOPLE:
        return lambda run: run
    again = click.option("--again", is_flag=True, help="Let people in again who were erased, as they wish.")
    leavers = click.option(
        "--no-longer-listed",
        type=click.Choice(["pause", "leave"]),
        help="From today on, who takes part and does not stand in FILE pauses (until a file lists them "
        "again) or leaves; their sessions ahead are cancelled and everybody concerned is told. Without "
        "it they are only named, and nothing changes for them.",
    )
    return lambda run: leavers(again(run))


def _about_own_choices(kind: SheetKind) -> Callable[[_Run], _Run]:
    if kind is not SheetKind.PEOPLE:
        return lambda run: run
    return click.option(
        "--over-own-choices",
        is_flag=True,
        help="Let FILE go before what people set on their own pages; they are told by mail. Without it that "
        "stays as they set it, and what FILE says otherwise is only named.",
    )


def _say(file: str, report: ImportReport, dry_run: bool, over_own_choices: bool) -> None:
    for line in report.lines:
        if line.changes != ():
            click.echo(f"{file}:{line.line}: {_said(line)}")
        for own in line.own:
            verb = "over" if over_own_choices else "keep"
            click.echo(f"{file}:{line.line}: {verb} {line.key}: {own}")
        if line.note:
            click.echo(f"{file}:{line.line}: {line.key}: {line.note}", err=True)
    if not over_own_choices and any(line.own for line in report.lines):
        click.echo("What people set themselves stays; --over-own-choices lets the file go before it.")
    count = report.new + report.changed
    click.echo(
        f"{count:,} change{'s' * (count != 1)}: {report.new:,} new, {report.changed:,} changed, "
        f"{report.unchanged:,} as they were.{' Nothing was written (--dry-run).' * dry_run}"
    )


def _say_who_leaves(report: ImportReport, do: str | None) -> None:
    """ "3 no longer listed: 2 sessions cancelled, 5 people told."."""
    missing = report.no_longer_listed
    for email in missing[:MOST_NAMED]:
        click.echo(f"no longer listed: {email}")
    if len(missing) > MOST_NAMED:
        click.echo(f"… and {len(missing) - MOST_NAMED:,} more")
    done = report.departed
    if missing and do is None:
        click.echo(
            f"{len(missing):,} no longer listed: nothing changes for them. "
            "--no-longer-listed pause, or leave, says what should; --dry-run shows what that does."
        )
    if done is not None:
        whose = f"{len(missing):,} no longer listed" if missing and do else "Who leaves or pauses"
        click.echo(f"{whose}: {_effects(done)}.")


def _effects(done: Departed) -> str:
    further = (
        (done.thinned, "session goes on with fewer people", "sessions go on with fewer people"),
        (done.withdrawn, "proposed day withdrawn", "proposed days withdrawn"),
        (done.shortened, "proposed day shortened", "proposed days shortened"),
    )
    return ", ".join(
        [
            words.counted(done.cancelled, "session") + " cancelled",
            *(words.counted(*each) for each in further if each[0]),
            words.counted(done.told, "person", "people") + " told",
        ]
    )


def _said(line: ImportedLine) -> str:
    if line.changes is None:
        return f"new {line.key}, {line.about}"
    return f"change {line.key}: {'; '.join(line.changes)}"


for _kind in SheetKind:
    import_.add_command(_command(_kind))
