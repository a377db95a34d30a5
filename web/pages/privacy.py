"""How people's data is treated: saying no to being read, one's own data as a file, and being erased."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from web.operations import erasure, notice, own_data
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


@pages.get("/privacy")
@member_required(None)
def how_data_is_treated(by: Member) -> str:
    return render_template("everybody/privacy.html", of=own_data.treatment(site(), by))


@pages.post("/privacy/my-data")
@member_required(None)
def my_data(by: Member) -> Response:
    """A file, and no page: it is asked for by POST, so that nothing fetches it by itself."""
    said = own_data.export_own(site(), by, site().now())
    download = {"Content-Disposition": 'attachment; filename="my-data.json"'}
    return Response(said, mimetype="application/json", headers=download)


@pages.post("/privacy/erasure")
@member_required(None)
def ask_erasure(by: Member) -> Response:
    erasure.ask(site(), by, site().now())
    done("Your wish to be erased is with the admins.", url_for("privacy.withdraw_erasure"))
    return redirect(url_for("privacy.how_data_is_treated"), 303)


@pages.post("/privacy/erasure/withdraw")
@member_required(None)
def withdraw_erasure(by: Member) -> Response:
    erasure.withdraw(site(), by, site().now())
    done("You stay. Nothing was erased.", url_for("privacy.ask_erasure"))
    return redirect(url_for("privacy.how_data_is_treated"), 303)


@pages.get("/admin/erasures")
@member_required("admin")
def erasures(by: Member) -> str:
    """Who asks to be erased; or one person, to be confirmed."""
    person_id = request.args.get("person", type=int)
    chosen = erasure.one(site(), by, person_id) if person_id is not None else None
    return render_template("admin/erasures.html", asked=erasure.asked(site(), by), chosen=chosen)


@pages.post("/admin/erasures/<int:person_id>")
@member_required("admin")
def erase(by: Member, person_id: int) -> Response:
    erasure.erase_as_admin(site(), by, person_id, site().now())
    done("Everything kept of them is gone, for good.")
    return redirect(url_for("privacy.erasures"), 303)
