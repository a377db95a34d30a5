"""Sheets to begin with: a small company that can be imported as it stands, offices first, sessions last."""

from __future__ import annotations

from collections.abc import Mapping

from web.sheets.columns import SheetKind
from web.sheets.writing import csv_text

SAMPLES: Mapping[SheetKind, tuple[Mapping[str, str], ...]] = {
    SheetKind.OFFICES: (
        {
            "id": "london",
            "name": "London, Finsbury",
            "timezone": "Europe/London",
            "hours": "mon-fri 08:00-18:30",
            "closed": "2027-05-03 Bank holiday; 2027-12-28",
        },
        {
            "id": "lisbon",
            "name": "Lisbon, Baixa",
            "timezone": "Europe/Lisbon",
            "hours": "mon-thu 09:00-19:00; fri 09:00-15:00",
            "closed": "",
        },
    ),
    SheetKind.ROOMS: (
        {
            "id": "london-park",
            "office": "london",
            "name": "Park",
            "capacity": "9",
            "uses": "meeting lunch",
            "shared": "no",
            "features": "step-free screen",
        },
        {
            "id": "london-yard",
            "office": "london",
            "name": "Yard",
            "capacity": "12",
            "uses": "coworking",
            "shared": "yes",
            "features": "",
        },
    ),
    SheetKind.PEOPLE: (
        {
            "email": "ana@example.org",
            "name": "Ana Sousa",
            "role": "senior",
            "offices": "london",
            "hours": "mon-fri 09:00-17:30; wed 09:00-12:00",
            "calendar": "google:ana@example.org",
            "days_never": "fri",
            "max_office_days_per_week": "2",
            "cohort": "",
            "team": "payments",
            "manager": "",
            "topics": "pricing, public speaking",
        },
        {
            "email": "ben@example.org",
            "name": "Ben Okafor",
            "role": "junior",
            "offices": "london",
            "hours": "",
            "calendar": "microsoft:ben@example.org",
            "days_never": "",
            "max_office_days_per_week": "",
            "cohort": "spring-27",
            "team": "payments",
            "manager": "ana@example.org",
            "topics": "public speaking",
        },
        {
            "email": "cy@example.org",
            "name": "Cy Tran",
            "role": "junior",
            "offices": "london",
            "hours": "",
            "calendar": "ics:https://calendars.example.org/cy.ics",
            "days_never": "",
            "max_office_days_per_week": "",
            "cohort": "spring-27",
            "team": "risk",
            "manager": "",
            "topics": "",
        },
    ),
    SheetKind.SESSIONS: (
        {
            "id": "ana-lunch-1",
            "kind": "group_lunch",
            "title": "Ask me anything about pricing",
            "senior": "ana@example.org",
            "juniors": "ben@example.org cy@example.org",
            "seats": "2-4",
            "first_day": "2027-03-08",
            "last_day": "2027-04-02",
        },
    ),
}


def sample(kind: SheetKind) -> str:
    """CSV, as spreadsheets open it."""
    rows = SAMPLES[kind]
    return csv_text(list(rows[0]), [list(row.values()) for row in rows])
