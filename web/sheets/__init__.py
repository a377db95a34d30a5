"""A CSV file as rows of named, checked cells; every mistake with file, line, column and remedy.

A sheet is a list of `Column`s; each reads its own cells. Files come from spreadsheets of any age, or
from somebody who means harm, so size, rows and encoding are bounded before anything is believed.
A cell is text: `=1+1` is the name `=1+1`, and so is `'=1+1`, as an export writes it (`web.sheets.writing`).
"""

from __future__ import annotations

import csv
import difflib
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from web.errors import Misfilled
from web.sheets.cells import plain
from web.sheets.writing import as_meant
from web.words import counted

MOST_BYTES = 20_000_000
MOST_ROWS = 100_000

#: Unknown columns are named up to here; a file with 100,000 of them is not a list to read through.
MOST_NAMED = 20


@dataclass(frozen=True, slots=True)
class Column:
    """One column: how a cell is read, and what `--help` says of it.

    `read` takes the stripped text of a cell that is not empty; it raises ValueError with the remedy.
    `write` is its way back: what an exported cell says, so that reading it changes nothing.
    """

    name: str
    read: Callable[[str], Any]
    about: str
    example: str
    required: bool = False
    empty: Any = None  #: what an empty cell, or in a new row a missing column, means
    write: Callable[[Any], str] = plain


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a sheet."""

    line: int  #: in the file, where the row begins
    cells: Mapping[str, Any]  #: by column; columns that the file does not have are absent

    def get(self, column: Column) -> Any:
        return self.cells.get(column.name, column.empty)


@dataclass(slots=True)
class Mistakes:
    """What is wrong with one file, gathered while it is read."""

    file: str
    found: dict[str, str] = field(default_factory=dict)
    _lines: dict[str, int] = field(default_factory=dict)

    def add(self, line: int, column: str | None, text: str) -> None:
        place = f"{self.file}:{line}" + (f" {column}" if column else "")
        self.found[place] = f"{self.found[place]}; {text}" if place in self.found else text
        self._lines[place] = line

    def raise_any(self) -> None:
        """All of them, in the order of lines."""
        if self.found:
            raise Misfilled(dict(sorted(self.found.items(), key=lambda each: self._lines[each[0]])))


def read_sheet(file: Path, columns: Sequence[Column], mistakes: Mistakes) -> list[Row]:
    """Read and check every cell.

    Raises:
        Misfilled: at once, where the file as a whole cannot be read. What is wrong with single cells
            is added to `mistakes`, and those rows are left out: what is returned has every required cell.
    """
    return rows_of(text_of(_bytes(file, mistakes), mistakes), columns, mistakes)


def rows_of(text: str, columns: Sequence[Column], mistakes: Mistakes) -> list[Row]:
    """The same of a file's text."""
    lines = lines_of(text, mistakes)
    header = _header(next(lines, (1, [])), columns, mistakes)
    rows: list[Row] = []
    for line, cells in lines:
        if len(rows) >= MOST_ROWS:
            mistakes.add(line, None, f"more than {MOST_ROWS:,} rows; split the file")
            break
        if any(cell.strip() for cell in cells) and (row := _row(line, cells, header, mistakes)):
            rows.append(row)
    complete = all(column in header for column in columns if column.required)
    return rows if complete else []


def _bytes(file: Path, mistakes: Mistakes) -> bytes:
    try:
        with file.open("rb") as stream:
            return stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise Misfilled({mistakes.file: f"cannot be read: {error.strerror}"}) from None


