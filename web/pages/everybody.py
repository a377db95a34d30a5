"""Pages for everybody who is signed in: what is read of one's calendar."""

from __future__ import annotations

from flask import Blueprint, render_template

from web.operations.what_is_read import of_person
from web.pages.signed_in import member_required, site
from web.records import Member

pages = Blueprint("everybody", __name__)


@pages.get("/what-is-read")
@member_required(None)
def what_is_read(by: Member) -> str:
    return render_template("everybody/what_is_read.html", use=of_person(site(), by))
