"""The station's secrets: made at the first start, kept in files that only its own user may read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from smartradio.broker.users import new_password
from smartradio.domain.errors import SmartradioError
from smartradio.files import write_whole
from smartradio.wire.signing import SigningKey

KEY_FILE = "station.key"
BROKER_PASSWORD_FILE = "broker.password"  # noqa: S105 - the name of a file


def working_key(folder: Path) -> SigningKey:
    """Return the key that signs what the station sends; raises SmartradioError for a file it cannot use."""
    path = folder / KEY_FILE
    try:
        return SigningKey.from_hex(_kept(path, lambda: SigningKey.new().to_hex()))
    except SmartradioError as error:
        raise SmartradioError(f"{path}: {error}; put back the file from a backup") from error


def broker_password(folder: Path) -> str:
    """Return the station's own password at the embedded broker."""
    return _kept(folder / BROKER_PASSWORD_FILE, new_password)


def _kept(path: Path, make: Callable[[], str]) -> str:
    """Return a secret file's content; without the file make it whole or not at all."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            write_whole(path, f"{make()}\n".encode("ascii"), mode=0o600)
        if path.stat().st_mode & 0o077:
            raise SmartradioError(f"others may read it: chmod 600 {path}")
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SmartradioError(f"{path}: cannot be used: {error}") from error
