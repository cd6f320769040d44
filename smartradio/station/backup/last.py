"""When the last backup was made; kept beside the database, because a backup is also made while a station works."""

from __future__ import annotations

from pathlib import Path

import structlog
from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from smartradio.domain.errors import SmartradioError
from smartradio.files import write_whole

FILE_NAME = "last-backup.json"
_logger = structlog.get_logger()


class LastBackup(BaseModel):
    """The last backup of a station: when, how large, how far its evidence log went."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    made_at: AwareDatetime
    size_bytes: int
    entries: int
    head: str


def last_backup(folder: Path) -> LastBackup | None:
    """Return what is known of the last backup; None if there was none, or it cannot be read."""
    try:
        return LastBackup.model_validate_json((folder / FILE_NAME).read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        _logger.warning("last_backup_unreadable", folder=str(folder), error=str(error).splitlines()[0])
        return None


def note_backup(folder: Path, made: LastBackup) -> None:
    """Write down that a backup was made; raises SmartradioError."""
    try:
        write_whole(folder / FILE_NAME, made.model_dump_json().encode(), mode=0o600)
    except OSError as error:
        raise SmartradioError(f"{folder / FILE_NAME}: cannot be written: {error.strerror}") from error
