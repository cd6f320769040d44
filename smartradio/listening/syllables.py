"""A Vietnamese syllable as what is heard of it: onset, rhyme and tone, and back to letters.

Spellings that sound alike and follow from their neighbours are one unit (c, k; g, gh; ng, ngh; i, y), so the network
need not learn orthography. Foreign words are their letters with an end mark. The blank of CTC is unit 0.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache

# The order of all these is the network's answer, so they stand here and not with the reader (speech/spoken): a rhyme
# that it learns to read must not shift the weights. A test holds both tables together.
BLANK = 0
TONES = ("ngang", "huyền", "sắc", "hỏi", "ngã", "nặng")
ONSETS = (
    "b", "ch", "d", "đ", "g", "gi", "h", "k", "kh", "l", "m", "n", "ng", "nh", "p", "ph", "qu", "r", "s", "t", "th",
    "tr", "v", "x",
)  # fmt: skip
_RHYMES = """
    a ac ach ai am an ang anh ao ap at au ay ăc ăm ăn ăng ăp ăt âc âm ân âng âp ât âu ây
    e ec em en eng eo ep et ê êch êm ên ênh êp êt êu i ia ich im in inh ip it iu iêc iêm iên iêng iêp iêt iêu
    o oc oi om on ong op ot oa oac oach oai oam oan oang oanh oao oap oat oay oăc oăm oăn oăng oăt oe oen oeo oet
    ooc oong ô ôc ôi ôm ôn ông ôp ôt ơ ơi ơm ơn ơp ơt u ua uc ui um un ung up ut uân uâng uât uây uê uêch uênh
    uơ uy uya uych uyn uynh uyt uyu uyp uyên uyêt uôc uôi uôm uôn uông uôt ư ưa ưc ưi ưm ưng ưt ưu
    ươc ươi ươm ươn ương ươp ươt ươu
