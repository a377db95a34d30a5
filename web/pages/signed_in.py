"""Who is signed in, and what they may see: the only place where pages ask for a role.

The cookie is signed and holds a person's id, when they signed in, the programme they chose last, and
the senior they act for there, if any. Roles are read anew for every request, so that a change counts at
once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from functools import wraps
from typing import Any, cast
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from flask import current_app, g, redirect, request, session, url_for
from werkzeug.wrappers import Response as BaseResponse

from web.errors import NotFound
from web.operations import signin
from web.records import Member, PersonRef
from web.site import Site

#: How often a visit is noted in the cookie: often enough to tell who has not come for days.
SEEN_EVERY = timedelta(hours=1)

#: Where each role is at home, in the order in which a person of several roles is taken there.
HOMES = {"senior": "senior.days", "junior": "junior.sessions", "admin": "admin.overview"}

#: Where an assistant is at home who is there as themself.
WITHOUT_ROLE = "everybody.what_is_read"


def site() -> Site:
    return cast(Site, current_app.extensions["officeday"])


def own_day(person: PersonRef, now: datetime) -> date:
    """The date on somebody's own clock."""
    return now.astimezone(ZoneInfo(person.timezone)).date()


def sign_in_as(person_id: int, now: datetime) -> None:
    """Start afresh: nothing of the cookie before it stays but where the person wanted to go."""
    wanted = session.get("next")
    session.clear()
    session.permanent = True
    session.update(person=person_id, since=now.isoformat(), seen=now.isoformat())
    if wanted:
        session["next"] = wanted


def members() -> tuple[Member, ...]:
    """What the person signed in is, programme by programme; empty if nobody is. Asked once a request."""
    if "members" not in g:
        g.members = _read_members()
    return cast(tuple[Member, ...], g.members)


def _read_members() -> tuple[Member, ...]:
    if "person" not in session:
        return ()
    person_id, since = int(session["person"]), datetime.fromisoformat(session["since"])
    if not _still_counts(since, site().now()) or not signin.still_signed_in(site(), person_id, since):
        return ()
    return signin.members(site(), person_id)


def _still_counts(since: datetime, now: datetime) -> bool:
    """Is a sign-in neither too old nor too long without a visit? This visit is noted."""
    settings = site().config.sign_in
    seen = datetime.fromisoformat(session.get("seen", session["since"]))
    if now - since > timedelta(days=settings.lasts_days) or now - seen > timedelta(days=settings.idle_days):
        return False
    if now - seen > SEEN_EVERY:
        session["seen"] = now.isoformat()
    return True


def member() -> Member | None:
    """As whom, and in which programme, they chose to be here last; or the first they can be."""
    mine = members()
    return _as_chosen(mine) if mine else None


def choose(chosen: Member) -> None:
    """Be here as `chosen`, one of `members()`, until another choice."""
    session["programme"] = chosen.programme_id
    session["for"] = senior_of(chosen)


def senior_of(each: Member) -> int | None:
    """For whom somebody acts; None: as themself."""
    return each.person.id if each.behind else None


def _as_chosen(able: Sequence[Member]) -> Member:
    there = [each for each in able if each.programme_id == session.get("programme")]
    chosen = [each for each in there if senior_of(each) == session.get("for")]
    return (chosen or there or list(able))[0]


def member_required(
    role: str | None, *, assistants: bool = False
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Hand the view a `Member` (first argument) who has `role`; 404 for others, sign-in for strangers.

    Args:
        role: None for everybody who is signed in. What a senior's role opens is open to their
            assistants too; what an assistant must not do is refused by the operation.
        assistants: with no role: hand over the senior somebody chose to act for, not themself.
    """

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if not members():
                return _to_sign_in()
            return view(_with_role(role, assistants or role is not None), *args, **kwargs)

        guarded.required_role = role  # type: ignore[attr-defined]
        return guarded

    return decorate


def _with_role(role: str | None, assistants: bool) -> Member:
    able = [
        each
        for each in members()
        if (role is None or role in each.roles) and (assistants or each.behind is None)
    ]
    if not able:
        raise NotFound(f"not a {role}")
    acting = _as_chosen(able)
    g.acting = acting
    return acting


def _to_sign_in() -> BaseResponse:
    wanted = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("auth.sign_in", next=wanted), 303)


def home() -> str:
    """The address of a person's own page, or of the sign-in page."""
    acting = member()
    if acting is None:
        return url_for("auth.sign_in")
    return url_for(next((HOMES[role] for role in HOMES if role in acting.roles), WITHOUT_ROLE))


def safe_next(target: str | None) -> str | None:
    """`target` if it is a path on this site, else None.

    Browsers read a backslash as a slash and drop tabs and line ends, so that `/\\e` and `/<tab>/e`
    lead elsewhere, as `//e` does.
    """
    if not target or not target.startswith("/") or target.startswith("//"):
        return None
    if any(sign == "\\" or ord(sign) <= 32 or ord(sign) == 127 for sign in target):
        return None
    parts = urlsplit(target)
    return None if parts.scheme or parts.netloc else target
