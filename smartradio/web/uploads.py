"""A form with files in it, written to the disk while it comes in: memory holds little of however large a file."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request

from smartradio.domain.errors import BadInputError

MAX_FIELDS_BYTES: Final = 1_000_000
"""What all typed fields may hold together."""
_MAX_FIELDS: Final = 500
_MAX_FILES: Final = 4
_ANY_BYTES: Final = 2**63
_ARRIVING_S: Final = 900.0


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came in: where it lies until the form is done with, its name, its size."""

    path: Path
    name: str
    size_bytes: int


@dataclass(slots=True)
class SentForm:
    """What came: fields as typed, in order, and files by their fields; a field without a file has none."""

    fields: FormData
    files: dict[str, Upload] = field(default_factory=dict)


@asynccontextmanager
async def sent_form(
    request: Request, folder: Path, check: Callable[[FormData], None], *, max_file_bytes: int
) -> AsyncIterator[SentForm]:
    """Take a form in; its files are gone when the block ends.

    `check` is asked before a file's first byte is written, with the fields before it, and raises for a form that is
    not ours. Raises BadInputError for what is no whole form, or a file above `max_file_bytes`, at once.
    """
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True, mode=0o700)
    taking = _Taking(folder, check, max_file_bytes)
    try:
        try:
            async with asyncio.timeout(_ARRIVING_S):
                await _take(request, taking)
        except TimeoutError as error:
            raise BadInputError("the file took too long to arrive; send a smaller one") from error
        form = FormData(taking.typed)
        check(form)
        yield SentForm(form, taking.files)
    finally:
        # A page that is too old gives back what was typed in it; it cannot be read a second time.
        request.state.form = FormData(taking.typed)
        await asyncio.to_thread(taking.clear)


async def typed_fields(request: Request) -> list[tuple[str, UploadFile | str]]:
    """Return what was typed in a form whose files are let go while they come; raises BadInputError for no form."""
    taking = _Taking(None, lambda _: None, _ANY_BYTES)
    try:
        async with asyncio.timeout(_ARRIVING_S):
            await _take(request, taking)
    except TimeoutError as error:
        raise BadInputError("the form took too long to arrive") from error
    finally:
        taking.clear()
    return taking.typed


async def _take(request: Request, taking: _Taking) -> None:
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    boundary = options.get(b"boundary")
    if kind != b"multipart/form-data" or not boundary:
        taking.check()
        raise BadInputError("what arrived is no form with files")
    try:
        parser = taking.parser(boundary)
        async for chunk in request.stream():
            parser.write(chunk)
            if taking.ready:
                await asyncio.to_thread(taking.write)
        parser.finalize()
        await asyncio.to_thread(taking.write)
    except FormParserError as error:
        taking.check()
        raise BadInputError("the file did not arrive whole; send it again") from error
    if not taking.ended:
        taking.check()
        raise BadInputError("the file did not arrive whole; send it again")


class _Taking:
    """Takes the parser's events; bytes of files wait in `ready` until they are written, without a folder nowhere."""

    def __init__(self, folder: Path | None, check: Callable[[FormData], None], max_file_bytes: int) -> None:
        self.typed: list[tuple[str, UploadFile | str]] = []
        self.files: dict[str, Upload] = {}
        self.ready: list[tuple[IO[bytes], bytes]] = []
        self.ended = False
        self._folder = folder
        self._check = check
        self._max_file_bytes = max_file_bytes
        self._paths: list[Path] = []
        self._count = 0
        self._header = (bytearray(), bytearray())
        self._headers: dict[str, str] = {}
        self._name = ""
        self._file_name: str | None = None
        self._file: IO[bytes] | None = None
        self._value = bytearray()
        self._typed_bytes = self._file_bytes = 0

    def parser(self, boundary: bytes) -> MultipartParser:
        """Return a parser that tells its events here."""
        return MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": lambda data, start, end: self._header[0].extend(data[start:end]),
                "on_header_value": lambda data, start, end: self._header[1].extend(data[start:end]),
                "on_header_end": self._header_ends,
                "on_headers_finished": self._part_opens,
                "on_part_data": lambda data, start, end: self._data(bytes(data[start:end])),
                "on_part_end": self._part_ends,
                "on_end": self._ends,
            },
        )

    def check(self) -> None:
        """Ask whether what was typed so far is a form of ours."""
        self._check(FormData(self.typed))

    def write(self) -> None:
        """Write to the disk what waits."""
        waiting, self.ready = self.ready, []
        for file, data in waiting:
            file.write(data)

    def clear(self) -> None:
        """Remove what lies on the disk."""
        if self._file is not None:
            self._file.close()
        for path in self._paths:
            path.unlink(missing_ok=True)

    def _begin(self) -> None:
        self._headers = {}
        self._value = bytearray()
        self._file_bytes = 0

    def _header_ends(self) -> None:
        name, value = self._header
        self._headers[name.decode("latin-1").lower()] = value.decode("utf-8", "replace")
        self._header = (bytearray(), bytearray())

    def _part_opens(self) -> None:
        _, options = parse_options_header(self._headers.get("content-disposition", "").encode())
        self._name = options.get(b"name", b"").decode("utf-8", "replace")
        held = options.get(b"filename")
        self._file_name = None if held is None else held.decode("utf-8", "replace")
        if self._file_name:
            self.check()
            self._count += 1
            if self._count > _MAX_FILES:
                raise BadInputError("that is more than can be brought in at once")
            self._file = self._opened()

    def _opened(self) -> IO[bytes]:
        if self._folder is None:
            return Path(os.devnull).open("wb")
        number, path = tempfile.mkstemp(prefix="upload-", dir=self._folder)
        self._paths.append(Path(path))
        return os.fdopen(number, "wb")

    def _data(self, data: bytes) -> None:
        if self._file is not None:
            self._file_bytes += len(data)
            if self._file_bytes > self._max_file_bytes:
                most = self._max_file_bytes / 1e6
                raise BadInputError(f"{self._file_name}: has more than {most:.0f} MB; save it as MP3, or shorter")
            self.ready.append((self._file, data))
            return
        self._typed_bytes += len(data)
        if self._typed_bytes > MAX_FIELDS_BYTES:
            raise BadInputError("that is more than can be brought in at once")
        self._value.extend(data)

    def _part_ends(self) -> None:
        if self._file is not None:
            self.write()
            self._file.close()
            self._file = None
            if self._paths:
                self.files[self._name] = Upload(self._paths[-1], self._file_name or "", self._file_bytes)
        elif self._file_name is None:
            if len(self.typed) >= _MAX_FIELDS:
                raise BadInputError("that is more than can be brought in at once")
            self.typed.append((self._name, self._value.decode("utf-8", "replace")))

    def _ends(self) -> None:
        self.ended = True
