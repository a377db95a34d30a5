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
    Column("id", Integer, primary_key=True),
    Column("name", String(200), nullable=False, unique=True),
    Column("starts", Date),  # recurrences of its formats count from here; None: it has none yet
    Column("owed", JSON),  # what the last planning run found due: {at, first_day, last_day, sessions, nobody}
    Column("plan_on", String(3)),  # weekday on which it is planned by itself ("thu"); None: by hand only
    Column("plan_at", String(5), nullable=False, server_default="06:00"),  # in `timezone`
    Column("timezone", String(64), nullable=False, server_default="UTC"),
    Column("weeks_ahead", Integer, nullable=False, server_default="4"),
    Column("freeze_hours", Integer, nullable=False, server_default="48"),  # what starts sooner stays as it is
)

#: What a programme promises of one kind of session.
format_rule = Table(
    "format_rule",
    metadata,
    Column("programme_id", ForeignKey("programme.id"), primary_key=True),
    Column("kind", String(20), primary_key=True),
    Column("turn", String(10), nullable=False),  # whose turn its cadence counts
    Column("weeks", Integer, CheckConstraint("weeks >= 1", name="weeks"), nullable=False),
    Column("minutes", Integer, nullable=False),
    Column("seats_min", Integer, nullable=False),
    Column("seats_max", Integer, nullable=False),
    Column("open_seats", Integer, nullable=False),
    Column("between_from", String(5), nullable=False),
    Column("between_to", String(5), nullable=False),
    Column("in_person", Boolean, nullable=False),
    Column("room_use", String(10)),
    Column("weight", Integer, nullable=False),
    Column("weeks_between_pairs", Integer, nullable=False),
    _one_of("turn", "junior", "senior", "cohort"),
)

office = Table(
    "office",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("timezone", String(64), nullable=False),
    Column("hours", JSON, nullable=False),  # {"mon": ["08:00", "18:30"], …}
)

