import pytest

from web.errors import Misfilled
from web.sheets import MOST_BYTES, Mistakes, read_sheet
from web.sheets.columns import ROOMS

HEADER = "id,office,capacity,uses\n"
GOOD = "park,london,8,meeting\n"


def read(tmp_path, content):
    file = tmp_path / "rooms.csv"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    mistakes = Mistakes("rooms.csv")
    rows = read_sheet(file, ROOMS, mistakes)
    return rows, mistakes.found


@pytest.mark.parametrize(
    "content",
    [
        (HEADER + GOOD).encode("utf-8-sig"),
        (HEADER + GOOD).encode("utf-16"),
        (HEADER + GOOD).replace(",", ";").encode(),
        (HEADER + GOOD).replace(",", "\t").encode("utf-16"),
        (HEADER + GOOD).replace("\n", "\r\n").encode(),
        ("ID,Office, Capacity ,USES,,\n" + GOOD + ",,,\n\n").encode(),
        (HEADER + '"park","london","8","meeting"').encode(),
    ],
    ids=["bom", "utf-16", "semicolons", "tabs", "crlf", "loose header", "quoted"],
)
def test_what_spreadsheets_write_is_read_alike(tmp_path, content):
    rows, mistakes = read(tmp_path, content)

    assert not mistakes
    assert [dict(row.cells) for row in rows] == [
        {"id": "park", "office": "london", "capacity": 8, "uses": frozenset({"meeting"})}
    ]


@pytest.mark.parametrize(
    ("content", "place", "says"),
    [
        ((HEADER + "park,lon\0don,8,meeting\n").encode(), "rooms.csv:2", "NUL"),
        ((HEADER + GOOD).encode("utf-16-le"), "rooms.csv:1", "NUL"),
        ((HEADER + GOOD + "z\xfcrich,london,8,meeting\n").encode("latin-1"), "rooms.csv:3", "UTF-8"),
        (b"x" * (MOST_BYTES + 1), "rooms.csv", "20 MB"),
    ],
)
def test_a_file_that_is_no_text_is_refused_with_its_line(tmp_path, content, place, says):
    with pytest.raises(Misfilled) as caught:
        read(tmp_path, content)

    assert says in caught.value.mistakes[place]


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(Misfilled, match="No such file"):
        read_sheet(tmp_path / "none.csv", ROOMS, Mistakes("none.csv"))


def test_a_quote_that_is_never_closed_names_the_line_it_opens_in(tmp_path):
    rows, mistakes = read(tmp_path, HEADER + GOOD + 'lake,"london,8,meeting\n' + GOOD * 3)

    assert len(rows) == 1
    assert "never closed" in mistakes["rooms.csv:3"]


def test_an_endless_quoted_cell_is_refused(tmp_path):
    _, mistakes = read(tmp_path, HEADER + '"' + "a" * 1_000_000)

    assert "never closed" in mistakes["rooms.csv:2"]


def test_a_hundred_thousand_columns_are_refused_in_a_few_lines(tmp_path):
    _, mistakes = read(tmp_path, ",".join(f"column{n}" for n in range(100_000)) + "\n")

    assert len(mistakes) < 30
    assert any("99,980 more" in text for text in mistakes.values())


def test_an_unknown_column_names_the_nearest_known_one(tmp_path):
    _, mistakes = read(tmp_path, "id,office,capcity,uses\npark,london,8,meeting\n")

    assert mistakes["rooms.csv:1 capcity"] == "unknown column; did you mean capacity?"
    assert "missing" in mistakes["rooms.csv:1 capacity"]


def test_rows_without_a_required_column_are_no_rows(tmp_path):
    rows, mistakes = read(tmp_path, "id,office,uses\npark,london,dancing\nlake,london,lunch\n")

    assert rows == []
    assert set(mistakes) == {"rooms.csv:1 capacity", "rooms.csv:2 uses"}


def test_a_column_that_stands_there_twice_is_refused(tmp_path):
    _, mistakes = read(tmp_path, "id,office,capacity,uses,capacity\npark,london,8,meeting,9\n")

    assert mistakes["rooms.csv:1 capacity"] == "stands there twice"


def test_every_mistake_is_told_with_line_and_column(tmp_path):
    _, mistakes = read(tmp_path, HEADER + "park one,london,0,meeting\n" + GOOD + "lake,,8,dancing\n")

    assert set(mistakes) == {
        "rooms.csv:2 id",
        "rooms.csv:2 capacity",
        "rooms.csv:4 office",
        "rooms.csv:4 uses",
    }


def test_a_row_after_a_cell_of_several_lines_keeps_its_line_number(tmp_path):
    _, mistakes = read(tmp_path, HEADER + '"pa\nrk",london,8,meeting\nlake,london,0,meeting\n')

    assert set(mistakes) == {"rooms.csv:2 id", "rooms.csv:4 capacity"}


def test_a_cell_too_many_is_a_mistake(tmp_path):
    _, mistakes = read(tmp_path, HEADER + "park,london,8,meeting,lunch\n")

    assert "5 cells under 4 columns" in mistakes["rooms.csv:2"]


def test_what_a_message_repeats_cannot_command_a_terminal(tmp_path):
    _, mistakes = read(tmp_path, HEADER + "\x1b[2J,london,8,meeting\n")

    assert "\x1b" not in str(mistakes.values())
    assert "\x1b" not in "".join(mistakes.values())


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("above", ["\n", "\r\n \r\n", ";;;\r\n\t\r\n", "SEP={}\r\n", '\n"sep={}"\n,,\n'])
def test_what_stands_above_the_header_is_passed_over_and_counted(tmp_path, above, delimiter):
    above = above.format(delimiter)
    sheet = (HEADER + GOOD + "lake,london,0,meeting\n").replace(",", delimiter)
    rows, mistakes = read(tmp_path, above + sheet)

    lines = above.count("\n")
    assert [(row.line, row.cells["id"]) for row in rows] == [(lines + 2, "park")]
    assert set(mistakes) == {f"rooms.csv:{lines + 3} capacity"}


def test_a_file_says_itself_what_is_between_its_cells(tmp_path):
    rows, mistakes = read(tmp_path, "sep=|\n" + (HEADER + GOOD).replace(",", "|"))

    assert not mistakes
    assert [row.cells["id"] for row in rows] == ["park"]


def test_a_mistake_in_the_header_names_its_line(tmp_path):
    _, mistakes = read(tmp_path, "\n\nid,office,capcity\n")

    assert mistakes["rooms.csv:3 capcity"] == "unknown column; did you mean capacity?"
    assert {place.partition(" ")[0] for place in mistakes} == {"rooms.csv:3"}


def test_one_cell_and_one_column_are_one(tmp_path):
    _, mistakes = read(tmp_path, "id\npark,london\n")

    assert mistakes["rooms.csv:2"] == "2 cells under 1 column; is a comma not quoted?"


def test_mistakes_are_told_in_the_order_of_lines():
    mistakes = Mistakes("rooms.csv")
    for line in (12, 3, 7, 3):
        mistakes.add(line, "id", "no")

    with pytest.raises(Misfilled) as caught:
        mistakes.raise_any()

    assert list(caught.value.mistakes) == ["rooms.csv:3 id", "rooms.csv:7 id", "rooms.csv:12 id"]


def test_an_empty_file_has_no_columns(tmp_path):
    rows, mistakes = read(tmp_path, b"")

    assert not rows
    assert "missing" in mistakes["rooms.csv:1 id"]
