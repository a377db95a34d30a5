"""What a cell may hold, and the way back: hours, weekdays, zones, addresses, seats.

Each reader takes the stripped text of one cell and raises ValueError with the remedy.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date
from functools import cache, lru_cache
from typing import Any
from zoneinfo import available_timezones

from web.store.hours import WEEKDAYS, minutes_of

#: Zero-width (non-)joiners shape letters in names; every other invisible character only deceives.
JOINERS = "\u200c\u200d"

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})")
_STRETCH = re.compile(r"(\d{1,2}:\d{2})\s*[-–]\s*(\d{1,2}:\d{2})")
_DAYS = re.compile(r"([a-z]{3})[a-z]*(?:[-–]([a-z]{3})[a-z]*)?")
_SEATS = re.compile(r"(\d{1,4})(?:\s*[-–]\s*(\d{1,4}))?")

Hours = Mapping[str, tuple[str, str]]


def line_of_text(most: int) -> Callable[[str], str]:
    """One line, normalised (NFC, single spaces), without invisible characters."""

    def read(text: str) -> str:
        normal = unicodedata.normalize("NFC", re.sub(" +", " ", text))
        _refuse_invisible(normal, allowed=JOINERS)
        if len(normal) > most:
            raise ValueError(f"longer than {most} characters")
        return normal

    return read


def cohort(text: str) -> str:
    if re.search("[,;]", text):
        raise ValueError("one cohort each; please name the one they learn with")
    return line_of_text(24)(text)


def _refuse_invisible(text: str, allowed: str = "") -> None:
    for character in text:
        if not character.isprintable() and character not in allowed:
            name = unicodedata.name(character, "a control character")
            raise ValueError(f"has an invisible character (U+{ord(character):04X}, {name}); type it anew")


def mailbox(text: str) -> str:
    """A mail address in the one form that says who somebody is: NFC, case folded; dots count.

    Sign-in, import and invitations all compare this form.
    """
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text.strip()).casefold())
    local, _, domain = folded.partition("@")
    _refuse_invisible(folded)
    if (
        not local
        or ("." not in domain.strip(".") and domain != "localhost")
        or re.search(r'[\s,;<>()"@]', local + domain)
    ):
        raise ValueError("write a mail address, such as ana@example.org")
    if len(folded) > 254:
        raise ValueError("longer than 254 characters (RFC 5321 §4.5.3.1.3)")
    return folded


def mailboxes(text: str) -> tuple[str, ...]:
    """Addresses, apart by spaces, commas or semicolons; each once, in the order given."""
    return tuple(dict.fromkeys(mailbox(one) for one in re.split(r"[\s,;]+", text) if one))


def identifier(text: str) -> str:
    if not _ID.fullmatch(text):
        raise ValueError("use up to 64 letters a–z, digits, - _ and . and begin with a letter or digit")
    return text


def identifiers(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(identifier(one) for one in re.split(r"[\s,;]+", text) if one))


def whole(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not re.fullmatch(r"-?[0-9]{1,10}", text) or not least <= int(text) <= most:
            raise ValueError(f"write a whole number from {least} to {most:,}")
        return int(text)

    return read


def yes_or_no(text: str) -> bool:
    if text.casefold() in ("yes", "y", "true", "1", "x"):
        return True
    if text.casefold() in ("no", "n", "false", "0"):
        return False
    raise ValueError("write yes or no")


def day(text: str) -> date:
    try:
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise ValueError("write a date as 2027-03-08")


def one_of(kinds: Iterable[str]) -> Callable[[str], str]:
    known = [str(kind) for kind in kinds]

    def read(text: str) -> str:
        plain = text.casefold().replace(" ", "_").replace("-", "_")
        if plain not in known:
            raise ValueError(f"write one of {', '.join(known)}{_close(plain, known)}")
        return plain

    return read


def some_of(known: Collection[str]) -> Callable[[str], frozenset[str]]:
    """Words out of a few, apart by spaces, commas or semicolons."""

    def read(text: str) -> frozenset[str]:
        words = {word for word in re.split(r"[\s,;]+", text.casefold()) if word}
        if strange := sorted(words - set(known)):
            raise ValueError(f"{strange[0][:40]} is none of {', '.join(known)}")
        return frozenset(words)

    return read


def phrases(text: str) -> frozenset[str]:
    """Topics and the like, apart by commas or semicolons; letter case does not count."""
    read = line_of_text(60)
    parts = (part.strip() for part in re.split(r"[,;]", text.casefold()))
    return frozenset(read(part) for part in parts if part)


def eats(text: str) -> str:
    """What somebody eats ("vegetarian, no nuts"): phrases in the order they came in, each once."""
    read = line_of_text(60)
    parts = (part.strip() for part in re.split(r"[,;]", text.casefold()))
    said = ", ".join(dict.fromkeys(read(part) for part in parts if part))
    if len(said) > 200:
        raise ValueError("keep this under 200 characters")
    return said


def features(text: str) -> frozenset[str]:
    """Words for what a room has and a person needs ("step-free")."""
    return frozenset(identifiers(text.casefold()))


@lru_cache(maxsize=4096)
def timezone(text: str) -> str:
    if text not in _zones():
        raise ValueError(f"not an IANA zone such as Europe/London{_close(text, sorted(_zones()))}")
    return text


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _close(text: str, known: list[str]) -> str:
    close = difflib.get_close_matches(text[:60], known, n=1)
    return f"; did you mean {close[0]}?" if close else ""


@lru_cache(maxsize=4096)
def hours(text: str) -> Hours:
    """`mon-fri 09:00-17:30; wed 09:00-12:00`: parts apart by semicolons, a later one wins.

    Returns:
        (from, to) by weekday, Monday first; a weekday that is missing is a day off.
    """
    found: dict[str, tuple[str, str]] = {}
    for part in filter(None, (piece.strip() for piece in text.split(";"))):
        stretch = _STRETCH.search(part)
        if stretch is None or part[stretch.end() :].strip():
            raise ValueError("write hours as mon-fri 09:00-17:30; wed 09:00-12:00")
        begin, end = between(stretch[0])
        found.update(dict.fromkeys(weekdays(part[: stretch.start()]), (begin, end)))
    if not found:
        raise ValueError("write hours as mon-fri 09:00-17:30; wed 09:00-12:00")
    return {name: found[name] for name in WEEKDAYS if name in found}


def weekdays(text: str) -> tuple[str, ...]:
    """`mon-wed fri`, in the order of the week."""
    named: set[str] = set()
    for word in filter(None, re.split(r"[\s,;]+", text.casefold())):
        match = _DAYS.fullmatch(word)
        ends = [part for part in match.groups() if part] if match else []
        if not ends or any(end not in WEEKDAYS for end in ends):
            raise ValueError("write weekdays as mon tue wed thu fri sat sun, or mon-fri")
        first, last = WEEKDAYS.index(ends[0]), WEEKDAYS.index(ends[-1])
        named |= {WEEKDAYS[(first + n) % 7] for n in range((last - first) % 7 + 1)}
    if not named:
        raise ValueError("write weekdays as mon tue wed thu fri sat sun, or mon-fri")
    return tuple(name for name in WEEKDAYS if name in named)


def between(text: str) -> tuple[str, str]:
    """`11:30-14:30`; `24:00` is the end of the day."""
    match = _STRETCH.fullmatch(text)
    if match is None:
        raise ValueError("write times as 11:30-14:30")
    begin, end = (_clock(part) for part in match.groups())
    if minutes_of(begin) >= minutes_of(end):
        raise ValueError(f"{begin} is not before {end}")
    return begin, end


def _clock(text: str) -> str:
    match = _CLOCK.fullmatch(text)
    if match is None or int(match[2]) > 59 or int(match[1]) * 60 + int(match[2]) > 24 * 60:
        raise ValueError(f"{text} is no time of day")
    return f"{int(match[1]):02}:{match[2]}"


def seats(text: str) -> tuple[int, int]:
    """`3-6`, or `1`: fewest and most juniors."""
    match = _SEATS.fullmatch(text)
    least = int(match[1]) if match else 0
    most = int(match[2] or least) if match else 0
    if not 1 <= least <= most:
        raise ValueError("write the fewest and the most juniors, as 3-6")
    return least, most


def closures(text: str) -> Mapping[date, str]:
    """`2027-12-25 Christmas; 2027-12-28`: dates with their reasons."""
    found = {}
    reason = line_of_text(200)
    for part in filter(None, (piece.strip() for piece in text.split(";"))):
        when, _, why = part.partition(" ")
        found[day(when)] = reason(why.strip()) if why.strip() else ""
    return dict(sorted(found.items()))


def hours_text(kept: Mapping[str, Collection[str]]) -> str:
    """The way back: neighbouring days with the same hours become one part."""
    parts: list[list[str]] = []
    for name in WEEKDAYS:
        if name not in kept:
            continue
        stretch = "-".join(kept[name])
        follows = (
            parts and parts[-1][2] == stretch and WEEKDAYS.index(name) == WEEKDAYS.index(parts[-1][1]) + 1
        )
        if follows:
            parts[-1][1] = name
        else:
            parts.append([name, name, stretch])
    return "; ".join(f"{a if a == b else f'{a}-{b}'} {stretch}" for a, b, stretch in parts)


def closures_text(closed: Mapping[date, str]) -> str:
    return "; ".join(f"{when} {reason}".strip() for when, reason in sorted(closed.items()))


def phrases_text(some: Iterable[str]) -> str:
    return ", ".join(sorted(some))


def seats_text(both: tuple[int, int]) -> str:
    return f"{both[0]}-{both[1]}"


def plain(value: Any) -> str:
    """How most values are written: words apart by spaces, yes or no, nothing where there is nothing."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return " ".join(value)
    return " ".join(sorted(value)) if isinstance(value, frozenset) else str(value)
