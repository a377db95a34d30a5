"""What calendar systems have to grant us and what they have granted: one door to all of them.

The texts are those of `connectors.base.Permission`, for administrators and for staff.
"""

from __future__ import annotations

from connectors import Settings, configured
from connectors.base import Permission, Refused

#: The systems whose mailbox may be connected by its owner's consent.
BY_CONSENT = ("google", "microsoft")

FILE_OR_FEED = Permission(
    name="the calendar's address",
    why="to see when people and rooms are busy",
    could_read="everything that the calendar shows at this address, to anybody who knows the address: often "
    "titles and places, too",
)
CALDAV_ACCOUNT = Permission(
    name="the rights of our account on the CalDAV server",
    why="to see when people and rooms are busy, and to keep the sessions' events in the organizer's calendar",
    could_read="what is shared with our account: of some calendars when they are busy, of others every event "
    "with its title, place and guests",
)


def required(kind: str, settings: Settings, *, writes: bool) -> tuple[Permission, ...]:
    """The least that is needed of a calendar system.

    Args:
        writes: is the organizer's calendar there?

    Raises:
        Refused: its section is missing, or there is no such system.
    """
    match kind:
        case "google":
            from connectors import google

            return google.required(configured(kind, settings.google), writes=writes)
        case "microsoft":
            from connectors.microsoft import permissions

            return permissions.required(configured(kind, settings.microsoft), writes=writes)
    return _unasked(kind, settings)


def granted(kind: str, settings: Settings, organizer: str | None) -> tuple[Permission, ...]:
    """What is needed and whether it is granted, then what is granted besides, as the system tells.

    Args:
        organizer: the mailbox that events are written to, if it is there.

    Raises:
        ConnectorError: it tells nothing; the text says what a person should do.
    """
    writes = organizer is not None
    match kind:
        case "google":
            from connectors import google

            return google.granted(
                configured(kind, settings.google),
                settings.allow_private,
                seal=settings.seal,
                writes=writes,
                organizer=organizer,
            )
        case "microsoft":
            from connectors import microsoft

            return microsoft.granted(
                configured(kind, settings.microsoft),
                settings.allow_private,
                seal=settings.seal,
                writes=writes,
            )
    return _unasked(kind, settings)


def _unasked(kind: str, settings: Settings) -> tuple[Permission, ...]:
    """Systems that know no permissions, or do not tell of them."""
    if kind == "caldav":
        configured(kind, settings.caldav)
        return (CALDAV_ACCOUNT,)
    if kind == "ics":
        return (FILE_OR_FEED,)
    raise Refused(f"There is no calendar system called {kind!r}.")


def consent_url(kind: str, settings: Settings, redirect_uri: str, state: str, code_challenge: str) -> str:
    """The page where the organizer's owner says yes (authorization code flow with PKCE, RFC 7636, S256).

    Raises:
        Refused: the settings are none for a consent.
    """
    if kind == "google":
        from connectors import google

        section = configured(kind, settings.google)
        return google.consent_url(section, redirect_uri, state, code_challenge)
    from connectors import microsoft

    return microsoft.consent_url(configured(kind, settings.microsoft), redirect_uri, state, code_challenge)


def redeem(kind: str, settings: Settings, code: str, redirect_uri: str, code_verifier: str) -> str:
    """The refresh token for a code that the browser brought back; the caller has compared the state.

    Raises:
        ConnectorError: there is none; the text says what a person should do.
    """
    if kind == "google":
        from connectors import google

        return google.redeem(
            configured(kind, settings.google),
            code,
            redirect_uri,
            code_verifier,
            allow_private=settings.allow_private,
            seal=settings.seal,
        )
    from connectors import microsoft

    return microsoft.redeem(
        configured(kind, settings.microsoft),
        code,
        redirect_uri,
        code_verifier,
        allow_private=settings.allow_private,
        seal=settings.seal,
    )
