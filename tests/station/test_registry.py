"""Zones and nodes renamed, moved, merged and replaced, with what was kept as it was then."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from smartradio.domain.approval import Person
from smartradio.domain.errors import BadInputError
from smartradio.domain.places import Node
from smartradio.station.news import News
from smartradio.station.objects import Objects
from smartradio.station.registry import RegistryDesk, register_places, registry_over
from smartradio.station.store import Store
from smartradio.wire.signing import SigningKey
from tests.station.commune import NODE_KEYS, NOON, Clock, airing_of, planned_in, settings, shelved
from tests.station.shapes import store_of_shape

BY = Person("Trần Thợ", "tho")


class Office:
    """A station's registry, and what it would start with."""

    def __init__(self, folder: Path) -> None:
        self.clock = Clock()
        self.folder = folder
        self.file = settings(folder)
        self.store = Store.open(folder, clock=self.clock)
        self.replaced: list[Node] = []
        self.start()

    def start(self) -> None:
        """Start the station, or start it again."""
        self.running = registry_over(self.file, self.store.places.all())
        register_places(self.running, self.store)
        self.desk = RegistryDesk(lambda: self.file, self.running, self.store, News(), replaced=self.replaced.append)

    def rename(self, what: str, name: str, title: str) -> None:
        asyncio.run(self.desk.rename(what, name, title, by=BY))  # type: ignore[arg-type]

    def merge(self, what: str, name: str, into: str) -> None:
        asyncio.run(self.desk.merge(what, name, into, by=BY))  # type: ignore[arg-type]

    def titles(self) -> dict[str, str]:
        return {zone.name: zone.title for zone in self.store.zones()}


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = Office(tmp_path)
    yield made
    made.store.close()


class TestATitle:
    def test_holds_at_once_and_over_the_settings_file_at_the_next_start(self, office: Office) -> None:
        office.rename("zone", "thon-2", "Thôn Đông")
        assert office.titles()["thon-2"] == "Thôn Đông"
        assert not office.desk.waits_for_start(office.desk.registered())
        office.start()
        assert office.titles()["thon-2"] == "Thôn Đông"
        assert [zone.title for zone in office.running.zones] == ["Thôn 1", "Thôn Đông", "Thôn 3"]

    def test_what_happened_before_keeps_the_one_it_happened_under(self, office: Office) -> None:
        recording = shelved(office.store, Objects(office.folder / "objects"), "sang", [b"sound"])
        planned_in(office.store, airing_of(recording, NOON, id="truoc"))
        office.clock.pass_s(3_600)
        office.rename("node", "thon-2", "Cụm loa đình làng")
        planned_in(office.store, airing_of(recording, NOON + timedelta(hours=2), id="sau"))
        for airing, title in (("truoc", "Cụm loa thon-2"), ("sau", "Cụm loa đình làng")):
            view = office.store.airing_view(airing)
            assert view is not None
            assert view.nodes[1].title == title
        assert [view.nodes[1].title for view in office.store.board()] == ["Cụm loa đình làng", "Cụm loa thon-2"]

    def test_given_three_times_each_time_has_its_own(self, office: Office) -> None:
        for title in ("Hai", "Ba"):
            office.clock.pass_s(60)
            office.rename("zone", "thon-1", title)
        seen = [office.desk.titles_then("zone", NOON + timedelta(seconds=after))["thon-1"] for after in (0, 61, 121)]
        assert seen == ["Thôn 1", "Hai", "Ba"]

    def test_changed_in_the_settings_file_is_kept_as_well(self, office: Office) -> None:
        zones = [zone.model_copy(update={"title": "Thôn Một"}) for zone in office.file.zones[:1]]
        office.file = office.file.model_copy(update={"zones": (*zones, *office.file.zones[1:])})
        office.clock.pass_s(60)
        office.start()
        assert office.titles()["thon-1"] == "Thôn Một"
        assert office.desk.titles_then("zone", NOON)["thon-1"] == "Thôn 1"

    @pytest.mark.parametrize("title", ["", "  ", "x" * 101, "Thôn 3"])
    def test_that_is_none_or_anothers_is_refused(self, office: Office, title: str) -> None:
        with pytest.raises(BadInputError):
            office.rename("zone", "thon-1", title)
        assert office.titles()["thon-1"] == "Thôn 1"

    def test_who_gave_it_stands_in_the_evidence_log(self, office: Office) -> None:
        office.rename("zone", "thon-2", "Thôn Đông")
        (entry,) = office.store.chain("")
        told = {name: entry.evidence.facts[name] for name in ("what", "name", "before", "after", "by")}
        assert told == {
            "what": "zone",
            "name": "thon-2",
            "before": "Thôn 2",
            "after": "Thôn Đông",
            "by": "Trần Thợ",
        }


