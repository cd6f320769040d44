"""A station's folder as the days fill it: evidence, sounds, keys, settings."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

from smartradio.domain.approval import Person
from smartradio.domain.bulletin import Bulletin, Recording, Segment, SegmentKind
from smartradio.domain.evidence import Evidence, Step
from smartradio.domain.places import Zone
from smartradio.station.backup.contents import OBJECTS
from smartradio.station.keys import broker_password, working_key
from smartradio.station.objects import Objects
from smartradio.station.settings import StationSettings
from smartradio.station.store import Store
from tests.station.commune import NOON, settings

PASSPHRASE = "mưa nguồn chớp bể năm ấy"
LAN = Person("Nguyễn Thị Lan", "lan")
SOUND = b"OggS" + bytes(range(256)) * 20


def filled(folder: Path, *, title: str = "Lịch tiêm chủng") -> StationSettings:
    """Fill a folder as a station does, with one bulletin that is called so."""
    config = folder.parent / f"{folder.name}.toml"
    config.write_text('station = "yen-hoa"\n', encoding="utf-8")
    with closing(Store.open(folder, clock=lambda: NOON)) as store:
        store.put_zone(Zone("thon-1", "Thôn 1"))
        sound = Objects(folder / OBJECTS).put(SOUND)
        store.put_bulletin(Bulletin("b1", title, title), [])
        segment = Segment(sound, len(SOUND), 1.2, 0.0, SegmentKind.SENTENCE, title)
        store.put_recording(Recording("r" * 64, "b1", "espeak:vi", (segment,)), {}, NOON)
        said = Evidence("", "loa-1", Step.REFUSED, NOON, "node:loa-1", "replayed")
        store.record([said, replace(said, facts={"again": True})])
    working_key(folder)
    broker_password(folder)
    return settings(folder)


def title_in(folder: Path) -> str:
    """Return what the bulletin of a folder is called."""
    with closing(Store.open(folder, clock=lambda: NOON)) as store:
        bulletin = store.bulletin("b1")
        assert bulletin is not None
        return bulletin.title
