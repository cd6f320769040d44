"""A Piper voice of a few hundred bytes: a tone for each phoneme, and noise as real ones draw it."""

from __future__ import annotations

import json
import math
import unicodedata
from pathlib import Path

import numpy as np
from piper.phoneme_ids import DEFAULT_PHONEME_ID_MAP

from tests.onnx_file import FLOAT, INT64, model, node, port

RATE = 16_000
PHONEME_S = 0.06
# What older Vietnamese voices know is less than what today's espeak says; a tiny voice knows it all.
VIETNAMESE_LETTERS = (
    "aăâbcdđeêghiklmnoôơpqrstuưvxyAĂÂBCDĐEÊGHIKLMNOÔƠPQRSTUƯVXY ,.\u0300\u0301\u0303\u0309\u0323\u0306\u0302\u031b"
)


def write_piper_voice(
    folder: Path,
    *,
    loudness: float = 0.3,
    quality: str = "medium",
    language: str = "vi",
    phoneme_type: str = "espeak",
    length_scale: float = 1.0,
) -> Path:
    """Write NAME.onnx and NAME.onnx.json into `folder`, as Piper's own voices have them; return `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    onnx = folder / f"{folder.name}.onnx"
    onnx.write_bytes(_model(loudness))
    if phoneme_type == "text":
        letters = sorted(set(unicodedata.normalize("NFD", VIETNAMESE_LETTERS)))
        ids = {mark: [at] for at, mark in enumerate(["_", "^", "$", *letters])}
    else:
        ids = DEFAULT_PHONEME_ID_MAP
    settings = {
        "audio": {"sample_rate": RATE, "quality": quality},
        "espeak": {"voice": language},
        "language": {"code": f"{language}_XX", "family": language},
        "phoneme_type": phoneme_type,
        "phoneme_id_map": ids,
        "num_symbols": 256,
        "num_speakers": 1,
        "inference": {"noise_scale": 0.667, "length_scale": length_scale, "noise_w": 0.8},
    }
    onnx.with_name(f"{onnx.name}.json").write_text(json.dumps(settings), encoding="utf-8")
    return folder


def _model(loudness: float) -> bytes:
    constants = {
        "zero": np.array(0), "one": np.array(1), "flat": np.array([-1]), "column": np.array([-1, 1]),
        "whole": np.array([1, 1, -1]), "phoneme": np.array(PHONEME_S * RATE, np.float32),
        "spread": np.array(2 * math.pi * 10 / RATE, np.float32), "base": np.array(2 * math.pi * 100 / RATE, np.float32),
        "loudness": np.array(loudness, np.float32), "breath": np.array(0.05, np.float32),
    }  # fmt: skip
    nodes = [
        node("Cast", ["input"], "ids", to=FLOAT),
        node("Reshape", ["ids", "column"], "id_column"),
        node("Gather", ["scales", "zero"], "noise_scale"),
        node("Gather", ["scales", "one"], "length_scale"),
        node("Mul", ["length_scale", "phoneme"], "phoneme_length"),
        node("Cast", ["phoneme_length"], "samples", to=INT64),
        node("Reshape", ["samples", "flat"], "samples_1d"),
        node("ConstantOfShape", ["samples_1d"], "ones", value=np.ones(1, np.float32)),
        node("Mul", ["id_column", "ones"], "stretched"),
        node("Reshape", ["stretched", "flat"], "pitch"),
        node("Mul", ["pitch", "spread"], "above"),
        node("Add", ["above", "base"], "step"),
        node("CumSum", ["step", "zero"], "phase"),
        node("Sin", ["phase"], "tone"),
        node("RandomNormalLike", ["tone"], "random"),
        node("Mul", ["random", "noise_scale"], "noise"),
        node("Mul", ["noise", "breath"], "quiet_noise"),
        node("Add", ["tone", "quiet_noise"], "sum"),
        node("Mul", ["sum", "loudness"], "sound"),
        node("Reshape", ["sound", "whole"], "output"),
    ]
    inputs = [port("input", INT64, (1, "length")), port("input_lengths", INT64, (1,)), port("scales", FLOAT, (3,))]
    return model(nodes, constants, inputs, [port("output", FLOAT, (1, 1, "time"))])
