"""Every command: its help, its documentation, its bad input in one line."""

from __future__ import annotations

import json
import wave
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from smartradio.audio.codec import decode_opus, encode_opus
from smartradio.audio.resample import resample
from smartradio.audio.wavfile import as_int16, read_wav, write_wav
from smartradio.cli.main import _COMMANDS
from smartradio.config import to_toml
from smartradio.listening.recognisers.choosing import has_builtin
from tests.cli.conftest import Run
from tests.listening.recognisers.tiny_ctc import tune, write_ctc_model

ROOT = Path(__file__).parents[2]


@pytest.fixture
def run(smartradio: Run) -> Run:
    return smartradio


@pytest.fixture
def bulletin(tmp_path: Path) -> Path:
    path = tmp_path / "tin.txt"
    path.write_text("Họp lúc 17h30 ngày 12/9.\n\nMời bà con đến dự.\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("command", _COMMANDS)
def test_a_command_has_help_and_stands_in_the_readme(run: Run, command: str) -> None:
    code, out, _ = run(command, "--help")
    assert code == 0
    assert import_module(f"smartradio.cli.{command}").register
    assert f"`smartradio {command}" in (ROOT / "README.md").read_text(encoding="utf-8")
    told = out.split("Usage:")[1].strip().splitlines()
    assert any(line.strip() and not line.strip().startswith(("smartradio", "[")) for line in told)


def test_spoken_gives_a_line_for_a_line(run: Run, bulletin: Path) -> None:
    code, out, _ = run("spoken", bulletin)
    assert code == 0
    assert out.splitlines()[0].startswith("họp lúc mười bảy giờ ba mươi phút ngày mười hai tháng chín")
    assert out.splitlines()[1:] == ["", "mời bà con đến dự."]


def test_spoken_as_json_is_one_document_with_pieces(run: Run, bulletin: Path) -> None:
    code, out, _ = run("spoken", bulletin, "--json")
    assert code == 0
    line = json.loads(out)["lines"][0]
    assert line.keys() >= {"written", "spoken", "pieces", "open_items"}
    assert {piece["rule"] for piece in line["pieces"]} > {"as-written"}


@pytest.mark.parametrize("name", ["tin.opus", "tin.wav"])
def test_speak_writes_a_recording_that_can_be_heard(run: Run, bulletin: Path, tmp_path: Path, name: str) -> None:
    code, out, err = run("speak", bulletin, "-o", tmp_path / name, "--voice", "vi-vn-x-south", "--rate", 140)
    assert (code, out) == (0, ""), err
    written = tmp_path / name
    pcm = decode_opus(written.read_bytes(), 16_000) if name.endswith("opus") else read_wav(written)[0]
    assert float(np.abs(pcm).max()) > 0.1
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".part"] == []


BAD_TEXTS = {
    "empty": b"",
    "blank": b" \n\t\n",
    "100,000 characters": "a á ".encode() * 25_000,
    "not UTF-8": b"Th\xf4ng b\xe1o",
    "only control characters": b"\x00\x01\x02",
}


