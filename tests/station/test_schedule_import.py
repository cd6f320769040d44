"""Schedules taken into the store: looked through first, all or none, with the sounds they bring."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from smartradio.audio.wavfile import write_wav
from smartradio.domain.approval import ItemState, Person
from smartradio.domain.errors import BadInputError
from smartradio.domain.plan_checks import FindingCode
from smartradio.domain.programme import Origin, Programme
from smartradio.station.days import vietnam_days
from smartradio.station.items import Item, ItemStep
from smartradio.station.objects import Objects
from smartradio.station.schedule_export import export_schedule
from smartradio.station.schedule_files import LOCAL, load_schedule
from smartradio.station.schedule_import import Imported, import_schedules
from smartradio.station.schedule_kept import programmes_of, stands_at
from smartradio.station.settings import ZoneSettings
from smartradio.station.store import Store
from tests.station.commune import NOON, settings

DAYS = vietnam_days()
AT = datetime(2026, 11, 23, 5, 30, tzinfo=LOCAL)
ZONES = (
    ZoneSettings(name="thon-1", title="Thôn 1", former=("thon-dong",)),
    ZoneSettings(name="thon-2", title="Thôn 2"),
)
ONE = """\
  - name: {name}
    title: Tin {name}
    zones: [{zone}]
    at: 2026-11-23 05:30
    recurrence: FREQ=DAILY
    approved_by: Nguyễn Thị Lan
    {content}
