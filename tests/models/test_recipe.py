"""A minute of the recipe: the loss falls, a stopped training goes on, and the product's runtime loads the result."""

from __future__ import annotations

import csv
import hashlib
import tomllib
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="the recipe needs the extra `train`")
pytest.importorskip("onnxscript", reason="the recipe needs the extra `train`")

import onnxruntime
import torch

from models.recogniser.data import Course, pools_from
from models.recogniser.decode import units_heard, word_errors
from models.recogniser.export import export, trained_network
from models.recogniser.network import STRIDE, Network, Shape
from models.recogniser.scoring import area_under_curve, text_fit
from models.recogniser.text import Text
from models.recogniser.train import Plan, Training, train
from models.recogniser.voices import HELD_BACK_VARIANTS, TRAINED_VARIANTS
from smartradio.listening.features import BANDS
from smartradio.listening.syllables import UNITS, unit_names, units_of

SMALL = Shape(width=48, kernel=3, dilations=(1, 2))
POOLS = 3
LOSS = 4


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A training stopped after its first pool and then brought to its end."""
    folder = tmp_path_factory.mktemp("run")
    plan = Plan(POOLS, shape=SMALL, clips=24, noises=1)
    stopped = Training(plan)
    stopped.pool = 1
    stopped.save(folder / "checkpoint.pt")
    # It was killed two pools later: they are learned again.
    (folder / "curve.csv").write_text("pool,loss\n1,9\n2,8\n3,7\n", encoding="utf-8")
    train(plan, folder)
    return folder


def test_a_stopped_training_goes_on_where_it_was_and_the_loss_falls(run: Path) -> None:
    with (run / "curve.csv").open(encoding="utf-8") as file:
        rows = list(csv.reader(file))[1:]
    assert [int(row[0]) for row in rows] == [1, 2, 3]
    before, after = (float(row[LOSS]) for row in rows[1:])
    assert after < before


def test_a_checkpoint_of_another_plan_is_refused(run: Path) -> None:
    with pytest.raises(ValueError, match="ask for the same"):
        Training(Plan(POOLS + 1, shape=SMALL)).load(run / "checkpoint.pt")


def test_the_runtime_hears_what_the_trained_network_hears(run: Path, tmp_path: Path) -> None:
    network = trained_network(run / "checkpoint.pt", SMALL)
    sha256 = export(network, tmp_path)
    assert hashlib.sha256((tmp_path / "model.onnx").read_bytes()).hexdigest() == sha256
    told = tomllib.loads((tmp_path / "model.toml").read_text(encoding="utf-8"))
    assert (told["sha256"], told["stride"]) == (sha256, STRIDE)
    assert tuple((tmp_path / "units.txt").read_text(encoding="utf-8").split("\n")[:-1]) == unit_names()
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx", providers=["CPUExecutionProvider"])
    for frames in (10, 100, 301):
        heard = np.random.default_rng(frames).standard_normal((1, frames, BANDS), dtype=np.float32)
        answer = session.run(None, {"features": heard})[0]
        assert answer.shape == (1, -(-frames // STRIDE), UNITS)
        with torch.no_grad():
            assert np.abs(answer - network(torch.from_numpy(heard)).numpy()).max() < 0.05


def test_the_same_seed_gives_the_same_clips() -> None:
    # Each in a process of its own: espeak-ng's breath goes on from what it said before.
    course = Course(seed=7, pools=1, clips=4, noises=1)
    one, other = ([batch for _, batches in pools_from(course, 0, 1) for batch in batches] for _ in range(2))
    assert len(one) == len(other) > 0
    for mine, yours in zip(one, other, strict=True):
        assert np.array_equal(mine.features, yours.features)
        assert np.array_equal(mine.targets, yours.targets)


def test_the_evaluation_keeps_its_voices_and_sentences_to_itself() -> None:
    assert not set(HELD_BACK_VARIANTS) & set(TRAINED_VARIANTS)
    stock = Path(__file__).parents[2] / "models" / "recogniser" / "stock"
    held_back = {line for line in (stock / "held_back.txt").read_text(encoding="utf-8").splitlines() if line[:1] != "#"}
    assert not held_back & set((stock / "sentences.txt").read_text(encoding="utf-8").splitlines())


def test_all_that_is_drawn_can_be_written_in_units() -> None:
    text = Text(5)
    random = np.random.default_rng(5)
    for _ in range(200):
        words = [word for word in text.drawn(random) if word != ","]
        assert words
        assert all(units_of(word) for word in words)


def test_errors_are_counted_as_the_fewest_changes() -> None:
    assert word_errors(["a", "b", "c", "d"], ["a", "x", "c"]) == 2
    assert word_errors([], ["a", "b"]) == 2
    assert word_errors(["a", "b"], []) == 2
    assert word_errors(["a", "b", "c"], ["b", "c", "a"]) == 2


def test_the_text_that_was_said_fits_better_than_another() -> None:
    said, other = [3, 40, 180], [3, 41, 180]
    posteriors = np.full((9, UNITS), -8.0, dtype=np.float32)
    for frame, unit in enumerate((0, 3, 3, 0, 40, 40, 0, 180, 0)):
        posteriors[frame, unit] = -0.01
    assert units_heard(posteriors) == said
    assert text_fit(posteriors, said) > text_fit(posteriors, other) + 5
    assert area_under_curve([1.0, 2.0], [0.0, 1.0]) == 0.875


def test_the_network_gives_posteriors() -> None:
    with torch.no_grad():
        out = Network(SMALL)(torch.zeros(2, 31, BANDS))
    assert out.shape == (2, 11, UNITS)
    assert torch.allclose(out.exp().sum(-1), torch.ones(2, 11), atol=1e-4)
