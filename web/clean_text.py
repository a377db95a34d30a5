"""Make other people's text safe to put on one line of a mail, a header or a calendar.

Names and titles come from files and forms. Whatever they hold, they must not break a line, reorder
the words round them, or fill a screen. Prose keeps its line breaks; each of its lines is made safe.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import fields, is_dataclass, replace
from datetime import date, timedelta
from enum import Enum
from typing import Any

LONGEST_NAME, LONGEST_SENTENCE = 200, 600
MOST_MARKS = 4  #: accents on one letter; real scripts need three

#: The only invisible format characters (category Cf) that scripts and emoji need: joiners and flag tags.
#: The others reorder (UAX #9 §2) or hide.
KEPT_FORMATS = frozenset("\u200c\u200d") | frozenset(map(chr, range(0xE0020, 0xE0080)))
RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})
FIRST_STRONG_ISOLATE, POP_ISOLATE = "\u2068", "\u2069"


def one_line(text: str, longest: int = LONGEST_NAME) -> str:
    """`text` without line breaks, controls and runs of accents; at most `longest` characters."""
    kept: list[str] = []
    marks = 0
    for character in text[: 20 * longest]:
        category = unicodedata.category(character)
        marks = marks + 1 if category.startswith("M") else 0
        if category in ("Cc", "Zl", "Zp"):
            kept.append(" ")
        elif category == "Cf":
            kept.append(character if character in KEPT_FORMATS else "")
        elif category != "Cs" and marks <= MOST_MARKS:
            kept.append(character)
    line = " ".join("".join(kept).split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def prose(text: str) -> str:
    """Several lines, each as `one_line` has it; at most one empty line in a row, and none at either end."""
    lines = (one_line(line, len(line)) for line in text.splitlines())
    return re.sub("\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


def within_a_sentence(text: str) -> str:
    """One line that does not reorder its neighbours: text from right to left is isolated (UAX #9 §2.4)."""
    line = one_line(text, LONGEST_SENTENCE)
    if any(unicodedata.bidirectional(character) in RIGHT_TO_LEFT for character in line):
        return f"{FIRST_STRONG_ISOLATE}{line}{POP_ISOLATE}"
    return line


def cleaned(value: Any) -> Any:
    """A record with every text in it ready for a sentence, however deep."""
    if isinstance(value, str) and not isinstance(value, Enum):
        return within_a_sentence(value)
    if isinstance(value, tuple):
        return tuple(cleaned(each) for each in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{each.name: cleaned(getattr(value, each.name)) for each in fields(value)})
    if value is None or isinstance(value, int | float | date | timedelta | Enum):
        return value
    raise TypeError(f"a record holds no {type(value).__name__}")
