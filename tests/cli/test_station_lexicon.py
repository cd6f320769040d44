"""`smartradio station lexicon`: the commune's readings in and out of the store."""

from __future__ import annotations

from pathlib import Path

import pytest

from smartradio.config import to_toml
from tests.cli.conftest import Run

TABLE = "written\tspoken\tnote\n# buôn\nEa H'leo\tê a hờ leo\tbuôn\nK9\tca chín\t\n"


@pytest.fixture
def run(smartradio: Run, tmp_path: Path) -> Run:
    config = tmp_path / "station.toml"
    config.write_text(
        to_toml(
            {
                "station": "yen-hoa",
                "title": "Yên Hòa",
                "folder": str(tmp_path / "data"),
                "zones": [{"name": "thon-1", "title": "Thôn 1"}],
            }
        ),
        encoding="utf-8",
    )

    def go(command: str, *arguments: object) -> tuple[int, str, str]:
        return smartradio("station", "lexicon", command, *arguments, "--config", config)

    return go


def test_what_is_imported_is_shown_and_exported_the_same(run: Run, tmp_path: Path) -> None:
    table = tmp_path / "ten.tsv"
    table.write_text(TABLE, encoding="utf-8")
    code, _, err = run("import", table, "--by", "Lan")
    assert code == 0, err
    assert "2 entries in the lexicon, 2 changed" in err
    code, shown, _ = run("show")
    assert code == 0
    assert shown == "written\tspoken\tnote\nEa H'leo\tê a hờ leo\tbuôn\nK9\tca chín\t\n"
    assert run("export", tmp_path / "out.tsv")[0] == 0
    assert (tmp_path / "out.tsv").read_bytes() == shown.encode("utf-8-sig")
    assert "2 entries in the lexicon, 0 changed" in run("import", tmp_path / "out.tsv", "--by", "Lan")[2]


def test_a_bad_row_is_named_and_nothing_is_imported(run: Run, tmp_path: Path) -> None:
    assert run("set", "K9", "ca chín", "--by", "Lan")[0] == 0
    table = tmp_path / "ten.tsv"
    table.write_text(TABLE + "Buôn Đôn\tbuôn 2\t\n", encoding="utf-8")
    code, out, err = run("import", table, "--by", "Hùng")
    assert (code, out) == (2, "")
    assert "ten.tsv, line 5" in err
    assert run("show")[1].count("\n") == 2


def test_entries_are_set_and_removed_and_the_names_are_kept(run: Run) -> None:
    assert run("set", "Ea Trol", "ê a trôn", "--by", "Lan", "--note", "buôn")[0] == 0
    assert run("remove", "ea trol", "--by", "Hùng")[0] == 0
    trail = run("show", "--changes")[1].splitlines()
    assert [line.split("\t")[1:] for line in trail] == [
        ["Hùng", "Ea Trol", "ê a trôn", "-"],
        ["Lan", "Ea Trol", "-", "ê a trôn"],
    ]
    code, _, err = run("remove", "Ea Trol", "--by", "Hùng")
    assert code == 2
    assert "not in the commune's lexicon" in err


def test_a_change_needs_a_name_and_a_table_that_is_there(run: Run, tmp_path: Path) -> None:
    assert run("set", "K9", "ca chín")[0] == 2
    code, _, err = run("import", tmp_path / "missing.tsv", "--by", "Lan")
    assert code == 2
    assert "cannot be read" in err
    assert run("set", "K9", "ca chín", "--by", "Lan")[0] == 0
    code, _, err = run("export", tmp_path / "missing" / "out.tsv")
    assert code == 2
    assert "cannot be written" in err
