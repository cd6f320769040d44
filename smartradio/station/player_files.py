"""A recording as one file that browsers play."""

from __future__ import annotations

from typing import Final

from smartradio.domain.errors import SmartradioError
from smartradio.station.objects import Objects
from smartradio.station.store import Store

_RATE: Final = 16_000
_BITRATE: Final = 24_000


def one_file(store: Store, objects: Objects, recording_id: str) -> bytes:
    """Return a whole recording as one Ogg Opus file; raises SmartradioError when it is not held. Blocking."""
    from smartradio.audio.codec import encode_opus  # noqa: PLC0415 - numpy comes with it
    from smartradio.station.judging import reference_of  # noqa: PLC0415

    recording = store.recording(recording_id)
    if recording is None:
        raise SmartradioError(f"there is no recording {recording_id[:12]}")
    return encode_opus(reference_of(recording, objects, _RATE), _RATE, bitrate=_BITRATE)
