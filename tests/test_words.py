"""Everything operators read has its words, in plain Vietnamese and in English."""

from __future__ import annotations

import io
from enum import Enum
from pathlib import Path
from string import Formatter
from typing import Final, get_args

import pytest
from babel.messages.extract import extract
from babel.messages.pofile import read_po
from jinja2.ext import babel_extract

import smartradio
from smartradio.alerting.templates.typed import FaultCode
from smartradio.domain.airing import AiringState
from smartradio.domain.alarm import AlarmKind, AlarmState, Severity
from smartradio.domain.alert import AlertState, AlertStatus, RiskLevel
from smartradio.domain.approval import ItemState
from smartradio.domain.errors import SmartradioError
from smartradio.domain.evidence import CHAIN, Reason, Step
from smartradio.domain.priority import Priority
from smartradio.domain.verdict import VerdictCode, WordState
from smartradio.listening import node_figures
from smartradio.listening.node_figures import NO_FIGURES, NO_PAST, match_of
from smartradio.listening.trends import WATCHED
from smartradio.listening.verdict import VerdictReason
from smartradio.node.machine.line import Kind
from smartradio.speech.spoken.reading import RULES
from smartradio.station.alerts.acts import ACTS
from smartradio.station.alerts.channels.port import ChannelEvent
from smartradio.station.alerts.kept import AlertRefusal
from smartradio.station.alerts.template_files import OPENINGS
from smartradio.station.clip_policy import Why
from smartradio.station.node_records import NodeEventKind
from smartradio.station.node_word import NOT_PLAYED_WHOLE, OTHER_RECORDING
from smartradio.station.store.cap_messages import Outcome
from smartradio.web.acts import Act
from smartradio.web.editor_form import LUNAR_REPEATS, RATES, REPEATS
from smartradio.words import LANGUAGES, words
from tests.listening.test_node_figures import FIGURES, usual

PACKAGE = Path(smartradio.__file__).parent


_CALLS: Final = {"_": None, "say": None, "words": None}


def sentences_used() -> dict[str, str]:
    """Every sentence that templates and code ask to be translated, with the file it stands in."""
    used: dict[str, str] = {}
    for path in sorted((*PACKAGE.glob("web/*.py"), *PACKAGE.glob("cli/*.py"))):
        for _line, sentence, _comments, _context in extract("python", io.BytesIO(path.read_bytes()), _CALLS):
            if sentence not in LANGUAGES:
                used.setdefault(str(sentence), path.name)
    for path in sorted(PACKAGE.rglob("*.html")):
        found = babel_extract(io.BytesIO(path.read_bytes()), ("_", "b"), [], {"trim_blocks": "true"})
        for _line, _function, sentence, _comments in found:
            # A call with values comes back as a tuple, the sentence first.
            text = sentence[0] if isinstance(sentence, tuple) else sentence
            used.setdefault(str(text), path.name)
    return used


USED = sentences_used()


def test_templates_and_code_are_searched() -> None:
    assert USED["Evidence chain"] in ("airing.html", "report.html")
    assert USED["The account or the password is wrong."] == "entry.py"


@pytest.mark.parametrize("sentence", USED, ids=lambda sentence: sentence[:40])
def test_a_sentence_that_is_shown_has_its_vietnamese_words(sentence: str) -> None:
    assert words("vi").has(sentence), f"{USED[sentence]}: {sentence!r} is not in locale/vi"


