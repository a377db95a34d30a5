"""What a simulation is told: a made company or the programme's own people, and what is assumed of them.

One form for the file of `officeday simulate`, the page and the database: tables of numbers, every one with
a default and a range.

    [simulation]   weeks, seeds, steps
    [company]      what a made company is like
    [promised]     by kind, every how many weeks; 0: not at all
    [assumptions]  planner.simulation.assumptions
"""

from __future__ import annotations

import difflib
import math
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from types import MappingProxyType
from typing import Any

from planner.domain import SessionKind
from planner.programme import Format
from planner.simulation.assumptions import EXPLAINED, WHOLE, Assumptions, mistakes_in
from planner.simulation.company import Size
from planner.simulation.play import STEPS, Made, Scenario
from web import words
from web.config import Config
from web.errors import Misfilled
from web.operations.programmes import usual
from web.small_groups import LEAST

#: Made companies begin here, so that the same settings give the same figures whenever they are played.
MADE_STARTS = date(2027, 1, 4)


@dataclass(frozen=True, slots=True)
class Range:
    """What a number may be, and what it says."""

    lowest: float
    highest: float
    says: str
    whole: bool = True

    def as_meant(self, value: float) -> Any:
        return int(value) if self.whole else float(value)


LENGTH = {
    "weeks": Range(4, 52, "weeks to play"),
    "seeds": Range(1, 20, "how often, each time with other luck"),
    "steps": Range(0, 500, "parts of a weekly plan that are searched for a better one; 0 packs it only"),
}
COMPANY = {
    "seniors": Range(1, 100, "seniors"),
    "juniors": Range(4, 1000, "juniors"),
    "offices": Range(1, 10, "offices; everybody works in one of them"),
    "rooms": Range(1, 50, "rooms of each office, every second one for co-working"),
    "room_capacity": Range(3, 100, "most people in a room"),
    "cohort": Range(3, 100, "juniors in a cohort"),
    "load": Range(0, 0.7, "how full calendars are: 0.2 leaves much time free, 0.6 hardly any", False),
    "in_anyway": Range(0, 1, "share of seniors who come in one day a week anyway", False),
    "worth_the_trip": Range(1, 6, "fewest sessions for which a senior is asked in"),
    "max_office_days": Range(1, 5, "most office days of a senior in a week"),
}
PROMISED = {
    kind.value: Range(0, 52, f"weeks from one to the next: {words.KINDS[kind].lower()}")
    for kind in SessionKind
}
ASSUMED = {
    each.name: Range(each.lowest, each.highest, each.says, each.name in WHOLE) for each in EXPLAINED.values()
}
TABLES = {"simulation": LENGTH, "company": COMPANY, "promised": PROMISED, "assumptions": ASSUMED}


def _usual_cadences() -> dict[str, int]:
    return {kind.value: usual(kind).weeks for kind in SessionKind}


@dataclass(frozen=True)
class Settings:
    """All that is told. `own`: the programme's own people and promises instead of a made company's."""

    own: bool = False
    weeks: int = 26
    seeds: int = 5
    steps: int = STEPS
    size: Size = field(default_factory=Size)
    promised: Mapping[str, int] = field(default_factory=_usual_cadences)
    assumptions: Assumptions = field(default_factory=Assumptions)

    def tables(self) -> dict[str, dict[str, float]]:
        """As a file would have it."""
        told: dict[str, dict[str, float]] = {
            "simulation": {"weeks": self.weeks, "seeds": self.seeds, "steps": self.steps}
        }
        if not self.own:
            told |= {"company": asdict(self.size), "promised": dict(self.promised)}
        return told | {"assumptions": self.assumptions.values()}

    def made(self) -> Scenario:
        """The scenario of a made company. Figures of a few are left out as they are of one's own people: one
        person more or less would turn them, and who tries it out sees what there will be to see."""
        made = Made(self.size, tuple(self._formats()), MADE_STARTS, self.weeks, LEAST)
        return Scenario(made, self.assumptions, self.steps)

    def _formats(self) -> Iterator[Format]:
        for kind in SessionKind:
            if weeks := self.promised[kind.value]:
                yield replace(usual(kind), weeks=weeks)


