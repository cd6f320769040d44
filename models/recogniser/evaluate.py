"""Figures of a shipped model: `python -m models.recogniser.evaluate FOLDER [--text FILE] [--most N] [--json OUT]`.

Sentences, voices' manners, seeds and rooms are none of the training's; wind and traffic come from the same generator
with other seeds. What listens is the product's own recogniser, child, stretches, 16-bit posteriors and all. Prints a
Markdown table by voice and condition: words wrong as the product reads them, with the language model beside the
weights; then from its posteriors alone, as spelled, as sounded (spellings that this voice speaks alike count as one),
and when tones do not count either; then how well a known text is told from the same with two words changed.
"""

from __future__ import annotations

import argparse
import itertools
import multiprocessing
import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.recogniser.alike import sounding, toneless
from models.recogniser.cost import cost_of
from models.recogniser.decode import units_heard, words_of
from models.recogniser.figures import Cell, Figures, cost_line, markdown
from models.recogniser.rooms import KINDS, heard
from models.recogniser.scoring import TextScore, area_under_curve, text_score, word_errors
from models.recogniser.voices import RATE, REGIONS, Manner, Speaker, held_back_manner, resampled
from smartradio.audio.codec import decode_opus
from smartradio.listening.recognisers.ctc import CtcRecogniser
from smartradio.listening.recognisers.model_folder import read_model_folder
from smartradio.listening.recognisers.port import Transcript
from smartradio.listening.syllables import units_of
from smartradio.speech.mastering import mastered, prepared
from smartradio.speech.spoken.text import spoken_line

Signal = NDArray[np.float32]

SEED = 7_041_975
SPEEDS_WPM = (140, 155, 170)
CONDITIONS = ("raw", "mastered", "20 dB", "10 dB")
VOICES = (*REGIONS, *(f"{region}, others" for region in REGIONS))
_STOCK = Path(__file__).parent / "stock" / "held_back.txt"
_MOST_WORDS = 40
SILENCE_S = 0.4
"""What is put before and after a sentence."""
_COST_CLIPS = 12


@dataclass(slots=True)
class _Tally:
    """What was heard so far of one voice under one condition."""

    region: str
    words: int = 0
    wrong: Counter[str] = field(default_factory=Counter)
    true: list[TextScore] = field(default_factory=list)
    false: list[TextScore] = field(default_factory=list)

    def note(self, words: Sequence[str], changed: Sequence[str], transcript: Transcript) -> None:
        """Count what was heard of `words`, and hold it against them and against a changed text."""
        posteriors = transcript.posteriors
        if posteriors is None:
            raise ValueError(f"nothing but silence was heard of {' '.join(words)!r}")
        plain = words_of(units_heard(posteriors.log_posteriors))
        self.words += len(words)
        self.wrong["read"] += word_errors(words, [word.text for word in transcript.words])
        self.wrong["spelled"] += word_errors(words, plain)
        for key, form in (("sounded", sounding), ("toneless", toneless)):
            said, found = ([form(word, self.region) for word in each] for each in (words, plain))
            self.wrong[key] += word_errors(said, found)
        self.true.append(text_score(posteriors, words, REGIONS[self.region]))
        self.false.append(text_score(posteriors, changed, REGIONS[self.region]))

    def cell(self) -> Cell:
        """Return the figures."""
        share = {key: 100.0 * count / self.words for key, count in self.wrong.items()}
        return Cell(**share, auc=area_under_curve(self.true, self.false))


def sentences_of(path: Path) -> list[list[str]]:
    """Return the spoken words of each usable line of a file, comments left out."""
    out = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        words = re.findall(r"[^\W\d_]+", spoken_line(line).spoken.lower())
        if 3 <= len(words) <= _MOST_WORDS and all(units_of(word) for word in words):
            out.append(words)
    return out


