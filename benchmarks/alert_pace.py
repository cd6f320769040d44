"""What slow words and wide pauses are worth where several horns are heard at once: `python benchmarks/alert_pace.py`.

Alerts from templates, spoken at the announcer's pace and at that of an alert, are heard by a simulated listener among
horns that are as loud as the nearest but farther away, so that every word arrives twice or three times, up to a second
apart. Counted are the syllables that the built-in recogniser, which is not told the text, does not find in their order:
no measure of what people understand, but of what the echoes of the words before leave of a word.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from difflib import SequenceMatcher

import numpy as np
from _rows import row

from smartradio.alerting.templates.filling import fill
from smartradio.audio.pole import Neighbour, PoleScene, SimulatedPole
from smartradio.listening.recognisers.choosing import choice_of, find_recogniser
from smartradio.speech.rendering import NO_CHIME, assemble, render
from smartradio.speech.script import Pace, Utterance, utterances
from smartradio.speech.spoken.lexicon import Lexicon
from smartradio.speech.spoken.text import spoken_text
from smartradio.speech.voices.chain import VoiceChain
from smartradio.speech.voices.choosing import voice_chain
from smartradio.station.alerts.template_files import load_templates

TEMPLATES = ("lu-khan-cap", "so-tan-ngay", "xa-lu")
AMONG = ((Neighbour(150.0, -3.0), Neighbour(260.0, -5.0)), (Neighbour(120.0, 0.0), Neighbour(340.0, -2.0)))
"""Who else is heard: distance beyond the nearest horn in metres, level against it in dB."""
NOISE_DB = -45.0
MOST_LOST_PERCENT = 50.0
NOW = datetime(2026, 11, 23, 20, 5, tzinfo=UTC)


def sentences_of(name: str) -> list[Utterance]:
    """Return the sentences of a template filled in as its examples show."""
    template = load_templates()[name]
    values = {field.name: field.example for field in template.fields}
    alert = fill(template, values, id=name, zones=(), at=NOW, issuer="Đài Khí tượng Thủy văn tỉnh Ninh Bình")
    return utterances([line.sentences for line in spoken_text(alert.text, Lexicon(()))])


def lost_percent(said: str, heard: str) -> float:
    """Return the share of syllables that were not found in their order."""
    wanted, found = (re.findall(r"\w+", text.lower()) for text in (said, heard))
    blocks = SequenceMatcher(None, wanted, found, autojunk=False).get_matching_blocks()
    return 100.0 * (1.0 - sum(block.size for block in blocks) / len(wanted))


def spoken(sentences: list[Utterance], voice: VoiceChain, rate: float, pauses: float) -> np.ndarray:
    """Return the alert as it is played, at shares of the voice's own speed and of an announcer's pauses."""
    parts = [replace(each, pause_after_s=each.pause_after_s * pauses) for each in sentences]
    made = render(parts, voice, chime=NO_CHIME, ending=False, rate_wpm=round(voice.own_rate_wpm * rate))
    return assemble(made.segments)


def main() -> None:
    alert = Pace.ALERT
    manners = {
        "at the announcer's pace": (1.0, 1.0, None),
        "with the pauses of an alert alone": (1.0, alert.pause_factor, None),
        "with the speed of an alert alone": (alert.rate_factor, 1.0, None),
        "at the pace of an alert": (alert.rate_factor, alert.pause_factor, MOST_LOST_PERCENT),
    }
    recogniser = find_recogniser(choice_of("builtin"))
    assert recogniser is not None
    voice = voice_chain(None, language="vi", models=None)
    try:
        for told, (rate, pauses, limit) in manners.items():
            lost, length_s = [], 0.0
            for name in TEMPLATES:
                sentences = sentences_of(name)
                played = spoken(sentences, voice, rate, pauses)
                length_s += len(played) / 16_000
                for number, neighbours in enumerate(AMONG):
                    scene = PoleScene(noise_db=NOISE_DB, neighbours=neighbours, seed=number)
                    clip = SimulatedPole(scene).hear(played, [played] * len(neighbours))
                    heard = " ".join(word.text for word in recogniser.recognise(clip).words)
                    lost.append(lost_percent(" ".join(each.spoken for each in sentences), heard))
            note = f"{len(lost)} clips, {length_s / len(TEMPLATES):.0f} s each"
            row(f"alert_pace: syllables lost among horns, {told}", float(np.mean(lost)), "%", limit, note)
    finally:
        recogniser.close()
        voice.close()


if __name__ == "__main__":
    main()
