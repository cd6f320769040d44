"""One file over HTTP: bounded in size and time, taken up again where it broke off, and never a login page."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO, Protocol
from urllib.parse import urlsplit

import pooch
import requests
from requests.exceptions import InvalidSchema, InvalidURL, MissingSchema, RequestException, TooManyRedirects
from urllib3.exceptions import HTTPError

from smartradio import __version__
from smartradio.catalogue.entries import ModelFile
from smartradio.catalogue.pins import Known
from smartradio.domain.errors import BadInputError, SmartradioError

_CHUNK = 1 << 16
_MAX_REDIRECTS = 5
_OK, _PARTIAL, _RANGE_REFUSED, _TOO_MANY, _SERVER_ERROR = 200, 206, 416, 429, 500
_PAGE_STARTS = (b"<!doctype html", b"<html")
_NO_SENSE = (InvalidSchema, InvalidURL, MissingSchema, TooManyRedirects)


class Progress(Protocol):
    """Told how far a file is."""

    def __call__(self, file: str, done_bytes: int, total_bytes: int) -> None:
        """`total_bytes` is 0 while unknown."""
        ...


@dataclass(frozen=True)
class Patience:
    """How long to bear with a server. A commune's line may be slow; one that stands still is given up."""

    connect_s: float = 15.0
    silent_s: float = 30.0
    window_s: float = 60.0
    least_bytes_a_window: int = 60_000
    pauses_s: tuple[float, ...] = (2.0, 8.0)
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic


class _BrokenOffError(SmartradioError):
    """The line or the server failed; another try may go further."""


def download(file: ModelFile, known: Known | None, folder: Path, progress: Progress, patience: Patience) -> Path:
    """Bring a file into a folder under its own name and return its path; what broke off stays beside as `.half`.

    A file that is there already and whole is taken as it is. Raises BadInputError (wrong file, wrong address) or
    SmartradioError (line, server, disk) with one line.
    """
    # pooch tells the terminal what it does; the progress bar does that already.
    pooch.get_logger().setLevel(logging.ERROR)
    try:
        pooch.retrieve(
            file.address,
            known_hash=f"sha256:{known.sha256}" if known else None,
            fname=file.name,
            path=folder,
            downloader=_Downloader(file, folder, progress, patience),
        )
    except ValueError as error:
        (folder / file.name).unlink(missing_ok=True)
        by = known.by if known else "the catalogue"
        raise BadInputError(f"{file.address}: another file: its SHA-256 differs from {by}") from error
    except OSError as error:
        raise SmartradioError(f"{folder}: {file.name} cannot be written: {error.strerror or error}") from error
    return folder / file.name


