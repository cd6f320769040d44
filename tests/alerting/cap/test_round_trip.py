"""What is written is what is read, for any message; what is not fit to be written is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings

from smartradio.alerting.cap.findings import CapError
from smartradio.alerting.cap.message import CapAlert
from smartradio.alerting.cap.reading import read_cap
from smartradio.alerting.cap.rules import check
from smartradio.alerting.cap.writing import write_cap
from tests.alerting.cap.building import messages
from tests.alerting.cap.wording import NOW, message


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(messages)
def test_any_message_is_read_as_it_was_written_and_written_as_it_was_read(made: CapAlert) -> None:
    data = write_cap(made)
    read = read_cap(data)
    assert read == made
    assert read.remarks == ()
    assert write_cap(read) == data
    assert [str(each).count("\n") for each in check(read, now=NOW)] == [0] * len(check(read, now=NOW))


def test_words_that_xml_cannot_hold_are_refused() -> None:
    with pytest.raises(CapError, match=r"<note> holds a sign"):
        write_cap(replace(message(), note="a\x00b"))


def test_utc_is_written_as_the_standard_asks() -> None:
    utc = message(("2026-11-23T09:30:00+07:00", "2026-11-23T02:30:00Z"))
    assert b"<sent>2026-11-23T02:30:00-00:00</sent>" in write_cap(utc)


def test_a_reference_keeps_the_time_as_its_own_message_has_it() -> None:
    updated = replace(message(), references=(message().key,))
    assert b"<references>dubao@example.vn,LU-1,2026-11-23T09:30:00+07:00</references>" in write_cap(updated)
