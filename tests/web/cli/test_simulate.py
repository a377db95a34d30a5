import csv
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import update

from tests.web.company import a_company, member
from web.cli import main
from web.operations import calendars, programmes
from web.simulation_settings import Settings, as_toml, settings_from
from web.store import tables as t

ROOT = Path(__file__).parents[3]
TINY = "[simulation]\nweeks = 4\nseeds = 2\nsteps = 0\n\n[company]\nseniors = 2\njuniors = 8\n"


@pytest.fixture(autouse=True)
def in_its_own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    for variable in [name for name in os.environ if name.startswith("OFFICEDAY_")]:
        monkeypatch.delenv(variable)


def simulate(*arguments, text=TINY):
    Path("ours.toml").write_text(text)
    return CliRunner().invoke(main, ["simulate", *arguments])


def test_a_made_company_is_compared_four_ways_and_told_what_was_assumed():
    told = simulate("ours.toml")

    assert told.exit_code == 0, told.output
    for way in ("officeday", "Booking links", "Mandate", "3 days a week", "Roulette", "every 4 weeks"):
        assert way in told.output
    assert "quiet_share" in told.output and "NPR" in told.output
    assert "Favours booking links" in told.output


def test_of_a_made_company_of_few_no_more_is_told_than_of_one_s_own():
    told = simulate("ours.toml", "--json", "a.json", text=TINY.replace("juniors = 8", "juniors = 5"))

    document = json.loads(Path("a.json").read_text())
    assert document["summary"]["officeday"]["reach_quiet"] is None
    assert document["aims"][0]["reached"] is None
    assert "not known; a quarter of the juniors is fewer than 5 people, and of so few nothing" in told.output
    assert "A dash stands where a quarter of the juniors" in told.output


def test_the_figures_go_into_files_though_nobody_reads_to_the_end(tmp_path):
    (tmp_path / "ours.toml").write_text(TINY)
    command = [sys.executable, "-c", "from web.cli import main; main()", "simulate", "ours.toml"]
    reads, prints = os.pipe()
    os.close(reads)  # as `| head` does when it has enough
    try:
        subprocess.run(
            [*command, "--csv", "a.csv", "--json", "a.json"],
            env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
            stdout=prints,
            stderr=subprocess.DEVNULL,
            check=False,
        )
    finally:
        os.close(prints)

    assert Path("a.csv").is_file() and Path("a.json").is_file()


def test_the_figures_go_into_files():
    told = simulate("ours.toml", "--csv", "a.csv", "--png", "a.png", "--json", "a.json")

    assert told.exit_code == 0, told.output
    rows = list(csv.reader(io.StringIO(Path("a.csv").read_text(encoding="utf-8-sig"))))
    document = json.loads(Path("a.json").read_text())
    summary = document["summary"]["officeday"]["reach"]
    assert next(row for row in rows if row[1].startswith("All juniors") and row[2] == "officeday")[3:6] == [
        f"{summary[each]:g}" for each in ("median", "lowest", "highest")
    ]
    assert document["settings"]["company"]["seniors"] == 2
    assert len(document["parts"]) == 8
    assert Path("a.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.slow
def test_the_same_command_gives_the_same_figures_in_one_process_and_in_two():
    for name, workers in (("one", 1), ("two", 2)):
        simulate("ours.toml", "--workers", str(workers), "--steps", "3", "--json", f"{name}.json")

    assert Path("one.json").read_text() == Path("two.json").read_text()


def test_the_example_is_the_default_company():
    text = CliRunner().invoke(main, ["simulate", "--example"]).output

    assert settings_from(text) == Settings()
    assert as_toml(settings_from(text)) == text


def test_assumptions_and_lengths_on_the_command_line_win():
    told = simulate("ours.toml", "--weeks", "5", "--assume", "quiet_share=1", "--json", "a.json")

    assert told.exit_code == 0, told.output
    document = json.loads(Path("a.json").read_text())
    assert document["settings"]["simulation"]["weeks"] == 5
    assert document["summary"]["booking links"]["sessions_held"]["highest"] == 0  # nobody asks


def test_every_mistake_is_told_with_its_line_and_remedy():
    wrong = TINY.replace("weeks = 4", "weeks = 400") + 'colour = 1\n[assumptions]\ndeclines = "often"\n'
    told = simulate("ours.toml", text=wrong)

    assert told.exit_code == 2
    assert "ours.toml, line 2, simulation.weeks: must be a whole number from 4 to 52, not 400" in told.output
    assert "ours.toml, line 9, company.colour: there is no such value; there are seniors," in told.output
    assert "ours.toml, line 11, assumptions.declines: must be a number from 0 to 1" in told.output


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[company\n", "not a TOML file"),
        ("[company]\nseniors = true\n", "line 2, company.seniors"),
        ("[promised]\n" + "".join(f"{kind} = 0\n" for kind in Settings().promised), "nothing is promised"),
        ("company = 3\n", "line 1, company: must be a table"),
        ("[assumptions]\nanother_day = 0.7\nskips = 0.7\n", "must not add up to more than 1"),
        ("[assumptions]\nquiet_share = nan\n", "must be a number from 0 to 1"),
        ("[company]\nseniors = 2\n[surprise]\nx = 1\n", "there is no such table"),
    ],
)
def test_a_file_that_makes_no_sense_is_refused(text, says):
    told = simulate("ours.toml", text=text)

    assert told.exit_code == 2
    assert says in told.output


