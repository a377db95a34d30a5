"""/admin/exports: what can be taken out as CSV, and what cannot; how every page answers as one.

A page that shows a table answers `?as=csv` with what it shows, by the same operation: whoever may not open
it gets no file either, and a look that is noted is noted for the file too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from flask import Blueprint, Response, render_template, request

from planner.domain import SessionKind
from planner.programme import Format, Turn
from web import words
from web.pages.signed_in import member_required
from web.records import Member, OwedRecord, RoomRecord, RosterRecord, RunRecord
from web.sheets.columns import SheetKind
from web.sheets.writing import csv_text
from web.store.hours import clock_of

pages = Blueprint("exports", __name__, url_prefix="/admin/exports")

Cell = str | int

#: Whose turn a cadence counts, as the page Programme says it.
TURNS = {Turn.EACH_JUNIOR: "each junior", Turn.EACH_SENIOR: "each senior", Turn.EACH_COHORT: "each cohort"}


# --- a page as a file ----------------------------------------------------------------------------


def wants_csv() -> bool:
    return request.args.get("as") == "csv"


def as_csv(name: str, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Response:
    """A file to keep, of which no cell is a formula; spreadsheets take it for UTF-8 by its first bytes."""
    return as_file(csv_text(header, rows).encode("utf-8-sig"), "text/csv", f"{name}.csv")


def as_file(content: bytes, kind: str, named: str) -> Response:
    """Something to keep, of a media type."""
    headers = {"Content-Disposition": f'attachment; filename="{named}"'}
    return Response(content, mimetype=kind, headers=headers)


def instant(moment: datetime | None) -> str:
    """In UTC, ISO 8601; nothing where there is none."""
    return "" if moment is None else f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


PEOPLE = ["name", "address", "roles", "offices", "calendar", "read at", "what was wrong", "warnings"]


def people_lines(people: Iterable[RosterRecord]) -> Iterator[list[Cell]]:
    for each in people:
        yield [
            each.person.name,
            each.person.email,
            " ".join(each.roles),
            "; ".join(each.offices),
            each.calendar or "",
            instant(each.read_at),
            each.reason or "",
            each.warnings,
        ]


ROOMS = [
    "office",
    "room",
    "used for",
    "shared",
    "people",
    "fullest",
    "hours agreed",
    "closed",
    "calendar",
    "read at",
]


def room_lines(rooms: Iterable[RoomRecord]) -> Iterator[list[Cell]]:
    """Closures as "from/to why", apart by semicolons (ISO 8601 writes intervals so)."""
    for each in rooms:
        closed = [f"{instant(one.start)}/{instant(one.end)} {one.reason}".strip() for one in each.closures]
        yield [
            each.office,
            each.name,
            " ".join(sorted(each.uses)),
            "yes" if each.shared else "no",
            each.capacity,
            each.fullest,
            f"{each.hours_agreed:g}",
            "; ".join(closed),
            each.calendar or "",
            instant(each.read_at),
        ]


RUNS = ["first day", "last day", "state", "result", "started"]


def run_lines(runs: Iterable[RunRecord]) -> Iterator[list[Cell]]:
    for each in runs:
        has_result = each.state in ("draft", "released", "discarded")
        result = words.run_headline(each) if has_result else ""
        days = [each.first_day.isoformat(), each.last_day.isoformat()]
        yield [*days, each.state, result, instant(each.created_at)]


RULES = [
    "kind",
    "whose turn",
    "every weeks",
    "fewest",
    "most",
    "kept open",
    "minutes",
    "from",
    "to",
    "where",
    "due",
]


def rule_lines(rules: Mapping[SessionKind, Format], owed: OwedRecord | None) -> Iterator[list[Cell]]:
    for kind in SessionKind:
        rule = rules.get(kind)
        if rule is None:
            yield [words.KINDS[kind], "not promised", *[""] * 9]
            continue
        yield [
            words.KINDS[kind],
            TURNS[rule.turn],
            rule.weeks,
            *rule.seats,
            rule.open_seats,
            rule.minutes,
            clock_of(rule.between.opens),
            clock_of(rule.between.closes),
            "in the office" if rule.in_person else "online",
            owed.sessions.get(kind, 0) if owed else "",
        ]


# --- what there is -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Export:
    """A file, the page that it says the same as, and what it says."""

    title: str
    says: str
    endpoint: str
    arguments: Mapping[str, str] = field(default_factory=lambda: {"as": "csv"})


EXPORTS = (
    Export("People", "name, address, roles, offices, how their calendar was read", "admin.people"),
    Export(
        "Calendars with a problem",
        "the same of those whose calendar could not be read, in full or in part",
        "admin.people",
        {"show": "problems", "as": "csv"},
    ),
    Export("Rooms", "use, capacity, how full, when closed, how their calendar was read", "admin.room_list"),
    Export("Offices", "hours, whose public holidays, and each closed day of a year", "offices.show_all"),
    Export("Plans", "each planning run with its weeks, state and result", "admin.plans"),
    Export(
        "Programme", "what is promised of each of the six kinds, and how much is due", "programme.formats"
    ),
    Export("Objectives", "what the programme works towards, and what it reached", "goals.objectives"),
    Export(
        "Training",
        "each reading of the path, and how many seniors have read it, of five or more; nobody by name",
        "training.programme",
    ),
    Export(
        "Lunches",
        "meals by office and day of the coming weeks; how many eat what, of five or more in a week",
        "meals.lunches",
    ),
    Export("What follows", "what became of actions, as numbers, of five people or more", "actions.counts"),
    Export("Fairness", "reach and what became of sessions, in groups of five or more", "fairness.export", {}),
    Export("How sessions were", "what both sides said, in groups of five or more", "evaluation.export", {}),
    Export("Audit log", "what was decided, and who looked; of answers not whose", "audit.export", {}),
)


@pages.get("")
@member_required("admin")
def show(by: Member) -> str:
    return render_template("admin/exports.html", **as_shown())


def as_shown() -> dict[str, object]:
    return {"exports": EXPORTS, "kinds": tuple(kind.value for kind in SheetKind)}
