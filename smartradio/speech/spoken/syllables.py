"""Which letters make a Vietnamese syllable."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_TONES = {"\u0300": "huyền", "\u0301": "sắc", "\u0303": "ngã", "\u0309": "hỏi", "\u0323": "nặng"}
_RIMES = """
a ac ach ai am an ang anh ao ap at au ay ăc ăm ăn ăng ăp ăt âc âm ân âng âp ât âu ây
e ec em en eng eo ep et ê êch êm ên ênh êp êt êu i ia ich im in inh ip it iu iêc iêm iên iêng iêp iêt iêu
o oc oi om on ong op ot oa oac oach oai oam oan oang oanh oao oap oat oay oăc oăm oăn oăng oăt oe oen oeo oet
ooc oong ô ôc ôi ôm ôn ông ôp ôt ơ ơi ơm ơn ơp ơt u ua uc ui um un ung up ut uân uâng uât uây uê uêch uênh
uơ uy uya uych uyn uynh uyt uyu uyp uyên uyêt uôc uôi uôm uôn uông uôt ư ưa ưc ưi ưm ưng ưt ưu
ươc ươi ươm ươn ương ươp ươt ươu y ych ynh yt yêm yên yêng yêt yêu
"""
_SYLLABLE = re.compile(
    r"(?:ngh|ng|nh|gh|gi|kh|ph|qu|th|tr|ch|[bcdđghklmnprstvx])?(?P<rime>"
    + _RIMES.strip().replace(" ", "|").replace("\n", "|")
    + ")"
)
_STOPS = ("c", "ch", "p", "t")


@lru_cache(maxsize=20_000)
def is_syllable(word: str) -> bool:
    """Whether a word without spaces is spelled like one Vietnamese syllable; case does not count."""
    if len(word) > 7:
        return False
    tone, letters = "", ""
    for char in unicodedata.normalize("NFD", word.lower()):
        if char in _TONES:
            if tone:
                return False
            tone = _TONES[char]
        else:
            letters += char
    found = _SYLLABLE.fullmatch(unicodedata.normalize("NFC", letters))
    if not found:
        return False
    return tone in ("sắc", "nặng") if found["rime"].endswith(_STOPS) else True


@lru_cache(maxsize=20_000)
def is_plain_word(word: str) -> bool:
    """Whether a word can be read as it stands: all small or only its first letter large, and a syllable."""
    return (word.islower() or word[1:].islower() or len(word) == 1) and is_syllable(word)


def has_mark(word: str) -> bool:
    """Whether a word carries a letter that only Vietnamese writes."""
    return any(ord(char) > 0x7F and char not in "Đđ" for char in word)
