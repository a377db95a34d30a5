"""What mails say. An outbox row keeps a letter (records and ids, no signed links); `mail_from_row`
writes the same mail from it every time, byte for byte, so that a second copy is known as one.

Every mail is text and HTML, equally complete, from `templates/mail`; sending is `web.outgoing`.
"""

from __future__ import annotations

import hashlib
import re
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from functools import cache
from typing import Any
from urllib.parse import quote, urlencode, urlsplit, urlunsplit
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from pydantic import TypeAdapter

from planner.domain import SessionKind
from web import timeline, words
from web.clean_text import cleaned, one_line
from web.config import Config
from web.invitations import CHECKED_IN, FOR_TWO, Method, Organizer, about, invitation
from web.outgoing import KIND_HEADER, MailFailed
from web.records import ActionRecord, DayQuestionRecord, PersonRef, ProposalRecord, SessionRecord

TEXT_WIDTH = 72
SPARE_WEEKS = 2  #: that calendars are read beyond the planning window
MOST_WEEKS_READ = 15  #: ahead: a plan of 12 weeks behind the longest freeze
SENDER = "mail.from_address"  #: the key of our own address
PROOF = "proved: no plan needs fewer of your days in the office"

COLOURS = {
    SessionKind.INDIVIDUAL_LUNCH: "amber",
    SessionKind.GROUP_LUNCH: "amber",
    SessionKind.COFFEE_ROULETTE: "amber",
    SessionKind.GROUP_MENTORING: "green",
    SessionKind.COWORKING: "blue",
    SessionKind.VIRTUAL_COWORKING: "blue",
}


# --- letters: what an outbox row keeps -----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Serves:
    """What a session is for, in a sentence each; "": its name says it, or nothing is known of it."""

    to_reader: str = ""  #: may quote the reader's own goal
    in_calendar: str = ""  #: nobody's own goal: calendars are open to others


@dataclass(frozen=True, slots=True)
class ProposedDay:
    proposal: ProposalRecord
    link: str  #: id of the link that decides
    serves: Mapping[str, str] = field(default_factory=dict)  #: what its sessions are for, by id; sentences


@dataclass(frozen=True, slots=True)
class ProposalLetter:
    """The days proposed to a senior together: at least one."""

    days: tuple[ProposedDay, ...]
    reminder: bool = False  #: they were sent before, and no answer came


@dataclass(frozen=True, slots=True)
class SignInLetter:
    link: str  #: id of the link that signs in
    minutes_valid: int


@dataclass(frozen=True, slots=True)
class RefusalLetter:
    """An approved day that no longer fits, with none to offer instead; `proposal.refusal` says why."""

    proposal: ProposalRecord


@dataclass(frozen=True, slots=True)
class InvitationLetter:
    """A session that was agreed, or changed, to one of its people."""

    session: SessionRecord
    accepted: bool = False  #: the recipient said yes already: their calendar need not ask
    changed: bool = False  #: it replaces what this recipient was sent before
    serves: Serves = Serves()


@dataclass(frozen=True, slots=True)
class CancellationLetter:
    session: SessionRecord
    gave_up: bool = False  #: the recipient's own wish; the session goes on


@dataclass(frozen=True, slots=True)
class SeatLetter:
    """A wish for a seat that came true, by need. It brings the invitation along."""

    session: SessionRecord
    serves: Serves = Serves()


@dataclass(frozen=True, slots=True)
class SeatOfferLetter:
    """A seat that came free, kept for the first in line."""

    session: SessionRecord
    link: str  #: id of the link that takes it or passes
    until: datetime
    serves: str = ""  #: what it is for, to somebody who is not in it; a sentence


@dataclass(frozen=True, slots=True)
class LineLetter:
    """News for somebody who wanted a seat and has none."""

    session: SessionRecord
    news: str  #: of `words.LINE_NEWS`
    place: int | None = None  #: in line; 1 is next


@dataclass(frozen=True, slots=True)
class QuestionLetter:
    """Somebody changed a session's event in a calendar: its senior says what that should mean."""

    session: SessionRecord
    question: str  #: of `words.QUESTIONS`
    hold: bool
    proposal_id: int
    moved_to: datetime | None = None


@dataclass(frozen=True, slots=True)
class ComingSession:
    session: SessionRecord
    link: str | None  #: where to meet online
    say_no: str  #: path of the page where the recipient says no
    purpose: str = ""  #: what it is for, to this recipient; a sentence
    briefing: str = ""  #: path of the page with what helps before it


@dataclass(frozen=True, slots=True)
class ComingLetter:
    """What the recipient is in before they work again, in order of time: at least one session."""

    sessions: tuple[ComingSession, ...]


@dataclass(frozen=True, slots=True)
class DueAction:
    action: ActionRecord
    link: str  #: id of the link that says "done"