def test_no_sentence_is_kept_that_nothing_shows() -> None:
    with (PACKAGE / "locale/vi/LC_MESSAGES/smartradio.po").open("rb") as file:
        held = {str(m.id) for m in read_po(file) if m.id and m.context is None}
    code = "".join(path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py"))
    # Column headings are translated in a loop; they stand in the code as plain strings.
    assert {sentence for sentence in held - set(USED) if f'"{sentence}"' not in code} == set()


@pytest.mark.parametrize("sentence", USED, ids=lambda sentence: sentence[:40])
def test_a_translation_has_the_places_of_its_sentence(sentence: str) -> None:
    def places(text: str) -> set[str]:
        return {name for _, name, _, _ in Formatter().parse(text) if name}

    assert places(words("vi")(sentence)) == places(sentence)


_MEASURED: Final = match_of(FIGURES)
assert _MEASURED is not None
_BOUNDS: Final = (*node_figures._bounds(_MEASURED), *node_figures._as_usual(_MEASURED, usual()))
# The flags that a node's health may carry, which are faults by their names.
_OF_THE_MACHINE: Final = (
    *("button_calls", "button_stuck", "button_recording_missing", "gpio_fault", "input_alarm", "sensors_stuck"),
    *("disk_read_only", "disk_errors", "disk_worn", "inodes_low", "data_near_budget", "data_over_budget"),
)
CODES: list[tuple[str, str]] = [
    *(("verdict", code) for code in VerdictCode),
    *(("verdict_short", code) for code in VerdictCode),
    *(("reason", code) for code in Reason),
    *(("reason", code) for code in VerdictReason),
    *(("todo", code) for code in VerdictReason),
    *(("word_state", code) for code in WordState),
    *(("word_means", code) for code in WordState),
    *(("answered", code) for code in Act),
    *((family, watched.code) for family in ("trend", "trend_todo") for watched in WATCHED),
    *(("step", code) for code in Step),
    *(("step_short", code) for code in CHAIN),
    *(("state", code) for code in AiringState),
    *(("priority", str(priority.value)) for priority in Priority),
    *(("settled", code) for code in ("confirmed", "disputed")),
    *(("item_state", code) for code in ItemState),
    *(("repeat", code) for code in (*REPEATS.values(), *LUNAR_REPEATS.values(), "other")),
    *(("rate", code) for code in RATES.values()),
    *(("rule", rule.name) for rule in RULES),
    *(("why", code) for code in Why),
    *(
        ("fact", name)
        for name in (
            "button",
            "held_s",
            "ended_by",
            "time_unsure",
            "why",
            "doubts",
            "clip_error",
            *sorted(FIGURES.keys() - {"coverage_by_segment", "frames"}),
        )
    ),
    *(("doubt", code) for code in (NO_FIGURES, NO_PAST, OTHER_RECORDING, NOT_PLAYED_WHOLE, *_BOUNDS)),
    *((family, kind) for family in ("alarm", "alarm_todo") for kind in AlarmKind),
    *(("node_event", kind) for kind in NodeEventKind),
    *((family, code) for family in ("problem", "problem_todo") for code in _OF_THE_MACHINE),
    *(("net_kind", kind) for kind in get_args(Kind)),
    *(("disk_kind", kind) for kind in ("sd", "emmc", "other")),
    *(("contact", state) for state in ("open", "closed")),
    *(("severity", severity) for severity in Severity),
    *(("alarm_state", state) for state in AlarmState),
    *(("cap_outcome", code) for code in Outcome),
    *(("channel", code) for code in (*ChannelEvent, AlertStatus.EXERCISE)),
    *(("field_wrong", code) for code in FaultCode),
    *(("alert_state", code) for code in AlertState),
    *(("alert_act", code) for code in ACTS),
    *(("alert_refused", code) for code in AlertRefusal),
    *(("risk_level", str(level.value)) for level in RiskLevel),
    *(("siren", name) for name in OPENINGS),
    ("recogniser", "ctc (builtin)"),
    *(("rule", name) for name in ("hyphen", "dropped", "punctuation", "sea-g2p", "symbol")),
]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("family", "code"), CODES, ids=str)
def test_a_code_has_words(family: str, code: str, language: str) -> None:
    plain = str(code.value) if isinstance(code, Enum) else code
    assert plain in words(language).codes(family)


@pytest.mark.parametrize(
    "family", ["verdict", "reason", "todo", "step", "state", "priority", "rule", "fact", "why", "doubt", "weekday"]
)
def test_both_languages_hold_the_same_codes(family: str) -> None:
    assert words("vi").codes(family) == words("en").codes(family) != frozenset()


def test_a_verdict_says_no_more_than_what_the_microphone_heard() -> None:
    vi, en = words("vi"), words("en")
    assert vi.code("verdict", "aired") == "nghe được tại micro của cụm loa"
    for code in set(VerdictCode) - {VerdictCode.UNREACHED}:
        assert "micro của cụm loa" in vi.code("verdict", code)
        assert "microphone" in en.code("verdict", code)
    for code in VerdictCode:
        for claim in ("người dân", "bà con", "đã phát"):
            assert claim not in vi.code("verdict", code) + vi.code("verdict_short", code)


def test_a_missing_recogniser_is_said_plainly() -> None:
    assert words("vi").code("reason", "no_recogniser") == "chưa có bộ nhận dạng"


def test_a_code_or_sentence_nobody_has_words_for_is_shown_as_it_is() -> None:
    assert words("vi").code("reason", "never_seen") == "never_seen"
    assert words("vi")("Never seen {count}", count=3) == "Never seen 3"


def test_a_language_without_words_is_one_clear_line() -> None:
    with pytest.raises(SmartradioError, match="language 'fr': there are words for vi and en"):
        words("fr")
