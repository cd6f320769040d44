"""kill -9 at any moment: afterwards nothing is installed, or something whole; and the next try goes through."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from smartradio.catalogue.entries import load_catalogue
from smartradio.catalogue.installing import install
from smartradio.catalogue.sources import FromFile, FromInternet
from smartradio.catalogue.verifying import verify
from smartradio.domain.errors import SmartradioError
from tests.catalogue.mirror import HASTY, Mirror, catalogue_text, entry
from tests.catalogue.test_from_file import VOSK, zipped

VOICE = random.Random(2).randbytes(2_000_000)


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "smartradio", "models", *map(str, arguments)]


def models(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*arguments), check=False, capture_output=True, text=True, timeout=60)


def listing(mirror: Mirror, path: Path, way: str) -> Path:
    mirror.files["giong.onnx"] = VOICE
    file = {"name": "giong.onnx", "address": mirror.address(way, "giong.onnx"), "size": len(VOICE)}
    path.write_text(catalogue_text(entry("giong", file)), encoding="utf-8")
    return path


@pytest.mark.faults
def test_an_installation_killed_midway_goes_on_where_it_stopped(mirror: Mirror, folder: Path, tmp_path: Path) -> None:
    options = ("--folder", folder, "--catalogue", listing(mirror, tmp_path / "xa.toml", "stops-midway"))
    with subprocess.Popen(command("install", "giong", *options), stderr=subprocess.PIPE) as running:
        half = folder / ".giong.part" / "giong.onnx.half"
        deadline = time.monotonic() + 60
        while not (half.exists() and half.stat().st_size >= len(VOICE) // 2) and time.monotonic() < deadline:
            time.sleep(0.01)
        second = models("install", "giong", *options)
        running.send_signal(signal.SIGKILL)
        assert running.wait(30) == -signal.SIGKILL
    assert second.returncode == 2
    assert f"another installation (process {running.pid}) is running" in second.stderr

    listed = models("list", "--json", *options)
    assert [model["installed"] for model in json.loads(listed.stdout)["models"]] == [False]

    listing(mirror, tmp_path / "xa.toml", "good")
    again = models("install", "giong", *options)
    assert (again.returncode, again.stderr) == (0, "")
    assert (folder / "giong" / "giong.onnx").read_bytes() == VOICE
    assert mirror.asked[-1].range == f"bytes={len(VOICE) // 2}-"
    assert sorted(path.name for path in folder.iterdir()) == [".lock", "giong", "lock.toml"]


PROGRAM = """
import os, signal, sys
from pathlib import Path
from smartradio.catalogue import installing, pins
from smartradio.catalogue.entries import load_catalogue
from smartradio.catalogue.sources import FromFile

room, name, when, catalogue, folder, stick = sys.argv[1:]
module = {"installing": installing, "pins": pins, "shutil": installing.shutil}[room]
real = getattr(module, name)

def fatal(*arguments, **options):
    if when == "after":
        real(*arguments, **options)
    os.kill(os.getpid(), signal.SIGKILL)

setattr(module, name, fatal)
installing.install(load_catalogue(Path(catalogue)).models[0], Path(folder), FromFile(Path(stick)))
"""

MOMENTS = [
    ("installing", "sha256_of", "before"),
    ("installing", "unpack_zip", "after"),
    ("installing", "sync_file", "before"),
    ("pins", "write_whole", "before"),
    ("pins", "write_whole", "after"),
    ("installing", "exchange", "before"),
    ("installing", "exchange", "after"),
    ("shutil", "rmtree", "before"),
]


@pytest.mark.faults
@pytest.mark.parametrize(("room", "name", "when"), MOMENTS, ids=[" ".join(moment) for moment in MOMENTS])
def test_a_reinstallation_killed_at_any_moment_leaves_a_whole_model(
    folder: Path, tmp_path: Path, room: str, name: str, when: str
) -> None:
    stick = tmp_path / "usb"
    stick.mkdir()
    packed = zipped(VOSK)
    (stick / "vosk.zip").write_bytes(packed)
    file = {"name": "vosk.zip", "address": "https://x.example/v.zip", "size": len(packed), "unpack": True}
    catalogue = tmp_path / "xa.toml"
    catalogue.write_text(catalogue_text(entry("vosk", file)), encoding="utf-8")
    listed = load_catalogue(catalogue)
    install(listed.models[0], folder, FromFile(stick))

    program = [sys.executable, "-c", PROGRAM, room, name, when, str(catalogue), str(folder), str(stick)]
    assert subprocess.run(program, timeout=60, check=False).returncode == -signal.SIGKILL
    assert [model.is_damaged for model in verify(folder, listed, ["vosk"])] == [False]

    install(listed.models[0], folder, FromFile(stick))
    assert not verify(folder, listed, ["vosk"])[0].is_damaged
    assert sorted(path.name for path in folder.iterdir()) == [".lock", "lock.toml", "vosk"]


def test_the_first_installation_after_a_kill_may_come_from_a_stick(
    mirror: Mirror, folder: Path, tmp_path: Path
) -> None:
    model = load_catalogue(listing(mirror, tmp_path / "xa.toml", "half")).models[0]
    with pytest.raises(SmartradioError, match="try again"):
        install(model, folder, FromInternet(HASTY))
    assert (folder / ".giong.part").is_dir()
    (tmp_path / "giong.onnx").write_bytes(VOICE)
    assert (install(model, folder, FromFile(tmp_path)) / "giong.onnx").read_bytes() == VOICE
    assert sorted(path.name for path in folder.iterdir()) == [".lock", "giong", "lock.toml"]
