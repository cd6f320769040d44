"""What comes out of the room whatever goes in: places, open items, sentences, and bad input."""

from __future__ import annotations

import re
import subprocess
import sys
import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smartradio.domain.errors import BadInputError
from smartradio.speech.spoken import fallback
from smartradio.speech.spoken.numerals import cardinal
from smartradio.speech.spoken.reading import LONGEST_SENTENCE_CHARS, RULES
from smartradio.speech.spoken.text import clean_text, spoken_line, spoken_text

_CHARACTERS = "0123456789.,-–/:%°'() \t²½٣①hgmđ😀"
_ALPHABET = st.one_of(
    st.sampled_from([*_CHARACTERS, "BĐ", "IV", "UBND", "ngày ", "mm"]),
    st.characters(),
)

# fmt: off
_PARTS = [
    "1", "12", "0", "2025", "/", "-", ".", ",", ":", " ", "h", "g", "m", "kg", "%", "đ", "đồng", "ngày ", "tháng ",
    "từ ", " đến ", " và ", "BĐ", "II", "cấp ", "UBND", "QĐ", "N", "E", "°", "x", "@", "www", ".vn", "km", "T", "'",
    '"', "(", ")", "+84", "0912", "thứ ", "số ", "½", "&", "²", "người", "/h", "tỷ lệ ", "*", "_", "a", "Ệ",
]
_WORST = [
    "9", "1-", "1/", "/", "1.", "1, ", "1x", "đ/", "0 1 ", "ABC ", "a.b", "x@", "1mm/", "0912 345 678 ", "1/NQ-",
    "đồng/", "A.B.", "🌊", "18,2N ", "a\u0301", "\u200b1", "\t", "\r\n", "1h-", "BĐ3-", "NPK16-", "H'M", "-1",
]
# fmt: on


def _words(spoken: str) -> list[str]:
    return re.findall(r"[^\s,.!?]+", spoken)


@settings(max_examples=300, deadline=None)
@given(st.lists(_ALPHABET, max_size=80).map("".join))
def test_no_line_raises_leaves_a_figure_or_loses_its_place(written: str) -> None:
    line = spoken_line(written)
    assert not any(char.isnumeric() for char in line.spoken)
    assert line.spoken == " ".join(line.sentences)
    assert _words(" ".join(piece.spoken for piece in line.pieces)) == _words(line.spoken)
    position = 0
    for piece in line.pieces:
        assert position <= piece.start < piece.end
        assert not written[position : piece.start].strip()
        assert piece.written == written[piece.start : piece.end]
        position = piece.end
    assert not written[position:].strip()
    for item in line.open_items:
        assert item.written == written[item.start : item.end]
        assert item.problem
        assert item.suggestion


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200))
def test_cleaning_accepts_or_refuses_with_one_line_and_cleans_only_once(text: str) -> None:
    try:
        cleaned = clean_text(text)
    except BadInputError as refusal:
        assert "\n" not in str(refusal)
        return
    assert clean_text(cleaned) == cleaned
    assert len(spoken_text(cleaned)) == cleaned.count("\n") + 1


@given(st.integers(min_value=0, max_value=10**15))
def test_a_number_is_read_with_the_value_it_was_written_with(value: int) -> None:
    assert _value_of(cardinal(value)) == value


def _value_of(words: str) -> int:
    """An independent reader of number names, to compare by value."""
    names = {
        name: figure
        for figure, name in enumerate(["không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín"])
    }
    names |= {"mốt": 1, "lăm": 5}
    head, ty, tail = words.rpartition("tỷ")
    if ty:
        return _value_of(head) * 10**9 + (_value_of(tail) if tail.strip() else 0)
    total = group = figure = 0
    for word in words.split():
        if word in names:
            figure = names[word]
        elif word == "mười":
            group += 10
        elif word == "mươi":
            group, figure = group + figure * 10, 0
        elif word == "trăm":
            group, figure = group + figure * 100, 0
        elif word in ("nghìn", "triệu"):
            total += (group + figure) * (1000 if word == "nghìn" else 10**6)
            group = figure = 0
        else:
            assert word == "linh"
    return total + group + figure


def test_pieces_together_say_what_the_line_says() -> None:
    line = spoken_line("UBND xã đề nghị bà con sơ tán trước 15h00 ngày 07/9 (gọi 112).")
    assert _words(" ".join(piece.spoken for piece in line.pieces)) == _words(line.spoken)


def test_sentences_end_where_the_announcer_breathes_not_inside_numbers_or_titles() -> None:
    line = spoken_line("TS. Nguyễn Văn An đến xã. Có 3.000 đại biểu! Mời bà con dự")
    assert line.sentences == (
        "tiến sĩ nguyễn văn an đến xã.",
        "có ba nghìn đại biểu!",
        "mời bà con dự.",
    )


def test_an_endless_sentence_is_cut_so_that_no_segment_is_endless() -> None:
    line = spoken_line("bà con chú ý " * 1000)
    assert max(map(len, line.sentences)) <= LONGEST_SENTENCE_CHARS + 20
    assert len(line.spoken.replace(".", "").split()) == 4000


def test_a_blank_line_gives_an_empty_reading() -> None:
    assert [line.spoken for line in spoken_text("một\n\nhai")] == ["một.", "", "hai."]


def test_an_emoji_is_dropped_and_reported() -> None:
    line = spoken_line("bà con chú ý 🌊 lũ lên")
    assert line.spoken == "bà con chú ý lũ lên."
    assert [item.written for item in line.open_items] == ["🌊"]


