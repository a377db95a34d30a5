"""A database that is looked into and not touched."""

from __future__ import annotations

import hashlib
import sqlite3
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import insert, select
from sqlalchemy.exc import DBAPIError

from tests.web.company import a_company
from web.errors import Refused
from web.store import MIGRATIONS, Store, _alembic_config
from web.store import tables as t
from web.store.read_only import NotMade, reading_only


def files_of(folder: Path) -> dict[str, str]:
    """Every file there, with what is in it."""
    found = (each for each in folder.rglob("*") if each.is_file())
    return {str(each): hashlib.sha256(each.read_bytes()).hexdigest() for each in found}


def at_version(file: Path, version: str) -> str:
    store = Store(f"sqlite:///{file}")
    config = _alembic_config()
    with store.engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, version)
        connection.commit()
    store.close()
    return store.url


def test_what_is_there_is_read_and_no_file_differs_afterwards(tmp_path: Path) -> None:
    site = a_company(tmp_path)
    site.store.close()
    before = files_of(tmp_path)

    with reading_only(site.store.url) as connection:
        names = set(connection.execute(select(t.person.c.name)).scalars())

    assert {"Priya", "Aisha", "Ada"} <= names
    assert files_of(tmp_path) == before


def test_it_is_read_while_a_server_works_on_it(tmp_path: Path) -> None:
    site = a_company(tmp_path)
    with site.store.writing() as writing:
        writing.execute(insert(t.programme).values(name="Another"))
        with reading_only(site.store.url) as connection:
            assert list(connection.execute(select(t.programme.c.name)).scalars()) == ["Mentoring"]
    with reading_only(site.store.url) as connection:
        assert set(connection.execute(select(t.programme.c.name)).scalars()) == {"Mentoring", "Another"}


def test_nothing_can_be_written(tmp_path: Path) -> None:
    site = a_company(tmp_path)

    with reading_only(site.store.url) as connection, pytest.raises(DBAPIError, match=r"read-?only"):
        connection.execute(insert(t.programme).values(name="Another"))


@pytest.mark.parametrize("name", ["officeday.db", "what? is #1 %41 this.db"])
def test_a_database_is_found_whatever_its_file_is_called(tmp_path: Path, name: str) -> None:
    url = at_version(tmp_path / name, "head")

    with reading_only(url) as connection:
        assert connection.execute(select(t.programme.c.id)).first() is None


def test_no_database_is_made(tmp_path: Path) -> None:
    with (
        pytest.raises(NotMade, match=r"no database .*var/officeday\.db"),
        reading_only(f"sqlite:///{tmp_path}/var/officeday.db"),
    ):
        pass

    assert files_of(tmp_path) == {} and not (tmp_path / "var").exists()


def test_an_empty_one_is_none(tmp_path: Path) -> None:
    (tmp_path / "a.db").touch()

    with pytest.raises(NotMade, match="is empty"), reading_only(f"sqlite:///{tmp_path}/a.db"):
        pass

    assert (tmp_path / "a.db").stat().st_size == 0


def test_one_of_an_older_version_is_refused_and_stays_as_it_is(tmp_path: Path) -> None:
    versions = sorted(each.stem[:4] for each in (MIGRATIONS / "versions").glob("[0-9]*.py"))
    url = at_version(tmp_path / "old.db", versions[-2])
    before = files_of(tmp_path)

    with (
        pytest.raises(Refused, match=f"older version \\({versions[-2]}\\).*officeday serve"),
        reading_only(url),
    ):
        pass

    assert files_of(tmp_path) == before


def test_one_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    url = at_version(tmp_path / "new.db", "head")
    with sqlite3.connect(tmp_path / "new.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")

    with pytest.raises(Refused, match="newer version"), reading_only(url):
        pass
