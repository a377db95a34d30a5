"""Everything that is kept of somebody, handed over: every column about people, and nothing of others."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner
from sqlalchemy import select

from tests.web.company import JUNIORS, a_company, member
from tests.web.made_up import NOW
from tests.web.pages.persons import Person, propose_a_day
from web.cli import main
from web.operations import own_data
from web.pages import create_app
from web.store import personal
from web.store import tables as t
from web.store.privacy import Pointer, is_about_people, pointer_of
from web.store.tables import metadata


def test_every_table_with_something_about_people_is_in_one_category() -> None:
    about = {table for table in metadata.sorted_tables if any(map(is_about_people, table.columns))}
    listed = [table for category in personal.CATEGORIES for table in category.tables]
    only_by_number = {t.planning_run, t.programme, t.simulation}  # who started it, whom to ask

    assert len(listed) == len(set(listed))
    assert about - only_by_number == set(listed)


def test_every_such_table_says_whose_its_rows_are() -> None:
    for table in personal.tables():
        whose = personal.subjects_of(table) or table in (t.person, *personal.THROUGH_SESSION)
        assert whose or all(pointer_of(column) is Pointer.NAMED for column in table.primary_key), table


def test_the_export_has_every_column_about_people(tmp_path: Path) -> None:
    site = a_company(tmp_path)
    propose_a_day(site)
    said = json.loads(own_data.export_own(site, member(site, "priya"), NOW))

    by_table = {name: rows for tables in said["data"].values() for name, rows in tables.items()}
    assert set(by_table) == {table.name for table in personal.tables()} - {"never_pair"}
    for table in personal.tables():
        expected = {
            column.name
            for column in table.columns
            if is_about_people(column) and pointer_of(column) is not Pointer.NAMED
        }
        for row in by_table.get(table.name, []):
            assert expected <= row.keys()
    for filled in ("person", "session", "proposal", "outbox", "link", "membership"):
        assert by_table[filled], filled


def test_it_says_what_each_kind_is_for_how_long_it_is_kept_and_who_sees_it(tmp_path: Path) -> None:
    site = a_company(tmp_path)
    said = json.loads(own_data.export_own(site, member(site, "aisha"), NOW))

    assert said["about"]["Who did what"]["how_long"] == "400 days"
    assert all(set(each) == {"kept", "how_long", "seen_by"} for each in said["about"].values())


def test_it_has_no_link_and_nobody_else_s_secrets(tmp_path: Path) -> None:
    site = a_company(tmp_path)
    propose_a_day(site)
    aisha, ben = member(site, "aisha"), member(site, "ben")
    with site.store.writing() as connection:
        connection.execute(
            t.private_request.insert().values(
                programme_id=ben.programme_id,
                person_id=ben.person.id,
                about="senior",
                senior_id=member(site, "priya").person.id,
                text="never again with her",
                created_at=NOW,
            )
        )
        connection.execute(t.never_pair.insert().values(one_id=aisha.person.id, other_id=ben.person.id))
        links = connection.execute(select(t.link.c.id)).scalars().all()

    priya = own_data.export_own(site, member(site, "priya"), NOW)

    assert "never again" not in priya
    assert "never_pair" not in own_data.export_own(site, aisha, NOW)
    assert "never again with her" in own_data.export_own(site, ben, NOW)
    mails = json.loads(priya)["data"]["Mails to you"]
    assert all("id" not in link for link in mails["link"])
    assert links
    of_ada = own_data.export_own(site, member(site, "ada"), NOW)
    assert not any(f"{name}@example.org" in of_ada for name in JUNIORS)


def test_everybody_has_theirs_as_a_file_from_the_page(tmp_path: Path) -> None:
    site = a_company(tmp_path)
    person = Person(create_app(site), site, "aisha")

    answer = person.press("/privacy/my-data", "/privacy")

    assert answer.headers["Content-Disposition"] == 'attachment; filename="my-data.json"'
    assert answer.headers["Cache-Control"] == "no-store"
    assert json.loads(answer.text)["of"] == "aisha@example.org"
    assert person.browser.get("/privacy/my-data").status_code == 405
    with site.store.reading() as connection:
        actions = connection.execute(select(t.audit_entry.c.action)).scalars().all()
    assert "person.export" in actions


def test_the_page_says_what_is_true_of_this_installation(tmp_path: Path) -> None:
    site = a_company(tmp_path)
    told = Person(create_app(site), site, "aisha").open("/privacy").text

    assert "to anybody who knows the address" in told  # what a feed could show
    assert "730 days" in told and "180 days" in told
    assert "Ada" in told
    assert Person(create_app(site), site).open("/privacy").status_code == 303


def test_the_command_writes_a_file_for_its_owner_only(tmp_path: Path) -> None:
    site = a_company(tmp_path)
    site.store.close()
    file = tmp_path / "config.toml"
    file.write_text(f'[database]\nurl = "{site.store.url}"\nqueue = "queue.db"\n')
    out = tmp_path / "priya.json"
    arguments = ["--config", str(file)]

    said = CliRunner().invoke(main, ["export-person", "Priya@example.org", "-o", str(out), *arguments])
    nobody = CliRunner().invoke(main, ["export-person", "zoe@example.org", *arguments])

    assert said.exit_code == 0, said.output
    assert json.loads(out.read_text())["of"] == "priya@example.org"
    assert out.stat().st_mode & 0o077 == 0
    assert (nobody.exit_code, "nobody has the address" in nobody.output) == (1, True)
