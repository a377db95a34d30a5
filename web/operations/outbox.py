"""Mail: owed in the transaction that makes it true, sent by a job after it.

Every mail has one recipient, so that one person's change is nobody else's news.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from urllib.parse import urlsplit
from uuid import uuid4

from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import Connection

from connectors.base import ConnectorError
from planner.lifecycle import ProposalState
from web import notify
from web.config import old_secret_keys, secret_key
from web.notify import (
    ActionsLetter,
    CancellationLetter,
    ChangedSession,
    ChangesLetter,
    ComingLetter,
    DayQuestionLetter,
    DepartureLetter,
    EvaluationLetter,
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
    SignInLetter,
)
from web.operations import audit, purposes
from web.operations.access import need_role
from web.operations.purposes import Purpose
from web.outgoing import MailFailed, Outgoing, outgoing
from web.records import (
    DayQuestionRecord,
    InvitationsRecord,
    Member,
    PersonRef,
    ProposalRecord,
    SessionRecord,
    UnsentMailRecord,
)
from web.site import Site
from web.store import assistants, jobs, links, people, seats, sessions
from web.store import outbox as kept
from web.store import tables as t

log = logging.getLogger(__name__)

#: Waits between attempts double from the first to the last of these; then a person has to look.
FIRST_WAIT, LAST_WAIT, MOST_ATTEMPTS = timedelta(seconds=20), timedelta(hours=4), 12


# --- signed links --------------------------------------------------------------------------------


class Signer:
    """Turns the id of a link into the token that a mail carries, and back."""

    def __init__(self, site: Site) -> None:
        self._site = site
        keys = [*reversed(old_secret_keys(site.config)), secret_key(site.config)]  # the last one signs
        self._serializer = URLSafeSerializer(keys, salt="mailed-link")

    def link_id(self, token: str) -> str | None:
        """None: not signed by us."""
        try:
            found = self._serializer.loads(token)
        except BadSignature:
            return None
        return found if isinstance(found, str) else None

    def token(self, link_id: str) -> str:
        return str(self._serializer.dumps(link_id))

    def url(self, kind: str, link_id: str) -> str:
        page = {
            "sign_in": "sign-in",
            "seat_offer": "seat",
            "notice": "opt-out",
            "day_question": "q",
            "evaluation": "f",
            "actions": "done",
        }.get(kind, "a")
        return f"{self._site.config.site.url}/{page}/{self.token(link_id)}"


def signer(site: Site) -> Signer:
    return Signer(site)


# --- owing mail ----------------------------------------------------------------------------------


def propose(connection: Connection, site: Site, proposals: Iterable[ProposalRecord], now: datetime) -> int:
    """One mail to each senior with all days proposed to them, a link to decide each; how many mails.

    Assistants who are to have copies get one, with links of their own.
    """
    of_senior: dict[PersonRef, list[ProposalRecord]] = defaultdict(list)
    for proposal in proposals:
        of_senior[proposal.senior].append(proposal)
    copied = assistants.to_copy(connection, [senior.id for senior in of_senior])
    serves = served_by(connection, (each for days in of_senior.values() for each in days))
    return sum(
        _propose_to(connection, site, (senior, *copied[senior.id]), days, serves, now)
        for senior, days in of_senior.items()
    )


def served_by(connection: Connection, proposals: Iterable[ProposalRecord]) -> Mapping[int, Mapping[str, str]]:
    """What the sessions of proposed days are for, by proposal and session, in a sentence each."""
    days = list(proposals)
    found = purposes.of(connection, (session for day in days for session in day.sessions))
    return {
        day.id: {each.id: purposes.in_a_calendar(each, found[each.id]) for each in day.sessions}
        for day in days
    }


def refuse(connection: Connection, site: Site, proposal: ProposalRecord, now: datetime) -> None:
    """A day that no longer fits: the next best one is proposed in its place, or there is none."""
    if proposal.state == ProposalState.PROPOSED:
        propose(connection, site, [proposal], now)
    else:
        key = f"refusal:{proposal.id}:{proposal.version}"
        _owe(connection, site, key, proposal.senior, RefusalLetter(proposal), now)


def sign_in(
    connection: Connection, site: Site, person: PersonRef, link_id: str, minutes: int, now: datetime
) -> None:
    _owe(connection, site, f"sign_in:{link_id}", person, SignInLetter(link_id, minutes), now)


def invite(
    connection: Connection,
    site: Site,
    session_ids: Collection[str],
    now: datetime,
    *,
    changed: bool = False,
) -> None:
    """Invite everybody in these agreed sessions; `changed`: they were invited before."""
    invited = sessions.agreed(connection, t.session.c.id.in_(session_ids))
    serving = purposes.of(connection, invited)
    for session in invited:
        for person in (session.senior, *session.juniors):
            serves = _serves(session, serving[session.id], person)
            letter = InvitationLetter(session, changed=changed, serves=serves)
            _owe(connection, site, _key("invite", session, person), person, letter, now)


def invite_again(connection: Connection, site: Site, session_id: str, now: datetime) -> None:
    """Tell everybody in an agreed session that its time or place has changed."""
    sessions.next_sequence(connection, [session_id])
    invite(connection, site, [session_id], now, changed=True)


def invite_after_change(
    connection: Connection,
    site: Site,
    session_id: str,
    joined: Iterable[int],
    now: datetime,
    *,
    gone: Collection[int] = (),
    waited: bool = False,
) -> None:
    """Some joined (after they had `waited`), some left: they and the senior hear of it, nobody else."""
    sessions.next_sequence(connection, [session_id])
    session = _one(connection, session_id)
    serving = purposes.of(connection, [session])[session_id]
    refs = people.refs(connection, [*joined, *gone])
    for person_id in joined:
        serves = _serves(session, serving, refs[person_id])
        joining = (
            SeatLetter(session, serves) if waited else InvitationLetter(session, accepted=True, serves=serves)
        )
        _owe(connection, site, _key("invite", session, refs[person_id]), refs[person_id], joining, now)
    for person_id in gone:
        leaving = CancellationLetter(session, gave_up=True)
        _owe(connection, site, _key("cancel", session, refs[person_id]), refs[person_id], leaving, now)
    _owe(
        connection,
        site,
        _key("invite", session, session.senior),
        session.senior,
        InvitationLetter(session, changed=True, serves=_serves(session, serving, session.senior)),
        now,
    )


def _serves(session: SessionRecord, purpose: Purpose, reader: PersonRef) -> Serves:
    """What it is for to one of its people, in the mail and in their calendar."""
    return Serves(purposes.in_a_mail(session, purpose, reader), purposes.in_a_calendar(session, purpose))


def offer_seats(
    connection: Connection,
    site: Site,
    session_id: str,
    offered: Collection[int],
    until: datetime,
    now: datetime,
) -> None:
    """A free seat for each of these people, with a link that takes it or passes."""
    session = _one(connection, session_id)
    serves = purposes.in_a_calendar(session, purposes.of(connection, [session])[session_id])
    for person_id, person in people.refs(connection, offered).items():
        link = links.add(connection, "seat", person_id, now, until, session_id=session_id)
        letter = SeatOfferLetter(session, link, until, serves)
        _owe(connection, site, f"seat_offer:{link}", person, letter, now)


def tell_line(
    connection: Connection,
    site: Site,
    session_id: str,
    news: str,
    moments: Mapping[int, datetime],
    now: datetime,
    places: Mapping[int, int] | None = None,
) -> None:
    """Tell people who wanted a seat; the same news of the same moment (by person) once.

    Args:
        news: of `words.LINE_NEWS`.
        places: in line, by person.
    """
    session = _one(connection, session_id)
    told = told_line(connection, session_id, news, moments)
    refs = people.refs(connection, moments)
    for who, at in moments.items():
        if who not in told:
            letter = LineLetter(session, news, (places or {}).get(who))
            _owe(connection, site, _line_key(session_id, news, who, at), refs[who], letter, now)


def told_line(
    connection: Connection, session_id: str, news: str, moments: Mapping[int, datetime]
) -> set[int]:
    """Which of these people, each with the moment of the news, have been told it."""
    keys = {_line_key(session_id, news, who, at): who for who, at in moments.items()}
    return {keys[key] for key in kept.owed(connection, keys)}


def _line_key(session_id: str, news: str, person_id: int, at: datetime) -> str:
    return f"line:{news}:{session_id}:{at.isoformat()}:{person_id}"


def tell_lines_called_off(
    connection: Connection, site: Site, session_ids: Collection[str], now: datetime
) -> None:
    """Agreed sessions do not take place: who waits for a seat in them, or is offered one, hears of it."""
    hoping: dict[str, dict[int, datetime]] = defaultdict(dict)
    for row in seats.in_line_or_offered(connection, session_ids):
        hoping[row.session_id][row.person_id] = now
    for session_id, moments in hoping.items():
        tell_line(connection, site, session_id, "called_off", moments, now)


def _one(connection: Connection, session_id: str) -> SessionRecord:
    session = sessions.one_agreed(connection, session_id)
    if session is None:
        raise ValueError(f"session {session_id} is not agreed")
    return session


def cancel(connection: Connection, site: Site, session_ids: Collection[str], now: datetime) -> None:
    """Call agreed sessions off: everybody in them gets a cancellation."""
    sessions.next_sequence(connection, session_ids)
    for session in sessions.agreed(connection, t.session.c.id.in_(session_ids)):
        for person in (session.senior, *session.juniors):
            letter = CancellationLetter(session)
            _owe(connection, site, _key("cancel", session, person), person, letter, now)


def give_notice(
    connection: Connection, site: Site, person: PersonRef, letter: NoticeLetter, now: datetime
) -> None:
    _owe(connection, site, f"notice:{letter.link}", person, letter, now)


def ask_about_event(
    connection: Connection, site: Site, letter: QuestionLetter, key: str, now: datetime
) -> None:
    """Ask a session's senior what a change in the calendar should mean; `key` names the asking."""
    _owe(connection, site, f"question:{key}", letter.session.senior, letter, now)


