"""A refresh token for an access token (RFC 6749 §6), at any vendor's token endpoint."""

from __future__ import annotations

import re
from urllib.parse import urlencode

from connectors.base import Refused, Unreadable
from connectors.calls import Calls
from connectors.grants import FreshToken, Renewal
from connectors.transport import Answer

#: what ends a consent: RFC 6749 §5.2, OpenID Connect Core §3.1.2.6
_CONSENT_IS_OVER = frozenset(("invalid_grant", "interaction_required", "consent_required", "login_required"))
#: seconds an access token is used that does not say for how long it is good
_SHORT = 300


class OAuthClient:
    """A client that is registered with a vendor."""

    def __init__(
        self,
        calls: Calls,
        token_endpoint: str,
        client_id: str,
        client_secret: str | None,
        *,
        remedy: str,
        scope: str | None = None,
    ) -> None:
        """
        Args:
            calls: others than those that use the tokens.
            remedy: what a person should do when the consent has ended.
            scope: where a vendor wants it with every renewal.
        """
        self._calls = calls
        self._token_endpoint = token_endpoint
        self._client = {"client_id": client_id}
        if client_secret is not None:
            self._client["client_secret"] = client_secret
        self._scope = {} if scope is None else {"scope": scope}
        self._remedy = remedy

    def renew(self, refresh_token: str) -> Renewal:
        """
        Raises:
            Refused: the consent has ended, or the vendor does not know this client.
            Unreachable: there is no answer now.
            Unreadable: the answer is none of a token endpoint.
        """
        form = {**self._client, **self._scope, "grant_type": "refresh_token", "refresh_token": refresh_token}
        answer = self._calls.call(
            "POST",
            self._token_endpoint,
            headers={"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"},
            body=urlencode(form).encode(),
        )
        if answer.status != 200:
            raise self._refusal(answer)
        said = answer.json()
        try:
            access = FreshToken(str(said["access_token"]), float(said.get("expires_in", _SHORT)))
        except (KeyError, TypeError, ValueError):
            raise Unreadable("The token endpoint's answer holds no token.") from None
        return Renewal(access, said.get("refresh_token"))

    def _refusal(self, answer: Answer) -> Refused:
        """The code alone is repeated: descriptions name people and mailboxes."""
        code = str(answer.json().get("error"))
        if code in _CONSENT_IS_OVER:
            return Refused(f"The consent has ended ({code}). {self._remedy}")
        named = code if re.fullmatch("[a-z_]{1,40}", code) else f"HTTP {answer.status}"
        return Refused(
            f"The token endpoint gives no token ({named}). Check client_id and client_secret_file."
        )
