"""Clips of bulletins through a horn in a square, and texts that differ from what was said in a known way."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from models.recogniser.alike import sounding
from models.recogniser.evaluate import SILENCE_S, in_noise, on_air
from models.recogniser.voices import REGIONS, Manner, Speaker, resampled
from smartradio.listening.recognisers.ctc import CtcRecogniser
from smartradio.listening.recognisers.port import Posteriors
from smartradio.listening.syllables import ONSETS, RHYMES, spell_syllable, split_syllable, units_of
from smartradio.speech.spoken.number_words import NUMBER_WORDS
from smartradio.speech.spoken.text import spoken_line

CONDITIONS = ("mastered", "20 dB", "15 dB", "10 dB", "5 dB")
LINES_A_CLIP = 3
_SPEEDS_WPM = (140, 155, 170)
_DIGITS = ("một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")


@dataclass(frozen=True)
class Line:
    """A spoken sentence; for an alert also how it goes with one number changed."""

    words: tuple[str, ...]
    renumbered: tuple[str, ...] = ()


@dataclass(frozen=True)
class Clip:
    """What the recogniser makes of some lines read one after the other, and where each lies in seconds."""

    condition: str
    region: str
    lines: tuple[Line, ...]
    spans: tuple[tuple[float, float], ...]
    posteriors: Posteriors


@dataclass(frozen=True)
class Claim:
    """Texts held against a clip: `line` is the one that differs, at `words`; None where all are right."""

    kind: str
    texts: tuple[str, ...]
    line: int | None = None
    words: tuple[int, ...] = ()


def stock_lines(path: Path) -> list[Line]:
    """Return the usable sentences of a file, one a line, comments left out."""
    found = []
    for written in path.read_text(encoding="utf-8").splitlines():
        words = _spoken(written)
        if written.strip() and not written.startswith("#") and 3 <= len(words) <= 40 and all(map(units_of, words)):
            found.append(Line(words))
    return found


def alert_lines(random: np.random.Generator, count: int) -> list[Line]:
    """Return alerts with a number in them, each also with that number changed for one that is easily mistaken."""
    found: list[Line] = []
    while len(found) < count:
        metres, tens, ones = (int(each) for each in random.integers(1, 10, 3))
        hour, hamlet, other = int(random.integers(5, 21)), *(int(x) for x in random.choice(9, 2, replace=False) + 1)
        late = hour + int(random.integers(1, 3))
        pairs = (
            (f"{metres},{tens}{ones} m", f"{metres},{ones}{tens} m", "Mực nước sông Trà lúc này là {} và còn lên."),
            (f"{metres},{tens}{ones} m", f"{ones},{tens}{metres} m", "Lũ tại cầu Bến Gỗ đã tới mức {}, cần đi ngay."),
            (f"{hour}h", f"{hour}h30", "Trạm bơm Cống Lớn ngừng chạy từ {} chiều nay cho đến khi có lệnh."),
            (f"{hour}h", f"{late}h", "Mời các gia đình ven suối rời nhà trước {} hôm nay."),
            (f"thôn {hamlet}", f"thôn {other}", "Bà con {} tập trung tại sân kho để lên xe đi tránh lũ."),
            (f"{tens}{ones}0 hộ", f"{ones}{tens}0 hộ", "Nước đã vào nhà của {} ở dọc bờ kênh, thuyền đang đến."),
            (f"cấp {hamlet}", f"cấp {other}", "Gió trên biển mạnh {}, tàu thuyền không được ra khơi."),
            (f"ngày {metres}/{ones}", f"ngày {ones}/{metres}", "Phà ngang sông nghỉ đến hết {} để sửa bến."),
        )
        right, wrong, frame = pairs[int(random.integers(len(pairs)))]
        line = Line(_spoken(frame.format(right)), _spoken(frame.format(wrong)))
        if line.words != line.renumbered:
            found.append(line)
    return found


def clips(recogniser: CtcRecogniser, lines: Sequence[Line], condition: str, seed: int) -> Iterator[Clip]:
    """Yield clips of the lines as the product hears them, LINES_A_CLIP in each, the regions' voices in turn."""
    speaker = Speaker()
    for number, at in enumerate(range(0, len(lines) - LINES_A_CLIP + 1, LINES_A_CLIP)):
        random = np.random.default_rng((seed, CONDITIONS.index(condition), number))
        region = tuple(REGIONS)[number % len(REGIONS)]
        manner = Manner(REGIONS[region], int(random.choice(_SPEEDS_WPM)))
        group = tuple(lines[at : at + LINES_A_CLIP])
        said = [speaker.say(" ".join(line.words), manner) for line in group]
        pieces, spans, at_s = [], [], SILENCE_S
        for sound in said:
            pause = np.zeros(round(speaker.rate * random.uniform(0.25, 0.7)), dtype=np.float32)
            pieces += [sound, pause]
            spans.append((at_s, at_s + sound.size / speaker.rate))
            at_s += (sound.size + pause.size) / speaker.rate
        played = on_air(resampled(np.concatenate(pieces), speaker.rate))
        sound = played if condition == "mastered" else in_noise(played, condition, random)
        heard = recogniser.recognise(sound).posteriors
        if heard is None:
            raise ValueError(f"nothing but silence was heard of {group}")
        yield Clip(condition, region, group, tuple(spans), heard)


