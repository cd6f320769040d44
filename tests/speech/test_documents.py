from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from docx import Document
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from hypothesis import given, settings
from hypothesis import strategies as st

from smartradio.domain.errors import BadInputError
from smartradio.speech import documents, word_files
from smartradio.speech.documents import document_text

WORDS = "Mời bà con đến Trạm Y tế xã lúc 7h30 ngày 23/11/2026."


def packed(document: object) -> bytes:
    sink = io.BytesIO()
    document.save(sink)  # type: ignore[attr-defined]
    return sink.getvalue()


def with_body(xml: str) -> bytes:
    """A Word file whose body holds this WordprocessingML."""
    document = Document()
    body = document.element.body
    for child in list(body)[:-1]:
        body.remove(child)
    block = parse_xml(f"<w:body {nsdecls('w', 'wp', 'a', 'r')}>{xml}</w:body>")
    for child in reversed(list(block)):
        body.insert(0, child)
    return packed(document)


def repacked(data: bytes, **changes: bytes | None) -> bytes:
    """The package with parts replaced or (None) taken out; `__` in a name stands for a slash, `_` for a dot."""
    wanted = {name.replace("__", "/").replace("_", "."): content for name, content in changes.items()}
    sink = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            content = wanted.get(part.filename, old.read(part))
            if content is not None:
                new.writestr(part.filename, content)
    return sink.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        WORDS.encode(),
        b"\xef\xbb\xbf" + WORDS.encode(),
        WORDS.encode("utf-16"),
        b"\xfe\xff" + WORDS.encode("utf-16-be"),
    ],
)
def test_plain_text_is_read_in_every_unicode_form(data: bytes) -> None:
    assert document_text(data, "tin.txt") == WORDS


def test_lines_of_all_systems_and_unbreakable_spaces_are_kept_apart() -> None:
    assert document_text("Một\r\nHai\rBa\u00a0nghìn\tđồng".encode(), "tin.txt") == "Một\nHai\nBa nghìn\tđồng"


@pytest.mark.parametrize(
    "data",
    [
        "Uû ban nh©n d©n x· th«ng b¸o lÞch tiªm chñng".encode("cp1252"),
        "UÛy ban nhaân daân xaõ thoâng baùo".encode("cp1252"),
        "Uû ban nh©n d©n x· th«ng b¸o lÞch tiªm chñng cho trÎ em".encode(),
        "UÛy ban nhaân daân xaõ thoâng baùo lòch tieâm chuûng".encode(),
    ],
)
def test_vietnamese_from_before_unicode_is_refused_with_advice(data: bytes) -> None:
    with pytest.raises(BadInputError, match=r"^tin\.txt: .*TCVN3 .*VNI.* UniKey") as refused:
        document_text(data, "tin.txt")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        "Xin chao ba con",
        "Voilà un café, c'est très bien à Paris",
        "© 2026 Công ty",
        "Khu vuc 38°C ±2",
        "COVID-19 100%",
        "Tin toàn xã: toàn thôn hoàn thành tiêm phòng",
        "Hà Tuyên, Tuyên Quang: khuyên bà con",
        "TOÀN XÃ HOÀN THÀNH, TOÀN DÂN VUI",
    ],
)
def test_other_text_is_not_taken_for_an_old_encoding(text: str) -> None:
    assert document_text(text.encode(), "tin.txt") == text


def test_paragraphs_headings_and_soft_breaks_are_lines_in_order() -> None:
    document = Document()
    document.add_heading("THÔNG BÁO", level=1)
    paragraph = document.add_paragraph("Mời bà con\u00a0thôn 3")
    paragraph.add_run().add_break()
    paragraph.add_run("đến nhà văn hóa.")
    document.add_paragraph("")
    document.add_paragraph("Trân trọng!")
    text = document_text(packed(document), "tin.docx")
    assert text.split("\n") == ["THÔNG BÁO", "Mời bà con thôn 3", "đến nhà văn hóa.", "", "Trân trọng!"]


def test_the_numbers_of_a_list_are_read_with_its_items() -> None:
    document = Document()
    for words in ("Chuẩn bị", "Sơ tán"):
        document.add_paragraph(words, style="List Number")
    for words in ("nước uống", "đèn pin"):
        document.add_paragraph(words, style="List Bullet")
    lines = document_text(packed(document), "tin.docx").split("\n")
    assert lines == ["1. Chuẩn bị", "2. Sơ tán", "- nước uống", "- đèn pin"]