@dataclass(frozen=True, slots=True)
class ActionsLetter:
    """What the recipient agreed to do and is due before they work again: at least one thing."""

    actions: tuple[DueAction, ...]


@dataclass(frozen=True, slots=True)
class AskedSession:
    session: SessionRecord
    link: str  #: id of the link that says how it was


@dataclass(frozen=True, slots=True)
class EvaluationLetter:
    """How was it: the recipient's sessions of a day that is over, in order of time; at least one."""

    sessions: tuple[AskedSession, ...]
    until: datetime  #: what is said can be changed until then


@dataclass(frozen=True, slots=True)
class FewerPeople:
    """An agreed session that goes on without some of its juniors."""

    session: SessionRecord
    gone: tuple[PersonRef, ...]


@dataclass(frozen=True, slots=True)
class ShorterDay:
    """A day that still waits for an answer, without some of its sessions."""

    proposal: ProposalRecord
    dropped: tuple[SessionRecord, ...]


@dataclass(frozen=True, slots=True)
class DepartureLetter:
    """What becomes of the recipient's sessions ahead when somebody leaves a programme or pauses."""

    programme: str
    from_day: date | None  #: the recipient is the one who leaves or pauses, from this day; None: others are
    until: date | None  #: the last day of the recipient's pause
    cancelled: tuple[SessionRecord, ...]
    fewer: tuple[FewerPeople, ...]
    withdrawn: tuple[ProposalRecord, ...]
    shorter: tuple[ShorterDay, ...]
    role: str = ""  #: the recipient stays, but is this no more


@dataclass(frozen=True, slots=True)
class NoteLetter:
    """Short news that asks for no answer, in the words of the operation it comes from."""

    headline: str
    says: tuple[str, ...]
    button: str = ""
    path: str = ""  #: on this site, where the button leads


@dataclass(frozen=True, slots=True)
class NoticeLetter:
    """What is read of somebody's calendar and kept, what could be read besides, and how to say no."""

    link: str  #: id of the link that says no
    system: str  #: "Google Workspace"
    could_read: tuple[str, ...]  #: by what is granted, whether it is used or not
    admins: tuple[PersonRef, ...]  #: whom to ask
    read_from: datetime | None  #: when reading begins; None: it has, and what could be read has grown
    is_known: bool = False  #: an admin says that they know already, so it begins as soon as this has left
    said_by: PersonRef | None = None  #: who says so


@dataclass(frozen=True, slots=True)
class ChangedSession:
    """What became of a session that the recipient knows."""

    session: SessionRecord  #: as it stands now; of one that is called off, as it stood
    what: str  #: of `words.CHANGES`
    serves: str = ""  #: what it is for, as its event says it; a sentence


@dataclass(frozen=True, slots=True)
class ChangesLetter:
    """All that one decision changes for somebody: at least one session."""

    changes: tuple[ChangedSession, ...]


@dataclass(frozen=True, slots=True)
class DayQuestionLetter:
    """A question about something agreed, and what changed for the recipient with it."""

    question: DayQuestionRecord
    link: str  #: id of the link that answers
    changes: tuple[ChangedSession, ...] = ()


Letter = (
    ProposalLetter
    | SignInLetter
    | RefusalLetter
    | InvitationLetter
    | CancellationLetter
    | SeatLetter
    | SeatOfferLetter
    | LineLetter
    | QuestionLetter
    | ChangesLetter
    | DayQuestionLetter
    | DepartureLetter
    | ComingLetter
    | EvaluationLetter
    | ActionsLetter
    | NoticeLetter
    | NoteLetter
)

KINDS: Mapping[str, type[Letter]] = {
    "proposal": ProposalLetter,
    "sign_in": SignInLetter,
    "refusal": RefusalLetter,
    "invitation": InvitationLetter,
    "cancellation": CancellationLetter,
    "seat": SeatLetter,
    "seat_offer": SeatOfferLetter,
    "line": LineLetter,
    "question": QuestionLetter,
    "changes": ChangesLetter,
    "day_question": DayQuestionLetter,
    "departure": DepartureLetter,
    "coming": ComingLetter,
    "evaluation": EvaluationLetter,
    "actions": ActionsLetter,
    "notice": NoticeLetter,
    "note": NoteLetter,
}


def kind_of(letter: Letter) -> str:
    """The outbox row's `kind`."""
    return next(kind for kind, letters in KINDS.items() if isinstance(letter, letters))


@cache
def _adapter(kind: str) -> TypeAdapter[Any]:
    return TypeAdapter(KINDS[kind])


def payload_of(letter: Letter) -> dict[str, Any]:
    """The outbox row's `payload`: JSON from which the same mail is written later."""
    payload: dict[str, Any] = _adapter(kind_of(letter)).dump_python(letter, mode="json")
    return payload


