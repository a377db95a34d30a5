"""Pages with fixed records, ugly ones too: what they look like is judged on these.

`GALLERY` is every page by name; `add_gallery(app)` serves them at /gallery/<name>.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from flask import Flask, flash, g, render_template

from planner.domain import RoomUse, SessionKind
from planner.lifecycle import check_in_rounds
from planner.programme import Format
from tests.web.made_up import (
    ADMIN,
    CALENDAR_USE,
    CLOSURES,
    COMING,
    JUNIOR,
    JUNIORS,
    LONDON,
    LONG_NAME,
    NOW,
    ONE_SESSION,
    ONLINE_ONLY,
    OPEN,
    OTHER_DAYS,
    PLANNING,
    PREVIEW,
    PRIYA,
    ROOMS,
    ROSTER,
    RUN,
    SENIOR,
    UGLY,
    UGLY_DAY,
    UNSENT,
    four_sessions,
    member,
    proposal,
    room,
    seat,
    session,
)
from tests.web.pages import made_up_offices, made_up_pictures
from tests.web.pages.made_up_simulations import simulation
from web import guides, words
from web.config import Config
from web.errors import Refused
from web.guides import Step, agenda_for, guide
from web.operations import first_steps, preferences, programmes
from web.operations.audit import AuditLine, AuditPage
from web.operations.departures import Departed
from web.operations.evaluation import CLOSED, LONGEST
from web.operations.first_steps import Guide, Nothing
from web.operations.membership import LAST_ADMIN
from web.operations.notice import KnownAlready, OptOut
from web.operations.own_data import Granted, Kept, Treatment
from web.operations.preparation import Briefed, Briefing, Choice, GroupAhead
from web.operations.purposes import Purpose
from web.operations.recognition import Recognition
from web.operations.roster import ImportedLine, ImportReport, SheetOptions
from web.pages import actions as action_pages
from web.pages import admin, attendance, coworking, evaluation, fairness, junior, senior, start
from web.pages import briefing as briefing_pages
from web.pages import exports as export_pages
from web.pages import goals as goal_pages
from web.pages import guides as guide_pages
from web.pages import people as people_pages
from web.pages import preferences as preference_pages
from web.pages import sheets as sheet_pages
from web.pages import simulation as simulation_pages
from web.pages import training as training_pages
from web.pages.hours import DAYS
from web.pages.sheets import Sent
from web.records import (
    ActionCountsRecord,
    ActionLinkRecord,
    ActionRecord,
    AgreeingRecord,
    AskableRecord,
    AssistantRecord,
    BecameRecord,
    CheckInRecord,
    CoworkingRecord,
    CycleRecord,
    DayOffRecord,
    DayQuestionRecord,
    DecisionRecord,
    EvaluationRecord,
    EventRecord,
    EventTroubleRecord,
    FairnessRecord,
    FeedbackRecord,
    GoalCountRecord,
    GoalRecord,
    LunchWeekRecord,
    Member,
    NobodyForRecord,
    NotReachedRecord,
    ObjectiveRecord,
    OfferedSeatRecord,
    OrganizerRecord,
    OtherDayRecord,
    OwedRecord,
    PastSeatRecord,
    PastSessionRecord,
    PersonPageRecord,
    PersonRef,
    PreferencesRecord,
    PreviewRecord,
    ProgressRecord,
    ProposalRecord,
    ReachRecord,
    RequestRecord,
    RoomRecord,
    RosterPageRecord,
    RoundRecord,
    RunRecord,
    SaidKnownRecord,
    SaidOfRecord,
    SaidRecord,
    SessionRecord,
    SharedActionsRecord,
    SideRecord,
    SimulationRecord,
    SpanRecord,
    StatedHoursRecord,
    SupportRecord,
    TrainingItemRecord,
    TrainingPathRecord,
    TrainingProgrammeRecord,
    TrainingStepRecord,
    TrendsRecord,
    WaitRecord,
    WhyNotRecord,
)
from web.sheets.columns import SheetKind
from web.store.first_steps import Beginning

TREATMENT = Treatment(
    kept=(
        Kept("Who you are", "your name, your mail address", "for as long as you take part", "admins"),
        Kept("Who came", "who came to which session, " * 9, "730 days", "whoever is in it"),
    ),
    granted=(
        Granted("Google Workspace", ("when every calendar is busy", "every event, with its title " * 9)),
        Granted("calendar files and feeds", ()),
    ),
    notice_hours=24,
    said=(SaidKnownRecord(NOW, UGLY[0]), SaidKnownRecord(NOW - timedelta(days=40), None)),
    organizer=f"{'mentoring' * 9}@corp.example",
    admins=UGLY,
    asked_erasure_at=None,
)


@dataclass(frozen=True)
class Picture:
    template: str
    who: Member | None
    context: dict[str, Any] = field(default_factory=dict)
    said: tuple[dict[str, Any], ...] = ()


ITEMS = tuple(
    TrainingItemRecord(
        n, 1, name, one.title, "", one.minutes, one.due_days, one.required, NOW - timedelta(days=20), None
    )
    for n, (name, one) in enumerate(guides.readings().items(), 1)
)
OWN_ITEM = replace(
    ITEMS[0],
    id=9,
    guide=None,
    title=f"How we do it at {'Donaudampfschifffahrt' * 4}",
    text=f"Bring a mug.\n\n{'https://wiki.corp.example/mentoring/' * 4}",
)
SUPPORT = SupportRecord(UGLY[0], f"weekdays 9–17, in the chat, or {'telephone-4410' * 6}")


READ_ONE = {
    "text": "“Listening before advising” is read. Thank you.",
    "undo": "/guides/path/2/unread",
    "label": "Undo",
    "fields": {},
}


def steps(read: int, *, ready: bool = True) -> TrainingPathRecord:
    """A path of which so much is read; the next one is late."""
    return TrainingPathRecord(
        tuple(
            TrainingStepRecord(
                item,
                date(2027, 3, 1) + timedelta(days=item.due_days * (n - read)),
                NOW - timedelta(days=3) if n < read else None,
                overdue=n == read,
            )
            for n, item in enumerate((*ITEMS, OWN_ITEM))
        ),
        ready,
    )


def own_path(
    who: Member, path: TrainingPathRecord | None, support: SupportRecord | None = None, **said: object
) -> Picture:
    all_guides = [(kind, guides.guide(kind)) for kind in SessionKind]
    context = {"path": path, "all_guides": all_guides, "support": support}
    return Picture("senior/guides.html", who, context, (said,) if said else ())


def a_guide(who: Member, kind: SessionKind, support: SupportRecord | None = SUPPORT) -> Picture:
    context = {**guide_pages.a_guide(kind), "leads": "junior" not in who.roles, "support": support}
    return Picture("everybody/guide.html", who, context)


def training(
    items: tuple[TrainingItemRecord, ...] = (),
    unready: tuple[PersonRef, ...] = (),
    support: SupportRecord | None = None,
    left: bool = False,
    seniors: int = 6,
    **mistakes: str,
) -> Picture:
    retired = (replace(OWN_ITEM, retired_at=NOW),) if items else ()
    done = {1: 4, 2: 1} if items and seniors > 4 else None
    found = TrainingProgrammeRecord(items, retired, done, seniors if items else 0, unready, support, left)
    context = {"training": found, **training_pages.limits(), "mistakes": mistakes}
    return Picture("admin/training.html", ADMIN, context)


def training_item(item: TrainingItemRecord, **mistakes: str) -> Picture:
    context = {**training_pages.shown(item), "mistakes": mistakes}
    return Picture("admin/training_item.html", ADMIN, context)


def serving_all(*some: ProposalRecord) -> dict[str, Purpose]:
    """The same for readers who read nobody's goals."""
    sessions = [each for day in some for each in day.sessions]
    return {each.id: FOR_ALL[n % 2] for n, each in enumerate(sessions)}


def days(*mine: ProposalRecord, said: tuple[dict[str, Any], ...] = ()) -> Picture:
    return Picture("senior/days.html", SENIOR, {**senior.sorted_out(mine), **serving(*mine)}, said)


#: What sessions may be for that is nobody's own goal.
FOR_ALL = (
    Purpose("Everybody who joins knows three people outside their team", objective_id=1),
    Purpose("Small questions, asked at the moment they come up."),
)


def serving(*mine: ProposalRecord) -> dict[str, Any]:
    """What the sessions of days are for: a goal, an objective, and what a guide says, in turn."""
    some = [each for day in mine for each in day.sessions]
    of_state = [(day.state, each.id) for day in mine for each in day.sessions]
    agreed = {key for state, key in of_state if state == "approved"}
    others = {key for state, key in of_state if state != "approved"}
    kinds = (Purpose("Explain what I do to people who do something else", JUNIORS[5]), *FOR_ALL)
    return {
        "purposes": {each.id: kinds[n % 3] for n, each in enumerate(some)},
        "briefed": agreed - others,
    }


def day(made: ProposalRecord, *events: EventRecord) -> Picture:
    return Picture("senior/day.html", SENIOR, {"proposal": made, "events": events, **serving(made)})


def event(made: SessionRecord, **more: Any) -> EventRecord:
    facts: dict[str, Any] = {"hold": False, "written": True, "problem": None, "link": None, "accepted": 0}
    facts |= {"declined": 0, "question": None, "choices": (), "moved_to": None}
    return EventRecord(id=made.start.hour, session=made, **facts | more)


def asked(made: SessionRecord, question: str, **more: Any) -> EventRecord:
    facts = {"question": words.question_says(question, False), "choices": words.choices(question, False)}
    return event(made, **facts, **more)


def other(choices: tuple[OtherDayRecord, ...], why_not: WhyNotRecord, **mistakes: str) -> Picture:
    context = {"proposal": proposal(), "choices": choices, "why_not": why_not, "mistakes": mistakes}
    return Picture("senior/other.html", SENIOR, context)


def link(made: ProposalRecord, answer: str = "approve", problem: str | None = None) -> Picture:
    context = {
        "record": DecisionRecord(made, "token", problem),
        "answer": answer,
        "choices": OTHER_DAYS if answer == "other" else (),
        "why_not": NOT_TUESDAY if answer == "other" else None,
        "mistakes": {},
        "purposes": serving_all(made),
    }
    return Picture("answer/show.html", None, context)


