"""Everything that can go wrong, as a page that says what happened and what to do next."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from flask import Flask, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError
from werkzeug.exceptions import HTTPException

from planner.errors import IllegalMove
from web.errors import Misfilled, NotFound, Refused

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Sorry:
    title: str
    text: str


WORDS = {
    400: Sorry("That did not arrive whole", "Nothing was changed. Please go back and try again."),
    403: Sorry("This is not open to you", "If you think it should be, ask whoever runs your programme."),
    404: Sorry(
        "There is nothing here",
        "The page may have moved, or it belongs to somebody else. Nothing is lost: "
        "start again from your own page.",
    ),
    405: Sorry("That is not how this page works", "Please use the buttons on it. Nothing was changed."),
    409: Sorry("That cannot be done now", "Nothing was changed."),
    413: Sorry("That was too much at once", "Nothing was changed. Please send less text and try again."),
    422: Sorry("Something needs putting right", "Nothing was changed. Please go back and look at these:"),
    429: Sorry(
        "That was a lot at once",
        "Nothing was changed. Please wait a few minutes and try again; what you were asked stays as it is.",
    ),
    500: Sorry(
        "Something broke on our side",
        "It is not your fault and it has been noted. Please try again in a minute; if it stays, "
        "tell whoever runs your programme what you were doing.",
    ),
    503: Sorry("We are busy for a moment", "Nothing was changed. Please try again in a minute."),
}
OPEN_TOO_LONG = Sorry(
    "This page was open too long",
    "Nothing was changed. Please go back, reload the page, and try again.",
)


def register(app: Flask) -> None:
    app.register_error_handler(CSRFError, lambda error: _page(400, OPEN_TOO_LONG))
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(NotFound, lambda error: _page(404, WORDS[404]))
    app.register_error_handler(Refused, lambda error: _page(409, _says(409, error), sessions=error.sessions))
    app.register_error_handler(IllegalMove, lambda error: _page(409, _says(409, error)))
    app.register_error_handler(Misfilled, lambda error: _page(422, WORDS[422], mistakes=error.mistakes))
    app.register_error_handler(DataError, _not_to_be_kept)
    app.register_error_handler(Exception, _broken)


def _not_to_be_kept(_: DataError) -> tuple[str, int]:
    """A character or a number that the database has no room for, as NUL in a text on PostgreSQL."""
    status = 404 if request.method in ("GET", "HEAD") else 400
    return _page(status, WORDS[status])


def too_often() -> tuple[str, int]:
    """For `limits`, which knows when to come back."""
    return _page(429, WORDS[429])


def _says(status: int, error: Exception) -> Sorry:
    return Sorry(WORDS[status].title, str(error))


def _http(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    if status < 400 or error.response is not None:
        return error.get_response()
    page = _page(status, WORDS.get(status, WORDS[400 if status < 500 else 500]))
    return (*page, {name: value for name, value in error.get_headers() if name == "Allow"})


def _broken(error: Exception) -> tuple[str, int]:
    """The log gets the trace and the endpoint, not the address: links carry tokens."""
    log.exception("%s %s failed", request.method, request.endpoint, exc_info=error)
    return _page(500, WORDS[500])


def _page(status: int, sorry: Sorry, **more: object) -> tuple[str, int]:
    return render_template("error.html", status=status, sorry=sorry, **more), status
