"""What officers type at three in the morning, and what becomes of it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartradio.alerting.templates.template import Field, FieldKind
from smartradio.alerting.templates.typed import Fault, FaultCode, number_typed, shown, written
from smartradio.words import LANGUAGES, words

LEVEL = Field("muc_nuoc", "Mực nước", FieldKind.NUMBER, unit="m", lowest=-5, highest=30, decimals=2, example="3,15")
FLOW = Field("luu_luong", "Lưu lượng", FieldKind.NUMBER, unit="m³/s", lowest=1, highest=40_000, example="350")
WIND = Field("gio", "Gió", FieldKind.NUMBER, before="cấp", lowest=6, highest=18, example="10")
WIDE = Field("mua", "Mưa", FieldKind.NUMBER, unit="mm", lowest=0, highest=2_000, decimals=3, example="180")
WHEN = Field("luc", "Lúc", FieldKind.TIME)
WHAT = Field("gi", "Cháy gì", FieldKind.CHOICE, choices=("nhà dân", "rừng"))
WHERE = Field("noi", "Ở đâu", longest=20)
RISK = Field("cap_do", "Cấp độ", FieldKind.RISK)


@pytest.mark.parametrize(
    ("typed", "comes_out"),
    [
        ("4,5", "4,5 m"),
        ("4.5", "4,5 m"),
        ("4,50", "4,5 m"),
        ("4.500", "4,5 m"),
        ("04,05", "4,05 m"),
        ("4", "4 m"),
        ("10", "10 m"),
        ("4,5 m", "4,5 m"),
        ("4,5mét", "4,5 m"),
        (" 4,5 M. ", "4,5 m"),
        ("-0,5", "-0,5 m"),
        ("− 0,5", "-0,5 m"),
    ],
)
def test_a_level_is_taken_however_its_decimals_are_marked(typed: str, comes_out: str) -> None:
    assert written(LEVEL, typed) == comes_out


@pytest.mark.parametrize(
    "typed", ["1200", "1.200", "1 200", "1\u00a0200", "1200 m3/s", "1.200 m³/giây", "1,200.0", "1.200,0"]
)
def test_thousands_are_taken_with_their_dots_and_come_out_without(typed: str) -> None:
    assert written(FLOW, typed) == "1200 m³/s"


@pytest.mark.parametrize("typed", ["10", "cấp 10", "Cấp 10."])
def test_the_word_before_a_number_may_be_typed_along(typed: str) -> None:
    assert written(WIND, typed) == "cấp 10"


@pytest.mark.parametrize(
    ("field", "typed", "code"),
    [
        (LEVEL, "4m5", FaultCode.NO_NUMBER),
        (LEVEL, "bốn mét", FaultCode.NO_NUMBER),
        (LEVEL, "4,5 - 5", FaultCode.NO_NUMBER),
        (LEVEL, "4-5", FaultCode.NO_NUMBER),
        (LEVEL, "4 5", FaultCode.NO_NUMBER),
        (LEVEL, "4,5,6", FaultCode.NO_NUMBER),
        (LEVEL, "1.2,3.4", FaultCode.NO_NUMBER),
        (LEVEL, "４,5", FaultCode.NO_NUMBER),
        (LEVEL, "1e1", FaultCode.OTHER_UNIT),
        (LEVEL, "450 cm", FaultCode.OTHER_UNIT),
        (WIND, "100 km/h", FaultCode.NO_NUMBER),
        (LEVEL, "45", FaultCode.TOO_HIGH),
        (LEVEL, "-6", FaultCode.TOO_LOW),
        (FLOW, "0", FaultCode.TOO_LOW),
        (LEVEL, "4,525", FaultCode.TOO_FINE),
        (LEVEL, "4.525", FaultCode.TOO_FINE),
        (FLOW, "350,5", FaultCode.TOO_FINE),
        (FLOW, "1,200", FaultCode.TOO_FINE),
        (WIDE, "1.250", FaultCode.TWO_READINGS),
        (WHEN, "25h", FaultCode.NO_TIME),
        (WHEN, "3h75", FaultCode.NO_TIME),
        (WHEN, "sáng nay", FaultCode.NO_TIME),
        (WHEN, "3", FaultCode.NO_TIME),
        (WHEN, "3h 31/11", FaultCode.NO_DATE),
        (WHEN, "3h 29/2/2027", FaultCode.NO_DATE),
        (WHAT, "tàu", FaultCode.NO_CHOICE),
        (WHERE, "x" * 21, FaultCode.TOO_LONG),
        (WHERE, "...", FaultCode.NOT_PLAIN),
        (WHERE, "thôn 2\x1b[2J", FaultCode.NOT_PLAIN),
        (WHERE, "\ud800 thôn", FaultCode.NOT_PLAIN),
        (RISK, "6", FaultCode.NO_LEVEL),
        (RISK, "báo động 3", FaultCode.NO_LEVEL),
    ],
)
def test_what_could_be_misunderstood_is_refused_by_its_fault(field: Field, typed: str, code: FaultCode) -> None:
    fault = written(field, typed)
    assert isinstance(fault, Fault)
    assert fault.code is code
    assert "\n" not in str(fault)
    assert "{" not in str(fault)
    for language in LANGUAGES:
        # Its words name the same things as the line does.
        assert "{" not in words(language).code("field_wrong", code).format(**fault.values)


@pytest.mark.parametrize(
    ("typed", "comes_out"),
    [
        ("3h", "3 giờ"),
        ("3h05", "3 giờ 05 phút"),
        ("3:05", "3 giờ 05 phút"),
        ("03 giờ 5 phút", "3 giờ 05 phút"),
        ("3h00", "3 giờ"),
        ("0h", "0 giờ"),
        ("15h 24/11", "15 giờ ngày 24/11"),
        ("15h30 24/11", "15 giờ 30 phút ngày 24/11"),
        ("15h30, ngày 4/1/2027", "15 giờ 30 phút ngày 4/1"),
        ("15 giờ ngày 04/01", "15 giờ ngày 4/1"),
        ("2026-11-24T03:30", "3 giờ 30 phút ngày 24/11"),
        ("3h 29/2", "3 giờ ngày 29/2"),
    ],
)
def test_a_time_is_taken_as_people_and_browsers_write_it(typed: str, comes_out: str) -> None:
    assert written(WHEN, typed) == comes_out


def test_words_keep_their_letters_and_lose_what_would_end_the_sentence() -> None:
    assert written(WHERE, "  xóm  Bãi,\nthôn 2. ") == "xóm Bãi, thôn 2"
    assert written(WHAT, "Nhà Dân") == "nhà dân"
    assert written(RISK, "cấp 3") == "3"


@given(st.decimals(min_value=-5, max_value=30, places=2))
def test_every_number_of_a_field_survives_being_typed(number: Decimal) -> None:
    taken = number_typed(LEVEL, shown(number))
    assert taken == number
    assert number_typed(LEVEL, f"{number}") == number


@given(st.text(max_size=60))
def test_whatever_is_typed_becomes_a_value_or_a_fault(typed: str) -> None:
    for field in (LEVEL, FLOW, WIND, WHEN, WHAT, WHERE, RISK):
        comes_out = written(field, typed)
        assert isinstance(comes_out, Fault) or comes_out
