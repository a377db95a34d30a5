"""A programme's path of training for its seniors, who is ready for a first session, and whom they can ask.

A path is made of items: readings that come with officeday, and texts of the programme's own. An item is due
so many days after a senior joined, or after it was added if that was later, on their own calendar. Before a
date that comes near they are reminded once, by one mail; after it they are told kindly on their page, and
nothing else happens.

A programme may require items before the first session: until a senior has read them nothing new is planned
with them by rule (`planner.programme.Programme.unready`); what an admin imports for them is. Whoever has held
a session is ready, whatever is added.
Admins see how many have read what, where there are seniors enough that this says nothing of one of them,
and who waits; neither when nor in what order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from web import words
from web.errors import Misfilled, NotFound, Refused
from web.guides import Section, readings
from web.notify import NoteLetter
from web.operations import audit, outbox
from web.operations.access import need_in_person, need_programme, need_role
from web.records import (
    Member,
    PersonRef,
    SupportRecord,
    TrainingItemRecord,
    TrainingPathRecord,
    TrainingProgrammeRecord,
    TrainingStepRecord,
)
from web.site import Site
from web.small_groups import LEAST
from web.store import outbox as owed
from web.store import people
from web.store import training as kept
from web.store.training import Open

LONGEST_TEXT = 8_000
MOST_MINUTES = 240
MOST_DUE_DAYS = 365
LONGEST_NOTE = 500

#: Before an item is due; from this time of day on, on the reader's own clock.
REMINDED_BEFORE = timedelta(days=3)
REMINDED_FROM = time(9)

#: So many mails are owed in one transaction.
BATCH = 200

#: By person, programme and date: what they have not read that is due then.
_Due = dict[tuple[PersonRef, int, date], list[TrainingItemRecord]]


@dataclass(frozen=True, slots=True)
class ItemForm:
    """What an admin typed of an item; of a reading that comes with officeday, `title` and `text` stay."""

    title: str
    text: str
    minutes: int
    due_days: int
    required: bool


# --- a senior's path -----------------------------------------------------------------------------


def path(site: Site, by: Member, now: datetime) -> TrainingPathRecord:
    """The path of the programme as it is somebody's own."""
    need_role(by, "senior")
    need_in_person(by)
    with site.store.reading() as connection:
        return _path(connection, by, now)


def _path(connection: Connection, by: Member, now: datetime) -> TrainingPathRecord:
    done = kept.done_by(connection, by.person.id)
    since = kept.joined(connection, by.programme_id, by.person.id)
    steps = tuple(_step(one, by.person, since, done, now) for one in _active(connection, by.programme_id))
    open_first = any(one.item.required and one.is_open for one in steps)
    unready = open_first and kept.is_unready(connection, by.programme_id, by.person.id, now)
    return TrainingPathRecord(steps, not unready)


def _active(connection: Connection, programme_id: int) -> list[TrainingItemRecord]:
    return [one for one in kept.items(connection, programme_id) if one.retired_at is None]


def _step(
    item: TrainingItemRecord,
    person: PersonRef,
    since: date | None,
    done: Mapping[int, datetime],
    now: datetime,
) -> TrainingStepRecord:
    due, today = due_on(item, person, since), now.astimezone(ZoneInfo(person.timezone)).date()
    done_at = done.get(item.id)
    return TrainingStepRecord(item, due, done_at, overdue=done_at is None and due < today)


def due_on(item: TrainingItemRecord, person: PersonRef, joined: date | None) -> date:
    """On their own calendar: counted from the day they joined, or on which the item was added if later."""
    added = item.added_at.astimezone(ZoneInfo(person.timezone)).date()
    return max(added, joined or added) + timedelta(days=item.due_days)


def step(site: Site, item_id: int, by: Member, now: datetime) -> TrainingStepRecord:
    """One item of somebody's path. Raises NotFound: it is on no path of theirs, or has been retired."""
    with site.store.reading() as connection:
        item = _own(connection, item_id, by)
        since = kept.joined(connection, by.programme_id, by.person.id)
        return _step(item, by.person, since, kept.done_by(connection, by.person.id), now)


