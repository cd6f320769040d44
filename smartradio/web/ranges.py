"""Bytes that players ask for in parts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum

from starlette.responses import Response

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


class Held(StrEnum):
    """What a browser may keep of an answer: for a day, only to ask each time whether it may show it, or nothing."""

    A_DAY = "private, max-age=86400"
    ASKING = "private, no-cache"
    NEVER = "no-store"


def ranged(headers: Mapping[str, str], data: bytes, *, media_type: str, etag: str, held: Held = Held.A_DAY) -> Response:
    """Return `data`, or the one range asked for, or 304 for what the browser already holds.

    `etag` changes when the bytes do. Several ranges at once get the whole. Source: RFC 9110, sections 13, 14.
    """
    tag = f'"{etag}"'
    shared = {"etag": tag, "accept-ranges": "bytes", "cache-control": held.value}
    if headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=shared)
    wanted = _RANGE.fullmatch(headers.get("range", "").strip())
    if wanted is None or wanted.group(0) == "bytes=-" or headers.get("if-range", tag) != tag:
        return Response(data, media_type=media_type, headers=shared)
    span = _span(wanted.group(1), wanted.group(2), len(data))
    if span is None:
        return Response(status_code=416, headers={**shared, "content-range": f"bytes */{len(data)}"})
    first, last = span
    part = {**shared, "content-range": f"bytes {first}-{last}/{len(data)}"}
    return Response(data[first : last + 1], status_code=206, media_type=media_type, headers=part)


def _span(first: str, last: str, size: int) -> tuple[int, int] | None:
    """Return the inclusive range, or None where nothing of it exists."""
    # More digits than any file has bytes are cut, so that no huge number is ever built.
    if not first:
        length = min(int(last[:18]), size)
        return (size - length, size - 1) if length else None
    begin = int(first[:18])
    end = min(int(last[:18]), size - 1) if last else size - 1
    return (begin, end) if begin <= end else None
