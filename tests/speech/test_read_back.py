"""Read-back: no figure is said with another value, and nothing that is said right is held up."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartradio.domain.errors import BadInputError
from smartradio.speech.spoken.lexicon import Entry, Lexicon
from smartradio.speech.spoken.lines import AS_WRITTEN, Piece, SpokenLine
from smartradio.speech.spoken.number_words import NUMBER_WORDS, cardinal_value, digit_string
from smartradio.speech.spoken.numerals import cardinal, digits, number
from smartradio.speech.spoken.read_back import ReadBackError, check_read_back, read_back
from smartradio.speech.spoken.text import spoken_line

PHRASES = (Path(__file__).parent / "read_back_phrases.txt").read_text(encoding="utf-8").splitlines()
FLOOD = "Hồi 03 giờ ngày 12/9, mực nước là 4,52m, trên BĐ3 0,52m; gọi 0912.345.678."


def saying(written: str, spoken: str) -> SpokenLine:
    """A line with its rules' pieces but other words, as if the reading had gone wrong on the way to the voice."""
    return replace(spoken_line(written), spoken=spoken, sentences=(spoken,))


def as_if_claimed(written: str, spoken: str) -> SpokenLine:
    """A line whose one rule claims all of it and says these words."""
    return SpokenLine(written, spoken, (Piece(0, len(written), written, spoken, "rule"),), (), (spoken,))


def other_digits(line: SpokenLine, step: int) -> Iterator[SpokenLine]:
    """The reading of a line beside writings that differ from it in one figure."""
    for found in re.finditer(r"\d", line.written):
        other = str((int(found[0]) + step) % 10)
        written = line.written[: found.start()] + other + line.written[found.end() :]
        yield replace(
            line,
            written=written,
            pieces=tuple(replace(piece, written=written[piece.start : piece.end]) for piece in line.pieces),
        )


class TestNumberWords:
    @given(st.integers(0, 10**15 - 1))
    def test_every_number_name_has_its_value(self, value: int) -> None:
        assert cardinal_value(cardinal(value).split()) == value

    @pytest.mark.parametrize(
        ("words", "value"),
        [
            ("hai mươi mốt", 21),
            ("hai mươi tư", 24),
            ("hai mươi lăm", 25),
            ("một trăm lẻ năm", 105),
            ("hai ngàn không trăm linh năm", 2005),
            ("hai nghìn linh năm", 2005),
            ("hai nghìn hai mươi sáu", 2026),
            ("ba triệu rưỡi", 3_500_000),
            ("hai trăm rưỡi", 250),
            ("năm nghìn tỉ", 5_000_000_000_000),
            ("bẩy", 7),
        ],
    )
    def test_names_as_people_say_them(self, words: str, value: int) -> None:
        assert cardinal_value(words.split()) == value

    @pytest.mark.parametrize(
        "words",
        [
            "hai mười",
            "mươi sáu",
            "một mươi",
            "hai mươi năm",
            "mười năm",
            "mười mốt",
            "hai trăm năm",
            "hai trăm linh mười",
            "nghìn hai",
            "một nghìn hai",
            "trăm",
            "một triệu hai triệu",
            "hai nghìn ba triệu",
            "lăm",
            "mốt",
            "linh năm",
            "rưỡi",
            "một phẩy hai",
            "",
        ],
    )
    def test_what_is_no_number_name_has_no_value(self, words: str) -> None:
        assert cardinal_value(words.split()) is None

    @given(st.lists(st.sampled_from(sorted(NUMBER_WORDS))))
    def test_any_row_of_words_has_a_value_or_none(self, words: list[str]) -> None:
        value = cardinal_value(words)
        assert value is None or value >= 0

    def test_figures_said_one_by_one(self) -> None:
        assert digit_string(["không", "chín", "một", "hai"]) == "0912"
        assert digit_string(["hai", "lăm"]) == "25"
        assert digit_string(["mốt", "hai"]) is None
        assert digit_string(["mười", "hai"]) is None
        assert digit_string([]) is None


