"""No one reads or changes another's data: every route × everybody × every kind of object (access.py).

The routes are those that the application has, so a new one is looked at from its first day.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import product
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Connection, delete, insert, select
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from planner.domain import Placement
from tests.web.company import FIRST_DAY, LAST_DAY, a_company, member
from tests.web.made_up import NOW
from tests.web.pages import made_up_simulations
from tests.web.pages.access import (
    ADMINS,
    EVERYBODY,
    FORM,
    JUNIORS,
    PEOPLE,
    ROUTES,
    May,
    Object,
    Objects,
    nonexistent,
)
from tests.web.pages.persons import WEDNESDAY
from web.operations import outbox
from web.operations.roster import import_sheet
from web.pages import create_app
from web.records import Member
from web.sheets.columns import SheetKind
from web.simulation_results import kept as kept_parts
from web.simulation_settings import Settings
from web.site import Site
from web.store import goals as kept_goals
from web.store import links
from web.store import proposals as kept_proposals
from web.store import runs as kept_runs
from web.store import simulations as kept_simulations
from web.store import tables as t
from web.store import training as kept_training
from web.store.proposals import Facts, NewProposal

#: Mailed links by purpose, and the routes that each opens.
LINKS = {
    "decide": {"answer.show", "answer.decide"},
    "sign_in": {"auth.open_link", "auth.use_link"},
    "opt_out": {"privacy.opt_out", "privacy.say_no"},
    "question": {"questions.by_link", "questions.answer_by_link"},
    "seat": {"offered_seat.show", "offered_seat.decide"},
    "feedback": {"evaluation.show", "evaluation.say", "evaluation.say_word"},
    "action": {"actions.show_by_link", "actions.say_by_link"},
}


@dataclass(frozen=True)
class World:
    site: Site
    app: Flask
    demo: Flask
    objects: Objects
    ids: Mapping[str, int]  #: people's, who may be erased underway


# --- a company with two programmes, and one of everything ----------------------------------------


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return a_world(tmp_path_factory)


def a_world(tmp_path_factory: pytest.TempPathFactory) -> World:
    site = a_company(tmp_path_factory.mktemp("company"))
    _another_programme(site, tmp_path_factory.mktemp("files"))
    _an_assistant(site)
    app, demo = create_app(site), create_app(a_company(tmp_path_factory.mktemp("demo"), demo=True))
    for each in (app, demo):
        each.config["WTF_CSRF_ENABLED"] = False  # that forms need their token is test_policy's to see
    names = {name for name in PEOPLE.values() if name is not None}
    return World(site, app, demo, _objects(site), {name: member_id(site, name) for name in names})


def _another_programme(site: Site, folder: Path) -> None:
    """Oscar, Otto and Olga are in it. Bea is in both, and brought into both by the operator."""
    elsewhere = (("oscar", "senior"), ("otto", "junior"), ("olga", "admin"), ("bea", "senior"))
    for programme, people in (("Elsewhere", elsewhere), ("Mentoring", (("bea", "senior"),))):
        rows = ["email,name,role,offices,timezone"]
        for name, role in people:
            rows.append(f"{name}@example.org,{name.title()},{role},london,Europe/London")
        file = folder / "people.csv"
        file.write_text("\n".join(rows) + "\n", encoding="utf-8")
        import_sheet(site, SheetKind.PEOPLE, file, NOW, programme=programme)


def _an_assistant(site: Site) -> None:
    """Sam is in no programme, and answers for Priya."""
    with site.store.writing() as connection:
        like = dict(
            connection.execute(select(t.person).where(t.person.c.email == "priya@example.org")).one()._mapping
        )
        del like["id"]
        sam = connection.execute(insert(t.person).values({**like, "email": "sam@example.org", "name": "Sam"}))
        connection.execute(
            insert(t.assistant).values(
                senior_id=member(site, "priya").person.id,
                assistant_id=sam.inserted_primary_key[0],
                since=NOW,
            )
        )


def _objects(site: Site) -> Objects:
    proposals, released, drafts = {}, {}, {}
    for senior in ("priya", "marek", "oscar"):
        released[senior], proposals[senior] = _proposed(site, senior)
    for senior in ("priya", "oscar"):
        drafts[senior] = _draft(site, senior, f"draft-{senior}")
    with site.store.writing() as connection:
        agreed = {
            "open-priya": _session(connection, site, "open-priya", "priya", [], open_seats=3),
            "open-oscar": _session(connection, site, "open-oscar", "oscar", [], open_seats=3),
            "shut-marek": _session(connection, site, "shut-marek", "marek", ["dana"]),
            "past-priya": _session(connection, site, "past-priya", "priya", ["aisha"], days=-5),
            "past-marek": _session(connection, site, "past-marek", "marek", ["dana", "aisha"], days=-5),
            "past-oscar": _session(connection, site, "past-oscar", "oscar", ["otto", "aisha"], days=-5),
        }
        questions = {name: _question(connection, site, name, proposals[name]) for name in proposals}
        events = {name: _event(connection, f"due-{name}") for name in proposals}
        closure = connection.execute(
            insert(t.room_closure).values(
                room_id="park", start=NOW + timedelta(days=50), end=NOW + timedelta(days=51), reason=""
            )
        ).inserted_primary_key[0]
        connection.execute(
            insert(t.office_closure).values(
                office_id="london", day=date(2027, 5, 17), reason="", holiday=True, open_anyway=False
            )
        )
        requests = {name: _request(connection, member(site, name)) for name in ("aisha", "dana", "otto")}
        goals = {name: _goal(connection, member(site, name)) for name in ("aisha", "dana", "otto")}
        simulations = {name: _simulation(connection, member(site, name)) for name in ("ada", "olga")}
        objectives = {name: _objective(connection, member(site, name)) for name in ("ada", "olga")}
        items = {name: _item(connection, member(site, name)) for name in ("ada", "olga")}
        actions = {
            name: _action(connection, site, name, f"past-{senior}")
            for name, senior in (("aisha", "priya"), ("dana", "marek"), ("otto", "oscar"))
        }
        tokens = {purpose: _token(connection, site, purpose) for purpose in LINKS}
    priyas, mareks = frozenset({"senior", "assistant"}), frozenset({"other senior"})
    oscars = frozenset({"senior elsewhere"})
    here, there = frozenset({"admin"}), frozenset({"admin elsewhere"})
    return {
        "proposal_id": [
            Object("Priya's", proposals["priya"], priyas | here),
            Object("Marek's", proposals["marek"], mareks | here),
            Object("of another programme", proposals["oscar"], oscars | there),
        ],
        "event_id": [
            Object("Priya's", events["priya"], priyas),
            Object("Marek's", events["marek"], mareks),
            Object("of another programme", events["oscar"], oscars),
        ],
        "question_id": [
            Object("Priya's", questions["priya"], priyas),
            Object("Marek's", questions["marek"], mareks),
            Object("of another programme", questions["oscar"], oscars),
        ],
        "person_id": [
            Object("Aisha", member_id(site, "aisha"), here),
            Object("Otto", member_id(site, "otto"), there),
            Object("Bea, of both", member_id(site, "bea"), here | there, in_both=True),
        ],
        "day": [Object("a day", WEDNESDAY.isoformat(), JUNIORS.who)],
        "run_id": [
            Object("a draft", drafts["priya"], here),
            Object("a released one", released["priya"], here),
            Object("another programme's", drafts["oscar"], there),
        ],
        "session_id": [
            Object("open seats", agreed["open-priya"], priyas | here | {"junior", "other junior"}),
            Object("open seats elsewhere", agreed["open-oscar"], oscars | there | {"junior elsewhere"}),
            Object("Dana's", agreed["shut-marek"], mareks | here | {"other junior"}),
            Object("Aisha's past one", agreed["past-priya"], priyas | here | {"junior"}),
            Object("Dana's past one", agreed["past-marek"], mareks | here | {"other junior", "junior"}),
            Object("past, elsewhere", agreed["past-oscar"], oscars | there | {"junior elsewhere", "junior"}),
        ],
        "request_id": [
            Object("Aisha's", requests["aisha"], here | {"junior"}),
            Object("Dana's", requests["dana"], here | {"other junior"}),
            Object("of another programme", requests["otto"], there | {"junior elsewhere"}),
        ],
        "goal_id": [
            Object("Aisha's", goals["aisha"], frozenset({"junior"})),
            Object("Dana's", goals["dana"], frozenset({"other junior"})),
            Object("of another programme", goals["otto"], frozenset({"junior elsewhere"})),
        ],
        "simulation_id": [
            Object("the programme's", simulations["ada"], here),
            Object("another programme's", simulations["olga"], there),
        ],
        "objective_id": [
            Object("the programme's", objectives["ada"], here),
            Object("another programme's", objectives["olga"], there),
        ],
        "action_id": [
            Object("Aisha's", actions["aisha"], priyas | {"junior"}),
            Object("Dana's", actions["dana"], mareks | {"other junior"}),
            Object("of another programme", actions["otto"], oscars | {"junior elsewhere"}),
        ],
        "item_id": [
            Object("of the path", items["ada"], here | {"senior", "other senior"}),
            Object("of another path", items["olga"], there | {"senior elsewhere"}),
        ],
        "room_id": [Object("a room", "park", ADMINS.who)],  # rooms are the company's, not a programme's
        "office_id": [Object("an office", "london", ADMINS.who)],
        "closure_id": [Object("a closure", closure, ADMINS.who)],
        "sheet": [Object("a kind of sheet", "people", ADMINS.who)],
        "kind": [Object("a kind", "group_lunch", EVERYBODY)],
        "assistant_id": [Object("Priya's", member_id(site, "sam"), frozenset({"senior"}))],
        "name": [],
        "picture": [Object("a picture", "rooms", ADMINS.who)],
        "filename": [Object("a file", "officeday.css", EVERYBODY)],
        "token": [Object(purpose, token, frozenset()) for purpose, token in tokens.items()],
    }


def member_id(site: Site, name: str) -> int:
    with site.store.reading() as connection:
        query = select(t.person.c.id).where(t.person.c.email == f"{name}@example.org")
        return connection.execute(query).scalar_one()


def _request(connection: Connection, by: Member) -> int:
    """A private one, of this junior's."""
    asked = insert(t.private_request).values(
        programme_id=by.programme_id, person_id=by.person.id, about="topic", text="numbers", created_at=NOW
    )
    return int(connection.execute(asked).inserted_primary_key[0])


