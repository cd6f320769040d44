"""The lexicon: what is laid down is read so, and a bad row is named."""

from __future__ import annotations

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartradio.speech.spoken.lexicon import (
    Entry,
    Lexicon,
    LexiconError,
    built_in_lexicon,
    format_lexicon,
    parse_lexicon,
)
from smartradio.speech.spoken.lexicon_rows import LARGEST_TABLE_BYTES, MOST_ENTRIES, matching_key
from smartradio.speech.spoken.lines import AS_WRITTEN
from smartradio.speech.spoken.text import spoken_line, spoken_text

HEADER = "written\tspoken\tnote\n"


def reading(written: str, *rows: tuple[str, str]) -> str:
    return spoken_line(written, Lexicon(Entry(*row) for row in rows)).spoken.rstrip(".")


class TestFinding:
    def test_the_communes_reading_comes_before_rules_and_the_built_in_one(self) -> None:
        line = spoken_line("UBND xã Pleiku", Lexicon([Entry("Pleiku", "plây cu"), Entry("UBND", "ủy ban")]))
        assert line.spoken == "ủy ban xã plây cu."
        assert [(piece.written, piece.rule) for piece in line.pieces if piece.rule != AS_WRITTEN] == [
            ("UBND", "lexicon"),
            ("Pleiku", "lexicon"),
        ]

    def test_the_built_in_reading_stands_where_the_commune_has_none(self) -> None:
        line = spoken_line("từ Pleiku đến Kon Tum", Lexicon([Entry("Kon Tum", "công tum")]))
        assert line.spoken == "từ pờ lây cu đến công tum."
        assert [piece.rule for piece in line.pieces] == [AS_WRITTEN, "lexicon-built-in", AS_WRITTEN, "lexicon"]

    def test_a_whole_text_is_read_with_it(self) -> None:
        lines = spoken_text("Xóm Q7\nhọp ở Q7", Lexicon([Entry("Q7", "quy bảy")]))
        assert [line.spoken for line in lines] == ["xóm quy bảy.", "họp ở quy bảy."]

    def test_the_longest_entry_wins(self) -> None:
        rows = ("Ea", "i a"), ("Ea Súp", "ê súp"), ("Ea Súp Thượng", "ê súp trên")
        assert reading("Ea Súp Thượng, Ea Súp, Ea Rốk Ea", *rows) == "ê súp trên, ê súp, i a rốk i a"

    @pytest.mark.parametrize("written", ["K9", "(K9)", "K9.", "“K9”", "K9/", "K9-"])
    def test_signs_beside_a_word_do_not_hide_it(self, written: str) -> None:
        assert "ca chín" in reading(written, ("K9", "ca chín thôi"))

    @pytest.mark.parametrize("written", ["K90", "AK9", "K9,5", "K9.5", "K9_", "k9"])
    def test_only_whole_words_are_found(self, written: str) -> None:
        assert "thôi" not in reading(written, ("K9", "ca chín thôi"))

    @pytest.mark.parametrize(
        ("written", "read"),
        [
            ("thôn 3-5", "thôn ba đến năm"),
            ("thôn 3/5 hộ", "thôn ba trên năm hộ"),
            ("thôn 3 - 5", "thôn ba làng, năm"),
            ("thôn 3, thôn 5", "thôn ba làng, thôn năm"),
            ("tháng 4/2026", "tháng tư năm hai nghìn không trăm hai mươi sáu"),
            ("TP.HCM", "thành phố hồ chí minh"),
        ],
    )
    def test_an_entry_does_not_break_up_a_date_a_range_or_an_acronym_that_goes_on(
        self, written: str, read: str
    ) -> None:
        assert reading(written, ("thôn 3", "thôn ba làng"), ("tháng 4", "tháng bốn"), ("TP", "thành thị")) == read

    def test_a_number_cut_in_two_is_not_found(self) -> None:
        assert "đội" not in reading("cao 1,5 T", ("5 T", "đội năm"))
        assert reading("họp 5 T", ("5 T", "đội năm")) == "họp đội năm"

    def test_small_letters_match_any_case_and_capitals_as_written_or_all_large(self) -> None:
        rows = ("ca bô", "ca nô"), ("Na Rì", "na rỳ")
        assert reading("Ca bô CA BÔ ca bô", *rows) == "ca nô ca nô ca nô"
        assert reading("Na Rì NA RÌ na rì", *rows) == "na rỳ na rỳ na rì"

    @pytest.mark.parametrize("written", ["Ea H'leo", "Ea H’leo", "Ea  H'leo", "Ea-H'leo", "Ea–H'leo", "EA H'LEO"])
    def test_spaces_hyphens_and_apostrophes_of_all_kinds_are_the_same(self, written: str) -> None:
        assert reading(written, ("Ea H'leo", "ê leo")) == "ê leo"

    def test_a_dash_with_spaces_parts_two_names(self) -> None:
        assert reading("Ea - Súp", ("Ea Súp", "ê súp")) != "ê súp"

    def test_decomposed_letters_in_the_table_match_composed_ones(self) -> None:
        assert reading("Đắk Pơ", ("Đa\u0306\u0301k Pơ", "đắc bơ")) == "đắc bơ"

    def test_an_entry_may_hold_figures_and_commas_make_a_breath(self) -> None:
        assert reading("trên QL 12B nhé", ("QL 12B", "quốc lộ, mười hai bê")) == "trên quốc lộ, mười hai bê nhé"

    @given(st.text(max_size=60))
    def test_no_line_is_too_odd(self, written: str) -> None:
        line = spoken_line(written, Lexicon([Entry("a", "a"), Entry("K9", "ca chín"), Entry("Ea H'leo", "ê leo")]))
        assert not any(char.isdigit() for char in line.spoken)

    def test_five_thousand_entries_do_not_slow_the_reading(self) -> None:
        syllables = ("na", "pa", "tà", "cò", "bản", "nậm", "khe", "suối", "đá", "hua")
        rows = [Entry(f"{a} {b} {c} Q{n}", f"{a} {b} {c}") for n in range(5) for a in syllables for b in syllables
                for c in syllables]  # fmt: skip
        large = Lexicon(rows)
        assert len(large) == MOST_ENTRIES
        text = "Bản Nậm Pa và khe suối Đá Hua họp lúc bà con về đủ, suối cò hua đá Q3 thì nghỉ. " * 5
        plain_s, with_lexicon_s = ([], [])  # type: tuple[list[float], list[float]]
        for _ in range(5):
            for lexicon, spent_s in ((None, plain_s), (large, with_lexicon_s)):
                begun = process_time()
                spoken_line(text, lexicon)
                spent_s.append(process_time() - begun)
        assert min(with_lexicon_s) < 3 * min(plain_s) + 0.005


