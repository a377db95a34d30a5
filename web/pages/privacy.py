"""One's own data: saying no to having one's calendar read, from the mail that tells of it or the page."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from web.operations import notice
from web.pages.filters import done
from web.pages.signed_in import member_required, site
from web.records import Member

pages = Blueprint("privacy", __name__)


@pages.get("/opt-out/<token>")
def opt_out(token: str) -> str:
    asked = notice.by_link(site(), token, site().now())
    return render_template("everybody/opt_out.html", asked=asked, token=token)


@pages.post("/opt-out/<token>")
def say_no(token: str) -> Response:
    notice.refuse_by_link(site(), token, site().now())
    return redirect(url_for("privacy.opt_out", token=token), 303)


@pages.post("/what-is-read/refuse")
@member_required(None)
def refuse(by: Member) -> Response:
    notice.refuse(site(), by, site().now())
    done("Your calendar is not read any more, and what was known of it is gone.", url_for("privacy.allow"))
    return redirect(url_for("everybody.what_is_read"), 303)


@pages.post("/what-is-read/allow")
@member_required(None)
def allow(by: Member) -> Response:
    notice.allow(site(), by, site().now())
    done("Thank you. Your calendar is read again from now on.", url_for("privacy.refuse"))
    return redirect(url_for("everybody.what_is_read"), 303)