def _goal(connection: Connection, of: Member) -> int:
    """One of this junior's."""
    return kept_goals.add_goal(connection, of.programme_id, of.person.id, NOW, statement="Learn to listen")


def _objective(connection: Connection, of: Member) -> int:
    """One of this admin's programme."""
    words = "Everybody knows three people"
    return kept_goals.add_objective(connection, of.programme_id, words, "", (), None, NOW)


def _item(connection: Connection, of: Member) -> int:
    """Something to read of this admin's programme."""
    facts = {"title": "Welcome", "text": "Hello.", "minutes": 3, "due_days": 7, "required": False}
    return kept_training.add(connection, of.programme_id, facts, NOW)


def _action(connection: Connection, site: Site, owner: str, session_id: str) -> int:
    """What a junior agreed to do after a session."""
    of = member(site, owner)
    noted = insert(t.action).values(
        programme_id=of.programme_id, session_id=session_id, owner_id=of.person.id, text="", created_at=NOW
    )
    return int(connection.execute(noted).inserted_primary_key[0])


def _session(
    connection: Connection,
    site: Site,
    session_id: str,
    senior: str,
    juniors: list[str],
    *,
    open_seats: int = 0,
    days: int | None = 5,
) -> str:
    """An agreed session, so many days from now; None: one that is due."""
    of = member(site, senior)
    values = {"state": "agreed", "start": NOW + timedelta(days=days), "seats_held": 3} if days else {}
    connection.execute(
        insert(t.session).values(
            id=session_id,
            programme_id=of.programme_id,
            kind="coworking",
            senior_id=of.person.id,
            seats_min=1,
            seats_max=3,
            open_seats=open_seats,
            minutes=60,
            between_from="08:00",
            between_to="18:00",
            office_id="london",
            room_id="hall" if days else None,
            room_use="coworking",
            first_day=FIRST_DAY,
            last_day=LAST_DAY,
            **values,
        )
    )
    for name in juniors:
        connection.execute(
            insert(t.seat).values(
                session_id=session_id, person_id=member_id(site, name), state="booked", since=NOW
            )
        )
    return session_id


