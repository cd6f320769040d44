"""Put trained weights into the folder the product ships: `python -m models.recogniser.export RUN FOLDER`.

Weights are stored in 16 bits and widened when they are loaded: half the size, the same sums. `model.toml` tells the
file's SHA-256, by which the product knows it.
"""

from __future__ import annotations

import argparse
import hashlib
import warnings
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

from models.recogniser.description import kept_language_model, write_description
from models.recogniser.network import STRIDE, Network, Shape
from models.recogniser.voices import REGIONS
from smartradio.listening.features import BANDS, FRAME_S
from smartradio.listening.recognisers.model_folder import MODEL, UNITS, Description
from smartradio.listening.syllables import unit_names

_OPSET = 18
_LARGE = 1_000
_EXAMPLE_FRAMES = 300


def trained_network(checkpoint: Path, shape: Shape | None = None) -> Network:
    """Return the network with the running average of a checkpoint's weights."""
    network = Network(shape)
    network.load_state_dict(torch.load(checkpoint, weights_only=True)["average"])
    network.eval()
    return network


def export(network: Network, folder: Path) -> str:
    """Write `model.onnx`, `units.txt` and `model.toml`; return the model's SHA-256.

    What `model.toml` said of the language model is kept while that lies beside it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / MODEL
    example = torch.zeros(1, _EXAMPLE_FRAMES, BANDS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter's own, about its own future
        torch.onnx.export(
            network, (example,), str(path), input_names=["features"], output_names=["log_posteriors"],
            dynamic_shapes={"features": {1: torch.export.Dim("frames", min=8, max=1_000_000)}},
            opset_version=_OPSET, dynamo=True, external_data=False, verbose=False,
        )  # fmt: skip
    model = onnx.load(path)
    _halve(model)
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString(deterministic=True))
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    (folder / UNITS).write_text("\n".join(unit_names()) + "\n", encoding="utf-8")
    told = {"language": "vi", "sha256": sha256, "frame_s": FRAME_S, "stride": STRIDE}
    voices = {"calibrated_voices": tuple(REGIONS.values())}
    write_description(folder, Description.model_validate(told | voices | kept_language_model(folder)))
    return sha256


def _halve(model: onnx.ModelProto) -> None:
    """Store large weights as 16-bit floats, each widened by a node that the runtime folds away when it loads."""
    casts = []
    for number, held in enumerate(model.graph.initializer):
        if held.data_type != TensorProto.FLOAT or np.prod(held.dims) < _LARGE:
            continue
        name = held.name
        half = numpy_helper.from_array(numpy_helper.to_array(held).astype(np.float16), f"{name}.half")
        model.graph.initializer[number].CopyFrom(half)
        casts.append(helper.make_node("Cast", [f"{name}.half"], [name], f"widen {name}", to=TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    del model.graph.value_info[:]
    for node in model.graph.node:
        del node.metadata_props[:]  # traces of the exporter with this machine's paths
        node.doc_string = ""


def main() -> None:
    """Read the command line and export."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("folder", type=Path)
    given = parser.parse_args()
    print(export(trained_network(given.run / "checkpoint.pt"), given.folder))


if __name__ == "__main__":
    main()
