"""What nodes keep beforehand is, byte for byte, what an alert from a template is made of."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from smartradio.alerting.figures import sentences
from smartradio.alerting.saying import BEFORE_SIREN, Occasion, lines_before_siren, said
from smartradio.alerting.templates.filling import fill
from smartradio.alerting.templates.template import fixed_of
from smartradio.domain.alert import EMERGENCY_SIREN, QUIET_OPENING, Alert, AlertStatus
from smartradio.domain.priority import Priority
from smartradio.station.alerts.kept_sounds import ALWAYS, MOST
from smartradio.station.alerts.template_files import load_templates
from smartradio.station.reader import Reader
from smartradio.station.scripts import write_script

NOW = datetime(2026, 11, 23, 20, 5, tzinfo=UTC)
TEMPLATES = load_templates()


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    reader = Reader()
    yield reader
    reader.close()


def sounds(reader: Reader, text: str, siren: str = "", before_siren: int = 0) -> list[tuple[str, str]]:
    lines = [line for line in write_script("Tin", text, Priority.EMERGENCY).sentences if isinstance(line, tuple)]
    made = reader(lines, None, Priority.EMERGENCY, siren=siren, lines_before_siren=before_siren)
    return [(segment.kind, segment.sha256) for segment in made.segments]


@pytest.fixture(scope="module")
def kept(reader: Reader) -> frozenset[str]:
    fixed = fixed_of([TEMPLATES["so-tan-ngay"]])
    sentences = {sha256 for _, sha256 in sounds(reader, "\n".join(fixed.sentences))}
    return frozenset(sentences | {segment.sha256 for segment in reader.sirens(fixed.sirens)})


def exercise(name: str) -> Alert:
    values = {field.name: field.example for field in TEMPLATES[name].fields}
    status = AlertStatus.EXERCISE
    return fill(TEMPLATES[name], values, id="a", zones=(), at=NOW, issuer="Đài Khí tượng", status=status)


def test_the_words_of_an_exercise_and_siren_and_headline_and_half_of_the_rest_are_at_the_nodes_beforehand(
    reader: Reader, kept: frozenset[str]
) -> None:
    alert = exercise("so-tan-ngay")
    words = said(alert, at=NOW, occasion=Occasion.FIRST, first_at=None)
    made = sounds(reader, words, alert.siren, lines_before_siren(alert))
    assert [kind for kind, _ in made[:4]] == ["sentence", "sentence", "chime", "sentence"]
    # The two sentences of an exercise, the siren, the headline: what is heard while the rest is being made.
    first = 1 + 2 + len(sentences(TEMPLATES["so-tan-ngay"].headline))
    assert {sha256 for _, sha256 in made[:first]} <= kept
    assert sum(sha256 in kept for _, sha256 in made) >= len(made) / 2


def test_all_that_is_kept_fits_into_a_node_s_settings() -> None:
    fixed = fixed_of(TEMPLATES.values())
    assert len(fixed.sentences) + len(fixed.sirens) < MOST / 2


def test_of_an_exercise_all_that_is_rung_with_its_order_is_among_what_is_kept(reader: Reader) -> None:
    alert = exercise("xa-lu")
    lines = [
        line
        for line in write_script(
            "Tin", said(alert, at=NOW, occasion=Occasion.FIRST, first_at=None), Priority.EMERGENCY
        ).sentences
        if isinstance(line, tuple)
    ]
    opening = reader.opening(lines, None, Priority.EMERGENCY, siren=alert.siren, lines_before_siren=1)
    assert [segment.kind for segment in opening] == ["sentence", "sentence", "chime"]
    kept = {sha256 for _, sha256 in sounds(reader, "\n".join(BEFORE_SIREN))}
    (siren,) = reader.sirens([alert.siren])
    assert {segment.sha256 for segment in opening} <= kept | {siren.sha256}


def test_an_alert_that_names_no_siren_opens_with_the_usual_one_and_none_without(reader: Reader) -> None:
    usual, quiet = reader.sirens([EMERGENCY_SIREN, QUIET_OPENING])
    assert Alert("a", "Lũ", "Nước lên.", (), NOW).siren == ""
    unnamed = sounds(reader, "Nước lên.", siren="")
    assert unnamed == sounds(reader, "Nước lên.", siren=EMERGENCY_SIREN)
    assert unnamed[0] == ("chime", usual.sha256)
    assert sounds(reader, "Nước lên.", siren=QUIET_OPENING)[0] == ("chime", quiet.sha256)
    assert {EMERGENCY_SIREN, QUIET_OPENING} <= set(ALWAYS)