def _simulation(connection: Connection, by: Member) -> int:
    """One that waits, with figures already; its id."""
    settings = {"own": False} | Settings().tables()
    simulation_id = kept_simulations.add(connection, by.programme_id, settings, by.person.id, NOW)
    progress = {"done": 8, "of": 20, "parts": kept_parts(made_up_simulations.parts())}
    kept_simulations.change(connection, simulation_id, ("queued",), progress=progress)
    return simulation_id


def _draft(site: Site, senior: str, session_id: str, hour: int = 9) -> int:
    """A run that drafts one session of theirs; its id."""
    of = member(site, senior)
    start = datetime(WEDNESDAY.year, WEDNESDAY.month, WEDNESDAY.day, hour, tzinfo=NOW.tzinfo)
    with site.store.writing() as connection:
        _session(connection, site, session_id, senior, [], days=None)
        run_id = kept_runs.add(connection, of.programme_id, FIRST_DAY, LAST_DAY, None, NOW)
        result = {"supersedes": [], "sessions": 1}
        kept_runs.change(connection, run_id, state="draft", result=result, finished_at=NOW)
        placed = (Placement(session_id, start, "hall", ()),)
        draft = NewProposal(of.person.id, WEDNESDAY, "london", placed, Facts(why=(), dates_one_by_one=()))
        kept_proposals.add_drafts(connection, of.programme_id, run_id, [draft], NOW)
    return run_id


