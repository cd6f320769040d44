"""Every template, filled in as its examples show, is read aloud without a doubt and with every figure right."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from smartradio.alerting.figures import figures, sentences
from smartradio.alerting.saying import Occasion, said
from smartradio.alerting.templates.filling import fill
from smartradio.alerting.templates.template import FieldKind, fixed_of
from smartradio.alerting.templates.typed import written
from smartradio.domain.alert import Alert, AlertStatus
from smartradio.speech.spoken.lexicon import Lexicon
from smartradio.speech.spoken.text import spoken_text
from smartradio.station.alerts.template_files import load_templates
from smartradio.station.scripts import open_places, read_text

NOW = datetime(2026, 11, 23, 20, 5, tzinfo=UTC)
TEMPLATES = load_templates()
NAMES = sorted(TEMPLATES)
WITH_EXAMPLES = load_templates(Path(__file__).parents[3] / "schedules" / "alerts")


def as_its_examples_show(name: str, status: AlertStatus = AlertStatus.ACTUAL) -> Alert:
    template = TEMPLATES[name]
    values = {field.name: field.example for field in template.fields}
    return fill(
        template,
        values,
        id="a",
        zones=("thon-1",),
        at=NOW,
        issuer="Đài Khí tượng Thủy văn tỉnh Ninh Bình",
        status=status,
    )


def heard(text: str) -> str:
    return " ".join(line["spoken"] for line in read_text(text))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("occasion", sorted(Occasion))
def test_nothing_in_it_is_left_open_whenever_it_is_aired(name: str, occasion: Occasion) -> None:
    alert = as_its_examples_show(name, AlertStatus.EXERCISE)
    text = said(alert, at=NOW + timedelta(hours=2), occasion=occasion, first_at=NOW)
    assert open_places(read_text(text)) == ()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("occasion", sorted(Occasion))
def test_issuer_and_time_of_issue_are_heard_whenever_it_is_aired(name: str, occasion: Occasion) -> None:
    template = TEMPLATES[name]
    values = {field.name: field.example for field in template.fields if field.required}
    theirs = "Đài Khí tượng Thủy văn tỉnh Ninh Bình" if template.issuer_needed else ""
    alert = fill(template, values, id="a", zones=("thon-1",), at=NOW, issuer=theirs, issued_at=NOW - timedelta(hours=1))
    ours = "Ủy ban nhân dân xã Yên Hòa"
    text = said(alert, at=NOW + timedelta(hours=2), occasion=occasion, first_at=NOW, usual_issuer=ours)
    assert (
        f"tin của {theirs or ours}, ban hành lúc hai giờ năm phút ngày hai mươi bốn tháng mười một".casefold()
        in heard(text)
    )
    assert open_places(read_text(text)) == ()


@pytest.mark.parametrize("name", NAMES)
def test_the_officer_reads_back_every_number_that_was_typed_and_hears_the_rest(name: str) -> None:
    alert = as_its_examples_show(name)
    lines = read_text(alert.text)
    read_back = figures(lines)
    assert not re.search(r"\d", " ".join(line["spoken"] for line in lines))
    for field in TEMPLATES[name].fields:
        if field.kind is FieldKind.NUMBER:
            number = written(field, field.example)
            assert any(figure.written in number or number in figure.written for figure in read_back), field.name


@pytest.mark.parametrize("name", NAMES)
def test_every_number_that_matters_is_heard_twice(name: str) -> None:
    spoken = heard(as_its_examples_show(name).text)
    for field in TEMPLATES[name].fields:
        if field.twice:
            value = heard(str(written(field, field.example))).rstrip(".")
            assert spoken.count(value) >= 2, field.name
            assert value in spoken.partition("nhắc lại")[2], field.name


@pytest.mark.parametrize("name", NAMES)
def test_every_telephone_number_is_heard_twice(name: str) -> None:
    text = as_its_examples_show(name).text
    for number in re.findall(r"(?<!\d)(?:11[2-5]|0\d{3} \d{3} \d{3})(?!\d)", text):
        assert text.count(number) >= 2, number
        assert heard(text).count(heard(f"gọi số {number}.").removeprefix("gọi ").rstrip(".")) >= 2, number


@pytest.mark.parametrize("name", sorted(WITH_EXAMPLES))
def test_no_sentence_turns_into_its_opposite_by_a_syllable_that_the_wind_takes(name: str) -> None:
    template = WITH_EXAMPLES[name]
    words = "\n".join((template.headline, *template.parts)).casefold()
    assert re.findall(r"\b(không|chưa|đừng|chớ|cấm|ngừng|thôi)\b", words) == []


@pytest.mark.parametrize("name", NAMES)
def test_its_sentences_are_short(name: str) -> None:
    text = as_its_examples_show(name).text
    longest = max(sentences(text.replace("\n", " ")), key=lambda sentence: len(sentence.split()))
    assert len(longest.split()) <= 24, longest


@pytest.mark.parametrize("name", NAMES)
def test_the_least_that_must_be_typed_makes_a_whole_alert(name: str) -> None:
    template = TEMPLATES[name]
    values = {field.name: field.example for field in template.fields if field.required}
    alert = fill(template, values, id="a", zones=(), at=NOW, issuer="UBND xã Yên Hòa")
    assert alert.text.startswith(template.headline)
    assert "{" not in alert.text + alert.title
    assert open_places(read_text(alert.text)) == ()
    assert len(values) <= 7


@pytest.mark.parametrize("name", NAMES)
def test_it_is_heard_out_in_a_minute_or_two(name: str) -> None:
    # Slow speech: about 2.2 syllables a second.
    assert len(heard(as_its_examples_show(name).text).split()) < 2.2 * 130


def test_a_level_of_risk_is_asked_for_but_never_needed() -> None:
    for template in TEMPLATES.values():
        for field in template.fields:
            assert field.kind is not FieldKind.RISK or not field.required


def test_numbers_of_a_flood_are_heard_as_an_announcer_reads_them() -> None:
    spoken = heard(as_its_examples_show("lu-khan-cap").text)
    assert "mực nước sông hoàng long tại trạm bến đế là ba phẩy mười lăm mét. nhắc lại, ba phẩy mười lăm mét." in spoken
    assert "cao hơn mức báo động ba là không phẩy mười lăm mét" in spoken
    assert "gọi số một một hai" in spoken


def test_the_fixed_sentences_are_sentences_of_their_own_when_the_alert_is_read() -> None:
    fixed = fixed_of(TEMPLATES.values()).sentences
    assert fixed[0].endswith(("!", "."))
    read = {sentence for line in spoken_text("\n".join(fixed), Lexicon(())) for sentence in line.sentences}
    for name in NAMES:
        in_alert = [s for line in spoken_text(as_its_examples_show(name).text, Lexicon(())) for s in line.sentences]
        headline = spoken_text(TEMPLATES[name].headline, Lexicon(()))[0].sentences
        assert set(headline) <= read
        assert tuple(in_alert[: len(headline)]) == tuple(headline)