@pytest.mark.parametrize("text", BAD_TEXTS.values(), ids=BAD_TEXTS.keys())
@pytest.mark.parametrize("command", ["spoken", "speak", "listen", "demo"])
def test_a_text_that_cannot_be_read_is_one_line_and_leaves_nothing(
    run: Run, tmp_path: Path, command: str, text: bytes
) -> None:
    path = tmp_path / "tin.txt"
    path.write_bytes(text)
    sound = tmp_path / "clip.wav"
    write_wav(sound, np.zeros(16_000, dtype=np.float32), 16_000)
    before = sorted(tmp_path.iterdir())
    arguments = {
        "spoken": ["spoken", path],
        "speak": ["speak", path, "-o", tmp_path / "tin.opus"],
        "listen": ["listen", sound, "--text", path],
        "demo": ["demo", "--once", "--bulletin", path, "--folder", tmp_path / "demo"],
    }[command]
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("smartradio: ")
    assert len(err.strip().splitlines()) == 1
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("text", ["\x00Tin\x07 mới\x00", "Chúc mừng 🎉 bà con", "115", "1234567890" * 5])
def test_a_text_with_odd_characters_is_read_all_the_same(run: Run, tmp_path: Path, text: str) -> None:
    path = tmp_path / "tin.txt"
    path.write_text(text, encoding="utf-8")
    code, out, _ = run("spoken", path)
    assert code == 0
    assert out.strip()
    assert not any(character.isdigit() for character in out)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["tin.txt", "-o", "tin.mp3"], "must end in .opus or .wav"),
        (["tin.txt", "-o", "gone/tin.opus"], "there is no folder gone"),
        (["tin.txt", "-o", "tin.opus", "--voice", "../../etc"], "is not an espeak voice"),
        (["tin.txt", "-o", "tin.opus", "--voice", "xx"], "xx"),
        (["tin.txt", "-o", "tin.opus", "--rate", "9"], "a speed of 9 words a minute"),
        (["gone.txt", "-o", "tin.opus"], "gone.txt: cannot be read"),
        (["tin.txt", "-o", "a" * 300 + ".opus"], "the name is longer than 255 bytes"),
    ],
)
def test_speak_refuses_what_it_cannot_do(
    run: Run, bulletin: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], line: str
) -> None:
    monkeypatch.chdir(bulletin.parent)
    code, _, err = run("speak", *arguments)
    assert code == 2
    assert line in err
    assert [path.name for path in bulletin.parent.iterdir()] == ["tin.txt"]


def test_listen_tells_a_clip_that_holds_the_recording_from_silence(run: Run, bulletin: Path, tmp_path: Path) -> None:
    assert run("speak", bulletin, "-o", tmp_path / "tin.opus")[0] == 0
    recording = decode_opus((tmp_path / "tin.opus").read_bytes(), 16_000)
    edges = np.zeros(32_000, dtype=np.float32)
    noise = np.random.default_rng(1).normal(0, 0.002, recording.size + 64_000 + 16_000).astype(np.float32)
    clip = np.concatenate([edges, recording * 0.3, edges, edges[:16_000]])[: noise.size]
    for name, pcm in (("good.opus", clip + noise[: clip.size]), ("silent.opus", noise)):
        (tmp_path / name).write_bytes(encode_opus(pcm, 16_000))
    options = ["--text", bulletin, "--recording", tmp_path / "tin.opus", "--json"]
    verdicts = {}
    for name in ("good.opus", "silent.opus"):
        code, out, err = run("listen", tmp_path / name, *options)
        assert code == 0, err
        document = json.loads(out)
        fixed = ["verdict", "coverage", "level_db", "snr_db", "transcript", "words", "reasons"]
        assert list(document)[: len(fixed)] == fixed
        assert {"sentences", "intelligibility", "background_db", "delay_ms"} <= set(document)
        assert " ".join(sentence["text"] for sentence in document["sentences"])
        assert all(word["state"] for sentence in document["sentences"] for word in sentence["words"])
        verdicts[name] = document["verdict"]
        if name == "silent.opus":
            assert {sentence["state"] for sentence in document["sentences"]} == {"missing"}
            assert document["intelligibility"] is None
    code, out, err = run("listen", tmp_path / "silent.opus", *options[:-1])
    assert (code, err) == (0, "")
    assert "[không nghe thấy]" in out
    assert verdicts == {"good.opus": "aired", "silent.opus": "silent"}