def sections(item: TrainingItemRecord) -> tuple[Section, ...]:
    """What it says; nothing for a reading that this version of officeday no longer brings."""
    if item.guide is None:
        return (Section("", tuple(paragraph for paragraph in item.text.split("\n\n") if paragraph)),)
    reading = readings().get(item.guide)
    return reading.sections if reading else ()


def complete(site: Site, item_id: int, by: Member, now: datetime) -> TrainingItemRecord:
    """Say that one has read it. Saying it again changes nothing."""
    with site.store.writing() as connection:
        item = _own(connection, item_id, by)
        kept.complete(connection, item_id, by.person.id, now)
    return item


def take_back(site: Site, item_id: int, by: Member) -> None:
    """Undo `complete`."""
    with site.store.writing() as connection:
        _own(connection, item_id, by)
        kept.take_back(connection, item_id, by.person.id)


def _own(connection: Connection, item_id: int, by: Member) -> TrainingItemRecord:
    need_role(by, "senior")
    need_in_person(by)
    item = _of_programme(connection, item_id, by)
    if item.retired_at is not None:
        raise NotFound
    return item


def _of_programme(connection: Connection, item_id: int, by: Member) -> TrainingItemRecord:
    item = kept.item(connection, item_id)
    if item is None:
        raise NotFound
    need_programme(by, item.programme_id)
    return item


# --- the programme's -----------------------------------------------------------------------------


def programme(site: Site, by: Member, now: datetime) -> TrainingProgrammeRecord:
    """The path, how many have read what, who waits for a first session, and whom they can ask."""
    need_role(by, "admin")
    with site.store.reading() as connection:
        items = kept.items(connection, by.programme_id)
        seniors = kept.seniors(connection, by.programme_id, now.date())
        contact = support(connection, by.programme_id)
        found = TrainingProgrammeRecord(
            items=tuple(one for one in items if one.retired_at is None),
            retired=tuple(one for one in items if one.retired_at is not None),
            done=kept.counts(connection, by.programme_id, now.date()) if seniors >= LEAST else None,
            seniors=seniors,
            unready=tuple(kept.unready(connection, by.programme_id, now)),
            support=contact,
            support_left=contact is None and bool(kept.support_note(connection, by.programme_id)),
        )
    if found.unready:
        audit.look(site, by, "read.training")
    return found


def unready(site: Site, by: Member, now: datetime) -> int:
    """How many seniors nothing is planned with before they have read what is required."""
    need_role(by, "admin")
    with site.store.reading() as connection:
        return kept.count_unready(connection, by.programme_id, now)


def start_with_usual(site: Site, by: Member, now: datetime) -> int:
    """Put every reading that comes with officeday on the path, unless it is on it; how many are new."""
    need_role(by, "admin")
    with site.store.writing() as connection:
        new = begin_usual_path(connection, by.programme_id, now)
        audit.note(
            connection, now, by, "training.start_with_usual", f"programme:{by.programme_id}", items=len(new)
        )
    return len(new)


def begin_usual_path(connection: Connection, programme_id: int, now: datetime) -> list[int]:
    """The same in a transaction of the caller's; the ids of what is new, in the order of the path."""
    there = {one.guide for one in kept.items(connection, programme_id)}
    return [kept.add(connection, programme_id, _usual(name), now) for name in readings() if name not in there]


def _usual(name: str) -> dict[str, object]:
    reading = readings()[name]
    return {
        "guide": name,
        "title": reading.title,
        "minutes": reading.minutes,
        "due_days": reading.due_days,
        "required": reading.required,
    }


def one(site: Site, item_id: int, by: Member) -> TrainingItemRecord:
    need_role(by, "admin")
    with site.store.reading() as connection:
        return _of_programme(connection, item_id, by)


def add(site: Site, form: ItemForm, by: Member, now: datetime) -> int:
    """Put a text of the programme's own at the end of the path; its id.

    Raises:
        Misfilled: what cannot be kept, by field.
    """
    need_role(by, "admin")
    _check(form, own=True)
    with site.store.writing() as connection:
        item_id = kept.add(connection, by.programme_id, _values(form, own=True), now)
        audit.note(connection, now, by, "training.add", f"training:{item_id}", required=int(form.required))
    return item_id