"""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path / "station")
    yield opened
    opened.close()


def file(folder: Path, *entries: tuple[str, str], zone: str = "thon-1") -> Path:
    path = folder / "lich.yaml"
    told = [ONE.format(name=name, content=content, zone=zone) for name, content in entries]
    path.write_text("programmes:\n" + "".join(told), encoding="utf-8")
    return path


def take(store: Store, path: Path, **changes: Any) -> Imported:
    commune = settings(path.parent / "station", zones=ZONES, nodes=())
    return import_schedules([path], commune, store, now=NOON, days=DAYS, **changes)


def test_what_a_file_says_stands_in_the_store_as_the_console_s_own(store: Store, tmp_path: Path) -> None:
    path = file(tmp_path, ("sang", "text: Mời bà con."), ("chieu", "text: Chào bà con."))
    done = take(store, path)
    assert done.names == ("sang", "chieu")
    assert [(each.programme.name, each.origin) for each in store.stored_programmes()] == [
        ("chieu", Origin.CONSOLE),
        ("sang", Origin.CONSOLE),
    ]
    assert sorted(store.programmes(), key=lambda each: each.name) == sorted(
        load_schedule(path, days=DAYS), key=lambda each: each.name
    )
    assert take(store, path).names == ()


def test_while_one_fault_stands_nothing_is_taken(store: Store, tmp_path: Path) -> None:
    path = file(tmp_path, ("sang", "text: Mời bà con."), ("chieu", "text: Chào.\n    titel: x"))
    done = take(store, path)
    assert done.names == ()
    (fault,) = done.checked.faults
    assert "lich.yaml, line 16: unknown key 'titel'; did you mean 'title'?" in fault
    assert store.programmes() == []


def test_a_text_the_station_would_not_air_is_a_fault(store: Store, tmp_path: Path) -> None:
    path = file(tmp_path, ("lu", "priority: emergency\n    text: Gọi XQZ-77k ngay."))
    (fault,) = take(store, path).checked.faults
    assert "lich.yaml, line 2: programme lu: " in fault
    assert store.programmes() == []


def test_a_former_zone_is_taken_as_the_new_one(store: Store, tmp_path: Path) -> None:
    done = take(store, file(tmp_path, ("sang", "text: Mời bà con."), zone="thon-dong"))
    assert [each.zones for each in store.programmes()] == [("thon-1",)]
    assert FindingCode.FORMER_ZONE in {finding.code for finding in done.checked.findings}


def test_what_stands_in_the_station_s_files_is_changed_there(store: Store, tmp_path: Path) -> None:
    store.put_programme(Programme("sang", "Sáng", "Chào.", ("thon-1",), AT), None, Origin.FILE)
    with pytest.raises(BadInputError, match="'sang' stands in a schedule file of the station; change it there"):
        take(store, file(tmp_path, ("moi", "text: Mời bà con."), ("sang", "text: Mời bà con.")), replace=True)
    assert [each.name for each in store.programmes()] == ["sang"]


def test_other_words_take_the_place_of_older_ones_only_when_that_is_said(store: Store, tmp_path: Path) -> None:
    take(store, file(tmp_path, ("sang", "text: Mời bà con.")))
    changed = file(tmp_path, ("moi", "text: Chào."), ("sang", "text: Mời bà con ra họp."))
    with pytest.raises(BadInputError, match=r"'sang' stands in the store as something else; .*--replace"):
        take(store, changed)
    assert [each.text for each in store.programmes()] == ["Mời bà con."]
    assert take(store, changed, replace=True).names == ("moi", "sang")
    assert [each.text for each in store.programmes()] == ["Chào.", "Mời bà con ra họp."]


def put_item(store: Store, programme: Programme, state: ItemState, **changes: Any) -> None:
    item = Item(programme, Origin.CONSOLE, state, 1, changed_by="Hùng", changed_at=NOON, **{"at_once": False} | changes)
    store.items.take([ItemStep(item, None, ())])


def test_what_was_approved_of_the_older_words_goes_with_them(store: Store, tmp_path: Path) -> None:
    take(store, file(tmp_path, ("sang", "text: Mời bà con.")))
    (older,) = store.programmes()
    put_item(store, older, ItemState.APPROVED, approved_by=Person("Trần Văn Hùng"))
    take(store, file(tmp_path, ("sang", "text: Mời bà con ra họp.")), replace=True)
    assert store.items.all() == []
    assert [each.programme.text for each in store.stored_programmes()] == ["Mời bà con ra họp."]


def test_what_was_withdrawn_is_put_back_only_when_that_is_said(store: Store, tmp_path: Path) -> None:
    path = file(tmp_path, ("sang", "text: Mời bà con."))
    take(store, path)
    (there,) = store.programmes()
    put_item(store, there, ItemState.WITHDRAWN)
    with pytest.raises(BadInputError, match=r"'sang' was withdrawn; .*--replace"):
        take(store, path)
    assert [item.state for item in store.items.all()] == [ItemState.WITHDRAWN]
    assert take(store, path, replace=True).names == ("sang",)
    assert store.items.all() == []


def test_an_export_says_who_answers_and_leaves_out_what_no_schedule_has(store: Store) -> None:
    plain = Programme("a", "Tin", "Chào.", ("thon-1",), AT)
    put_item(store, plain, ItemState.SCHEDULED, approved_by=Person("Trần Văn Hùng"))
    put_item(store, replace(plain, name="b"), ItemState.DRAFT)
    put_item(store, replace(plain, name="c"), ItemState.WITHDRAWN)
    put_item(store, replace(plain, name="d"), ItemState.AIRED, at_once=True, approved_by=Person("Lan"))
    told = {each.name: each.approved_by for each in programmes_of(store)}
    assert told == {"a": "Trần Văn Hùng", "b": None}


def test_what_no_file_of_the_station_holds_is_told_in_zones_of_today(store: Store, tmp_path: Path) -> None:
    commune = settings(tmp_path / "station", zones=ZONES, nodes=())
    own = Programme("a", "Tin", "Chào.", ("thon-dong", "thon-2"), AT)
    store.import_programmes([own])
    store.put_programme(replace(own, name="b"), None, Origin.FILE)
    assert stands_at(commune, []) == [replace(own, zones=("thon-1", "thon-2"))]
    assert stands_at(settings(tmp_path / "never-started"), []) == []


def test_sounds_go_through_the_store_and_back_into_a_folder(store: Store, tmp_path: Path) -> None:
    times_s = np.arange(3 * 16_000) / 16_000
    write_wav(tmp_path / "hmong.wav", (0.3 * np.sin(2 * np.pi * 300 * times_s)).astype(np.float32), 16_000)
    path = file(tmp_path, ("tiem", "parts: [{language: hmn, sound_file: hmong.wav}]"))
    assert take(store, path).names == ("tiem",)
    objects = Objects(tmp_path / "station" / "objects")
    out = export_schedule(programmes_of(store), tmp_path / "ra", get_sound=objects.get, days=DAYS)
    assert load_schedule(out, days=DAYS) == store.programmes()
    (sound,) = (tmp_path / "ra" / "am-thanh").iterdir()
    assert sound.read_bytes() == (tmp_path / "hmong.wav").read_bytes()


def test_a_sound_the_station_would_not_take_is_a_fault_and_none_is_kept(store: Store, tmp_path: Path) -> None:
    (tmp_path / "hmong.wav").write_bytes(b"RIFF no sound")
    done = take(store, file(tmp_path, ("tiem", "parts: [{language: hmn, sound_file: hmong.wav}]")))
    (fault,) = done.checked.faults
    assert "line 8: sound_file: " in fault
    assert not (tmp_path / "station" / "objects").exists()