def _proposed(site: Site, senior: str) -> tuple[int, int]:
    """The same, released: the run and its proposal."""
    run_id = _draft(site, senior, f"due-{senior}")
    with site.store.writing() as connection:
        query = select(t.proposal.c.id).where(t.proposal.c.run_id == run_id)
        proposal_id = connection.execute(query).scalar_one()
        kept_runs.change(connection, run_id, state="released")
        expires_at = NOW + timedelta(days=4)
        kept_proposals.change(connection, proposal_id, state="proposed", expires_at=expires_at)
    return run_id, proposal_id


def _event(connection: Connection, session_id: str) -> int:
    wanted = insert(t.calendar_event).values(
        key=session_id, organizer="caldav:us", session_id=session_id, next_attempt_at=NOW
    )
    return connection.execute(wanted).inserted_primary_key[0]


def _question(connection: Connection, site: Site, senior: str, proposal_id: int) -> int:
    asked = insert(t.day_question).values(
        cause="below",
        person_id=member_id(site, senior),
        proposal_id=proposal_id,
        facts={"sessions": []},
        asked_at=NOW,
        expires_at=NOW + timedelta(days=4),
    )
    return connection.execute(asked).inserted_primary_key[0]


def _token(connection: Connection, site: Site, purpose: str) -> str:
    link_id = links.add(connection, purpose, member_id(site, "priya"), NOW, NOW + timedelta(days=9))
    return outbox.signer(site).url("decide", link_id).rpartition("/")[2]


# --- going through all of it ---------------------------------------------------------------------


@dataclass(frozen=True)
class Try:
    """One way of opening a route."""

    rule: Rule
    method: str
    address: str
    who: str
    objects: tuple[Object, ...]
    may: May

    @property
    def is_beyond(self) -> bool:
        """Is it of somebody of both programmes, and holds in both? Nobody runs both here."""
        return self.may.in_all and any(each.in_both for each in self.objects)

    @property
    def is_allowed(self) -> bool:
        mine = self.who in self.may.who and all(self.who in each.who for each in self.objects)
        return mine and not self.is_beyond

    def __str__(self) -> str:
        of = ", ".join(each.called for each in self.objects)
        return f"{self.method} {self.rule.rule} ({of or 'no object'}) by {self.who}"


def tries(world: World) -> Iterator[Try]:
    urls = world.app.url_map.bind("127.0.0.1")
    order = list(ROUTES)
    known = [rule for rule in world.app.url_map.iter_rules() if rule.endpoint in ROUTES]
    for rule in sorted(known, key=lambda rule: order.index(rule.endpoint)):
        names = sorted(rule.arguments)
        for objects in product(*(_objects_called(world, rule, name) for name in names)):
            values = {name: each.value for name, each in zip(names, objects, strict=True)}
            for method in sorted((rule.methods or set()) & {"GET", "POST"}):
                address = urls.build(rule.endpoint, values, method)
                for who in PEOPLE:
                    yield Try(rule, method, address, who, objects, ROUTES[rule.endpoint])


