from __future__ import annotations

import pytest

from smartradio.speech.spoken.lexicon_rows import Entry
from smartradio.station.readings import Readings


def test_each_line_tells_its_sentences_and_what_is_not_read_as_written() -> None:
    reading = Readings(list).read("UBND xã họp lúc 7h30.\n\nMời bà con.")
    first, blank, last = reading.lines
    assert first.sentences == ("ủy ban nhân dân xã họp lúc bảy giờ ba mươi phút.",)
    assert ("7h30", "bảy giờ ba mươi phút") in first.pieces
    assert blank.sentences == ()
    assert last.number == 3
    assert reading.is_certain


def test_a_place_that_is_not_certain_is_told_with_what_stands_there() -> None:
    reading = Readings(list).read("Gặp BS. Lan.\nHọp tại phòng XYZQ.")
    (place,) = reading.lines[1].open_places
    assert (place.line, place.written) == (2, "XYZQ")
    assert not reading.is_certain


@pytest.mark.parametrize(
    ("text", "ways"),
    [
        ("Mời họp 1/2.", ("ngày 1/2", "ngày mùng một tháng hai")),
        ("Tăng 20.11 lần.", ("20,11", "hai mươi phẩy mười một")),
        ("Ngày 31/2/2026.", ("ba mươi mốt tháng hai năm hai nghìn không trăm hai mươi sáu",)),
    ],
)
def test_what_could_be_written_instead_is_certain_then(text: str, ways: tuple[str, ...]) -> None:
    readings = Readings(list)
    (line,) = readings.read(text).lines
    assert line.ways == (ways,)
    for way in ways:
        assert readings.read(text.replace(line.open_places[0].written, way)).is_certain


def test_half_a_word_and_nothing_at_all_are_no_fault() -> None:
    readings = Readings(list)
    assert readings.read("").fault == ""
    assert readings.read("   \n ").lines == ()
    assert "no word" in readings.read("...").fault


def test_half_a_character_of_a_broken_keyboard_is_no_crash() -> None:
    assert Readings(list).read("Xin \ud83d chào").lines


def test_a_keystroke_costs_its_own_line_only() -> None:
    readings = Readings(list, keep=3)
    lines = readings.read("Dòng một.\nDòng hai.").lines
    again = readings.read("Dòng một.\nDòng hai là.").lines
    assert again[0].sentences is lines[0].sentences
    assert again[1].sentences != lines[1].sentences


def test_a_reading_laid_down_in_the_lexicon_counts_from_the_next_keystroke() -> None:
    entries: list[Entry] = []
    readings = Readings(lambda: entries)
    assert readings.read("Họp tại XYZQ.").lines[0].open_places
    entries.append(Entry("XYZQ", "xưởng gạch", ""))
    line = readings.read("Họp tại XYZQ.").lines[0]
    assert line.sentences == ("họp tại xưởng gạch.",)
    assert not line.open_places


def test_old_lines_are_forgotten() -> None:
    readings = Readings(list, keep=2)
    first = readings.read("Một.").lines[0]
    readings.read("Hai.\nBa.\nBốn.")
    assert readings.read("Một.").lines[0].sentences is not first.sentences
