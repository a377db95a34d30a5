"""Every table, in one place. Instants are aware UTC; dates are those of the office (or senior) concerned.

No column holds the title, place or attendees of anybody's calendar event: `busy_interval` has times
and a kind, nothing else. Written for SQLite and PostgreSQL alike.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Row,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
    true,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from web.store.privacy import ACTOR, NAMED, NONE, OPERATIONAL, PERSONAL, PRIVATE, PROSE, SECRET, SUBJECT
from web.store.sealing import CalendarAddress

#: A row of any columns.
AnyRow = Row[*tuple[Any, ...]]


class Instant(TypeDecorator[datetime]):
    """An aware UTC instant. SQLite drops offsets silently, so naive values are refused at the door."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no zone; instants are aware UTC")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _one_of(column: str, *values: str) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


# --- who and where -------------------------------------------------------------------------------

programme = Table(
    "programme",
    metadata,
    Column("id", Integer, primary_key=True, info=NONE),
    Column("name", String(200), nullable=False, unique=True, info=NONE),
    Column("starts", Date, info=NONE),  # recurrences of its formats count from here; None: it has none yet
    # what the last planning run found due: {at, first_day, last_day, sessions, nobody}
    Column("owed", JSON, info=OPERATIONAL),
    # weekday on which it is planned by itself ("thu"); None: by hand only
    Column("plan_on", String(3), info=NONE),
    Column("plan_at", String(5), nullable=False, server_default="06:00", info=NONE),  # in `timezone`
    Column("timezone", String(64), nullable=False, server_default="UTC", info=NONE),
    Column("weeks_ahead", Integer, nullable=False, server_default="4", info=NONE),
    # what starts sooner stays as it is
    Column("freeze_hours", Integer, nullable=False, server_default="48", info=NONE),
    Column("cycle_since", Instant, info=NONE),  # weekly moments before this one do not count
    Column("looked_at", Instant, info=OPERATIONAL),  # when a worker last looked what its week asks for
    Column("made_up", Boolean, nullable=False, server_default=false(), info=NONE),  # in demo mode
    # whom seniors ask when something is unclear, and how
    Column("support_id", ForeignKey("person.id"), info=ACTOR),
    Column("support_note", String(500), nullable=False, server_default="", info=PROSE),
)

#: What a programme promises of one kind of session.
format_rule = Table(
    "format_rule",
    metadata,
    Column("programme_id", ForeignKey("programme.id"), primary_key=True, info=NONE),
    Column("kind", String(20), primary_key=True, info=NONE),
    Column("turn", String(10), nullable=False, info=NONE),  # whose turn its cadence counts
    Column("weeks", Integer, CheckConstraint("weeks >= 1", name="weeks"), nullable=False, info=NONE),
    Column("minutes", Integer, nullable=False, info=NONE),
    Column("seats_min", Integer, nullable=False, info=NONE),
    Column("seats_max", Integer, nullable=False, info=NONE),
    Column("open_seats", Integer, nullable=False, info=NONE),
    Column("between_from", String(5), nullable=False, info=NONE),
    Column("between_to", String(5), nullable=False, info=NONE),
    Column("in_person", Boolean, nullable=False, info=NONE),
    Column("room_use", String(10), info=NONE),
    Column("weight", Integer, nullable=False, info=NONE),
    Column("weeks_between_pairs", Integer, nullable=False, info=NONE),
    _one_of("turn", "junior", "senior", "cohort"),
)

office = Table(
    "office",
    metadata,
    Column("id", String(64), primary_key=True, info=NONE),
    Column("name", String(200), nullable=False, info=NONE),
    Column("timezone", String(64), nullable=False, info=NONE),
    Column("hours", JSON, nullable=False, info=NONE),  # {"mon": ["08:00", "18:30"], …}
    # whose public holidays close it: "GB-ENG", "DE"; None: nobody has said
    Column("holidays", String(10), info=NONE),
)

office_closure = Table(
    "office_closure",
    metadata,
    Column("office_id", ForeignKey("office.id"), primary_key=True, info=NONE),
    Column("day", Date, primary_key=True, info=NONE),
    Column("reason", String(200), nullable=False, default="", info=PROSE),
    Column("holiday", Boolean, nullable=False, server_default=false(), info=NONE),  # found by rule
    Column("open_anyway", Boolean, nullable=False, server_default=false(), info=NONE),  # somebody said so
)

room = Table(
    "room",
    metadata,
    Column("id", String(64), primary_key=True, info=NONE),
    Column("office_id", ForeignKey("office.id"), nullable=False, index=True, info=NONE),
    Column("name", String(200), nullable=False, info=NONE),
    Column("capacity", Integer, CheckConstraint("capacity >= 1", name="capacity"), nullable=False, info=NONE),
    Column("uses", JSON, nullable=False, info=NONE),  # ["lunch", "meeting", "coworking"]
    Column("shared", Boolean, nullable=False, default=False, info=NONE),
    Column("features", JSON, nullable=False, info=NONE),
    Column("email", String(254), info=NONE),  # its resource mailbox, where it has one
    # "kind:address", read like a person's; None: free unless closed
    Column("calendar", CalendarAddress, info=SECRET),
)

