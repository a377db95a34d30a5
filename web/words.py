"""Dates, times, counts and the names of things, as a person would say them; no page is needed to read it.

Pages take these as template filters, and mails may call them. Days and months are spelled out here
because `strftime` follows the machine's locale. Clock times are those of the zone handed in.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from planner.domain import Level, RoomUse, SessionKind
from planner.lifecycle import check_in_rounds
from planner.programme import NO_LANGUAGE, OTHER_OFFICES
from web.records import (
    ActionRecord,
    DayQuestionRecord,
    InvitationsRecord,
    NobodyForRecord,
    PersonRef,
    ProgressRecord,
    ProposalRecord,
    RunRecord,
    SeatRecord,
    SessionRecord,
)

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")

KINDS = {
    SessionKind.INDIVIDUAL_LUNCH: "Lunch for two",
    SessionKind.COFFEE_ROULETTE: "Coffee roulette",
    SessionKind.GROUP_LUNCH: "Group lunch",
    SessionKind.GROUP_MENTORING: "Group mentoring",
    SessionKind.COWORKING: "Co-working",
    SessionKind.VIRTUAL_COWORKING: "Online co-working",
}
#: What a lunch is called that is held online after all.
CHATS = {SessionKind.INDIVIDUAL_LUNCH: "Online chat", SessionKind.GROUP_LUNCH: "Online chat"}
USES = {RoomUse.LUNCH: "lunch", RoomUse.MEETING: "meetings", RoomUse.COWORKING: "co-working"}
#: What somebody did to the event of a session, as its senior is told; agreed, and while it is a hold.
QUESTIONS = {
    "removed": (
        "Its event was removed from the calendar. The session itself still stands.",
        "The hold for it was removed from the calendar.",
    ),
    "moved": (
        "Its event was moved in the calendar. The session itself still has the time above.",
        "The hold for it was moved in the calendar.",
    ),
    "declined": (
        "You declined it in your calendar. The session itself still stands.",
        "You declined the hold for it in your calendar.",
    ),
    "room": (
        "Its room cannot have it any more, and no other room fits at that time.",
        "The room held for it cannot have it any more, and no other room fits at that time.",
    ),
}
CHOICES = {
    "put_back": "put it back",
    "keep_time": "keep the new time",
    "another_day": "find another day",
    "keep": "leave it as it is",
    "call_off": "call the session off",
    "skip": "skip the day",
}
CHOSEN = {
    "put_back": "It goes back into everybody's calendar.",
    "keep_time": "The new time counts, and everybody in it is being told.",
    "another_day": "It is called off, and another day is proposed for it: it waits for your answer below.",
    "keep": "It stays as it is.",
    "call_off": "It is called off, and everybody in it is being told. It comes back in the next plan.",
    "skip": "The day is skipped. That costs nothing.",
}
#: What somebody has just said of a past session, as the page answers.
SAID = {
    "held": "Thank you. It was held.",
    "fell_through": "Thank you. It did not happen; whoever was to be in it gets another turn.",
    "came": "Thank you. That is noted.",
    "missed": "Thank you. That is noted; it costs nothing, and the turn comes again.",
}
#: What a junior says of themself where others say otherwise, by what they said and what stands.
SAID_OTHERWISE = {
    ("fell_through", "held"): (
        "Thank you. Somebody who was in it says that it took place, so it is noted only that you were not "
        "there: your turn comes again, and nothing changes for anybody else. If you meant something else, "
        "say so."
    ),
    ("came", "fell_through"): (
        "Thank you. That is noted. It is said for all of it that it did not happen, and that counts for now: "
        "if it took place, say so."
    ),
}
#: A junior says that a session took place, of which it was said that it did not.
PUT_RIGHT = "Thank you. It took place, and you were there. Whoever said otherwise sees that, and can answer."
#: How useful a session was, from 1 to 5.
USEFUL = {1: "hardly", 2: "a little", 3: "fairly", 4: "quite", 5: "very"}
#: News for who wanted a seat and has none: how the mail opens, and what it says.
LINE_NEWS = {
    "place": (
        "On the waitlist",
        "Seats went first to those who have had least. You are number {place} on the waitlist: a seat that "
        "comes free is offered to you when it is your turn, with time to answer.",
    ),
    "lapsed": (
        "The seat went on",
        "The time to take the seat that was kept for you is over, so it is offered to the next in line. That "
        "costs you nothing, and you can join the line again whenever you like.",
    ),
    "first_come": (
        "A seat is free",
        "It begins so soon that no seat is kept for anybody any more: from now on a free seat is for whoever "
        "takes it first, and you can do so on your page.",
    ),
    "called_off": (
        "Called off",
        "It does not take place after all, so your wish for a seat has come to an end. Your turn comes again "
        "with one of the next plans.",
    ),
}
#: What became of a session that its people know: how a mail opens, and what its lines stand under.
CHANGES = {
    "off": ("Cancelled", "Called off"),
    "fell": ("Cancelled", "Called off, as too few people are left for it"),
    "online": ("Now online", "Online now, at the same time"),
    "moved": ("Moved", "At another time"),
    "fewer": ("Changed", "Goes on with fewer people"),
    "gave_up": ("Cancelled", "You gave it up, and that is fine"),
    "dropped": ("Cancelled", "Moved to a time when you are busy, so your turn comes again"),
}
#: What can be answered about something agreed. `DAY_CHOSEN`: what the page says then.
DAY_CHOICES = {
    "below": ("come", "move", "online", "call_off"),
    "busy": ("come", "move", "give_up"),
    "agree": ("move", "keep"),
}
DAY_CHOSEN = {
    "come": "Thank you: it stays as it is.",
    "keep": "It stays as it is.",
    "move": "It is moved, and everybody in it is being told.",
    "ask": "Thank you. The senior is asked whether that suits them too; until they answer it stays.",
    "online": "It is online now, at the same time, and everybody in it is being told.",
    "call_off": "It is called off, and everybody in it is being told. Their turns come again.",
    "give_up": "It is given up, and that is fine. Whoever has to know is being told; the turn comes again.",
    "silence": "The time to answer is over, so it stays as it is.",
    "moot": "What this was about has changed meanwhile, so there is nothing left to answer.",
}
FEWER_IS_BETTER = {
    Level.MOVED: "agreed sessions moved",
    Level.SENIOR_DAYS: "office days of seniors",
    Level.JUNIOR_DAYS: "office days of juniors",
    Level.IDLE: "minutes of waiting between sessions",
}
MORE_IS_BETTER = {
    Level.REACHED: "points of need met",
    Level.PLACED: "sessions placed",
    Level.SHARE: "points of fair share",
}


# --- when ----------------------------------------------------------------------------------------


def weekday(day: date) -> str:
    return WEEKDAYS[day.weekday()]


def long_day(day: date, today: date | None = None) -> str:
    """ "Thursday 11 March"; with the year where it is not that of `today`."""
    words = f"{weekday(day)} {day.day} {MONTHS[day.month - 1]}"
    return words if today is None or today.year == day.year else f"{words} {day.year}"


def months(first: date, last: date) -> str:
    """ "March 2027", or "January to March 2027"; of each date its month counts."""
    named = f"{MONTHS[last.month - 1]} {last.year}"
    if (first.year, first.month) == (last.year, last.month):
        return named
    before = MONTHS[first.month - 1] if first.year == last.year else f"{MONTHS[first.month - 1]} {first.year}"
    return f"{before} to {named}"


def without(blocks: Sequence[tuple[date, date]]) -> str:
    """ "without September 2026 and November to December 2026"; of no blocks nothing."""
    return f"without {listed([months(*block) for block in blocks])}" if blocks else ""


def half_year(number: int) -> str:
    """ "2027-1": what stands for a half-year, year × 2 and one more for the second, in an address."""
    return f"{number // 2}-{number % 2 + 1}"


def short_day(day: date, today: date | None = None) -> str:
    """ "Thu 11 March"."""
    first, rest = long_day(day, today).split(" ", 1)
    return f"{first[:3]} {rest}"


def clock(instant: datetime, zone: str) -> str:
    """ "9:30", on the 24-hour clock of `zone`."""
    local = instant.astimezone(ZoneInfo(zone))
    return f"{local.hour}:{local.minute:02}"


def stretch(start: datetime, end: datetime, zone: str) -> str:
    """ "9:30–15:00"."""
    return f"{clock(start, zone)}–{clock(end, zone)}"


def rounds(session: SessionRecord, zone: str) -> str:
    """ "10:00, 10:30 and 11:00": when a senior looks in on everybody."""
    return listed([clock(start, zone) for start, _ in check_in_rounds(session.start, session.end)])


def waiting_says(seat: SeatRecord, zone: str, now: datetime) -> str:
    """What somebody who wants a seat can expect; a sentence or two."""
    if seat.by_need_until is not None:
        if seat.by_need_until <= now:
            return "The seats are being given out now. You are on the list; you’ll hear any moment."
        until = deadline(seat.by_need_until, now, zone)
        return sentence(
            f"until {until} seats go to those who have had least. You are on the list; you’ll hear then."
        )
    if seat.taken < seat.seats:
        return "A seat is free now: you can take it."
    ahead = (seat.place_in_line or 1) - 1
    place = "You are next in line" if ahead == 0 else f"{counted(ahead, 'person', 'people')} ahead of you"
    return f"{place}. A seat that comes free is offered to you when it is your turn."


def deadline(until: datetime, now: datetime, zone: str) -> str:
    """ "today 17:00", "Tuesday 17:00", and from a week on "Tuesday 16 March, 17:00"."""
    day, today = until.astimezone(ZoneInfo(zone)).date(), now.astimezone(ZoneInfo(zone)).date()
    ahead = (day - today).days
    if ahead in (0, 1):
        return f"{('today', 'tomorrow')[ahead]} {clock(until, zone)}"
    if 1 < ahead < 7:
        return f"{weekday(day)} {clock(until, zone)}"
    return f"{long_day(day, today)}, {clock(until, zone)}"


def age(then: datetime, now: datetime) -> str:
    """ "3 hours ago"; a clock that runs ahead is "just now"."""
    minutes = int((now - then).total_seconds() // 60)
    if minutes < 1:
        return "just now"
    for size, unit in ((1440, "day"), (60, "hour"), (1, "minute")):
        if minutes >= size:
            return f"{counted(minutes // size, unit)} ago"
    raise AssertionError("a minute is at least a minute")


def duration(minutes: int) -> str:
    """ "45 min", "2 h", "1 h 30 min"."""
    hours, rest = divmod(minutes, 60)
    return (
        " ".join(part for part in (f"{hours} h" * bool(hours), f"{rest} min" * bool(rest)) if part) or "0 min"
    )


def zone_city(zone: str) -> str:
    """ "London" for Europe/London, "Buenos Aires" for America/Argentina/Buenos_Aires."""
    return zone.rsplit("/", 1)[-1].replace("_", " ")


def zone_for(session: SessionRecord, reader: PersonRef) -> str:
    """In an office its clock counts; online everybody reads their own."""
    return session.timezone if session.office else reader.timezone


def day_for(session: SessionRecord, reader: PersonRef) -> date:
    """The day of its start, by the same clock."""
    return session.start.astimezone(ZoneInfo(zone_for(session, reader))).date()


def zone_aside(zone: str, reader: PersonRef) -> str:
    """ " (London time)" behind a time, to whoever has another clock."""
    return "" if zone == reader.timezone else f" ({zone_city(zone)} time)"


# --- how many ------------------------------------------------------------------------------------


def counted(number: int, noun: str, many: str | None = None) -> str:
    """ "1 day", "27 mails"."""
    return f"{number:,} {noun if number == 1 else many or noun + 's'}"


def spelled(number: int) -> str:
    """ "four", and figures past ten."""
    return NUMBERS[number] if 0 <= number < len(NUMBERS) else f"{number:,}"


def counted_words(number: int, noun: str, many: str | None = None) -> str:
    """ "four sessions"."""
    return f"{spelled(number)} {noun if number == 1 else many or noun + 's'}"


def times(number: int) -> str:
    """ "once", "twice", "three times"."""
    return {1: "once", 2: "twice"}.get(number, f"{spelled(number)} times")


def weeks_waited(least: int, most: int | None) -> str:
    """ "less than 4 weeks", "4 to 7 weeks", "12 weeks or longer"; both ends included."""
    if most is None:
        return f"{counted(least, 'week')} or longer" if least else "any time"
    return f"{least} to {counted(most, 'week')}" if least else f"less than {counted(most + 1, 'week')}"


def sentence(text: str) -> str:
    """Begins with a capital, whatever it begins with; the rest stays."""
    return text[:1].upper() + text[1:]


def what_helps(nobody_for: Sequence[NobodyForRecord]) -> str:
    """What would give those a senior who have nobody to meet; empty where it takes something else."""
    reasons = {each.reason for each in nobody_for}
    lately = any(reason.startswith(("they met ", "they meet ")) for reason in reasons)
    found = [
        *(["more seniors of the same office"] if OTHER_OFFICES in reasons else []),
        *(["more seniors who speak the same language"] if NO_LANGUAGE in reasons else []),
        *(["a shorter time before the same two meet again"] if lately else []),
    ]
    return sentence(f"{listed(found)} would help.") if found else ""


def said_of_past(said: str, stands: str | None) -> str:
    """Thanks for what was just said of a past session, and what stands now where that is something else."""
    return SAID_OTHERWISE.get((said, stands or ""), SAID[said])


def said_how(useful: int | None, stands: str | None) -> str:
    """The same of how it was; None: it did not happen."""
    if useful is None:
        return said_of_past("fell_through", stands)
    how = f"Thank you. You said: {useful} of 5, {USEFUL[useful]} useful."
    if stands != "fell_through":
        return how
    return f"{how} It is said for all of it that it did not happen, and that counts for now."


def listed(words: Sequence[str]) -> str:
    """ "Aisha, Ben and Chidi"."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


