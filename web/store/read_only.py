"""A look into a database that is there, for programs that must not change anything.

`Store` makes a missing database and `open_site` brings an older one up to date; this does neither.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, create_engine, make_url

from web.errors import Refused
from web.store import BUSY_TIMEOUT_MS, MIGRATIONS


class NotMade(Refused):
    """There is no database yet, or nothing in it."""


@contextmanager
def reading_only(url: str) -> Iterator[Connection]:
    """A view in which nothing can be written; no file is left that was not there.

    Raises:
        NotMade: there is no such database.
        Refused: it is of another version of this program.
        SQLAlchemyError: it cannot be read.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").is_file():
        raise NotMade(f"There is no database {parsed.database}.")
    engine = _engine(parsed)
    try:
        with engine.connect() as connection:
            if engine.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN")
            _check_version(connection)
            yield connection
    finally:
        engine.dispose()


def _engine(url: URL) -> Engine:
    if url.get_backend_name() != "sqlite":
        return create_engine(url, hide_parameters=True).execution_options(
            postgresql_readonly=True, isolation_level="REPEATABLE READ"
        )
    # SQLite's own mode=ro leaves the files of its log behind; mode=rw makes no database, and tidies up.
    address = f"file:{quote(str(Path(url.database or '').resolve()))}?mode=rw"

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(address, BUSY_TIMEOUT_MS / 1000, isolation_level=None, uri=True)
        connection.execute("PRAGMA query_only=ON").close()
        return connection

    return create_engine(url, creator=connect, hide_parameters=True)


def _check_version(connection: Connection) -> None:
    at, versions = MigrationContext.configure(connection).get_current_revision(), ScriptDirectory(MIGRATIONS)
    if at == versions.get_current_head():
        return
    if at is None:
        raise NotMade("The database is empty.")
    if at not in {each.revision for each in versions.walk_revisions()}:
        raise Refused(f"The database is of a newer version ({at}) than this program. Install that version.")
    raise Refused(
        f"The database is of an older version ({at}), and nothing is written here. Run `officeday serve` "
        "once: it brings the database up to date."
    )
