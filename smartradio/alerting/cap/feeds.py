"""A feed of warnings: Atom, RSS, or a single message, with the messages or where they are to be had. Source: RFC 4287.

Nothing is fetched here, and no address is trusted: whoever fetches resolves a link against the feed's own address and
checks where it leads.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from smartradio.alerting.cap.findings import CapError
from smartradio.alerting.cap.message import CapAlert
from smartradio.alerting.cap.reading import cap_of, is_cap
from smartradio.alerting.cap.safe_xml import Element, read_xml

MOST_ENTRIES: Final = 2_000
_ATOM: Final = ("http://www.w3.org/2005/Atom",)
_CAP_TYPES: Final = ("application/cap+xml", "application/common-alerting-protocol+xml")
_XML_TYPES: Final = ("application/xml", "text/xml")
_LONGEST: Final = 2_000


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """One entry: the message itself, or the link to it as it is written in the feed, or why it cannot be read.

    `updated` is None where it is missing or no time: it tells nothing of the message, only of the entry.
    """

    id: str
    title: str = ""
    updated: datetime | None = None
    link: str = ""
    message: CapAlert | None = None
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed's entries, in its order."""

    title: str
    updated: datetime | None
    entries: tuple[FeedEntry, ...]


def read_feed(data: bytes) -> Feed:
    """Return the entries of an Atom or RSS feed, or of a message that stands alone.

    An entry that cannot be read keeps its fault and harms no other. Raises CapError for what is no feed at all; at most
    1 MB and 2,000 entries.
    """
    root = read_xml(data)
    if is_cap(root):
        message = cap_of(root)
        return Feed("", message.sent, (FeedEntry(str(message.key), updated=message.sent, message=message),))
    if root.name == "feed" and root.namespace in _ATOM:
        entries = root.of("entry")
        updated = _time(root.first_text("updated"))
    elif root.name in {"rss", "RDF"}:
        channel = next((each for each in root.children if each.name == "channel"), root)
        entries = [each for parent in (channel, root) for each in parent.children if each.name == "item"]
        updated = _time(_child(channel, "lastBuildDate", "pubDate"))
        root = channel
    else:
        raise CapError("This is neither a feed nor a CAP message: it begins with <{name}>.", line=1, name=root.name)
    if len(entries) > MOST_ENTRIES:
        raise CapError("The feed has more than {most} entries.", line=entries[MOST_ENTRIES].line, most=MOST_ENTRIES)
    return Feed(root.first_text("title"), updated, tuple(_entry(each) for each in entries))


def _entry(entry: Element) -> FeedEntry:
    link = _link(entry)
    message, fault = _inside(entry)
    name = _child(entry, "id", "guid") or link or ("" if message is None else str(message.key))
    if not name or len(name) > _LONGEST or len(link) > _LONGEST:
        fault = fault or f"line {entry.line}: The entry has neither an id nor a link of a usable length."
    elif message is None and not link and not fault:
        fault = f"line {entry.line}: The entry has neither a message nor a link to one."
    return FeedEntry(
        id=name[:_LONGEST],
        title=_child(entry, "title")[:_LONGEST],
        updated=_time(_child(entry, "updated", "pubDate", "date", "published")),
        link=link[:_LONGEST],
        message=message,
        fault=fault,
    )


def _inside(entry: Element) -> tuple[CapAlert | None, str]:
    """Return the message an entry carries itself, and its fault; a message is looked for at any depth."""
    for element in _all(entry):
        if is_cap(element):
            try:
                return cap_of(element), ""
            except CapError as error:
                return None, str(error)
    return None, ""


def _all(element: Element) -> Iterator[Element]:
    for child in element.children:
        yield child
        yield from _all(child)


def _link(entry: Element) -> str:
    """Return the link to the message: one that says it is CAP, else XML, else the entry's own."""
    ranked: list[tuple[int, str]] = []
    for child in entry.children:
        if child.name not in {"link", "enclosure", "content"}:
            continue
        address = child.attributes.get("href") or child.attributes.get("url") or child.attributes.get("src") or ""
        if child.name == "link" and not address:
            address = child.text
        if address and child.attributes.get("rel", "alternate") in {"alternate", "enclosure", "related"}:
            ranked.append((_rank(child), address.strip()))
    return min(ranked, key=lambda each: each[0])[1] if ranked else ""


def _rank(link: Element) -> int:
    kind = link.attributes.get("type", "").partition(";")[0].strip().lower()
    if kind in _CAP_TYPES:
        return 0
    if kind in _XML_TYPES:
        return 1
    if not kind and link.name == "link":
        return 2
    return 3


def _child(element: Element, *names: str) -> str:
    """Return the text of the first child of one of the names, of the feed's own namespace or of an extension's."""
    for name in names:
        for child in element.children:
            if child.name == name and child.text and not is_cap(child):
                return child.text
    return ""


def _time(text: str) -> datetime | None:
    """Return an instant as Atom (RFC 3339) or RSS (RFC 5322) writes it, None for anything else."""
    try:
        at = datetime.fromisoformat(text) if text[:4].isdigit() else parsedate_to_datetime(text)
        # Near the ends of the calendar there is no such instant in UTC.
        return at.astimezone(UTC) if at.tzinfo is not None else None
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