# --- what ----------------------------------------------------------------------------------------


def session_name(session: SessionRecord, reader: PersonRef | None = None) -> str:
    """ "Lunch with Farid" to its senior, "Lunch with Priya" to a junior.

    Without a reader it is named as its senior would.
    """
    as_senior = reader is None or reader.id == session.senior.id
    others = session.juniors if as_senior else (session.senior,)
    short = {SessionKind.INDIVIDUAL_LUNCH: "Lunch", SessionKind.COFFEE_ROULETTE: "Coffee"}.get(session.kind)
    if short and session.office is None:
        short = CHATS.get(session.kind, short)
    if short and others:
        return f"{short} with {listed([person.name for person in others])}"
    name = kind_name(session)
    return name if as_senior else f"{name} with {session.senior.name}"


def agreed_at(action: ActionRecord, reader: PersonRef, today: date | None = None) -> str:
    """ "Lunch for two with Priya, Tuesday 9 March": after which session something was agreed on."""
    other = action.shared_with(reader)
    return (
        f"{KINDS[action.kind]}{f' with {other.name}' if other else ''}, {long_day(action.agreed_on, today)}"
    )


#: What a preference leaves of what is no person: the noun, what is said, and what of none at all.
LEAVES = {
    "kind": (
        "kind",
        "It leaves {left} of the {of} of session that your programmes promise.",
        "Your programmes promise no kind of session yet.",
    ),
    "room": ("room", "It leaves {left} of the {of} of your offices.", "Your offices have no room yet."),
    "day": (
        "working day",
        "It leaves {left} of your {of} in the weeks that are planned.",
        "You have no working day in the weeks that are planned.",
    ),
    "in anyway": (
        "working day",
        "You are in anyway on {left} of your {of} in the weeks that are planned.",
        "You have no working day in the weeks that are planned.",
    ),
}


