"""What simulations came to, told: a table, charts and a CSV; the same figures everywhere.

Each figure is the median over the seeds with the least and the most of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from planner.simulation.assumptions import EXPLAINED, FAVOURS
from planner.simulation.figures import LATELY_WEEKS, Figures, Spread, spreads
from planner.simulation.history import Way
from planner.simulation.play import Part
from web.charts import BarChart, Series
from web.simulation_settings import TABLES, Settings, fields_of
from web.small_groups import LEAST
from web.words import listed


@dataclass(frozen=True, slots=True)
class Told:
    """One figure: its name in `Figures`, what it says, and how it is written. No digits: it is a count."""

    name: str
    says: str
    percent: bool = False
    digits: int = 1

    def written(self, value: float) -> str:
        if self.percent:
            return f"{100 * value:.0f} %"
        return f"{value:,.{self.digits}f}" if self.digits else _count(value)


def _count(value: float) -> str:
    """The median of an even number of counts may lie between two."""
    return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"


def lately(settings: Settings) -> str:
    """The weeks that reach is told of."""
    return f"in the last {min(LATELY_WEEKS, settings.weeks)} weeks"


def figures_of(settings: Settings) -> tuple[Told, ...]:
    """What is told, in order."""
    when = lately(settings)
    return (
        Told("reach_quiet", f"Quietest quarter with a session {when}", percent=True),
        Told("reach_outgoing", f"Most outgoing quarter with a session {when}", percent=True),
        Told("reach", f"All juniors with a session {when}", percent=True),
        Told("reach_quiet_ever", "Quietest quarter with a session at all", percent=True),
        Told("reach_outgoing_ever", "Most outgoing quarter with a session at all", percent=True),
        Told("longest_wait", "Longest wait, in weeks", digits=0),
        Told("sessions_a_junior", "Sessions held, for one junior"),
        Told("to_never_asked", "Share of these for juniors who never ask", percent=True),
        Told("sessions_held", "Sessions held, of all seniors", digits=0),
        Told("in_person_held", "Of these in an office", digits=0),
        Told("office_days_a_month", "Office days asked of a senior, a month"),
        Told("office_days", "Office days asked for, of all seniors", digits=0),
        Told("lunch_days", "Of these office days, days with a lunch", digits=0),
        Told("in_person_a_day", "Sessions held in an office, a senior's office day", digits=2),
        Told("days_a_session", "Office days for a session held in an office", digits=2),
        Told("days_a_turn", "Office days for one junior in such a session", digits=2),
        Told("planned_a_day", "Sessions agreed in an office, an office day", digits=2),
        Told("one_by_one_a_day", "The same sessions booked one by one, an office day", digits=2),
    )


NAMES = {
    Way.OFFICEDAY: "officeday",
    Way.BOOKING_LINKS: "Booking links",
    Way.MANDATE: "Three-day mandate",
    Way.ROULETTE: "Monthly roulette",
}


IN_WORDS = {
    Way.OFFICEDAY: "officeday",
    Way.BOOKING_LINKS: "booking links",
    Way.MANDATE: "a mandate",
    Way.ROULETTE: "a roulette",
}


def names(settings: Settings) -> Mapping[Way, str]:
    """What the ways are called, with the assumptions that change their names."""
    days = int(settings.assumptions.mandate_days)
    weeks = int(settings.assumptions.roulette_weeks)
    return NAMES | {
        Way.MANDATE: f"Mandate, {days} {'day' if days == 1 else 'days'} a week",
        Way.ROULETTE: "Roulette, every week" if weeks == 1 else f"Roulette, every {weeks} weeks",
    }


def runs_asked(settings: Settings) -> int:
    """Each way in each seed."""
    return settings.seeds * len(Way)


def seeds_of(parts: Iterable[Part]) -> int:
    """Seeds in which a way was played, of whichever way was played in most."""
    return max(Counter(part.way for part in parts).values(), default=0)


Table = Mapping[Way, Mapping[str, Spread | None]]


def table(parts: Iterable[Part]) -> Table:
    """By way the figures of those of its seeds that were played."""
    parts = list(parts)
    found = {way: [part.figures for part in parts if part.way is way] for way in Way}
    return {way: spreads(some) for way, some in found.items() if some}


def cell(told: Told, spread: Spread | None) -> str:
    """ "97 % (93–100)", or a dash where there is nothing to tell."""
    if spread is None:
        return "–"
    median = told.written(spread.median)
    if spread.lowest == spread.highest:
        return median
    least, most = (told.written(each).removesuffix(" %") for each in (spread.lowest, spread.highest))
    return median if least == most else f"{median} ({least}–{most})"


# --- in words ------------------------------------------------------------------------------------


def sentences(parts: Iterable[Part], settings: Settings) -> tuple[str, ...]:
    """What came out, in sentences that hold whoever does better."""
    about_reach, about_days = _told_in_words(table(parts), settings)
    return (*about_reach, *about_days)


def _told_in_words(figures: Table, settings: Settings) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Of reach, and of office days."""
    ours, links = figures.get(Way.OFFICEDAY), figures.get(Way.BOOKING_LINKS)
    about_reach = (
        _reach(ours, links, lately(settings)) if ours else None,
        _too_few(figures),
        _without_session(figures),
        _unreadable(figures),
    )
    about_days = (
        _days(ours, links) if ours and links else None,
        _same_sessions(ours) if ours else None,
    )
    return tuple(filter(None, about_reach)), tuple(filter(None, about_days))


