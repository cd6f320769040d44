from __future__ import annotations

from pathlib import Path

import pytest

from smartradio.catalogue.entries import Catalogue, parse_catalogue
from smartradio.catalogue.installing import install
from smartradio.catalogue.sources import FromFile
from smartradio.catalogue.verifying import FileState, verify
from smartradio.domain.errors import BadInputError
from tests.catalogue.mirror import catalogue_text, entry, sha256
from tests.catalogue.test_from_file import FILES, NETWORK, VOSK, voice, zipped


def listed(**network: str) -> Catalogue:
    packed = {"name": "vosk.zip", "address": "https://x.example/v.zip", "size": len(zipped(VOSK)), "unpack": True}
    files = [
        {"name": name, "address": f"https://x.example/{name}", "size": len(data)}
        | (network if name.endswith(".onnx") else {})
        for name, data in FILES.items()
    ]
    return parse_catalogue(catalogue_text(entry("giong", *files), entry("vosk", packed)), "list")


@pytest.fixture
def installed(tmp_path: Path, folder: Path) -> Path:
    stick = tmp_path / "usb"
    stick.mkdir()
    for name, data in (FILES | {"vosk.zip": zipped(VOSK)}).items():
        (stick / name).write_bytes(data)
    for model in listed().models:
        install(model, folder, FromFile(stick))
    return folder


def states(folder: Path, *names: str, catalogue: Catalogue | None = None) -> dict[str, FileState]:
    checked = verify(folder, catalogue or listed(), names)
    return {f"{model.name}/{file.file}": file.state for model in checked for file in model.files}


def test_what_was_installed_is_found_whole(installed: Path) -> None:
    found = states(installed)
    assert set(found.values()) == {FileState.WHOLE}
    assert set(found) == {
        "giong/giong.onnx",
        "giong/giong.onnx.json",
        "vosk/am/final.mdl",
        "vosk/conf/model.conf",
        "vosk/README",
    }
    assert not any(model.is_damaged for model in verify(installed, listed()))


def test_one_changed_byte_is_found(installed: Path) -> None:
    path = installed / "vosk" / "am" / "final.mdl"
    data = bytearray(path.read_bytes())
    data[7] ^= 1
    path.write_bytes(data)
    assert states(installed)["vosk/am/final.mdl"] is FileState.CHANGED
    assert [model.name for model in verify(installed, listed()) if model.is_damaged] == ["vosk"]
    assert not verify(installed, listed(), ["giong"])[0].is_damaged


@pytest.mark.parametrize("put", ["nothing", "a link"])
def test_a_missing_file_is_found_and_a_link_is_none(installed: Path, put: str) -> None:
    path = installed / "giong" / "giong.onnx"
    if put == "nothing":
        path.unlink()
    else:
        path.rename(installed / "moved")
        path.symlink_to(installed / "moved")
    assert states(installed)["giong/giong.onnx"] is FileState.MISSING
    assert verify(installed, listed(), ["giong"])[0].is_damaged


def test_a_stray_file_is_told_but_is_no_damage(installed: Path) -> None:
    (installed / "giong" / "notes.txt").write_text("x")
    assert states(installed, "giong")["giong/notes.txt"] is FileState.EXTRA
    assert not verify(installed, listed(), ["giong"])[0].is_damaged


def test_a_voice_put_there_by_hand_is_known_only_by_the_catalogue(folder: Path) -> None:
    place = folder / "giong"
    place.mkdir(parents=True)
    for name, data in FILES.items():
        (place / name).write_bytes(data)
    assert set(states(folder).values()) == {FileState.UNPINNED}
    assert not verify(folder, listed())[0].is_damaged
    known = listed(sha256=sha256(NETWORK))
    assert states(folder, catalogue=known)["giong/giong.onnx"] is FileState.WHOLE
    (place / "giong.onnx").write_bytes(b"other")
    assert states(folder, catalogue=known)["giong/giong.onnx"] is FileState.CHANGED


def test_an_emptied_folder_is_damage(folder: Path) -> None:
    (folder / "vosk").mkdir(parents=True)
    assert verify(folder, listed())[0].is_damaged


def test_a_model_that_left_the_catalogue_is_still_verified(installed: Path) -> None:
    empty = parse_catalogue("", "list")
    assert set(states(installed, catalogue=empty).values()) == {FileState.WHOLE}


def test_what_is_not_installed_is_refused_by_name(installed: Path, folder: Path) -> None:
    with pytest.raises(BadInputError, match="there is no model 'nosuch'; there are giong, vosk"):
        verify(folder, listed(), ["nosuch"])
    for elsewhere in ("../usb", ".", "", ".lock", "giong/.."):
        with pytest.raises(BadInputError, match="there is no model"):
            verify(folder, listed(), [elsewhere])
    (folder / "giong").rename(folder / ".giong.part")
    with pytest.raises(BadInputError, match=r"giong is not installed in .*: smartradio models install giong"):
        verify(folder, listed(), ["giong"])
    assert "giong/giong.onnx" not in states(folder)


def test_nothing_installed_is_nothing_to_verify(folder: Path) -> None:
    assert verify(folder, listed()) == ()


def test_a_voice_of_another_room_is_left_alone(installed: Path) -> None:
    (installed / "own-voice").mkdir()
    assert {name.split("/")[0] for name in states(installed)} == {"giong", "vosk"}
    assert voice().name == "giong"
