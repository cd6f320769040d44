"""Figures of a shipped model: `python -m models.recogniser.evaluate FOLDER [--text FILE] [--json OUT]`.

Sentences, seeds, rooms and noises are none of the training's; the runtime is the product's own (onnxruntime, one
thread, no torch). Prints a Markdown table by voice and condition: words wrong as the product reads them, with the
language model beside the weights; then without any language model, as spelled, as sounded (spellings that this voice
speaks alike count as one), and when tones do not count either.
"""

from __future__ import annotations

import argparse
import itertools
import json
import multiprocessing
import os
import re
import time
import tomllib
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from models.recogniser.decode import units_heard, word_errors
from models.recogniser.rooms import KINDS, heard
from models.recogniser.scoring import area_under_curve, text_fit
from models.recogniser.voices import RATE, REGIONS, Manner, Speaker, held_back_manner, resampled
from smartradio.audio.codec import decode_opus
from smartradio.listening.features import features
from smartradio.listening.recognisers.decoding import BeamDecoder, BeamSettings
from smartradio.listening.recognisers.language_model import SyllableModel
from smartradio.listening.recognisers.model_folder import DESCRIPTION, LANGUAGE_MODEL, Decoding
from smartradio.listening.syllables import split_syllable, units_of, words_of
from smartradio.speech.mastering import mastered, prepared
from smartradio.speech.spoken.text import spoken_line

Signal = NDArray[np.float32]

SEED = 7_041_975
OWN_SPEED_WPM = 155
SPEEDS_WPM = (140, 155, 170)
_STOCK = Path(__file__).parent / "stock" / "held_back.txt"
_MOST_WORDS = 40
_SIL_S = 0.4
# What each voice speaks alike, found by asking espeak-ng for the phonemes of every onset and rhyme.
_SAME_ONSETS = {
    "north": ("ch tr", "d gi r", "s x"),
    "central": ("d gi", "s x"),
    "south": ("ch tr", "d gi v", "g r", "s x"),
}
_FINALS = "an:ang ăn:ăng en:eng iên:iêng oan:oang oăn:oăng un:ung uân:uâng uôn:uông ươn:ương ưu:iu ich:âc"
_SAME_RHYMES = {
    "north": "ưu:iu",
    "central": _FINALS + " ân:âng",
    "south": _FINALS + " ân:âng in:âng ên:ơn",
}
CONDITIONS = ("raw", "mastered", "20 dB", "10 dB", "5 dB")