room_closure = Table(
    "room_closure",
    metadata,
    Column("id", Integer, primary_key=True, info=NONE),
    Column("room_id", ForeignKey("room.id"), nullable=False, index=True, info=NONE),
    Column("start", Instant, nullable=False, info=NONE),
    Column("end", Instant, nullable=False, info=NONE),
    Column("reason", String(200), nullable=False, default="", info=PROSE),
    CheckConstraint('"start" < "end"', name="order"),
)

person = Table(
    "person",
    metadata,
    Column("id", Integer, primary_key=True, info=PERSONAL),
    Column("email", String(254), nullable=False, unique=True, info=PERSONAL),  # lower case, NFC
    Column("name", String(200), nullable=False, info=PERSONAL),
    Column("timezone", String(64), nullable=False, info=PERSONAL),
    Column("hours", JSON, nullable=False, info=PRIVATE),
    # "ics:PATH_OR_URL"; None: none known, so all time is unknown. PRIVATE, since it is its owner's: it is in
    # their own file, and goes with them.
    Column("calendar", CalendarAddress, info=PRIVATE),
    Column("days_in_anyway", JSON, nullable=False, info=PRIVATE),  # weekdays: ["tue"]
    Column("days_never", JSON, nullable=False, info=PRIVATE),
    Column("room_needs", JSON, nullable=False, info=PRIVATE),
    Column("max_office_days_per_week", Integer, nullable=False, info=PRIVATE),
    Column("min_sessions_per_office_day", Integer, nullable=False, info=PRIVATE),
    Column("max_minutes_per_day", Integer, nullable=False, info=PRIVATE),
    Column("break_minutes", Integer, nullable=False, info=PRIVATE),
    Column("travel_minutes", Integer, nullable=False, info=PRIVATE),
    Column("max_sessions", Integer, info=PRIVATE),  # as a junior, in any four weeks
    Column("manager_id", ForeignKey("person.id"), info=ACTOR),
    Column("languages", JSON, nullable=False, server_default="[]", info=PERSONAL),  # none: any
    # a senior's expertise, a junior's wishes
    Column("topics", JSON, nullable=False, server_default="[]", info=PERSONAL),
    Column("online_only", Boolean, nullable=False, server_default=false(), info=PRIVATE),
    # kinds they would rather not have
    Column("formats_not", JSON, nullable=False, server_default="[]", info=PRIVATE),
    # Columns of this table that they set themselves on a page: a later import keeps them.
    Column("own_choices", JSON, nullable=False, server_default="[]", info=PERSONAL),
    Column("signed_out_at", Instant, info=PERSONAL),  # sign-ins from before this moment no longer count
    # free where their calendar cannot be read: {"tue": ["10:00", "12:00"]}
    Column("stated_hours", JSON(none_as_null=True), info=PRIVATE),
    Column("stated_until", Date, info=PRIVATE),  # the last day for which these hours were stated
    Column("told_at", Instant, info=PERSONAL),  # when they were told what is read of their calendar and kept
    # when an admin said that they had been told some other way: they need not wait for the hours of notice
    Column("told_otherwise_at", Instant, info=PERSONAL),
    Column("told_otherwise_by", ForeignKey("person.id"), info=ACTOR),
    Column("refused_at", Instant, info=PRIVATE),  # they would rather not have their calendar read
    Column("asked_erasure_at", Instant, info=PERSONAL),  # when they asked to be erased
    Column("eats", String(200), nullable=False, server_default="", info=PRIVATE),  # "vegetarian, no nuts"
    Column("erased_at", Instant, info=OPERATIONAL),  # nothing of them is left but this row and its number
)

person_office = Table(
    "person_office",
    metadata,
    Column("person_id", ForeignKey("person.id"), primary_key=True, info=SUBJECT),
    Column("office_id", ForeignKey("office.id"), primary_key=True, info=PERSONAL),
)

membership = Table(
    "membership",
    metadata,
    Column("programme_id", ForeignKey("programme.id"), primary_key=True, info=PERSONAL),
    Column("person_id", ForeignKey("person.id"), primary_key=True, index=True, info=SUBJECT),
    Column("role", String(10), primary_key=True, info=PERSONAL),
    _one_of("role", "senior", "junior", "admin"),
)

#: When somebody takes part in a programme, and with whom.
participation = Table(
    "participation",
    metadata,
    Column("programme_id", ForeignKey("programme.id"), primary_key=True, info=PERSONAL),
    Column("person_id", ForeignKey("person.id"), primary_key=True, index=True, info=SUBJECT),
    Column("joined", Date, nullable=False, info=PERSONAL),
    Column("left", Date, info=PERSONAL),  # the first day they are no longer there
    Column("paused_from", Date, info=PRIVATE),
    Column("paused_until", Date, info=PRIVATE),  # the last day of the pause
    Column("cohort", String(24), nullable=False, default="", info=PERSONAL),
    Column("team", String(60), nullable=False, server_default="", info=PERSONAL),
    Column("need", Integer, nullable=False, server_default="1", info=PRIVATE),  # as a junior here; 1 to 53
    CheckConstraint("(paused_from IS NULL) = (paused_until IS NULL)", name="pause"),
)