@pytest.mark.parametrize("content", [b"", b"OggS", b"OggS" + bytes(200), b"not a sound", b"RIFF1234WAVE"])
@pytest.mark.parametrize("suffix", [".opus", ".wav"])
def test_a_clip_that_is_no_sound_is_one_line(
    run: Run, bulletin: Path, tmp_path: Path, content: bytes, suffix: str
) -> None:
    clip = tmp_path / f"clip{suffix}"
    clip.write_bytes(content)
    code, out, err = run("listen", clip, "--text", bulletin)
    assert (code, out) == (2, "")
    assert len(err.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--clip-starts", "nan"], "--clip-starts nan"),
        (["--clip-starts", "1e300"], "--clip-starts 1e+300"),
        (["--recording", "gone.wav"], "gone.wav: cannot be read"),
        (["--recogniser", "gone"], "gone: no such folder"),
    ],
)
def test_listen_refuses_what_it_cannot_use(
    run: Run, bulletin: Path, tmp_path: Path, arguments: list[str], line: str
) -> None:
    clip = tmp_path / "clip.wav"
    write_wav(clip, np.zeros(16_000, dtype=np.float32), 16_000)
    code, out, err = run("listen", clip, "--text", bulletin, *arguments)
    assert (code, out) == (2, "")
    assert line in err
    assert len(err.strip().splitlines()) == 1


@pytest.mark.parametrize("arguments", [["nosuch"], ["spoken", "--bogus"], ["speak", "tin.txt"], ["speak"]])
def test_a_wrong_use_is_one_line(run: Run, arguments: list[str]) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert len(err.strip().splitlines()) == 1


def test_without_a_command_the_help_is_shown(run: Run) -> None:
    code, out, _ = run()
    assert code == 0
    assert "spoken" in out


def test_a_short_account_name_gets_a_password_too(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "station.toml"
    zones = [{"name": "thon-1", "title": "Thôn 1"}]
    values = {"station": "yen-hoa", "title": "Yên Hòa", "folder": str(tmp_path / "data"), "zones": zones}
    path.write_text(to_toml(values), encoding="utf-8")
    for name in "anbc":
        code, out, err = run("station", "account", name, "--title", "Nguyễn Thị Lan", "--config", path)
        assert code == 0, err
        assert len(out.strip()) == 19


def test_doctor_finds_every_part_the_main_job_needs(run: Run, tmp_path: Path) -> None:
    code, out, _ = run("doctor", "--data", tmp_path, "--json")
    checks = {check["part"]: check for check in json.loads(out)}
    assert code == 0, checks
    assert all(check["found"] for check in checks.values() if check["needed"])
    assert checks["recogniser: vi"]["found"] is has_builtin()
    assert all(check["mend"] for check in checks.values() if not check["found"])


@pytest.mark.parametrize(
    ("wanted", "found", "seen"),
    [("{here}/notes", True, "ctc (notes): “"), ("gone", False, "gone: no such"), ("none", False, "none is wanted")],
)
def test_doctor_lets_the_recogniser_hear_a_sentence(
    run: Run, tmp_path: Path, wanted: str, found: bool, seen: str
) -> None:
    write_ctc_model(tmp_path / "notes")
    _, out, _ = run("doctor", "--data", tmp_path, "--recogniser", wanted.format(here=tmp_path), "--json")
    check = next(check for check in json.loads(out) if check["part"] == "recogniser: vi")
    assert (check["found"], check["needed"]) == (found, False)
    assert check["seen"].startswith(seen)


def test_doctor_lets_the_recogniser_of_the_stations_settings_hear_unless_another_is_named(
    run: Run, tmp_path: Path
) -> None:
    path = tmp_path / "station.toml"
    zones = [{"name": "thon-1", "title": "Thôn 1"}]
    values = {"station": "yen-hoa", "title": "Yên Hòa", "folder": str(tmp_path / "data"), "zones": zones}
    path.write_text(to_toml(values | {"recogniser": str(write_ctc_model(tmp_path / "notes"))}), encoding="utf-8")
    seen = []
    for named in ([], ["--recogniser", "none"]):
        _, out, _ = run("doctor", "--data", tmp_path, "--config", path, *named, "--json")
        seen.append(next(check["seen"] for check in json.loads(out) if check["part"] == "recogniser: vi"))
    assert seen[0].startswith("ctc (notes): “")
    assert seen[1] == "none is wanted"


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100, 48_000])
def test_listen_transcribes_a_clip_of_any_rate_and_channels(
    run: Run, bulletin: Path, tmp_path: Path, rate: int, channels: int
) -> None:
    folder = write_ctc_model(tmp_path / "notes")
    sung = tune(["bà", "con"])
    sound = resample(sung, 16_000, rate)
    with wave.open(str(tmp_path / "clip.wav"), "wb") as file:
        file.setparams((channels, 2, rate, 0, "NONE", ""))
        file.writeframes(np.repeat(as_int16(sound), channels).tobytes())
    code, out, err = run("listen", tmp_path / "clip.wav", "--text", bulletin, "--recogniser", folder, "--json")
    assert code == 0, err
    document = json.loads(out)
    assert document["transcript"] == "bà con"
    first, second = document["words"]
    assert [word["text"] for word in (first, second)] == ["bà", "con"]
    assert 0 < first["start_s"] < first["end_s"] <= second["start_s"] < sung.size / 16_000


