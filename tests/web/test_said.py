"""What happened to each word: shown as it was judged, told by signs as well as by colours, and never made up."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from smartradio.domain.bulletin import Segment, SegmentKind
from smartradio.domain.verdict import JudgedSentence, JudgedWord, WordState
from smartradio.web.formats import Reader
from smartradio.web.pictures import sound_picture
from smartradio.web.rendering import STATIC
from smartradio.web.said import SIGNS, spans_of, told
from smartradio.web.sounds import draw_clip

HEARD, DOUBTFUL, MISSING, DIFFERENT, UNPROVEN = WordState


def card(page: str, node: str) -> str:
    return page.split(f'id="{node}"')[1].split("</article>", maxsplit=1)[0]


def plain(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_each_word_is_shown_with_its_fate(lan: Any) -> None:
    shown = card(lan.get("/airings/lp-1").text, "thon-1")
    assert re.findall(r'<span class="run run-(\w+)[^>]*>.*?</span>\s*(?=<span class="run|</p>)', shown, re.DOTALL)
    runs = re.findall(r'class="run run-(\w+)( weighs)?"[^>]*>(.*?)</span>\n', shown, re.DOTALL)
    told_runs = [(state, bool(weighs), plain(text)) for state, weighs, text in runs]
    assert told_runs[:5] == [
        ("heard", False, "Từ"),
        ("heard", True, "bảy"),
        ("heard", False, "giờ"),
        ("different", True, "(nghe ra lời khác:) ba mươi"),
        ("heard", False, "phút, ủy ban"),
    ]
    assert ("missing", False, "(không nghe thấy:) trạm y tế.") in told_runs


def test_sentences_are_counted_by_their_fate(lan: Any) -> None:
    tally = card(lan.get("/airings/lp-1").text, "thon-1").split('class="tally"')[1].split("</p>")[0]
    assert plain(tally[1:]) == "Số câu: 1 không nghe thấy 1 nghe ra lời khác"


def test_a_judgement_without_sentences_proves_no_speech_and_gets_none_made_up(lan: Any) -> None:
    shown = card(lan.get("/airings/lp-1").text, "thon-2")
    assert "Không có bằng chứng lời nói" in shown
    assert 'class="run' not in shown
    assert "Không có bằng chứng lời nói" not in card(lan.get("/airings/lp-1").text, "thon-3")  # nothing was judged


def test_words_that_nobody_could_judge_are_shown_as_such(lan: Any, desk: Any, commune: Any) -> None:
    unproven = (commune.sentence("Liên hệ trạm y tế.", "uuuuu"),)
    desk.view = replace(desk.view, nodes=(replace(desk.view.nodes[0], sentences=unproven), *desk.view.nodes[1:]))
    shown = card(lan.get("/airings/lp-1").text, "thon-1")
    assert "Không có bằng chứng lời nói" in shown
    assert "run-unproven" in shown
    assert "run-heard" not in shown


def test_the_figure_of_intelligibility_stands_only_where_it_was_measured(lan: Any) -> None:
    page = lan.get("/airings/lp-1").text
    assert "Độ rõ lời (0 đến 1)</dt><dd>0,82" in card(page, "thon-1")
    assert "Độ rõ lời" not in card(page, "thon-2")


def test_a_reason_says_what_to_do(lan: Any) -> None:
    shown = plain(card(lan.get("/airings/lp-1").text, "thon-2"))
    assert "không nghe thấy tiếng loa của chính cụm này → Kiểm tra âm-li, dây loa và nguồn điện" in shown


def test_the_transcript_stands_below_the_words(lan: Any, desk: Any) -> None:
    node = replace(desk.view.nodes[0], transcript="từ bảy giờ hai mươi", recogniser="ctc (builtin)")
    desk.view = replace(desk.view, nodes=(node, *desk.view.nodes[1:]))
    shown = card(lan.get("/airings/lp-1").text, "thon-1")
    assert "(bộ nhận dạng có sẵn của hệ thống)" in shown
    assert shown.index('class="sentence"') < shown.index("“từ bảy giờ hai mươi”")


def test_a_word_known_by_its_place_can_be_played_from_there(lan: Any) -> None:
    shown = card(lan.get("/airings/lp-1").text, "thon-1")
    assert re.search(r'run-doubtful" data-at="7\.70"', shown)
    assert not re.search(r'run-missing" data-at', shown)


def test_long_rows_of_heard_sentences_are_folded_and_none_is_lost(commune: Any) -> None:
    fates = "hhhhhmhhhdhhhhh"
    sentences = tuple(commune.sentence("xin", fate) for fate in fates)
    laid = told(replace(commune.nodes()[0], sentences=sentences))
    assert [(len(s.sentences), s.folded) for s in laid.stretches] == [
        (5, True),
        (1, False),
        (3, False),
        (1, False),
        (5, True),
    ]
    assert [said.number for s in laid.stretches for said in s.sentences] == list(range(1, 16))


def test_a_sentence_judged_as_a_whole_is_shown_as_a_whole(commune: Any) -> None:
    whole = JudgedSentence("Bản thu mang vào.", DOUBTFUL)
    (stretch,) = told(replace(commune.nodes()[0], sentences=(whole,))).stretches
    (said,) = stretch.sentences
    assert [(run.text, run.state, run.at_s) for run in said.runs] == [("Bản thu mang vào.", DOUBTFUL, None)]


def test_words_that_do_not_fit_their_sentence_are_shown_as_they_were_judged(commune: Any) -> None:
    odd = JudgedSentence("Nước 4,52 m.", HEARD, tuple(JudgedWord(w, HEARD) for w in ("nước", "bốn", "phẩy")))
    (stretch,) = told(replace(commune.nodes()[0], sentences=(odd,))).stretches
    assert [run.text for run in stretch.sentences[0].runs] == ["nước bốn phẩy"]


def test_sentences_lie_where_the_recording_has_them(commune: Any) -> None:
    view = commune.airing_view()
    assert spans_of(view, view.nodes[0]) == [(2.4, pytest.approx(7.6)), (pytest.approx(8.0), pytest.approx(12.0))]


def test_sentences_that_do_not_fit_the_recording_lie_where_their_words_were_found(commune: Any) -> None:
    view = commune.airing_view()
    third = Segment("9" * 64, 1, 1.0, 0.0, SegmentKind.SENTENCE, "xin cảm ơn")
    view = replace(view, recording=replace(view.recording, segments=(*view.recording.segments, third)))
    first, second = spans_of(view, view.nodes[0])
    assert first == (2.5, pytest.approx(7.25))
    assert second == (pytest.approx(8.1), pytest.approx(8.85))
    nowhere = replace(view.nodes[0], sentences=(JudgedSentence("Xin chào.", MISSING),))
    assert spans_of(view, nowhere) == [None]


def test_the_clip_s_picture_holds_each_sentence_with_its_sign(commune: Any, desk: Any) -> None:
    view = desk.view
    drawn = draw_clip(view, view.nodes[0], desk.clips["thon-1"], commune.decode)
    assert drawn.count(SIGNS[DIFFERENT]) == drawn.count(SIGNS[MISSING]) == 1
    old = draw_clip(view, replace(view.nodes[0], sentences=()), desk.clips["thon-1"], commune.decode)
    assert not any(sign in old for sign in SIGNS.values())
    tall, flat = (float(re.search(r'viewBox="0 0 960 ([\d.]+)"', svg)[1]) for svg in (drawn, old))  # type: ignore[index]
    assert tall > flat


def test_pictures_without_sentences_stay_as_they_were(desk: Any, commune: Any) -> None:
    assert "<image" in sound_picture(commune.decode(desk.sound), window_s=(0.0, 12.0))


def test_every_fate_has_its_own_sign_word_and_meaning() -> None:
    assert len(set(SIGNS.values())) == len(WordState)
    for language in ("vi", "en"):
        own = Reader(language)
        for family in ("word_state", "word_means"):
            assert len({own.code(family, state) for state in WordState if own.has(family, state)}) == len(WordState)


def _luminance(colour: str) -> float:
    """Relative luminance. Source: WCAG 2.2, definition of relative luminance."""
    digits = colour.removeprefix("#")
    digits = "".join(2 * d for d in digits) if len(digits) == 3 else digits
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("state", [state.value for state in WordState])
def test_words_can_be_read_by_weak_eyes(state: str) -> None:
    css = (STATIC / "style.css").read_text(encoding="utf-8")
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6})", css))
    for paper in (colours.get(f"{state}-bg", colours["card"]), colours["card"], colours["paper"]):
        light, dark = sorted((_luminance(paper), _luminance(colours[state])), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5
