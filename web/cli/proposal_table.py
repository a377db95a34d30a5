"""A draft as a table in a terminal: per senior the days, what is on each, and what that saves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table

from web import words
from web.records import ProposalRecord, RunRecord, SeniorDaysRecord

#: Sessions without a place that are named; a page has room for all of them.
MOST_LEFT_OUT = 6


def print_plan(run: RunRecord, proposals: Sequence[ProposalRecord], console: Console | None = None) -> None:
    """Print the proposals of a finished run, then its totals. Reads well at 80 columns and in a pipe."""
    console = console or Console()
    if run.error:
        console.print(f"The plan could not be made: {run.error}")
        return
    console.print(_table(run, proposals))
    for line in _totals(run):
        console.print(line, highlight=False)


def _table(run: RunRecord, proposals: Sequence[ProposalRecord]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", expand=False)
    table.add_column("Senior", no_wrap=True)
    table.add_column("Day", no_wrap=True)
    table.add_column("What is on it", ratio=1)
    counts = {each.senior.id: each for each in run.by_senior}
    for senior_id in dict.fromkeys(p.senior.id for p in sorted(proposals, key=lambda p: p.senior.name)):
        own = [p for p in proposals if p.senior.id == senior_id]
        for number, proposal in enumerate(own):
            name = proposal.senior.name if number == 0 else ""
            table.add_row(name, words.short_day(proposal.day), _day(proposal))
        if senior_id in counts:
            table.add_row("", "", f"[bold]{_saved(counts[senior_id])}[/bold]")
        table.add_section()
    return table


def _day(proposal: ProposalRecord) -> str:
    where = proposal.office or "online"
    return f"{where}: " + " · ".join(
        f"{words.clock(s.start, s.timezone)} {words.session_name(s)}" for s in proposal.sessions
    )


def _saved(own: SeniorDaysRecord) -> str:
    days = words.counted(own.days, "day") if own.days else "no extra day"
    saves = own.one_by_one is not None and own.one_by_one > own.days
    says = f"{days} instead of {own.one_by_one}" if saves else days
    return f"{says}; no plan needs fewer" if own.days == own.bound else says


def _totals(run: RunRecord) -> Iterable[str]:
    days = run.score.get("senior_days", 0)
    yield ""
    yield f"{words.counted(run.sessions, 'session')} placed, {len(run.unplaced)} left out."
    yield f"{words.counted(days, 'office day')} in all; the same sessions take"
    for count, placed, how in (
        (run.first_free_days, run.first_free_placed, "with each session at its first free slot"),
        (run.greedy_days, run.greedy_placed, "packed greedily"),
    ):
        fewer = 0 if placed is None else run.sessions + run.standing - placed
        rest = f", which leaves out {fewer} of them" if fewer > 0 else ""
        yield f"  {count} {how}{rest}"
    placeable = run.bounds.get("placed", 0) - run.score.get("placed", 0)
    if placeable > 0:
        yield f"With more time perhaps {placeable} more could be placed, and certainly no more than that."
    bound = run.bounds.get("senior_days")
    if bound == days:
        yield "Proved: no plan that reaches and places as much needs fewer office days."
    elif bound is not None and bound > 0:
        yield f"No plan that reaches and places as much needs fewer than {bound}."
    for left_out in run.unplaced[:MOST_LEFT_OUT]:
        yield f"  left out: {words.KINDS[left_out.kind]} of {left_out.senior}: {left_out.reason}"
    if (more := len(run.unplaced) - MOST_LEFT_OUT) > 0:
        yield f"  … and {more} more; the draft's page says of each why"
