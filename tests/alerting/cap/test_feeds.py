"""Feeds of several kinds: entries with their messages or links, one broken entry harming no other."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from smartradio.alerting.cap.feeds import MOST_ENTRIES, read_feed
from smartradio.alerting.cap.findings import CapError
from tests.alerting.cap.wording import WHOLE, message, written

ALERT = WHOLE.partition("?>\n")[2]
ATOM = f"""\
<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:cap="urn:oasis:names:tc:emergency:cap:1.2">
<title>Cảnh báo của tỉnh</title><id>urn:x:feed</id><updated>2026-11-23T09:31:00+07:00</updated>
<link rel="self" href="https://canhbao.example.vn/feed.atom"/>
<entry><id>urn:x:1</id><title>Lũ</title><updated>2026-11-23T02:30:00Z</updated>
<link rel="alternate" type="text/html" href="/1.html"/>
<link type="application/cap+xml" href="/1.cap"/>
<cap:event>Lũ</cap:event></entry>
<entry><id>urn:x:2</id><title>Bão</title><content type="text/xml">{ALERT}</content></entry>
<entry><id>urn:x:3</id><title>Hỏng</title><content type="text/xml">{ALERT.replace("Actual", "Real")}</content></entry>
<entry><title>Không có gì</title></entry>
<entry><id>urn:x:5</id><link rel="edit" href="/5"/></entry>
</feed>
"""
RSS = """\
<?xml version="1.0"?>
<rss version="2.0"><channel><title>Met Centre</title><lastBuildDate>Mon, 23 Nov 2026 02:30:00 GMT</lastBuildDate>
<item><title>Storm</title><link>https://alerts.example.in/cap?id=1</link><guid isPermaLink="false">1</guid>
<pubDate>Mon, 23 Nov 2026 08:00:00 +0530</pubDate></item>
<item><title>Rain</title><enclosure url="https://alerts.example.in/2.xml" type="application/cap+xml" length="1"/>
<link>https://alerts.example.in/2.html</link><pubDate>yesterday</pubDate></item>
</channel></rss>
"""


def test_an_atom_feed_gives_messages_links_and_faults_entry_by_entry() -> None:
    feed = read_feed(ATOM.encode())
    assert (feed.title, feed.updated) == ("Cảnh báo của tỉnh", datetime(2026, 11, 23, 2, 31, tzinfo=UTC))
    linked, held, broken, empty, foreign = feed.entries
    assert (linked.id, linked.title, linked.link) == ("urn:x:1", "Lũ", "/1.cap")
    assert (linked.updated, linked.message, linked.fault) == (datetime(2026, 11, 23, 2, 30, tzinfo=UTC), None, "")
    assert held.message == message()
    assert held.fault == ""
    assert broken.message is None
    assert "<status> is “Real”" in broken.fault
    assert "neither an id nor a link" in empty.fault
    assert "neither a message nor a link" in foreign.fault


def test_an_rss_feed_gives_the_link_that_leads_to_cap() -> None:
    feed = read_feed(RSS.encode())
    assert feed.title == "Met Centre"
    assert feed.updated == datetime(2026, 11, 23, 2, 30, tzinfo=UTC)
    assert [(entry.id, entry.link) for entry in feed.entries] == [
        ("1", "https://alerts.example.in/cap?id=1"),
        ("https://alerts.example.in/2.xml", "https://alerts.example.in/2.xml"),
    ]
    assert [entry.updated for entry in feed.entries] == [datetime(2026, 11, 23, 2, 30, tzinfo=UTC), None]


def test_a_message_alone_is_a_feed_of_one() -> None:
    feed = read_feed(written())
    assert [entry.message for entry in feed.entries] == [message()]
    assert feed.entries[0].id == str(message().key)


def test_a_feed_is_read_as_safely_as_a_message() -> None:
    with pytest.raises(CapError, match="document type"):
        read_feed(b'<!DOCTYPE feed SYSTEM "http://x/">' + ATOM.partition("?>\n")[2].encode())


def test_what_is_no_feed_is_refused() -> None:
    with pytest.raises(CapError, match="neither a feed nor a CAP message: it begins with <html>"):
        read_feed(b"<html><body>404</body></html>")


def test_a_feed_with_far_too_many_entries_is_refused() -> None:
    with pytest.raises(CapError, match="more than 2000 entries"):
        read_feed(b"<rss><channel>" + b"<item/>" * (MOST_ENTRIES + 1) + b"</channel></rss>")


def test_an_instant_at_the_end_of_the_calendar_is_none() -> None:
    feed = read_feed(ATOM.replace("2026-11-23T09:31:00+07:00", "9999-12-31T23:59:59-14:00").encode())
    assert feed.updated is None
