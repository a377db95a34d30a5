"""What somebody who looks after an installation is told: one thing, how it stands, what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    level: Level
    what: str
    says: str
    do: str = ""  #: what to do; empty where all is well
