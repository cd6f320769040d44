"""A commune without internet: the files come on a stick, and the same checks hold."""

from __future__ import annotations

import gzip
import io
import os
import socket
import tarfile
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from smartradio.catalogue.entries import Model, parse_catalogue
from smartradio.catalogue.installing import install
from smartradio.catalogue.pins import Pins
from smartradio.catalogue.sources import FromFile
from smartradio.domain.errors import BadInputError, SmartradioError
from tests.catalogue.mirror import catalogue_text, entry, sha256

NETWORK = bytes(range(256)) * 40
CONFIG = b'{"rate": 16000}'
FILES = {"giong.onnx": NETWORK, "giong.onnx.json": CONFIG}


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object) -> None:
        raise AssertionError("the network was touched")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    path = tmp_path / "usb"
    path.mkdir()
    return path


def voice(**changes: Any) -> Model:
    files = [
        {"name": name, "address": f"https://models.example/{name}", "size": len(data)} | changes.get(name, {})
        for name, data in FILES.items()
    ]
    return parse_catalogue(catalogue_text(entry("giong", *files)), "list").models[0]


def recogniser(archive: bytes, **changes: Any) -> Model:
    file = {"name": "vosk.zip", "address": "https://models.example/vosk.zip", "size": len(archive), "unpack": True}
    return parse_catalogue(catalogue_text(entry("vosk", file | changes)), "list").models[0]