def tell_of_departure(
    connection: Connection, site: Site, person: PersonRef, letter: DepartureLetter, now: datetime
) -> None:
    """What becomes of somebody's sessions now that they, or others, are away: all of it in one mail."""
    changed = [f"{each.id}.{each.sequence}" for each in letter.cancelled]
    changed += [f"{each.session.id}.{each.session.sequence}" for each in letter.fewer]
    changed += [f"{each.id}.{each.version}" for each in letter.withdrawn]
    changed += [f"{each.proposal.id}.{each.proposal.version}" for each in letter.shorter]
    _owe(connection, site, f"departure:{changed[0]}:{person.id}", person, letter, now)


def tell_changes(
    connection: Connection, site: Site, person: PersonRef, changes: Sequence[ChangedSession], now: datetime
) -> None:
    """Everything that one decision changed for somebody, in one mail."""
    first = changes[0]  # what is said of a sequence is said once, so the first names them all
    key = f"changes:{first.what}:{first.session.id}:{first.session.sequence}:{person.id}"
    _owe(connection, site, key, person, ChangesLetter(_serving(connection, changes)), now)


def ask(
    connection: Connection,
    site: Site,
    question: DayQuestionRecord,
    changes: Sequence[ChangedSession],
    now: datetime,
) -> None:
    """Ask somebody about what they agreed to, and tell them in the same mail what changed for them."""
    link_id = links.add(
        connection, "question", question.person.id, now, question.expires_at, question_id=question.id
    )
    letter = DayQuestionLetter(question, link_id, _serving(connection, changes))
    _owe(connection, site, f"day_question:{question.id}", question.person, letter, now)