def one_room(made: RoomRecord, **context: Any) -> Picture:
    whole = {
        "room": made,
        "agreed": four_sessions()[::3],
        "all_uses": tuple(RoomUse),
        "mistakes": {},
        "refused": None,
        "in_the_way": [],
    }
    return Picture("admin/room.html", ADMIN, whole | context)


def run(
    made: RunRecord,
    preview: PreviewRecord | None = None,
    why_not: WhyNotRecord | None = None,
    **mistakes: str,
) -> Picture:
    among = (proposal(), UGLY_DAY)
    question = why_not and {
        "among": among,
        "about": among[1],
        "why_not": why_not,
        "mistakes": mistakes,
    }
    totals = preview and admin.totals(preview)
    context = {"run": made, "preview": preview, "totals": totals, "question": question}
    return Picture(
        "admin/plan.html", ADMIN, context | {"purposes": preview and serving_all(*preview.proposals)}
    )


BY_HAND = CycleRecord(None, "06:00", "Europe/London", 4, 48, None, None, None, None)
WEEKLY = replace(BY_HAND, plan_on="thu", next_at=NOW, last_run_id=7, last_at=NOW, last_state="draft")


def promised(
    rules: tuple[Format, ...], owed: OwedRecord | None, cycle: CycleRecord = BY_HAND, **mistakes: str
) -> Picture:
    context = {
        "rules": {rule.kind: rule for rule in rules},
        "kinds": tuple(SessionKind),
        "owed": owed,
        "cycle": cycle,
        "mistakes": mistakes,
    }
    return Picture("admin/programme.html", ADMIN, context)


def one_format(kind: SessionKind, promised: bool = True, **mistakes: str) -> Picture:
    context = {
        "kind": kind,
        "rule": programmes.usual(kind),
        "promised": promised,
        "all_uses": tuple(RoomUse),
        "mistakes": mistakes,
    }
    return Picture("admin/format.html", ADMIN, context)


def free(trouble: str | None, last: date | None = None, **mistakes: str) -> Picture:
    hours = {"tue": ("10:00", "12:00"), "thu": ("09:00", "17:30")} if last else {}
    stated = StatedHoursRecord(trouble, hours, last, date(2027, 4, 30))
    return Picture("everybody/hours.html", JUNIOR, {"stated": stated, "days": DAYS, "mistakes": mistakes})


def past(
    made: SessionRecord, outcome: str | None = None, by: PersonRef = PRIYA, **attended: str
) -> PastSessionRecord:
    """What is said of a session; `attended` by the first names of its juniors."""
    said = {name: SaidRecord(what, JUNIORS[7], NOW, made.senior) for name, what in attended.items()}
    return PastSessionRecord(
        made,
        SaidRecord(outcome, by, NOW) if outcome else None,
        tuple(PastSeatRecord(one, said.get(one.name.split()[0])) for one in made.juniors),
    )


def looking_back(*past: PastSessionRecord, came_of_it: Recognition | None = None) -> Picture:
    served = serving_one_of(past, Purpose("", JUNIORS[5]), *FOR_ALL)
    context = attendance.by_day(past, NOW, SENIOR) | {"recognition": came_of_it, "purposes": served}
    return Picture("senior/past.html", SENIOR, context)


def looking_back_as_junior(*past: PastSessionRecord) -> Picture:
    own = tuple(replace(each, seats=each.seats[:1]) for each in past)
    served = serving_one_of(past, Purpose("Moving into data work", JUNIORS[5]), *FOR_ALL)
    return Picture("junior/past.html", JUNIOR, attendance.by_day(own, NOW, JUNIOR) | {"purposes": served})


def serving_one_of(past: Sequence[PastSessionRecord], *purposes: Purpose) -> dict[str, Purpose]:
    """In turn; of what fell through, none."""
    held = [each for each in past if each.outcome is None or each.outcome.what != "fell_through"]
    return {each.session.id: purposes[n % len(purposes)] for n, each in enumerate(held)}


def how_was_it(
    made: SessionRecord,
    said: FeedbackRecord | None = None,
    problem: str | None = None,
    chosen: str = "",
    typed: str = "",
    outcome: str | None = None,
    seat: str | None = None,
    following: SessionRecord | None = None,
    is_hidden: bool = False,
    to_ask: tuple[PersonRef, ...] = (),
    **mistakes: str,
) -> Picture:
    """A junior's: what they said, and what is said of the session and of their own seat."""
    who = made.juniors[0]
    of_seat = SaidRecord(seat, who, NOW) if seat else None
    stands = PastSessionRecord(
        made,
        SaidRecord(outcome, made.senior, NOW) if outcome else None,
        (PastSeatRecord(who, of_seat),),
    )
    until = made.end + timedelta(days=14)
    record = EvaluationRecord(made, who, "token", said, until, problem, stands, is_hidden, to_ask)
    if following:
        after = replace(record, session=following, token="another-token", said=None)
        record = replace(record, following=after)
    return Picture("answer/evaluation.html", None, evaluation.as_shown(record, chosen, mistakes, typed))


def agreed(number: int, text: str, **more: Any) -> ActionRecord:
    """Something to do after Priya's lunch with one of the juniors."""
    facts: dict[str, Any] = {
        "programme_id": 1,
        "session_id": "lunch",
        "kind": SessionKind.INDIVIDUAL_LUNCH,
        "agreed_on": date(2027, 3, 2),
        "owner": PRIYA,
        "senior": PRIYA,
        "junior": JUNIORS[5],
        "due": date(2027, 3, 9),
        "created_at": NOW - timedelta(days=3),
        "done_at": None,
        "dropped_at": None,
    }
    return ActionRecord(id=number, text=text, **facts | more)


ACTIONS = (
    agreed(1, "Introduce Farid to Marek", due=date(2027, 3, 1)),
    agreed(2, "Send the notes on reading other people’s code"),
    agreed(3, "Think about a talk", kind=SessionKind.GROUP_MENTORING, junior=None, due=None),
    agreed(4, "x" * 300, junior=UGLY[0]),
    agreed(5, "Send the draft of the review", owner=JUNIORS[5]),
    agreed(6, "اقرأ الكتاب", owner=UGLY[1], junior=UGLY[1], due=None),
)
CLOSED_ACTIONS = (
    agreed(7, "Read the draft", done_at=NOW - timedelta(hours=3)),
    agreed(8, "Learn Latin", owner=JUNIORS[5], dropped_at=NOW - timedelta(days=2)),
)
FOLLOW_UPS = {"today": NOW.date(), "to_do": ACTIONS[:4]}


def following(*followed: PastSessionRecord, who: Member = SENIOR) -> Picture:
    """Past sessions with what follows from the first of them."""
    of = {"follow_ups": {followed[0].session.id: (*ACTIONS[1:3], ACTIONS[4], *CLOSED_ACTIONS)}}
    shown = looking_back(*followed) if who is SENIOR else looking_back_as_junior(*followed)
    return replace(shown, context=shown.context | of | FOLLOW_UPS)


def all_actions(who: Member, *shared: tuple[ActionRecord, ...]) -> Picture:
    context = {"shared": SharedActionsRecord(*shared), "today": NOW.date()}
    return Picture("everybody/actions.html", who, context)


def noting(
    action: ActionRecord | None = None, typed: dict[str, str] | None = None, **mistakes: str
) -> Picture:
    session = replace(four_sessions(date(2027, 3, 4))[0], juniors=(*JUNIORS, *UGLY))
    context = {
        "agreeing": None if action else AgreeingRecord(session, (PRIYA, *session.juniors)),
        "action": action,
        "typed": typed or {"what": action.text if action else "", "due": "2027-03-19"},
        "suggested": [date(2027, 3, 12), date(2027, 3, 19)],
        "longest": 300,
        "mistakes": mistakes,
    }
    return Picture("everybody/action.html", SENIOR, context)


def done_by_link(problem: str | None = None) -> Picture:
    return Picture("answer/action.html", None, {"record": ActionLinkRecord(ACTIONS[4], "token", problem)})


def said_of(label: str | None, asked: int, *useful: int, not_held: int = 2) -> SaidOfRecord:
    return SaidOfRecord(label, asked, sum(useful) + not_held, sum(useful), useful)


#: Months of which a kind stands among the others.
APART = ((date(2026, 9, 1), date(2026, 9, 1)), (date(2026, 11, 1), date(2026, 12, 1)))

TRENDS = TrendsRecord(
    programme="Graduates 2027",
    half=2027 * 2,
    first=date(2026, 7, 1),
    last=date(2027, 6, 30),
    told_until=date(2027, 1, 31),
    next_on=date(2027, 3, 16),
    earlier=True,
    later=False,
    kept_days=730,
    any_asked=True,
    seniors=SideRecord(
        said_of(None, 61, 0, 2, 9, 14, 12),
        {},
        ((date(2026, 9, 1), date(2027, 1, 1), said_of(None, 61, 0, 2, 9, 14, 12)),),
    ),
    juniors=SideRecord(
        said_of(None, 2480, 31, 102, 490, 801, 440),
        {
            "kind": (
                *(
                    replace(
                        said_of(kind.value, 420, 5, 17, 80, 130, 70),
                        without=APART if kind is SessionKind.INDIVIDUAL_LUNCH else (),
                    )
                    for kind in SessionKind
                    if kind is not SessionKind.COWORKING
                ),
                said_of(None, 380, 6, 17, 90, 151, 90),
            ),
            "cohort": (
                said_of("2026", 1240, 11, 52, 240, 400, 220),
                said_of(LONG_NAME, 1240, 20, 50, 250, 401, 220),
            ),
            "site": (
                said_of("London", 1800, 20, 80, 400, 601, 300),
                said_of(None, 680, 11, 22, 90, 200, 140),
            ),
        },
        tuple(
            (date(2026, month, 1), date(2026, month, 1), said_of(None, 600, 8, 25, 122, 200, 110))
            for month in (9, 10, 11, 12)
        ),
    ),
    words=("a word on it " * 40, "<b>More</b> time at lunch", "Good to hear how others began"),
)


