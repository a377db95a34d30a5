"""What one calendar may cost, and the words for a calendar that costs more.

A good real feed of 1.6 MB is read in some four seconds; every figure leaves it room.
"""

from __future__ import annotations

from connectors.base import Unreadable

MAX_BYTES = 10 * 1024 * 1024
MAX_ADDRESS = 4_000  #: characters; a few jobs must fit the pipe to the worker
MAX_OCCURRENCES = 10_000  #: in the window
MAX_WARNINGS = 20
MAX_SECONDS = 30  #: of processor time, and of wall time
FETCH_SECONDS = 10  #: for one address in all
MAX_MEMORY = 512 * 1024 * 1024  #: address space of the process that reads
MAX_TIMES_A_DAY = 1_000  #: BYHOUR × BYMINUTE × BYSECOND of one rule
MAX_RULE_LENGTH = 4_000  #: characters
MAX_OBSERVANCES = 400  #: STANDARD and DAYLIGHT parts of one VTIMEZONE, and its RDATEs


class LimitExceeded(Unreadable):
    """The calendar asks for more than it may have, so all of it is unknown."""
