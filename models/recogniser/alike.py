"""What each region's voice speaks alike, found by asking espeak-ng for the phonemes of every onset and rhyme."""

from __future__ import annotations

from smartradio.listening.syllables import split_syllable

_SAME_ONSETS = {
    "north": ("ch tr", "d gi r", "s x"),
    "central": ("d gi", "s x"),
    "south": ("ch tr", "d gi v", "g r", "s x"),
}
_FINALS = "an:ang ăn:ăng en:eng iên:iêng oan:oang oăn:oăng un:ung uân:uâng uôn:uông ươn:ương ưu:iu ich:âc"
_SAME_RHYMES = {
    "north": "ưu:iu",
    "central": _FINALS + " ân:âng",
    "south": _FINALS + " ân:âng in:âng ên:ơn",
}


def sounding(word: str, region: str) -> tuple[str, str, int] | str:
    """Return a word as its region speaks it: words that sound alike give the same."""
    parts = split_syllable(word)
    if parts is None:
        return word
    onset, rhyme, tone = parts
    for same in _SAME_ONSETS[region]:
        if onset in same.split():
            onset = same
    folds = dict(pair.split(":") for pair in _SAME_RHYMES[region].split())
    return onset, folds.get(rhyme, rhyme), tone


def toneless(word: str, region: str) -> tuple[str, str] | str:
    """Return a word as its region speaks it but for the tone."""
    heard_as = sounding(word, region)
    return heard_as if isinstance(heard_as, str) else heard_as[:2]
