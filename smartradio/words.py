"""The operators' words: gettext catalogues, read at the start, for pages, reports and commands."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.pofile import PoFileError, read_po

from smartradio.domain.errors import SmartradioError

LANGUAGES: Final = ("vi", "en")
_FOLDER = Path(__file__).parent / "locale"


class Words:
    """One language's words. Calling it translates an English sentence; `code` puts a stable code in words."""

    def __init__(self, language: str, catalogue: Catalog) -> None:
        self.language = language
        self._sentences: dict[str, str] = {}
        self._codes: dict[tuple[str, str], str] = {}
        for message in catalogue:
            if not message.id or not message.string or message.fuzzy:
                continue
            msgid, text = str(message.id), str(message.string)
            if message.context is None:
                self._sentences[msgid] = text
            else:
                self._codes[message.context, msgid] = text
        families: dict[str, set[str]] = {}
        for family, code in self._codes:
            families.setdefault(family, set()).add(code)
        self._families = {family: frozenset(codes) for family, codes in families.items()}

    def __call__(self, msgid: str, **values: object) -> str:
        """Return the sentence in this language with `values` put in its {places}.

        A sentence the catalogue does not hold comes back in English: better understood by few than by none.
        """
        text = self._sentences.get(msgid, msgid)
        return text.format(**values) if values else text

    def code(self, family: str, code: str) -> str:
        """Return the words of a stable code ("verdict", "silent"); a code without words stands for itself."""
        return self._codes.get((family, code), code)

    def has(self, msgid: str) -> bool:
        """Say whether the catalogue holds this sentence."""
        return msgid in self._sentences

    def codes(self, family: str) -> frozenset[str]:
        """Return the codes of a family that have words in this language."""
        return self._families.get(family, frozenset())


@cache
def words(language: str) -> Words:
    """Return the words of "vi" or "en". Raises SmartradioError for another, or a broken catalogue."""
    if language not in LANGUAGES:
        raise SmartradioError(f"language {language!r}: there are words for {' and '.join(LANGUAGES)}")
    path = _FOLDER / language / "LC_MESSAGES" / "smartradio.po"
    try:
        with path.open("rb") as file:
            catalogue = read_po(file, locale=language, abort_invalid=True)
    except (OSError, PoFileError, UnicodeDecodeError) as error:
        raise SmartradioError(f"the words in {path} cannot be read: {error}; install smartradio again") from error
    return Words(language, catalogue)
