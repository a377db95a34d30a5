"""Who may open which route: one line a route, and the objects that stand in their addresses.

A route that is not in `ROUTES` fails `test_access_matrix.py`, and so does a name in an address that has no
objects in `Objects`. To add a route, write one line:

    "blueprint.view": ADMINS,                       # who may; everybody else has to get a 404
    "blueprint.view": SENIORS.sending(said="held"), # with form fields that `FORM` lacks, so that the form is
                                                    # good and only access can be what is refused
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

#: Everybody there is, as a browser: strangers, four of the programme, one who only assists Priya, and those
#: of another programme. "demo" is a stranger at an installation in demo mode.
PEOPLE = {
    "stranger": None,
    "junior": "aisha",
    "other junior": "dana",
    "senior": "priya",
    "other senior": "marek",
    "assistant": "sam",
    "admin": "ada",
    "junior elsewhere": "otto",
    "senior elsewhere": "oscar",
    "admin elsewhere": "olga",
    "demo": None,
}
EVERYBODY = frozenset(PEOPLE)
SIGNED_IN_PEOPLE = EVERYBODY - {"stranger", "demo"}


@dataclass(frozen=True)
class May:
    """Who may open a route, whatever object its address names: of that, `Objects` says who may."""

    who: frozenset[str]
    fields: Mapping[str, object] = field(default_factory=dict)  #: "{name}" in one is whoever sends it
    refusal: int = 404
    judged_by: str = (
        ""  #: what judges those who may, where the test of this matrix cannot; else they have to get through
    )

    in_all: bool = False  #: it holds in all of somebody's programmes, and needs an admin of all of them

    def holding_in_all(self) -> May:
        """Of who is in a programme, too, that one does not run, it is refused in words (409)."""
        return replace(self, in_all=True)

    def sending(self, **fields: object) -> May:
        return replace(self, fields=fields)

    def elsewhere(self, why: str) -> May:
        """Nobody gets through here, for a reason; a test of its own looks at those who do."""
        return replace(self, judged_by=why)

    def answering(self, status: int) -> May:
        """Whoever may not is told the same as of something that is not there, by this status."""
        return replace(self, refusal=status)

    def without(self, *who: str) -> May:
        return replace(self, who=self.who - set(who))


OPEN = May(EVERYBODY)
SIGNED_IN = May(SIGNED_IN_PEOPLE)
ADMINS = May(frozenset({"admin", "admin elsewhere"}))
SENIORS = May(frozenset({"senior", "other senior", "senior elsewhere", "assistant"}))
SENIORS_IN_PERSON = SENIORS.without("assistant")
JUNIORS = May(frozenset({"junior", "other junior", "junior elsewhere"}))
BOTH_SIDES = May(SENIORS.who | JUNIORS.who)
SENIORS_AND_JUNIORS = May(SENIORS.who | JUNIORS.who)
BOTH_IN_PERSON = May(SENIORS_IN_PERSON.who | JUNIORS.who)
DEMO = May(frozenset({"demo"}))
#: Opened by whoever holds a mailed link of that purpose, and by nothing else.
BY_LINK = May(frozenset())

ROUTES: dict[str, May] = {
    "static": OPEN,
    "healthz": OPEN,
    # auth
    "auth.home": OPEN,
    "auth.sign_in": OPEN,
    "auth.ask_for_link": OPEN,
    "auth.open_link": BY_LINK,
    "auth.use_link": BY_LINK,
    "auth.begin_with": OPEN.elsewhere("no provider is configured; test_sign_in_with_account"),
    "auth.back_from": OPEN.elsewhere("no provider is configured; test_sign_in_with_account"),
    "auth.sign_in_demo": DEMO,
    "auth.sign_out": OPEN,
    "auth.switch": SIGNED_IN.elsewhere("each has one programme; test_policy"),
    # mailed links
    "answer.show": BY_LINK,
    "answer.decide": BY_LINK,
    "questions.by_link": BY_LINK,
    "questions.answer_by_link": BY_LINK,
    "offered_seat.show": BY_LINK,
    "offered_seat.decide": BY_LINK.sending(answer="take"),
    "evaluation.show": BY_LINK,
    "evaluation.say": BY_LINK.sending(answer="4"),
    "evaluation.say_word": BY_LINK,
    "actions.show_by_link": BY_LINK,
    "actions.say_by_link": BY_LINK.sending(said="done"),
    "privacy.opt_out": BY_LINK,
    "privacy.say_no": BY_LINK,
    # everybody
    "everybody.what_is_read": SIGNED_IN,
    "privacy.allow": SIGNED_IN,
    "privacy.refuse": SIGNED_IN,
    "preferences.show": SIGNED_IN,
    "preferences.change": SIGNED_IN,
    "preferences.undo": SIGNED_IN,
    "preferences.confirm_pause": SIGNED_IN,
    "preferences.pause": SIGNED_IN,
    "preferences.end_pause": SIGNED_IN,
    "preferences.name_assistant": SENIORS_IN_PERSON,
    "preferences.change_copies": SENIORS_IN_PERSON,
    "preferences.end_assistant": SENIORS_IN_PERSON,
    "privacy.how_data_is_treated": SIGNED_IN,
    "privacy.my_data": SIGNED_IN,
    "privacy.ask_erasure": SIGNED_IN,
    "privacy.withdraw_erasure": SIGNED_IN,
    "actions.show": SIGNED_IN,
    "actions.new": SENIORS_AND_JUNIORS.answering(409),
    "actions.agree": SENIORS_AND_JUNIORS.sending(what="Send the draft").answering(409),
    "actions.one": SENIORS_AND_JUNIORS,
    "actions.change": SENIORS_AND_JUNIORS.sending(what="Send the draft").answering(409),
    "actions.say": SENIORS_AND_JUNIORS.sending(said="done"),
    "actions.counts": ADMINS,
    "hours.show": SIGNED_IN,
    "hours.state": SIGNED_IN,
    "hours.withdraw": SIGNED_IN,
    "guides.kind": SIGNED_IN,
    "questions.show": SENIORS,  # of everybody, whoever was asked; here seniors were
    "questions.answer": SENIORS.sending(choice="come"),
    # whoever is in a session
    "evaluation.say_on_page": BOTH_IN_PERSON.sending(answer="4").answering(409),
    "evaluation.say_word_on_page": BOTH_IN_PERSON.sending(word="good").answering(409),
    "evaluation.take_back": BOTH_IN_PERSON.sending(outcome="unsaid", attendance="unsaid").answering(409),
    "briefing.show": BOTH_SIDES,
    "briefing.choose": May(BOTH_SIDES.who | ADMINS.who),
    "briefing.change_agenda": SENIORS.sending(agenda="10 Welcome"),
    "briefing.usual_agenda": SENIORS,
    # seniors
    "guides.show": SENIORS,
    "guides.reading": SENIORS_IN_PERSON,
    "guides.complete": SENIORS_IN_PERSON,
    "guides.take_back": SENIORS_IN_PERSON,
    "senior.answer_event": SENIORS,
    "senior.days": SENIORS,
    "senior.day": SENIORS,
    "senior.other": SENIORS,
    "senior.approve": SENIORS,
    "senior.choose": SENIORS,
    "senior.skip": SENIORS,
    "senior.reopen": SENIORS,
    "senior.call_off": SENIORS,
    "senior.confirm_call_off": SENIORS,
    "questions.confirm_day": SENIORS.elsewhere("only on the eve and the day itself; test_day_questions"),
    "questions.give_up_day": SENIORS.elsewhere("only on the eve and the day itself; test_day_questions"),
    "questions.take_day_back": SENIORS.elsewhere("only after that; test_absence"),
    "coworking.show": SENIORS,
    "coworking.look_in": SENIORS.elsewhere("only while it is on; test_coworking"),
    "coworking.take_back": SENIORS.elsewhere("only while it is on; test_coworking"),
    "coworking.here": SENIORS.elsewhere("only while it is on; test_coworking"),
    "coworking.not_here": SENIORS.elsewhere("only while it is on; test_coworking"),
    "attendance.days": SENIORS,
    "attendance.say_all_held": SENIORS,
    "attendance.take_all_back": SENIORS,
    "attendance.say_outcome": SENIORS.sending(said="held").answering(409),
    "attendance.say_attendance": SENIORS.sending(said="came").answering(409),
    "attendance.put_back": SENIORS.sending(outcome="held", attendance="came").answering(409),
    # juniors
    "junior.sessions": JUNIORS,
    "junior.book": JUNIORS,
    "junior.wait": JUNIORS,
    "junior.give_up": JUNIORS,
    "junior.take_back": JUNIORS,
    "junior.claim": JUNIORS.answering(409),
    "questions.confirm_seats": JUNIORS.elsewhere("only on the eve and the day itself; test_day_questions"),
    "questions.give_up_seats": JUNIORS.elsewhere("only on the eve and the day itself; test_day_questions"),
    "questions.take_seats_back": JUNIORS.elsewhere("only after that; test_absence"),
    "attendance.sessions": JUNIORS,
    "attendance.say_as_junior": JUNIORS.sending(said="came").answering(409),
    "attendance.put_back_as_junior": JUNIORS.sending(outcome="held", attendance="came").answering(409),
    "requests.own": JUNIORS,
    "requests.ask": JUNIORS.sending(about="topic", text="numbers"),
    "requests.withdraw": JUNIORS,
    "goals.mine": JUNIORS,
    "goals.add": JUNIORS,
    "goals.one": JUNIORS,
    "goals.change": JUNIORS,
    "goals.set_progress": JUNIORS,
    "goals.let_go": JUNIORS,
    "goals.take_up_again": JUNIORS,
    # admins
    "requests.waiting": ADMINS,
    "requests.answer": ADMINS.sending(text="Soon.").elsewhere(
        "whoever asked withdraws it first; test_requests"
    ),
    "admin.overview": ADMINS,
    "admin.send_mail_anew": ADMINS,
    "start.show": ADMINS,
    "start.name_programme": ADMINS,
    "start.add_office": ADMINS.sending(name="Office of {name}", days="mon", opens="08:00", closes="18:00"),
    "start.add_room": ADMINS.sending(office="london"),
    "start.send_test_mail": ADMINS,
    "start.promise_usual": ADMINS,
    "start.read_calendars": ADMINS,
    "start.plan": ADMINS,
    "start.known_already": ADMINS,
    "start.tell_otherwise": ADMINS.elsewhere("everybody was told long ago; test_notice"),
    "start.take_back": ADMINS.elsewhere("nothing was said; test_notice"),
    "sheets.kinds": ADMINS,
    "sheets.show": ADMINS,
    "sheets.sample_csv": ADMINS,
    "sheets.try_out": ADMINS.sending(text="email,name,role"),
    "sheets.take": ADMINS.sending(text="email,name,role", as_seen="").elsewhere("what was seen; test_sheets"),
    "admin.try_events_again": ADMINS.elsewhere("no organizer is configured; test_events_on_pages"),
    "admin.plans": ADMINS,
    "admin.start": ADMINS,
    "admin.plan": ADMINS,
    "admin.progress": ADMINS,
    "admin.stop": ADMINS,
    "admin.release": ADMINS,
    "admin.discard": ADMINS,
    "admin.room_list": ADMINS,
    "exports.show": ADMINS,
    "offices.show_all": ADMINS,
    "offices.show": ADMINS,
    "offices.choose_place": ADMINS.sending(place="DE-BY"),
    "offices.close": ADMINS.sending(first="2027-08-02", last="2027-08-02"),
    "offices.reopen": ADMINS.sending(first="2027-06-01", last="2027-06-01"),
    "offices.say_open": ADMINS.sending(day="2027-05-17", open="yes"),
    "offices.drop": ADMINS.elsewhere("people work there; test_offices"),
    "admin.room": ADMINS,
    "admin.change_room": ADMINS,
    "admin.close_room": ADMINS,
    "admin.reopen_room": ADMINS.elsewhere("whoever removes a closure first; test_gallery"),
    "admin.move_session": ADMINS,
    "admin.people": ADMINS,
    "audit.show": ADMINS,
    "simulation.show": ADMINS,
    "simulation.start": ADMINS.sending(own="no"),
    "simulation.one": ADMINS,
    "simulation.progress": ADMINS,
    "simulation.as_csv": ADMINS,
    "simulation.as_png": ADMINS,
    "simulation.stop": ADMINS,
    "simulation.delete": ADMINS,
    "fairness.show": ADMINS,
    "fairness.not_reached": ADMINS,
    "fairness.export": ADMINS,
    "evaluation.trends": ADMINS,
    "evaluation.export": ADMINS,
    "pictures.show": ADMINS,
    "pictures.figures": ADMINS,
    "pictures.image": ADMINS,
    "audit.export": ADMINS,
    "admin.read_calendars": ADMINS,
    "people.show": ADMINS,
    "people.change_roles": ADMINS.sending(roles="junior"),
    "people.change_facts": ADMINS.sending(joined="2027-03-01"),
    "people.invite": ADMINS,
    "people.end_sign_ins": ADMINS.holding_in_all(),
    "people.keep_apart": ADMINS.sending(never_with="ben@example.org").holding_in_all(),
    "people.let_meet": ADMINS.sending(other=1)
    .elsewhere("only of two who are kept apart; test_people_pages")
    .holding_in_all(),
    "people.confirm_departure": ADMINS,
    "people.depart": ADMINS,
    "people.come_back": ADMINS,
    "people.show_preferences": ADMINS,
    "people.change_preferences": ADMINS.holding_in_all(),
    "people.name_assistant": ADMINS.elsewhere("only seniors have one; test_people_pages").holding_in_all(),
    "people.end_assistant": ADMINS.elsewhere("only seniors have one; test_people_pages").holding_in_all(),
    "people.new": ADMINS,
    "people.add": ADMINS.sending(email="let.in.by.{name}@example.org"),
    "goals.objectives": ADMINS,
    "goals.add_objective": ADMINS,
    "goals.objective": ADMINS,
    "goals.change_objective": ADMINS,
    "goals.sooner": ADMINS,
    "goals.later": ADMINS,
    "goals.reach_objective": ADMINS,
    "goals.reopen_objective": ADMINS,
    "goals.end_objective": ADMINS,
    "training.programme": ADMINS,
    "training.start_with_usual": ADMINS,
    "training.add": ADMINS.sending(title="Ours", text="Welcome.", due_days=7),
    "training.item": ADMINS,
    "training.change": ADMINS.sending(title="Ours", text="Welcome.", due_days=7),
    "training.sooner": ADMINS,
    "training.later": ADMINS,
    "training.retire": ADMINS.elsewhere("then it is on nobody's path; test_training_pages"),
    "training.bring_back": ADMINS,
    "training.name_support": ADMINS.sending(note="weekdays, in the chat"),
    "training.name_nobody": ADMINS,
    "meals.lunches": ADMINS,
    "programme.formats": ADMINS,
    "programme.one_format": ADMINS,
    "programme.change": ADMINS,
    "programme.drop": ADMINS,
    "programme.start_with_usual": ADMINS,
    "programme.change_cycle": ADMINS,
    "privacy.erasures": ADMINS,
    "privacy.erase": ADMINS.elsewhere("only of who has asked for it; test_erasure").holding_in_all(),
}

#: What every form is sent; each takes the fields it has.
FORM: dict[str, object] = {
    "version": 1,
    "round": 0,
    "email": "ada@example.org",
    "programme": 1,
    "day": "2027-03-11",
    "first_day": "2027-03-08",
    "last_day": "2027-03-19",
    "answer": "approve",
    "choice": "keep",
    "where": "office",
    "name": "Park",
    "capacity": 8,
    "uses": "meeting",
    "start": "2027-05-03T09:00",
    "end": "2027-05-03T10:00",
    "from_room": "park",
    "to_room": "hall",
    "paused_from": "2027-06-01",
    "paused_until": "2027-06-05",
    "assistant": "ben@example.org",
    "copies": "no",
    "weeks": 4,
    "minutes": 60,
    "fewest": 1,
    "most": 4,
    "open_seats": 0,
    "between_from": "09:00",
    "between_to": "18:00",
    "in_person": "yes",
    "room_use": "none",
    "weeks_between_pairs": 0,
    "plan_on": "thu",
    "plan_at": "06:00",
    "timezone": "Europe/London",
    "weeks_ahead": 4,
    "freeze_hours": 48,
    "statement": "Explain what I do",
    "progress": 50,
    "tue_from": "10:00",
    "tue_to": "12:00",
    "until": "2027-04-01",
}


@dataclass(frozen=True)
class Object:
    """Something in an address: its value there, and who may reach it by a route that is theirs."""

    called: str
    value: object
    who: frozenset[str]
    in_both: bool = False  #: a person of both programmes


#: What may be in an address, by the name it has there. The test makes these (`world`), and adds one to each
#: that does not exist.
Objects = dict[str, list[Object]]

_NONEXISTENT = {
    "kind": "no_such_kind",
    "sheet": "no_such_sheet",
    "filename": "no.css",
    "name": "nobody",
    "picture": "no-such-picture",
    "token": "no-such-token",
    "room_id": "none/such",
    "office_id": "none/such",
    "session_id": "none/such",
    "day": "2027-13-45",
}


def nonexistent(name: str) -> object:
    """A value that nothing has."""
    return _NONEXISTENT.get(name, 99_999)