def _reach(
    ours: Mapping[str, Spread | None], links: Mapping[str, Spread | None] | None, when: str
) -> str | None:
    mine, theirs = ours["reach_quiet"], links and links["reach_quiet"]
    if mine is None:
        return None
    says = f"Of the quietest quarter officeday reached {100 * mine.median:.0f} % {when}"
    return f"{says}; booking links {100 * theirs.median:.0f} %." if theirs else f"{says}."


#: Figures of a part of the juniors.
QUARTERS = ("reach_quiet", "reach_outgoing", "reach_quiet_ever", "reach_outgoing_ever")
OF_GROUPS = (*QUARTERS, "to_never_asked")


def _too_few(figures: Table) -> str | None:
    """Why dashes stand where a group is too small to be told of."""
    if all(
        found[name] for found in figures.values() for name in OF_GROUPS if name in QUARTERS or _held(found)
    ):
        return None
    return (
        f"A dash stands where a quarter of the juniors, or those who never ask, are fewer than {LEAST} "
        "people: of so few nothing is told."
    )


def _without_session(figures: Table) -> str | None:
    """Why dashes stand where there is nothing to divide."""
    none = [IN_WORDS[way] for way, found in figures.items() if not _held(found)]
    if not none:
        return None
    return f"A dash stands where there is nothing to divide: no session was held with {listed(none)}."


def _held(found: Mapping[str, Spread | None]) -> bool:
    held = found["sessions_held"]
    return held is not None and held.highest > 0


def _unreadable(figures: Table) -> str | None:
    found = next((found["unreadable"] for found in figures.values()), None)
    if found is None or not found.median:
        return None
    whose = "1 junior's calendar" if found.median == 1 else f"{_count(found.median)} juniors' calendars"
    return (
        f"{whose} could not be read, so no way that looks at calendars plans them. The longest wait is of "
        "the others; who was reached is told of everybody."
    )


def _days(ours: Mapping[str, Spread | None], links: Mapping[str, Spread | None]) -> str | None:
    mine, theirs = ours["days_a_session"], links["days_a_session"]
    all_mine, all_theirs = ours["office_days_a_month"], links["office_days_a_month"]
    if not (mine and theirs and theirs.median and all_mine and all_theirs):
        return None
    return (
        f"A session held in an office took {mine.median:.2f} office days with officeday and "
        f"{theirs.median:.2f} with booking links ({100 * mine.median / theirs.median:.0f} % of them); "
        f"in all it asked a senior in for {all_mine.median:.1f} days a month, booking links for "
        f"{all_theirs.median:.1f}."
    )


def _same_sessions(ours: Mapping[str, Spread | None]) -> str | None:
    planned, single = ours["planned_a_day"], ours["one_by_one_a_day"]
    if not (planned and single and planned.median):
        return None
    return (
        f"Had the very sessions that officeday planned been booked one by one, each at its first free slot, "
        f"an office day would have held {single.median:.2f} of them instead of {planned.median:.2f}: for the "
        f"same number officeday asked for {100 * single.median / planned.median:.0f} % of those office days."
    )


