"""Messages for the tests of CAP, written by hand: a whole one, and the same with other lines in it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from smartradio.alerting.cap.message import CapAlert
from smartradio.alerting.cap.reading import read_cap

ISSUERS = Path(__file__).parent / "issuers"
NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)

INFO = """\
<info>
<language>vi-VN</language>
<category>Met</category>
<event>Lũ</event>
<urgency>Immediate</urgency>
<severity>Severe</severity>
<certainty>Observed</certainty>
<expires>2026-11-23T16:00:00+07:00</expires>
<description>Nước sông đang lên.</description>
<area><areaDesc>Thôn 3</areaDesc></area>
</info>
"""

WHOLE = f"""\
<?xml version="1.0" encoding="UTF-8"?>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">
<identifier>LU-1</identifier>
<sender>dubao@example.vn</sender>
<sent>2026-11-23T09:30:00+07:00</sent>
<status>Actual</status>
<msgType>Alert</msgType>
<scope>Public</scope>
{INFO}</alert>
"""


def written(*changes: tuple[str, str]) -> bytes:
    """Return the whole message with parts of its text put in place of others; each must be there."""
    text = WHOLE
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text.encode()


def message(*changes: tuple[str, str]) -> CapAlert:
    """Return the whole message read, with parts of its text changed."""
    return read_cap(written(*changes))
