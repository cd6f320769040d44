"""A word as its region's voice speaks it: words that sound alike give the same."""

from __future__ import annotations

from models.recogniser.voices import REGIONS
from smartradio.listening.homophones import folds
from smartradio.listening.syllables import FIRST_LETTER, FIRST_TONE, units_of


def sounding(word: str, region: str) -> tuple[int, ...] | str:
    """Return the classes of a word's units (listening/homophones.py); a word that has no units stands for itself."""
    units = units_of(word)
    return word if units is None else tuple(folds(REGIONS[region])[list(units)].tolist())


def toneless(word: str, region: str) -> tuple[int, ...] | str:
    """Return a word as its region speaks it but for the tone."""
    units = units_of(word)
    if units is None:
        return word
    return tuple(folds(REGIONS[region])[[unit for unit in units if not FIRST_TONE <= unit < FIRST_LETTER]].tolist())
