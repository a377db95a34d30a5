"""What the page of plain words says of who sees what is so: a word in each kind of data, sought everywhere.

Aisha is a junior, Priya a senior who is about to meet her, Sam answers for Priya. Whoever is not named as a
reader finds nothing.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Connection, insert, update

from tests.web.made_up import NOW
from tests.web.pages.test_access_matrix import World, a_world, member_id
from tests.web.pages.test_looks_are_noted import addresses
from web.store import personal
from web.store import tables as t

#: Whoever it is about, those they meet and do not meet, an assistant, and admins here and elsewhere.
READERS = ("aisha", "dana", "priya", "marek", "sam", "ada", "olga")


@dataclass(frozen=True)
class Word:
    """A word that stands in one kind of data, and who may find it."""

    text: str
    category: str
    says: str  #: of that category's "seen by", or what is said beside all of them
    readers: frozenset[str]


WORDS = (
    Word("halalcanary", "Who you are, and what suits you", "nobody but you", frozenset({"aisha"})),
    Word("stepfreecanary", "Who you are, and what suits you", "nobody but you", frozenset({"aisha"})),
    Word(
        "veganseniorcanary", "Who you are, and what suits you", "whoever answers", frozenset({"priya", "sam"})
    ),
    Word(
        "rampseniorcanary", "Who you are, and what suits you", "whoever answers", frozenset({"priya", "sam"})
    ),
    Word("addresscanary", "Who you are, and what suits you", "only in which system", frozenset()),
    Word("topiccanary", "Who you are, and what suits you", "admins who you are", frozenset({"aisha", "ada"})),
    Word(
        "goalcanary",
        "Goals, actions and training",
        "goals: a senior who is about to meet you (or whoever that senior named to answer for them)",
        frozenset({"aisha", "priya", "sam"}),
    ),
    Word(
        "actioncanary",
        "Goals, actions and training",
        "whoever you agreed on them with (or whoever that senior named to answer for them)",
        frozenset({"aisha", "priya", "sam"}),
    ),
    Word("feedbackcanary", "How sessions were", "nobody by your name", frozenset({"aisha"})),
    Word("requestcanary", "What you ask in private", "admins of your programme", frozenset({"aisha", "ada"})),
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = a_world(tmp_path_factory)
    with world.site.store.writing() as connection:
        _write(connection, member_id(world.site, "aisha"), member_id(world.site, "priya"))
    return world


def _write(connection: Connection, aisha: int, priya: int) -> None:
    p = t.person
    of_aisha = {
        p.c.eats: "halalcanary",
        p.c.room_needs: ["stepfreecanary"],
        p.c.topics: ["topiccanary"],
        p.c.calendar: "ics:https://calendar.example.org/private-addresscanary/basic.ics",
    }
    of_priya = {p.c.eats: "veganseniorcanary", p.c.room_needs: ["rampseniorcanary"]}
    connection.execute(update(p).where(p.c.id == aisha).values(of_aisha))
    connection.execute(update(p).where(p.c.id == priya).values(of_priya))
    connection.execute(update(t.goal).where(t.goal.c.person_id == aisha).values(statement="goalcanary"))
    connection.execute(update(t.action).where(t.action.c.owner_id == aisha).values(text="actioncanary"))
    connection.execute(
        update(t.private_request).where(t.private_request.c.person_id == aisha).values(text="requestcanary")
    )
    seat = {"session_id": "open-priya", "person_id": aisha, "state": "booked", "since": NOW}
    connection.execute(insert(t.seat).values(seat))
    said = {"session_id": "past-priya", "person_id": aisha, "happened": True, "useful": 4}
    connection.execute(insert(t.feedback).values(said | {"comment": "feedbackcanary", "at": NOW}))


def signed_in(world: World, who: str) -> FlaskClient:
    browser = world.app.test_client()
    with browser.session_transaction() as session:
        session["person"] = member_id(world.site, who)
        session["since"] = session["seen"] = NOW.isoformat()
    return browser


def page_of(world: World, who: str, address: str) -> str:
    return signed_in(world, who).get(address).text


@pytest.fixture(scope="module")
def found(world: World) -> dict[str, set[str]]:
    """By word who found it on a page."""
    words = re.compile("|".join(word.text for word in WORDS))
    found = defaultdict(set)
    for who in READERS:
        browser = signed_in(world, who)
        for endpoint, address in addresses(world):
            if "token" not in next(world.app.url_map.iter_rules(endpoint)).arguments:
                for limiter in world.app.extensions["limiter"]:
                    limiter.reset()
                for text in words.findall(browser.get(address).data.decode("utf-8", "replace")):
                    found[text].add(who)
    return found


@pytest.mark.parametrize("word", WORDS, ids=lambda word: word.text)
def test_only_those_see_it_who_are_said_to(found: dict[str, set[str]], word: Word) -> None:
    said = next(each.seen_by for each in personal.CATEGORIES if each.title == word.category)

    assert word.says in said
    assert found[word.text] == word.readers


def test_who_reads_a_goal_is_said_where_it_is_set_and_where_it_is_read(world: World) -> None:
    briefing = "/sessions/open-priya/briefing"

    set_here = page_of(world, "aisha", "/goals")
    assert "Nobody else does, but whoever such a senior named to answer for them" in set_here
    assert "other juniors see nothing" not in set_here
    assert "by you (or whoever you named to answer for you), for this" in page_of(world, "priya", briefing)
    read_by_sam = page_of(world, "sam", briefing)
    assert "by <bdi>Priya</bdi> (or whoever they named to answer for them), for this" in read_by_sam


def test_the_page_says_what_an_assistant_sees_and_that_admins_see_no_limits(world: World) -> None:
    page = page_of(world, "aisha", "/privacy")

    assert "that assistant sees the days, sessions, actions and questions of their senior" in page
    assert "the goals of juniors whom that senior is about to meet" in page
    assert "no admin either" in page
    assert all(category.title in page for category in personal.CATEGORIES)
