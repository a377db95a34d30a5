import pytest
from click.testing import CliRunner
from sqlalchemy import update

from web.cli import main
from web.cli.site import at_work
from web.sheets.columns import SHEETS, SheetKind
from web.store import tables as t

ROOM = "id,office,capacity,uses\npark,london,8,meeting\n"
OFFICE = "id,name,timezone\nlondon,London,Europe/London\n"


@pytest.fixture
def officeday(tmp_path, monkeypatch):
    """Run a command in a folder of its own, where a file is written for every keyword."""
    monkeypatch.chdir(tmp_path)

    def run(*words, **files):
        for name, text in files.items():
            (tmp_path / f"{name}.csv").write_text(text)
        return CliRunner().invoke(main, words)

    return run


@pytest.mark.parametrize("kind", SheetKind)
def test_help_names_every_column_and_shows_a_sample(officeday, kind):
    said = officeday("import", kind, "--help")

    assert said.exit_code == 0
    for column in SHEETS[kind]:
        assert column.name in said.output
    assert ",".join(column.name for column in SHEETS[kind] if column.example) in said.output


def test_each_line_says_what_it_does_and_the_second_time_nothing(officeday):
    first = officeday("import", "offices", "offices.csv", offices=OFFICE)
    again = officeday("import", "offices", "offices.csv")

    assert first.exit_code == again.exit_code == 0
    assert first.output == (
        "offices.csv:2: new london, London (Europe/London)\n1 change: 1 new, 0 changed, 0 as they were.\n"
    )
    assert again.output == "0 changes: 0 new, 0 changed, 1 as they were.\n"


def test_a_change_is_told_old_and_new(officeday):
    officeday("import", "offices", "offices.csv", offices=OFFICE)
    officeday("import", "rooms", "rooms.csv", rooms=ROOM)

    said = officeday("import", "rooms", "rooms.csv", "--dry-run", rooms=ROOM.replace("8", "12"))

    assert "rooms.csv:2: change park: capacity: 8 → 12" in said.output
    assert "dry-run" in said.output
    assert "capacity: 8 → 12" in officeday("import", "rooms", "rooms.csv").output


def test_mistakes_go_to_standard_error_and_nothing_is_imported(officeday):
    said = officeday("import", "rooms", "rooms.csv", rooms=ROOM + "lake,london,0,meeting\n")

    assert said.exit_code == 2
    assert said.stdout == ""
    assert "rooms.csv:2 office: there is no office london" in said.stderr
    assert "rooms.csv:3 capacity: 0: write a whole number" in said.stderr
    assert "2 mistakes; nothing was imported." in said.stderr


def test_a_mistake_in_the_configuration_stops_the_command(officeday, tmp_path):
    (tmp_path / "config.toml").write_text("[site]\nnmae = 1\n")

    said = officeday("import", "offices", "offices.csv", offices=OFFICE)

    assert said.exit_code == 2
    assert "site.nmae" in said.stderr


PEOPLE = "email,name,role,offices\nana@example.org,Ana,senior,london\nben@example.org,Ben,junior,london\n"


def test_who_is_no_longer_listed_is_named_until_it_is_said_what_they_do(officeday):
    officeday("import", "offices", "offices.csv", offices=OFFICE)
    officeday("import", "people", "people.csv", people=PEOPLE)
    shorter = PEOPLE.rsplit("ben", 1)[0]

    named = officeday("import", "people", "people.csv", people=shorter)
    dry = officeday("import", "people", "people.csv", "--no-longer-listed", "leave", "--dry-run")
    done = officeday("import", "people", "people.csv", "--no-longer-listed", "leave")
    again = officeday("import", "people", "people.csv")

    assert "no longer listed: ben@example.org" in named.output
    assert "1 no longer listed: nothing changes for them." in named.output
    for said in (dry, done):
        assert said.exit_code == 0
        assert "1 no longer listed: 0 sessions cancelled, 0 people told." in said.output
    assert "no longer listed" not in again.output


def test_only_people_can_be_no_longer_listed(officeday):
    said = officeday("import", "offices", "offices.csv", "--no-longer-listed", "leave", offices=OFFICE)

    assert said.exit_code == 2
    assert "No such option" in said.output


def test_what_people_set_themselves_is_named_and_stays_unless_told_otherwise(officeday):
    people = "email,name,role,offices,max_office_days_per_week\nana@example.org,Ana,senior,london,{}\n"
    officeday("import", "offices", "offices.csv", offices=OFFICE)
    officeday("import", "people", "people.csv", people=people.format(2))
    with at_work(None) as site, site.store.writing() as connection:
        connection.execute(update(t.person).values(own_choices=["max_office_days_per_week"]))

    kept = officeday("import", "people", "people.csv", people=people.format(3))
    over = officeday("import", "people", "people.csv", "--dry-run", "--over-own-choices")

    says = "ana@example.org: max_office_days_per_week: 2 → 3 (they set 2 themselves)\n"
    assert f"people.csv:2: keep {says}" in kept.output
    assert "--over-own-choices lets the file go before it.\n0 changes: 0 new, 0 changed, 1 as" in kept.output
    assert f"people.csv:2: over {says}" in over.output
    assert "1 change: 0 new, 1 changed" in over.output
