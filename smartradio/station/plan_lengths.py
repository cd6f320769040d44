"""How long a bulletin will sound, estimated from what is written: no voice is started and no rule is asked.

Spoken Vietnamese has a syllable a word, and voices keep an even pace. So syllables are counted: a word is one, a
number has about two a digit, a short name in capitals one a letter, a sign between figures one. The three figures
come from a least-squares fit on rendered bulletins with as many figures and short names as they really have;
`tests/station/test_plan_lengths.py` holds the estimate against what `smartradio.speech` makes of others.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from smartradio.domain.bulletin import Part
from smartradio.domain.plan import Scheduled
from smartradio.domain.priority import Priority
from smartradio.domain.programme import Programme
from smartradio.domain.sounding import Sounding

OWN_RATE_WPM: Final = 150
"""The rate of the voice the estimate was made with; another one is taken in proportion."""

SYLLABLE_S: Final = 0.191
SENTENCE_S: Final = 0.97
COMMA_S: Final = 0.26

# As in `speech.script`, `speech.rendering` and `audio.chime`, which a plan must not load for a few figures.
CHIME_S: Final[dict[Priority, float]] = {Priority.EMERGENCY: 2.79, Priority.ABOVE: 2.0}
USUAL_CHIME_S: Final = 1.9
CLOSING_CHIME_S: Final = 1.3
CHIME_PAUSE_S: Final = 0.6
CLOSING_PAUSE_S: Final = 0.8
SENTENCE_PAUSE_S: Final = 0.45
LINE_PAUSE_S: Final = 0.8
REPEAT_PAUSE_S: Final = 2.0
REPEAT_WORDS: Final = "Xin nhắc lại."
ALERT_RATE: Final = 0.8
ALERT_PAUSES: Final = 2.0
LONGEST_STRETCH_S: Final = 30.0

_COMMA: Final = re.compile(r"[,;:()–-](?=\s)")
_TOKEN: Final = re.compile(r"[^\W\d_]+|\d+|[%°/:–-]", re.UNICODE)
_SENTENCE_END: Final = re.compile(r"(?<=[.!?…])\s+")
_VOWELS: Final = re.compile(r"[aeiouyăâêôơưàáảãạằắẳẵặầấẩẫậèéẻẽẹềếểễệìíỉĩịòóỏõọồốổỗộờớởỡợùúủũụừứửữựỳýỷỹỵ]+")
_LONGEST_SHORT_NAME: Final = 6


def syllables(text: str) -> int:
    """Return about how many syllables are said for a written text."""
    return sum(_of_token(match.group()) for match in _TOKEN.finditer(text))


def _of_token(token: str) -> int:
    if token.isdigit():
        return 2 * len(token) - 1
    if not token.isalpha():
        return 1
    if token.isupper() and len(token) <= _LONGEST_SHORT_NAME:
        return len(token)
    # A foreign word has more; a Vietnamese one has its vowels together.
    return max(1, len(_VOWELS.findall(token.lower())))


def speaking_s(sentence: str) -> float:
    """Return about how many seconds a voice at its own rate takes for a written sentence."""
    return SENTENCE_S + SYLLABLE_S * syllables(sentence) + COMMA_S * len(_COMMA.findall(sentence))


def estimated(
    programme: Programme, *, rate_wpm: float | None = None, sounds_s: Mapping[str, float] | None = None
) -> Sounding:
    """Return how long a programme will sound once it is made audible, with its chimes, pauses and repeats.

    `rate_wpm` is the commune's reading rate, for a programme without one of its own; `sounds_s` tells the seconds of
    sounds brought in, by their SHA-256, for which nothing is estimated. A sound it does not hold counts as one longest
    stretch.
    """
    urgent = programme.priority >= Priority.EMERGENCY
    faster = (programme.rate_wpm or rate_wpm or OWN_RATE_WPM) / OWN_RATE_WPM * (ALERT_RATE if urgent else 1.0)
    wider = ALERT_PAUSES if urgent else 1.0
    body = list(_stretches(programme, sounds_s or {}, faster, wider)) or [(SENTENCE_S, 0.0)]
    told = body
    for _ in range(programme.times - 1):
        again = (speaking_s(REPEAT_WORDS) / faster, SENTENCE_PAUSE_S * wider)
        told = [*told[:-1], (told[-1][0], REPEAT_PAUSE_S * wider), again, *body]
    at_s = CHIME_S.get(programme.priority, USUAL_CHIME_S) + CHIME_PAUSE_S
    starts_s, ends_s = [], []
    for length_s, pause_s in told:
        starts_s.append(at_s)
        ends_s.append(at_s + length_s)
        at_s += length_s + pause_s
    return Sounding(tuple(starts_s), tuple(ends_s), ends_s[-1] + CLOSING_PAUSE_S + CLOSING_CHIME_S, estimated=True)


def scheduled(
    programmes: Iterable[Programme],
    *,
    recorded: Mapping[str, Sounding] | None = None,
    rate_wpm: float | None = None,
    sounds_s: Mapping[str, float] | None = None,
) -> list[Scheduled]:
    """Return programmes with the room they take: by the lengths of `recorded`, by name, and else by estimated ones.

    A relay takes its minutes, whatever is read in its place.
    """
    known = recorded or {}

    def sounding(each: Programme) -> Sounding:
        if each.relay is not None:
            return Sounding.fixed(each.relay.over_after_s)
        return known.get(each.name) or estimated(each, rate_wpm=rate_wpm, sounds_s=sounds_s)

    return [Scheduled(each, sounding(each).with_pause()) for each in programmes]


def _stretches(
    programme: Programme, sounds_s: Mapping[str, float], faster: float, wider: float
) -> Iterator[tuple[float, float]]:
    """Yield length and following pause of each sentence and each stretch of a sound."""
    for part in programme.parts or (Part(text=programme.text),):
        if part.sound:
            whole_s = sounds_s.get(part.sound, LONGEST_STRETCH_S)
            count = max(1, math.ceil(whole_s / LONGEST_STRETCH_S))
            yield from [(whole_s / count, 0.0)] * (count - 1)
            yield whole_s / count, LINE_PAUSE_S * wider
            continue
        for line in part.text.splitlines():
            said = [s for s in _SENTENCE_END.split(line) if any(map(str.isalnum, s))]
            for number, sentence in enumerate(said, start=1):
                pause_s = LINE_PAUSE_S if number == len(said) else SENTENCE_PAUSE_S
                yield speaking_s(sentence) / faster, pause_s * wider
