"""A backup brings a station back whole, or leaves it as it was."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from smartradio.domain.errors import BadInputError, SmartradioError
from smartradio.domain.evidence import Step
from smartradio.files import FolderLock
from smartradio.station.backup import restoring
from smartradio.station.backup.contents import LOCK
from smartradio.station.backup.faults import BackupError, Fault
from smartradio.station.backup.last import last_backup
from smartradio.station.backup.making import make_backup
from smartradio.station.backup.restoring import BEFORE, STAGED, cancel_restore, stage_restore, staged_restore, take_over
from smartradio.station.keys import working_key
from smartradio.station.objects import Objects
from smartradio.station.store import Store, StoreError
from tests.station.backup.shelves import LAN, PASSPHRASE, SOUND, filled, title_in
from tests.station.commune import NOON, STATION, settings


@dataclass(frozen=True)
class Made:
    """A station's folder and its backup."""

    folder: Path
    file: Path

    def stage(self, folder: Path, *, passphrase: str = PASSPHRASE, station: str | None = STATION) -> None:
        stage_restore(folder, self.file, passphrase, station=station, by=LAN, now=NOON)


@pytest.fixture
def made(tmp_path: Path) -> Made:
    folder, file = tmp_path / "dai", tmp_path / "sao-luu.smartradio"
    make_backup(filled(folder), file, PASSPHRASE, now=NOON, config=tmp_path / "dai.toml")
    return Made(folder, file)


def test_a_station_stands_up_on_another_machine(made: Made, tmp_path: Path) -> None:
    elsewhere = tmp_path / "noi-khac"
    made.stage(elsewhere, station=None)
    assert take_over(elsewhere) is not None
    assert title_in(elsewhere) == "Lịch tiêm chủng"
    assert working_key(elsewhere).public_hex == working_key(made.folder).public_hex
    segment = next(path.name for path in (elsewhere / "objects").glob("??/*"))
    assert Objects(elsewhere / "objects").get(segment) == SOUND
    assert (elsewhere / "settings" / "dai.toml").read_text(encoding="utf-8") == 'station = "yen-hoa"\n'
    assert (elsewhere / "smartradio.db").stat().st_mode & 0o077 == 0


def test_who_restored_what_stands_in_the_log_that_still_holds(made: Made, tmp_path: Path) -> None:
    made.stage(made.folder)
    take_over(made.folder)
    with closing(Store.open(made.folder)) as store:
        assert store.verify().ok
        last = store.chain("")[-1].evidence
    assert last.step is Step.ADMINISTERED
    assert (last.facts["what"], last.facts["change"], last.facts["by"]) == ("backup", "restored", LAN.title)


def test_a_restore_goes_beyond_every_epoch_that_nodes_have_seen(made: Made) -> None:
    with closing(Store.open(made.folder)) as store:
        for _ in range(4):
            seen = store.raise_epoch()
    made.stage(made.folder)
    take_over(made.folder)
    with closing(Store.open(made.folder)) as store:
        assert store.next_counter()[0] > seen


def test_until_the_next_start_all_stays_as_it_is(made: Made) -> None:
    with closing(Store.open(made.folder)) as working:
        made.stage(made.folder)
        staged = staged_restore(made.folder)
        assert staged is not None
        assert staged.by == LAN.title
        with pytest.raises(StoreError, match="another station"):
            take_over(made.folder)
        assert working.verify().ok
    assert cancel_restore(made.folder)
    assert take_over(made.folder) is None


def test_what_was_there_before_is_kept_beside(made: Made, tmp_path: Path) -> None:
    later = tmp_path / "sau"
    filled(later, title="Tin lũ khẩn cấp")
    (later / "map.geojson").write_text("{}", encoding="utf-8")
    made.stage(later)
    take_over(later)
    assert title_in(later) == "Lịch tiêm chủng"
    assert not (later / "map.geojson").exists()
    assert title_in(later / BEFORE) == "Tin lũ khẩn cấp"
    assert (later / BEFORE / "map.geojson").exists()