"""
RHYMES = tuple(_RHYMES.split())
LETTERS = tuple("abcdefghijklmnopqrstuvwxyz")
END = "."
"""Unit after the last letter of a foreign word."""

_MARKS = {"\u0300": 1, "\u0301": 2, "\u0309": 3, "\u0303": 4, "\u0323": 5}
_MARK_OF = {tone: mark for mark, tone in _MARKS.items()}
_STOPS = ("c", "ch", "p", "t")
_ALL_TONES = tuple(range(len(TONES)))
STOPPED_TONES = (TONES.index("sắc"), TONES.index("nặng"))
"""The tones, as indices into TONES, of a rhyme that ends in c, ch, p or t."""
_SPELLED_ONSETS = ("ngh", "ng", "nh", "gh", "gi", "kh", "ph", "qu", "th", "tr", "ch", *"bcdđghklmnprstvx")
_SAME_ONSET = {"ngh": "ng", "gh": "g", "c": "k"}
_BEFORE_FRONT = {"k": ("c", "k"), "g": ("g", "gh"), "ng": ("ng", "ngh")}
# Which onsets and tones are written with y, not i, where both would sound the same (common usage).
_WITH_Y = {
    ("", 0), ("", 1), ("", 2), ("", 3), ("", 5), ("h", 0), ("h", 3), ("k", 0), ("k", 1), ("k", 2), ("k", 3), ("k", 4),
    ("k", 5), ("l", 0), ("l", 2), ("l", 5), ("m", 4), ("t", 0), ("t", 3), ("t", 5), ("v", 4),
}  # fmt: skip
_VOWELS = "aăâeêioôơuưy"
_MARKED_VOWELS = "ăâêôơư"


def unit_names() -> tuple[str, ...]:
    """Return the names of all units in their order, the blank first: the table beside the weights."""
    return (
        "<blank>",
        *(f"onset:{each}" for each in ONSETS),
        *(f"rhyme:{each}" for each in RHYMES),
        *(f"tone:{each}" for each in TONES),
        *(f"letter:{each}" for each in LETTERS),
        f"letter:{END}",
    )


_IDS = {name: number for number, name in enumerate(unit_names())}
_NAMES = unit_names()
FIRST_RHYME = _IDS[f"rhyme:{RHYMES[0]}"]
FIRST_TONE = _IDS[f"tone:{TONES[0]}"]
FIRST_LETTER = _IDS["letter:a"]
END_UNIT = _IDS[f"letter:{END}"]
UNITS = len(_NAMES)


@lru_cache(maxsize=50_000)
def units_of(word: str) -> tuple[int, ...] | None:
    """Return the units of one word: (onset,) rhyme, tone, or letters and END; None for what has no such reading.

    Case does not count, and marks may be composed or not. Figures and punctuation have no units.
    """
    parts = split_syllable(word)
    if parts is not None:
        onset, rhyme, tone = parts
        head = (_IDS[f"onset:{onset}"],) if onset else ()
        return (*head, _IDS[f"rhyme:{rhyme}"], FIRST_TONE + tone)
    plain = "".join(
        char for char in unicodedata.normalize("NFD", word.lower().replace("đ", "d")) if not unicodedata.combining(char)
    )
    if not plain or any(char not in LETTERS for char in plain):
        return None
    return (*(_IDS[f"letter:{char}"] for char in plain), END_UNIT)


def split_syllable(word: str) -> tuple[str, str, int] | None:
    """Return (onset, rhyme, index into TONES) of a Vietnamese syllable, or None; the onset may be empty."""
    tone, letters = 0, ""
    for char in unicodedata.normalize("NFD", word.lower()):
        if char in _MARKS:
            if tone:
                return None
            tone = _MARKS[char]
        else:
            letters += char
    letters = unicodedata.normalize("NFC", letters)
    onset = next((each for each in _SPELLED_ONSETS if letters.startswith(each)), "")
    rest = letters[len(onset) :]
    if onset == "gi" and rest[:1] not in tuple("aăâeoôơuư"):
        rest = "i" + rest  # gì, gìn, giếng: the i belongs to both
    rhyme = _heard(rest)
    if rhyme not in RHYMES or tone not in tones_of(rhyme):
        return None
    return _SAME_ONSET.get(onset, onset), rhyme, tone


def tones_of(rhyme: str) -> tuple[int, ...]:
    """Return the tones a rhyme may carry, as indices into TONES: one that ends in a stop has two of the six."""
    return STOPPED_TONES if rhyme.endswith(_STOPS) else _ALL_TONES


def word_of(units: Sequence[int]) -> str | None:
    """Return the spelling of one word's units, as `units_of` gives them; None for units that make no word."""
    if not units:
        return None
    if units[-1] == END_UNIT:
        letters = units[:-1]
        if not letters or any(not FIRST_LETTER <= unit < END_UNIT for unit in letters):
            return None
        return "".join(LETTERS[unit - FIRST_LETTER] for unit in letters)
    if len(units) not in (2, 3) or not FIRST_TONE <= units[-1] < FIRST_LETTER:
        return None
    if not FIRST_RHYME <= units[-2] < FIRST_TONE or (len(units) == 3 and not 0 < units[0] < FIRST_RHYME):
        return None
    onset = ONSETS[units[0] - 1] if len(units) == 3 else ""
    return spell_syllable(onset, RHYMES[units[-2] - FIRST_RHYME], units[-1] - FIRST_TONE)


def spell_syllable(onset: str, rhyme: str, tone: int) -> str:
    """Return the letters of a syllable, its mark where schoolbooks put it (hòa, thủy, quý, giếng)."""
    front = rhyme[0] in "eêi"
    written_onset = _BEFORE_FRONT[onset][front] if onset in _BEFORE_FRONT else onset
    written = rhyme
    if rhyme == "i" and ((onset, tone) in _WITH_Y or onset == "qu"):
        written = "y"
    elif rhyme[0] == "i" and (onset == "qu" or (not onset and rhyme.startswith("iê"))):
        written = "y" + rhyme[1:]
    if onset == "gi" and rhyme[0] == "i":
        written_onset = "g"
    if tone == 0:
        return written_onset + written
    at = _marked_place(written)
    letter = unicodedata.normalize("NFC", written[at] + _MARK_OF[tone])
    return written_onset + written[:at] + letter + written[at + 1 :]


def _heard(rest: str) -> str:
    """Return the rhyme's one spelling: i for y at its head."""
    return "i" + rest[1:] if rest[:1] == "y" else rest


def _marked_place(rhyme: str) -> int:
    marked = [place for place, char in enumerate(rhyme) if char in _MARKED_VOWELS]
    if marked:
        return marked[-1]
    vowels = [place for place, char in enumerate(rhyme) if char in _VOWELS]
    if len(vowels) == 3 or (len(vowels) == 2 and vowels[-1] + 1 < len(rhyme)):
        return vowels[1]
    return vowels[0]
