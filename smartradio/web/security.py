"""Who is at the page, and that a form came from our own page."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Final, Protocol

from starlette.requests import Request

from smartradio.station.accounts import Account
from smartradio.web.cookies import cookie

SESSION_COOKIE: Final = "smartradio_session"
VISIT_COOKIE: Final = "smartradio_visit"
CSRF_FIELD: Final = "csrf"


class Door(Protocol):
    """The accounts. Blocking calls: passwords are hashed slowly on purpose."""

    def login(self, name: str, password: str, *, device: str = "", sender: str = "") -> str | None:
        """Return a new session token, None for a wrong name or password, or one tried too often by this sender.

        `device` is what the browser calls itself.
        """
        ...

    def is_password(self, name: str, password: str) -> bool:
        """Say whether this is the account's password; wrong tries count as those of `login`."""
        ...

    def locked_for_s(self, name: str, sender: str = "") -> float:
        """Return for how many seconds this name is refused to a sender after wrong tries, 0 if it is not."""
        ...

    def who(self, token: str) -> Account | None:
        """Return whose session it is, None if it has ended."""
        ...

    def logout(self, token: str) -> None:
        """End a session."""
        ...


def new_form_token(secret: str) -> str:
    """Return a form token bound to the visitor's cookie; salted, so that no two pages show the same."""
    salt = secrets.token_urlsafe(9)
    return f"{salt}.{_digest(salt, secret)}"


def is_form_token(token: str, secret: str) -> bool:
    """Say whether a form token was made for the holder of this cookie."""
    salt, _, digest = token.partition(".")
    return bool(salt) and hmac.compare_digest(digest.encode(), _digest(salt, secret).encode())


def _digest(salt: str, secret: str) -> str:
    # Hashed first: HMAC pads short keys with zeros, and a key that ends in zeros would be another's.
    key = hashlib.sha256(secret.encode()).digest()
    return hmac.new(key, b"smartradio form:" + salt.encode(), hashlib.sha256).hexdigest()


def form_secret(request: Request) -> str | None:
    """Return the cookie that form tokens of this visitor are bound to: the session's, else the visit's."""
    return cookie(request, SESSION_COOKIE) or cookie(request, VISIT_COOKIE)
