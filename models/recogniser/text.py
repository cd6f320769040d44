"""What is said in the training: the commune's sentences, their words in new company, figures, and any syllable.

All of it is the project's own: `stock/` beside this file, the examples in `schedules/`, and syllables by rule. In
sentences a network also learns which of two words that sound alike is meant; in rows of any syllables it learns to
hear what it does not expect. It needs both.
"""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import numpy as np
import yaml

from smartradio.listening.syllables import ONSETS, RHYMES, spell_syllable, tones_of, units_of
from smartradio.speech.spoken.text import spoken_line

_HERE = Path(__file__).parent
_SCHEDULES = _HERE.parents[1] / "schedules"
_WORD = re.compile(r"[^\W\d_]+|,")
_MOST_WORDS = 34
_PHRASES = 1_200
_NO_GLIDE_AFTER = {"b", "m", "ph", "v", "p", "qu", "gi", "r", "đ"}
_GLIDES = ("oa", "oă", "oe", "uâ", "uê", "uơ", "uy")


class Text:
    """A well of things to say, filled from one seed."""

    def __init__(self, seed: int) -> None:
        random = np.random.default_rng((seed, 2))
        lines = _lines(_HERE / "stock" / "sentences.txt")
        for path in sorted(_SCHEDULES.glob("*.yaml")):
            for programme in yaml.safe_load(path.read_text(encoding="utf-8"))["programmes"]:
                lines += [line for line in programme["text"].splitlines() if line.strip()]
        self.sentences = [" ".join(words) for line in lines for words in _spoken_words(line)]
        self.words = [
            line.split() for line in ",".join(_lines(_HERE / "stock" / "words.txt")).split(",") if line.strip()
        ]
        self.phrases = [words for _ in range(_PHRASES) for words in _spoken_words(_figures(random))]
        self.foreign = ",".join(_lines(_HERE / "stock" / "foreign.txt")).split(",")
        self.syllables = plausible_syllables()
        known = itertools.chain(*self.words, *self.phrases, *(each.split() for each in self.sentences))
        self.known = sorted({word for word in known if word != ","})
        self._cut = [each.split() for each in self.sentences]

    def drawn(self, random: np.random.Generator) -> list[str]:
        """Return the words of one utterance, commas among them."""
        wanted = int(random.integers(3, _MOST_WORDS))
        kind = random.random()
        words: list[str] = []
        while len(words) < wanted:
            if words and random.random() < 0.12:
                words.append(",")
            if kind < 0.42:
                words += self._sentence(random)
            elif kind < 0.50:
                words.append(self._syllable(random))
            else:
                words += self._mixed(random)
        words = words[: max(wanted, 1)]
        return words if words[-1] != "," else words[:-1]

    def _mixed(self, random: np.random.Generator) -> list[str]:
        kind = random.random()
        if kind < 0.58:
            return self.words[int(random.integers(len(self.words)))]
        if kind < 0.72:
            whole = self._cut[int(random.integers(len(self._cut)))]
            begin = int(random.integers(len(whole)))
            return whole[begin : begin + int(random.integers(2, 7))]
        if kind < 0.82:
            return self.phrases[int(random.integers(len(self.phrases)))]
        if kind < 0.90:
            return [self.known[int(random.integers(len(self.known)))]]
        if kind < 0.985:
            return [self._syllable(random)]
        return [self.foreign[int(random.integers(len(self.foreign)))].strip()]

    def _sentence(self, random: np.random.Generator) -> list[str]:
        return self._cut[int(random.integers(len(self._cut)))]

    def _syllable(self, random: np.random.Generator) -> str:
        return self.syllables[int(random.integers(len(self.syllables)))]


def plausible_syllables() -> list[str]:
    """Return the syllables that Vietnamese spelling and sound allow, most of them words, some of them not."""
    out = []
    for onset, rhyme in itertools.product(("", *ONSETS), RHYMES):
        glide = rhyme.startswith(_GLIDES) or rhyme in ("ooc", "oong")
        if glide and onset in _NO_GLIDE_AFTER:
            continue
        if onset == "qu" and rhyme[0] in "uưo":
            continue
        if onset == "gi" and rhyme[0] in "êi" and rhyme not in ("i", "in", "iêng", "iêt"):
            continue
        if onset == "p" or (onset in ("g", "ng") and rhyme.startswith("uy")):
            continue
        out += [spell_syllable(onset, rhyme, tone) for tone in tones_of(rhyme)]
    return out


def _lines(path: Path) -> list[str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def _spoken_words(written: str) -> list[list[str]]:
    """Return the words of a written line as they are said, where every one of them has units; else nothing."""
    words = _WORD.findall(spoken_line(written).spoken.lower())
    if not words or any(word != "," and units_of(word) is None for word in words):
        return []
    return [words]


def _figures(random: np.random.Generator) -> str:
    """Return a written phrase with figures as bulletins have them."""

    def number(low: int, high: int) -> int:
        return int(random.integers(low, high))

    day, month, year = number(1, 29), number(1, 13), number(2018, 2032)
    hour, minute = number(4, 23), number(0, 12) * 5
    choices = (
        f"ngày {day}/{month}/{year}", f"ngày {day} tháng {month} năm {year}", f"lúc {hour}h{minute:02d}",
        f"từ {hour}h{minute:02d} đến {hour + 1}h30 ngày {day:02d}/{month:02d}", f"{hour} giờ {minute} phút",
        f"{number(1, 100)}%", f"{number(1, 100)},{number(1, 100)}%", f"{number(1, 1000) * 1000} đồng",
        f"{number(1, 999)} triệu đồng", f"{number(2, 99)},{number(1, 10)} tỷ đồng", f"{number(1, 1000)} hộ",
        f"{number(1000, 100_000)} người", f"{number(1, 40)} thôn", f"số {number(1, 3000)}/QĐ-UBND",
        f"{number(5, 90)} tuổi", f"{number(1, 500)} ha", f"{number(1, 200)} km", f"{number(10, 400)} mm",
        f"{number(8, 42)}°C", f"{number(2, 99)} m2", f"0{number(200_000_000, 999_999_999)}", f"{number(1, 100_000)}",
        f"khoản {number(1, 10)} điều {number(1, 200)}", f"Nghị định {number(1, 200)}/{year}/NĐ-CP",
        f"cấp {number(6, 14)}, giật cấp {number(8, 17)}", f"{number(1, 60)} kg/sào",
        f"quý {('I', 'II', 'III', 'IV')[number(0, 4)]}/{year}", f"thứ {number(2, 8)} hằng tuần",
        f"giai đoạn {year}-{year + 5}", f"độ ẩm {number(40, 99)}%", f"mực nước {number(1, 15)},{number(10, 99)} m",
        f"{number(2, 20)} thửa", f"{number(1, 12)} tháng",
    )  # fmt: skip
    return str(choices[int(random.integers(len(choices)))])