class Model:
    """The shipped network on one thread, and how long it took."""

    def __init__(self, folder: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(folder / "model.onnx", options, ["CPUExecutionProvider"])
        self.busy_s = self.heard_s = 0.0

    def posteriors(self, sound: Signal) -> Signal:
        """Return log posteriors [T', U] of a clip."""
        start = time.perf_counter()
        answer = self._session.run(None, {"features": features(sound)[None]})[0][0]
        self.busy_s += time.perf_counter() - start
        self.heard_s += sound.size / RATE
        return np.asarray(answer, dtype=np.float32)


class Reader:
    """The product's own search for words, with the language model of the folder if it has one."""

    def __init__(self, folder: Path) -> None:
        told = tomllib.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
        self._frame_s = float(told["frame_s"]) * int(told["stride"])
        path = folder / LANGUAGE_MODEL
        self._model = SyllableModel.load(path) if path.is_file() else None
        self._settings = BeamSettings(**Decoding.model_validate(told.get("decoding", {})).model_dump())

    def words(self, posteriors: Signal) -> list[str]:
        """Return the words the product would write down."""
        decoder = BeamDecoder(self._frame_s, self._model, self._settings)
        decoder.hear(posteriors, 0)
        return [word.text for word in decoder.words()]


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


def conditioned(said: Signal, rate: int, condition: str, random: np.random.Generator) -> Signal:
    """Return a sentence as it is heard under one of CONDITIONS, silence before and after."""
    gap = np.zeros(round(_SIL_S * RATE), dtype=np.float32)
    if condition == "raw":
        return np.concatenate((gap, resampled(said, rate), gap))
    made = mastered(prepared(resampled(said, rate), RATE), RATE)
    clean = np.concatenate((gap, decode_opus(made.opus, RATE), gap))
    if condition == "mastered":
        return clean
    return heard(clean, random, KINDS[int(random.integers(len(KINDS)))], float(condition.partition(" ")[0]))


def region_of(voice: str) -> str:
    """Return which region an espeak voice speaks for."""
    return next(region for region, name in REGIONS.items() if voice.partition("+")[0] == name)


def sounding(word: str, region: str) -> tuple[str, str, int] | str:
    """Return a word as its region speaks it: words that sound alike give the same."""
    parts = split_syllable(word)
    if parts is None:
        return word
    onset, rhyme, tone = parts
    for same in _SAME_ONSETS[region]:
        if onset in same.split():
            onset = same
    folds = dict(pair.split(":") for pair in _SAME_RHYMES[region].split())
    return onset, folds.get(rhyme, rhyme), tone


def toneless(word: str, region: str) -> tuple[str, str] | str:
    """Return a word as its region speaks it but for the tone."""
    heard_as = sounding(word, region)
    return heard_as if isinstance(heard_as, str) else heard_as[:2]


def evaluate(folder: Path, sentences: Sequence[Sequence[str]], jobs: int = 1) -> dict[str, object]:
    """Return the figures of every voice and condition, worked out in `jobs` processes."""
    names = (*REGIONS, *(f"{region}, others" for region in REGIONS))
    with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        rows = list(pool.map(_row, itertools.repeat(folder), itertools.repeat(sentences), names))
    table = {name: row for name, (row, _) in zip(names, rows, strict=True)}
    return {"real_time": min(speed for _, speed in rows), "sentences": len(sentences), "table": table}


def _row(folder: Path, sentences: Sequence[Sequence[str]], name: str) -> tuple[dict[str, dict[str, float]], float]:
    model, reader, speaker = Model(folder), Reader(folder), Speaker()
    row = {each: _cell(model, reader, speaker, sentences, name=name, condition=each) for each in CONDITIONS}
    return row, model.busy_s / model.heard_s


def _cell(
    model: Model, reader: Reader, speaker: Speaker, sentences: Sequence[Sequence[str]], *, name: str, condition: str
) -> dict[str, float]:
    region = name.partition(",")[0]
    vocabulary = sorted({word for words in sentences for word in words})
    total = 0
    wrong: dict[str, int] = defaultdict(int)
    true, false = [], []
    for number, words in enumerate(sentences):
        random = np.random.default_rng((SEED, sum(name.encode()), CONDITIONS.index(condition), number))
        manner = _manner(random, name, region)
        sound = conditioned(speaker.say(" ".join(words), manner), speaker.rate, condition, random)
        posteriors = model.posteriors(sound)
        plain = [word for _, _, word in words_of(units_heard(posteriors))]
        total += len(words)
        wrong["read"] += word_errors(words, reader.words(posteriors))
        wrong["spelled"] += word_errors(words, plain)
        for key, form in (("sounded", sounding), ("toneless", toneless)):
            wrong[key] += word_errors([form(word, region) for word in words], [form(word, region) for word in plain])
        true.append(text_fit(posteriors, _units(words)))
        false.append(text_fit(posteriors, _units(_changed(words, vocabulary, region, random))))
    return {key: 100.0 * count / total for key, count in wrong.items()} | {"auc": area_under_curve(true, false)}


def _manner(random: np.random.Generator, name: str, region: str) -> Manner:
    if "others" in name:
        return held_back_manner(random, region)
    return Manner(REGIONS[region], int(random.choice(SPEEDS_WPM)))


def _units(words: Sequence[str]) -> list[int]:
    return [unit for word in words for unit in units_of(word) or ()]


def _changed(words: Sequence[str], vocabulary: Sequence[str], region: str, random: np.random.Generator) -> list[str]:
    """Return the words with two of them changed for others that sound otherwise."""
    changed = list(words)
    for place in random.choice(len(words), min(2, len(words)), replace=False):
        while sounding(changed[place], region) == sounding(words[place], region):
            changed[place] = vocabulary[int(random.integers(len(vocabulary)))]
    return changed


def markdown(figures: dict[str, object]) -> str:
    """Return the table as Markdown: per cent of words wrong as read; spelled / sounded / without tones; AUC."""
    table = figures["table"]
    assert isinstance(table, dict)
    lines = ["| voice | " + " | ".join(CONDITIONS) + " |", "|---" * (len(CONDITIONS) + 1) + "|"]
    for name, row in table.items():
        cells = [
            f"**{cell['read']:.1f}**; {cell['spelled']:.1f} / {cell['sounded']:.1f} / {cell['toneless']:.1f}; "
            f"{cell['auc']:.4f}"
            for cell in row.values()
        ]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--text", type=Path, default=_STOCK)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--most", type=int, default=1_000, help="sentences at most")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args()
    sentences = sentences_of(given.text)[: given.most]
    figures = evaluate(given.folder, sentences, given.jobs)
    print(markdown(figures))
    print(f"real time × {figures['real_time']:.4f} on one thread, {len(sentences)} sentences")
    if given.json:
        given.json.write_text(json.dumps(figures, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
