"""Records that mails are written from, plain and hostile, and every mail by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage

from planner.domain import SessionKind
from web.config import Config, MailConfig, SiteConfig
from web.notify import (
    ActionsLetter,
    AskedSession,
    CancellationLetter,
    ChangedSession,
    ChangesLetter,
    ComingLetter,
    ComingSession,
    DayQuestionLetter,
    DepartureLetter,
    DueAction,
    EvaluationLetter,
    FewerPeople,
    InvitationLetter,
    Letter,
    LineLetter,
    NoteLetter,
    NoticeLetter,
    ProposalLetter,
    ProposedDay,
    QuestionLetter,
    RefusalLetter,
    SeatLetter,
    SeatOfferLetter,
    Serves,
    ShorterDay,
    SignInLetter,
    kind_of,
    mail_from_row,
    payload_of,
)
from web.records import ActionRecord, DayQuestionRecord, PersonRef, ProposalRecord, SessionRecord

LONDON = "Europe/London"
NOW = datetime(2027, 3, 5, 9, tzinfo=UTC)
MESSAGE_ID = "<5f2c.1@mentoring.example.org>"
CONFIG = Config(
    mail=MailConfig(from_address="mentoring@example.org"),
    site=SiteConfig(url="https://mentoring.example.org"),
)

PRIYA = PersonRef(1, "Priya Rao", "priya@example.org", LONDON)
AISHA, BEN, CHIDI, FARID, GITA = (
    PersonRef(10 + number, name, f"{name.lower()}@example.org", LONDON)
    for number, name in enumerate(("Aisha", "Ben", "Chidi", "Farid", "Gita"))
)


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2027, 3, 11, hour, minute, tzinfo=UTC)


MENTORING = SessionRecord(
    "mentoring-1", SessionKind.GROUP_MENTORING, "reading other people’s code", at(9, 30), 60, LONDON,
    PRIYA, (AISHA, BEN, CHIDI), "London", "Room 3", room_email="room3@example.org",
)  # fmt: skip
LUNCH = SessionRecord(
    "lunch-1", SessionKind.INDIVIDUAL_LUNCH, "", at(12), 60, LONDON, PRIYA, (FARID,), "London", "Canteen"
)
COWORKING = SessionRecord(
    "coworking-1", SessionKind.COWORKING, "", at(13), 120, LONDON, PRIYA, (GITA, BEN), "London", "Room 5",
    open_seats=2,
)  # fmt: skip
COFFEE = SessionRecord(
    "coffee-1", SessionKind.COFFEE_ROULETTE, "", at(15, 30), 30, LONDON, PRIYA, (AISHA,), None, None
)
PROPOSAL = ProposalRecord(
    7, 1, "Data cohort", PRIYA, date(2027, 3, 11), "London", LONDON, "proposed",
    (MENTORING, LUNCH, COWORKING, COFFEE), ("all seven people are free", "rooms 3 and 5 are held"),
    dates_one_by_one=(date(2027, 3, 8), date(2027, 3, 9), date(2027, 3, 16)), already_in=False, proved=True,
    expires_at=datetime(2027, 3, 9, 17, tzinfo=UTC),
)  # fmt: skip
ONLINE = replace(
    PROPOSAL,
    office=None,
    sessions=(COFFEE,),
    dates_one_by_one=(),
    why=("both of you are free",),
    proved=False,
)
REFUSED = replace(PROPOSAL, refusal="One of the people who were to come can no longer make it.")


def days_later(proposal: ProposalRecord, days: int) -> ProposalRecord:
    """The same again, some days later."""
    later = timedelta(days=days)
    moved = tuple(replace(session, start=session.start + later) for session in proposal.sessions)
    return replace(proposal, id=proposal.id + days, day=proposal.day + later, sessions=moved)


#: By day, as they are released; booked one by one, their sessions share the 8th and the 9th.
SIX_DAYS = (
    PROPOSAL,
    days_later(ONLINE, 1),
    days_later(ONLINE, 5),
    replace(
        days_later(PROPOSAL, 6), dates_one_by_one=(date(2027, 3, 8), date(2027, 3, 9), date(2027, 3, 17))
    ),
    days_later(ONLINE, 12),
    days_later(ONLINE, 14),
)


def proposing(*proposals: ProposalRecord, serves: Mapping[str, str] | None = None) -> ProposalLetter:
    """A letter with the links link-1, link-2 …, in the order of the proposals."""
    days = enumerate(proposals, start=1)
    return ProposalLetter(
        tuple(ProposedDay(proposal, f"link-{number}", serves or {}) for number, proposal in days)
    )


#: What sessions are for, as `web.operations.purposes` says it in a mail.
OBJECTIVE = "Towards: Everybody who joins knows three people outside their team & asks them"
FOR_LUNCH, FOR_COWORKING = "For: Whatever nobody asks in a group.", "For: Small questions, as they come up."
ALL_ALIKE = {each.id: OBJECTIVE for each in PROPOSAL.sessions}
EACH_ITS_OWN = {LUNCH.id: FOR_LUNCH, COWORKING.id: FOR_COWORKING, COFFEE.id: OBJECTIVE, MENTORING.id: ""}
OWN_GOAL = Serves("Your goal: “explain <b>what</b> I do”", "It serves a goal that one of you set.")
A_GOAL = Serves(
    "It serves a goal that Farid set; you find it on the page below.",
    "It serves a goal that one of you set.",
)


LETTERS: dict[str, tuple[Letter, PersonRef]] = {
    "proposal": (proposing(PROPOSAL), PRIYA),
    "proposal of six days": (proposing(*SIX_DAYS), PRIYA),
    "proposal, each for something": (proposing(PROPOSAL, serves=EACH_ITS_OWN), PRIYA),
    "proposal, all for one": (proposing(PROPOSAL, serves=ALL_ALIKE), PRIYA),
    "proposal of six days, all for one": (proposing(*SIX_DAYS, serves=ALL_ALIKE), PRIYA),
    "proposal of six days, each for something": (proposing(*SIX_DAYS, serves=EACH_ITS_OWN), PRIYA),
    "proposal, read elsewhere": (
        proposing(PROPOSAL),
        replace(PRIYA, timezone="America/New_York"),
    ),
    "proposal in place of another": (proposing(REFUSED), PRIYA),
    "proposal, online": (proposing(ONLINE), PRIYA),
    "proposal, to an assistant": (proposing(PROPOSAL), GITA),
    "proposals, to an assistant": (proposing(*SIX_DAYS), GITA),
    "note": (
        NoteLetter(
            "Ana skipped Thursday 11 March for you", ("That costs nothing.",), "Have a look", "/days/7"
        ),
        PRIYA,
    ),
    "notice": (
        NoticeLetter(
            "link-5",
            "Google Workspace",
            ("when every calendar is busy that shares its free/busy with the mailbox",),
            (PRIYA,),
            NOW + timedelta(days=1),
        ),
        BEN,
    ),
    "notice, more than before": (
        NoticeLetter("link-6", "calendar files and feeds", ("all", "of <b>it</b>"), (PRIYA, BEN), None),
        BEN,
    ),
    "notice, known already": (
        NoticeLetter("link-7", "Google Workspace", ("when you are busy",), (PRIYA,), NOW, True, BEN),
        PRIYA,
    ),
    "note, only words": (NoteLetter("A word", ("It asks for nothing.", "Nor does this.")), BEN),
    "sign in": (SignInLetter("link-2", 30), BEN),
    "refusal": (RefusalLetter(REFUSED), PRIYA),
    "invitation": (InvitationLetter(MENTORING), AISHA),
    "invitation to the senior": (InvitationLetter(LUNCH), PRIYA),
    "invitation, for a goal of one's own": (InvitationLetter(LUNCH, serves=OWN_GOAL), FARID),
    "invitation to the senior, for a goal": (InvitationLetter(LUNCH, serves=A_GOAL), PRIYA),
    "invitation, changed": (InvitationLetter(replace(COWORKING, sequence=2), changed=True), GITA),
    "cancellation": (CancellationLetter(replace(LUNCH, sequence=1)), FARID),
    "cancellation, own wish": (CancellationLetter(replace(COWORKING, sequence=1), gave_up=True), BEN),
    "seat": (SeatLetter(replace(COWORKING, sequence=3)), BEN),
    "seat that is offered": (SeatOfferLetter(COWORKING, "link-3", at(11)), CHIDI),
    "seat that is offered, for something": (
        SeatOfferLetter(COWORKING, "link-3", at(11), FOR_COWORKING),
        CHIDI,
    ),
    "line, at the end of the time of need": (LineLetter(COWORKING, "place", 2), CHIDI),
    "line, an offer that ran out": (LineLetter(COWORKING, "lapsed"), CHIDI),
    "line, by order": (LineLetter(COWORKING, "first_come"), CHIDI),
    "line, called off": (LineLetter(COWORKING, "called_off"), CHIDI),
    "question": (QuestionLetter(LUNCH, "removed", hold=False, proposal_id=7), PRIYA),
    "question, moved hold": (QuestionLetter(LUNCH, "moved", True, 7, at(16)), PRIYA),
}


FEWER = FewerPeople(replace(MENTORING, sequence=1, juniors=(AISHA, CHIDI)), (BEN,))
SHORTER = ShorterDay(replace(PROPOSAL, sessions=(MENTORING, COWORKING, COFFEE)), (LUNCH,))
LETTERS |= {
    "departure of somebody else": (
        DepartureLetter(
            "Data cohort", None, None, (replace(LUNCH, sequence=1),), (FEWER,), (ONLINE,), (SHORTER,)
        ),
        PRIYA,
    ),
    "departure, own": (
        DepartureLetter("Data cohort", date(2027, 3, 6), None, (MENTORING, COWORKING), (), (), ()),
        BEN,
    ),
    "departure, only fewer people": (
        DepartureLetter("Data cohort", None, None, (), (FEWER,), (), ()),
        replace(PRIYA, timezone="America/New_York"),
    ),
    "departure, a day withdrawn": (
        DepartureLetter("Data cohort", date(2027, 3, 6), date(2027, 3, 20), (), (), (PROPOSAL,), ()),
        PRIYA,
    ),
}


LETTERS |= {
    "reminder": (replace(proposing(PROPOSAL), reminder=True), PRIYA),
    "reminder of six days": (replace(proposing(*SIX_DAYS), reminder=True), PRIYA),
    "coming, one session": (
        ComingLetter(
            (
                ComingSession(
                    LUNCH, None, "/sessions", "Your goal: “Explain what I do”", "/sessions/lunch/briefing"
                ),
            )
        ),
        FARID,
    ),
    "coming, a senior's day": (
        ComingLetter(
            (
                ComingSession(
                    MENTORING,
                    None,
                    "/days/7",
                    "Towards: " + "know three people " * 16,
                    "/sessions/m/1/briefing",
                ),
                ComingSession(COFFEE, None, "/days/7"),
            )
        ),
        PRIYA,
    ),
    "coming, read elsewhere": (
        ComingLetter((ComingSession(COWORKING, None, "/sessions"),)),
        replace(BEN, timezone="America/New_York"),
    ),
}


LETTERS |= {
    "evaluation, one session": (
        EvaluationLetter((AskedSession(LUNCH, "link-1"),), at(13) + timedelta(days=14)),
        FARID,
    ),
    "evaluation, a senior's day": (
        EvaluationLetter(
            (
                AskedSession(MENTORING, "link-1"),
                AskedSession(LUNCH, "link-2"),
                AskedSession(COFFEE, "link-3"),
            ),
            at(16) + timedelta(days=14),
        ),
        PRIYA,
    ),
    "evaluation, read elsewhere": (
        EvaluationLetter((AskedSession(COWORKING, "link-1"),), at(15) + timedelta(days=14)),
        replace(BEN, timezone="America/New_York"),
    ),
}


ACTION = ActionRecord(
    id=5,
    programme_id=1,
    session_id="lunch-1",
    kind=SessionKind.INDIVIDUAL_LUNCH,
    agreed_on=date(2027, 3, 2),
    owner=FARID,
    senior=PRIYA,
    junior=FARID,
    text="Send the draft of the review",
    due=date(2027, 3, 9),
    created_at=at(13) - timedelta(days=9),
    done_at=None,
    dropped_at=None,
)
LETTERS |= {
    "action": (ActionsLetter((DueAction(ACTION, "link-1"),)), FARID),
    "actions": (
        ActionsLetter(
            (
                DueAction(replace(ACTION, owner=PRIYA, text="Introduce Farid to Marek"), "link-1"),
                DueAction(
                    replace(
                        ACTION,
                        owner=PRIYA,
                        junior=None,
                        kind=SessionKind.GROUP_MENTORING,
                        text="Find the notes on <reading> other people’s code & how to ask " * 4,
                    ),
                    "link-2",
                ),
            )
        ),
        PRIYA,
    ),
}


STILL_WORTH_IT = DayQuestionRecord(
    id=3,
    cause="below",
    person=PRIYA,
    day=date(2027, 3, 11),
    timezone="Europe/London",
    sessions=(MENTORING,),
    choices=("come", "move", "online", "call_off"),
    expires_at=at(17),
    fewest=2,
    worth=1,
    proposal_id=7,
)
CALENDAR_MOVED = replace(
    STILL_WORTH_IT,
    cause="busy",
    person=FARID,
    sessions=(LUNCH,),
    choices=("come", "move", "give_up"),
    suggested=replace(LUNCH, start=at(13)),
    proposal_id=None,
)
LETTERS |= {
    "changes, one online": (
        ChangesLetter((ChangedSession(replace(LUNCH, office=None, room=None, sequence=2), "online"),)),
        FARID,
    ),
    "changes, all of a day": (
        ChangesLetter(
            (
                ChangedSession(replace(LUNCH, sequence=2), "off"),
                ChangedSession(replace(MENTORING, sequence=2, start=at(15)), "moved"),
            )
        ),
        replace(PRIYA, timezone="America/New_York"),
    ),
    "day question, worth the trip": (
        DayQuestionLetter(STILL_WORTH_IT, "link-4", (ChangedSession(replace(LUNCH, sequence=2), "fell"),)),
        PRIYA,
    ),
    "day question, calendar moved": (DayQuestionLetter(CALENDAR_MOVED, "link-5"), FARID),
    "day question, somebody's wish": (
        DayQuestionLetter(
            replace(CALENDAR_MOVED, cause="agree", person=PRIYA, wish_of=FARID, choices=("move", "keep")),
            "link-6",
        ),
        PRIYA,
    ),
}


def link_url(link_id: str) -> str:
    return f"https://mentoring.example.org/a/signed.{link_id}"


def mail(
    letter: Letter, recipient: PersonRef, config: Config = CONFIG, message_id: str = MESSAGE_ID
) -> EmailMessage:
    """What the outbox row of a letter becomes."""
    return mail_from_row(kind_of(letter), payload_of(letter), recipient, message_id, NOW, config, link_url)


def text_of(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    assert part is not None
    return part.get_content().replace("\r\n", "\n")


def html_of(message: EmailMessage) -> str:
    part = message.get_body(("html",))
    assert part is not None
    return part.get_content().replace("\r\n", "\n")


def calendar_of(message: EmailMessage) -> bytes:
    (part,) = (part for part in message.walk() if part.get_content_type() == "text/calendar")
    return part.get_payload(decode=True)


#: Text that others would like to see break out; promises (d).
HOSTILE = {
    "line break": "Eve\r\nBcc: everybody@example.org\r\n\r\nEND:VCALENDAR",
    "line separator": "Eve\u2028ATTENDEE:mailto:other@example.org\u2029\x85\x0b\x0cX",
    "override": "\u202eevE\u202c \u2066x",
    "markup": '<svg onload=alert(1)>"\'><a href="javascript:alert(1)">',
    "template": "{{7*7}} {% raw %} ${7*7}",
    "quotes": 'a";CUTYPE=ROOM:mailto:x@example.org,b;c\\n',
    "emoji": "👩🏽‍💻 Ada 🏳️‍🌈",
    "accents": "e" + "\u0301" * 10_000,
    "right to left": "עמית לוי",
    "turkish": "İıI Ğ",
    "long": "word " * 5_000,
    "unbroken": "x" * 20_000,
    "NUL": "a\x00b\x1b[31m\x7f",
    "surrogate": "a\ud800b",
    "spreadsheet": "=HYPERLINK(1)",
    "blank": " \t\r\n ",
}


def hostile_session(text: str) -> SessionRecord:
    return replace(
        MENTORING,
        id=text,
        title=text,
        senior=replace(PRIYA, name=text),
        juniors=(replace(AISHA, name=text), BEN),
        office=text,
        room=text,
    )


def hostile_proposal(text: str) -> ProposalRecord:
    return replace(
        PROPOSAL,
        programme=text,
        senior=replace(PRIYA, name=text),
        office=text,
        sessions=(hostile_session(text), replace(LUNCH, title=text)),
        why=(text,),
        refusal=text,
    )
