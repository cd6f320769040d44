"""The language model chooses words; the posteriors are what the network alone heard."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from smartradio.listening.recognisers.ctc import CtcRecogniser
from smartradio.listening.recognisers.model_folder import DESCRIPTION, LANGUAGE_MODEL
from smartradio.listening.recognisers.port import Transcript
from tests.listening.recognisers.tiny_ctc import tune, write_ctc_model

SUNG = ["mời", "bà", "con"]


def never_says(word: str, folder: Path) -> None:
    """Write a language model that counts as much as any may, and in which `word` does not occur."""
    words = np.frombuffer("\n".join(each for each in SUNG if each != word).encode(), dtype=np.uint8)
    likely, unheard_of = (-0.5, 0.0), (-100.0, 0.0)
    no_keys = np.zeros(0, dtype=np.int64)
    np.savez(
        folder / LANGUAGE_MODEL,
        words=words,
        unigrams=np.array([likely] * (len(SUNG) - 1) + [unheard_of]),
        bigrams=np.zeros((0, 2)),
        bigram_keys=no_keys,
        trigrams=np.zeros(0),
        trigram_keys=no_keys,
    )
    with (folder / DESCRIPTION).open("a", encoding="utf-8") as file:
        file.write("\n[decoding]\nweight = 5.0\n")


def heard(folder: Path) -> Transcript:
    with CtcRecogniser(folder) as recogniser:
        return recogniser.recognise(tune(SUNG))


def test_a_language_model_changes_the_words_and_not_one_bit_of_the_posteriors(tmp_path: Path) -> None:
    plain, weighed = (write_ctc_model(tmp_path / name) for name in ("plain", "weighed"))
    never_says("con", weighed)
    without, with_it = heard(plain), heard(weighed)
    assert [word.text for word in without.words] == SUNG
    assert "con" not in with_it.text.split()
    assert without.posteriors is not None
    assert with_it.posteriors is not None
    assert np.array_equal(with_it.posteriors.log_posteriors, without.posteriors.log_posteriors)


def test_a_grammar_limits_the_words_and_not_the_posteriors(tmp_path: Path) -> None:
    folder = write_ctc_model(tmp_path / "plain")
    with CtcRecogniser(folder) as recogniser:
        open_, limited = (recogniser.recognise(tune(SUNG), grammar=grammar) for grammar in (None, ["mời bà"]))
    assert "con" not in limited.text.split()
    assert open_.posteriors is not None
    assert limited.posteriors is not None
    assert np.array_equal(limited.posteriors.log_posteriors, open_.posteriors.log_posteriors)
