"""What is exported can be imported, and changes nothing; no cell is a formula."""

from __future__ import annotations

import csv
import io
import tracemalloc
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, insert, select, update

from tests.web.company import a_company, agree_coworking
from tests.web.conftest import site_in
from tests.web.crowd import crowd
from tests.web.made_up import NOW
from tests.web.pages.persons import propose_a_day
from web.errors import Misfilled, Refused
from web.operations.exports import sheet, tables
from web.operations.roster import ImportReport, import_sheet
from web.sheets.cells import line_of_text, phrases
from web.sheets.columns import SheetKind
from web.sheets.writing import csv_text
from web.site import Site
from web.store import tables as t


@pytest.fixture
def company(tmp_path: Path) -> Site:
    return a_company(tmp_path)


def brought(site: Site, folder: Path, kind: SheetKind, text: str, **options: Any) -> ImportReport:
    file = folder / f"again-{kind}.csv"
    file.write_text(text, encoding="utf-8", newline="")
    return import_sheet(site, kind, file, NOW, **options)


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.mark.parametrize("kind", SheetKind)
@pytest.mark.parametrize("with_calendars", [False, True])
def test_importing_what_was_exported_changes_nothing(
    company: Site, tmp_path: Path, kind: SheetKind, with_calendars: bool
) -> None:
    found = sheet(company, kind, NOW, with_calendars=with_calendars)

    report = brought(company, tmp_path, kind, found.text)
    assert found.rows > 0
    assert (report.lines, report.unchanged) == ((), found.rows)
    assert report.no_longer_listed == ()
    assert found.left_out == {}


def test_another_installation_has_the_same_company_by_the_four_files(company: Site, tmp_path: Path) -> None:
    other = site_in(tmp_path / "other")

    for kind in SheetKind:
        first = sheet(company, kind, NOW, with_calendars=True)
        brought(other, tmp_path, kind, first.text)
        assert sheet(other, kind, NOW, with_calendars=True).text == first.text


def is_a_name(text: str) -> bool:
    try:
        return bool(text) and line_of_text(200)(text.strip()) == text
    except ValueError:
        return False


#: What names are made of, and what breaks files: quotes, commas, formulas, both directions, joined emoji.
UGLY = st.one_of(
    st.text("'\"=+-@,;\t\n ＝abc", min_size=1),
    st.text(min_size=1),
    st.sampled_from(["=1+1", "'=1", "''-1", "O'Hara, Siân", "ליאור", "👩🏽‍💻", '"a"', "＝SUM(1)", "@x", "'"]),
).map(lambda text: " ".join(text.split()))
NAMES = UGLY.filter(is_a_name)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    names=st.lists(NAMES, min_size=1, max_size=4),
    topics=st.lists(NAMES.filter(lambda one: len(one) < 60 and not set(one) & set(",;")), max_size=3),
    reason=NAMES.filter(lambda one: ";" not in one),
)
def test_whatever_people_and_places_are_called_comes_back(
    tmp_path_factory: pytest.TempPathFactory, names: list[str], topics: list[str], reason: str
) -> None:
    folder = tmp_path_factory.mktemp("ugly")
    site = site_in(folder)
    offices = csv_text(
        ["id", "name", "timezone", "closed"],
        [[f"o{n}", name, "UTC", f"2027-05-03 {reason}"] for n, name in enumerate(names)],
    )
    try:
        wished = ", ".join(sorted(phrases(", ".join(topics))))
    except ValueError:
        wished = ""
    people = csv_text(
        ["email", "name", "role", "offices", "topics"],
        [[f"+{n}@example.org", name, "junior", f"o{n}", wished] for n, name in enumerate(names)],
    )
    brought(site, folder, SheetKind.OFFICES, offices)
    brought(site, folder, SheetKind.PEOPLE, people)

    for kind, key in ((SheetKind.OFFICES, "id"), (SheetKind.PEOPLE, "email")):
        found = sheet(site, kind, NOW)
        assert brought(site, folder, kind, found.text).lines == ()
        assert found.left_out == {}
        for row in read(found.text):
            assert row[key]
            assert not any(cell.startswith(("=", "+", "-", "@", "＝")) for cell in row.values())
    with site.store.reading() as connection:
        kept = connection.execute(select(t.person.c.name).order_by(t.person.c.id)).scalars().all()
    assert kept == names
    site.store.close()


def test_addresses_of_calendars_are_written_on_request_only(company: Site) -> None:
    plain, full = (
        sheet(company, SheetKind.PEOPLE, NOW),
        sheet(company, SheetKind.PEOPLE, NOW, with_calendars=True),
    )

    assert (plain.without_calendars, full.without_calendars) == (True, False)
    assert "ics:" not in plain.text
    assert full.text.count("ics:") == full.rows