class TestNothingIsHeldUp:
    @pytest.mark.parametrize("written", PHRASES)
    def test_a_right_reading_passes(self, written: str) -> None:
        assert read_back([spoken_line(written)]) == ()

    @pytest.mark.parametrize(
        ("written", "spoken"),
        [
            ("7h30", "bảy giờ rưỡi"),
            ("7h00", "bảy giờ"),
            ("7h00", "bảy giờ không phút"),
            ("13 giờ 05 phút", "mười ba giờ năm phút"),
            ("13 giờ 05 phút", "mười ba giờ không năm phút"),
            ("13,82m", "mười ba mét tám mươi hai"),
            ("13,05m", "mười ba mét linh năm"),
            ("13,8m", "mười ba mét tám"),
            ("3,0m", "ba mét"),
            ("2,5 triệu", "hai triệu năm trăm nghìn"),
            ("2,5 triệu", "hai triệu rưỡi"),
            ("2,5 triệu", "hai phẩy năm triệu"),
            ("0,25", "không phẩy hai lăm"),
            ("0,125", "không phẩy một hai năm"),
            ("10/1 âm lịch", "mùng mười tháng giêng âm lịch"),
            ("23/12 âm lịch", "hai mươi ba tháng chạp âm lịch"),
            ("lần thứ 1", "lần thứ nhất"),
            ("lần thứ II", "lần thứ nhì"),
            ("thứ 4", "thứ tư"),
            ("0229.3.831.113", "không hai hai chín, ba tám ba, một một một ba"),
            ("1 500 000 đồng", "một triệu năm trăm nghìn đồng"),
            ("1,500 người", "một nghìn năm trăm người"),
            ("1,500 người", "một phẩy năm không không người"),
            ("phiên bản 4.0", "phiên bản bốn chấm không"),
            ("2.5 triệu", "hai phẩy năm triệu"),
            ("2026-09-12", "ngày mười hai tháng chín năm hai nghìn không trăm hai mươi sáu"),
            ("tháng 5/2000", "tháng năm năm hai nghìn"),
            ("năm 2026", "năm hai không hai sáu"),
            ("-5°C", "âm năm độ xê"),
            ("45.000đ/kg/tháng", "bốn mươi lăm nghìn đồng một ki lô gam một tháng"),
            ("24/2024/TT-BTC", "hai mươi bốn năm hai nghìn không trăm hai mươi bốn thông tư bộ tài chính"),
            ("½ số hộ", "một phần hai số hộ"),
            ("½ số hộ", "nửa số hộ"),
            ("5K", "năm ca"),
            ("5k", "năm nghìn"),
            ("100 người/km2", "một trăm người một ki lô mét vuông"),
            ("BSCKII", "bác sĩ chuyên khoa hai"),
            ("hộp V", "hộp vê"),
        ],
    )
    def test_other_right_ways_to_say_it_pass_too(self, written: str, spoken: str) -> None:
        assert read_back([as_if_claimed(written, spoken)]) == ()

    def test_numbers_written_in_words_are_no_matter(self) -> None:
        line = "Ba mẹ không đến, năm nay bảy hộ góp một trăm nghìn đồng, thứ năm tuần tư."
        assert read_back([spoken_line(line)]) == ()

    def test_a_lexicon_entry_with_figures_is_taken_on_trust(self) -> None:
        line = spoken_line("Tại Q7 có 5 hộ", Lexicon([Entry("Q7", "khu tám")]))
        assert "khu tám" in line.spoken
        assert read_back([line]) == ()

    @given(st.text(alphabet="0123456789.,:/-%hđm IVXcấpthứngày", max_size=40))
    def test_any_line_is_read_back_without_a_fault(self, written: str) -> None:
        for difference in read_back([spoken_line(written)]):
            assert 0 <= difference.start < difference.end <= len(written)

    @pytest.mark.parametrize("written", ["0" * 20_000, "1." * 9_999 + "1", "1 000 " * 3_300, "1-" * 9_999 + "1"])
    def test_the_longest_rows_of_figures_are_read_back(self, written: str) -> None:
        assert read_back([spoken_line(written)]) == ()

    @given(st.integers(0, 10**12), st.sampled_from(["{} người", "đạt {}%", "gồm {} hộ.", "từ {}-{} ha"]))
    def test_any_number_said_by_the_rules_passes(self, value: int, form: str) -> None:
        line = spoken_line(form.format(f"{value:,}".replace(",", "."), f"{value + 1:,}".replace(",", ".")))
        assert read_back([line]) == ()


