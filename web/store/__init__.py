"""Everything that is kept, behind one `Store`: the only place with SQL.

`tables` says what is kept, `migrations/` how it came to be so; the other modules hold the queries by
noun and take the connection that a caller opened with `Store.reading()` or `Store.writing()`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, ExceptionContext, create_engine, event, make_url
from sqlalchemy.exc import OperationalError

from connectors.sealed import Seal
from web.store import sealing

MIGRATIONS = Path(__file__).parent / "migrations"

#: How long a writer waits for another one, in milliseconds, before it gives up.
BUSY_TIMEOUT_MS = 30_000


#: The advisory lock of PostgreSQL that is a writer's turn; any number that no other program takes.
TURN = 7305


class Store:
    """One database. Writers take turns, so that what one has read is still so when it writes.

    On SQLite `writing()` opens with BEGIN IMMEDIATE: with the driver's own deferred transactions two
    writers that read before they write sell the same seat twice, or fail with "database is locked".
    On PostgreSQL it takes an advisory lock until its transaction ends: rows that are not there yet, such
    as a second seat, no lock of rows would hold, and a writer is done in milliseconds. Readers see the
    database as it was at their first look (WAL there, REPEATABLE READ here), and wait for nobody.
    """

    def __init__(self, url: str, seal: Seal | None = None) -> None:
        """
        Args:
            seal: seals private addresses of calendars; without it they are read and written as they are.
        """
        self.url = url
        self.engine = _engine(url)
        if seal is not None:
            self.seal_with(seal)

    def seal_with(self, seal: Seal) -> None:
        """From now on addresses are sealed with this."""
        sealing.seal_with(self.engine, seal)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A consistent view; whatever is written in it is thrown away."""
        with self.engine.connect() as connection:
            if self.is_sqlite:
                connection.exec_driver_sql("BEGIN")
            else:
                connection.execution_options(isolation_level="REPEATABLE READ")
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction, committed at the end, rolled back by any exception. No network in here."""
        with self.engine.connect() as connection:
            self._take_turn(connection)
            yield connection
            connection.commit()

    def _take_turn(self, connection: Connection) -> None:
        if self.is_sqlite:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({TURN})")

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    def migrate(self) -> None:
        """Bring the tables to this version; several processes may do so at once."""
        config = _alembic_config()
        with self.engine.connect() as connection:
            self._take_turn(connection)
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()

    def version(self) -> tuple[str | None, str | None]:
        """The version the tables are at, and the one this program wants."""
        with self.reading() as connection:
            at = MigrationContext.configure(connection).get_current_revision()
        return at, ScriptDirectory.from_config(_alembic_config()).get_current_head()

    def compact(self) -> bool:
        """Rewrite the database without what was deleted, its write-ahead log too; False: it was in use.

        Whoever reads it holds this up, so it is done again once a day.
        """
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            try:
                connection.exec_driver_sql("VACUUM")
                if self.is_sqlite:
                    busy, _, _ = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
                    return not busy
            except OperationalError:
                return False
        return True

    def close(self) -> None:
        self.engine.dispose()


def _alembic_config() -> AlembicConfig:
    config = AlembicConfig()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


def _engine(url: str) -> Engine:
    # An error of the database must not carry what somebody wrote into a log or the ledger of jobs.
    parsed = make_url(url)
    engine_of = partial(create_engine, parsed, hide_parameters=True)
    if parsed.get_backend_name() != "sqlite":
        wait = {"options": f"-c lock_timeout={BUSY_TIMEOUT_MS}"}
        engine = engine_of(pool_pre_ping=True, connect_args=wait)
        event.listen(engine, "handle_error", _say_what_and_not_of_which_row)
        return engine
    if parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        Path(parsed.database).touch(mode=0o600)  # people's free and busy times are for this program only
    engine = engine_of(connect_args={"timeout": BUSY_TIMEOUT_MS / 1000})
    event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _say_what_and_not_of_which_row(context: ExceptionContext) -> None:
    """PostgreSQL's errors go on with the row that was refused; only their first line is kept."""
    original, error = context.original_exception, context.sqlalchemy_exception
    said = getattr(getattr(original, "diag", None), "message_primary", None)  # None: no server said anything
    if said is not None and error is not None:
        original.args = (said,)
        error.args = (f"({type(original).__name__}) {said}",)


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver begins nothing by itself; Store does
    for pragma in (
        "journal_mode=WAL",
        "foreign_keys=ON",
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "synchronous=FULL",
        "secure_delete=ON",  # what is deleted is overwritten, not only forgotten
    ):
        connection.execute(f"PRAGMA {pragma}").close()