def _serving(connection: Connection, changes: Sequence[ChangedSession]) -> tuple[ChangedSession, ...]:
    """The same with what each session is for, as what is sent replaces all that calendars say of it."""
    found = purposes.of(connection, [each.session for each in changes])
    return tuple(
        replace(each, serves=purposes.in_a_calendar(each.session, found[each.session.id])) for each in changes
    )


def remind(
    connection: Connection, site: Site, senior: PersonRef, letter: ProposalLetter, now: datetime
) -> None:
    """Remind a senior of the days that wait; the links of the first mail go with it."""
    first = letter.days[0].proposal
    _owe(connection, site, f"reminder:{first.id}:{first.version}:{senior.id}", senior, letter, now)


def coming_key(person: PersonRef, day: date) -> str:
    """Names what somebody is reminded of on a day: once, whatever it is."""
    return f"coming:{day}:{person.id}"


def remind_of_sessions(
    connection: Connection, site: Site, person: PersonRef, day: date, letter: ComingLetter, now: datetime
) -> None:
    _owe(connection, site, coming_key(person, day), person, letter, now)


def remind_of_actions(
    connection: Connection, site: Site, person: PersonRef, letter: ActionsLetter, now: datetime
) -> None:
    first = letter.actions[0].action  # an action is reminded of once, so the first names them all
    _owe(connection, site, f"actions:{first.id}:{person.id}", person, letter, now)