# --- the aim -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Aim:
    """What officeday is made to reach. A report says how it stands; nothing depends on it."""

    reach: float = 0.95  #: at least, of the quietest quarter
    #: At most, of the office days that booking links take for as many turns: one junior in one session
    #: held in an office. In turns, for links hold far fewer sessions, and none with the quiet ones.
    days: float = 0.5


@dataclass(frozen=True, slots=True)
class Stand:
    """How one half of the aim stands. None: it cannot be told."""

    aim: str
    reached: bool | None
    came_to: float | None
    more: str

    @property
    def says(self) -> str:
        """In one sentence: the aim, yes or no, and what makes it so."""
        if self.reached is None or self.came_to is None:
            return f"Aim of {self.aim}: not known; {self.more}."
        answer = "yes" if self.reached else "no"
        return f"Aim of {self.aim}: {answer}, {100 * self.came_to:.0f} %{self.more and '; '}{self.more}."


def stands(parts: Iterable[Part], settings: Settings, aim: Aim | None = None) -> tuple[Stand, ...]:
    """How the aim stands, in medians; nothing where no seed of officeday is played."""
    figures, aim = table(parts), aim or Aim()
    ours, links = figures.get(Way.OFFICEDAY), figures.get(Way.BOOKING_LINKS)
    return () if ours is None else (_stand_of_reach(ours, settings, aim), _stand_of_days(ours, links, aim))


def _stand_of_reach(ours: Mapping[str, Spread | None], settings: Settings, aim: Aim) -> Stand:
    says = f"at least {100 * aim.reach:.0f} % of the quietest quarter reached {lately(settings)}"
    found = ours["reach_quiet"]
    if found is None:
        why = f"a quarter of the juniors is fewer than {LEAST} people, and of so few nothing is told"
        return Stand(says, None, None, why)
    return Stand(
        says, found.median >= aim.reach, found.median, f"{100 * found.lowest:.0f} % in the worst seed"
    )


def _stand_of_days(
    ours: Mapping[str, Spread | None], links: Mapping[str, Spread | None] | None, aim: Aim
) -> Stand:
    says = (
        f"at most {100 * aim.days:.0f} % of the office days that booking links take for one junior in one "
        "session held in an office"
    )
    mine, theirs = ours["days_a_turn"], links and links["days_a_turn"]
    if not mine:
        return Stand(says, None, None, "officeday held no session in an office")
    if links is None:
        return Stand(says, None, None, "booking links were not played")
    if not theirs:
        return Stand(says, None, None, "booking links held no session in an office")
    if not theirs.median:
        return Stand(says, None, None, "booking links asked nobody into an office")
    share = mine.median / theirs.median
    return Stand(says, share <= aim.days, share, "; ".join(filter(None, (_harder(ours), _floor(ours)))))


def _harder(ours: Mapping[str, Spread | None]) -> str:
    """The same comparison with groups that are booked as groups, which no booking link does."""
    planned, single = ours["planned_a_day"], ours["one_by_one_a_day"]
    if not (planned and single and planned.median):
        return ""
    share = 100 * single.median / planned.median
    return f"{share:.0f} % of those that the very same sessions, groups too, take one by one"


def _floor(ours: Mapping[str, Spread | None]) -> str:
    days, lunches = ours["office_days"], ours["lunch_days"]
    if not (days and lunches):
        return ""
    of_them = f"{_count(lunches.median)} of its {_count(days.median)} office days"
    return f"{of_them} have a lunch, and nobody has two a day"


# --- pictures ------------------------------------------------------------------------------------


