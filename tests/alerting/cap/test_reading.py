"""What is no CAP message is refused in one line that names the element and the line."""

from __future__ import annotations

import pytest

from smartradio.alerting.cap.findings import CapError
from smartradio.alerting.cap.message import Key
from smartradio.alerting.cap.reading import read_cap
from tests.alerting.cap.wording import INFO, message, written

IDENTIFIER = "<identifier>LU-1</identifier>"
SENT = "2026-11-23T09:30:00+07:00"
AREA = "<areaDesc>Thôn 3</areaDesc>"

REFUSED = {
    "no identifier": ((IDENTIFIER, ""), "line 2, <alert>: There is no <identifier> in <alert>, or it is empty."),
    "empty identifier": ((IDENTIFIER, "<identifier> </identifier>"), "no <identifier>"),
    "two identifiers": ((IDENTIFIER, IDENTIFIER * 2), "line 3, <identifier>: <identifier> stands 2 times in <alert>."),
    "no category": (("<category>Met</category>", ""), "line 9, <info>: There is no <category>"),
    "no event": (("<event>Lũ</event>", ""), "no <event> in <info>"),
    "a status of its own": ((">Actual<", ">Real<"), "line 6, <status>: <status> is “Real”; it can be Actual, Exercise"),
    "a time without offset": ((SENT, "2026-11-23T09:30:00"), "line 5, <sent>: The time “2026-11-23T09:30:00” has no"),
    "no time": ((SENT, "23/11/2026"), "line 5, <sent>: “23/11/2026” is no time"),
    "a day there is not": ((SENT, "2026-02-30T09:30:00+07:00"), "line 5, <sent>: There is no time"),
    "a time far away": ((SENT, "0001-01-01T00:00:00+14:00"), "lies too far away"),
    "words where others belong": (
        ("Nước sông", "<b>Nước</b> sông"),
        "line 17, <description>: <description> holds other",
    ),
    "longitude first": (
        (AREA, AREA + "\n<polygon>105.9,20.1</polygon>"),
        "line 19, <polygon>: “105.9,20.1” lies nowhere",
    ),
    "a polygon of words": (
        (AREA, AREA + "<polygon>here</polygon>"),
        "is no place; it is written as latitude,longitude",
    ),
    "a figure with an exponent": ((AREA, AREA + "<polygon>1e9,2</polygon>"), "is no place"),
    "not a number": ((AREA, AREA + "<circle>20,105 nan</circle>"), "<circle>: “nan” is no number"),
    "a circle without radius": ((AREA, AREA + "<circle>20,105</circle>"), "is no circle"),
    "a radius round the world": ((AREA, AREA + "<circle>20,105 90000</circle>"), "no radius on the earth"),
    "a geocode without name": ((AREA, AREA + "<geocode><value>1</value></geocode>"), "no <valueName> in <geocode>"),
    "half a reference": (
        (INFO, "<references>a@b,LU-0</references>" + INFO),
        "is no reference; it is written as sender",
    ),
    "no namespace": (
        (' xmlns="urn:oasis:names:tc:emergency:cap:1.2"', ""),
        "no CAP message: its first element is <alert>",
    ),
    "CAP 1.0": (("urn:oasis:names:tc:emergency:cap:1.2", "http://www.incident.com/cap/1.0"), "This is CAP 1.0"),
}


@pytest.mark.parametrize("case", sorted(REFUSED))
def test_a_message_that_cannot_be_meant_is_refused_in_one_line(case: str) -> None:
    change, said = REFUSED[case]
    with pytest.raises(CapError) as refused:
        read_cap(written(change))
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_what_stands_in_the_wrong_place_is_read_and_told() -> None:
    read = message((IDENTIFIER, ""), ("<scope>Public</scope>", "<scope>Public</scope>" + IDENTIFIER))
    assert read.identifier == "LU-1"
    assert [str(each) for each in read.remarks] == ["line 8: <identifier> stands behind its place in <alert>."]


def test_an_element_that_the_standard_does_not_have_is_told_and_left_out() -> None:
    read = message(("<event>", "<colour>red</colour><event>"))
    assert [each.code for each in read.remarks] == ["unknown_element"]


def test_cap_1_1_is_read_and_told() -> None:
    assert [each.code for each in message(("cap:1.2", "cap:1.1")).remarks] == ["version"]


def test_an_element_left_empty_says_nothing() -> None:
    assert message(("<description>Nước sông đang lên.</description>", "<description/>")).infos[0].description == ""


def test_the_same_instant_with_another_offset_is_the_same_message() -> None:
    here, there = message(), message((SENT, "2026-11-23T02:30:00-00:00"))
    assert here.key == there.key == Key("dubao@example.vn", "LU-1", here.sent)
    assert str(here.key) == str(there.key) == "dubao@example.vn,LU-1,2026-11-23T02:30:00-00:00"