@pytest.mark.parametrize(("voice", "heeded"), [([], True), (["vi", "vi+f3"], True), (["vi", "piper:vais1000"], False)])
def test_listen_heeds_the_words_only_of_voices_that_the_recogniser_is_calibrated_for(
    run: Run, bulletin: Path, tmp_path: Path, voice: list[str], heeded: bool
) -> None:
    folder = write_ctc_model(tmp_path / "notes")
    write_wav(tmp_path / "clip.wav", tune(["bà", "con"]), 16_000)
    named = [part for each in voice for part in ("--voice", each)]
    clip = tmp_path / "clip.wav"
    code, out, err = run("listen", clip, "--text", bulletin, "--recogniser", folder, *named, "--json")
    assert code == 0, err
    document = json.loads(out)
    assert document["transcript"] == "bà con"
    assert ("unknown_voice" not in document["reasons"]) is heeded


def test_a_damaged_built_in_recogniser_is_one_line_and_the_clip_is_judged_all_the_same(
    run: Run, bulletin: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_ctc_model(tmp_path / "builtin")
    (folder / "model.onnx").write_bytes(b"")
    monkeypatch.setattr("smartradio.listening.recognisers.choosing.BUILTIN", folder)
    write_wav(tmp_path / "clip.wav", tune(["bà"]), 16_000)
    code, out, err = run("listen", tmp_path / "clip.wav", "--text", bulletin, "--json")
    assert code == 0
    assert json.loads(out)["transcript"] is None
    assert "model.onnx: is damaged" in err
    assert len(err.strip().splitlines()) == 1


def test_doctor_says_what_is_missing_and_how_to_mend_it(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("smartradio.cli.health_checks._MIN_FREE_MB", 10**12)
    code, out, _ = run("doctor", "--data", tmp_path, "--recogniser", tmp_path)
    assert code == 1
    assert "needed" in out
    assert "chưa có bộ nhận dạng" not in out


@pytest.mark.parametrize("command", ["station", "node", "broker"])
def test_a_wrong_setting_ends_a_program_with_one_line(run: Run, tmp_path: Path, command: str) -> None:
    path = tmp_path / f"{command}.toml"
    path.write_text('statoin = "yen-hoa"\n', encoding="utf-8")
    code, out, err = run(command, "--config", path)
    assert (code, out) == (2, "")
    assert err.startswith(f"smartradio: {path}: ")
    assert len(err.strip().splitlines()) == 1


def test_verify_of_a_folder_without_a_log_is_one_line(run: Run, tmp_path: Path) -> None:
    code, _, err = run("station", "verify", tmp_path)
    assert code == 2
    assert len(err.strip().splitlines()) == 1


def test_a_node_prints_its_key_and_keeps_it(run: Run, tmp_path: Path) -> None:
    first, again = run("node", "key", tmp_path), run("node", "key", tmp_path)
    assert first == again
    assert len(first[1].strip()) == 64
