"""The picture of a sound: waveform, spectrogram and what was found of the bulletin on one time axis."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from smartradio.domain.verdict import WordState
from smartradio.web.png import palette_png
from smartradio.web.port import PCM_RATE, Pcm
from smartradio.web.said import SIGNS

_WIDTH = 960
_LEFT = 44
_RIGHT = 10
_PLOT = _WIDTH - _LEFT - _RIGHT
_WAVE_HEIGHT = 76
_SPECTRUM_HEIGHT = 112
_RIBBON_HEIGHT = 12
_WORDS_HEIGHT = 26
_GAP = 6
_AXIS_HEIGHT = 22
_COLUMNS = 720
_ROWS = 112
_RANGE_DB = 60.0
_LEVELS = 40
_LOUDEST_AT_LEAST_DB = -10.0
"""Speech at the microphone reads about this in a spectrogram: what is weaker throughout stays pale."""
_TALLEST_AT_LEAST = 0.1
"""A peak below −20 dBFS does not fill the waveform: silence must not look like speech."""
_NO_PEAK = 1e-4

_INK = "#22343a"
_SOFT = "#6c7f85"
_LINE = "#d9dfdd"
_WAVE = "#2c7a7b"
_FOUND = "#2c7a7b"
_OF_STATE = {
    WordState.HEARD: ("#1f7a4d", "#e6f3ec"),
    WordState.DOUBTFUL: ("#8a4f00", "#fbf0dd"),
    WordState.MISSING: ("#b3261e", "#fbe8e6"),
    WordState.DIFFERENT: ("#6d3fa0", "#f1eaf8"),
    WordState.UNPROVEN: ("#4a6572", "#e9eef0"),
}
"""Ink and paper of each state, as in style.css."""

_ROOM_FOR_SIGN, _ROOM_FOR_NUMBER = 18, 36

PLOT_FROM, PLOT_SHARE = _LEFT / _WIDTH, _PLOT / _WIDTH
"""Where the time axis begins and how much of a picture's width it takes."""

_ANCHORS = np.array(
    [[248, 249, 247], [214, 230, 226], [142, 190, 186], [64, 134, 138], [25, 82, 92], [10, 38, 50]],
    dtype=np.float64,
)


@dataclass(frozen=True, slots=True)
class SentenceMark:
    """A sentence by its number, where it lies, its fate, and where which of its words were found."""

    number: int
    span: tuple[float, float]
    state: WordState
    words: Sequence[tuple[float, float, WordState]] = ()


@dataclass(frozen=True, slots=True)
class Marks:
    """What is drawn over a sound, in seconds on the axis of the recording (0 is its planned start).

    `spans` are the segments, `presence` is how much of the recording was found, by 100 ms from 0 on, 0 to 1.
    """

    spans: Sequence[tuple[float, float]] = ()
    presence: Sequence[float] = ()
    sentences: Sequence[SentenceMark] = ()


def sound_picture(pcm: Pcm, *, window_s: tuple[float, float], starts_s: float = 0.0, marks: Marks | None = None) -> str:
    """Return an SVG of `pcm` (at PCM_RATE) as seen in `window_s`, which begins and ends on the marks' axis.

    `starts_s` is where the first sample stands on that axis. The waveform is scaled to its own peak, which
    is written beside it in dBFS; only what stays below −20 dBFS is drawn smaller than its room.
    """
    marks = marks or Marks()
    shown = _cut(pcm, starts_s, window_s)
    ribbon = (_RIBBON_HEIGHT + _GAP) if marks.presence else 0
    words = (_WORDS_HEIGHT + _GAP) if marks.sentences else 0
    spectrum_top = _WAVE_HEIGHT + _GAP + words
    ribbon_top = spectrum_top + _SPECTRUM_HEIGHT + _GAP
    bottom = ribbon_top + ribbon
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {bottom + _AXIS_HEIGHT}" '
        'class="sound" role="img" font-family="system-ui, sans-serif" font-size="11">'
    )
    parts = [
        head,
        *_segments(marks.spans, window_s, bottom),
        *_waveform(shown),
        *_sentences(marks.sentences, window_s, _WAVE_HEIGHT + _GAP),
        *_spectrogram(shown, spectrum_top),
    ]
    if marks.presence:
        parts.extend(_ribbon(marks.presence, window_s, ribbon_top))
    parts.extend(_axis(window_s, bottom))
    parts.append("</svg>")
    return "".join(parts)


