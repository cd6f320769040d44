"""The largest messages are read, drafted or refused in a moment: the station has other things to do meanwhile."""

from __future__ import annotations

import time

import pytest

from smartradio.alerting.cap.as_alert import draft
from smartradio.alerting.cap.findings import CapError
from smartradio.alerting.cap.reading import read_cap
from smartradio.alerting.cap.safe_xml import MAX_BYTES
from smartradio.alerting.cap.values import MAX_REFERENCES
from tests.alerting.cap.commune import ZONES
from tests.alerting.cap.wording import INFO, NOW, written

# On a machine that is busy; while each line was held against all before it, it was a minute, blanks took half of one.
WITHIN_S = 10.0


def test_ninety_thousand_lines_are_drafted_in_a_moment() -> None:
    lines = ["\n".join(f"- {info}{line:05d}." for line in range(9_900)) for info in range(1, 10)]
    data = written((INFO, "".join(INFO.replace("Nước sông đang lên.", each) for each in lines)))
    assert 0.8 * MAX_BYTES < len(data) <= MAX_BYTES
    message = read_cap(data)
    begun_s = time.monotonic()
    alert = draft(message, ZONES, id="to", now=NOW).alert
    assert time.monotonic() - begun_s < WITHIN_S
    assert len(alert.text.splitlines()) == 1 + 9 * 9_900


def test_blanks_without_an_end_behind_a_reference_are_refused_in_a_moment() -> None:
    references = f"<references>a,b,2026-11-22T00:00:00+07:00{' ' * 90_000}x</references>"
    begun_s = time.monotonic()
    with pytest.raises(CapError, match="is no reference"):
        read_cap(written(("<info>", references + "<info>")))
    assert time.monotonic() - begun_s < WITHIN_S


def test_a_message_that_refers_to_far_too_many_others_is_refused() -> None:
    one = "a,b,2026-11-22T00:00:00+07:00 "
    most = read_cap(written(("<info>", f"<references>{one * MAX_REFERENCES}</references><info>")))
    assert len(most.references) == MAX_REFERENCES
    with pytest.raises(CapError, match="refers to more than"):
        read_cap(written(("<info>", f"<references>{one * (MAX_REFERENCES + 1)}</references><info>")))