def test_a_misspelt_table_of_a_made_company_is_told_as_such_and_what_is_in_it():
    told = simulate("ours.toml", text="[compny]\nseniors = 3\nsenoirs = 2\n")

    assert told.exit_code == 2
    assert "ours.toml, line 1, compny: there is no such table; did you mean [company]?" in told.output
    assert "officeday simulate --example" in told.output
    assert "ours.toml, line 3, compny.senoirs: there is no such value; did you mean seniors?" in told.output


@pytest.mark.parametrize(("text", "says"), [("", "nothing stands in it"), ("[weather]\nx = 1\n", "no table")])
def test_a_file_of_neither_kind_is_told_what_a_file_is(text, says):
    told = simulate("ours.toml", "--assume", "colour=1", text=text)

    assert told.exit_code == 2
    assert told.output.startswith(f"ours.toml: {'it has ' if text else ''}{says}")
    for known in ("[site]", "[database]", "[company]", "[assumptions]", "officeday simulate --example"):
        assert known in told.output
    assert "--assume colour=1: there is no such value" in told.output


def test_values_in_no_table_are_told_where_they_belong():
    told = simulate("ours.toml", text="weeks = 8\njuniors = 8\n")

    assert "ours.toml, line 1, weeks: stands in no table; put it under [simulation]" in told.output
    assert "ours.toml, line 2, juniors: stands in no table; put it under [company]" in told.output


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('[company]\n\n"seniors" = 0\n', 3),
        ("company.juniors = 8\ncompany . seniors = 0\n", 2),
        ("[simulation]\nweeks = 4\n[ company ]\nseniors=0\n", 4),
        ("\ncompany = { juniors = 8, seniors = 0 }\n", 2),
    ],
)
def test_a_mistake_is_found_however_the_file_is_written(text, line):
    told = simulate("ours.toml", text=text)

    assert (
        told.output
        == f"ours.toml, line {line}, company.seniors: must be a whole number from 1 to 100, not 0\n"
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (TINY + "colour = 1\n", "ours.toml, line 9, company.colour"),
        ("[company\n", "ours.toml: not a TOML file"),
        ('[site]\nname = ""\n[planner]\nworkers = 0\n', "ours.toml, line 4, planner.workers"),
        ("[site\n", "ours.toml: is not TOML"),
    ],
)
def test_mistakes_of_a_file_hide_none_of_the_command_line(text, says):
    assumed = ("quiet_share=abc", "colour=1", "declines=3", "skips")
    told = simulate("ours.toml", *(part for each in assumed for part in ("--assume", each)), text=text)

    assert told.exit_code == 2
    assert says in told.output
    assert all(f"--assume {each}: " in told.output for each in assumed)


def test_what_the_command_line_changes_is_no_mistake_of_the_file_any_more():
    text = TINY + "[assumptions]\nanother_day = 0.9\n"

    assert (
        "line 10, assumptions.another_day: another_day and skips" in simulate("ours.toml", text=text).output
    )
    assert simulate("ours.toml", "--assume", "skips=0.1", text=text).exit_code == 0


def test_a_made_company_has_no_programme():
    told = simulate("ours.toml", "--programme", "Mentoring")

    assert told.exit_code == 2
    assert told.output.startswith("--programme: only the configuration")


@pytest.mark.parametrize("assumed", ["quiet_share", "quiet_share=much", "colour=1", "declines=3"])
def test_an_assumption_that_makes_no_sense_is_refused(assumed):
    told = simulate("ours.toml", "--assume", assumed)

    assert told.exit_code == 2
    assert assumed.partition("=")[0] in told.output


def test_a_place_where_nothing_can_be_written_is_refused_before_anything_is_played():
    told = simulate("ours.toml", "--csv", "nowhere/a.csv")

    assert told.exit_code == 2
    assert "--csv: nowhere/a.csv cannot be written" in told.output


def test_no_file_is_named_twice_and_all_such_mistakes_are_told_at_once():
    files = ("--csv", "same.x", "--json", "./same.x", "--png", "ours.toml")
    told = simulate("ours.toml", *files, "--assume", "colour=1")

    assert told.exit_code == 2
    assert "--json: same.x is named for --csv already; name another file" in told.output
    assert "--png: ours.toml is named for CONFIG already; name another file" in told.output
    assert "--assume colour=1: there is no such value" in told.output
    assert Path("ours.toml").read_text() == TINY and not Path("same.x").exists()


def test_a_value_that_is_no_assumption_is_told_where_it_belongs():
    told = simulate("ours.toml", "--assume", "load=0.3", text=TINY + "[assumptions]\nweeks = 8\n")

    assert told.exit_code == 2
    assert "--assume load=0.3: belongs under [company] of a file" in told.output
    assert "ours.toml, line 10, assumptions.weeks: belongs under [simulation] of a file" in told.output


