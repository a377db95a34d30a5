"""A token endpoint that gives another refresh token with every renewal, as some vendors do.

The use of an old one is taken for theft and ends the consent (RFC 9700 §4.14.2).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from urllib.parse import parse_qs, urlencode

from connectors.base import Refused
from connectors.calls import Calls
from connectors.grants import FreshToken, Renewal
from connectors.transport import Transport
from tests.connectors.loopback import Request, Response

CLIENT_SECRET = "canary-client-secret"


class TokenEndpoint:
    """An app of `Loopback`: renews at /token, and answers elsewhere whoever has the last access token."""

    def __init__(self, *, expires_in: float = 3600, takes: float = 0) -> None:
        """
        Args:
            expires_in: seconds, of access tokens.
            takes: seconds that a renewal takes, so that others come meanwhile.
        """
        self.renewals = 0
        self.is_over = False  #: the consent
        self._expires_in = expires_in
        self._takes = takes
        self._lock = threading.Lock()

    @property
    def refresh_token(self) -> str:
        """The one that is good."""
        return f"canary-refresh-{self.renewals}"

    @property
    def access_token(self) -> str:
        return f"canary-access-{self.renewals}"

    def __call__(self, request: Request) -> Response:
        if request.path != "/token":
            good = request.headers.get("Authorization") == f"Bearer {self.access_token}"
            return Response.of_json({}, 200 if good else 401)
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        if form.get("client_secret") != CLIENT_SECRET:
            return Response.of_json({"error": "invalid_client"}, 401)
        with self._lock:
            if self.is_over or form["refresh_token"] != self.refresh_token:
                self.is_over = True
                return Response.of_json({"error": "invalid_grant"}, 400)
            time.sleep(self._takes)
            self.renewals += 1
            return Response.of_json(
                {
                    "access_token": self.access_token,
                    "refresh_token": self.refresh_token,
                    "expires_in": self._expires_in,
                    "token_type": "Bearer",
                }
            )


def renewing(url: str) -> Callable[[str], Renewal]:
    """A client of a token endpoint, as small as can be."""
    calls = Calls(Transport(endpoints=[url]), at_once=16, attempts=1)

    def renew(refresh_token: str) -> Renewal:
        form = {"refresh_token": refresh_token, "client_secret": CLIENT_SECRET}
        answer = calls.call("POST", f"{url}/token", body=urlencode(form).encode())
        if answer.status != 200:
            raise Refused(f"The consent has ended ({answer.json().get('error')}).")
        said = answer.json()
        return Renewal(FreshToken(said["access_token"], said["expires_in"]), said["refresh_token"])

    return renew
