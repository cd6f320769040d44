from __future__ import annotations

import errno
import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smartradio.domain.errors import BadInputError, SmartradioError
from smartradio.station.objects import Objects


@pytest.fixture
def objects(tmp_path: Path) -> Objects:
    return Objects(tmp_path / "objects")


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=2000))
def test_what_was_put_comes_back_under_its_hash(objects: Objects, data: bytes) -> None:
    sha256 = objects.put(data)
    assert sha256 == hashlib.sha256(data).hexdigest()
    assert objects.get(sha256) == data
    assert objects.path(sha256).read_bytes() == data


def test_the_same_sound_twice_is_one_file(objects: Objects, tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        names = set(pool.map(objects.put, [b"chuong"] * 40))
    assert len(names) == 1
    assert files(tmp_path) == [objects.path(names.pop())]


def test_what_is_not_there_is_none(objects: Objects) -> None:
    assert objects.get("ab" * 32) is None


def test_an_altered_file_is_not_given_out_and_is_mended_by_putting_again(objects: Objects) -> None:
    sha256 = objects.put(b"tieng noi")
    objects.path(sha256).write_bytes(b"tieng khac")
    assert objects.get(sha256) is None
    assert objects.put(b"tieng noi") == sha256
    assert objects.get(sha256) == b"tieng noi"


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "AB" * 32, "ab" * 31, "ab" * 32 + "\n", "/" * 64])
def test_only_a_hash_names_a_file(objects: Objects, name: str) -> None:
    for use in (objects.path, objects.get):
        with pytest.raises(BadInputError, match="not the name of a sound"):
            use(name)


def test_a_full_disk_ends_in_one_line_and_leaves_nothing(
    objects: Objects, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SmartradioError, match="No space left on device"):
        objects.put(b"x" * 5000)
    assert files(tmp_path) == []


def test_what_a_crash_left_half_written_is_swept_and_nothing_else(objects: Objects, tmp_path: Path) -> None:
    kept = objects.put(b"nguyen ven")
    (tmp_path / "objects" / "unfinished" / "tmp1").write_bytes(b"nua ch")
    assert objects.sweep_unfinished() == 1
    assert objects.sweep_unfinished() == 0
    assert objects.get(kept) == b"nguyen ven"


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("x")
    with pytest.raises(SmartradioError, match="taken for sounds cannot be used"):
        Objects(tmp_path / "taken")
