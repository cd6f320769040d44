"""What is for everybody as an Atom feed. Source: RFC 4287."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from xml.etree import ElementTree as ET

from smartradio.station.citizens import PublicAiring

_NAMESPACE: Final = "http://www.w3.org/2005/Atom"
# What XML 1.0 cannot hold, not even escaped.
_NO_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Listed:
    """One entry of a feed; `links` are (address, rel, media type)."""

    id: str
    title: str
    text: str
    published: datetime
    updated: datetime
    links: tuple[tuple[str, str, str], ...]


def atom(airings: Sequence[PublicAiring], *, title: str, base: str, feed: str, page: str, empty_at: datetime) -> bytes:
    """Return the bulletins as a feed; `base` is the site's address, `feed` and `page` are the paths of feed and page.

    `empty_at` is when a feed without any entry was last what it is.
    """
    listed = [_airing(each, base) for each in airings]
    return atom_of(listed, title=title, feed=base + feed, page=base + page, empty_at=empty_at)


def atom_of(entries: Sequence[Listed], *, title: str, feed: str, page: str, empty_at: datetime) -> bytes:
    """Return a feed as UTF-8; `feed` and `page` are the addresses of the feed and of what it is the feed of."""
    ET.register_namespace("", _NAMESPACE)
    root = ET.Element(f"{{{_NAMESPACE}}}feed")
    newest = max((each.updated for each in entries), default=empty_at)
    _text(root, "title", title)
    _text(root, "id", feed)
    _text(root, "updated", newest.isoformat())
    _link(root, feed, rel="self", kind="application/atom+xml")
    _link(root, page, rel="alternate", kind="text/html")
    _text(_within(root, "author"), "name", title)
    for each in entries:
        _entry(root, each)
    whole: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return whole


def _airing(airing: PublicAiring, base: str) -> Listed:
    return Listed(
        id=f"urn:x-smartradio:airing:{airing.id}",
        title=airing.title,
        text=airing.text,
        published=airing.starts_at,
        updated=airing.ends_at,
        links=(
            (f"{base}/cong-khai/tin/{airing.id}", "alternate", "text/html"),
            (f"{base}/cong-khai/am-thanh/{airing.recording}.opus", "enclosure", "audio/ogg"),
        ),
    )


def _entry(root: ET.Element, listed: Listed) -> None:
    entry = _within(root, "entry")
    _text(entry, "title", listed.title)
    _text(entry, "id", listed.id)
    _text(entry, "published", listed.published.isoformat())
    _text(entry, "updated", listed.updated.isoformat())
    for address, rel, kind in listed.links:
        _link(entry, address, rel=rel, kind=kind)
    _text(entry, "content", listed.text).set("type", "text")


def _within(parent: ET.Element, name: str) -> ET.Element:
    return ET.SubElement(parent, f"{{{_NAMESPACE}}}{name}")


def _text(parent: ET.Element, name: str, text: str) -> ET.Element:
    made = _within(parent, name)
    made.text = _NO_XML.sub("", text)
    return made


def _link(parent: ET.Element, href: str, *, rel: str, kind: str) -> None:
    made = _within(parent, "link")
    made.set("rel", rel)
    made.set("type", kind)
    made.set("href", href)