def change(site: Site, item_id: int, form: ItemForm, by: Member, now: datetime) -> None:
    """Raises: as `add`. Who has read it has read it."""
    need_role(by, "admin")
    with site.store.writing() as connection:
        own = _of_programme(connection, item_id, by).guide is None
        _check(form, own)
        kept.change(connection, item_id, _values(form, own))
        audit.note(connection, now, by, "training.change", f"training:{item_id}", required=int(form.required))


def _check(form: ItemForm, own: bool) -> None:
    if mistakes := mistakes_in(form, own):
        raise Misfilled(mistakes)


def mistakes_in(form: ItemForm, own: bool) -> dict[str, str]:
    """What of it cannot be kept, by field. `own`: it is no reading that comes with officeday."""
    mistakes = {}
    if own and not form.title:
        mistakes["title"] = "Please give it a title."
    if own and not form.text:
        mistakes["text"] = "Please write what there is to read; an empty line begins a paragraph."
    if len(form.text) > LONGEST_TEXT:
        mistakes["text"] = f"Please keep this under {LONGEST_TEXT} characters; it has {len(form.text)}."
    if not 1 <= form.minutes <= MOST_MINUTES:
        mistakes["minutes"] = f"Please give 1 to {MOST_MINUTES} minutes."
    if not 1 <= form.due_days <= MOST_DUE_DAYS:
        mistakes["due_days"] = f"Please give 1 to {MOST_DUE_DAYS} days."
    return mistakes


def _values(form: ItemForm, own: bool) -> dict[str, object]:
    values: dict[str, object] = {
        "minutes": form.minutes,
        "due_days": form.due_days,
        "required": form.required,
    }
    return values | ({"title": form.title, "text": form.text} if own else {})


def move(site: Site, item_id: int, places: int, by: Member, now: datetime) -> None:
    """So many places towards the beginning (below 0) or the end of the path."""
    need_role(by, "admin")
    with site.store.writing() as connection:
        _of_programme(connection, item_id, by)
        order = [each.id for each in _active(connection, by.programme_id)]
        if item_id not in order:
            raise Refused("It is not on the path any more. Bring it back first.")
        at = order.index(item_id)
        order.insert(min(max(at + places, 0), len(order) - 1), order.pop(at))
        kept.put_in_order(connection, order)
        audit.note(connection, now, by, "training.move", f"training:{item_id}")


def retire(site: Site, item_id: int, by: Member, now: datetime) -> None:
    """Take it off the path. Who has read it has read it, should it come back."""
    _set_retired(site, item_id, by, "training.retire", now, now)


def bring_back(site: Site, item_id: int, by: Member, now: datetime) -> None:
    """Undo `retire`."""
    _set_retired(site, item_id, by, "training.bring_back", None, now)


def _set_retired(
    site: Site, item_id: int, by: Member, action: str, retired_at: datetime | None, now: datetime
) -> None:
    need_role(by, "admin")
    with site.store.writing() as connection:
        _of_programme(connection, item_id, by)
        kept.change(connection, item_id, {"retired_at": retired_at})
        audit.note(connection, now, by, action, f"training:{item_id}")


# --- the support contact -------------------------------------------------------------------------


def support(connection: Connection, programme_id: int) -> SupportRecord | None:
    """Whom the seniors of a programme can ask; None: nobody is named, or they have left."""
    return kept.supports(connection, [programme_id]).get(programme_id)


def for_reader(contact: SupportRecord | None, reader: PersonRef) -> SupportRecord | None:
    """Nobody is told to ask themselves."""
    return None if contact is not None and contact.person.id == reader.id else contact


def support_of(site: Site, by: Member) -> SupportRecord | None:
    """The same for a page of somebody in the programme."""
    with site.store.reading() as connection:
        return for_reader(support(connection, by.programme_id), by.hand)