def _objects_called(world: World, rule: Rule, name: str) -> list[Object]:
    found = world.objects.get(name)
    assert found is not None, f"<{name}> in {rule.rule} has no objects: add some to _objects, with who may"
    if name == "token":
        found = [each for each in found if rule.endpoint not in LINKS[each.called]]
    return [*found, Object("nonexistent", nonexistent(name), frozenset())]


def attempt(world: World, each: Try) -> TestResponse:
    app = world.demo if each.who == "demo" else world.app
    for limiter in app.extensions["limiter"]:
        limiter.reset()  # who may is the question here, not how often
    browser = app.test_client()
    name = PEOPLE[each.who]
    if name is not None:
        with browser.session_transaction() as cookie:
            since = (NOW + timedelta(seconds=1)).isoformat()  # so that signing out does not end it
            cookie.update(person=world.ids[name], since=since)
    fields = {
        **FORM,
        "person": world.ids["aisha"],
        "email": f"{name or 'nobody'}@example.org",
        **{
            field: value.replace("{name}", name or "nobody") if isinstance(value, str) else value
            for field, value in each.may.fields.items()
        },
    }
    if each.rule.endpoint == "auth.sign_in_demo" and each.who == "demo":
        fields["person"] = member_id(world.demo.extensions["officeday"], "ada")
    if each.method == "GET":
        asks = each.rule.endpoint in ("preferences.confirm_pause", "people.confirm_departure")
        return browser.get(each.address, query_string=fields if asks else None)
    return browser.post(each.address, data=fields)


def is_turned_away(answer: TestResponse, status: int = 404) -> bool:
    return answer.status_code in (404, status) or (
        answer.status_code == 303 and answer.location.partition("?")[0] == "/sign-in"
    )


def test_every_route_says_who_may_open_it(world: World) -> None:
    there = {rule.endpoint for rule in world.app.url_map.iter_rules()}

    assert there - set(ROUTES) == set(), (
        "say who may open these routes: one line each in ROUTES of tests/web/pages/access.py, such as "
        '"blueprint.view": ADMINS'
    )
    assert set(ROUTES) - there == set(), "these routes are gone: remove their lines from ROUTES"


def test_every_route_asks_for_a_sign_in_but_those_that_strangers_may_open(world: World) -> None:
    unguarded = {
        endpoint for endpoint, view in world.app.view_functions.items() if not hasattr(view, "required_role")
    }

    for endpoint in unguarded:
        may = ROUTES[endpoint]
        by_link = not may.who
        assert may.who == EVERYBODY or by_link or endpoint in ("auth.sign_in_demo", "auth.switch"), (
            f"{endpoint} lacks @member_required"
        )


def test_whoever_may_not_is_turned_away_from_everything(world: World) -> None:
    wrong = set()
    for each in tries(world):
        if not each.is_allowed and each.may.who != EVERYBODY:
            answer = attempt(world, each)
            refused_in_words = each.is_beyond and each.who in each.may.who
            if not is_turned_away(answer, 409 if refused_in_words else each.may.refusal):
                wrong.add(f"{each}: {answer.status_code} {answer.headers.get('Location', '')}")

    assert wrong == set(), (
        "a 422 asks for its fields in FORM; anything else is somebody who may not, and does"
    )


def test_whoever_may_gets_through(world: World) -> None:
    """So that nobody above was turned away for another reason than who they are."""
    through: set[tuple[str, str]] = set()
    tried: set[tuple[str, str]] = set()
    wrong = set()
    for each in tries(world):
        if each.is_allowed:
            answer = attempt(world, each)
            if answer.status_code >= 500 or answer.status_code == 422:
                wrong.add(f"{each}: {answer.status_code}")
            tried.add((each.rule.endpoint, each.who))
            if answer.status_code in (200, 303, 409):
                through.add((each.rule.endpoint, each.who))
    may = {(endpoint, who) for endpoint, may in ROUTES.items() for who in may.who if not may.judged_by}

    assert wrong == set(), "a 422 asks for its fields in FORM"
    assert {each for each in may & tried if each not in through} == set()
    assert {endpoint for endpoint, _ in may} <= {endpoint for endpoint, _ in tried}


# --- admins of one programme, and who is in another one ------------------------------------------

