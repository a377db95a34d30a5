"""Who may: the one place that decides."""

from __future__ import annotations

from collections.abc import Collection

from web.errors import NotFound
from web.records import Member


def need_role(by: Member, role: str) -> None:
    """Raises NotFound for anybody else, so that nobody learns what there is."""
    if role not in by.roles:
        raise NotFound


def need_self(by: Member, person_id: int) -> None:
    if by.person.id != person_id:
        raise NotFound


def need_programme(by: Member, programme_id: int) -> None:
    if by.programme_id != programme_id:
        raise NotFound


def need_part(by: Member, senior_id: int, junior_ids: Collection[int], programme_id: int) -> None:
    """Its senior, a junior in it, or an admin of its programme."""
    part = by.person.id == senior_id or by.person.id in junior_ids
    if not part and not ("admin" in by.roles and by.programme_id == programme_id):
        raise NotFound


def need_share(by: Member, senior_id: int, junior_id: int | None) -> None:
    """One of the two whom something is between; admins are not."""
    if by.person.id not in (senior_id, junior_id):
        raise NotFound


def part_of(by: Member, senior_id: int, junior_ids: Collection[int]) -> str | None:
    """As what somebody is in a session: its "senior", a "junior" in it, or not at all."""
    if by.person.id == senior_id and "senior" in by.roles:
        return "senior"
    return "junior" if by.person.id in junior_ids and "junior" in by.roles else None


def need_in_person(by: Member) -> None:
    """Not an assistant's to do: naming assistants, signing in, calendars, what is private."""
    if by.behind is not None:
        raise NotFound
