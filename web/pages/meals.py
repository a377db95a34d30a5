"""/admin/lunches: how many come to the lunches ahead, and what they eat."""

from __future__ import annotations

from flask import Blueprint, render_template

from web.operations import meals
from web.pages.signed_in import member_required, site
from web.records import Member

pages = Blueprint("meals", __name__)


@pages.get("/admin/lunches")
@member_required("admin")
def lunches(by: Member) -> str:
    return render_template("admin/lunches.html", lunches=meals.lunches(site(), by, site().now()))
