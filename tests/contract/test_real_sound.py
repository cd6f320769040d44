"""The whole way over a real sound card's path: nodes play and hear through PortAudio on a null sink."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from smartradio.domain.evidence import Step
from smartradio.domain.verdict import VerdictCode
from tests.faults.field import NODES, Field, new_field, settled, steps
from tests.node.null_sink import NullSink

pytestmark = [pytest.mark.contract, pytest.mark.timeout(120)]


@pytest.fixture
def field(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Field]:
    missing = NullSink.missing()
    if missing:
        pytest.skip(missing)
    sink = NullSink(tmp_path / "sink")
    sink.start()
    for name in ("HOME", "XDG_RUNTIME_DIR", "PULSE_RUNTIME_PATH"):
        monkeypatch.setenv(name, sink.environment[name])
    field = new_field(tmp_path, starts_in_s=11)
    try:
        yield field
    finally:
        field.stop()
        sink.stop()


def test_nodes_with_sound_cards_play_and_hear_a_bulletin_and_it_is_judged(field: Field) -> None:
    for node, output in zip(NODES, ("left", "right"), strict=True):
        field.change_node(node, sound="portaudio", output=output, microphone="mic")
    field.start_station()
    for node in NODES:
        field.start_node(node)
    view = field.wait("a verdict for every node", settled, 70)
    for node in view.nodes:
        assert node.verdict == VerdictCode.AIRED, (node, field.logs())
        assert node.start_offset_ms is not None
        assert abs(node.start_offset_ms) < 100
        assert node.clip is not None
        assert [step for step in steps(view, node.node) if step in (Step.STARTED, Step.FINISHED)] == [
            Step.STARTED,
            Step.FINISHED,
        ]
    print([(node.start_offset_ms, node.coverage, node.snr_db) for node in view.nodes])