def charts(parts: Iterable[Part], settings: Settings) -> Mapping[str, BarChart]:
    """By name: reach, waits, days."""
    parts = list(parts)
    figures, called = table(parts), names(settings)
    about_reach, about_days = _told_in_words(figures, settings)
    waits = f"Weeks without a session held, of whoever waited longest in the {settings.weeks} weeks."
    rows = tuple(called[way] for way in figures)

    def series(name: str, told: str, factor: float = 1) -> Series:
        digits = 0 if factor > 1 else 1
        some = [figures[way][name] for way in figures]
        return Series(
            told,
            tuple(None if each is None else round(each.median * factor, digits) for each in some),
            tuple(None if each is None else (each.lowest * factor, each.highest * factor) for each in some),
        )

    return {
        "reach": BarChart(
            "Who was reached",
            " ".join((f"Juniors with a session held {lately(settings)}, in per cent.", *about_reach)),
            rows,
            tuple(series(name, told, 100) for name, told in _reached(figures)),
            unit="%",
            high=100,
            heading="Way",
        ),
        "waits": BarChart(
            "The longest wait",
            " ".join(filter(None, (waits, _unreadable(figures)))),
            rows,
            (series("longest_wait", "Weeks"),),
            heading="Way",
        ),
        "days": BarChart(
            "Office days",
            " ".join(("Days a month that one senior was asked in, and sessions held on each.", *about_days)),
            rows,
            (
                series("office_days_a_month", "Office days a month"),
                series("in_person_a_day", "Sessions a day"),
            ),
            heading="Way",
        ),
    }


def _reached(figures: Table) -> tuple[tuple[str, str], ...]:
    """The groups whose reach is drawn: quarters, or where these are too small everybody."""
    if all(figures[way]["reach_quiet"] is None for way in figures):
        return (("reach", "All juniors"),)
    return (("reach_quiet", "Quietest quarter"), ("reach_outgoing", "Most outgoing quarter"))


# --- files ---------------------------------------------------------------------------------------

HEAD = ("table", "name", "way", "median", "least", "most", "seeds")


def lines(parts: Sequence[Part], settings: Settings) -> Iterable[tuple[str, ...]]:
    """The rows of a CSV: what was played, the figures, the aim, and all that was assumed, with its reason."""
    seeds = Counter(part.way for part in parts)
    yield "runs", "runs that were played", "", str(len(parts)), "", "", ""
    yield "runs", "runs that were asked for", "", str(runs_asked(settings)), "", "", ""
    if unreadable := _unreadable(table(parts)):
        yield "note", unreadable, "", "", "", "", ""
    for way, figures in table(parts).items():
        for told in figures_of(settings):
            one = figures[told.name]
            values = ("", "", "") if one is None else _plain(one.median, one.lowest, one.highest)
            yield "figure", told.says, names(settings)[way], *values, str(seeds[way])
    for stand in stands(parts, settings):
        came_to = "" if stand.came_to is None else _plain(stand.came_to)[0]
        yield "aim", stand.says, names(settings)[Way.OFFICEDAY], came_to, "", "", str(seeds[Way.OFFICEDAY])
    for name, key, value in fields_of(settings):
        why = f": {EXPLAINED[key].why}" if name == "assumptions" else ""
        yield name, f"{key} – {TABLES[name][key].says}{why}", "", *_plain(value), "", "", ""
    for favoured, says in FAVOURS:
        yield "favours", says, favoured, "", "", "", ""


def _plain(*values: float) -> tuple[str, ...]:
    return tuple(f"{round(value, 4):g}" for value in values)


def as_json(parts: Iterable[Part], settings: Settings) -> dict[str, Any]:
    """Everything, to be read by a program."""
    parts = list(parts)
    return {
        "format": "officeday-simulation/1",
        "settings": {"own": settings.own} | settings.tables(),
        "runs": {"played": len(parts), "asked": runs_asked(settings)},
        "parts": kept(parts),
        "summary": {
            way.value: {name: one and asdict(one) for name, one in figures.items()}
            for way, figures in table(parts).items()
        },
        "aims": [asdict(one) for one in stands(parts, settings)],
    }


def kept(parts: Iterable[Part]) -> list[dict[str, Any]]:
    """Parts as plain values."""
    return [{"way": part.way.value, "seed": part.seed, "figures": asdict(part.figures)} for part in parts]


def parts_of(rows: Iterable[Mapping[str, Any]]) -> tuple[Part, ...]:
    """The way back."""
    return tuple(Part(Way(row["way"]), row["seed"], Figures(**row["figures"])) for row in rows)
