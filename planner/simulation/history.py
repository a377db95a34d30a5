"""What came of a way: the sessions that were held, and the days on which seniors were asked in."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from planner.domain import Session


class Way(StrEnum):
    OFFICEDAY = "officeday"
    BOOKING_LINKS = "booking links"
    MANDATE = "mandate"
    ROULETTE = "roulette"


@dataclass(frozen=True, slots=True)
class HeldSession:
    """One session that somebody came to."""

    week: int  #: from 0
    senior: str
    juniors: tuple[str, ...]  #: who came
    in_person: bool


@dataclass
class History:
    held: list[HeldSession] = field(default_factory=list)
    #: (senior, date) on which a senior came in for it and would not have come otherwise
    office_days: set[tuple[str, date]] = field(default_factory=set)
    #: sessions in an office that were planned and agreed, with everybody in them required, and their dates;
    #: only of a way that plans
    agreed: list[tuple[Session, date]] = field(default_factory=list)
