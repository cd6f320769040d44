"""How nodes were: heartbeats become five-minute means, those become hours, and old ones go."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from smartradio.station.health_means import FIVE_MINUTES_S, HOUR_S, HealthMean, HealthMeans
from smartradio.station.node_records import NodeEvent, NodeEventKind, NodeOrder, NodeSetting
from smartradio.station.store import Store
from smartradio.wire.messages import Action
from tests.station.commune import NOON
from tests.station.shapes import store_of_shape

NODE = "thon-1"


def told(boot: str = "boot-1", offset_ms: float | None = 1.5, **health: Any) -> dict[str, Any]:
    return {"boot": boot, "clock_offset_ms": offset_ms, "health": health}


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def only(means: list[HealthMean]) -> HealthMean:
    (mean,) = means
    return mean


class TestGathering:
    def test_five_minutes_of_heartbeats_are_one_row_of_means(self) -> None:
        gathered = HealthMeans()
        gathered.take(NODE, told(temperature_c=50.0, disk_free_mb=900, load_1min=0.5), NOON)
        gathered.take(NODE, told(temperature_c=54.0, disk_free_mb=800, undervoltage_now=True), NOON + minutes(2))
        mean = only(gathered.take_closed(NOON + minutes(5)))
        assert (mean.at, mean.beats, mean.temperature_c, mean.disk_free_mb, mean.load) == (NOON, 2, 52.0, 850, 0.5)
        assert mean.undervoltage == 0.5
        assert mean.clock_offset_ms == 1.5

    def test_five_minutes_that_are_not_over_wait(self) -> None:
        gathered = HealthMeans()
        gathered.take(NODE, told(temperature_c=50.0), NOON)
        assert gathered.take_closed(NOON + minutes(4.9)) == []
        assert only(gathered.take_all()).temperature_c == 50.0
        assert gathered.take_all() == []

    def test_a_node_that_tells_nothing_of_itself_has_no_made_up_figures(self) -> None:
        gathered = HealthMeans()
        gathered.take(NODE, told(offset_ms=None), NOON)
        mean = only(gathered.take_all())
        assert (mean.temperature_c, mean.undervoltage, mean.clock_offset_ms, mean.carried_mb) == (None,) * 4

    def test_what_is_carried_is_what_the_counters_grew_by(self) -> None:
        gathered = HealthMeans()
        for received, sent in ((10.0, 1.0), (12.5, 1.1), (12.5, 1.2)):
            gathered.take(NODE, told(link_received_mb=received, link_sent_mb=sent), NOON)
        assert only(gathered.take_all()).carried_mb == pytest.approx(2.7)

    def test_a_counter_goes_on_over_a_start_of_the_station(self) -> None:
        gathered = HealthMeans()
        gathered.know(NODE, told(link_received_mb=10.0, link_sent_mb=1.0, underruns=4))
        gathered.take(NODE, told(link_received_mb=15.0, link_sent_mb=1.0, underruns=6), NOON)
        mean = only(gathered.take_all())
        assert (mean.carried_mb, mean.underruns) == (5.0, 2)

    def test_a_counter_begins_at_nothing_with_the_nodes_next_start(self) -> None:
        gathered = HealthMeans()
        gathered.take(NODE, told(link_received_mb=10.0, link_sent_mb=1.0), NOON)
        gathered.take(NODE, told("boot-2", link_received_mb=11.0, link_sent_mb=0.5), NOON)
        assert only(gathered.take_all()).carried_mb == 11.5

    def test_the_networks_own_count_comes_before_the_links(self) -> None:
        gathered = HealthMeans()
        for total in (500.0, 503.0):
            network: dict[str, Any] = {"net_interface": "ppp0", "net_received_mb": total, "net_sent_mb": 20.0}
            gathered.take(NODE, told(link_received_mb=1.0, link_sent_mb=1.0, **network), NOON)
        assert only(gathered.take_all()).carried_mb == 3.0

    def test_another_interface_brings_its_past_to_no_bill(self) -> None:
        gathered = HealthMeans()
        for name, total in (("ppp0", 500.0), ("wlan0", 90_000.0), ("wlan0", 90_001.0)):
            network: dict[str, Any] = {"net_interface": name, "net_received_mb": total, "net_sent_mb": 0.0}
            gathered.take(NODE, told(**network), NOON)
        assert only(gathered.take_all()).carried_mb == 1.0

    def test_what_a_full_disk_did_not_take_is_in_the_next_row(self) -> None:
        gathered = HealthMeans()
        gathered.take(NODE, told(temperature_c=50.0, undervoltage_now=True), NOON)
        gathered.put_back(gathered.take_all())
        gathered.take(NODE, told(temperature_c=60.0), NOON + minutes(1))
        mean = only(gathered.take_all())
        assert (mean.beats, mean.temperature_c, mean.undervoltage) == (2, 55.0, 0.5)

    def test_what_the_station_sent_stands_beside(self) -> None:
        gathered = HealthMeans()
        gathered.sent({NODE: 2_500_000}, NOON)
        mean = only(gathered.take_all())
        assert (mean.station_sent_mb, mean.beats) == (2.5, 0)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path)
    yield opened
    opened.close()


def mean_of(at: Any, temperature_c: float, **more: Any) -> HealthMean:
    return HealthMean(NODE, at, beats=more.pop("beats", 10), temperature_c=temperature_c, **more)


class TestKeeping:
    def test_rows_come_back_as_they_were_to_a_tenth(self, store: Store) -> None:
        row = mean_of(NOON, 52.34, undervoltage=0.25, clock_offset_ms=-0.42, load=1.24, carried_mb=2.5)
        store.nodes.put_health([row])
        (kept,) = store.nodes.health(NODE, FIVE_MINUTES_S, NOON, NOON + minutes(5))
        assert (kept.temperature_c, kept.undervoltage, kept.clock_offset_ms) == (52.3, 0.25, -0.42)
        assert (kept.load, kept.carried_mb, kept.disk_free_mb) == (1.24, 2.5, None)

    def test_five_minutes_cut_by_a_start_of_the_station_are_one_row(self, store: Store) -> None:
        store.nodes.put_health([mean_of(NOON, 50.0, beats=3, carried_mb=1.0)])
        store.nodes.put_health([mean_of(NOON, 60.0, beats=1, carried_mb=0.5, load=2.0)])
        (kept,) = store.nodes.health(NODE, FIVE_MINUTES_S, NOON, NOON + minutes(5))
        assert (kept.beats, kept.temperature_c, kept.carried_mb, kept.load) == (4, 52.5, 1.5, 2.0)

    def test_an_hour_is_the_mean_of_its_minutes_and_the_sum_of_its_data(self, store: Store) -> None:
        for number, (beats, temperature) in enumerate(((10, 40.0), (30, 60.0))):
            row = mean_of(NOON + minutes(5 * number), temperature, beats=beats, carried_mb=1.5)
            store.nodes.put_health([row])
        (hour,) = store.nodes.health(NODE, HOUR_S, NOON, NOON + minutes(60))
        assert (hour.at, hour.beats, hour.temperature_c, hour.carried_mb) == (NOON, 40, 55.0, 3.0)
        assert store.nodes.carried_mb([NODE, "thon-2"], NOON) == {NODE: (3.0, 0.0)}

    def test_minutes_go_after_a_fortnight_and_hours_after_a_year(self, store: Store) -> None:
        store.nodes.put_health([mean_of(NOON, 50.0)])
        store.nodes.put_health([HealthMean("thon-2", NOON + timedelta(days=14))])
        store.nodes.forget_old_health(NOON + timedelta(days=14, minutes=1))
        always = (NOON - timedelta(days=1), NOON + timedelta(days=800))
        assert store.nodes.health(NODE, FIVE_MINUTES_S, *always) == []
        assert len(store.nodes.health(NODE, HOUR_S, *always)) == 1
        assert len(store.nodes.health("thon-2", FIVE_MINUTES_S, *always)) == 1
        store.nodes.forget_old_health(NOON + timedelta(days=367))
        assert store.nodes.health(NODE, HOUR_S, *always) == []

    def test_of_a_node_that_starts_again_and_again_the_newest_starts_are_kept(self, store: Store) -> None:
        for number in range(205):
            store.nodes.put_event(NodeEvent(NODE, NOON + minutes(number), NodeEventKind.STARTED, f"boot-{number}"))
        events = store.nodes.events(NODE, 1_000)
        assert (len(events), events[0].value, events[-1].value) == (200, "boot-204", "boot-5")

    def test_what_is_set_stays_set(self, store: Store) -> None:
        store.nodes.put_setting(NODE, NodeSetting(volume_db=-6.0))
        store.nodes.put_setting(NODE, NodeSetting(volume_db=-6.0, lat=20.1, lon=106.0))
        assert store.nodes.settings() == {NODE: NodeSetting(-6.0, 20.1, 106.0)}

    def test_an_order_is_open_until_it_is_answered_or_too_late(self, store: Store) -> None:
        order = NodeOrder("o1", NODE, Action.CLIP, "Lan", NOON, NOON + minutes(1))
        store.nodes.put_order(order)
        assert store.nodes.open_orders(NOON) == [order]
        assert store.nodes.open_orders(NOON + minutes(1)) == []
        answered = NodeOrder(
            "o1", NODE, Action.CLIP, "Lan", NOON, NOON + minutes(1), "measured", None, NOON, {"coverage": 0.9}
        )
        store.nodes.answer_order(answered)
        assert store.nodes.open_orders(NOON) == []
        assert store.nodes.order("o1") == answered
        store.nodes.put_order_clip("o1", "a" * 64)
        assert [each.clip for each in store.nodes.order_clips_before(NOON + minutes(1))] == ["a" * 64]
        store.nodes.put_order_clip("o1", None)
        assert store.nodes.order_clips_before(NOON + minutes(1)) == []
        assert store.nodes.orders(NODE) == [answered]


def test_a_store_of_the_version_before_begins_to_keep_the_health_of_its_nodes(tmp_path: Path) -> None:
    state = """{"boot":"boot-1","health":{"underruns":3}}"""
    store_of_shape(tmp_path, "0010", [f"INSERT INTO node_states VALUES ('thon-1', 1, NULL, '{state}')"])
    store = Store.open(tmp_path)
    try:
        assert store.nodes.last_told()[NODE]["boot"] == "boot-1"
        store.nodes.put_health([mean_of(NOON, 50.0)])
        assert len(store.nodes.health(NODE, HOUR_S, NOON, NOON + minutes(1))) == 1
    finally:
        store.close()
