"""A broadcaster's own recording → stretches that stand in a bulletin as sentences do: checked, trimmed, cut."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from smartradio.audio.brought_in import RATE, decode_brought_in
from smartradio.audio.errors import AudioError
from smartradio.audio.levels import short_time_levels_dbfs
from smartradio.domain.errors import BadInputError
from smartradio.speech.script import LINE_PAUSE_S, ImportedSound

MIN_DURATION_S = 1.0
MAX_STRETCH_S = 30.0
# Of all samples. Speech turned up by 6 dB beyond full scale has 0.7 %, by 10 dB 2.7 %, by 15 dB 8.5 %.
WARN_CLIPPED_SHARE = 0.003
MAX_CLIPPED_SHARE = 0.05

_WINDOW_S = 0.02
_SILENT_DBFS = -55.0
# A pause lies a little above the room's own noise, at least so far below what is loud and at most so far.
_ABOVE_NOISE_DB = 6.0
_BELOW_LOUD_DB = (12.0, 40.0)
_LOUD_QUANTILE = 0.95
_NOISE_QUANTILE = 0.05
# Speech in a quiet room leaves 30 dB and more between its loud stretches and its pauses.
_WARN_RANGE_DB = 15.0
_MIN_SOUNDING_SHARE = 0.1
_MARGIN_S = 0.1
_LONG_SILENCE_S = 10.0
# A stretch ends in the longest pause after its first third, so that a bulletin that was interrupted goes on nearby.
_MIN_STRETCH_S = 10.0
_LEAST_REST_S = 2.0
_PAUSE_S = 0.2
_QUIETEST_S = 0.1
# Where nobody speaks for so long there is silence on air: brought to the loudness of speech, a room's noise roars.
_GAP_S = 3.0
_SHORTEST_WORD_S = 0.15


@dataclass(frozen=True, eq=False)
class ImportReport:
    """A recording ready for a bulletin, its length in seconds without silent ends, and what somebody should know."""

    sounds: tuple[ImportedSound, ...]
    duration_s: float
    clipped_share: float
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class _Pause:
    """A pause by its windows, the end not included."""

    begin: int
    end: int


def imported_sounds(data: bytes, name: str) -> tuple[ImportedSound, ...]:
    """Return a sound file as stretches of at most MAX_STRETCH_S; see `import_sound`."""
    return import_sound(data, name).sounds


def import_sound(data: bytes, name: str, *, max_bytes: int | None = None) -> ImportReport:
    """Check a sound file, trim its silent ends, and cut it in its pauses; `name` is the file's, for people.

    Raises BadInputError in one line that names the file: not a sound file, shorter than MIN_DURATION_S, too
    long, silent altogether or for the most part, its peaks cut off.
    """
    try:
        found = decode_brought_in(data, max_bytes=max_bytes)
    except AudioError as error:
        raise BadInputError(f"{name}: {error}") from error
    if found.duration_s < MIN_DURATION_S:
        raise BadInputError(f"{name}: lasts {found.duration_s:.1f} s; a recording must last {MIN_DURATION_S:g} s")
    if found.clipped_share > MAX_CLIPPED_SHARE:
        raise BadInputError(
            f"{name}: was recorded too loud, {_percent(found.clipped_share)} of it is cut off at full scale and "
            "rattles: record it again with the microphone turned down"
        )
    levels_db = short_time_levels_dbfs(found.pcm, RATE, window_s=_WINDOW_S)
    sounding, range_db = _sounding(levels_db, name)
    pcm, levels_db, sounding = _trimmed(found.pcm, levels_db, sounding)
    pauses = _pauses(sounding)
    warnings = []
    if found.clipped_share > WARN_CLIPPED_SHARE:
        warnings.append(f"{name}: {_percent(found.clipped_share)} of it is cut off at full scale; it may rattle")
    if range_db < _WARN_RANGE_DB:
        warnings.append(f"{name}: its quietest parts lie only {range_db:.0f} dB below its loud ones; noise or music")
    warnings += [
        f"{name}: is silent for {(pause.end - pause.begin) * _WINDOW_S:.0f} s from {_clock(pause.begin * _WINDOW_S)}"
        for pause in pauses
        if (pause.end - pause.begin) * _WINDOW_S >= _LONG_SILENCE_S
    ]
    sounds = tuple(_stretches(pcm, levels_db, pauses))
    return ImportReport(sounds, len(pcm) / RATE, found.clipped_share, tuple(warnings))


def _sounding(levels_db: npt.NDArray[np.float32], name: str) -> tuple[npt.NDArray[np.bool_], float]:
    """Say of each window whether something sounds, and how many dB lie between what is loud and what is quiet.

    Raises BadInputError when hardly anything sounds.
    """
    audible = levels_db > _SILENT_DBFS
    if not audible.any():
        raise BadInputError(f"{name}: is silent from beginning to end: check the microphone and record it again")
    loud_db = float(np.quantile(levels_db[audible], _LOUD_QUANTILE))
    noise_db = float(np.quantile(levels_db, _NOISE_QUANTILE))
    least, most = _BELOW_LOUD_DB
    threshold_db = min(max(noise_db + _ABOVE_NOISE_DB, loud_db - most), loud_db - least)
    sounding = audible & (levels_db > threshold_db)
    share = float(sounding.mean())
    sounding_s = float(sounding.sum()) * _WINDOW_S
    if share < _MIN_SOUNDING_SHARE or sounding_s < MIN_DURATION_S / 2:
        raise BadInputError(
            f"{name}: is silent for the most part, only {sounding_s:.1f} s of {len(levels_db) * _WINDOW_S:.0f} s "
            "sound: cut the silence away or record it again"
        )
    return np.asarray(sounding), loud_db - noise_db


def _trimmed(
    pcm: npt.NDArray[np.float32], levels_db: npt.NDArray[np.float32], sounding: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    margin, window = round(_MARGIN_S / _WINDOW_S), round(_WINDOW_S * RATE)
    where = np.flatnonzero(sounding)
    begin, end = max(0, int(where[0]) - margin), min(len(sounding), int(where[-1]) + 1 + margin)
    # What lies beyond the last whole window belongs to it.
    last = len(pcm) if end == len(sounding) else end * window
    return pcm[begin * window : last], levels_db[begin:end], sounding[begin:end]


def _pauses(sounding: npt.NDArray[np.bool_]) -> list[_Pause]:
    edges = np.diff(np.concatenate(([0], (~sounding).astype(np.int8), [0])))
    begins, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    least = round(_PAUSE_S / _WINDOW_S)
    return [_Pause(int(b), int(e)) for b, e in zip(begins, ends, strict=True) if e - b >= least]


def _stretches(
    pcm: npt.NDArray[np.float32], levels_db: npt.NDArray[np.float32], pauses: list[_Pause]
) -> list[ImportedSound]:
    window = round(_WINDOW_S * RATE)
    longest = round(MAX_STRETCH_S * RATE)
    found: list[ImportedSound] = []
    at = 0
    gaps = _gaps(pauses)
    while True:
        within = [gap for gap in gaps if at < gap.begin and (gap.begin - at) * window <= longest]
        if within:
            cut = within[0]
        elif len(pcm) - at * window > longest:
            cut = _best_cut(at, levels_db, pauses)
        else:
            break
        silence_s = (cut.end - cut.begin) * _WINDOW_S
        found.append(ImportedSound(pcm[at * window : cut.begin * window].copy(), pause_after_s=silence_s))
        at = cut.end
    found.append(ImportedSound(pcm[at * window :].copy(), pause_after_s=LINE_PAUSE_S))
    return found


def _gaps(pauses: list[_Pause]) -> list[_Pause]:
    """Return the pauses in which nobody speaks, a little shorter than they are; a click in one is no word."""
    gaps: list[_Pause] = []
    margin = round(_MARGIN_S / _WINDOW_S)
    for pause in pauses:
        if (pause.end - pause.begin) * _WINDOW_S < _GAP_S:
            continue
        gap = _Pause(pause.begin + margin, pause.end - margin)
        if gaps and (pause.begin - gaps[-1].end - margin) * _WINDOW_S < _SHORTEST_WORD_S:
            gap = _Pause(gaps.pop().begin, gap.end)
        gaps.append(gap)
    return gaps


def _best_cut(at: int, levels_db: npt.NDArray[np.float32], pauses: list[_Pause]) -> _Pause:
    """Return the longest pause within reach; where nobody pauses, the quietest instant, as a pause of none."""
    first = at + round(_MIN_STRETCH_S / _WINDOW_S)
    last = min(at + round(MAX_STRETCH_S / _WINDOW_S), len(levels_db) - round(_LEAST_REST_S / _WINDOW_S))
    within = [pause for pause in pauses if first <= pause.begin <= last]
    if within:
        return max(within, key=lambda pause: (pause.end - pause.begin, -pause.begin))
    span = round(_QUIETEST_S / _WINDOW_S)
    power = np.convolve(10 ** (levels_db[first : last + span].astype(np.float64) / 10), np.ones(span), "valid")
    quietest = first + int(np.argmin(power)) + span // 2
    return _Pause(quietest, quietest)


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
