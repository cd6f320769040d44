"""ONNX files written by hand, so that the tests need nothing that the station does not have.

A file is a protocol buffer of nodes and constants (onnx.proto3).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

FLOAT, INT64 = 1, 7
_ATTRIBUTE_INT, _ATTRIBUTE_TENSOR = 2, 4
_OPSET = 14
_IR_VERSION = 8


def model(
    nodes: Sequence[bytes], constants: Mapping[str, np.ndarray], inputs: Sequence[bytes], outputs: Sequence[bytes]
) -> bytes:
    """Return a whole file; constants are float32 or whole numbers."""
    graph = b"".join(_field(1, each) for each in nodes) + _field(2, b"tiny")
    graph += b"".join(_field(5, _tensor(name, value)) for name, value in constants.items())
    graph += b"".join(_field(11, each) for each in inputs) + b"".join(_field(12, each) for each in outputs)
    opset = _field(1, b"") + _number(2, _OPSET)
    return _number(1, _IR_VERSION) + _field(7, graph) + _field(8, opset)


def node(kind: str, inputs: Sequence[str], output: str, *, value: np.ndarray | None = None, **numbers: int) -> bytes:
    """Return one step; `value` and `numbers` are its attributes."""
    made = b"".join(_field(1, name.encode()) for name in inputs) + _field(2, output.encode()) + _field(4, kind.encode())
    for name, number in numbers.items():
        made += _field(5, _field(1, name.encode()) + _number(3, number) + _number(20, _ATTRIBUTE_INT))
    if value is not None:
        made += _field(5, _field(1, b"value") + _field(5, _tensor("", value)) + _number(20, _ATTRIBUTE_TENSOR))
    return made


def port(name: str, kind: int, shape: tuple[int | str, ...]) -> bytes:
    """Return an input or output; a name in its shape is a size that is known when it runs."""
    sizes = [_number(1, size) if isinstance(size, int) else _field(2, size.encode()) for size in shape]
    tensor = _number(1, kind) + _field(2, b"".join(_field(1, size) for size in sizes))
    return _field(1, name.encode()) + _field(2, _field(1, tensor))


def _tensor(name: str, value: np.ndarray) -> bytes:
    kind = FLOAT if value.dtype == np.float32 else INT64
    head = b"".join(_number(1, size) for size in value.shape) + _number(2, kind)
    return head + _field(8, name.encode()) + _field(9, value.astype("<f4" if kind == FLOAT else "<i8").tobytes())


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _number(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value)


def _varint(value: int) -> bytes:
    written = bytearray()
    value &= (1 << 64) - 1
    while value > 0x7F:
        written.append(value & 0x7F | 0x80)
        value >>= 7
    written.append(value)
    return bytes(written)
