"""An info, its areas and its files held against the standard. Source: CAP 1.2, sections 3.2.2 to 3.2.4."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from typing import Final

from smartradio.alerting.cap.findings import Finding, refuse, warn
from smartradio.alerting.cap.message import Area, CapAlert, Info, Lines, MsgType, Polygon, Resource

_FEWEST_POINTS: Final = 4
_LANGUAGE: Final = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")
_ADDRESS: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")
_SHA1: Final = re.compile(r"[0-9A-Fa-f]{40}")
_BASE64: Final = re.compile(r"[A-Za-z0-9+/=\s]*")


def info_findings(message: CapAlert, info: Info, now: datetime) -> Iterator[Finding]:
    """Yield what is wrong with an info of a message."""
    yield from _times(message, info, now)
    yield from _words(message, info)
    for area in info.areas:
        yield from _area(area)
    for resource in info.resources:
        yield from _resource(resource)


def _times(message: CapAlert, info: Info, now: datetime) -> Iterator[Finding]:
    if info.expires is None:
        if message.msg_type in {MsgType.ALERT, MsgType.UPDATE}:
            yield warn("no_expires", "The <info> does not say until when it holds.", line=info.lines.get("info", 0))
        return
    line = info.lines.get("expires", 0)
    # A cancellation is over as it is sent; several issuers write just that.
    told = warn if message.msg_type is MsgType.CANCEL else refuse
    begins = (("sent", message.sent), ("effective", info.effective), ("onset", info.onset))
    for name, at in begins:
        if at is not None and info.expires < at:
            said = "It is over before it begins: <expires> lies before <{name}>."
            yield told("expires_first", said, element="expires", line=line, name=name)
    if info.effective is not None and info.effective > now and info.effective > message.sent:
        said = "It is to be told from {time} on, which has not come."
        yield warn("not_yet", said, element="effective", line=info.lines.get("effective", 0), time=info.effective)


def _words(message: CapAlert, info: Info) -> Iterator[Finding]:
    if info.language and not _LANGUAGE.fullmatch(info.language):
        said = "“{text}” is no language, as vi-VN is."
        yield warn("language", said, element="language", line=info.lines.get("language", 0), text=info.language)
    if not (info.headline or info.description or info.instruction) and message.msg_type is not MsgType.CANCEL:
        said = "The <info> has neither headline, description nor instruction: there is nothing to read out."
        yield warn("no_words", said, line=info.lines.get("info", 0))
    if info.web and not _ADDRESS.fullmatch(info.web):
        said = "“{text}” is no address."
        yield warn("address", said, element="web", line=info.lines.get("web", 0), text=info.web)
    if not info.areas and message.msg_type in {MsgType.ALERT, MsgType.UPDATE}:
        yield warn("no_area", "The <info> does not say where.", line=info.lines.get("info", 0))


def _area(area: Area) -> Iterator[Finding]:
    for number, polygon in enumerate(area.polygons, start=1):
        yield from _polygon(polygon, _line(area.lines, "polygon", number))
    if area.ceiling_ft is not None:
        line = area.lines.get("ceiling", 0)
        if area.altitude_ft is None:
            yield refuse("ceiling", "There is a <ceiling> without an <altitude>.", element="ceiling", line=line)
        elif area.ceiling_ft < area.altitude_ft:
            yield refuse("ceiling", "The <ceiling> lies below the <altitude>.", element="ceiling", line=line)


def _polygon(polygon: Polygon, line: int) -> Iterator[Finding]:
    if len(polygon) < _FEWEST_POINTS:
        said = "A polygon needs four points or more, the last being the first; it has {count}."
        yield refuse("polygon", said, element="polygon", line=line, count=len(polygon))
    elif polygon[0] != polygon[-1]:
        yield refuse("polygon_open", "The polygon is not closed: its last point is not its first.",
                     element="polygon", line=line)  # fmt: skip
    elif len(set(polygon)) < _FEWEST_POINTS - 1:
        yield refuse("polygon", "The polygon has no inside.", element="polygon", line=line)
    if any(abs(here.lon - there.lon) > 180 for here, there in pairwise(polygon)):
        said = "The polygon goes once round the earth; it is taken as it is drawn, not over 180°."
        yield warn("polygon_far", said, element="polygon", line=line)


def _resource(resource: Resource) -> Iterator[Finding]:
    lines = resource.lines
    if not resource.mime_type:
        yield warn("mime_type", "The <resource> has no <mimeType>.", line=lines.get("resource", 0))
    if resource.uri and not _ADDRESS.fullmatch(resource.uri):
        yield warn("address", "“{text}” is no address.", element="uri", line=lines.get("uri", 0), text=resource.uri)
    if resource.digest and not _SHA1.fullmatch(resource.digest):
        yield warn(
            "digest", "“{text}” is no SHA-1.", element="digest", line=lines.get("digest", 0), text=resource.digest
        )
    if not _BASE64.fullmatch(resource.deref_uri):
        yield warn("content", "The content is no base64.", element="derefUri", line=lines.get("derefUri", 0))


def _line(lines: Lines, name: str, number: int) -> int:
    return lines.get(name if number == 1 else f"{name} {number}", 0)