@pytest.mark.parametrize(
    ("written", "doubtful"),
    [("trên BĐ4", "BĐ4"), ("Hội XYZW xã", "XYZW"), ("giá 1,500 tấn", "1,500"), ("cao 4.5m", "4.5m")],
)
def test_what_could_be_read_two_ways_is_reported_with_its_place(written: str, doubtful: str) -> None:
    assert doubtful in [item.written.removesuffix(" tấn") for item in spoken_line(written).open_items]


def test_a_plain_bulletin_opens_no_item() -> None:
    line = spoken_line("Hồi 03 giờ ngày 12/9, mực nước tại Bến Đế là 4,52m, trên BĐ3 0,52m; gọi 0912.345.678 hoặc 112.")
    assert not line.open_items


def test_figures_alone_come_out_as_words() -> None:
    assert spoken_line("4491665").spoken == "bốn triệu bốn trăm chín mươi mốt nghìn sáu trăm sáu mươi lăm."


def test_a_panic_of_the_library_is_survived(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    class PanicException(BaseException):
        pass

    class Panicking:
        def normalize(self, text: str) -> str:
            raise PanicException("index out of bounds")

    monkeypatch.setattr(fallback, "_normalizer", Panicking)
    fallback.library_reading.cache_clear()
    assert spoken_line("mở livestream ngay").spoken == "mở livestream ngay."
    assert "panicked" in caplog.text
    fallback.library_reading.cache_clear()


def test_an_interrupt_passes_through_the_library_guard(monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupted:
        def normalize(self, text: str) -> str:
            raise KeyboardInterrupt

    monkeypatch.setattr(fallback, "_normalizer", Interrupted)
    fallback.library_reading.cache_clear()
    with pytest.raises(KeyboardInterrupt):
        spoken_line("mở livestream ngay")


_ATOMS = st.lists(st.sampled_from(_PARTS), min_size=1, max_size=6).map("".join)


@settings(max_examples=30, deadline=None)
@given(_ATOMS)
def test_twenty_thousand_characters_of_any_pattern_are_read_in_proportion(pattern: str) -> None:
    started_s = time.process_time()
    line = spoken_line((pattern * 20_000)[:20_000])
    assert time.process_time() - started_s < 5
    assert all(char.isalpha() or char in " ,.!?" for char in line.spoken)


@pytest.mark.parametrize("pattern", _WORST)
def test_twenty_thousand_odd_characters_take_no_longer_than_a_breath(pattern: str) -> None:
    started_s = time.process_time()
    spoken_line((pattern * 20_000)[:20_000])
    assert time.process_time() - started_s < 5


@settings(max_examples=100, deadline=None)
@given(st.lists(st.one_of(_ATOMS, st.characters()), max_size=40).map("".join))
def test_every_written_character_stands_in_exactly_one_piece_with_the_rule_that_read_it(written: str) -> None:
    line = spoken_line(written)
    covered = [place for piece in line.pieces for place in range(piece.start, piece.end)]
    assert len(covered) == len(set(covered))
    assert {place for place, char in enumerate(written) if not char.isspace()} <= set(covered)
    assert all(piece.rule for piece in line.pieces)
    silent = [piece for piece in line.pieces if not piece.spoken and any(map(str.isalnum, piece.written))]
    assert all(any(item.start == piece.start for item in line.open_items) for piece in silent)


@pytest.mark.parametrize(
    "written",
    ["bà con cô bác", "hoà bình, thuỷ lợi, khoẻ mạnh", "Ủy ban nhân dân xã Yên Hòa thông báo 12 hộ"],
)
def test_decomposed_letters_are_read_like_composed_ones(written: str) -> None:
    decomposed = clean_text(unicodedata.normalize("NFD", written))
    assert spoken_line(decomposed).spoken == spoken_line(written).spoken


def test_the_older_place_of_a_tone_mark_is_a_plain_word() -> None:
    line = spoken_line("toà nhà hoà bình, uỷ ban, thuỷ lợi, khoá, quý")
    assert {piece.rule for piece in line.pieces} == {"as-written"}


def test_importing_the_room_does_not_load_the_library() -> None:
    code = "import sys, smartradio.speech.spoken.text; sys.exit('sea_g2p' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_every_rule_has_its_own_name() -> None:
    names = [each.name for each in RULES]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty"),
        (b" \n\t ", "empty"),
        ("🌊 !!".encode(), "empty"),
        (b"Th\xf4ng b\xe1o", "byte 2"),
        (b"\xef\xbb\xbfab\xff", "byte 5"),
        ("Thông báo".encode("utf-16"), "UTF-16"),
        ("Uû ban nh©n d©n x· th«ng b¸o lÞch".encode(), "TCVN3.* UniKey"),
        (b"a" * 20_001, "split it into several bulletins"),
    ],
)
def test_what_cannot_be_read_is_refused_with_one_clear_line(data: bytes, says: str) -> None:
    with pytest.raises(BadInputError, match=says) as refusal:
        clean_text(data)
    assert "\n" not in str(refusal.value)


def test_cleaning_takes_away_what_nobody_sees() -> None:
    assert clean_text(b"\xef\xbb\xbfb\xc3\xa0\x00 con\xe2\x80\x8b\r\nxa\xcc\x83 \x07") == "bà con\nxã"
