"""A relay from a real broadcaster's server to two real nodes' microphones, by station and broker as they are."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from smartradio.audio.resample import resample
from smartradio.cli.commune import Commune
from smartradio.config import to_toml
from smartradio.domain.evidence import Evidence, Reason, Step
from smartradio.domain.verdict import VerdictCode
from smartradio.station.views import AiringView
from smartradio.wire.loopback import free_port
from tests.faults.field import HANOI, NODES, Field, reached, settled
from tests.node.fakes import voice
from tests.station.relay.broadcaster import RATE, Broadcaster, encoded, on_air

pytestmark = pytest.mark.faults

STARTS_IN_S = 22
# A quarter of a minute is aired; the broadcaster is on before and after.
MINUTES = 0.3
BROADCAST_S = 60.0


@pytest.fixture(scope="module")
def radio() -> Iterator[Broadcaster]:
    with on_air() as broadcaster:
        yield broadcaster


@pytest.fixture
def field(tmp_path: Path) -> Iterator[Field]:
    one = Field(tmp_path, Commune(tmp_path, NODES), free_port())
    yield one
    one.stop()


def relay(field: Field, url: str) -> None:
    """Plan a relay and start everything."""
    at = datetime.now(HANOI).replace(microsecond=0) + timedelta(seconds=STARTS_IN_S)
    field.write(first_at=at)
    (field.folder / "schedule.yaml").write_text(
        "programmes:\n  - name: vov\n    title: Thời sự VOV\n    approved_by: Nguyễn Thị Lan\n"
        f"    zones: [{', '.join(NODES)}]\n    at: '{at:%Y-%m-%d %H:%M:%S}'\n"
        f"    relay:\n      url: {url}\n      minutes: {MINUTES}\n"
        "      fallback_text: Chương trình tiếp âm bị gián đoạn.\n",
        encoding="utf-8",
    )
    path = field.folder / "station.toml"
    values = tomllib.loads(path.read_text(encoding="utf-8"))
    path.write_text(to_toml(values | {"relay_from_local_network": True}), encoding="utf-8")
    field.start_station()
    for name in NODES:
        field.start_node(name)


def account(view: AiringView) -> Evidence:
    return next(entry.evidence for entry in view.chain if entry.evidence.step is Step.RELAYED)


def offsets_ms(view: AiringView) -> list[float]:
    started = [entry.evidence for entry in view.chain if entry.evidence.step is Step.STARTED]
    return [float(evidence.facts["offset_ms"]) for evidence in started]


def test_a_stream_is_heard_at_all_nodes_in_step(field: Field, radio: Broadcaster) -> None:
    data = encoded(np.float32(0.2) * resample(voice(BROADCAST_S), 16_000, RATE), "mp3")
    relay(field, radio.stream("/vov", lambda: radio.paced(data, seconds=BROADCAST_S), "audio/mpeg"))
    view = field.wait("the verdicts", settled, 110)
    assert account(view).reason is None, account(view).facts
    assert len(offsets_ms(view)) == len(NODES)
    assert max(map(abs, offsets_ms(view))) <= 30
    for node in view.nodes:
        assert node.verdict in (VerdictCode.AIRED, VerdictCode.PARTLY_AIRED), (node.verdict, node.reasons)
        assert node.coverage is not None
        assert node.coverage > 0.8
    assert radio.asked.count("/vov") == 1
    field.verified()


def test_an_address_that_answers_with_a_page_is_told_and_the_recording_is_heard(
    field: Field, radio: Broadcaster
) -> None:
    relay(field, radio.serve("/trang", b"<html>Trang chu</html>", "text/html"))
    view = field.wait("the verdicts", settled, 110)
    assert account(view).reason == Reason.RELAY_UNREACHABLE
    assert "web page" in account(view).facts["detail"]
    for node in view.nodes:
        assert node.verdict == VerdictCode.AIRED, (node.verdict, node.reasons)
    assert reached(Step.FINISHED, NODES[0])(view)
    field.verified()
