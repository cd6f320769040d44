"""A bulletin as people hand it to a command, whichever command it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from docx import Document

from smartradio.cli.inputs import read_bulletin
from smartradio.domain.errors import BadInputError
from tests.cli.conftest import Run

TEXT = "Họp lúc 17h30 ngày 12/9."


def word_file(path: Path) -> Path:
    document = Document()
    document.add_paragraph(TEXT)
    document.save(str(path))
    return path


def test_text_in_utf_8_and_utf_16_and_word_files_are_one_text(tmp_path: Path) -> None:
    for name, encoding in (("a.txt", "utf-8"), ("b.txt", "utf-8-sig"), ("c.txt", "utf-16"), ("d.tin", "utf-8")):
        (tmp_path / name).write_text(f"{TEXT}\n", encoding=encoding)
        assert read_bulletin(str(tmp_path / name)) == TEXT
    assert read_bulletin(str(word_file(tmp_path / "tin.docx"))) == TEXT


def test_a_word_file_under_another_name_is_told_and_an_old_encoding_too(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=r"name it \.docx"):
        read_bulletin(str(word_file(tmp_path / "tin.docx").rename(tmp_path / "tin.txt")))
    (tmp_path / "cu.txt").write_text("UBND x· th«ng b¸o lÞch tiªm", encoding="utf-8")
    with pytest.raises(BadInputError, match="TCVN3"):
        read_bulletin(str(tmp_path / "cu.txt"))


@pytest.mark.parametrize(
    "command",
    [
        ("spoken", "tin.docx"),
        ("speak", "tin.docx", "-o", "tin.opus"),
        ("listen", "tin.wav", "--text", "tin.docx"),
        ("demo", "--once", "--bulletin", "tin.docx"),
    ],
)
def test_every_command_says_what_is_wrong_with_a_word_file(
    smartradio: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("tin.docx").write_bytes(b"PK\x03\x04" + bytes(80))
    code, out, err = smartradio(*command)
    assert (code, out) == (2, "")
    assert err == "smartradio: tin.docx: is damaged and cannot be unpacked; save it again\n"
