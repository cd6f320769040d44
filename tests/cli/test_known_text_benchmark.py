"""The benchmarks as scripts, and the clips that known texts are held against."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from smartradio.domain.verdict import WordState
from smartradio.listening.known_words import judged_sentences
from smartradio.listening.recognisers.ctc import BUILTIN, CtcRecogniser

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted(path.stem for path in (ROOT / "benchmarks").glob("[!_]*.py"))
sys.path.insert(0, str(ROOT / "benchmarks"))


def test_every_benchmark_finds_what_it_measures():
    # All in one process: most of the time goes into loading numpy and scipy.
    paths = os.pathsep.join([str(ROOT / "benchmarks"), str(ROOT)])
    done = subprocess.run(
        [sys.executable, "-c", f"import {', '.join(SCRIPTS)}"],
        env=os.environ | {"PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def clip():
    from _known_clips import alert_lines, clips

    lines = alert_lines(np.random.default_rng(3), 3)
    with CtcRecogniser(BUILTIN) as recogniser:
        (heard,) = clips(recogniser, lines, "mastered", 3)
    return heard


def test_what_was_said_in_a_clip_is_heard_where_it_was_said(clip):
    told = [" ".join(line.words) for line in clip.lines]
    judged = judged_sentences(clip.posteriors, told, spans=clip.spans, voice="vi")
    assert [sentence.state for sentence in judged] == [WordState.HEARD] * 3
    for sentence, (start_s, end_s) in zip(judged, clip.spans, strict=True):
        assert start_s - 0.3 < sentence.words[0].start_s < sentence.words[-1].end_s < end_s + 0.3


def test_an_alert_with_another_number_is_not_heard(clip):
    from _known_clips import number_changed

    claim = number_changed(clip, np.random.default_rng(1))
    judged = judged_sentences(clip.posteriors, claim.texts, spans=clip.spans, voice="vi")
    assert judged[claim.line].state is not WordState.HEARD