def limit_effect(days: int, sessions: int, of: int | None = None, beside: bool = False) -> str:
    """What a limit comes to: "keeps two office days free and leaves one session without a place".

    Args:
        days: office days that there would be more without it; negative: fewer.
        sessions: that would have a place besides; negative: that have one through it.
        of: to a junior, so many sessions that they may be invited to; None: to a senior.
        beside: does another of their settings change something?
    """
    says = []
    if days:
        many = counted_words(abs(days), "office day")
        says.append(f"keeps {many} free" if days > 0 else f"asks {many} more of you")
    if sessions and of is not None:
        which = f"{_part_of(abs(sessions), of, 'session')} that you may be invited to"
        says.append(f"{'rules out' if sessions > 0 else 'makes room for'} {which}")
    elif sessions:
        many = counted_words(abs(sessions), "session")
        says.append(f"leaves {many} without a place" if sessions > 0 else f"makes room for {many} more")
    if of == 0:
        return "changes nothing: no session is planned that you may be invited to"
    if not says and beside:
        return "changes nothing more than your other settings do already"
    return listed(says) or "changes nothing, as things stand"


def _part_of(part: int, of: int, noun: str) -> str:
    """ "two of the six sessions", "all six sessions", "both sessions", "the one session"."""
    if part < of:
        return f"{spelled(part)} of the {counted_words(of, noun)}"
    if of == 2:
        return f"both {noun}s"
    return f"{'all' if of > 1 else 'the'} {counted_words(of, noun)}"


