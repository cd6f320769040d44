"""The weights in the repository are the ones that were measured, and they hear sentences they were not shown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("onnxruntime", reason="the built-in recogniser runs on onnxruntime")

from models.recogniser.alike import sounding
from models.recogniser.evaluate import conditions, sentences_of
from models.recogniser.scoring import text_score, word_errors
from models.recogniser.voices import Manner, Speaker
from smartradio.audio.chime import chime
from smartradio.listening.recognisers.choosing import has_builtin
from smartradio.listening.recognisers.ctc import BUILTIN, CtcRecogniser
from smartradio.listening.recognisers.model_folder import read_model_folder

MODELS = Path(__file__).parents[2] / "models"
LARGEST_BYTES = 10_000_000
SENTENCES = 5

pytestmark = pytest.mark.skipif(not has_builtin(), reason="this copy came without a recogniser")


@pytest.fixture(scope="module")
def recogniser() -> Iterator[CtcRecogniser]:
    with CtcRecogniser() as found:
        yield found


def test_the_model_is_the_one_that_its_description_and_the_page_of_models_tell_of() -> None:
    told = read_model_folder(BUILTIN).description
    assert told.language_model_sha256 is not None
    page = (MODELS / "README.md").read_text(encoding="utf-8")
    assert told.sha256 in page
    assert told.language_model_sha256 in page


def test_the_whole_recogniser_stays_small() -> None:
    assert sum(path.stat().st_size for path in BUILTIN.iterdir()) <= LARGEST_BYTES


@pytest.mark.parametrize(("voice", "region", "most"), [("vi", "north", 0.12), ("vi-vn-x-south", "south", 0.25)])
def test_sentences_it_never_met_are_heard(recogniser: CtcRecogniser, voice: str, region: str, most: float) -> None:
    speaker = Speaker()
    wrong = total = 0
    for words in sentences_of(MODELS / "recogniser" / "stock" / "held_back.txt")[:SENTENCES]:
        said = speaker.say(" ".join(words), Manner(voice))
        on_air = dict(conditions(said, speaker.rate, np.random.default_rng(1)))["mastered"]
        transcript = recogniser.recognise(on_air)
        found = [sounding(word.text, region) for word in transcript.words]
        wrong += word_errors([sounding(word, region) for word in words], found)
        total += len(words)
        assert transcript.posteriors is not None
        changed = [*words[:-2], "hoãn", "họp"]
        score, other = (text_score(transcript.posteriors, each, voice) for each in (words, changed))
        assert score > other
    assert wrong / total <= most


def test_a_chime_and_mere_noise_are_no_words(recogniser: CtcRecogniser) -> None:
    noise = 0.1 * np.random.default_rng(3).standard_normal(4 * 16_000, dtype=np.float32)
    for sound in (noise, np.pad(chime("normal"), 16_000)):
        assert recogniser.recognise(sound).text == ""
