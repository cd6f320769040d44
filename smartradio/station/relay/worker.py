"""The child that fetches and decodes a stream: a hostile or broken one takes nothing but this process down.

Requests: {"open": URL, "local_allowed": bool} begins; {"take": seconds, "wait_s": seconds} answers with sound, float32
mono at RATE, in whole takes while it comes, and with {"state": "opening" | "playing" | "ended", "detail": line}.
{"drop": true} forgets what has come so far.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import numpy as np

from smartradio.audio.errors import AudioError
from smartradio.audio.streaming import RATE, decode_stream
from smartradio.domain.errors import SmartradioError
from smartradio.station.relay.addresses import Door
from smartradio.station.relay.source import open_source
from smartradio.supervised import serve

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Signal = NDArray[np.float32]

# More is not decoded ahead: what comes faster than it is played waits in the connection.
_AHEAD_S = 30.0


class Tap:
    """One stream being decoded in a thread of its own; what has come is taken off from another."""

    def __init__(self, url: str, *, local_allowed: bool) -> None:
        self._url = url
        self._door = Door(local_allowed=local_allowed)
        self._change = threading.Condition()
        self._held: list[Signal] = []
        self._samples = 0
        self.state = "opening"
        self.detail = ""
        threading.Thread(target=self._run, name="stream", daemon=True).start()

    def take(self, seconds: float, wait_s: float) -> Signal:
        """Return so many seconds of sound once they are there, what is left at the end, else nothing."""
        wanted = round(seconds * RATE)
        until_s = time.monotonic() + wait_s
        with self._change:
            self._change.wait_for(
                lambda: self._samples >= wanted or self.state == "ended", max(0.0, until_s - time.monotonic())
            )
            if self._samples < wanted and self.state != "ended":
                return np.zeros(0, np.float32)
            whole = np.concatenate(self._held) if self._held else np.zeros(0, np.float32)
            taken, rest = whole[:wanted], whole[wanted:]
            self._held, self._samples = [rest], len(rest)
            self._change.notify_all()
            return taken

    def drop(self) -> None:
        """Forget what has come so far."""
        with self._change:
            self._held, self._samples = [], 0
            self._change.notify_all()

    def _run(self) -> None:
        try:
            source, form = open_source(self._url, self._door)
            for block in decode_stream(source, form):
                self._add(block)
            self._end("the stream ended")
        except (SmartradioError, AudioError) as error:
            self._end(" ".join(str(error).split()))
        except Exception as error:  # noqa: BLE001 - whatever it is, the parent is told and the child lives on
            self._end(f"{type(error).__name__}: {' '.join(str(error).split())}")

    def _add(self, block: Signal) -> None:
        with self._change:
            self.state = "playing"
            self._change.wait_for(lambda: self._samples < _AHEAD_S * RATE)
            self._held.append(block)
            self._samples += len(block)
            self._change.notify_all()

    def _end(self, detail: str) -> None:
        with self._change:
            self.state, self.detail = "ended", detail[:300]
            self._change.notify_all()


def main() -> None:
    """Serve until the parent is gone."""
    tap: Tap | None = None

    def handle(request: dict[str, object], _payload: bytes) -> tuple[dict[str, object], bytes]:
        nonlocal tap
        if "open" in request:
            tap = Tap(str(request["open"]), local_allowed=bool(request.get("local_allowed")))
            return {"state": tap.state}, b""
        if tap is None:
            raise ValueError("no stream was opened")
        if "drop" in request:
            tap.drop()
            return {"state": tap.state}, b""
        sound = tap.take(float(str(request["take"])), float(str(request["wait_s"])))
        return {"state": tap.state, "detail": tap.detail}, sound.tobytes()

    serve(handle)


if __name__ == "__main__":
    main()
