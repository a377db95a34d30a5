"""Who may: each question, asked by everybody who may and everybody who may not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.web.made_up import ADMIN, JUNIOR, PRIYA, SENIOR
from web.errors import NotFound
from web.operations import access
from web.records import Member

HERE = SENIOR.programme_id
SOMEBODY_ELSE = 999_999


def may(question: object, *args: object) -> bool:
    """What an access question answers: it is told as something that is not there, or not told at all."""
    try:
        question(*args)  # type: ignore[operator]
    except NotFound:
        return False
    return True


@pytest.mark.parametrize(
    ("by", "role", "expected"),
    [(SENIOR, "senior", True), (SENIOR, "admin", False), (JUNIOR, "senior", False), (ADMIN, "admin", True)],
)
def test_a_role_is_had_or_not(by: Member, role: str, expected: bool) -> None:
    assert may(access.need_role, by, role) is expected


def test_what_is_ones_own_is_nobody_elses() -> None:
    assert may(access.need_self, SENIOR, SENIOR.person.id)
    assert not may(access.need_self, ADMIN, SENIOR.person.id)


def test_a_programme_is_its_own_members() -> None:
    assert may(access.need_programme, SENIOR, HERE)
    assert not may(access.need_programme, SENIOR, HERE + 1)


def test_a_part_in_a_session_is_its_seniors_its_juniors_and_its_admins() -> None:
    senior_id, junior_ids = SENIOR.person.id, [JUNIOR.person.id]

    assert may(access.need_part, SENIOR, senior_id, junior_ids, HERE)
    assert may(access.need_part, JUNIOR, senior_id, junior_ids, HERE)
    assert may(access.need_part, ADMIN, senior_id, junior_ids, ADMIN.programme_id)
    assert not may(access.need_part, ADMIN, senior_id, junior_ids, ADMIN.programme_id + 1)
    assert not may(access.need_part, SENIOR, SOMEBODY_ELSE, junior_ids, HERE)
    assert not may(access.need_part, JUNIOR, senior_id, [SOMEBODY_ELSE], HERE)


def test_what_is_between_two_is_no_admins() -> None:
    assert may(access.need_share, SENIOR, SENIOR.person.id, JUNIOR.person.id)
    assert may(access.need_share, JUNIOR, SENIOR.person.id, JUNIOR.person.id)
    assert not may(access.need_share, JUNIOR, SENIOR.person.id, None)
    assert not may(access.need_share, ADMIN, SENIOR.person.id, JUNIOR.person.id)


def test_in_a_session_one_is_what_ones_role_there_says() -> None:
    senior_id, junior_id = SENIOR.person.id, JUNIOR.person.id

    assert access.part_of(SENIOR, senior_id, [junior_id]) == "senior"
    assert access.part_of(JUNIOR, senior_id, [junior_id]) == "junior"
    assert access.part_of(ADMIN, senior_id, [junior_id]) is None
    assert access.part_of(replace(SENIOR, roles=frozenset({"junior"})), senior_id, [junior_id]) is None
    assert access.part_of(replace(JUNIOR, roles=frozenset({"senior"})), senior_id, [junior_id]) is None


def test_an_assistant_does_not_do_what_only_the_person_may() -> None:
    assert may(access.need_in_person, SENIOR)
    assert not may(access.need_in_person, replace(SENIOR, behind=PRIYA))
