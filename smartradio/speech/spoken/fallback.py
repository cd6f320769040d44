"""What no rule of ours knows: sea-g2p's reading of foreign words and odd forms."""

from __future__ import annotations

import logging
import re
from functools import lru_cache
from typing import Any

from smartradio.speech.spoken.letters import spell
from smartradio.speech.spoken.numerals import digits

_log = logging.getLogger(__name__)
_TAGS = re.compile(r"</?en>")
_LONGEST_CHARS = 200


@lru_cache(maxsize=1)
def _normalizer() -> Any:
    import sea_g2p  # noqa: PLC0415 - loads a 10 MB dictionary; most lines never need it

    return sea_g2p.Normalizer()


@lru_cache(maxsize=4096)
def library_reading(text: str) -> str:
    """Read a short stretch as sea-g2p does, or letter by letter where it fails.

    sea-g2p panics in Rust on some input; the panic arrives as a BaseException that has no importable class.
    """
    if len(text) > _LONGEST_CHARS:
        return by_letters(text)
    try:
        spoken = str(_normalizer().normalize(text))
    except BaseException as panic:
        if type(panic).__name__ != "PanicException":
            raise
        _log.warning("sea-g2p panicked on %r, spelling it: %s", text, panic)
        return by_letters(text)
    return _TAGS.sub("", spoken).strip(" .,") or by_letters(text)


def by_letters(text: str) -> str:
    """Name figures, keep what may be a word, spell the rest."""
    words = []
    for part in re.findall(r"\d+|[^\W\d_]+", text):
        if part.isdecimal():
            words.append(digits(part))
        else:
            words.append(part.lower() if re.search(r"[aeiouyAEIOUY]", part) else spell(part))
    return " ".join(words)
