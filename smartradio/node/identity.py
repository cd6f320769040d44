"""Who this node is: its key, its boot, and the lock that keeps its data folder to one process."""

from __future__ import annotations

import fcntl
import os
import secrets
import time
from pathlib import Path

from smartradio.domain.errors import SmartradioError
from smartradio.wire.signing import SigningKey

_KEY_FILE = "node.key"
_LOCK_FILE = "node.lock"


class FolderLock:
    """An exclusive lock on a node's data folder, held until `release` or the end of the process.

    Raises SmartradioError naming the process that holds it.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / _LOCK_FILE
        self._file = path.open("a+", encoding="ascii")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._file.seek(0)
            holder = self._file.read(20).strip() or "unknown"
            self._file.close()
            line = f"{folder} belongs to a running node (process {holder}): give each node a folder of its own"
            raise SmartradioError(line) from error
        self._file.truncate(0)
        self._file.write(str(os.getpid()))
        self._file.flush()

    def release(self) -> None:
        """Let another process have the folder."""
        self._file.close()


def node_key(folder: Path) -> SigningKey:
    """Return the node's signing key, made at first start in a file of mode 0600; raises SmartradioError."""
    path = folder / _KEY_FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _make_key(path)
        return SigningKey.from_hex(path.read_text(encoding="ascii"))
    except (OSError, UnicodeDecodeError) as error:
        raise SmartradioError(f"cannot read the node's key {path}: {error}") from error
    except SmartradioError as error:
        raise SmartradioError(f"{path}: {error}; remove it and enrol the node anew") from error


def _make_key(path: Path) -> None:
    # Whole or not at all: a node that lost half a key to a power cut would be a stranger to its station.
    made = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(SigningKey.new().to_hex())
        file.flush()
        os.fsync(file.fileno())
    try:
        # Another process may have made one at the same moment; the first one counts.
        os.link(made, path)
    except FileExistsError:
        pass
    finally:
        made.unlink()
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make a rename or a new file in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def node_public_key(folder: Path) -> str:
    """Return the public key (64 hex digits) of the node with this data folder, making its key if needed."""
    return node_key(folder).public_hex


def new_boot() -> str:
    """Return a token for this start of the node; a later start sorts after an earlier one."""
    return f"{time.time_ns() // 1_000_000:013x}-{secrets.token_hex(4)}"
