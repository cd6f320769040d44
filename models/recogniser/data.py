"""Clips without end: text, voice and weather drawn from one seed, in processes beside the training."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import queue
import signal
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.recogniser.noises import espeak_crowd, noise_stock
from models.recogniser.outdoors import outdoors
from models.recogniser.text import Text
from models.recogniser.voices import RATE, Speaker, drawn_manner, resampled
from smartradio.listening.features import FRAME_S, features
from smartradio.listening.syllables import units_of
from smartradio.speech.mastering import band_limited, compressed

if TYPE_CHECKING:
    from multiprocessing.context import SpawnContext, SpawnProcess
    from multiprocessing.queues import Queue

Signal = NDArray[np.float32]

FRAMES_A_BATCH = 9_600
# Few shapes, so that the library's compiled kernels serve again and its memory does not shatter.
_LENGTH_STEP = 48
CLIPS_A_POOL = 128
LONGEST_S = 13.0
_AHEAD = 3
_ANSWER_S = 300.0
_LOOK_S = 5.0
_STARTS = 20
# Two threads in each of two workers thrash on two cores: 6.5 s for a pool that takes 3.5 s.
_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


@dataclass(frozen=True, slots=True)
class Batch:
    """Clips of like length: features [B, T, F] padded with zeros, frames [B], targets end to end and their lengths."""

    features: NDArray[np.float16]
    frames: NDArray[np.int64]
    targets: NDArray[np.int64]
    lengths: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Course:
    """What is heard in a training: the seed decides it, the number of pools how soon it gets hard."""

    seed: int
    pools: int
    clips: int = CLIPS_A_POOL
    noises: int = 14


class Clips:
    """Maker of clips: needs a second or two to stock noises and phrases."""

    def __init__(self, seed: int, noises_each: int = 14) -> None:
        self.speaker = Speaker()
        self.text = Text(seed)
        self.noises = noise_stock(seed, noises_each, espeak_crowd(self.speaker, self.text.sentences))

    def clip(self, random: np.random.Generator, hardness: float) -> tuple[Signal, tuple[int, ...]]:
        """Return one clip (float32 [n] at RATE) and the units said in it."""
        while True:
            words = self.text.drawn(random)
            units = [unit for word in words if word != "," for unit in units_of(word) or ()]
            manner = drawn_manner(random)
            said = self.speaker.say(" ".join(words).replace(" ,", ","), manner)
            if 0.2 * self.speaker.rate < said.size < LONGEST_S * self.speaker.rate / manner.stretch:
                break
        if random.random() < 0.5:
            said = compressed(band_limited(said, self.speaker.rate), self.speaker.rate)
        drift = 1.0 + random.uniform(-0.005, 0.005)
        speech = resampled(said, self.speaker.rate, manner.stretch * drift)
        before, after = (round(random.uniform(0.02, 0.7) * RATE) for _ in range(2))
        return outdoors(np.pad(speech, (before, after)), random, self.noises, hardness), tuple(units)

    def pool(self, seed: int, number: int, hardness: float, count: int = CLIPS_A_POOL) -> list[Batch]:
        """Return `count` clips in batches, the same for the same seed and number, in an order of chance."""
        random = np.random.default_rng((seed, 1, number))
        clips = []
        for _ in range(count):
            sound, units = self.clip(random, hardness)
            clips.append((features(sound).astype(np.float16), units))
        clips.sort(key=lambda clip: len(clip[0]))
        groups: list[list[tuple[NDArray[np.float16], tuple[int, ...]]]] = [[]]
        for clip in clips:
            if groups[-1] and len(clip[0]) * (len(groups[-1]) + 1) > FRAMES_A_BATCH:
                groups.append([])
            groups[-1].append(clip)
        return [_batch(groups[place]) for place in random.permutation(len(groups))]


def hardness_at(number: int, pools: int) -> float:
    """Return how spoilt the clips of a pool are: nearly clean at first, all that may happen after a sixth."""
    return float(np.clip(0.15 + 0.85 * number / max(1, pools / 6), 0.0, 1.0))


def pools_from(course: Course, first: int, workers: int) -> Generator[tuple[int, list[Batch]], None, None]:
    """Yield (number, batches) of the course's pools from `first` on, made in `workers` processes, in their order.

    A worker that dies is started again where it stood.
    """
    context = multiprocessing.get_context("spawn")
    makers = [_Maker(context, course, first + place, workers) for place in range(min(workers, course.pools - first))]
    try:
        for number in range(first, course.pools):
            yield number, makers[(number - first) % workers].take(number)
    finally:
        for maker in makers:
            maker.stop()


class _Maker:
    def __init__(self, context: SpawnContext, course: Course, first: int, step: int) -> None:
        self._context, self._course, self._step = context, course, step
        self._starts = 0
        self._begin(first)

    def take(self, number: int) -> list[Batch]:
        waited_s = 0.0
        while True:
            try:
                batches: list[Batch] = self._queue.get(timeout=_LOOK_S)
            except queue.Empty:
                waited_s += _LOOK_S
                if not self._process.is_alive() or waited_s > _ANSWER_S:
                    self.stop()
                    self._begin(number)
                    waited_s = 0.0
            else:
                return batches

    def stop(self) -> None:
        self._process.kill()
        self._process.join()
        self._queue.close()
        self._queue.cancel_join_thread()

    def _begin(self, number: int) -> None:
        self._starts += 1
        if self._starts > _STARTS:
            raise RuntimeError(f"the data worker died {_STARTS} times, last at pool {number}")
        self._queue: Queue[list[Batch]] = self._context.Queue(_AHEAD)
        self._process: SpawnProcess = self._context.Process(
            target=_work, args=(self._queue, self._course, number, self._step), daemon=True
        )
        with _one_thread():
            self._process.start()


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """Let a process that starts meanwhile compute on one thread; BLAS asks its environment when it is loaded."""
    before = {name: os.environ.get(name) for name in _ONE_THREAD}
    os.environ.update(_ONE_THREAD)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _work(answers: Queue[list[Batch]], course: Course, first: int, step: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    clips = Clips(course.seed, course.noises)
    for number in range(first, course.pools, step):
        batches = clips.pool(course.seed, number, hardness_at(number, course.pools), course.clips)
        if not _handed_over(answers, batches):
            return
    answers.close()
    answers.join_thread()


def _handed_over(answers: Queue[list[Batch]], batches: list[Batch]) -> bool:
    """Wait until there is room; False when the training has died meanwhile, so that no worker is left behind."""
    training = multiprocessing.parent_process()
    while training is not None and training.is_alive():
        try:
            answers.put(batches, timeout=_LOOK_S)
        except queue.Full:
            continue
        return True
    answers.cancel_join_thread()
    return False


def _batch(clips: list[tuple[NDArray[np.float16], tuple[int, ...]]]) -> Batch:
    longest = -(-max(len(frames) for frames, _ in clips) // _LENGTH_STEP) * _LENGTH_STEP
    padded = np.zeros((len(clips), longest, clips[0][0].shape[1]), dtype=np.float16)
    for place, (frames, _) in enumerate(clips):
        padded[place, : len(frames)] = frames
    return Batch(
        padded,
        np.array([len(frames) for frames, _ in clips]),
        np.concatenate([np.array(units, dtype=np.int64) for _, units in clips]),
        np.array([len(units) for _, units in clips]),
    )


def seconds_of(batch: Batch) -> float:
    """Return how much sound a batch holds."""
    return float(batch.frames.sum()) * FRAME_S
