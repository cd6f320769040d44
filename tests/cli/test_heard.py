from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO
from typing import Any

from rich.console import Console

from smartradio.cli.demo_result import document, sentences, table, transcripts
from smartradio.cli.heard import sentence_lines
from smartradio.domain.airing import Airing, AiringState
from smartradio.domain.bulletin import Bulletin, Recording
from smartradio.domain.priority import Priority
from smartradio.domain.verdict import JudgedSentence, JudgedWord, WordState
from smartradio.station.views import AiringView, NodeAiring
from smartradio.words import words

NOON = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)


def sentence(state: WordState, *states: WordState) -> JudgedSentence:
    text = "mực nước bốn mét"
    judged = zip(text.split(), states, strict=True)
    return JudgedSentence(text, state, tuple(JudgedWord(word, of) for word, of in judged))


HEARD = sentence(WordState.HEARD, *[WordState.HEARD] * 4)
CHANGED = sentence(WordState.DIFFERENT, WordState.HEARD, WordState.HEARD, WordState.DIFFERENT, WordState.HEARD)
UNPROVEN = sentence(WordState.UNPROVEN, *[WordState.UNPROVEN] * 4)


def view(*judged: JudgedSentence, **figures: Any) -> AiringView:
    node = NodeAiring("thon-1", "Cụm loa thôn 1", AiringState.JUDGED, verdict="unclear", sentences=judged)
    airing = Airing("a1", "b1", "r1", NOON, NOON, Priority.PROGRAMME, ("thon-1",), ("thon-1",))
    bulletin, recording = Bulletin("b1", "Mực nước", "Mực nước 4 m."), Recording("r1", "b1", "vi", ())
    return AiringView(airing, bulletin, recording, (), (replace(node, **figures),))


def test_each_sentence_is_told_with_its_state_in_the_operator_s_words_and_names_the_other_word() -> None:
    heard, changed, unproven = (line.plain for line in sentence_lines([HEARD, CHANGED, UNPROVEN], words("vi")))
    assert heard == "[nghe được] mực nước bốn mét"
    assert changed == "[nghe ra lời khác] mực nước bốn mét (bốn)"
    assert unproven.startswith("[không có bằng chứng")


def test_words_wrong_in_a_row_are_named_together_without_their_stops_and_not_where_most_are_wrong() -> None:
    text = "cúp điện từ sáu giờ, tại thôn ba, đến trưa."
    wrong = {3: WordState.MISSING, 4: WordState.MISSING, 7: WordState.DIFFERENT}
    judged = tuple(JudgedWord(word, wrong.get(at, WordState.HEARD)) for at, word in enumerate(text.split()))
    (line,) = sentence_lines([JudgedSentence(text, WordState.DIFFERENT, judged)], words("vi"))
    assert line.plain.endswith("(sáu giờ, ba)")
    mostly = tuple(replace(word, state=WordState.MISSING) for word in judged[:-1]) + judged[-1:]
    (line,) = sentence_lines([JudgedSentence(text, WordState.MISSING, mostly)], words("vi"))
    assert line.plain.endswith("đến trưa.")


def test_the_demo_s_table_fits_a_narrow_terminal_however_much_was_heard() -> None:
    heard = view(HEARD, transcript="nghe đài " * 200, recogniser="máy", clip="c" * 64, coverage=1.0)
    console = Console(width=80, file=StringIO())
    console.print(table(heard, words("vi")))
    shown = console.file.getvalue()  # type: ignore[attr-defined]  # the StringIO from above
    assert "thon-1" in shown
    assert len(shown.splitlines()) < 15
    (line,) = transcripts(heard, words("vi"))
    assert line.startswith("thon-1: Lời nghe được: “nghe đài")
    assert len(line) < 160
    assert transcripts(view(HEARD), words("vi")) == []


def test_the_demo_names_the_sentences_that_were_not_heard_and_only_those() -> None:
    (line,) = sentences(view(HEARD, CHANGED, UNPROVEN), words("vi"))
    assert line.plain == "thon-1: [nghe ra lời khác] mực nước bốn mét (bốn)"


def test_the_demo_s_document_has_every_word_and_figure_and_null_for_what_was_not_measured() -> None:
    (node,) = document(view(CHANGED, intelligibility=0.8123, delay_ms=11.04))["nodes"]
    assert node["sentences"][0]["words"][2]["state"] == "different"
    assert (node["intelligibility"], node["delay_ms"], node["gain_db"]) == (0.812, 11.0, None)