def with_feedback(picture: Picture, said: FeedbackRecord) -> Picture:
    """Its reader has said how the sessions of Tuesday were, and not yet of those after it."""
    days: Any = picture.context["days"]
    ids = [each.session.id for day, some in days for each in some if day == date(2027, 3, 2)]
    feedback = dict.fromkeys(ids, said)
    return replace(picture, context=picture.context | {"feedback": feedback, "longest": LONGEST})


SPAN = SpanRecord(date(2026, 12, 7), date(2027, 3, 7), 12)
FAIRNESS = FairnessRecord(
    "Graduates 2027",
    SPAN,
    ReachRecord(None, 1180, 861, 402),
    tuple(
        BecameRecord(kind, kind not in (SessionKind.COFFEE_ROULETTE, SessionKind.VIRTUAL_COWORKING), *counts)
        for kind, counts in zip(
            SessionKind,
            (
                (12, 31, 214, 9, 22),
                (60, 88, 1204, 31, 77),
                (4, 9, 71, 2, 5),
                (7, 12, 140, 4, 11),
                (3, 5, 66, 1, 8),
                (2, 2, 28, 0, 3),
            ),
            strict=True,
        )
    ),
    {(SessionKind.COFFEE_ROULETTE, False): 804, (SessionKind.INDIVIDUAL_LUNCH, True): 214},
    {
        "team": (
            ReachRecord("Payments", 412, 310, 190),
            ReachRecord(LONG_NAME, 80, 61, 2),
            ReachRecord("محاسبة", 5, 0, 0),
            ReachRecord(None, 683, 490, 210),
        ),
        "site": (ReachRecord("London", 700, 590, 402), ReachRecord("online only", 480, 271, 0)),
    },
    (WaitRecord(0, 3, 561), WaitRecord(4, 7, 402), WaitRecord(8, None, 217)),
    17,
    62,
    58,
)
FEW = replace(
    FAIRNESS,
    span=replace(SPAN, weeks=None),
    juniors=None,
    became=(),
    by_kind={},
    tables={},
    waits=(),
    never_asked=None,
    to_never_asked=None,
)
NOT_REACHED = (
    NotReachedRecord(UGLY[0], 31, True, ("their calendar cannot be read: the owner withdrew it", "due")),
    NotReachedRecord(
        UGLY[1], 12, False, ("offered three times: twice nobody answered, once it was skipped",)
    ),
    NotReachedRecord(JUNIORS[0], 0, False, ("joined on Monday 1 March",)),
)


#: A provider, as far as the page of signing in shows it.
COMPANY = {"name": "company", "label": "Example account"}
UNKNOWN = (
    "We do not know you here under stranger@example.org yet. Signing in adds nobody: please ask Ada "
    "(ada@example.org) to add you, or to look whether they have you under another address."
)


def signing_in(
    *providers: dict[str, str], demo: tuple[Member, ...] = (), problem: str | None = None, **mistakes: str
) -> Picture:
    shown = {"demo": demo, "providers": providers, "by_mail": True, "mistakes": mistakes, "problem": problem}
    return Picture("auth/sign_in.html", None, shown)


AUDITED = (
    AuditLine(NOW, "run.release", "run:7", "Ada", None, {"mails": 3}, True),
    AuditLine(NOW, "read.person", "person:4", "Ada", "Priya", {}, True),
    AuditLine(NOW, "proposal.skip", "", "in person", None, {}, False),
)


def audited(lines: tuple[AuditLine, ...]) -> Picture:
    page = AuditPage(lines, 12 if lines else None, ("proposal.skip", "run.release"))
    return Picture("admin/audit.html", ADMIN, {"page": page, "action": "", "about": "", "before": None})


def fair(record: FairnessRecord, **mistakes: str) -> Picture:
    return Picture("admin/fairness.html", ADMIN, fairness.as_shown(record, mistakes))


def simulations_page(*records: SimulationRecord, **mistakes: str) -> Picture:
    shown = simulation_pages.as_shown(records, {}, mistakes)
    return Picture("admin/simulations.html", ADMIN, shown)


def played(record: SimulationRecord) -> Picture:
    return Picture("admin/simulation.html", ADMIN, simulation_pages.as_played(record, NOW))


def unreached(*people: NotReachedRecord) -> Picture:
    return Picture("admin/not_reached.html", ADMIN, fairness.listed(SPAN, people, "1"))


OWED = OwedRecord(
    NOW,
    date(2027, 3, 8),
    date(2027, 4, 2),
    {SessionKind.INDIVIDUAL_LUNCH: 31, SessionKind.COFFEE_ROULETTE: 48, SessionKind.GROUP_LUNCH: 12},
    (
        NobodyForRecord(PRIYA, SessionKind.COFFEE_ROULETTE, "they met less than 12 weeks ago"),
        NobodyForRecord(UGLY[0], SessionKind.GROUP_MENTORING, "no senior may meet enough of the cohort"),
    ),
    True,
)
UNDO = {"label": "Undo", "fields": {"progress": 25}}
SKIPPED = {
    "text": "Thursday 11 March is skipped. That costs nothing.",
    "undo": "/days/12/reopen",
    "label": "Undo",
    "fields": {"version": 4},
}
TOO_SMALL = Refused(
    "Six people are agreed in this room at once, so it cannot hold fewer than six. Move a session first.",
    four_sessions()[::3],
)
WINDOW = (date(2027, 3, 8), date(2027, 4, 2))
NOT_ASKED = WhyNotRecord(*WINDOW)
NOT_TUESDAY = WhyNotRecord(
    *WINDOW,
    date(2027, 3, 9),
    (
        "2 of 4 sessions could be held on 9 March (Group mentoring at 9:30 and Coffee roulette at 11:15)",
        "Lunch for two at 12:00: you have no free hour between 11:30 and 14:30 that day (busy)",
        "Co-working at 13:00: of the 7 people invited 4 are needed, and at most 3 are left beside other "
        "sessions between 9:00 and 18:00 that day",
        "it would take one more trip",
    ),
)
NOT_MAY = WhyNotRecord(
    *WINDOW,
    date(2027, 5, 3),
    ("this plan looks at the days from Monday 8 March to Friday 2 April; please ask about one of them",),
)
NOT_IN_FULL = WhyNotRecord(
    *WINDOW,
    date(2027, 3, 9),
    ("none of the sessions could be held on 9 March", f"Lunch for two at 12:00: {LONG_NAME} is never free"),
)
WRONG_DATES = {
    "first_day": "Please give a date, such as 2026-03-11.",
    "last_day": "The last day comes before the first one.",
}

ASKED = PreferencesRecord(
    PRIYA,
    SENIOR.roles,
    {
        "max_office_days_per_week": "2",
        "min_sessions_per_office_day": "2",
        "max_minutes_per_day": "360",
        "max_sessions": "4",
        "travel_minutes": "45",
        "break_minutes": "15",
        "days_never": "mon fri",
        "days_in_anyway": "tue",
        "online_only": "no",
        "formats_not": "coffee_roulette",
        "eats": "vegetarian, no nuts, nothing with <celery>, " + "x" * 60,
        "languages": "en de",
        "topics": "pricing, public speaking, " + LONG_NAME.casefold(),
        "room_needs": "step-free, hoist",
    },
    frozenset({"days_never"}),
    None,
    ("screen", "step-free"),
    (),
)
ASSISTANTS = (AssistantRecord(UGLY[0], NOW, True), AssistantRecord(UGLY[1], NOW, False))


EFFECTS = {
    "max_office_days_per_week": "Until Friday 2 April it keeps three office days free.",
    "min_sessions_per_office_day": "What it comes to is not worked out yet.",
    "days_never": "Until Friday 2 April it asks one office day more of you.",
    "formats_not": "It leaves 5 of the 6 kinds of session that your programmes promise.",
    "languages": "You share a language with most juniors.",
    "room_needs": "Until Friday 2 April it changes nothing, as things stand.",
}
EFFECTS_OF_A_JUNIOR = {
    "max_office_days_per_week": "Until Friday 2 April it changes nothing more than your other settings do "
    "already.",
    "max_sessions": "Until Friday 2 April it keeps one office day free and rules out two of the six sessions "
    "that you may be invited to.",
    "travel_minutes": "What it comes to is not worked out yet.",
    "break_minutes": "What it comes to until Friday 2 April is hard to tell: no answer is proved.",
    "days_never": "Until Friday 2 April, by your own calendar alone, it changes nothing, as things stand. It "
    "leaves 12 of your 20 working days in the weeks that are planned.",
    "days_in_anyway": "As a senior: What it comes to cannot be told: your calendar is not read. As a junior: "
    "You are in anyway on 4 of your 20 working days in the weeks that are planned.",
    "formats_not": "It leaves 5 of the 6 kinds of session that your programmes promise.",
    "languages": "You share a language with most seniors who said theirs; the others have said nothing.",
    "topics": "So far no senior knows one of these.",
    "room_needs": "Until Friday 2 April it rules out all six sessions that you may be invited to. It leaves "
    "0 of the 9 rooms of your offices.",
    "eats": words.eats_effect("junior"),
}


def suiting(
    who: Member,
    mine: PreferencesRecord,
    assistants: tuple[AssistantRecord, ...] | None = (),
    **mistakes: str,
) -> Picture:
    context = {
        "mine": mine,
        "offered": preferences.offered(mine.roles),
        "typed": mine.texts,
        "layout": preference_pages.LAYOUT,
        "labels": preference_pages.LABELS,
        "mistakes": mistakes,
        "assistants": assistants,
        "pause": ("2027-03-05", "2027-03-19"),
        "effects": EFFECTS if "senior" in mine.roles else EFFECTS_OF_A_JUNIOR,
    }
    return Picture("everybody/preferences.html", who, context)


def question(made: DayQuestionRecord, choices: tuple[OtherDayRecord, ...] = ()) -> Picture:
    return Picture("questions/show.html", None, {"question": made, "decides": "/q/token", "choices": choices})


def cannot_come(who: Member, here: str, *sessions: SessionRecord) -> Picture:
    in_office = tuple(each for each in sessions if each.office is not None)
    online = tuple(each for each in sessions if each.office is None)
    made = DayOffRecord(date(2027, 3, 11), LONDON, in_office, online)
    return Picture("questions/cant_come.html", who, {"day": made, "here": here, "back": "/"})


