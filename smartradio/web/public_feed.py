"""The public bulletins as an Atom feed. Source: RFC 4287."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from xml.etree import ElementTree as ET

from smartradio.station.citizens import PublicAiring

_NAMESPACE: Final = "http://www.w3.org/2005/Atom"
# What XML 1.0 cannot hold, not even escaped.
_NO_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def atom(airings: Sequence[PublicAiring], *, title: str, base: str, feed: str, page: str, empty_at: datetime) -> bytes:
    """Return the feed as UTF-8; `base` is the site's address, `feed` and `page` are the paths of this feed and page.

    `empty_at` is when a feed without any entry was last what it is.
    """
    ET.register_namespace("", _NAMESPACE)
    root = ET.Element(f"{{{_NAMESPACE}}}feed")
    newest = max((each.ends_at for each in airings), default=empty_at)
    _text(root, "title", title)
    _text(root, "id", base + feed)
    _text(root, "updated", newest.isoformat())
    _link(root, base + feed, rel="self", kind="application/atom+xml")
    _link(root, base + page, rel="alternate", kind="text/html")
    _text(_within(root, "author"), "name", title)
    for each in airings:
        _entry(root, each, base)
    whole: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return whole


def _entry(root: ET.Element, airing: PublicAiring, base: str) -> None:
    entry = _within(root, "entry")
    _text(entry, "title", airing.title)
    _text(entry, "id", f"urn:x-smartradio:airing:{airing.id}")
    _text(entry, "published", airing.starts_at.isoformat())
    _text(entry, "updated", airing.ends_at.isoformat())
    _link(entry, f"{base}/cong-khai/tin/{airing.id}", rel="alternate", kind="text/html")
    _link(entry, f"{base}/cong-khai/am-thanh/{airing.recording}.opus", rel="enclosure", kind="audio/ogg")
    _text(entry, "content", airing.text).set("type", "text")


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
