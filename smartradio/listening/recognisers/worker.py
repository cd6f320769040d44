"""The child's half of a recogniser: a clip comes in stretches, its words go back at its end."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from smartradio.listening.recognisers.port import Word
from smartradio.listening.recognisers.stretches import Stretch
from smartradio.supervised import serve

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Signal = NDArray[np.float32]
    Table = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Frames:
    """How many frames of posteriors a clip will have, `frame_s` seconds apart, over which units."""

    frames: int
    frame_s: float
    units: tuple[str, ...]


class Listener(ABC):
    """A loaded model that hears one clip at a time: `begin`, `listen` for each stretch in order, `end`.

    `begin` forgets whatever an unfinished clip has left. What these raise goes back as a refusal.
    """

    @abstractmethod
    def begin(self, samples: int, grammar: Sequence[str] | None) -> Frames | None:
        """Make ready for a clip of so many samples at 16 kHz; return what posteriors there will be, if any."""

    @abstractmethod
    def listen(self, sound: Signal, stretch: Stretch) -> tuple[int, Table] | None:
        """Hear the sound [stretch.end - stretch.start] and keep what the stretch says.

        Returns its first frame's number with its log posteriors [frames, units], if there are any.
        """

    @abstractmethod
    def end(self) -> Sequence[Word]:
        """Return the clip's words in their order."""


def serve_listener(listener: Listener) -> None:
    """Answer the parent until it is gone."""
    in_clip = False

    def answer(request: dict[str, Any], payload: bytes) -> tuple[dict[str, object], bytes]:
        nonlocal in_clip
        if request["do"] == "begin":
            frames = listener.begin(int(request["samples"]), request["grammar"])
            in_clip = True
            return {} if frames is None else asdict(frames), b""
        if not in_clip:
            # Whoever heard the clip so far is dead, and its words are gone.
            raise ValueError("began anew in the middle of a clip")
        if request["do"] == "listen":
            sound = np.frombuffer(payload, dtype="<f4")
            start = int(request["start"])
            keep = int(request["keep_from"]), int(request["keep_to"])
            found = listener.listen(sound, Stretch(start, start + sound.size, *keep))
            # Sent at once: those of half an hour would take 25 MB here, and as much again to be sent.
            return ({}, b"") if found is None else ({"first": found[0]}, found[1].astype("<f2").tobytes())
        in_clip = False
        return {"words": [[word.text, word.start_s, word.end_s, word.confidence] for word in listener.end()]}, b""

    serve(answer)