@pytest.mark.parametrize("after_moves", range(8))
def test_a_crash_in_the_middle_of_it_is_gone_on_with(
    made: Made, tmp_path: Path, after_moves: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = tmp_path / "sau"
    filled(later, title="Tin lũ khẩn cấp")
    made.stage(later)
    moves = 0
    rename = Path.rename

    def dies(self: Path, target: Path) -> Path:
        nonlocal moves
        moves += 1
        if moves > after_moves:
            raise KeyboardInterrupt
        return rename(self, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", dies)
        with pytest.raises(KeyboardInterrupt):
            take_over(later)
    assert take_over(later) is not None
    assert title_in(later) == "Lịch tiêm chủng"
    assert title_in(later / BEFORE) == "Tin lũ khẩn cấp"
    assert not (later / STAGED).exists()


def test_a_damaged_database_is_replaced_all_the_same(made: Made) -> None:
    (made.folder / "smartradio.db").write_bytes(b"no database any more" * 100)
    made.stage(made.folder)
    take_over(made.folder)
    assert title_in(made.folder) == "Lịch tiêm chủng"


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        (lambda data: data[:-100], "not whole|altered"),
        (lambda data: data[: len(data) // 2], "not whole|altered"),
        (lambda data: data[:-20] + bytes([data[-20] ^ 1]) + data[-19:], "altered"),
        (lambda data: data + b"more", "altered"),
        (lambda data: data.replace(b"Y\\u00ean H\\u00f2a", b"Y\\u00ean B\\u00f2a"), "altered"),
        (lambda data: data[:200], "beginning is damaged|altered"),
        (lambda _: b"PK\x03\x04 an office document", "no backup"),
        (lambda _: b"", "no backup"),
        (lambda data: data.replace(b'"n": 32768', b'"n": 99999999'), "damaged"),
    ],
    ids=["tail cut", "half", "a bit", "longer", "another title", "only a head", "a document", "empty", "costly"],
)
def test_a_broken_or_foreign_file_is_refused_and_nothing_changes(made: Made, harm: object, told: str) -> None:
    made.file.write_bytes(harm(made.file.read_bytes()))  # type: ignore[operator]
    before = sorted(made.folder.rglob("*"))
    with pytest.raises(BadInputError, match=told):
        made.stage(made.folder)
    assert sorted(made.folder.rglob("*")) == before
    assert take_over(made.folder) is None


def test_a_wrong_passphrase_and_another_stations_backup_are_told_apart(made: Made) -> None:
    with pytest.raises(BadInputError, match="passphrase is wrong"):
        made.stage(made.folder, passphrase="một câu khác hẳn")
    with pytest.raises(BadInputError, match=r"is of the station yen-hoa .*, this one is khanh-trung"):
        made.stage(made.folder, station="khanh-trung")


def test_a_log_that_was_altered_is_not_backed_up(made: Made, tmp_path: Path) -> None:
    with closing(sqlite3.connect(made.folder / "smartradio.db")) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("UPDATE evidence SET entry = replace(entry, 'loa-1', 'loa-2') WHERE number = 1")
        connection.commit()
    target = tmp_path / "nua.smartradio"
    with pytest.raises(SmartradioError, match="does not hold"):
        make_backup(settings(made.folder), target, PASSPHRASE, now=NOON)
    assert not target.exists()


def test_a_backup_is_made_while_the_station_writes(made: Made, tmp_path: Path) -> None:
    target = tmp_path / "nua.smartradio"
    with closing(Store.open(made.folder)):
        manifest = make_backup(settings(made.folder), target, PASSPHRASE, now=NOON)
    assert manifest.entries == 2
    noted = last_backup(made.folder)
    assert noted is not None
    assert (noted.made_at, noted.size_bytes) == (NOON, target.stat().st_size)
    assert list(made.folder.glob("backup-*")) == []


def test_what_a_crash_left_of_a_backup_is_gone_after_the_next_one(made: Made, tmp_path: Path) -> None:
    for left in ("backup-ab12", ".restore.cd34.part"):
        (made.folder / left).mkdir()
        (made.folder / left / "smartradio.db").write_bytes(b"half")
    make_backup(settings(made.folder), tmp_path / "nua.smartradio", PASSPHRASE, now=NOON)
    made.stage(made.folder)
    assert not (made.folder / "backup-ab12").exists()
    assert not (made.folder / ".restore.cd34.part").exists()


def test_two_backups_at_once_are_one_after_the_other(made: Made, tmp_path: Path) -> None:
    with FolderLock(made.folder / LOCK):
        with pytest.raises(BackupError) as told:
            make_backup(settings(made.folder), tmp_path / "nua.smartradio", PASSPHRASE, now=NOON)
        assert told.value.code is Fault.BUSY
        with pytest.raises(BackupError) as told:
            made.stage(made.folder)
        assert told.value.code is Fault.BUSY


def test_a_backup_says_nothing_to_whoever_finds_it(made: Made) -> None:
    data = made.file.read_bytes()
    for secret in (SOUND[:64], working_key(made.folder).to_hex().encode(), b"SQLite format", "tiêm chủng".encode()):
        assert secret not in data
    assert made.file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("passphrase", ["ngắn quá", "aaaaaaaaaaaaaaaa", "x" * 201])
def test_a_poor_passphrase_is_refused(made: Made, passphrase: str) -> None:
    with pytest.raises(BadInputError, match="passphrase"):
        make_backup(settings(made.folder), made.file, passphrase, now=NOON)


def test_a_full_disk_is_told_before_anything_is_unpacked(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smartradio.station.backup.opening._SPARE_BYTES", 10**18)
    with pytest.raises(SmartradioError, match="MB are free"):
        made.stage(made.folder)
    assert restoring.staged_restore(made.folder) is None
