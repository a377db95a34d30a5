"""What leaves as CSV is text and numbers, never a formula."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.sheets.writing import as_meant, csv_text, harmless


@pytest.mark.parametrize(
    "cell",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "＝1+1",
        "＋1",
        "－1",
        "\N{MINUS SIGN}1",
        "\0=1",
        "＠SUM",
        "  =1",
        "\u00a0=1",
        "\u200b=1",
        "\ufeff=1",
        "'=1",
        "''+1",
    ],
)
def test_what_a_spreadsheet_might_run_is_text(cell: str) -> None:
    assert harmless(cell) == "'" + cell


@pytest.mark.parametrize("cell", ["", "Payments", "a=1", "1-2", "'tis", "'", "Zürich", "李", "5"])
def test_everything_else_stays(cell: str) -> None:
    assert harmless(cell) == cell


@given(st.lists(st.tuples(st.text(), st.integers()), max_size=5))
def test_every_row_is_read_back_as_it_was_but_for_the_apostrophe(rows: list[tuple[str, int]]) -> None:
    text = csv_text(["name", "number"], rows)

    read = [*csv.reader(io.StringIO(text, newline=""))]
    assert read == [["name", "number"], *([harmless(name), str(number)] for name, number in rows)]
    assert not any(row[0].lstrip().startswith(("=", "+", "-", "@")) for row in read)


@given(st.one_of(st.text(), st.text("'=+-@ \t1")))
def test_the_apostrophe_is_found_again(cell: str) -> None:
    assert as_meant(harmless(cell)) == cell


@given(st.one_of(st.text(), st.text("'=+-@ \t1")))
def test_two_texts_are_never_written_alike(cell: str) -> None:
    assert (harmless(cell) == harmless(f"'{cell}")) is False


def test_numbers_stay_numbers() -> None:
    assert csv_text(["n"], [[-5], [12]]) == "n\r\n-5\r\n12\r\n"