class TestTable:
    def test_a_table_is_read_whatever_editor_saved_it(self) -> None:
        table = "\ufeff# của xã\r\nwritten\tspoken\tnote\r\n\r\nĐá Bàn\tđá  bàn\tthôn 3\r\nK9\tCa Chín\r\n"
        wanted = (Entry("Đá Bàn", "đá bàn", "thôn 3"), Entry("K9", "ca chín"))
        assert parse_lexicon(table, "a.tsv") == wanted
        assert parse_lexicon(table.encode(), "a.tsv") == wanted

    @pytest.mark.parametrize(
        ("row", "why"),
        [
            ("K9", "1 column between tabs, not 3"),
            ("K9\tca chín\t\tthừa", "4 columns between tabs, not 3"),
            ("\tca chín\t", "written column is empty"),
            ("K9\t \t", "spoken column is empty"),
            ("K9\tca 9\t", "'9' cannot be said"),
            ("K9\tca/chín\t", "'/' cannot be said"),
            ("K9\tka čín\t", "'č' cannot be said"),
            ("K9\tca chín.\t", "'.' cannot be said"),
            ("K9\t, ca chín\t", "commas stand after a word"),
            ("K9\tca,chín\t", "commas stand after a word"),
            ("TV9\ttv chín\t", "'tv' has no vowel"),
            ("12\tmười hai\t", "holds no letter"),
            ("-K9\tca chín\t", "must begin and end with"),
            ("K9.\tca chín\t", "must begin and end with"),
            ("k\x079\tca chín\t", "control or unseen character"),
            ("K9\tca\u200bchín\t", "control or unseen character"),
            ("K" * 81 + "\tca\t", "81 characters, at most 80"),
            ("K9\t" + "ca " * 70 + "\t", "209 characters, at most 200"),
            ("K9\tca chín\t" + "x" * 201, "201 characters, at most 200"),
            ("a-b\ta bê\t", "'a-b' stands already in line 2"),
        ],
    )
    def test_a_bad_row_is_refused_with_its_place(self, row: str, why: str) -> None:
        with pytest.raises(LexiconError) as refused:
            parse_lexicon(f"{HEADER}A B\ta bê\tđúng\n{row}\n", "xã.tsv")
        assert str(refused.value).startswith("xã.tsv, line 3: ")
        assert why in str(refused.value)
        assert "\n" not in str(refused.value)

    @pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
    def test_a_table_comes_back_from_a_spreadsheet(self, encoding: str) -> None:
        table = 'written\tspoken\tnote\r\nQL 12B\t"quốc lộ, mười hai bê"\t"cầu ""Mới"", ngã ba"\r\n'
        assert parse_lexicon(table.encode(encoding), "xã.tsv") == (
            Entry("QL 12B", "quốc lộ, mười hai bê", 'cầu "Mới", ngã ba'),
        )

    def test_a_note_in_quotation_marks_keeps_them(self) -> None:
        entries = (Entry("K9", "ca chín", '"tên cũ"'),)
        assert parse_lexicon(format_lexicon(entries), "xã.tsv") == entries

    def test_all_bad_rows_are_counted_and_none_of_the_table_is_used(self) -> None:
        with pytest.raises(LexiconError, match=r"line 2: .* \(and 2 more bad rows\)") as refused:
            parse_lexicon(f"{HEADER}A\na\ta 1\t\nĐúng\tđúng\t\nB\t\t\n", "a.tsv")
        assert sorted(line.split(":")[0] for line in refused.value.problems) == [f"a.tsv, line {n}" for n in (2, 3, 5)]

    @pytest.mark.parametrize(
        ("table", "why"),
        [
            (b"", "line 1: the table is empty"),
            (b"# only a comment\n", "line 1: the table is empty"),
            (b"K9\tca ch\xc3\xadn\t\n", "line 1: the first row must be"),
            (b"written\tspoken\tnote\nK9\tca ch\xedn\t\n", "line 2: byte 0xed is not UTF-8"),
            ("written\tspoken\tnote\n".encode("utf-16")[:-1], "cut short"),
            (b"x" * (LARGEST_TABLE_BYTES + 1), "no lexicon"),
            (
                (HEADER + "".join(f"a{n}\ta\t\n" for n in range(MOST_ENTRIES + 1))).encode(),
                "5,001 entries are too many",
            ),
        ],
    )
    def test_a_file_that_is_no_table_is_refused(self, table: bytes, why: str) -> None:
        with pytest.raises(LexiconError, match=why):
            parse_lexicon(table, "a.tsv")

    @given(st.binary(max_size=80) | st.text(max_size=80))
    def test_any_file_is_read_or_refused_in_one_line(self, table: str | bytes) -> None:
        try:
            parse_lexicon(table, "a.tsv")
        except LexiconError as refused:
            assert "\n" not in str(refused)

    @given(
        st.lists(
            st.builds(
                Entry,
                st.from_regex(r"[A-ZĐa-zơ][a-z0-9]{0,4}( [A-Za-z0-9]{1,4}){0,2}", fullmatch=True),
                st.from_regex(r"[bcmt][aáộ]( [bcmt][aáộ]){0,3}", fullmatch=True),
                st.from_regex(r"[a-z]{0,5}", fullmatch=True),
            ),
            unique_by=lambda entry: matching_key(entry.written),
            max_size=6,
        )
    )
    def test_a_written_table_reads_back_the_same(self, entries: list[Entry]) -> None:
        assert parse_lexicon(format_lexicon(entries), "a.tsv") == tuple(entries)

    def test_entries_made_in_a_program_are_held_to_the_same(self) -> None:
        with pytest.raises(LexiconError, match="entry 2: 'k9' stands already in entry 1"):
            Lexicon([Entry("K9", "ca chín"), Entry("k9", "ca chín")])


def test_the_built_in_lexicon_is_found_in_lines_and_changes_what_is_said() -> None:
    entries = built_in_lexicon().entries
    assert 60 <= len(entries) <= 150
    for entry in entries:
        line = spoken_line(f"tại {entry.written} nay")
        assert line.spoken == f"tại {entry.spoken} nay."
        assert not line.open_items
        assert entry.spoken != entry.written.lower()
