"""Every column says what it tells of people (`web.store.privacy`); export and erasure go by it."""

from __future__ import annotations

import pytest
from sqlalchemy import Column

from web.store.privacy import Pointer, Privacy, is_about_people, pointer_of
from web.store.tables import metadata

COLUMNS = [column for table in metadata.sorted_tables for column in table.columns]


@pytest.mark.parametrize("column", COLUMNS, ids=str)
def test_a_column_says_what_it_tells_of_people(column: Column[object]) -> None:
    assert "privacy" in column.info, (
        f"{column} has no privacy label. Give it info=NONE, OPERATIONAL, PERSONAL, PRIVATE or SECRET "
        "(web/store/privacy.py says what each means); info=SUBJECT, ACTOR or NAMED if it points to a person."
    )
    assert isinstance(column.info["privacy"], Privacy)


@pytest.mark.parametrize("column", COLUMNS, ids=str)
def test_what_points_to_a_person_says_what_they_are_to_the_row(column: Column[object]) -> None:
    points = any(key.target_fullname == "person.id" for key in column.foreign_keys)
    assert points == isinstance(pointer_of(column), Pointer), f"{column}: info=SUBJECT, ACTOR or NAMED"
    assert not points or is_about_people(column)