NUMBERING = f"""<?xml version="1.0" encoding="UTF-8"?>
<w:numbering {nsdecls("w")}>
<w:abstractNum w:abstractNumId="1">
<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="upperRoman"/><w:lvlText w:val="%1."/></w:lvl>
<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%2.)"/></w:lvl>
<w:lvl w:ilvl="2"><w:start w:val="1"/><w:numFmt w:val="lowerLetter"/><w:lvlText w:val="%2.%3)"/></w:lvl>
</w:abstractNum>
<w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num>
<w:num w:numId="2"><w:abstractNumId w:val="1"/>
<w:lvlOverride w:ilvl="0"><w:startOverride w:val="4"/></w:lvlOverride></w:num>
</w:numbering>""".encode()


def item(words: str, number: int, level: int) -> str:
    place = f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>'
    return f"<w:p><w:pPr>{place}</w:pPr><w:r><w:t>{words}</w:t></w:r></w:p>"


def test_lists_within_lists_begin_anew_and_go_on() -> None:
    body = "".join(
        item(words, 1, level) for words, level in (("a", 0), ("b", 1), ("c", 2), ("d", 2), ("e", 0), ("f", 1))
    )
    data = repacked(with_body(body + item("g", 2, 0)), word__numbering_xml=NUMBERING)
    lines = document_text(data, "tin.docx").split("\n")
    assert lines == ["I. a", "1.) b", "1.a) c", "1.b) d", "II. e", "1.) f", "IV. g"]


def test_a_table_is_read_row_by_row_and_a_merged_cell_once() -> None:
    document = Document()
    table = document.add_table(rows=3, cols=3)
    for row, words in zip(
        table.rows, [("Thôn", "Giờ", "Nơi"), ("Thôn 1", "7h30", "Trạm Y tế"), ("Thôn 2", "9h", "")], strict=True
    ):
        for cell, word in zip(row.cells, words, strict=True):
            cell.text = word
    table.cell(1, 2).merge(table.cell(2, 2))
    document.add_paragraph("Hết.")
    lines = document_text(packed(document), "tin.docx").split("\n")
    assert lines == ["Thôn, Giờ, Nơi", "Thôn 1, 7h30, Trạm Y tế", "Thôn 2, 9h", "Hết."]