def mail_from_row(
    kind: str,
    payload: Mapping[str, Any],
    recipient: PersonRef,
    message_id: str,
    created_at: datetime,
    config: Config,
    link_url: Callable[[str], str],
    *,
    in_calendar: bool = False,
) -> EmailMessage:
    """Write the mail of an outbox row.

    Args:
        link_url: from a link's id to its signed address, which is in no row.
        in_calendar: an event of ours invites people already, so that mails carry no iCalendar part.

    Raises:
        MailFailed: the recipient's address is none.
    """
    letter: Letter = _adapter(kind).validate_python(payload)
    envelope = Envelope(kind, recipient, message_id, created_at, config, in_calendar)
    match letter:
        case ProposalLetter(days, reminder):
            return proposal_mail(envelope, [(day, link_url(day.link)) for day in days], reminder)
        case NoticeLetter():
            return notice_mail(envelope, letter, link_url(letter.link))
        case SignInLetter(link, minutes_valid):
            return sign_in_mail(envelope, link_url(link), minutes_valid)
        case RefusalLetter(proposal):
            return refusal_mail(envelope, proposal)
        case InvitationLetter():
            return invitation_mail(envelope, letter)
        case CancellationLetter(session, gave_up):
            return cancellation_mail(envelope, session, gave_up)
        case SeatLetter(session, serves):
            return seat_mail(envelope, session, serves)
        case SeatOfferLetter():
            return seat_offer_mail(envelope, letter, link_url(letter.link))
        case LineLetter():
            return line_mail(envelope, letter)
        case QuestionLetter():
            return question_mail(envelope, letter)
        case ChangesLetter(changes):
            return changes_mail(envelope, changes)
        case DayQuestionLetter(question, link, changes):
            return day_question_mail(envelope, question, changes, link_url(link))
        case NoteLetter():
            return note_mail(envelope, letter)
        case DepartureLetter():
            return departure_mail(envelope, letter)
        case ComingLetter(sessions):
            return coming_mail(envelope, sessions)
        case EvaluationLetter():
            return evaluation_mail(envelope, letter, link_url)
        case ActionsLetter(actions):
            return actions_mail(envelope, [(each.action, link_url(each.link)) for each in actions])


# --- the mails -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Envelope:
    """What every mail has beside its words. Same envelope, same words: the same bytes."""

    kind: str
    recipient: PersonRef
    message_id: str
    created_at: datetime  #: aware UTC; the mail's Date, and the "today" of its words
    config: Config
    in_calendar: bool = False  #: the organizer's calendar invites, so no mail has to


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a day's timeline; without a colour it is free time."""

    time: str
    name: str
    detail: str = ""
    colour: str = ""


def proposal_mail(
    envelope: Envelope, days: Sequence[tuple[ProposedDay, str]], reminder: bool = False
) -> EmailMessage:
    """Proposed days that can be decided one by one from the mail, each with the address of its link.

    A link shows its day; a button there decides. Office days come first. A refusal says which day
    another one stands in for, and why that one no longer fitted. An assistant's copy says
    whose days these are. What is true of all sessions of several days is said once.
    """
    proposals = [cleaned(day.proposal) for day, _ in days]
    aims = [_aims(day) for day, _ in days]
    aim = aims[0][0] if len(days) > 1 and len(aims[0]) == 1 and aims == aims[:1] * len(days) else ""
    blocks = [
        _day_block(envelope, proposal, url, [] if aim else its_aims)
        for proposal, (_, url), its_aims in zip(proposals, days, aims, strict=True)
    ]
    trips = [block for block in blocks if block.in_office]
    online = [block for block in blocks if not block.in_office]
    untils = {block.until for block in blocks}
    headline = blocks[0].headline if len(blocks) == 1 else words.days_headline(proposals)
    senior = proposals[0].senior
    assisted = senior.name if senior.id != envelope.recipient.id else ""
    return _mail(
        envelope,
        f"{'Still open: ' * reminder}{f'For {assisted}: ' if assisted else ''}{headline}",
        reminder=reminder,
        assisted=assisted,
        headline=headline,
        trips=trips,
        online=online,
        alone=blocks[0] if len(blocks) == 1 else None,
        until=untils.pop() if len(untils) == 1 else "",
        proof=PROOF if trips and all(block.proved for block in trips) else "",
        programme=proposals[0].programme,
        aim=aim,
    )