def settings_of(tables: Mapping[str, Any], own: bool = False) -> Settings:
    """Settings from tables; what is not in them is as usual.

    Raises:
        Misfilled: all that is wrong, by `table.name`.
    """
    mistakes = _mistakes(tables)
    if own:
        refusal = "your own programme is played as it is; leave this out, or play a made company"
        mistakes |= {name: refusal for name in ("company", "promised") if name in tables}
    if mistakes:
        raise Misfilled(mistakes)
    length, company, promised = (
        {key: TABLES[name][key].as_meant(value) for key, value in tables.get(name, {}).items()}
        for name in ("simulation", "company", "promised")
    )
    assumed = Assumptions().values() | {
        name: float(value) for name, value in tables.get("assumptions", {}).items()
    }
    return Settings(
        own=own,
        size=Size(**company),
        promised=_usual_cadences() | promised,
        assumptions=Assumptions(**assumed),
        **length,
    )


def _mistakes(tables: Mapping[str, Any]) -> dict[str, str]:
    return dict(_wrong_by_itself(tables)) | dict(_wrong_together(tables))


def _wrong_by_itself(tables: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What is wrong with a table or value, whatever else there is."""
    for name, table in tables.items():
        if name not in TABLES:
            yield name, _unknown_table(name)
            if isinstance(table, Mapping) and (near := _nearest(name, TABLES)):
                yield from ((f"{name}.{key}", says) for key, says in _wrong(TABLES[near], table))
        elif not isinstance(table, Mapping):
            yield name, f"must be a table: [{name}], with a line for each value"
        else:
            yield from ((f"{name}.{key}", says) for key, says in _wrong(TABLES[name], table))


def _unknown_table(name: str) -> str:
    if inside := _table_of(name):
        return f"stands in no table; put it under [{inside}]"
    meant = f"did you mean [{near}]? " if (near := _nearest(name, TABLES)) else ""
    there = words.listed([f"[{each}]" for each in TABLES])
    return f"there is no such table; {meant}There are {there}: `officeday simulate --example` prints them"


def _table_of(key: str) -> str | None:
    return next((name for name, some in TABLES.items() if key in some), None)


def _wrong_together(tables: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What is wrong although each value is right by itself."""
    promised = tables.get("promised", {})
    if isinstance(promised, Mapping) and all(promised.get(kind, 1) == 0 for kind in PROMISED):
        yield "promised", "nothing is promised; give at least one kind a number of weeks"
    assumed = tables.get("assumptions", {})
    if isinstance(assumed, Mapping) and not {"another_day", "skips"} & dict(_wrong(ASSUMED, assumed)).keys():
        both = Assumptions().values() | {
            key: assumed[key] for key in ("another_day", "skips") if key in assumed
        }
        if "skips" in dict(mistakes_in(both)):
            place = "skips" if "skips" in assumed else "another_day"
            yield f"assumptions.{place}", "another_day and skips must not add up to more than 1"


def _wrong(ranges: Mapping[str, Range], table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        one = ranges.get(key)
        if one is None and (inside := _table_of(key)):
            yield key, f"belongs under [{inside}] of a file"
            continue
        if one is None:
            meant = f"did you mean {near}? There" if (near := _nearest(key, ranges)) else "there"
            yield key, f"there is no such value; {meant} are {words.listed(list(ranges))}"
            continue
        kind = "a whole number" if one.whole else "a number"
        if not _is_number(value) or (one.whole and value != int(value)):
            yield key, f"must be {kind} from {one.lowest:g} to {one.highest:g}"
        elif not one.lowest <= value <= one.highest:
            yield key, f"must be {kind} from {one.lowest:g} to {one.highest:g}, not {value:g}"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _nearest(name: str, known: Iterable[str]) -> str | None:
    return next(iter(difflib.get_close_matches(name, list(known), 1, 0.7)), None)


# --- files ---------------------------------------------------------------------------------------


def is_made(text: str) -> bool:
    """Is a TOML file one of a made company, rather than a configuration of officeday?

    Names that are nearly one of theirs count as theirs, so that what is misspelt is told as such.

    Raises:
        Misfilled: it is neither.
    """
    names = _names(text)
    values = {key for some in TABLES.values() for key in some}
    if not names.isdisjoint(TABLES.keys() | values):
        return True
    sections = Config.model_fields
    near = {_nearest(name, [*sections, *TABLES]) for name in sorted(names)} - {None}
    if near:
        return near.isdisjoint(sections)
    raise Misfilled({"": _neither(text)})


def _neither(text: str) -> str:
    ours, theirs = (words.listed([f"[{name}]" for name in some]) for some in (TABLES, Config.model_fields))
    return (
        f"{'it has no table that is known' if text.strip() else 'nothing stands in it'}. Give the "
        f"configuration of your officeday ({theirs}; one in which all is as usual says [site] and no more), "
        f"or a made company ({ours}; `officeday simulate --example` prints one), or no file for a usual one"
    )


def _names(text: str) -> set[str]:
    """The names on the first level of a TOML file, also of one that cannot be read to the end."""
    try:
        return set(tomllib.loads(text))
    except tomllib.TOMLDecodeError:
        return set(re.findall(r"""^\s*\[+\s*["']?([\w-]+)""", text, re.MULTILINE))


def settings_from(text: str, changed: Mapping[str, Mapping[str, Any]] = MappingProxyType({})) -> Settings:
    """A made company from a TOML file.

    Args:
        changed: values by table and name that count instead of those in the file.

    Raises:
        Misfilled: all that is wrong, in the file by "line 7, company.juniors", of what is changed by
            "company.juniors", of the file as a whole by "".
    """
    mistakes: dict[str, str] = {}
    tables: dict[str, Any] = {}
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as why:
        mistakes[""] = f"not a TOML file: {why}; `officeday simulate --example` prints one"
    told = {
        name: {**table, **changed.get(name, {})} if isinstance(table, Mapping) else table
        for name, table in ({name: {} for name in changed} | tables).items()
    }
    there = {f"{name}.{key}" for name, table in changed.items() for key in table}
    for place, says in (dict(_wrong_by_itself(changed)) | _mistakes(told)).items():
        mistakes[place if place in there else placed(text, place)] = says
    if mistakes:
        raise Misfilled(mistakes)
    return settings_of(told)


def placed(text: str, place: str) -> str:
    """A place in a TOML file by table and name, with the line it stands on where that can be found."""
    table, inside, found = place.rpartition(".")[0], "", None
    for number, line in enumerate(text.split("\n"), 1):
        if header := re.match(r"\s*\[+([^\]]+)\]", line):
            inside = name = _plain_name(header[1])
        elif assigned := re.match(r"""\s*([\w."'\s-]+?)\s*=""", line):
            name = ".".join(filter(None, (inside, _plain_name(assigned[1]))))
        else:
            continue
        if name == place:
            return f"line {number}, {place}"
        if name == table and found is None:
            found = number
    return place if found is None else f"line {found}, {place}"


def _plain_name(written: str) -> str:
    return ".".join(part.strip().strip("\"'") for part in written.split("."))


def as_toml(settings: Settings) -> str:
    """A file with every value, what it says, and of an assumption why it is what it is."""
    lines = ["# A made company for `officeday simulate FILE`. What is left out is as it stands here."]
    for name, table in settings.tables().items():
        lines += ["", f"[{name}]"]
        for key, value in table.items():
            why = f" ({EXPLAINED[key].why})" if name == "assumptions" else ""
            lines.append(f"{f'{key} = {value:g}':<28}# {TABLES[name][key].says}{why}")
    return "\n".join(lines) + "\n"


def fields_of(settings: Settings) -> Iterable[tuple[str, str, float]]:
    """Every value with its table and name, in order."""
    for name, table in settings.tables().items():
        yield from ((name, key, value) for key, value in table.items())