def text_of(raw: bytes, mistakes: Mistakes) -> str:
    """The text of a file: UTF-8 or, with its mark, UTF-16.

    Raises:
        Misfilled: it is neither, or too large.
    """
    if len(raw) > MOST_BYTES:
        raise Misfilled({mistakes.file: f"larger than {MOST_BYTES // 1_000_000} MB; split it"})
    if raw.startswith(b"PK\x03\x04"):
        raise Misfilled({mistakes.file: "is a workbook, not CSV; save it as “CSV UTF-8” and take that file"})
    marked = raw.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        text = raw.decode("utf-16" if marked else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = 1 if marked else raw.count(b"\n", 0, error.start) + 1
        raise Misfilled({f"{mistakes.file}:{line}": "not UTF-8 text; save it as “CSV UTF-8”"}) from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise Misfilled({f"{mistakes.file}:{line}": "has a NUL byte; save it as “CSV UTF-8”"})
    return text


def lines_of(text: str, mistakes: Mistakes) -> Iterator[tuple[int, list[str]]]:
    """The cells of each line from the first that says something, and on which line of the file it begins."""
    stream = io.StringIO(text, newline="")
    skipped, delimiter, header = _before_header(stream)
    if delimiter is None:
        delimiter = max(",;\t", key=header.count)  # spreadsheets of some countries write semicolons
    reader = csv.reader(stream, strict=True, delimiter=delimiter)
    while True:
        begins = skipped + reader.line_num + 1
        try:
            yield begins, next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            mistakes.add(begins, None, f"{_csv_error(error)}; nothing after it was read")
            return


def _before_header(stream: io.StringIO) -> tuple[int, str | None, str]:
    """Take what stands above the header: empty lines, and the one by which Excel is told what is between
    cells. How many lines these are, what is between cells where it says so, and the header's first line."""
    skipped, delimiter, here = 0, None, 0
    while line := stream.readline():
        said = _SEPARATOR.fullmatch(line.strip("\r\n "))
        if said is not None and delimiter is None:
            delimiter = said[1]
        elif line.strip(" ,;\t\r\n"):
            break
        skipped, here = skipped + 1, stream.tell()
    stream.seek(here)
    return skipped, delimiter, line


#: "sep=;", the first line of some files from Excel.
_SEPARATOR = re.compile(r'"?sep=([,;|\t])"?', re.IGNORECASE)


def _csv_error(error: csv.Error) -> str:
    if "field limit" in str(error) or "field larger" in str(error):
        return f'a cell is longer than {csv.field_size_limit():,} characters; is a quote (") never closed?'
    if "unexpected end" in str(error):
        return 'a quote (") that is opened in this row is never closed'
    return f'not CSV ({error}); a cell with a quote (") in it is written "like ""this"""'


def _header(
    first: tuple[int, list[str]], columns: Sequence[Column], mistakes: Mistakes
) -> list[Column | None]:
    known = {column.name: column for column in columns}
    line, cells = first
    names = [name.strip().casefold().replace(" ", "_") for name in cells]
    while names and not names[-1]:
        names.pop()  # a trailing delimiter is no column
    unknown = [name for name in names if name not in known]
    for name in unknown[:MOST_NAMED]:
        mistakes.add(line, shown(name), f"unknown column{_nearest(name, list(known))}")
    if len(unknown) > MOST_NAMED:
        mistakes.add(line, None, f"{len(unknown) - MOST_NAMED:,} more unknown columns")
    for name in sorted({name for name in names if name in known and names.count(name) > 1}):
        mistakes.add(line, name, "stands there twice")
    for column in columns:
        if column.required and column.name not in names:
            mistakes.add(line, column.name, f"this column is missing; for example: {column.example}")
    return [known.get(name) for name in names]


def _nearest(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name[:40], known, n=1)
    return f"; did you mean {close[0]}?" if close else f"; known are {', '.join(known)}"


def _row(line: int, cells: list[str], header: list[Column | None], mistakes: Mistakes) -> Row | None:
    if any(cell.strip() for cell in cells[len(header) :]):
        both = f"{counted(len(cells), 'cell')} under {counted(len(header), 'column')}"
        mistakes.add(line, None, f"{both}; is a comma not quoted?")
        return None
    before = len(mistakes.found)
    values: dict[str, Any] = {}
    for column, cell in zip(header, [*cells, *[""] * (len(header) - len(cells))], strict=False):
        if column is not None:
            values[column.name] = _cell(line, column, as_meant(cell.strip()).strip(), mistakes)
    return Row(line, values) if len(mistakes.found) == before else None


def _cell(line: int, column: Column, text: str, mistakes: Mistakes) -> Any:
    if not text:
        if column.required:
            mistakes.add(line, column.name, f"is empty; for example: {column.example}")
        return column.empty
    try:
        return column.read(text)
    except ValueError as error:
        mistakes.add(line, column.name, f"{shown(text)}: {error}")
        return None


def shown(text: str) -> str:
    """A cell as a message may carry it: short, and with nothing that a terminal would obey."""
    short = text if len(text) <= 40 else text[:39] + "…"
    return short if short.isprintable() else ascii(short)[1:-1]