#: Who may answer in a senior's name; every answer says who gave it.
assistant = Table(
    "assistant",
    metadata,
    Column("senior_id", ForeignKey("person.id"), primary_key=True, info=SUBJECT),
    Column("assistant_id", ForeignKey("person.id"), primary_key=True, index=True, info=SUBJECT),
    Column("since", Instant, nullable=False, info=PERSONAL),
    Column("copies", Boolean, nullable=False, server_default=true(), info=OPERATIONAL),  # of proposals
    CheckConstraint("senior_id <> assistant_id", name="another"),
)

#: What a junior asks of the programme's admin; nobody else reads it.
private_request = Table(
    "private_request",
    metadata,
    Column("id", Integer, primary_key=True, info=OPERATIONAL),
    Column("programme_id", ForeignKey("programme.id"), nullable=False, index=True, info=PERSONAL),
    Column("person_id", ForeignKey("person.id"), nullable=False, index=True, info=SUBJECT),
    Column("about", String(10), nullable=False, info=PRIVATE),
    Column("senior_id", ForeignKey("person.id"), info=NAMED),  # whom they would rather not meet again
    Column("text", Text, nullable=False, default="", info=PRIVATE),
    Column("created_at", Instant, nullable=False, info=PRIVATE),
    Column("answer", Text, info=PRIVATE),
    Column("answered_at", Instant, info=PRIVATE),
    Column("answered_by", ForeignKey("person.id"), info=ACTOR),
    Column("withdrawn_at", Instant, info=PRIVATE),
    _one_of("about", "senior", "topic"),
)

#: Two people whom no programme brings together; nobody says why.
never_pair = Table(
    "never_pair",
    metadata,
    Column("one_id", ForeignKey("person.id"), primary_key=True, info=NAMED),
    Column("other_id", ForeignKey("person.id"), primary_key=True, info=NAMED),
    CheckConstraint("one_id < other_id", name="order"),
)

# --- calendars -----------------------------------------------------------------------------------

reading = Table(
    "reading",
    metadata,
    Column("person_id", ForeignKey("person.id"), primary_key=True, info=SUBJECT),
    Column("read_at", Instant, nullable=False, info=PERSONAL),
    Column("window_start", Instant, nullable=False, info=PERSONAL),  # times outside the window are unknown
    Column("window_end", Instant, nullable=False, info=PERSONAL),
    Column("reason", Text, info=PERSONAL),  # why something is unknown
    Column("warnings", JSON, nullable=False, info=PERSONAL),
    Column("state", Text, info=OPERATIONAL),  # the connector's own
    # dates marked as at the office: ["2027-03-09"]
    Column("in_office", JSON, nullable=False, default=list, info=PRIVATE),
)

busy_interval = Table(
    "busy_interval",
    metadata,
    Column("id", Integer, primary_key=True, info=OPERATIONAL),
    Column("person_id", ForeignKey("person.id"), nullable=False, index=True, info=SUBJECT),
    Column("start", Instant, nullable=False, info=PRIVATE),
    Column("end", Instant, nullable=False, info=PRIVATE),
    Column("kind", String(10), nullable=False, info=PRIVATE),
    _one_of("kind", "busy", "tentative", "away", "elsewhere", "unknown"),
)

#: The same of rooms that have a calendar.
room_reading = Table(
    "room_reading",
    metadata,
    Column("room_id", ForeignKey("room.id"), primary_key=True, info=NONE),
    Column("read_at", Instant, nullable=False, info=NONE),
    Column("window_start", Instant, nullable=False, info=NONE),
    Column("window_end", Instant, nullable=False, info=NONE),
    Column("reason", Text, info=PROSE),
    Column("warnings", JSON, nullable=False, info=NONE),
    Column("state", Text, info=OPERATIONAL),
)

room_busy_interval = Table(
    "room_busy_interval",
    metadata,
    Column("id", Integer, primary_key=True, info=OPERATIONAL),
    Column("room_id", ForeignKey("room.id"), nullable=False, index=True, info=NONE),
    Column("start", Instant, nullable=False, info=NONE),
    Column("end", Instant, nullable=False, info=NONE),
    Column("kind", String(10), nullable=False, info=NONE),
    _one_of("kind", "busy", "tentative", "away", "elsewhere", "unknown"),
)

#: What each calendar system has granted us, when it was last asked: what it lets us read, for staff to see.
calendar_access = Table(
    "calendar_access",
    metadata,
    Column("kind", String(20), primary_key=True, info=NONE),
    Column("asked_at", Instant, nullable=False, info=NONE),
    # [{name, why, could_read, granted}], as it was last told
    Column("permissions", JSON, nullable=False, info=NONE),
    Column("problem", Text, info=NONE),  # why it could not be told
)

# --- sessions ------------------------------------------------------------------------------------

