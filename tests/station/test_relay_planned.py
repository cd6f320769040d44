"""A relay in the words of the trade: its time is known, wherever it is left it is joined at the next ten seconds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from smartradio.domain.airing import Airing
from smartradio.domain.bulletin import Recording, Segment, SegmentKind
from smartradio.domain.errors import BadInputError
from smartradio.domain.priority import Priority
from smartradio.domain.programme import Programme
from smartradio.domain.relay import Relay
from smartradio.domain.sounding import Sounding
from smartradio.domain.terms import Terms
from smartradio.station.planner import ReadyProgramme, airing_at, ends_at, planned

AT = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
RELAY = Relay("https://vov.example/1.m3u8", 30.0, "Mất sóng.")


def airing_of(ready: ReadyProgramme) -> Airing:
    return airing_at(ready, AT, Terms(AT + timedelta(seconds=60), None, None), ("thon-1",), lambda zones: zones)


def test_it_sounds_a_buffer_behind_its_instant() -> None:
    assert (RELAY.length_s, RELAY.behind_s, RELAY.over_after_s) == (1_800.0, 10.0, 1_810.0)
    assert Relay(RELAY.url, 1, buffer_s=20.0).over_after_s == 80.0


@pytest.mark.parametrize("buffer_s", [0.0, 1.9, 61.0])
def test_a_buffer_has_its_bounds(buffer_s: float) -> None:
    with pytest.raises(BadInputError, match="2 to 60 seconds"):
        Relay(RELAY.url, 1, buffer_s=buffer_s)


def test_its_length_is_fixed_and_may_be_left_every_ten_seconds() -> None:
    found = Sounding.fixed(65.0)
    assert (found.duration_s, found.sentences, found.estimated) == (65.0, 7, False)
    assert (found.starts_s[-1], found.ends_s[-1]) == (60.0, 65.0)
    assert found.heard_by(29.0) == 2


def test_the_wire_tells_its_length_and_the_nodes_may_join_it_almost_to_its_end() -> None:
    programme = Programme("vov", "VOV", "Mất sóng.", ("thon-1",), AT, priority=Priority.RELAY, relay=RELAY)
    segment = Segment("ab" * 32, 10, 3.0, 0.0, SegmentKind.SENTENCE)
    ready = ReadyProgramme(programme, "b1", Recording("cd" * 32, "b1", "vi", (segment,)))
    airing = airing_of(ready)
    found = planned(airing, ready.recording)
    assert found.starts_at == AT + timedelta(seconds=10)
    assert found.live is not None
    assert (found.live.length_s, found.live.fallback) == (1_800.0, True)
    assert ends_at(airing, ready.recording) == AT + timedelta(seconds=1_810)
    assert found.expires_at == AT + timedelta(seconds=1_780)


def test_another_stream_is_another_airing() -> None:
    programme = Programme("vov", "VOV", "Mất sóng.", ("thon-1",), AT, relay=RELAY)
    segment = Segment("ab" * 32, 10, 3.0, 0.0, SegmentKind.SENTENCE)
    recording = Recording("cd" * 32, "b1", "vi", (segment,))
    names = {
        airing_of(ReadyProgramme(each, "b1", recording)).id
        for each in (
            programme,
            Programme("vov", "VOV", "Mất sóng.", ("thon-1",), AT, relay=Relay("https://vov.example/2", 30.0)),
            Programme("vov", "VOV", "Mất sóng.", ("thon-1",), AT),
        )
    }
    assert len(names) == 3