def evaluation_key(person: PersonRef, day: date) -> str:
    """Names what somebody is asked about a day that is over: once, whatever it is."""
    return f"evaluation:{day}:{person.id}"


def ask_how_it_was(
    connection: Connection,
    site: Site,
    person: PersonRef,
    day: date,
    letter: EvaluationLetter,
    now: datetime,
) -> None:
    _owe(connection, site, evaluation_key(person, day), person, letter, now)


def _propose_to(
    connection: Connection,
    site: Site,
    readers: Sequence[PersonRef],
    proposals: Sequence[ProposalRecord],
    serves: Mapping[int, Mapping[str, str]],
    now: datetime,
) -> int:
    first = proposals[0]  # a version of a proposal is mailed once, so the first names them all
    for reader in readers:
        days = tuple(
            ProposedDay(each, _decide(connection, each, reader, now), serves[each.id]) for each in proposals
        )
        key = f"proposals:{first.id}:{first.version}:{reader.id}"
        _owe(connection, site, key, reader, ProposalLetter(days), now)
    return len(readers)


def _decide(connection: Connection, proposal: ProposalRecord, reader: PersonRef, now: datetime) -> str:
    """A new link that decides this version of a proposal, and says who did."""
    expires_at = proposal.expires_at or proposal.start
    return links.add(connection, "decide", reader.id, now, expires_at, proposal.id, proposal.version)


def tell(
    connection: Connection,
    site: Site,
    person: PersonRef,
    key: str | None,
    letter: NoteLetter,
    now: datetime,
) -> None:
    """Short news to one person; `key` names what is told once, None what is news each time."""
    _owe(connection, site, note_key(key or uuid4().hex, person), person, letter, now)


def tell_admins_once(
    connection: Connection, site: Site, programme_id: int, key: str, letter: NoteLetter, now: datetime
) -> None:
    """The same to every admin of a programme; who was told already is left alone."""
    admins = people.members(connection, programme_id=programme_id, role="admin")
    told = kept.owed(connection, [note_key(key, each.person) for each in admins])
    for admin in admins:
        if note_key(key, admin.person) not in told:
            tell(connection, site, admin.person, key, letter, now)


def note_key(key: str, person: PersonRef) -> str:
    return f"note:{key}:{person.id}"


def _key(what: str, session: SessionRecord, person: PersonRef) -> str:
    return f"{what}:{session.id}:{session.sequence}:{person.id}"


