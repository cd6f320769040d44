"""The child's half of a recogniser: a clip comes in stretches, its words go back at its end."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from smartradio.listening.recognisers.port import Posteriors, Word
from smartradio.listening.recognisers.stretches import Stretch
from smartradio.supervised import serve

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Signal = NDArray[np.float32]


class Listener(ABC):
    """A loaded model that hears one clip at a time: `begin`, `listen` for each stretch in order, `end`.

    `begin` forgets whatever an unfinished clip has left. What these raise goes back as a refusal.
    """

    @abstractmethod
    def begin(self, samples: int, grammar: Sequence[str] | None) -> None:
        """Make ready for a clip of so many samples at 16 kHz."""

    @abstractmethod
    def listen(self, sound: Signal, stretch: Stretch) -> None:
        """Hear the sound [stretch.end - stretch.start] and keep what the stretch says."""

    @abstractmethod
    def end(self) -> tuple[Sequence[Word], Posteriors | None]:
        """Return the clip's words in their order, and the posteriors where there are some."""


def serve_listener(listener: Listener) -> None:
    """Answer the parent until it is gone."""

    def answer(request: dict[str, Any], payload: bytes) -> tuple[dict[str, object], bytes]:
        if request["do"] == "begin":
            listener.begin(int(request["samples"]), request["grammar"])
            return {}, b""
        if request["do"] == "listen":
            sound = np.frombuffer(payload, dtype="<f4")
            start = int(request["start"])
            keep = int(request["keep_from"]), int(request["keep_to"])
            listener.listen(sound, Stretch(start, start + sound.size, *keep))
            return {}, b""
        words, posteriors = listener.end()
        told: dict[str, object] = {
            "words": [[word.text, word.start_s, word.end_s, word.confidence] for word in words],
        }
        if posteriors is None:
            return told, b""
        told |= {"frame_s": posteriors.frame_s, "units": list(posteriors.units)}
        table = posteriors.log_posteriors.astype("<f2", copy=False).tobytes()
        # Half an hour's are 25 MB; one copy is enough while they are sent.
        del posteriors
        return told, table

    serve(answer)