def conditions(said: Signal, rate: int, random: np.random.Generator) -> Iterator[tuple[str, Signal]]:
    """Yield each of CONDITIONS with a sentence as it is heard under it, at RATE, silence before and after."""
    clear = resampled(said, rate)
    sounds = {"raw": _in_silence(clear), "mastered": on_air(clear)}
    for condition in CONDITIONS:
        sound = sounds.get(condition)
        yield condition, in_noise(sounds["mastered"], condition, random) if sound is None else sound


def on_air(clear: Signal) -> Signal:
    """Return a sentence [n] at RATE as a node plays it, mastered and through Opus, silence before and after."""
    return _in_silence(decode_opus(mastered(prepared(clear, RATE), RATE).opus, RATE))


def in_noise(played: Signal, condition: str, random: np.random.Generator) -> Signal:
    """Return it as it is heard across a square, so far above some noise as `condition` says ("20 dB")."""
    kind = KINDS[int(random.integers(len(KINDS)))]
    return heard(played, random, kind, float(condition.partition(" ")[0]))


def _in_silence(sound: Signal) -> Signal:
    return np.pad(sound, round(SILENCE_S * RATE))


def evaluate(folder: Path, sentences: Sequence[Sequence[str]], jobs: int = 1) -> Figures:
    """Return the figures of every voice and condition, worked out in `jobs` processes; then what listening costs.

    Raises RecogniserError for a folder that the product would refuse.
    """
    told = read_model_folder(folder).description
    with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        rows = list(pool.map(_row, itertools.repeat(folder), itertools.repeat(sentences), VOICES))
    return Figures(
        sha256=told.sha256,
        language_model_sha256=told.language_model_sha256,
        folder_bytes=sum(path.stat().st_size for path in folder.iterdir()),
        sentences=len(sentences),
        words=sum(len(words) for words in sentences),
        table=dict(zip(VOICES, rows, strict=True)),
        cost=cost_of(folder, _clips(sentences[:_COST_CLIPS])),
    )


def _row(folder: Path, sentences: Sequence[Sequence[str]], voice: str) -> dict[str, Cell]:
    region = voice.partition(",")[0]
    vocabulary = sorted({word for words in sentences for word in words})
    tallies = {condition: _Tally(region) for condition in CONDITIONS}
    speaker = Speaker()
    with CtcRecogniser(folder) as recogniser:
        for number, words in enumerate(sentences):
            random = np.random.default_rng((SEED, VOICES.index(voice), number))
            said = speaker.say(" ".join(words), _manner(random, voice, region))
            changed = _changed(words, vocabulary, region, random)
            for condition, sound in conditions(said, speaker.rate, random):
                tallies[condition].note(words, changed, recogniser.recognise(sound))
    return {condition: tally.cell() for condition, tally in tallies.items()}


def _clips(sentences: Sequence[Sequence[str]]) -> list[Signal]:
    """Return sentences as the product's own voice has them on the air."""
    speaker, random = Speaker(), np.random.default_rng(SEED)
    said = (speaker.say(" ".join(words), Manner(REGIONS["north"])) for words in sentences)
    return [dict(conditions(each, speaker.rate, random))["mastered"] for each in said]


def _manner(random: np.random.Generator, voice: str, region: str) -> Manner:
    if "others" in voice:
        return held_back_manner(random, region)
    return Manner(REGIONS[region], int(random.choice(SPEEDS_WPM)))


def _changed(words: Sequence[str], vocabulary: Sequence[str], region: str, random: np.random.Generator) -> list[str]:
    """Return the words with two of them changed for others that sound otherwise."""
    changed = list(words)
    for place in random.choice(len(words), min(2, len(words)), replace=False):
        while sounding(changed[place], region) == sounding(words[place], region):
            changed[place] = vocabulary[int(random.integers(len(vocabulary)))]
    return changed


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--text", type=Path, default=_STOCK)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--most", type=int, default=1_000, help="sentences at most")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes, each with its own recogniser")
    given = parser.parse_args()
    figures = evaluate(given.folder, sentences_of(given.text)[: given.most], given.jobs)
    if given.json:
        given.json.write_text(figures.to_json(), encoding="utf-8")
    print(markdown(figures))
    print(cost_line(figures))


if __name__ == "__main__":
    main()
