"""A message held against the standard: what stops it, and what is only told."""

from __future__ import annotations

import pytest

from smartradio.alerting.cap.findings import Gravity
from smartradio.alerting.cap.rules import check, refusals
from tests.alerting.cap.wording import INFO, NOW, message

SCOPE = "<scope>Public</scope>"
AREA = "<areaDesc>Thôn 3</areaDesc>"
EXPIRES = "<expires>2026-11-23T16:00:00+07:00</expires>"
UPDATE = (">Alert<", ">Update<")
ITSELF = "<references>dubao@example.vn,LU-1,2026-11-23T02:30:00-00:00</references>"
CLOSED = "20.1,105.9 20.1,106.0 20.2,106.0 20.1,105.9"

STOPPED = {
    "an alert without info": ((INFO, ""), "no_info"),
    "an update of nothing": (UPDATE, "no_references"),
    "a cancellation of nothing": ((">Alert<", ">Cancel<"), "no_references"),
    "an acknowledgement of nothing": ((">Alert<", ">Ack<"), "no_references"),
    "an error about nothing": ((">Alert<", ">Error<"), "no_references"),
    "restricted to nobody": ((SCOPE, "<scope>Restricted</scope>"), "no_restriction"),
    "private for nobody": ((SCOPE, "<scope>Private</scope>"), "no_addresses"),
    "from the future": (("T09:30:00", "T10:06:00"), "from_the_future"),
    "over before it was sent": (("2026-11-23T16", "2026-11-23T06"), "expires_first"),
    "over before it comes": ((EXPIRES, "<onset>2026-11-24T06:00:00+07:00</onset>" + EXPIRES), "expires_first"),
    "about itself": ((INFO, ITSELF + INFO), "refers_to_itself"),
    "a name with a comma": (("LU-1", "LU,1"), "name"),
    "a polygon not closed": ((AREA, f"{AREA}<polygon>{CLOSED[:-10]}20.1,105.8</polygon>"), "polygon_open"),
    "a polygon of three points": ((AREA, f"{AREA}<polygon>1,1 1,2 1,1</polygon>"), "polygon"),
    "a polygon without inside": ((AREA, f"{AREA}<polygon>1,1 1,2 1,2 1,1</polygon>"), "polygon"),
    "a ceiling without floor": ((AREA, f"{AREA}<ceiling>300</ceiling>"), "ceiling"),
    "a ceiling below its floor": ((AREA, f"{AREA}<altitude>9</altitude><ceiling>3</ceiling>"), "ceiling"),
}

TOLD = {
    "over": (("2026-11-23T16:00", "2026-11-23T09:45"), "expired"),
    "no end": ((EXPIRES, ""), "no_expires"),
    "a restriction of a public message": ((SCOPE, SCOPE + "<restriction>x</restriction>"), "restriction"),
    "an exercise without its name": ((">Actual<", ">Exercise<"), "no_note"),
    "no words": (("<description>Nước sông đang lên.</description>", ""), "no_words"),
    "no place": ((f"<area>{AREA}</area>", ""), "no_area"),
    "no language of that form": (("vi-VN", "tiếng Việt"), "language"),
    "not yet": ((EXPIRES, "<effective>2026-11-23T11:00:00+07:00</effective>" + EXPIRES), "not_yet"),
    "about a later one": ((INFO, "<references>a@b,X,2026-11-24T00:00:00+07:00</references>" + INFO), "refers_to_later"),
    "an alert that refers": (
        (INFO, "<references>a@b,X,2026-11-22T00:00:00+07:00</references>" + INFO),
        "references_of_alert",
    ),
}


def test_a_whole_message_has_nothing_wrong() -> None:
    assert check(message(), now=NOW) == ()


@pytest.mark.parametrize("case", sorted(STOPPED))
def test_a_message_that_would_mislead_is_refused(case: str) -> None:
    change, code = STOPPED[case]
    found = check(message(change), now=NOW)
    assert code in {each.code for each in refusals(found)}
    assert all(each.line > 0 and "\n" not in str(each) for each in found)


@pytest.mark.parametrize("case", sorted(TOLD))
def test_what_is_only_unwise_is_told_with_its_line(case: str) -> None:
    change, code = TOLD[case]
    found = check(message(change), now=NOW)
    assert refusals(found) == ()
    assert code in {each.code for each in found}
    assert all(each.line > 0 for each in found)


def test_a_clock_five_minutes_ahead_is_no_future() -> None:
    assert check(message(("T09:30:00", "T10:05:00")), now=NOW) == ()


def test_a_cancellation_may_be_over_as_it_is_sent() -> None:
    reference = "<references>a@b,X,2026-11-22T00:00:00+07:00</references>"
    found = check(
        message((INFO, reference + INFO), (">Alert<", ">Cancel<"), ("2026-11-23T16", "2026-11-23T06")), now=NOW
    )
    assert refusals(found) == ()


def test_two_languages_that_differ_in_what_matters_are_told() -> None:
    english = INFO.replace("vi-VN", "en").replace("Severe", "Minor").replace("Thôn 3", "Hamlet 3")
    found = check(message((INFO, INFO + english)), now=NOW)
    assert [(each.code, each.element, each.gravity) for each in found] == [
        ("languages_differ", "severity", Gravity.WARN)
    ]


def test_a_language_with_fewer_infos_is_told() -> None:
    english = INFO.replace("vi-VN", "en")
    found = check(message((INFO, INFO + INFO + english)), now=NOW)
    assert [each.code for each in found] == ["languages_differ"]