session = Table(
    "session",
    metadata,
    Column("id", String(64), primary_key=True, info=PERSONAL),
    Column("programme_id", ForeignKey("programme.id"), nullable=False, info=PERSONAL),
    Column("kind", String(20), nullable=False, info=PERSONAL),
    # what it is for; ours, from no calendar
    Column("title", String(200), nullable=False, default="", info=PERSONAL),
    Column("senior_id", ForeignKey("person.id"), nullable=False, index=True, info=SUBJECT),
    Column("seats_min", Integer, nullable=False, info=PERSONAL),
    Column("seats_max", Integer, nullable=False, info=PERSONAL),
    Column("open_seats", Integer, nullable=False, default=0, info=PERSONAL),
    Column("minutes", Integer, nullable=False, info=PERSONAL),
    Column("between_from", String(5), nullable=False, info=PERSONAL),
    Column("between_to", String(5), nullable=False, info=PERSONAL),
    Column("office_id", ForeignKey("office.id"), info=PERSONAL),  # None: online
    Column("room_use", String(10), info=PERSONAL),
    # where it was to be before it went online; there again once it is due again
    Column("office_before", ForeignKey("office.id"), info=PERSONAL),
    Column("room_use_before", String(10), info=PERSONAL),
    Column("first_day", Date, nullable=False, info=PERSONAL),
    Column("last_day", Date, nullable=False, info=PERSONAL),
    Column("weight", Integer, nullable=False, default=1, info=PERSONAL),
    Column("state", String(10), nullable=False, default="due", info=PERSONAL),
    Column("start", Instant, info=PERSONAL),  # from here on: only while agreed (or cancelled after that)
    Column("room_id", ForeignKey("room.id"), info=PERSONAL),
    Column("proposal_id", ForeignKey("proposal.id"), info=PERSONAL),
    # given or kept open when it was agreed; the room was chosen for them
    Column("seats_held", Integer, info=PERSONAL),
    # RFC 5545 §3.8.7.4; never goes down
    Column("sequence", Integer, nullable=False, default=0, info=OPERATIONAL),
    # made by the programme's formats
    Column("by_rule", Boolean, nullable=False, server_default=false(), info=OPERATIONAL),
    Column("by_need_until", Instant, info=PERSONAL),  # open seats go by need until then, by order after it
    Column("reminded_at", Instant, info=PERSONAL),  # when its people were reminded of it
    # what somebody who was to be there said of it; None: nobody has
    Column("outcome", String(12), info=PERSONAL),
    Column("outcome_by", ForeignKey("person.id"), info=ACTOR),
    Column("outcome_at", Instant, info=PERSONAL),
    Column("evaluation_asked_at", Instant, info=PERSONAL),  # when its people were asked how it was
    _one_of("state", "due", "agreed", "cancelled"),
    _one_of("outcome", "held", "fell_through"),
    CheckConstraint("state <> 'agreed' OR start IS NOT NULL", name="agreed_has_start"),
    Index("ix_session_state", "programme_id", "state", "first_day"),
    Index("ix_session_start", "programme_id", "state", "start"),
    Index("ix_session_room", "room_id", "start"),
)

candidate = Table(
    "candidate",
    metadata,
    Column("session_id", ForeignKey("session.id"), primary_key=True, info=PERSONAL),
    Column("person_id", ForeignKey("person.id"), primary_key=True, index=True, info=SUBJECT),
    Column("required", Boolean, nullable=False, default=False, info=PERSONAL),
    Column("position", Integer, nullable=False, info=PERSONAL),
)

#: Who has a seat in an agreed session. `invited`: the plan chose them; `booked`: they chose it.
seat = Table(
    "seat",
    metadata,
    Column("session_id", ForeignKey("session.id"), primary_key=True, info=PERSONAL),
    Column("person_id", ForeignKey("person.id"), primary_key=True, index=True, info=SUBJECT),
    Column("state", String(10), nullable=False, info=PERSONAL),
    Column("since", Instant, nullable=False, info=PERSONAL),
    Column("offered_until", Instant, info=PERSONAL),  # while offered: the seat is kept for them until then
    Column("attendance", String(10), info=PRIVATE),  # None: nobody has said
    Column("attendance_by", ForeignKey("person.id"), info=ACTOR),
    Column("attendance_at", Instant, info=PRIVATE),
    _one_of("state", "invited", "booked", "waiting", "offered", "declined", "cancelled"),
    _one_of("attendance", "came", "missed"),
)

#: During co-working: the senior looked in on a junior, once every half hour.
check_in = Table(
    "check_in",
    metadata,
    Column("session_id", ForeignKey("session.id"), primary_key=True, info=PRIVATE),
    Column("person_id", ForeignKey("person.id"), primary_key=True, index=True, info=SUBJECT),
    Column("round", Integer, primary_key=True, info=PRIVATE),  # 0 is the first half hour
    Column("at", Instant, nullable=False, info=PRIVATE),
    Column("by_id", ForeignKey("person.id"), nullable=False, info=ACTOR),
)

# --- plans and answers ---------------------------------------------------------------------------