def name_support(site: Site, email: str, note: str, by: Member, now: datetime) -> None:
    """Let somebody of the company be the one whom seniors can ask.

    Raises:
        Misfilled: nobody who is there has this address, or nothing says how to reach them.
    """
    need_role(by, "admin")
    with site.store.writing() as connection:
        person = people.by_email(connection, email.casefold())
        mistakes = {}
        if person is None:
            mistakes["email"] = "Nobody here has this address. Bring them in under People first."
        if not note:
            mistakes["note"] = (
                "Please say when and how they are reached, such as: weekdays 9–17, in the chat."
            )
        if person is None or mistakes:
            raise Misfilled(mistakes)
        kept.name_support(connection, by.programme_id, person.id, note)
        kept.let_leavers_go(connection, now.date())
        if support(connection, by.programme_id) is None:
            raise Misfilled({"email": "They have left. Please name somebody who is there."})
        audit.note(connection, now, by, "support.name", subject_id=person.id)


def name_nobody(site: Site, by: Member, now: datetime) -> None:
    """Take the support contact away."""
    need_role(by, "admin")
    with site.store.writing() as connection:
        kept.name_support(connection, by.programme_id, None, "")
        audit.note(connection, now, by, "support.name_nobody")


# --- in the background ---------------------------------------------------------------------------


def look_after(site: Site, now: datetime) -> None:
    """Remind seniors of what is due soon, and let nobody be asked who has left. Harmless however often."""
    with site.store.writing() as connection:
        kept.let_leavers_go(connection, now.date())
    with site.store.reading() as connection:
        due = _untold(connection, _due(connection, now))
    waiting = iter(sorted(due, key=lambda one: (one[2], one[0].id, one[1])))
    while some := list(islice(waiting, BATCH)):
        with site.store.writing() as connection:
            _remind(connection, site, _untold(connection, {each: due[each] for each in some}), now)


def _due(connection: Connection, now: datetime) -> _Due:
    """What is due soon, and the moment to say so has come."""
    due: _Due = defaultdict(list)
    for each in kept.open_around(connection, now.date(), now.date() + REMINDED_BEFORE):
        day = due_on(each.item, each.person, each.joined)
        if _moment(day - REMINDED_BEFORE, each) <= now <= _moment(day, each):
            due[each.person, each.item.programme_id, day].append(each.item)
    return due


def _moment(day: date, each: Open) -> datetime:
    return datetime.combine(day, REMINDED_FROM, ZoneInfo(each.person.timezone)).astimezone(UTC)


def _untold(connection: Connection, due: _Due) -> _Due:
    keys = {key: outbox.note_key(_key(key[1], key[2]), key[0]) for key in due}
    told = owed.owed(connection, keys.values())
    return {key: some for key, some in due.items() if keys[key] not in told}


def _key(programme_id: int, day: date) -> str:
    """Names what somebody is reminded of: once, whatever is due that day."""
    return f"training:{programme_id}:{day}"


def _remind(connection: Connection, site: Site, due: _Due, now: datetime) -> None:
    asked = kept.supports(connection, {programme_id for _, programme_id, _ in due})
    for (person, programme_id, day), some in due.items():
        letter = _letter(day, some, for_reader(asked.get(programme_id), person), now)
        outbox.tell(connection, site, person, _key(programme_id, day), letter, now)


def _letter(
    day: date, some: list[TrainingItemRecord], contact: SupportRecord | None, now: datetime
) -> NoteLetter:
    minutes = sum(one.minutes for one in some)
    says = [
        f"By {words.long_day(day, now.date())}, whenever you have {words.counted(minutes, 'quiet minute')}: "
        f"{words.listed([f'“{one.title}”' for one in some])}."
    ]
    if any(one.required for one in some):
        says.append(
            "Your programme asks for this before a first session, so that nobody sits down unprepared. "
            "If you have yet to hold one, days are proposed to you once it is read."
        )
    if contact:
        whom = f"If anything is unclear, ask {contact.person.name} ({contact.person.email}): {contact.note}"
        says += [line for line in whom.split("\n") if line]
    return NoteLetter("Something short to read", tuple(says), "Your guides", "/guides")
