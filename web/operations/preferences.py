"""What people ask of a plan: limits that are never broken, and wishes; and a pause from all of it.

They are for whoever they are about, and an assistant, to see and to say; admins see and change languages and
topics, which belong to the roster, and nothing else of them.

They hold in every programme somebody is in, from the next plan on. What is agreed stays, except through
a pause. A field reads as the cell of that name in the sheet of people does, so that both take the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from web.errors import Misfilled, NotFound
from web.notify import NoteLetter
from web.operations import assistants, audit, departures, outbox
from web.operations.access import need_all_programmes, need_role
from web.operations.departures import Departed
from web.records import Member, PersonRef, PreferencesRecord
from web.sheets.columns import PEOPLE
from web.site import Site
from web.store import effects, people
from web.store import preferences as kept
from web.store.preferences import PAUSE, Kept

#: A pause that somebody enters by themself is no longer than this.
LONGEST_PAUSE = timedelta(days=730)

_COLUMNS = {column.name: column for column in PEOPLE}


@dataclass(frozen=True, slots=True)
class Preference:
    """One thing that can be asked. `says`: what it does, to whoever sets it; by role where that differs."""

    name: str
    label: str
    nature: str  #: rule: never broken; wish: kept where it can be
    says: str
    roles: frozenset[str] = frozenset({"senior", "junior"})
    says_to_juniors: str = ""
    is_roster: bool = False  #: admins see and change it, too


SENIOR, JUNIOR = frozenset({"senior"}), frozenset({"junior"})

PREFERENCES = (
    Preference(
        "max_office_days_per_week",
        "Most office days a week",
        "rule",
        "No week of a plan brings you to an office on more days than this. Empty: no limit.",
    ),
    Preference(
        "min_sessions_per_office_day",
        "Fewest sessions worth a trip",
        "rule",
        "No trip is proposed for fewer sessions than this; on a day you are in anyway one is enough. Where "
        "an agreed day falls below it, you are asked. Empty: 2.",
        SENIOR,
    ),
    Preference(
        "max_minutes_per_day",
        "Most minutes of sessions a day",
        "rule",
        "The sessions of one day never add up to more. Empty: 480.",
        SENIOR,
    ),
    Preference(
        "max_sessions",
        "Most sessions a month",
        "rule",
        "In the weeks that a plan looks ahead, four as a rule, you are given no more than this. Sessions "
        "of the four weeks before count too, so that soon after full weeks there may be none for a while. "
        "What you book yourself is up to you. Empty: no limit.",
        JUNIOR,
    ),
    Preference(
        "travel_minutes",
        "Minutes of travel",
        "rule",
        "Kept free before the first and after the last session of a day in the office. Empty: none.",
    ),
    Preference(
        "break_minutes",
        "Minutes of break",
        "rule",
        "Kept free between two sessions. Empty: none.",
    ),
    Preference(
        "days_never",
        "Days you do not come in",
        "rule",
        "No session in an office is planned on these weekdays. Online ones may be.",
    ),
    Preference(
        "days_in_anyway",
        "Days you are in anyway",
        "wish",
        "Sessions go on these weekdays first, since they cost you no extra trip.",
        says_to_juniors="Where seniors’ days allow it sessions go on these weekdays, since they cost you no "
        "extra trip.",
    ),
    Preference(
        "online_only",
        "Online only",
        "rule",
        "Nothing is planned for you in an office. Online sessions go on.",
    ),
    Preference(
        "formats_not",
        "Kinds of session you would rather not have",
        "rule",
        "No plan gives you one of these.",
    ),
    Preference(
        "languages",
        "Languages",
        "rule",
        "You only meet juniors, or as a junior seniors, with whom you share one of these or who named none. "
        "Empty: any. Short codes, such as en de.",
        says_to_juniors="You only meet seniors with whom you share one of these or who named none; of other "
        "juniors in a group it is not asked. Empty: any. Short codes, such as en de.",
        is_roster=True,
    ),
    Preference(
        "topics",
        "What you can help with",
        "wish",
        "Juniors who wish for one of these come to you first, and you are told so. With commas between.",
        says_to_juniors="Seniors who know one of these come first for you. With commas between.",
        is_roster=True,
    ),
    Preference(
        "room_needs",
        "What a room must have for you",
        "rule",
        "You are planned only into rooms that have all of these. With commas between, such as step-free.",
    ),
    Preference(
        "eats",
        "What you eat",
        "wish",
        "For lunches in the office: whoever mentors you over lunch reads it before, and admins read how many "
        "eat what in a week, of five people or more who said so. Nobody else does, and no plan asks for it. "
        "Tick, or write with commas between.",
    ),
)


@dataclass(frozen=True, slots=True)
class Changed:
    """What a change did, and what undoes it."""

    lines: tuple[str, ...]  #: "Most office days a week: 2 → 3"
    before: Mapping[str, str]  #: what was changed, as it was typed before
    newly_own: tuple[str, ...]  #: of these, what they had not set themselves before


# --- reading -------------------------------------------------------------------------------------


def of(site: Site, by: Member, now: datetime) -> PreferencesRecord:
    """One's own preferences, or those of the senior one acts for."""
    audit.look_for_another(site, by, "read.preferences")
    with site.store.reading() as connection:
        roles = _roles(connection, by.person.id, by)
        return _record(connection, by.person, roles, frozenset(_COLUMNS), now)