def match_effect(
    name: str, left: int | None, of: int, whom: str, most: bool = True, said: str = "all"
) -> str:
    """What a preference leaves of those who have to match it, or of kinds of session, rooms or days.

    Args:
        left: None: few people are on one side, so that they are not counted; `most`: on which.
        said: of how many people it is known what they speak: "all", "some", "few" or "none".
    """
    if whom in LEAVES:
        noun, says, nothing = LEAVES["in anyway" if name == "days_in_anyway" else whom]
        return says.format(left=left, of=counted(of, noun)) if of else nothing
    if said == "none":
        return f"No {whom} has said which languages they speak, so this excludes nobody."
    if said == "few":
        return f"Few {whom}s have said which languages they speak; this excludes none of the others."
    if left is None:
        who = f"{'most' if most else 'a few'} {whom}s"
    elif not left:
        who = f"no {whom}"
    else:
        who = f"all {of} {whom}s" if left == of > 1 else f"{left} of {counted(of, whom)}"
    if said == "some":
        who = f"{left} of the {counted(of, whom)}" if left and left < of else who
        return f"You share a language with {who} who said theirs; the others have said nothing."
    if name == "languages":
        return f"You share a language with {who}."
    verb = {"senior": ("know", "knows"), "junior": ("wish for", "wishes for")}[whom][left in (0, 1)]
    return sentence(f"{'so far ' if left == 0 else ''}{who} {verb} one of these.")


