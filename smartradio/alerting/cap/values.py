"""Values as CAP writes them: times, places, references, lists of names. Source: CAP 1.2, sections 3.2 and 3.3.2."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from smartradio.alerting.cap.findings import CapError
from smartradio.alerting.cap.message import Circle, Key, Point, Polygon

MAX_POINTS: Final = 20_000
MAX_REFERENCES: Final = 500
_TIME: Final = re.compile(
    r"(?P<whole>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?P<part>\.[0-9]{1,9})?"
    r"(?P<zone>Z|[+-][0-9]{2}:?[0-9]{2})?"
)
_YEARS: Final = range(1990, 2101)
_NUMBER: Final = r"[+-]?(?:[0-9]{1,9}(?:\.[0-9]{0,20})?|\.[0-9]{1,20})"
_PAIR: Final = re.compile(rf"({_NUMBER}),({_NUMBER})")
_ONE: Final = re.compile(_NUMBER)
# The sender begins with a sign: else blanks without an end would be shared out in every way there is.
_REFERENCE: Final = re.compile(r"\s*([^\s,][^,]*),([^,]+),(\S+)")
_WORD: Final = re.compile(r'"([^"]*)"|(\S+)')
# Of a degree: a tenth of a millimetre. What is read can be written again without loss.
_DECIMALS: Final = 9
_ROUND_THE_WORLD_KM: Final = 20_040.0


def as_time(text: str, element: str, line: int) -> tuple[datetime, bool]:
    """Return an instant with its offset, and whether it was written as the standard asks (no Z, no parts of seconds).

    Raises CapError for what is no time, has no offset, or lies outside 1990 to 2100.
    """
    found = _TIME.fullmatch(text)
    if found is None:
        said = "“{text}” is no time; it is written as 2026-11-23T03:30:00+07:00."
        raise CapError(said, element=element, line=line, text=text)
    if found["zone"] is None:
        raise CapError("The time “{text}” has no offset, as +07:00.", element=element, line=line, text=text)
    zone = "+00:00" if found["zone"] == "Z" else found["zone"]
    try:
        at = datetime.fromisoformat(found["whole"] + zone)
    except ValueError as error:
        raise CapError("There is no time “{text}”.", element=element, line=line, text=text) from error
    if at.year not in _YEARS:
        raise CapError("The time “{text}” lies too far away.", element=element, line=line, text=text)
    return at, found["part"] is None and len(zone) == 6 and found["zone"] != "Z"


def as_polygon(text: str, line: int) -> Polygon:
    """Return the points of a polygon; raises CapError for what is no pair of latitude and longitude on WGS 84."""
    words = text.split()
    if len(words) > MAX_POINTS:
        raise CapError("The polygon has more than {most} points.", element="polygon", line=line, most=MAX_POINTS)
    return tuple(_point(word, "polygon", line) for word in words)


def as_circle(text: str, line: int) -> Circle:
    """Return a circle; raises CapError for what is no place with a radius in kilometres."""
    words = text.split()
    if len(words) != 2:
        said = "“{text}” is no circle; it is written as 20.18,105.97 12.5, the radius in kilometres."
        raise CapError(said, element="circle", line=line, text=text)
    radius_km = as_number(words[1], "circle", line)
    if not 0 <= radius_km <= _ROUND_THE_WORLD_KM:
        raise CapError("{text} km is no radius on the earth.", element="circle", line=line, text=words[1])
    return Circle(_point(words[0], "circle", line), radius_km)


def as_number(text: str, element: str, line: int) -> float:
    """Return a plain number; raises CapError."""
    if _ONE.fullmatch(text) is None:
        raise CapError("“{text}” is no number.", element=element, line=line, text=text)
    return round(float(text), _DECIMALS)


def as_references(text: str, line: int) -> tuple[tuple[Key, ...], bool]:
    """Return the messages referred to, and whether all were written as the standard asks.

    A sender with spaces in its name is read, too, for there are such. Raises CapError for what is no reference, and
    for more than MAX_REFERENCES.
    """
    keys: list[Key] = []
    strict = True
    at = 0
    while at < len(text):
        if len(keys) == MAX_REFERENCES:
            said = "The message refers to more than {most} others."
            raise CapError(said, element="references", line=line, most=MAX_REFERENCES)
        found = _REFERENCE.match(text, at)
        if found is None:
            said = "“{text}” is no reference; it is written as sender,identifier,sent."
            raise CapError(said, element="references", line=line, text=text[at:])
        sent, as_asked = as_time(found[3], "references", line)
        sender, identifier = found[1].strip(), found[2].strip()
        strict = strict and as_asked and not re.search(r"\s", sender + identifier)
        keys.append(Key(sender, identifier, sent))
        at = found.end()
    return tuple(keys), strict


def as_words(text: str) -> tuple[str, ...]:
    """Return the names of a list: between spaces, or between double quotes where they hold spaces."""
    return tuple(word for found in _WORD.finditer(text) if (word := found[1] or found[2]))


def _point(word: str, element: str, line: int) -> Point:
    found = _PAIR.fullmatch(word)
    if found is None:
        said = "“{text}” is no place; it is written as latitude,longitude, as in 20.18,105.97."
        raise CapError(said, element=element, line=line, text=word)
    lat, lon = round(float(found[1]), _DECIMALS), round(float(found[2]), _DECIMALS)
    if not -90 <= lat <= 90:
        said = "“{text}” lies nowhere on the earth: latitude stands first, then longitude."
        raise CapError(said, element=element, line=line, text=word)
    if not -180 <= lon <= 180:
        raise CapError("“{text}” lies nowhere on the earth (WGS 84).", element=element, line=line, text=word)
    return Point(lat, lon)
