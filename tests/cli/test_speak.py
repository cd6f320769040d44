"""`smartradio speak`: what goes in, how it is put on air, and what is refused."""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from smartradio.audio.codec import decode_opus
from smartradio.audio.loudness import integrated_lufs, true_peak_dbtp
from smartradio.audio.wavfile import read_wav, write_wav
from tests.cli.conftest import Run

Speak = Callable[..., tuple[int, str]]


@pytest.fixture
def speak(smartradio: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Speak:
    """Run the command in a folder of its own; no neural voices of this machine."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SMARTRADIO_MODELS", str(tmp_path / "models"))
    Path("tin.txt").write_text("Họp lúc 17h30 ngày 12/9.\nMời bà con đến dự.\n", encoding="utf-8")

    def go(*arguments: object) -> tuple[int, str]:
        code, _, err = smartradio("speak", *arguments)
        return code, err

    return go


def heard(name: str) -> np.ndarray:
    return decode_opus(Path(name).read_bytes()) if name.endswith("opus") else read_wav(Path(name))[0]


@pytest.mark.parametrize("name", ["tin.opus", "tin.wav"])
def test_the_file_itself_has_the_promised_loudness_and_peaks(speak: Speak, name: str) -> None:
    code, said = speak("tin.txt", "-o", name)
    assert code == 0, said
    assert integrated_lufs(heard(name), 48_000) == pytest.approx(-16, abs=0.5)
    assert true_peak_dbtp(heard(name), 48_000) <= -1.5
    assert "LUFS" in said
    assert sorted(path.name for path in Path.cwd().iterdir()) == sorted(["tin.txt", name])


def test_an_alert_is_slower_and_twice_is_twice_as_long(speak: Speak) -> None:
    lengths_s = []
    for options in ((), ("--pace", "alert"), ("--twice",)):
        assert speak("tin.txt", "-o", "tin.wav", "--chime", "none", "--no-ending", *options)[0] == 0
        lengths_s.append(len(heard("tin.wav")) / 48_000)
    usual_s, alert_s, twice_s = lengths_s
    assert alert_s > 1.15 * usual_s
    assert 2 * usual_s < twice_s < 2 * usual_s + 6


def test_a_recording_brought_in_goes_on_air_like_a_text(speak: Speak) -> None:
    at_s = np.arange(3 * 44_100) / 44_100
    sound = 0.02 * np.sin(2 * np.pi * 440 * at_s) * (1 + np.sin(2 * np.pi * 3 * at_s))
    write_wav(Path("loi.wav"), sound.astype(np.float32), 44_100)
    code, said = speak("loi.wav", "-o", "tin.opus")
    assert code == 0, said
    assert integrated_lufs(heard("tin.opus"), 48_000) == pytest.approx(-16, abs=0.7)
    assert "voice" not in said


def test_a_communes_own_reading_is_spoken(speak: Speak) -> None:
    Path("tu.tsv").write_text(
        "written\tspoken\tnote\nXuân Cẩm\tmột hai ba bốn năm sáu bảy tám chín mười\t\n", encoding="utf-8"
    )
    Path("tin.txt").write_text("Xuân Cẩm.\n", encoding="utf-8")
    plain = ["tin.txt", "-o", "tin.wav", "--chime", "none", "--no-ending"]
    assert speak(*plain)[0] == 0
    before_s = len(heard("tin.wav")) / 48_000
    code, said = speak(*plain, "--lexicon", "tu.tsv")
    assert code == 0, said
    assert len(heard("tin.wav")) / 48_000 > 2 * before_s


def test_an_emergency_with_something_uncertain_needs_an_override(speak: Speak) -> None:
    Path("tin.txt").write_text("Nước lên ở khu XQZK 🎉.\n", encoding="utf-8")
    code, said = speak("tin.txt", "-o", "tin.opus", "--emergency")
    assert code == 2
    assert "must not be read out while something in it is uncertain" in said
    assert len(said.strip().splitlines()) == 1
    assert not Path("tin.opus").exists()
    code, said = speak("tin.txt", "-o", "tin.opus", "--emergency", "--override-open-items")
    assert code == 0
    assert "open: " in said


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--pace", "hasty"], "there is no pace 'hasty'; use one of normal, alert"),
        (["--chime", "disco"], "there is no chime 'disco'; use one of normal, priority, emergency, siren_flood, "),
        (["--lexicon", "gone.tsv"], "gone.tsv: cannot be read"),
        (["--voice", "piper:gone"], "piper:gone"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_leaves_nothing(speak: Speak, options: list[str], words: str) -> None:
    code, said = speak("tin.txt", "-o", "tin.opus", *options)
    assert code == 2
    assert words in said
    assert len(said.strip().splitlines()) == 1
    assert [path.name for path in Path.cwd().iterdir()] == ["tin.txt"]


def test_a_file_that_was_there_stays_when_the_new_one_fails(speak: Speak) -> None:
    Path("tin.opus").write_bytes(b"yesterday's")
    Path("tin.txt").write_text("\x00\x01", encoding="utf-8")
    assert speak("tin.txt", "-o", "tin.opus")[0] == 2
    assert Path("tin.opus").read_bytes() == b"yesterday's"


@pytest.mark.parametrize("name", ["ghi-am.wav", "./ghi-am.wav", "lien-ket.wav"])
def test_a_broadcasters_only_recording_is_not_written_over(speak: Speak, name: str) -> None:
    write_wav(Path("ghi-am.wav"), np.full(32_000, 0.1, dtype=np.float32), 16_000)
    Path("lien-ket.wav").symlink_to("ghi-am.wav")
    before = Path("ghi-am.wav").read_bytes()
    code, said = speak("ghi-am.wav", "-o", name)
    assert code == 2
    assert "is the file that is to be read" in said
    assert Path("ghi-am.wav").read_bytes() == before


def test_a_full_disk_is_told_by_the_name_that_was_asked_for(speak: Speak, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("wave.Wave_write.writeframes", full)
    code, said = speak("tin.txt", "-o", "tin.wav")
    assert code == 2
    assert said.strip().endswith("tin.wav: cannot be written: No space left on device")
    assert ".part" not in said
    assert [path.name for path in Path.cwd().iterdir()] == ["tin.txt"]


def test_a_folder_in_place_of_the_file_is_told_before_anything_is_spoken(speak: Speak) -> None:
    Path("tin.wav").mkdir()
    code, said = speak("tin.txt", "-o", "tin.wav", "--voice", "piper:gone")
    assert code == 2
    assert "tin.wav: is a folder" in said


def test_a_telephones_recording_is_told_in_what_form_to_save_it(speak: Speak) -> None:
    Path("ghi-am.amr").write_bytes(b"#!AMR\n" + bytes(100))
    code, said = speak("ghi-am.amr", "-o", "tin.opus")
    assert code == 2
    assert "an AMR file: save it as WAV, MP3" in said


def test_a_wrong_file_without_an_end_does_not_fill_the_memory(speak: Speak, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smartradio.cli.inputs.MAX_BYTES", 1_000_000)
    code, said = speak("/dev/zero", "-o", "tin.opus")
    assert code == 2
    assert "/dev/zero: has more than 1 MB" in said
