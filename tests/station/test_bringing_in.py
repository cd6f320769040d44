from __future__ import annotations

import io
import tempfile
import zipfile
from pathlib import Path

import av
import numpy as np
import pytest

from smartradio.audio.brought_in import decode_brought_in
from smartradio.audio.wavfile import write_wav
from smartradio.domain.errors import BadInputError
from smartradio.station.bringing_in import BringingIn, name_of_file
from smartradio.station.objects import Objects

RATE = 16_000


def voice(duration_s: float) -> np.ndarray:
    t = np.arange(round(duration_s * RATE)) / RATE
    return (0.3 * np.sin(2 * np.pi * 440 * t) * (t % 0.5 < 0.35)).astype(np.float32)


def wav(pcm: np.ndarray) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "loi.wav"
        write_wav(path, pcm, RATE)
        return path.read_bytes()


def recorded_by_a_browser(duration_s: float) -> bytes:
    """Opus in WebM, written to a pipe as MediaRecorder does: nobody went back to fill in the length."""
    written = bytearray()

    class Pipe(io.RawIOBase):
        def writable(self) -> bool:
            return True

        def write(self, data: object) -> int:
            written.extend(data)  # type: ignore[arg-type]
            return len(data)  # type: ignore[arg-type]

    with av.open(Pipe(), "w", format="webm", container_options={"live": "1"}) as file:
        stream = file.add_stream("libopus", rate=48_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.repeat(voice(duration_s), 3).reshape(1, -1), format="flt", layout="mono")
        frame.sample_rate, frame.pts = 48_000, 0
        for part in (frame, None):
            for packet in stream.encode(part):
                file.mux(packet)
    return bytes(written)


@pytest.fixture
def counter(tmp_path: Path) -> BringingIn:
    return BringingIn(Objects(tmp_path / "objects"))


def put(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "upload"
    path.write_bytes(data)
    return path


def test_what_a_browser_recorded_is_taken_though_it_does_not_tell_its_length(
    counter: BringingIn, tmp_path: Path
) -> None:
    taken = counter.sound(put(tmp_path, recorded_by_a_browser(3.0)), "ghi-am.webm")
    assert taken.duration_s == pytest.approx(3.0, abs=0.3)
    kept = Objects(tmp_path / "objects").get(taken.sha256)
    assert kept is not None
    assert kept.startswith(b"fLaC")
    assert decode_brought_in(kept).duration_s == pytest.approx(taken.duration_s, abs=0.01)


def test_silent_ends_are_not_kept(counter: BringingIn, tmp_path: Path) -> None:
    quiet = np.zeros(2 * RATE, np.float32)
    taken = counter.sound(put(tmp_path, wav(np.concatenate([quiet, voice(2.0), quiet]))), "loi-chao.wav")
    assert taken.duration_s < 2.4


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"MZ\x90\x00" + bytes(500), r"nhac\.mp3: the file is a program, whatever its name says"),
        (b"\x7fELF" + bytes(500), r"nhac\.mp3: the file is a program"),
        (b"", r"nhac\.mp3: the file is empty"),
        (b"ID3\x04\x00\x00\x00\x00\x00\x05abc", r"nhac\.mp3: the file is damaged"),
        (wav(np.zeros(3 * RATE, np.float32)), r"nhac\.mp3: is silent from beginning to end"),
    ],
)
def test_what_is_no_sound_is_one_line_and_nothing_is_kept(
    counter: BringingIn, tmp_path: Path, data: bytes, line: str
) -> None:
    with pytest.raises(BadInputError, match=line) as refused:
        counter.sound(put(tmp_path, data), "C:\\Nhạc\\nhac.mp3")
    assert "\n" not in str(refused.value)
    assert [path for path in (tmp_path / "objects").rglob("*") if path.is_file()] == []


def test_what_is_too_large_is_not_even_opened(
    counter: BringingIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("smartradio.station.bringing_in.MAX_SOUND_BYTES", 1_000)
    with pytest.raises(BadInputError, match="at most"):
        counter.sound(put(tmp_path, bytes(2_000)), "nhac.mp3")


def test_a_file_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    slow = BringingIn(Objects(tmp_path / "objects"), opening_s=0.0)
    with pytest.raises(BadInputError, match="could not be opened within"):
        slow.sound(put(tmp_path, wav(voice(2.0))), "nhac.wav")


def docx(body: bytes) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("word/document.xml", body)
    return sink.getvalue()


def test_a_zip_bomb_in_the_coat_of_a_word_file_is_refused(counter: BringingIn, tmp_path: Path) -> None:
    bomb = docx(b"<w:document>" + b" " * 60_000_000)
    assert len(bomb) < 200_000
    with pytest.raises(BadInputError, match="unpacks to far more"):
        counter.document(put(tmp_path, bomb), "bao-cao.docx")


def test_a_text_file_is_read(counter: BringingIn, tmp_path: Path) -> None:
    path = put(tmp_path, "Kính thưa bà con.\nMời họp.".encode())
    assert counter.document(path, "loi.txt") == "Kính thưa bà con.\nMời họp."


@pytest.mark.parametrize(
    ("name", "shown"),
    [("../../etc/passwd", "passwd"), ("C:\\Nhạc\\chào.mp3", "chào.mp3"), ("a\x00b\n.mp3", "ab.mp3"), ("", "tệp")],
)
def test_a_files_name_is_its_last_part(name: str, shown: str) -> None:
    assert name_of_file(name) == shown
