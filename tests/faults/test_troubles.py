"""Troubles of the field that a commune must live through, in real processes."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from contextlib import closing
from datetime import datetime, timedelta

import pytest

from smartradio.domain.evidence import Reason, Step
from smartradio.domain.verdict import VerdictCode
from smartradio.station.store import Store
from tests.faults.field import HANOI, NODES, Field, reached, settled, steps
from tests.faults.relay import Relay

pytestmark = [pytest.mark.faults, pytest.mark.timeout(240)]


def objects(field: Field, node: str) -> int:
    """How many whole recordings' parts a node holds."""
    return len(list((field.commune.node_folder(node) / "audio").glob("*")))


def test_a_clock_an_hour_off_airs_in_time_and_a_full_disk_is_told(commune_in_the_field: Field) -> None:
    field = commune_in_the_field
    field.change_node("thon-1", virtual={"clock_error_s": 3600.0})
    field.change_node("thon-2", disk_floor_mb=1e9)
    field.start_station()
    for node in NODES:
        field.start_node(node)
    view = field.wait("a verdict for every node", settled, 70)
    first, second = view.nodes
    assert first.verdict == VerdictCode.AIRED, field.logs()
    assert first.start_offset_ms is not None
    assert abs(first.start_offset_ms) < 1_000
    assert second.verdict == VerdictCode.UNREACHED, field.logs()
    assert Reason.DISK_FULL in second.reasons
    assert Step.STARTED not in steps(view, "thon-2")


def test_a_link_cut_for_30_s_in_mid_delivery_only_delays(commune_in_the_field: Field) -> None:
    field = commune_in_the_field
    text = " ".join(f"Thôn {number} nhận gạo lúc {number} giờ 30 ngày 12/9." for number in range(1, 11))
    field.write(first_at=datetime.now(HANOI).replace(microsecond=0) + timedelta(seconds=62), text=text)
    relay = Relay(field.port, bytes_a_second=10_000)
    for node in NODES:
        field.change_node(node, link={"port": relay.port})
    try:
        field.start_station()
        for node in NODES:
            field.start_node(node)
        deadline = time.monotonic() + 40
        while not objects(field, "thon-1") and time.monotonic() < deadline:
            time.sleep(0.02)
        relay.cut()
        held = objects(field, "thon-1")
        time.sleep(30)
        view = field.look()
        assert view is not None
        assert 0 < held < len(view[1].recording.segments), "the cut fell into the delivery"
        assert objects(field, "thon-1") == held
        assert not reached(Step.DELIVERED, "thon-1")(view[1])
        relay.mend()
        settled_view = field.wait("a verdict for every node", settled, 150)
        assert [(node.verdict, node.reasons) for node in settled_view.nodes] == [(VerdictCode.AIRED, ())] * 2
        field.verified()
    finally:
        relay.close()


def test_a_broker_frozen_for_20_s_only_delays(commune_in_the_field: Field) -> None:
    field = commune_in_the_field
    field.write(first_at=datetime.now(HANOI).replace(microsecond=0) + timedelta(seconds=40))
    field.start_station()
    field.wait("a plan", lambda view: Step.PLANNED in steps(view, "thon-1"), 30)
    # The nodes come to a broker that takes their connection and then says nothing more.
    broker = field.broker()
    broker.send_signal(signal.SIGSTOP)
    for node in NODES:
        field.start_node(node)
    time.sleep(20)
    broker.send_signal(signal.SIGCONT)
    view = field.wait("a verdict for every node", settled, 90)
    assert [node.verdict for node in view.nodes] == [VerdictCode.AIRED] * 2, field.logs()


def test_a_cloned_card_is_noticed_and_the_airing_goes_on(commune_in_the_field: Field) -> None:
    field = commune_in_the_field
    field.start_station()
    for node in NODES:
        field.start_node(node)
    field.wait("delivery", reached(Step.DELIVERED, "thon-2"), 40)
    original = field.commune.node_folder("thon-1")
    clone = original.with_name("clone")
    clone.mkdir()
    shutil.copy(original / "node.key", clone)
    text = (original / "node.toml").read_text(encoding="utf-8").replace(str(original), str(clone))
    (clone / "node.toml").write_text(text, encoding="utf-8")
    with (clone / "node.log").open("wb") as log:
        twin = subprocess.Popen(
            [sys.executable, "-m", "smartradio", "node", "--config", str(clone / "node.toml")], stdout=log, stderr=log
        )
    try:
        view = field.wait("a verdict for every node", settled, 70)
        assert [node.verdict for node in view.nodes] == [VerdictCode.AIRED] * 2, field.logs()
        with closing(Store.open_read_only(field.folder / "station")) as store:
            told = [entry.evidence.reason for entry in (*store.chain(""), *view.chain)]
        assert Reason.NAME_TAKEN in told, field.logs()
    finally:
        twin.terminate()
        twin.wait(15)