planning_run = Table(
    "planning_run",
    metadata,
    Column("id", Integer, primary_key=True, info=NONE),
    Column("programme_id", ForeignKey("programme.id"), nullable=False, info=NONE),
    Column("state", String(10), nullable=False, info=NONE),
    Column("first_day", Date, nullable=False, info=NONE),
    Column("last_day", Date, nullable=False, info=NONE),
    Column("created_at", Instant, nullable=False, info=NONE),
    Column("created_by", ForeignKey("person.id"), info=ACTOR),
    Column("finished_at", Instant, info=NONE),
    Column("stop_requested", Boolean, nullable=False, default=False, info=OPERATIONAL),
    Column("progress", JSON, nullable=False, info=OPERATIONAL),  # {level, value, bound, seconds, says}
    # score, bounds, unplaced, by_senior, untrained, and what simpler ways come to
    Column("result", JSON, info=OPERATIONAL),
    Column("error", Text, info=OPERATIONAL),
    Column("seed", Integer, info=OPERATIONAL),  # of its draws; with it they can be drawn again
    Column("cycle_at", Instant, info=NONE),  # the weekly moment it was made for; None: somebody asked for it
    _one_of("state", "queued", "running", "draft", "released", "discarded", "cancelled", "failed"),
    # One run a programme and week, however many workers look.
    Index(
        "uq_planning_run_cycle",
        "programme_id",
        "cycle_at",
        unique=True,
        sqlite_where=text("cycle_at IS NOT NULL"),
        postgresql_where=text("cycle_at IS NOT NULL"),
    ),
)

proposal = Table(
    "proposal",
    metadata,
    Column("id", Integer, primary_key=True, info=OPERATIONAL),
    Column("programme_id", ForeignKey("programme.id"), nullable=False, info=PERSONAL),
    Column("run_id", ForeignKey("planning_run.id"), index=True, info=OPERATIONAL),
    Column("senior_id", ForeignKey("person.id"), nullable=False, index=True, info=SUBJECT),
    Column("day", Date, nullable=False, info=PERSONAL),
    Column("office_id", ForeignKey("office.id"), info=PERSONAL),  # None: nothing but online sessions
    Column("state", String(12), nullable=False, info=PERSONAL),
    # rises with every change; links carry it
    Column("version", Integer, nullable=False, default=1, info=OPERATIONAL),
    Column("created_at", Instant, nullable=False, info=PERSONAL),
    Column("expires_at", Instant, info=PERSONAL),
    Column("decided_at", Instant, info=PERSONAL),
    Column("decided_by", ForeignKey("person.id"), info=ACTOR),
    Column("left_out", JSON, nullable=False, info=PERSONAL),  # session ids that the senior approved without
    Column("facts", JSON, nullable=False, info=PERSONAL),  # why this day; days one by one; whether proved
    # its senior was in that day anyway, as it stood when the day was chosen; stays when `facts` go
    Column("in_anyway", Boolean, nullable=False, server_default=false(), info=PERSONAL),
    Column("refusal", Text, info=PERSONAL),  # why an approved day could not stand
    Column("reminded_at", Instant, info=PERSONAL),  # when its senior was reminded that it waits
    _one_of(
        "state",
        "draft",
        "discarded",
        "proposed",
        "checking",
        "approved",
        "skipped",
        "expired",
        "superseded",
        "stale",
        "cancelled",
    ),
    Index("ix_proposal_day", "programme_id", "state", "day"),
)

placement = Table(
    "placement",
    metadata,
    Column("proposal_id", ForeignKey("proposal.id"), primary_key=True, info=NONE),
    Column("session_id", ForeignKey("session.id"), primary_key=True, index=True, info=NONE),
    Column("start", Instant, nullable=False, info=NONE),
    Column("room_id", ForeignKey("room.id"), info=NONE),
)

placement_junior = Table(
    "placement_junior",
    metadata,
    Column("proposal_id", ForeignKey("proposal.id"), primary_key=True, info=PERSONAL),
    Column("session_id", ForeignKey("session.id"), primary_key=True, info=PERSONAL),
    Column("person_id", ForeignKey("person.id"), primary_key=True, index=True, info=SUBJECT),
)

#: What only a person can decide about something agreed: is the day still worth the trip, what becomes of a
#: session where a calendar says somebody is busy now.
day_question = Table(
    "day_question",
    metadata,
    Column("id", Integer, primary_key=True, info=OPERATIONAL),
    Column("cause", String(10), nullable=False, info=PERSONAL),
    Column("person_id", ForeignKey("person.id"), nullable=False, index=True, info=SUBJECT),  # who is asked
    Column("proposal_id", ForeignKey("proposal.id"), nullable=False, index=True, info=PERSONAL),
    Column("session_id", ForeignKey("session.id"), index=True, info=PERSONAL),  # None: about the whole day
    Column("facts", JSON, nullable=False, info=PERSONAL),  # what was found, and what is offered
    Column("asked_at", Instant, nullable=False, info=PERSONAL),
    Column("expires_at", Instant, nullable=False, info=PERSONAL),
    Column("answer", String(12), info=PERSONAL),
    Column("answered_at", Instant, info=PERSONAL),
    Column("answered_by", ForeignKey("person.id"), info=ACTOR),
    Column("closed_at", Instant, info=PERSONAL),  # answered, or no longer a question
    _one_of("cause", "below", "busy"),
    Index("ix_day_question_open", "closed_at", "expires_at"),
)