office_closure = Table(
    "office_closure",
    metadata,
    Column("office_id", ForeignKey("office.id"), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("reason", String(200), nullable=False, default=""),
)

room = Table(
    "room",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("office_id", ForeignKey("office.id"), nullable=False, index=True),
    Column("name", String(200), nullable=False),
    Column("capacity", Integer, CheckConstraint("capacity >= 1", name="capacity"), nullable=False),
    Column("uses", JSON, nullable=False),  # ["lunch", "meeting", "coworking"]
    Column("shared", Boolean, nullable=False, default=False),
    Column("features", JSON, nullable=False),
    Column("email", String(254)),  # its resource mailbox, where it has one
    Column("calendar", String(2000)),  # "kind:address", read like a person's; None: free unless closed
)

room_closure = Table(
    "room_closure",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("room_id", ForeignKey("room.id"), nullable=False, index=True),
    Column("start", Instant, nullable=False),
    Column("end", Instant, nullable=False),
    Column("reason", String(200), nullable=False, default=""),
    CheckConstraint('"start" < "end"', name="order"),
)

person = Table(
    "person",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("email", String(254), nullable=False, unique=True),  # lower case, NFC
    Column("name", String(200), nullable=False),
    Column("timezone", String(64), nullable=False),
    Column("hours", JSON, nullable=False),
    Column("calendar", String(2000)),  # "ics:PATH_OR_URL"; None: none known, so all time is unknown
    Column("days_in_anyway", JSON, nullable=False),  # weekdays: ["tue"]
    Column("days_never", JSON, nullable=False),
    Column("room_needs", JSON, nullable=False),
    Column("max_office_days_per_week", Integer, nullable=False),
    Column("min_sessions_per_office_day", Integer, nullable=False),
    Column("max_minutes_per_day", Integer, nullable=False),
    Column("break_minutes", Integer, nullable=False),
    Column("travel_minutes", Integer, nullable=False),
    Column("max_sessions", Integer),  # as a junior, in a planning window
    Column("need", Integer, nullable=False),
    Column("manager_id", ForeignKey("person.id")),
    Column("languages", JSON, nullable=False, server_default="[]"),  # none: any
    Column("topics", JSON, nullable=False, server_default="[]"),  # a senior's expertise, a junior's wishes
    Column("online_only", Boolean, nullable=False, server_default=false()),
    Column("formats_not", JSON, nullable=False, server_default="[]"),  # kinds they would rather not have
    # Columns of this table that they set themselves on a page: a later import keeps them.
    Column("own_choices", JSON, nullable=False, server_default="[]"),
    Column("signed_out_at", Instant),  # sign-ins from before this moment no longer count
    Column(
        "stated_hours", JSON(none_as_null=True)
    ),  # free where their calendar cannot be read: {"tue": ["10:00", "12:00"]}
    Column("stated_until", Date),  # the last day for which these hours were stated
    Column("told_at", Instant),  # when they were told what is read of their calendar and kept
    Column("refused_at", Instant),  # they would rather not have their calendar read
    Column("erased_at", Instant),  # nothing of them is left but this row and its number
)

person_office = Table(
    "person_office",
    metadata,
    Column("person_id", ForeignKey("person.id"), primary_key=True),
    Column("office_id", ForeignKey("office.id"), primary_key=True),
)

membership = Table(
    "membership",
    metadata,
    Column("programme_id", ForeignKey("programme.id"), primary_key=True),
    Column("person_id", ForeignKey("person.id"), primary_key=True, index=True),
    Column("role", String(10), primary_key=True),
    _one_of("role", "senior", "junior", "admin"),
)

#: When somebody takes part in a programme, and with whom.
participation = Table(
    "participation",
    metadata,
    Column("programme_id", ForeignKey("programme.id"), primary_key=True),
    Column("person_id", ForeignKey("person.id"), primary_key=True, index=True),
    Column("joined", Date, nullable=False),
    Column("left", Date),  # the first day they are no longer there
    Column("paused_from", Date),
    Column("paused_until", Date),  # the last day of the pause
    Column("cohort", String(24), nullable=False, default=""),
    Column("need", Integer, nullable=False, server_default="1"),  # as a junior here; 1 to 53
)

#: Who may answer in a senior's name; every answer says who gave it.
assistant = Table(
    "assistant",
    metadata,
    Column("senior_id", ForeignKey("person.id"), primary_key=True),
    Column("assistant_id", ForeignKey("person.id"), primary_key=True, index=True),
    Column("since", Instant, nullable=False),
    Column("copies", Boolean, nullable=False, server_default=true()),  # are sent proposals too
    CheckConstraint("senior_id <> assistant_id", name="another"),
)

#: What a junior asks of the programme's admin; nobody else reads it.
private_request = Table(
    "private_request",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("programme_id", ForeignKey("programme.id"), nullable=False, index=True),
    Column("person_id", ForeignKey("person.id"), nullable=False, index=True),
    Column("about", String(10), nullable=False),
    Column("senior_id", ForeignKey("person.id")),  # whom they would rather not meet again
    Column("text", Text, nullable=False, default=""),
    Column("created_at", Instant, nullable=False),
    Column("answer", Text),
    Column("answered_at", Instant),
    Column("answered_by", ForeignKey("person.id")),
    Column("withdrawn_at", Instant),
    _one_of("about", "senior", "topic"),
)

#: Two people whom no programme brings together; nobody says why.
never_pair = Table(
    "never_pair",
    metadata,
    Column("one_id", ForeignKey("person.id"), primary_key=True),
    Column("other_id", ForeignKey("person.id"), primary_key=True),
    CheckConstraint("one_id < other_id", name="order"),
)

# --- calendars -----------------------------------------------------------------------------------

reading = Table(
    "reading",
    metadata,
    Column("person_id", ForeignKey("person.id"), primary_key=True),
    Column("read_at", Instant, nullable=False),
    Column("window_start", Instant, nullable=False),  # times outside the window are unknown
    Column("window_end", Instant, nullable=False),
    Column("reason", Text),  # why something is unknown
    Column("warnings", JSON, nullable=False),
    Column("state", Text),  # the connector's own
    Column("in_office", JSON, nullable=False, default=list),  # dates marked as at the office: ["2027-03-09"]
)

busy_interval = Table(
    "busy_interval",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("person_id", ForeignKey("person.id"), nullable=False, index=True),
    Column("start", Instant, nullable=False),
    Column("end", Instant, nullable=False),
    Column("kind", String(10), nullable=False),
    _one_of("kind", "busy", "tentative", "away", "elsewhere", "unknown"),
)

#: The same of rooms that have a calendar.
room_reading = Table(
    "room_reading",
    metadata,
    Column("room_id", ForeignKey("room.id"), primary_key=True),
    Column("read_at", Instant, nullable=False),
    Column("window_start", Instant, nullable=False),
    Column("window_end", Instant, nullable=False),
    Column("reason", Text),
    Column("warnings", JSON, nullable=False),
    Column("state", Text),
)

room_busy_interval = Table(
    "room_busy_interval",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("room_id", ForeignKey("room.id"), nullable=False, index=True),
    Column("start", Instant, nullable=False),
    Column("end", Instant, nullable=False),
    Column("kind", String(10), nullable=False),
    _one_of("kind", "busy", "tentative", "away", "elsewhere", "unknown"),
)

#: What each calendar system has granted us, when it was last asked: what it lets us read, for staff to see.
calendar_access = Table(
    "calendar_access",
    metadata,
    Column("kind", String(20), primary_key=True),
    Column("asked_at", Instant, nullable=False),
    Column("permissions", JSON, nullable=False),  # [{name, why, could_read, granted}], as it was last told
    Column("problem", Text),  # why it could not be told
)

# --- sessions ------------------------------------------------------------------------------------

session = Table(
    "session",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("programme_id", ForeignKey("programme.id"), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("title", String(200), nullable=False, default=""),  # what it is for; ours, from no calendar
    Column("senior_id", ForeignKey("person.id"), nullable=False, index=True),
    Column("seats_min", Integer, nullable=False),
    Column("seats_max", Integer, nullable=False),
    Column("open_seats", Integer, nullable=False, default=0),
    Column("minutes", Integer, nullable=False),
    Column("between_from", String(5), nullable=False),
    Column("between_to", String(5), nullable=False),
    Column("office_id", ForeignKey("office.id")),  # None: online
    Column("room_use", String(10)),
    Column("first_day", Date, nullable=False),
    Column("last_day", Date, nullable=False),
    Column("weight", Integer, nullable=False, default=1),
    Column("state", String(10), nullable=False, default="due"),
    Column("start", Instant),  # from here on: only while agreed (or cancelled after that)
    Column("room_id", ForeignKey("room.id")),
    Column("proposal_id", ForeignKey("proposal.id")),
    Column("seats_held", Integer),  # given or kept open when it was agreed; the room was chosen for them
    Column("sequence", Integer, nullable=False, default=0),  # RFC 5545 §3.8.7.4; never goes down
    Column("by_rule", Boolean, nullable=False, server_default=false()),  # made by the programme's formats
    Column("by_need_until", Instant),  # open seats go by need until then, by order after it
    Column("reminded_at", Instant),  # when its people were reminded of it
    Column("outcome", String(12)),  # what somebody who was to be there said of it; None: nobody has
    Column("outcome_by", ForeignKey("person.id")),
    Column("outcome_at", Instant),
    _one_of("state", "due", "agreed", "cancelled"),
    _one_of("outcome", "held", "fell_through"),
    CheckConstraint("state <> 'agreed' OR start IS NOT NULL", name="agreed_has_start"),
    Index("ix_session_state", "programme_id", "state", "first_day"),
    Index("ix_session_room", "room_id", "start"),
)

candidate = Table(
    "candidate",
    metadata,
    Column("session_id", ForeignKey("session.id"), primary_key=True),
    Column("person_id", ForeignKey("person.id"), primary_key=True, index=True),
    Column("required", Boolean, nullable=False, default=False),
    Column("position", Integer, nullable=False),
)

#: Who has a seat in an agreed session. `invited`: the plan chose them; `booked`: they chose it.
seat = Table(
    "seat",
    metadata,
    Column("session_id", ForeignKey("session.id"), primary_key=True),
    Column("person_id", ForeignKey("person.id"), primary_key=True, index=True),
    Column("state", String(10), nullable=False),
    Column("since", Instant, nullable=False),
    Column("offered_until", Instant),  # while offered: the seat is kept for them until then
    Column("attendance", String(10)),  # None: nobody has said
    Column("attendance_by", ForeignKey("person.id")),
    Column("attendance_at", Instant),
    _one_of("state", "invited", "booked", "waiting", "offered", "declined", "cancelled"),
    _one_of("attendance", "came", "missed"),
)

#: During co-working: the senior looked in on a junior, once every half hour.
check_in = Table(
    "check_in",
    metadata,
    Column("session_id", ForeignKey("session.id"), primary_key=True),
    Column("person_id", ForeignKey("person.id"), primary_key=True, index=True),
    Column("round", Integer, primary_key=True),  # 0 is the first half hour
    Column("at", Instant, nullable=False),
    Column("by_id", ForeignKey("person.id"), nullable=False),
)

# --- plans and answers ---------------------------------------------------------------------------

planning_run = Table(
    "planning_run",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("programme_id", ForeignKey("programme.id"), nullable=False),
    Column("state", String(10), nullable=False),
    Column("first_day", Date, nullable=False),
    Column("last_day", Date, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("created_by", ForeignKey("person.id")),
    Column("finished_at", Instant),
    Column("stop_requested", Boolean, nullable=False, default=False),
    Column("progress", JSON, nullable=False),  # {level, value, bound, seconds, says}
    Column("result", JSON),  # score, bounds, unplaced, by_senior, and what simpler ways come to
    Column("error", Text),
    Column("seed", Integer),  # of its draws; with it they can be drawn again
    _one_of("state", "queued", "running", "draft", "released", "discarded", "cancelled", "failed"),
)

proposal = Table(
    "proposal",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("programme_id", ForeignKey("programme.id"), nullable=False),
    Column("run_id", ForeignKey("planning_run.id"), index=True),
    Column("senior_id", ForeignKey("person.id"), nullable=False, index=True),
    Column("day", Date, nullable=False),
    Column("office_id", ForeignKey("office.id")),  # None: nothing but online sessions
    Column("state", String(12), nullable=False),
    Column("version", Integer, nullable=False, default=1),  # rises with every change; links carry it
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Column("decided_at", Instant),
    Column("decided_by", ForeignKey("person.id")),
    Column("left_out", JSON, nullable=False),  # session ids that the senior approved without
    Column("facts", JSON, nullable=False),  # why this day; days one by one; whether proved
    Column("refusal", Text),  # why an approved day could not stand
    Column("reminded_at", Instant),  # when its senior was reminded that it waits
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
)

placement = Table(
    "placement",
    metadata,
    Column("proposal_id", ForeignKey("proposal.id"), primary_key=True),
    Column("session_id", ForeignKey("session.id"), primary_key=True, index=True),
    Column("start", Instant, nullable=False),
    Column("room_id", ForeignKey("room.id")),
)

placement_junior = Table(
    "placement_junior",
    metadata,
    Column("proposal_id", ForeignKey("proposal.id"), primary_key=True),
    Column("session_id", ForeignKey("session.id"), primary_key=True),
    Column("person_id", ForeignKey("person.id"), primary_key=True, index=True),
)

#: What only a person can decide about something agreed: is the day still worth the trip, what becomes of a
#: session where a calendar says somebody is busy now.
day_question = Table(
    "day_question",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("cause", String(10), nullable=False),
    Column("person_id", ForeignKey("person.id"), nullable=False, index=True),  # who is asked
    Column("proposal_id", ForeignKey("proposal.id"), nullable=False, index=True),
    Column("session_id", ForeignKey("session.id"), index=True),  # None: about the whole day
    Column("facts", JSON, nullable=False),  # what was found, and what is offered
    Column("asked_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("answer", String(12)),
    Column("answered_at", Instant),
    Column("answered_by", ForeignKey("person.id")),
    Column("closed_at", Instant),  # answered, or no longer a question
    _one_of("cause", "below", "busy"),
    Index("ix_day_question_open", "closed_at", "expires_at"),
)

#: A mailed link: it shows by GET, decides by POST, once.
link = Table(
    "link",
    metadata,
    Column("id", String(32), primary_key=True),  # random; the signed token carries it
    Column("purpose", String(10), nullable=False),
    Column("person_id", ForeignKey("person.id"), nullable=False, index=True),
    Column("proposal_id", ForeignKey("proposal.id"), index=True),
    Column("proposal_version", Integer),
    Column("question_id", ForeignKey("day_question.id"), index=True),
    Column("session_id", ForeignKey("session.id"), index=True),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
    _one_of("purpose", "decide", "sign_in", "question", "seat", "opt_out"),
)

# --- trust ---------------------------------------------------------------------------------------

#: Accounts of the company's identity provider, by what it calls them for ever.
identity = Table(
    "identity",
    metadata,
    Column("issuer", String(300), primary_key=True),
    Column("subject", String(300), primary_key=True),
    Column("person_id", ForeignKey("person.id"), nullable=False, index=True),
    Column("linked_at", Instant, nullable=False),
)

#: Every decision, and every look at somebody else's data. Names and texts are not kept here: numbers only.
audit_entry = Table(
    "audit_entry",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Instant, nullable=False, index=True),
    Column("actor_id", ForeignKey("person.id"), index=True),  # None: officeday itself, or a command
    Column("behalf_id", ForeignKey("person.id")),  # the senior, where an assistant acted
    Column("programme_id", ForeignKey("programme.id")),
    Column("action", String(40), nullable=False),
    Column("object", String(100), nullable=False, default=""),  # "proposal:12"
    Column("subject_id", ForeignKey("person.id"), index=True),  # whose data
    Column("details", JSON, nullable=False, default=dict),
)

# --- work still to do ----------------------------------------------------------------------------

#: Mail to send, written in the transaction that makes it true. Sent at least once; a copy is
#: recognisable by its Message-ID.
outbox = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("dedup", String(200), nullable=False, unique=True),
    Column("kind", String(20), nullable=False),
    Column("person_id", ForeignKey("person.id"), nullable=False),
    Column("payload", JSON, nullable=False),  # ids and facts from which the mail is written
    Column("message_id", String(200), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("state", String(10), nullable=False, default="waiting"),
    Column("attempts", Integer, nullable=False, default=0),
    Column("next_attempt_at", Instant, nullable=False),
    Column("sent_at", Instant),
    Column("error", Text),
    _one_of("state", "waiting", "sent", "failed"),
    Index("ix_outbox_waiting", "state", "next_attempt_at"),
)

#: Events in the organizer's calendar, wanted in the transaction that makes them so and written after it.
#: A key names one event for ever: once withdrawn it is never used again. What is wanted is kept as facts
#: and ids; the texts are made of them when the event is written.
calendar_event = Table(
    "calendar_event",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", String(64), nullable=False, unique=True),  # random base32hex
    Column("organizer", String(300), nullable=False),  # whose calendar: connectors.organizer of that time
    Column("session_id", ForeignKey("session.id"), nullable=False, index=True),
    Column("wanted", JSON(none_as_null=True)),  # None: it is to be removed
    Column("wanted_version", Integer, nullable=False, default=1),  # rises with every change
    Column("written_version", Integer, nullable=False, default=0),  # as far as we know
    Column("quietly", Boolean, nullable=False, default=False),  # what is unwritten concerns few
    Column("restore", Boolean, nullable=False, default=False),  # somebody said: put it back
    Column("attempts", Integer, nullable=False, default=0),
    Column("next_attempt_at", Instant, nullable=False),
    Column("problem", Text),  # why it could not be written
    Column("seen", JSON(none_as_null=True)),  # answers by person's id, the room's, the link
    Column("seen_start", Instant),
    Column("seen_end", Instant),
    Column("seen_at", Instant),
    Column("question", String(10)),  # to the senior
    Column("asked_at", Instant),
    Column("answer", String(12)),
    Column("answered_at", Instant),
    Column("answered_by", ForeignKey("person.id")),
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
    Column("organizer", String(300), primary_key=True),
    Column("read_at", Instant, nullable=False),
    Column("problem", Text),  # why it could not be read
    Column("strangers", Integer, nullable=False, default=0),  # events with our mark and no key of ours
)

#: The ledger of background work: the queue carries ids only, this says what is owed and who holds it.
job = Table(
    "job",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(30), nullable=False),
    Column("args", JSON, nullable=False),
    Column("dedup", String(200)),  # one open job a key
    Column("state", String(10), nullable=False, default="waiting"),
    Column("attempts", Integer, nullable=False, default=0),
    Column("fence", Integer, nullable=False, default=0),  # rises with every claim
    Column("lease_until", Instant),
    Column("created_at", Instant, nullable=False),
    Column("finished_at", Instant),
    Column("error", Text),
    _one_of("state", "waiting", "running", "done", "failed"),
    UniqueConstraint("dedup"),
    Index("ix_job_open", "state", "lease_until"),
)
