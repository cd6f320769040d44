"""Archives of strangers: nothing leaves the folder, nothing grows beyond its bound."""

from __future__ import annotations

import gzip
import os
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import IO

from smartradio.domain.errors import BadInputError

MAX_MEMBERS = 2_000
# What an archive on a stick may hold beside the wanted files before it is given up.
MAX_PASSED_OVER_BYTES = 4_000_000_000

_CHUNK = 1 << 20
_LONGEST_PART = 200
_DEEPEST = 10
_ENCRYPTED = 0x1
_MAX_ENTRIES = 20_000
_LONGEST_READ = 1 << 26
_UNREADABLE = (
    zipfile.BadZipFile,
    tarfile.TarError,
    gzip.BadGzipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
)


def unpack_zip(archive: Path, folder: Path, *, most_bytes: int) -> list[str]:
    """Unpack a zip into an empty folder and return the files' paths in it; one folder around all is left off.

    Refuses absolute and upward paths, links, encryption, doubled names, more than MAX_MEMBERS files and more than
    `most_bytes` in all, counted while unpacking. Raises BadInputError that names the archive.
    """
    with _readable(archive), zipfile.ZipFile(archive) as packed:
        members = [member for member in packed.infolist() if not member.is_dir()]
        if not members:
            raise BadInputError(f"{archive.name}: is empty")
        if len(members) > MAX_MEMBERS:
            raise BadInputError(f"{archive.name}: holds {len(members)} files; a model has at most {MAX_MEMBERS}")
        paths = [_checked(archive, member) for member in members]
        if len({path[0] for path in paths}) == 1 and all(len(path) > 1 for path in paths):
            paths = [path[1:] for path in paths]
        if len(set(paths)) < len(paths):
            raise BadInputError(f"{archive.name}: holds two files of one name")
        left = most_bytes
        for member, path in zip(members, paths, strict=True):
            target = folder.joinpath(*path)
            target.parent.mkdir(parents=True, exist_ok=True)
            with packed.open(member) as source, target.open("xb") as out:
                left -= _copy(source, out, left, f"{archive.name}: holds more than {most_bytes} bytes")
    return ["/".join(path) for path in paths]


def take_files(archive: Path, wanted: Mapping[str, int], folder: Path) -> list[str]:
    """Take files out of a .zip, .tar or .tar.gz by their last name and return the names found.

    `wanted` maps a name to the most bytes it may have; only these names are ever written, straight into `folder`.
    Raises BadInputError that names the archive.
    """
    found: list[str] = []
    passed_over = 0
    with _readable(archive):
        for count, (path, size, source) in enumerate(_members(archive)):
            name = safe_parts(path, archive)[-1]
            if count >= MAX_MEMBERS:
                raise BadInputError(f"{archive.name}: holds more than {MAX_MEMBERS} files")
            if name not in wanted:
                passed_over += size
                if passed_over > MAX_PASSED_OVER_BYTES:
                    raise BadInputError(f"{archive.name}: holds too much beside the model's files")
                continue
            if name in found:
                raise BadInputError(f"{archive.name}: holds two files called {name}")
            with source() as data, (folder / name).open("xb") as out:
                _copy(data, out, wanted[name], f"{archive.name}: {name} is larger than {wanted[name]} bytes")
            found.append(name)
    return found


def is_archive(path: Path) -> bool:
    """Say whether a name is that of an archive that `take_files` reads."""
    return path.name.lower().endswith((".zip", ".tar", ".tar.gz", ".tgz"))


def safe_parts(name: str, archive: Path) -> tuple[str, ...]:
    """Return the parts of a member's path; raises BadInputError for one that could lead outside."""
    parts = tuple(part for part in name.split("/") if part not in ("", "."))
    odd = any(not character.isprintable() or character in '\\:*?"<>|' for character in name)
    too_long = len(parts) > _DEEPEST or any(len(os.fsencode(part)) > _LONGEST_PART for part in parts)
    if not parts or name.startswith("/") or ".." in parts or odd or too_long:
        raise BadInputError(f"{archive.name}: holds a file of the unsafe name {name[:80]!r}; nothing was unpacked")
    return parts


def _checked(archive: Path, member: zipfile.ZipInfo) -> tuple[str, ...]:
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        raise BadInputError(f"{archive.name}: holds a link or device ({member.filename[:80]!r}); nothing was unpacked")
    if member.flag_bits & _ENCRYPTED:
        raise BadInputError(f"{archive.name}: is encrypted")
    # zipfile has cut a NUL and what follows; the name as it was written counts.
    return safe_parts(member.orig_filename, archive)


def _members(archive: Path) -> Iterator[tuple[str, int, _Opener]]:
    if archive.name.lower().endswith(".zip"):
        with zipfile.ZipFile(archive) as packed:
            for member in packed.infolist():
                if not member.is_dir():
                    _checked(archive, member)
                    yield member.filename, member.file_size, _Opener(packed, member)
        return
    with _tape(archive) as file, tarfile.open(fileobj=file, mode="r:") as tape:
        for number, entry in enumerate(tape):
            if number >= _MAX_ENTRIES:
                raise BadInputError(f"{archive.name}: holds more than {_MAX_ENTRIES} entries")
            if entry.isfile():
                yield entry.name, entry.size, _Opener(tape, entry)


def _tape(archive: Path) -> BufferedReader | _Gunzip:
    return archive.open("rb") if archive.name.lower().endswith(".tar") else _Gunzip(archive)


class _Gunzip(gzip.GzipFile):
    """A tar's headers tell how much is read at once; a bomb would have it all in memory."""

    def read(self, size: int | None = -1) -> bytes:
        """See GzipFile; refuses to read very much at once."""
        if size is None or not 0 <= size <= _LONGEST_READ:
            raise tarfile.ReadError("a header is longer than any header")
        return super().read(size)


class _Opener:
    """A member's content, opened when called."""

    def __init__(self, packed: zipfile.ZipFile | tarfile.TarFile, member: zipfile.ZipInfo | tarfile.TarInfo) -> None:
        self._packed = packed
        self._member = member

    def __call__(self) -> IO[bytes]:
        if isinstance(self._packed, zipfile.ZipFile):
            assert isinstance(self._member, zipfile.ZipInfo)
            return self._packed.open(self._member)
        assert isinstance(self._member, tarfile.TarInfo)
        content = self._packed.extractfile(self._member)
        assert content is not None  # only regular files come here
        return content


def _copy(source: IO[bytes], out: IO[bytes], most_bytes: int, beyond: str) -> int:
    # What a header says of a size is not believed: a bomb lies.
    written = 0
    while chunk := source.read(_CHUNK):
        written += len(chunk)
        if written > most_bytes:
            raise BadInputError(beyond)
        out.write(chunk)
    return written


@contextmanager
def _readable(archive: Path) -> Iterator[None]:
    try:
        yield
    except _UNREADABLE as error:
        raise BadInputError(f"{archive.name}: is no archive or is damaged: {error}") from error
    except (FileExistsError, IsADirectoryError, NotADirectoryError) as error:
        raise BadInputError(f"{archive.name}: holds a file and a folder of one name") from error


def all_files(folder: Path) -> Iterable[Path]:
    """Return every file under a folder, in a steady order."""
    return sorted(path for path in folder.rglob("*") if path.is_file())