def right(clip: Clip, _random: np.random.Generator) -> Claim:
    """Change nothing."""
    return Claim("right", tuple(" ".join(line.words) for line in clip.lines))


def two_changed(clip: Clip, random: np.random.Generator) -> Claim:
    """Change two words of a line for any others that this voice speaks otherwise."""
    line, words = _drawn(clip, random)
    pool = sorted({word for each in clip.lines for word in each.words} | set(_ODD_WORDS.split()))
    places = [int(each) for each in random.choice(len(words), 2, replace=False)]
    for place in places:
        old = words[place]
        while sounding(words[place], clip.region) == sounding(old, clip.region):
            words[place] = pool[int(random.integers(len(pool)))]
    return _claim("two changed", clip, line, words, places)


def number_changed(clip: Clip, random: np.random.Generator) -> Claim | None:
    """Change an alert's number, or one figure of another sentence."""
    for line in random.permutation(len(clip.lines)):
        words = list(clip.lines[line].words)
        other = clip.lines[line].renumbered
        figures = [at for at, word in enumerate(words) if word in _DIGITS]
        if other:
            places = [at for at, pair in enumerate(zip(words, other, strict=False)) if pair[0] != pair[1]]
            return _claim("number", clip, int(line), other, places if len(words) == len(other) else ())
        if figures:
            place = figures[int(random.integers(len(figures)))]
            words[place] = str(random.choice([each for each in _DIGITS if each != words[place]]))
            return _claim("number", clip, int(line), words, (place,))
    return None


def near_changed(clip: Clip, random: np.random.Generator) -> Claim | None:
    """Change one word's onset, rhyme or tone alone: the hardest there is; half of them number words."""
    line, words = _drawn(clip, random)
    numbers = [at for at, word in enumerate(words) if word in NUMBER_WORDS]
    places = numbers if numbers and random.random() < 0.5 else range(len(words))
    place = int(random.choice(places))
    parts = split_syllable(words[place])
    if parts is None:
        return None
    for _ in range(50):
        onset, rhyme, tone = parts
        match int(random.integers(3)):
            case 0:
                onset = str(random.choice(ONSETS))
            case 1:
                rhyme = str(random.choice(RHYMES))
            case _:
                tone = int(random.integers(6))
        word = spell_syllable(onset, rhyme, tone)
        if split_syllable(word) and sounding(word, clip.region) != sounding(words[place], clip.region):
            words[place] = word
            return _claim("one sound", clip, line, words, (place,))
    return None


def more_in_text(clip: Clip, random: np.random.Generator) -> Claim:
    """Put "không" into the text where it was not said: a word was dropped on the air."""
    line, words = _drawn(clip, random)
    place = int(random.integers(1, len(words)))
    words.insert(place, "không")
    return _claim("dropped", clip, line, words, (place,))


def less_in_text(clip: Clip, random: np.random.Generator) -> Claim:
    """Leave out of the text a word that was said: a word was put in on the air."""
    line, words = _drawn(clip, random)
    place = int(random.integers(1, len(words) - 1))
    del words[place]
    return _claim("put in", clip, line, words, ())


def sentence_absent(clip: Clip, random: np.random.Generator, other: Line) -> Claim:
    """Put a sentence into the text that was not said at all; only for a search without spans."""
    at = int(random.integers(len(clip.lines) + 1))
    whole = replace(clip, lines=(*clip.lines[:at], other, *clip.lines[at:]))
    return replace(right(whole, random), kind="absent", line=at)


CHANGES: tuple[Callable[[Clip, np.random.Generator], Claim | None], ...] = (
    right, two_changed, number_changed, near_changed, more_in_text, less_in_text,
)  # fmt: skip
_ODD_WORDS = (
    "cá xanh nghe mưa vàng đi về học chợ gạo thuyền hoa máy trường gió đêm thơ rừng biển xe phút quê trâu lúa "
    "khói tre nhạc bánh chuông nắng tuyết đường muối ngựa"
)


def _drawn(clip: Clip, random: np.random.Generator) -> tuple[int, list[str]]:
    line = int(random.integers(len(clip.lines)))
    return line, list(clip.lines[line].words)


def _claim(kind: str, clip: Clip, line: int, words: Sequence[str], places: Sequence[int]) -> Claim:
    texts = [" ".join(each.words) for each in clip.lines]
    texts[line] = " ".join(words)
    return Claim(kind, tuple(texts), line, tuple(places))


def _spoken(written: str) -> tuple[str, ...]:
    kept = "".join(char if char.isalpha() else " " for char in spoken_line(written).spoken.lower())
    return tuple(kept.split())