def spectrogram_png(pcm: Pcm) -> bytes:
    """Return the spectrogram of `pcm` (at PCM_RATE) up to half the rate as a PNG, the loudest darkest."""
    power_db = _power_db(pcm)
    top_db = max(float(power_db.max()), _LOUDEST_AT_LEAST_DB)
    shade = np.clip((power_db - top_db + _RANGE_DB) / _RANGE_DB, 0.0, 1.0)
    levels = np.round(shade * (_LEVELS - 1)).astype(np.uint8)
    return palette_png(np.ascontiguousarray(levels[::-1]), _palette())


def _power_db(pcm: Pcm) -> npt.NDArray[np.float64]:
    """Shapes: pcm [n] → [_ROWS, _COLUMNS], dB of the mean power; row 0 is the lowest band."""
    width = 512
    frames = max(_COLUMNS, min(4 * _COLUMNS, pcm.size // 160)) // _COLUMNS * _COLUMNS
    padded = np.zeros(pcm.size + 2 * width, dtype=np.float32)
    padded[width // 2 : width // 2 + pcm.size] = pcm
    starts = np.linspace(0, pcm.size, frames, endpoint=False).astype(np.int64)
    windows = np.lib.stride_tricks.sliding_window_view(padded, width)[starts]
    spectra = np.fft.rfft(windows * np.hanning(width).astype(np.float32), axis=1)
    power = (np.abs(spectra) ** 2)[:, 1:]  # [frames, 256], without the offset
    edges = np.linspace(0, power.shape[1], _ROWS + 1).astype(np.int64)
    rows = np.add.reduceat(power, edges[:-1], axis=1) / np.diff(edges)
    columns = rows.reshape(_COLUMNS, frames // _COLUMNS, _ROWS).mean(axis=1)
    return np.asarray(10.0 * np.log10(columns.T / width + 1e-14), dtype=np.float64)


def _palette() -> npt.NDArray[np.uint8]:
    at = np.linspace(0, len(_ANCHORS) - 1, _LEVELS)
    mixed = [np.interp(at, np.arange(len(_ANCHORS)), _ANCHORS[:, channel]) for channel in range(3)]
    return np.round(np.stack(mixed, axis=1)).astype(np.uint8)


def _cut(pcm: Pcm, starts_s: float, window_s: tuple[float, float]) -> Pcm:
    begin, end = window_s
    if not end > begin:
        raise ValueError(f"the window ends at {end} s before it begins at {begin} s")
    first = round((begin - starts_s) * PCM_RATE)
    shown = np.zeros(max(1, round((end - begin) * PCM_RATE)), dtype=np.float32)
    low, high = max(first, 0), min(first + shown.size, pcm.size)
    if high > low:
        shown[low - first : high - first] = pcm[low:high]
    return shown


def _x(at_s: float, window_s: tuple[float, float]) -> float:
    begin, end = window_s
    return round(_LEFT + _PLOT * (min(max(at_s, begin), end) - begin) / (end - begin), 1)


def _waveform(shown: Pcm) -> Iterator[str]:
    edges = np.linspace(0, shown.size, min(_COLUMNS, shown.size) + 1).astype(np.int64)[:-1]
    peak = float(np.abs(shown).max())
    scale = (_WAVE_HEIGHT / 2 - 3) / max(peak, _TALLEST_AT_LEAST)
    middle = _WAVE_HEIGHT / 2
    step = _PLOT / edges.size
    lengths = np.diff(np.append(edges, shown.size))
    rms = np.sqrt(np.add.reduceat(shown.astype(np.float64) ** 2, edges) / lengths)
    for low, high, opacity in (
        (np.minimum.reduceat(shown, edges), np.maximum.reduceat(shown, edges), "0.45"),
        (-rms, rms, "1"),
    ):
        upper = [f"{_LEFT + i * step:.1f},{middle - v * scale:.1f}" for i, v in enumerate(high)]
        lower = [f"{_LEFT + i * step:.1f},{middle - v * scale:.1f}" for i, v in enumerate(low)]
        outline = " ".join(upper + lower[::-1])
        yield f'<path d="M{outline}z" fill="{_WAVE}" opacity="{opacity}"/>'
    label = f"{20 * np.log10(peak):.0f}".replace("-", "−") if peak > _NO_PEAK else "&lt; −80"
    yield _label(_LEFT - 6, 12, label)
    yield _label(_LEFT - 6, 25, "dBFS", _SOFT)


def _spectrogram(shown: Pcm, top: float) -> Iterator[str]:
    data = base64.b64encode(spectrogram_png(shown)).decode()
    yield (
        f'<image x="{_LEFT}" y="{top}" width="{_PLOT}" height="{_SPECTRUM_HEIGHT}" '
        f'preserveAspectRatio="none" href="data:image/png;base64,{data}"/>'
    )
    for khz in (8, 4, 0):
        y = top + _SPECTRUM_HEIGHT * (1 - khz / 8)
        yield _label(_LEFT - 6, min(max(y + 4, top + 9), top + _SPECTRUM_HEIGHT), f"{khz} kHz" if khz else "0", _SOFT)


def _segments(spans: Sequence[tuple[float, float]], window_s: tuple[float, float], bottom: float) -> Iterator[str]:
    for number, (begin, end) in enumerate(spans):
        left, right = _x(begin, window_s), _x(end, window_s)
        if right - left < 1:
            continue
        shade = "#f1f4f2" if number % 2 else "#e6ecea"
        yield f'<rect x="{left}" y="0" width="{right - left:.1f}" height="{bottom}" rx="3" fill="{shade}"/>'


def _sentences(sentences: Sequence[SentenceMark], window_s: tuple[float, float], top: float) -> Iterator[str]:
    """A box for each sentence with its sign and number; below, a tick for each word that was found."""
    for sentence in sentences:
        left, right = _x(sentence.span[0], window_s), _x(sentence.span[1], window_s)
        ink, paper = _OF_STATE[sentence.state]
        width = max(right - left, 2.0)
        yield (
            f'<rect x="{left + 0.5:.1f}" y="{top + 0.5}" width="{max(width - 1, 1):.1f}" height="{_WORDS_HEIGHT - 1}" '
            f'rx="4" fill="{paper}" stroke="{ink}"/>'
        )
        if width >= _ROOM_FOR_SIGN:
            yield (
                f'<path transform="translate({left + 5:.1f} {top + 4})" d="{SIGNS[sentence.state]}" fill="none" '
                f'stroke="{ink}" stroke-width="1.6" stroke-linecap="round"/>'
            )
        if width >= _ROOM_FOR_NUMBER:
            yield f'<text x="{left + 18:.1f}" y="{top + 13}" fill="{ink}">{sentence.number}</text>'
        for begin, end, state in sentence.words:
            x0, x1 = _x(begin, window_s), _x(end, window_s)
            yield (
                f'<rect x="{x0}" y="{top + _WORDS_HEIGHT - 8}" width="{max(x1 - x0 - 0.6, 0.8):.1f}" height="5" '
                f'fill="{_OF_STATE[state][0]}"/>'
            )


def _ribbon(presence: Sequence[float], window_s: tuple[float, float], top: float) -> Iterator[str]:
    yield _label(_LEFT - 6, top + 10, "%", _SOFT)
    end_s = len(presence) / 10
    left, right = _x(0.0, window_s), _x(end_s, window_s)
    yield (
        f'<rect x="{left}" y="{top}" width="{max(right - left, 0):.1f}" height="{_RIBBON_HEIGHT}" rx="3" '
        f'fill="none" stroke="{_SOFT}" stroke-dasharray="2 3"/>'
    )
    shades = [round(4 * min(max(value, 0.0), 1.0)) for value in presence]
    begin = 0
    for i in range(1, len(shades) + 1):
        if i < len(shades) and shades[i] == shades[begin]:
            continue
        if shades[begin]:
            x0, x1 = _x(begin / 10, window_s), _x(i / 10, window_s)
            height = _RIBBON_HEIGHT * shades[begin] / 4
            yield (
                f'<rect x="{x0}" y="{top + _RIBBON_HEIGHT - height:.1f}" width="{x1 - x0 + 0.2:.1f}" '
                f'height="{height:.1f}" fill="{_FOUND}"/>'
            )
        begin = i


def _axis(window_s: tuple[float, float], bottom: float) -> Iterator[str]:
    begin, end = window_s
    step = next((s for s in (1, 2, 5, 10, 20, 30, 60, 120, 300, 600) if (end - begin) / s <= 12), 1800)
    yield f'<line x1="{_LEFT}" y1="{bottom}" x2="{_WIDTH - _RIGHT}" y2="{bottom}" stroke="{_LINE}"/>'
    at = int(np.ceil(begin / step)) * step
    while at <= end:
        x = _x(at, window_s)
        yield f'<line x1="{x}" y1="{bottom}" x2="{x}" y2="{bottom + 4}" stroke="{_SOFT}"/>'
        text = f"{at} s".replace("-", "−")
        yield f'<text x="{x}" y="{bottom + 17}" text-anchor="middle" fill="{_SOFT}">{text}</text>'
        at += step


def _label(x: float, y: float, text: str, colour: str = _INK) -> str:
    return f'<text x="{x}" y="{y}" text-anchor="end" fill="{colour}">{text}</text>'
