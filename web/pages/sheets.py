"""/admin/sheets: offices, rooms, people and sessions from a sheet that is sent or pasted.

Always in two steps: "try" says what a sheet would do, line by line, and keeps nothing; "take" does it, if
it is still the same. Between the two the sheet travels in the page itself, so nothing of it is left here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response as BaseResponse

from web import words
from web.clean_text import one_line
from web.errors import Misfilled, NotFound, Refused
from web.operations import first_steps, roster
from web.operations.roster import ImportReport, SheetOptions
from web.pages.filters import done
from web.pages.forms import Form
from web.pages.signed_in import member_required, site
from web.records import Member
from web.sheets import Mistakes, text_of
from web.sheets.columns import SHEETS, SheetKind
from web.sheets.samples import sample

pages = Blueprint("sheets", __name__, url_prefix="/admin/sheets")

#: No sheet sent to these pages is larger, in bytes; 10,000 people take about two million.
MAX_SHEET = 5_000_000
#: What a form holds beside its sheet.
_REST_OF_FORM = 16 * 1024

#: Lines and mistakes of one sort that are listed; further ones are counted.
MOST_LISTED = 200
#: Text up to here is put back into the box to be mended there; a longer one is mended in its own program.
LONGEST_TO_MEND = 100_000

PASTED = "pasted"


@dataclass(frozen=True, slots=True)
class Sent:
    """A sheet as it was sent or pasted."""

    name: str  #: what mistakes call it
    text: str  #: line ends are \n, so that a way through a page changes nothing
    options: SheetOptions


def allow_sheets() -> None:
    """Let a sheet be larger than a form, from somebody who is signed in; runs before a form is read."""
    if request.endpoint in ("sheets.try_out", "sheets.take") and "person" in session:
        request.max_content_length = request.max_form_memory_size = MAX_SHEET + _REST_OF_FORM


@pages.get("")
@member_required("admin")
def kinds(by: Member) -> str:
    return render_template("admin/sheets.html", kinds=tuple(SheetKind))


@pages.get("/<sheet>")
@member_required("admin")
def show(by: Member, sheet: str) -> str:
    return _page(_kind(sheet), None, {})


@pages.get("/<sheet>/sample.csv")
@member_required("admin")
def sample_csv(by: Member, sheet: str) -> Response:
    """With the mark that tells spreadsheets it is UTF-8."""
    about = _kind(sheet)
    return Response(
        sample(about).encode("utf-8-sig"),
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{about}.csv"'},
    )


@pages.post("/<sheet>/try")
@member_required("admin")
def try_out(by: Member, sheet: str) -> str | tuple[str, int]:
    about, sent = _kind(sheet), None
    try:
        sent = _sent(about)
        return _tried(about, sent, _import(about, sent, by, None))
    except Misfilled as misfilled:
        return _page(about, sent, misfilled.mistakes), 422


@pages.post("/<sheet>/take")
@member_required("admin")
def take(by: Member, sheet: str) -> BaseResponse | tuple[str, int]:
    about = _kind(sheet)
    sent = _sent(about)
    try:
        report = _import(about, sent, by, request.form.get("as_seen", ""))
    except Misfilled as misfilled:
        return _page(about, sent, misfilled.mistakes), 422
    except Refused as refused:
        return _tried(about, sent, _import(about, sent, by, None), refused), 409
    done(f"Taken: {report.new:,} new, {report.changed:,} changed. {_and_told(report)}".strip())
    return redirect(_from_here(about, by), 303)


def _import(kind: SheetKind, sent: Sent, by: Member, as_seen: str | None) -> ImportReport:
    return roster.import_text(
        site(), kind, sent.name, sent.text, sent.options, by, site().now(), as_seen=as_seen
    )


def _and_told(report: ImportReport) -> str:
    if report.departed is None:
        return ""
    fell = words.counted(report.departed.cancelled, "session")
    return f"{fell} cancelled, {words.counted(report.departed.told, 'person', 'people')} told."


def _from_here(kind: SheetKind, by: Member) -> str:
    """Back to the guide while there is one; then to what was brought in."""
    if first_steps.is_under_way(site(), by):
        return url_for("start.show")
    lists = {SheetKind.PEOPLE: "admin.people", SheetKind.ROOMS: "admin.room_list"}
    return url_for(lists.get(kind, "sheets.kinds"))


def _kind(text: str) -> SheetKind:
    try:
        return SheetKind(text)
    except ValueError:
        raise NotFound from None


def _sent(kind: SheetKind) -> Sent:
    """What was chosen as a file goes before what stands in the box.

    Raises:
        Misfilled: there is nothing, or no text.
    """
    form, file = Form(request.form), request.files.get("file")
    if file is not None and file.filename:
        name, raw = one_line(file.filename, 80), file.read()
    else:
        name = form.text("name", most=80, needed=False) or PASTED
        raw = request.form.get("text", "").encode()
    if not raw.strip():
        raise Misfilled({"text": "Please choose a file, or paste its lines."})
    text = text_of(raw, Mistakes(name))
    return Sent(name, text.replace("\r\n", "\n").replace("\r", "\n"), _options(form, kind))


def _options(form: Form, kind: SheetKind) -> SheetOptions:
    if kind is not SheetKind.PEOPLE:
        return SheetOptions()
    leavers = form.one_of("no_longer_listed", ("", "pause", "leave")) if form.has("no_longer_listed") else ""
    form.done()
    return SheetOptions(leavers or None, form.ticked("over_own_choices"), form.ticked("again"))


def _tried(kind: SheetKind, sent: Sent, report: ImportReport, refused: Refused | None = None) -> str:
    return render_template("admin/sheet_tried.html", **tried(kind, sent, report), refused=refused)


def tried(kind: SheetKind, sent: Sent, report: ImportReport) -> dict[str, Any]:
    """What the page says of a sheet that could be taken."""
    return {
        "kind": kind,
        "sent": sent,
        "report": report,
        "listed": (
            ("New", [line for line in report.lines if line.changes is None]),
            ("Changed", [line for line in report.lines if line.changes]),
        ),
        "own": [line for line in report.lines if line.own],
        "notes": [line for line in report.lines if line.note],
        "most": MOST_LISTED,
        "seen": roster.fingerprint(sent.text, sent.options, report),
    }


def _page(kind: SheetKind, sent: Sent | None, mistakes: dict[str, str]) -> str:
    return render_template("admin/sheet.html", **form_of(kind, sent, mistakes))


def form_of(kind: SheetKind, sent: Sent | None, mistakes: dict[str, str]) -> dict[str, Any]:
    """What the page says that takes a sheet."""
    return {
        "kind": kind,
        "columns": SHEETS[kind],
        "sent": sent,
        "to_mend": sent.text if sent is not None and len(sent.text) <= LONGEST_TO_MEND else "",
        "mistakes": mistakes,
        "most": MOST_LISTED,
        "megabytes": MAX_SHEET // 1_000_000,
    }
