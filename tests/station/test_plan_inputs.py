"""What a plan is made of is read from files and settings, and what is wrong in them is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from smartradio.audio.wavfile import write_wav
from smartradio.domain.bulletin import Bulletin, Recording, Segment, SegmentKind
from smartradio.domain.errors import BadInputError
from smartradio.domain.plan_rules import NIGHT, QuietHours, ZoneRules
from smartradio.domain.priority import Priority
from smartradio.domain.programme import Programme
from smartradio.domain.sounding import Sounding
from smartradio.station.commune_rules import USUAL_RULES, rules_of
from smartradio.station.days import vietnam_days
from smartradio.station.plan_inputs import (
    MeasuredSounds,
    nodes_by_zone,
    recorded,
)
from smartradio.station.plan_lengths import scheduled
from smartradio.station.schedule_files import LOCAL
from smartradio.station.schedule_set import read_set
from smartradio.station.settings import StationSettings
from smartradio.station.store import Store

NOW = datetime(2026, 11, 23, 0, 0, tzinfo=LOCAL)
ONE = """\
programmes:
  - name: {name}
    title: Tin
    zones: [thon-1]
    at: 2026-11-23 05:30
    text: Mời bà con.
"""


def settings(**changes: Any) -> StationSettings:
    zones = [{"name": "thon-1", "title": "Thôn 1"}, {"name": "thon-2", "title": "Thôn 2"}]
    usual = {"station": "yen-hoa", "title": "Đài", "folder": "/nowhere", "zones": zones}
    return StationSettings.model_validate(usual | changes)


def load(*files: Path, sounds: MeasuredSounds | None = None) -> list[str]:
    taking = sounds or MeasuredSounds()
    return [each.name for each in read_set(files, now=NOW, days=vietnam_days(), take_sound=taking.take).programmes]


def with_sound(tmp_path: Path) -> Path:
    path = tmp_path / "a.yaml"
    path.write_text(
        ONE.format(name="tin").replace("text: Mời bà con.", "parts: [{sound_file: tin.wav, language: hmn}]"),
        encoding="utf-8",
    )
    return path


def test_sounds_brought_in_are_measured(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).normal(0, 0.1, 3 * 16_000).astype(np.float32)
    write_wav(tmp_path / "tin.wav", noise, 16_000)
    sounds = MeasuredSounds()
    load(with_sound(tmp_path), sounds=sounds)
    assert list(sounds.seconds.values()) == [pytest.approx(3.0, abs=0.01)]


def test_a_sound_that_is_none_is_refused_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "tin.wav").write_bytes(b"<html>not found</html>")
    with pytest.raises(BadInputError, match=r"a\.yaml, line 6: sound_file: tin\.wav: "):
        load(with_sound(tmp_path))


def test_a_station_that_sets_nothing_has_the_usual_rules() -> None:
    assert rules_of(settings()) == USUAL_RULES
    assert USUAL_RULES.of("thon-1") == ZoneRules(NIGHT, None)


def test_rules_of_the_station_and_of_a_zone() -> None:
    zones = [
        {"name": "thon-1", "title": "Thôn 1", "plan": {"quiet_from": "20:00", "quiet_until": "06:30"}},
        {"name": "thon-2", "title": "Thôn 2"},
    ]
    plan = {"quiet_from": "00:00", "quiet_until": "00:00", "airtime_minutes": 30}
    rules = rules_of(settings(zones=zones, plan=plan, resume_within_minutes=5))
    assert rules.of("thon-1") == ZoneRules(QuietHours(time(20), time(6, 30)), None)
    assert rules.of("thon-2") == ZoneRules(None, 1_800.0)
    assert rules.resume_within == timedelta(minutes=5)


def test_quiet_hours_are_those_of_the_wall_clock() -> None:
    with pytest.raises(ValidationError, match="by the commune's wall clock"):
        settings(plan={"quiet_from": "21:00Z"})


class TestRecorded:
    """What the station has made audible is as long as it is."""

    TEXT = "Mời bà con."
    CHIME = Segment("c" * 64, 900, 1.9, 0.6, SegmentKind.CHIME)
    SAID = Segment("d" * 64, 5_000, 4.0, 0.0, SegmentKind.SENTENCE, "mời bà con")

    def programme(self, **changes: Any) -> Programme:
        return replace(
            Programme("tin", "Tin", self.TEXT, ("thon-1",), datetime(2026, 11, 23, 5, 30, tzinfo=LOCAL)), **changes
        )

    @pytest.fixture
    def made(self, tmp_path: Path) -> StationSettings:
        """A station that has made the programme audible twice, the second time with another voice."""
        store = Store.open(tmp_path)
        store.put_bulletin(Bulletin("b1", "Tin", self.TEXT), [])
        for number, segments in enumerate(((self.SAID,), (self.CHIME, self.SAID))):
            recording = Recording(f"{number}" * 64, "b1", f"vi+f{number}", segments)
            store.put_recording(recording, {}, NOW + timedelta(minutes=number))
        store.put_programme(self.programme(), "b1")
        store.close()
        return settings(folder=str(tmp_path))

    def test_its_latest_recording_is_taken(self, made: StationSettings) -> None:
        assert recorded([self.programme(title="Tin mới")], made) == {"tin": Sounding((2.5,), (6.5,), 6.5)}

    @pytest.mark.parametrize("change", [{"text": "Mời bà."}, {"times": 2}, {"priority": Priority.ABOVE}, {"name": "x"}])
    def test_what_is_written_otherwise_now_is_estimated(self, made: StationSettings, change: dict[str, Any]) -> None:
        changed = self.programme(**change)
        assert recorded([changed], made) == {}
        (each,) = scheduled([changed], recorded=recorded([changed], made))
        assert each.sounding.estimated

    def test_so_is_what_was_read_at_another_rate(self, made: StationSettings) -> None:
        assert recorded([self.programme()], made.model_copy(update={"rate_wpm": 120})) == {}

    def test_a_station_that_never_ran_has_made_nothing(self, tmp_path: Path) -> None:
        assert recorded([self.programme()], settings(folder=str(tmp_path / "new"))) == {}
        assert not (tmp_path / "new").exists()


def test_the_nodes_of_a_zone_are_those_of_the_settings() -> None:
    node = {"name": "loa-1", "zone": "thon-1", "title": "Loa", "public_key": "0" * 64, "password": "a" * 16}
    assert nodes_by_zone(settings(nodes=[node])) == {"thon-1": ("loa-1",), "thon-2": ()}