#: A mailed link: it shows by GET, decides by POST, once.
link = Table(
    "link",
    metadata,
    Column("id", String(32), primary_key=True, info=SECRET),  # random; the signed token carries it
    Column("purpose", String(10), nullable=False, info=PERSONAL),
    Column("person_id", ForeignKey("person.id"), nullable=False, index=True, info=SUBJECT),
    Column("proposal_id", ForeignKey("proposal.id"), index=True, info=PERSONAL),
    Column("proposal_version", Integer, info=OPERATIONAL),
    Column("question_id", ForeignKey("day_question.id"), index=True, info=PERSONAL),
    Column("session_id", ForeignKey("session.id"), index=True, info=PERSONAL),
    Column("created_at", Instant, nullable=False, info=PERSONAL),
    Column("expires_at", Instant, nullable=False, info=PERSONAL),
    Column("used_at", Instant, info=PERSONAL),
    Column("action_id", ForeignKey("action.id", ondelete="SET NULL"), index=True, info=PERSONAL),
    _one_of("purpose", "decide", "sign_in", "question", "seat", "opt_out", "feedback", "action"),
)

# --- what it is for, how it was, what follows ----------------------------------------------------

#: What a junior works towards. Seniors who are to meet them read it in the briefing.
goal = Table(
    "goal",
    metadata,
    Column("id", Integer, primary_key=True, info=OPERATIONAL),
    Column("programme_id", ForeignKey("programme.id"), nullable=False, index=True, info=PERSONAL),
    Column("person_id", ForeignKey("person.id"), nullable=False, index=True, info=SUBJECT),
    Column("statement", String(300), nullable=False, info=PRIVATE),
    Column("why", Text, nullable=False, default="", info=PRIVATE),
    Column("target", Date, info=PRIVATE),
    Column(
        "progress",
        Integer,
        CheckConstraint("progress BETWEEN 0 AND 100", name="progress"),
        nullable=False,
        default=0,
        info=PRIVATE,
    ),  # in per cent
    Column("created_at", Instant, nullable=False, info=PRIVATE),
    Column("changed_at", Instant, nullable=False, info=PRIVATE),
    Column("reached_at", Instant, info=PRIVATE),
    Column("dropped_at", Instant, info=PRIVATE),  # let go, for no reason that anybody asks
)

#: What the programme as a whole works towards.
objective = Table(
    "objective",
    metadata,
    Column("id", Integer, primary_key=True, info=NONE),
    Column("programme_id", ForeignKey("programme.id"), nullable=False, index=True, info=NONE),
    Column("statement", String(300), nullable=False, info=PROSE),
    Column("why", Text, nullable=False, default="", info=PROSE),
    Column("kinds", JSON, nullable=False, info=NONE),  # kinds of session that serve it; none: all
    Column("target", Date, info=NONE),
    Column("position", Integer, nullable=False, default=0, info=NONE),
    Column("created_at", Instant, info=NONE),  # None: before that was kept
    Column("reached_at", Instant, info=NONE),
    Column("dropped_at", Instant, info=NONE),
)

#: What somebody said a session is for, and its agenda; without a row both follow from the rules.
preparation = Table(
    "preparation",
    metadata,
    Column("session_id", ForeignKey("session.id"), primary_key=True, info=PERSONAL),
    Column("goal_id", ForeignKey("goal.id", ondelete="SET NULL"), index=True, info=PRIVATE),
    Column("objective_id", ForeignKey("objective.id"), info=PERSONAL),
    Column(
        "agenda", JSON(none_as_null=True), info=PERSONAL
    ),  # [{"minutes": 10, "what": "…"}]; None: the usual
    Column("changed_by", ForeignKey("person.id"), info=ACTOR),
    Column("changed_at", Instant, nullable=False, info=PERSONAL),
)

#: How a session was, said by one who was to be in it.
feedback = Table(
    "feedback",
    metadata,
    Column("session_id", ForeignKey("session.id"), primary_key=True, info=PRIVATE),
    Column("person_id", ForeignKey("person.id"), primary_key=True, index=True, info=SUBJECT),
    Column("happened", Boolean, nullable=False, info=PRIVATE),
    Column("useful", Integer, CheckConstraint("useful BETWEEN 1 AND 5", name="useful"), info=PRIVATE),
    Column("comment", Text, nullable=False, default="", info=PRIVATE),
    Column("at", Instant, nullable=False, info=PRIVATE),
)

#: Something that two people agreed one of them would do.
action = Table(
    "action",
    metadata,
    Column("id", Integer, primary_key=True, info=OPERATIONAL),
    Column("programme_id", ForeignKey("programme.id"), nullable=False, index=True, info=PERSONAL),
    Column("session_id", ForeignKey("session.id"), nullable=False, index=True, info=PERSONAL),
    Column("owner_id", ForeignKey("person.id"), nullable=False, index=True, info=SUBJECT),
    Column("text", String(300), nullable=False, info=PRIVATE),
    Column("due", Date, info=PRIVATE),
    Column("created_by", ForeignKey("person.id"), info=ACTOR),
    Column("created_at", Instant, nullable=False, info=PRIVATE),
    Column("done_at", Instant, info=PRIVATE),
    Column("dropped_at", Instant, info=PRIVATE),
    Column("reminded_at", Instant, info=PRIVATE),
)

