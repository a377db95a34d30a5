"""CSV for spreadsheets, in which no cell is a formula.

A spreadsheet runs what begins like a formula, also after blanks or invisible signs and in full width
(OWASP, "CSV injection"). Such a cell gets an apostrophe in front, which spreadsheets take for "this is text".
Importing takes that apostrophe away again (`as_meant`), so that a file that was exported says what is kept:
of apostrophes in front of a formula the first one is the guard, all others belong to the text.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable, Sequence
from typing import TextIO

#: What a formula begins with, in plain width.
_FORMULA = frozenset("=+-@\N{MINUS SIGN}")
_CONTROL = frozenset("\t\r\n\0")


def csv_text(header: Sequence[str], rows: Iterable[Sequence[str | int]]) -> str:
    """Lines as RFC 4180 has them; numbers stay numbers."""
    text = io.StringIO(newline="")
    write_csv(text, header, rows)
    return text.getvalue()


def write_csv(file: TextIO, header: Sequence[str], rows: Iterable[Sequence[str | int]]) -> int:
    """The same into a file, a row in memory at a time; how many rows it has."""
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow([harmless(name) for name in header])
    many = 0
    for row in rows:
        writer.writerow([harmless(cell) if isinstance(cell, str) else cell for cell in row])
        many += 1
    return many


def harmless(cell: str) -> str:
    """The cell, with an apostrophe in front where a spreadsheet might run it, or where importing would take
    one of its own for the guard."""
    return f"'{cell}" if _might_run(cell.lstrip("'")) else cell


def as_meant(cell: str) -> str:
    """The way back: the text without its guard. A cell that has none, typed by hand, is itself."""
    return cell[1:] if cell.startswith("'") and _might_run(cell.lstrip("'")) else cell


def _might_run(cell: str) -> bool:
    seen = "".join(sign for sign in cell if unicodedata.category(sign) != "Cf").lstrip()
    begins = unicodedata.normalize("NFKC", seen[:1])
    return bool({begins} & _FORMULA or {cell[:1]} & _CONTROL)