def test_a_letterhead_s_cells_keep_their_lines() -> None:
    document = Document()
    left, right = document.add_table(rows=1, cols=2).rows[0].cells
    left.text = "ỦY BAN NHÂN DÂN\nXÃ YÊN HÒA"
    right.text = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
    lines = document_text(packed(document), "tin.docx").split("\n")
    assert lines[:3] == ["ỦY BAN NHÂN DÂN", "XÃ YÊN HÒA", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"]


def test_what_nobody_sees_on_the_page_is_left_out_and_what_was_inserted_is_in() -> None:
    data = with_body(
        "<w:p>"
        "<w:r><w:t>Lúc </w:t></w:r>"
        '<w:del w:id="1" w:author="a"><w:r><w:delText>6h </w:delText></w:r></w:del>'
        '<w:ins w:id="2" w:author="a"><w:r><w:t xml:space="preserve">7h </w:t></w:r></w:ins>'
        "<w:r><w:rPr><w:vanish/></w:rPr><w:t>ẩn</w:t></w:r>"
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>PAGE</w:instrText></w:r>'
        '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
        '<w:hyperlink r:id="rId1"><w:r><w:t>sáng</w:t></w:r></w:hyperlink>'
        "<w:r><w:noBreakHyphen/><w:t>trưa</w:t></w:r>"
        "</w:p>"
        "<w:sdt><w:sdtContent><w:p><w:r><w:t>Trong khung</w:t></w:r></w:p></w:sdtContent></w:sdt>"
    )
    assert document_text(data, "tin.docx").split("\n")[:2] == ["Lúc 7h sáng-trưa", "Trong khung"]


def test_a_text_box_is_read_once_after_its_paragraph() -> None:
    box = "<w:txbxContent><w:p><w:r><w:t>Đường dây nóng 112</w:t></w:r></w:p></w:txbxContent>"
    data = with_body(
        '<w:p><w:r><w:t>Chú ý</w:t><mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/'
        f'markup-compatibility/2006"><mc:Choice Requires="wps">{box}</mc:Choice>'
        f"<mc:Fallback>{box}</mc:Fallback></mc:AlternateContent></w:r></w:p>"
    )
    assert document_text(data, "tin.docx").split("\n")[:2] == ["Chú ý", "Đường dây nóng 112"]


def test_headers_and_footers_are_not_read() -> None:
    document = Document()
    document.sections[0].header.paragraphs[0].text = "Mật"
    document.sections[0].footer.paragraphs[0].text = "Trang 1"
    document.add_paragraph(WORDS)
    assert document_text(packed(document), "tin.docx") == WORDS


def word_file(words: str = WORDS) -> bytes:
    document = Document()
    document.add_paragraph(words)
    return packed(document)


ENTITIES = (
    b'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
    b'<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>'
    b"<w:p><w:r><w:t>&b;</w:t></w:r></w:p></w:body></w:document>"
)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


@pytest.mark.parametrize(
    ("data", "name", "line"),
    [
        (b"", "tin.txt", "the file is empty"),
        (b"  \n ", "tin.txt", "there is no text in it"),
        (OLE + "WordDocument".encode("utf-16-le"), "tin.doc", "Word 97-2003 or older: save it as .docx"),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "tin.docx", "protected by a password"),
        (b"%PDF-1.7", "tin.pdf", "is a PDF"),
        (b"{\\rtf1 xin chao}", "tin.doc", "is an RTF file"),
        (WORDS.encode(), "tin.docx", "is not a Word file, whatever its name says"),
        (WORDS.encode(), "tin.odt", r"\.odt files are not read"),
        (b"\xff\xfea", "tin.txt", "cut short or no UTF-16"),
        (bytes(64), "tin.txt", "is not plain text"),
        (word_file(), "tin.txt", "if it is a Word file, name it .docx"),
        (b"PK\x03\x04" + bytes(80), "tin.docx", "damaged and cannot be unpacked"),
        (word_file()[:4_000], "tin.docx", "damaged and cannot be unpacked"),
        (repacked(word_file(), word__document_xml=None), "tin.docx", "not a Word file"),
        (repacked(word_file(), word__document_xml=b"<w:document"), "tin.docx", "damaged and cannot be read"),
        (repacked(word_file(), word__document_xml=ENTITIES), "tin.docx", "holds XML entities"),
        (word_file(" "), "tin.docx", "there is no text in it"),
    ],
)
def test_what_cannot_be_read_is_one_clear_line(data: bytes, name: str, line: str) -> None:
    with pytest.raises(BadInputError, match=line) as refused:
        document_text(data, name)
    assert str(refused.value).startswith(f"{name}: ")
    assert "\n" not in str(refused.value)


def test_a_zip_bomb_is_not_unpacked(tmp_path: Path) -> None:
    bomb = repacked(word_file(), word__document_xml=bytes(word_files.MAX_PART_BYTES + 1))
    assert len(bomb) < 200_000
    with pytest.raises(BadInputError, match="unpacks to far more than a bulletin"):
        document_text(bomb, "tin.docx")


def test_tables_without_end_in_one_another_are_refused() -> None:
    nested = "<w:p/>"
    for _ in range(40):
        nested = f"<w:tbl><w:tr><w:tc>{nested}<w:p/></w:tc></w:tr></w:tbl>"
    assert document_text(with_body(nested + "<w:p><w:r><w:t>Chào</w:t></w:r></w:p>"), "t.docx").strip() == "Chào"
    for _ in range(40):
        nested = f"<w:tbl><w:tr><w:tc>{nested}<w:p/></w:tc></w:tr></w:tbl>"
    with pytest.raises(BadInputError, match="too deep"):
        document_text(with_body(nested), "tin.docx")


def test_a_file_beyond_all_measure_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "MAX_BYTES", 10)
    with pytest.raises(BadInputError, match="at most"):
        document_text(WORDS.encode(), "tin.txt")


WHOLE = word_file()


@settings(max_examples=80, deadline=None)
@given(st.one_of(st.binary(max_size=200), st.binary(max_size=40).map(lambda more: b"PK\x03\x04" + more)), st.booleans())
def test_any_bytes_give_text_or_one_line(data: bytes, word: bool) -> None:
    try:
        assert document_text(data, "tin.docx" if word else "tin.txt").strip()
    except BadInputError as error:
        assert "\n" not in str(error)


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_a_word_file_hurt_anywhere_gives_text_or_one_line(data: st.DataObject) -> None:
    hurt = bytearray(WHOLE)
    for _ in range(data.draw(st.integers(1, 6))):
        hurt[data.draw(st.integers(0, len(hurt) - 1))] = data.draw(st.integers(0, 255))
    try:
        document_text(bytes(hurt), "tin.docx")
    except BadInputError as error:
        assert "\n" not in str(error)