def zipped(files: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return packed.getvalue()


def taped(files: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return packed.getvalue()


def nothing_there(folder: Path) -> bool:
    return sorted(path.name for path in folder.iterdir()) == [".lock"]


VOSK = {"vosk-small/am/final.mdl": b"model" * 100, "vosk-small/conf/model.conf": b"--x\n", "vosk-small/README": b"v"}


@pytest.mark.parametrize("inside", ["", "giong/"])
def test_a_folder_of_the_files_is_enough(stick: Path, folder: Path, inside: str) -> None:
    (stick / inside).mkdir(exist_ok=True)
    for name, data in FILES.items():
        (stick / inside / name).write_bytes(data)
    place = install(voice(), folder, FromFile(stick))
    assert {path.name: path.read_bytes() for path in place.iterdir()} == FILES
    pin = Pins(folder).brought("giong", "giong.onnx")
    assert pin is not None
    assert pin.address == str(stick / inside / "giong.onnx")
    assert (stick / inside / "giong.onnx").exists()


@pytest.mark.parametrize("inside", ["", "giong/", "a/b/"])
@pytest.mark.parametrize(("name", "pack"), [("voice.zip", zipped), ("voice.tar.gz", taped), ("voice.TGZ", taped)])
def test_an_archive_of_the_files_is_enough(stick: Path, folder: Path, inside: str, name: str, pack: Any) -> None:
    (stick / name).write_bytes(pack({f"{inside}{file}": data for file, data in FILES.items()} | {"READ ME": b"hello"}))
    place = install(voice(), folder, FromFile(stick / name))
    assert {path.name: path.read_bytes() for path in place.iterdir()} == FILES


@pytest.mark.parametrize("name", ["vosk.zip", "vosk (1).zip"])
def test_a_recognisers_zip_is_unpacked_without_its_outer_folder(stick: Path, folder: Path, name: str) -> None:
    packed = zipped(VOSK)
    (stick / name).write_bytes(packed)
    place = install(recogniser(packed), folder, FromFile(stick / name))
    found = {path.relative_to(place).as_posix(): path.read_bytes() for path in place.rglob("*") if path.is_file()}
    assert found == {path.removeprefix("vosk-small/"): data for path, data in VOSK.items()}
    pins = {pin.file: pin for pin in Pins(folder).of("vosk")}
    assert pins["am/final.mdl"].sha256 == sha256(VOSK["vosk-small/am/final.mdl"])
    assert pins["am/final.mdl"].inside == "vosk.zip"
    assert pins["vosk.zip"].packed


def test_a_recognisers_zip_may_lie_in_another_archive(stick: Path, folder: Path) -> None:
    packed = zipped(VOSK)
    (stick / "all.tar.gz").write_bytes(taped({"models/vosk.zip": packed}))
    assert (install(recogniser(packed), folder, FromFile(stick / "all.tar.gz")) / "am" / "final.mdl").is_file()


def test_several_files_in_a_zip_without_a_common_folder_keep_their_paths(stick: Path, folder: Path) -> None:
    packed = zipped({"am/final.mdl": b"m", "README": b"r"})
    (stick / "vosk.zip").write_bytes(packed)
    place = install(recogniser(packed), folder, FromFile(stick))
    assert (place / "am" / "final.mdl").read_bytes() == b"m"


def test_a_stick_without_all_files_names_the_missing_one(stick: Path, folder: Path) -> None:
    (stick / "giong.onnx").write_bytes(NETWORK)
    with pytest.raises(BadInputError, match=r"usb: giong.onnx.json of giong is missing there"):
        install(voice(), folder, FromFile(stick))
    (stick / "half.zip").write_bytes(zipped({"giong.onnx.json": CONFIG}))
    with pytest.raises(BadInputError, match=r"half.zip: giong.onnx of giong is missing there"):
        install(voice(), folder, FromFile(stick / "half.zip"))
    assert nothing_there(folder)


def test_one_file_for_a_model_of_several_is_refused_with_their_names(stick: Path, folder: Path) -> None:
    (stick / "giong.onnx").write_bytes(NETWORK)
    with pytest.raises(BadInputError, match=r"give a folder or a .zip of them \(giong.onnx, giong.onnx.json\)"):
        install(voice(), folder, FromFile(stick / "giong.onnx"))
    assert nothing_there(folder)


def test_a_pipe_in_place_of_a_stick_is_not_waited_for(stick: Path) -> None:
    os.mkfifo(stick / "ong.zip")
    with pytest.raises(BadInputError, match=r"ong\.zip: is neither a file nor a folder"):
        FromFile(stick / "ong.zip")


def test_a_stick_that_is_not_there_is_refused(stick: Path) -> None:
    with pytest.raises(BadInputError, match="gone: there is no such file or folder"):
        FromFile(stick / "gone")


@pytest.mark.parametrize(
    ("spoilt", "line"),
    [
        ({"giong.onnx": NETWORK[:-1]}, "bytes instead of 10240"),
        ({"giong.onnx": NETWORK + b"x"}, "bytes instead of 10240"),
        ({"giong.onnx": bytes(reversed(NETWORK))}, "SHA-256 of giong.onnx differs from the catalogue's"),
        ({"giong.onnx.json": b"<html>: %d&..  "}, "giong.onnx.json is not JSON"),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_wrong_files_on_a_stick_leave_nothing_installed(
    stick: Path, folder: Path, spoilt: dict[str, bytes], line: str, packed: bool
) -> None:
    files = FILES | spoilt
    if packed:
        (stick / "all.zip").write_bytes(zipped(files))
    else:
        for name, data in files.items():
            (stick / name).write_bytes(data)
    model = voice(**{"giong.onnx": {"sha256": sha256(NETWORK)}})
    with pytest.raises(BadInputError, match=rf"{line}|is larger than 10240 bytes"):
        install(model, folder, FromFile(stick / "all.zip" if packed else stick))
    assert nothing_there(folder)


def unsafe(name: str, mode: int = 0o100644) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        info = zipfile.ZipInfo("placeholder")
        info.filename = info.orig_filename = name
        info.external_attr = mode << 16
        archive.writestr(info, b"owned")
        archive.writestr("am/final.mdl", b"m")
    return packed.getvalue()


UNSAFE = {
    "upwards": unsafe("../../owned"),
    "upwards inside": unsafe("am/../../owned"),
    "absolute": unsafe("/tmp/owned"),
    "of another system": unsafe("..\\..\\owned"),
    "with a drive": unsafe("C:owned"),
    "with a line break": unsafe("a\nb"),
    "very deep": unsafe("/".join("abcdefghijkl")),
    "very long": unsafe("x" * 201),
    "a link": unsafe("am/link", 0o120777),
    "a pipe": unsafe("am/pipe", 0o010644),
    "twice": zipped({"am/final.mdl": b"1", "am/final.mdx": b"2"}).replace(b"final.mdx", b"final.mdl"),
    "file and folder": unsafe("am"),
}


@pytest.mark.parametrize("packed", UNSAFE.values(), ids=UNSAFE)
def test_an_unsafe_zip_is_refused_and_touches_nothing(stick: Path, folder: Path, tmp_path: Path, packed: bytes) -> None:
    (stick / "vosk.zip").write_bytes(packed)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(BadInputError, match=r"vosk.zip: holds (a file of the unsafe name|a link|two files|a file and)"):
        install(recogniser(packed), folder, FromFile(stick))
    assert nothing_there(folder)
    assert sorted(path for path in tmp_path.rglob("*") if folder not in path.parents and path != folder) == before


def lying_about_sizes(packed: bytes, real: int) -> bytes:
    """Return a zip whose headers say that a file is 10 bytes long."""
    size = real.to_bytes(4, "little")
    assert packed.count(size) >= 2
    return packed.replace(size, (10).to_bytes(4, "little"))


BOMBS = {
    "swells": zipped({"zeros": bytes(5_000_000)}),
    "swells and lies": lying_about_sizes(zipped({"zeros": bytes(5_000_000)}), 5_000_000),
    "many files": zipped({f"am/{number}": b"" for number in range(2_001)}),
    "empty": zipped({}),
    "cut off": zipped(VOSK)[:-30],
    "spoilt inside": zipped(VOSK).replace(zlib.crc32(b"--x\n").to_bytes(4, "little"), b"\0\0\0\0"),
    "no zip": b"PK\x03\x04 not a zip" * 10,
}


@pytest.mark.parametrize("packed", BOMBS.values(), ids=BOMBS)
def test_a_bomb_or_a_damaged_zip_is_refused(stick: Path, folder: Path, packed: bytes) -> None:
    (stick / "vosk.zip").write_bytes(packed)
    with pytest.raises(BadInputError, match=r"vosk.zip: (holds|is)") as refused:
        install(recogniser(packed), folder, FromFile(stick / "vosk.zip"))
    assert "\n" not in str(refused.value)
    assert nothing_there(folder)


def test_an_encrypted_zip_is_refused(stick: Path, folder: Path) -> None:
    packed = bytearray(zipped({"am/final.mdl": b"m"}))
    packed[6] |= 1
    packed[packed.index(b"PK\x01\x02") + 8] |= 1
    (stick / "vosk.zip").write_bytes(packed)
    with pytest.raises(BadInputError, match=r"vosk.zip: is encrypted"):
        install(recogniser(bytes(packed)), folder, FromFile(stick))


def test_a_tape_with_links_and_ways_out_gives_only_the_models_files(stick: Path, folder: Path, tmp_path: Path) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        link = tarfile.TarInfo("giong.onnx")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
        for name, data in {f"x/{name}": data for name, data in FILES.items()}.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    (stick / "all.tar.gz").write_bytes(packed.getvalue())
    place = install(voice(), folder, FromFile(stick / "all.tar.gz"))
    assert (place / "giong.onnx").read_bytes() == NETWORK
    (stick / "out.tar.gz").write_bytes(taped({"../giong.onnx": NETWORK, "giong.onnx.json": CONFIG}))
    with pytest.raises(BadInputError, match=r"unsafe name '../giong.onnx'"):
        install(voice(), folder, FromFile(stick / "out.tar.gz"))


def test_a_tape_whose_headers_swell_is_refused(stick: Path, folder: Path) -> None:
    header = tarfile.TarInfo("long")
    header.type, header.size = tarfile.GNUTYPE_LONGNAME, 1 << 27
    with gzip.open(stick / "all.tar.gz", "wb", compresslevel=1) as tape:
        tape.write(header.tobuf(tarfile.GNU_FORMAT))
        for _ in range(1 << 7):
            tape.write(bytes(1 << 20))
    with pytest.raises(BadInputError, match=r"all.tar.gz: is no archive or is damaged: a header is longer"):
        install(voice(), folder, FromFile(stick / "all.tar.gz"))
    assert nothing_there(folder)


def test_a_tape_of_endless_folders_is_refused(stick: Path, folder: Path) -> None:
    entry = tarfile.TarInfo("a")
    entry.type = tarfile.DIRTYPE
    with gzip.open(stick / "all.tgz", "wb", compresslevel=1) as tape:
        tape.write(entry.tobuf(tarfile.GNU_FORMAT) * 20_001)
    with pytest.raises(BadInputError, match=r"all.tgz: holds more than 20000 entries"):
        install(voice(), folder, FromFile(stick / "all.tgz"))


@pytest.mark.parametrize("name", ["all.zip", "all.tar.gz", "all.tgz", "all.tar"])
@pytest.mark.parametrize("data", [b"", b"no archive", b"\x1f\x8b\x08 cut"])
def test_an_archive_that_is_none_is_refused(stick: Path, folder: Path, name: str, data: bytes) -> None:
    (stick / name).write_bytes(data)
    with pytest.raises(BadInputError, match=f"{name}"):
        install(voice(), folder, FromFile(stick / name))
    assert nothing_there(folder)


def test_two_files_of_one_name_in_an_archive_are_refused(stick: Path, folder: Path) -> None:
    (stick / "all.zip").write_bytes(zipped({"a/giong.onnx": NETWORK, "b/giong.onnx": NETWORK}))
    with pytest.raises(BadInputError, match=r"holds two files called giong.onnx"):
        install(voice(), folder, FromFile(stick / "all.zip"))


def test_a_stick_that_cannot_be_read_is_one_line(stick: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, data in FILES.items():
        (stick / name).write_bytes(data)

    def broken(*arguments: object) -> None:
        raise OSError(5, "Input/output error", str(stick / "giong.onnx"))

    monkeypatch.setattr("smartradio.catalogue.sources._copy", broken)
    with pytest.raises(SmartradioError, match=r"usb/giong.onnx: Input/output error"):
        install(voice(), folder, FromFile(stick))
    assert nothing_there(folder)
