"""What the doctor tells of a station's places and of who is rung."""

from __future__ import annotations

from pathlib import Path

from smartradio.cli.station_checks import node_software, registry, rings
from smartradio.domain.approval import Person
from smartradio.station.store import Store
from tests.station.commune import NOON, Clock, registered, settings

BY = Person("Trần Thợ", "tho")


def test_a_station_that_was_never_started_has_its_places_from_the_file(tmp_path: Path) -> None:
    assert registry(settings(tmp_path)).seen.startswith("as the settings file has them")


def test_what_was_changed_at_the_console_is_named_with_its_last_word(tmp_path: Path) -> None:
    commune = settings(tmp_path)
    store = registered(Store.open(tmp_path, clock=Clock()), commune)
    assert registry(commune).seen == "as the settings file has them"
    store.places.rename("zone", "thon-1", "Thôn Thượng", BY)
    store.places.merge("zone", "thon-3", "thon-2", BY)
    store.close()
    seen = registry(commune).seen
    assert seen.startswith("changed at the console, which has the last word over the settings file: thon-1")
    assert "thon-3 → thon-2" in seen


def test_a_store_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "smartradio.db").write_bytes(b"no database")
    for check in (registry(settings(tmp_path)), node_software(settings(tmp_path))):
        assert (check.found, check.mend) == (False, "start the station once")


def test_nodes_that_do_not_understand_the_station_are_named(tmp_path: Path) -> None:
    commune = settings(tmp_path)
    assert node_software(commune).seen == "not known: the station has not been started"
    store = registered(Store.open(tmp_path, clock=Clock()), commune)
    assert node_software(commune).found
    store.put_node_state("thon-2", online=True, at=NOON, facts={"problems": ["software_older"]})
    store.close()
    check = node_software(commune)
    assert (check.found, check.seen) == (False, "older than the station's: thon-2")


def test_that_nobody_is_rung_is_told_and_needed_by_nobody(tmp_path: Path) -> None:
    nobody = rings(settings(tmp_path))
    assert (nobody.found, nobody.needed) == (False, False)
    ring = {"name": "tu", "title": "Anh Tư", "webhook": "https://example.vn/x", "secret": "0123456789abcdef"}
    assert rings(settings(tmp_path, ring=[ring])).seen == "Anh Tư"
