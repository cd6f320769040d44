"""What goes wrong in the database, in one line."""

from __future__ import annotations

from smartradio.domain.errors import SmartradioError


class StoreError(SmartradioError):
    """The database cannot be opened, read or written; nothing of the failed call is in it."""
