"""The child process that opens files people bring in: sounds and Word files of unknown making.

A file that was made to hurt, or is merely huge, ends this process and not the station. Run as
`python -m smartradio.speech.bringing_worker`.
"""

from __future__ import annotations

import io
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import numpy as np
import numpy.typing as npt

from smartradio.audio.brought_in import RATE
from smartradio.domain.errors import BadInputError
from smartradio.speech.documents import document_text
from smartradio.speech.importing import import_sound
from smartradio.supervised import serve

MAX_SOUND_BYTES: Final = 200_000_000


def answer(request: dict[str, object], payload: bytes) -> tuple[dict[str, object], bytes]:  # noqa: ARG001
    """Open the file at the request's `path`, known to people as `name`.

    A `sound` comes back as FLAC with its length in seconds and its flaws, a `document` as UTF-8 text. What people can
    mend comes back as `fault`, one line.
    """
    path, name = Path(str(request["path"])), str(request["name"])
    try:
        if request["kind"] == "document":
            return {}, document_text(path.read_bytes(), name).encode()
        report = import_sound(path.read_bytes(), name, max_bytes=MAX_SOUND_BYTES)
    except BadInputError as error:
        return {"fault": str(error)}, b""
    pieces: list[npt.NDArray[np.float32]] = []
    for sound in report.sounds:
        pieces += [sound.pcm, np.zeros(round(sound.pause_after_s * RATE), np.float32)]
    # The pause after the last stretch is the script's, not the recording's.
    whole = np.concatenate(pieces[:-1])
    return {"duration_s": report.duration_s, "warnings": list(report.warnings)}, _flac(whole)


def _flac(pcm: npt.NDArray[np.float32]) -> bytes:
    """Return a sound at RATE as FLAC: an eighth of what people bring, and nothing of it lost."""
    sink = io.BytesIO()
    with av.open(sink, "w", format="flac", container_options={"fflags": "+bitexact"}) as file:
        stream = file.add_stream("flac", rate=RATE, layout="mono")
        samples = np.clip(np.rint(pcm * 32_767), -32_768, 32_767).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate, frame.time_base, frame.pts = RATE, Fraction(1, RATE), 0
        for flushed in (frame, None):
            for packet in stream.encode(flushed):
                file.mux(packet)
    return sink.getvalue()


if __name__ == "__main__":
    serve(answer)