class TestAMerger:
    def test_of_zones_takes_their_nodes_along_and_waits_for_the_next_start(self, office: Office) -> None:
        office.merge("zone", "thon-3", "thon-2")
        assert set(office.titles()) == {"thon-1", "thon-2"}
        assert office.desk.waits_for_start(office.desk.registered())
        office.start()
        assert not office.desk.waits_for_start(office.desk.registered())
        assert [(node.name, node.zone) for node in office.running.nodes] == [
            ("thon-1", "thon-1"),
            ("thon-2", "thon-2"),
            ("thon-3", "thon-2"),
        ]
        # A schedule that still names the old zone is aired in the one it went into.
        assert office.running.zone_names.today(("thon-3", "thon-1")) == ("thon-2", "thon-1")

    def test_of_what_was_merged_before_leads_to_the_last(self, office: Office) -> None:
        office.merge("zone", "thon-3", "thon-2")
        office.start()
        office.merge("zone", "thon-2", "thon-1")
        office.start()
        assert office.running.zone_names.today(("thon-3", "thon-2")) == ("thon-1",)
        assert {node.zone for node in office.running.nodes} == {"thon-1"}

    def test_keeps_the_titles_of_then(self, office: Office) -> None:
        office.clock.pass_s(60)
        office.merge("zone", "thon-3", "thon-2")
        assert office.desk.titles_then("zone", NOON)["thon-3"] == "Thôn 3"
        (was,) = office.desk.registered().former_of("zone", "thon-2")
        assert (was.name, was.title) == ("thon-3", "Thôn 3")

    def test_of_nodes_leaves_one_and_the_evidence_of_both(self, office: Office) -> None:
        recording = shelved(office.store, Objects(office.folder / "objects"), "sang", [b"sound"])
        planned_in(office.store, airing_of(recording, NOON, id="truoc"))
        office.clock.pass_s(60)
        office.merge("node", "thon-3", "thon-2")
        assert [view.name for view in office.store.node_views()] == ["thon-1", "thon-2"]
        office.start()
        assert [node.name for node in office.running.nodes] == ["thon-1", "thon-2"]
        view = office.store.airing_view("truoc")
        assert view is not None
        assert [node.title for node in view.nodes] == ["Cụm loa thon-1", "Cụm loa thon-2", "Cụm loa thon-3"]

    @pytest.mark.parametrize(("name", "into"), [("thon-1", "thon-1"), ("thon-9", "thon-1"), ("thon-1", "thon-9")])
    def test_that_makes_no_sense_is_refused(self, office: Office, name: str, into: str) -> None:
        with pytest.raises(BadInputError):
            office.merge("zone", name, into)
        assert len(office.titles()) == 3

    def test_in_the_settings_file_leaves_no_zone_to_speak_to(self, office: Office) -> None:
        two = office.file.zones[1].model_copy(update={"former": ("thon-3",)})
        nodes = [node.model_copy(update={"zone": "thon-2"}) for node in office.file.nodes[1:]]
        office.file = office.file.model_copy(
            update={"zones": (office.file.zones[0], two), "nodes": (office.file.nodes[0], *nodes)}
        )
        office.start()
        assert set(office.titles()) == {"thon-1", "thon-2"}


class TestANode:
    def test_that_moves_stands_in_its_new_zone_from_the_next_start_on(self, office: Office) -> None:
        asyncio.run(office.desk.move("thon-3", "thon-1", by=BY))
        assert office.desk.waits_for_start(office.desk.registered())
        office.start()
        assert office.running.nodes_of(("thon-1",)) == ("thon-1", "thon-3")

    def test_whose_device_is_replaced_is_believed_by_the_new_key_at_once(self, office: Office) -> None:
        key = SigningKey.new().public_hex
        asyncio.run(office.desk.replace_device("thon-2", f" {key.upper()} ", by=BY))
        assert [(node.name, node.public_key) for node in office.replaced] == [("thon-2", key)]
        assert not office.desk.waits_for_start(office.desk.registered())
        office.start()
        assert office.running.nodes[1].public_key == key
        assert office.store.node_views()[1].title == "Cụm loa thon-2"

    @pytest.mark.parametrize("key", ["", "x" * 64, NODE_KEYS["thon-1"].public_hex], ids=["none", "no hex", "another's"])
    def test_a_key_that_is_none_or_anothers_is_refused(self, office: Office, key: str) -> None:
        with pytest.raises(BadInputError):
            asyncio.run(office.desk.replace_device("thon-2", key, by=BY))
        assert office.replaced == []


def test_a_store_of_the_version_before_keeps_its_zones_and_can_be_changed(tmp_path: Path) -> None:
    store_of_shape(tmp_path, "0011", ["INSERT INTO zones (name, title) VALUES ('thon-1', 'Thôn 1')"])
    store = Store.open(tmp_path, clock=Clock())
    try:
        store.places.rename("zone", "thon-1", "Thôn Thượng", BY)
        assert [zone.title for zone in store.zones()] == ["Thôn Thượng"]
    finally:
        store.close()