#: Fields in which a form may name somebody, by address or by number.
BY_ADDRESS = ("email", "assistant", "never_with", "manager")
BY_NUMBER = ("person", "other", "owner")


@pytest.mark.parametrize("name", ["aisha", "bea"])
def test_no_form_of_an_admin_reaches_what_is_another_programmes(
    tmp_path_factory: pytest.TempPathFactory, name: str
) -> None:
    """Olga sends every form for admins, with somebody of "Mentoring" wherever a person may be named."""
    world = a_world(tmp_path_factory)
    who = member_id(world.site, name)
    named = dict.fromkeys(BY_ADDRESS, f"{name}@example.org") | dict.fromkeys(BY_NUMBER, who)
    named["text"] = f"email,name,role,travel_minutes\n{name}@example.org,Somebody,senior,45\n"
    before = kept_of(world.site, who)
    changed = set()
    forms = [each for each in tries(world) if each.method == "POST" and each.may.who == ADMINS.who]
    for each in forms:
        if each.who == "admin elsewhere" and _may_be_of(each, who):
            aimed = replace(each, may=replace(each.may, fields={**each.may.fields, **named}))
            attempt(world, aimed)
            if (after := kept_of(world.site, who)) != before:
                changed.add(f"{each}: {_differing(before, after)}")
                before = after

    assert len(forms) > 100
    assert changed == set()


def _may_be_of(each: Try, who: int) -> bool:
    """With a person in its address, only that one."""
    people = [
        one
        for name, one in zip(sorted(each.rule.arguments), each.objects, strict=True)
        if name == "person_id"
    ]
    return all(one.value == who for one in people)


def kept_of(site: Site, who: int) -> dict[str, list[tuple[object, ...]]]:
    """What is theirs everywhere, and what they are in the first programme."""
    m, a, n, i = t.membership.c, t.assistant.c, t.never_pair.c, t.identity.c
    part, p, s = t.participation.c, t.proposal.c, t.session.c
    queries = {
        "person": select(t.person).where(t.person.c.id == who),
        "offices": select(t.person_office).where(t.person_office.c.person_id == who),
        "assistants": select(t.assistant).where((a.senior_id == who) | (a.assistant_id == who)),
        "never": select(t.never_pair).where((n.one_id == who) | (n.other_id == who)),
        "accounts": select(t.identity).where(i.person_id == who),
        "roles": select(t.membership).where(m.person_id == who, m.programme_id == 1),
        "part": select(t.participation).where(part.person_id == who, part.programme_id == 1),
        "days": select(t.proposal).where(p.senior_id == who, p.programme_id == 1),
        "sessions": select(t.session).where(s.senior_id == who, s.programme_id == 1),
    }
    with site.store.reading() as connection:
        return {what: [tuple(row) for row in connection.execute(query)] for what, query in queries.items()}


def _differing(before: Mapping[str, object], after: Mapping[str, object]) -> list[str]:
    return [what for what in before if before[what] != after[what]]


# --- what changes while somebody is signed in ----------------------------------------------------


@pytest.mark.parametrize(
    ("name", "role", "page"), [("ada", "admin", "/admin"), ("aisha", "junior", "/sessions")]
)
def test_a_role_that_is_taken_away_is_gone_at_once(tmp_path: Path, name: str, role: str, page: str) -> None:
    site = a_company(tmp_path)
    browser = create_app(site).test_client()
    with browser.session_transaction() as cookie:
        cookie.update(person=member_id(site, name), since=NOW.isoformat())
    assert browser.get(page).status_code == 200

    mine = t.membership.c.person_id == member_id(site, name)
    with site.store.writing() as connection:
        connection.execute(delete(t.membership).where(mine, t.membership.c.role == role))

    assert is_turned_away(browser.get(page))


def test_signing_out_ends_it_on_every_device(tmp_path: Path) -> None:
    site = a_company(tmp_path)
    app = create_app(site)
    app.config["WTF_CSRF_ENABLED"] = False
    here, there = app.test_client(), app.test_client()
    for browser in (here, there):
        with browser.session_transaction() as cookie:
            cookie.update(person=member_id(site, "aisha"), since=NOW.isoformat())

    here.post("/sign-out")

    assert is_turned_away(there.get("/sessions"))