def _aims(day: ProposedDay) -> list[str]:
    """What the sessions of a day are for: one sentence where it is the same for all, else by kind."""
    kinds: dict[str, list[str]] = {}
    for session in day.proposal.sessions:
        if says := day.serves.get(session.id):
            kinds.setdefault(cleaned(says), []).append(words.kind_name(session).lower())
    if len(kinds) == 1 and all(day.serves.get(each.id) for each in day.proposal.sessions):
        return [*kinds]
    return [f"{words.sentence(words.listed([*dict.fromkeys(of)]))}. {says}" for says, of in kinds.items()]


@dataclass(frozen=True, slots=True)
class DayBlock:
    """What a mail says of one proposed day; in words, but for its lines and links."""

    headline: str
    in_office: bool
    place: str
    hours: str
    saving: str
    already_in: bool
    refusal: str
    lines: list[Line]
    aims: list[str]
    why: list[str]
    proved: bool
    until: str
    zone_note: str
    weekday: str
    short_day: str
    long_day: str
    answers: dict[str, str]  #: answer -> address


def _day_block(envelope: Envelope, proposal: ProposalRecord, answer_url: str, aims: list[str]) -> DayBlock:
    zone = proposal.timezone
    today = _date_of(envelope.created_at, zone)
    return DayBlock(
        headline=words.headline(proposal, today),
        in_office=proposal.office is not None,
        place=proposal.office or "online",
        hours=words.stretch(proposal.start, proposal.end, zone),
        saving=words.saving(proposal),
        already_in=proposal.already_in,
        refusal=proposal.refusal or "",
        lines=day_lines(proposal),
        aims=aims,
        why=list(proposal.why),
        proved=proposal.proved,
        until=_moment(proposal.expires_at, zone, envelope) if proposal.expires_at else "",
        zone_note=_zone_note(zone, envelope.recipient),
        weekday=words.weekday(proposal.day),
        short_day=words.short_day(proposal.day, today),
        long_day=words.long_day(proposal.day, today),
        answers={answer: _answer(answer_url, answer) for answer in ("approve", "other", "skip")},
    )


def sign_in_mail(envelope: Envelope, url: str, minutes_valid: int) -> EmailMessage:
    site = one_line(envelope.config.site.name)
    return _mail(
        envelope, f"Your link to sign in to {site}", url=url, valid=words.counted(minutes_valid, "minute")
    )


def notice_mail(envelope: Envelope, letter: NoticeLetter, url: str) -> EmailMessage:
    """Told before the first reading. A mail program's own button for "unsubscribe" says no as well
    (RFC 8058, where our address is https as it demands)."""
    site, zone = envelope.config.site, envelope.recipient.timezone
    headline = "What we read of your calendar" if letter.read_from else "More of your calendar could be read"
    if letter.is_known:
        headline = "We read when you are busy from now on"
    message = _mail(
        envelope,
        f"{headline}, and how to say no",
        headline=headline,
        system=letter.system,
        could_read=letter.could_read,
        admins=[(one_line(admin.name), admin.email) for admin in letter.admins],
        read_from=_moment(letter.read_from, zone, envelope) if letter.read_from else "",
        is_known=letter.is_known,
        said_by=one_line(letter.said_by.name) if letter.said_by else "",
        weeks=words.counted(MOST_WEEKS_READ, "week"),
        url=url,
    )
    if site.url.startswith("https://"):
        message["List-Unsubscribe"] = f"<{url}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return message


def refusal_mail(envelope: Envelope, proposal: ProposalRecord) -> EmailMessage:
    proposal = cleaned(proposal)
    day = words.long_day(proposal.day, _date_of(envelope.created_at, proposal.timezone))
    return _mail(
        envelope, f"{day} no longer fits", headline=f"{day} no longer fits", why=proposal.refusal or ""
    )


def invitation_mail(envelope: Envelope, letter: InvitationLetter) -> EmailMessage:
    session = letter.session
    yes = letter.accepted or session.senior.id == envelope.recipient.id
    return _session_mail(envelope, session, "REQUEST", yes, serves=letter.serves, changed=letter.changed)


def cancellation_mail(envelope: Envelope, session: SessionRecord, gave_up: bool = False) -> EmailMessage:
    return _session_mail(envelope, session, "CANCEL", gave_up=gave_up)


def seat_mail(envelope: Envelope, session: SessionRecord, serves: Serves) -> EmailMessage:
    return _session_mail(envelope, session, "REQUEST", accepted=True, serves=serves)


def seat_offer_mail(envelope: Envelope, letter: SeatOfferLetter, url: str) -> EmailMessage:
    """A link shows the seat; a button there takes it, or passes."""
    return _session_mail(
        envelope,
        letter.session,
        None,
        opening="A seat came free: ",
        aim=cleaned(letter.serves),
        until=_moment(letter.until, words.zone_for(letter.session, envelope.recipient), envelope),
        answers={answer: _answer(url, answer) for answer in ("take", "pass")},
    )


