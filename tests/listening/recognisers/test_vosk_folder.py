from __future__ import annotations

import numpy as np
import pytest

from smartradio.listening.recognisers.port import RecogniserError
from smartradio.listening.recognisers.vosk import VoskRecogniser


def model_folder(path):
    (path / "am").mkdir(parents=True)
    (path / "am" / "final.mdl").write_bytes(b"not a model")
    return path


def test_a_folder_that_is_not_there_is_named_in_one_line(tmp_path):
    with pytest.raises(RecogniserError, match="gone: no such folder") as error:
        VoskRecogniser(tmp_path / "gone", ["vi"])
    assert "\n" not in str(error.value)


def test_a_folder_that_is_no_model_is_named_with_what_is_missing(tmp_path):
    with pytest.raises(RecogniserError, match=r"not a Vosk model \(am/final.mdl is missing\)"):
        VoskRecogniser(tmp_path, ["vi"])


def test_without_vosk_the_line_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(RecogniserError, match=r"vosk \(vi\) needs vosk: pip install 'smartradio\[station\]'"):
        VoskRecogniser(model_folder(tmp_path / "vi"), ["vi"])


def test_silence_needs_no_model_to_be_loaded(tmp_path):
    with VoskRecogniser(model_folder(tmp_path / "vi-small"), ["vi"]) as recogniser:
        assert recogniser.recognise(np.zeros(16000, np.float32)).text == ""
        assert recogniser.name == "vosk (vi-small)"
        assert recogniser.languages == {"vi"}


def test_a_broken_model_is_one_clear_line_and_does_not_take_the_station_along(tmp_path):
    pytest.importorskip("vosk")
    tone = np.sin(np.arange(16000) * 0.3).astype(np.float32) * 0.3
    with (
        VoskRecogniser(model_folder(tmp_path / "broken"), ["vi"]) as recogniser,
        pytest.raises(
            RecogniserError, match=r"vosk \(broken\): ended with exit code 1.*not a usable Vosk model"
        ) as error,
    ):
        recogniser.recognise(tone)
    assert "\n" not in str(error.value)