def eats_effect(role: str) -> str:
    """Who reads what somebody eats, and when."""
    if role == "senior":
        return "Whoever orders the food reads how many eat what, without names. Nothing is planned by it."
    return "Whoever mentors you over lunch reads it before. Nothing is planned by it."


def kind_name(session: SessionRecord) -> str:
    """ "Group lunch"; a lunch online is "Online chat"."""
    return CHATS.get(session.kind, KINDS[session.kind]) if session.office is None else KINDS[session.kind]


def place(session: SessionRecord) -> str:
    """ "Room 5, London", "London" or "online"."""
    if session.office is None:
        return "online"
    return f"{session.room}, {session.office}" if session.room else session.office


def headline(proposal: ProposalRecord, today: date | None = None) -> str:
    """ "Thursday 11 March: four sessions, one trip"."""
    many = len(proposal.sessions)
    if proposal.office is None:
        what = f"{counted_words(many, 'online session')}, no trip"
    elif proposal.already_in:
        what = f"{counted_words(many, 'session')}, no extra trip"
    else:
        what = f"{counted_words(many, 'session')}, one trip"
    return f"{long_day(proposal.day, today)}: {what}"


def saving(proposal: ProposalRecord) -> str:
    """What booking one by one would have cost; empty where it would have cost no more."""
    if proposal.office is None or len(proposal.dates_one_by_one) < 2:
        return ""
    return f"Booked one by one these would take {counted(len(proposal.dates_one_by_one), 'day')}."


