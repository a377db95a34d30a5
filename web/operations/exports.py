"""What leaves as CSV: the four files that can be imported, as they would have to be to change nothing; and
every table, without what is private (`web.store.exports` says what).

An import tries each of the four before it is handed out, so what is written is what is meant; a row that an
import would refuse, or that would change something, is left out and said.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Connection

from web.errors import Misfilled, Refused
from web.operations import audit
from web.operations.roster import import_sheet
from web.sheets import Column, Mistakes, lines_of
from web.sheets.cells import plain
from web.sheets.columns import SHEETS, SheetKind
from web.sheets.writing import as_meant, csv_text, write_csv
from web.site import Site
from web.store import exports as kept_exports
from web.store import roster as kept
from web.store.privacy import privacy_of
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


# --- every table ---------------------------------------------------------------------------------

#: Written last: a folder that has it is complete.
README = "README.csv"

#: A spreadsheet takes a file for UTF-8 where it begins with this.
BYTE_ORDER_MARK = "\ufeff"


@dataclass(frozen=True, slots=True)
class ExportedTables:
    """What was written into a folder."""

    rows: Mapping[str, int]  #: by file
    left_out: int  #: how many columns are in no file


def tables(site: Site, folder: Path, now: datetime) -> ExportedTables:
    """Write every table of the database into a folder, a CSV file each; README.csv says what is not in them.

    All of it is of one moment, and no table is in memory at once.

    Raises:
        Refused: there is something in the folder already.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if any(folder.iterdir()):
        raise Refused(f"{folder} is not empty; name a new folder, so that nothing is mixed up")
    key = secrets.token_bytes(32)
    many: dict[str, int] = {}
    with site.store.reading() as connection:
        for name, table in kept_exports.tables().items():
            columns = [each.column for each in kept_exports.columns(table) if each.left_out is None]
            if columns:
                found = (map(_written, row) for row in kept_exports.rows(connection, table, columns, key))
                header = [column.name for column in columns]
                many[f"{name}.csv"] = _write(folder / f"{name}.csv", header, map(list, found))
    listed = list(_manifest())
    _write(folder / README, ["table", "column", "file", "label", "why it is left out"], listed)
    with site.store.writing() as connection:
        audit.note(connection, now, None, "export.tables", files=len(many), rows=sum(many.values()))
    return ExportedTables(many, sum(not row[2] for row in listed))


def _manifest() -> Iterator[list[str]]:
    for name, table in kept_exports.tables().items():
        for each in kept_exports.columns(table):
            file = "" if each.left_out else f"{name}.csv"
            yield [name, each.column.name, file, privacy_of(each.column).value, each.left_out or ""]


def _write(file: Path, header: Sequence[str], rows: Iterable[Sequence[str | int]]) -> int:
    file.touch(mode=0o600)
    with file.open("w", encoding="utf-8", newline="") as stream:
        stream.write(BYTE_ORDER_MARK)
        return write_csv(stream, header, rows)


def _written(value: Any) -> str | int:
    """A value of the database as a cell: instants in UTC, lists and objects as JSON."""
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    return value if isinstance(value, int) and not isinstance(value, bool) else plain(value)