class TestAnotherValueIsCaught:
    @pytest.mark.parametrize("step", [1, 5])
    def test_one_figure_changed_in_the_writing(self, step: int) -> None:
        changed = [each for phrase in PHRASES for each in other_digits(spoken_line(phrase), step)]
        missed = [line.written for line in changed if not read_back([line])]
        assert len(changed) > 1000
        assert missed == []

    @pytest.mark.parametrize(
        ("written", "spoken"),
        [
            ("20 hộ", "hai mười hộ"),
            ("thôn 1,2", "thôn một phẩy hai"),
            ("đỉnh lũ 7m05", "đỉnh lũ bảy mét linh sáu"),
            ("12 hộ", "mươi hai hộ"),
            ("25 hộ", "hai lăm mươi hộ"),
            ("48 hộ", "bốn tám hộ"),
            ("1.508 hộ", "một năm trăm linh tám hộ"),
            ("205 hộ", "hai trăm năm hộ"),
            ("205 hộ", "hai trăm năm mươi hộ"),
            ("20 hộ", "hai mươi mốt hộ"),
            ("1 hộ", "một trăm hộ"),
            ("4,52m", "bốn năm mươi hai mét"),
            ("4,52m", "bốn phẩy năm mươi ba mét"),
            ("4,05m", "bốn phẩy năm mét"),
            ("4,5m", "bốn phẩy không năm mét"),
            ("17h30", "mười bảy giờ ba phút"),
            ("17h30", "mười bảy giờ"),
            ("17h00", "mười bảy giờ mười phút"),
            ("12/9", "chín tháng mười hai"),
            ("12/9", "ngày mười hai"),
            ("5/2026", "tháng sáu năm hai nghìn không trăm hai mươi sáu"),
            ("BĐ2", "báo động ba"),
            ("BĐ II", "báo động ba"),
            ("BĐ III", "báo động"),
            ("quý IV", "quý sáu"),
            ("0912 345 678", "không chín một hai ba bốn năm sáu tám bảy"),
            ("0912 345 678", "không chín một hai ba bốn năm sáu bảy"),
            ("0912 345 678", "chín một hai ba bốn năm sáu bảy tám"),
            ("112", "một một ba"),
            ("2,3 tỷ đồng", "hai phẩy ba triệu đồng"),
            ("500.000 đồng", "năm trăm đồng"),
            ("500.000 đồng", "năm trăm triệu đồng"),
            ("5 triệu đồng", "năm đồng"),
            ("5 đồng", "năm triệu đồng"),
            ("80% - 90%", "tám mươi phần trăm âm chín mươi phần trăm"),
            ("-5°C", "năm độ xê"),
            ("4‰", "bốn phần trăm"),
            ("4%", "bốn"),
            ("20 m2", "hai mươi mét khối"),
            ("20 mm", "hai mươi mét"),
            ("5.000đ/kg", "năm nghìn đồng một một ki lô gam"),
            ("5 hộ", "năm hộ sáu hộ"),
            ("thôn 5 và 6", "thôn năm"),
            ("thôn 5 và 6", "thôn sáu và năm"),
            ("xóm 1,2,3", "xóm một phẩy hai, ba"),
        ],
    )
    def test_a_wrong_reading(self, written: str, spoken: str) -> None:
        assert read_back([as_if_claimed(written, spoken)]) != ()
        assert read_back([saying(written, spoken)]) != ()

    def test_two_figures_exchanged_in_what_is_said(self) -> None:
        assert read_back([spoken_line(FLOOD)]) == ()
        said = spoken_line(FLOOD).spoken
        wrong = said.replace("bốn phẩy", "KHÔNG phẩy").replace("không phẩy", "bốn phẩy").replace("KHÔNG", "không")
        assert wrong != said
        assert {difference.written for difference in read_back([saying(FLOOD, wrong)])} == {"4,52", "0,52"}

    def test_each_number_word_dropped_or_put_in_place_of_another(self) -> None:
        said = spoken_line("Từ 8 đến 215 hộ, 31,25%, 7h45, gọi 115").spoken.rstrip(".").split()
        written = "Từ 8 đến 215 hộ, 31,25%, 7h45, gọi 115"
        number_words = [index for index, word in enumerate(said) if cardinal_value([word.strip(",")]) is not None]
        assert len(number_words) >= 10
        for index in number_words:
            for other in ([], ["sáu"], ["nghìn"]):
                wrong = " ".join([*said[:index], *other, *said[index + 1 :]])
                assert read_back([saying(written, wrong)]), wrong

    def test_a_number_put_in_where_none_is_written(self) -> None:
        assert read_back([saying("Mời bà con đến họp", "mời bà con đến năm họp")])[0].wanted == "in the writing"

    def test_sentences_are_held_to_it_as_well_as_the_line(self) -> None:
        line = spoken_line("Gồm 12 hộ")
        assert read_back([replace(line, sentences=("gồm mười ba hộ.",))])
        assert read_back([replace(line, spoken="gồm mười ba hộ.")])
        assert read_back([replace(line, sentences=())])
        assert read_back([replace(line, pieces=())]) == ()

    def test_words_as_written_are_the_words_written(self) -> None:
        piece = Piece(0, 7, "bảy hộ", "tám hộ", AS_WRITTEN)
        assert read_back([SpokenLine("bảy hộ", "tám hộ.", (piece,), (), ("tám hộ.",))])

    @given(st.integers(0, 10**9), st.integers(0, 10**9))
    def test_two_numbers_are_the_same_or_told_apart(self, written: int, said: int) -> None:
        found = read_back([as_if_claimed(str(written), cardinal(said))])
        assert bool(found) == (written != said)

    @given(st.from_regex(r"[0-9]{3,11}", fullmatch=True), st.from_regex(r"[0-9]{3,11}", fullmatch=True))
    def test_two_telephone_numbers_are_the_same_or_told_apart(self, written: str, said: str) -> None:
        found = read_back([as_if_claimed(written, digits(said))])
        assert bool(found) == (written != said)

    @given(
        st.from_regex(r"[0-9]{1,3},[0-9]{1,2}", fullmatch=True), st.from_regex(r"[0-9]{1,3},[0-9]{1,2}", fullmatch=True)
    )
    def test_two_decimals_are_the_same_or_told_apart(self, written: str, said: str) -> None:
        same = float(written.replace(",", ".")) == float(said.replace(",", "."))
        found = read_back([as_if_claimed(f"cao {written}m", f"cao {number(said)} mét")])
        assert bool(found) == (not same)


