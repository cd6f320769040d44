"""A Piper voice of a few hundred bytes: a tone for each phoneme, and noise as real ones draw it.

The ONNX file is written by hand (onnx.proto3: a protocol buffer of nodes and constants), so that the test needs
nothing that the station does not have.
"""

from __future__ import annotations

import json
import math
import unicodedata
from pathlib import Path

import numpy as np
from piper.phoneme_ids import DEFAULT_PHONEME_ID_MAP

RATE = 16_000
PHONEME_S = 0.06
_FLOAT, _INT64 = 1, 7
_ATTRIBUTE_INT, _ATTRIBUTE_TENSOR = 2, 4
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
        _node("Cast", ["input"], "ids", to=_FLOAT),
        _node("Reshape", ["ids", "column"], "id_column"),
        _node("Gather", ["scales", "zero"], "noise_scale"),
        _node("Gather", ["scales", "one"], "length_scale"),
        _node("Mul", ["length_scale", "phoneme"], "phoneme_length"),
        _node("Cast", ["phoneme_length"], "samples", to=_INT64),
        _node("Reshape", ["samples", "flat"], "samples_1d"),
        _node("ConstantOfShape", ["samples_1d"], "ones", value=np.ones(1, np.float32)),
        _node("Mul", ["id_column", "ones"], "stretched"),
        _node("Reshape", ["stretched", "flat"], "pitch"),
        _node("Mul", ["pitch", "spread"], "above"),
        _node("Add", ["above", "base"], "step"),
        _node("CumSum", ["step", "zero"], "phase"),
        _node("Sin", ["phase"], "tone"),
        _node("RandomNormalLike", ["tone"], "random"),
        _node("Mul", ["random", "noise_scale"], "noise"),
        _node("Mul", ["noise", "breath"], "quiet_noise"),
        _node("Add", ["tone", "quiet_noise"], "sum"),
        _node("Mul", ["sum", "loudness"], "sound"),
        _node("Reshape", ["sound", "whole"], "output"),
    ]
    graph = b"".join(_field(1, node) for node in nodes) + _field(2, b"tiny")
    graph += b"".join(_field(5, _tensor(name, value)) for name, value in constants.items())
    inputs = (("input", _INT64, (1, "length")), ("input_lengths", _INT64, (1,)), ("scales", _FLOAT, (3,)))
    graph += b"".join(_field(11, _port(*each)) for each in inputs)
    graph += _field(12, _port("output", _FLOAT, (1, 1, "time")))
    opset = _field(1, b"") + _number(2, 14)
    return _number(1, 8) + _field(7, graph) + _field(8, opset)


def _node(
    kind: str, inputs: list[str], output: str, *, to: int | None = None, value: np.ndarray | None = None
) -> bytes:
    node = b"".join(_field(1, name.encode()) for name in inputs) + _field(2, output.encode()) + _field(4, kind.encode())
    if to is not None:
        node += _field(5, _field(1, b"to") + _number(3, to) + _number(20, _ATTRIBUTE_INT))
    if value is not None:
        node += _field(5, _field(1, b"value") + _field(5, _tensor("", value)) + _number(20, _ATTRIBUTE_TENSOR))
    return node


def _tensor(name: str, value: np.ndarray) -> bytes:
    kind = _FLOAT if value.dtype == np.float32 else _INT64
    head = b"".join(_number(1, size) for size in value.shape) + _number(2, kind)
    return head + _field(8, name.encode()) + _field(9, value.astype("<f4" if kind == _FLOAT else "<i8").tobytes())


def _port(name: str, kind: int, shape: tuple[int | str, ...]) -> bytes:
    sizes = [_number(1, size) if isinstance(size, int) else _field(2, size.encode()) for size in shape]
    tensor = _number(1, kind) + _field(2, b"".join(_field(1, size) for size in sizes))
    return _field(1, name.encode()) + _field(2, _field(1, tensor))


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _number(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value)


def _varint(value: int) -> bytes:
    written = bytearray()
    while value > 0x7F:
        written.append(value & 0x7F | 0x80)
        value >>= 7
    written.append(value)
    return bytes(written)