def test_people_of_other_programmes_and_who_was_erased_do_not_stand_in_it(
    company: Site, tmp_path: Path
) -> None:
    people = "email,name,role,timezone\nolga@example.org,Olga,senior,UTC\n"
    brought(company, tmp_path, SheetKind.PEOPLE, people, programme="Elsewhere")

    found = sheet(company, SheetKind.PEOPLE, NOW, programme="Mentoring")

    assert "olga@example.org" not in found.text
    assert [
        row["email"] for row in read(sheet(company, SheetKind.PEOPLE, NOW, programme="Elsewhere").text)
    ] == ["olga@example.org"]


def test_a_session_that_was_called_off_or_follows_from_a_rule_does_not_stand_in_it(company: Site) -> None:
    rows = read(sheet(company, SheetKind.SESSIONS, NOW).text)
    off, ruled = rows[0]["id"], rows[1]["id"]
    s = t.session
    with company.store.writing() as connection:
        connection.execute(update(s).where(s.c.id == off).values(state="cancelled"))
        connection.execute(update(s).where(s.c.id == ruled).values(by_rule=True))

    found = sheet(company, SheetKind.SESSIONS, NOW)

    assert {row["id"] for row in rows} - {row["id"] for row in read(found.text)} == {off, ruled}


def test_what_an_import_would_refuse_is_left_out_and_said(company: Site, tmp_path: Path) -> None:
    s = t.session
    with company.store.writing() as connection:
        row = connection.execute(select(s.c.id, s.c.senior_id).where(s.c.office_id == "london")).first()
        assert row is not None
        connection.execute(t.person_office.delete().where(t.person_office.c.person_id == row.senior_id))
        connection.execute(
            insert(t.room).values(
                id="odd", office_id="london", name="O", capacity=4, uses=["meeting"], features=["two words"]
            )
        )

    found = sheet(company, SheetKind.SESSIONS, NOW)
    rooms = sheet(company, SheetKind.ROOMS, NOW)

    assert "does not work in london" in found.left_out[row.id]
    assert row.id not in {each["id"] for each in read(found.text)}
    assert brought(company, tmp_path, SheetKind.SESSIONS, found.text).lines == ()
    assert rooms.left_out == {"odd": "features: two words → two words"}


def test_there_has_to_be_such_a_programme(company: Site, tmp_path: Path) -> None:
    with pytest.raises(Misfilled) as unknown:
        sheet(company, SheetKind.PEOPLE, NOW, programme="Mentorings")
    assert "there is no programme Mentorings" in unknown.value.mistakes["--programme"]

    brought(company, tmp_path, SheetKind.PEOPLE, "email,name,role,timezone\n", programme="Other")
    with pytest.raises(Misfilled):
        sheet(company, SheetKind.PEOPLE, NOW)


def test_an_export_is_noted_by_kind_and_number(company: Site) -> None:
    found = sheet(company, SheetKind.ROOMS, NOW)

    entry = t.audit_entry
    with company.store.reading() as connection:
        row = connection.execute(select(entry).where(entry.c.action == "export.rooms")).one()
    assert (row.actor_id, row.details) == (None, {"rows": found.rows})


def test_an_empty_installation_has_headers(tmp_path: Path) -> None:
    for kind in SheetKind:
        assert sheet(site_in(tmp_path / kind), kind, NOW).rows == 0


def test_dates_and_pauses_come_back(company: Site, tmp_path: Path) -> None:
    people = (
        "email,name,role,offices,joined,left,paused_from,paused_until,hours,days_never,manager\n"
        "ben@example.org,Ben,junior,london,2027-01-11,2027-12-01,2027-04-01,2027-04-09,"
        "mon-fri 09:00-17:30; wed 09:00-24:00,fri,priya@example.org\n"
    )
    brought(company, tmp_path, SheetKind.PEOPLE, people)

    found = sheet(company, SheetKind.PEOPLE, NOW)

    ben = next(row for row in read(found.text) if row["email"] == "ben@example.org")
    assert ben["hours"] == "mon-tue 09:00-17:30; wed 09:00-24:00; thu-fri 09:00-17:30"
    assert date.fromisoformat(ben["paused_until"]) == date(2027, 4, 9)
    assert brought(company, tmp_path, SheetKind.PEOPLE, found.text).lines == ()


# --- every table ---------------------------------------------------------------------------------


def files(folder: Path) -> dict[str, list[dict[str, str]]]:
    return {file.name: read(file.read_text(encoding="utf-8-sig")) for file in sorted(folder.iterdir())}