def line_mail(envelope: Envelope, letter: LineLetter) -> EmailMessage:
    opening, says = words.LINE_NEWS[letter.news]
    says = says.format(place=letter.place)
    return _session_mail(envelope, letter.session, None, opening=f"{opening}: ", told=opening, says=says)


def question_mail(envelope: Envelope, letter: QuestionLetter) -> EmailMessage:
    """What somebody did to a session's event, and where to say what it should mean."""
    session, zone = letter.session, words.zone_for(letter.session, envelope.recipient)
    return _session_mail(
        envelope,
        session,
        None,
        opening="A question: ",
        says=words.question_says(letter.question, letter.hold),
        moved_to=_moment(letter.moved_to, zone, envelope) if letter.moved_to else "",
        answers=" or ".join(words.CHOICES[each] for each in words.choices(letter.question, letter.hold)),
        url=f"{envelope.config.site.url}/days/{letter.proposal_id}",
    )


#: What leaves the recipient's calendar.
_GONE = ("off", "fell", "gave_up", "dropped")


def changes_mail(envelope: Envelope, changes: Sequence[ChangedSession]) -> EmailMessage:
    """Everything that one decision changed for somebody, and nothing that they need to do."""
    return _mail(
        envelope,
        _changes_headline(envelope, changes),
        *_calendars_of(envelope, changes),
        headline=_changes_headline(envelope, changes),
        **_changes(envelope, changes),
    )


def day_question_mail(
    envelope: Envelope, question: DayQuestionRecord, changes: Sequence[ChangedSession], url: str
) -> EmailMessage:
    """A link shows the question; a button there answers it. Without an answer nothing changes."""
    question = cleaned(question)
    headline = words.day_question(question)
    about = [_moment_of(envelope, session) for session in question.sessions]
    return _mail(
        envelope,
        headline,
        *_calendars_of(envelope, changes),
        headline=headline,
        question=words.day_question_says(question),
        left=[("What is left" if question.closed is None else "What is agreed", about)]
        if question.cause == "below"
        else [],
        answers=[words.sentence(words.day_choice(choice, question)) for choice in question.choices],
        until=_moment(question.expires_at, question.timezone, envelope)
        + words.zone_aside(question.timezone, envelope.recipient),
        url=url,
        **_changes(envelope, changes),
    )


def _changes(envelope: Envelope, changes: Sequence[ChangedSession]) -> dict[str, Any]:
    """What templates say of changes: lines by what became of them."""
    groups = [
        (heading, [_moment_of(envelope, cleaned(each.session)) for each in changes if each.what == what])
        for what, (_, heading) in words.CHANGES.items()
    ]
    return {
        "groups": [(heading, lines) for heading, lines in groups if lines],
        "leaving": sum(each.what in _GONE for each in changes),
        "changed": len(changes),
        "in_calendar": envelope.in_calendar,
    }


def _changes_headline(envelope: Envelope, changes: Sequence[ChangedSession]) -> str:
    if len(changes) > 1:
        return words.sentence(f"{words.counted_words(len(changes), 'session')} changed")
    ((opening, _), session) = words.CHANGES[changes[0].what], cleaned(changes[0].session)
    return f"{opening}: {words.session_name(session, envelope.recipient)}, {_when(envelope, session)}"


def _when(envelope: Envelope, session: SessionRecord) -> str:
    return _moment(session.start, words.zone_for(session, envelope.recipient), envelope)


def _calendars_of(envelope: Envelope, changes: Sequence[ChangedSession]) -> list[tuple[Method, bytes] | None]:
    methods: dict[bool, Method] = {True: "CANCEL", False: "REQUEST"}
    return [
        _invitation(
            envelope,
            each.session,
            methods[each.what in _GONE],
            each.session.senior.id == envelope.recipient.id,
            each.serves,
        )
        for each in changes
    ]


def coming_mail(envelope: Envelope, coming: Sequence[ComingSession]) -> EmailMessage:
    """What the recipient is in before they work again; where and with whom, and how to say no."""
    reader = envelope.recipient
    first = cleaned(coming[0].session)
    headline = (
        f"{words.session_name(first, reader)}, {_when(envelope, first)}"
        if len(coming) == 1
        else f"{_day_of(envelope, first)}: {words.counted_words(len(coming), 'session')}"
    )
    blocks = [_coming(envelope, each) for each in coming]
    return _mail(envelope, headline, headline=headline, sessions=blocks)


def _coming(envelope: Envelope, each: ComingSession) -> dict[str, Any]:
    session = cleaned(each.session)
    zone = words.zone_for(session, envelope.recipient)
    return {
        "name": words.session_name(session, envelope.recipient),
        "day": _day_of(envelope, session),
        "hours": words.stretch(session.start, session.end, zone),
        "place": words.place(session),
        "zone_note": _zone_note(zone, envelope.recipient),
        "about": [*filter(None, (*about(each.session, envelope.recipient), cleaned(each.purpose)))],
        "colour": COLOURS[session.kind],
        "link": each.link or "",
        "briefing": f"{envelope.config.site.url}{each.briefing}" if each.briefing else "",
        "say_no": f"{envelope.config.site.url}{each.say_no}",
    }