#: A step of a programme's path for its seniors.
training_item = Table(
    "training_item",
    metadata,
    Column("id", Integer, primary_key=True, info=NONE),
    Column("programme_id", ForeignKey("programme.id"), nullable=False, index=True, info=NONE),
    Column(
        "guide", String(40), info=NONE
    ),  # one of the guides that come with officeday; None: the text below
    Column("title", String(200), nullable=False, info=PROSE),
    Column("text", Text, nullable=False, default="", info=PROSE),
    Column("minutes", Integer, nullable=False, info=NONE),
    Column("due_days", Integer, nullable=False, info=NONE),  # after somebody joined, or after it was added
    # before the first session
    Column("required", Boolean, nullable=False, default=False, info=NONE),
    Column("position", Integer, nullable=False, default=0, info=NONE),
    Column("added_at", Instant, nullable=False, info=NONE),
    Column("retired_at", Instant, info=NONE),
)

training_completion = Table(
    "training_completion",
    metadata,
    Column("item_id", ForeignKey("training_item.id"), primary_key=True, info=PRIVATE),
    Column("person_id", ForeignKey("person.id"), primary_key=True, index=True, info=SUBJECT),
    Column("completed_at", Instant, nullable=False, info=PRIVATE),
)

#: What each preference of somebody keeps free or costs, worked out in the background for their own eyes.
preference_effect = Table(
    "preference_effect",
    metadata,
    Column("person_id", ForeignKey("person.id"), primary_key=True, info=SUBJECT),
    Column("worked_out_at", Instant, nullable=False, info=OPERATIONAL),
    # by role: {window, limits: {name: {days, sessions}}, of, alone, unread,
    # matches: {name: {left, of, whom}}}, see `web.operations.effects` and `web.operations.limit_effects`
    Column("effects", JSON, nullable=False, info=PRIVATE),
)

#: What a simpler way of booking would have made of a session, when it was last planned.
simpler_day = Table(
    "simpler_day",
    metadata,
    Column("session_id", ForeignKey("session.id"), primary_key=True, info=NONE),
    Column("way", String(12), primary_key=True, info=NONE),
    Column("placed", Boolean, nullable=False, server_default=true(), info=NONE),
    Column("day", Date, info=NONE),  # the trip it would have taken; None: no place, or a day in anyway
    _one_of("way", "first_free", "greedy"),
    CheckConstraint("placed OR day IS NULL", name="no_place_no_day"),
)

#: What the programme would come to, tried out on people who differ.
simulation = Table(
    "simulation",
    metadata,
    Column("id", Integer, primary_key=True, info=OPERATIONAL),
    Column("programme_id", ForeignKey("programme.id"), nullable=False, index=True, info=NONE),
    Column("state", String(10), nullable=False, info=OPERATIONAL),
    Column("settings", JSON, nullable=False, info=NONE),
    Column("progress", JSON, nullable=False, info=OPERATIONAL),  # {done, of, says}
    Column("result", JSON, info=NONE),  # figures of groups, of nobody in particular
    Column("error", Text, info=OPERATIONAL),
    Column("created_by", ForeignKey("person.id"), info=ACTOR),
    Column("created_at", Instant, nullable=False, info=NONE),
    Column("finished_at", Instant, info=NONE),
    _one_of("state", "queued", "running", "done", "failed", "cancelled"),
)

# --- trust ---------------------------------------------------------------------------------------

#: Accounts of the company's identity provider, by what it calls them for ever.
identity = Table(
    "identity",
    metadata,
    Column("issuer", String(300), primary_key=True, info=PERSONAL),
    Column("subject", String(300), primary_key=True, info=PERSONAL),
    Column("person_id", ForeignKey("person.id"), nullable=False, index=True, info=SUBJECT),
    Column("linked_at", Instant, nullable=False, info=PERSONAL),
)

#: Every decision, and every look at somebody else's data. Names and texts are not kept here: numbers only.
audit_entry = Table(
    "audit_entry",
    metadata,
    Column("id", Integer, primary_key=True, info=OPERATIONAL),
    Column("at", Instant, nullable=False, index=True, info=PERSONAL),
    # None: officeday itself, or a command
    Column("actor_id", ForeignKey("person.id"), index=True, info=SUBJECT),
    Column("behalf_id", ForeignKey("person.id"), info=SUBJECT),  # the senior, where an assistant acted
    Column("programme_id", ForeignKey("programme.id"), info=PERSONAL),
    Column("action", String(40), nullable=False, info=PERSONAL),
    Column("object", String(100), nullable=False, default="", info=PERSONAL),  # "proposal:12"
    Column("subject_id", ForeignKey("person.id"), index=True, info=SUBJECT),  # whose data
    Column("details", JSON, nullable=False, default=dict, info=PERSONAL),
)

# --- work still to do ----------------------------------------------------------------------------

