"""A CTC recogniser of a hundred kilobytes that really hears: each unit is a note, and a clip is a tune.

Its one matrix is fitted to the notes in the features that the product uses, so that a tune goes the whole way of a
clip: features, network, frames, words.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from smartradio.listening import syllables
from smartradio.listening.features import BANDS, MEL_BANDS, features
from tests.onnx_file import FLOAT, model, node, port

RATE = 16_000
STRIDE = 3
FRAME_S = 0.03
NOTE_S = 0.09
REST_S = 0.06
WORDS = ("mời", "bà", "con", "thôn", "ba", "sơ", "tán", "ngay", "bão", "lụt")
_SURE = 24.0
_NOISE = 0.0005

Signal = NDArray[np.float32]


def tune(words: Sequence[str], *, loudness: float = 0.2, before_s: float = 0.3, after_s: float = 0.3) -> Signal:
    """Return a clip that sings the words, each unit as its note; with a very soft noise in it."""
    pieces = [np.zeros(round(before_s * RATE))]
    for word in words:
        for unit in _units(word):
            pieces += [loudness * _note(unit), np.zeros(round(REST_S * RATE))]
        pieces.append(np.zeros(round(REST_S * RATE)))
    pieces.append(np.zeros(round(after_s * RATE)))
    clip = np.concatenate(pieces)
    return (clip + np.random.default_rng(len(clip)).normal(0, _NOISE, clip.size)).astype(np.float32)


def write_ctc_model(
    folder: Path,
    *,
    voices: object = ("vi", "vi+*"),
    output: int = syllables.UNITS,
    step: int = STRIDE,
    normalised: bool = True,
    **described: object,
) -> Path:
    """Write model.onnx, units.txt and model.toml into `folder` as the recipe does; return `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    weights, offset = _fitted()
    constants = {
        "weights": weights[:, :output],
        "offset": offset[:output],
        "first": np.array([0]),
        "last": np.array([2**62]),
        "time": np.array([1]),
        "step": np.array([step]),
    }
    nodes = [
        node("Slice", ["features", "first", "last", "time", "step"], "some"),
        node("MatMul", ["some", "weights"], "weighed"),
        node("Add", ["weighed", "offset"], "scores"),
        node("LogSoftmax", ["scores"], "log_posteriors", axis=2) if normalised
        else node("Add", ["scores", "offset"], "log_posteriors"),
    ]  # fmt: skip
    inputs = [port("features", FLOAT, (1, "time", BANDS))]
    content = model(nodes, constants, inputs, [port("log_posteriors", FLOAT, (1, "frames", output))])
    (folder / "model.onnx").write_bytes(content)
    (folder / "units.txt").write_text("\n".join(syllables.unit_names()) + "\n", encoding="utf-8")
    values = {
        "language": "vi",
        "sha256": hashlib.sha256(content).hexdigest(),
        "frame_s": FRAME_S / STRIDE,
        "stride": STRIDE,
        "calibrated_voices": voices,
    }
    lines = [f"{name} = {json.dumps(value)}" for name, value in (values | described).items()]
    (folder / "model.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


@functools.cache
def _sung_units() -> tuple[int, ...]:
    return tuple(sorted({unit for word in WORDS for unit in _units(word)}))


def _units(word: str) -> tuple[int, ...]:
    units = syllables.units_of(word)
    assert units is not None
    return units


def _note(unit: int) -> NDArray[np.float64]:
    time_s = np.arange(round(NOTE_S * RATE)) / RATE
    # Evenly spaced in mel, some bands apart.
    hz = 700.0 * np.expm1((500.0 + 90.0 * _sung_units().index(unit)) / 1127.0)
    return np.sin(2 * np.pi * hz * time_s) * np.hanning(time_s.size)


@functools.cache
def _fitted() -> tuple[Signal, Signal]:
    """Return the matrix [BANDS, UNITS] and offset [UNITS] that tell the notes apart, by least squares.

    Only the mel bands count: a note has no voice's middle that its pitch could be taken against.
    """
    rng = np.random.default_rng(3)
    rows, wanted = [], []
    for _ in range(40):
        words = list(rng.choice(WORDS, 6))
        frames = features(tune(words, loudness=float(rng.uniform(0.05, 0.4))))
        said = np.zeros(len(frames), dtype=np.int64)
        at_s = 0.3
        for word in words:
            for unit in _units(word):
                middle_s = at_s + NOTE_S / 2
                said[round((middle_s - 0.025) * 100) : round((middle_s + 0.025) * 100)] = unit
                at_s += NOTE_S + REST_S
            at_s += REST_S
        rows.append(frames[:, :MEL_BANDS])
        wanted.append(np.eye(syllables.UNITS)[said])
    x = np.hstack([np.vstack(rows), np.ones((sum(map(len, rows)), 1))])
    y = np.vstack(wanted)
    solved = np.linalg.solve(x.T @ x + 10.0 * np.eye(x.shape[1]), x.T @ y)
    # What is never sung must not be heard.
    solved[-1, y.sum(axis=0) == 0] -= 1.0
    weights = np.zeros((BANDS, syllables.UNITS), dtype=np.float32)
    weights[:MEL_BANDS] = _SURE * solved[:-1]
    return weights, (_SURE * solved[-1]).astype(np.float32)
