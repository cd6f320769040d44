"""The language model: built from the project's own sentences, read by the product."""

from __future__ import annotations

import hashlib
import io
import math
import tomllib
import zipfile
from pathlib import Path

import numpy as np
import pytest

from models.recogniser.language_model import DECODING, arrays_of, own_lines, write
from smartradio.listening.recognisers.language_model import SyllableModel
from smartradio.listening.recognisers.model_folder import Description
from smartradio.listening.recognisers.port import RecogniserError
from smartradio.listening.syllables import units_of, word_of

LINES = [
    line.split()
    for line in ("mời bà con", "mời bà con nghe tin", "bà con chú ý", "tin bão số ba", "bão tin", "số tin", "bão")
]
SYLLABLES = 500


@pytest.fixture(scope="module")
def model() -> SyllableModel:
    return SyllableModel(arrays_of(LINES, SYLLABLES))


@pytest.mark.parametrize(
    "before",
    [(), ("bà",), ("mời", "bà"), ("bà", "con"), ("bão", "tin"), ("lụt",), ("lụt", "bà"), ("bà", "lụt"), ("tin",)],
)
def test_the_probabilities_of_all_that_may_follow_sum_to_one(model: SyllableModel, before: tuple[str, ...]) -> None:
    words = {word for line in LINES for word in line}
    known = sum(math.exp(model.log_p(before, word)) for word in words)
    others = (SYLLABLES - len(words)) * math.exp(model.log_p(before, "never"))
    assert known + others == pytest.approx(1.0, abs=1e-3)


def test_what_was_written_is_likelier_than_what_was_not(model: SyllableModel) -> None:
    assert model.log_p(("mời", "bà"), "con") > math.log(0.5)
    assert model.log_p(("bà",), "con") > model.log_p(("bà",), "tin") > model.log_p(("bà",), "never")
    # Seen after many words, not only often.
    assert model.log_p(("never",), "tin") > model.log_p(("never",), "nghe")


def test_the_same_text_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        write(tmp_path / name)
    one, other = ((tmp_path / name / "language_model.npz").read_bytes() for name in ("one", "other"))
    assert one == other
    # The whole recogniser is to stay below 10 MB.
    assert len(one) < 500_000


def test_it_stands_beside_the_weights_with_how_much_it_counts(tmp_path: Path) -> None:
    described = 'sha256 = "' + 64 * "0" + '"\nlanguage = "vi"\nframe_s = 0.01\nstride = 3\ncalibrated_voices = ["vi"]\n'
    (tmp_path / "model.toml").write_text(described, encoding="utf-8")
    write(tmp_path)
    write(tmp_path)
    content = tomllib.loads((tmp_path / "model.toml").read_text(encoding="utf-8"))
    told = Description.model_validate(content)
    assert told.decoding == DECODING
    assert told.sha256 == 64 * "0"
    assert told.language_model_sha256 == hashlib.sha256((tmp_path / "language_model.npz").read_bytes()).hexdigest()
    model = SyllableModel.load(tmp_path / "language_model.npz")
    assert model.log_p(("ủy", "ban"), "nhân") > math.log(0.5)
    assert model.log_p(("nhân",), "dân") > model.log_p(("nhân",), "dâng")


def test_only_words_that_the_recogniser_spells_are_in_it() -> None:
    lines = own_lines()
    assert len(lines) > 1_000
    for line in lines:
        for word in line:
            units = units_of(word)
            assert units is not None
            assert word_of(units) == word


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"<html>", np.zeros(9).tobytes()])
def test_a_file_that_is_no_model_is_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "language_model.npz"
    path.write_bytes(content)
    with pytest.raises(RecogniserError, match=r"language_model\.npz: not a language model \(.+\)") as caught:
        SyllableModel.load(path)
    assert "\n" not in str(caught.value)


def test_a_file_with_parts_that_do_not_fit_is_one_line(tmp_path: Path) -> None:
    arrays = arrays_of(LINES, SYLLABLES)
    path = tmp_path / "language_model.npz"
    for wrong in ({"unigrams": arrays["unigrams"][:3]}, {"bigram_keys": arrays["bigram_keys"][::-1]}):
        np.savez(path, **(arrays | wrong))
        with pytest.raises(RecogniserError, match="not a language model"):
            SyllableModel.load(path)
    with path.open("wb") as file:
        np.save(file, arrays["words"])
    with pytest.raises(RecogniserError, match="not a language model"):
        SyllableModel.load(path)
    np.savez(path, words=arrays["words"])
    with pytest.raises(RecogniserError, match="unigrams is missing"):
        SyllableModel.load(path)
    with pytest.raises(RecogniserError, match="not a language model"):
        SyllableModel.load(tmp_path / "gone.npz")


def test_a_file_that_was_made_to_harm_is_one_line(tmp_path: Path) -> None:
    arrays = arrays_of(LINES, SYLLABLES)
    path = tmp_path / "language_model.npz"
    for wrong, told in (
        ({"words": np.array([{}], dtype=object)}, "Object arrays cannot be loaded"),
        ({"words": np.array(["a"])}, "words are no numbers"),
        ({"bigram_keys": arrays["bigram_keys"].astype("M8[s]")}, "bigram_keys are no numbers"),
        ({"trigrams": np.zeros(20_000_000, np.float32)}, "it unpacks to more than 64 MB"),
    ):
        np.savez_compressed(path, **(arrays | wrong))
        with pytest.raises(RecogniserError, match=rf"not a language model \({told}"):
            SyllableModel.load(path)
    for declared in (bytes(9), array_header((10**12, 2))):
        with zipfile.ZipFile(path, "w") as file:
            file.writestr("words.npy", declared)
        with pytest.raises(RecogniserError, match=r"language_model\.npz: not a language model \(.+\)$"):
            SyllableModel.load(path)
    # What else lies in the file is left there.
    np.savez_compressed(path, **arrays, more=np.zeros(100_000_000, np.uint8))
    assert SyllableModel.load(path).log_p((), "bà") < 0


def array_header(shape: tuple[int, ...]) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": "<f4", "fortran_order": False, "shape": shape})
    return file.getvalue()


def test_more_words_than_there_may_be_are_refused() -> None:
    with pytest.raises(ValueError, match="words are more than the 3 there may be"):
        arrays_of(LINES, 3)
