"""Where a bulletin is written: read while it is typed, heard sentence by sentence, kept until it is handed in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from smartradio.catalogue.places import models_folder
from smartradio.domain.airing import Airing
from smartradio.domain.priority import Priority
from smartradio.domain.programme import Programme
from smartradio.station.bringing_in import BringingIn, name_of_file
from smartradio.station.readings import Readings, TextReading
from smartradio.station.sentence_sounds import SentenceSounds
from smartradio.station.store.drafts import CHIME, Draft, DraftShelf, DraftSound

if TYPE_CHECKING:
    from smartradio.station.desks import Inside
    from smartradio.station.objects import Objects
    from smartradio.station.store import Store
    from smartradio.station.studio import Studio

DRAFT_DAYS: Final = 60
_CHIME_RATE: Final = 16_000
_CHIME_BITRATE: Final = 32_000
_DAY_S: Final = 86_400.0
_SLOTS_AHEAD: Final = timedelta(days=7)
_MOST_SLOTS: Final = 12
# Items read one after the other are one programme to whoever listens.
_TOGETHER: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Slot:
    """A programme that is planned: a bulletin handed in for its instant takes its turn in it."""

    at: datetime
    title: str


class WritingDesk:
    """One station's desk for whoever writes. What is awaited raises BadInputError for what people can mend.

    `uploads` is the folder in which files lie while they come in.
    """

    def __init__(
        self,
        store: Store,
        objects: Objects,
        studio: Studio,
        *,
        uploads: Path,
        models: Path | None,
        rate_wpm: int | None,
        clock: Callable[[], datetime],
    ) -> None:
        self.uploads = uploads
        self._store = store
        self._shelf: DraftShelf = store.drafts
        self._objects = objects
        self._models = models
        self._rate_wpm = rate_wpm
        self._clock = clock
        self._readings = Readings(store.lexicon)
        self._sounds = SentenceSounds(studio.say)
        self._bringing = BringingIn(objects)
        self._one_file = asyncio.Lock()
        self._chime: DraftSound | None = None

    # -- what is typed, and how it sounds

    async def read(self, text: str) -> TextReading:
        """Return how a text is read so far; raises nothing for what is typed."""
        return await asyncio.to_thread(self._readings.read, text)

    async def say(
        self,
        sentence: str,
        voice: str | None = None,
        rate_wpm: int | None = None,
        priority: Priority = Priority.PROGRAMME,
    ) -> bytes:
        """Return a spoken sentence as Ogg Opus; see `SentenceSounds.hear`."""
        return await self._sounds.hear(sentence, voice, rate_wpm, priority)

    def voices(self) -> tuple[str, ...]:
        """Return the voices that read Vietnamese and can speak, best first. Blocking."""
        from smartradio.speech.voices.choosing import available_voices  # noqa: PLC0415 - brings the voices' libraries

        return tuple(voice.name for voice in available_voices(self._models) if not voice.problem)

    # -- what is brought in

    async def take_sound(self, path: Path, name: str, *, by: str) -> DraftSound:
        """Check a sound file and keep it for the parts of a bulletin; BadInputError, then nothing is kept."""
        async with self._one_file:
            taken = await asyncio.to_thread(self._bringing.sound, path, name)
        sound = DraftSound(taken.sha256, name_of_file(name), taken.duration_s, taken.warnings)
        await asyncio.to_thread(self._shelf.put_sound, sound, by)
        return sound

    async def take_document(self, path: Path, name: str) -> str:
        """Return the text of a .docx or .txt file; BadInputError in one line that names it."""
        async with self._one_file:
            return await asyncio.to_thread(self._bringing.document, path, name)

    async def chime(self) -> DraftSound:
        """Return the chime that may stand between parts, kept on the shelf as a sound."""
        if self._chime is None:
            self._chime = await asyncio.to_thread(self._keep_chime)
        return self._chime

    def _keep_chime(self) -> DraftSound:
        from smartradio.audio.chime import chime  # noqa: PLC0415 - numpy comes with it
        from smartradio.audio.codec import encode_opus  # noqa: PLC0415

        pcm = chime("normal", _CHIME_RATE)
        sha256 = self._objects.put(encode_opus(pcm, _CHIME_RATE, bitrate=_CHIME_BITRATE))
        sound = DraftSound(sha256, CHIME, len(pcm) / _CHIME_RATE)
        self._shelf.put_sound(sound, CHIME)
        return sound

    async def sounds(self, names: Collection[str]) -> dict[str, DraftSound]:
        """Return by SHA-256 what is known of sounds that were brought in here."""
        return await asyncio.to_thread(self._shelf.sounds, names)

    async def sound_audio(self, sha256: str) -> bytes | None:
        """Return a sound that was brought in here, None for any other."""
        if sha256 not in await self.sounds([sha256]):
            return None
        return await asyncio.to_thread(self._objects.get, sha256)

    # -- drafts, and what they may be handed in for

    async def save(self, id: str, account: str, item: str | None, seen: int, content: Mapping[str, Any]) -> Draft:  # noqa: A002
        """Keep what is typed; DraftChangedError when another window saved it since version `seen`."""
        return await asyncio.to_thread(self._shelf.save, id, account, item, seen, content)

    async def draft(self, id: str, account: str) -> Draft | None:  # noqa: A002
        """Return a draft of an account."""
        return await asyncio.to_thread(self._shelf.draft, id, account)

    async def drafts(self, account: str) -> list[Draft]:
        """Return an account's drafts, the one changed last first."""
        return await asyncio.to_thread(self._shelf.of, account)

    async def drop(self, id: str, account: str) -> None:  # noqa: A002
        """Throw a draft away."""
        await asyncio.to_thread(self._shelf.drop, id, account)

    async def forget(self) -> None:
        """Throw away drafts that nobody has touched for DRAFT_DAYS, and sounds that came to nothing in that time."""
        chime = await self.chime()
        for sha256 in await asyncio.to_thread(self._shelf.forget, DRAFT_DAYS, [chime.sha256]):
            await asyncio.to_thread(self._objects.remove, sha256)

    def slots(self) -> tuple[Slot, ...]:
        """Return the next programmes in the plan, one for all that follow one another, earliest first. Blocking."""
        now = self._clock()
        planned = [each for each in self._store.airings(start=now, end=now + _SLOTS_AHEAD) if _is_programme(each)]
        opening: list[Airing] = []
        before: Airing | None = None
        for airing in planned:
            if before is None or airing.starts_at - before.starts_at > _TOGETHER:
                opening.append(airing)
            before = airing
        bulletins = [(airing.starts_at, self._store.bulletin(airing.bulletin_id)) for airing in opening[:_MOST_SLOTS]]
        return tuple(Slot(at, "" if bulletin is None else bulletin.title) for at, bulletin in bulletins)

    async def length_s(self, programme: Programme) -> float:
        """Return about how long a programme will sound, in seconds; the voice may take a little more or less."""
        from smartradio.station.plan_lengths import estimated  # noqa: PLC0415

        known = await self.sounds([part.sound for part in programme.parts if part.sound])
        lengths_s = {name: sound.duration_s for name, sound in known.items()}
        return estimated(programme, rate_wpm=self._rate_wpm, sounds_s=lengths_s).duration_s


def _is_programme(airing: Airing) -> bool:
    return airing.programme is not None and airing.priority is Priority.PROGRAMME


async def writing_desk(inside: Inside) -> WritingDesk:
    """Return the desk of a station; what a crash left of files on their way in is removed."""
    settings, shelf = inside.settings, inside.shelf
    uploads = settings.folder / "uploads"
    await asyncio.to_thread(_sweep, uploads)
    desk = WritingDesk(
        shelf.store,
        shelf.objects,
        inside.parts.studio,
        uploads=uploads,
        models=settings.models or models_folder(),
        rate_wpm=settings.rate_wpm,
        clock=inside.clock,
    )
    inside.timers.every("old drafts", _DAY_S, inside.errands.errand(desk.forget, "old drafts"))
    return desk


def _sweep(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for left in folder.glob("upload-*"):
        left.unlink(missing_ok=True)
