"""/admin/simulation: what would it do for us? Months of a company played four ways, in the background."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from planner.simulation.assumptions import EXPLAINED, FAVOURS
from web.charts_png import png_of_all
from web.errors import Misfilled, Refused
from web.operations import simulations
from web.pages import exports
from web.pages.filters import done
from web.pages.signed_in import member_required, site
from web.records import Member, SimulationRecord
from web.simulation_results import (
    HEAD,
    cell,
    charts,
    figures_of,
    lines,
    names,
    parts_of,
    runs_asked,
    seeds_of,
    sentences,
    stands,
    table,
)
from web.simulation_settings import TABLES, Settings, fields_of, settings_of
from web.store.simulations import OPEN

pages = Blueprint("simulation", __name__, url_prefix="/admin/simulation")

#: What the form asks for at once; the rest is folded away.
MAIN = {
    "simulation": ("weeks", "seeds"),
    "company": ("seniors", "juniors", "load", "worth_the_trip"),
    "assumptions": ("quiet_share", "asks_most", "shows_up_quiet", "shows_up_outgoing", "approves_least"),
}

#: What pages allow of a made company, that nobody waits for hours; `officeday simulate` takes more.
MOST = {"seniors": 60, "juniors": 600}
RANGES = TABLES | {
    "company": TABLES["company"]
    | {key: replace(TABLES["company"][key], highest=most) for key, most in MOST.items()}
}


@pages.get("")
@member_required("admin")
def show(by: Member) -> str:
    return _page(by, {})


def _page(by: Member, mistakes: Mapping[str, str]) -> str:
    return render_template(
        "admin/simulations.html", **as_shown(simulations.recent(site(), by), request.form, mistakes)
    )


def as_shown(
    records: tuple[SimulationRecord, ...], typed: Mapping[str, str], mistakes: Mapping[str, str]
) -> dict[str, object]:
    usual = {f"{name}.{key}": value for name, key, value in fields_of(Settings())}
    return {
        "records": records,
        "typed": {field: typed.get(field, f"{value:g}") for field, value in usual.items()},
        "own": typed.get("own") == "yes",
        "main": MAIN,
        "tables": RANGES,
        "why": EXPLAINED,
        "mistakes": mistakes,
        "labels": {f"{name}.{key}": one.says for name, some in TABLES.items() for key, one in some.items()},
    }


@pages.post("")
@member_required("admin")
def start(by: Member) -> Answer | tuple[str, int]:
    own = request.form.get("own") == "yes"
    try:
        tables = _typed(own)
        _check(tables, own)
        simulation_id = simulations.start(site(), tables, own, by, site().now())
    except Misfilled as misfilled:
        return _page(by, misfilled.mistakes), 422
    except Refused as refused:
        return _page(by, {"own": str(refused)}), 409
    return redirect(url_for("simulation.one", simulation_id=simulation_id), 303)


def _typed(own: bool) -> dict[str, dict[str, float | str]]:
    """The tables of the form; what is no number as it was typed."""
    tables: dict[str, dict[str, float | str]] = {}
    for name, key, _ in fields_of(Settings(own=own)):
        text = request.form.get(f"{name}.{key}", "").strip()
        if text:
            try:
                tables.setdefault(name, {})[key] = float(text.replace(",", "."))
            except ValueError:
                tables.setdefault(name, {})[key] = text
    return tables


def _check(tables: Mapping[str, Mapping[str, float | str]], own: bool) -> None:
    """Can a page play it?

    Raises:
        Misfilled: all that is wrong, a company that is too large for a page too.
    """
    mistakes: dict[str, str] = {}
    try:
        settings_of(tables, own)
    except Misfilled as why:
        mistakes |= why.mistakes
    for key, most in MOST.items():
        many = tables.get("company", {}).get(key)
        if isinstance(many, float) and many > most:
            mistakes[f"company.{key}"] = f"At most {most} here; `officeday simulate` takes more."
    if mistakes:
        raise Misfilled(mistakes)


@pages.get("/<int:simulation_id>")
@member_required("admin")
def one(by: Member, simulation_id: int) -> str:
    record = simulations.one(site(), simulation_id, by)
    return render_template("admin/simulation.html", **as_played(record, site().now()))


@pages.get("/<int:simulation_id>/progress")
@member_required("admin")
def progress(by: Member, simulation_id: int) -> dict[str, object]:
    """What static/progress.js puts into the page."""
    return so_far(simulations.one(site(), simulation_id, by), site().now())


def so_far(record: SimulationRecord, now: datetime) -> dict[str, object]:
    of = record.of or runs_asked(settings_of(record.tables, record.own))
    return {
        "goes_on": record.state in OPEN,
        "headline": f"{record.done} of {of} runs are played",
        "says": "Next in line." if record.state == "queued" else "Four ways, seed after seed.",
        "seconds": int((now - record.created_at).total_seconds()),
        "closeness": record.done / of,
    }


def as_played(record: SimulationRecord, now: datetime) -> dict[str, Any]:
    """What the page of one simulation shows, under way or done."""
    settings = settings_of(record.tables, record.own)
    parts = parts_of(record.parts)
    figures = table(parts)
    return {
        "record": record,
        "so_far": so_far(record, now),
        "goes_on": record.state in OPEN,
        "settings": settings,
        "runs": runs_asked(settings),
        "seeds": seeds_of(parts),
        "rows": [
            (each.says, [cell(each, figures[way][each.name]) for way in figures])
            for each in figures_of(settings)
        ],
        "ways": [names(settings)[way] for way in figures],
        "says": sentences(parts, settings),
        "stands": stands(parts, settings),
        "charts": charts(parts, settings) if parts else {},
        "assumed": [
            (TABLES[name][key].says, value, EXPLAINED[key].why if name == "assumptions" else "")
            for name, key, value in fields_of(settings)
        ],
        "favours": FAVOURS,
    }


@pages.get("/<int:simulation_id>/figures.csv")
@member_required("admin")
def as_csv(by: Member, simulation_id: int) -> Response:
    record = _with_figures(simulations.one(site(), simulation_id, by))
    rows = lines(parts_of(record.parts), settings_of(record.tables, record.own))
    return exports.as_csv(f"simulation-{record.id}", HEAD, rows)


@pages.get("/<int:simulation_id>/charts.png")
@member_required("admin")
def as_png(by: Member, simulation_id: int) -> Response:
    record = _with_figures(simulations.one(site(), simulation_id, by))
    drawn = charts(parts_of(record.parts), settings_of(record.tables, record.own))
    return exports.as_file(png_of_all(list(drawn.values())), "image/png", f"simulation-{record.id}.png")


@pages.post("/<int:simulation_id>/stop")
@member_required("admin")
def stop(by: Member, simulation_id: int) -> Answer:
    simulations.stop(site(), simulation_id, by, site().now())
    done("Stopped. What was played until then is kept.")
    return redirect(url_for("simulation.one", simulation_id=simulation_id), 303)


@pages.post("/<int:simulation_id>/delete")
@member_required("admin")
def delete(by: Member, simulation_id: int) -> Answer:
    simulations.forget(site(), simulation_id, by, site().now())
    done("The simulation is deleted.")
    return redirect(url_for("simulation.show"), 303)


def _with_figures(record: SimulationRecord) -> SimulationRecord:
    if not record.parts:
        abort(404)
    return record
