"""The station's end of the child that fetches a stream."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from smartradio.supervised import SupervisedWorker, WorkerError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Signal = NDArray[np.float32]

_MARGIN_S: Final = 3.0
_START_TIMEOUT_S: Final = 20.0


@dataclass(frozen=True, eq=False)
class Taken:
    """What came: float32 mono at 16 kHz, empty if not enough has come yet; `over` and why once no more will."""

    pcm: Signal
    over: bool
    detail: str = ""


class Tap(Protocol):
    """A stream that can be taken from; all methods block, for no longer than their time, and raise nothing."""

    def open(self, url: str) -> None:
        """Begin with a stream, in the place of one before."""

    def take(self, seconds: float, wait_s: float) -> Taken:
        """Return so many seconds of sound, waiting up to `wait_s` for them."""

    def drop(self) -> None:
        """Forget what has come so far."""

    def close(self) -> None:
        """Let it go."""


class ChildTap:
    """A Tap on a child process of its own."""

    def __init__(self, *, local_allowed: bool) -> None:
        self._local_allowed = local_allowed
        self._worker: SupervisedWorker | None = None
        self._fault = ""

    def open(self, url: str) -> None:
        """Begin with a stream; what goes wrong is told by `take`."""
        self.close()
        self._fault = ""
        self._worker = SupervisedWorker(
            "smartradio.station.relay.worker", name="relay", start_timeout_s=_START_TIMEOUT_S
        )
        self._ask({"open": url, "local_allowed": self._local_allowed}, _MARGIN_S)

    def take(self, seconds: float, wait_s: float) -> Taken:
        """Return what came."""
        import numpy as np  # noqa: PLC0415 - an idle station does without it

        answer, payload = self._ask({"take": seconds, "wait_s": wait_s}, wait_s + _MARGIN_S)
        if self._fault:
            return Taken(np.zeros(0, np.float32), True, self._fault)
        pcm = np.frombuffer(payload, np.float32)
        # What is left at the end is less than was asked for, and nothing comes after it.
        over = answer.get("state") == "ended" and len(pcm) == 0
        return Taken(pcm, over, str(answer.get("detail", "")))

    def drop(self) -> None:
        """Forget what has come so far."""
        self._ask({"drop": True}, _MARGIN_S)

    def close(self) -> None:
        """End the child."""
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.close()

    def _ask(self, request: dict[str, object], timeout_s: float) -> tuple[dict[str, object], bytes]:
        if self._worker is None or self._fault:
            self._fault = self._fault or "no stream was opened"
            return {}, b""
        try:
            return self._worker.call(request, timeout_s=timeout_s)
        except WorkerError as error:
            self._fault = str(error)
            return {}, b""
