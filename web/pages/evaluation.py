"""How was it: from a mailed link without signing in, on the pages of past sessions, and in groups for admins.

Mail scanners open links, so GET and HEAD change nothing: a tap in the mail opens a page with the answer
chosen, and its button says it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from flask import Blueprint, Response, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response as BaseResponse

from planner.domain import SessionKind
from web import words
from web.errors import Misfilled, NotFound
from web.invitations import FOR_TWO
from web.operations import attendance as attendance_operations
from web.operations import evaluation, trends
from web.operations.evaluation import Holder
from web.pages import attendance
from web.pages.exports import as_csv
from web.pages.filters import done
from web.pages.forms import Form
from web.pages.signed_in import member_required, members, site
from web.records import EvaluationRecord, Member, SaidOfRecord, SideRecord, TrendsRecord

pages = Blueprint("evaluation", __name__)

#: What a tap sends: how useful it was, that it did not happen, or that one was not there.
NO, ABSENT = "no", "absent"
ANSWERS = (*map(str, evaluation.SCALE), NO, ABSENT)

#: What is said on a page only: a session took place of which it was said that it did not.
HELD = "held"


# --- from a mail ---------------------------------------------------------------------------------


#: Of links answered in one browser so many are remembered there, the newest.
REMEMBERED = 10


def _holder(token: str) -> Holder:
    mine = members()
    return Holder(mine[0].hand.id if mine else None, token in session.get("answered", ()))


def _remember(token: str, holder: Holder) -> None:
    """Whoever answers without signing in can change it in the same browser, until that is closed."""
    if holder.signed_in is None:
        others = [each for each in session.get("answered", ()) if each != token]
        session["answered"] = [*others, token][-REMEMBERED:]


@pages.get("/f/<token>")
def show(token: str) -> str:
    record = evaluation.by_link(site(), token, _holder(token), site().now())
    return _page(record, chosen=_new(request.args.get("answer", ""), record))


@pages.post("/f/<token>")
def say(token: str) -> BaseResponse:
    answer, holder, now = _answer(*ANSWERS, HELD), _holder(token), site().now()
    if answer == ABSENT:
        evaluation.say_absent_by_link(site(), token, holder, now)
    elif answer == HELD:
        evaluation.say_it_took_place_by_link(site(), token, holder, now)
    else:
        evaluation.say_by_link(site(), token, _useful(answer), holder, now)
    _remember(token, holder)
    return redirect(url_for("evaluation.show", token=token), 303)


@pages.post("/f/<token>/word")
def say_word(token: str) -> BaseResponse | tuple[str, int]:
    try:
        text = _word()
    except Misfilled as misfilled:
        record = evaluation.by_link(site(), token, _holder(token), site().now())
        return _page(record, mistakes=misfilled.mistakes, typed=request.form.get("word", "")), 422
    evaluation.say_word_by_link(site(), token, text, _holder(token), site().now())
    return redirect(url_for("evaluation.show", token=token), 303)


def _page(
    record: EvaluationRecord, chosen: str = "", mistakes: dict[str, str] | None = None, typed: str = ""
) -> str:
    return render_template("answer/evaluation.html", **as_shown(record, chosen, mistakes, typed))


def as_shown(
    record: EvaluationRecord, chosen: str = "", mistakes: dict[str, str] | None = None, typed: str = ""
) -> dict[str, object]:
    return {
        "record": record,
        "already": said_already(record),
        "for_several": _is_junior_of_several(record),
        "chosen": chosen,
        "mistakes": mistakes or {},
        "typed": typed,
        "longest": evaluation.LONGEST,
    }


def _new(tapped: str, record: EvaluationRecord) -> str:
    """What was tapped in the mail, unless that is what they have said already."""
    if tapped not in ANSWERS:
        return ""
    return "" if tapped == said_already(record) else tapped


def said_already(record: EvaluationRecord) -> str:
    """As a tap would send it; empty: nothing."""
    if record.said:
        return str(record.said.useful) if record.said.happened else NO
    return ABSENT if evaluation.has_answered(record) else ""


def _is_junior_of_several(record: EvaluationRecord) -> bool:
    """Can it have taken place without them?"""
    return record.session.kind not in FOR_TWO and record.person.id != record.session.senior.id


# --- on one's own pages --------------------------------------------------------------------------


@pages.post("/past/<path:session_id>/evaluation")
@member_required(None, assistants=True)
def say_on_page(by: Member, session_id: str) -> BaseResponse:
    answer, now = _answer(*ANSWERS), site().now()
    earlier = evaluation.said(site(), [session_id], by)
    if answer == ABSENT:
        before = evaluation.say_absent(site(), session_id, by, now)
    else:
        before = evaluation.say(site(), session_id, _useful(answer), by, now)
    undo: dict[str, object] = {}
    if not earlier:
        undo = {"undo": url_for("evaluation.take_back", session_id=session_id)}
        undo |= attendance.before_fields(before, by.person.id if by.person.id in before.attendance else None)
    stands = attendance_operations.standing_now(site(), session_id, now)
    thanks = words.SAID["missed"] if answer == ABSENT else words.said_how(_useful(answer), stands)
    done(thanks, **undo)  # type: ignore[arg-type]
    return _back(by, before.senior_id)


@pages.post("/past/<path:session_id>/evaluation/word")
@member_required(None, assistants=True)
def say_word_on_page(by: Member, session_id: str) -> BaseResponse:
    text = _word()
    about = evaluation.say_word(site(), session_id, text, by, site().now())
    done("Thank you for your word on it." if text else "Your word on it is gone.")
    return _back(by, about.senior.id)


@pages.post("/past/<path:session_id>/evaluation/undo")
@member_required(None, assistants=True)
def take_back(by: Member, session_id: str) -> BaseResponse:
    for_all, of_juniors = attendance.before_of_form()
    about = evaluation.take_back(site(), session_id, for_all, of_juniors, by, site().now())
    done(attendance.PUT_BACK)
    return _back(by, about.senior.id)


def _back(by: Member, senior_id: int) -> BaseResponse:
    led = by.person.id == senior_id
    return redirect(url_for("attendance.days" if led else "attendance.sessions"), 303)


# --- what forms say ------------------------------------------------------------------------------


def _answer(*answers: str) -> str:
    form = Form(request.form)
    answer = form.one_of("answer", answers)
    form.done()
    return answer


def _useful(answer: str) -> int | None:
    """How useful; None: it did not happen."""
    return None if answer == NO else int(answer)


def _word() -> str:
    form = Form(request.form)
    text = form.prose("word", evaluation.LONGEST, needed=False)
    form.done()
    return text


# --- in groups, for admins -----------------------------------------------------------------------

#: In the export, those whose own group is too small to be shown.
OTHERS = "(others)"


@pages.get("/admin/evaluation", endpoint="trends")
@member_required("admin")
def show_trends(by: Member) -> str:
    return render_template("admin/evaluation.html", record=trends.trends(site(), _half(), by, site().now()))


@pages.get("/admin/evaluation/figures.csv")
@member_required("admin")
def export(by: Member) -> Response:
    """The figures and words of the page, and nothing else; no names."""
    record = trends.trends(site(), _half(), by, site().now())
    named = f"how-sessions-were-{record.first}-{record.last}"
    return as_csv(named, ["side", "table", "group", "figure", "value"], _lines(record))


def _half() -> int | None:
    """The half-year asked for, such as 2027-1; None: the latest."""
    asked = request.args.get("half")
    if not asked:
        return None
    found = re.fullmatch(r"(20\d\d)-([12])", asked, re.ASCII)
    if found is None:
        raise NotFound
    return int(found[1]) * 2 + int(found[2]) - 1


def _lines(record: TrendsRecord) -> Iterator[tuple[str, str, str, str, str | int]]:
    yield "", "span", "", "first day", record.first.isoformat()
    yield "", "span", "", "last day", record.last.isoformat()
    for side, said in (("juniors", record.juniors), ("seniors", record.seniors)):
        if said is not None:
            for table, group, figure, value in _side_lines(said):
                yield side, table, group, figure, value
    for number, text in enumerate(record.words, start=1):
        yield "", "words", str(number), "word", text


def _side_lines(side: SideRecord) -> Iterator[tuple[str, str, str, str | int]]:
    rows = [("all", "all", side.total)]
    rows += [(f"by {name}", group_name(name, row), row) for name, some in side.tables.items() for row in some]
    rows += [("by month", words.months(first, last), row) for first, last, row in side.months]
    for table, group, row in rows:
        yield table, group, "asked", row.asked
        yield table, group, "answered", row.answered
        yield table, group, "happened", row.happened
        for number, many in enumerate(row.useful, start=1):
            yield table, group, f"useful {number} of 5", many
        yield table, group, "useful on average", f"{row.mean:.2f}"


def group_name(table: str, row: SaidOfRecord) -> str:
    if row.label is None:
        return OTHERS
    name = words.KINDS[SessionKind(row.label)] if table == "kind" else row.label
    return f"{name} ({words.without(row.without)})" if row.without else name
