"""A stream cut into pieces: in our loudness, joined without a click, kept where a crash cannot lose them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from smartradio.audio.codec import decode_opus
from smartradio.audio.loudness import integrated_lufs
from smartradio.domain.airing import Airing
from smartradio.domain.bulletin import Segment, SegmentKind
from smartradio.domain.priority import Priority
from smartradio.domain.relay import Relay
from smartradio.speech.mastering import TARGET_LUFS
from smartradio.station.objects import Objects
from smartradio.station.relay.notebook import Notebook
from smartradio.station.relay.pieces import Cutter, is_silent
from smartradio.station.relay.placed import PIECE_S, Placed
from smartradio.station.relay.recorded import bulletin_of, recording_of
from tests.node.fakes import voice
from tests.station.relay.taps import AT, RATE, sound


def cut(seconds: float, level: float) -> list[bytes]:
    cutter = Cutter()
    # As broadcasters send it: its peaks are taken down already.
    pcm = np.float32(level) * np.tanh(np.float32(6) * voice(seconds))
    return [piece for at in range(0, len(pcm), 2 * RATE) for piece in cutter.cut(pcm[at : at + 2 * RATE])]


@pytest.mark.parametrize("level", [0.1, 0.9])
def test_pieces_have_our_loudness_and_their_length(level: float) -> None:
    decoded = [decode_opus(piece, RATE) for piece in cut(21.0, level)]
    assert {len(piece) for piece in decoded} == {round(PIECE_S * RATE)}
    assert integrated_lufs(np.concatenate(decoded[2:]), RATE) == pytest.approx(TARGET_LUFS, abs=1.5)


def test_dead_air_is_known_by_its_level() -> None:
    assert is_silent(sound(2.0, 1e-4))
    assert not is_silent(sound(2.0, 0.02))


def piece(at_s: float, name: str = "ab") -> Placed:
    return Placed(at_s, Segment(name * 32, 10, PIECE_S, 0.0, SegmentKind.IMPORTED))


def test_what_was_told_is_read_again_after_a_crash_but_for_half_a_line(tmp_path: Path) -> None:
    book = Notebook(tmp_path / "relays")
    assert book.unfinished() == []
    book.add("a1", [piece(0.0)])
    book.add("a1", [piece(2.0)])
    path = next((tmp_path / "relays").iterdir())
    path.write_text(path.read_text() + '{"at_s": 4.0, "sha2')
    assert book.read("a1") == [piece(0.0), piece(2.0)]
    assert book.unfinished() == ["a1"]
    book.done("a1")
    assert (book.read("a1"), book.unfinished()) == ([], [])


def airing() -> Airing:
    relay = Relay("http://vov.example/1", 30)
    return Airing("a1", "b1", "r1", AT, AT, Priority.RELAY, ("thon-1",), ("thon-1",), "tiep-am", relay=relay)


def test_afterwards_there_is_a_recording_with_its_gaps(tmp_path: Path) -> None:
    objects = Objects(tmp_path / "objects")
    bulletin = bulletin_of(airing(), "Tiếp âm VOV1")
    found = recording_of(bulletin, [piece(8.0), piece(2.0), piece(4.0)], objects)
    assert [(each.kind, each.duration_s, each.pause_after_s) for each in found.segments] == [
        (SegmentKind.CHIME, 2.0, 0.0),
        (SegmentKind.IMPORTED, 2.0, 0.0),
        (SegmentKind.IMPORTED, 2.0, 2.0),
        (SegmentKind.IMPORTED, 2.0, 0.0),
    ]
    assert found.duration_s == 10.0
    assert len(found.told_spans()) == 3
    silence = objects.get(found.segments[0].sha256)
    assert silence is not None
    assert not np.abs(decode_opus(silence, RATE)).max() > 1e-3


def test_two_airings_of_one_stream_have_recordings_of_their_own(tmp_path: Path) -> None:
    other = Airing("a2", "b1", "r1", AT, AT, Priority.RELAY, ("thon-1",), ("thon-1",), "tiep-am")
    assert bulletin_of(airing(), "VOV1").id != bulletin_of(other, "VOV1").id