STILL_WORTH_IT = DayQuestionRecord(
    id=3,
    cause="below",
    person=PRIYA,
    day=date(2027, 3, 11),
    timezone=LONDON,
    sessions=four_sessions()[2:],
    choices=("come", "move", "online", "call_off"),
    expires_at=NOW + timedelta(days=4),
    fewest=3,
    worth=2,
)
CALENDAR_MOVED = replace(
    STILL_WORTH_IT,
    cause="busy",
    person=JUNIORS[5],
    sessions=four_sessions()[2:3],
    choices=("come", "move", "give_up"),
    suggested=replace(four_sessions()[2], start=NOW + timedelta(days=6, hours=3)),
)

PLAIN = PersonPageRecord(
    person=JUNIOR.person,
    roles=frozenset(),
    offices=(),
    calendar=None,
    read_at=None,
    reason=None,
    cohort="",
    team="",
    joined=None,
    left=None,
    paused=None,
    manager=None,
    never_with=(),
    assistants=(),
    preferences=replace(ASKED, roles=frozenset()),
    days=(),
)
SEEN = PersonPageRecord(
    person=UGLY[0],
    roles=frozenset({"senior", "admin"}),
    offices=("London", LONG_NAME),
    calendar="google",
    read_at=NOW,
    reason="Ask the administrator to let us read it.",
    cohort="spring-27",
    team=LONG_NAME[:60],
    joined=WINDOW[0],
    left=date(2027, 6, 1),
    paused=WINDOW,
    manager=UGLY[1],
    never_with=UGLY[1:3],
    assistants=ASSISTANTS,
    preferences=replace(ASKED, lacking=("hoist",)),
    days=(proposal(state="approved", answered_by=UGLY[1]), proposal(18), proposal(19, state="checking")),
)


SOME_WAIT = KnownAlready(3, 0, (), notice_hours=24, can_tell=True)


def roster(listed: RosterPageRecord) -> Picture:
    shows = {"listed": listed, "shown": "all", "wanted": "", "known": SOME_WAIT}
    return Picture("admin/people.html", ADMIN, shows)


def one_person(found: PersonPageRecord, refused: Refused | None = None, **mistakes: str) -> Picture:
    context = {
        "found": found,
        "all_roles": people_pages.ROLES,
        "offered": preferences.of_roster(found.roles),
        "layout": preference_pages.LAYOUT,
        "today": NOW.date(),
        "labels": people_pages.FIELDS,
        "mistakes": mistakes,
        "refused": refused,
    }
    return Picture("admin/person.html", ADMIN, context)


def departure(last: date | None, says: list[str]) -> Picture:
    context = {"person": UGLY[0], "first": WINDOW[0], "last": last, "says": says}
    return Picture("admin/departure.html", ADMIN, context)


def new_person(**mistakes: str) -> Picture:
    context = {
        "offices": {"london": "London", "far": LONG_NAME},
        "all_roles": people_pages.ROLES,
        "labels": people_pages.FIELDS,
        "mistakes": mistakes,
    }
    return Picture("admin/new_person.html", ADMIN, context)


def choosing() -> dict[str, Any]:
    """A junior's page with a session under way, seats offered, and lines and lists of every kind."""
    desk = session(SessionKind.COWORKING, 10, 0, UGLY[:4], day=NOW.date(), minutes=120, who=UGLY[1])
    online = {"office": None, "room": None, "minutes": 90}
    later = {"day": date(2027, 3, 15)}
    by_need = {"by_need_until": NOW + timedelta(hours=20)}
    kind = SessionKind.COWORKING
    coming = (
        *COMING[:2],
        seat(session(kind, 9, **later), "offered", 4, offered_until=NOW + timedelta(hours=24)),
        seat(session(kind, 11, **later), "offered", 4, offered_until=NOW, clash="you are elsewhere then"),
        seat(session(kind, 12, who=UGLY[0], **later), "waiting", 1, **by_need),
        seat(session(kind, 13, **later), "waiting", 1, by_need_until=NOW),
        seat(session(kind, 14, **later), "waiting", 4, waiting=1, place_in_line=1),
        seat(session(kind, 15, **later), "waiting", 3, waiting=3, place_in_line=3),
    )
    wanted = seat(session(SessionKind.VIRTUAL_COWORKING, 16, **later, **online), "open", 1, **by_need)
    beyond = replace(OPEN[0], beyond="the 2 sessions in four weeks")
    return junior.sorted_out(coming) | {"under_way": (desk,), "open_seats": (wanted, beyond, *OPEN[:2])}


def desk(minutes: int, *done: tuple[int, int], missed: int | None = None, **changes: Any) -> Picture:
    """Co-working, so many minutes after it began; whom the senior has looked in on, by place and round."""
    online = changes.pop("online", False)
    kind = SessionKind.VIRTUAL_COWORKING if online else SessionKind.COWORKING
    made = replace(session(kind, 9, 30, JUNIORS[:2] + UGLY[:6], minutes=120), **changes)
    now = made.start + timedelta(minutes=minutes)
    rounds = tuple(
        RoundRecord(
            number,
            start,
            end,
            tuple(
                CheckInRecord(one, start if (place, number) in done else None, place == missed)
                for place, one in enumerate(made.juniors)
            ),
        )
        for number, (start, end) in enumerate(check_in_rounds(made.start, made.end))
    )
    record = CoworkingRecord(made, rounds, "https://meet.example/room" if online else None)
    return Picture("senior/coworking.html", SENIOR, coworking.shown(record, now))


EVERYBODY_ONCE = tuple((place, 1) for place in range(8))


def offered(answer: bool = False, problem: str | None = None) -> Picture:
    made = OfferedSeatRecord(OPEN[0].session, JUNIORS[0], "token", NOW + timedelta(hours=24), problem)
    context = {"record": made, "passing": answer, "purposes": {made.session.id: FOR_ALL[0]}}
    return Picture("answer/seat.html", None, context)


WISHES = (
    RequestRecord(4, "senior", JUNIORS[5], PRIYA, "", NOW, None, None),
    RequestRecord(3, "topic", JUNIORS[5], None, "שלום " + "x" * 90 + " <b>numbers</b>", NOW, None, None),
    RequestRecord(2, "senior", UGLY[0], UGLY[1], "It is " + "long " * 60, NOW, "Done. " * 40, NOW),
)
ASKABLE = AskableRecord((PRIYA, UGLY[0]), (UGLY[1], UGLY[4]), (UGLY[3],))


def in_private(*made: RequestRecord, **mistakes: str) -> Picture:
    context = {"requests": made, "askable": ASKABLE, "longest": 1000, "mistakes": mistakes}
    return Picture("junior/requests.html", JUNIOR, context)


def requested(*made: RequestRecord, wrong: int | None = None, **mistakes: str) -> Picture:
    context = {"requests": made, "topics": ("data", LONG_NAME), "longest": 1000}
    return Picture("admin/requests.html", ADMIN, context | {"wrong": wrong, "mistakes": mistakes})


GOALS = (
    GoalRecord(1, 106, "Explain what I do to people outside", "They ask:\n- often\n- kindly.", WINDOW[1], 50),
    GoalRecord(2, 106, "שלום " + "x" * 90 + " <b>" + "long " * 30, "Because. " * 60, None, 0),
    GoalRecord(3, 106, "Run a retrospective", "", date(2027, 2, 1), 100, NOW),
)
OBJECTIVES = (
    ObjectiveRecord(1, "Everybody who joins knows three people", "Since they stay.", frozenset(), WINDOW[1]),
    ObjectiveRecord(2, LONG_NAME + " <b>", "", frozenset(list(SessionKind)[:3]), None),
    ObjectiveRecord(3, "Juniors ask for help", "", frozenset({SessionKind.COWORKING}), None, NOW),
)
GROUPS_AHEAD = tuple(
    GroupAhead(
        made,
        Purpose(OBJECTIVES[0].statement, objective_id=1),
        (Choice("objective:1", OBJECTIVES[0].statement), Choice("objective:2", OBJECTIVES[1].statement)),
        chosen,
    )
    for made, chosen in ((four_sessions()[0], ""), (UGLY_DAY.sessions[0], "objective:2"))
)
NO_STATEMENT = {
    "statement": "Please fill this in.",
    "target": "Please give a date within the next five years, or none.",
}


def own_goals(*own: GoalRecord, said: tuple[dict[str, Any], ...] = (), **mistakes: str) -> Picture:
    return Picture("junior/goals.html", JUNIOR, goal_pages.shown(own, mistakes), said)


def lunch_week(
    office: str, *meals: tuple[int, int], eats: tuple[tuple[str, int], ...] | None = None
) -> LunchWeekRecord:
    return LunchWeekRecord(
        date(2027, 3, 8), office, tuple((date(2027, 3, day), many) for day, many in meals), eats
    )


def objectives(*some: ObjectiveRecord, people: int | None = 20, **mistakes: str) -> Picture:
    counts = GoalCountRecord(people, 30, 0 if mistakes else 10) if people else None
    context = goal_pages.shown_objectives(some, mistakes) | {"counts": counts, "groups": GROUPS_AHEAD}
    return Picture("admin/objectives.html", ADMIN, context)


TO_DO = ActionRecord(
    id=4,
    programme_id=1,
    session_id="lunch-1",
    kind=SessionKind.INDIVIDUAL_LUNCH,
    agreed_on=date(2027, 2, 11),
    owner=PRIYA,
    senior=PRIYA,
    junior=JUNIORS[5],
    text="Send the list of books " + "and papers " * 8,
    due=WINDOW[0],
    created_at=NOW,
    done_at=None,
    dropped_at=None,
)
DONE = replace(TO_DO, text="Read the review", due=None, done_at=NOW)
LET_GO = replace(TO_DO, owner=JUNIORS[5], text="Learn Latin", dropped_at=NOW)
PROMISED = replace(TO_DO, text="Bring the wiring diagram", kind=SessionKind.GROUP_MENTORING, junior=None)
BRIEFED = (
    Briefed(
        JUNIORS[5],
        ("pricing", "public speaking"),
        GOALS[:2],
        (TO_DO, replace(TO_DO, owner=JUNIORS[5], text="Try it", due=None), DONE),
        "vegetarian, no nuts",
    ),
    Briefed(UGLY[1], (), GOALS[:1], (), ""),
    Briefed(UGLY[0], (), (), (), ""),
)
OWN_AGENDA = (Step(5, "Welcome <b>"), Step(25, "x" * 90), Step(20, "שלום, world"))


