"""`officeday simulate`: what would it do for us?"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from web.cli.site import tell
from web.cli.solve import INTERRUPTED, stop_on_signals
from web.errors import Misfilled, Refused
from web.executors import PROCESSES, helpers
from web.words import counted

if TYPE_CHECKING:
    from planner.simulation.play import Part, Scenario
    from web.simulation_settings import Settings

#: What --quick plays.
QUICK_SEEDS, QUICK_STEPS = 2, 0


def _output(option: str, says: str, *name: str) -> Callable[[Any], Any]:
    return click.option(option, *name, type=click.Path(path_type=Path), metavar="FILE", help=says)


@click.command(short_help="Play months of a company four ways: what would it do for us?")
@click.argument("config", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--weeks", type=click.IntRange(4, 52), help="Weeks to play (26).")
@click.option("--seeds", type=click.IntRange(1, 20), help="How often, each time with other luck (5).")
@click.option("--steps", type=click.IntRange(0, 500), help="How long each weekly plan is searched (25).")
@click.option("--quick", is_flag=True, help="Two seeds, and plans packed but not searched; weeks stay 26.")
@click.option("--seconds", type=click.FloatRange(1), help="Stop by then with what is done.")
@click.option("--workers", type=click.IntRange(1, 64), default=2, show_default=True, help="Processes.")
@click.option(
    "--assume",
    "assumed",
    multiple=True,
    metavar="NAME=VALUE",
    help="Another assumption; repeatable. --example lists their names.",
)
@click.option("--programme", "programme", help="Of a configuration with several: its name.")
@_output("--csv", "Figures and assumptions for a spreadsheet.")
@_output("--png", "The charts as a picture.")
@_output("--json", "Everything, for a program.", "json_file")
@click.option("--example", is_flag=True, help="Print a file of a made company with every value, and end.")
def simulate(
    config: Path | None,
    weeks: int | None,
    seeds: int | None,
    steps: int | None,
    quick: bool,
    seconds: float | None,
    workers: int,
    assumed: tuple[str, ...],
    programme: str | None,
    csv: Path | None,
    png: Path | None,
    json_file: Path | None,
    example: bool,
) -> None:
    """Play months of a company four ways, with people who differ in how much they ask and show up.

    Compared are officeday's weekly cycle, booking links, a mandate of office days and a roulette, over the
    same people, calendars and weeks: who is reached, how long anybody waits, how often seniors are asked in.
    Everything that is assumed is printed with the result.

    CONFIG is officeday's own configuration – then the people, rooms, rules and calendars of the programme are
    read, and nothing is written – or a small file of a made company (--example prints one). Without it a
    company of 20 seniors and 120 juniors is made, which takes a few minutes.

    Ctrl-C prints what is done so far and exits 130. The same settings give the same figures everywhere.

    \b
    Example:
      officeday simulate --quick
      officeday simulate config.toml --weeks 26 --png board.png
      officeday simulate --example > ours.toml; officeday simulate ours.toml --csv ours.csv
      officeday simulate --assume quiet_share=0.5 --assume asks_most=4
    """
    from web.simulation_settings import Settings, as_toml

    if example:
        click.echo(as_toml(Settings()), nl=False)
        return
    if quick:
        seeds, steps = seeds or QUICK_SEEDS, QUICK_STEPS if steps is None else steps
    asked = {"weeks": weeks, "seeds": seeds, "steps": steps}
    given = {name: value for name, value in asked.items() if value is not None}
    mistakes = _mistakes_of_files({"CONFIG": config, "--csv": csv, "--png": png, "--json": json_file})
    try:
        settings, scenario = _told(config, given, assumed, programme, mistakes)
    except Misfilled as why:
        tell(why.mistakes)
        sys.exit(2)
    except Refused as why:
        raise click.ClickException(str(why)) from why
    with stop_on_signals() as stop:
        parts = _play(settings, scenario, workers, _deadline(seconds, stop))
    if not parts:
        raise click.ClickException("stopped before anything was played to the end; nothing is written.")
    try:  # first, for who reads what is printed may stop: `| head`
        _write(parts, settings, csv, png, json_file)
    finally:
        _print(parts, settings)
    if stop():
        raise SystemExit(INTERRUPTED)


# --- what is played ------------------------------------------------------------------------------


def _mistakes_of_files(files: Mapping[str, Path | None]) -> dict[str, str]:
    """What is wrong with the files to be written: those with an option."""
    mistakes: dict[str, str] = {}
    named: dict[Path, str] = {}
    for option, file in files.items():
        if file is None:
            continue
        first, folder = named.setdefault(file.resolve(), option), file.resolve().parent
        if first != option:
            mistakes[option] = f"{file} is named for {first} already; name another file"
        elif option.startswith("--") and (
            file.is_dir() or not folder.is_dir() or not os.access(folder, os.W_OK)
        ):
            mistakes[option] = f"{file} cannot be written; name a file in a folder that is there"
    return mistakes


def _told(
    config: Path | None,
    given: Mapping[str, int],
    assumed: Sequence[str],
    programme: str | None,
    wrong: Mapping[str, str],
) -> tuple[Settings, Scenario]:
    """What is to be played.

    Args:
        wrong: what is known to be wrong already.

    Raises:
        Misfilled: all that is wrong in the file and on the command line, by place.
        Refused: it cannot be played.
    """
    from web.simulation_settings import settings_from, settings_of

    changed, typed = _changed(given, assumed)
    text, own, unread = _read(config)
    mistakes = {**wrong, **unread}
    try:
        settings = settings_of(changed, own) if own else settings_from(text, changed)
    except Misfilled as why:
        mistakes |= {typed.get(place) or _placed(config, place): says for place, says in why.mistakes.items()}
    if programme is not None and not own:
        mistakes["--programme"] = "only the configuration of an officeday has programmes; leave it out"
    if config is not None and own:
        mistakes |= _mistakes_of_configuration(config, text)
    if mistakes:
        raise Misfilled(mistakes)
    return settings, _own(config, settings, programme) if config is not None and own else settings.made()


def _read(config: Path | None) -> tuple[str, bool, dict[str, str]]:
    """The text of a file, whether it is a configuration, not a made company, and what is wrong with it."""
    from web.simulation_settings import is_made

    if config is None:
        return "", False, {}
    try:
        text = config.read_text(encoding="utf-8-sig")
        return text, not is_made(text), {}
    except OSError as why:
        return "", False, {str(config): f"cannot be read: {why.strerror}"}
    except UnicodeDecodeError as why:
        return "", False, {str(config): f"is not a text; save it as UTF-8 ({why.reason} at byte {why.start})"}
    except Misfilled as why:
        return "", False, {str(config): why.mistakes[""]}


def _changed(
    given: Mapping[str, int], assumed: Sequence[str]
) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """What the command line says instead, by table and name; and how it was typed, by `table.name`."""
    changed: dict[str, dict[str, Any]] = {"simulation": dict(given), "assumptions": {}}
    typed = {f"simulation.{name}": f"--{name}" for name in given}
    for each in assumed:
        name, _, value = (part.strip() for part in each.partition("="))
        try:
            changed["assumptions"][name] = float(value)
        except ValueError:  # told with all that is wrong
            changed["assumptions"][name] = value
        typed[f"assumptions.{name}"] = f"--assume {each}"
    return changed, typed


def _placed(config: Path | None, place: str) -> str:
    return ", ".join(str(each) for each in (config, place) if each)


def _mistakes_of_configuration(config: Path, text: str) -> dict[str, str]:
    from web.config import InvalidConfig, load_config
    from web.simulation_settings import placed

    try:
        load_config(config)
    except InvalidConfig as why:
        lines = {place: placed(text, place) for place in why.mistakes}
        return {
            place if lines[place] == place else _placed(config, lines[place]): says
            for place, says in why.mistakes.items()
        }
    return {}


def _own(config: Path, settings: Settings, programme: str | None) -> Scenario:
    from sqlalchemy.exc import SQLAlchemyError

    from web.config import load_config
    from web.operations.simulations import own_in_file
    from web.site import utc_now

    try:
        return own_in_file(load_config(config), programme, settings, utc_now())
    except (SQLAlchemyError, OSError) as why:
        reason = getattr(why, "orig", None) or why
        raise click.ClickException(f"the database cannot be read: {reason}. Try `officeday doctor`.") from why
    except Misfilled as why:
        raise Misfilled({f"--{place}": says for place, says in why.mistakes.items()}) from why


def _deadline(seconds: float | None, stop: Callable[[], bool]) -> Callable[[], bool]:
    until = None if seconds is None else time.monotonic() + seconds
    return lambda: stop() or (until is not None and time.monotonic() >= until)


def _play(
    settings: Settings, scenario: Scenario, workers: int, cancelled: Callable[[], bool]
) -> tuple[Part, ...]:
    from rich.console import Console
    from rich.progress import Progress, TimeElapsedColumn

    from planner.simulation.play import play_all
    from web.simulation_results import runs_asked

    with ExitStack() as stack:
        bar = stack.enter_context(
            Progress(*Progress.get_default_columns()[:-1], TimeElapsedColumn(), console=Console(stderr=True))
        )
        help_ = stack.enter_context(helpers(PROCESSES, workers, float("inf"), bar.console.print))
        task = bar.add_task(
            f"{counted(settings.weeks, 'week')}, {counted(settings.seeds, 'seed')}",
            total=runs_asked(settings),
        )
        return play_all(
            scenario,
            range(1, settings.seeds + 1),
            help_.executor,
            heard=lambda part: bar.advance(task),
            cancelled=cancelled,
        )


# --- what came out -------------------------------------------------------------------------------


def _print(parts: Sequence[Part], settings: Settings) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    from planner.simulation.assumptions import EXPLAINED, FAVOURS
    from web.simulation_results import (
        cell,
        figures_of,
        names,
        runs_asked,
        seeds_of,
        sentences,
        stands,
        table,
    )
    from web.simulation_settings import TABLES, fields_of

    console, figures, called = Console(), table(parts), names(settings)
    seeds = counted(seeds_of(parts), "seed")
    title = f"{counted(settings.weeks, 'week')}, {seeds}: median (least–most)"
    shown = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, padding=0, show_edge=False)
    shown.add_column(min_width=20)
    for way in figures:
        shown.add_column(called[way].replace(", ", "\n"))
    for told in figures_of(settings):
        shown.add_row(
            told.says, *(cell(told, figures[way][told.name]).replace(" (", "\n(") for way in figures)
        )
    console.print(shown)
    for sentence in (*sentences(parts, settings), *(one.says for one in stands(parts, settings))):
        console.print(sentence, highlight=False)
    if len(parts) < (asked := runs_asked(settings)):
        console.print(f"Stopped early: {len(parts)} of {asked} runs are done.", highlight=False)
    told_table = Table("assumed", "", "what it is", title="What was assumed", title_justify="left", box=None)
    for name, key, value in fields_of(settings):
        why = f" – {EXPLAINED[key].why}" if name == "assumptions" else ""
        told_table.add_row(key, f"{value:g}", f"{TABLES[name][key].says}{why}")
    console.print(told_table)
    for favoured, says in FAVOURS:
        console.print(f"Favours {favoured}: {says}.", highlight=False)


def _write(
    parts: Sequence[Part], settings: Settings, csv: Path | None, png: Path | None, json_file: Path | None
) -> None:
    from web.charts_png import png_of_all
    from web.sheets.writing import csv_text
    from web.simulation_results import HEAD, as_json, charts, lines

    try:
        if csv is not None:
            csv.write_bytes(csv_text(HEAD, lines(parts, settings)).encode("utf-8-sig"))
        if png is not None:
            png.write_bytes(png_of_all(list(charts(parts, settings).values())))
        if json_file is not None:
            json_file.write_text(json.dumps(as_json(parts, settings), indent=1) + "\n", encoding="utf-8")
    except OSError as why:
        raise click.ClickException(f"{why.filename} could not be written: {why.strerror}") from why