class TestReport:
    def test_the_error_names_the_place_the_writing_and_what_would_be_said(self) -> None:
        lines = [spoken_line("Thông báo"), saying("Họp lúc 17h30, 3 thôn", "họp lúc mười bảy giờ ba phút, tư thôn")]
        with pytest.raises(ReadBackError) as refused:
            check_read_back(lines)
        assert isinstance(refused.value, BadInputError)
        assert str(refused.value).startswith("line 2, character 12: '30' would be read ")
        assert "ba phút" in str(refused.value)
        assert str(refused.value).endswith("(and 1 more figure)")
        assert [difference.line for difference in refused.value.differences] == [2, 2]

    @pytest.mark.parametrize(
        ("written", "spoken", "wanted"),
        [
            ("2,5 triệu", "hai phẩy sáu triệu", "2,5 × 1000000"),
            ("4‰", "bốn phần trăm", "4 phần nghìn or phần ngàn"),
            ("1,500", "một phẩy sáu", "1,500 or 1500"),
            ("đông/km2", "đông một mét", "mét vuông or mét hai"),
        ],
    )
    def test_what_should_be_heard_is_told(self, written: str, spoken: str, wanted: str) -> None:
        assert [difference.wanted for difference in read_back([as_if_claimed(written, spoken)])] == [wanted]

    def test_the_error_stays_one_short_line(self) -> None:
        with pytest.raises(ReadBackError) as refused:
            check_read_back([as_if_claimed("1" * 5000, "một " * 4999)])
        assert len(str(refused.value)) < 500

    def test_good_lines_raise_nothing(self) -> None:
        check_read_back([spoken_line(phrase) for phrase in PHRASES])