#: Mail to send, written in the transaction that makes it true. Sent at least once; a copy is
#: recognisable by its Message-ID.
outbox = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True, info=OPERATIONAL),
    Column("dedup", String(200), nullable=False, unique=True, info=OPERATIONAL),
    Column("kind", String(20), nullable=False, info=PERSONAL),
    Column("person_id", ForeignKey("person.id"), nullable=False, info=SUBJECT),
    Column("payload", JSON, nullable=False, info=PERSONAL),  # ids and facts from which the mail is written
    Column("message_id", String(200), nullable=False, info=OPERATIONAL),
    Column("created_at", Instant, nullable=False, info=PERSONAL),
    Column("state", String(10), nullable=False, default="waiting", info=PERSONAL),
    Column("attempts", Integer, nullable=False, default=0, info=OPERATIONAL),
    Column("next_attempt_at", Instant, nullable=False, info=OPERATIONAL),
    Column("sent_at", Instant, info=PERSONAL),
    Column("error", Text, info=OPERATIONAL),
    _one_of("state", "waiting", "sent", "failed"),
    Index("ix_outbox_waiting", "state", "next_attempt_at"),
)

#: Events in the organizer's calendar, wanted in the transaction that makes them so and written after it.
#: A key names one event for ever: once withdrawn it is never used again. What is wanted is kept as facts
#: and ids; the texts are made of them when the event is written.
calendar_event = Table(
    "calendar_event",
    metadata,
    Column("id", Integer, primary_key=True, info=OPERATIONAL),
    Column("key", String(64), nullable=False, unique=True, info=OPERATIONAL),  # random base32hex
    # whose calendar: connectors.organizer of that time
    Column("organizer", String(300), nullable=False, info=NONE),
    Column("session_id", ForeignKey("session.id"), nullable=False, index=True, info=NONE),
    Column("wanted", JSON(none_as_null=True), info=OPERATIONAL),  # None: it is to be removed
    Column("wanted_version", Integer, nullable=False, default=1, info=OPERATIONAL),  # rises with every change
    Column("written_version", Integer, nullable=False, default=0, info=OPERATIONAL),  # as far as we know
    # what is unwritten concerns few
    Column("quietly", Boolean, nullable=False, default=False, info=OPERATIONAL),
    Column("restore", Boolean, nullable=False, default=False, info=OPERATIONAL),  # somebody said: put it back
    Column("attempts", Integer, nullable=False, default=0, info=OPERATIONAL),
    Column("next_attempt_at", Instant, nullable=False, info=OPERATIONAL),
    Column("problem", Text, info=OPERATIONAL),  # why it could not be written
    Column("seen", JSON(none_as_null=True), info=PERSONAL),  # answers by person's id, the room's, the link
    Column("seen_start", Instant, info=OPERATIONAL),
    Column("seen_end", Instant, info=OPERATIONAL),
    Column("seen_at", Instant, info=OPERATIONAL),
    Column("question", String(10), info=PERSONAL),  # to the senior
    Column("asked_at", Instant, info=PERSONAL),
    Column("answer", String(12), info=PERSONAL),
    Column("answered_at", Instant, info=PERSONAL),
    Column("answered_by", ForeignKey("person.id"), info=ACTOR),
    _one_of("question", "removed", "moved", "declined", "room"),
    # A session has one event at a time.
    Index(
        "uq_calendar_event_wanted",
        "organizer",
        "session_id",
        unique=True,
        sqlite_where=text("wanted IS NOT NULL"),
        postgresql_where=text("wanted IS NOT NULL"),
    ),
)

#: What the organizer's calendar said when it was last compared with what is wanted.
organizer_reading = Table(
    "organizer_reading",
    metadata,
    Column("organizer", String(300), primary_key=True, info=OPERATIONAL),
    Column("read_at", Instant, nullable=False, info=OPERATIONAL),
    Column("problem", Text, info=OPERATIONAL),  # why it could not be read
    # events with our mark and no key of ours
    Column("strangers", Integer, nullable=False, default=0, info=OPERATIONAL),
)

#: The ledger of background work: the queue carries ids only, this says what is owed and who holds it.
job = Table(
    "job",
    metadata,
    Column("id", Integer, primary_key=True, info=OPERATIONAL),
    Column("kind", String(30), nullable=False, info=OPERATIONAL),
    Column("args", JSON, nullable=False, info=OPERATIONAL),
    Column("dedup", String(200), info=OPERATIONAL),  # one open job a key
    Column("state", String(10), nullable=False, default="waiting", info=OPERATIONAL),
    Column("attempts", Integer, nullable=False, default=0, info=OPERATIONAL),
    Column("fence", Integer, nullable=False, default=0, info=OPERATIONAL),  # rises with every claim
    Column("lease_until", Instant, info=OPERATIONAL),
    Column("created_at", Instant, nullable=False, info=OPERATIONAL),
    Column("finished_at", Instant, info=OPERATIONAL),
    Column("error", Text, info=OPERATIONAL),
    _one_of("state", "waiting", "running", "done", "failed"),
    UniqueConstraint("dedup"),
    Index("ix_job_open", "state", "lease_until"),
)