def _owe(
    connection: Connection, site: Site, dedup: str, person: PersonRef, letter: Letter, now: datetime
) -> None:
    host = urlsplit(site.config.site.url).hostname or "localhost"
    message_id = f"<{uuid4().hex}@{host}>"
    kept.add(connection, dedup, notify.kind_of(letter), person.id, notify.payload_of(letter), message_id, now)


def invitations_to(connection: Connection, session_ids: Collection[str]) -> InvitationsRecord:
    """How far the invitations to these sessions have come."""
    states = kept.states(connection, [f"invite:{session_id}:" for session_id in session_ids])
    return InvitationsRecord(states["sent"], states["waiting"], states["failed"])


# --- mail that did not leave ---------------------------------------------------------------------


def unsent(site: Site, by: Member) -> tuple[UnsentMailRecord, ...]:
    """Mail to this programme's people that could not be delivered."""
    need_role(by, "admin")
    with site.store.reading() as connection:
        return tuple(kept.unsent(connection, by.programme_id))


def send_anew(site: Site, by: Member, now: datetime) -> int:
    """Try all of it again, once what stood in the way is put right; how many."""
    need_role(by, "admin")
    with site.store.writing() as connection:
        given_up = [mail.id for mail in kept.unsent(connection, by.programme_id)]
        kept.send_anew(connection, given_up, now)
        audit.note(connection, now, by, "mail.send_anew", mails=len(given_up))
    wake(site, now)
    return len(given_up)


# --- sending -------------------------------------------------------------------------------------


def wake(site: Site, now: datetime) -> None:
    """Have mail that is due sent soon."""
    with site.store.reading() as connection:
        if not kept.due(connection, now, most=1):
            return
    with site.store.writing() as connection:
        job_id = jobs.add(connection, "deliver", {}, now, dedup="deliver")
    site.queue.tell(job_id)


def deliver(site: Site) -> None:
    """The background job: send what is due, one mail at a time, each noted as soon as it has left."""
    out = outgoing(site.config)
    in_calendar = _is_in_calendars(site)
    now = site.now()
    while True:
        with site.store.reading() as connection:
            waiting = kept.due(connection, now)
        if not waiting:
            return
        for mail in waiting:
            _send(site, out, mail, in_calendar)


def _is_in_calendars(site: Site) -> bool:
    """Does an organizer's calendar invite people, so that mails need not?"""
    if site.config.connectors.organizer is None:
        return False
    try:
        return site.writer(site.config).invites()
    except ConnectorError as why:
        # Its events are written once it can be opened; a second invitation by mail would stay beside them.
        log.warning("the organizer's calendar cannot be opened: %s", why)
        return True


def _send(site: Site, out: Outgoing, mail: kept.Waiting, in_calendar: bool) -> None:
    try:
        out.send(
            notify.mail_from_row(
                mail.kind,
                mail.payload,
                mail.recipient,
                mail.message_id,
                mail.created_at,
                site.config,
                lambda link_id: signer(site).url(mail.kind, link_id),
                in_calendar=in_calendar,
            )
        )
    except MailFailed as why:
        # Why stands in the database: it may name an address, and logs are kept by others for longer.
        log.warning("mail %s (%s) did not leave; officeday doctor says more", mail.id, mail.kind)
        with site.store.writing() as connection:
            _note_failure(connection, site, mail, why)
        return
    with site.store.writing() as connection:
        kept.sent(connection, mail.id, site.now())


def _note_failure(connection: Connection, site: Site, mail: kept.Waiting, why: MailFailed) -> None:
    if why.retry and mail.attempts + 1 < MOST_ATTEMPTS:
        wait = min(FIRST_WAIT * 2**mail.attempts, LAST_WAIT)
        kept.try_again(connection, mail.id, site.now() + wait, str(why))
    else:
        kept.failed(connection, mail.id, str(why))