def briefing(leads: bool, made: SessionRecord, agenda: tuple[Step, ...] = (), **more: Any) -> Picture:
    said = guide(made.kind)
    facts: dict[str, Any] = {
        "purpose": Purpose(said.purpose),
        "choices": (),
        "chosen": "",
        "people": (),
        "agreed": (),
        "promised": (),
        "prompts": said.senior_prompts if leads else said.junior_prompts,
        "support": None,
        "link": None,
    }
    mistakes = more.pop("mistakes", {})
    record = Briefing(
        session=made,
        leads=leads,
        agenda=agenda or agenda_for(made.kind, made.minutes),
        own_agenda=bool(agenda),
        **facts | more,
    )
    who = SENIOR if leads else JUNIOR
    return Picture("everybody/briefing.html", who, briefing_pages.shown(record, mistakes))


#: A programme that was made a minute ago.
NOTHING_YET = Beginning(
    name="Mentoring",
    timezone="UTC",
    offices=0,
    rooms=0,
    seniors=0,
    juniors=0,
    taking_part=0,
    without_calendar=0,
    told=0,
    told_last=None,
    waiting=0,
    leaving=0,
    readable=0,
    formats=0,
    sessions=0,
    mails_sent=0,
    mail_problem=None,
    is_reading=False,
    run=None,
    drafted_days=0,
    released=False,
    proposed_days=0,
    asked_seniors=0,
)
HALF_WAY = replace(
    NOTHING_YET,
    name=LONG_NAME,
    timezone="America/Argentina/ComodRivadavia",
    offices=2,
    mails_sent=3,
    mail_problem="The mail server did not take it (550 no such user)",
    seniors=12,
    juniors=80,
    taking_part=91,
    formats=6,
    without_calendar=4,
    told=87,
    told_last=NOW - timedelta(hours=3),
    waiting=87,
)
ALL_DONE = replace(
    HALF_WAY,
    rooms=4,
    mail_problem=None,
    waiting=0,
    readable=85,
    run=(3, "released"),
    drafted_days=9,
    released=True,
    proposed_days=9,
    asked_seniors=6,
)


def guide_of(found: Beginning, *, can_tell: bool = True) -> Guide:
    read_from = found.told_last and found.told_last + timedelta(hours=24)
    return Guide(first_steps.steps(found), found, read_from, read_from is None, can_tell)


def first_steps_page(
    found: Beginning, shown: str | None = None, *, can_tell: bool = True, **mistakes: str
) -> Picture:
    guide = guide_of(found, can_tell=can_tell)
    offices = {"london": "London"} if found.offices else {}
    shows = start.says(guide, Config(), offices, NOW.date())
    return Picture("admin/start.html", ADMIN, shows | {"shown": shown or guide.now, "mistakes": mistakes})


def known_already(known: KnownAlready) -> Picture:
    return Picture("admin/known_already.html", ADMIN, {"known": known})


BEGUN = Guide(first_steps.steps(NOTHING_YET), NOTHING_YET, None, may_read_now=True, can_tell=True)


def nothing_proposed(cause: Nothing, found: Beginning, **more: Any) -> Picture:
    """A draft without a day."""
    empty = replace(PREVIEW, proposals=(), superseded=(), mails=(), **more)
    unplaced = RUN.unplaced if cause is Nothing.NO_PLACE else ()
    picture = run(replace(RUN, sessions=0, by_senior=(), unplaced=unplaced), empty)
    return replace(picture, context=picture.context | {"nothing": cause, "guide": guide_of(found)})


SHEET = Sent("people.csv", "email,name,role\n", SheetOptions())
TRIED = ImportReport(
    SheetKind.PEOPLE,
    (
        ImportedLine(2, "ana@example.org", None, "Ana Sousa (senior)"),
        ImportedLine(
            3, "x" * 60 + "@example.org", None, f"{LONG_NAME} (junior)", "there is no such calendar"
        ),
        ImportedLine(4, "ben@example.org", ("team: – → payments", "days_never: … → mon fri")),
        ImportedLine(
            5, "cy@example.org", (), own=("max_sessions: … → 3 (they set it otherwise themselves)",)
        ),
    ),
    17,
    ("gone@example.org", "left@example.org"),
)


def sheet_tried(
    report: ImportReport, options: SheetOptions = SHEET.options, refused: str | None = None
) -> Picture:
    shows = sheet_pages.tried(report.kind, replace(SHEET, options=options), report)
    return Picture("admin/sheet_tried.html", ADMIN, shows | {"refused": refused})


def sheet_form(kind: SheetKind, sent: Sent | None = None, mistakes: dict[str, str] | None = None) -> Picture:
    return Picture("admin/sheet.html", ADMIN, sheet_pages.form_of(kind, sent, mistakes or {}))


