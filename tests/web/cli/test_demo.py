import re
import socket
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from planner.domain import SessionKind
from web.cli import main
from web.config import load_config
from web.operations import seats, signin
from web.site import open_site
from web.store import tables as t


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("demo") / "var"


@pytest.fixture(scope="module")
def shown(folder):
    """One whole demo; the tests below look at it."""
    return run(folder)


def run(folder: Path, *options: str):
    return CliRunner().invoke(
        main, ["demo", "--no-serve", "--folder", str(folder), "--seconds", "4", *options]
    )


def test_the_demo_prints_proposals_totals_and_how_to_sign_in(shown):
    assert shown.exit_code == 0, shown.output
    assert len(re.findall(r"days? instead of \d", shown.stdout)) >= 10
    assert re.search(r"\d+ sessions placed, \d+ left out", shown.stdout)
    assert "with each session at its first free slot" in shown.stdout
    assert "packed greedily" in shown.stdout
    for role in ("senior", "junior", "admin"):
        assert re.search(rf"^  {role} +\S.*@example\.com\)", shown.stdout, re.MULTILINE)


def test_the_table_needs_no_more_than_eighty_columns(shown):
    table = shown.stdout[: shown.stdout.index("sessions placed")]

    assert max(len(line) for line in table.splitlines()) <= 80


def test_every_session_is_placed_or_said_to_be_left_out(shown):
    placed, left_out = map(int, re.search(r"(\d+) sessions placed, (\d+) left out", shown.stdout).groups())

    named = len(re.findall(r"^  left out: ", shown.stdout, re.MULTILINE))
    more = re.search(r"and (\d+) more; the draft's page says of each why", shown.stdout)
    assert named + (int(more[1]) if more else 0) == left_out
    assert placed > left_out


def test_three_months_lie_behind_it(shown, folder):
    held = int(re.search(r"(\d+) sessions held since", shown.stderr)[1])
    site = open_site(load_config(folder / "config.toml"))
    with site.store.reading() as connection:
        over = connection.execute(
            select(t.session.c.kind, t.session.c.start).where(
                t.session.c.state == "agreed", t.session.c.start < site.now()
            )
        ).all()
        runs = connection.execute(select(t.planning_run.c.state)).scalars().all()

    assert held > 200
    assert {row.kind for row in over} == {kind.value for kind in SessionKind}
    assert min(row.start for row in over) < site.now() - timedelta(weeks=10)
    assert runs == ["released"] * 4


def test_no_mail_is_sent_of_what_is_over(shown, folder):
    """What the folder holds was written for the weeks to come."""
    begun = load_config(folder / "config.toml")
    with open_site(begun).store.reading() as connection:
        sent = (
            connection.execute(select(t.outbox.c.created_at).where(t.outbox.c.attempts > 0)).scalars().all()
        )

    assert sent
    assert max(sent) - min(sent) < timedelta(hours=1)


def test_somebodys_calendar_is_unknown_and_said_to_be(shown):
    assert re.search(r"unknown, so never taken for free: \S.*cut off", shown.stderr)


def test_mail_is_written_and_seats_are_open(shown, folder):
    assert len(list((folder / "outbox").glob("*.eml"))) >= 12
    site = open_site(load_config(folder / "config.toml"))
    junior = next(member for member in signin.demo_people(site) if "junior" in member.roles)

    assert seats.open_sessions(site, junior, site.now())


def test_a_second_run_goes_on_with_what_is_there(shown, folder):
    again = run(folder)

    assert again.exit_code == 0, again.output
    assert "Going on with the company" in again.stdout
    assert re.search(r"\d+ sessions placed", again.stdout)[0] in shown.stdout


def test_a_folder_that_is_no_demo_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")

    said = run(tmp_path, "--fresh")

    assert said.exit_code == 1
    assert "no demo made it" in said.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["thesis.txt"]


def test_settings_of_another_installation_are_not_taken(tmp_path, monkeypatch):
    monkeypatch.setenv("OFFICEDAY_DATABASE__URL", "sqlite:////srv/officeday.db")

    said = run(tmp_path / "demo")

    assert said.exit_code == 1
    assert "unset OFFICEDAY_DATABASE__URL" in said.stderr
    assert not (tmp_path / "demo").exists()


def test_a_port_in_use_is_said_before_the_work(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = CliRunner().invoke(main, ["demo", "--folder", str(tmp_path / "demo"), "--port", str(port)])

    assert said.exit_code == 1
    assert "choose another with --port" in said.stderr
    assert not (tmp_path / "demo").exists()


def test_a_folder_without_calendars_is_refused(tmp_path):
    (tmp_path / "own").mkdir()

    said = run(tmp_path / "demo", "--calendars", str(tmp_path / "own"))

    assert said.exit_code == 1
    assert "no .ics file" in said.stderr
