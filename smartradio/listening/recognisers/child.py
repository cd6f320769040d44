"""What all recognisers share, in the parent: a model in a supervised child that hears a clip stretch by stretch.

However long a clip, the child holds one stretch of it and the words so far; silence never reaches the child. The
other half of the conversation is `worker.py`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from smartradio.listening.recognisers.port import LEAST, RATE, Posteriors, RecogniserError, Transcript, Word
from smartradio.supervised import SupervisedWorker, WorkerError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from smartradio.listening.recognisers.stretches import Stretch

    Signal = NDArray[np.float32]

_LEAST_TIMEOUT_S = 30.0
# A commune's clips come at once; each waits here for those before it.
_TURN_TIMEOUT_S = 1_800.0
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


class ChildRecogniser:
    """A recogniser whose model lives in `python -m worker`; the child starts with the first clip that has sound.

    A kind of model says how it likes its clips: in stretches of at most `longest_s`, with `margin_s` of context on
    both sides, cut at multiples of `grid` samples (see `stretches`). `slowness` is how many times as long as a stretch
    the child may take to hear it before it counts as hung. Clips wait for each other, so that a crash takes one of
    them along and not two.
    """

    longest_s = 20.0
    margin_s = 0.0
    grid = 1
    slowness = 2.0

    def __init__(
        self,
        name: str,
        languages: Iterable[str],
        worker: str,
        *,
        args: Sequence[str],
        load_timeout_s: float,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self._name = name
        self._languages = frozenset(languages)
        self._turn = threading.Lock()
        self._closed = False
        self._worker = SupervisedWorker(
            worker, args=args, name=name, start_timeout_s=load_timeout_s, env={**_ONE_THREAD, **(env or {})}
        )

    @property
    def name(self) -> str:
        """Name for pages and reports, with the model's."""
        return self._name

    @property
    def languages(self) -> frozenset[str]:
        """ISO 639 codes of the languages the model knows."""
        return self._languages

    def calibrated_for(self, voice: str) -> bool:  # noqa: ARG002 - the port's word; a model of speech knows no voices
        """Say yes to every voice: the model was made for people's speech, whoever speaks."""
        return True

    def recognise(self, clip: Signal, *, grammar: Sequence[str] | None = None) -> Transcript:
        """Return what is said in a clip [n], float32 at 16 kHz; see the port. Raises RecogniserError."""
        # Brings numpy, which an idle station does without.
        from smartradio.listening.recognisers.stretches import checked, stretches  # noqa: PLC0415

        samples = checked(clip, self._name)
        plan = stretches(samples, longest_s=self.longest_s, margin_s=self.margin_s, grid=self.grid)
        if not plan:
            return Transcript("", ())
        with self._in_turn():
            wanted = None if grammar is None else list(grammar)
            told, _ = self._ask({"do": "begin", "samples": samples.size, "grammar": wanted})
            with self._understood():
                posteriors = _still_silent(told)
            for stretch in plan:
                told, found = self._ask(_listen(stretch), samples[stretch.start : stretch.end].astype("<f4").tobytes())
                with self._understood():
                    _put(posteriors, told, found)
            told, _ = self._ask({"do": "end"}, slow_s=samples.size / RATE)
        with self._understood():
            words = tuple(
                Word(str(text), float(start_s), float(end_s), float(confidence))
                for text, start_s, end_s, confidence in told["words"]
            )
        return Transcript(" ".join(word.text for word in words), words, posteriors)

    def close(self) -> None:
        """End the child, for good: a clip that it is listening to ends with RecogniserError, as all later ones do."""
        self._closed = True
        self._worker.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        if not self._turn.acquire(timeout=_TURN_TIMEOUT_S):
            raise RecogniserError(f"{self._name}: busy with other clips for {_TURN_TIMEOUT_S:g} s")
        try:
            yield
        finally:
            if self._closed:
                # A question that was just being put may have started another child.
                self._worker.close()
            self._turn.release()

    @contextmanager
    def _understood(self) -> Iterator[None]:
        try:
            yield
        except (KeyError, TypeError, ValueError) as error:
            why = f"{type(error).__name__}: {error}"
            raise RecogniserError(f"{self._name}: gave an answer that is none ({why})") from error

    def _ask(
        self, request: Mapping[str, object], payload: bytes = b"", *, slow_s: float = 0.0
    ) -> tuple[dict[str, Any], bytes]:
        if self._closed:
            raise RecogniserError(f"{self._name}: is closed")
        heard_s = max(slow_s, len(payload) / (4 * RATE))
        try:
            return self._worker.call(request, payload, timeout_s=_LEAST_TIMEOUT_S + self.slowness * heard_s)
        except WorkerError as error:
            raise RecogniserError(str(error)) from error


def _listen(stretch: Stretch) -> dict[str, object]:
    return {
        "do": "listen",
        "start": stretch.start,
        "keep_from": stretch.keep_from,
        "keep_to": stretch.keep_to,
    }


def _still_silent(told: Mapping[str, Any]) -> Posteriors | None:
    """Return posteriors of nothing but silence, for a model that has any: what is never listened to stays so."""
    import numpy as np  # noqa: PLC0415 - as above

    if "frames" not in told:
        return None
    units = tuple(map(str, told["units"]))
    table = np.full((int(told["frames"]), len(units)), LEAST, dtype=np.float16)
    table[:, 0] = 0.0
    return Posteriors(table, float(told["frame_s"]), units)


def _put(posteriors: Posteriors | None, told: Mapping[str, Any], found: bytes) -> None:
    """Put a stretch's posteriors in their place; raises ValueError when they do not fit there."""
    import numpy as np  # noqa: PLC0415 - as above

    if posteriors is None:
        return
    table = np.frombuffer(found, dtype="<f2").reshape(-1, len(posteriors.units))
    first = int(told["first"])
    posteriors.log_posteriors[first : first + len(table)] = table
