"""/admin/audit: what was decided and looked at. Of no use for ranking people (`web.operations.audit`)."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Blueprint, Response, render_template, request

from web.operations import audit
from web.operations.audit import AuditLine
from web.pages.exports import as_csv
from web.pages.signed_in import member_required, site
from web.records import Member

pages = Blueprint("audit", __name__, url_prefix="/admin/audit")

COLUMNS = ["at", "action", "object", "by", "whose", "details"]


@pages.get("")
@member_required("admin")
def show(by: Member) -> str:
    action, about = request.args.get("action", ""), request.args.get("object", "").strip()[:100]
    before = request.args.get("before", type=int)
    found = audit.page(site(), by, action=action, about=about, before=before)
    return render_template("admin/audit.html", page=found, action=action, about=about, before=before)


@pages.get("/entries.csv")
@member_required("admin")
def export(by: Member) -> Response:
    lines = audit.everything(site(), by, action=request.args.get("action", ""))
    return as_csv("audit", COLUMNS, _rows(lines))


def _rows(lines: tuple[AuditLine, ...]) -> Iterator[list[str | int]]:
    for line in lines:
        # Of an answer only the day: its very second would tell whose it was.
        at = line.at.isoformat() if line.is_named else line.at.date().isoformat()
        details = " ".join(f"{name}={value}" for name, value in sorted(line.details.items()))
        yield [at, line.action, line.object, line.by, line.whose or "", details]