def actions_mail(envelope: Envelope, due: Sequence[tuple[ActionRecord, str]]) -> EmailMessage:
    """What the recipient agreed to do and is due, each with the address that says it is done."""
    today = _date_of(envelope.created_at, envelope.recipient.timezone)
    blocks = [_due_action(cleaned(action), url, today) for action, url in due]
    headline = (
        f"To do {blocks[0]['when']}: {blocks[0]['text']}"
        if len(blocks) == 1
        else words.sentence(f"{words.counted_words(len(blocks), 'thing')} you agreed to do")
    )
    return _mail(envelope, headline, headline=headline, actions=blocks)


def _due_action(action: ActionRecord, url: str, today: date) -> dict[str, str]:
    return {
        "text": action.text,
        "when": _when_due(action.due, today),
        "agreed": words.agreed_at(action, action.owner, today),
        "colour": COLOURS[action.kind],
        "url": url,
    }


def _when_due(due: date | None, today: date) -> str:
    """A day that is over is one of a pause: its owner hears of it once they are back."""
    if due is None:
        return ""
    return f"{'by' if due >= today else 'for'} {words.long_day(due, today)}"


def evaluation_mail(
    envelope: Envelope, letter: EvaluationLetter, link_url: Callable[[str], str]
) -> EmailMessage:
    """A row of taps for each session of a day. A tap opens a page with it chosen; a button there says it."""
    reader = envelope.recipient
    first = cleaned(letter.sessions[0].session)
    day = _day_of(envelope, first)
    headline = (
        f"How was it? {words.session_name(first, reader)}"
        if len(letter.sessions) == 1
        else f"How were they? {words.sentence(words.counted_words(len(letter.sessions), 'session'))}, {day}"
    )
    blocks = [_asked(envelope, each, day, link_url(each.link)) for each in letter.sessions]
    until = words.long_day(
        _date_of(letter.until, reader.timezone), _date_of(envelope.created_at, reader.timezone)
    )
    return _mail(envelope, headline, headline=headline, day=day, sessions=blocks, until=until)


def _asked(envelope: Envelope, each: AskedSession, day: str, url: str) -> dict[str, Any]:
    """Its own day is named where it is not the mail's: in an office far away it may be another."""
    session = cleaned(each.session)
    zone = words.zone_for(session, envelope.recipient)
    own_day, hours = _day_of(envelope, session), words.stretch(session.start, session.end, zone)
    return {
        "name": words.session_name(session, envelope.recipient),
        "hours": hours if own_day == day else f"{own_day}, {hours}",
        "place": words.place(session),
        "zone_note": _zone_note(zone, envelope.recipient),
        "colour": COLOURS[session.kind],
        "taps": [(useful, _answer(url, str(useful))) for useful in words.USEFUL],
        "no": _answer(url, "no"),
        "absent": _answer(url, "absent") if _is_for_several(session, envelope.recipient) else "",
    }


def _is_for_several(session: SessionRecord, reader: PersonRef) -> bool:
    """Can it have taken place without this junior?"""
    return session.kind not in FOR_TWO and reader.id != session.senior.id


def departure_mail(envelope: Envelope, letter: DepartureLetter) -> EmailMessage:
    """All that changes for one person, each session with its time; what was cancelled leaves calendars."""
    facts = {
        "cancelled": [_moment_of(envelope, cleaned(each)) for each in letter.cancelled],
        "fewer": [
            (_moment_of(envelope, cleaned(each.session)), [one_line(who.name) for who in each.gone])
            for each in letter.fewer
        ],
        "withdrawn": [words.headline(cleaned(each)) for each in letter.withdrawn],
        "shorter": [
            (
                words.long_day(each.proposal.day),
                [words.session_name(cleaned(lost), envelope.recipient) for lost in each.dropped],
            )
            for each in letter.shorter
        ],
    }
    headline = _departure_headline(letter)
    return _mail(
        envelope,
        headline,
        *(_invitation(envelope, session, "CANCEL", False) for session in letter.cancelled),
        headline=headline,
        own=letter.from_day is not None,
        programme=one_line(letter.programme),
        in_calendar=envelope.in_calendar,
        **facts,
    )