class _Downloader:
    """A pooch downloader; see `download`."""

    def __init__(self, file: ModelFile, folder: Path, progress: Progress, patience: Patience) -> None:
        self._file = file
        self._half = folder / f"{file.name}.half"
        self._tag = folder / f"{file.name}.half.tag"
        self._progress = progress
        self._patience = patience

    def __call__(self, url: str, output_file: str, pooch: Any, check_only: bool = False) -> None:  # noqa: ARG002
        for pause_s in (*self._patience.pauses_s, None):
            try:
                self._go_on(url)
                break
            except _BrokenOffError as error:
                if pause_s is None:
                    raise SmartradioError(f"{error}; try again, it goes on where it stopped") from error
                self._patience.sleep(pause_s)
            except (BadInputError, OSError):
                # A wrong file is of no use, and what fills a disk must not stay on it.
                self._forget()
                raise
        size = self._half.stat().st_size
        if not self._file.least_bytes <= size <= self._file.most_bytes:
            self._forget()
            raise BadInputError(f"{url}: {_size_fault(self._file, size)}")
        self._half.replace(output_file)
        self._forget()

    def _go_on(self, url: str) -> None:
        tag = self._tag.read_text(encoding="utf-8") if self._tag.exists() and self._half.exists() else ""
        have = self._half.stat().st_size if tag else 0
        headers = {"User-Agent": f"smartradio/{__version__}", "Accept-Encoding": "identity", "Connection": "close"}
        if have:
            headers |= {"Range": f"bytes={have}-", "If-Range": tag}
        times = (self._patience.connect_s, self._patience.silent_s)
        try:
            with requests.Session() as session:
                session.max_redirects = _MAX_REDIRECTS
                with session.get(url, headers=headers, stream=True, timeout=times) as response:
                    self._take(response, have)
        except _NO_SENSE as error:
            raise BadInputError(f"{url}: leads to no http(s) address: {_reason(error)}") from error
        except (RequestException, HTTPError) as error:
            raise _BrokenOffError(f"{url}: {_reason(error)}") from error

    def _take(self, response: requests.Response, have: int) -> None:
        self._check_way(response)
        self._check_status(response)
        if response.status_code == _OK:
            have = 0
            _write_tag(self._tag, response)
        length = _length(response)
        self._check_head(response, have, length)
        with self._half.open("ab" if have else "wb") as out:
            taken = self._stream(response, out, have)
            out.flush()
            os.fsync(out.fileno())
        if length is not None and taken < have + length:
            raise _BrokenOffError(f"{response.url}: broke off after {taken} of {have + length} bytes")

    def _check_way(self, response: requests.Response) -> None:
        way = [each.url for each in (*response.history, response)]
        if any(urlsplit(here).scheme == "https" != urlsplit(there).scheme for here, there in pairwise(way)):
            raise BadInputError(f"{self._file.address}: sends on to an unprotected address ({response.url})")

    def _check_status(self, response: requests.Response) -> None:
        status = response.status_code
        if status == _RANGE_REFUSED:
            self._forget()
            raise _BrokenOffError(f"{self._file.address}: cannot be continued")
        if status == _TOO_MANY or status >= _SERVER_ERROR:
            raise _BrokenOffError(f"{self._file.address}: the server answers {status}")
        if status not in (_OK, _PARTIAL):
            raise BadInputError(f"{self._file.address}: the server answers {status} {response.reason or ''}".rstrip())

    def _check_head(self, response: requests.Response, have: int, length: int | None) -> None:
        url = self._file.address
        if response.headers.get("Content-Type", "").lower().startswith("text/html"):
            raise BadInputError(_page(url))
        if response.headers.get("Content-Encoding", "identity").lower() not in ("", "identity"):
            raise BadInputError(f"{url}: the server changes the file on its way (Content-Encoding)")
        if length is not None and not self._file.least_bytes <= have + length <= self._file.most_bytes:
            raise BadInputError(f"{url}: {_size_fault(self._file, have + length)}")
        ends = length is not None or response.headers.get("Transfer-Encoding", "").lower() == "chunked"
        if not ends and self._file.size is None and self._file.sha256 is None:
            # Nothing would tell the whole file from one that broke off.
            raise BadInputError(f"{url}: the server does not say how long the file is")

    def _stream(self, response: requests.Response, out: BinaryIO, have: int) -> int:
        patience, started = self._patience, have
        since, then = patience.clock(), have
        # read1 hands over what has come: a server that drips would keep a larger read waiting for ever.
        while chunk := response.raw.read1(_CHUNK, decode_content=False):
            if have == started == 0 and chunk.lstrip()[:14].lower().startswith(_PAGE_STARTS):
                raise BadInputError(_page(self._file.address))
            have += len(chunk)
            if have > self._file.most_bytes:
                raise BadInputError(f"{self._file.address}: sends more than the {self._file.most_bytes} bytes expected")
            out.write(chunk)
            self._progress(self._file.name, have, self._file.expected_bytes)
            now = patience.clock()
            if now - since >= patience.window_s:
                if have - then < patience.least_bytes_a_window:
                    raise _BrokenOffError(f"{self._file.address}: only {have - then} bytes in {now - since:.0f} s")
                since, then = now, have
        return have

    def _forget(self) -> None:
        self._half.unlink(missing_ok=True)
        self._tag.unlink(missing_ok=True)


def _write_tag(path: Path, response: requests.Response) -> None:
    """Keep what tells this version from a later one; without it a broken download starts anew."""
    etag = response.headers.get("ETag", "")
    tag = etag if etag and not etag.startswith("W/") else response.headers.get("Last-Modified", "")
    if tag:
        path.write_text(tag, encoding="utf-8")
    else:
        path.unlink(missing_ok=True)


def _length(response: requests.Response) -> int | None:
    told = response.headers.get("Content-Length", "")
    return int(told) if told.isascii() and told.isdigit() else None


def _size_fault(file: ModelFile, size: int) -> str:
    about = f"{file.size}" if file.size is not None else f"about {file.about}"
    return f"another file: {size} bytes instead of {about}"


def _page(url: str) -> str:
    return f"{url}: a web page came instead of the file: log in to this network first, then try again"


def _reason(error: BaseException) -> str:
    """Say what lies at the bottom of a network error in a few words."""
    while error.__cause__ is not None or error.__context__ is not None:
        error = error.__cause__ or error.__context__ or error
    said = getattr(error, "strerror", None) or str(error).split("\n", 1)[0]
    return said or type(error).__name__