def days_headline(proposals: Sequence[ProposalRecord]) -> str:
    """ "Three office days instead of seven, and two online"; a saving is claimed only where there is one."""
    in_office = [proposal for proposal in proposals if proposal.office is not None]
    trips = sum(not proposal.already_in for proposal in in_office)
    anyway, online = len(in_office) - trips, len(proposals) - len(in_office)
    if not in_office:
        return sentence(f"{counted_words(online, 'online day')}, no trip")
    # Sessions of two proposed days may fall on one date when booked one by one.
    one_by_one = len({day for each in in_office for day in each.dates_one_by_one})
    if trips:
        saved = f" instead of {spelled(one_by_one)}" if one_by_one > trips else ""
        says = [counted_words(trips, "office day") + saved]
        says += [f"{spelled(anyway)} when you are in anyway"] if anyway else []
    else:
        says = [f"{counted_words(anyway, 'day')} you are in anyway"]
    says += [f"{spelled(online)} online"] if online else []
    all_ = f"{', '.join(says[:-1])}, and {says[-1]}" if says[1:] else says[0]
    return sentence(all_ if trips else f"{all_}, no extra trip")


def invitations_say(invitations: InvitationsRecord) -> str:
    """ "All 8 invitations are sent."; mails to rooms count too."""
    if invitations.failed:
        return (
            f"{counted(invitations.failed, 'invitation')} of {invitations.all} could not be delivered. "
            "Whoever runs your programme can see why."
        )
    if invitations.waiting:
        return f"{invitations.sent} of {counted(invitations.all, 'invitation')} sent, the rest on their way."
    return f"All {counted(invitations.all, 'invitation')} sent."


def question_says(question: str, hold: bool) -> str:
    """ "Its event was removed from the calendar. …"."""
    return QUESTIONS[question][hold]


def choices(question: str, hold: bool) -> tuple[str, ...]:
    """What can be answered, the mildest first. A hold is part of a day that is skipped as a whole."""
    if question == "removed":
        return ("put_back", "skip") if hold else ("put_back", "call_off")
    if question == "moved":
        return ("keep_time", "put_back", "skip") if hold else ("keep_time", "put_back", "call_off")
    return ("keep", "skip") if hold else ("keep", "another_day", "call_off")


def day_question(question: DayQuestionRecord) -> str:
    """ "Thursday 11 March: is it still worth the trip?"."""
    if question.cause == "below" and question.closed is not None:
        return f"{long_day(question.day)}: the office is closed then"
    if question.cause == "below":
        return f"{long_day(question.day)}: is it still worth the trip?"
    name = session_name(question.sessions[0], question.person)
    if question.wish_of is not None:
        return f"{name}: could it be at another time?"
    return f"{name}: your calendar has something else then"


def office_is_closed(why: str) -> str:
    """ "the office is closed that day (Works)"; the reason may be empty."""
    return f"the office is closed that day ({why})" if why else "the office is closed that day"


