"""One database: what it tells when something goes wrong, and who may read its file."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError, OperationalError

from tests.web.databases import POSTGRESQL
from web.queue import Queue
from web.site import Site
from web.store import Store
from web.store import tables as t


def test_an_error_says_nothing_of_what_somebody_wrote(site: Site) -> None:
    refused = insert(t.private_request).values(programme_id=None, text="my manager is unkind")

    with pytest.raises(IntegrityError) as why, site.store.writing() as connection:
        connection.execute(refused)
    assert "not null" in str(why.value).lower().replace("-", " ")
    assert "unkind" not in str(why.value)


@pytest.mark.skipif(not POSTGRESQL, reason="of a server that cannot be reached")
def test_why_there_is_no_connection_is_told(tmp_path: Path) -> None:
    store = Store(f"postgresql+psycopg://nobody@/nowhere?host={tmp_path}")
    with pytest.raises(OperationalError, match="No such file or directory"), store.reading():
        pass


def test_the_queue_is_for_its_owner_only(tmp_path: Path) -> None:
    Queue(tmp_path / "queue.db").tell(1)

    assert {file.stat().st_mode & 0o777 for file in tmp_path.glob("queue.db*")} == {0o600}