def test_every_table_is_a_file_or_said_why_not(company: Site, tmp_path: Path) -> None:
    done = tables(company, tmp_path / "out", NOW)

    found = files(tmp_path / "out")
    listed = found.pop("README.csv")
    assert {name: len(rows) for name, rows in found.items()} == dict(done.rows)
    assert {(row["table"], row["column"]) for row in listed} == {
        (table.name, column.name) for table in t.metadata.tables.values() for column in table.columns
    }
    assert all(bool(row["file"]) != bool(row["why it is left out"]) for row in listed)
    assert done.left_out == sum(not row["file"] for row in listed)
    assert {row["file"] for row in listed} - {""} == set(found)
    for row in listed:
        if row["file"] and found[row["file"]]:
            assert row["column"] in found[row["file"]][0]


def test_files_are_for_their_owner_and_say_instants_in_utc(company: Site, tmp_path: Path) -> None:
    tables(company, tmp_path / "out", NOW)

    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in (tmp_path / "out").iterdir()} == {0o600}
    people = files(tmp_path / "out")["person.csv"]
    assert people[0]["told_at"] == "2026-03-05T10:00:00Z"
    assert people[0]["languages"] == "[]"


def test_no_file_says_who_had_which_session(company: Site, tmp_path: Path) -> None:
    agree_coworking(company, 5)
    with company.store.reading() as connection:
        ids = connection.execute(select(t.session.c.id)).scalars().all()
        roster = {
            word
            for row in connection.execute(select(t.person.c.email, t.person.c.name))
            for word in (row.email, row.name)
        }
    tables(company, tmp_path / "out", NOW)

    found = files(tmp_path / "out")
    sessions, called = found["session.csv"], found["candidate.csv"]
    assert len(sessions) == len(ids)
    assert not {row["id"] for row in sessions} & set(ids)
    assert called
    assert {row["session_id"] for row in called} <= {row["id"] for row in sessions}
    for name in ("session.csv", "seat.csv", "candidate.csv", "proposal.csv", "placement.csv", "outbox.csv"):
        said = {cell for row in found[name] for cell in row.values()}
        assert not said & roster, name


def test_two_exports_cannot_be_joined_by_their_codes(company: Site, tmp_path: Path) -> None:
    for name in ("one", "two"):
        tables(company, tmp_path / name, NOW)

    codes = [{row["id"] for row in files(tmp_path / name)["session.csv"]} for name in ("one", "two")]
    assert codes[0]
    assert not codes[0] & codes[1]


def test_what_people_wrote_is_no_formula_and_what_they_keep_to_themselves_is_in_no_file(
    company: Site, tmp_path: Path
) -> None:
    with company.store.writing() as connection:
        ben = t.person.c.email == "ben@example.org"
        connection.execute(
            update(t.person)
            .where(ben)
            .values(name="=cmd|x", eats="CANARY", hours={"mon": ["09:00", "10:00"]})
        )
        session_id = connection.execute(select(t.session.c.id)).scalars().first()
        who = connection.execute(select(t.person.c.id).where(ben)).scalar_one()
        connection.execute(
            insert(t.feedback).values(
                session_id=session_id, person_id=who, happened=True, useful=2, comment="CANARY", at=NOW
            )
        )
        connection.execute(update(t.session).values(title="CANARY"))
        connection.execute(update(t.room).values(calendar="ics:CANARY"))

    tables(company, tmp_path / "out", NOW)

    whole = "".join(file.read_text(encoding="utf-8-sig") for file in (tmp_path / "out").iterdir())
    assert "CANARY" not in whole
    assert "'=cmd|x" in whole
    assert ",=cmd|x" not in whole


def test_a_folder_with_something_in_it_is_left_alone(company: Site, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="is not empty"):
        tables(company, tmp_path, NOW)


def test_a_large_company_is_never_in_memory_at_once(company: Site, tmp_path: Path) -> None:
    propose_a_day(company)
    agree_coworking(company, 5)
    crowd(company, 2_000)
    asked: list[int] = []

    @event.listens_for(company.store.engine, "do_execute")
    def look(cursor: Any, statement: str, *_: Any) -> None:
        asked.append(len(statement))

    tracemalloc.start()
    done = tables(company, tmp_path / "out", NOW)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    written = sum(file.stat().st_size for file in (tmp_path / "out").iterdir())
    assert done.rows["person.csv"] > 2_000
    assert len(asked) < 3 * len(t.metadata.tables)
    assert most < 8_000_000, f"{most:,} bytes for {written:,}"