def _departure_headline(letter: DepartureLetter) -> str:
    if letter.from_day is not None:
        called = one_line(letter.programme)
        if letter.role:
            return f"You are no longer a {letter.role} in {called}"
        return f"You {'no longer take part' if letter.until is None else 'take a break'} in {called}"
    if letter.cancelled:
        many = len(letter.cancelled)
        says = f"{words.counted_words(many, 'session')} {'is' if many == 1 else 'are'} cancelled"
        return words.sentence(says)
    if letter.withdrawn or letter.shorter:
        return "A day you were asked about has changed"
    return "A session goes on with fewer people"


def _moment_of(envelope: Envelope, session: SessionRecord) -> str:
    """ "Lunch with Farid, Thursday 11 March, 12:00–13:00, Canteen, London"."""
    reader = envelope.recipient
    zone = words.zone_for(session, reader)
    hours = words.stretch(session.start, session.end, zone) + words.zone_aside(zone, reader)
    name, day = words.session_name(session, reader), _day_of(envelope, session)
    return f"{name}, {day}, {hours}, {words.place(session)}"


def note_mail(envelope: Envelope, letter: NoteLetter) -> EmailMessage:
    tidy = cleaned(letter)
    return _mail(
        envelope,
        tidy.headline,
        headline=tidy.headline,
        says=list(tidy.says),
        button=tidy.button,
        url=f"{envelope.config.site.url}{tidy.path}",
    )


def day_lines(proposal: ProposalRecord) -> list[Line]:
    """The day in order: its sessions, the free time between them, its end."""
    zone = proposal.timezone
    lines = [
        Line(words.clock(row.start, zone), f"free until {words.clock(row.end, zone)}")
        if row.session is None
        else Line(
            words.clock(row.start, zone),
            words.session_name(row.session, proposal.senior),
            _detail(row.session),
            COLOURS[row.session.kind],
        )
        for row in timeline.day_rows(proposal.sessions, zone)
    ]
    return [*lines, Line(words.clock(proposal.end, zone), "you are done")]


# --- how they are put together -------------------------------------------------------------------


def _session_mail(
    envelope: Envelope,
    session: SessionRecord,
    method: Method | None,
    accepted: bool = False,
    opening: str = "",
    serves: Serves = Serves(),
    **facts: Any,
) -> EmailMessage:
    tidy, to_reader = cleaned(session), cleaned(serves.to_reader)
    name, zone = words.session_name(tidy, envelope.recipient), words.zone_for(tidy, envelope.recipient)
    opening = {"cancellation": "Cancelled: ", "seat": "You have a seat: "}.get(envelope.kind, opening)
    changed = "Changed: " if facts.get("changed") else ""
    return _mail(
        envelope,
        f"{opening}{changed}{name}, {_when(envelope, tidy)}",
        _invitation(envelope, session, method, accepted, serves.in_calendar),
        headline=name,
        day=_day_of(envelope, tidy),
        hours=words.stretch(session.start, session.end, zone),
        place=words.place(tidy),
        about=[*filter(None, (*about(session, envelope.recipient), to_reader))],
        briefing=f"{envelope.config.site.url}/sessions/{quote(session.id)}/briefing" if to_reader else "",
        colour=COLOURS[session.kind],
        zone_note=_zone_note(zone, envelope.recipient),
        accepted=accepted,
        in_calendar=envelope.in_calendar,
        **facts,
    )


def _invitation(
    envelope: Envelope, session: SessionRecord, method: Method | None, accepted: bool, serves: str = ""
) -> tuple[Method, bytes] | None:
    """The iCalendar message that comes with a mail; none where there is an event already."""
    if method is None or envelope.in_calendar:
        return None
    calendar = invitation(
        session,
        envelope.recipient,
        method,
        organizer=Organizer(envelope.config.site.name, envelope.config.mail.from_address),
        stamp=envelope.created_at,
        accepted=accepted,
        serves=serves,
    )
    return method, calendar


def _mail(
    envelope: Envelope, subject: str, *calendars: tuple[Method, bytes] | None, **facts: Any
) -> EmailMessage:
    site = envelope.config.site
    facts |= {"subject": subject, "site": one_line(site.name), "site_url": site.url}
    message = EmailMessage(policy=SMTP)
    message["From"] = _address(site.name, envelope.config.mail.from_address, SENDER)
    message["To"] = _address(envelope.recipient.name, envelope.recipient.email, "the roster")
    message["Subject"] = one_line(subject)
    message["Date"] = envelope.created_at
    message["Message-ID"] = envelope.message_id
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's out-of-office note answers it
    message[KIND_HEADER] = envelope.kind
    message.set_content(_wrapped(_render(f"{envelope.kind}.txt", facts)), cte="quoted-printable")
    message.add_alternative(_render(f"{envelope.kind}.html", facts), subtype="html", cte="quoted-printable")
    _add_calendars(message, [each for each in calendars if each is not None])
    _name_boundaries(message)
    return message


