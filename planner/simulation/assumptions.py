"""What a simulation takes for granted: every number with its range and the reason for its default.

None of it is measured in the company that asks. Where nobody has measured it at all the reason says so,
and the default leans towards the ways that officeday is compared with.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any


def _assumed(default: float, lowest: float, highest: float, says: str, why: str) -> Any:
    return field(default=default, metadata={"lowest": lowest, "highest": highest, "says": says, "why": why})


_NPR = "shares who confirmed in NPR's coffee roulette: 54 % company-wide, 81 % in one department"
_GUESS = "a guess: we know of no measurement"


@dataclass(frozen=True)
class Assumptions:
    """How people behave. A junior's chances lie between those of the quietest and the most outgoing.

    Raises:
        ValueError: something lies outside its range; the text names all of it.
    """

    quiet_share: float = _assumed(
        0.25,
        0,
        1,
        "juniors who ignore mail and never ask or book",
        "the quiet quarter that the comparison is about",
    )
    asks_least: float = _assumed(
        0.0,
        0,
        20,
        "sessions a month that the least outgoing of the others ask for",
        "asking rises from nothing",
    )
    asks_most: float = _assumed(
        2.0,
        0,
        20,
        "sessions a month that the most outgoing junior asks for",
        f"{_GUESS}; twice a month is keen",
    )
    shows_up_quiet: float = _assumed(
        0.54, 0, 1, "the quietest junior comes to what they were invited to", f"the lower one of {_NPR}"
    )
    shows_up_outgoing: float = _assumed(
        0.81, 0, 1, "the most outgoing junior comes to what they were invited to", f"the higher one of {_NPR}"
    )
    shows_up_asked: float = _assumed(
        0.95, 0, 1, "a junior comes to what they booked themselves", f"{_GUESS}; favours booking links"
    )
    declines: float = _assumed(
        0.10, 0, 1, "a junior who reads mail declines a seat", f"{_GUESS}; counts against officeday only"
    )
    approves_least: float = _assumed(
        0.40, 0, 1, "the least willing senior approves a proposed day", f"{_GUESS}; the same for a day online"
    )
    approves_most: float = _assumed(0.95, 0, 1, "the most willing senior approves a proposed day", _GUESS)
    another_day: float = _assumed(
        0.35, 0, 1, "of days not approved: the senior picks another day", f"{_GUESS}; about a third each"
    )
    skips: float = _assumed(
        0.35,
        0,
        1,
        "of days not approved: the senior skips it; the rest is silence",
        f"{_GUESS}; about a third each",
    )
    senior_cancels: float = _assumed(
        0.05,
        0,
        1,
        "a senior calls off a session that was agreed, and under a mandate a day in the office",
        f"{_GUESS}; the same for every way",
    )
    links_in_person: float = _assumed(
        0.5,
        0,
        1,
        "booking links: share of bookings that are in the office",
        "half and half, as officeday's own kinds",
    )
    links_open: float = _assumed(
        2,
        1,
        20,
        "booking links: most bookings of one junior that lie ahead at a time",
        "a usual limit of such links",
    )
    mandate_days: float = _assumed(
        3, 1, 5, "mandate: office days a week, the same for everybody", "the usual mandate"
    )
    osmosis_quiet: float = _assumed(
        0.01,
        0,
        1,
        "mandate: chance a day that the quietest junior is mentored by the way",
        f"{_GUESS}; generous",
    )
    osmosis_outgoing: float = _assumed(
        0.10,
        0,
        1,
        "mandate: the same of the most outgoing junior",
        f"{_GUESS}; generous: more than once a month",
    )
    roulette_weeks: float = _assumed(4, 1, 26, "roulette: weeks from one draw to the next", "monthly")
    roulette_pairs: float = _assumed(
        2,
        1,
        20,
        "roulette: juniors drawn for one senior each time",
        "twice what is usual; never two juniors, as is",
    )

    def __post_init__(self) -> None:
        mistakes = list(mistakes_in(self.values()))
        if mistakes:
            raise ValueError("; ".join(f"{name}: {says}" for name, says in mistakes))

    def values(self) -> dict[str, float]:
        return {each.name: getattr(self, each.name) for each in fields(self)}


@dataclass(frozen=True, slots=True)
class Explained:
    """One assumption as it is told: what it says, its default with its range, and why."""

    name: str
    default: float
    lowest: float
    highest: float
    says: str
    why: str


EXPLAINED: Mapping[str, Explained] = {
    each.name: Explained(each.name, float(each.default), **each.metadata)  # type: ignore[arg-type]
    for each in fields(Assumptions)
}

#: Numbers of things, not chances or rates.
WHOLE = frozenset({"links_open", "mandate_days", "roulette_weeks", "roulette_pairs"})


def mistakes_in(values: Mapping[str, float]) -> Iterator[tuple[str, str]]:
    """By name what is wrong with a value, and what would be right."""
    for name, value in values.items():
        told = EXPLAINED.get(name)
        if told is None:
            yield name, f"there is no such assumption; there are {', '.join(EXPLAINED)}"
        elif not told.lowest <= value <= told.highest:
            yield name, f"must be {told.lowest:g} to {told.highest:g}, not {value:g}"
        elif name in WHOLE and value != int(value):
            yield name, f"must be a whole number, not {value:g}"
    if values.get("another_day", 0.0) + values.get("skips", 0.0) > 1:
        yield "skips", "another_day and skips must not add up to more than 1"


#: Where the comparison is not even, and whom that favours.
FAVOURS = (
    (
        "booking links",
        "no room is needed, every senior publishes all free time, and who books comes nearly always",
    ),
    ("booking links", "two bookings may share an office day at any time of it, not only at lunch"),
    ("booking links", "a senior comes in for a single session too, and the way there takes no time"),
    ("mandate", "everybody who works that day keeps it, and any chance talk counts as a session"),
    (
        "mandate",
        "nobody is asked which days, how many of them or which formats they would rather have: "
        "more people meet, on more office days",
    ),
    (
        "roulette",
        "pairs always find a time, whatever their calendars say, and meet as often as NPR's colleagues said "
        "they did",
    ),
    (
        "officeday",
        "calendars never change after a session is agreed; the same holds for booking links",
    ),
    (
        "officeday",
        "a junior's turn in a group counts as much as one alone with a senior; booking links know only these",
    ),
    (
        "officeday",
        "who would rather not have coffee roulettes has no booking links and no roulette either, and who "
        "meets online only has nobody under a mandate",
    ),
    (
        "nobody",
        "juniors do not book the seats that officeday's co-working keeps open, which counts against it",
    ),
)
