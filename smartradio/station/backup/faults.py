"""What keeps a backup from being made or put back."""

from __future__ import annotations

from enum import StrEnum

from smartradio.domain.errors import BadInputError


class Fault(StrEnum):
    """Stable codes; pages have words for each."""

    WEAK = "weak"
    WRONG_WORDS = "wrong_passphrase"
    NO_BACKUP = "no_backup"
    DAMAGED = "damaged"
    OTHER_STATION = "other_station"
    NEWER = "newer"
    LOG = "log"
    BUSY = "busy"


class BackupError(BadInputError):
    """A backup that cannot be made or put back; nothing was changed."""

    def __init__(self, code: Fault, line: str) -> None:
        super().__init__(line)
        self.code = code
