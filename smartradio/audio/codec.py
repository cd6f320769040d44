"""Sound as Ogg Opus objects and back.

An object's name is the hash of its bytes, so the same sound must always give the same bytes: the Ogg
stream number and the encoder's tag are fixed ("bitexact") instead of random and versioned.
"""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterator
from fractions import Fraction

import av
import av.container
import av.error
import numpy as np
import numpy.typing as npt

from smartradio.audio.errors import AudioError
from smartradio.audio.resample import resample, resampled_length

OPUS_RATES = (8_000, 12_000, 16_000, 24_000, 48_000)
# Opus always decodes at this rate, and counts its own time in it (RFC 7845).
DECODED_RATE = 48_000
MIN_BITRATE = 6_000
MAX_BITRATE = 256_000
FRAME_MS = 20
_BLOCK_S = 10
_CONTEXT_S = 1


def encode_opus(pcm: npt.NDArray[np.float32], rate: int = 16_000, *, bitrate: int = 16_000) -> bytes:
    """Return `pcm` (float32, mono, full scale 1.0) as one Ogg Opus object, the same bytes every time.

    `bitrate` in bits a second, variable; 20 ms frames. What lies above full scale is the caller's to
    limit. Raises AudioError for an empty, non-finite or multi-channel signal or an impossible rate.
    """
    if pcm.ndim != 1 or len(pcm) == 0:
        raise AudioError(f"Opus needs one channel with at least one sample, got shape {pcm.shape}")
    if rate not in OPUS_RATES:
        raise AudioError(f"Opus has no sample rate of {rate} Hz; use one of {OPUS_RATES}")
    if not MIN_BITRATE <= bitrate <= MAX_BITRATE:
        raise AudioError(f"an Opus bit rate of {bitrate} is outside {MIN_BITRATE}..{MAX_BITRATE} bit/s")
    pcm = np.ascontiguousarray(pcm, dtype=np.float32)
    if not np.isfinite(pcm).all():
        raise AudioError("the signal holds values that are not numbers")
    sink = io.BytesIO()
    with av.open(sink, "w", format="ogg", container_options={"fflags": "+bitexact"}) as container:
        # "audio", not "voip": its pre-filter shifts phases, which costs the reference match 5 %.
        options = {"application": "audio", "vbr": "on", "frame_duration": str(FRAME_MS)}
        stream = container.add_stream("libopus", rate=rate, layout="mono", options=options)
        stream.bit_rate = bitrate
        frame = av.AudioFrame.from_ndarray(pcm.reshape(1, -1), format="flt", layout="mono")
        frame.sample_rate = rate
        frame.time_base = Fraction(1, rate)
        frame.pts = 0
        for flushed in (frame, None):
            for packet in stream.encode(flushed):
                container.mux(packet)
    return sink.getvalue()


def decode_opus(data: bytes, rate: int = DECODED_RATE, *, max_duration_s: float = 3600.0) -> npt.NDArray[np.float32]:
    """Return the sound of an Ogg Opus object as float32 mono at `rate` (Hz).

    The length is exactly that of the sound that was encoded: pre-skip and end padding are taken off, so
    objects join without a gap. More channels are averaged. Raises AudioError, and nothing else, when
    `data` is not Ogg Opus, is damaged, holds no sound, or lasts longer than `max_duration_s`.
    """
    pieces = _limited(_guarded(data), max_duration_s)
    # Grown in place: a list of pieces and their concatenation would hold the sound twice.
    sound = bytearray()
    for piece in pieces if rate == DECODED_RATE else _at_rate(pieces, rate):
        sound += piece.tobytes()
    if not sound:
        raise AudioError("the Opus object holds no sound")
    return np.frombuffer(sound, np.float32)


def _limited(pieces: Iterator[npt.NDArray[np.float32]], max_duration_s: float) -> Iterator[npt.NDArray[np.float32]]:
    left = int(max_duration_s * DECODED_RATE)
    for piece in pieces:
        left -= len(piece)
        if left < 0:
            raise AudioError(f"the Opus object lasts longer than {max_duration_s:g} s")
        yield piece


