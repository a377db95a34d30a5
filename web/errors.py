"""What an operation may answer instead of doing what was asked; the pages map each to a status."""

from __future__ import annotations

from web.records import SessionRecord


class NotFound(Exception):
    """There is no such thing, or it is none of this person's business. 404."""


class Refused(Exception):
    """It cannot be done now. 409. The text says why and what to do next, to the person who tried.

    Attributes:
        sessions: those that stand in the way, where it is sessions that do.
    """

    def __init__(self, text: str, sessions: tuple[SessionRecord, ...] = ()) -> None:
        super().__init__(text)
        self.sessions = sessions


class Misfilled(Exception):
    """A form or file with mistakes: field (or place) -> what to put right. 422. Nothing was changed."""

    def __init__(self, mistakes: dict[str, str]) -> None:
        super().__init__("; ".join(f"{place}: {text}" for place, text in mistakes.items()))
        self.mistakes = mistakes
