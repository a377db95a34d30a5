"""What leaves as CSV: the four files that can be imported, as they would have to be to change nothing.

An import tries each file before it is handed out, so what is written is what is meant; a row that an import
would refuse, or that would change something, is left out and said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Connection

from web.errors import Misfilled
from web.operations import audit
from web.operations.roster import import_sheet
from web.sheets import Column, Mistakes, lines_of
from web.sheets.columns import SHEETS, SheetKind
from web.sheets.writing import as_meant, csv_text
from web.site import Site
from web.store import roster as kept
from web.store.roster import Values

#: States of sessions that a sheet of sessions lists; what was called off would come back by it.
OPEN = ("due", "agreed")

#: Whoever knows the address of a calendar can read it in many systems, so it is written on request only.
CALENDAR = "calendar"


@dataclass(frozen=True, slots=True)
class ExportedSheet:
    """A file that can be imported."""

    text: str
    rows: int
    left_out: Mapping[str, str]  #: by key, what an import would refuse, or change
    without_calendars: bool  #: there is such a column, and it was not asked for


def sheet(
    site: Site,
    kind: SheetKind,
    now: datetime,
    *,
    programme: str | None = None,
    with_calendars: bool = False,
) -> ExportedSheet:
    """What is kept of a kind, as a CSV file that can be imported and then changes nothing.

    Args:
        programme: that of the people's roles and of the sessions; may be left out while there is one.
        with_calendars: also the addresses of calendars. A file without this column leaves them as they are.

    Raises:
        Misfilled: there is no such programme, or there are several.
    """
    columns = [each for each in SHEETS[kind] if with_calendars or each.name != CALENDAR]
    header = [each.name for each in columns]
    with site.store.reading() as connection:
        called, programme_id = _programme(connection, programme)
        rows = _rows(connection, kind, columns, programme_id)
    left_out: dict[str, str] = {}
    while refused := _refused(site, kind, csv_text(header, rows.values()), called, now):
        left_out |= refused
        rows = {key: cells for key, cells in rows.items() if key not in refused}
    with site.store.writing() as connection:
        audit.note(connection, now, None, f"export.{kind}", programme_id=programme_id, rows=len(rows))
    text = csv_text(header, rows.values())
    return ExportedSheet(text, len(rows), left_out, len(columns) < len(SHEETS[kind]))


def _programme(connection: Connection, name: str | None) -> tuple[str | None, int | None]:
    known = kept.programmes(connection)
    if name is not None and name not in known:
        listed = ", ".join(known) or "none yet"
        raise Misfilled({"--programme": f"there is no programme {name}; known are {listed}"})
    if name is None and len(known) > 1:
        raise Misfilled({"--programme": f"say which one: {', '.join(known)}"})
    called = name or next(iter(known), None)
    return called, known.get(called or "")


def _rows(
    connection: Connection, kind: SheetKind, columns: list[Column], programme_id: int | None
) -> dict[str, list[str]]:
    return {
        key: [key, *(each.write(values[each.name]) for each in columns[1:])]
        for key, values in sorted(_kept(connection, kind, programme_id).items())
    }


def _kept(connection: Connection, kind: SheetKind, programme_id: int | None) -> Mapping[str, Values]:
    """What stands in the sheet of a programme, by key."""
    if kind is SheetKind.OFFICES:
        return kept.offices(connection)
    if kind is SheetKind.ROOMS:
        return kept.rooms(connection)
    if kind is SheetKind.PEOPLE:
        people = kept.people(connection, programme_id)
        return {email: values for email, values in people.items() if values["role"]}
    return {
        key: values
        for key, values in kept.sessions(connection).items()
        # What a programme's formats make due is worked out, not imported.
        if values["programme_id"] == programme_id and values["state"] in OPEN and not values["by_rule"]
    }


def _refused(
    site: Site, kind: SheetKind, text: str, programme: str | None, now: datetime
) -> Mapping[str, str]:
    """What an import of a text would refuse or change, by key and in words."""
    with TemporaryDirectory(prefix="officeday-") as folder:
        file = Path(folder, f"{kind}.csv")
        file.write_text(text, encoding="utf-8", newline="")
        try:
            report = import_sheet(
                site, kind, file, now, programme=programme, dry_run=True, over_own_choices=True
            )
        except Misfilled as misfilled:
            return _by_key(text, misfilled.mistakes)
    return {line.key: "; ".join(line.changes or ["it is new"]) for line in report.lines}


def _by_key(text: str, mistakes: Mapping[str, str]) -> Mapping[str, str]:
    """Mistakes by key instead of by line; "rooms.csv:2 capacity" is where one stands."""
    keys = {line: as_meant(cells[0]) for line, cells in lines_of(text, Mistakes(""))}
    found: dict[str, str] = {}
    for place, says in mistakes.items():
        line, _, column = place.rpartition(":")[2].partition(" ")
        key = keys[int(line)]
        said = f"{column}: {says}" if column else says
        found[key] = f"{found[key]}; {said}" if key in found else said
    return found
