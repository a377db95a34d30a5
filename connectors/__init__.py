"""Calendars of other systems, read as free/busy. Imports the planner's nouns and nothing of `web`."""