def _add_calendars(message: EmailMessage, calendars: Sequence[tuple[Method, bytes]]) -> None:
    """One message as an alternative (RFC 6047 §2.4: with its method and charset), which Outlook, Gmail and
    Apple Mail act upon, and as a file for everybody else; several as files: a mail has one method."""
    if len(calendars) == 1:
        ((method, calendar),) = calendars
        charset = {"method": method, "charset": "utf-8"}
        message.add_alternative(calendar, maintype="text", subtype="calendar", cte="base64", params=charset)
    for number, (method, calendar) in enumerate(calendars, start=1):
        name = "cancel" if method == "CANCEL" else "invite"
        _attach(message, calendar, f"{name}{f'-{number}' * (len(calendars) > 1)}.ics")


def _attach(message: EmailMessage, calendar: bytes, name: str) -> None:
    message.add_attachment(
        calendar, maintype="application", subtype="ics", cte="base64", filename=name, params={"name": name}
    )


def _name_boundaries(message: EmailMessage) -> None:
    """Boundaries that are the same each time; no encoded line holds "=_" (RFC 2045 §6.7)."""
    for number, part in enumerate(part for part in message.walk() if part.is_multipart()):
        digest = hashlib.sha256(f"{number} {message['Message-ID']}".encode()).hexdigest()
        part.set_boundary(f"=_{digest[:32]}")


def _address(name: str, email: str, whose: str) -> Address:
    """An ASCII address (RFC 5322 §3.4.1), its domain in the form that DNS has (RFC 5890 §2.3.2.1)."""
    local, _, domain = email.rpartition("@")
    try:
        return Address(one_line(name), addr_spec=f"{local}@{domain.encode('idna').decode('ascii')}")
    except (ValueError, IndexError, MessageError) as error:
        text = f"{email!r} is no address that mail servers take; correct {whose}"
        # Mail is not given up for a mistake of ours.
        raise MailFailed(text, retry=whose == SENDER) from error


def _render(template: str, facts: Mapping[str, Any]) -> str:
    return _templates.get_template(template).render(facts)


def _wrapped(text: str) -> str:
    return "".join(f"{_wrapped_line(line)}\n" for line in text.splitlines())


def _wrapped_line(line: str) -> str:
    """At most 72 characters where words allow; what follows stands under the first word."""
    before = _BEFORE_WORDS.match(line)
    indent = len(before[0]) if before else 0
    if len(line) <= TEXT_WIDTH or " " not in line[indent:]:
        return line
    rest = textwrap.fill(line[indent:], TEXT_WIDTH - indent, break_long_words=False, break_on_hyphens=False)
    return line[:indent] + rest.replace("\n", "\n" + " " * indent)


_BEFORE_WORDS = re.compile(r" *(?:✓ |\d+:\d\d  )?")

_templates = Environment(
    loader=PackageLoader("web", "templates/mail"),
    autoescape=select_autoescape(["html"], default=False),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.filters |= {"listed": lambda some: words.listed(list(some)), "sentence": words.sentence}


# --- words ---------------------------------------------------------------------------------------


def _detail(session: SessionRecord) -> str:
    """ "Room 5 · Gita, Hal and 2 open seats · a check-in every 30 minutes"."""
    where = session.room or session.office or "online"
    just_two = session.kind in FOR_TWO
    names = [] if just_two else [junior.name for junior in session.juniors]
    if session.open_seats:
        names.append(words.counted(session.open_seats, "open seat"))
    return " · ".join(
        part
        for part in (
            where,
            "just the two of you" if just_two else words.listed(names),
            "a check-in every 30 minutes" if session.kind in CHECKED_IN else "",
            f"“{session.title}”" if session.title else "",
        )
        if part
    )


def _zone_note(zone: str, reader: PersonRef) -> str:
    if zone == reader.timezone:
        return ""
    return f"All times are {words.zone_city(zone)} time ({zone})."


def _day_of(envelope: Envelope, session: SessionRecord) -> str:
    reader = envelope.recipient
    today = _date_of(envelope.created_at, words.zone_for(session, reader))
    return words.long_day(words.day_for(session, reader), today)


def _moment(instant: datetime, zone: str, envelope: Envelope) -> str:
    """A date, not "tomorrow": nobody knows when a mail is read."""
    day = words.long_day(_date_of(instant, zone), _date_of(envelope.created_at, zone))
    return f"{day}, {words.clock(instant, zone)}"


def _date_of(instant: datetime, zone: str) -> date:
    return instant.astimezone(ZoneInfo(zone)).date()


def _answer(url: str, answer: str) -> str:
    parts = urlsplit(url)
    query = "&".join(part for part in (parts.query, urlencode({"answer": answer})) if part)
    return urlunsplit(parts._replace(query=query))
