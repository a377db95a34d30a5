"""`officeday export`: files for their owner, and what is said beside them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from web.cli import main

Run = Callable[..., Result]


@pytest.fixture
def officeday(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command in a folder with an office and a room in its database."""
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> Result:
        return CliRunner().invoke(main, words)

    (tmp_path / "offices.csv").write_text("id,name,timezone\nlondon,=London,Europe/London\n")
    (tmp_path / "rooms.csv").write_text("id,office,capacity,uses\npark,london,8,meeting\n")
    assert run("import", "offices", "offices.csv").exit_code == 0
    assert run("import", "rooms", "rooms.csv").exit_code == 0
    return run


def test_what_is_exported_is_imported_again(officeday: Run, tmp_path: Path) -> None:
    said = officeday("export", "offices", "-o", "out.csv")

    assert said.exit_code == 0
    assert "1 row written to out.csv" in said.stderr
    assert (tmp_path / "out.csv").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "out.csv").read_bytes().startswith(b"\xef\xbb\xbfid,name")
    again = officeday("import", "offices", "out.csv")
    assert again.output == "0 changes: 0 new, 0 changed, 1 as they were.\n"


def test_without_a_file_it_is_printed_and_nothing_else_is(officeday: Run) -> None:
    said = officeday("export", "offices")

    assert said.stdout.splitlines()[1].startswith("london,'=London,Europe/London,")
    assert said.stderr == ""


def test_it_says_that_calendars_are_not_in_it(officeday: Run) -> None:
    assert "--with-calendars" in officeday("export", "rooms").stderr
    assert officeday("export", "rooms", "--with-calendars").stderr == ""


def test_a_programme_that_is_not_there_is_a_mistake(officeday: Run) -> None:
    said = officeday("export", "people", "--programme", "Mentorings")

    assert said.exit_code == 2
    assert "there is no programme Mentorings; known are Mentoring" in said.stderr


def test_a_file_that_cannot_be_written_is_said(officeday: Run) -> None:
    said = officeday("export", "rooms", "-o", "nowhere/rooms.csv")

    assert said.exit_code == 1
    assert "nowhere/rooms.csv cannot be written: No such file or directory" in said.stderr


def test_every_table_is_written_into_a_new_folder(officeday: Run, tmp_path: Path) -> None:
    said = officeday("export", "tables", "out")

    assert said.exit_code == 0
    assert "columns left out, as README.csv says" in said.output
    assert (
        (tmp_path / "out" / "office.csv")
        .read_text(encoding="utf-8-sig")
        .splitlines()[1]
        .startswith("london,'=London")
    )
    again = officeday("export", "tables", "out")
    assert again.exit_code == 1
    assert "out is not empty" in again.stderr
