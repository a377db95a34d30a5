"""What people eat: said once, read by whoever has lunch with them, and counted for whoever orders."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from planner.domain import SessionKind
from tests.web.company import a_company, member
from tests.web.history import History
from tests.web.made_up import NOW
from tests.web.pages.persons import Person
from web.errors import Misfilled, NotFound
from web.operations import meals, preferences
from web.operations.roster import import_sheet
from web.pages import create_app
from web.sheets.columns import SheetKind
from web.site import Site
from web.store import tables as t

NOON = NOW + timedelta(days=4, hours=2)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return a_company(tmp_path)


def eats(site: Site, name: str, text: str) -> preferences.Changed:
    by = member(site, name)
    return preferences.change(site, by.person.id, {"eats": text}, by, NOW)


def said(site: Site, name: str) -> str:
    with site.store.reading() as connection:
        query = select(t.person.c.eats).where(t.person.c.email == f"{name}@example.org")
        return str(connection.execute(query).scalar_one())


def test_admins_read_how_many_eat_what_on_a_day_and_whose_it_is_nowhere(site: Site) -> None:
    eats(site, "ben", "No nuts, Vegetarian")
    eats(site, "aisha", "vegetarian")
    eats(site, "priya", "halal")
    eats(site, "chidi", "vegan")
    lunch = SessionKind.GROUP_LUNCH
    History(site).session(NOON, ["ben", "aisha"], None, kind=lunch)
    History(site, "marek").session(NOON, ["dana"], None, kind=SessionKind.INDIVIDUAL_LUNCH)
    History(site).session(NOON + timedelta(hours=2), ["chidi"], None, kind=SessionKind.GROUP_MENTORING)
    History(site).session(NOON, ["chidi"], None, kind=lunch, online=True)
    History(site).session(NOW - timedelta(days=1), ["chidi"], None, kind=lunch)
    History(site).session(NOON, ["chidi"], None, kind=lunch, seat="declined")

    day, *others = meals.lunches(site, member(site, "ada"), NOW)
    page = Person(create_app(site), site, "ada").open("/admin/lunches").text

    assert others == []
    assert (day.day, day.office, day.people) == (NOON.date(), "London", 6)
    # Priya leads two lunches that day, so somebody sees to two plates for her.
    assert day.eats == (("halal", 2), ("vegetarian", 2), ("no nuts", 1))
    assert "2 <bdi>vegetarian</bdi>" in page and "1 <bdi>no nuts</bdi>" in page
    assert not any(name in page for name in ("Ben", "Aisha", "Priya"))


def test_a_look_at_what_people_eat_is_written_down_and_admins_alone_may(site: Site) -> None:
    History(site).session(NOON, ["ben"], None, kind=SessionKind.GROUP_LUNCH)
    meals.lunches(site, member(site, "ada"), NOW)
    eats(site, "ben", "vegan")
    meals.lunches(site, member(site, "ada"), NOW)

    with site.store.reading() as connection:
        looks = select(t.audit_entry.c.action).where(t.audit_entry.c.action == "read.meals")
        assert connection.execute(looks).scalars().all() == ["read.meals"]
    with pytest.raises(NotFound):
        meals.lunches(site, member(site, "priya"), NOW)


def test_what_is_ticked_and_what_is_written_is_one_answer(site: Site) -> None:
    ben = Person(create_app(site), site, "ben")
    ben.press("/preferences", "/preferences", offered="eats", eats=["vegan", "no nuts", "No celery, vegan"])

    assert said(site, "ben") == "vegan, no nuts, no celery"
    page = ben.open("/preferences").text
    assert 'value="no nuts" checked' in page and 'value="vegan" checked' in page
    assert 'value="no celery"' in page
    ben.press("/preferences", "/preferences", offered="eats", eats=[""])
    assert said(site, "ben") == ""


def test_too_long_an_answer_is_refused_and_nothing_is_changed(site: Site) -> None:
    eats(site, "ben", "vegan")

    with pytest.raises(Misfilled, match="200 characters"):
        eats(site, "ben", ", ".join(f"no vegetable number {n}" for n in range(12)))
    assert said(site, "ben") == "vegan"


def test_a_file_says_what_people_eat_unless_they_said_so_themselves(site: Site, tmp_path: Path) -> None:
    eats(site, "ben", "vegan")
    rows = [f"{name}@example.org,{name.title()},junior,Vegetarian; no nuts" for name in ("ben", "aisha")]
    file = tmp_path / "eats.csv"
    file.write_text("\n".join(["email,name,role,eats", *rows]) + "\n", encoding="utf-8")

    import_sheet(site, SheetKind.PEOPLE, file, NOW, programme="Mentoring")

    assert (said(site, "ben"), said(site, "aisha")) == ("vegan", "vegetarian, no nuts")
