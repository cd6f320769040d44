"""Who this node is: its key, its boot, and the lock that keeps its data folder to one process."""

from __future__ import annotations

import secrets
import time
from pathlib import Path

from smartradio.domain.errors import SmartradioError
from smartradio.files import FolderBusyError, FolderLock, write_whole
from smartradio.wire.signing import SigningKey

_KEY_FILE = "node.key"
_LOCK_FILE = "node.lock"


def hold_folder(folder: Path) -> FolderLock:
    """Keep a node's data folder to this process; raises SmartradioError naming the process that holds it."""
    try:
        return FolderLock(folder / _LOCK_FILE)
    except FolderBusyError as error:
        line = f"{folder} belongs to a running node (process {error.holder}): give each node a folder of its own"
        raise SmartradioError(line) from error


def node_key(folder: Path) -> SigningKey:
    """Return the node's signing key, made at first start in a file of mode 0600; raises SmartradioError."""
    path = folder / _KEY_FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            # Another process may make one at the same moment; the first one counts.
            write_whole(path, SigningKey.new().to_hex().encode("ascii"), mode=0o600, replace=False)
        return SigningKey.from_hex(path.read_text(encoding="ascii"))
    except (OSError, UnicodeDecodeError) as error:
        raise SmartradioError(f"cannot read the node's key {path}: {error}") from error
    except SmartradioError as error:
        raise SmartradioError(f"{path}: {error}; remove it and enrol the node anew") from error


def node_public_key(folder: Path) -> str:
    """Return the public key (64 hex digits) of the node with this data folder, making its key if needed."""
    return node_key(folder).public_hex


def new_boot() -> str:
    """Return a token for this start of the node; a later start sorts after an earlier one."""
    return f"{time.time_ns() // 1_000_000:013x}-{secrets.token_hex(4)}"
