"""Files that are whole or not there at all, and a folder that one process holds."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import hashlib
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from smartradio.domain.errors import SmartradioError

# What a crash leaves behind has this ending, so that a folder's owner can sweep it up.
PART_SUFFIX = ".part"

_POLL_S = 0.05
_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_CANNOT_EXCHANGE = (errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP)


@contextmanager
def replacing(
    path: Path, *, mode: int = 0o666, workplace: Path | None = None, replace: bool = True, durable: bool = True
) -> Iterator[Path]:
    """Give an empty file to fill; when the block ends well it is `path`, when it fails `path` is untouched.

    The umask applies to `mode`, from the file's first instant. The file lies beside `path`, or in `workplace` (same
    file system). With `replace` off an older `path` stays and the new one is dropped. `durable` brings content and
    name onto the disk before this returns, so that they outlive a power cut. Raises OSError.
    """
    folder = path.parent if workplace is None else workplace
    part = folder / f".{path.name[:32]}.{secrets.token_hex(6)}{PART_SUFFIX}"
    os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode))
    try:
        yield part
        if durable:
            sync_file(part)
        if replace:
            part.replace(path)
        else:
            _link_if_free(part, path)
    finally:
        part.unlink(missing_ok=True)
    if durable:
        sync_folder(path.parent)


def write_whole(
    path: Path,
    data: bytes,
    *,
    mode: int = 0o666,
    workplace: Path | None = None,
    replace: bool = True,
    durable: bool = True,
) -> None:
    """Write a file whole or not at all; see `replacing`. Raises OSError."""
    with replacing(path, mode=mode, workplace=workplace, replace=replace, durable=durable) as part:
        part.write_bytes(data)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file in hex, read in pieces; raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync_file(path: Path) -> None:
    """Bring a file's content onto the disk; raises OSError."""
    _sync(path, os.O_RDONLY)


def sync_folder(folder: Path) -> None:
    """Make a rename or a new file in a folder survive a power cut; raises OSError."""
    _sync(folder, os.O_RDONLY | os.O_DIRECTORY)


def exchange(one: Path, other: Path) -> bool:
    """Swap two names in one step, so that nobody ever finds either missing; False where the system cannot.

    Raises OSError (a name is not there). Source: renameat2(2), RENAME_EXCHANGE.
    """
    renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if renameat2 is None:
        return False
    if renameat2(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in _CANNOT_EXCHANGE:
        return False
    raise OSError(number, os.strerror(number), str(one))


class FolderBusyError(SmartradioError):
    """Another process holds the folder; `holder` is its number, or "unknown"."""

    def __init__(self, folder: Path, holder: str) -> None:
        super().__init__(f"{folder} is in use by process {holder}: wait for it to end or choose another folder")
        self.folder = folder
        self.holder = holder


class FolderLock:
    """Holds a folder for one process by a lock file in it; the system lets it go when the process dies.

    `path` names the lock file; its folder is made if need be. `wait_s` is how long to wait for another holder.
    Raises FolderBusyError, or OSError where the file cannot be made.
    """

    def __init__(self, path: Path, *, wait_s: float = 0.0) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        deadline = time.monotonic() + wait_s
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        while not _locked(self._file):
            if time.monotonic() >= deadline:
                holder = os.read(self._file, 32).decode(errors="replace").strip() or "unknown"
                os.close(self._file)
                raise FolderBusyError(path.parent, holder)
            time.sleep(_POLL_S)
        os.ftruncate(self._file, 0)
        os.write(self._file, f"{os.getpid()}\n".encode())

    def release(self) -> None:
        """Let the folder go; again is harmless."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def _locked(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _link_if_free(part: Path, path: Path) -> None:
    try:
        os.link(part, path)
    except FileExistsError:
        return


def _sync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
