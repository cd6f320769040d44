"""What `smartradio listen` does with clips that are long, odd, or no clips."""

from __future__ import annotations

import struct
import wave
from pathlib import Path

import numpy as np
import pytest

from smartradio.audio.wavfile import write_wav
from smartradio.listening.recognisers.ctc import CtcRecogniser
from smartradio.listening.recognisers.port import Transcript
from tests.cli.conftest import Run
from tests.listening.recognisers.tiny_ctc import tune, write_ctc_model


@pytest.fixture
def bulletin(tmp_path: Path) -> Path:
    path = tmp_path / "tin.txt"
    path.write_text("Mời bà con đến dự.\n", encoding="utf-8")
    return path


def write_pcm(path: Path, content: bytes, rate: int, channels: int) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setparams((channels, 2, rate, 0, "NONE", ""))
        file.writeframes(content)
    return path


def test_a_long_clip_as_a_studio_records_it_may_have_more_bytes_than_a_bulletin(
    smartradio: Run, bulletin: Path, tmp_path: Path
) -> None:
    clip = write_pcm(tmp_path / "clip.wav", bytes(4 * 48_000 * 600), 48_000, 2)
    code, out, err = smartradio("listen", clip, "--text", bulletin, "--recogniser", "none")
    assert code == 0, err
    assert "-120.0" in out


@pytest.mark.parametrize(
    ("rate", "told"), [(3_000, "a sample rate of 3000 Hz is outside"), (500_000, "a sample rate of 500000 Hz")]
)
def test_a_rate_that_cannot_be_used_is_told_with_its_file(
    smartradio: Run, bulletin: Path, tmp_path: Path, rate: int, told: str
) -> None:
    clip = write_pcm(tmp_path / "clip.wav", bytes(2_000), rate, 1)
    code, out, err = smartradio("listen", clip, "--text", bulletin)
    assert (code, out) == (2, "")
    assert err.startswith(f"smartradio: {clip}: {told}")
    assert len(err.strip().splitlines()) == 1


def test_a_text_of_another_language_is_not_heard_for_want_of_words(smartradio: Run, tmp_path: Path) -> None:
    text = tmp_path / "khmer.txt"
    text.write_text("Mời bà con đến dự.\n\nសូមអញ្ជើញ បងប្អូន មកចូលរួម\n", encoding="utf-8")
    clip = write_pcm(tmp_path / "clip.wav", bytes(32_000), 16_000, 1)
    code, out, err = smartradio("listen", clip, "--text", text, "--recogniser", "none")
    assert (code, out) == (2, "")
    assert err.startswith(f"smartradio: {text}: line ")
    assert "cannot be read in Vietnamese: 'សូមអញ្ជើញ" in err


def test_a_file_without_a_rate_or_cut_in_its_head_says_so(smartradio: Run, bulletin: Path, tmp_path: Path) -> None:
    clip = write_pcm(tmp_path / "clip.wav", bytes(2_000), 16_000, 1)
    whole = clip.read_bytes()
    for content, told in (
        (whole[:24] + struct.pack("<I", 0) + whole[28:], "a rate of 0 Hz"),
        (whole[:20], "it ends too early"),
        (b"", "it ends too early"),
    ):
        clip.write_bytes(content)
        code, _, err = smartradio("listen", clip, "--text", bulletin)
        assert (code, err) == (2, f"smartradio: {clip}: not a readable WAV file ({told})\n")


def test_a_transcript_is_printed_as_it_was_heard_on_one_line(
    smartradio: Run, bulletin: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = "[âm nhạc] " + "mời bà con " * 20 + "[/vỗ tay]"
    monkeypatch.setattr(CtcRecogniser, "recognise", lambda *_, **__: Transcript(heard, ()))
    write_wav(tmp_path / "clip.wav", tune(["bà"]), 16_000)
    folder = write_ctc_model(tmp_path / "notes")
    code, out, err = smartradio("listen", tmp_path / "clip.wav", "--text", bulletin, "--recogniser", folder)
    assert code == 0, err
    assert out.splitlines()[-1] == heard


def test_the_station_s_clip_of_cut_length_is_heard_as_far_as_it_goes(
    smartradio: Run, bulletin: Path, tmp_path: Path
) -> None:
    write_wav(tmp_path / "clip.wav", np.concatenate([tune(["bà"]), np.zeros(16_000, np.float32)]), 16_000)
    content = (tmp_path / "clip.wav").read_bytes()
    (tmp_path / "clip.wav").write_bytes(content[: len(content) - 20_001])
    folder = write_ctc_model(tmp_path / "notes")
    code, out, err = smartradio("listen", tmp_path / "clip.wav", "--text", bulletin, "--recogniser", folder)
    assert code == 0, err
    assert out.splitlines()[-1] == "bà"
