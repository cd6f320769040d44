"""How the commune's names and words are read, as an administrator keeps them."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from datetime import datetime

from smartradio.domain.approval import Person
from smartradio.domain.errors import BadInputError
from smartradio.speech.spoken.lexicon_rows import Entry, matching_key, tidy_entry
from smartradio.station.administered import Change, administered
from smartradio.station.store import Store
from smartradio.station.store.lexicon import LexiconChange


class EntryError(BadInputError):
    """An entry that cannot stand; `code` is the column that is wrong (written, spoken, note), or full."""

    def __init__(self, code: str, line: str) -> None:
        super().__init__(line)
        self.code = code


class NamesDesk:
    """The commune's lexicon. Blocking; raises EntryError in one line, then nothing was changed."""

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock

    def find(self, words: str = "") -> list[Entry]:
        """Return the entries in which these words stand, with or without accents; all for none."""
        wanted = _plain(words)
        return [entry for entry in self._store.lexicon() if wanted in _plain(f"{entry.written} {entry.spoken}")]

    def entry(self, written: str) -> Entry | None:
        """Return the entry of a written form."""
        key = matching_key(written)
        return next((entry for entry in self._store.lexicon() if matching_key(entry.written) == key), None)

    def put(self, written: str, spoken: str, note: str, *, by: Person) -> Entry:
        """Lay down how a written form is read, new or in the place of another reading."""
        before = self.entry(written)
        now = self._clock()
        try:
            self._store.set_lexicon_entry(Entry(written, spoken, note), by.title, now)
        except BadInputError as error:
            raise EntryError(_wrong_column(written, spoken, note), str(error)) from error
        after = self.entry(written) or Entry(written, spoken, note)
        if after != before:
            change = Change.MADE if before is None else Change.CHANGED
            self._note(after.written, change, by, before.spoken if before else None, after.spoken)
        return after

    def remove(self, written: str, *, by: Person) -> bool:
        """Take an entry out; False if there was none."""
        before = self.entry(written)
        if before is None or not self._store.remove_lexicon_entry(written, by.title, self._clock()):
            return False
        self._note(before.written, Change.REMOVED, by, before.spoken, None)
        return True

    def changes(self, newest: int = 30) -> Sequence[LexiconChange]:
        """Return who changed which reading, the latest first."""
        return self._store.lexicon_changes(newest)

    def _note(self, written: str, change: Change, by: Person, before: str | None, after: str | None) -> None:
        entry = administered("lexicon", written, change, by=by, at=self._clock(), before=before, after=after)
        self._store.record([entry])


def _wrong_column(written: str, spoken: str, note: str) -> str:
    tried = {"written": Entry(written, "a"), "spoken": Entry("a", spoken), "note": Entry("a", "a", note)}
    for column, entry in tried.items():
        try:
            tidy_entry(entry)
        except BadInputError:
            return column
    return "full"


def _plain(words: str) -> str:
    folded = unicodedata.normalize("NFD", words.casefold().replace("đ", "d"))
    return " ".join("".join(letter for letter in folded if not unicodedata.combining(letter)).split())
