"""A hand-written desk for whoever writes: reads as the station does, speaks no sound, keeps drafts in memory."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from smartradio.domain.errors import BadInputError, SmartradioError
from smartradio.domain.priority import Priority
from smartradio.domain.programme import Programme
from smartradio.station.readings import Readings, TextReading
from smartradio.station.store.drafts import CHIME, Draft, DraftChangedError, DraftSound
from smartradio.station.writing_desk import Slot

NOW = datetime(2026, 11, 21, 22, 2, tzinfo=UTC)


def _folder() -> Path:
    return Path(tempfile.gettempdir()) / "smartradio-test-uploads"


@dataclass
class FakeWritingDesk:
    """`said` are the sentences somebody listened to, `taken` the sizes of the files that came in."""

    uploads: Path = field(default_factory=_folder)
    kept: dict[str, Draft] = field(default_factory=dict)
    held: dict[str, tuple[DraftSound, bytes]] = field(default_factory=dict)
    said: list[tuple[str, str | None, int | None]] = field(default_factory=list)
    planned: tuple[Slot, ...] = ()
    refuses: SmartradioError | None = None
    spoken: bytes = b"OggS spoken"
    known_voices: tuple[str, ...] = ("vi", "vi+f3")
    _readings: Readings = field(default_factory=lambda: Readings(list))

    async def read(self, text: str) -> TextReading:
        return self._readings.read(text)

    async def say(
        self,
        sentence: str,
        voice: str | None = None,
        rate_wpm: int | None = None,
        priority: Priority = Priority.PROGRAMME,
    ) -> bytes:
        if self.refuses is not None:
            raise self.refuses
        self.said.append((sentence, voice, rate_wpm))
        return self.spoken

    def voices(self) -> tuple[str, ...]:
        return self.known_voices

    async def take_sound(self, path: Path, name: str, *, by: str) -> DraftSound:
        data = path.read_bytes()  # noqa: ASYNC240 - a few bytes
        if data.startswith(b"MZ"):
            raise BadInputError(
                f"{name}: the file is a program, whatever its name says: save it as WAV, MP3, M4A, OGG or FLAC"
            )
        sound = DraftSound(hashlib.sha256(data).hexdigest(), name, 12.4)
        self.held[sound.sha256] = (sound, data)
        return sound

    async def take_document(self, path: Path, name: str) -> str:
        data = path.read_bytes()  # noqa: ASYNC240 - a few bytes
        if data.startswith(b"PK"):
            raise BadInputError(f"{name}: unpacks to far more than a bulletin; copy its text into a new file")
        return data.decode()

    async def chime(self) -> DraftSound:
        return DraftSound("c" * 64, CHIME, 1.9)

    async def sounds(self, names: Collection[str]) -> dict[str, DraftSound]:
        chime = await self.chime()
        known = {chime.sha256: chime} | {name: sound for name, (sound, _) in self.held.items()}
        return {name: known[name] for name in names if name in known}

    async def sound_audio(self, sha256: str) -> bytes | None:
        return self.held[sha256][1] if sha256 in self.held else None

    async def save(self, id: str, account: str, item: str | None, seen: int, content: Mapping[str, Any]) -> Draft:  # noqa: A002
        before = self.kept.get(id)
        if before is not None and before.version != seen:
            raise DraftChangedError(before.changed_at)
        self.kept[id] = Draft(id, account, item, seen + 1, dict(content), NOW)
        return self.kept[id]

    async def draft(self, id: str, account: str) -> Draft | None:  # noqa: A002
        draft = self.kept.get(id)
        return draft if draft is not None and draft.account == account else None

    async def drafts(self, account: str) -> list[Draft]:
        return [draft for draft in self.kept.values() if draft.account == account]

    async def drop(self, id: str, account: str) -> None:  # noqa: A002
        if await self.draft(id, account) is not None:
            del self.kept[id]

    def slots(self) -> tuple[Slot, ...]:
        return self.planned

    async def length_s(self, programme: Programme) -> float:
        return 5.0 + len(programme.text) / 15
