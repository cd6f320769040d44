"""Verdicts of simulated poles over many seeds, and what the match costs: `python benchmarks/verdicts.py [--seeds N]`.

Vietnamese bulletins by espeak-ng, mastered to −16 LUFS, sent through Opus both ways as on the wire; every pole has two
neighbours that air the same bulletin. A clock is off by up to 50 ppm.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections import Counter

import numpy as np
from _rows import row

from smartradio.audio.chime import chime
from smartradio.audio.codec import decode_opus, encode_opus
from smartradio.audio.loudness import integrated_lufs
from smartradio.audio.pole import Fault, FaultyHorn, SimulatedPole, demo_scene
from smartradio.audio.resample import resample
from smartradio.audio.spectrum import band_level_db, gain
from smartradio.domain.verdict import VerdictCode
from smartradio.listening.judge import judge
from smartradio.speech.voices.espeak import EspeakVoice

RATE = 16000
PAUSE_S = 0.4
BULLETINS = (
    (
        "Ủy ban nhân dân xã thông báo khẩn.",
        "Mực nước sông Đáy lúc mười bảy giờ đã vượt báo động hai và còn lên nhanh.",
        "Bà con thôn một và thôn ba chuyển tài sản lên cao, không đi qua ngầm tràn.",
    ),
    (
        "Trạm y tế xã mời các gia đình có trẻ dưới năm tuổi.",
        "Lịch tiêm phòng bắt đầu từ bảy giờ sáng thứ hai tuần sau.",
        "Khi đi mang theo sổ tiêm chủng và giấy tờ của trẻ.",
    ),
)
WANTED = {
    None: VerdictCode.AIRED,
    Fault.SILENT: VerdictCode.SILENT,
    Fault.NEIGHBOUR: VerdictCode.SILENT,
    Fault.CUT: VerdictCode.PARTLY_AIRED,
    Fault.WRONG: VerdictCode.OTHER,
    Fault.MUFFLED: VerdictCode.UNINTELLIGIBLE,
    Fault.NOISY: VerdictCode.UNCLEAR,
}


def recording(voice: EspeakVoice, sentences: tuple[str, ...]) -> tuple[np.ndarray, list[tuple[float, float]]]:
    pieces, segments, at = [], [], 0
    for sound, rate in [(chime("normal"), RATE), *(voice.speak(sentence) for sentence in sentences)]:
        piece = resample(sound, rate, RATE) if rate != RATE else sound
        pieces += [piece, np.zeros(int(PAUSE_S * RATE), np.float32)]
        segments.append((at / RATE, (at + piece.size) / RATE))
        at += piece.size + int(PAUSE_S * RATE)
    whole = np.concatenate(pieces)
    whole = np.clip(whole * gain(-16.0 - integrated_lufs(whole, RATE)), -0.8, 0.8)
    return decode_opus(encode_opus(whole.astype(np.float32)), RATE), segments


def clip_of(played: np.ndarray, other: np.ndarray, fault: Fault | None, seed: int) -> tuple[np.ndarray, int, float]:
    scene = demo_scene(seed % 3 + 1, seed, fault, speech_db=band_level_db(played, RATE, 200, 5500))
    horn = FaultyHorn(fault, substitute=other)
    horn.begin(played.size)
    own, near = (np.pad(each, (2 * RATE, 3 * RATE)) for each in (horn.play(played), played))
    started = time.process_time()
    heard = SimulatedPole(scene).hear(own, [near] * len(scene.neighbours))
    cost_s = time.process_time() - started
    ppm = np.random.default_rng(seed).uniform(-50.0, 50.0)
    heard = np.interp(np.arange(heard.size) * (1 + ppm * 1e-6), np.arange(heard.size), heard)
    sent = encode_opus(np.clip(heard, -1.0, 1.0).astype(np.float32))
    return decode_opus(sent, RATE), len(sent), cost_s


def spread(values: list[float]) -> str:
    if not values:
        return "-"
    low, middle, high = np.percentile(values, [0, 50, 100])
    return f"{low:.2f} / {middle:.2f} / {high:.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=40)
    # Not those that thresholds and tests were made with.
    parser.add_argument("--first", type=int, default=1_000)
    options = parser.parse_args()
    seeds = options.seeds
    with EspeakVoice("vi") as voice:
        (played, segments), (other, _) = (recording(voice, bulletin) for bulletin in BULLETINS)
    length_s = played.size / RATE
    print(f"recording {length_s:.1f} s, {band_level_db(played, RATE, 200, 5500):.1f} dBFS in band; {seeds} seeds")
    judged_s = heard_s = 0.0
    wrong = 0
    for fault, wanted in WANTED.items():
        verdicts: Counter[str] = Counter()
        snrs_db, coverages = [], []
        for seed in range(options.first, options.first + seeds):
            clip, _, cost_s = clip_of(played, other, fault, seed)
            heard_s += cost_s
            started = time.process_time()
            judgement = judge(clip, played, segments[1:])  # a chime proves no bulletin
            judged_s += time.process_time() - started
            verdicts[judgement.verdict] += 1
            wrong += judgement.verdict is not wanted
            coverages.append(judgement.coverage)
            snrs_db += [judgement.snr_db] if judgement.snr_db is not None else []
        tally = ", ".join(f"{code} {count}" for code, count in verdicts.most_common())
        print(f"{fault or 'good':10} {tally:32} coverage {spread(coverages):22} snr_db {spread(snrs_db)}")
    total_s = length_s * seeds * len(WANTED)
    row("demo faults and good airings with another verdict", wrong, f"of {seeds * len(WANTED)}", 0)
    row("CPU of judging one clip", judged_s / total_s, "x real time")
    row("CPU of a simulated pole", heard_s / total_s, "x real time")
    row("peak memory of judging", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "MB")


if __name__ == "__main__":
    main()
