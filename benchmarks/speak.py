"""Text of 1,000 characters to a finished recording, beside the bare espeak-ng and an Opus encoder.

Ours reads the written text by rule, speaks, masters and encodes it, chime first. Both sides speak the same text at the
same speed and count user and system time of themselves and their children; libraries are loaded before (a station runs
for months). The first spoken segment is timed from the call, with the voice warm and the chime made once before: for a
bulletin that begins with a usual sentence, and for one that begins with the longest.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil
from _rows import row

from smartradio.audio.codec import encode_opus
from smartradio.audio.resample import resample
from smartradio.audio.wavfile import read_wav
from smartradio.speech.rendering import MAX_PIECE_CHARACTERS, RATE, RenderedRecording, render, render_segments
from smartradio.speech.script import utterances
from smartradio.speech.spoken.text import clean_text, spoken_text
from smartradio.speech.voices.espeak import OWN_RATE_WPM, EspeakVoice

LIMIT = 1.6
FIRST_LIMIT_MS = 150.0
FIRST_ROUNDS = 20
VOICE = "vi"
SENTENCES = [
    "Ủy ban nhân dân xã Yên Hòa thông báo lịch cắt điện ngày mười hai tháng mười một.",
    "Thời gian từ bảy giờ đến mười một giờ ba mươi phút.",
    "Khu vực mất điện gồm thôn Đông, thôn Đoài, thôn Trung và xóm chợ.",
    "Đề nghị bà con chủ động dự trữ nước sinh hoạt, tắt các thiết bị điện trước khi cắt điện.",
    "Hội Nông dân xã mời các hộ đăng ký giống lúa vụ đông xuân tại nhà văn hóa thôn.",
    "Hạn cuối đăng ký là ngày hai mươi tháng mười một, sau ngày này hợp tác xã không nhận thêm.",
    "Trạm y tế tổ chức tiêm chủng cho trẻ em dưới năm tuổi vào sáng thứ năm hằng tuần.",
    "Đề nghị phụ huynh mang theo sổ tiêm chủng và đến đúng giờ ghi trong giấy mời.",
    "Công an xã nhắc nhở bà con nâng cao cảnh giác với các cuộc gọi lừa đảo qua điện thoại.",
    "Tuyệt đối không cung cấp mã xác thực cho người lạ dưới bất kỳ hình thức nào.",
    "Đoàn Thanh niên phát động ngày chủ nhật xanh, dọn vệ sinh đường làng, ngõ xóm và kênh mương.",
    "Mọi thông tin xin liên hệ bộ phận một cửa của Ủy ban nhân dân xã trong giờ hành chính.",
    "Xin cảm ơn bà con đã lắng nghe bản tin của đài truyền thanh xã.",
]


def cpu_s(process: psutil.Process) -> float:
    """Return CPU seconds of `process`, its ended children and its living ones."""
    family = [process, *process.children(recursive=True)]
    return float(sum(sum(each.cpu_times()[:4]) for each in family))  # user, system, and the same of children


def measured(work: Callable[[], object]) -> float:
    process = psutil.Process()
    before_s = cpu_s(process)
    work()
    return cpu_s(process) - before_s


def bare(text: str, folder: Path) -> bytes:
    wav = folder / "bare.wav"
    command = ["espeak-ng", "-v", VOICE, "-s", str(OWN_RATE_WPM), "-w", str(wav), text]
    subprocess.run(command, check=True)
    pcm, rate = read_wav(wav)
    return encode_opus(resample(pcm, rate, RATE), RATE)


def first_spoken_ms(bulletin: list[str], voice: EspeakVoice) -> float:
    """Return the wall time from the written text to the first spoken segment in hand."""
    began_s = time.perf_counter()
    lines = spoken_text(clean_text("\n".join(bulletin)))
    segments = render_segments(utterances(line.sentences for line in lines), voice)
    next(segment for segment in segments if segment.kind == "sentence")
    return 1000 * (time.perf_counter() - began_s)


def longest_sentence() -> str:
    """Return one sentence of as many words as are spoken in one go."""
    sentence = ", ".join(each.rstrip(".") for each in SENTENCES)[: MAX_PIECE_CHARACTERS - 1]
    return sentence.rpartition(" ")[0] + "."


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    text = " ".join(SENTENCES)
    with tempfile.TemporaryDirectory() as folder, EspeakVoice(VOICE) as voice:

        def ours() -> RenderedRecording:
            lines = spoken_text(clean_text("\n".join(SENTENCES)))
            return render(utterances(line.sentences for line in lines), voice)

        def theirs() -> object:
            return bare(text, Path(folder))

        began_s = time.perf_counter()
        recording = ours()
        cold_s = time.perf_counter() - began_s
        theirs()
        # Turn and turn about, so that a noisy neighbour on the machine meets both.
        pairs = [(measured(ours), measured(theirs)) for _ in range(rounds)]
        usual_ms = [first_spoken_ms(SENTENCES, voice) for _ in range(FIRST_ROUNDS)]
        longest_ms = [first_spoken_ms([longest_sentence(), *SENTENCES], voice) for _ in range(FIRST_ROUNDS)]
    ratio = statistics.median(mine / other for mine, other in pairs)
    print(
        f"{len(text)} characters, {recording.duration_s:.0f} s: smartradio "
        f"{statistics.median(mine for mine, _ in pairs):.2f} s CPU, espeak-ng + Opus "
        f"{statistics.median(other for _, other in pairs):.2f} s CPU, first render {cold_s:.2f} s; "
        f"{recording.loudness_lufs:.1f} LUFS, {recording.true_peak_dbtp:.1f} dBTP",
        file=sys.stderr,
    )
    row(f"{len(text)} characters to recording, CPU of espeak-ng + Opus", ratio, "x", LIMIT)
    for name, figures_ms in (("usual", usual_ms), ("longest", longest_ms)):
        row(
            f"call to the first spoken segment, {name} first sentence, median of {FIRST_ROUNDS}",
            statistics.median(figures_ms),
            "ms",
            FIRST_LIMIT_MS,
            note=f"worst {max(figures_ms):.0f} ms",
        )
    row("first recording after the start, wall time", cold_s, "s")


if __name__ == "__main__":
    main()
