"""Train the recogniser: `python -m models.recogniser.train RUN` from the top of the repository.

RUN is a folder for checkpoints and the learning curve; the same command goes on where it was stopped. Needs the
extras `station` and `train`. Seeds are fixed: text, voice and weather of every clip are the same wherever it runs.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import math
import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as nnf

from models.recogniser.data import CLIPS_A_POOL, Batch, Course, pools_from, seconds_of
from models.recogniser.decode import units_heard, words_of
from models.recogniser.muon import Muon
from models.recogniser.network import STRIDE, Network, Shape
from models.recogniser.scoring import word_errors
from smartradio.listening.syllables import BLANK

SEED = 20_261_122
_PEAK = 1.5e-3
_MATRIX_PEAK = 0.02
_WARM_SHARE = 0.04
_LAST_SHARE = 0.01
_DECAY = 0.02
_CLIP = 2.0
_AVERAGING = 0.998
_LONGEST_POOL_S = 60.0
_TRIAL = (2_048, 512)
_LABELS = ("pool", "minutes", "hours_of_sound", "rate", "loss", "word_errors", "hours_a_minute")


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how to train; the seed and the number of pools set what is heard, the rest how fast."""

    pools: int
    seed: int = SEED
    workers: int = 1
    threads: int = 1
    save_s: float = 120.0
    shape: Shape | None = None
    clips: int = CLIPS_A_POOL
    noises: int = 14

    @property
    def course(self) -> Course:
        """What is heard."""
        return Course(self.seed, self.pools, self.clips, self.noises)

    @property
    def told(self) -> dict[str, object]:
        """What a checkpoint tells of the plan: all that another could not go on from."""
        shape = self.shape or Shape()
        return {
            "pools": self.pools, "seed": self.seed, "clips": self.clips, "noises": self.noises,
            "width": shape.width, "kernel": shape.kernel, "dilations": shape.dilations,
        }  # fmt: skip


class ForeignCheckpointError(ValueError):
    """A checkpoint is of another plan; the message is one line."""


class Training:
    """Network, its running average, optimiser and place in the data: what a checkpoint holds."""

    def __init__(self, plan: Plan) -> None:
        torch.manual_seed(plan.seed)
        self.plan = plan
        self.network = Network(plan.shape)
        self.average = {name: value.clone() for name, value in self.network.state_dict().items()}
        matrices = [block.mix.weight for block in self.network.blocks]
        inside = {id(weight) for weight in matrices}
        others = [weight for weight in self.network.parameters() if id(weight) not in inside]
        self.optimisers: dict[str, torch.optim.Optimizer] = {
            "matrices": Muon(matrices, _MATRIX_PEAK),
            "others": torch.optim.AdamW(others, lr=_PEAK, betas=(0.9, 0.98), weight_decay=_DECAY, fused=True),
        }
        self.kind = quicker_type()
        self.pool = 0
        self.steps = 0
        self.minutes = 0.0
        self.hours = 0.0

    def save(self, path: Path) -> None:
        """Write all of it beside `path`, then put it in its place."""
        part = path.with_suffix(".part")
        torch.save(
            {
                "network": self.network.state_dict(),
                "average": self.average,
                "optimisers": {name: each.state_dict() for name, each in self.optimisers.items()},
                "place": (self.pool, self.steps, self.minutes, self.hours),
                "plan": self.plan.told,
            },
            part,
        )
        part.replace(path)

    def load(self, path: Path) -> None:
        """Go back to a checkpoint; raises ForeignCheckpointError for one of another plan."""
        held = torch.load(path, weights_only=True)
        told = held["plan"]
        # Older checkpoints tell of pools and seed alone.
        plan = told if isinstance(told, dict) else dict(zip(("pools", "seed"), told, strict=True))
        other = ", ".join(f"{name} {value}" for name, value in plan.items() if value != self.plan.told.get(name))
        if other:
            raise ForeignCheckpointError(f"{path}: is of a training with {other}; ask for the same or a new folder")
        self.network.load_state_dict(held["network"])
        self.average = held["average"]
        for name, optimiser in self.optimisers.items():
            optimiser.load_state_dict(held["optimisers"][name])
        self.pool, self.steps, self.minutes, self.hours = held["place"]

    def step(self, batch: Batch, random: np.random.Generator) -> tuple[float, torch.Tensor]:
        """Learn from one batch; return the loss a clip's unit and the log posteriors."""
        share = rate_at((self.pool + 0.5) / self.plan.pools)
        for optimiser, peak in zip(self.optimisers.values(), (_MATRIX_PEAK, _PEAK), strict=True):
            for group in optimiser.param_groups:
                group["lr"] = peak * share
        frames = torch.from_numpy(batch.features).float()
        _mask(frames, batch.frames, random)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.kind is torch.bfloat16):
            posteriors = self.network(frames)
        inputs = torch.from_numpy(-(-batch.frames // STRIDE))
        lengths = torch.from_numpy(batch.lengths)
        loss = nnf.ctc_loss(
            posteriors.transpose(0, 1), torch.from_numpy(batch.targets), inputs, lengths, BLANK,
            reduction="sum", zero_infinity=True,
        ) / lengths.sum()  # fmt: skip
        self.network.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), _CLIP)
        for optimiser in self.optimisers.values():
            optimiser.step()
        self.steps += 1
        kept = min(_AVERAGING, self.steps / (self.steps + 10.0))
        with torch.no_grad():
            for name, value in self.network.state_dict().items():
                self.average[name].lerp_(value, 1.0 - kept)
        return float(loss.detach()), posteriors.detach()