def _at_rate(pieces: Iterator[npt.NDArray[np.float32]], rate: int) -> Iterator[npt.NDArray[np.float32]]:
    """Yield the sound at another rate, block by block, so that it never stands in memory at 48 kHz.

    Each block is resampled with a second of its neighbours around it, far more than the filter sees; blocks
    and neighbours are whole seconds, so the samples of all blocks lie on one grid.
    """
    block, context = _BLOCK_S * DECODED_RATE, _CONTEXT_S * DECODED_RATE
    held: list[npt.NDArray[np.float32]] = []
    samples = before = 0
    for piece in pieces:
        held.append(piece)
        samples += len(piece)
        if samples >= before + block + context:
            window = np.concatenate(held)
            begin, end = (at * rate // DECODED_RATE for at in (before, before + block))
            yield resample(window, DECODED_RATE, rate)[begin:end]
            held = [window[before + block - context :].copy()]
            samples, before = len(held[0]), context
    if samples > before:
        yield resample(np.concatenate(held), DECODED_RATE, rate)[before * rate // DECODED_RATE :]


def duration_s(data: bytes) -> float:
    """Return the length in seconds that decoding will give, read from the last page. Raises AudioError."""
    try:
        with _opened(data) as container:
            stream = container.streams.audio[0]
            header = stream.codec_context.extradata or b""
            if stream.duration is None or stream.time_base is None or len(header) < 12:
                raise AudioError("the Opus object is cut short: it does not tell its length")
            pre_skip = int.from_bytes(header[10:12], "little")
            samples = round(stream.duration * stream.time_base * DECODED_RATE) - pre_skip
    except (av.error.FFmpegError, ValueError, OSError) as error:
        raise _as_audio_error(error) from error
    if samples <= 0:
        raise AudioError("the Opus object holds no sound")
    return samples / DECODED_RATE


def decoded_length(samples: int, rate: int) -> int:
    """Return how many samples `decode_opus` gives at its own rate for `samples` encoded at `rate`."""
    return resampled_length(samples, rate, DECODED_RATE)


def _guarded(data: bytes) -> Iterator[npt.NDArray[np.float32]]:
    try:
        with _opened(data) as container:
            decoder = _decoder(container.streams.audio[0])
            for frame in itertools.chain.from_iterable(map(decoder.decode, container.demux(audio=0))):
                if frame.sample_rate != DECODED_RATE:
                    raise AudioError(f"the Opus object decodes to {frame.sample_rate} Hz")
                if frame.format.name != "flt":
                    raise AudioError(f"the Opus object decodes to {frame.format.name} samples")
                # Straight from the plane: for frames of 20 ms to_ndarray costs as much as decoding.
                count = frame.layout.nb_channels
                sound = np.frombuffer(memoryview(frame.planes[0]), np.float32, frame.samples * count)
                yield sound.reshape(-1, count).mean(axis=1) if count > 1 else sound.copy()
    except (av.error.FFmpegError, ValueError, OSError) as error:
        raise _as_audio_error(error) from error


def _decoder(stream: av.AudioStream) -> av.AudioCodecContext:
    """Return the decoder of those who made Opus.

    FFmpeg's own, which is what it decodes with unless told otherwise, turns one faint clip in fifteen at 16 kbit/s
    into one with a burst in it, up to 500 times full scale.
    """
    decoder = av.AudioCodecContext.create("libopus", "r")
    decoder.extradata = stream.codec_context.extradata
    decoder.options = {"request_sample_fmt": "flt"}
    return decoder


def _opened(data: bytes) -> av.container.InputContainer:
    container = av.open(io.BytesIO(data), "r", format="ogg", metadata_errors="replace")
    codecs = [stream.codec_context.name for stream in container.streams.audio]
    if not codecs or codecs[0] not in ("opus", "libopus"):
        container.close()
        raise AudioError(f"the Ogg object holds {codecs[0] if codecs else 'no sound'}, not Opus")
    return container


def _as_audio_error(error: Exception) -> AudioError:
    if isinstance(error, AudioError):
        return error
    return AudioError(f"not a whole Ogg Opus object: {' '.join(str(error).split())}")