GALLERY: dict[str, Picture] = {
    "first-steps": first_steps_page(NOTHING_YET),
    "first-steps-offices": first_steps_page(
        NOTHING_YET, "offices", name="Please fill this in.", days="Please choose at least one day."
    ),
    "first-steps-rooms": first_steps_page(HALF_WAY, "rooms", capacity="Please give how many people fit in."),
    "first-steps-people": first_steps_page(NOTHING_YET, "people"),
    "first-steps-told": first_steps_page(HALF_WAY),
    "first-steps-untold": first_steps_page(replace(HALF_WAY, told=0, told_last=None), can_tell=False),
    "first-steps-reading": first_steps_page(replace(HALF_WAY, is_reading=True)),
    "first-steps-no-calendars": first_steps_page(
        replace(HALF_WAY, without_calendar=91, told=0, told_last=None)
    ),
    "first-steps-failed": first_steps_page(replace(HALF_WAY, readable=3, run=(3, "failed"))),
    "first-steps-draft": first_steps_page(replace(HALF_WAY, readable=3, run=(3, "draft"), drafted_days=3)),
    "first-steps-leaving": first_steps_page(replace(HALF_WAY, waiting=0, leaving=87, told_last=None)),
    "first-steps-too-early": first_steps_page(HALF_WAY, "plan"),
    "first-steps-nothing-proposed": first_steps_page(replace(HALF_WAY, readable=3, run=(3, "draft"))),
    "first-steps-done": first_steps_page(ALL_DONE),
    "known-already": known_already(KnownAlready(87, 0, (), 24, can_tell=True)),
    "known-already-without-mail": known_already(KnownAlready(87, 0, (), 24, can_tell=False)),
    "known-already-said": known_already(KnownAlready(1, 80, TREATMENT.said, 24, can_tell=True)),
    "known-already-read": known_already(KnownAlready(0, 0, TREATMENT.said, 24, can_tell=True)),
    "known-already-nobody": known_already(KnownAlready(0, 0, (), 24, can_tell=True)),
    "sheets": Picture("admin/sheets.html", ADMIN, {"kinds": tuple(SheetKind)}),
    "sheet-people": sheet_form(SheetKind.PEOPLE),
    "sheet-empty": sheet_form(SheetKind.ROOMS, None, {"text": "Please choose a file, or paste its lines."}),
    "sheet-wrong": sheet_form(
        SheetKind.PEOPLE,
        SHEET,
        {
            "people.csv:2 email": "bob: write a mail address, such as ana@example.org",
            "people.csv:9": "x" * 300,
        },
    ),
    "sheet-tried": sheet_tried(TRIED),
    "sheet-tried-leaving": sheet_tried(
        replace(TRIED, departed=Departed(3, 1, 1, 1, 9)),
        SheetOptions("leave", over_own_choices=True),
        "Something changed since you looked at it. Nothing was taken; look once more.",
    ),
    "sheet-tried-nothing": sheet_tried(ImportReport(SheetKind.ROOMS, (), 4)),
    "briefing": briefing(
        True,
        four_sessions()[2],
        purpose=Purpose(GOALS[0].statement, JUNIORS[5]),
        people=BRIEFED[:1],
        support=SupportRecord(UGLY[0], "Weekdays " * 20),
    ),
    "briefing-group": briefing(
        True,
        replace(four_sessions()[0], juniors=(JUNIORS[5], *UGLY[:2])),
        OWN_AGENDA,
        purpose=Purpose(LONG_NAME, objective_id=1),
        choices=(Choice("objective:1", "Everybody knows three people"), Choice("objective:2", LONG_NAME)),
        chosen="objective:2",
        people=BRIEFED,
        promised=(PROMISED, replace(PROMISED, text="اقرأ الكتاب " + "x" * 90, junior=UGLY[0]), DONE),
        link="https://meet.example/room",
    ),
    "briefing-group-wrong": briefing(
        True,
        four_sessions()[0],
        people=BRIEFED[2:],
        mistakes={"agenda": "line 2: please begin with the minutes it takes, such as “10 Welcome”."},
    ),
    "briefing-empty": briefing(True, replace(four_sessions()[3], juniors=())),
    "briefing-junior": briefing(
        False,
        four_sessions()[2],
        purpose=Purpose(GOALS[0].statement, JUNIORS[5]),
        choices=(Choice("goal:1", GOALS[0].statement), Choice("goal:2", GOALS[1].statement)),
        agreed=(replace(TO_DO, owner=JUNIORS[5]), DONE, LET_GO),
        promised=(PROMISED,),
    ),
    "briefing-junior-online": briefing(False, COMING[2].session, link="https://meet.example/room"),
    "goals": own_goals(
        *GOALS, said=({"text": "Noted: 50 % of the way.", "undo": "/goals/1/progress"} | UNDO,)
    ),
    "goals-empty": own_goals(),
    "goals-full": own_goals(*(replace(GOALS[0], id=n) for n in range(1, 11)), GOALS[2]),
    "goals-wrong": own_goals(GOALS[2], **NO_STATEMENT),
    "goal": Picture("junior/goal.html", JUNIOR, {"goal": GOALS[1], "most": (300, 1000), "mistakes": {}}),
    "goal-wrong": Picture(
        "junior/goal.html", JUNIOR, {"goal": GOALS[0], "most": (300, 1000), "mistakes": NO_STATEMENT}
    ),
    "objectives": objectives(*OBJECTIVES),
    "objectives-empty": objectives(people=None),
    "objectives-wrong": objectives(**NO_STATEMENT, kinds="Please choose from what is offered."),
    "objective": Picture(
        "admin/objective.html",
        ADMIN,
        {
            "objective": OBJECTIVES[1],
            "all_kinds": tuple(SessionKind),
            "most": (300, 1000),
            "mistakes": NO_STATEMENT,
        },
    ),
    "question-worth": question(STILL_WORTH_IT, OTHER_DAYS),
    "question-no-other-day": question(STILL_WORTH_IT),
    "question-closed": question(replace(STILL_WORTH_IT, closed="Midsummer Day"), OTHER_DAYS),
    "question-calendar": question(CALENDAR_MOVED),
    "question-wish": question(
        replace(CALENDAR_MOVED, cause="agree", person=PRIYA, wish_of=UGLY[0], choices=("move", "keep"))
    ),
    "question-answered": question(replace(STILL_WORTH_IT, problem=words.DAY_CHOSEN["online"])),
    "question-on-my-days": replace(
        days(proposal(19, state="approved", day=date(2027, 3, 11))),
        context={
            **senior.sorted_out((proposal(19, state="approved", day=date(2027, 3, 11)),)),
            "asked": (STILL_WORTH_IT,),
            "near_days": (date(2027, 3, 11), date(2027, 3, 12)),
        },
    ),
    "cannot-come": cannot_come(SENIOR, "senior.days", *four_sessions()),
    "cannot-come-junior": cannot_come(JUNIOR, "junior.sessions", *four_sessions()[2:3]),
    "cannot-come-nothing": cannot_come(SENIOR, "senior.days"),
    "senior-days": days(
        proposal(),
        proposal(17, state="checking", day=date(2027, 3, 15)),
        proposal(
            18, state="stale", day=date(2027, 3, 17), refusal="Your calendar has something new at 12:00."
        ),
        proposal(19, state="approved", day=date(2027, 3, 22)),
        proposal(20, state="skipped", day=date(2027, 3, 24)),
        said=(SKIPPED,),
    ),
    "senior-several": days(ONLINE_ONLY, UGLY_DAY, ONE_SESSION),
    "senior-empty": days(),
    "senior-checking": day(proposal(state="checking")),
    "senior-stale": day(proposal(state="stale", refusal="Your calendar has something new at 12:00.")),
    "senior-offered-another": day(
        proposal(
            refusal="Tuesday 9 March no longer fits: your own calendar has something else then. "
            "Thursday 11 March is the next best."
        )
    ),
    "senior-closed": day(proposal(closed="Immaculate Conception")),
    "senior-approved": day(proposal(state="approved", left_out=(four_sessions()[2].id,))),
    "senior-asked-about-events": day(
        proposal(state="approved"),
        event(four_sessions()[0], accepted=3),
        asked(four_sessions()[1], "moved", moved_to=NOW, link="https://meet.example/room"),
        asked(four_sessions()[2], "declined"),
        event(four_sessions()[3], written=False, problem="Ask the administrator to grant events. " * 3),
    ),
    "senior-held": day(proposal(), *(event(each, hold=True) for each in four_sessions())),
    "senior-skipped": day(proposal(state="skipped")),
    "senior-past": day(proposal(day=date(2027, 3, 4), sessions=four_sessions(date(2027, 3, 4)))),
    "senior-other": other(OTHER_DAYS, NOT_ASKED),
    "senior-other-none": other((), NOT_MAY),
    "senior-why-not": other(OTHER_DAYS[:1], NOT_TUESDAY),
    "senior-why-not-wrong": other((), NOT_ASKED, day="Please give a date, such as 2026-03-11."),
    "senior-call-off": Picture("senior/call_off.html", SENIOR, {"proposal": proposal(state="approved")}),
    "simulations": simulations_page(
        simulation(), simulation("failed", 2), simulation("running", 1, own=True)
    ),
    "simulations-none": simulations_page(),
    "simulations-wrong": simulations_page(
        **{"simulation.weeks": "Must be a whole number from 4 to 52.", "own": "A simulation is under way."}
    ),
    "simulation": played(simulation()),
    "simulation-own": played(simulation(own=True)),
    "simulation-pilot": played(simulation(own=True, few=True)),
    "simulation-running": played(simulation("running", many=3)),
    "simulation-queued": played(simulation("queued", many=0)),
    "simulation-stopped": played(simulation("cancelled", many=3)),
    "simulation-stopped-early": played(simulation("cancelled", many=0)),
    "simulation-failed": played(simulation("failed", many=0)),
    "fairness": fair(FAIRNESS),
    "fairness-few": fair(FEW),
    "pictures": Picture("admin/pictures.html", ADMIN, made_up_pictures.shown(12)),
    "pictures-alike": Picture("admin/pictures.html", ADMIN, made_up_pictures.shown(4, alike=True)),
    "pictures-first-month": Picture("admin/pictures.html", ADMIN, made_up_pictures.shown(1)),
    "pictures-empty": Picture("admin/pictures.html", ADMIN, made_up_pictures.nothing()),
    "pictures-wrong": Picture(
        "admin/pictures.html",
        ADMIN,
        made_up_pictures.nothing(month="Please give a month, such as 2026-03."),
    ),
    "pictures-ugly": Picture(
        "admin/pictures.html",
        ADMIN,
        made_up_pictures.shown(
            36, 40, (LONG_NAME, "Llanfairpwllgwyngyllgogerychwyrndrobwll", made_up_pictures.WIDE_NAME)
        ),
    ),
    "fairness-wrong": fair(FAIRNESS, last="Please give dates 4 to 104 weeks apart."),
    "not-reached": unreached(*NOT_REACHED),
    "not-reached-many": unreached(*NOT_REACHED * 50),
    "not-reached-nobody": unreached(),
    "hours": free("The calendar’s owner withdrew the permission.", date(2027, 4, 2)),
    "hours-none": free("none is known here"),
    "hours-wrong": free(
        None,
        tue_to="Please end at least 30 minutes after the beginning.",
        until="Please give a day up to 2027-04-30: eight weeks at most.",
    ),
    "looking-back": looking_back(
        *(past(each) for each in four_sessions(date(2027, 3, 4))[:2]),
        past(four_sessions(date(2027, 3, 4))[3], "fell_through", JUNIORS[6]),
        past(four_sessions(date(2027, 3, 2))[0], "held", Aisha="came", Ben="missed"),
        past(UGLY_DAY.sessions[0]),
        came_of_it=Recognition(23, 41, 17),
    ),
    "looking-back-first": looking_back(
        past(four_sessions(date(2027, 3, 4))[2], "held"), came_of_it=Recognition(1, 1, None)
    ),
    "looking-back-said": with_feedback(
        looking_back(
            *(past(each) for each in four_sessions(date(2027, 3, 4))[:2]),
            past(four_sessions(date(2027, 3, 2))[0], "held"),
            past(four_sessions(date(2027, 3, 2))[3], "fell_through"),
        ),
        FeedbackRecord(True, 4, ""),
    ),
    "looking-back-junior-said": with_feedback(
        looking_back_as_junior(
            past(four_sessions(date(2027, 3, 4))[2]),
            past(four_sessions(date(2027, 3, 2))[2], "held", Farid="came"),
        ),
        FeedbackRecord(True, 1, "A word on it."),
    ),
    "looking-back-empty": looking_back(),
    "looking-back-junior": looking_back_as_junior(
        past(four_sessions(date(2027, 3, 4))[2]),
        past(four_sessions(date(2027, 3, 2))[2], "held", Farid="came"),
        past(four_sessions(date(2027, 3, 1))[2], "fell_through", JUNIORS[5]),
        past(four_sessions(date(2027, 2, 25))[2], "held", Farid="missed"),
        past(four_sessions(date(2027, 2, 24))[0], "fell_through", Aisha="came"),
    ),
    "looking-back-junior-empty": looking_back_as_junior(),
    "answer-approve": link(proposal()),
    "answer-skip": link(ONLINE_ONLY, "skip"),
    "answer-other": link(proposal(), "other"),
    "answer-ugly": link(UGLY_DAY),
    "answer-office-closed": link(proposal(closed="")),
    "answer-closed": link(
        proposal(state="superseded"), problem="a newer proposal took the place of this one on 4 March"
    ),
    "junior": Picture(
        "junior/sessions.html",
        JUNIOR,
        junior.sorted_out(COMING)
        | {
            "open_seats": OPEN,
            "purposes": {
                COMING[0].session.id: Purpose("Moving into data work", JUNIORS[5]),
                COMING[1].session.id: Purpose("Juniors ask for help on the day", objective_id=1),
                **{each.session.id: FOR_ALL[n % 2] for n, each in enumerate((*COMING[2:], *OPEN))},
            },
            "briefed": {each.session.id for each in COMING[:3]},
        },
    ),
    "junior-empty": Picture("junior/sessions.html", JUNIOR, junior.sorted_out(()) | {"open_seats": ()}),
    "junior-choosing": Picture("junior/sessions.html", JUNIOR, choosing()),
    "coworking": desk(40, (0, 0), (1, 0), (2, 0), (0, 1), (3, 1), missed=2),
    "coworking-done": desk(40, *EVERYBODY_ONCE, online=True, office=None, room=None),
    "coworking-before": desk(-10, juniors=JUNIORS[:1]),
    "coworking-over": desk(121, *EVERYBODY_ONCE),
    "coworking-closed": desk(300),
    "coworking-not-open": desk(-60),
    "coworking-empty": desk(5, juniors=()),
    "trends": Picture("admin/evaluation.html", ADMIN, {"record": TRENDS}),
    "trends-few": Picture(
        "admin/evaluation.html",
        ADMIN,
        {"record": replace(TRENDS, seniors=None, juniors=None, words=(), later=True)},
    ),
    "trends-empty": Picture(
        "admin/evaluation.html",
        ADMIN,
        {"record": replace(TRENDS, seniors=None, juniors=None, words=(), any_asked=False, earlier=False)},
    ),
    "evaluation": how_was_it(four_sessions(date(2027, 3, 4))[1], chosen="4"),
    "evaluation-untapped": how_was_it(UGLY_DAY.sessions[0]),
    "evaluation-said": how_was_it(four_sessions(date(2027, 3, 4))[1], FeedbackRecord(True, 4, "")),
    "evaluation-next": how_was_it(
        four_sessions(date(2027, 3, 4))[1],
        FeedbackRecord(True, 4, ""),
        following=session(
            SessionKind.GROUP_LUNCH,
            17,
            day=date(2027, 3, 4),
            office="New York",
            zone="America/New_York",
            who=UGLY[0],
        ),
    ),
    "evaluation-word": how_was_it(UGLY_DAY.sessions[0], FeedbackRecord(True, 1, "a word on it " * 40)),
    "evaluation-not": how_was_it(four_sessions(date(2027, 3, 4))[1], FeedbackRecord(False, None, "")),
    "evaluation-own-absence": how_was_it(
        four_sessions(date(2027, 3, 4))[0], FeedbackRecord(False, None, ""), outcome="held", seat="missed"
    ),
    "evaluation-absent": how_was_it(four_sessions(date(2027, 3, 4))[0], outcome="held", seat="missed"),
    "evaluation-contradicted": how_was_it(
        UGLY_DAY.sessions[0], FeedbackRecord(True, 4, ""), outcome="fell_through", seat="came"
    ),
    "evaluation-again": how_was_it(
        four_sessions(date(2027, 3, 4))[1], FeedbackRecord(True, 4, ""), chosen="no"
    ),
    "evaluation-wrong": how_was_it(
        four_sessions(date(2027, 3, 4))[1],
        FeedbackRecord(True, 4, ""),
        typed="so much " * 200,
        word="Please keep this under 1000 characters; it has 1600.",
    ),
    "evaluation-closed": how_was_it(four_sessions(date(2027, 2, 4))[1], problem=CLOSED),
    "evaluation-hidden": how_was_it(four_sessions(date(2027, 3, 4))[1], is_hidden=True),
    "evaluation-left": how_was_it(
        four_sessions(date(2027, 3, 4))[1],
        problem="You no longer take part in it.",
        to_ask=(PRIYA, *UGLY[:1]),
    ),
    "actions": all_actions(SENIOR, ACTIONS[:4], ACTIONS[4:], CLOSED_ACTIONS),
    "actions-empty": all_actions(JUNIOR, (), (), ()),
    "actions-for-a-senior": all_actions(replace(SENIOR, behind=UGLY[0]), ACTIONS[:2], ACTIONS[4:], ()),
    "action-new": noting(),
    "action-wrong": noting(
        typed={"what": "", "due": "2026-01-01", "owner": "99"},
        owner="Please choose who does it from those who were there.",
        what="Please say in a line what is to be done.",
        due="This day is over. Please take one to come, or none.",
    ),
    "action": noting(ACTIONS[1]),
    "action-closed": noting(CLOSED_ACTIONS[0]),
    "action-link": done_by_link(),
    "action-link-done": done_by_link("This is done. Thank you."),
    "actions-follow": following(
        past(four_sessions(date(2027, 3, 4))[1], "held"), past(four_sessions(date(2027, 3, 4))[2])
    ),
    "actions-follow-junior": following(past(four_sessions(date(2027, 3, 4))[2], "held"), who=JUNIOR),
    "actions-box": replace(days(proposal()), context=days(proposal()).context | FOLLOW_UPS),
    "actions-box-junior": Picture(
        "junior/sessions.html",
        JUNIOR,
        junior.sorted_out(COMING) | {"open_seats": OPEN, "today": NOW.date(), "to_do": ACTIONS[4:5]},
    ),
    "admin-actions": Picture(
        "admin/actions.html", ADMIN, action_pages.shown_counts(ActionCountsRecord(1180, 2311, 407, 861, 402))
    ),
    "admin-lunches": Picture(
        "admin/lunches.html",
        ADMIN,
        {
            "lunches": (
                lunch_week("London", (9, 12), (11, 1), eats=(("vegetarian", 4), ("no nuts", 1))),
                lunch_week(LONG_NAME, (9, 1180), eats=(("x" * 60, 3), ("بلا مكسرات", 2))),
                lunch_week("New York", (10, 2)),
            )
        },
    ),
    "admin-lunches-none": Picture("admin/lunches.html", ADMIN, {"lunches": ()}),
    "admin-actions-few": Picture("admin/actions.html", ADMIN, action_pages.shown_counts(None)),
    "seat": offered(),
    "seat-pass": offered(answer=True),
    "seat-closed": offered(problem="This seat is no longer kept for you. You can join the line again."),
    "requests": in_private(*WISHES),
    "requests-empty": in_private(),
    "requests-wrong": in_private(senior="Please choose a senior of your programme."),
    "admin-requests": requested(*WISHES[:2], replace(WISHES[2], answer=None, answered_at=None)),
    "admin-requests-empty": requested(),
    "admin-requests-wrong": requested(
        *WISHES[:2], wrong=3, text="Please write a word or two.", topic="Please choose from what is offered."
    ),
    "what-is-read": Picture("everybody/what_is_read.html", JUNIOR, {"use": CALENDAR_USE}),
    "what-is-read-not-told": Picture(
        "everybody/what_is_read.html",
        SENIOR,
        {
            "use": replace(
                CALENDAR_USE,
                address=None,
                told_at=None,
                read_at=None,
                times=0,
                reason="It is gone.",
                admins=(),
            )
        },
    ),
    "what-is-read-known": Picture(
        "everybody/what_is_read.html",
        JUNIOR,
        {
            "use": replace(
                CALENDAR_USE,
                read_at=None,
                reason=None,
                noticed_at=NOW,
                read_from=NOW,
                said=SaidKnownRecord(NOW, UGLY[0]),
            )
        },
    ),
    "what-is-read-nothing": Picture(
        "everybody/what_is_read.html",
        ADMIN,
        {"use": replace(CALENDAR_USE, system=None, permissions=(), organizer=None)},
    ),
    "what-is-read-refused": Picture(
        "everybody/what_is_read.html", JUNIOR, {"use": replace(CALENDAR_USE, refused_at=NOW)}
    ),
    "privacy": Picture("everybody/privacy.html", JUNIOR, {"of": TREATMENT}),
    "privacy-asked": Picture(
        "everybody/privacy.html",
        SENIOR,
        {
            "of": replace(
                TREATMENT,
                granted=(),
                organizer=None,
                notice_hours=0,
                said=(),
                admins=(),
                asked_erasure_at=NOW,
            )
        },
    ),
    "opt-out": Picture(
        "everybody/opt_out.html", JUNIOR, {"asked": OptOut(UGLY[0], False, False), "token": "x" * 90}
    ),
    "opt-out-done": Picture(
        "everybody/opt_out.html", JUNIOR, {"asked": OptOut(UGLY[0], True, True), "token": "x" * 90}
    ),
    "admin-erasures": Picture(
        "admin/erasures.html", ADMIN, {"asked": tuple((each, NOW) for each in UGLY), "chosen": None}
    ),
    "admin-erasures-chosen": Picture("admin/erasures.html", ADMIN, {"asked": (), "chosen": UGLY[0]}),
    "admin-erasures-empty": Picture("admin/erasures.html", ADMIN, {"asked": (), "chosen": None}),
    "admin-overview": Picture(
        "admin/overview.html",
        ADMIN,
        {
            "runs": (RUN, replace(RUN, id=6, state="released")),
            "people": ROSTER,
            "known": SOME_WAIT,
            "unread": ROSTER[1:],
            "rooms": ROOMS,
            "unsent": UNSENT,
            "cycle": WEEKLY,
            "organizer": OrganizerRecord(
                f"{'mentoring' * 9}@corp.example",
                NOW,
                "The calendar does not answer.",
                2,
                (
                    EventTroubleRecord("Ask the administrator.", UGLY_DAY.sessions[0]),
                    EventTroubleRecord("", None),
                ),
            ),
        },
    ),
    "admin-overview-empty": Picture(
        "admin/overview.html",
        ADMIN,
        {
            "runs": (),
            "people": (),
            "unread": [],
            "rooms": (),
            "unsent": (),
            "guide": BEGUN,
            "known": replace(SOME_WAIT, can_tell=False),
        },
    ),
    "admin-plans": Picture(
        "admin/plans.html",
        ADMIN,
        {"runs": (PLANNING, RUN), "window": WINDOW, "mistakes": {}, "guide": guide_of(ALL_DONE)},
    ),
    "admin-plans-too-early": Picture(
        "admin/plans.html",
        ADMIN,
        {"runs": (), "window": WINDOW, "mistakes": {}, "guide": guide_of(HALF_WAY)},
    ),
    "admin-plans-wrong": Picture(
        "admin/plans.html",
        ADMIN,
        {"runs": (), "window": WINDOW, "mistakes": WRONG_DATES, "guide": guide_of(ALL_DONE)},
    ),
    **{
        f"admin-draft-nothing-{cause}": nothing_proposed(cause, found)
        for cause, found in (
            (Nothing.NOBODY, NOTHING_YET),
            (Nothing.TOO_EARLY, HALF_WAY),
            (Nothing.READ_SINCE, ALL_DONE),
            (Nothing.UNREADABLE, ALL_DONE),
            (Nothing.NOT_DUE, ALL_DONE),
            (Nothing.NO_PLACE, HALF_WAY),
            (Nothing.UNTOLD, HALF_WAY),
        )
    },
    "admin-draft-in-training": nothing_proposed(Nothing.IN_TRAINING, ALL_DONE, unready=(PRIYA,)),
    "admin-draft-trained-since": nothing_proposed(Nothing.IN_TRAINING, ALL_DONE, ready_since=2),
    "admin-progress": run(PLANNING),
    "admin-queued": run(replace(PLANNING, state="queued", progress=ProgressRecord())),
    "admin-draft": run(RUN, PREVIEW, NOT_ASKED),
    "admin-draft-takes-back": run(RUN, replace(PREVIEW, proposals=(), mails=()), NOT_ASKED),
    "admin-draft-unready": run(RUN, replace(PREVIEW, unready=tuple(UGLY), ready_since=1), NOT_ASKED),
    "admin-nothing-ready": run(
        RUN, replace(PREVIEW, proposals=(), superseded=(), mails=(), unready=(PRIYA,)), NOT_ASKED
    ),
    "admin-why-not": run(replace(RUN, state="released", unplaced=()), None, NOT_IN_FULL),
    "admin-why-not-wrong": run(
        replace(RUN, state="released", unplaced=()),
        None,
        NOT_ASKED,
        day="Please give a date, such as 2026-03-11.",
        proposal="This day is not open any more. Please choose another one.",
    ),
    "admin-failed": run(
        replace(RUN, state="failed", score={}, unplaced=(), error="The planner ran out of memory.")
    ),
    "admin-rooms": Picture("admin/rooms.html", ADMIN, {"rooms": ROOMS}),
    "admin-offices": Picture(
        "admin/offices.html",
        ADMIN,
        made_up_offices.listed(made_up_offices.LONDON, made_up_offices.NEW, made_up_offices.UGLY),
    ),
    "admin-offices-empty": Picture("admin/offices.html", ADMIN, made_up_offices.listed()),
    "admin-office": Picture(
        "admin/office.html", ADMIN, made_up_offices.one(agreed=made_up_offices.AGREED, country="DE")
    ),
    "admin-office-new": Picture(
        "admin/office.html", ADMIN, made_up_offices.one(made_up_offices.NEW) | {"is_used": False}
    ),
    "admin-office-known-until": Picture(
        "admin/office.html", ADMIN, made_up_offices.one(made_up_offices.COLOMBO, known_until=NOW.date())
    ),
    "office-none-known": Picture(
        "admin/office.html",
        ADMIN,
        made_up_offices.one(made_up_offices.COLOMBO) | {"unknown_years": (2027, 2028)},
    ),
    "admin-office-asked": Picture("admin/office.html", ADMIN, made_up_offices.asked()),
    "admin-office-asked-proposed": Picture("admin/office.html", ADMIN, made_up_offices.asked_of_proposed()),
    "admin-office-wrong": Picture("admin/office.html", ADMIN, made_up_offices.wrong()),
    "admin-exports": Picture("admin/exports.html", ADMIN, export_pages.as_shown()),
    "admin-room": one_room(room(closures=CLOSURES)),
    "admin-room-refused": one_room(
        room(),
        refused=TOO_SMALL,
        in_the_way=[
            (each, [room(6), room(7)][: number * 2]) for number, each in enumerate(TOO_SMALL.sessions)
        ],
    ),
    "admin-room-wrong": one_room(
        room(name=LONG_NAME),
        mistakes={
            "capacity": "Please give a whole number from 1 to 10000.",
            "uses": "Please choose from what is offered.",
        },
    ),
    "admin-people": roster(RosterPageRecord(ROSTER, 131, 9_842, 3, 2, 3)),
    "admin-people-none-fit": roster(RosterPageRecord((), 0, 4, 0, 1, 1)),
    "admin-people-empty": roster(RosterPageRecord((), 0, 0, 0, 1, 1)),
    "admin-person": one_person(SEEN),
    "admin-person-plain": one_person(PLAIN),
    "admin-person-beyond": one_person(replace(SEEN, is_beyond=True)),
    "admin-person-refused": one_person(SEEN, refused=Refused(LAST_ADMIN)),
    "admin-person-wrong": one_person(
        replace(SEEN, person=UGLY[1]),
        joined="They leave on 2027-06-01, so they did not join after it.",
        manager="Nobody is known by this address here. Add them first.",
        never_with="This is their own address. Please give somebody else's.",
        left="Please take today or a day to come.",
    ),
    "admin-person-preferences": Picture(
        "admin/person_preferences.html",
        ADMIN,
        {
            "mine": ASKED,
            "offered": preferences.of_roster(ASKED.roles),
            "typed": ASKED.texts,
            "layout": preference_pages.LAYOUT,
            "labels": people_pages.FIELDS,
            "mistakes": {"languages": "Please write short codes, such as en de."},
        },
    ),
    "admin-departure": departure(None, preference_pages.would_say(Departed(3, 2, 1, 1, 9))),
    "admin-departure-pause": departure(WINDOW[1], []),
    "admin-new-person": new_person(),
    "admin-new-person-wrong": new_person(
        email="Priya Raman is in this programme already.",
        roles="Please choose from what is offered.",
        office="Please choose one of the offices.",
        timezone="Please give an IANA zone, such as Europe/London.",
    ),
    "programme": promised(tuple(programmes.usual(kind) for kind in SessionKind)[:5], OWED),
    "programme-new": promised((programmes.usual(SessionKind.COWORKING),), None),
    "programme-empty": promised((), None),
    "programme-weekly": promised((programmes.usual(SessionKind.COWORKING),), OWED, WEEKLY),
    "programme-wrong": promised(
        (),
        None,
        plan_at="Please give a time of day, such as 11:30.",
        timezone="Please give a time zone by its name, such as Europe/London.",
        freeze_hours="Please give 0 to 336 hours; 336 are two weeks.",
    ),
    "format": one_format(SessionKind.COWORKING),
    "format-not-promised": one_format(SessionKind.COFFEE_ROULETTE, promised=False),
    "format-wrong": one_format(
        SessionKind.GROUP_LUNCH,
        weeks="Please give 1 to 52 weeks.",
        room_use="A session online needs no room.",
    ),
    "sign-in": signing_in(demo=(SENIOR, JUNIOR, ADMIN)),
    "sign-in-nobody-yet": replace(signing_in(), context=signing_in().context | {"nobody_runs_it": True}),
    "sign-in-wrong": signing_in(email="Please give a whole mail address, such as priya@example.org."),
    "sign-in-with-account": signing_in(COMPANY),
    "sign-in-unknown": signing_in(COMPANY, problem=UNKNOWN),
    "audit": audited(AUDITED),
    "audit-empty": audited(()),
    "link-sent": Picture("auth/link_sent.html", None, {"email": "priya@example.org"}),
    "open-link": Picture("auth/open_link.html", None, {"person": PRIYA, "token": "token"}),
    "preferences": suiting(SENIOR, ASKED),
    "preferences-paused": suiting(SENIOR, replace(ASKED, paused=WINDOW), ASSISTANTS),
    "preferences-junior": suiting(JUNIOR, replace(ASKED, roles=JUNIOR.roles, lacking=("hoist",)), None),
    "preferences-for-a-senior": suiting(replace(SENIOR, behind=UGLY[0]), ASKED, None),
    "preferences-nothing": suiting(ADMIN, replace(ASKED, roles=ADMIN.roles), None),
    "preferences-wrong": suiting(
        SENIOR,
        ASKED,
        ASSISTANTS,
        max_office_days_per_week="Please write a whole number from 0 to 7.",
        days_never="A day cannot be one on which you are in anyway and one on which you are not.",
        topics="Please keep this under 600 characters.",
        paused_until="The last day comes before the first one.",
        assistant="Nobody is known by this address here. An admin can add them.",
    ),
    "pause": Picture(
        "everybody/pause.html",
        SENIOR,
        {"first": WINDOW[0], "last": WINDOW[1], "says": preference_pages.would_say(Departed(3, 2, 1, 1, 9))},
    ),
    "pause-nothing": Picture(
        "everybody/pause.html", JUNIOR, {"first": WINDOW[0], "last": WINDOW[1], "says": []}
    ),
    "guides": own_path(SENIOR, steps(2), SUPPORT, **READ_ONE),
    "guides-first": own_path(SENIOR, steps(0, ready=False), SUPPORT),
    "guides-empty": own_path(SENIOR, TrainingPathRecord((), True)),
    "guides-for-a-senior": own_path(replace(SENIOR, behind=UGLY[0]), None),
    "guide": a_guide(SENIOR, SessionKind.GROUP_MENTORING),
    "guide-coworking": a_guide(SENIOR, SessionKind.COWORKING, None),
    "guide-for-juniors": a_guide(JUNIOR, SessionKind.COFFEE_ROULETTE),
    "reading": Picture(
        "senior/reading.html",
        SENIOR,
        {
            "step": steps(2).steps[2],
            "sections": guides.readings()["quiet_juniors"].sections,
            "support": SUPPORT,
        },
    ),
    "reading-read": Picture(
        "senior/reading.html",
        SENIOR,
        {"step": steps(9).steps[-1], "sections": training_pages.shown(OWN_ITEM)["sections"], "support": None},
    ),
    "reading-gone": Picture(
        "senior/reading.html", SENIOR, {"step": steps(2).steps[2], "sections": (), "support": None}
    ),
    "training": training((*ITEMS, OWN_ITEM), tuple(UGLY), SUPPORT),
    "training-ready": training(ITEMS[:2], left=True, seniors=4),
    "training-empty": training(),
    "training-wrong": training(
        ITEMS[:1],
        title="Please give it a title.",
        text="Please write what there is to read; an empty line begins a paragraph.",
        minutes="Please give 1 to 240 minutes.",
        due_days="Please give 1 to 365 days.",
        email="Nobody here has this address. Bring them in under People first.",
        note="Please say when and how they are reached, such as: weekdays 9–17, in the chat.",
    ),
    "training-item": training_item(OWN_ITEM),
    "training-item-usual": training_item(replace(ITEMS[1], retired_at=NOW)),
    "training-item-wrong": training_item(OWN_ITEM, minutes="Please give 1 to 240 minutes."),
    "many-roles": replace(days(proposal()), who=member(UGLY[0], "senior", "junior", "admin")),
}


def add_gallery(app: Flask) -> None:
    """Serve every picture through the real application: its filters, policy and style."""

    def show(name: str) -> str:
        picture = GALLERY[name]
        g.members = (picture.who,) if picture.who else ()
        for said in picture.said:
            flash(said, "done")  # type: ignore[arg-type]
        return render_template(picture.template, **picture.context)

    app.add_url_rule("/gallery/<name>", "gallery", show)


def refusing(error: Exception) -> Callable[[], str]:
    """A view that fails with `error`."""

    def view() -> str:
        raise error

    return view
