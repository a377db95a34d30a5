"""Whom the programme reached: figures of groups with their export, and who was not, by name."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Blueprint, Response, render_template, request

from web import words
from web.errors import Misfilled
from web.operations import fairness
from web.pages.exports import Cell, as_csv
from web.pages.forms import Form
from web.pages.signed_in import member_required, site
from web.records import BecameRecord, FairnessRecord, Member, NotReachedRecord, ReachRecord, SpanRecord
from web.small_groups import EPOCH

pages = Blueprint("fairness", __name__, url_prefix="/admin/fairness")

#: How many names one page shows.
NAMES = 100

#: What became of sessions: the heading of a column, and what it counts.
BECAME = {
    "offered": "Offered",
    "no_answer": "Not answered",
    "came_to_nothing": "Came to nothing",
    "agreed": "Agreed",
    "held": "Held",
    "fell_through": "Did not happen",
    "unsaid": "Nobody has said",
}

#: In the export, those whose own group is too small to be shown.
OTHERS = "(others)"


@pages.get("")
@member_required("admin")
def show(by: Member) -> str | tuple[str, int]:
    span, mistakes = _span()
    record = fairness.figures(site(), span, by, site().now())
    page = render_template("admin/fairness.html", **as_shown(record, mistakes))
    return (page, 422) if mistakes else page


def as_shown(record: FairnessRecord, mistakes: dict[str, str]) -> dict[str, object]:
    return {
        "record": record,
        "rows": with_totals(record.became),
        "columns": BECAME,
        "spans": fairness.SPANS,
        "epoch": EPOCH,
        "asked": _asked(record.span),
        "mistakes": mistakes,
    }


def with_totals(became: tuple[BecameRecord, ...]) -> list[BecameRecord]:
    """In person with their total, online with theirs, and the total of both."""
    rows: list[BecameRecord] = []
    for in_person in (True, False):
        some = [row for row in became if row.in_person is in_person]
        rows += [*some, fairness.total(some, in_person)] if some else []
    return [*rows, fairness.total(became)] if rows else []


@pages.get("/names")
@member_required("admin")
def not_reached(by: Member) -> str | tuple[str, int]:
    span, mistakes = _span()
    everybody = fairness.not_reached(site(), span, by, site().now())
    page = render_template("admin/not_reached.html", **listed(span, everybody, request.args.get("page", "1")))
    return (page, 422) if mistakes else page


def listed(span: SpanRecord, everybody: tuple[NotReachedRecord, ...], page: str) -> dict[str, object]:
    """One page of the list."""
    last = max(1, -(-len(everybody) // NAMES))
    wanted = int(page[:6]) if page[:6].isdecimal() else 1
    number = min(max(wanted, 1), last)
    return {
        "span": span,
        "asked": _asked(span),
        "many": len(everybody),
        "people": everybody[(number - 1) * NAMES : number * NAMES],
        "page": number,
        "pages": last,
    }


@pages.get("/figures.csv")
@member_required("admin")
def export(by: Member) -> Response:
    """The figures of the page, and nothing else; no names."""
    span, mistakes = _span()
    if mistakes:
        raise Misfilled(mistakes)
    record = fairness.figures(site(), span, by, site().now())
    named = f"fairness-{record.span.first}-{record.span.last}"
    return as_csv(named, ["table", "group", "figure", "value"], _lines(record))


def _lines(record: FairnessRecord) -> Iterator[tuple[str, str, str, Cell]]:
    yield "span", "", "first day", record.span.first.isoformat()
    yield "span", "", "last day", record.span.last.isoformat()
    for row in with_totals(record.became):
        for column, heading in BECAME.items():
            yield "sessions", _row_name(row), heading.lower(), getattr(row, column)
    if record.juniors is None:
        return
    yield from _reach_lines("reach", record.juniors, "all juniors")
    for (kind, in_person), many in record.by_kind.items():
        yield "reach by kind", f"{words.KINDS[kind]}, {_place(in_person)}", "juniors reached", many
    for name, groups in record.tables.items():
        for group in groups:
            yield from _reach_lines(f"reach by {name}", group, OTHERS if group.label is None else group.label)
    for wait in record.waits:
        yield "weeks waited", words.weeks_waited(wait.least, wait.most), "juniors", wait.people
    if record.never_asked is not None:
        yield "asked", "juniors who never asked", "per cent of juniors", record.never_asked
    if record.to_never_asked is not None:
        yield "asked", "juniors who never asked", "per cent of seats held", record.to_never_asked


def _reach_lines(table: str, group: ReachRecord, name: str) -> Iterator[tuple[str, str, str, Cell]]:
    yield table, name, "juniors", group.people
    yield table, name, "reached", group.reached
    yield table, name, "reached in person", group.in_person


def _row_name(row: BecameRecord) -> str:
    kind = "all kinds" if row.kind is None else words.KINDS[row.kind]
    return kind if row.in_person is None else f"{kind}, {_place(row.in_person)}"


def _place(in_person: bool) -> str:
    return "in person" if in_person else "online"


def _span() -> tuple[SpanRecord, dict[str, str]]:
    """The span asked for; where it makes no sense the usual one, and why."""
    now = site().now()
    usual = fairness.last_weeks(fairness.USUAL_SPAN, now)
    form = Form(request.args)
    if request.args.get("first") or request.args.get("last"):
        first, last = form.day("first"), form.day("last")
        try:
            form.done()
            return fairness.between(first, last, now), {}
        except Misfilled as misfilled:
            return usual, misfilled.mistakes
    if "weeks" not in request.args:
        return usual, {}
    weeks = form.one_of("weeks", [str(each) for each in fairness.SPANS])
    return (usual, form.mistakes) if form.mistakes else (fairness.last_weeks(int(weeks), now), {})


def _asked(span: SpanRecord) -> dict[str, object]:
    """The query of the address that shows the same span."""
    return {"weeks": span.weeks} if span.weeks else {"first": span.first, "last": span.last}