def record(
    connection: Connection, person: PersonRef, roles: frozenset[str], now: datetime
) -> PreferencesRecord:
    """What an admin sees of somebody's."""
    names = frozenset(each.name for each in of_roster(roles))
    return _record(connection, person, roles, names, now)


def _record(
    connection: Connection, person: PersonRef, roles: frozenset[str], names: frozenset[str], now: datetime
) -> PreferencesRecord:
    found = kept.of_person(connection, person.id)
    there = kept.room_features(connection, person.id)
    return PreferencesRecord(
        person,
        roles,
        {name: text_of(name, value) for name, value in found.values.items() if name in names},
        found.own & names,
        _pause_now(kept.pauses(connection, person.id), _today(person, now)),
        tuple(sorted(there)),
        tuple(sorted(found.values["room_needs"] - there)) if "room_needs" in names else (),
    )


def offered(roles: frozenset[str]) -> tuple[Preference, ...]:
    """What somebody of these roles can ask for."""
    return tuple(each for each in PREFERENCES if each.roles & roles)


def of_roster(roles: frozenset[str]) -> tuple[Preference, ...]:
    """What of that an admin sees and changes."""
    return tuple(each for each in offered(roles) if each.is_roster)


def text_of(name: str, value: Any) -> str:
    """A value as somebody would type it."""
    if value is None or (name == "max_office_days_per_week" and value == _COLUMNS[name].empty):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple | frozenset):
        in_order = value if isinstance(value, tuple) else sorted(value)
        return (", " if name in ("topics", "room_needs") else " ").join(in_order)
    return str(value)


def _pause_now(pauses: Mapping[int, tuple[date, date] | None], today: date) -> tuple[date, date] | None:
    """The pause that goes on or is to come; of several the one that ends last."""
    ahead = [each for each in pauses.values() if each is not None and each[1] >= today]
    return max(ahead, key=lambda each: each[1], default=None)


def _today(person: PersonRef, now: datetime) -> date:
    return now.astimezone(ZoneInfo(person.timezone)).date()


def _roles(connection: Connection, person_id: int, by: Member) -> frozenset[str]:
    """In all programmes, since preferences hold in all; an assistant sees those of a senior."""
    if by.behind is not None:
        return by.roles
    everywhere = people.members(connection, person_id=person_id)
    return frozenset(role for each in everywhere for role in each.roles)


# --- changing ------------------------------------------------------------------------------------


def change(site: Site, person_id: int, texts: Mapping[str, str], by: Member, now: datetime) -> Changed:
    """Take what was typed, field by field, and plan by it from the next plan on.

    Args:
        by: the person, their assistant, or an admin of all their programmes, who only changes what belongs
            to the roster; then they get a mail. Other fields are left alone.

    Raises:
        Misfilled: every mistake, by field. Nothing was changed.
        Refused: they are in a programme, too, that the admin does not run.
    """
    return _change(site, person_id, texts, by, now, forget_own=())


def undo(
    site: Site, texts: Mapping[str, str], forget_own: Sequence[str], by: Member, now: datetime
) -> Changed:
    """Put back what a change of one's own changed."""
    return _change(site, by.person.id, texts, by, now, forget_own)


def _change(
    site: Site,
    person_id: int,
    texts: Mapping[str, str],
    by: Member,
    now: datetime,
    forget_own: Sequence[str],
) -> Changed:
    with site.store.writing() as connection:
        person, roles = _whose(connection, person_id, by)
        need_all_programmes(connection, by, person.id, now)
        before = kept.of_person(connection, person.id)
        themself = person.id == by.person.id
        wanted = _read(texts, before, roles, offered(roles) if themself else of_roster(roles))
        new = {name: value for name, value in wanted.items() if value != before.values[name]}
        own = (before.own | new.keys() if themself else before.own - new.keys()) - frozenset(forget_own)
        kept.write(connection, person.id, new, own)
        done = Changed(
            tuple(_line(name, before.values[name], value) for name, value in new.items()),
            {name: text_of(name, before.values[name]) for name in new},
            tuple(sorted(new.keys() - before.own)),
        )
        if new:
            effects.forget(connection, person.id)
            _note(connection, site, person, done, by, now)
    outbox.wake(site, now)
    return done


def _whose(connection: Connection, person_id: int, by: Member) -> tuple[PersonRef, frozenset[str]]:
    if by.person.id == person_id:
        return by.person, _roles(connection, person_id, by)
    need_role(by, "admin")
    there = people.members(connection, programme_id=by.programme_id, person_id=person_id)
    if not there:
        raise NotFound
    return there[0].person, _roles(connection, person_id, by)


