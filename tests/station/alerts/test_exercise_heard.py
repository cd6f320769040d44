"""An exercise at the pole: its siren in the middle is no speech, and what is missing on either side of it is told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pytest

from smartradio.alerting.saying import BEFORE_SIREN
from smartradio.audio.pole import PoleScene, SimulatedPole, Tap
from smartradio.domain.bulletin import segment_spans
from smartradio.domain.priority import Priority
from smartradio.domain.verdict import VerdictCode, WordState
from smartradio.listening.judge import Judgement, Told, judge
from smartradio.listening.recognisers.choosing import find_recogniser, has_builtin
from smartradio.listening.recognisers.port import Recogniser
from smartradio.listening.verdict import VerdictReason
from smartradio.speech.rendering import assemble
from smartradio.station.reader import Reader
from smartradio.station.scripts import write_script

RATE = 16_000
POLE = PoleScene(echoes=(Tap(0.03, -12.0),), noise_db=-55.0, seed=7)
WORDS = f"{' '.join(BEFORE_SIREN[:2])}\nNước sông đang lên rất nhanh.\nĐây là diễn tập, không phải tình huống thật."


@dataclass(frozen=True)
class Drill:
    """An exercise as it should sound (16 kHz), its sentences and its siren in seconds."""

    sound: npt.NDArray[np.float32]
    told: Told
    siren: tuple[float, float]

    def at_the_pole(self, *silent: tuple[float, float], recogniser: Recogniser | None = None) -> Judgement:
        played = self.sound.copy()
        for start_s, end_s in silent:
            played[round(start_s * RATE) : round(end_s * RATE)] = 0.0
        clip = SimulatedPole(POLE).hear(np.pad(played, (2 * RATE, 3 * RATE)), ())
        return judge(clip, self.sound, self.told.spans, recogniser, told=self.told)


@pytest.fixture(scope="module")
def drill() -> Iterator[Drill]:
    lines = [line for line in write_script("Tập", WORDS, Priority.EMERGENCY).sentences if isinstance(line, tuple)]
    with closing(Reader()) as reader:
        made = reader(lines, "vi", Priority.EMERGENCY, siren="siren_fire", lines_before_siren=1)
    spans = segment_spans([(segment.duration_s, segment.pause_after_s) for segment in made.segments])
    spoken = [(each.spoken, span) for each, span in zip(made.segments, spans, strict=True) if each.kind == "sentence"]
    told = Told([line for line, _ in spoken], [span for _, span in spoken], ["vi"])
    yield Drill(assemble(made.segments), told, spans[2])


def test_all_of_it_is_heard_and_the_siren_is_no_sentence(drill: Drill) -> None:
    judgement = drill.at_the_pole()
    assert judgement.verdict is VerdictCode.AIRED
    assert judgement.match is not None
    assert len(judgement.match.coverage_by_segment) == 4
    assert min(judgement.match.coverage_by_segment) > 0.9


def test_a_siren_without_the_words_before_it_is_told(drill: Drill) -> None:
    judgement = drill.at_the_pole((0.0, drill.siren[0]))
    assert judgement.verdict is VerdictCode.PARTLY_AIRED
    assert VerdictReason.STARTED_LATE in judgement.reasons
    assert judgement.match is not None
    assert [share > 0.5 for share in judgement.match.coverage_by_segment] == [False, False, True, True]


def test_the_words_before_it_and_the_siren_are_not_the_alert(drill: Drill) -> None:
    judgement = drill.at_the_pole((drill.siren[1], len(drill.sound) / RATE))
    assert judgement.verdict is VerdictCode.PARTLY_AIRED
    assert VerdictReason.STOPPED_EARLY in judgement.reasons


@pytest.mark.skipif(not has_builtin(), reason="this copy came without a recogniser")
def test_every_word_on_both_sides_is_heard_and_none_in_the_siren(drill: Drill) -> None:
    recogniser = find_recogniser("builtin")
    assert recogniser is not None
    with closing(recogniser):
        judgement = drill.at_the_pole(recogniser=recogniser)
    assert judgement.verdict is VerdictCode.AIRED
    assert {word.state for sentence in judgement.sentences for word in sentence.words} == {WordState.HEARD}
    start_s, end_s = (2.0 + at_s for at_s in drill.siren)
    assert [word.text for word in judgement.words if start_s + 0.3 < word.start_s < end_s - 0.3] == []
