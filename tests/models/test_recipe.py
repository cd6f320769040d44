"""A minute of the recipe: the loss falls, a stopped training goes on, and the product's runtime loads the result."""

from __future__ import annotations

import csv
import hashlib
import re
import tomllib
import unicodedata
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="the recipe needs the extra `train`")
pytest.importorskip("onnxscript", reason="the recipe needs the extra `train`")

import onnxruntime
import torch

from models.recogniser import language_model
from models.recogniser.data import Course, pools_from
from models.recogniser.export import export, trained_network
from models.recogniser.network import STRIDE, Network, Shape
from models.recogniser.text import Text, plausible_syllables
from models.recogniser.train import ForeignCheckpointError, Plan, Training, main, train
from models.recogniser.voices import HELD_BACK_VARIANTS, TRAINED_VARIANTS
from smartradio.listening.features import BANDS
from smartradio.listening.recognisers.model_folder import Decoding, read_model_folder
from smartradio.listening.syllables import UNITS, unit_names, units_of

TOP = Path(__file__).parents[2]
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
    for other, told in (
        (Plan(POOLS + 1, shape=SMALL, clips=24, noises=1), "pools 3"),
        (Plan(POOLS, shape=SMALL, clips=24, noises=2), "noises 1"),
        (Plan(POOLS, shape=Shape(48, 3, (1, 4)), clips=24, noises=1), r"dilations \(1, 2\)"),
    ):
        with pytest.raises(ForeignCheckpointError, match=f"of a training with {told}; ask for the same"):
            Training(other).load(run / "checkpoint.pt")


def test_the_command_says_in_one_line_that_a_checkpoint_is_anothers(
    run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["train", str(run), "--pools", "2"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_checkpoint_that_tells_of_pools_and_seed_alone_is_gone_on_with(run: Path, tmp_path: Path) -> None:
    plan = Plan(POOLS, shape=SMALL, clips=24, noises=1)
    held = torch.load(run / "checkpoint.pt", weights_only=True)
    torch.save(held | {"plan": (plan.pools, plan.seed)}, tmp_path / "checkpoint.pt")
    training = Training(plan)
    training.load(tmp_path / "checkpoint.pt")
    assert training.pool == POOLS


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
        assert np.array_equal(mine.targets, yours.targets)
        assert np.array_equal(mine.frames, yours.frames)
        away = np.abs(mine.features.astype(np.float32) - yours.features.astype(np.float32))
        # Some of espeak-ng's variants breathe by a chance that no seed reaches: a little, and they alone.
        assert away.mean() < 0.25
        assert np.mean(away.max(axis=(1, 2)) == 0.0) >= 0.5


def test_the_evaluation_keeps_its_voices_and_sentences_to_itself() -> None:
    assert not set(HELD_BACK_VARIANTS) & set(TRAINED_VARIANTS)
    stock, schedules = TOP / "models" / "recogniser" / "stock", TOP / "schedules"
    seen = [stock / f"{name}.txt" for name in ("sentences", "phrases", "tuning")] + sorted(schedules.glob("*.yaml"))
    held_back = rows_of_six(stock / "held_back.txt")
    assert len(held_back) > 1_000
    assert len(seen) >= 5
    for path in seen:
        assert not held_back & rows_of_six(path), path.name


def rows_of_six(path: Path) -> set[tuple[str, ...]]:
    """Rows of six words as they are written: a time of day alone, read out, would make as many."""
    rows = set()
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            words = re.findall(r"\w+", unicodedata.normalize("NFC", line).lower())
            rows |= {tuple(words[at : at + 6]) for at in range(len(words) - 5)}
    return rows


def test_the_syllables_stand_in_the_order_that_the_seeds_were_drawn_with() -> None:
    syllables = plausible_syllables()
    assert len(syllables) == 14_970
    digest = hashlib.sha256("\n".join(syllables).encode()).hexdigest()
    assert digest == "dbb45bc842db32a75f6b0fd900400a9fc471866bb392efe830d6cfaad3652ed3"


def test_all_that_is_drawn_can_be_written_in_units() -> None:
    text = Text(5)
    random = np.random.default_rng(5)
    for _ in range(200):
        words = [word for word in text.drawn(random) if word != ","]
        assert words
        assert all(units_of(word) for word in words)


def test_an_export_keeps_what_is_told_of_the_language_model_while_it_is_there(tmp_path: Path) -> None:
    network = Network(SMALL)
    network.eval()
    export(network, tmp_path)
    assert "decoding" not in tomllib.loads((tmp_path / "model.toml").read_text(encoding="utf-8"))
    language_model.write(tmp_path)
    before = read_model_folder(tmp_path)
    export(network, tmp_path)
    assert read_model_folder(tmp_path) == before
    (tmp_path / "language_model.npz").unlink()
    export(network, tmp_path)
    after = read_model_folder(tmp_path).description
    assert after.language_model_sha256 is None
    assert after.decoding == Decoding()


def test_the_network_gives_posteriors() -> None:
    with torch.no_grad():
        out = Network(SMALL)(torch.zeros(2, 31, BANDS))
    assert out.shape == (2, 11, UNITS)
    assert torch.allclose(out.exp().sum(-1), torch.ones(2, 11), atol=1e-4)
