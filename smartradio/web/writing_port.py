"""What the editor asks of the station; `smartradio.station.writing_desk` answers, a hand-written fake does in tests."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from smartradio.domain.priority import Priority
from smartradio.domain.programme import Programme
from smartradio.station.readings import TextReading
from smartradio.station.store.drafts import Draft, DraftSound


class SlotLike(Protocol):
    """A programme that is planned."""

    @property
    def at(self) -> datetime:
        """Its instant."""
        ...

    @property
    def title(self) -> str:
        """What is heard in it."""
        ...


class WritingPort(Protocol):
    """Where bulletins are written. What is awaited raises BadInputError for what people can mend."""

    @property
    def uploads(self) -> Path:
        """The folder in which files lie while they come in."""
        ...

    async def read(self, text: str) -> TextReading:
        """Return how a text is read so far; raises nothing for what is typed."""
        ...

    async def say(
        self,
        sentence: str,
        voice: str | None = None,
        rate_wpm: int | None = None,
        priority: Priority = Priority.PROGRAMME,
    ) -> bytes:
        """Return a spoken sentence as Ogg Opus; SmartradioError when no voice speaks."""
        ...

    def voices(self) -> Sequence[str]:
        """Return the voices that can speak, best first. Blocking."""
        ...

    async def take_sound(self, path: Path, name: str, *, by: str) -> DraftSound:
        """Check a sound file and keep it."""
        ...

    async def take_document(self, path: Path, name: str) -> str:
        """Return the text of a .docx or .txt file."""
        ...

    async def chime(self) -> DraftSound:
        """Return the chime that may stand between parts."""
        ...

    async def sounds(self, names: Collection[str]) -> Mapping[str, DraftSound]:
        """Return by SHA-256 what is known of sounds that were brought in here."""
        ...

    async def sound_audio(self, sha256: str) -> bytes | None:
        """Return a sound that was brought in here, None for any other."""
        ...

    async def save(self, id: str, account: str, item: str | None, seen: int, content: Mapping[str, Any]) -> Draft:  # noqa: A002
        """Keep what is typed; DraftChangedError when another window saved it since version `seen`."""
        ...

    async def draft(self, id: str, account: str) -> Draft | None:  # noqa: A002
        """Return a draft of an account."""
        ...

    async def drafts(self, account: str) -> Sequence[Draft]:
        """Return an account's drafts, the one changed last first."""
        ...

    async def drop(self, id: str, account: str) -> None:  # noqa: A002
        """Throw a draft away."""
        ...

    def slots(self) -> Sequence[SlotLike]:
        """Return the next programmes in the plan, earliest first. Blocking."""
        ...

    async def length_s(self, programme: Programme) -> float:
        """Return about how long a programme will sound, in seconds."""
        ...
