"""`smartradio spoken` with a commune's lexicon, a Word file, and read-back in its JSON."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import pytest
from docx import Document

from tests.cli.conftest import Run


@pytest.fixture
def run(smartradio: Run) -> Run:
    return partial(smartradio, "spoken")


@pytest.fixture
def bulletin(tmp_path: Path) -> Path:
    path = tmp_path / "tin.txt"
    path.write_text("Hồ Pleiku xả 85m3/s từ 6h tại Q7.\n", encoding="utf-8")
    return path


def test_the_communes_lexicon_is_read_from_a_table(run: Run, bulletin: Path, tmp_path: Path) -> None:
    table = tmp_path / "ten.tsv"
    table.write_text("written\tspoken\tnote\nQ7\tquán bảy\t\n", encoding="utf-8")
    code, out, err = run(bulletin, "--lexicon", table)
    assert (code, err) == (0, "")
    assert out == "hồ pờ lây cu xả tám mươi lăm mét khối trên giây từ sáu giờ tại quán bảy.\n"


@pytest.mark.parametrize(
    ("table", "why"), [("written\tspoken\tnote\nQ7\tquán 7\n", "ten.tsv, line 2: "), (None, "cannot be read")]
)
def test_a_bad_lexicon_is_refused_before_anything_is_said(
    run: Run, bulletin: Path, tmp_path: Path, table: str | None, why: str
) -> None:
    path = tmp_path / "ten.tsv"
    if table is not None:
        path.write_text(table, encoding="utf-8")
    code, out, err = run(bulletin, "--lexicon", path)
    assert (code, out) == (2, "")
    assert why in err
    assert err.count("\n") == 1


def test_json_tells_what_read_back_found(run: Run, bulletin: Path) -> None:
    code, out, _ = run(bulletin, "--json")
    assert code == 0
    document = json.loads(out)
    assert document["read_back"] == []
    assert "lexicon-built-in" in {piece["rule"] for piece in document["lines"][0]["pieces"]}


def test_a_word_file_is_read_like_a_text(run: Run, tmp_path: Path) -> None:
    document = Document()
    document.add_paragraph("Họp lúc 17h30.")
    document.add_paragraph("Mời bà con.")
    document.save(str(tmp_path / "tin.docx"))
    code, out, err = run(tmp_path / "tin.docx")
    assert code == 0, err
    assert out.split("\n")[0] == "họp lúc mười bảy giờ ba mươi phút."
    assert "mời bà con." in out
