"""A station in one file, by the commands."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from smartradio.station.store import Store
from tests.station.backup.shelves import PASSPHRASE, filled, title_in

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "mat-khau.txt"
    path.write_text(f"{PASSPHRASE}\n", encoding="utf-8")
    return path


def config_of(folder: Path) -> Path:
    path = folder.with_name(f"{folder.name}.toml")
    path.write_text(
        f'station = "yen-hoa"\ntitle = "Đài xã Yên Hòa"  # tên đài\nfolder = "{folder}"\n'
        '[[zones]]\nname = "thon-1"\ntitle = "Thôn 1"\n',
        encoding="utf-8",
    )
    return path


def test_a_station_goes_to_a_new_machine_in_one_file(smartradio: Run, tmp_path: Path, secret: Path) -> None:
    folder, file = tmp_path / "dai", tmp_path / "sao-luu.smartradio"
    filled(folder)
    code, out, err = smartradio("backup", "-o", file, "--config", config_of(folder), "--passphrase-file", secret)
    assert (code, out) == (0, "")
    assert "evidence log of 2 entries" in err

    new = tmp_path / "may-moi"
    config = tmp_path / "may-moi.toml"
    code, _, err = smartradio(
        "restore", file, "--config", config, "--folder", new, "--by", "Trần Văn Bình", "--passphrase-file", secret
    )
    assert code == 0, err
    assert title_in(new) == "Lịch tiêm chủng"
    written = config.read_text(encoding="utf-8")
    assert f"folder = '{new}'" in written
    assert "# tên đài" in written
    with closing(Store.open_read_only(new)) as store:
        assert store.chain("")[-1].evidence.facts["by"] == "Trần Văn Bình"


def test_a_station_that_works_is_not_restored_over(smartradio: Run, tmp_path: Path, secret: Path) -> None:
    folder, file = tmp_path / "dai", tmp_path / "sao-luu.smartradio"
    filled(folder)
    config = config_of(folder)
    smartradio("backup", "-o", file, "--config", config, "--passphrase-file", secret)
    with closing(Store.open(folder)) as working:
        code, _, err = smartradio("restore", file, "--config", config, "--passphrase-file", secret)
        assert code == 2
        assert f"is in use by process {os.getpid()}" in err
        assert working.verify().ok
    assert "restore" not in {path.name for path in folder.iterdir()}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("restore", "{file}"), "--folder"),
        (
            ("backup", "-o", "{folder}/x", "--config", "{config}", "--passphrase-file", "{secret}"),
            "outside the station",
        ),
        (("restore", "{secret}", "--config", "{config}", "--passphrase-file", "{secret}"), "no backup of a smartradio"),
        (("restore", "{file}", "--config", "{config}", "--folder", "x"), "leave --folder out"),
        (("backup", "-o", "x", "--config", "{config}", "--passphrase-file", "{none}"), "holds no passphrase"),
    ],
    ids=["no folder", "inside itself", "another file", "two folders", "no passphrase"],
)
def test_what_cannot_be_is_told_in_one_line(
    smartradio: Run, tmp_path: Path, secret: Path, arguments: tuple[str, ...], told: str
) -> None:
    folder = tmp_path / "dai"
    filled(folder)
    values = {
        "file": tmp_path / "none.smartradio",
        "folder": folder,
        "config": config_of(folder),
        "secret": secret,
        "none": tmp_path / "none.txt",
    }
    code, out, err = smartradio(*(each.format(**values) for each in arguments))
    assert (code, out) == (2, "")
    assert told in err
    assert len(err.strip().splitlines()) == 1
