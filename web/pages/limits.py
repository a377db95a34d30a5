"""How often an address, or a person, may do what costs others: mail, answers, work for the whole company.

Counted in memory, by the one process that `officeday serve` is; starting it anew forgets. The limits are
wide: a company's people often share one address, and mail scanners open hundreds of links at once. What
must not be guessed is random enough not to need them.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from flask import Flask, Response, make_response, request, session
from flask_limiter import Limiter, RequestLimit
from flask_limiter.util import get_remote_address

from web.pages import refusals


def by_address() -> str:
    """The address that a request comes from; behind a proxy, what the trusted ones say (`site.proxies`)."""
    return f"address {get_remote_address()}"


def by_person() -> str:
    return f"person {session['person']}" if "person" in session else by_address()


def by_mailbox() -> str:
    """The mail address typed, so that nobody's mailbox is filled from many addresses."""
    return f"mailbox {request.form.get('email', '').strip().casefold()[:254]}"


#: What everybody who is signed in may ask for, all in all.
EVERYTHING = "600 per minute"

SIGN_IN = ("300 per 15 minutes", by_address)
LINK_SHOWN = ("1200 per minute", by_address)
LINK_ANSWERED = ("300 per minute", by_address)

LIMITS: dict[str, tuple[tuple[str, Callable[[], str]], ...]] = {
    "auth.ask_for_link": (SIGN_IN, ("5 per 15 minutes", by_mailbox)),
    "auth.open_link": (SIGN_IN,),
    "auth.use_link": (SIGN_IN,),
    "auth.begin_with": (SIGN_IN,),
    "auth.back_from": (SIGN_IN,),
    "answer.show": (LINK_SHOWN,),
    "answer.decide": (LINK_ANSWERED,),
    "questions.by_link": (LINK_SHOWN,),
    "questions.answer_by_link": (LINK_ANSWERED,),
    "offered_seat.show": (LINK_SHOWN,),
    "offered_seat.decide": (LINK_ANSWERED,),
    "actions.show_by_link": (LINK_SHOWN,),
    "actions.say_by_link": (LINK_ANSWERED,),
    "evaluation.show": (LINK_SHOWN,),
    "evaluation.say": (LINK_ANSWERED,),
    "evaluation.say_word": (LINK_ANSWERED,),
    "privacy.opt_out": (LINK_SHOWN,),
    "privacy.say_no": (LINK_ANSWERED,),
    "requests.ask": (("30 per day", by_person),),
    "privacy.my_data": (("20 per hour", by_person),),
    "preferences.name_assistant": (("20 per hour", by_person),),
    "admin.start": (("60 per hour", by_person),),
    "start.plan": (("60 per hour", by_person),),
    "start.read_calendars": (("60 per hour", by_person),),
    "start.send_test_mail": (("20 per hour", by_person),),
    "sheets.try_out": (("120 per hour", by_person),),
    "sheets.take": (("60 per hour", by_person),),
    "admin.read_calendars": (("60 per hour", by_person),),
    "admin.send_mail_anew": (("60 per hour", by_person),),
}


def register(app: Flask) -> None:
    limiter = Limiter(
        by_person,
        app=app,
        storage_uri="memory://",
        strategy="moving-window",
        application_limits=[EVERYTHING],
        application_limits_exempt_when=lambda: "person" not in session or request.endpoint == "static",
        on_breach=_too_much,
    )
    for endpoint, limits in LIMITS.items():
        for rate, key in limits:
            view: Callable[..., Any] = app.view_functions[endpoint]
            app.view_functions[endpoint] = limiter.limit(rate, key_func=key)(view)


def _too_much(limit: RequestLimit) -> Response:
    """A kind page that says when to come back."""
    page, status = refusals.too_often()
    answer = make_response(page, status)
    answer.headers["Retry-After"] = str(max(1, limit.reset_at - int(time.time())))
    return answer
