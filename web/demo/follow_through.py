"""What the made-up people set out to do, read, say of their sessions and agree on: three months of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from random import Random

from sqlalchemy import Connection

from planner.domain import SessionKind
from web.operations import training
from web.records import Member, SessionRecord, TrainingItemRecord
from web.store import actions, feedback, goals
from web.store import training as kept_training
from web.store.feedback import Given

#: Of a hundred seniors and juniors so many say how a session was; of a hundred who do, so many add a word.
SENIORS_WHO_SAY, JUNIORS_WHO_SAY, WORDS = 75, 58, 6
#: Of a hundred sessions held so many end with something that one of two will do; of a hundred of these so
#: many are done.
AGREED, DONE = 30, 65
#: One junior in so many has set no goal.
WITHOUT_GOAL = 4
#: One senior in so many has not read everything yet.
STILL_READING = 6

#: How useful sessions of a kind are found, as so many of a hundred marks of 1 to 5.
USEFUL = {
    SessionKind.INDIVIDUAL_LUNCH: (1, 3, 12, 38, 46),
    SessionKind.COFFEE_ROULETTE: (3, 8, 27, 38, 24),
    SessionKind.GROUP_LUNCH: (2, 6, 22, 42, 28),
    SessionKind.GROUP_MENTORING: (2, 5, 18, 43, 32),
    SessionKind.COWORKING: (1, 5, 17, 40, 37),
    SessionKind.VIRTUAL_COWORKING: (3, 9, 30, 38, 20),
}

GOALS = (
    ("Present my own work to a client", "So far somebody else has always spoken.", 110),
    ("Write a proposal that goes out without a rewrite", "Mine come back with every line changed.", 90),
    ("Estimate a project and be asked why", "I would like to trust my own numbers.", 75),
    ("Lead a meeting from the agenda to the actions", "I take notes in all of them and lead none.", 60),
    ("Find out whether databases are for me", "Before I choose what to go deeper into.", 120),
    ("Say no to work without a bad conscience", "My weeks are full before they begin.", 45),
)
OBJECTIVES = (
    (
        "Everybody who joined this year has met three seniors",
        "Those who ask least should not be those who learn least.",
        (),
    ),
    (
        "Every team shows its work to another one each quarter",
        "We solve the same problem twice too often.",
        (SessionKind.GROUP_MENTORING, SessionKind.GROUP_LUNCH),
    ),
)
SUPPORT = "Weekdays from 10 to 16, by mail or in person on the third floor. Everything stays between us."
WORDS_OF_JUNIORS = (
    "I asked what I had been putting off for weeks.",
    "Good to hear that others got stuck there too.",
    "Half the time would have been enough.",
    "The example from the old project helped most.",
    "I would have liked to know beforehand what we would talk about.",
    "Quiet, and exactly what I needed.",
    "More of this, please, and less about tools.",
    "It took a while until I dared to say something.",
    "I left with a list, and half of it is done.",
    "Too many of us at the table to get a word in.",
    "I did not know one may ask that.",
    "The drawing on the napkin is on my wall now.",
)
WORDS_OF_SENIORS = (
    "Good questions; I learned something about our own tools.",
    "We went off the agenda, and it was the better hour for it.",
    "More preparation on my side next time.",
    "Nice to be in for more than one thing.",
    "Both were quiet at first; the walk to the lift did it.",
    "I talked too much.",
    "The room was cold, the questions were not.",
    "They knew more than they thought.",
)
ACTIONS_OF_JUNIORS = (
    "Send the draft before the next session",
    "Ask the team to sit in on the pricing call",
    "Read the two reports and note three questions",
    "Try the estimate on last month’s project",
)
ACTIONS_OF_SENIORS = (
    "Introduce you to the people who built it",
    "Look through the slides and mark what to leave out",
    "Find a client meeting that you can sit in on",
)


def set_out(connection: Connection, programme_id: int, members: Sequence[Member], began: datetime) -> None:
    """What there was in the first week: objectives, something to read, whom to ask, and goals."""
    rng = Random(f"follow through {programme_id}")  # noqa: S311 (the same for everybody is the point)
    for statement, why, kinds in OBJECTIVES:
        until = (began + timedelta(weeks=26)).date()
        goals.add_objective(connection, programme_id, statement, why, kinds, until, began)
    admin = next(one for one in members if "admin" in one.roles)
    kept_training.name_support(connection, programme_id, admin.person.id, SUPPORT)
    training.begin_usual_path(connection, programme_id, began)
    _read(connection, kept_training.items(connection, programme_id), members, began)
    juniors = [one for one in members if "junior" in one.roles]
    for number, junior in enumerate(juniors):
        if number % WITHOUT_GOAL != WITHOUT_GOAL - 1:
            _set_goal(connection, programme_id, junior, rng, began)


def _read(
    connection: Connection, items: Sequence[TrainingItemRecord], members: Sequence[Member], began: datetime
) -> None:
    """All have read what comes before a first session; some have the rest before them."""
    seniors = [one for one in members if "senior" in one.roles]
    kept_training.write_completions(
        connection,
        [
            (item.id, senior.person.id, began - timedelta(days=4 - place, hours=number))
            for number, senior in enumerate(seniors)
            for place, item in enumerate(items)
            if item.required or number % STILL_READING != 1
        ],
    )


def _set_goal(
    connection: Connection, programme_id: int, junior: Member, rng: Random, began: datetime
) -> None:
    statement, why, days = rng.choice(GOALS)
    begun = began + timedelta(days=rng.randrange(40))
    target = (begun + timedelta(days=days + rng.randrange(60))).date()
    progress = rng.choice((0, 25, 25, 50, 50, 75, 100))
    reached = began + timedelta(days=75) if progress == 100 else None
    goals.add_goal(
        connection,
        programme_id,
        junior.person.id,
        begun,
        statement=statement,
        why=why,
        target=target,
        progress=progress,
        reached_at=reached,
    )


def look_back(
    connection: Connection, programme_id: int, held: Iterable[tuple[SessionRecord, bool]], rng: Random
) -> None:
    """What people said of sessions, each with whether it was held, and what they agreed to do."""
    said: list[Given] = []
    held = list(held)
    for session, was_held in held:
        said += _said(session, was_held, rng)
        if was_held and rng.randrange(100) < AGREED and session.juniors:
            _agree(connection, programme_id, session, rng)
    feedback.add_many(connection, said)
    for session, _ in held:
        feedback.note_asked(connection, [session.id], session.start + timedelta(minutes=session.minutes))


def _said(session: SessionRecord, was_held: bool, rng: Random) -> Iterable[Given]:
    at = session.start + timedelta(minutes=session.minutes + 20)
    for person in (session.senior, *session.juniors):
        leads = person.id == session.senior.id
        who_say, words = (SENIORS_WHO_SAY, WORDS_OF_SENIORS) if leads else (JUNIORS_WHO_SAY, WORDS_OF_JUNIORS)
        if rng.randrange(100) < who_say:
            useful = rng.choices(range(1, 6), USEFUL[session.kind])[0] if was_held else None
            word = rng.choice(words) if was_held and rng.randrange(100) < WORDS else ""
            yield Given(session.id, person.id, useful, word, at + timedelta(minutes=rng.randrange(200)))


def _agree(connection: Connection, programme_id: int, session: SessionRecord, rng: Random) -> None:
    junior = rng.choice(session.juniors)
    owner, texts = rng.choice(((junior, ACTIONS_OF_JUNIORS), (session.senior, ACTIONS_OF_SENIORS)))
    due: date = (session.start + timedelta(days=rng.choice((7, 14, 21)))).date()
    made = session.start + timedelta(minutes=session.minutes)
    number = actions.add(
        connection, programme_id, session.id, owner.id, rng.choice(texts), due, junior.id, made
    )
    if rng.randrange(100) < DONE:
        actions.change(connection, number, done_at=made + timedelta(days=rng.randrange(1, 12)))
