"""A sound that comes while it is decoded: MP3, AAC, Ogg, MPEG-TS or fragmented MP4, folded to mono 16 kHz."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Protocol

import av
import av.container
import av.error
import numpy as np
import numpy.typing as npt

from smartradio.audio.errors import AudioError

RATE = 16_000
HEAD_BYTES = 4_096
# Enough to know the codec by, little enough to begin at once.
_PROBE = {"probesize": "32768", "analyzeduration": "1000000"}
_BUFFER_BYTES = 4_096
_HIGHEST_SAMPLE = 8.0
_MOST_DAMAGED = 50

_MAGIC = (
    (re.compile(rb"OggS"), "ogg"),
    (re.compile(rb"....(?:ftyp|styp|moof|moov)", re.DOTALL), "mov"),
    (re.compile(rb"\x47.{187}\x47", re.DOTALL), "mpegts"),
    (re.compile(rb"\xff[\xf0\xf1\xf8\xf9]"), "aac"),
    (re.compile(rb"\xff[\xe2-\xef\xf2-\xf7\xfa-\xff]"), "mp3"),
)
# A server that was joined in the middle of a frame begins with the rest of it.
_FRAME_BEGINS = re.compile(rb"\xff(?:[\xf0\xf1\xf8\xf9]|[\xfa\xfb\xf2\xf3])")
_BY_TYPE = {"audio/mpeg": "mp3", "audio/aac": "aac", "audio/aacp": "aac", "audio/ogg": "ogg", "video/mp2t": "mpegts"}

Signal = npt.NDArray[np.float32]


class Bytes(Protocol):
    """What is read from; b"" is the end. What `read` raises comes out of the decoding unchanged."""

    def read(self, size: int, /) -> bytes:
        """Return up to so many bytes, waiting for the first."""


def format_of(head: bytes, content_type: str = "") -> str:
    """Return the demuxer for a stream that begins with `head`; raises AudioError for what is none of those known.

    The library's own guess would also take playlists, which open other addresses and files.
    """
    plain = head[_after_id3(head) :]
    for pattern, form in _MAGIC:
        if pattern.match(plain):
            return form
    stated = _BY_TYPE.get(content_type.split(";", maxsplit=1)[0].strip().lower())
    if stated is not None and stated not in ("ogg", "mpegts"):
        return stated
    begins = _FRAME_BEGINS.search(plain)
    if begins is not None and not plain.lstrip().startswith((b"<", b"{", b"#")):
        return "aac" if plain[begins.start() + 1] in (0xF0, 0xF1, 0xF8, 0xF9) else "mp3"
    raise AudioError("what comes is no sound that is known here (MP3, AAC, Ogg or HLS)")


def decode_stream(source: Bytes, form: str) -> Iterator[Signal]:
    """Yield the sound of a stream as it comes, float32 mono at RATE, in blocks of some milliseconds.

    Ends when the source ends. Raises AudioError for what cannot be decoded, and what `source.read` raises.
    """
    guarded = _Guarded(source)
    try:
        with av.open(guarded, "r", format=form, options=_PROBE, buffer_size=_BUFFER_BYTES) as stream:
            if not stream.streams.audio:
                raise AudioError("there is no sound in the stream")
            yield from _folded(stream)
    except (av.error.FFmpegError, ValueError, OSError) as error:
        # The library tells a failed read as its own error; what really happened stands with us.
        if guarded.failure is not None:
            raise guarded.failure from error
        if isinstance(error, AudioError):
            raise
        reason = " ".join(str(getattr(error, "strerror", None) or error).split())
        raise AudioError(f"the stream cannot be decoded ({reason})") from error
    if guarded.failure is not None:
        raise guarded.failure


class _Guarded:
    """Reads on behalf of the library and keeps what went wrong."""

    def __init__(self, source: Bytes) -> None:
        self._source = source
        self.failure: Exception | None = None

    def read(self, size: int) -> bytes:
        """Return up to so many bytes, b"" at the end and after a failure."""
        if self.failure is not None:
            return b""
        try:
            return self._source.read(size)
        except Exception as error:  # noqa: BLE001 - raised again by decode_stream, whatever it is
            self.failure = error
            return b""


def _folded(stream: av.container.InputContainer) -> Iterator[Signal]:
    damaged = 0
    folder: av.AudioResampler | None = None
    shape: tuple[object, ...] = ()
    for packet in stream.demux(audio=0):
        try:
            frames = packet.decode()
        except av.error.InvalidDataError as error:
            # A stream joined in its middle begins with half a frame, and a bad line loses some.
            damaged += 1
            if damaged > _MOST_DAMAGED:
                raise AudioError("the stream is damaged: one piece after the other cannot be decoded") from error
            continue
        for frame in frames:
            damaged = 0
            assert isinstance(frame, av.AudioFrame)
            this_shape = (frame.format.name, frame.layout.name, frame.sample_rate)
            if folder is None or this_shape != shape:
                folder, shape = av.AudioResampler(format="fltp", rate=RATE), this_shape
            # Its own times jump where a stream was joined; sound follows sound.
            frame.pts = None
            for piece in folder.resample(frame):
                sound = piece.to_ndarray().mean(axis=0, dtype=np.float32)
                yield np.clip(np.nan_to_num(sound), -_HIGHEST_SAMPLE, _HIGHEST_SAMPLE)


def _after_id3(head: bytes) -> int:
    if len(head) < 10 or not head.startswith(b"ID3"):
        return 0
    size = sum((byte & 0x7F) << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=True))
    return 10 + size
