"""Sound files as people bring them: WAV, MP3, M4A/AAC, Ogg, WebM, FLAC, at any rate, folded to mono 16 kHz."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av
import av.container
import av.error
import numpy as np
import numpy.typing as npt

from smartradio.audio.clipping import CountedClipping
from smartradio.audio.errors import AudioError
from smartradio.audio.resample import MAX_RATE, MIN_RATE

RATE = 16_000
MAX_BYTES = 100_000_000
MAX_DURATION_S = 1_800.0
FORMATS = "WAV, MP3, M4A, OGG or FLAC"

_MAX_CHANNELS = 8
_MAX_DECODING_S = 60.0
_MAX_DAMAGED_SHARE = 0.01
# Beyond this a float file is no sound any more; the filters must not meet infinities.
_HIGHEST_SAMPLE = 8.0
_RESAMPLER = f"{RATE}:filter_size=64:cutoff=0.97"
_CUT_SHORT_SHARE = 0.95
_CUT_SHORT_S = 0.5
# Channels that cancel: what is left of an audible half second is weaker by this much than its stronger channel.
_BLOCK_S = 0.5
_CANCELLED_POWER = 10 ** (-10 / 10)
_CANCELLED_BLOCKS = 0.1
_AUDIBLE_POWER = 10 ** (-55 / 10)
# The mean of one full and one empty channel is 6 dB down, and so is every fold that gains nothing.
_WEAK_MEAN_POWER = 10 ** (-5.5 / 10)

_MAGIC = (
    (re.compile(rb"(RIFF|RF64)....WAVE", re.DOTALL), "wav"),
    (re.compile(rb"fLaC"), "flac"),
    (re.compile(rb"OggS"), "ogg"),
    # What browsers record: Opus in WebM, without its length.
    (re.compile(rb"\x1aE\xdf\xa3"), "matroska"),
    (re.compile(rb"....ftyp", re.DOTALL), "mov"),
    (re.compile(rb"\xff[\xf0\xf1\xf8\xf9]"), "aac"),
    (re.compile(rb"\xff[\xe2-\xef\xf2-\xf7\xfa-\xff]"), "mp3"),
)
_OTHERS = (
    (b"MZ", "a program, whatever its name says"),
    (b"\x7fELF", "a program, whatever its name says"),
    (b"\x30\x26\xb2\x75", "a Windows Media file"),
    (b"#!AMR", "an AMR file"),
    (b"PK\x03\x04", "a ZIP or Office file"),
    (b"%PDF", "a PDF file"),
)

Signal = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class BroughtIn:
    """A decoded file: `pcm` is float32 mono at 16 kHz without DC, `clipped_share` of its samples was cut off.

    `fold` says how it became mono: "mono", "mean" of the channels, or "strongest" channel.
    """

    pcm: Signal
    clipped_share: float
    source_rate: int
    channels: int
    fold: str

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self.pcm) / RATE


def decode_brought_in(
    data: bytes,
    *,
    max_bytes: int | None = None,
    max_duration_s: float = MAX_DURATION_S,
    max_decoding_s: float = _MAX_DECODING_S,
) -> BroughtIn:
    """Return the sound of a WAV, MP3, M4A/AAC, Ogg (Vorbis, Opus), WebM or FLAC file.

    Channels are averaged; where they cancel each other, or the mean is no stronger than one empty channel
    would leave it, the strongest is taken alone. Samples that are no numbers become silence. Raises AudioError,
    and nothing else, in one line: empty, above `max_bytes` (MAX_BYTES), no such file, damaged or cut short, no sound
    in it, longer than `max_duration_s`, or not decoded within `max_decoding_s` seconds.
    """
    if not data:
        raise AudioError("the file is empty")
    most = MAX_BYTES if max_bytes is None else max_bytes
    if len(data) > most:
        raise AudioError(
            f"the file has {len(data) / 1e6:.0f} MB, at most {most / 1e6:.0f} are taken: save it as MP3 or shorter"
        )
    form, start = _format_of(data)
    _check_wav_is_whole(data, form)
    try:
        with av.open(io.BytesIO(data[start:] if start else data), "r", format=form, metadata_errors="replace") as file:
            return _decoded(file, form, data[start : start + 4_096], max_duration_s, max_decoding_s)
    except (av.error.FFmpegError, ValueError, OSError, MemoryError) as error:
        if isinstance(error, AudioError):
            raise
        reason = " ".join(str(getattr(error, "strerror", None) or error).split())
        raise AudioError(f"the file is damaged or not a whole {_name(form)} file ({reason}): save it again") from error


def _format_of(data: bytes) -> tuple[str, int]:
    """Return the demuxer by the file's first bytes and where they are.

    The library's own guess would also take playlists, which open other files of the machine.
    """
    start = _after_id3(data)
    head = data[start : start + 16]
    for pattern, form in _MAGIC:
        if pattern.match(head):
            # The MP3 reader knows its tags; others choke on them.
            return form, 0 if form == "mp3" else start
    if start:
        return "mp3", 0
    other = next((name for magic, name in _OTHERS if head.startswith(magic)), "not a sound file that is known here")
    raise AudioError(f"the file is {other}: save it as {FORMATS}")


def _after_id3(data: bytes) -> int:
    if len(data) < 10 or not data.startswith(b"ID3"):
        return 0
    size = sum((byte & 0x7F) << shift for byte, shift in zip(data[6:10], (21, 14, 7, 0), strict=True))
    return 10 + size + (10 if data[5] & 0x10 else 0)


def _check_wav_is_whole(data: bytes, form: str) -> None:
    if form != "wav" or not data.startswith(b"RIFF"):
        return
    stated = int.from_bytes(data[4:8], "little")
    # Recorders that write to a pipe leave the length open.
    if stated not in (0, 0xFFFFFFFF) and stated + 8 > len(data) * 1.01 + 1_024:
        raise AudioError(f"the WAV file is cut short: {len(data)} bytes of {stated + 8}; copy it again")


def _name(form: str) -> str:
    return {"mov": "M4A", "matroska": "WebM"}.get(form, form.upper())


def _decoded(
    file: av.container.InputContainer, form: str, head: bytes, max_duration_s: float, max_decoding_s: float
) -> BroughtIn:
    if not file.streams.audio:
        what = "only a picture" if file.streams.video else "no sound"
        raise AudioError(f"there is no sound in the file, {what}")
    stream = file.streams.audio[0]
    stated_s = float(stream.duration * stream.time_base) if stream.duration and stream.time_base else None
    clock = _Bounds(max_duration_s, max_decoding_s)
    folder = _ToStereo(lossy=form in ("mp3", "aac", "mov", "ogg", "matroska"))
    for frame in _frames(file, stream):
        clock.count(frame)
        folder.add(frame)
    played_s = clock.duration_s
    trusted = form in ("flac", "mov") or (form == "mp3" and (b"Xing" in head or b"Info" in head))
    if trusted and stated_s is not None and played_s < _CUT_SHORT_SHARE * stated_s - _CUT_SHORT_S:
        raise AudioError(
            f"the {_name(form)} file is cut short: {played_s:.1f} s of {stated_s:.1f} s are there; copy it again"
        )
    channels = folder.finished()
    pcm, fold = _folded(channels)
    return BroughtIn(pcm, folder.clipping.share, folder.rate, folder.channels, fold)


def _frames(file: av.container.InputContainer, stream: av.audio.stream.AudioStream) -> Iterator[av.AudioFrame]:
    packets = damaged = 0
    for packet in file.demux(stream):
        packets += 1
        try:
            yield from packet.decode()
        except av.error.InvalidDataError:
            damaged += 1
    # One is what a recorder leaves that was switched off; more is a file that was hurt on its way.
    if damaged > max(1, _MAX_DAMAGED_SHARE * packets):
        raise AudioError(f"the file is damaged: {damaged} of its {packets} parts cannot be decoded; copy it again")


class _Bounds:
    """Counts what was decoded and looks at the clock; raises AudioError when either is too much."""

    def __init__(self, max_duration_s: float, max_decoding_s: float) -> None:
        self.duration_s = 0.0
        self._longest_s = max_duration_s
        self._max_decoding_s = max_decoding_s
        self._ends = time.monotonic() + max_decoding_s

    def count(self, frame: av.AudioFrame) -> None:
        self.duration_s += frame.samples / frame.sample_rate
        if self.duration_s > self._longest_s:
            raise AudioError(f"the recording lasts longer than {self._longest_s / 60:g} minutes: cut it into parts")
        if time.monotonic() > self._ends:
            raise AudioError(f"the file could not be decoded within {self._max_decoding_s:g} s: save it as WAV")


class _ToStereo:
    """Brings frames of one rate and layout to one or two float channels at RATE; more are mixed down to two."""

    def __init__(self, *, lossy: bool) -> None:
        self.rate = self.channels = 0
        self.clipping = CountedClipping(lossy=lossy)
        self._layout = ""
        self._graph: av.filter.Graph | None = None
        self._pieces: list[Signal] = []
        self._samples = 0

    def add(self, frame: av.AudioFrame) -> None:
        samples = _as_float(frame)
        if self._graph is None:
            self._open(frame, len(samples))
        elif (frame.sample_rate, len(samples)) != (self.rate, self.channels):
            raise AudioError("the file changes its sample rate or channels half way: save it again as one recording")
        assert self._graph is not None
        self.clipping.add(samples)
        clean = av.AudioFrame.from_ndarray(samples, format="fltp", layout=self._layout)
        clean.sample_rate = self.rate
        clean.pts = self._samples
        clean.time_base = Fraction(1, self.rate)
        self._samples += samples.shape[1]
        self._graph.push(clean)
        self._pull()

    def finished(self) -> Signal:
        """Return what came, shape [channels, samples]."""
        if self._graph is None or self._samples == 0:
            raise AudioError("there is no sound in the file: it lasts 0 s")
        self._graph.push(None)
        self._pull()
        whole = np.concatenate(self._pieces, axis=1) if self._pieces else np.zeros((1, 0), np.float32)
        self._pieces.clear()
        return whole

    def _open(self, frame: av.AudioFrame, channels: int) -> None:
        self.rate, self.channels = frame.sample_rate, channels
        if not MIN_RATE <= self.rate <= MAX_RATE:
            raise AudioError(f"a sample rate of {self.rate} Hz is outside {MIN_RATE}..{MAX_RATE} Hz")
        if channels > _MAX_CHANNELS:
            raise AudioError(f"the file has {channels} channels, at most {_MAX_CHANNELS} are taken: save it in stereo")
        self._layout = frame.layout.name
        graph = av.filter.Graph()
        graph.threads = 1
        source = graph.add_abuffer(
            sample_rate=self.rate, format="fltp", layout=self._layout, time_base=Fraction(1, self.rate)
        )
        two = graph.add("aformat", f"sample_fmts=fltp:channel_layouts={'mono' if channels == 1 else 'stereo'}")
        converter = graph.add("aresample", _RESAMPLER)
        sink = graph.add("abuffersink")
        for one, other in ((source, two), (two, converter), (converter, sink)):
            one.link_to(other)
        graph.configure()
        self._graph = graph

    def _pull(self) -> None:
        assert self._graph is not None
        while True:
            try:
                piece = self._graph.pull()
            except (av.error.EOFError, av.error.BlockingIOError):
                return
            assert isinstance(piece, av.AudioFrame)
            self._pieces.append(piece.to_ndarray().astype(np.float32, copy=True))


def _as_float(frame: av.AudioFrame) -> Signal:
    """Return a frame as float32 of full scale 1.0, shape [channels, samples]; what is no number becomes 0."""
    raw: npt.NDArray[Any] = frame.to_ndarray()
    if not frame.format.is_planar:
        raw = raw.reshape(-1, frame.layout.nb_channels).T
    if raw.dtype == np.uint8:
        samples = (raw.astype(np.float32) - 128) / 128
    elif raw.dtype.kind == "i":
        samples = (raw / -float(np.iinfo(raw.dtype).min)).astype(np.float32)
    else:
        finite = np.nan_to_num(raw, nan=0.0, posinf=0.0, neginf=0.0)
        samples = np.clip(finite, -_HIGHEST_SAMPLE, _HIGHEST_SAMPLE).astype(np.float32)
    return np.ascontiguousarray(samples)


def _folded(channels: Signal) -> tuple[Signal, str]:
    steady = channels - channels.mean(axis=1, keepdims=True, dtype=np.float64).astype(np.float32)
    if len(steady) == 1:
        return steady[0], "mono"
    mean = steady.mean(axis=0)
    powers = np.mean(np.square(steady), axis=1)
    strongest = int(np.argmax(powers))
    if _cancels(steady, mean) or float(np.mean(np.square(mean))) < _WEAK_MEAN_POWER * float(powers[strongest]):
        return steady[strongest].copy(), "strongest"
    return mean, "mean"


def _cancels(channels: Signal, mean: Signal) -> bool:
    """Say whether the channels take each other's sound away in more than a tenth of what is audible."""
    block = min(round(_BLOCK_S * RATE), len(mean))
    count = len(mean) // block if block else 0
    if count == 0:
        return False

    def powers(signal: Signal) -> npt.NDArray[np.floating]:
        return np.asarray(np.mean(np.square(signal[: count * block].reshape(count, block)), axis=1))

    strongest = np.max([powers(channel) for channel in channels], axis=0)
    audible = strongest > _AUDIBLE_POWER
    cancelled = audible & (powers(mean) < _CANCELLED_POWER * strongest)
    return bool(cancelled.sum() > _CANCELLED_BLOCKS * max(1, audible.sum()))
