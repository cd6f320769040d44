"""Models from a server that is as bad as servers get, and from a stick: whole in place, or nothing there."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from smartradio.catalogue.download import _Downloader
from smartradio.catalogue.entries import Model, parse_catalogue
from smartradio.catalogue.installing import install
from smartradio.catalogue.pins import Pins
from smartradio.catalogue.sources import FromInternet
from smartradio.catalogue.verifying import verify
from smartradio.domain.errors import BadInputError, SmartradioError
from smartradio.files import FolderLock
from tests.catalogue.mirror import HASTY, PAGE, Mirror, catalogue_text, entry, sha256

VOICE = random.Random(1).randbytes(300_000)
CONFIG = b'{"audio": {"sample_rate": 16000}}'
AT = datetime(2026, 11, 22, 7, 30, tzinfo=UTC)


def voice(mirror: Mirror, way: str = "good", *, name: str = "giong", **changes: Any) -> Model:
    """A voice of two files; the network comes in the given way, the configuration always well."""
    mirror.files |= {f"{name}.onnx": VOICE, f"{name}.onnx.json": CONFIG}
    network = {"name": f"{name}.onnx", "address": mirror.address(way, f"{name}.onnx"), "size": len(VOICE)} | changes
    network = {key: value for key, value in network.items() if value is not None}
    config = {"name": f"{name}.onnx.json", "address": mirror.address("good", f"{name}.onnx.json"), "about": 30}
    return parse_catalogue(catalogue_text(entry(name, network, config)), "list").models[0]


def bring(model: Model, folder: Path, **changes: Any) -> Path:
    # A busy machine may take its time over a good answer; only the silent server is worth no patience.
    patience = replace(HASTY, silent_s=0.3) if "/silent/" in model.files[0].address else HASTY
    return install(model, folder, FromInternet(patience), now=lambda: AT, **changes)


def installed(folder: Path) -> list[str]:
    """What a voice or recogniser would find: folders whose names begin with no dot."""
    return sorted(path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))


def test_a_voice_is_installed_with_its_files_and_pinned(mirror: Mirror, folder: Path) -> None:
    place = bring(voice(mirror), folder)
    assert place == folder / "giong"
    assert (place / "giong.onnx").read_bytes() == VOICE
    assert (place / "giong.onnx.json").read_bytes() == CONFIG
    assert sorted(path.name for path in folder.iterdir()) == [".lock", "giong", "lock.toml"]
    pin = Pins(folder).brought("giong", "giong.onnx")
    assert pin is not None
    assert (pin.sha256, pin.size, pin.installed) == (sha256(VOICE), len(VOICE), AT)
    assert pin.address == mirror.address("good", "giong.onnx")


def test_the_files_are_readable_for_the_stations_user(mirror: Mirror, folder: Path) -> None:
    place = bring(voice(mirror), folder)
    assert {path.stat().st_mode & 0o777 for path in place.iterdir()} == {0o644}


def test_progress_is_told_up_to_the_end(mirror: Mirror, folder: Path) -> None:
    told: dict[str, list[int]] = {}
    bring(voice(mirror), folder, progress=lambda file, done, total: told.setdefault(file, []).append(done))
    assert told["giong.onnx"] == sorted(told["giong.onnx"])
    assert told["giong.onnx"][-1] == len(VOICE)


def test_pooch_keeps_quiet(mirror: Mirror, folder: Path, caplog: pytest.LogCaptureFixture, capfd: Any) -> None:
    with caplog.at_level(logging.DEBUG):
        bring(voice(mirror), folder)
    assert [record for record in caplog.records if record.name == "pooch"] == []
    assert capfd.readouterr() == ("", "")


WRONG: dict[str, tuple[str, dict[str, Any], str]] = {
    "stops in the middle": ("half", {}, "broke off|bytes read|try again"),
    "serves another file": ("wrong", {"sha256": sha256(VOICE)}, "another file: its SHA-256 differs from the catalogue"),
    "does not have it": ("missing", {}, "the server answers 404"),
    "has fallen ill": ("broken", {}, "the server answers 503"),
    "shows a login page": ("login", {}, "a web page came instead of the file: log in to this network"),
    "hides a login page": ("login-undeclared", {}, "a web page came instead"),
    "never ends": ("endless", {}, f"sends more than the {len(VOICE)} bytes"),
    "announces too much": ("too-long", {}, "another file: 3000000 bytes instead of 300000"),
    "does not say how much": ("unmeasured", {"size": None, "about": 300_000}, "does not say how long"),
    "squeezes on the way": ("squeezed", {}, "changes the file on its way"),
    "says nothing": ("silent", {}, "timed out|Read timed out"),
    "drips": ("drips", {}, "bytes in 0 s"),
    "sends on to a file of ours": ("to-a-file", {}, r"leads to no http\(s\) address"),
    "sends round in circles": ("in-circles", {}, r"leads to no http\(s\) address"),
}


@pytest.mark.parametrize(("way", "changes", "line"), WRONG.values(), ids=WRONG)
def test_a_server_gone_wrong_leaves_nothing_installed(
    mirror: Mirror, folder: Path, way: str, changes: dict[str, Any], line: str
) -> None:
    with pytest.raises(SmartradioError, match=line) as refused:
        bring(voice(mirror, way, **changes), folder)
    assert "\n" not in str(refused.value)
    assert mirror.address(way, "giong.onnx") in str(refused.value)
    assert installed(folder) == []
    assert Pins(folder).of("giong") == ()
    assert mirror.times_asked("giong.onnx") <= 7


@pytest.mark.parametrize(("way", "changes", "line"), WRONG.values(), ids=WRONG)
def test_after_a_server_gone_wrong_a_good_one_installs(
    mirror: Mirror, folder: Path, way: str, changes: dict[str, Any], line: str
) -> None:
    with pytest.raises(SmartradioError):
        bring(voice(mirror, way, **changes), folder)
    place = bring(voice(mirror), folder)
    assert (place / "giong.onnx").read_bytes() == VOICE
    assert sorted(path.name for path in folder.iterdir()) == [".lock", "giong", "lock.toml"]


@dataclass
class Answer:
    """As much of an HTTP answer as its way needs."""

    url: str
    history: tuple[Answer, ...] = ()


@pytest.mark.parametrize(
    ("way", "safe"),
    [
        (["https://a.example/x", "https://b.example/x"], True),
        (["http://a.example/x", "https://b.example/x"], True),
        (["http://a.example/x", "http://b.example/x"], True),
        (["https://a.example/x", "http://b.example/x"], False),
        (["https://a.example/x", "http://b.example/x", "https://c.example/x"], False),
    ],
)
def test_a_protected_address_never_leads_to_an_unprotected_one(
    mirror: Mirror, tmp_path: Path, way: list[str], safe: bool
) -> None:
    *before, last = (Answer(url) for url in way)
    last.history = tuple(before)
    fetching = _Downloader(voice(mirror).files[0], tmp_path, lambda *told: None, HASTY)
    if safe:
        fetching._check_way(last)
        return
    with pytest.raises(BadInputError, match="sends on to an unprotected address"):
        fetching._check_way(last)


def test_nobody_at_the_address_is_one_line(mirror: Mirror, folder: Path) -> None:
    model = voice(mirror, address="http://127.0.0.1:9/giong.onnx")
    with pytest.raises(SmartradioError, match=r"127.0.0.1:9/giong.onnx: Connection refused; try again"):
        bring(model, folder)
    assert installed(folder) == []


@pytest.mark.parametrize("way", ["moved", "chunked", "broken-once", "breaks-once"])
def test_a_server_that_comes_round_is_put_up_with(mirror: Mirror, folder: Path, way: str) -> None:
    assert (bring(voice(mirror, way), folder) / "giong.onnx").read_bytes() == VOICE


def test_a_broken_download_goes_on_where_it_stopped(mirror: Mirror, folder: Path) -> None:
    bring(voice(mirror, "breaks-once"), folder)
    assert [asked.range for asked in mirror.asked if asked.name == "giong.onnx"] == [None, f"bytes={len(VOICE) // 2}-"]


def test_a_version_that_changed_meanwhile_is_brought_from_its_start(mirror: Mirror, folder: Path) -> None:
    place = bring(voice(mirror, "changes-midway"), folder)
    assert (place / "giong.onnx").read_bytes() == VOICE


def test_pauses_between_tries_grow(mirror: Mirror, folder: Path) -> None:
    slept: list[float] = []
    patience = replace(HASTY, pauses_s=(2.0, 8.0), sleep=slept.append)
    with pytest.raises(SmartradioError, match="503"):
        install(voice(mirror, "broken"), folder, FromInternet(patience))
    assert slept == [2.0, 8.0]
    assert mirror.times_asked("giong.onnx") == 3


def test_what_was_whole_before_the_failure_is_not_brought_twice(mirror: Mirror, folder: Path) -> None:
    mirror.files["giong.onnx.json"] = b"<not json at all, no, no, no>"
    model = voice(mirror)
    mirror.files["giong.onnx.json"] = b"<not json at all, no, no, no>"
    with pytest.raises(BadInputError, match=r"giong.onnx.json is not JSON"):
        bring(model, folder)
    assert installed(folder) == []
    mirror.files["giong.onnx.json"] = CONFIG
    bring(model, folder)
    assert mirror.times_asked("giong.onnx") == 1


def test_a_file_without_a_known_hash_is_pinned_and_another_one_later_refused(mirror: Mirror, folder: Path) -> None:
    place = bring(voice(mirror), folder)
    with pytest.raises(BadInputError, match=r"differs from the one first installed on 2026-11-22 \(.*lock.toml\)"):
        bring(voice(mirror, "wrong"), folder)
    assert (place / "giong.onnx").read_bytes() == VOICE
    assert not verify(folder, parse_catalogue("", "list"))[0].is_damaged


def test_a_known_hash_is_checked_and_stands_above_the_pin(mirror: Mirror, folder: Path) -> None:
    bring(voice(mirror), folder)
    newer = bytes(reversed(VOICE))
    place = bring(voice(mirror, "wrong", sha256=sha256(newer)), folder)
    assert (place / "giong.onnx").read_bytes() == newer
    pin = Pins(folder).brought("giong", "giong.onnx")
    assert pin is not None
    assert pin.sha256 == sha256(newer)


def test_the_old_installation_stays_until_the_new_one_is_whole(mirror: Mirror, folder: Path) -> None:
    place = bring(voice(mirror), folder)
    (place / "giong.onnx").write_bytes(b"spoilt on the disk")

    def look(file: str, done: int, total: int) -> None:
        assert (place / "giong.onnx").read_bytes() == b"spoilt on the disk"

    bring(voice(mirror), folder, progress=look)
    assert (place / "giong.onnx").read_bytes() == VOICE
    assert sorted(path.name for path in folder.iterdir()) == [".lock", "giong", "lock.toml"]


@pytest.mark.parametrize("can_exchange", [True, False])
def test_a_model_is_replaced_with_and_without_swapping_names(
    mirror: Mirror, folder: Path, monkeypatch: pytest.MonkeyPatch, can_exchange: bool
) -> None:
    place = bring(voice(mirror), folder)
    (place / "stray").write_text("of the older one")
    if not can_exchange:
        monkeypatch.setattr("smartradio.catalogue.installing.exchange", lambda one, other: False)
    bring(voice(mirror), folder)
    assert sorted(path.name for path in place.iterdir()) == ["giong.onnx", "giong.onnx.json"]
    assert sorted(path.name for path in folder.iterdir()) == [".lock", "giong", "lock.toml"]


def test_an_old_installation_caught_between_two_names_comes_back(mirror: Mirror, folder: Path) -> None:
    bring(voice(mirror), folder).rename(folder / ".giong.old")
    (folder / ".giong.new").mkdir()
    (folder / ".giong.new" / "half").write_text("")
    bring(voice(mirror, name="khac"), folder)
    assert installed(folder) == ["giong", "khac"]
    assert (folder / "giong" / "giong.onnx").read_bytes() == VOICE
    assert not (folder / ".giong.new").exists()


def test_a_model_linked_from_elsewhere_is_replaced_and_the_other_place_kept(
    mirror: Mirror, folder: Path, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "giong.onnx").write_bytes(b"another's")
    folder.mkdir()
    (folder / "giong").symlink_to(elsewhere)
    for _ in range(2):
        assert (bring(voice(mirror), folder) / "giong.onnx").read_bytes() == VOICE
    assert (elsewhere / "giong.onnx").read_bytes() == b"another's"
    assert sorted(path.name for path in folder.iterdir()) == [".lock", "giong", "lock.toml"]


def test_leftovers_of_a_killed_installation_are_swept(mirror: Mirror, folder: Path) -> None:
    work = folder / ".giong.part"
    (work / "tmpabc").mkdir(parents=True)
    (work / "tmpxyz").write_bytes(b"half")
    bring(voice(mirror), folder)
    assert sorted(path.name for path in folder.iterdir()) == [".lock", "giong", "lock.toml"]


def test_a_second_installation_is_refused_and_the_first_goes_on(mirror: Mirror, folder: Path) -> None:
    with FolderLock(folder / ".lock"), pytest.raises(SmartradioError, match=r"another installation .process"):
        bring(voice(mirror), folder)
    assert mirror.asked == []
    assert bring(voice(mirror), folder).is_dir()


@pytest.mark.parametrize(("free", "fits"), [(100_000_000 + len(VOICE) + 100, True), (100_000_000 + len(VOICE), False)])
def test_a_full_disk_is_told_before_anything_is_brought(mirror: Mirror, folder: Path, free: int, fits: bool) -> None:
    if fits:
        assert bring(voice(mirror), folder, free_bytes=lambda path: free).is_dir()
        return
    with pytest.raises(SmartradioError, match=r"giong needs 100 MB of free disk, there are 100 MB: make room"):
        bring(voice(mirror), folder, free_bytes=lambda path: free)
    assert mirror.asked == []
    assert sorted(path.name for path in folder.iterdir()) == [".lock"]


def full_disk(written_bytes: int) -> Callable[..., None]:
    def refuse(file: str, done: int, total: int) -> None:
        if done >= written_bytes:
            raise OSError(28, "No space left on device")

    return refuse


def test_a_disk_that_fills_up_meanwhile_is_one_line_and_gets_its_room_back(mirror: Mirror, folder: Path) -> None:
    with pytest.raises(SmartradioError, match=r"giong.onnx cannot be written: No space left on device"):
        bring(voice(mirror), folder, progress=full_disk(100_000))
    assert sorted(path.name for path in folder.iterdir()) == [".lock"]


def test_a_folder_that_cannot_be_made_is_one_line(mirror: Mirror, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SmartradioError, match="cannot be used for models"):
        bring(voice(mirror), tmp_path / "file" / "models")


def test_a_non_commercial_licence_must_be_accepted(mirror: Mirror, folder: Path) -> None:
    notice = {"vi": "không", "en": "no"}
    model = voice(mirror).model_copy(update={"non_commercial": True, "notice": notice, "licence": "CC-BY-NC-4.0"})
    with pytest.raises(BadInputError, match=r"CC-BY-NC-4.0 forbids commercial use and was not accepted"):
        bring(model, folder)
    assert not folder.exists()
    assert bring(model, folder, accept_licence=True).is_dir()


def test_a_spoilt_lock_file_stops_the_installation(mirror: Mirror, folder: Path) -> None:
    bring(voice(mirror), folder)
    (folder / "lock.toml").write_text('[[file]]\nmodel = "giong"\n', encoding="utf-8")
    with pytest.raises(BadInputError, match=r"lock.toml: file.1.file: Field required: put back a copy"):
        bring(voice(mirror), folder)
    assert installed(folder) == ["giong"]


def test_a_login_page_is_known_by_its_beginning() -> None:
    assert PAGE.lstrip().lower().startswith(b"<!doctype html")
