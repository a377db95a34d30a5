"""What people eat: said once, read by whoever leads their lunch, and counted for whoever orders."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

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

#: NOW is a Friday, so this is the Tuesday of the next week.
NOON = NOW + timedelta(days=4, hours=2)
MONDAY = date(2027, 3, 8)
FIVE = ("aisha", "ben", "chidi", "emil", "farid")


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


def guests(site: Site, start: datetime, *names: str, **more: Any) -> None:
    """Lunch with Marek, who says nothing of what he eats."""
    History(site, "marek").session(start, names, None, kind=SessionKind.GROUP_LUNCH, **more)


def seen(site: Site) -> list[tuple[date, list[int], object]]:
    weeks = meals.lunches(site, member(site, "ada"), NOW)
    return [(week.monday, [many for _, many in week.meals], week.eats) for week in weeks]


def test_an_admin_reads_how_many_of_five_or_more_eat_what_in_a_week_and_whose_it_is_nowhere(
    site: Site,
) -> None:
    for name in ("ben", "aisha"):
        eats(site, name, "No nuts, Vegetarian")
    for name in ("chidi", "emil", "priya"):
        eats(site, name, "halal")
    guests(site, NOON, "ben", "aisha", "dana")
    History(site).session(NOON, ["chidi"], None, kind=SessionKind.INDIVIDUAL_LUNCH)
    History(site).session(NOON + timedelta(days=2), ["emil"], None, kind=SessionKind.INDIVIDUAL_LUNCH)

    (week,) = meals.lunches(site, member(site, "ada"), NOW)
    page = Person(create_app(site), site, "ada").open("/admin/lunches").text

    assert (week.monday, week.office) == (MONDAY, "London")
    # Meals count whoever leads, each time; who comes twice a week is one of those who eat something.
    assert week.meals == ((NOON.date(), 6), (NOON.date() + timedelta(days=2), 2))
    assert week.eats == (("halal", 3), ("no nuts", 2), ("vegetarian", 2))
    assert "<b>3</b> eat <bdi>halal</bdi>" in page and "<b>6 meals</b>" in page
    assert not any(name in page for name in ("Ben", "Aisha", "Priya", "Marek"))


def test_of_four_people_who_said_what_they_eat_nothing_is_told_on_the_page_or_in_its_file(site: Site) -> None:
    four = ("ben", "aisha", "chidi", "emil")
    for name in four:
        eats(site, name, "halal")
    guests(site, NOON, *four, "dana")
    ada = Person(create_app(site), site, "ada")

    assert seen(site) == [(MONDAY, [6], None)]
    page, file = ada.open("/admin/lunches").text, ada.open("/admin/lunches?as=csv").text
    assert "Too few said what they eat" in page
    assert "halal" not in page + file
    assert f"{MONDAY},London,{NOON.date()},,6" in file


def test_the_file_says_what_the_page_says_and_nothing_that_a_spreadsheet_runs(site: Site) -> None:
    for name in FIVE:
        eats(site, name, "=1+1, vegan")
    guests(site, NOON, *FIVE)

    file = Person(create_app(site), site, "ada").open("/admin/lunches?as=csv").text

    assert file.splitlines() == [
        "\ufeffweek from,office,day,what is eaten,number",
        f"{MONDAY},London,{NOON.date()},,6",
        f"{MONDAY},London,,'=1+1,5",
        f"{MONDAY},London,,vegan,5",
    ]


def test_a_week_that_one_more_came_to_does_not_tell_what_they_eat(site: Site) -> None:
    for name in (*FIVE, "hal"):
        eats(site, name, "halal" if name == "hal" else "vegan")
    guests(site, NOON, *FIVE, "hal")
    guests(site, NOON + timedelta(days=7), *FIVE)

    this, other = seen(site)

    assert this[2] == (("vegan", 5), ("halal", 1))
    assert other[2] is None


def test_weeks_of_other_people_are_each_told(site: Site, tmp_path: Path) -> None:
    many = a_company(tmp_path / "many", extra_juniors=5)
    extra = tuple(f"extra{number}" for number in range(5))
    for name in (*FIVE, *extra):
        eats(many, name, "vegan")
    guests(many, NOON, *FIVE)
    guests(many, NOON + timedelta(days=7), *extra)
    guests(many, NOON + timedelta(days=14), *FIVE[:2], *extra[:4])

    # Nobody of the third week is in no figure before it.
    assert [eaten for _, _, eaten in seen(many)] == [(("vegan", 5),), (("vegan", 5),), None]


def test_a_day_that_is_over_stays_in_its_week(site: Site) -> None:
    for name in FIVE:
        eats(site, name, "vegan")
    guests(site, NOON, *FIVE[:3])
    guests(site, NOON + timedelta(days=1), *FIVE[3:])

    ada = member(site, "ada")
    looks = [meals.lunches(site, ada, NOON + timedelta(days=days)) for days in range(-1, 7)]

    assert len(set(looks)) == 2
    assert looks[-1] == ()
    assert {week.eats for look in looks for week in look} == {(("vegan", 5),)}


def test_lunches_online_elsewhere_in_time_or_given_up_are_not_counted(site: Site) -> None:
    for name in FIVE:
        eats(site, name, "vegan")
    guests(site, NOON, *FIVE, online=True)
    guests(site, NOON, *FIVE, seat="declined")
    guests(site, NOON - timedelta(days=7), *FIVE)
    guests(site, NOON + timedelta(days=28), *FIVE)
    History(site).session(NOON, FIVE, None, kind=SessionKind.GROUP_MENTORING)

    # Last week's lunch was this Monday's week before; whoever leads one that nobody comes to eats.
    assert seen(site) == [
        (MONDAY - timedelta(days=7), [6], (("vegan", 5),)),
        (MONDAY, [1], None),
    ]


def test_a_look_at_what_people_eat_is_written_down_and_admins_alone_may(site: Site) -> None:
    guests(site, NOON, *FIVE)
    meals.lunches(site, member(site, "ada"), NOW)
    for name in FIVE:
        eats(site, name, "vegan")
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