def day_question_says(question: DayQuestionRecord) -> str:
    """What has happened, and what is known of it, in sentences."""
    if question.cause == "below" and question.closed is not None:
        many = len(question.sessions)
        agreed = counted_words(many, "session") + (" is" if many == 1 else " are")
        closed = sentence(office_is_closed(question.closed))
        return f"{closed}, and {agreed} agreed there. What becomes of the day?"
    if question.cause == "below":
        left = counted_words(question.worth, "session") + (" is" if question.worth == 1 else " are")
        return (
            f"Something has changed: {left} left in the office with enough people, and you would like "
            f"at least {spelled(question.fewest)} to make the trip."
        )
    when = _moment_in(question, question.sessions[0])
    if question.wish_of is not None and question.suggested is not None:
        instead = _moment_in(question, question.suggested)
        return f"{question.wish_of.name} asks whether it could be {instead}, instead of {when}."
    return f"It is agreed for {when}, and your calendar now has something at that time."


def moment(instant: datetime, zone: str) -> str:
    """ "Thursday 11 March at 12:30"."""
    return f"{long_day(instant.astimezone(ZoneInfo(zone)).date())} at {clock(instant, zone)}"


def _moment_in(question: DayQuestionRecord, session: SessionRecord) -> str:
    zone = question.timezone
    return moment(session.start, zone) + zone_aside(zone, question.person)


def day_choice(choice: str, question: DayQuestionRecord) -> str:
    """An answer as its button says it."""
    many = len(question.sessions) > 1
    them = "them" if many else "it"
    match question.cause, choice:
        case "below", "come" if question.closed is not None:
            return f"hold {them} there all the same"
        case "below", "come":
            return "come anyway"
        case "below", "move":
            return "move to another day"
        case "below", "online":
            return f"hold {them} online instead"
        case _, "call_off":
            return f"call {them} off"
        case _, "come":
            return "I’ll be there all the same"
        case _, "move" if question.suggested is not None:
            instead = _moment_in(question, question.suggested)
            return f"{'move' if question.is_to_senior else 'ask to move'} it to {instead}"
        case _, "give_up":
            return "I can’t: call it off" if question.is_to_senior else "I can’t: give my seat back"
        case _:
            return CHOICES["keep"]


def level_name(level: str) -> str:
    """The goal being settled; as it stands if it is none of ours."""
    names = FEWER_IS_BETTER | MORE_IS_BETTER
    return names[Level(level)] if level in set(Level) else level


def level_says(level: str, value: int, bound: int | None) -> str:
    """ "214 office days of seniors, at most 2 too many"."""
    says = f"{value:,} {level_name(level)}"
    if bound is None:
        return says
    if bound == value:
        return f"{says}: proved, no plan does better"
    if level in set(MORE_IS_BETTER):
        return f"{says}, at most {bound - value:,} more possible"
    return f"{says}, at most {value - bound:,} too many"


def run_headline(run: RunRecord) -> str:
    """What a planning run is at, in a sentence."""
    days = run.score.get(Level.SENIOR_DAYS)
    match run.state:
        case "queued":
            return "This plan is next in line"
        case "running":
            progress = run.progress
            if not progress.level or progress.value is None:
                return "Planning …"
            return f"Planning: {level_says(progress.level, progress.value, progress.bound)}"
        case "failed":
            return "This plan could not be made"
        case "cancelled":
            return "This planning run was stopped"
        case _ if days is None:
            return f"{counted(run.sessions, 'session')} planned"
        case _ if run.standing:
            new = counted(run.sessions, "new session")
            return f"{new} beside {run.standing:,} that stand, on {counted(days, 'office day')} in all"
        case _:
            return f"{counted(run.sessions, 'session')} on {counted(days, 'office day')}"


def closeness(progress: ProgressRecord) -> float | None:
    """How near value and bound are to each other, 0–1; None while either is not known."""
    value, bound = progress.value, progress.bound
    if value is None or bound is None:
        return None
    low, high = sorted((value, bound))
    return 1.0 if high == low else max(0.0, low / high)
