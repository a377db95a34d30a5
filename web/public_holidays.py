"""Public holidays by place, from the `holidays` library: what places there are, and which days are free.

A place is a country of ISO 3166-1, or one of its regions: "DE", "DE-BY", "GB-ENG". Only days off for
everybody in it count (the library's category PUBLIC): no half days, bank or school holidays.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from types import ModuleType

#: A place has to fit its column; towns with a day of their own are longer, and have regions like any other.
LONGEST = 10
LONGEST_NAME = 200

#: What people write for a country whose code is another.
_ALSO = {"GB": ("UK", "Great Britain", "England"), "US": ("USA",), "NL": ("Holland",)}

#: How alike two spellings are, of 1, for one to be meant by the other: two letters of two must agree.
NEAR = 0.75

_SMALL = {"And": "and", "Of": "of", "The": "the"}


@dataclass(frozen=True, slots=True)
class Place:
    """A country or one of its regions."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Year:
    """The public holidays between two dates, as far as they are known."""

    days: Mapping[date, str]
    known_until: date  #: the last day of which the library knows
    unknown_years: tuple[int, ...] = ()  #: of which it knows no day at all


@cache
def _library() -> ModuleType:
    """Loaded when it is first asked: most commands never do, and it takes a while."""
    import holidays

    return holidays


@cache
def countries() -> tuple[Place, ...]:
    """Every country, by name."""
    known = _library().list_supported_countries(include_aliases=False)
    names = {codes[1]: module for module, codes in _library().registry.COUNTRIES.items()}
    places = [Place(code, _readable(names.get(code, code))) for code in known]
    return tuple(sorted(places, key=lambda place: place.name))


@cache
def regions(country: str) -> tuple[Place, ...]:
    """The regions of a country that have days of their own, by name; none: it has none."""
    listed = _library().country_holidays(country)
    names: dict[str, str] = {}
    for name, region in listed.subdivisions_aliases.items():
        names.setdefault(region, name)
    places = [
        Place(f"{country}-{region}", names.get(region, region))
        for region in listed.subdivisions
        if len(country) + 1 + len(region) <= LONGEST
    ]
    return tuple(sorted(places, key=lambda place: place.name))


def place(text: str) -> str:
    """The code of a place, as it is kept.

    Raises:
        ValueError: there is none of this code; with the one that may be meant.
    """
    country, dash, region = wanted = text.strip().replace("_", "-").partition("-")
    known = {each.code.casefold(): each.code for each in countries()}
    code = known.get(country.casefold())
    if code is None:
        meant = _meant(text, countries(), 0)
        raise ValueError(f"no country has this code{meant}; write GB-ENG, DE-BY or US")
    if not dash:
        return code
    inside = {each.code.casefold(): each.code for each in regions(code)}
    found = inside.get("".join((code, *wanted[1:])).casefold())
    if found is None:
        listed = f"; its regions are {', '.join(sorted(inside.values()))}" if inside else ""
        meant = _meant(region, regions(code), len(code) + 1) or listed
        none = "no such region" if inside else "no regions"
        raise ValueError(f"{code} has {none}{meant}; {code} alone is the whole country")
    return found


def named(code: str) -> str:
    """ "Germany, Bayern"."""
    country = code.partition("-")[0]
    name = next((each.name for each in countries() if each.code == country), country)
    region = next((each.name for each in regions(country) if each.code == code), None)
    return f"{name}, {region}" if region else name


def between(code: str, first: date, last: date) -> Year:
    """The public holidays of a place from `first` to `last`, by names in English where there are any."""
    country, _, region = code.partition("-")
    known = _library().country_holidays(country)
    english = [each for each in known.supported_languages if each.startswith("en")]
    language = next(iter([*english, known.default_language]), None)
    listed = _library().country_holidays(
        country,
        subdiv=region or None,
        years=range(first.year, last.year + 1),
        categories=_library().PUBLIC,
        language=language,
    )
    unknown = sorted(set(range(first.year, last.year + 1)) - {day.year for day in listed})
    days = {day: _one_line(name) for day, name in sorted(listed.items()) if first <= day <= last}
    return Year(days, min(last, date(known.end_year + 1, 1, 1) - timedelta(days=1)), tuple(unknown))


def _one_line(name: str) -> str:
    """Two holidays on one day stand apart by a comma: a semicolon parts the dates of a sheet."""
    return ", ".join(part.strip() for part in name.split(";"))[:LONGEST_NAME]


def _readable(module: str) -> str:
    """ "united_states" → "United States"."""
    words = module.replace("_", " ").title().split()
    return " ".join([words[0], *(_SMALL.get(word, word) for word in words[1:])])


def _meant(text: str, known: tuple[Place, ...], skip: int) -> str:
    """A name where a code should be, or a code with a slip, compared without its first `skip` characters:
    those of a country make any two of its regions look alike."""
    names = {
        said.casefold(): each
        for each in known
        for said in (each.name, each.code[skip:], *_ALSO.get(each.code, ()))
    }
    close = difflib.get_close_matches(text.strip().casefold()[:60], names, n=1, cutoff=NEAR)
    return f"; did you mean {names[close[0]].code} ({names[close[0]].name})?" if close else ""