def test_one_seed_is_no_seeds():
    told = simulate("ours.toml", "--seeds", "1")

    assert "4 weeks, 1 seed: median" in told.output
    assert "1 seeds" not in told.output


def test_nothing_is_told_when_the_time_is_over_before_anything_is_played():
    told = simulate("--seconds", "1", "--workers", "1")  # the default company takes longer

    assert told.exit_code == 1
    assert "before anything was played" in told.output


def test_a_programme_s_own_people_are_played_from_its_configuration(tmp_path):
    now = datetime.now(UTC)
    site = a_company(tmp_path / "ours", extra_juniors=12)
    programmes.start_with_usual(site, member(site, "ada"), now)
    calendars.sync(site, None, now)
    with site.store.writing() as connection:  # their programme is of another year
        connection.execute(update(t.participation).values(joined=now.date()))
    config = tmp_path / "config.toml"
    config.write_text(f'[database]\nurl = "{site.config.database.url}"\n')
    site.store.close()
    Path("ours.toml").write_text(TINY)
    before = written_in(tmp_path)
    told = simulate(str(config), "--weeks", "4", "--quick", "--json", "own.json")

    assert told.exit_code == 0, told.output
    assert written_in(tmp_path) == before | {tmp_path / "own.json": Path("own.json").read_bytes()}
    document = json.loads(Path("own.json").read_text())
    assert document["settings"]["own"] is True
    assert document["summary"]["officeday"]["reach_quiet"]["median"] > 0.5


def test_how_the_aim_stands_is_told_with_the_figures():
    text = TINY.replace("juniors = 8", "juniors = 20")
    told = simulate("ours.toml", "--csv", "a.csv", "--json", "a.json", text=text)

    document = json.loads(Path("a.json").read_text())
    about_reach, about_days = document["aims"]
    for one in document["aims"]:
        answer = "yes" if one["reached"] else "no"
        assert f"Aim of {one['aim']}: {answer}, {100 * one['came_to']:.0f} %" in told.output
    assert about_reach["came_to"] == document["summary"]["officeday"]["reach_quiet"]["median"]
    assert about_reach["reached"] == (about_reach["came_to"] >= 0.95)
    assert about_days["reached"] == (about_days["came_to"] <= 0.5)
    rows = list(csv.reader(io.StringIO(Path("a.csv").read_text(encoding="utf-8-sig"))))
    assert [row[3] for row in rows if row[0] == "aim"] == [
        f"{one['came_to']:.4g}" for one in document["aims"]
    ]
    lunches = next(row for row in rows if row[1].startswith("Of these office days") and row[2] == "officeday")
    assert float(lunches[3]) == document["summary"]["officeday"]["lunch_days"]["median"]


def test_the_weeks_that_are_told_are_those_that_were_played():
    told = simulate("ours.toml", "--csv", "a.csv")

    assert "in the last 4 weeks" in told.output
    assert "12 weeks" not in told.output.partition("What was assumed")[0]
    assert "last 12 weeks" not in Path("a.csv").read_text(encoding="utf-8-sig")


def written_in(folder):
    return {each: each.read_bytes() for each in folder.rglob("*") if each.is_file()}


def test_where_there_is_no_database_none_is_made(tmp_path):
    shutil.copy(ROOT / "config.example.toml", "config.toml")
    before = written_in(tmp_path)
    told = CliRunner().invoke(main, ["simulate", "config.toml"])

    assert told.exit_code == 1
    assert "There is no database" in told.output and "officeday new-admin EMAIL" in told.output
    assert "`officeday simulate` without a file" in told.output
    assert written_in(tmp_path) == before and not Path("var").exists()


def test_an_older_database_stays_as_it_is(tmp_path):
    site = a_company(tmp_path / "ours", extra_juniors=12)
    with site.store.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    site.store.close()
    Path("config.toml").write_text(f'[database]\nurl = "{site.config.database.url}"\n')
    before = written_in(tmp_path)
    told = CliRunner().invoke(main, ["simulate", "config.toml"])

    assert told.exit_code == 1
    assert "older version (0001)" in told.output and "officeday serve" in told.output
    assert written_in(tmp_path) == before


@pytest.mark.slow
def test_control_c_tells_what_is_done(tmp_path):
    """Twenty seeds of a year take many minutes; how long the first part takes, a busy machine decides."""
    (tmp_path / "ours.toml").write_text(
        TINY.replace("weeks = 4", "weeks = 52").replace("seeds = 2", "seeds = 20")
    )
    command = [sys.executable, "-c", "from web.cli import main; main()", "simulate", "ours.toml"]
    for seconds in (10, 20, 40, 80):
        process = subprocess.Popen(
            [*command, "--json", "a.json"],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        time.sleep(seconds)
        process.send_signal(signal.SIGINT)
        told, mistakes = process.communicate(timeout=60)
        if "before anything was played" not in mistakes:
            break

    assert process.returncode == 130
    assert "Stopped early" in told
    document = json.loads((tmp_path / "a.json").read_text())
    assert 0 < len(document["parts"]) < 80
    assert document["runs"] == {"played": len(document["parts"]), "asked": 80}