def quicker_type() -> torch.dtype:
    """Return bfloat16 where this processor multiplies it faster than float32, else float32."""

    def took_s(kind: torch.dtype) -> float:
        rows, columns = torch.ones(_TRIAL, dtype=kind), torch.ones(_TRIAL[::-1], dtype=kind)
        times = []
        for _ in range(4):
            start = time.perf_counter()
            rows @ columns
            times.append(time.perf_counter() - start)
        return min(times)

    return torch.bfloat16 if took_s(torch.bfloat16) < took_s(torch.float32) else torch.float32


def rate_at(progress: float) -> float:
    """Return the share of the peak learning rate at a share 0..1 of the way: a short rise, then half a cosine."""
    if progress < _WARM_SHARE:
        return progress / _WARM_SHARE
    along = (progress - _WARM_SHARE) / (1.0 - _WARM_SHARE)
    return _LAST_SHARE + (1.0 - _LAST_SHARE) * 0.5 * (1.0 + math.cos(math.pi * along))


def train(plan: Plan, run: Path) -> Training:
    """Train to the end of the plan, or go on with what `run` holds; return the result.

    SIGTERM ends it after the pool in hand, with a checkpoint.
    """
    run.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(plan.threads)
    training = Training(plan)
    checkpoint = run / "checkpoint.pt"
    if checkpoint.exists():
        training.load(checkpoint)
        _forget_after(run / "curve.csv", training.pool)
    saved = time.monotonic()
    stopping: list[int] = []
    kept = signal.signal(signal.SIGTERM, lambda number, _frame: stopping.append(number))
    last = time.monotonic()
    with contextlib.closing(pools_from(plan.course, training.pool, plan.workers)) as pools:
        for number, batches in pools:
            random = np.random.default_rng((plan.seed, 3, number))
            losses, wrong = [], []
            for batch in batches:
                loss, posteriors = training.step(batch, random)
                losses.append(loss)
                wrong.append(_errors(batch, posteriors))
                training.hours += seconds_of(batch) / 3_600
            training.pool = number + 1
            now = time.monotonic()
            # A training that was paused did not work in the meantime.
            training.minutes += min(now - last, _LONGEST_POOL_S) / 60
            last = now
            _note(run / "curve.csv", training, float(np.mean(losses)), float(np.mean(wrong)))
            if now - saved > plan.save_s:
                training.save(checkpoint)
                saved = now
            if stopping:
                break
    signal.signal(signal.SIGTERM, kept)
    training.save(checkpoint)
    return training


def _forget_after(curve: Path, pool: int) -> None:
    """Take the rows out that were learned after the checkpoint and will be learned again."""
    if curve.exists():
        head, *rows = curve.read_text(encoding="utf-8").splitlines(keepends=True)
        curve.write_text(head + "".join(row for row in rows if int(row.partition(",")[0]) <= pool), encoding="utf-8")


def _errors(batch: Batch, posteriors: torch.Tensor) -> float:
    """Return the word error rate on a batch just learned from, which was unseen before."""
    wrong = total = 0
    ends = np.cumsum(batch.lengths)
    for row, frames, end, length in zip(posteriors, batch.frames, ends, batch.lengths, strict=True):
        said = words_of([int(unit) for unit in batch.targets[end - length : end]])
        heard = words_of(units_heard(row[: -(-int(frames) // STRIDE)].numpy()))
        wrong += word_errors(said, heard)
        total += len(said)
    return wrong / max(1, total)


def _mask(
    frames: torch.Tensor, lengths: np.ndarray[tuple[int], np.dtype[np.int64]], random: np.random.Generator
) -> None:
    """Blot out a few stretches of time and bands, so that no one cue is leaned on (SpecAugment, Park et al. 2019)."""
    for row, length in zip(frames, lengths, strict=True):
        for _ in range(int(random.integers(0, 3))):
            width = int(random.integers(1, 8))
            begin = int(random.integers(max(1, int(length) - width)))
            row[begin : begin + width] = 0.0
        if random.random() < 0.5:
            low = int(random.integers(0, 58))
            row[:, low : low + int(random.integers(2, 9))] = 0.0


def _note(path: Path, training: Training, loss: float, errors: float) -> None:
    new = not path.exists()
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        if new:
            writer.writerow(_LABELS)
        rate = rate_at((training.pool - 0.5) / training.plan.pools)
        speed = training.hours / max(training.minutes, 1e-3)
        figures = (training.minutes, training.hours, rate, loss, errors, speed)
        writer.writerow((training.pool, *(f"{figure:.6g}" for figure in figures)))


def main() -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--pools", type=int, default=900, help="128 clips each, 11 minutes of sound")
    parser.add_argument("--workers", type=int, default=max(2, (os.cpu_count() or 2) // 2))
    parser.add_argument("--threads", type=int, default=max(1, (os.cpu_count() or 2) // 2))
    given = parser.parse_args()
    try:
        train(Plan(pools=given.pools, workers=given.workers, threads=given.threads), given.run)
    except ForeignCheckpointError as error:
        print(error, file=sys.stderr)
        raise SystemExit(2) from None


if __name__ == "__main__":
    main()
