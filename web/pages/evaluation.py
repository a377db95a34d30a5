"""How was it: from a mailed link without signing in, and on the pages of past sessions.

Mail scanners open links, so GET and HEAD change nothing: a tap in the mail opens a page with the answer
chosen, and its button says it.
"""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from web.errors import Misfilled
from web.operations import evaluation
from web.pages.forms import Form
from web.pages.signed_in import site
from web.records import EvaluationRecord

pages = Blueprint("evaluation", __name__)

#: What a tap sends: how useful it was, or that it did not happen.
NO = "no"
ANSWERS = (*map(str, evaluation.SCALE), NO)


# --- from a mail ---------------------------------------------------------------------------------


@pages.get("/f/<token>")
def show(token: str) -> str:
    record = evaluation.by_link(site(), token, site().now())
    return _page(record, chosen=_new(request.args.get("answer", ""), record))


@pages.post("/f/<token>")
def say(token: str) -> Response:
    evaluation.say_by_link(site(), token, _answer(), site().now())
    return redirect(url_for("evaluation.show", token=token), 303)


@pages.post("/f/<token>/word")
def say_word(token: str) -> Response | tuple[str, int]:
    try:
        text = _word()
    except Misfilled as misfilled:
        record = evaluation.by_link(site(), token, site().now())
        return _page(record, mistakes=misfilled.mistakes, typed=request.form.get("word", "")), 422
    evaluation.say_word_by_link(site(), token, text, site().now())
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
        "chosen": chosen,
        "mistakes": mistakes or {},
        "typed": typed,
        "longest": evaluation.LONGEST,
    }


def _new(tapped: str, record: EvaluationRecord) -> str:
    """What was tapped in the mail, unless that is what they have said already."""
    if tapped not in ANSWERS:
        return ""
    said = record.said and (str(record.said.useful) if record.said.happened else NO)
    return "" if tapped == said else tapped


# --- what forms say ------------------------------------------------------------------------------


def _answer() -> int | None:
    """How useful; None: it did not happen."""
    form = Form(request.form)
    answer = form.one_of("answer", ANSWERS)
    form.done()
    return None if answer == NO else int(answer)


def _word() -> str:
    form = Form(request.form)
    text = form.text("word", most=evaluation.LONGEST, needed=False)
    form.done()
    return text
