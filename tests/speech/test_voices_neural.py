"""Neural voices through their real loaders, on tiny models made here."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartradio.speech.voices.characters import SILENT_MARKS, in_the_voices_letters, unknown_characters
from smartradio.speech.voices.clauses import Clause, clauses
from smartradio.speech.voices.piper import PiperVoice
from smartradio.speech.voices.port import LoadingVoice, Voice, VoiceError, VoiceRefusedError
from smartradio.speech.voices.vits import VitsVoice, vits_model
from tests.speech.tiny_piper import PHONEME_S, RATE, write_piper_voice
from tests.speech.tiny_vits import LETTERS, write_vits_voice

SENTENCE = "Ủy ban nhân dân xã Yên Hòa thông báo lịch cắt điện ngày mười hai tháng mười một."
LONG = (
    "Đề nghị bà con ở vùng trũng, ven sông (nhất là thôn Đoài) khẩn trương kê cao tài sản, "
    "đưa người già, trẻ em đến nơi an toàn; không đi qua ngầm tràn."
)
NO_TORCH = "torch and transformers are not installed (pip install 'smartradio[neural]')"
needs_torch = [
    pytest.mark.contract,
    pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason=NO_TORCH),
]


@pytest.fixture(scope="module")
def piper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PiperVoice]:
    with PiperVoice(write_piper_voice(tmp_path_factory.mktemp("models") / "tiny")) as voice:
        yield voice


@pytest.fixture(scope="module")
def spelling(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PiperVoice]:
    folder = write_piper_voice(tmp_path_factory.mktemp("models") / "spelling", phoneme_type="text")
    with PiperVoice(folder) as voice:
        yield voice


@pytest.fixture(scope="module")
def vits_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_vits_voice(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="module")
def vits(vits_folder: Path) -> Iterator[VitsVoice]:
    with VitsVoice(vits_folder) as voice:
        yield voice


@pytest.fixture(params=["piper", "spelling", pytest.param("vits", marks=needs_torch)])
def voice(request: pytest.FixtureRequest) -> LoadingVoice:
    found: LoadingVoice = request.getfixturevalue(request.param)
    return found


def test_a_neural_voice_speaks(voice: LoadingVoice) -> None:
    sound, rate = voice.speak(SENTENCE)
    assert rate == voice.rate == RATE
    assert sound.dtype == np.float32
    assert 3 < len(sound) / rate < 20
    assert np.isfinite(sound).all()
    assert 0.1 < np.abs(sound).max() <= 1.0
    assert voice.ready
    assert (voice.language, voice.failure) == ("vi", None)


def test_a_sentence_has_the_same_samples_whatever_was_said_before_it(voice: LoadingVoice) -> None:
    first, _ = voice.speak(SENTENCE)
    voice.speak("Câu khác hẳn!", rate_wpm=250)
    assert np.array_equal(voice.speak(SENTENCE)[0], first)


def test_a_sentence_has_the_same_samples_after_a_new_start(piper: PiperVoice, tmp_path: Path) -> None:
    with PiperVoice(write_piper_voice(tmp_path / "again")) as fresh:
        assert np.array_equal(fresh.speak(SENTENCE)[0], piper.speak(SENTENCE)[0])


def test_pipers_noise_is_kept_though_it_is_always_the_same(piper: PiperVoice, tmp_path: Path) -> None:
    folder = write_piper_voice(tmp_path / "still")
    settings = folder / "still.onnx.json"
    content = json.loads(settings.read_text(encoding="utf-8"))
    content["inference"]["noise_scale"] = 0.0
    settings.write_text(json.dumps(content), encoding="utf-8")
    with PiperVoice(folder) as still:
        without, _ = still.speak(SENTENCE)
    noise = piper.speak(SENTENCE)[0] - without
    assert 0.005 < noise.std() < 0.05


def test_the_speed_is_a_share_of_the_voices_own(voice: LoadingVoice) -> None:
    slow, own, fast = (len(voice.speak(SENTENCE, rate_wpm=wpm)[0]) for wpm in (100, voice.own_rate_wpm, 300))
    assert own == len(voice.speak(SENTENCE)[0])
    assert slow == pytest.approx(1.5 * own, rel=0.05)
    assert fast == pytest.approx(0.5 * own, rel=0.05)


def test_a_voice_that_is_slow_by_itself_keeps_its_own_pace(piper: PiperVoice, tmp_path: Path) -> None:
    with PiperVoice(write_piper_voice(tmp_path / "slow", length_scale=1.5)) as slow:
        assert len(slow.speak("xin chào")[0]) == pytest.approx(1.5 * len(piper.speak("xin chào")[0]), rel=0.01)


@pytest.mark.parametrize("rate_wpm", [0, 79, 451])
def test_an_impossible_speed_is_told(voice: LoadingVoice, rate_wpm: int) -> None:
    with pytest.raises(VoiceRefusedError, match=r"outside 80\.\.450"):
        voice.speak(SENTENCE, rate_wpm=rate_wpm)


@pytest.mark.parametrize(("text", "told"), [("", "empty"), (" \n ", "empty"), ("a" * 2001, "too long")])
def test_what_cannot_be_spoken_is_one_clear_line(voice: LoadingVoice, text: str, told: str) -> None:
    with pytest.raises(VoiceRefusedError, match=told):
        voice.speak(text)


def test_a_long_sentence_is_spoken_whole_in_pieces(voice: LoadingVoice) -> None:
    whole = len(voice.speak(LONG)[0])
    parts = sum(len(voice.speak(part)[0]) for part in LONG.split(", "))
    assert whole == pytest.approx(parts, rel=0.25)


def test_brackets_are_not_phonemes_to_piper(piper: PiperVoice) -> None:
    assert np.array_equal(piper.speak("xin [[chào]] bà con")[0], piper.speak("xin chào bà con")[0])


def test_a_piper_voice_refuses_what_it_would_leave_out(tmp_path: Path) -> None:
    folder = write_piper_voice(tmp_path / "gap")
    settings = folder / "gap.onnx.json"
    content = json.loads(settings.read_text(encoding="utf-8"))
    del content["phoneme_id_map"]["ŋ"]
    settings.write_text(json.dumps(content), encoding="utf-8")
    with PiperVoice(folder) as voice:
        with pytest.raises(VoiceRefusedError, match=r"piper:gap: has no sound for 'ŋ', in “làng xã”"):
            voice.speak("làng xã")
        assert len(voice.speak("bà con")[0]) > 1_000


def test_a_spelling_voice_refuses_letters_it_lacks_but_passes_over_marks(spelling: PiperVoice) -> None:
    with pytest.raises(VoiceRefusedError, match="has no sound for '5', '%'"):
        spelling.speak("giảm 5%")
    assert len(spelling.speak("“Xin chào!”")[0]) / RATE > 8 * PHONEME_S


@pytest.mark.parametrize(
    ("break_it", "told"),
    [
        (lambda folder: [path.unlink() for path in folder.iterdir()], r"no \.onnx file"),
        (lambda folder: (folder / "bad.onnx.json").unlink(), r"bad\.onnx\.json is missing"),
        (lambda folder: (folder / "two.onnx").write_bytes(b""), r"2 \.onnx files"),
        (lambda folder: (folder / "bad.onnx.json").write_text("<html>"), "cannot be read"),
        (lambda folder: (folder / "bad.onnx.json").write_bytes(b"\xff\xfe"), "cannot be read"),
        (lambda folder: (folder / "bad.onnx.json").write_text("[]"), "not a JSON object"),
        (lambda folder: (folder / "bad.onnx.json").write_text('{"audio": {}}'), "not the settings .*'espeak'"),
    ],
    ids=["nothing", "no settings", "two models", "a page", "not UTF-8", "a list", "half the settings"],
)
def test_wrong_piper_files_are_one_clear_line(tmp_path: Path, break_it: object, told: str) -> None:
    folder = write_piper_voice(tmp_path / "bad")
    assert callable(break_it)
    break_it(folder)
    with pytest.raises(VoiceError, match=told) as caught:
        PiperVoice(folder)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"<html>not found</html>", b"version https://git-lfs.github.com/spec/v1\n"])
def test_a_model_that_is_none_is_told_when_it_is_loaded(tmp_path: Path, content: bytes) -> None:
    folder = write_piper_voice(tmp_path / "bad")
    (folder / "bad.onnx").write_bytes(content)
    with PiperVoice(folder) as voice:
        with pytest.raises(VoiceError, match=r"piper:bad could not be loaded: .*not a usable Piper voice") as caught:
            voice.speak("xin chào")
        assert isinstance(voice.failure, VoiceError)
        assert not voice.ready
    assert "\n" not in str(caught.value)


def test_a_model_that_makes_no_sound_is_found_out_when_it_is_loaded(tmp_path: Path) -> None:
    with (
        PiperVoice(write_piper_voice(tmp_path / "nan", loudness=float("nan"))) as voice,
        pytest.raises(VoiceError, match="makes no sound"),
    ):
        voice.wait_until_ready(30)


def test_a_foreign_voice_is_refused_before_it_mangles_a_bulletin(tmp_path: Path) -> None:
    with pytest.raises(VoiceError, match="'en', not 'vi'"):
        PiperVoice(write_piper_voice(tmp_path / "amy", language="en"))


def test_a_closed_voice_stays_closed(tmp_path: Path) -> None:
    voice = PiperVoice(write_piper_voice(tmp_path / "tiny"))
    voice.warm()
    voice.close()
    voice.close()
    voice.warm()
    assert not voice.loading
    with pytest.raises(VoiceError):
        voice.speak("xin chào")


def _vits_files(folder: Path, **changes: dict[str, object]) -> Path:
    """Write the small files of a VITS voice, which is all that is read before its model is loaded."""
    contents: dict[str, dict[str, object]] = {
        "config": {"model_type": "vits", "sampling_rate": 16_000},
        "vocab": {letter: at for at, letter in enumerate(LETTERS)},
        "tokenizer_config": {"language": "vie", "phonemize": False, "is_uroman": False},
    }
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(b"")
    for name, content in contents.items():
        (folder / f"{name}.json").write_text(json.dumps(content | changes.get(name, {})), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"config": {"model_type": "wav2vec2"}}, "the model is 'wav2vec2', not 'vits'"),
        ({"config": {"sampling_rate": "fast"}}, "a sample rate of 'fast'"),
        ({"tokenizer_config": {"phonemize": True}}, "wants phonemize"),
        ({"tokenizer_config": {"is_uroman": True}}, "wants is_uroman"),
        ({"tokenizer_config": {"language": "eng"}}, "speaks 'en', not 'vi'"),
    ],
)
def test_wrong_vits_files_are_one_clear_line(tmp_path: Path, changes: dict[str, dict[str, object]], told: str) -> None:
    with pytest.raises(VoiceError, match=told):
        VitsVoice(_vits_files(tmp_path / "bad", **changes))


def test_a_missing_vits_file_is_named(tmp_path: Path) -> None:
    folder = _vits_files(tmp_path / "half")
    (folder / "model.safetensors").unlink()
    with pytest.raises(VoiceError, match=r"model\.safetensors missing"):
        VitsVoice(folder)
    with pytest.raises(VoiceError, match="no such folder"):
        VitsVoice(tmp_path / "gone")


def test_a_vits_voice_that_names_no_language_is_known_by_its_letters(tmp_path: Path) -> None:
    assert vits_model(_vits_files(tmp_path / "letters", tokenizer_config={"language": None})).language == "vi"


def test_without_torch_the_line_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(VoiceError, match=r"needs torch and transformers: pip install 'smartradio\[neural\]'"):
        VitsVoice(_vits_files(tmp_path / "tiny"))
    with pytest.raises(VoiceError, match=r"needs piper-tts: pip install 'smartradio\[station\]'"):
        PiperVoice(write_piper_voice(tmp_path / "piper"))


class TestVitsOnARealModel:
    pytestmark = needs_torch

    @pytest.mark.parametrize(
        ("text", "lacks"), [("giảm 5%", "'5', '%'"), ("fa-xờ", "'f'"), ("Łódź", "'ł', 'ź'"), ("nhà 🎉", "'🎉'")]
    )
    def test_what_the_vocabulary_lacks_is_refused_and_not_dropped(self, vits: VitsVoice, text: str, lacks: str) -> None:
        with pytest.raises(VoiceRefusedError, match=f"vits:tiny has no sound for {lacks}"):
            vits.speak(text)

    def test_capitals_marks_and_decomposed_letters_are_read_as_the_model_knows_them(self, vits: VitsVoice) -> None:
        plain = vits.speak("xin chào bà con")[0]
        for written in ("XIN CHÀO BÀ CON!", "“Xin chào bà con…”", "xin cha\u0300o ba\u0300 con"):
            assert np.array_equal(vits.speak(written)[0], plain)

    def test_marks_that_the_model_does_not_know_become_pauses(self, vits: VitsVoice) -> None:
        with_pause = vits.speak("xin chào tất cả bà con, mời bà con chú ý lắng nghe")[0]
        without = vits.speak("xin chào tất cả bà con mời bà con chú ý lắng nghe")[0]
        assert len(with_pause) - len(without) > 0.15 * RATE

    def test_the_worker_itself_refuses_what_its_tokenizer_would_drop(self, vits: VitsVoice) -> None:
        vits.wait_until_ready(60)
        with pytest.raises(VoiceRefusedError, match="has no sound for '5'"):
            vits._ask("thôn 5", 150)

    def test_a_model_with_missing_weights_is_not_spoken_with_random_ones(
        self, vits_folder: Path, tmp_path: Path
    ) -> None:
        from safetensors.torch import load_file, save_file

        folder = tmp_path / "gap"
        folder.mkdir()
        for path in vits_folder.iterdir():
            (folder / path.name).write_bytes(path.read_bytes())
        weights = load_file(folder / "model.safetensors")
        del weights["decoder.conv_pre.bias"]
        save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
        with VitsVoice(folder) as voice, pytest.raises(VoiceError, match=r"lacks 1 weights, decoder\.conv_pre\.bias"):
            voice.wait_until_ready(60)

    def test_weights_under_the_names_of_the_published_model_are_found(self, vits_folder: Path, tmp_path: Path) -> None:
        from safetensors.torch import load_file, save_file

        folder = tmp_path / "published"
        folder.mkdir()
        for path in vits_folder.iterdir():
            (folder / path.name).write_bytes(path.read_bytes())
        weights = load_file(folder / "model.safetensors")
        old = {
            name.replace(".parametrizations.weight.original0", ".weight_g").replace(
                ".parametrizations.weight.original1", ".weight_v"
            ): weight
            for name, weight in weights.items()
        }
        assert old.keys() != weights.keys()
        save_file(old, folder / "model.safetensors", metadata={"format": "pt"})
        with VitsVoice(folder) as published, VitsVoice(vits_folder) as saved:
            assert np.array_equal(published.speak("xin chào")[0], saved.speak("xin chào")[0])


@pytest.mark.parametrize(
    ("sentence", "at_every_mark", "pieces"),
    [
        ("Xin chào, bà con.", False, [("Xin chào, bà con.", 0.0)]),
        ("Xin chào tất cả bà con, mời bà con nghe tin.", True,
         [("Xin chào tất cả bà con,", 0.2), ("mời bà con nghe tin.", 0.0)]),
        ("Vâng, xin chào tất cả bà con, ạ.", True, [("Vâng, xin chào tất cả bà con, ạ.", 0.0)]),
        ("", False, []),
    ],
)  # fmt: skip
def test_a_sentence_is_cut_where_a_speaker_breathes(
    sentence: str, at_every_mark: bool, pieces: list[tuple[str, float]]
) -> None:
    assert list(clauses(sentence, at_every_mark=at_every_mark)) == [Clause(*piece) for piece in pieces]


@pytest.mark.parametrize("sentence", [LONG, "bà con " * 80, LONG.replace(",", "") * 3, "a" * 500, ", " * 300])
@pytest.mark.parametrize("most", [40, 80, 120])
def test_no_word_is_lost_when_a_sentence_is_cut(sentence: str, most: int) -> None:
    pieces = clauses(sentence, most=most)
    assert " ".join(piece.text for piece in pieces).split() == sentence.split()
    assert all(len(piece.text) <= most or " " not in piece.text for piece in pieces)
    assert pieces[-1].pause_s == 0


@given(st.text(max_size=600), st.integers(20, 200), st.booleans())
def test_no_sentence_loses_a_word_however_odd(sentence: str, most: int, at_every_mark: bool) -> None:
    pieces = clauses(sentence, at_every_mark=at_every_mark, most=most)
    assert " ".join(piece.text for piece in pieces).split() == sentence.split()
    assert all(piece.text for piece in pieces)
    assert all(len(piece.text) <= most or " " not in piece.text for piece in pieces)


@given(st.text(max_size=200), st.frozensets(st.characters(), max_size=50))
def test_what_a_voice_would_leave_out_is_a_mark_or_is_told(sentence: str, known: frozenset[str]) -> None:
    spelt = in_the_voices_letters(sentence, known)
    lost = {each for each in spelt if each not in known and not each.isspace()}
    assert set(unknown_characters(spelt, known)) == lost - SILENT_MARKS


def test_where_no_mark_stands_there_is_no_pause() -> None:
    pieces = clauses("bà con " * 40)
    assert len(pieces) > 1
    assert {piece.pause_s for piece in pieces} == {0.0}
    assert max(len(piece.text) for piece in pieces) < 2 * min(len(piece.text) for piece in pieces)


def test_the_voices_fit_the_port(tmp_path: Path) -> None:
    piper: LoadingVoice = PiperVoice(write_piper_voice(tmp_path / "tiny"))
    base: Voice = piper
    assert isinstance(base, LoadingVoice)
    assert not base.ready
