"""Reading a posted form: each field by its own rule, every mistake collected, then all told at once.

form = Form(request.form)
first, last = form.day("first_day"), form.day("last_day")
form.done()  # Misfilled, if anything was wrong
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from werkzeug.datastructures import MultiDict

from web.clean_text import one_line, prose
from web.errors import Misfilled


class Form:
    def __init__(self, posted: MultiDict[str, str]) -> None:
        self._posted = posted
        self.mistakes: dict[str, str] = {}

    def done(self) -> None:
        if self.mistakes:
            raise Misfilled(self.mistakes)

    def text(self, field: str, most: int = 200, needed: bool = True) -> str:
        """One line, without line breaks and signs that reorder their neighbours."""
        return self._filled(field, one_line(self.several_lines(field, most), most), needed)

    def prose(self, field: str, most: int, needed: bool = True) -> str:
        """With its line breaks, at most one empty line in a row; each line as `text` has it."""
        return self._filled(field, prose(self.several_lines(field, most)), needed)

    def several_lines(self, field: str, most: int) -> str:
        """As it was typed: whoever takes it cleans it line by line."""
        # Browsers count a line break once and send two characters.
        typed = self._posted.get(field, "").replace("\r\n", "\n")
        if len(typed) > most:
            self.mistakes[field] = f"Please keep this under {most} characters; it has {len(typed)}."
        return typed

    def _filled(self, field: str, value: str, needed: bool) -> str:
        if needed and not value:
            self.mistakes[field] = "Please fill this in."
        return value

    def mailbox(self, field: str) -> str:
        """A mail address as it was typed; whether anybody has it is not asked here."""
        value = self.text(field, most=254)
        name, _, host = value.rpartition("@")
        if field not in self.mistakes and (not name or not host or " " in value):
            self.mistakes[field] = "Please give a whole mail address, such as priya@example.org."
        return value

    def whole(self, field: str) -> int:
        """A whole number ≥ 0, typed or hidden; whether it is one that can be is for who takes it."""
        value = self._posted.get(field, "").strip()
        if not (value.isascii() and value.isdigit() and len(value) < 10):
            self.mistakes[field] = "Please give a whole number, such as 8."
            return 0
        return int(value)

    def day(self, field: str) -> date:
        try:
            return date.fromisoformat(self._posted.get(field, "").strip())
        except ValueError:
            self.mistakes[field] = "Please give a date, such as 2026-03-11."
            return date.min

    def clock(self, field: str) -> str:
        """A time of day as `HH:MM`; `24:00` is its end."""
        value = self._posted.get(field, "").strip()
        hours, colon, minutes = value.partition(":")
        digits = hours.isascii() and hours.isdigit() and minutes.isascii() and minutes.isdigit()
        if not (colon and digits and len(minutes) == 2 and int(minutes) < 60):
            self.mistakes[field] = "Please give a time of day, such as 11:30."
            return "00:00"
        if int(hours) * 60 + int(minutes) > 24 * 60:
            self.mistakes[field] = "Please give a time of day, from 00:00 to 24:00."
            return "00:00"
        return f"{int(hours):02}:{minutes}"

    def instant(self, field: str, zone: str) -> datetime:
        """A date and clock time of `zone`, as `datetime-local` sends it; aware UTC.

        Of a time that a clock change repeats the first one is meant; one that it skips is a mistake.
        """
        try:
            local = datetime.fromisoformat(self._posted.get(field, "").strip())
            if local.tzinfo is not None:
                raise ValueError("a local time carries no offset")
            instant = local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
        except (ValueError, OverflowError):
            self.mistakes[field] = "Please give a date and a time, such as 2026-03-11 09:30."
            return datetime.min.replace(tzinfo=UTC)
        if instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None) != local:
            self.mistakes[field] = "The clocks change then and skip this time; please take one an hour later."
        return instant

    def chosen(self, field: str, among: Collection[str]) -> frozenset[str]:
        """The boxes ticked; ones that are not `among` those offered are a mistake."""
        values = frozenset(self._posted.getlist(field))
        if not values <= set(among):
            self.mistakes[field] = "Please choose from what is offered."
        return values

    def one_of(self, field: str, among: Collection[str]) -> str:
        value = self._posted.get(field, "")
        if value not in among:
            self.mistakes[field] = "Please choose one of what is offered."
        return value

    def several(self, field: str) -> frozenset[str]:
        """Every value sent under one name; whoever takes them checks that they exist."""
        return frozenset(self._posted.getlist(field))

    def ticked(self, field: str) -> bool:
        return field in self._posted

    def has(self, field: str) -> bool:
        """Was it filled in at all?"""
        return bool(self._posted.get(field, "").strip())


def day_asked_about(asked: MultiDict[str, str]) -> tuple[date | None, dict[str, str]]:
    """The day in "Why not …?", where one was asked about; or the mistake in it."""
    if not asked.get("day"):
        return None, {}
    form = Form(asked)
    day = form.day("day")
    return (None if form.mistakes else day), form.mistakes
