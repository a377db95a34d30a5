"""What comes with officeday to read: a guide for each kind of session, and readings for new seniors.

The texts are TOML files beside this one, a file each: `sessions/<kind>.toml` and `readings/<name>.toml`.
They are read once, when first asked for, and strictly: a part that is missing, empty or unknown is an
`InvalidGuides` that names every mistake of every file.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import accumulate, pairwise
from typing import Annotated, TypeVar

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.types import StringConstraints

from planner.domain import SessionKind

Noun = TypeVar("Noun")
Line = Annotated[str, StringConstraints(strict=True, min_length=1, pattern=r"^\S(.*\S)?$")]
Lines = Annotated[tuple[Line, ...], Field(min_length=1)]
Whole = Annotated[int, Field(strict=True, ge=1)]

_STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class Step:
    """A part of a session."""

    __pydantic_config__ = _STRICT

    minutes: Whole
    what: Line


@dataclass(frozen=True, slots=True)
class Guide:
    """How a kind of session goes well: for its senior, and a little of it for its juniors."""

    __pydantic_config__ = _STRICT

    title: Line
    summary: Line  #: what it is for
    purpose: Line  #: the same in a line for both sides, where no goal or objective says more
    expect: Lines  #: what juniors may expect of it
    before: Lines
    during: Lines
    after: Lines
    silence: Lines  #: what to do when nobody says anything
    online: tuple[Line, ...]  #: hints for those who meet on video; none for kinds that never do
    agenda: Annotated[tuple[Step, ...], Field(min_length=1)]  #: of a session of the usual length
    senior_prompts: Lines
    junior_prompts: Lines


@dataclass(frozen=True, slots=True)
class Section:
    __pydantic_config__ = _STRICT

    heading: Line
    paragraphs: Lines


@dataclass(frozen=True, slots=True)
class Reading:
    """Something for seniors to read, and its place on the usual path."""

    __pydantic_config__ = _STRICT

    position: Whole
    title: Line
    summary: Line
    minutes: Whole  #: that reading it takes
    due_days: Whole  #: after somebody joined
    required: bool  #: before the first session
    sections: Annotated[tuple[Section, ...], Field(min_length=1)]


class InvalidGuides(Exception):
    """Texts that cannot be read. Every mistake, as `file: place: remedy`."""

    def __init__(self, mistakes: list[str]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


def guide(kind: SessionKind) -> Guide:
    return _guides()[kind]


def agenda_for(kind: SessionKind, minutes: int) -> tuple[Step, ...]:
    """The guide's agenda for a session of this length, in whole minutes that add up to it.

    Steps for which that leaves no minute are left out.
    """
    steps = guide(kind).agenda
    whole = sum(step.minutes for step in steps)
    ends = [minutes * end // whole for end in accumulate((step.minutes for step in steps), initial=0)]
    scaled = (Step(end - start, step.what) for step, (start, end) in zip(steps, pairwise(ends), strict=True))
    return tuple(step for step in scaled if step.minutes)


def readings() -> Mapping[str, Reading]:
    """By name, in the order of the usual path."""
    return _readings()


@cache
def _guides() -> Mapping[SessionKind, Guide]:
    found = load(files(__name__) / "sessions", Guide)
    if missing := sorted({*SessionKind} - found.keys()):
        raise InvalidGuides(
            [f"sessions/{kind}.toml: is not there; every kind of session has a guide" for kind in missing]
        )
    return {kind: found[kind] for kind in SessionKind}


@cache
def _readings() -> Mapping[str, Reading]:
    found = load(files(__name__) / "readings", Reading)
    return dict(sorted(found.items(), key=lambda item: item[1].position))


def load(folder: Traversable, noun: type[Noun]) -> dict[str, Noun]:
    """Every TOML file of a folder as a `noun`, by the file's name without its ending.

    Raises:
        InvalidGuides: with the mistakes of all files.
    """
    found: dict[str, Noun] = {}
    mistakes: list[str] = []
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if not file.name.endswith(".toml"):
            continue
        try:
            written = tomllib.loads(file.read_text(encoding="utf-8"))
            found[file.name.removesuffix(".toml")] = TypeAdapter(noun).validate_python(written)
        except ValidationError as error:
            mistakes += [_mistake(file.name, each["loc"], each["msg"]) for each in error.errors()]
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            mistakes.append(f"{file.name}: is not TOML in UTF-8: {error}")
    if mistakes:
        raise InvalidGuides(mistakes)
    return found


def _mistake(file: str, place: tuple[int | str, ...], says: str) -> str:
    return f"{file}: {'.'.join(map(str, place))}: {says}"
