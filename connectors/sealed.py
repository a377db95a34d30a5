"""Secrets that lie in files, sealed with a key made of the site's own secret.

Authenticated encryption by `cryptography`'s Fernet (AES-128-CBC and HMAC-SHA256), its key derived by
HKDF (RFC 5869). Of several secrets the first one seals and every one opens, so a secret is changed by
putting a new one in front.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from connectors.base import Refused

PREFIX = "officeday-sealed-1:"


class WrongKey(Refused):
    """Something is sealed, and none of the site's secrets opens it."""


def is_sealed(text: str) -> bool:
    return text.startswith(PREFIX)


class Seal:
    """Seals texts, and opens what was sealed."""

    def __init__(self, keys: Sequence[bytes | str]) -> None:
        """
        Args:
            keys: the site's secret, then older ones.

        Raises:
            ValueError: there is none, or an empty one.
        """
        if not keys or not all(keys):
            raise ValueError("a seal needs a secret")
        self._newest, *older = [Fernet(_derived(key)) for key in keys]
        self._fernet = MultiFernet([self._newest, *older])

    def seal(self, text: str) -> str:
        return PREFIX + self._fernet.encrypt(text.encode()).decode()

    def is_newest(self, text: str) -> bool:
        """Was this sealed with the first secret?"""
        try:
            self._newest.decrypt(text.strip().removeprefix(PREFIX))
        except InvalidToken:
            return False
        return True

    def open(self, text: str) -> str:
        """
        Raises:
            WrongKey: no key opens it, or somebody has changed it.
        """
        try:
            return self._fernet.decrypt(text.strip().removeprefix(PREFIX)).decode()
        except InvalidToken:
            raise WrongKey(
                "A secret was sealed with another secret key than the site has now. "
                "Put the old key behind the new one, or connect again."
            ) from None


def read_secret(path: Path, seal: Seal | None = None) -> str:
    """What a file holds, sealed or plain, without white space around it.

    Raises:
        WrongKey: it is sealed with another key.
        Refused: there is no such file, or nothing in it.
    """
    try:
        text = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise Refused(f"The secret in {path} cannot be read: {why}.") from None
    if not text:
        raise Refused(f"There is no secret in {path}.")
    return opened(text, path, seal)


def opened(text: str, path: Path, seal: Seal | None) -> str:
    """What stands in a file, which may be sealed.

    Raises:
        WrongKey: it is, with another key, or no key is at hand.
    """
    if not is_sealed(text):
        return text
    if seal is None:
        raise WrongKey(f"{path} is sealed, and there is no secret key to open it with.")
    try:
        return seal.open(text)
    except WrongKey as error:
        raise WrongKey(f"{path}: {error}") from None


def _derived(key: bytes | str) -> bytes:
    secret = key.encode() if isinstance(key, str) else key
    made = HKDF(hashes.SHA256(), length=32, salt=None, info=b"officeday sealed 1").derive(secret)
    return base64.urlsafe_b64encode(made)
