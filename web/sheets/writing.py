"""CSV for spreadsheets, in which no cell is a formula.

A spreadsheet runs what begins like a formula, also after blanks or invisible signs and in full width
(OWASP, "CSV injection"). Such a cell gets an apostrophe in front, which spreadsheets take for "this is text".
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable, Sequence

#: What a formula begins with, in plain width.
_FORMULA = frozenset("=+-@")
_CONTROL = frozenset("\t\r\n")


def csv_text(header: Sequence[str], rows: Iterable[Sequence[str | int]]) -> str:
    """Lines as RFC 4180 has them; numbers stay numbers."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([harmless(name) for name in header])
    writer.writerows([harmless(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    return text.getvalue()


def harmless(cell: str) -> str:
    """The cell, with an apostrophe in front where a spreadsheet might run it."""
    seen = "".join(sign for sign in cell if unicodedata.category(sign) != "Cf").lstrip()
    begins = unicodedata.normalize("NFKC", seen[:1])
    return f"'{cell}" if {begins} & _FORMULA or {cell[:1]} & _CONTROL else cell