def _read(
    texts: Mapping[str, str], before: Kept, roles: frozenset[str], fields: Sequence[Preference]
) -> dict[str, Any]:
    """The values of what was typed; other fields than these are left alone."""
    mistakes: dict[str, str] = {}
    found: dict[str, Any] = {}
    for each in fields:
        if each.name in texts:
            try:
                found[each.name] = _value(each.name, texts[each.name], roles)
            except ValueError as why:
                mistakes[each.name] = f"Please {why}."
    after = {**before.values, **found}
    both = [day for day in after["days_in_anyway"] if day in after["days_never"]]
    if both and not mistakes:
        mistakes["days_never"] = (
            "A day cannot be one on which you are in anyway and one on which you are not."
        )
    if mistakes:
        raise Misfilled(mistakes)
    return found


def _value(name: str, text: str, roles: frozenset[str]) -> Any:
    """Raises ValueError with the remedy."""
    column, text = _COLUMNS[name], text.strip()
    if len(text) > 600:
        raise ValueError("keep this under 600 characters")
    if text:
        value = column.read(text)
    elif name == "min_sessions_per_office_day":
        value = worth_a_trip(roles)
    else:
        value = column.empty
    return frozenset(value) if name == "formats_not" else value


def worth_a_trip(roles: frozenset[str]) -> int:
    """Fewest sessions, until somebody says otherwise."""
    return 2 if "senior" in roles else 1


def _line(name: str, before: Any, value: Any) -> str:
    label = next(each.label for each in PREFERENCES if each.name == name)
    return f"{label}: {text_of(name, before) or '–'} → {text_of(name, value) or '–'}"


def _note(
    connection: Connection, site: Site, person: PersonRef, done: Changed, by: Member, now: datetime
) -> None:
    """Nobody's preferences change without their knowing."""
    subject = None if by.hand.id == person.id else person.id
    audit.note(connection, now, by, "preferences.change", subject_id=subject, fields=len(done.lines))
    assistants.tell_senior(connection, site, by, "changed your preferences", "/preferences", now)
    if by.person.id != person.id:
        letter = NoteLetter(
            f"{by.person.name} changed your preferences",
            (
                "From the next plan on:",
                *done.lines,
                "If that is not right, change it back on your page.",
            ),
            "Your preferences",
            "/preferences",
        )
        outbox.tell(connection, site, person, None, letter, now)


# --- a pause -------------------------------------------------------------------------------------


def would_pause(site: Site, first: date, last: date, by: Member, now: datetime) -> Departed:
    """What a pause would do; nothing is done."""
    _check_pause(by.person, first, last, now)
    with site.store.reading() as connection:  # what is written in here is thrown away
        return _pause(connection, site, first, last, by, now)


def pause(site: Site, first: date, last: date, by: Member, now: datetime) -> Departed:
    """Be planned for nothing from one day to another, in every programme; what is agreed then is let go.

    Raises:
        Misfilled: days that cannot be, by field.
    """
    _check_pause(by.person, first, last, now)
    with site.store.writing() as connection:
        done = _pause(connection, site, first, last, by, now)
        before = kept.of_person(connection, by.person.id)
        kept.write(connection, by.person.id, {}, before.own | {*PAUSE})
        audit.note(connection, now, by, "preferences.pause", days=(last - first).days + 1)
        assistants.tell_senior(connection, site, by, "set a pause for you", "/preferences", now)
    outbox.wake(site, now)
    return done


def end_pause(site: Site, by: Member, now: datetime) -> None:
    """Be planned for again from the next plan on. What was let go for the pause stays so."""
    with site.store.writing() as connection:
        kept.end_pauses(connection, by.person.id, [*kept.pauses(connection, by.person.id)])
        before = kept.of_person(connection, by.person.id)
        kept.write(connection, by.person.id, {}, before.own - {*PAUSE})
        audit.note(connection, now, by, "preferences.end_pause")
        assistants.tell_senior(connection, site, by, "ended your pause", "/preferences", now)
    outbox.wake(site, now)


def _check_pause(person: PersonRef, first: date, last: date, now: datetime) -> None:
    mistakes = {}
    today = _today(person, now)
    if first < today:
        mistakes["paused_from"] = "A pause begins today at the earliest."
    if last < first:
        mistakes["paused_until"] = "The last day comes before the first one."
    elif last - today > LONGEST_PAUSE:
        mistakes["paused_until"] = "Please take a day within the next two years. To leave, ask an admin."
    if mistakes:
        raise Misfilled(mistakes)


def _pause(
    connection: Connection, site: Site, first: date, last: date, by: Member, now: datetime
) -> Departed:
    """In every programme: whoever is away is away."""
    mine = people.members(connection, person_id=by.person.id)
    done = [
        departures.depart(connection, site, each.programme_id, [by.person.id], first, now, until=last)
        for each in mine
    ]
    return Departed(
        sum(each.cancelled for each in done),
        sum(each.thinned for each in done),
        sum(each.withdrawn for each in done),
        sum(each.shortened for each in done),
        sum(each.told for each in done),
    )
