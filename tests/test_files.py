from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from smartradio import files
from smartradio.files import FolderBusyError, FolderLock, exchange, replacing, sync_folder, write_whole


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def umask() -> Iterator[None]:
    before = os.umask(0o027)
    yield
    os.umask(before)


def test_a_file_is_written_whole_and_nothing_else_is_left(tmp_path: Path) -> None:
    path = tmp_path / "tin.txt"
    write_whole(path, b"old")
    write_whole(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(("asked", "given"), [(0o666, 0o640), (0o600, 0o600)])
def test_the_mode_is_the_asked_one_less_the_umask(tmp_path: Path, umask: None, asked: int, given: int) -> None:
    with replacing(tmp_path / "key", mode=asked) as part:
        assert mode_of(part) == given
    assert mode_of(tmp_path / "key") == given


def test_a_failed_writing_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "tin.txt"
    path.write_bytes(b"old")

    def fill() -> None:
        with replacing(path) as part:
            part.write_bytes(b"half of the n")
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        fill()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_first_of_two_keys_stays(tmp_path: Path) -> None:
    path = tmp_path / "node.key"
    write_whole(path, b"first", replace=False)
    write_whole(path, b"second", replace=False)
    assert path.read_bytes() == b"first"
    assert list(tmp_path.iterdir()) == [path]


def test_a_workplace_elsewhere_keeps_the_folder_clean_while_writing(tmp_path: Path) -> None:
    shelf, work = tmp_path / "shelf", tmp_path / "work"
    shelf.mkdir()
    work.mkdir()
    with replacing(shelf / "sound", workplace=work) as part:
        assert part.parent == work
        assert list(shelf.iterdir()) == []
        part.write_bytes(b"sound")
    assert (shelf / "sound").read_bytes() == b"sound"
    assert list(work.iterdir()) == []


def test_a_name_as_long_as_a_name_may_be_is_written(tmp_path: Path) -> None:
    path = tmp_path / ("ệ" * 85)
    write_whole(path, b"x")
    assert path.read_bytes() == b"x"


def test_content_then_name_are_brought_onto_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []
    real = os.fsync
    monkeypatch.setattr(os, "fsync", lambda fd: (synced.append(str(Path(f"/proc/self/fd/{fd}").readlink())), real(fd)))
    write_whole(tmp_path / "tin.txt", b"x")
    assert synced[0].endswith(files.PART_SUFFIX)
    assert synced[1:] == [str(tmp_path)]
    synced.clear()
    write_whole(tmp_path / "tin.txt", b"x", durable=False)
    assert synced == []


def test_writers_side_by_side_leave_one_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "tin.txt"
    texts = [bytes([65 + number]) * 50_000 for number in range(8)]
    threads = [threading.Thread(target=write_whole, args=(path, text)) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_bytes() in texts
    assert list(tmp_path.iterdir()) == [path]


def test_syncing_a_folder_that_is_none_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        sync_folder(tmp_path / "gone")


def test_two_folders_change_places_in_one_step(tmp_path: Path) -> None:
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(name)
    if not exchange(tmp_path / "new", tmp_path / "old"):
        pytest.skip("this file system cannot swap names")
    assert (tmp_path / "old" / "file").read_text() == "new"
    assert (tmp_path / "new" / "file").read_text() == "old"
    with pytest.raises(FileNotFoundError):
        exchange(tmp_path / "new", tmp_path / "gone")


def test_a_held_folder_names_its_holder(tmp_path: Path) -> None:
    path = tmp_path / "station" / "lock"
    with FolderLock(path), pytest.raises(FolderBusyError, match=f"process {os.getpid()}") as busy:
        FolderLock(path)
    assert busy.value.holder == str(os.getpid())
    assert busy.value.folder == path.parent


def test_a_released_folder_is_free_and_release_is_harmless_twice(tmp_path: Path) -> None:
    lock = FolderLock(tmp_path / "lock")
    lock.release()
    lock.release()
    FolderLock(tmp_path / "lock").release()


def test_one_who_waits_gets_the_folder_when_it_is_let_go(tmp_path: Path) -> None:
    lock = FolderLock(tmp_path / "lock")
    timer = threading.Timer(0.1, lock.release)
    timer.start()
    with FolderLock(tmp_path / "lock", wait_s=10.0):
        pass
    timer.join()


def test_a_killed_process_lets_its_folder_go(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from smartradio.files import FolderLock; "
        "lock = FolderLock(Path(sys.argv[1])); print('held', flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "lock")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(FolderBusyError, match=f"process {holder.pid}"):
            FolderLock(tmp_path / "lock")
        holder.kill()
        holder.wait()
    FolderLock(tmp_path / "lock", wait_s=5.0).release()
