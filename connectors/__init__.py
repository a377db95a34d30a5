"""Calendars of other systems, read as free/busy. Imports the planner's nouns and nothing of `web`."""

#: The calendar systems that can be read: what stands before the colon of a calendar's address.
KINDS = ("ics",)
